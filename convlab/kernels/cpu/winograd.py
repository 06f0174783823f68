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
    take,
    zipped,
)

VECTORS = 3
R, W = ROWS[VECTORS], VECTORS * LANES  # a tile is R output channels x W blocks
DEEP = 256  # channels per visit to a tile
CHANNELS = 32  # below, the transforms of the images cost more than they save
BLOCKS = 512  # below, those of the weights do
SQUARE = 16  # weights are transformed in squares of so many output and input channels
SLAB = 64  # output channels whose products are kept until they are transformed back


def fits(images, x_channels, y_channels, kernel, stride, dilation, out, dtype) -> bool:
    """Whether a convolution can be, and is worth being, computed this way. Depends on sizes alone."""
    plain = tuple(kernel) == (3, 3) and stride == (1, 1) and dilation == (1, 1) and dtype == np.float32
    if not plain or not settings.winograd or INSTRUCTIONS is None:
        return False
    blocks = images * ((out[0] + 1) // 2) * ((out[1] + 1) // 2)
    return min(x_channels, y_channels) >= CHANNELS and blocks >= BLOCKS and min(out) >= 4


@jit
def _three(g0, g1, g2):
    "G g"
    half = np.float32(0.5)
    return g0, half * (g0 + g1 + g2), half * (g0 - g1 + g2), g2


@parallel
def _transform_weights(w, u, mirror):
    "u[t, o, c] = G g G' for every 3 x 3 kernel; mirror: of the kernels turned round, input and output channels swapped"
    O, C = u.shape[1:]
    for task in prange((O + SQUARE - 1) // SQUARE):
        for c0 in range(0, C, SQUARE):  # squares: one of the two is read, or written, across the lines of the cache
            for o in range(task * SQUARE, min(O, task * SQUARE + SQUARE)):
                for c in range(c0, min(C, c0 + SQUARE)):
                    n, m, k = (c, o, 2) if mirror else (o, c, 0)  # k: the first row and column
                    left = _three(w[n, m, k, k], w[n, m, 1, k], w[n, m, 2 - k, k])
                    middle = _three(w[n, m, k, 1], w[n, m, 1, 1], w[n, m, 2 - k, 1])
                    right = _three(w[n, m, k, 2 - k], w[n, m, 1, 2 - k], w[n, m, 2 - k, 2 - k])
                    for a in range(4):
                        across = _three(left[a], middle[a], right[a])
                        for b in range(4):
                            u[4 * a + b, o, c] = across[b]


@parallel
def _surround(x, out, H, W, PH, half, top, left):
    "x with a border of zeros; of each line first the columns 0, 2, 4, ..., then 1, 3, 5, ...: see `_line`"
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
def _line(x, at, half, count, v, to, plane):
    """v[to + t * plane + j] = the 16 numbers of B' d B, for `count` blocks side by side, whose first pixel is x[at].

    With the even and the odd columns apart, the four columns of block j are even[j], odd[j], even[j + 1], odd[j + 1]: a vector
    of blocks is a vector of neighbours in memory."""
    for j in range(0, count, LANES):
        even, odd = _columns(x, at + j, 2 * half), _columns(x, at + half + j, 2 * half)
        next_even, next_odd = _columns(x, at + j + 1, 2 * half), _columns(x, at + half + j + 1, 2 * half)
        place, some = to + j, count - j
        for d0, d1, d2, d3 in (
            (even[0], odd[0], next_even[0], next_odd[0]),
            (even[1], odd[1], next_even[1], next_odd[1]),
            (even[2], odd[2], next_even[2], next_odd[2]),
            (even[3], odd[3], next_even[3], next_odd[3]),
        ):
            store_part(minus(d0, d2), v, place, some)
            store_part(plus(d1, d2), v, place + plane, some)
            store_part(minus(d2, d1), v, place + 2 * plane, some)
            store_part(minus(d1, d3), v, place + 3 * plane, some)
            place += 4 * plane


@jit
def _sums(m, at, plane):
    "(m0 + m1 + m2, m1 - m2 - m3) of four numbers `plane` apart, a vector of blocks"
    m0, m1 = load(m, uintp(at), uintp(0), 1, 1), load(m, uintp(at + plane), uintp(0), 1, 1)
    m2, m3 = load(m, uintp(at + 2 * plane), uintp(0), 1, 1), load(m, uintp(at + 3 * plane), uintp(0), 1, 1)
    return plus(plus(m0, m1), m2), minus(minus(m1, m2), m3)


@jit
def _line_back(m, at, plane, count, bias, y, to, width, rows, columns):
    "y[to : ] = A' m A + bias for `count` blocks side by side; `rows`, `columns`: as much as there is of the output"
    for j in range(0, count, LANES):
        c0, c1 = _sums(m, at + j, 4 * plane), _sums(m, at + j + plane, 4 * plane)
        c2, c3 = _sums(m, at + j + 2 * plane, 4 * plane), _sums(m, at + j + 3 * plane, 4 * plane)
        b = load(bias, uintp(0), uintp(0), 1, 1)
        place, some = to + 2 * j, columns - 2 * j
        left, right = plus(plus(plus(c0[0], c1[0]), c2[0]), b), plus(minus(minus(c1[0], c2[0]), c3[0]), b)
        store_part(zipped(left, right), y, place, some)
        if rows > 1:
            left, right = plus(plus(plus(c0[1], c1[1]), c2[1]), b), plus(minus(minus(c1[1], c2[1]), c3[1]), b)
            store_part(zipped(left, right), y, place + width, some)


@jit
def _multiply(u, rows, t, o0, o1, v, m, zeros, P, K):
    "m[t, o - o0, :] = sum_c u[t, o, c] * v[t, :, c, :]"
    O = rows.size - R
    base = t * O * K
    for q in range(0, P, W):
        for k0 in range(0, K, DEEP):
            for o in range(o0, o1, R):
                here = uintp((t * SLAB + o - o0) * P + q)
                tile = load(zeros, uintp(0), uintp(0), R, VECTORS)
                if k0 > 0:
                    tile = load(m, here, uintp(P), R, VECTORS)
                j = uintp(t * P * K + q * K + k0 * W)
                for k in range(uintp(base + k0), uintp(base + min(K, k0 + DEEP))):
                    tile = outer_add(tile, u, rows, uintp(o), k, v, j)
                    j += uintp(W)
                store(tile, m, here, uintp(P))


@jit
def _some_blocks(p0, p1, P, x, u, rows, bias, y, shape, v, m, zeros):
    "blocks p0 to p1 of the output, all channels"
    C, PH, half, O, OH, OW = shape
    TH, TW = (OH + 1) // 2, (OW + 1) // 2
    for c in range(C):
        p = p0
        while p < p1:
            n, i, j = p // (TH * TW), p // TW % TH, p % TW
            q = (p - p0) // W * W
            count = min(p1 - p, TW - j, q + W - (p - p0))  # to the end of the line, or of the panel
            _line(x, ((n * C + c) * PH + 2 * i) * 2 * half + j, half, count, v, q * C + c * W + p - p0 - q, P * C)
            p += count
    b = np.empty(LANES, np.float32)
    for o0 in range(0, O, SLAB):
        o1 = min(O, o0 + SLAB)
        for t in range(16):
            _multiply(u, rows, t, o0, o1, v, m, zeros, P, C)
        for o in range(o0, o1):
            b[:] = bias[o]
            p = p0
            while p < p1:
                n, i, j = p // (TH * TW), p // TW % TH, p % TW
                count = min(p1 - p, TW - j)
                at, to = (o - o0) * P + p - p0, ((n * O + o) * OH + 2 * i) * OW + 2 * j
                rows_left, columns_left = min(2, OH - 2 * i), min(2 * count, OW - 2 * j)
                _line_back(m, at, SLAB * P, count, b, y, to, OW, rows_left, columns_left)
                p += count


@parallel
def _convolve(x, u, rows, bias, y, shape, blocks, P, v_all, m_all, counter):
    threads = len(v_all)
    for thread in prange(threads):
        v, m, zeros = v_all[thread], m_all[thread], np.zeros(W, np.float32)
        p0 = take(counter) * P
        while p0 < blocks:
            _some_blocks(p0, min(blocks, p0 + P), P, x, u, rows, bias, y, shape, v, m, zeros)
            p0 = take(counter) * P


def convolve(x, before, w, bias, y, *, mirror=False):
    """y = the convolution of x with w, with `before` zeros above and to the left, and bias added.

    mirror: w is that of a forward pass whose gradient by the input is wanted.
    """
    (N, C, H, W_), (_, O, OH, OW) = x.shape, y.shape
    PH, half = 2 * ((OH + 1) // 2) + 2, (OW + 1) // 2 + 1
    split = workspace("image", N * C * PH * 2 * half + LANES, x.dtype)
    _surround(x.reshape(-1), split, H, W_, PH, half, *before)
    u = workspace("weights", 16 * O * C + R * C, w.dtype)
    _transform_weights(w, u[: 16 * O * C].reshape(16, O, C), mirror)
    rows = (np.minimum(np.arange(O + R), O - 1) * C).astype(np.uintp)
    blocks = N * ((OH + 1) // 2) * ((OW + 1) // 2)
    P = W * max(1, (96 if C >= 256 else 48) // W)
    threads, shape = get_threads(), (C, PH, half, O, OH, OW)
    v = workspace("blocks", threads * 16 * P * C, x.dtype).reshape(threads, -1)
    m = workspace("sums", threads * (16 * P * SLAB + R * P + LANES), x.dtype).reshape(threads, -1)
    _convolve(split, u, rows, bias, y.reshape(-1), shape, blocks, P, v, m, np.zeros(1, np.int64))
