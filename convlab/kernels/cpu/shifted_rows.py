"""Convolution and its two gradients: one loop, three times.

A tap of the kernel meets every output at a fixed distance. So lay the padded image out as one long row: the image seen
through a tap is the same row, shifted. With

    a = image row, shifted to the tap        y = output row        w = the weight of the tap

the three passes are

    forward         y += w * a
    grad_input      a += w * y
    grad_weight     w += sum(a * y)

Two details make that true for every convolution. An output row is as wide as an image row, so the last few numbers of each
line are filler: forward drops them, the gradients have zeros there. And with stride s the image is dealt out into s x s
pictures, one per remainder of the row and column index: within one of them, neighbouring outputs meet neighbours.

A task owns what it adds to: an output plane, an input plane, the weights from one channel to another.
"""

from typing import NamedTuple

import numpy as np

from convlab.jit import parallel, prange
from convlab.kernels.cpu.plain_linear import add_scaled, dot


class Layout(NamedTuple):
    """How the image lies in memory: `phases` pictures of `height` x `width` per channel, and where each tap starts."""

    stride: tuple[int, int]
    before: tuple[int, int]  # zeros above and to the left
    height: int
    width: int
    starts: np.ndarray  # (KH * KW,): where the row of a tap begins within a channel
    length: int  # numbers in an output row, filler included

    @property
    def channel(self) -> int:
        "numbers per channel"
        return self.stride[0] * self.stride[1] * self.height * self.width


def _layout(image, kernel, out, stride, before, dilation):
    "`image`, `kernel`, `out`: (height, width)"
    stride = tuple(s if n > 1 else 1 for s, n in zip(stride, out))  # one window takes no step, however long
    taps = [np.arange(k) * d for k, d in zip(kernel, dilation)]
    # what the windows reach, and at least the image: the gradient has a place for every pixel
    reach = [max((n - 1) * s + t[-1] + 1, b + m) for n, s, t, b, m in zip(out, stride, taps, before, image)]
    height, width = (-(-r // s) for r, s in zip(reach, stride))
    (phase_h, phase_w), (shift_h, shift_w) = zip(*((t % s, t // s) for t, s in zip(taps, stride)))
    phase = phase_h[:, None] * stride[1] + phase_w
    starts = (phase * height + shift_h[:, None]) * width + shift_w
    return Layout(stride, before, height, width, starts.ravel(), (out[0] - 1) * width + out[1])


# ------------------------------------------------------------------------------------------------ to rows and back
@parallel
def _deal(x, rows, height, width, stride_h, stride_w, top, left):
    "rows[n, c, (h + top) % s, (w + left) % s, (h + top) // s, (w + left) // s] = x[n, c, h, w], the rest zero"
    N, C, H, W = x.shape
    for task in prange(N * C):
        n, c = task // C, task % C
        row = rows[task]
        row[:] = 0
        for h in range(H):
            a, i = (h + top) % stride_h, (h + top) // stride_h
            for b in range(stride_w):
                line = row[((a * stride_w + b) * height + i) * width :]
                for w in range((b - left) % stride_w, W, stride_w):
                    line[(w + left) // stride_w] = x[n, c, h, w]


def _image_rows(x, layout):
    "x as one row per image and channel; x itself where it lies so already"
    N, C, H, W = x.shape
    rows_shape = N * C, layout.channel
    if layout.stride == (1, 1) and (layout.height, layout.width) == (H, W):
        return x.reshape(rows_shape)
    rows = np.empty(rows_shape, x.dtype)
    _deal(x, rows, layout.height, layout.width, *layout.stride, *layout.before)
    return rows


def _output_rows(y, layout):
    "y as one row per image and channel, each line filled up with zeros to the width of the image rows"
    N, O, OH, OW = y.shape
    if layout.width == OW:
        return y.reshape(N * O, OH * OW)
    rows = np.empty((N * O, OH * layout.width), y.dtype)
    _deal(y, rows, OH, layout.width, 1, 1, 0, 0)
    return rows


# ------------------------------------------------------------------------------------------------ the three passes
@parallel
def _forward(rows, w, bias, y, starts, length, width):
    N, O, OH, OW = y.shape
    C, K = w.shape[1], w.shape[2]
    groups = rows.shape[0] // N // C
    for task in prange(N * O):
        n, o = task // O, task % O
        first = (n * groups + o // (O // groups)) * C
        total = np.full(length, bias[o])
        for c in range(C):
            for k in range(K):
                add_scaled(total, w[o, c, k], rows[first + c, starts[k] : starts[k] + length])
        for i in range(OH):
            for j in range(OW):
                y[n, o, i, j] = total[i * width + j]


@parallel
def _grad_input(dy_rows, w, bias, dx, starts, length, height, width, stride_h, stride_w, top, left, channel):
    N, C, H, W = dx.shape
    O, per_group, K = w.shape
    lanes = O // (C // per_group)  # output channels per group
    for task in prange(N * C):
        n, c = task // C, task % C
        group, c_in_group = c // per_group, c % per_group
        total = np.full(channel, bias[c])
        for o in range(group * lanes, (group + 1) * lanes):
            for k in range(K):
                add_scaled(total[starts[k] : starts[k] + length], w[o, c_in_group, k], dy_rows[n * O + o, :length])
        for h in range(H):
            a, i = (h + top) % stride_h, (h + top) // stride_h
            for j in range(W):
                b, q = (j + left) % stride_w, (j + left) // stride_w
                dx[n, c, h, j] = total[((a * stride_w + b) * height + i) * width + q]


@parallel
def _grad_weight(rows, dy_rows, dw, starts, length, N):
    O, C, K = dw.shape
    channels, outputs = rows.shape[0] // N, dy_rows.shape[0] // N
    lanes = O // (channels // C)  # output channels per group
    for task in prange(O * C):
        o, c = task // C, task % C
        channel = o // lanes * C + c
        for k in range(K):
            total = np.float64(0)  # as many rows as images, each may be long
            for n in range(N):
                row = rows[n * channels + channel]
                total += dot(row[starts[k] : starts[k] + length], dy_rows[n * outputs + o, :length])
            dw[o, c, k] = total


def _flat_taps(w):
    return w.reshape(w.shape[0], w.shape[1], -1)


def conv2d(x, w, b, y, stride, before, dilation):
    "y = b + the sum over channels and taps of w * x; the number of groups follows from the shapes"
    layout = _layout(x.shape[2:], w.shape[2:], y.shape[2:], stride, before, dilation)
    _forward(_image_rows(x, layout), _flat_taps(w), b, y, layout.starts, layout.length, layout.width)


def conv2d_grad_weight(dy, x, dw, stride, before, dilation):
    "dw = the sum over images and outputs of dy * x"
    layout = _layout(x.shape[2:], dw.shape[2:], dy.shape[2:], stride, before, dilation)
    _grad_weight(_image_rows(x, layout), _output_rows(dy, layout), _flat_taps(dw), layout.starts, layout.length, len(x))


def conv_transpose2d(x, w, b, y, stride, before, dilation):
    "y = b + what the input gradient of a convolution with these weights makes of x"
    layout = _layout(y.shape[2:], w.shape[2:], x.shape[2:], stride, before, dilation)
    _grad_input(
        _output_rows(x, layout), _flat_taps(w), b, y, layout.starts, layout.length, layout.height, layout.width,
        *layout.stride, *before, layout.channel,
    )  # fmt: skip
