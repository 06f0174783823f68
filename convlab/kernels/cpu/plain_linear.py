"""The linear layer and its gradients: dot products of rows, and sums of rows.

A task owns a row of the result. Within it one number times a row is added at a time, so memory is read in order.
"""

import numpy as np

from convlab.jit import jit, parallel, prange


@jit
def add_scaled(total, factor, row):
    "total += factor * row"
    for i in range(total.size):
        total[i] += factor * row[i]


@jit
def dot(a, b):
    "the sum of a * b"
    total = a.dtype.type(0)
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@parallel
def linear(x, w, b, y):
    "y[n, o] = b[o] + sum_i x[n, i] w[o, i]"
    for o in prange(w.shape[0]):
        for n in range(x.shape[0]):
            y[n, o] = b[o] + dot(x[n], w[o])


@parallel
def linear_grad_input(dy, w, dx):
    "dx[n, i] = sum_o dy[n, o] w[o, i]"
    for n in prange(dy.shape[0]):
        dx[n, :] = 0
        for o in range(w.shape[0]):
            add_scaled(dx[n], dy[n, o], w[o])


@parallel
def linear_grad_weight(dy, x, dw):
    "dw[o, i] = sum_n dy[n, o] x[n, i]"
    for o in prange(dy.shape[1]):
        dw[o, :] = 0
        for n in range(x.shape[0]):
            add_scaled(dw[o], dy[n, o], x[n])


@parallel
def sum_per_channel(dy, db):
    "db[c] = sum_(n, l) dy[n, c, l]: the gradient by a bias"
    N, C, L = dy.shape
    for c in prange(C):
        total = np.float64(0)  # there can be a hundred million terms
        for n in range(N):
            for l in range(L):
                total += dy[n, c, l]
        db[c] = total
