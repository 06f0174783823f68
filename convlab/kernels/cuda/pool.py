"""Pooling and its gradients. A thread owns one output; in a gradient, one pixel of the input, which asks its windows."""

import numpy as np
from numba import cuda

from convlab.kernels.cuda.launch import device, kernel


@device
def _taps(start, kernel, dilation, size):
    "the first and the last-plus-one tap that fall inside the image, for a window that starts at `start`"
    first = (-start + dilation - 1) // dilation if start < 0 else 0
    last = min(kernel, (size - start + dilation - 1) // dilation)
    return first, last


@device
def _windows(place, extent, stride, count):
    "the first and the last-plus-one window that reach a place of the padded image"
    first = 0 if place < extent else (place - extent) // stride + 1
    return first, min(place // stride + 1, count)


@kernel(lambda x, y, *others: y.size)
def _max_pool2d(x, y, argmax, kernel_h, kernel_w, stride_h, stride_w, top, left, dilation_h, dilation_w):
    index = cuda.grid(1)
    if index >= y.size:
        return
    _, C, H, W = x.shape
    OH, OW = y.shape[2:]
    i, j, plane = index // OW % OH, index % OW, index // (OH * OW)
    n, c = plane // C, plane % C
    h0, w0 = i * stride_h - top, j * stride_w - left
    a0, a1 = _taps(h0, kernel_h, dilation_h, H)
    b0, b1 = _taps(w0, kernel_w, dilation_w, W)
    h, w = h0 + a0 * dilation_h, w0 + b0 * dilation_w
    best, at = x[n, c, h, w], h * W + w
    for a in range(a0, a1):
        h = h0 + a * dilation_h
        for b in range(b0, b1):
            w = w0 + b * dilation_w
            value = x[n, c, h, w]
            # not <=: a NaN wins over every number, the first of several stays
            if not value <= best and best == best:
                best, at = value, h * W + w
    y[n, c, i, j] = best
    argmax[n, c, i, j] = at


@kernel(lambda dy, argmax, dx, *others: dx.size)
def _max_pool2d_grad(dy, argmax, dx, extent_h, extent_w, stride_h, stride_w, top, left):
    index = cuda.grid(1)
    if index >= dx.size:
        return
    _, C, H, W = dx.shape
    OH, OW = dy.shape[2:]
    pixel, plane = index % (H * W), index // (H * W)
    n, c = plane // C, plane % C
    i0, i1 = _windows(pixel // W + top, extent_h, stride_h, OH)
    j0, j1 = _windows(pixel % W + left, extent_w, stride_w, OW)
    total = dx.dtype.type(0)
    for i in range(i0, i1):
        for j in range(j0, j1):
            if argmax[n, c, i, j] == pixel:
                total += dy[n, c, i, j]
    dx[n, c, pixel // W, pixel % W] = total


@kernel(lambda dy, argmax, dx: dx.shape[0] * dx.shape[1])
def _max_pool2d_grad_by_planes(dy, argmax, dx):
    "a thread owns a plane: where it is not known which windows the winners came from"
    plane = cuda.grid(1)
    N, C, H, W = dx.shape
    if plane >= N * C:
        return
    n, c = plane // C, plane % C
    for h in range(H):
        for w in range(W):
            dx[n, c, h, w] = dx.dtype.type(0)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            at = argmax[n, c, i, j]
            dx[n, c, at // W, at % W] += dy[n, c, i, j]


@device
def _window(i, stride, kernel, before, size):
    "a window clipped to the padded image (its extent counts the zeros), then to the image"
    start = i * stride - before
    end = min(start + kernel, size + before)
    extent = end - start
    return max(start, 0), min(end, size), extent


@kernel(lambda x, y, *others: y.size)
def _avg_pool2d(x, y, kernel_h, kernel_w, stride_h, stride_w, top, left, count_include_pad):
    index = cuda.grid(1)
    if index >= y.size:
        return
    _, C, H, W = x.shape
    OH, OW = y.shape[2:]
    i, j, plane = index // OW % OH, index % OW, index // (OH * OW)
    n, c = plane // C, plane % C
    h0, h1, extent_h = _window(i, stride_h, kernel_h, top, H)
    w0, w1, extent_w = _window(j, stride_w, kernel_w, left, W)
    total = np.float64(0)
    for h in range(h0, h1):
        row = x.dtype.type(0)
        for w in range(w0, w1):
            row += x[n, c, h, w]
        total += row
    count = extent_h * extent_w if count_include_pad else (h1 - h0) * (w1 - w0)
    y[n, c, i, j] = total / count


@kernel(lambda dy, dx, *others: dx.size)
def _avg_pool2d_grad(dy, dx, kernel_h, kernel_w, stride_h, stride_w, top, left, count_include_pad):
    index = cuda.grid(1)
    if index >= dx.size:
        return
    _, C, H, W = dx.shape
    OH, OW = dy.shape[2:]
    h, w, plane = index // W % H, index % W, index // (H * W)
    n, c = plane // C, plane % C
    i0, i1 = _windows(h + top, kernel_h, stride_h, OH)
    j0, j1 = _windows(w + left, kernel_w, stride_w, OW)
    total = dx.dtype.type(0)
    for i in range(i0, i1):
        h0, h1, extent_h = _window(i, stride_h, kernel_h, top, H)
        for j in range(j0, j1):
            w0, w1, extent_w = _window(j, stride_w, kernel_w, left, W)
            count = extent_h * extent_w if count_include_pad else (h1 - h0) * (w1 - w0)
            total += dx.dtype.type(dy[n, c, i, j] / dx.dtype.type(count))
    dx[n, c, h, w] = total


def max_pool2d(x, y, argmax, kernel_size, stride, padding, dilation):
    "y = the largest of each window, argmax = its place h * W + w in the plane"
    _max_pool2d(x, y, argmax, *kernel_size, *stride, *padding, *dilation)
    # with its windows known, a pixel of the gradient asks few of them; the array itself does not tell
    extent = [d * (k - 1) + 1 for k, d in zip(kernel_size, dilation)]
    argmax.windows = x.shape, (*extent, *stride, *padding)


def max_pool2d_grad(dy, argmax, dx):
    "dx = the sum of dy over the windows that each pixel won"
    shape, windows = getattr(argmax, "windows", (None, None))
    if shape == dx.shape:
        _max_pool2d_grad(dy, argmax, dx, *windows)
    else:
        _max_pool2d_grad_by_planes(dy, argmax, dx)


def avg_pool2d(x, y, kernel_size, stride, padding, count_include_pad):
    "y = the mean of each window"
    _avg_pool2d(x, y, *kernel_size, *stride, *padding, count_include_pad)


def avg_pool2d_grad(dy, dx, kernel_size, stride, padding, count_include_pad):
    "dx = each output shared out evenly over its window"
    _avg_pool2d_grad(dy, dx, *kernel_size, *stride, *padding, count_include_pad)
