"""Softmax, its logarithm and cross-entropy. A block owns one row of scores. x (A, K, B): the classes are the middle axis."""

import math

import numpy as np
from numba import cuda, float64

from convlab.kernels.cuda import launch
from convlab.kernels.cuda.launch import blocks, device

WIDTH = launch.THREADS  # of a shared array: a number a thread


@device
def _sum(part, t, value):
    "the sum of a number of each thread, told to all; halves of the block add up, always in the same order"
    part[t] = value
    have = cuda.blockDim.x
    while have > 1:
        half = (have + 1) // 2
        cuda.syncthreads()
        if t + half < have:
            part[t] += part[t + half]
        have = half
    cuda.syncthreads()
    total = part[0]
    cuda.syncthreads()  # everyone has read it before the array is used again
    return total


@device
def _largest(part, t, x, a, b):
    "the largest score of a row; a NaN is the largest, and then every result is NaN"
    top = x[a, 0, b]
    for k in range(t, x.shape[1], cuda.blockDim.x):
        if not x[a, k, b] <= top:
            top = x[a, k, b]
    part[t] = top
    have = cuda.blockDim.x
    while have > 1:
        half = (have + 1) // 2
        cuda.syncthreads()
        if t + half < have and not part[t + half] <= part[t]:
            part[t] = part[t + half]
        have = half
    cuda.syncthreads()
    top = part[0]
    cuda.syncthreads()
    return top


def _rows(x, *others):
    return x.shape[0] * x.shape[2]


@blocks(_rows)
def softmax(x, y):
    "y = exp(x - max) / sum exp(x - max) along the middle axis"
    part = cuda.shared.array(WIDTH, float64)
    t, a, b = cuda.threadIdx.x, cuda.blockIdx.x // x.shape[2], cuda.blockIdx.x % x.shape[2]
    top, total = x.dtype.type(_largest(part, t, x, a, b)), np.float64(0)
    for k in range(t, x.shape[1], cuda.blockDim.x):
        y[a, k, b] = math.exp(x[a, k, b] - top)
        total += y[a, k, b]
    total = _sum(part, t, total)
    for k in range(t, x.shape[1], cuda.blockDim.x):
        y[a, k, b] /= total


@blocks(_rows)
def softmax_grad(dy, y, dx):
    "dx = y * (dy - sum dy * y)"
    part = cuda.shared.array(WIDTH, float64)
    t, a, b = cuda.threadIdx.x, cuda.blockIdx.x // y.shape[2], cuda.blockIdx.x % y.shape[2]
    total = np.float64(0)
    for k in range(t, y.shape[1], cuda.blockDim.x):
        total += np.float64(dy[a, k, b]) * y[a, k, b]  # almost dy itself where y is almost 1
    total = _sum(part, t, total)
    for k in range(t, y.shape[1], cuda.blockDim.x):
        dx[a, k, b] = y[a, k, b] * (dy[a, k, b] - total)


@blocks(_rows)
def log_softmax(x, y):
    "y = x - max - log(sum exp(x - max))"
    part = cuda.shared.array(WIDTH, float64)
    t, a, b = cuda.threadIdx.x, cuda.blockIdx.x // x.shape[2], cuda.blockIdx.x % x.shape[2]
    top, total = x.dtype.type(_largest(part, t, x, a, b)), np.float64(0)
    for k in range(t, x.shape[1], cuda.blockDim.x):
        total += math.exp(x[a, k, b] - top)
    shift = math.log(_sum(part, t, total))
    for k in range(t, x.shape[1], cuda.blockDim.x):
        y[a, k, b] = x[a, k, b] - top - shift


@blocks(_rows)
def log_softmax_grad(dy, y, dx):
    "dx = dy - exp(y) * sum dy"
    part = cuda.shared.array(WIDTH, float64)
    t, a, b = cuda.threadIdx.x, cuda.blockIdx.x // y.shape[2], cuda.blockIdx.x % y.shape[2]
    total = np.float64(0)
    for k in range(t, y.shape[1], cuda.blockDim.x):
        total += dy[a, k, b]
    total = _sum(part, t, total)
    for k in range(t, y.shape[1], cuda.blockDim.x):
        dx[a, k, b] = dy[a, k, b] - math.exp(y[a, k, b]) * total


@blocks(lambda x, *others: x.shape[0])
def _cross_entropy(x, labels, losses, dlogits):
    part = cuda.shared.array(WIDTH, float64)
    t, n = cuda.threadIdx.x, cuda.blockIdx.x
    N, K, _ = x.shape
    top, total = x.dtype.type(_largest(part, t, x, n, 0)), np.float64(0)
    for k in range(t, K, cuda.blockDim.x):
        total += math.exp(x[n, k, 0] - top)
    total = _sum(part, t, total)
    if t == 0:
        losses[n] = math.log(total) - (x[n, labels[n], 0] - top)
    for k in range(t, K, cuda.blockDim.x):
        target = 1.0 if k == labels[n] else 0.0
        dlogits[n, k] = (math.exp(x[n, k, 0] - top) / total - target) / N


def cross_entropy(logits, labels, losses, dlogits):
    "losses[n] = log(sum exp(logits[n])) - logits[n, label]; dlogits = (softmax - one at the label) / N"
    _cross_entropy(logits.reshape(*logits.shape, 1), labels, losses, dlogits)
