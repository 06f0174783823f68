"""A matrix product whose left matrix is never built.

    y[places[i] + j * step] = bias[j] + sum_k a[rows[i] + cols[k]] * b[k, j]

Two short tables say where row i starts in `a` and how far from there number k lies. For a convolution, a is the padded image, i
a pixel of the output, k a tap of the kernel: the matrix of all windows (im2col) is described and never written. b holds the
weights; j runs over output channels, which lie side by side in the lanes of a vector.

The work is cut to fit the caches. A *panel* is as many columns of b as a tile is wide, stored [k, lane] so that it is read in
order. A *visit* takes as many values of k of one panel as stay in the cache next to the core while the rows of a task pass by,
one tile of rows after the other. A *task* is a share of the rows and one panel; where b is a matrix whose rows lie far apart,
it takes neighbouring panels together, so that it copies longer runs of each row.
"""

import functools
import math

import numpy as np
from numba import uintp

from convlab.jit import get_threads, jit, parallel, prange
from convlab.kernels.cpu.memory import workspace
from convlab.kernels.cpu.register_tile import (
    LANES,
    ROWS,
    SPEED,
    lanes_of,
    load,
    load_part,
    outer_add,
    plus,
    store,
    store_transposed,
    take,
)

VISIT = 24 << 10  # bytes of a panel per visit: half of the first-level cache, or more
CHUNK = 768  # rows per task, about
PART = 1024  # values of k that are worth a task of their own
# neighbouring numbers that a task copies from a row of a matrix: rows far apart share few places in the cache
RUN = 512
BLOCK = 1 << 16  # numbers of a matrix that a task copies at a time: half the second-level cache
SHARES = 4  # tasks per thread, at least, so that they end at about the same time
TASKS = 16  # tasks that a sum is split into at least, where rows and panels give fewer

# what b is; a number above zero: images of so many pixels, [image, lane, pixel]
PANELS, MATRIX = 0, -1


def table(values: np.ndarray, extra: int = 0) -> np.ndarray:
    """Offsets as the kernels read them; the last one repeated, for a tile reaches past the last row."""
    values = np.ascontiguousarray(values).ravel()
    return np.concatenate([values, np.repeat(values[-1:], extra)]).astype(np.uintp)


# ------------------------------------------------------------------------------------------------ packing
@functools.cache
def _make_turn(itemsize):
    L = lanes_of(itemsize)

    @jit
    def turn(source, start, depth, panel, to, W, k0, k1, lanes):
        "panel[to + (k - k0) * W + lane] = source[start + lane * depth + k] for L lanes"
        square = np.zeros(L * L, source.dtype)
        for step in range(k0, k1, L):
            k = max(k0, min(step, k1 - L))  # the last square begins earlier rather than to be smaller
            some = min(L, k1 - k)
            first, place = start + k, to + (k - k0) * W
            # past the last lane may stand anything that can be read: nobody looks at those sums
            if some == L and (lanes >= L or first + (L - 1) * depth + L <= source.size):
                tile = load(source, uintp(first), uintp(depth), L, 1)
                store_transposed(tile, panel, uintp(place), uintp(W))
                continue
            for lane in range(min(L, lanes)):
                for c in range(some):
                    square[c * L + lane] = source[first + lane * depth + c]
            for c in range(some):
                for lane in range(L):
                    panel[place + c * W + lane] = square[c * L + lane]

    return turn


@functools.cache
def _make_pack(itemsize):
    L, turn = lanes_of(itemsize), _make_turn(itemsize)

    @parallel
    def pack(source, panels, lanes, depth, W):
        "panels[p, k, lane] = source[p * W + lane, k]"
        share = 16 * L
        shares = (depth + share - 1) // share
        for task in prange((lanes + W - 1) // W * shares):
            k0, p = task % shares * share, task // shares
            for lane in range(p * W, p * W + W, L):
                to = p * depth * W + k0 * W + lane - p * W
                turn(source, lane * depth, depth, panels, to, W, k0, min(depth, k0 + share), lanes - lane)

    return pack


def packed(source: np.ndarray, vectors: int) -> np.ndarray:
    """source (lanes, depth) as panels (panel, depth, lane) of so many vectors."""
    lanes, depth = source.shape
    W = vectors * lanes_of(source.itemsize)
    panels = workspace("panels", -(-lanes // W) * W * depth, source.dtype)
    _make_pack(source.itemsize)(source.reshape(-1), panels, lanes, depth, W)
    return panels


# ------------------------------------------------------------------------------------------------ the product
@functools.cache
def _make_product(itemsize, R, V):
    L, turn = lanes_of(itemsize), _make_turn(itemsize)
    W = V * L

    @jit
    def visit(
        a, rows, cols, b, at, bias, lane, y, to, places, step, lanes, i0, i1, k0, k1, sums, sums_at, edge, zeros, first, last,
    ):  # fmt: skip
        "rows i0 to i1 of one panel, values k0 to k1; `sums` keeps what is there between the first visit and the last"
        for i in range(i0, i1, R):
            if first:
                tile = load(bias, uintp(lane), uintp(0), R, V)
            else:
                tile = load(zeros, uintp(0), uintp(0), R, V)
            j = uintp(at)
            for k in range(uintp(k0), uintp(k1)):
                tile = outer_add(tile, a, rows, uintp(i), cols[k], b, j)
                j += uintp(W)
            here = uintp(sums_at + (i - i0) * W)
            if not first:
                tile = plus(tile, load(sums, here, uintp(W), R, V))
            if not last:
                store(tile, sums, here, uintp(W))
            elif lanes >= W and i + R <= i1 and step == 1:
                store(tile, y, uintp(to + places[i]), uintp(places[i + 1] - places[i]))
            elif lanes >= W and i + R <= i1 and places[i + R - 1] == places[i] + R - 1:
                store_transposed(tile, y, uintp(to + places[i]), uintp(step))
            elif lanes >= W and i + R <= i1:
                store_transposed(tile, edge, uintp(0), uintp(R))
                for c in range(uintp(W)):
                    for r in range(uintp(R)):
                        y[uintp(to) + places[uintp(i) + r] + c * uintp(step)] = edge[c * uintp(R) + r]
            else:
                store_transposed(tile, edge, uintp(0), uintp(R))
                for c in range(min(W, lanes)):
                    for r in range(min(R, i1 - i)):
                        y[uintp(to + c * step) + places[i + r]] = edge[c * R + r]

    @jit
    def fetch(matrix, lane, lanes, block, k0, k1, deep, group):
        "block[g, k - k0, :] = matrix[k, lane + g * W : + W]"
        for k in range(k0, k1):
            for g in range(group):
                start = k * lanes + lane + g * W
                to = (g * deep + k - k0) * W
                for j in range(0, W, L):
                    left = lanes - lane - g * W - j
                    if left >= L:
                        store(load(matrix, uintp(start + j), uintp(0), 1, 1), block, uintp(to + j), uintp(0))
                    elif left > 0:
                        store(load_part(matrix, start + j, 0, left), block, uintp(to + j), uintp(0))

    @jit
    def gather(images, pixels, lane, lanes, block, k0, k1, deep, group):
        "block[g, k - k0, :] = images[k // pixels, lane + g * W : + W, k % pixels]"
        for g in range(group):
            for n in range(k0 // pixels, (k1 - 1) // pixels + 1):
                first, last = max(k0, n * pixels), min(k1, (n + 1) * pixels)
                for j in range(lane + g * W, lane + g * W + W, L):
                    to = (g * deep + first - k0) * W + j - lane - g * W
                    start = (n * lanes + j) * pixels
                    turn(images, start, pixels, block, to, W, first - n * pixels, last - n * pixels, lanes - j)

    @jit
    def run(task, a, rows, cols, b, kind, bias, y, part_size, places, step, lanes, group, chunks, deep, parts):
        "one task: some rows, some panels, one part of k"
        M, K = places.size - 1, cols.size
        tiles, groups = (M + R - 1) // R, (lanes + W * group - 1) // (W * group)
        part, chunk, lane = task // (groups * chunks), task // groups % chunks, task % groups * group * W
        i0, i1 = tiles * chunk // chunks * R, min(M, tiles * (chunk + 1) // chunks * R)
        first, last = K * part // parts, K * (part + 1) // parts
        some = min(group, (lanes - lane + W - 1) // W)
        size = (i1 - i0 + R) * W if last - first > deep else 0
        sums = np.empty(size * some + 1, a.dtype)
        block = np.empty(deep * W * some if kind != PANELS else 1, a.dtype)
        edge, zeros = np.empty(R * W, a.dtype), np.zeros(W, a.dtype)
        band = 4 * R if kind == MATRIX and size == 0 else i1 - i0
        for k0 in range(first, last, deep):
            k1 = min(last, k0 + deep)
            if kind == MATRIX:
                fetch(b, lane, lanes, block, k0, k1, deep, some)
            elif kind != PANELS:
                gather(b, kind, lane, lanes, block, k0, k1, deep, some)
            for i in range(i0, i1, band):  # a short sum is written at once: line by line, many panels of a few rows
                for g in range(some):
                    j = lane + g * W
                    at = j * K + k0 * W if kind == PANELS else g * deep * W
                    # numbers, not slices: a slice counts its users, in an instruction that waits for all stores
                    visit(
                        a, rows, cols, b if kind == PANELS else block, at, bias, j, y, part * part_size + j * step, places,
                        step, lanes - j, i, min(i1, i + band), k0, k1, sums, g * size, edge, zeros, k0 == first, k1 == last,
                    )  # fmt: skip

    @parallel
    def product(
        a, rows, cols, b, kind, bias, y, part_size, places, step, lanes, group, chunks, deep, parts, threads, counter,
    ):  # fmt: skip
        "the sum of this file's docstring; with several parts of k, y[part] gets the sum over that part"
        tasks = parts * ((lanes + W * group - 1) // (W * group)) * chunks
        for _ in prange(threads):
            task = take(counter)  # who is quicker does more: cores may differ, and have other things to do
            while task < tasks:
                run(
                    task,
                    a,
                    rows,
                    cols,
                    b,
                    kind,
                    bias,
                    y,
                    part_size,
                    places,
                    step,
                    lanes,
                    group,
                    chunks,
                    deep,
                    parts,
                )
                task = take(counter)

    return product


@functools.cache  # asked at every step for the same few layers
def best_vectors(lanes: int, itemsize: int) -> int:
    """Vectors per tile for so many lanes: the least work, wasted lanes included."""
    return min(ROWS, key=lambda v: -(-lanes // (v * lanes_of(itemsize))) * v / SPEED[v])


def split(lanes: int, rows: int, depth: int, itemsize: int, vectors: int) -> int:
    """Parts that the sum over k is split into, where rows and lanes alone make too few tasks. Depends on sizes alone, so that
    results do not depend on the number of threads."""
    tasks = -(-lanes // (vectors * lanes_of(itemsize))) * -(-rows // CHUNK)
    return max(1, min(TASKS // tasks, depth // PART))


@functools.lru_cache(1024)
def _chunks(rows: int, tasks: int, R: int, threads: int) -> int:
    """Shares of the rows, where lanes and parts make so many tasks; a few tasks are as many for each thread."""
    chunks = max(-(-rows // CHUNK), min(-(-SHARES * threads // tasks), -(-rows // (4 * R))))
    even = threads // math.gcd(tasks, threads)
    evened = -(-chunks // even) * even
    return evened if 1 < chunks * tasks < 4 * SHARES * threads and evened * R <= rows else chunks


def is_read_once(rows: int, lanes: int, itemsize: int, vectors: int) -> bool:
    """Whether each panel belongs to one task, which may then pack it for itself."""
    return _chunks(rows, -(-lanes // (vectors * lanes_of(itemsize))), ROWS[vectors], get_threads()) == 1


def multiply(a, rows, cols, b, bias, y, places, step, lanes, vectors, *, kind=PANELS, parts=1, visit=VISIT):
    """Run the product; `rows` has ROWS entries more than `places`, which has one more than there are rows."""
    R, W = ROWS[vectors], vectors * lanes_of(a.itemsize)
    threads, panels = get_threads(), -(-lanes // W)
    group = min(panels, -(-RUN // W)) if kind == MATRIX else 1
    groups = -(-panels // group)
    M, share = places.size - 1, -(-cols.size // parts)
    chunks = _chunks(M, groups * parts, R, threads)
    most = BLOCK // (group * W) if kind == MATRIX else visit // (W * a.itemsize)
    deep = -(-share // -(-share // most))
    _make_product(a.itemsize, R, vectors)(
        a.reshape(-1), rows, cols, b.reshape(-1), kind, bias, y.reshape(-1), y.size // parts, places, step, lanes,
        group, chunks, deep, parts, threads, np.zeros(1, np.int64),
    )  # fmt: skip


def padded_bias(bias, lanes: int, dtype) -> np.ndarray:
    """The bias, or zeros, with room for a tile to read past its end."""
    out = np.zeros(lanes + 4 * LANES, dtype)
    if bias is not None:
        out[:lanes] = bias
    return out
