"""Right answers to the exercises of lesson 04 in other styles than the reference's."""

import itertools
import math

import numpy as np
from numba import njit
from scipy import signal


def counted(size, kernel, stride=1, padding=0, dilation=1):
    """Windows counted one by one."""
    start, count = -padding, 0
    while start + dilation * (kernel - 1) <= size + padding - 1:
        start, count = start + stride, count + 1
    return count


def out_size_floor(size, kernel, stride=1, padding=0, dilation=1):
    return math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1)


def out_size_int(size, kernel, stride=1, padding=0, dilation=1):
    return int((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1


def out_size_range(size, kernel, stride, padding, dilation):
    return len(range(0, size + 2 * padding - dilation * (kernel - 1), stride))


@njit
def out_size_compiled(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def padded_by_hand(x, padding):
    y = np.zeros(x.shape[:2] + tuple(length + 2 * padding for length in x.shape[2:]))
    for n, c, i, j in np.ndindex(x.shape):
        y[n, c, i + padding, j + padding] = x[n, c, i, j]
    return y


def padded_by_strips(x, padding):
    N, C, H, W = x.shape
    side = np.zeros((N, C, H, padding))
    x = np.concatenate([side, x, side], axis=3)
    top = np.zeros((N, C, padding, W + 2 * padding))
    return np.concatenate([top, x, top], axis=2)


def conv_by_scipy(x, w, stride=1, padding=0, dilation=1):
    spread = np.zeros([dilation * (K - 1) + 1 for K in w.shape])
    spread[::dilation, ::dilation] = w
    return signal.correlate2d(np.pad(x, padding), spread, mode="valid")[::stride, ::stride]


def conv_by_loops(x, w, stride=1, padding=0, dilation=1):
    (H, W), (KH, KW) = x.shape, w.shape
    y = np.zeros((counted(H, KH, stride, padding, dilation), counted(W, KW, stride, padding, dilation)))
    for i, j, u, v in itertools.product(*map(range, (*y.shape, KH, KW))):
        row, column = i * stride + u * dilation - padding, j * stride + v * dilation - padding
        if 0 <= row < H and 0 <= column < W:
            y[i, j] += x[row, column] * w[u, v]
    return y


def conv_by_slices(x, w, stride, padding, dilation):
    padded, (KH, KW) = np.pad(x, padding), w.shape
    OH, OW = (counted(M, K, stride, padding, dilation) for M, K in zip(x.shape, w.shape))
    total = 0
    for u, v in np.ndindex(KH, KW):
        rows, columns = slice(u * dilation, None, stride), slice(v * dilation, None, stride)
        total = total + padded[rows, columns][:OH, :OW] * w[u, v]
    return total


def conv_float32(x, w, **options):
    return conv_by_slices(x.astype(np.float32), w.astype(np.float32), **options)


def poked(layers):
    """The field, by marking what one output depends on, from the top down."""
    seen = {0}
    for kernel, stride in reversed(layers):
        seen = {i * stride + v for i in seen for v in range(kernel)}
    return max(seen) - min(seen) + 1


def walked_back(layers):
    field = 1
    for kernel, stride in layers[::-1]:
        field = (field - 1) * stride + kernel
    return field


def summed(layers):
    kernels, strides = zip(*layers)
    return 1 + sum((kernel - 1) * math.prod(strides[:k]) for k, kernel in enumerate(kernels))


ANSWERS = {
    "out_size": {
        "counted": counted,
        "floor": out_size_floor,
        "int": out_size_int,
        "float32": lambda *args, **options: np.float32(counted(*args, **options)),
        "an array": lambda *args, **options: np.array(counted(*args, **options)),
        "range": out_size_range,
        "compiled": out_size_compiled,
    },
    "pad": {
        "loops": padded_by_hand,
        "np.pad": lambda x, padding: np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2)),
        "strips": padded_by_strips,
        "float32": lambda x, padding: padded_by_hand(x.astype(np.float32), padding).astype(np.float32),
        "a list": lambda x, padding: padded_by_hand(x, padding).tolist(),
    },
    "strided_conv": {
        "scipy": conv_by_scipy,
        "loops": conv_by_loops,
        "slices": conv_by_slices,
        "a list": lambda *args, **options: conv_by_loops(*args, **options).tolist(),
        "float32 inside": conv_float32,
    },
    "receptive_field": {
        "poked": poked,
        "from the top": walked_back,
        "a sum": summed,
        "a float": lambda layers: float(walked_back([tuple(layer) for layer in layers])),
    },
}
