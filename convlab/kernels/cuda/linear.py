"""The linear layer and its gradients: dot products of rows and columns. A thread owns one number of the result.

Large layers of float32 go to `matmul`, whose blocks share what they read.
"""

from numba import cuda

from convlab.kernels.cuda import matmul
from convlab.kernels.cuda.launch import device, kernel
from convlab.kernels.cuda.sums import channel_sums


@kernel(lambda x, w, b, y: y.size)
def _linear(x, w, b, y):
    index = cuda.grid(1)
    if index >= y.size:
        return
    n, o = index // y.shape[1], index % y.shape[1]
    total = b[o]
    for i in range(x.shape[1]):
        total += x[n, i] * w[o, i]
    y[n, o] = total


@kernel(lambda dy, w, dx: dx.size)
def _linear_grad_input(dy, w, dx):
    index = cuda.grid(1)
    if index >= dx.size:
        return
    n, i = index // dx.shape[1], index % dx.shape[1]
    total = dx.dtype.type(0)
    for o in range(w.shape[0]):
        total += dy[n, o] * w[o, i]
    dx[n, i] = total


@kernel(lambda dy, x, dw: dw.size)
def _linear_grad_weight(dy, x, dw):
    index = cuda.grid(1)
    if index >= dw.size:
        return
    o, i = index // dw.shape[1], index % dw.shape[1]
    total = dw.dtype.type(0)
    for n in range(x.shape[0]):
        total += dy[n, o] * x[n, i]
    dw[o, i] = total


def linear(x, w, b, y):
    "y[n, o] = b[o] + sum_i x[n, i] w[o, i]"
    if matmul.worth_it(y, x.shape[1]):
        matmul.rows_by_rows(x, w, b, y)
    else:
        _linear(x, w, b, y)


def linear_grad_input(dy, w, dx):
    "dx[n, i] = sum_o dy[n, o] w[o, i]"
    if matmul.worth_it(dx, w.shape[0]):
        matmul.rows_by_columns(dy, w, dx)
    else:
        _linear_grad_input(dy, w, dx)


def linear_grad_weight(dy, x, dw):
    "dw[o, i] = sum_n dy[n, o] x[n, i]"
    if matmul.worth_it(dw, x.shape[0]):
        matmul.columns_by_columns(dy, x, dw)
    else:
        _linear_grad_weight(dy, x, dw)


@device
def _itself(dy, unused, mean, factor, n, c, i):
    return dy[n, c, i]


_sum_per_channel = channel_sums(_itself)


def sum_per_channel(dy, db):
    "db[c] = sum_(n, l) dy[n, c, l]: the gradient by a bias"
    _sum_per_channel(dy, dy, db, db, db)
