"""Right answers to the exercises of lesson 09 in other styles than the reference's."""

import math

import numba
import numpy as np
from numba import njit, prange


def count_with_a_loop(x_shape, w_shape, stride=1, padding=0):
    """The products are counted output by output along each axis; the sizes come from ranges."""
    rows = len(range(0, x_shape[2] + 2 * padding - w_shape[2] + 1, stride))
    columns = len(range(0, x_shape[3] + 2 * padding - w_shape[3] + 1, stride))
    y_shape = (x_shape[0], w_shape[0], rows, columns)
    flops = 2 * math.prod(y_shape) * math.prod(w_shape[1:])
    moved = 4 * sum(math.prod(shape) for shape in (x_shape, w_shape, y_shape))
    return flops, moved, flops / moved


def count_with_arrays(x_shape, w_shape, stride=1, padding=0):
    x, w = np.array(x_shape), np.array(w_shape)
    out = np.r_[x[0], w[0], (x[2:] + 2 * padding - w[2:]) // stride + 1]
    numbers = np.array([x.prod(), w.prod(), out.prod()])
    flops = 2.0 * out.prod() * w[1:].prod()
    return np.array([flops, numbers.sum() * 4, flops / numbers.sum() / 4])


@njit
def numba_scatter(x, w, b, stride=1):
    """Weight by weight: each adds to every output that it takes part in."""
    N, C, H, W = x.shape
    O, _, KH, KW = w.shape
    y = np.zeros((N, O, (H - KH) // stride + 1, (W - KW) // stride + 1))
    for o in range(O):
        y[:, o] = b[o]
    for n, o, c, u, v in np.ndindex((N, O, C, KH, KW)):
        for i in range(y.shape[2]):
            for j in range(y.shape[3]):
                y[n, o, i, j] += w[o, c, u, v] * x[n, c, i * stride + u, j * stride + v]
    return y


@njit
def numba_slices(x, w, b, stride=1):
    """A window at a time, as a slice."""
    N, O, KH, KW = x.shape[0], w.shape[0], w.shape[2], w.shape[3]
    y = np.empty((N, O, (x.shape[2] - KH) // stride + 1, (x.shape[3] - KW) // stride + 1))
    for n in range(N):
        for i in range(y.shape[2]):
            for j in range(y.shape[3]):
                window = x[n, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
                for o in range(O):
                    y[n, o, i, j] = (window * w[o]).sum() + b[o]
    return y


@njit(fastmath=True)
def _dot_of_window(x, w, top, left):
    total = 0.0
    for c in range(w.shape[0]):
        for u in range(w.shape[1]):
            for v in range(w.shape[2]):
                total += x[c, top + u, left + v] * w[c, u, v]
    return total


@njit
def numba_with_a_helper(x, w, b, stride=1):
    N, O = x.shape[0], w.shape[0]
    y = np.empty((N, O, (x.shape[2] - w.shape[2]) // stride + 1, (x.shape[3] - w.shape[3]) // stride + 1))
    for index in np.ndindex(y.shape):
        n, o, i, j = index
        y[index] = b[o] + _dot_of_window(x[n], w[o], i * stride, j * stride)
    return y


@njit(parallel=True)
def parallel_outputs(x, w, b, stride=1):
    """Every output is a task of its own."""
    N, O = x.shape[0], w.shape[0]
    OH, OW = (x.shape[2] - w.shape[2]) // stride + 1, (x.shape[3] - w.shape[3]) // stride + 1
    y = np.empty(N * O * OH * OW)
    for k in prange(y.size):
        n, o, i, j = k // (O * OH * OW), k // (OH * OW) % O, k // OW % OH, k % OW
        y[k] = b[o] + _dot_of_window(x[n], w[o], i * stride, j * stride)
    return y.reshape((N, O, OH, OW))


@numba.njit(parallel=True)
def parallel_rows(x, w, b, stride=1):
    """Rows of the output are shared out; a row is kept in an array of its own until it is done."""
    N, C, H, W = x.shape
    O, _, KH, KW = w.shape
    y = np.empty((N, O, (H - KH) // stride + 1, (W - KW) // stride + 1))
    for i in numba.prange(y.shape[2]):
        for n in range(N):
            for o in range(O):
                row = np.full(y.shape[3], b[o])
                for c in range(C):
                    for u in range(KH):
                        for v in range(KW):
                            for j in range(row.size):
                                row[j] += x[n, c, i * stride + u, j * stride + v] * w[o, c, u, v]
                y[n, o, i] = row
    return y


@njit(parallel=True)
def parallel_nested(x, w, b, stride=1):
    """Two loops over prange, of which Numba shares out the outer one."""
    N, O = x.shape[0], w.shape[0]
    y = np.zeros((N, O, (x.shape[2] - w.shape[2]) // stride + 1, (x.shape[3] - w.shape[3]) // stride + 1))
    for n in prange(N):
        for o in prange(O):
            y[n, o] += b[o]
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    y[n, o, i, j] += _dot_of_window(x[n], w[o], i * stride, j * stride)
    return y


@njit
def tiled_vector(x, w, b):
    """The four sums are a short array."""
    C, KH, KW, O = w.shape
    y = np.empty((O, x.shape[1] - KH + 1, x.shape[2] - KW + 1))
    sums = np.empty(4)
    for start in range(0, O, 4):
        width = min(4, O - start)
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                for r in range(width):
                    sums[r] = b[start + r]
                for c in range(C):
                    for u in range(KH):
                        for v in range(KW):
                            pixel = x[c, i + u, j + v]
                            for r in range(width):
                                sums[r] += pixel * w[c, u, v, start + r]
                for r in range(width):
                    y[start + r, i, j] = sums[r]
    return y


@njit
def tiled_slices(x, w, b):
    """All filters at once: the pixel times a row of weights."""
    y = np.empty((w.shape[3], x.shape[1] - w.shape[1] + 1, x.shape[2] - w.shape[2] + 1))
    for i, j in np.ndindex(y.shape[1:]):
        total = b.copy()
        for c, u, v in np.ndindex(w.shape[:3]):
            total += x[c, i + u, j + v] * w[c, u, v]
        y[:, i, j] = total
    return y


ANSWERS = {
    "count_work": {"ranges": count_with_a_loop, "arrays": count_with_arrays},
    "conv2d_numba": {"weight by weight": numba_scatter, "slices": numba_slices, "a helper": numba_with_a_helper},
    "conv2d_parallel": {"outputs": parallel_outputs, "rows": parallel_rows, "nested": parallel_nested},
    "conv2d_tiled": {"a short array": tiled_vector, "slices": tiled_slices},
}
