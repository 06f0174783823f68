"""Convolution and its two gradients: one sum, three times (`product.py`), with other tables.

    y[i, j] = bias[j] + sum_k a[rows[i] + cols[k]] * b[k, j]

    pass            i        k        j                 a                 b
    forward         pixels   taps     output channels   padded input      weights
    grad_weight     taps     pixels   output channels   padded input      upstream gradient
    grad_input      pixels   taps     input channels    padded gradient   mirrored weights

Tap k of output pixel i lies at a distance cols[k] from where the pixel starts, rows[i]; the pixels of all images form one long
list. What a stride does to the gradient by the input stands in `conv_transpose.py`.

Where there are no vector instructions to count on, or only a few channels to a group, `shifted_rows.py` does the work.
"""

import functools
from typing import NamedTuple

import numpy as np

from convlab.geometry import extent
from convlab.jit import parallel, prange
from convlab.kernels.cpu import linear, narrow, shifted_rows, winograd, winograd_weights
from convlab.kernels.cpu.memory import workspace
from convlab.kernels.cpu.product import (
    COPIED,
    PANELS,
    best_vectors,
    is_read_once,
    multiply,
    packed,
    padded_bias,
    split,
    table,
)
from convlab.kernels.cpu.register_tile import INSTRUCTIONS, ROWS, lanes_of, load_part, store_part

FEW = 4  # output channels of a group that are too few to fill a vector


# ------------------------------------------------------------------------------------------------ tables
class Tables(NamedTuple):
    """Where pixels start, where taps lie, and where results go."""

    size: tuple[int, int]  # height and width of the padded image
    before: tuple[int, int]  # zeros above and to the left
    rows: np.ndarray  # starts of the pixels in the padded images
    cols: np.ndarray  # distances of the taps (channel, tap row, tap column)
    places: np.ndarray  # of the pixels in the result
    taps: np.ndarray  # cols with repeated end: the rows of the weight gradient
    pixels: np.ndarray  # rows without it: its columns


@functools.lru_cache(64)
def tables(N, C, groups, image, before, stride, grid, kernel, dilation, out_channels) -> Tables:
    """For N images of C channels in groups, seen through `kernel` at every point of `grid`."""
    reach = [(g - 1) * s + extent(k, d) for g, s, k, d in zip(grid, stride, kernel, dilation)]
    copied = any(before) or any(r > m for r, m in zip(reach, image))
    height, width = size = tuple(reach) if copied else image
    pixel = (np.arange(grid[0]) * (stride[0] * width))[:, None] + np.arange(grid[1]) * stride[1]
    rows = (np.arange(N) * (C * height * width))[:, None, None] + pixel
    tap = (np.arange(kernel[0]) * (dilation[0] * width))[:, None] + np.arange(kernel[1]) * dilation[1]
    cols = (np.arange(C // groups) * (height * width))[:, None, None] + tap
    area = grid[0] * grid[1]
    places = (np.arange(N) * (out_channels * area))[:, None] + np.arange(area)
    extra = max(ROWS.values())
    return Tables(size, before, table(rows, extra), table(cols), table(places, 1), table(cols, extra), table(rows))


@parallel
def _surround(x, out, H, W, PH, PW, top, left, lanes):
    "out[n] = x[n] with a border of zeros, or cut, on each side; one channel of one image a task"
    first, last = max(0, left), max(0, min(PW, left + W))
    for n in prange(x.size // (H * W)):
        for i in range(PH):
            to, source, end = (n * PH + i) * PW, (n * H + i - top) * W - left, last if 0 <= i - top < H else 0
            for j in range(0, PW, lanes):
                store_part(load_part(x, source + j, first - j, end - j), out, to + j, PW - j)


def surround(x, size, before, slack=0):
    "images of a size, with zeros before, as one row of numbers with some room behind; x itself where nothing is to be added"
    if size == x.shape[2:] and not any(before) and not slack:
        return x.reshape(-1)
    out = workspace("image", x.shape[0] * x.shape[1] * size[0] * size[1] + slack, x.dtype)
    _surround(x.reshape(-1), out, *x.shape[2:], *size, *before, lanes_of(x.itemsize))
    return out


# ------------------------------------------------------------------------------------------------ the three passes
def tiled(lanes):
    """Whether so many output channels are worth a tile of registers."""
    return INSTRUCTIONS is not None and lanes > FEW


def few_channels(x, w, b, y, groups, t, dilation):
    "y = b + the sum over channels and taps of w * x, pixels along the vector"
    slack = narrow.SLACK if lanes_of(x.itemsize) > y.shape[3] else 0
    rim = (x.shape[2], t.before[0], dilation[0]) if t.size[0] > narrow.RIM * x.shape[2] else None
    narrow.forward(w, b, surround(x, t.size, t.before, slack), group_size(x, groups, t), y, groups, t, rim)


def group_size(x, groups, t):
    "numbers from one group of channels of a padded image to the next"
    return x.shape[1] // groups * t.size[0] * t.size[1]


def covers(w, image, out, before):
    "one output pixel that sees every pixel of the image: a linear layer"
    return w.shape[1:] == image.shape[1:] and out.shape[2:] == (1, 1) and before == (0, 0)


def flat(array):
    return array.reshape(len(array), -1)


def conv2d(x, w, b, y, stride, before, dilation):
    "y = b + the sum over channels and taps of w * x; the number of groups follows from the shapes"
    if covers(w, x, y, before):
        return linear.linear(flat(x), flat(w), b, flat(y))
    (N, C, *image), (O, per_group, *kernel) = x.shape, w.shape
    groups = C // per_group
    lanes = O // groups
    few = narrow.is_narrow(lanes, stride)
    if not tiled(lanes) and not few:
        return shifted_rows.conv2d(x, w, b, y, stride, before, dilation)
    if groups == 1 and winograd.fits(N, C, O, kernel, stride, dilation, y.shape[2:], x.dtype):
        return winograd.convolve(x, before, w, b, y)
    t = tables(N, C, groups, tuple(image), before, stride, y.shape[2:], tuple(kernel), dilation, O)
    if few:
        return few_channels(x, w, b, y, groups, t, dilation)
    a, flat_y, area = surround(x, t.size, t.before), y.reshape(-1), y.shape[2] * y.shape[3]
    vectors = best_vectors(lanes, t.cols.size, x.itemsize)
    for g in range(groups):
        own = slice(g * lanes, (g + 1) * lanes)
        source = a[g * group_size(x, groups, t) :]
        bias, target = padded_bias(b[own], lanes, x.dtype), flat_y[g * lanes * area :]
        if is_read_once(t.places.size - 1, lanes, x.itemsize, vectors):
            weights, kind = w[own], t.cols.size  # as they are: a task packs its panel, visit by visit
        else:
            weights, kind = packed(flat(w[own]), vectors), PANELS
        multiply(source, t.rows, t.cols, weights, bias, target, t.places, area, lanes, vectors, kind=kind)


def conv2d_grad_weight(dy, x, dw, stride, before, dilation):
    "dw = the sum over images and outputs of dy * x"
    if covers(dw, x, dy, before):
        return linear.linear_grad_weight(flat(dy), flat(x), flat(dw))
    (N, C, *image), (O, per_group, *kernel) = x.shape, dw.shape
    groups = C // per_group
    lanes = O // groups
    few = narrow.is_narrow(lanes, stride) and narrow.fills_vectors(dy.shape[3], x.itemsize)
    if not tiled(lanes) and not few:
        return shifted_rows.conv2d_grad_weight(dy, x, dw, stride, before, dilation)
    if groups == 1 and winograd_weights.fits(N, C, O, kernel, stride, dilation, dy.shape[2:], x.dtype):
        return winograd_weights.grad_weight(dy, x, dw, before)
    t = tables(N, C, groups, tuple(image), before, stride, dy.shape[2:], tuple(kernel), dilation, O)
    if few:
        return narrow.grad_weight(dy, surround(x, t.size, t.before), group_size(x, groups, t), dw, groups, t)
    a, area, depth = surround(x, t.size, t.before), dy.shape[2] * dy.shape[3], t.cols.size
    vectors = best_vectors(lanes, t.pixels.size, x.itemsize)
    parts = split(lanes, depth, t.pixels.size, x.itemsize, vectors)
    places, bias = _counted(depth + 1), padded_bias(None, lanes, x.dtype)
    for g in range(groups):
        own = slice(g * lanes, (g + 1) * lanes)
        upstream = dy if groups == 1 else np.ascontiguousarray(dy[:, own])
        source = a[g * group_size(x, groups, t) :]
        sums = (
            dw[own] if parts == 1 else workspace("sums", parts * lanes * depth, x.dtype).reshape(parts, *dw[own].shape)
        )
        multiply(
            source, t.taps, t.pixels, upstream, bias, sums, places, depth, lanes, vectors,
            kind=area, parts=parts, visit=COPIED,
        )  # fmt: skip
        if parts > 1:
            np.sum(sums, axis=0, out=dw[own])


@functools.lru_cache(64)
def _counted(count):
    return table(np.arange(count))
