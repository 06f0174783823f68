"""Right answers to the exercises of lesson 03 in other styles than the reference's."""

import itertools

import numpy as np
from numba import njit
from scipy import signal

# conv1d ---------------------------------------------------------------------------------------------------------------


def conv1d_loops(x, w):
    y = np.zeros(len(x) - len(w) + 1)
    for i in range(len(y)):
        for k in range(len(w)):
            y[i] += x[i + k] * w[k]
    return y


def conv1d_list(x, w):
    return [sum(x[i + k] * w[k] for k in range(len(w))) for i in range(len(x) - len(w) + 1)]


def conv1d_objects(x, w):
    return np.array([x[i : i + len(w)] @ w for i in range(len(x) - len(w) + 1)], dtype=object)


# conv2d ---------------------------------------------------------------------------------------------------------------


def conv2d_loops(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    O, C, KH, KW = w.shape
    OH, OW = (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1
    xp = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    xp[:, :, padding : padding + H, padding : padding + W] = x
    y = np.zeros((N, O, OH, OW))
    for n, o, i, j in itertools.product(range(N), range(O), range(OH), range(OW)):
        total = b[o]
        for c, u, v in itertools.product(range(C), range(KH), range(KW)):
            total += xp[n, c, i * stride + u, j * stride + v] * w[o, c, u, v]
        y[n, o, i, j] = total
    return y


def conv2d_einsum(images, filters, offset, stride, padding):
    images = np.pad(images, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(images, filters.shape[2:], (2, 3))[:, :, ::stride, ::stride]
    return np.einsum("ncijuv,ocuv->noij", windows, filters) + offset[:, None, None]


def conv2d_float32(x, w, b, *, stride, padding):
    return conv2d_einsum(x.astype(np.float32), w.astype(np.float32), b.astype(np.float32), stride, padding)


def conv2d_columns(x, w, b, stride=1, padding=0):
    """Windows as the columns of a matrix, and one matrix product."""
    (N, _, H, W), (O, _, KH, KW) = x.shape, w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    OH, OW = (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1
    y = np.empty((N, O, OH, OW))
    for n in range(N):
        starts = itertools.product(range(0, OH * stride, stride), range(0, OW * stride, stride))
        columns = np.stack([xp[n, :, i : i + KH, j : j + KW].ravel() for i, j in starts], axis=1)
        y[n] = (w.reshape(O, -1) @ columns).reshape(O, OH, OW) + b.reshape(-1, 1, 1)
    return y


# true convolution and edges -------------------------------------------------------------------------------------------


def true_convolution_loops(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    y = np.zeros((H - KH + 1, W - KW + 1))
    for i, j, u, v in np.ndindex(*y.shape, KH, KW):
        y[i, j] += x[i + KH - 1 - u, j + KW - 1 - v] * w[u, v]
    return y


SOBEL = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])

ANSWERS = {
    "conv1d": {
        "np.correlate": lambda x, w: np.correlate(x, w),
        "loops": conv1d_loops,
        "loops, compiled": njit(conv1d_loops),
        "a list": conv1d_list,
        "windows, a tuple": lambda x, w: tuple(np.lib.stride_tricks.sliding_window_view(x, len(w)) @ w),
        "an array of objects": conv1d_objects,
    },
    "conv2d": {
        "loops": conv2d_loops,
        "einsum, other names": conv2d_einsum,
        "float32 inside": conv2d_float32,
        "windows as columns": conv2d_columns,
    },
    "true_convolution": {
        "scipy": lambda x, w: signal.convolve2d(x, w, mode="valid"),
        "loops": true_convolution_loops,
        "turned twice": lambda x, w: signal.correlate2d(x, np.rot90(w, 2), mode="valid"),
    },
    "vertical_edges": {
        "Sobel": lambda: SOBEL,
        "Sobel, the other way round, whole numbers": lambda: -SOBEL.astype(int),
        "Scharr": lambda: np.array([[3, 0, -3], [10, 0, -10], [3, 0, -3]]),
        "a pair in the middle row, a list": lambda: [[0, 0, 0], [1, -1, 0], [0, 0, 0]],
    },
}
