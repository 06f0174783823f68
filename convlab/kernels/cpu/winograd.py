"""Convolution with 3 x 3 kernels at stride 1 in 4 multiplications per output instead of 9: Winograd's F(2 x 2, 3 x 3).

Four neighbours d of a line and three taps g give two outputs. By the definition that takes 6 multiplications; this way takes 4:

    v = (d0 - d2, d1 + d2, d2 - d1, d1 - d3)                    V = B' d
    u = (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2)        U = G g
    m = u * v, number by number
    y = (m0 + m1 + m2, m1 - m2 - m3)                            Y = A' m

In two dimensions the same is done along rows and columns: 4 x 4 pixels and 3 x 3 taps give 2 x 2 outputs in 16 products instead
of 36. The sum over input channels is taken between, so that the transforms are paid once per channel, and for each of
the 16 places t it is a matrix product,

    M[t, o, p] = sum_c U[t, o, c] * V[t, c, p]                  p: the 2 x 2 blocks of the output

on the same register tile as all other sums. The additions of the transforms cost accuracy: see `docs/decisions.md`.

Source: A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308, 2015, section 4.1.
"""

import numpy as np
from numba import uintp

from convlab import settings
from convlab.jit import get_threads, jit, parallel, prange
from convlab.kernels.cpu.memory import workspace
from convlab.kernels.cpu.register_tile import (
    INSTRUCTIONS,
    LANES,
    ROWS,
    load,
    minus,
    outer_add,
    plus,
    store,
    store_part,
    store_transposed,
    take,
    times,
    zipped,
)

VECTORS = 3
R, W = ROWS[VECTORS], VECTORS * LANES  # a tile is R output channels x W blocks
DEEP = 512  # channels per visit to a tile
CHANNELS = 48  # below, the transforms of the images cost more than they save
BLOCKS = 160  # below, those of the weights do
SQUARE = 16  # weights are transformed in squares of so many output and input channels
CACHED = 1 << 21  # numbers of V and M at a time; so many that U, which is read for each lot again, costs little
TOGETHER = 1024  # blocks at a time, at most: with few channels V and M are small, and shall stay in the cache


def fits(images, x_channels, y_channels, kernel, stride, dilation, out, dtype) -> bool:
    """Whether a convolution can be, and is worth being, computed this way. Depends on sizes alone."""
    plain = tuple(kernel) == (3, 3) and stride == (1, 1) and dilation == (1, 1) and dtype == np.float32
    if not plain or not settings.winograd or INSTRUCTIONS is None:
        return False
    blocks = images * ((out[0] + 1) // 2) * ((out[1] + 1) // 2)
    return min(x_channels, y_channels) >= CHANNELS and blocks >= BLOCKS and min(out) >= 4


@jit
def _three(g0, g1, g2, half):
    "G g of three vectors"
    ends = plus(g0, g2)
    return g0, times(half, plus(ends, g1)), times(half, minus(ends, g1)), g2


@jit
def _tap(taps, k):
    return load(taps, uintp(k * LANES), uintp(0), 1, 1)


@jit
def _some_kernels(w, first, step, turn, taps, half, u, to, plane):
    "u[to + t * plane : + LANES] = G g G' of LANES kernels `step` numbers apart, the first at w[first]; turn: turned round"
    for k in range(0, 9, LANES):
        store_transposed(load(w, uintp(first + k), uintp(step), LANES, 1), taps, uintp(k * LANES), uintp(LANES))
    k, way = (8, -1) if turn else (0, 1)
    left = _three(_tap(taps, k), _tap(taps, k + 3 * way), _tap(taps, k + 6 * way), half)
    middle = _three(_tap(taps, k + way), _tap(taps, 4), _tap(taps, k + 7 * way), half)
    right = _three(_tap(taps, k + 2 * way), _tap(taps, k + 5 * way), _tap(taps, k + 8 * way), half)
    place, step = uintp(to), uintp(plane)
    for g0, g1, g2 in (
        (left[0], middle[0], right[0]),
        (left[1], middle[1], right[1]),
        (left[2], middle[2], right[2]),
        (left[3], middle[3], right[3]),
    ):
        across = _three(g0, g1, g2, half)
        store(across[0], u, place, uintp(0))
        store(across[1], u, place + step, uintp(0))
        store(across[2], u, place + uintp(2) * step, uintp(0))
        store(across[3], u, place + uintp(3) * step, uintp(0))
        place += uintp(4) * step


@parallel
def _transform_weights(w, u, O, C, turn):
    "u[t, o, c] = G g G' for every 3 x 3 kernel; turn: of the kernels turned round, input and output channels swapped"
    span = (9 + LANES - 1) // LANES * LANES  # numbers that are read of a kernel
    for task in prange((O + SQUARE - 1) // SQUARE):
        taps, half = np.empty(span * LANES, np.float32), np.full(LANES, np.float32(0.5))
        few, spread = np.zeros(LANES * 9 + span, np.float32), np.empty(16 * LANES, np.float32)
        for c in range(0, C, LANES):  # squares: one of the two is read, or written, across the lines of the cache
            for o in range(task * SQUARE, min(O, task * SQUARE + SQUARE)):
                first, step = ((c * O + o) * 9, O * 9) if turn else ((o * C + c) * 9, 9)
                if c + LANES <= C and first + (LANES - 1) * step + span <= w.size:
                    _some_kernels(w, first, step, turn, taps, _tap(half, 0), u, o * C + c, O * C)
                    continue
                for lane in range(min(C - c, LANES)):  # the last ones, by themselves: nothing is read beyond w
                    few[lane * 9 : lane * 9 + 9] = w[first + lane * step : first + lane * step + 9]
                _some_kernels(few, 0, 9, turn, taps, _tap(half, 0), spread, 0, LANES)
                for t in range(16):
                    for lane in range(min(C - c, LANES)):
                        u[(t * O + o) * C + c + lane] = spread[t * LANES + lane]


@parallel
def split_columns(x, out, H, W, PH, half, top, left):
    "x with a border of zeros; of each line first the columns 0, 2, 4, ..., then 1, 3, 5, ...: see `line_of_blocks`"
    for n in prange(x.size // (H * W)):
        for i in range(PH):
            h = i - top
            for odd in range(2):
                line = out[((n * PH + i) * 2 + odd) * half : ((n * PH + i) * 2 + odd + 1) * half]
                line[:] = 0
                if 0 <= h < H:
                    first = max(0, (left - odd + 1) // 2)  # place j holds column 2 j + odd - left
                    last = max(first, min(half, (W + left - odd + 1) // 2))
                    start = (n * H + h) * W + 2 * first + odd - left
                    for j in range(last - first):
                        line[first + j] = x[start + 2 * j]


@jit
def _columns(x, at, step):
    "(d0 - d2, d1 + d2, d2 - d1, d1 - d3) of four lines, a vector of columns"
    d0, d1 = load(x, uintp(at), uintp(0), 1, 1), load(x, uintp(at + step), uintp(0), 1, 1)
    d2, d3 = load(x, uintp(at + 2 * step), uintp(0), 1, 1), load(x, uintp(at + 3 * step), uintp(0), 1, 1)
    return minus(d0, d2), plus(d1, d2), minus(d2, d1), minus(d1, d3)


@jit
def line_of_blocks(x, at, half, count, v, to, plane):
    """v[to + t * plane + j] = the 16 numbers of B' d B, for `count` blocks side by side, whose first pixel is x[at].

    With the even and the odd columns apart, the four columns of block j are even[j], odd[j], even[j + 1], odd[j + 1]: a vector
    of blocks is a vector of neighbours in memory. The last vector may reach beyond: what it writes there is written later."""
    for j in range(0, count, LANES):
        even, odd = _columns(x, at + j, 2 * half), _columns(x, at + half + j, 2 * half)
        wayeven, wayodd = _columns(x, at + j + 1, 2 * half), _columns(x, at + half + j + 1, 2 * half)
        place, step = uintp(to + j), uintp(plane)
        for d0, d1, d2, d3 in (
            (even[0], odd[0], wayeven[0], wayodd[0]),
            (even[1], odd[1], wayeven[1], wayodd[1]),
            (even[2], odd[2], wayeven[2], wayodd[2]),
            (even[3], odd[3], wayeven[3], wayodd[3]),
        ):
            store(minus(d0, d2), v, place, uintp(0))
            store(plus(d1, d2), v, place + step, uintp(0))
            store(minus(d2, d1), v, place + uintp(2) * step, uintp(0))
            store(minus(d1, d3), v, place + uintp(3) * step, uintp(0))
            place += uintp(4) * step


@jit
def _sums(m, at, plane):
    "(m0 + m1 + m2, m1 - m2 - m3) of four numbers `plane` apart, a vector of blocks"
    m0, m1 = load(m, uintp(at), uintp(0), 1, 1), load(m, uintp(at + plane), uintp(0), 1, 1)
    m2, m3 = load(m, uintp(at + 2 * plane), uintp(0), 1, 1), load(m, uintp(at + 3 * plane), uintp(0), 1, 1)
    return plus(plus(m0, m1), m2), minus(minus(m1, m2), m3)


@jit
def _line_back(m, at, plane, count, bias, y, to, width, rows, columns):
    "y[to : ] = A' m A + bias for `count` blocks side by side; `rows`, `columns`: as much as there is of the output"
    b = load(bias, uintp(0), uintp(0), 1, 1)
    for first in range(0, count, LANES):
        j = max(0, min(first, count - LANES))  # the last vector begins earlier rather than to reach beyond
        c0, c1 = _sums(m, at + j, 4 * plane), _sums(m, at + j + plane, 4 * plane)
        c2, c3 = _sums(m, at + j + 2 * plane, 4 * plane), _sums(m, at + j + 3 * plane, 4 * plane)
        place, some = to + 2 * j, columns - 2 * j
        left, right = plus(plus(plus(c0[0], c1[0]), c2[0]), b), plus(minus(minus(c1[0], c2[0]), c3[0]), b)
        _pairs(left, right, y, place, some)
        if rows > 1:
            left, right = plus(plus(plus(c0[1], c1[1]), c2[1]), b), plus(minus(minus(c1[1], c2[1]), c3[1]), b)
            _pairs(left, right, y, place + width, some)


@jit
def _pairs(left, right, y, place, some):
    "y[place : place + some] = numbers of left and right alternately"
    if some >= 2 * LANES:
        store(zipped(left, right), y, uintp(place), uintp(0))
    else:
        store_part(zipped(left, right), y, uintp(place), some)


@parallel
def _spread(x, v, shape, p0, p1):
    "v[t, panel, c, lane] = the 16 numbers of block p0 + panel * W + lane of channel c; every panel has room for one more c"
    C, PH, half, TH, TW = shape
    panels = (p1 - p0 + W - 1) // W
    for panel in prange(panels):
        end = min(p1, p0 + panel * W + W)
        for c in range(C):
            p = first = p0 + panel * W
            while p < end:
                n, i, j = p // (TH * TW), p // TW % TH, p % TW
                count = min(end - p, TW - j)
                at = ((n * C + c) * PH + 2 * i) * 2 * half + j
                to = (panel * (C + 1) + c) * W + p - first
                line_of_blocks(x, at, half, count, v, to, panels * (C + 1) * W)
                p += count


@parallel
def _multiply(u, rows, v, m, zeros, O, C, panels, threads, counter):
    "m[t, o, panel, lane] = sum_c u[t, o, c] * v[t, panel, c, lane]"
    P = panels * W
    for _ in prange(threads):
        task = take(counter)  # place by place: the weights of one stay in the cache for all panels
        while task < 16 * panels:
            t, panel = task // panels, task % panels
            for k0 in range(0, C, DEEP):
                for o in range(0, O, R):
                    here = uintp((t * (O + R) + o) * P + panel * W)
                    tile = load(zeros, uintp(0), uintp(0), R, VECTORS)
                    if k0 > 0:
                        tile = load(m, here, uintp(P), R, VECTORS)
                    j = uintp((task * (C + 1) + k0) * W)
                    for k in range(uintp(t * O * C + k0), uintp(t * O * C + min(C, k0 + DEEP))):
                        tile = outer_add(tile, u, rows, uintp(o), k, v, j)
                        j += uintp(W)
                    store(tile, m, here, uintp(P))
            task = take(counter)


@parallel
def _gather(m, bias, y, shape, p0, p1, P):
    "y = what the blocks of m stand for, plus bias; a task takes a channel"
    O, OH, OW, TH, TW = shape
    for o in prange(O):
        b = np.full(LANES, bias[o])
        p = p0
        while p < p1:
            n, i, j = p // (TH * TW), p // TW % TH, p % TW
            count = min(p1 - p, TW - j)
            to = ((n * O + o) * OH + 2 * i) * OW + 2 * j
            rows_left, columns_left = min(2, OH - 2 * i), min(2 * count, OW - 2 * j)
            _line_back(m, o * P + p - p0, (O + R) * P, count, b, y, to, OW, rows_left, columns_left)
            p += count


def convolve(x, before, w, bias, y, *, mirror=False):
    """y = the convolution of x with w, with `before` zeros above and to the left, and bias added.

    mirror: w is that of a forward pass whose gradient by the input is wanted.
    """
    (N, C, H, W_), (_, O, OH, OW) = x.shape, y.shape
    PH, half = 2 * ((OH + 1) // 2) + 2, (OW + 1) // 2 + 1
    split = workspace("image", N * C * PH * 2 * half + LANES, x.dtype)
    split_columns(x.reshape(-1), split, H, W_, PH, half, *before)
    u = workspace("weights", 16 * O * C + R * C, w.dtype)
    _transform_weights(w.reshape(-1), u, O, C, mirror)
    rows = (np.minimum(np.arange(O + R), O - 1) * C).astype(np.uintp)
    TH, TW = (OH + 1) // 2, (OW + 1) // 2
    blocks, threads = N * TH * TW, get_threads()
    P = -(-min(blocks, TOGETHER, max(2 * W, CACHED // (16 * (C + O)))) // W) * W
    v = workspace("blocks", 16 * P * (C + 1) + LANES, x.dtype)
    m = workspace("products", 16 * P * (O + R) + LANES, x.dtype)
    zeros, flat_y = np.zeros(W, x.dtype), y.reshape(-1)
    for p0 in range(0, blocks, P):
        p1 = min(blocks, p0 + P)
        panels = -(-(p1 - p0) // W)
        _spread(split, v, (C, PH, half, TH, TW), p0, p1)
        _multiply(u, rows, v, m, zeros, O, C, panels, threads, np.zeros(1, np.int64))
        _gather(m, bias, flat_y, (O, OH, OW, TH, TW), p0, p1, panels * W)
