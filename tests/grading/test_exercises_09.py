"""What is special about the exercises of lesson 09: how a compiled function must run, beside giving the right numbers."""

import dataclasses

import numba
import numpy as np
import pytest
from answers_09 import ANSWERS
from boxes import cells, need
from numba import jit, njit, prange

from convlab import reference
from convlab.grading import Outcome, diagnose
from convlab.grading.compiled import Peak
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_09 import EXERCISES as LESSON
from convlab.grading.exercises.lesson_09 import MOST_BYTES
from convlab.grading.judging import Judge

COMPILED = ("conv2d_numba", "conv2d_parallel")
compiled = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="about compiling, which NUMBA_DISABLE_JIT=1 turns off"
)


@pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)
def test_mutants_are_named(exercise):
    for mutant in exercise.mutants:
        verdict = diagnose(exercise, mutant.function, 4)
        assert (verdict.outcome, verdict.mutant, verdict.points) == (Outcome.WRONG, mutant.name, 0), verdict.sentence


# The references, beside the textbook -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMPILED)
def test_the_reference_is_the_textbooks_convolution(name):
    for probe in find(name).draw(0)[:-1]:
        np.testing.assert_allclose(
            find(name).reference(*probe.args, **probe.kwargs), reference.conv2d(*probe.args, **probe.kwargs), atol=1e-12
        )


def test_the_tiled_reference_is_the_textbooks_with_the_filters_last():
    for probe in find("conv2d_tiled").draw(0)[:-1]:
        x, w, b = probe.args
        expected = reference.conv2d(x[None], w.transpose(3, 0, 1, 2), b)[0]
        np.testing.assert_allclose(find("conv2d_tiled").reference(x, w, b), expected, atol=1e-12)


def test_the_work_is_what_the_loops_do():
    for probe in find("count_work").draw(1)[:5]:
        x, w = (np.ones(shape) for shape in probe.args)
        y = reference.conv2d(x, w, **probe.kwargs)
        whole = reference.conv2d(np.ones((1, *x.shape[1:])), w, stride=probe.kwargs["stride"])  # every tap counts 1
        flops, moved, ratio = find("count_work").reference(*probe.args, **probe.kwargs)
        assert flops == 2 * y.size * whole[0, 0, 0, 0] and moved == 4 * (x.size + w.size + y.size)
        assert ratio == pytest.approx(flops / moved)


def test_two_numbers_or_a_table_are_not_three_numbers():
    verdict = diagnose(find("count_work"), lambda x_shape, w_shape, stride=1, padding=0: np.ones(2))
    assert verdict.outcome is Outcome.WRONG and verdict.sentence.startswith("Three numbers come back")


# How it runs -----------------------------------------------------------------------------------------------------------


def plain(x, w, b, stride=1):
    N, _, H, W = x.shape
    O, _, KH, KW = w.shape
    y = np.zeros((N, O, (H - KH) // stride + 1, (W - KW) // stride + 1))
    for n in range(N):
        for o in range(O):
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    window = x[n, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
                    y[n, o, i, j] = (window * w[o]).sum() + b[o]
    return y


@njit
def im2col(x, w, b, stride=1):
    N, C, H, W = x.shape
    O, _, KH, KW = w.shape
    OH, OW = (H - KH) // stride + 1, (W - KW) // stride + 1
    windows = np.empty((N * OH * OW, C * KH * KW))
    for k in range(len(windows)):
        n, i, j = k // (OH * OW), k // OW % OH, k % OW
        for c in range(C):
            for u in range(KH):
                for v in range(KW):
                    windows[k, (c * KH + u) * KW + v] = x[n, c, i * stride + u, j * stride + v]
    y = np.empty((N, O, OH, OW))
    for k in range(len(windows)):
        for o in range(O):
            total = b[o]
            for tap in range(windows.shape[1]):
                total += windows[k, tap] * w[o].ravel()[tap]
            y[k // (OH * OW), o, k // OW % OH, k % OW] = total
    return y


@njit(parallel=True)
def race(x, w, b, stride=1):
    N, C, H, W = x.shape
    O, _, KH, KW = w.shape
    y = np.zeros((N, O, (H - KH) // stride + 1, (W - KW) // stride + 1))
    for o in range(O):
        y[:, o] = b[o]
    for c in prange(C):
        for n in range(N):
            for o in range(O):
                for i in range(y.shape[2]):
                    for j in range(y.shape[3]):
                        for u in range(KH):
                            for v in range(KW):
                                y[n, o, i, j] += x[n, c, i * stride + u, j * stride + v] * w[o, c, u, v]
    return y


@pytest.mark.parametrize("name", COMPILED)
def test_a_function_that_python_runs_is_told_so_without_a_wait(name):
    verdict = diagnose(find(name), plain)
    assert (verdict.outcome, verdict.mutant, verdict.points) == (Outcome.WRONG, "", 0)
    assert (
        verdict.sentence.startswith("The numbers are right, but Python itself runs it") and "@njit" in verdict.sentence
    )


@compiled
def test_object_mode_is_not_enough():
    verdict = diagnose(find("conv2d_numba"), jit(forceobj=True)(plain))
    assert verdict.outcome is Outcome.WRONG and "object mode" in verdict.sentence


@compiled
def test_a_compiled_loop_that_is_not_shared_out_is_not_parallel():
    assert diagnose(find("conv2d_numba"), ANSWERS["conv2d_numba"]["slices"]).outcome is Outcome.RIGHT
    for function in (ANSWERS["conv2d_numba"]["slices"], njit(parallel=True)(ANSWERS["conv2d_numba"]["slices"].py_func)):
        verdict = diagnose(find("conv2d_parallel"), function)
        assert verdict.outcome is Outcome.WRONG and "shared out" in verdict.sentence


@compiled
@pytest.mark.parametrize("name", COMPILED)
def test_a_matrix_of_all_windows_is_found_by_the_memory_it_takes(name):
    function = im2col if name == "conv2d_numba" else njit(parallel=True)(_with_prange())
    verdict = diagnose(find(name), function)
    assert verdict.outcome is Outcome.WRONG and "(im2col)" in verdict.sentence, verdict.sentence
    assert verdict.sentence.startswith("Right with small images, but wrong with a large one.")


def _with_prange():
    @njit(parallel=True)
    def conv2d_parallel(x, w, b, stride=1):
        y = im2col(x, w, b, stride)
        for n in prange(len(y)):
            y[n] += 0
        return y

    return conv2d_parallel.py_func


def test_the_large_probe_leaves_room_for_a_result_and_none_for_the_matrix():
    for name in (*COMPILED, "conv2d_tiled"):
        exercise = find(name)
        *_, large = exercise.draw(0)
        y = exercise.reference(*large.args, **large.kwargs)
        taps = large.args[1].size // y.shape[-3]
        assert 8 * y.size < MOST_BYTES / 10 and 8 * (y.size // y.shape[-3]) * taps > 2 * MOST_BYTES
        assert exercise.compiled.most_bytes == MOST_BYTES


def test_a_peak_is_measured_even_if_the_memory_is_given_back():
    def fill(megabytes):
        return float(np.ones(megabytes * 125_000).sum())

    fill(300)  # what was there before does not hide it
    with Peak() as peak:
        fill(100)
    assert 90e6 < peak.bytes < 150e6
    with Peak() as peak:
        fill(1)
    assert peak.bytes < 40e6


@compiled
def test_a_race_is_found_though_its_numbers_may_come_out_right():
    verdict = diagnose(find("conv2d_parallel"), race)
    assert (verdict.outcome, verdict.points) == (Outcome.WRONG, 0)
    assert "Iterations 0 and 1 of `prange` meet at place [0, 0, 0, 0]" in verdict.sentence
    assert "left to chance" in verdict.sentence


@compiled
def test_wrong_numbers_come_first():
    def no_bias(x, w, b, stride=1):
        return plain(x, w, 0 * b, stride)

    assert diagnose(find("conv2d_numba"), no_bias).mutant == "bias forgotten"
    assert diagnose(find("conv2d_numba"), njit(lambda x, w, b, stride=1: x)).outcome is Outcome.WRONG


@compiled
def test_what_numba_cannot_compile_is_explained():
    @njit
    def conv2d_numba(x, w, b, stride=1):
        return np.pad(x, 1)

    verdict = diagnose(find("conv2d_numba"), conv2d_numba)
    assert verdict.outcome is Outcome.CRASHED and verdict.points == 0


# The same in the worker's process, which a class is graded by -------------------------------------------------------------

SETUP = "import numpy as np\nfrom numba import njit, prange"
WORKER = {
    "right": ("conv2d_numba", "@njit\n", Outcome.RIGHT, "Right on all"),
    "plain": ("conv2d_numba", "", Outcome.WRONG, "Python itself runs it"),
    "im2col": ("im2col", "@njit\n", Outcome.WRONG, "(im2col)"),
    "parallel": ("conv2d_parallel", "@njit(parallel=True)\n", Outcome.RIGHT, "Right on all"),
    "not parallel": ("conv2d_parallel", "@njit\n", Outcome.WRONG, "shared out"),
    "race": ("race", "@njit(parallel=True)\n", Outcome.WRONG, "meet at place"),
}
SOURCES = {"conv2d_numba": plain, "conv2d_parallel": plain, "im2col": im2col, "race": race}


@compiled
@pytest.mark.classes
@pytest.mark.parametrize("tier", ["bubblewrap", "rlimits"])
def test_the_worker_looks_at_the_same(tier):
    import inspect

    need(tier)
    with Judge(tier) as judge:
        for case, (source, decorator, outcome, words) in WORKER.items():
            name = {"im2col": "conv2d_numba", "race": "conv2d_parallel"}.get(source, source)
            text = inspect.getsource(getattr(SOURCES[source], "py_func", SOURCES[source]))
            text = decorator + text[text.index("def ") :].replace(f"def {SOURCES[source].__name__}", f"def {name}")
            if case == "parallel":
                text = text.replace("for n in range", "for n in prange")
            entry, _ = judge.grade_one(cells(SETUP, text), dataclasses.replace(find(name)), 5)
            assert (entry.outcome, words in entry.sentence) == (outcome, True), f"{case}: {entry.sentence}"
