"""Pooling and its gradients. A task owns one plane, one channel of one image, or a few."""

import numpy as np
from numba import intp, uintp

from convlab.jit import inlined, jit, parallel, prange
from convlab.kernels.cpu.register_tile import lanes_of, larger, load, place_of_larger, plus, store, times

EXACT = 1 << 24  # distances below are numbers of float32
TASKS = 64  # that the planes are shared out to, at most


@inlined
def _taps(start, kernel, dilation, size):
    "the first and the last-plus-one tap that fall inside the image, for a window that starts at `start`"
    first = (-start + dilation - 1) // dilation if start < 0 else 0
    last = kernel if start + (kernel - 1) * dilation < size else (size - start + dilation - 1) // dilation
    return first, last


@jit
def _winner(x, origin, h0, w0, H, W, kernel_h, kernel_w, dilation_h, dilation_w):
    "the largest number of a window that may reach beyond the image, and its place"
    a0, a1 = _taps(h0, kernel_h, dilation_h, H)
    b0, b1 = _taps(w0, kernel_w, dilation_w, W)
    at = (h0 + a0 * dilation_h) * W + w0 + b0 * dilation_w
    best = x[origin + at]
    for a in range(a0, a1):
        for b in range(b0, b1):
            place = (h0 + a * dilation_h) * W + w0 + b * dilation_w
            value = x[origin + place]
            if not value <= best and not np.isnan(best):
                best, at = value, place
    return best, at


@inlined
def _winners(x, start, count, taps, distances, some, best, at, zeros):
    """best[p], at[p] = the largest number of the window that begins at pixel start + p, and how far from there it lies; at[p]
    is NaN where one of the numbers is not finite, for then more care is needed.

    Tap by tap, `some` of them, for two vectors of neighbouring windows. No branch: nobody can guess which pixel wins, and a
    wrong guess costs more than the window. The last vectors reach beyond the windows asked for."""
    none = load(zeros, uintp(0), uintp(0), 1, 2)
    for p in range(uintp(0), uintp(count), uintp(zeros.size)):
        most, where = load(x, uintp(start) + p, uintp(0), 1, 2), none
        care = times(most, none)  # 0, or NaN
        for k in range(uintp(1), uintp(some)):
            value = load(x, uintp(start) + p + taps[k], uintp(0), 1, 2)
            care = plus(care, times(value, none))
            where, most = place_of_larger(where, most, distances, k, value), larger(most, value)
        store(most, best, p, uintp(0))
        store(plus(where, care), at, p, uintp(0))


@jit
def _inside(before, stride, reach, size, count):
    "the first and the last-plus-one of the windows that lie inside the image, along one axis"
    first = min(count, (before + stride - 1) // stride)
    return first, max(first, min(count, (size + before - reach) // stride + 1))


@parallel
def _max_pool2d(x, y, argmax, kernel_h, kernel_w, stride_h, stride_w, top, left, dilation_h, dilation_w, zeros):
    N, C, H, W = x.shape
    OH, OW = y.shape[2:]
    area, x, y, argmax = H * W, x.reshape(x.size), y.reshape(y.size), argmax.reshape(y.size)
    taps = np.empty(kernel_h * kernel_w, np.uintp)
    for k in range(taps.size):
        taps[k] = k // kernel_w * dilation_h * W + k % kernel_w * dilation_w
    distances = taps.astype(x.dtype)
    j0, j1 = _inside(left, stride_w, (kernel_w - 1) * dilation_w + 1, W, OW)
    span = (j1 - j0 - 1) * stride_w + 1
    tasks = min(N * C, TASKS)
    for task in prange(tasks):
        best, at = np.empty(W + zeros.size, x.dtype), np.empty(W + zeros.size, x.dtype)
        for line in range(N * C * task // tasks * OH, N * C * (task + 1) // tasks * OH):
            origin, h0, to = line // OH * area, line % OH * stride_h - top, line * OW
            a0, a1 = _taps(h0, kernel_h, dilation_h, H)
            some, here = (a1 - a0) * kernel_w, (h0 + a0 * dilation_h) * W + j0 * stride_w - left
            inside = 0
            if j0 < j1 and taps[some - 1] < EXACT and origin + here + span + zeros.size + taps[some - 1] <= x.size:
                inside = j1 - j0
                _winners(x, origin + here, span, taps, distances, some, best, at, zeros)
            for j in range(uintp(inside)):
                p, place = j * uintp(stride_w), uintp(to + j0) + j
                if at[p] == at[p]:
                    y[place], argmax[place] = best[p], here + intp(p) + intp(at[p])
                else:
                    w0 = intp(p) + j0 * stride_w - left
                    y[place], argmax[place] = _winner(
                        x, origin, h0, w0, H, W, kernel_h, kernel_w, dilation_h, dilation_w
                    )
            for j in range(OW - inside):
                j += inside if j >= j0 else 0
                w0, place = j * stride_w - left, uintp(to + j)
                y[place], argmax[place] = _winner(x, origin, h0, w0, H, W, kernel_h, kernel_w, dilation_h, dilation_w)


@parallel
def max_pool2d_grad(dy, argmax, dx):
    "dx[argmax] += dy, plane by plane"
    planes = dy.shape[0] * dy.shape[1]
    outputs, area = dy.shape[2] * dy.shape[3], dx.shape[2] * dx.shape[3]
    dy, argmax, dx = dy.reshape(dy.size), argmax.reshape(argmax.size), dx.reshape(dx.size)
    for task in prange(planes):
        first, origin = uintp(task * outputs), uintp(task * area)
        for p in range(origin, origin + uintp(area)):
            dx[p] = 0
        for i in range(first, first + uintp(outputs)):
            dx[origin + uintp(argmax[i])] += dy[i]


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
    planes, x, y = N * C, x.reshape(x.size), y.reshape(y.size)
    for task in prange(planes):
        for i in range(OH):
            h0, h1, extent_h = _window(i, stride_h, kernel_h, top, H)
            for j in range(OW):
                w0, w1, extent_w = _window(j, stride_w, kernel_w, left, W)
                total = np.float64(0)
                for h in range(h0, h1):
                    line = uintp((task * H + h) * W)
                    for w in range(line + uintp(w0), line + uintp(w1)):
                        total += x[w]
                count = extent_h * extent_w if count_include_pad else (h1 - h0) * (w1 - w0)
                y[uintp((task * OH + i) * OW + j)] = total / count


@parallel
def _avg_pool2d_grad(dy, dx, kernel_h, kernel_w, stride_h, stride_w, top, left, count_include_pad):
    N, C, H, W = dx.shape
    OH, OW = dy.shape[2:]
    planes, dx, dy = N * C, dx.reshape(dx.size), dy.reshape(dy.size)
    for task in prange(planes):
        for p in range(uintp(task * H * W), uintp((task + 1) * H * W)):
            dx[p] = 0
        for i in range(OH):
            h0, h1, extent_h = _window(i, stride_h, kernel_h, top, H)
            for j in range(OW):
                w0, w1, extent_w = _window(j, stride_w, kernel_w, left, W)
                count = extent_h * extent_w if count_include_pad else (h1 - h0) * (w1 - w0)
                share = dx.dtype.type(dy[uintp((task * OH + i) * OW + j)] / count)
                for h in range(h0, h1):
                    line = uintp((task * H + h) * W)
                    for w in range(line + uintp(w0), line + uintp(w1)):
                        dx[w] += share


def max_pool2d(x, y, argmax, kernel_size, stride, padding, dilation):
    "y = the largest of each window, argmax = its place h * W + w in the plane"
    _max_pool2d(x, y, argmax, *kernel_size, *stride, *padding, *dilation, np.zeros(2 * lanes_of(x.itemsize), x.dtype))


def avg_pool2d(x, y, kernel_size, stride, padding, count_include_pad):
    "y = the mean of each window"
    _avg_pool2d(x, y, *kernel_size, *stride, *padding, count_include_pad)


def avg_pool2d_grad(dy, dx, kernel_size, stride, padding, count_include_pad):
    "dx = each output shared out evenly over its window"
    _avg_pool2d_grad(dy, dx, *kernel_size, *stride, *padding, count_include_pad)
