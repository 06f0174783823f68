"""Which pixel does row k of the sum read? Tables for the fast convolution, made on the host once for each shape.

A convolution is y[m, p] = sum_k w[m, k] * x[base(p) + offset[k]]: a matrix product whose second matrix is never built,
because the number of pixel p and row k lies at a known place of the image. A word of a table holds that place in 64 bits:
bits 0-31 the offset into x, bits 32-47 the shift in rows, 48-63 the shift in columns. The shifts tell the kernel when a tap
leaves the image. Filler words carry the shift FAR, which always does.

If the channels divide into runs of `bk`, the rows of a tile, the sum goes tap by tap, and the rows of a tile (`bk` channels
of one tap) share a word.
"""

from typing import NamedTuple

import numpy as np

FAR = -(1 << 15)
REACH = 1 << 14  # images and shifts must be smaller


class Plan(NamedTuple):
    run: int  # rows that share a word: bk or 1
    table: np.ndarray  # int64, a word per run
    taps: np.ndarray  # int32, a number per row: the weight that stands there, -1 for filler
    phases: np.ndarray  # int32 (Z, 6): first row, depth, first pixel row and column, pixel rows and columns


def _rows(channels, heights, widths, run):
    "channel, kernel row and kernel column of each row of the sum"
    if run > 1:  # tap by tap
        i, j, c = np.meshgrid(heights, widths, np.arange(channels), indexing="ij")
    else:
        c, i, j = np.meshgrid(np.arange(channels), heights, widths, indexing="ij")
    return c.ravel().astype(int), i.ravel().astype(int), j.ravel().astype(int)


def _words(c, down, right, size, bk, run=1):
    height, width = size
    offset = (c * height + down) * width + right
    word = (offset & 0xFFFFFFFF) | ((down & 0xFFFF) << 32) | (right << 48)
    filler = np.full(-len(c) % bk, (FAR & 0xFFFF) << 32)
    return np.ascontiguousarray(np.concatenate([word, filler])[::run], np.int64)


def _tap_numbers(c, i, j, kernel, bk):
    return np.concatenate([(c * kernel[0] + i) * kernel[1] + j, np.full(-len(c) % bk, -1)]).astype(np.int32)


def forward(channels, image, kernel, out, before, dilation, bk) -> Plan:
    """Rows of the sum are the channels of a group and the taps."""
    run = bk if channels % bk == 0 else 1
    c, i, j = _rows(channels, range(kernel[0]), range(kernel[1]), run)
    table = _words(c, i * dilation[0] - before[0], j * dilation[1] - before[1], image, bk, run)
    taps = _tap_numbers(c, i, j, kernel, bk)
    return Plan(run, table, taps, np.array([[0, len(taps), 0, 0, *out]], np.int32))


def transposed(channels, image, kernel, out, stride, before, dilation, bk) -> Plan:
    """Pixels of the image fall into stride x stride phases; each is a correlation of stride 1 with some of the taps."""
    run = bk if channels % bk == 0 else 1
    tables, taps, phases, first = [], [], [], 0
    for row in range(min(stride[0], image[0])):
        for column in range(min(stride[1], image[1])):
            down = [k for k in range(kernel[0]) if (row + before[0] - k * dilation[0]) % stride[0] == 0]
            right = [k for k in range(kernel[1]) if (column + before[1] - k * dilation[1]) % stride[1] == 0]
            c, i, j = _rows(channels, down, right, run)
            shifts = (
                (row + before[0] - i * dilation[0]) // stride[0],
                (column + before[1] - j * dilation[1]) // stride[1],
            )
            tables.append(_words(c, *shifts, out, bk, run))
            taps.append(_tap_numbers(c, i, j, kernel, bk))
            sizes = -(-(image[0] - row) // stride[0]), -(-(image[1] - column) // stride[1])
            phases.append((first, len(taps[-1]), row, column, *sizes))
            first += len(taps[-1])
    return Plan(run, np.concatenate(tables), np.concatenate(taps), np.array(phases, np.int32))


def weights(channels, image, kernel, before, dilation, tile) -> np.ndarray:
    """For the gradient by the weights: a word per weight of one output channel, filled up to whole tiles."""
    c, i, j = _rows(channels, range(kernel[0]), range(kernel[1]), 1)
    return _words(c, i * dilation[0] - before[0], j * dilation[1] - before[1], image, tile)
