"""The exercises of lesson 06: references, learners' own mistakes, and what else `test_every_exercise.py` does not ask."""

import numpy as np
import pytest
from answers_06 import max_pool_grad_scatter, windows
from scipy import signal

from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_06 import EXERCISES as LESSON

BY_NAME = pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)


# The references against other libraries, and against central differences ----------------------------------------------


def scipy_average(x, kernel_size, stride):
    mean = np.full((1, 1, kernel_size, kernel_size), 1 / kernel_size**2)
    return signal.correlate(x, mean, mode="valid", method="direct")[:, :, ::stride, ::stride]


@pytest.mark.parametrize("seed", range(2))
def test_average_equals_scipy(seed):
    for probe in find("avg_pool").draw(seed):
        want = scipy_average(*probe.args, **probe.kwargs)
        np.testing.assert_allclose(find("avg_pool").reference(*probe.args, **probe.kwargs), want, atol=1e-12)


@pytest.mark.parametrize("seed", range(2))
def test_largest_equals_sorted_windows(seed):
    for probe in find("max_pool").draw(seed):
        (x,), K, s = probe.args, probe.kwargs["kernel_size"], probe.kwargs["stride"]
        y = find("max_pool").reference(x, K, s)
        assert y.shape[2:] == tuple(len(range(0, M - K + 1, s)) for M in x.shape[2:])
        for n, c, i, j in np.ndindex(y.shape):
            assert y[n, c, i, j] == sorted(x[n, c, i * s : i * s + K, j * s : j * s + K].ravel().tolist())[-1]


@pytest.mark.parametrize("name", ["max_pool", "avg_pool"])
def test_gradients_equal_central_differences_where_there_are_no_ties(name):
    forward, step = find(name).reference, 1e-3  # numbers are 0.1 or more apart, and pooling is linear in between
    for probe in find(f"{name}_grad").draw(0)[:7]:
        dy, x = probe.args
        slopes = np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[place] += step
            down[place] -= step
            rise = forward(up, **probe.kwargs) - forward(down, **probe.kwargs)
            slopes[place] = (dy * rise).sum() / (2 * step)
        np.testing.assert_allclose(find(f"{name}_grad").reference(dy, x, **probe.kwargs), slopes, atol=1e-6)


def test_the_first_of_equals_wins_row_by_row():
    x = np.array([[[[5.0, 5], [0, 5]]]])
    dx = find("max_pool_grad").reference(np.full((1, 1, 1, 1), 6.0), x, 2, 2)
    assert dx.tolist() == [[[[6, 0], [0, 0]]]]


def test_tolerance_by_hand():
    bar = np.zeros((1, 1, 8, 8))
    bar[..., 2:6, 2:4] = 9
    tolerance = find("shift_tolerance").reference
    assert tolerance(bar, 1, 2) == pytest.approx([1 - 18 / 54])
    assert tolerance(bar, 1, 4) == pytest.approx([1 - 18 / 54])
    assert tolerance(bar, 2, 2) == pytest.approx([0])
    centred = np.roll(bar, -1, axis=3)  # columns 1 and 2: both moves stay within a window of 4
    assert tolerance(centred, 1, 4) == pytest.approx([1])


# Right answers --------------------------------------------------------------------------------------------------------


def test_other_names_for_the_arguments_are_right_where_they_are_positional():
    def max_pool_grad(upstream, images, kernel_size, stride):
        return max_pool_grad_scatter(upstream, images, kernel_size, stride)

    assert diagnose(find("max_pool_grad"), max_pool_grad, 0).outcome is Outcome.RIGHT


# Wrong answers --------------------------------------------------------------------------------------------------------


# Mistakes as learners write them, in loops of their own, not in the mutants' code.


def learner(begin="x[n, c, i * s, j * s]", rows="i * s", out="K", better=">"):
    """Source of a max_pool in loops with one line changed."""
    columns = rows.replace("i", "j", 1)
    source = f"""
def max_pool(x, kernel_size, stride):
    K, s = kernel_size, stride
    N, C, H, W = x.shape
    y = np.zeros((N, C, (H - K) // s + 1, (W - K) // s + 1))
    for n in range(N):
        for c in range(C):
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    best = {begin}
                    for u in range({out}):
                        for v in range({out}):
                            value = x[n, c, {rows} + u, {columns} + v]
                            if value {better} best:
                                best = value
                    y[n, c, i, j] = best
    return y
"""
    namespace = {"np": np}
    exec(source, namespace)
    return namespace["max_pool"]


def test_the_unchanged_loops_are_right():
    assert diagnose(find("max_pool"), learner(), 0).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("changes", "mutant"),
    [
        ({"begin": "0"}, "maximum begins at zero"),
        ({"rows": "i", "begin": "-np.inf"}, "window start without stride"),
        ({"out": "K - 1"}, "window too small"),
        ({"better": "<"}, ""),
    ],
    ids=str,
)
def test_mistakes_in_a_learners_loops(changes, mutant):
    for seed in range(3):
        verdict = diagnose(find("max_pool"), learner(**changes), seed)
        assert (verdict.outcome, verdict.mutant) == (Outcome.WRONG, mutant)


@pytest.mark.parametrize(
    ("line", "mutant"),
    [
        ("part += dy[n, c, i, j] * (window == window.max())", "every tied maximum gets the gradient"),
        (
            "part += dy[n, c, i, j] * (window == window.max()) / (window == window.max()).sum()",
            "ties share the gradient",
        ),
        ("part[np.unravel_index(window.argmax(), window.shape)] = dy[n, c, i, j]", "overwritten"),
        ("part[np.unravel_index(window.argmax(), window.shape)] += 1", "dy forgotten"),
        ("part += dy[n, c, i, j]", "whole window gets the gradient"),
        ("dx[n, c].ravel()[window.argmax()] += dy[n, c, i, j]", ""),
    ],
)
def test_mistakes_in_a_learners_way_back(line, mutant):
    source = f"""
def max_pool_grad(dy, x, kernel_size, stride):
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dy.shape):
        place = n, c, slice(i * stride, i * stride + kernel_size), slice(j * stride, j * stride + kernel_size)
        window, part = x[place], dx[place]
        {line}
    return dx
"""
    namespace = {"np": np}
    exec(source, namespace)
    for seed in range(3):
        verdict = diagnose(find("max_pool_grad"), namespace["max_pool_grad"], seed)
        assert (verdict.outcome, verdict.mutant) == (Outcome.WRONG, mutant)


def test_a_mistake_that_shows_with_ties_only_says_so():
    def max_pool_grad(dy, x, kernel_size, stride):  # any one of the equals wins
        jitter = x + np.random.default_rng(0).uniform(0, 1e-6, x.shape)
        return find("max_pool_grad").reference(dy, jitter, kernel_size, stride)

    verdict = diagnose(find("max_pool_grad"), max_pool_grad, 0)
    assert verdict.outcome is Outcome.WRONG
    assert "equal numbers in a window" in verdict.sentence


# Definitions ----------------------------------------------------------------------------------------------------------


def test_probes_leave_nothing_out():
    for name in ("max_pool", "max_pool_grad", "avg_pool", "avg_pool_grad"):
        probes = find(name).draw(0)
        shapes = [(probe.args[-1].shape, probe.kwargs["kernel_size"], probe.kwargs["stride"]) for probe in probes]
        assert any(s < K for _, K, s in shapes) and any(s > K for _, K, s in shapes)
        assert any(N > 1 and C > 1 and H != W and s != K for (N, C, H, W), K, s in shapes)
        assert any((H - K) % s for (_, _, H, _), K, s in shapes)


def test_ties_are_there_where_they_are_meant_and_nowhere_else():
    for probe in find("max_pool_grad").draw(3):
        x, K, s = probe.args[1], probe.kwargs["kernel_size"], probe.kwargs["stride"]
        flat = windows(x, K, s).reshape(-1, K * K)
        tied = ((flat == flat.max(axis=1, keepdims=True)).sum(axis=1) > 1).any()
        assert tied == any(trait.special == "equal numbers in a window" for trait in probe.traits)
