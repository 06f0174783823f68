"""The exercises of lesson 04: the right answer in any style passes; every known mistake fails and is named."""

import itertools
import math

import numpy as np
import pytest
from numba import njit
from scipy import signal

from convlab.grading import Outcome, diagnose
from convlab.grading.difference import close
from convlab.grading.exercises import EXERCISES, find
from convlab.grading.exercises.lesson_04 import EXERCISES as LESSON
from convlab.grading.exercises.lesson_04 import FAMOUS

MUTANTS = [pytest.param(e, m, id=f"{e.name}: {m.name}") for e in LESSON for m in e.mutants]
BY_NAME = pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)


# Right answers, each computed in a way of its own ---------------------------------------------------------------------


def counted(size, kernel, stride=1, padding=0, dilation=1):
    """Windows counted one by one."""
    start, count = -padding, 0
    while start + dilation * (kernel - 1) <= size + padding - 1:
        start, count = start + stride, count + 1
    return count


def padded_by_hand(x, padding):
    y = np.zeros(x.shape[:2] + tuple(length + 2 * padding for length in x.shape[2:]))
    for n, c, i, j in np.ndindex(x.shape):
        y[n, c, i + padding, j + padding] = x[n, c, i, j]
    return y


def conv_by_scipy(x, w, stride=1, padding=0, dilation=1):
    spread = np.zeros([dilation * (K - 1) + 1 for K in w.shape])
    spread[::dilation, ::dilation] = w
    return signal.correlate2d(np.pad(x, padding), spread, mode="valid")[::stride, ::stride]


def conv_by_loops(x, w, stride=1, padding=0, dilation=1):
    (H, W), (KH, KW) = x.shape, w.shape
    y = np.zeros((counted(H, KH, stride, padding, dilation), counted(W, KW, stride, padding, dilation)))
    for i, j, u, v in itertools.product(*map(range, (*y.shape, KH, KW))):
        row, column = i * stride + u * dilation - padding, j * stride + v * dilation - padding
        if 0 <= row < H and 0 <= column < W:
            y[i, j] += x[row, column] * w[u, v]
    return y


def conv_by_slices(x, w, stride, padding, dilation):
    padded, (KH, KW) = np.pad(x, padding), w.shape
    OH, OW = (counted(M, K, stride, padding, dilation) for M, K in zip(x.shape, w.shape))
    total = 0
    for u, v in np.ndindex(KH, KW):
        rows, columns = slice(u * dilation, None, stride), slice(v * dilation, None, stride)
        total = total + padded[rows, columns][:OH, :OW] * w[u, v]
    return total


def poked(layers):
    """The field, by marking what one output depends on, from the top down."""
    seen = {0}
    for kernel, stride in reversed(layers):
        seen = {i * stride + v for i in seen for v in range(kernel)}
    return max(seen) - min(seen) + 1


def walked_back(layers):
    field = 1
    for kernel, stride in layers[::-1]:
        field = (field - 1) * stride + kernel
    return field


RIGHT = {
    "out_size": [
        counted,
        lambda size, kernel, stride=1, padding=0, dilation=1: math.floor(
            (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1
        ),
        lambda size, kernel, stride=1, padding=0, dilation=1: int(
            (size + 2 * padding - dilation * (kernel - 1) - 1) / stride
        ) + 1,
        lambda size, kernel, stride=1, padding=0, dilation=1: np.float32(counted(size, kernel, stride, padding, dilation)),
        lambda size, kernel, stride=1, padding=0, dilation=1: np.array(counted(size, kernel, stride, padding, dilation)),
        lambda size, kernel, stride, padding, dilation: len(
            range(0, size + 2 * padding - dilation * (kernel - 1), stride)
        ),
    ],
    "pad": [
        padded_by_hand,
        lambda x, padding: np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2)),
        lambda x, padding: padded_by_hand(x.astype(np.float32), padding).astype(np.float32),
        lambda x, padding: padded_by_hand(x, padding).tolist(),
    ],
    "strided_conv": [
        conv_by_scipy,
        conv_by_loops,
        conv_by_slices,
        lambda *args, **options: conv_by_loops(*args, **options).tolist(),
        lambda x, w, **options: conv_by_slices(x.astype(np.float32), w.astype(np.float32), **options),
    ],
    "receptive_field": [poked, walked_back, lambda layers: float(walked_back([tuple(layer) for layer in layers]))],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "function"), [pytest.param(n, f, id=f"{n} {k}") for n, fs in RIGHT.items() for k, f in enumerate(fs)]
)
@pytest.mark.parametrize("seed", range(3))
def test_a_right_answer_in_another_style_is_right(name, function, seed):
    verdict = diagnose(find(name), function, seed)
    assert verdict.outcome is Outcome.RIGHT, verdict.sentence
    assert verdict.points == find(name).points


@BY_NAME
@pytest.mark.parametrize("seed", range(5))
def test_solution_gets_full_points(exercise, seed):
    verdict = diagnose(exercise, exercise.reference, seed)
    assert verdict.outcome is Outcome.RIGHT
    assert verdict.points == verdict.max_points == exercise.points > 0
    assert verdict.notes == ()


def test_compiled_function_is_right():
    @njit
    def out_size(size, kernel, stride=1, padding=0, dilation=1):
        return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1

    assert diagnose(find("out_size"), out_size, 0).outcome is Outcome.RIGHT


def test_the_famous_network_sees_195_pixels():
    assert find("receptive_field").reference(list(FAMOUS)) == poked(FAMOUS) == 195


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
    probes = exercise.draw(seed)
    results = {
        name: [np.asarray(function(*probe.args, **probe.kwargs), dtype=float) for probe in probes]
        for name, function in functions.items()
    }
    for one, other in itertools.combinations(results, 2):
        differing = sum(not close(a, b, exercise.tolerance) for a, b in zip(results[one], results[other]))
        assert differing >= 2, f"{one} and {other} differ on {differing} probes"


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


@BY_NAME
def test_the_stub_is_not_attempted(exercise):
    namespace = {}
    exec(f"def {exercise.signature}:\n    raise NotImplementedError()", namespace)
    verdict = diagnose(exercise, namespace[exercise.name], 0)
    assert (verdict.outcome, verdict.points) == (Outcome.NOT_ATTEMPTED, 0)


# Definitions ----------------------------------------------------------------------------------------------------------


@BY_NAME
def test_probes_are_drawn_afresh_by_seed(exercise):
    def numbers(seed):
        values = [(*probe.args, *probe.kwargs.values()) for probe in exercise.draw(seed)]
        return np.concatenate([np.ravel(np.asarray(value, dtype=float)) for probe in values for value in probe])

    assert np.array_equal(numbers(4), numbers(4))
    assert numbers(4).shape != numbers(5).shape or not np.array_equal(numbers(4), numbers(5))


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


@BY_NAME
def test_an_exercise_is_complete(exercise):
    assert EXERCISES[exercise.name] is exercise
    assert exercise.lesson == "04"
    assert all(len(hint) > 30 for hint in exercise.hints)
    assert len(exercise.parameters) >= max(len(p.args) + len(p.kwargs) for p in exercise.draw(0))
