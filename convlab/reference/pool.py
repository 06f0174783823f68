"""Pooling: one number for each window of each channel, and the way the gradient goes back.

Images are x (N, C, H, W); `kernel_size`, `stride` (the kernel's size if None), `padding` and `dilation` are an int or
(h, w). There are geometry.pooled_size(H, KH, s, p, d, ceil_mode) windows along an axis.
"""

import math

import numpy as np

from convlab.geometry import output_size, pooled_size
from convlab.reference.precision import in_double
from convlab.reference.windows import per_axis, taps


@in_double
def max_pool2d(x, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest value of each window, and where it was.

    y[n, c, i, j] = max_(u, v) x[n, c, s i + d u - p, s j + d v - p], minus infinity outside of x. Of equal values the
    first wins, row by row; a NaN wins over every number, and the first NaN over later ones.

    Returns
    -------
    y : (N, C, OH, OW)
    argmax : int64 (N, C, OH, OW), the winner's place row * W + col in the H x W plane of x; -1 if the window missed x

    >>> y, argmax = max_pool2d(np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]]), 2)
    >>> y.tolist(), argmax.tolist()
    ([[[[6.0, 8.0], [3.0, 4.0]]]], [[[[5, 7], [8, 15]]]])
    """
    N, C, H, W = x.shape
    KH, KW = per_axis(kernel_size, 2)
    SH, SW = (KH, KW) if stride is None else per_axis(stride, 2)
    (PH, PW), (DH, DW) = per_axis(padding, 2), per_axis(dilation, 2)
    OH, OW = pooled_size(H, KH, SH, PH, DH, ceil_mode), pooled_size(W, KW, SW, PW, DW, ceil_mode)
    y = np.full((N, C, OH, OW), -np.inf)
    argmax = np.full((N, C, OH, OW), -1, dtype=np.int64)
    for n, c, i, j in np.ndindex(y.shape):
        for u, v in np.ndindex(KH, KW):
            row, col = SH * i + DH * u - PH, SW * j + DW * v - PW
            if not (0 <= row < H and 0 <= col < W):
                continue
            best, value = y[n, c, i, j], x[n, c, row, col]
            if argmax[n, c, i, j] < 0 or value > best or (math.isnan(value) and not math.isnan(best)):
                y[n, c, i, j], argmax[n, c, i, j] = value, row * W + col
    return y, argmax


@in_double
def max_pool2d_grad(dy, argmax, x_shape):
    """Gradient of `max_pool2d`: the winner of each window takes all of its dy; where windows overlap, it adds up.

    dy, argmax : (N, C, OH, OW); x_shape : (N, C, H, W); returns dx of that shape.
    """
    W = x_shape[3]
    dx = np.zeros(x_shape)
    for n, c, i, j in np.ndindex(dy.shape):
        winner = argmax[n, c, i, j]
        if winner >= 0:
            dx[n, c, winner // W, winner % W] += dy[n, c, i, j]
    return dx


def _average_windows(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad):
    """The number of windows (OH, OW), and for each (i, j) its rows and columns in x and what to divide their sum by."""
    kernel, padding = per_axis(kernel_size, 2), per_axis(padding, 2)
    stride = kernel if stride is None else per_axis(stride, 2)
    sizes = tuple(
        pooled_size(M, K, s, p, ceil_mode=ceil_mode) for M, K, s, p in zip(x_shape[2:], kernel, stride, padding)
    )
    found = []
    for place in np.ndindex(sizes):
        pixels, divisor = [], 1
        for i, M, K, s, p in zip(place, x_shape[2:], kernel, stride, padding):
            start, stop = s * i - p, min(s * i - p + K, M + p)  # a ragged last window ends with the padding
            inside = slice(max(start, 0), min(stop, M))
            pixels.append(inside)
            divisor *= stop - start if count_include_pad else inside.stop - inside.start
        found.append((*place, *pixels, divisor))
    return sizes, found


@in_double
def avg_pool2d(x, kernel_size, *, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """The mean of each window: the sum of its pixels, divided by their number.

    With `count_include_pad` the zeros of the padding count as pixels, but what a last, ragged window (`ceil_mode`) has
    beyond the padding never does. `padding` is at most half the kernel, so no window is empty.

    Returns y (N, C, OH, OW).

    >>> avg_pool2d(np.array([[[[1.0, 2.0, 6.0]]]]), (1, 2), ceil_mode=True).tolist()
    [[[[1.5, 6.0]]]]
    """
    N, C, _, _ = x.shape
    sizes, found = _average_windows(x.shape, kernel_size, stride, padding, ceil_mode, count_include_pad)
    y = np.zeros((N, C, *sizes))
    for n, c in np.ndindex(N, C):
        for i, j, rows, cols, divisor in found:
            y[n, c, i, j] = x[n, c, rows, cols].sum() / divisor
    return y


@in_double
def avg_pool2d_grad(dy, x_shape, kernel_size, *, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Gradient of `avg_pool2d`: every pixel of a window takes the same share, dy / divisor.

    dy : (N, C, OH, OW); x_shape : (N, C, H, W); returns dx of that shape.
    """
    N, C, _, _ = x_shape
    _, found = _average_windows(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad)
    dx = np.zeros(x_shape)
    for n, c in np.ndindex(N, C):
        for i, j, rows, cols, divisor in found:
            dx[n, c, rows, cols] += dy[n, c, i, j] / divisor
    return dx


@in_double
def weighted_pool2d(x, kernel, *, stride):
    """A fixed window of weights, the same for every channel, each channel alone: Gaussian pooling, say.

    y[n, c, i, j] = sum_(u, v) kernel[u, v] x[n, c, s i + u, s j + v].

    x : (N, C, H, W); kernel : (KH, KW); returns y (N, C, OH, OW).
    """
    N, C, H, W = x.shape
    (KH, KW), (SH, SW) = kernel.shape, per_axis(stride, 2)
    y = np.zeros((N, C, output_size(H, KH, SH), output_size(W, KW, SW)))
    for n, c, i, j in np.ndindex(y.shape):
        y[n, c, i, j] = (x[n, c, taps(i, KH, SH), taps(j, KW, SW)] * kernel).sum()
    return y


@in_double
def weighted_pool2d_grad(dy, x_shape, kernel, *, stride):
    """Gradient of `weighted_pool2d`: each pixel of a window takes dy times its weight.

    dy : (N, C, OH, OW); x_shape : (N, C, H, W); kernel : (KH, KW); returns dx of x_shape.
    """
    (KH, KW), (SH, SW) = kernel.shape, per_axis(stride, 2)
    dx = np.zeros(x_shape)
    for n, c, i, j in np.ndindex(dy.shape):
        dx[n, c, taps(i, KH, SH), taps(j, KW, SW)] += dy[n, c, i, j] * kernel
    return dx


@in_double
def global_avg_pool2d(x):
    """The mean of each channel: y[n, c, 0, 0] = sum_(row, col) x[n, c, row, col] / (H W).

    x : (N, C, H, W); returns y (N, C, 1, 1).
    """
    N, C, H, W = x.shape
    y = np.zeros((N, C, 1, 1))
    for n, c in np.ndindex(N, C):
        y[n, c, 0, 0] = x[n, c].sum() / (H * W)
    return y


@in_double
def global_avg_pool2d_grad(dy, x_shape):
    """Gradient of `global_avg_pool2d`: dx[n, c, row, col] = dy[n, c, 0, 0] / (H W). dy : (N, C, 1, 1)."""
    _, _, H, W = x_shape
    dx = np.zeros(x_shape)
    for n, c, row, col in np.ndindex(dx.shape):
        dx[n, c, row, col] = dy[n, c, 0, 0] / (H * W)
    return dx


def global_max_pool2d(x):
    """The largest value of each channel and its place: `max_pool2d` with one window, the whole image.

    x : (N, C, H, W); returns y, argmax (N, C, 1, 1).
    """
    return max_pool2d(x, x.shape[2:])


def global_max_pool2d_grad(dy, argmax, x_shape):
    """Gradient of `global_max_pool2d`: the winner of each channel takes dy. dy, argmax : (N, C, 1, 1)."""
    return max_pool2d_grad(dy, argmax, x_shape)
