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
from convlab.kernels.cpu.memory import CACHE_LINE, workspace
from convlab.kernels.cpu.register_tile import (
    LANES,
    ROWS,
    SPEED,
    expect,
    lanes_of,
    load,
    load_part,
    outer_add,
    plus,
    store,
    store_part_transposed,
    store_transposed,
    take,
)

VISIT = 24 << 10  # bytes of a panel per visit: half of the first-level cache, or more
# and of one that every task copies for itself from images: long runs are copied faster. Not in a forward pass, where the number
# of threads decides who packs the panels: visits decide how a sum is rounded
COPIED = 128 << 10
CHUNK = 768  # rows per task, about
BAND = 48  # rows: whole tiles, and whole lines of the cache
PART = 1024  # values of k that are worth a task of their own
# neighbouring numbers that a task copies from a row of a matrix: rows far apart share few places in the cache
RUN = 512
BLOCK = 1 << 16  # numbers of a matrix that a task copies at a time: half the second-level cache
LINE = (
    CACHE_LINE // 4
)  # numbers: what a thread copies begins where a line of the cache does, or each vector would lie in two
STREAMS = 2  # vectors of lanes that can be written side by side, however far apart they are in y
FEW = 3  # rows that are not worth a vector
DEEP = 512  # values of k from which on a tile of six rows is worth its odd number of them
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
    W, at_once = V * L, V <= STREAMS

    @jit
    def hand_over(sums, at, i0, i1, y, to, places, step, lanes):
        """y[to + places[i] + c * step] = sums[at + (i - i0) * W + c] for the rows i0 to i1 and so many lanes c.

        A vector of lanes at a time, for many rows: a processor follows some dozen streams of memory, not a hundred. Rows whose
        places follow one another are turned in registers, so that whole vectors are written."""
        for c in range(0, min(W, lanes), L):
            width, i = min(L, lanes - c), i0
            while i < i1:
                gap, run = places[i + 1] - places[i], 1
                while run < L and i + run < i1 and places[i + run] == places[i] + uintp(run) * gap:
                    run += 1
                here, place = uintp(at + (i - i0) * W + c), uintp(to + c * step + places[i])
                if gap == 1 and run == L and width == L:
                    store_transposed(load(sums, here, uintp(W), L, 1), y, place, uintp(step))
                elif gap == 1 and run > FEW:
                    store_part_transposed(load(sums, here, uintp(W), L, 1), y, place, uintp(step), run, width)
                else:
                    for lane in range(uintp(width)):
                        for r in range(uintp(run)):
                            y[place + lane * uintp(step) + r * gap] = sums[here + r * uintp(W) + lane]
                i += run

    @jit
    def visit(
        a, rows, cols, b, at, pitch, bias, lane, y, to, places, step, lanes, some, i0, i1, band, k0, k1, sums, sums_at, size,
        zeros, first, last,
    ):  # fmt: skip
        """Rows i0 to i1 of some panels, values k0 to k1; `sums` keeps what is there after the visit.

        The last visit writes y, unless lanes are many and far apart. It takes a band of rows of one panel, then of the next:
        the shorter the band, the longer the runs of y that are written."""
        for start in range(i0, i1, band):
            for g in range(some):
                left, to_panel, keep = lanes - g * W, to + g * W * step, sums_at + g * size
                for i in range(start, min(i1, start + band), R):
                    if first:
                        tile = load(bias, uintp(lane + g * W), uintp(0), R, V)
                    else:
                        tile = load(zeros, uintp(0), uintp(0), R, V)
                    j = uintp(at + g * pitch)
                    for k in range(uintp(k0), uintp(k1)):
                        tile = outer_add(tile, a, rows, uintp(i), cols[k], b, j)
                        expect(a, rows, uintp(i + R), cols[k])
                        j += uintp(W)
                    here = uintp(keep + (i - i0) * W)
                    if not first:
                        tile = plus(tile, load(sums, here, uintp(W), R, V))
                    if last and step == 1 and left >= W and i + R <= i1:
                        store(tile, y, uintp(to_panel + places[i]), uintp(places[i + 1] - places[i]))
                    elif last and at_once and left >= W and i + R <= i1 and places[i + R - 1] == places[i] + R - 1:
                        store_transposed(tile, y, uintp(to_panel + places[i]), uintp(step))
                    else:
                        store(tile, sums, here, uintp(W))
                        if last and (step == 1 or at_once):
                            hand_over(sums, keep + (i - i0) * W, i, min(i1, i + R), y, to_panel, places, step, left)

    @jit
    def fetch(matrix, lane, lanes, room, block, k0, k1, deep, group):
        "room[block + (g * deep + k - k0) * W : + W] = matrix[k, lane + g * W : + W]"
        for k in range(k0, k1):
            for g in range(group):
                start = k * lanes + lane + g * W
                to = block + (g * deep + k - k0) * W
                for j in range(0, W, L):
                    left = lanes - lane - g * W - j
                    if left >= L:
                        store(load(matrix, uintp(start + j), uintp(0), 1, 1), room, uintp(to + j), uintp(0))
                    elif left > 0:
                        store(load_part(matrix, start + j, 0, left), room, uintp(to + j), uintp(0))

    @jit
    def gather(images, pixels, lane, lanes, room, block, k0, k1, deep, group):
        "room[block + (g * deep + k - k0) * W : + W] = images[k // pixels, lane + g * W : + W, k % pixels]"
        for g in range(group):
            for n in range(k0 // pixels, (k1 - 1) // pixels + 1):
                first, last = max(k0, n * pixels), min(k1, (n + 1) * pixels)
                for j in range(lane + g * W, lane + g * W + W, L):
                    to = block + (g * deep + first - k0) * W + j - lane - g * W
                    start = (n * lanes + j) * pixels
                    turn(images, start, pixels, room, to, W, first - n * pixels, last - n * pixels, lanes - j)

    @jit
    def run(
        task, a, rows, cols, b, kind, bias, y, part_size, places, step, lanes, group, unit, chunks, deep, parts, room, block,
    ):  # fmt: skip
        "one task: some rows, some panels, one part of k; `room` is this thread's from `block` on"
        M, K = places.size - 1, cols.size
        units, groups = (M + unit - 1) // unit, (lanes + W * group - 1) // (W * group)
        part, chunk, lane = task // (groups * chunks), task // groups % chunks, task % groups * group * W
        i0, i1 = units * chunk // chunks * unit, min(M, units * (chunk + 1) // chunks * unit)
        first, last = K * part // parts, K * (part + 1) // parts
        some = min(group, (lanes - lane + W - 1) // W)
        several = last - first > deep  # visits
        size = (i1 - i0 + R) * W if several else 0
        sums = block + (deep * W * group if kind != PANELS else 0)
        zeros = np.zeros(W, a.dtype)
        band = R if step == 1 and not several else i1 - i0
        for k0 in range(first, last, deep):
            k1 = min(last, k0 + deep)
            if kind == MATRIX:
                fetch(b, lane, lanes, room, block, k0, k1, deep, some)
            elif kind != PANELS:
                gather(b, kind, lane, lanes, room, block, k0, k1, deep, some)
            # numbers, not slices: a slice counts its users, in an instruction that waits for all stores
            visit(
                a, rows, cols, b if kind == PANELS else room, lane * K + k0 * W if kind == PANELS else block, deep * W, bias,
                lane, y, part * part_size + lane * step, places, step, lanes - lane, some, i0, i1, band, k0, k1, room, sums,
                size, zeros, k0 == first, k1 == last,
            )  # fmt: skip
        if step > 1 and not at_once:
            hand_over(room, sums, i0, i1, y, part * part_size + lane * step, places, step, lanes - lane)

    @parallel
    def product(
        a, rows, cols, b, kind, bias, y, part_size, places, step, lanes, group, unit, chunks, deep, parts, room, threads,
        counter,
    ):  # fmt: skip
        "the sum of this file's docstring; with several parts of k, y[part] gets the sum over that part"
        tasks = parts * ((lanes + W * group - 1) // (W * group)) * chunks
        for thread in prange(threads):
            own = room.size // threads // LINE * LINE * thread
            task = take(counter)  # who is quicker does more: cores may differ, and have other things to do
            while task < tasks:
                run(
                    task, a, rows, cols, b, kind, bias, y, part_size, places, step, lanes, group, unit, chunks, deep, parts,
                    room, own,
                )  # fmt: skip
                task = take(counter)

    return product


@functools.cache  # asked at every step for the same few layers
def best_vectors(lanes: int, depth: int, itemsize: int) -> int:
    """Vectors per tile for so many lanes and values of k: the least work, wasted lanes included."""
    shapes = [v for v in ROWS if v < 4 or depth >= DEEP]
    return min(shapes, key=lambda v: -(-lanes // (v * lanes_of(itemsize))) * v / SPEED[v])


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


def _together(depth: int, W: int) -> int:
    """Panels of a matrix that a task takes together: as long rows as it can hold for all values of k, or a run for some."""
    whole = BLOCK // (depth * W)
    return whole if 2 * whole * W >= RUN else -(-RUN // W)


def multiply(a, rows, cols, b, bias, y, places, step, lanes, vectors, *, kind=PANELS, parts=1, visit=VISIT):
    """Run the product; `rows` has ROWS entries more than `places`, which has one more than there are rows."""
    R, W = ROWS[vectors], vectors * lanes_of(a.itemsize)
    threads, panels = get_threads(), -(-lanes // W)
    M, share = places.size - 1, -(-cols.size // parts)
    group = min(panels, _together(share, W)) if kind == MATRIX else 1
    groups = -(-panels // group)
    chunks = _chunks(M, groups * parts, R, threads)
    most = BLOCK // (group * W) if kind == MATRIX else visit // (W * a.itemsize)
    deep = -(-share // -(-share // most))
    block = deep * W * group if kind != PANELS else 0
    unit = BAND if chunks * 2 * BAND <= M else R  # whole bands begin where a line of the cache does, in many images
    sums = (-(-M // unit // chunks) * unit + R) * W * (group if share > deep else 1)
    room = workspace("room", threads * (block + sums + LANES * W + LINE), a.dtype)
    _make_product(a.itemsize, R, vectors)(
        a.reshape(-1), rows, cols, b.reshape(-1), kind, bias, y.reshape(-1), y.size // parts, places, step, lanes,
        group, unit, chunks, deep, parts, room, threads, np.zeros(1, np.int64),
    )  # fmt: skip


def padded_bias(bias, lanes: int, dtype) -> np.ndarray:
    """The bias, or zeros, with room for a tile to read past its end."""
    out = np.zeros(lanes + 4 * LANES, dtype)
    if bias is not None:
        out[:lanes] = bias
    return out
