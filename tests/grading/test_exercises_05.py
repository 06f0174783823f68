"""The exercises of lesson 05: references, learners' own mistakes, and what else `test_every_exercise.py` does not ask."""

from math import prod

import numpy as np
import pytest
from scipy import signal

from convlab import nn
from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_05 import EXERCISES as LESSON

BY_NAME = pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)


# The references against other libraries -------------------------------------------------------------------------------


def scipy_maps(x, w):
    return np.array([signal.correlate2d(channel, kernel, mode="valid") for channel, kernel in zip(x, w)])


def scipy_layer(x, w, b):
    return np.array([[scipy_maps(image, taps).sum(axis=0) + bias for taps, bias in zip(w, b)] for image in x])


def parameters_of_a_layer(in_channels, out_channels, kernel_size, bias):
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)
    return sum(parameter.data.size for parameter in layer.parameters())


def multiply_adds_of_a_layer(x_shape, w_shape, stride, padding):
    layer = nn.Conv2d(w_shape[1], w_shape[0], w_shape[2:], stride, padding)
    return x_shape[0] * layer.summary(x_shape[1:]).multiply_adds


OTHER = {
    "channel_maps": scipy_maps,
    "conv_layer": scipy_layer,
    "conv2d_parameters": parameters_of_a_layer,
    "conv2d_multiplications": multiply_adds_of_a_layer,
}


@pytest.mark.parametrize("name", OTHER)
def test_reference_equals_another_library(name):
    for probe in find(name).draw(seed=11):
        np.testing.assert_allclose(
            find(name).reference(*probe.args, **probe.kwargs), OTHER[name](*probe.args, **probe.kwargs), atol=1e-12
        )


def test_the_decks_counts():
    assert find("conv2d_parameters").reference(3, 10, (5, 5)) == 760
    assert find("conv2d_parameters").reference(3, 16, (2, 2), bias=False) == 16 * 3 * 2 * 2
    assert find("conv2d_multiplications").reference((1, 3, 32, 32), (1, 3, 5, 5)) == 28 * 28 * 5 * 5 * 3
    assert find("conv2d_multiplications").reference((1, 3, 32, 32), (1, 3, 5, 5), 2, 2) == 19200  # said in the exercise


# Wrong answers --------------------------------------------------------------------------------------------------------


# Mistakes as learners write them, in loops of their own, not in the mutants' code.


def learner(total="b[o]", channels="range(C)", kernel="w[o, c, u, v]", image="x[n, c, i + u, j + v]", add="total +="):
    """Source of a conv_layer in loops with one line changed."""
    source = f"""
def conv_layer(x, w, b):
    N, C, H, W = x.shape
    O, C, KH, KW = w.shape
    y = np.zeros((N, O, H - KH + 1, W - KW + 1))
    for n in range(N):
        for o in range(O):
            for i in range(H - KH + 1):
                for j in range(W - KW + 1):
                    total = {total}
                    for c in {channels}:
                        for u in range(KH):
                            for v in range(KW):
                                {add} {image} * {kernel}
                    y[n, o, i, j] = total
    return y
"""
    namespace = {"np": np}
    exec(source, namespace)
    return namespace["conv_layer"]


@pytest.mark.parametrize(
    ("changes", "mutant"),
    [
        ({"channels": "range(1)"}, "first channel only"),
        ({"channels": "[C - 1]"}, "last channel only"),
        ({"kernel": "w[o, 0, u, v]"}, "one kernel for all channels"),
        ({"kernel": "w[0, c, u, v]"}, "first filter for all"),
        ({"image": "x[0, c, i + u, j + v]"}, "first image for all"),
        ({"total": "0"}, "bias forgotten"),
        ({"total": "b[0]"}, "first bias for all"),
        ({"add": "total += b[o] +", "total": "0"}, "bias added per tap"),
        ({"kernel": "w[o, c, KH - 1 - u, KW - 1 - v]"}, "kernel flipped"),
    ],
    ids=str,
)
def test_mistakes_in_a_learners_loops(changes, mutant):
    assert diagnose(find("conv_layer"), learner(), 0).outcome is Outcome.RIGHT
    for seed in range(4):
        assert diagnose(find("conv_layer"), learner(**changes), seed).mutant == mutant


def test_a_count_that_is_off_by_one_is_wrong():
    for name in ("conv2d_parameters", "conv2d_multiplications"):
        right = find(name).reference
        verdict = diagnose(find(name), lambda *args, right=right, **options: right(*args, **options) + 1, 0)
        assert verdict.outcome is Outcome.WRONG


def test_a_mistake_that_no_mutant_knows_is_described_by_where_it_shows():
    verdict = diagnose(find("conv2d_multiplications"), lambda x, w, stride=1, padding=0: prod(x), 0)
    assert (verdict.outcome, verdict.mutant) == (Outcome.WRONG, "")
    assert "expected" in verdict.sentence


# Definitions ----------------------------------------------------------------------------------------------------------


def test_probes_of_counts_say_their_numbers():
    for name in ("conv2d_parameters", "conv2d_multiplications"):
        for probe in find(name).draw(0):
            shapes = [str(arg) if isinstance(arg, int) else str(arg[-1]) for arg in probe.args]
            assert all(number in probe.label for number in shapes), probe.label
