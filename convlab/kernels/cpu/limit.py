"""The limit of the machine: multiplications and additions per second with everything in registers and the nearest cache."""

import time

import numpy as np
from numba import uintp

from convlab import jit
from convlab.jit import prange
from convlab.kernels.cpu.memory import workspace
from convlab.kernels.cpu.register_tile import INSTRUCTIONS, ROWS, lanes_of, load, outer_add, store

VECTORS = 3 if INSTRUCTIONS == "avx512" else 2
TILE_ROWS, WIDTH = ROWS[VECTORS], VECTORS * lanes_of(4)
DEPTH = 128  # with the tile's width no more than the nearest cache holds


@jit.jit
def _sums(a, rows, b, y, to, repeats):
    tile = load(b, uintp(0), uintp(0), TILE_ROWS, VECTORS)
    for _ in range(repeats):
        j = uintp(0)
        for k in range(uintp(DEPTH)):
            tile = outer_add(tile, a, rows, uintp(0), k, b, j)
            j += uintp(WIDTH)
    store(tile, y, uintp(to), uintp(WIDTH))


@jit.parallel
def _on_all_threads(a, rows, b, y, threads, repeats):
    for thread in prange(threads):
        _sums(a, rows, b, y, thread * TILE_ROWS * WIDTH, repeats)


def multiply_adds(threads: int, seconds: float) -> float:
    """The best rate seen within so many seconds, in GFLOP/s (a multiply-add counts as two)."""
    jit.set_threads(threads)
    a, b = np.ones(DEPTH + 16 * TILE_ROWS, np.float32), workspace("limit", DEPTH * WIDTH, np.float32)
    b[:] = 1e-3
    rows, y = (np.arange(TILE_ROWS) * 8).astype(np.uintp), np.empty(threads * TILE_ROWS * WIDTH, np.float32)
    repeats, best = 800, 0.0
    _on_all_threads(a, rows, b, y, threads, 1)  # compiled here, not in the time that is given
    end = time.perf_counter() + seconds
    while best == 0 or time.perf_counter() < end:
        start = time.perf_counter()
        _on_all_threads(a, rows, b, y, threads, repeats)
        best = max(best, 2.0 * threads * repeats * DEPTH * TILE_ROWS * WIDTH / (time.perf_counter() - start))
    return best / 1e9
