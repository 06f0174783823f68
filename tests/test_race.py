"""Races in loops over prange: found where they are, and nowhere else."""

import numba
import numpy as np
import pytest
from numba import njit, prange

from convlab.race import find_race

X, W = np.arange(24.0).reshape(2, 3, 4), np.ones((5, 3))


@njit
def add_up(x, w, out):
    for c in range(len(w)):
        out[0] += x[c] * w[c]


def summed_axis(x, w):
    y = np.zeros((x.shape[0], w.shape[0]))
    for c in prange(x.shape[1]):
        for n in range(x.shape[0]):
            for o in range(w.shape[0]):
                y[n, o] += x[n, c, 0] * w[o, c]
    return y


def shared_scratch(x, w):
    y, scratch = np.empty(w.shape[0]), np.empty(1)
    for o in numba.prange(w.shape[0]):
        scratch[0] = 0
        add_up(x[0, :, 0], w[o], scratch)
        y[o] = scratch[0]
    return y


def neighbour(x, w):
    y = np.zeros(w.shape[0])
    for o in prange(1, w.shape[0]):
        y[o] = y[o - 1] + w[o, 0]
    return y


def rows_by_slice(x, w):
    y = np.zeros((x.shape[0], w.shape[0]))
    for o in prange(w.shape[0]):
        y[0] += w[o, 0]
    return y


def through_a_view(x, w):
    y = np.zeros((x.shape[0], w.shape[0]))
    for o in prange(w.shape[0]):
        row = y[1]
        row[0] = o
    return y


RACES = [summed_axis, shared_scratch, neighbour, rows_by_slice, through_a_view]


@pytest.mark.parametrize("function", RACES, ids=lambda f: f.__name__)
def test_a_race_is_found(function):
    for runs in (function, njit(parallel=True)(function)):
        said = find_race(runs, X, W)
        assert said.startswith("iterations ") and "left to chance" in said


def test_the_place_is_told():
    assert "iterations 0 and 1 of `prange` meet at place [0, 0] of one array" in find_race(summed_axis, X, W)


def outputs(x, w):
    y = np.zeros((x.shape[0], w.shape[0]))
    for n in prange(x.shape[0]):
        for o in prange(w.shape[0]):  # inside of the other: a plain loop
            for c in range(x.shape[1]):
                y[n, o] += x[n, c, 0] * w[o, c]
    return y


def own_scratch(x, w):
    y = np.empty(w.shape[0])
    for o in prange(w.shape[0]):
        scratch = np.zeros(1)
        add_up(x[0, :, 0], w[o], scratch)
        y[o] = scratch[0]
    return y


def one_loop_after_the_other(x, w):
    y = np.zeros(w.shape[0])
    for o in prange(w.shape[0]):
        y[o] = o
    for o in prange(w.shape[0]):
        y[w.shape[0] - 1 - o] += 1
    return y


def total(x, w):
    sums, all_of_it = np.zeros(1), 0.0
    for o in prange(w.shape[0]):
        all_of_it += w[o, 0]
    sums[0] = all_of_it
    return sums


@pytest.mark.parametrize("function", [outputs, own_scratch, one_loop_after_the_other, total], ids=lambda f: f.__name__)
def test_no_race_where_none_is(function):
    assert find_race(function, X, W) == find_race(njit(parallel=True)(function), X, W) == ""


def test_arguments_are_not_changed_and_other_errors_are_not_races():
    def spoils(x):
        x[0] = 7
        return x[99]

    x = np.zeros(3)
    assert find_race(spoils, x) == "" and not x.any()
