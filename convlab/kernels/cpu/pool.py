"""Pooling and its gradients. A task owns one plane: one channel of one image."""

import numpy as np
from numba import uintp

from convlab.jit import jit, parallel, prange


@jit
def _winner(plane, start, width, kernel_h, kernel_w):
    """The largest number of a window that lies inside the image, its place, and whether one of them is NaN.

    Computed without a branch: nobody can guess which pixel wins, and a wrong guess costs more than the window."""
    best, at = plane[start], start
    nan = best != best
    for a in range(kernel_h):
        for b in range(kernel_w):
            place = start + a * width + b
            value = plane[place]
            wins = value > best
            nan |= value != value
            best = value if wins else best
            at += (place - at) * uintp(wins)
    return best, at, nan


@jit
def _taps(start, kernel, dilation, size):
    "the first and the last-plus-one tap that fall inside the image, for a window that starts at `start`"
    first = (-start + dilation - 1) // dilation if start < 0 else 0
    last = min(kernel, (size - start + dilation - 1) // dilation)
    return first, last


@jit
def _careful_winner(plane, h0, w0, H, W, kernel_h, kernel_w, dilation_h, dilation_w):
    "the same for any window; a NaN wins over every number, the first of several stays"
    a0, a1 = _taps(h0, kernel_h, dilation_h, H)
    b0, b1 = _taps(w0, kernel_w, dilation_w, W)
    at = (h0 + a0 * dilation_h) * W + w0 + b0 * dilation_w
    best = plane[at]
    for a in range(a0, a1):
        for b in range(b0, b1):
            place = (h0 + a * dilation_h) * W + w0 + b * dilation_w
            value = plane[place]
            if not value <= best and not np.isnan(best):
                best, at = value, place
    return best, at


@parallel
def _max_pool2d(x, y, argmax, kernel_h, kernel_w, stride_h, stride_w, top, left, dilation_h, dilation_w):
    N, C, H, W = x.shape
    OH, OW = y.shape[2:]
    planes = x.reshape(N * C, H * W)
    plain, width = dilation_h == 1 and dilation_w == 1, uintp(W)
    for task in prange(N * C):
        n, c = task // C, task % C
        plane = planes[task]
        for i in range(OH):
            h0 = i * stride_h - top
            for j in range(OW):
                w0 = j * stride_w - left
                inside, nan = plain and h0 >= 0 and w0 >= 0 and h0 + kernel_h <= H and w0 + kernel_w <= W, False
                if inside:
                    start = uintp(h0 * W + w0)
                    if kernel_h == 2 and kernel_w == 2:  # numbers that the compiler knows spare it the loops
                        best, at, nan = _winner(plane, start, width, uintp(2), uintp(2))
                    elif kernel_h == 3 and kernel_w == 3:
                        best, at, nan = _winner(plane, start, width, uintp(3), uintp(3))
                    else:
                        best, at, nan = _winner(plane, start, width, uintp(kernel_h), uintp(kernel_w))
                    y[n, c, i, j], argmax[n, c, i, j] = best, at
                if nan or not inside:
                    best, place = _careful_winner(plane, h0, w0, H, W, kernel_h, kernel_w, dilation_h, dilation_w)
                    y[n, c, i, j], argmax[n, c, i, j] = best, place


@parallel
def max_pool2d_grad(dy, argmax, dx):
    "dx[argmax] += dy, plane by plane"
    N, C, OH, OW = dy.shape
    dy, argmax, dx = (
        dy.reshape(N * C, OH * OW),
        argmax.reshape(N * C, OH * OW),
        dx.reshape(N * C, dx.shape[2] * dx.shape[3]),
    )
    for task in prange(N * C):
        dx[task, :] = 0
        for i in range(OH * OW):
            dx[task, argmax[task, i]] += dy[task, i]


@jit
def _window(i, stride, kernel, before, size):
    "a window clipped to the padded image (its extent counts the zeros), then to the image"
    start = i * stride - before
    end = min(start + kernel, size + before)
    extent = end - start
    return max(start, 0), min(end, size), extent


@parallel
def _avg_pool2d(x, y, kernel_h, kernel_w, stride_h, stride_w, top, left, count_include_pad):
    N, C, H, W = x.shape
    OH, OW = y.shape[2:]
    for task in prange(N * C):
        n, c = task // C, task % C
        for i in range(OH):
            h0, h1, extent_h = _window(i, stride_h, kernel_h, top, H)
            for j in range(OW):
                w0, w1, extent_w = _window(j, stride_w, kernel_w, left, W)
                total = np.float64(0)
                for h in range(h0, h1):
                    for w in range(w0, w1):
                        total += x[n, c, h, w]
                count = extent_h * extent_w if count_include_pad else (h1 - h0) * (w1 - w0)
                y[n, c, i, j] = total / count


@parallel
def _avg_pool2d_grad(dy, dx, kernel_h, kernel_w, stride_h, stride_w, top, left, count_include_pad):
    N, C, H, W = dx.shape
    OH, OW = dy.shape[2:]
    for task in prange(N * C):
        n, c = task // C, task % C
        dx[n, c, :, :] = 0
        for i in range(OH):
            h0, h1, extent_h = _window(i, stride_h, kernel_h, top, H)
            for j in range(OW):
                w0, w1, extent_w = _window(j, stride_w, kernel_w, left, W)
                count = extent_h * extent_w if count_include_pad else (h1 - h0) * (w1 - w0)
                share = dx.dtype.type(dy[n, c, i, j] / count)
                for h in range(h0, h1):
                    for w in range(w0, w1):
                        dx[n, c, h, w] += share


def max_pool2d(x, y, argmax, kernel_size, stride, padding, dilation):
    "y = the largest of each window, argmax = its place h * W + w in the plane"
    _max_pool2d(x, y, argmax, *kernel_size, *stride, *padding, *dilation)


def avg_pool2d(x, y, kernel_size, stride, padding, count_include_pad):
    "y = the mean of each window"
    _avg_pool2d(x, y, *kernel_size, *stride, *padding, count_include_pad)


def avg_pool2d_grad(dy, dx, kernel_size, stride, padding, count_include_pad):
    "dx = each output shared out evenly over its window"
    _avg_pool2d_grad(dy, dx, *kernel_size, *stride, *padding, count_include_pad)
