"""The predictions of lesson 09: every answer, and wrong ones it replies to, computed anew."""

import numpy as np
import pytest
from every import answer, replies
from numba import njit, prange

from convlab import plots
from convlab.grading.exercises.questions_09 import QUESTIONS as LESSON
from convlab.race import find_race


def test_there_are_enough():
    assert len(LESSON) >= 6 and all(question.lesson == "09" for question in LESSON)


def test_flops():
    case = plots.TileCase((1, 3, 40, 60), (8, 3, 3, 3), 8, 2)
    assert answer("09_flops") == case.flops / np.prod(case.y_shape)


def test_view():
    image = np.zeros((40, 60), np.float32)
    view = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    assert view.shape == (38, 58, 3, 3) and np.shares_memory(view, image)
    assert answer("09_view") == 0
    assert {view.nbytes, view.size, image.nbytes, 4 * view[..., 0, 0].size} == set(replies("09_view"))


def test_im2col():
    image = np.zeros((500, 700))
    columns = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    assert columns.size / image.size == pytest.approx(answer("09_im2col"), abs=0.1)


def test_kinds():
    @njit
    def total(x):
        return x.sum()

    x = np.zeros((4, 6), np.float32)
    for images in (x, np.zeros((3, 5), np.float32), x.astype(float), x[:, ::2]):
        total(images)
    assert answer("09_kinds") == len(total.signatures)


def test_pays():
    assert answer("09_pays") == next(n for n in range(1, 99) if 3 + 0.01 * n < 2 * n)


def test_registers():
    case = plots.TileCase((1, 64, 56, 56), (64, 64, 3, 3), 8, 3)
    assert answer("09_registers") == case.registers <= case.there_are
    assert plots.TileCase((1, 64, 56, 56), (64, 64, 3, 3), 10, 3).registers == 34
    assert {case.multiply_adds, case.multiply_adds * case.lanes, case.registers - 1} <= set(replies("09_registers"))


def test_ridge():
    assert answer("09_ridge") == 200 / 10
    assert {10 / 200, 200 * 10, 4 * 20, 20 / 4} == set(replies("09_ridge"))


def over(axis):
    def conv(x, w):
        y = np.zeros((w.shape[0], x.shape[1]))
        first, second = (w.shape[0], x.shape[0]) if axis == "o" else (x.shape[0], w.shape[0])
        for a in prange(first):
            for b in range(second):
                o, c = (a, b) if axis == "o" else (b, a)
                for j in range(x.shape[1]):
                    y[o, j] += x[c, j] * w[o, c]
        return y

    return find_race(conv, np.ones((3, 4)), np.ones((2, 3)))


def test_owners():
    assert answer("09_owners") == "over the filters o"
    assert over("o") == "" and over("c")


def test_threads():
    assert answer("09_threads") == 6 / 2 + 4
    assert 8 / 2 + 4 == 8
