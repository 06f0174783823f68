"""The linear layer on the tile of the convolution: the same sum, with other tables.

    pass            i                 j        k                 a                   b
    forward         output features   batch    input features    weights             inputs, packed
    grad_weight     output features   inputs   batch             upstream gradient   inputs, as they are
    grad_input      batch             inputs   output features   upstream gradient   weights, as they are

So the weights, by far the largest array, are read where they lie, once.
"""

import functools

import numpy as np

from convlab.jit import parallel, prange
from convlab.kernels.cpu import plain_linear
from convlab.kernels.cpu.memory import workspace
from convlab.kernels.cpu.product import MATRIX, VISIT, best_vectors, multiply, packed, padded_bias, table
from convlab.kernels.cpu.register_tile import INSTRUCTIONS, ROWS

SMALL = 64 * 64  # weights below which the plain loops are as good
LONG = 6 * VISIT  # weights come from memory, where long runs of a row are read faster


@functools.lru_cache(64)
def _tables(rows, row_step, cols, col_step, place_step):
    extra = max(ROWS.values())
    return (
        table(np.arange(rows) * row_step, extra),
        table(np.arange(cols) * col_step),
        table(np.arange(rows + 1) * place_step),
    )


def linear(x, w, b, y):
    "y[n, o] = b[o] + sum_i x[n, i] w[o, i]"
    (N, I), O = x.shape, len(w)
    if INSTRUCTIONS is None or w.size < SMALL:
        return plain_linear.linear(x, w, b, y)
    vectors = best_vectors(N, I, x.itemsize)
    rows, cols, places = _tables(O, I, I, 1, 1)
    inputs = packed(x, vectors)
    multiply(w, rows, cols, inputs, padded_bias(None, N, x.dtype), y, places, O, N, vectors, visit=LONG)
    y += b


def linear_grad_input(dy, w, dx):
    "dx[n, i] = sum_o dy[n, o] w[o, i]"
    (N, O), I = dy.shape, dx.shape[1]
    if INSTRUCTIONS is None or w.size < SMALL:
        return plain_linear.linear_grad_input(dy, w, dx)
    rows, cols, places = _tables(N, O, O, 1, I)
    vectors = best_vectors(I, O, dy.itemsize)
    multiply(dy, rows, cols, w, padded_bias(None, I, dy.dtype), dx, places, 1, I, vectors, kind=MATRIX)


def linear_grad_weight(dy, x, dw):
    "dw[o, i] = sum_n dy[n, o] x[n, i]"
    (N, O), I = dy.shape, x.shape[1]
    if INSTRUCTIONS is None or dw.size < SMALL:
        return plain_linear.linear_grad_weight(dy, x, dw)
    turned = workspace("turned", dy.size, dy.dtype).reshape(O, N)  # columns of dy share few places in the cache
    np.copyto(turned, dy.T)
    rows, cols, places = _tables(O, N, N, 1, I)
    vectors = best_vectors(I, N, dy.itemsize)
    multiply(turned, rows, cols, x, padded_bias(None, I, dy.dtype), dw, places, 1, I, vectors, kind=MATRIX)


@parallel
def sum_per_channel(dy, db):
    "db[c] = sum_(n, l) dy[n, c, l]: the gradient by a bias"
    N, C, L = dy.shape
    for c in prange(C):
        total = np.float64(0)  # there can be a hundred million terms
        for n in range(N):
            line = dy[n, c]
            for l in range(L):
                total += line[l]
        db[c] = total
