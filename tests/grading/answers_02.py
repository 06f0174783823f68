"""Right answers to the exercises of lesson 02 in other styles than the reference's."""

import math

import numpy as np
from numba import njit
from scipy import linalg, signal

from convlab import nn


def counts_by_listing(in_shape, out_channels, kernel_size, stride=1, padding=0):
    C, H, W = in_shape
    places = [
        (i, j)
        for i in range(0, H + 2 * padding - kernel_size + 1, stride)
        for j in range(0, W + 2 * padding - kernel_size + 1, stride)
    ]
    window = C * kernel_size**2
    biases = out_channels * len(places)
    return biases * C * H * W + biases, biases * window + biases, out_channels * window + out_channels


def counts_by_layers(in_shape, out_channels, kernel_size, stride=1, padding=0):
    layer = nn.Conv2d(in_shape[0], out_channels, kernel_size, stride=stride, padding=padding)
    shared = layer.count_parameters()
    _, OH, OW = layer.output_shape(in_shape)
    outputs = out_channels * OH * OW
    return np.array([outputs * (math.prod(in_shape) + 1), shared * OH * OW, shared], dtype=float)


def match_by_scipy(image, template):
    dots = signal.correlate2d(image, template, "valid")
    squares = signal.correlate2d(image**2, np.ones(template.shape), "valid")
    lengths = np.sqrt(np.maximum(squares, 0)) * np.linalg.norm(template)
    return np.where(lengths > 1e-7, dots / np.where(lengths > 1e-7, lengths, 1), 0)


def match_by_views(image, template):
    windows = np.lib.stride_tricks.sliding_window_view(image, template.shape).reshape(
        *(M - m + 1 for M, m in zip(image.shape, template.shape)), -1
    )
    unit = template.ravel() / np.linalg.norm(template)
    norms = np.linalg.norm(windows, axis=-1)
    return np.nan_to_num(windows @ unit / np.where(norms == 0, np.inf, norms))


def match_by_angles(image, template):
    H, W = (M - m + 1 for M, m in zip(image.shape, template.shape))
    rows = []
    for i in range(H):
        row = []
        for j in range(W):
            window = image[i : i + template.shape[0], j : j + template.shape[1]].ravel().tolist()
            dot = sum(a * b for a, b in zip(window, template.ravel()))
            length = math.hypot(*window)
            row.append(dot / (length * math.hypot(*template.ravel())) if length else 0.0)
        rows.append(row)
    return rows


def matrix_by_toeplitz(w, length):
    column = np.zeros(length - len(w) + 1)
    column[0] = w[0]
    return linalg.toeplitz(column, np.pad(w, (0, length - len(w))))


def matrix_by_diagonals(w, length):
    outputs = length - len(w) + 1
    return sum(weight * np.eye(outputs, length, k) for k, weight in enumerate(w))


def matrix_by_impulses(w, length):
    return np.stack([np.correlate(impulse, w, "valid") for impulse in np.eye(length)], axis=1)


@njit
def tiled_compiled(x, w):
    t, K = w.shape
    y = np.zeros(len(x) - K + 1)
    for i in range(len(y)):
        for k in range(K):
            y[i] += x[i + k] * w[i % t, k]
    return y


def tiled_by_whole_convolutions(x, w):
    whole = np.stack([np.correlate(x, each, "valid") for each in w])
    outputs = np.arange(whole.shape[1])
    return whole[outputs % len(w), outputs]


def tiled_by_windows(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[1])
    return (windows * np.resize(w, windows.shape)).sum(axis=1).astype(np.float32)


ANSWERS = {
    "parameter_counts": {"listing": counts_by_listing, "layers": counts_by_layers},
    "template_match": {"scipy": match_by_scipy, "views": match_by_views, "angles": match_by_angles},
    "convolution_matrix": {
        "toeplitz": matrix_by_toeplitz,
        "diagonals": matrix_by_diagonals,
        "impulses": matrix_by_impulses,
    },
    "tiled_conv1d": {
        "njit": tiled_compiled,
        "whole convolutions": tiled_by_whole_convolutions,
        "windows": tiled_by_windows,
    },
}

EXEMPT = {"parameter_counts": {"float32": "counts are whole numbers, larger than single precision can tell apart"}}
