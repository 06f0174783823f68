"""The exercises of lesson 04: references, learners' own mistakes, and what else `test_every_exercise.py` does not ask."""

import itertools

import numpy as np
import pytest
from answers_04 import conv_by_loops, counted, poked

from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_04 import EXERCISES as LESSON
from convlab.grading.exercises.lesson_04 import FAMOUS

BY_NAME = pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)


# Right answers, each computed in a way of its own ---------------------------------------------------------------------


def test_the_famous_network_sees_195_pixels():
    assert find("receptive_field").reference(list(FAMOUS)) == poked(FAMOUS) == 195


# Wrong answers --------------------------------------------------------------------------------------------------------


# Mistakes as learners write them, not in the mutants' code.


def slide_in_whole_numbers(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel - 1) - 1 + 1) // stride


def rounded_to_the_nearest(size, kernel, stride=1, padding=0, dilation=1):
    return round((size + 2 * padding - (dilation * (kernel - 1) + 1)) / stride) + 1


def loop_that_stops_early(size, kernel, stride=1, padding=0, dilation=1):
    return len(range(0, size + 2 * padding - dilation * (kernel - 1) - 1, stride))


def rim_forgotten_in_the_size(x, w, stride=1, padding=0, dilation=1):
    (H, W), (KH, KW) = x.shape, w.shape
    padded = np.pad(x, padding)
    y = np.zeros((counted(H, KH, stride, 0, dilation), counted(W, KW, stride, 0, dilation)))
    for i, j, u, v in itertools.product(*map(range, (*y.shape, KH, KW))):
        y[i, j] += padded[i * stride + u * dilation, j * stride + v * dilation] * w[u, v]
    return y


def stride_updated_first(layers):
    field, apart = 1, 1
    for kernel, stride in layers:
        apart *= stride
        field += (kernel - 1) * apart
    return field


@pytest.mark.parametrize(
    ("name", "function", "mutant"),
    [
        ("out_size", slide_in_whole_numbers, "one too few"),
        ("out_size", rounded_to_the_nearest, "rounded up"),
        ("out_size", lambda size, kernel, stride=1, padding=0, dilation=1: (size - kernel) / stride + 1, ""),
        ("pad", lambda x, padding: np.pad(x, [(padding, padding)] * 4), "batch and channels padded too"),
        ("pad", lambda x, padding: np.pad(x, ((0, 0), (0, 0), (padding, 0), (padding, 0))), ""),
        ("strided_conv", lambda x, w, stride=1, padding=0, dilation=1: conv_by_loops(x, w, stride), ""),
        ("strided_conv", rim_forgotten_in_the_size, "padding cropped"),
        ("receptive_field", stride_updated_first, "own stride counted"),
        ("receptive_field", lambda layers: 1 + sum(k - 1 for k, s in layers), "strides forgotten"),
    ],
    ids=str,
)
def test_mistakes_in_a_learners_own_words(name, function, mutant):
    for seed in range(3):
        verdict = diagnose(find(name), function, seed)
        assert (verdict.outcome, verdict.mutant) == (Outcome.WRONG, mutant), verdict.sentence
        assert len(verdict.sentence) > 15


def test_a_loop_that_stops_early_is_too_small_at_stride_1():
    assert loop_that_stops_early(7, 3) == 4
    assert diagnose(find("out_size"), loop_that_stops_early, 0).mutant == "one too few"


def test_slices_that_fail_for_padding_0_are_told_so():
    def pad(x, padding):
        y = np.zeros((*x.shape[:2], x.shape[2] + 2 * padding, x.shape[3] + 2 * padding))
        y[:, :, padding:-padding, padding:-padding] = x
        return y

    verdict = diagnose(find("pad"), pad, 0)
    assert verdict.outcome is Outcome.CRASHED
    assert any("Right with a padding of at least 1, but stops with padding 0." in detail for detail in verdict.details)


# Definitions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_sizes_are_those_of_real_layers(seed):
    for probe in find("out_size").draw(seed):
        assert all(isinstance(value, int) and value >= 0 for value in probe.kwargs.values())
        assert probe.kwargs["size"] > 0 and counted(**probe.kwargs) >= 9


def test_something_is_left_over_often():
    probes = [probe.kwargs for probe in find("out_size").draw(0)]
    rooms = [(k["size"] + 2 * k["padding"] - k["dilation"] * (k["kernel"] - 1) - 1) % k["stride"] for k in probes]
    assert sum(room > 0 for room in rooms) >= 5


@BY_NAME
def test_a_call_is_told_in_words(exercise):
    told = [exercise.describe(probe) for probe in exercise.draw(0)]
    assert all(text.startswith(f"{exercise.name}(") and "=" in text and "()" not in text for text in told)
