"""The instructions on tiles of registers do what their NumPy counterparts in `tile_in_python.py` do."""

import numba
import numpy as np
import pytest
from agreement import normal
from numba import uintp

from convlab.kernels.cpu import register_tile as compiled
from convlab.kernels.cpu import tile_in_python as spoken
from convlab.kernels.cpu.register_tile import (
    ROWS,
    expect,
    larger,
    load,
    load_part,
    minus,
    outer_add,
    outer_add_at,
    place_of_larger,
    plus,
    product_add,
    store,
    store_part,
    store_part_transposed,
    store_runs,
    store_transposed,
    take,
    times,
    zipped,
)

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: the counterparts stand in for the instructions"
)
BOTH_TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
VECTORS = pytest.mark.parametrize("V", ROWS)


def numbers(size, dtype):
    return normal(np.random.default_rng(size), size, dtype)


@BOTH_TYPES
@VECTORS
def test_a_tile_is_loaded_added_to_and_stored(V, dtype):
    R, L = ROWS[V], compiled.lanes_of(np.dtype(dtype).itemsize)
    W = V * L

    @numba.njit
    def compute(a, rows, k, b, j, step, plain, turned):
        tile = load(b, uintp(3), uintp(0), R, V)
        tile = outer_add(tile, a, rows, uintp(1), uintp(k), b, uintp(j))
        tile = minus(plus(tile, load(b, uintp(1), uintp(5), R, V)), load(b, uintp(0), uintp(2), R, V))
        tile = times(tile, load(b, uintp(4), uintp(3), R, V))
        store(tile, plain, uintp(2), uintp(step))
        store_transposed(tile, turned, uintp(1), uintp(R + 2))

    a, b = numbers(200, dtype), numbers(6 * R + 3 * W + 20, dtype)
    rows = np.random.default_rng(0).integers(0, 150, R + 1).astype(np.uintp)
    step, size = W + 3, R * (W + 3) + W * (R + 2)
    plain, turned = np.full(size, -7, dtype), np.full(size, -7, dtype)
    compute(a, rows, 11, b, 9, step, plain, turned)

    tile = spoken.outer_add(spoken.load(b, 3, 0, R, V, L), a, rows, 1, np.uintp(11), b, 9)
    tile = spoken.minus(spoken.plus(tile, spoken.load(b, 1, 5, R, V, L)), spoken.load(b, 0, 2, R, V, L))
    tile = spoken.times(tile, spoken.load(b, 4, 3, R, V, L))
    expected, expected_turned = np.full(size, -7, dtype), np.full(size, -7, dtype)
    spoken.store(tile, expected, 2, step)
    spoken.store_transposed(tile, expected_turned, 1, R + 2)
    tolerance = 8 * np.finfo(dtype).eps * np.abs(tile).max()
    np.testing.assert_allclose(plain, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(turned, expected_turned, rtol=0, atol=tolerance)


@BOTH_TYPES
def test_parts_of_vectors_touch_nothing_else(dtype):
    L = compiled.lanes_of(np.dtype(dtype).itemsize)

    @numba.njit
    def compute(b, j, low, high, y, to, some):
        tile = load_part(b, j, low, high)
        store_part(zipped(tile, load(b, uintp(0), uintp(0), 1, 1)), y, to, some)

    b = numbers(3 * L, dtype)
    for low, high, some in [(0, L, 2 * L), (1, L - 1, L + 1), (-3, 2, 1), (2, L + 5, 0), (0, 0, 5 * L), (3, 2, -1)]:
        y, expected = np.full(4 * L, -7, dtype), np.full(4 * L, -7, dtype)
        compute(b, L, low, high, y, 2, some)
        part = spoken.load_part(b, L, low, min(high, L), L)
        if high < low:
            part[:] = 0
        spoken.store_part(spoken.zipped(part, spoken.load(b, 0, 0, 1, 1, L)), expected, 2, some)
        np.testing.assert_array_equal(y, expected)


@BOTH_TYPES
def test_a_part_of_a_square_is_turned_and_nothing_else_is_touched(dtype):
    L = compiled.lanes_of(np.dtype(dtype).itemsize)

    @numba.njit
    def compute(b, y, step, rows, columns):
        expect(b, places, uintp(1), uintp(5))  # changes nothing
        store_part_transposed(load(b, uintp(1), uintp(L + 1), L, 1), y, uintp(2), uintp(step), rows, columns)

    b, places = numbers(L * (L + 2), dtype), np.array([0, 7], np.uintp)
    for rows, columns, step in [
        (L, L, L),
        (1, L, L + 3),
        (L, 1, L),
        (L - 1, 2, 2 * L),
        (2, L - 1, 3),
        (0, L, L),
        (L, 0, L),
    ]:
        y, expected = np.full(2 * L * L + 3, -7, dtype), np.full(2 * L * L + 3, -7, dtype)
        compute(b, y, step, rows, columns)
        spoken.store_part_transposed(spoken.load(b, 1, L + 1, L, 1, L), expected, 2, step, rows, columns)
        np.testing.assert_array_equal(y, expected)


@BOTH_TYPES
@pytest.mark.parametrize(("R", "V"), [(1, 8), (3, 4), (8, 1)])
def test_runs_of_pixels(R, V, dtype):
    L = compiled.lanes_of(np.dtype(dtype).itemsize)

    @numba.njit
    def compute(a, rows, k, b, starts, y, places, step, high):
        tile = load(b, uintp(0), uintp(0), R, V)
        tile = outer_add_at(tile, a, rows, uintp(k), b, starts, uintp(1), uintp(4))
        store_runs(tile, y, places, uintp(1), uintp(step), high)

    a, b = numbers(60, dtype), numbers(V * L + 100, dtype)
    rng = np.random.default_rng(1)
    rows, starts = rng.integers(0, 40, R).astype(np.uintp), rng.integers(0, 60, V + 1).astype(np.uintp)
    places, step = (np.arange(V + 1) * (L + 2)).astype(np.uintp), (V + 2) * (L + 2)
    for high in (1, L - 1, L):
        y, expected = np.full(R * step + 2 * L, -7, dtype), np.full(R * step + 2 * L, -7, dtype)
        compute(a, rows, 5, b, starts, y, places, step, high)
        tile = spoken.outer_add_at(spoken.load(b, 0, 0, R, V, L), a, rows, np.uintp(5), b, starts, 1, np.uintp(4), L)
        spoken.store_runs(tile, expected, places.astype(np.int64), 1, step, high, L)
        np.testing.assert_allclose(y, expected, rtol=0, atol=8 * np.finfo(dtype).eps * np.abs(tile).max())


@BOTH_TYPES
@pytest.mark.parametrize(("R", "V"), [(1, 8), (3, 4), (8, 1)])
def test_products_along_the_lanes_leave_others_alone(R, V, dtype):
    L = compiled.lanes_of(np.dtype(dtype).itemsize)

    @numba.njit
    def compute(a, rows, k, b, cols, l, low, high, y):
        tile = load(b, uintp(0), uintp(1), R, V)
        tile = product_add(tile, a, rows, uintp(k), b, cols, uintp(2), uintp(l), low, high)
        store(tile, y, uintp(0), uintp(V * L))

    a, b = numbers(60 + L, dtype), numbers(V * L + 100, dtype)
    rng = np.random.default_rng(2)
    rows, cols = rng.integers(0, 40, R).astype(np.uintp), rng.integers(0, 60, V + 2).astype(np.uintp)
    tile = spoken.load(b, 0, 1, R, V, L)
    for low, high in [(0, L), (1, L), (0, L - 1), (1, 1)]:
        y = np.full(R * V * L, -7, dtype)
        compute(a, rows, 5, b, cols, 4, low, high, y)
        expected = spoken.product_add(tile, a, rows, np.uintp(5), b, cols, 2, np.uintp(4), low, high, L)
        np.testing.assert_allclose(y, expected.ravel(), rtol=0, atol=8 * np.finfo(dtype).eps * np.abs(expected).max())
        for v in range(V):
            same = [lane for lane in range(L) if not low <= lane < high]
            np.testing.assert_array_equal(y.reshape(R, V, L)[:, v, same], tile.reshape(R, V, L)[:, v, same])


def test_every_task_is_taken_once():
    @numba.njit(parallel=True)
    def compute(counter, taken):
        for _ in numba.prange(4):
            task = take(counter)
            while task < taken.size:
                taken[task] += 1
                task = take(counter)

    counter, taken = np.zeros(1, np.int64), np.zeros(10_000, np.int64)
    compute(counter, taken)
    assert (taken == 1).all()
    assert counter[0] == taken.size + 4


@BOTH_TYPES
@VECTORS
def test_the_larger_number_and_its_name_are_kept(V, dtype):
    L = compiled.lanes_of(np.dtype(dtype).itemsize)
    W = V * L

    @numba.njit
    def compute(a, names, best, at):
        most, where = load(a, uintp(0), uintp(0), 1, V), load(a, uintp(1), uintp(0), 1, V)
        value = load(a, uintp(2), uintp(0), 1, V)
        store(place_of_larger(where, most, names, uintp(1), value), at, uintp(0), uintp(0))
        store(larger(most, value), best, uintp(0), uintp(0))

    a, names = np.round(numbers(W + 2, dtype)), np.array([5, 7], dtype)  # rounded: some are equal
    a[::7] = np.nan  # never larger
    best, at = np.empty(W, dtype), np.empty(W, dtype)
    compute(a, names, best, at)
    most, where, value = (spoken.load(a, j, 0, 1, V, L) for j in range(3))
    np.testing.assert_array_equal(best, spoken.larger(most, value)[0])
    np.testing.assert_array_equal(at, spoken.place_of_larger(where, most, names, 1, value)[0])
    assert (at == 7).any() and (at != 7).any()
