"""Right answers to the exercises of lesson 05 in other styles than the reference's."""

from math import prod

import numpy as np
from numba import njit
from scipy import signal


def maps_loops(x, w):
    C, H, W = x.shape
    C, KH, KW = w.shape
    y = np.zeros((C, H - KH + 1, W - KW + 1))
    for c, i, j, u, v in np.ndindex((C, H - KH + 1, W - KW + 1, KH, KW)):
        y[c, i, j] += x[c, i + u, j + v] * w[c, u, v]
    return y


def maps_windows(image, kernels):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernels.shape[1:], (1, 2))
    return np.einsum("cijuv,cuv->cij", windows, kernels)


def maps_scipy(x, w):
    return np.array([signal.correlate2d(channel, kernel, mode="valid") for channel, kernel in zip(x, w)])


def layer_from_maps(x, w, b):
    return np.array([[maps_loops(image, w[o]).sum(0) + b[o] for o in range(len(w))] for image in x])


def layer_einsum(x, w, b):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))
    return np.einsum("ncijuv,ocuv->noij", windows, w) + b[:, None, None]


def layer_shifted(x, w, b):
    """The loops over the taps outside, whole maps inside."""
    (N, C, H, W), (O, _, KH, KW) = x.shape, w.shape
    OH, OW = H - KH + 1, W - KW + 1
    y = np.zeros((N, O, OH, OW)) + b.reshape(1, -1, 1, 1)
    for c, u, v in np.ndindex(C, KH, KW):
        y += x[:, c, None, u : u + OH, v : v + OW] * w[:, c, u, v].reshape(1, -1, 1, 1)
    return y


def layer_float32(x, w, b):
    return layer_einsum(x.astype(np.float32), w.astype(np.float32), b.astype(np.float32))


def parameters_by_arrays(in_channels, out_channels, kernel_size, bias=True):
    return np.zeros((out_channels, in_channels, *kernel_size)).size + np.zeros(out_channels if bias else 0).size


def multiplications_walked(x_shape, w_shape, stride=1, padding=0):
    """Places found by walking, not by the formula."""
    (N, _, H, W), (_, _, KH, KW) = x_shape, w_shape
    rows = len(range(0, H + 2 * padding - KH + 1, stride))
    columns = len(range(0, W + 2 * padding - KW + 1, stride))
    return np.float32(N) * rows * columns * np.prod(w_shape)


def multiplications_formula(x, w, stride, padding):
    rows, columns = ((x[axis] + 2 * padding - w[axis]) // stride + 1 for axis in (2, 3))
    return x[0] * w[0] * w[1] * w[2] * w[3] * rows * columns


ANSWERS = {
    "channel_maps": {
        "loops": maps_loops,
        "loops, compiled": njit(maps_loops),
        "windows": maps_windows,
        "float32 inside": lambda x, w: maps_windows(x.astype(np.float32), w.astype(np.float32)),
        "scipy, a list": lambda x, w: maps_scipy(x, w).tolist(),
    },
    "conv_layer": {
        "from the maps": layer_from_maps,
        "einsum": layer_einsum,
        "shifted": layer_shifted,
        "float32 inside": layer_float32,
        "a list": lambda x, w, b: layer_shifted(x, w, b).tolist(),
    },
    "conv2d_parameters": {
        "arrays": parameters_by_arrays,
        "formula": lambda i, o, k, bias=True: o * (i * k[0] * k[1] + (1 if bias else 0)),
        "a float": lambda i, o, k, bias: float(o * i * prod(k) + (o if bias else 0)),
        "from an array": lambda *given, bias: np.array([given[1] * (given[0] * np.prod(given[2]) + int(bias))])[0],
    },
    "conv2d_multiplications": {"walked": multiplications_walked, "formula": multiplications_formula},
}
