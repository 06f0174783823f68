"""Activations and their gradients, number by number, on flat arrays. A thread owns one number.

Comparisons are written so that NaN passes through: `not x <= 0` is true for NaN, `x > 0` is not.
"""

import math

from numba import cuda

from convlab.kernels.cuda.launch import kernel


def _numbers(x, *others):
    return x.size


@kernel(_numbers)
def leaky_relu(x, y, negative_slope):
    "y = x where x > 0, else negative_slope * x (ReLU: slope 0)"
    i = cuda.grid(1)
    if i < x.size:
        y[i] = negative_slope * x[i] if x[i] <= x.dtype.type(0) else x[i]


@kernel(_numbers)
def leaky_relu_grad(dy, x, dx, negative_slope):
    "dx = dy where x > 0, else negative_slope * dy"
    i = cuda.grid(1)
    if i < x.size:
        dx[i] = dy[i] if x[i] > x.dtype.type(0) else negative_slope * dy[i]


@kernel(_numbers)
def relu(x, y):
    "y = x where x > 0, else 0"
    i = cuda.grid(1)
    if i < x.size:
        zero = x.dtype.type(0)
        y[i] = zero if x[i] <= zero else x[i]


@kernel(_numbers)
def relu_grad(dy, x, dx):
    "dx = dy where x > 0, else 0"
    i = cuda.grid(1)
    if i < x.size:
        zero = x.dtype.type(0)
        dx[i] = zero if x[i] <= zero else dy[i]


@kernel(_numbers)
def sigmoid(x, y):
    "y = 1 / (1 + exp(-x)), without overflow"
    i = cuda.grid(1)
    if i < x.size:
        one = x.dtype.type(1)
        e = math.exp(-abs(x[i]))
        y[i] = e / (one + e) if x[i] < x.dtype.type(0) else one / (one + e)


@kernel(_numbers)
def sigmoid_grad(dy, y, dx):
    "dx = dy * y * (1 - y)"
    i = cuda.grid(1)
    if i < y.size:
        dx[i] = dy[i] * y[i] * (y.dtype.type(1) - y[i])


@kernel(_numbers)
def tanh(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = math.tanh(x[i])


@kernel(_numbers)
def tanh_grad(dy, y, dx):
    "dx = dy * (1 - y^2)"
    i = cuda.grid(1)
    if i < y.size:
        dx[i] = dy[i] * (y.dtype.type(1) - y[i] * y[i])


@kernel(_numbers)
def dropout(x, uniform, p, scale, y, mask):
    "mask = scale where the uniform number is at least p, else 0; y = x * mask"
    i = cuda.grid(1)
    if i < x.size:
        mask[i] = scale if uniform[i] >= p else x.dtype.type(0)
        y[i] = x[i] * mask[i]


@kernel(_numbers)
def multiply(a, b, y):
    "y = a * b"
    i = cuda.grid(1)
    if i < a.size:
        y[i] = a[i] * b[i]
