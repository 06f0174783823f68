"""The gradient by 3 x 3 weights in 4 multiplications per output instead of 9: Winograd's F(3 x 3, 2 x 2).

For the gradient by the weights, outputs and taps change places: two neighbouring gradients g of a line and four pixels d give
three sums. The pixels are treated as in `winograd.py`, the gradients as the taps are there:

    v = (d0 - d2, d1 + d2, d2 - d1, d1 - d3)
    u = (g0, g0 + g1, g0 - g1, g1)
    m = u * v, number by number
    dw = (m0 + (m1 + m2) / 2, (m1 - m2) / 2, (m1 + m2) / 2 - m3)

In two dimensions this is done along rows and columns. The sum over the blocks p (2 x 2 gradients, 4 x 4 pixels) of all images
stands between, so that for each of the 16 places t it is a product of matrices on the register tile:

    M[t, c, o] = sum_p V[t, c, p] * U[t, p, o]

Blocks are taken some at a time, so that what is made of them is still in the cache when it is multiplied.

Source: A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308, 2015, section 4.
"""

import functools

import numpy as np
from numba import uintp

from convlab.jit import get_threads, jit, parallel, prange
from convlab.kernels.cpu import winograd
from convlab.kernels.cpu.memory import workspace
from convlab.kernels.cpu.product import best_vectors
from convlab.kernels.cpu.register_tile import (
    LANES,
    ROWS,
    load,
    minus,
    outer_add,
    plus,
    store,
    store_transposed,
    take,
)
from convlab.kernels.cpu.winograd import SQUARE, TOGETHER, line_of_blocks, split_columns

CACHED = 1 << 22  # numbers of V and U at a time
BLOCKS = 320  # below, to put the gradient together costs more than the products save
CHANNELS = 128  # of both kinds; fewer are multiplied too quickly for what it takes to read and write U and V
FILLED = 0.9  # of the blocks by gradients; in small pictures with odd sides too much is rim


def fits(images, x_channels, y_channels, kernel, stride, dilation, out, dtype) -> bool:
    """Whether a gradient can be, and is worth being, computed this way. Depends on sizes alone."""
    blocks = images * ((out[0] + 1) // 2) * ((out[1] + 1) // 2)
    if blocks < BLOCKS or min(x_channels, y_channels) < CHANNELS or images * out[0] * out[1] < FILLED * 4 * blocks:
        return False
    return winograd.fits(images, x_channels, y_channels, kernel, stride, dilation, out, dtype)


@parallel
def _spread_pixels(x, v, shape, p0, p1, pitch):
    "v[t, c, p - p0] = the 16 numbers of block p of channel c"
    C, PH, half, TH, TW = shape
    for c in prange(C):
        p = p0
        while p < p1:
            n, i, j = p // (TH * TW), p // TW % TH, p % TW
            count = min(p1 - p, TW - j)
            at = ((n * C + c) * PH + 2 * i) * 2 * half + j
            line_of_blocks(x, at, half, count, v, c * pitch + p - p0, C * pitch)
            p += count


@jit
def _two_lines(g, at, step):
    "(g0, g0 + g1, g0 - g1, g1) of two lines, a vector of columns"
    g0, g1 = load(g, uintp(at), uintp(0), 1, 1), load(g, uintp(at + step), uintp(0), 1, 1)
    return g0, plus(g0, g1), minus(g0, g1), g1


@jit
def _line_of_gradients(g, at, half, count, u, to, plane):
    """u[to + t * plane + j] = the 16 numbers for `count` blocks side by side, whose first gradient is g[at]. The last vector
    may reach beyond: what it writes there is written later."""
    for j in range(0, count, LANES):
        even, odd = _two_lines(g, at + j, 2 * half), _two_lines(g, at + half + j, 2 * half)
        place, step = uintp(to + j), uintp(plane)
        for left, right in ((even[0], odd[0]), (even[1], odd[1]), (even[2], odd[2]), (even[3], odd[3])):
            store(left, u, place, uintp(0))
            store(plus(left, right), u, place + step, uintp(0))
            store(minus(left, right), u, place + uintp(2) * step, uintp(0))
            store(right, u, place + uintp(3) * step, uintp(0))
            place += uintp(4) * step


@parallel
def _spread_gradients(dy, u, rooms, shape, p0, p1, pitch, W, counter):
    "u[t, panel, p - p0, lane] = the 16 numbers of block p of output channel panel * W + lane, 0 past the last channel"
    O, TH, TW = shape
    panels = (O + W - 1) // W
    for thread in prange(len(rooms)):
        own = rooms[thread]
        o0 = take(counter) * LANES
        while o0 < panels * W:
            for lane in range(LANES):
                if o0 + lane >= O:
                    for t in range(16):
                        own[(t * LANES + lane) * pitch : (t * LANES + lane + 1) * pitch] = 0
                    continue
                p = p0
                while p < p1:
                    n, i, j = p // (TH * TW), p // TW % TH, p % TW
                    count = min(p1 - p, TW - j)
                    at = ((n * O + o0 + lane) * TH + i) * 4 * TW + j
                    _line_of_gradients(dy, at, TW, count, own, lane * pitch + p - p0, LANES * pitch)
                    p += count
            for t in range(16):
                to = (t * panels + o0 // W) * pitch * W + o0 % W
                for p in range(0, p1 - p0, LANES):
                    tile = load(own, uintp(t * LANES * pitch + p), uintp(pitch), LANES, 1)
                    store_transposed(tile, u, uintp(to + p * W), uintp(W))
            o0 = take(counter) * LANES


@functools.cache
def _make_multiply(V):
    R, W = ROWS[V], V * LANES

    @parallel
    def multiply(v, rows, u, sums, C, panels, count, pitch, zeros, first, threads, counter):
        "sums[t, c, panel * W + lane] += sum_p v[t, c, p] * u[t, panel, p, lane]; the first time = instead of +="
        for _ in prange(threads):
            task = take(counter)
            while task < 16 * panels:
                t, panel = task // panels, task % panels
                for c in range(0, C, R):
                    here = uintp((t * (C + R) + c) * panels * W + panel * W)
                    tile = load(zeros, uintp(0), uintp(0), R, V)
                    j = uintp(task * pitch * W)
                    for k in range(uintp(t * C * pitch), uintp(t * C * pitch + count)):
                        tile = outer_add(tile, v, rows, uintp(c), k, u, j)
                        j += uintp(W)
                    if not first:  # sums of sums: what is rounded away does not grow with the number of blocks
                        tile = plus(tile, load(sums, here, uintp(panels * W), R, V))
                    store(tile, sums, here, uintp(panels * W))
                task = take(counter)

    return multiply


@jit
def _three(m0, m1, m2, m3):
    "(m0 + (m1 + m2) / 2, (m1 - m2) / 2, (m1 + m2) / 2 - m3)"
    half = np.float32(0.5)
    middle = half * (m1 + m2)
    return m0 + middle, half * (m1 - m2), middle - m3


@parallel
def _gather(sums, dw):
    "dw[o, c] from sums[t, c, o], which has room for more channels of both kinds"
    O, C = dw.shape[:2]
    for task in prange((O + SQUARE - 1) // SQUARE):
        for c in range(C):
            for o in range(task * SQUARE, min(O, task * SQUARE + SQUARE)):
                first = _three(sums[0, c, o], sums[4, c, o], sums[8, c, o], sums[12, c, o])
                second = _three(sums[1, c, o], sums[5, c, o], sums[9, c, o], sums[13, c, o])
                third = _three(sums[2, c, o], sums[6, c, o], sums[10, c, o], sums[14, c, o])
                fourth = _three(sums[3, c, o], sums[7, c, o], sums[11, c, o], sums[15, c, o])
                for a in range(3):
                    across = _three(first[a], second[a], third[a], fourth[a])
                    for b in range(3):
                        dw[o, c, a, b] = across[b]


def grad_weight(dy, x, dw, before):
    """dw = the sum over images and outputs of dy * x, with `before` zeros above x and to the left of it."""
    (N, C, H, W_), (_, O, OH, OW) = x.shape, dy.shape
    TH, TW = (OH + 1) // 2, (OW + 1) // 2
    PH, half = 2 * TH + 2, TW + 1
    pixels = workspace("image", N * C * PH * 2 * half + LANES, x.dtype)
    split_columns(x.reshape(-1), pixels, H, W_, PH, half, *before)
    upstream = workspace("upstream", N * O * 4 * TH * TW + LANES, x.dtype)
    split_columns(dy.reshape(-1), upstream, OH, OW, 2 * TH, TW, 0, 0)

    threads, blocks = get_threads(), N * TH * TW
    V = best_vectors(O, blocks, x.itemsize)
    R, W = ROWS[V], V * LANES
    panels = -(-O // W)
    P = min(blocks, TOGETHER, max(LANES, CACHED // (16 * (C + panels * W)) // LANES * LANES))
    pitch = P + LANES
    v = workspace("blocks", 16 * C * pitch, x.dtype)
    u = workspace("gradients", 16 * panels * pitch * W, x.dtype)
    rooms = workspace("rooms", threads * 16 * LANES * pitch, x.dtype).reshape(threads, -1)
    sums = workspace("sums", 16 * (C + R) * panels * W, x.dtype)
    rows = (np.minimum(np.arange(C + R), C - 1) * pitch).astype(np.uintp)
    multiply, zeros, new = _make_multiply(V), np.zeros(W, x.dtype), lambda: np.zeros(1, np.int64)
    for p0 in range(0, blocks, P):
        p1 = min(blocks, p0 + P)
        _spread_pixels(pixels, v, (C, PH, half, TH, TW), p0, p1, pitch)
        _spread_gradients(upstream, u, rooms, (O, TH, TW), p0, p1, pitch, W, new())
        multiply(v, rows, u, sums, C, panels, p1 - p0, pitch, zeros, p0 == 0, threads, new())
    _gather(sums.reshape(16, C + R, panels * W), dw)
