"""Activations and their gradients, number by number, on flat arrays. A task owns a block of fixed size.

A block is a slice and its loop starts at 0: so the compiler sees that no index is negative, which would count from the end, and
takes a vector of numbers at a time. With indices that could be negative it does not.

Comparisons are written so that NaN passes through: `not x <= 0` is true for NaN, `x > 0` is not.
"""

import math

from convlab.jit import jit, parallel, prange

BLOCK = 8192  # numbers per task: a few microseconds of work


@jit
def blocks(size):
    return (size + BLOCK - 1) // BLOCK


@jit
def own(task, x):
    "the block of x that belongs to a task"
    return x[task * BLOCK : min(x.size, (task + 1) * BLOCK)]


@parallel
def leaky_relu(x, y, negative_slope):
    "y = x where x > 0, else negative_slope * x (ReLU: slope 0)"
    for task in prange(blocks(x.size)):
        x_, y_ = own(task, x), own(task, y)
        for i in range(x_.size):
            y_[i] = negative_slope * x_[i] if x_[i] <= 0 else x_[i]


@parallel
def leaky_relu_grad(dy, x, dx, negative_slope):
    "dx = dy where x > 0, else negative_slope * dy"
    for task in prange(blocks(x.size)):
        dy_, x_, dx_ = own(task, dy), own(task, x), own(task, dx)
        for i in range(x_.size):
            value = dy_[i]  # read in any case: a choice between two numbers, not between two ways
            dx_[i] = value if x_[i] > 0 else negative_slope * value


@parallel
def relu(x, y):
    "y = x where x > 0, else 0"
    zero = x.dtype.type(0)
    for task in prange(blocks(x.size)):
        x_, y_ = own(task, x), own(task, y)
        for i in range(x_.size):
            y_[i] = zero if x_[i] <= 0 else x_[i]


@parallel
def relu_grad(dy, x, dx):
    "dx = dy where x > 0, else 0"
    zero = x.dtype.type(0)
    for task in prange(blocks(x.size)):
        dy_, x_, dx_ = own(task, dy), own(task, x), own(task, dx)
        for i in range(x_.size):
            value = dy_[i]  # read in any case: a choice between two numbers, not between two ways
            dx_[i] = zero if x_[i] <= 0 else value


@parallel
def sigmoid(x, y):
    "y = 1 / (1 + exp(-x)), without overflow"
    one = x.dtype.type(1)
    for task in prange(blocks(x.size)):
        x_, y_ = own(task, x), own(task, y)
        for i in range(x_.size):
            e = math.exp(-abs(x_[i]))
            y_[i] = e / (one + e) if x_[i] < 0 else one / (one + e)


@parallel
def sigmoid_grad(dy, y, dx):
    "dx = dy * y * (1 - y)"
    one = y.dtype.type(1)
    for task in prange(blocks(y.size)):
        dy_, y_, dx_ = own(task, dy), own(task, y), own(task, dx)
        for i in range(y_.size):
            dx_[i] = dy_[i] * y_[i] * (one - y_[i])


@parallel
def tanh(x, y):
    for task in prange(blocks(x.size)):
        x_, y_ = own(task, x), own(task, y)
        for i in range(x_.size):
            y_[i] = math.tanh(x_[i])


@parallel
def tanh_grad(dy, y, dx):
    "dx = dy * (1 - y^2)"
    one = y.dtype.type(1)
    for task in prange(blocks(y.size)):
        dy_, y_, dx_ = own(task, dy), own(task, y), own(task, dx)
        for i in range(y_.size):
            dx_[i] = dy_[i] * (one - y_[i] * y_[i])


@parallel
def dropout(x, uniform, p, scale, y, mask):
    "mask = scale where the uniform number is at least p, else 0; y = x * mask"
    zero = x.dtype.type(0)
    for task in prange(blocks(x.size)):
        x_, uniform_, y_, mask_ = own(task, x), own(task, uniform), own(task, y), own(task, mask)
        for i in range(x_.size):
            factor = scale if uniform_[i] >= p else zero
            mask_[i], y_[i] = factor, x_[i] * factor


@parallel
def multiply(a, b, y):
    "y = a * b"
    for task in prange(blocks(a.size)):
        a_, b_, y_ = own(task, a), own(task, b), own(task, y)
        for i in range(a_.size):
            y_[i] = a_[i] * b_[i]
