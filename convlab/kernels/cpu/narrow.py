"""Convolution with few output channels to a group, at stride 1: neighbouring pixels lie along the vector, not channels.

A run is as many pixels of one output line as a vector holds; the last run of a line ends where the line ends and may overlap
the one before. With s a run, l a pixel of it, and r an output channel of the group,

    forward        y[places[s] + r * area + l] = bias[r] + sum_k w[r, k] * x[starts[s] + cols[k] + l]
    grad_weight    dw[r, k] = sum_s sum_l dy[places[s] + r * area + l] * x[starts[s] + cols[k] + l]

Where runs overlap, forward writes the same numbers twice; the gradient counts a pixel in the first of them. Its sums over l
stay apart, lane by lane, until the end.

Near the upper and lower rim of a padded image the first or last lines of the kernel see nothing but zeros. Forward leaves them
out: in the gradient by a small image that is a good part of the work. For that the runs of a tile come from the same line of
several images.
"""

import functools
from typing import NamedTuple

import numpy as np
from numba import uintp

from convlab.jit import get_threads, jit, parallel, prange
from convlab.kernels.cpu.memory import workspace
from convlab.kernels.cpu.product import table
from convlab.kernels.cpu.register_tile import (
    INSTRUCTIONS,
    LANES,
    ROWS,
    lanes_of,
    load,
    outer_add_at,
    product_add,
    store,
    store_runs,
    store_whole_runs,
)

MOST = 8  # output channels of a group; more fill a vector well enough
SLACK = 2 * LANES  # numbers past the end of the image that a short line's vector may touch
REGISTERS = 4 * ROWS[3]  # vectors that the processor holds
SUMS = 3 * ROWS[3]  # of them for sums
RIM = 1.1  # a padded image this much higher than without has enough lines of zeros to care
VISIT = 4096  # numbers of the gradient that are used again and again from the first-level cache
TASKS = 16  # tasks that a gradient is split into at least, where there are as many images


def is_narrow(lanes: int, stride: tuple[int, int]) -> bool:
    """Whether a group has so few output channels that pixels lie along the vector."""
    return INSTRUCTIONS is not None and lanes <= MOST and stride == (1, 1)


def fills_vectors(width: int, itemsize: int) -> bool:
    """Whether lines of so many outputs fill the vectors of a gradient."""
    return 2 * width >= lanes_of(itemsize)


def run_ends(width: int, lanes: int) -> np.ndarray:
    """Columns at which the runs of a line begin."""
    return np.unique(np.minimum(np.arange(0, width, lanes), max(0, width - lanes)))


class Runs(NamedTuple):
    """Where runs start in the padded images, and where their results go."""

    starts: np.ndarray
    places: np.ndarray
    first: np.ndarray  # line of the kernel that sees more than zeros, from a run on
    last: np.ndarray  # likewise, plus one
    count: int


@functools.lru_cache(64)
def runs_of(N, grid, x_steps, y_step, lanes, kernel=1, rim=None) -> Runs:
    """Runs of all lines of N images of the result, `grid`, one after the other; x_steps: from image to image, line to line.

    kernel: its lines. rim: (lines of the image, zeros above it, dilation) where lines of zeros are to be left out; then MOST
    images are taken together, line by line.
    """
    ends, rows = run_ends(grid[1], lanes), np.arange(grid[0])
    image, row, end = (axis.ravel() for axis in np.meshgrid(np.arange(N), rows, ends, indexing="ij"))
    first, last = np.zeros_like(row), np.full_like(row, kernel)
    if rim:
        height, above, dilation = rim
        order = np.lexsort((end, image, row, image // MOST))
        image, row, end = image[order], row[order], end[order]
        first = np.clip(-((row - above) // dilation), 0, kernel - 1)  # a division that rounds up
        last = np.clip(-((row - above - height) // dilation), first + 1, kernel)
    starts = image * x_steps[0] + row * x_steps[1] + end
    places = image * y_step + row * grid[1] + end
    extra = max(ROWS.values())
    return Runs(*(table(values, extra) for values in (starts, places, first, last)), starts.size)


# ------------------------------------------------------------------------------------------------ forward
@functools.cache
def _make_forward(itemsize, R, V):
    W = V * lanes_of(itemsize)

    @jit
    def lines_seen(s, first, last):
        "the lines of the kernel that see something in one of the runs of a tile"
        low, high = first[s], last[s]
        for v in range(uintp(1), uintp(V)):
            low, high = min(low, first[s + v]), max(high, last[s + v])
        return low, high

    @jit
    def some_runs(w, w0, rows, x, x0, starts, cols, taps, lines, bias, b0, y, places, step, run, begin, end):
        whole = run * V == W
        for s in range(uintp(begin), uintp(end), uintp(V)):
            tile = load(bias, uintp(b0), uintp(W), R, V)
            low, high = lines_seen(s, *lines)
            for channel in range(uintp(0), uintp(cols.size), uintp(taps[0] * taps[1])):
                for k in range(channel + low * uintp(taps[1]), channel + high * uintp(taps[1])):
                    tile = outer_add_at(tile, w, rows, uintp(w0) + k, x, starts, s, uintp(x0) + cols[k])
            if whole:  # a mask costs
                store_whole_runs(tile, y, places, s, uintp(step))
            else:
                store_runs(tile, y, places, s, uintp(step), run)

    @parallel
    def forward(w, rows, x, group_size, starts, cols, taps, lines, bias, y, places, step, run, count, chunk, groups):
        for task in prange((count + chunk - 1) // chunk * groups):
            g, begin = task % groups, task // groups * chunk
            some_runs(
                w, g * R * cols.size, rows, x, g * group_size, starts, cols, taps, lines, bias, g * R * W,
                y[g * R * step :], places, step, run, begin, min(count, begin + chunk),
            )  # fmt: skip

    return forward


def forward(w, bias, x, group_size, y, groups, t, rim):
    """y = bias + the sum over channels and taps of w * x, with the tables `t`.

    x: the padded images in one row; from one group to the next it is `group_size` numbers. rim: see `runs_of`.
    """
    lanes, L = len(w) // groups, lanes_of(x.itemsize)
    V = min(MOST, SUMS // lanes)
    rows = (np.arange(lanes) * w[0].size).astype(np.uintp)
    runs = runs_of(len(y), y.shape[2:], (groups * group_size, t.size[1]), y[0].size, L, w.shape[2], rim)
    chunk = -(-runs.count // (V * max(1, 4 * get_threads() // groups))) * V
    _make_forward(x.itemsize, lanes, V)(
        w.reshape(-1), rows, x, group_size, runs.starts, t.cols, w.shape[2:], (runs.first, runs.last),
        np.repeat(bias[: len(w)], V * L), y.reshape(-1), runs.places, y[0, 0].size, min(y.shape[3], L), runs.count, chunk,
        groups,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ gradient by the weights
@functools.cache
def _make_grad_weight(itemsize, R, V):
    L = lanes_of(itemsize)
    W = V * L

    @jit
    def visit(dy, dy0, rows, places, x, x0, starts, cols, seen, width, first, last, sums):
        "sums[k // V, r, k % V, l] += the products of some lines, for all taps"
        per_line = seen.size
        for block in range(sums.size // (R * W)):
            at, k = uintp(block * R * W), uintp(block * V)
            tile = load(sums, at, uintp(W), R, V)
            for line in range(first, last):
                for c in range(per_line):
                    s = uintp(line * per_line + c)
                    tile = product_add(
                        tile, dy, rows, places[s] + uintp(dy0), x, cols, k, starts[s] + uintp(x0), seen[c], width
                    )
            store(tile, sums, at, uintp(W))

    @parallel
    def grad_weight(
        dy, group_step, rows, places, x, group_size, starts, cols, seen, width, dw, images, height, lines, parts, groups,
    ):  # fmt: skip
        "dw[part, g, r, k] = the sum over the images of a part"
        depth = dw.size // (parts * groups * R)
        for task in prange(parts * groups):
            part, g = task // groups, task % groups
            sums = np.zeros((depth + V - 1) // V * R * W, dy.dtype)
            for n in range(images * part // parts, images * (part + 1) // parts):
                for i in range(0, height, lines):
                    first, last = n * height + i, n * height + min(height, i + lines)
                    visit(
                        dy, g * group_step, rows, places, x, g * group_size, starts, cols, seen, width, first, last, sums
                    )  # fmt: skip
            for r in range(R):
                for k in range(depth):
                    at = ((k // V * R + r) * V + k % V) * L
                    total = sums[at]
                    for l in range(1, L):
                        total += sums[at + l]
                    dw[part, g, r, k] = total

    return grad_weight


def grad_weight(dy, x, group_size, dw, groups, t):
    "dw = the sum over images and outputs of dy * x; arguments as for `forward`"
    N, O, OH, OW = dy.shape
    lanes, L = O // groups, lanes_of(x.itemsize)
    V = max(1, min(MOST, (REGISTERS - lanes - 2) // (lanes + 1)))  # sums, lines of dy and of x, the mask
    ends = run_ends(OW, L)
    seen = np.concatenate([[0], ends[:-1] + L - ends[1:]])  # pixels of a run that were in the one before
    parts = max(1, min(N, TASKS // groups))
    shape = parts, groups, lanes, dw[0].size
    sums = dw.reshape(shape) if parts == 1 else workspace("sums", parts * dw.size, dw.dtype).reshape(shape)
    rows = (np.arange(lanes) * (OH * OW)).astype(np.uintp)
    runs = runs_of(N, (OH, OW), (groups * group_size, t.size[1]), dy[0].size, L)
    _make_grad_weight(x.itemsize, lanes, V)(
        dy.reshape(-1), lanes * OH * OW, rows, runs.places, x, group_size, runs.starts, t.taps, seen, min(OW, L), sums,
        N, OH, max(1, VISIT // (lanes * OW)), parts, groups,
    )  # fmt: skip
    if parts > 1:
        np.sum(sums, axis=0, out=dw.reshape(shape[1:]))
