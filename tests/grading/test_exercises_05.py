"""The exercises of lesson 05: the right answer in any style passes; every known mistake fails and is named."""

import itertools
from math import prod

import numpy as np
import pytest
from numba import njit
from scipy import signal

from convlab import nn
from convlab.grading import Outcome, diagnose
from convlab.grading.difference import close
from convlab.grading.exercises import EXERCISES, find
from convlab.grading.exercises.lesson_05 import EXERCISES as LESSON

MUTANTS = [pytest.param(e, m, id=f"{e.name}: {m.name}") for e in LESSON for m in e.mutants]
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


# Right answers --------------------------------------------------------------------------------------------------------


@BY_NAME
@pytest.mark.parametrize("seed", range(5))
def test_solution_gets_full_points(exercise, seed):
    verdict = diagnose(exercise, exercise.reference, seed)
    assert verdict.outcome is Outcome.RIGHT
    assert verdict.points == verdict.max_points == exercise.points > 0
    assert verdict.notes == ()


def maps_loops(x, w):
    C, H, W = x.shape
    C, KH, KW = w.shape
    y = np.zeros((C, H - KH + 1, W - KW + 1))
    for c, i, j, u, v in np.ndindex(*y.shape, KH, KW):
        y[c, i, j] += x[c, i + u, j + v] * w[c, u, v]
    return y


def maps_windows(image, kernels):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernels.shape[1:], (1, 2))
    return np.einsum("cijuv,cuv->cij", windows, kernels)


def maps_float32(x, w):
    return maps_windows(x.astype(np.float32), w.astype(np.float32))


def maps_list(x, w):
    return maps_loops(x, w).tolist()


def layer_from_maps(x, w, b):
    return np.array([[maps_loops(image, w[o]).sum(0) + b[o] for o in range(len(w))] for image in x])


def layer_einsum(x, w, b):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))
    return np.einsum("ncijuv,ocuv->noij", windows, w) + b[:, None, None]


def layer_shifted(x, w, b):
    """The loops over the taps outside, whole maps inside."""
    (N, C, H, W), (O, _, KH, KW) = x.shape, w.shape
    OH, OW = H - KH + 1, W - KW + 1
    y = np.zeros((N, O, OH, OW)) + b.reshape(1, -1, 1, 1)
    for c, u, v in np.ndindex(C, KH, KW):
        y += x[:, c, None, u : u + OH, v : v + OW] * w[:, c, u, v].reshape(1, -1, 1, 1)
    return y


def layer_float32(x, w, b):
    return layer_einsum(x.astype(np.float32), w.astype(np.float32), b.astype(np.float32))


def layer_list(x, w, b):
    return layer_shifted(x, w, b).tolist()


def parameters_by_arrays(in_channels, out_channels, kernel_size, bias=True):
    return np.zeros((out_channels, in_channels, *kernel_size)).size + np.zeros(out_channels if bias else 0).size


def multiplications_counted(x_shape, w_shape, stride=1, padding=0):
    """Places found by walking, not by the formula."""
    (N, _, H, W), (_, _, KH, KW) = x_shape, w_shape
    rows = len(range(0, H + 2 * padding - KH + 1, stride))
    columns = len(range(0, W + 2 * padding - KW + 1, stride))
    return np.float32(N) * rows * columns * np.prod(w_shape)


STYLES = {
    "channel_maps": [maps_loops, maps_windows, maps_float32, maps_list],
    "conv_layer": [layer_from_maps, layer_einsum, layer_shifted, layer_float32, layer_list],
    "conv2d_parameters": [
        parameters_by_arrays,
        lambda i, o, k, bias=True: o * (i * k[0] * k[1] + (1 if bias else 0)),
        lambda i, o, k, bias: float(o * i * prod(k) + (o if bias else 0)),
        lambda *given, bias: np.array([given[1] * (given[0] * np.prod(given[2]) + int(bias))])[0],
    ],
    "conv2d_multiplications": [
        multiplications_counted,
        lambda x, w, stride, padding: (
            x[0] * w[0] * w[1] * w[2] * w[3]
            * ((x[2] + 2 * padding - w[2]) // stride + 1) * ((x[3] + 2 * padding - w[3]) // stride + 1)
        ),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "style"), [(name, style) for name, styles in STYLES.items() for style in styles])
def test_another_style_is_right(name, style):
    for seed in range(3):
        verdict = diagnose(find(name), style, seed)
        assert (verdict.outcome, verdict.points) == (Outcome.RIGHT, find(name).points), verdict.sentence


def test_compiled_function_is_right():
    compiled = njit(lambda x, w: _compiled_maps(x, w))
    assert diagnose(find("channel_maps"), compiled, 0).outcome is Outcome.RIGHT


@njit
def _compiled_maps(x, w):
    y = np.zeros((x.shape[0], x.shape[1] - w.shape[1] + 1, x.shape[2] - w.shape[2] + 1))
    for c in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                for u in range(w.shape[1]):
                    for v in range(w.shape[2]):
                        y[c, i, j] += x[c, i + u, j + v] * w[c, u, v]
    return y


# Wrong answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exercise", "mutant"), MUTANTS)
def test_mutant_fails_and_is_named_by_its_own_sentence(exercise, mutant):
    for seed in range(4):
        verdict = diagnose(exercise, mutant.function, seed)
        assert (verdict.outcome, verdict.points) == (Outcome.WRONG, 0)
        assert (verdict.mutant, verdict.sentence) == (mutant.name, mutant.sentence), f"seed {seed}: {verdict.sentence}"


@BY_NAME
def test_there_are_enough_mutants_and_each_has_its_own_sentence(exercise):
    assert len(exercise.mutants) >= 4
    assert len({mutant.sentence for mutant in exercise.mutants}) == len(exercise.mutants)


@BY_NAME
@pytest.mark.parametrize("seed", range(3))
def test_every_mutant_differs_from_every_other_on_two_probes(exercise, seed):
    functions = {mutant.name: mutant.function for mutant in exercise.mutants} | {"right": exercise.reference}
    results = {
        name: [np.asarray(function(*probe.args, **probe.kwargs), dtype=float) for probe in exercise.draw(seed)]
        for name, function in functions.items()
    }
    for one, other in itertools.combinations(results, 2):
        differing = sum(not close(a, b, exercise.tolerance) for a, b in zip(results[one], results[other]))
        assert differing >= 2, f"{one} and {other} differ on {differing} probes"


@BY_NAME
def test_the_stub_is_not_attempted(exercise):
    def stub(*args, **options):
        """What it should do."""
        raise NotImplementedError

    verdict = diagnose(exercise, stub, 0)
    assert (verdict.outcome, verdict.points) == (Outcome.NOT_ATTEMPTED, 0)


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


@BY_NAME
def test_probes_are_drawn_afresh_by_seed(exercise):
    def numbers(seed):
        return [np.ravel(arg).tolist() for probe in exercise.draw(seed) for arg in probe.args]

    assert numbers(4) == numbers(4)
    assert numbers(4) != numbers(5)


def test_probes_of_counts_say_their_numbers():
    for name in ("conv2d_parameters", "conv2d_multiplications"):
        for probe in find(name).draw(0):
            shapes = [str(arg) if isinstance(arg, int) else str(arg[-1]) for arg in probe.args]
            assert all(number in probe.label for number in shapes), probe.label


@BY_NAME
def test_an_exercise_is_complete(exercise):
    assert EXERCISES[exercise.name] is exercise
    assert exercise.lesson == "05"
    assert all(len(hint) > 30 for hint in exercise.hints)
    assert len(exercise.parameters) >= max(len(probe.args) for probe in exercise.draw(0))
