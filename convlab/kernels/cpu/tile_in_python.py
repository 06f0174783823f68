"""The instructions of `register_tile.py` as NumPy says them: a tile is an array (R, V * lanes).

They take their place where Numba compiles nothing (NUMBA_DISABLE_JIT=1): then the fast kernels run in a debugger, line by line.
"""

import numpy as np


def load(b, j, step, rows, vectors, lanes):
    return np.stack([b[j + r * step : j + r * step + vectors * lanes] for r in range(int(rows))])


def store(tile, y, j, step):
    for r, row in enumerate(tile):
        y[j + r * step : j + r * step + row.size] = row


def store_transposed(tile, y, j, step):
    for c, column in enumerate(tile.T):
        y[j + c * step : j + c * step + column.size] = column


def store_part_transposed(tile, y, j, step, rows, columns):
    store_transposed(tile[:rows, :columns], y, j, step)


def take(counter):
    counter[0] += 1
    return counter[0] - 1


def outer_add(tile, a, rows, i, k, b, j):
    factors = a[rows[i : i + len(tile)] + k]
    return tile + factors[:, None] * b[j : j + tile.shape[1]]


def expect(a, rows, i, k):
    pass


def plus(tile, other):
    return tile + other


def minus(tile, other):
    return tile - other


def times(tile, other):
    with np.errstate(invalid="ignore"):  # 0 * inf is NaN, without a word
        return tile * other


def larger(most, value):
    return np.where(value > most, value, most)


def place_of_larger(at, most, names, k, value):
    return np.where(value > most, names[k], at)


def zipped(tile, other):
    return np.stack([tile[0], other[0]], axis=1).reshape(1, -1)


def outer_add_at(tile, a, rows, k, b, starts, s, l, lanes):
    vectors = tile.shape[1] // lanes
    row = np.concatenate([b[starts[s + v] + l : starts[s + v] + l + lanes] for v in range(vectors)])
    return tile + a[rows[: len(tile)] + k][:, None] * row


def product_add(tile, a, rows, k, b, cols, c, l, low, high, lanes):
    tile, some = tile.copy(), slice(int(low), int(high))
    for r in range(len(tile)):
        for v in range(tile.shape[1] // lanes):
            line, other = (array[int(start) :][some] for array, start in ((a, rows[r] + k), (b, cols[c + v] + l)))
            tile[r, v * lanes : (v + 1) * lanes][some] += line * other
    return tile


def load_part(b, j, low, high, lanes):
    tile, low, high = np.zeros((1, lanes), b.dtype), max(0, low), min(high, lanes)
    if low < high:
        tile[0, low:high] = b[j + low : j + high]
    return tile


def store_part(tile, y, j, high):
    y[j : j + max(0, min(high, tile.shape[1]))] = tile[0, : max(0, high)]


def store_runs(tile, y, places, s, step, high, lanes):
    for v in range(tile.shape[1] // lanes):
        for r, row in enumerate(tile):
            start = places[s + v] + r * step
            y[start : start + high] = row[v * lanes : v * lanes + high]
