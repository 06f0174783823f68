"""Right answers to the exercises of lesson 13 in other styles than the reference's."""

import math

import numpy as np
from numba import cuda, float64

from convlab.simt import launch


@cuda.jit
def _conv2d_grid(x, w, b, stride, y):
    "a block of the grid for each filter, two axes of threads for rows and columns"
    j, i = cuda.grid(2)
    o = cuda.blockIdx.z
    if i < y.shape[1] and j < y.shape[2]:
        y[o, i, j] = b[o]
        for c in range(w.shape[1]):
            for u in range(w.shape[2]):
                for v in range(w.shape[3]):
                    y[o, i, j] += x[c, i * stride + u, j * stride + v] * w[o, c, u, v]


def conv2d_grid(x, w, b, stride=1):
    O, _, KH, KW = w.shape
    y = np.zeros((O, (x.shape[1] - KH) // stride + 1, (x.shape[2] - KW) // stride + 1))
    launch(_conv2d_grid, (-(-y.shape[2] // 4), -(-y.shape[1] // 4), O), (4, 4), x, w, b, stride, y)
    return y


@cuda.jit
def _conv2d_walk(x, w, b, stride, y):
    "threads that go on to the next output, a grid's length further"
    OH, OW = y.shape[1:]
    for n in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        o, rest = divmod(n, OH * OW)
        i, j = divmod(rest, OW)
        total = 0.0
        for c in range(w.shape[1]):
            for k in range(w.shape[2] * w.shape[3]):
                u, v = divmod(k, w.shape[3])
                total += x[c, i * stride + u, j * stride + v] * w[o, c, u, v]
        y[o, i, j] = total + b[o]


def conv2d_walk(x, w, b, stride=1):
    O, _, KH, KW = w.shape
    y = np.zeros((O, (x.shape[1] - KH) // stride + 1, (x.shape[2] - KW) // stride + 1))
    launch(_conv2d_walk, 2, 16, x, w, b, stride, y)
    return y


@cuda.jit
def _grad_input_outputs(dy, w, stride, dx):
    "a thread a pixel, which asks every output whether it saw it"
    v, h = cuda.grid(2)
    if h < dx.shape[0] and v < dx.shape[1]:
        for i in range(dy.shape[0]):
            for j in range(dy.shape[1]):
                k, l = h - i * stride, v - j * stride
                if 0 <= k < w.shape[0] and 0 <= l < w.shape[1]:
                    dx[h, v] += dy[i, j] * w[k, l]


def grad_input_outputs(dy, w, H, W, stride=1):
    dx = np.zeros((H, W))
    launch(_grad_input_outputs, (-(-W // 8), -(-H // 2)), (8, 2), dy, w, stride, dx)
    return dx


def grad_input_slices(dy, w, H, W, stride=1):
    dx = np.zeros((H, W))
    OH, OW = dy.shape
    for k, l in np.ndindex(w.shape):
        dx[k : k + (OH - 1) * stride + 1 : stride, l : l + (OW - 1) * stride + 1 : stride] += w[k, l] * dy
    return dx


@cuda.jit
def _grad_weight_blocks(dy, x, stride, dw):
    "a block a weight, whose threads share the sum"
    part = cuda.shared.array(8, float64)
    t, k, l = cuda.threadIdx.x, cuda.blockIdx.y, cuda.blockIdx.x
    total = 0.0
    for n in range(t, dy.size, cuda.blockDim.x):
        i, j = n // dy.shape[1], n % dy.shape[1]
        total += dy[i, j] * x[i * stride + k, j * stride + l]
    part[t] = total
    cuda.syncthreads()
    if t == 0:
        for other in range(cuda.blockDim.x):
            dw[k, l] += part[other]


def grad_weight_blocks(dy, x, stride=1):
    KH, KW = (n - (m - 1) * stride for n, m in zip(x.shape, dy.shape))
    dw = np.zeros((KH, KW))
    launch(_grad_weight_blocks, (KW, KH), 8, dy, x, stride, dw)
    return dw


def grad_weight_einsum(dy, x, stride=1):
    KH, KW = (n - (m - 1) * stride for n, m in zip(x.shape, dy.shape))
    windows = np.lib.stride_tricks.sliding_window_view(x, (KH, KW))[::stride, ::stride]
    return np.einsum("ij,ijkl->kl", dy, windows)


@cuda.jit
def _block_sums_first(x, y):
    "thread 0 adds up what the others have fetched"
    part = cuda.shared.array(32, float64)
    i, t = cuda.grid(1), cuda.threadIdx.x
    if i < x.size:
        part[t] = x[i]
    cuda.syncthreads()
    if t == 0:
        total = 0.0
        for other in range(min(cuda.blockDim.x, x.size - i)):
            total += part[other]
        y[cuda.blockIdx.x] = total


def block_sums_first(x, threads):
    y = np.zeros(math.ceil(len(x) / threads))
    launch(_block_sums_first, len(y), threads, x, y)
    return y


ANSWERS = {
    "blocks_for": {
        "math.ceil": lambda count, threads: math.ceil(count / threads),
        "one added if something is left": lambda count, threads: count // threads + (count % threads > 0),
        "the usual trick": lambda count, threads: (count + threads - 1) // threads,
    },
    "conv2d_gpu": {"two axes": conv2d_grid, "a thread for several outputs": conv2d_walk},
    "grad_input_gpu": {"every output is asked": grad_input_outputs, "slices": grad_input_slices},
    "grad_weight_gpu": {"a block a weight": grad_weight_blocks, "einsum": grad_weight_einsum},
    "block_sums": {
        "thread 0 adds up": block_sums_first,
        "reduceat": lambda x, threads: np.add.reduceat(x, np.arange(0, len(x), threads)),
    },
}
