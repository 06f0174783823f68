"""Convolution with few output channels at stride 1: neighbouring pixels lie along the vector, not channels.

    y[places[s] + r * step : + run] = bias[r] + sum_k w[r, k] * x[starts[s] + cols[k] : + run]

A run is as many pixels of one line as a vector holds; the last run of a line ends where the line ends and may overlap the one
before, which then writes the same numbers.
"""

import functools

import numpy as np
from numba import uintp

from convlab.jit import get_threads, jit, parallel, prange
from convlab.kernels.cpu.register_tile import LANES, ROWS, lanes_of, load, outer_add_at, store_runs

MOST = 8  # output channels; more fill a vector well enough
SLACK = 2 * LANES  # numbers past the end of the image that a short line's vector may touch


def run_ends(width: int, lanes: int) -> np.ndarray:
    """Columns at which the runs of a line begin."""
    return np.unique(np.minimum(np.arange(0, width, lanes), max(0, width - lanes)))


@functools.cache
def _make_narrow(itemsize, R, V):
    W = V * lanes_of(itemsize)

    @jit
    def some_runs(w, rows, x, starts, cols, bias, y, places, step, run, first, last):
        for s in range(uintp(first), uintp(last), uintp(V)):
            tile = load(bias, uintp(0), uintp(W), R, V)
            for k in range(uintp(cols.size)):
                tile = outer_add_at(tile, w, rows, k, x, starts, s, cols[k])
            store_runs(tile, y, places, s, uintp(step), run)

    @parallel
    def narrow(w, rows, x, starts, cols, bias, y, places, step, run, count, chunk):
        for task in prange((count + chunk - 1) // chunk):
            some_runs(
                w, rows, x, starts, cols, bias, y, places, step, run, task * chunk, min(count, task * chunk + chunk)
            )

    return narrow


def narrow(w, bias, x, starts, cols, y, places, step, run, count):
    """`count` runs; `starts` and `places` repeat their last entry so that a tile may reach past it."""
    O, depth = len(w), w[0].size
    V = min(MOST, 3 * ROWS[3] // O)  # as many sums as the registers hold
    lanes = lanes_of(x.itemsize)
    chunk = max(1, -(-count // (4 * get_threads() * V))) * V
    rows = (np.arange(O) * depth).astype(np.uintp)
    repeated = np.repeat(bias[:O], V * lanes)
    _make_narrow(x.itemsize, O, V)(w.reshape(-1), rows, x, starts, cols, repeated, y, places, step, run, count, chunk)
