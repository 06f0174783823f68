"""One step of an optimiser, in one pass over memory, for all parameters at once.

A launch costs as much as a small layer computes, and a network has dozens of small arrays. So `sgd_all` and `adam_all` send
the GPU a table of where arrays lie, and each block finds in it the piece that it owns.
"""

import functools
import math

import numpy as np
from numba import cuda

from convlab.kernels.cuda import launch
from convlab.kernels.cuda.arrays import to_device
from convlab.kernels.cuda.launch import compiled, device
from convlab.kernels.cuda.ptx import address, read, write


@device
def _sgd(p, grad, velocity, lr, momentum, weight_decay):
    "velocity = momentum * velocity + grad + weight_decay * p; p -= lr * velocity: the new (velocity, p)"
    velocity = momentum * velocity + (grad + weight_decay * p)
    return velocity, p - lr * velocity


@device
def _adam(p, grad, mean, square, lr, beta1, beta2, eps, weight_decay, correction1, correction2, one):
    """Adam with running means of gradient and squared gradient (bias-corrected by correction = 1 - beta^t):
    p -= lr * (mean / correction1) / (sqrt(square / correction2) + eps); the new (mean, square, p)"""
    g = grad + weight_decay * p
    mean = beta1 * mean + (one - beta1) * g
    square = beta2 * square + (one - beta2) * g * g
    return mean, square, p - lr * (mean / correction1) / (math.sqrt(square / correction2) + eps)


PIECE = 1024  # numbers of a block


@device
def _owner(block, starts):
    "the array that a block's piece belongs to: the last one whose first block is not beyond it"
    low, high = 0, starts.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if starts[middle] <= block:
            low = middle
        else:
            high = middle
    return low


@compiled
def _sgd_all(table, starts, sizes, lr, momentum, weight_decay):
    block = cuda.blockIdx.x
    a = _owner(block, starts)
    p, grad, velocity = table[0, a], table[1, a], table[2, a]
    first = (block - starts[a]) * PIECE
    for i in range(first + cuda.threadIdx.x, min(first + PIECE, sizes[a]), cuda.blockDim.x):
        numbers = read(p, i, lr), read(grad, i, lr), read(velocity, i, lr)
        v, weight = _sgd(*numbers, lr, momentum, weight_decay)
        write(velocity, i, v)
        write(p, i, weight)


@compiled
def _adam_all(table, starts, sizes, lr, beta1, beta2, eps, weight_decay, correction1, correction2, one):
    block = cuda.blockIdx.x
    a = _owner(block, starts)
    p, grad, mean, square = table[0, a], table[1, a], table[2, a], table[3, a]
    first = (block - starts[a]) * PIECE
    settings = lr, beta1, beta2, eps, weight_decay, correction1, correction2
    for i in range(first + cuda.threadIdx.x, min(first + PIECE, sizes[a]), cuda.blockDim.x):
        numbers = read(p, i, lr), read(grad, i, lr), read(mean, i, lr), read(square, i, lr)
        m, s, weight = _adam(*numbers, *settings, one)
        write(mean, i, m)
        write(square, i, s)
        write(p, i, weight)


def _in_one_launch(kernel, groups, numbers):
    "`groups`: lists of arrays of one kind (parameters, gradients, ...), in the same order"
    sizes = np.array([p.size for p in groups[0]], np.int64)
    starts = np.concatenate([[0], np.cumsum(-(-sizes // PIECE))])
    if starts[-1]:
        table = np.array([[address(array) for array in group] for group in groups], np.int64)
        tables = (_on_gpu(part.tobytes(), part.shape) for part in (table, starts, sizes))
        launch.start(kernel, int(starts[-1]), launch.THREADS, *tables, *numbers)


@functools.lru_cache(32)
def _on_gpu(content, shape):
    "a table on the GPU; from step to step it is mostly the same, for arrays come back to the same places"
    return to_device(np.frombuffer(content, np.int64).reshape(shape))


def sgd_all(parameters, gradients, velocities, lr, momentum, weight_decay):
    "a step for lists of arrays of one type"
    _in_one_launch(_sgd_all, (parameters, gradients, velocities), (lr, momentum, weight_decay))


def adam_all(parameters, gradients, means, squares, lr, beta1, beta2, eps, weight_decay, correction1, correction2):
    "a step of Adam, likewise"
    numbers = lr, beta1, beta2, eps, weight_decay, correction1, correction2
    _in_one_launch(_adam_all, (parameters, gradients, means, squares), (*numbers, type(lr)(1)))
