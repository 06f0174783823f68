"""What is special about the exercises of lesson 13: kernels, and what goes wrong with them in the way of a GPU."""

import numpy as np
import pytest
from answers_13 import ANSWERS
from numba import cuda

from convlab.grading import diagnose
from convlab.grading.engine import Outcome
from convlab.grading.exercises import find, lesson_13
from convlab.simt import launch

PAIRS = [(name, style) for name, styles in ANSWERS.items() for style in styles]


@pytest.mark.parametrize(("name", "style"), PAIRS)
def test_right_answers_in_other_styles(name, style):
    verdict = diagnose(find(name), ANSWERS[name][style], seed=5)
    assert verdict.outcome is Outcome.RIGHT, verdict.sentence


@pytest.mark.parametrize("exercise", lesson_13.EXERCISES, ids=lambda e: e.name)
def test_every_mistake_fails_and_is_named(exercise):
    for mutant in exercise.mutants:
        verdict = diagnose(exercise, mutant.function, seed=3)
        assert verdict.points == 0
        assert (verdict.mutant, verdict.sentence) == (mutant.name, mutant.sentence)


@cuda.jit
def scatter(dy, w, stride, dx):
    n = cuda.grid(1)
    if n < dy.size:
        i, j = n // dy.shape[1], n % dy.shape[1]
        for k in range(w.shape[0]):
            for l in range(w.shape[1]):
                dx[i * stride + k, j * stride + l] += dy[i, j] * w[k, l]


def scattered(dy, w, H, W, stride=1):
    dx = np.zeros((H, W))
    launch(scatter, 4, 32, dy, w, stride, dx)
    return dx


def test_a_race_is_named():
    verdict = diagnose(find("grad_input_gpu"), scattered, seed=0)
    assert verdict.outcome is Outcome.CRASHED and verdict.points == 0
    assert "a race: thread 1 of block 0 reads dx[" in verdict.sentence


@cuda.jit
def no_guard(x, w, b, stride, y):
    n = cuda.grid(1)
    y[n // (y.shape[1] * y.shape[2]), n // y.shape[2] % y.shape[1], n % y.shape[2]] = b[0]


def unguarded(x, w, b, stride=1):
    y = np.zeros(lesson_13._conv2d_gpu(x, w, b, stride).shape)
    launch(no_guard, -(-y.size // 32), 32, x, w, b, stride, y)
    return y


def test_a_thread_beyond_the_end_is_named():
    verdict = diagnose(find("conv2d_gpu"), unguarded, seed=0)
    assert verdict.outcome is Outcome.CRASHED and "but y has the shape" in verdict.sentence


@cuda.jit
def without_barrier(x, y):
    part = cuda.shared.array(32, np.float64)
    i, t = cuda.grid(1), cuda.threadIdx.x
    part[t] = x[i] if i < x.size else 0
    if t == 0:
        for other in range(cuda.blockDim.x):
            y[cuda.blockIdx.x] += part[other]


def unsynchronised(x, threads):
    y = np.zeros(-(-len(x) // threads))
    launch(without_barrier, len(y), threads, x, y)
    return y


def test_a_missing_barrier_is_a_wrong_answer():
    verdict = diagnose(find("block_sums"), unsynchronised, seed=0)
    assert verdict.points == 0


def test_an_empty_kernel_is_not_attempted():
    @cuda.jit
    def empty(x, y):
        raise NotImplementedError()

    def answer(x, threads):
        y = np.zeros(1)
        launch(empty, 1, threads, x, y)
        return y

    assert diagnose(find("block_sums"), answer).outcome is Outcome.NOT_ATTEMPTED
