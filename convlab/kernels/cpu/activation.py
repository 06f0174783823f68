"""Activations and their gradients, number by number, on flat arrays. A task owns a block of fixed size.

Comparisons are written so that NaN passes through: `not x <= 0` is true for NaN, `x > 0` is not.
"""

import math

from convlab.jit import jit, parallel, prange

BLOCK = 8192  # numbers per task: a few microseconds of work


@jit
def blocks(size):
    return (size + BLOCK - 1) // BLOCK


@jit
def block(task, size):
    return range(task * BLOCK, min(size, (task + 1) * BLOCK))


@parallel
def leaky_relu(x, y, negative_slope):
    "y = x where x > 0, else negative_slope * x (ReLU: slope 0)"
    for task in prange(blocks(x.size)):
        for i in block(task, x.size):
            y[i] = negative_slope * x[i] if x[i] <= 0 else x[i]


@parallel
def leaky_relu_grad(dy, x, dx, negative_slope):
    "dx = dy where x > 0, else negative_slope * dy"
    for task in prange(blocks(x.size)):
        for i in block(task, x.size):
            value = dy[i]  # read in any case: a choice between two numbers, not between two ways
            dx[i] = value if x[i] > 0 else negative_slope * value


@parallel
def relu(x, y):
    "y = x where x > 0, else 0"
    zero = x.dtype.type(0)
    for task in prange(blocks(x.size)):
        for i in block(task, x.size):
            y[i] = zero if x[i] <= 0 else x[i]


@parallel
def relu_grad(dy, x, dx):
    "dx = dy where x > 0, else 0"
    zero = x.dtype.type(0)
    for task in prange(blocks(x.size)):
        for i in block(task, x.size):
            value = dy[i]  # read in any case: a choice between two numbers, not between two ways
            dx[i] = zero if x[i] <= 0 else value


@parallel
def sigmoid(x, y):
    "y = 1 / (1 + exp(-x)), without overflow"
    one = x.dtype.type(1)
    for task in prange(blocks(x.size)):
        for i in block(task, x.size):
            e = math.exp(-abs(x[i]))
            y[i] = e / (one + e) if x[i] < 0 else one / (one + e)


@parallel
def sigmoid_grad(dy, y, dx):
    "dx = dy * y * (1 - y)"
    one = y.dtype.type(1)
    for task in prange(blocks(y.size)):
        for i in block(task, y.size):
            dx[i] = dy[i] * y[i] * (one - y[i])


@parallel
def tanh(x, y):
    for task in prange(blocks(x.size)):
        for i in block(task, x.size):
            y[i] = math.tanh(x[i])


@parallel
def tanh_grad(dy, y, dx):
    "dx = dy * (1 - y^2)"
    one = y.dtype.type(1)
    for task in prange(blocks(y.size)):
        for i in block(task, y.size):
            dx[i] = dy[i] * (one - y[i] * y[i])


@parallel
def dropout(x, uniform, p, scale, y, mask):
    "mask = scale where the uniform number is at least p, else 0; y = x * mask"
    zero = x.dtype.type(0)
    for task in prange(blocks(x.size)):
        for i in block(task, x.size):
            mask[i] = scale if uniform[i] >= p else zero
            y[i] = x[i] * mask[i]


@parallel
def multiply(a, b, y):
    "y = a * b"
    for task in prange(blocks(a.size)):
        for i in block(task, a.size):
            y[i] = a[i] * b[i]
