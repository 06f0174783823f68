"""One step of an optimiser, in one pass over memory, for all parameters at once.

To start a kernel takes as long as a small layer computes, and a network has dozens of small arrays. So kernels get a table of
where arrays lie, a row for each parameter, and a task finds in it the block that it owns.
"""

import ctypes
import functools
import math

import numpy as np
from numba import carray, config, types
from numba.extending import intrinsic

from convlab.jit import jit, parallel, prange
from convlab.kernels.cpu.activation import BLOCK


@intrinsic
def _pointer(typing, address, like):
    "a number as the address of numbers of the type of the array `like`"
    number = types.CPointer(like.dtype)

    def code(context, builder, signature, args):
        return builder.inttoptr(args[0], context.get_value_type(number))

    return number(types.uintp, like), code


if config.DISABLE_JIT:

    def _array(address, count, like):
        memory = (ctypes.c_char * (int(count) * like.itemsize)).from_address(int(address))
        return np.frombuffer(memory, like.dtype)

else:

    @jit
    def _array(address, count, like):
        "`count` numbers from an address on"
        return carray(_pointer(np.uintp(address), like), count)


@jit
def _own(task, starts, sizes):
    "the parameter that a task works on (the last whose first task is not beyond it), its first number there, and how many"
    which = np.searchsorted(starts, task, "right") - 1
    first = (task - starts[which]) * BLOCK
    return which, first, min(BLOCK, sizes[which] - first)


@parallel
def _sgd(places, starts, sizes, like, lr, momentum, weight_decay):
    "velocity = momentum * velocity + grad + weight_decay * p; p -= lr * velocity"
    for task in prange(starts[-1]):
        which, first, count = _own(task, starts, sizes)
        shift = first * like.itemsize
        p, grad, velocity = (
            _array(places[which, 0] + shift, count, like),
            _array(places[which, 1] + shift, count, like),
            _array(places[which, 2] + shift, count, like),
        )
        for i in range(count):
            velocity[i] = momentum * velocity[i] + (grad[i] + weight_decay * p[i])
            p[i] -= lr * velocity[i]


@parallel
def _adam(places, starts, sizes, like, lr, beta1, beta2, eps, weight_decay, correction1, correction2):
    """Adam with running means of gradient and squared gradient (bias-corrected by correction = 1 - beta^t):
    p -= lr * (mean / correction1) / (sqrt(square / correction2) + eps)"""
    one = like.dtype.type(1)
    for task in prange(starts[-1]):
        which, first, count = _own(task, starts, sizes)
        shift = first * like.itemsize
        p, grad, mean, square = (
            _array(places[which, 0] + shift, count, like),
            _array(places[which, 1] + shift, count, like),
            _array(places[which, 2] + shift, count, like),
            _array(places[which, 3] + shift, count, like),
        )
        for i in range(count):
            g = grad[i] + weight_decay * p[i]
            mean[i] = beta1 * mean[i] + (one - beta1) * g
            square[i] = beta2 * square[i] + (one - beta2) * g * g
            p[i] -= lr * (mean[i] / correction1) / (math.sqrt(square[i] / correction2) + eps)


@functools.lru_cache(64)
def _shares(sizes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    "the first task of each parameter, with their number at the end, and the sizes"
    tasks = [-(-size // BLOCK) for size in sizes]
    return np.concatenate([[0], np.cumsum(tasks)]).astype(np.int64), np.array(sizes, np.int64)


@jit
def _note(places, row, *arrays):
    "the addresses of arrays; compiled, for to NumPy the question takes longer than the answer"
    for column in range(len(arrays)):
        places[row, column] = arrays[column].ctypes.data


def _places(*groups):
    "addresses of arrays, a row for each parameter"
    places = np.empty((len(groups[0]), len(groups)), np.int64)
    for row, arrays in enumerate(zip(*groups)):
        _note(places, row, *arrays)
    return places


def sgd_all(parameters, gradients, velocities, lr, momentum, weight_decay):
    "a step for flat arrays of one float type, each contiguous and of the size of its parameter; lists of them"
    places = _places(parameters, gradients, velocities)
    _sgd(places, *_shares(tuple(p.size for p in parameters)), parameters[0], lr, momentum, weight_decay)


def adam_all(parameters, gradients, means, squares, lr, beta1, beta2, eps, weight_decay, correction1, correction2):
    "a step of Adam, likewise"
    places = _places(parameters, gradients, means, squares)
    numbers = lr, beta1, beta2, eps, weight_decay, correction1, correction2
    _adam(places, *_shares(tuple(p.size for p in parameters)), parameters[0], *numbers)
