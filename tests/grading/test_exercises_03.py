"""The exercises of lesson 03: the right answer in any style passes; every known mistake fails and is named."""

import itertools

import numpy as np
import pytest
from numba import njit
from scipy import signal

from convlab.grading import Outcome, diagnose
from convlab.grading.difference import close
from convlab.grading.exercises import EXERCISES, find
from convlab.grading.exercises.lesson_03 import EXERCISES as LESSON

MUTANTS = [pytest.param(e, m, id=f"{e.name}: {m.name}") for e in LESSON for m in e.mutants]
BY_NAME = pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)


# The references against other libraries -------------------------------------------------------------------------------


def scipy_conv2d(x, w, b, stride, padding):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    maps = [[sum(map(correlate_valid, image, taps)) + bias for taps, bias in zip(w, b)] for image in xp]
    return np.array(maps)[:, :, ::stride, ::stride]


def correlate_valid(x, w):
    return signal.correlate2d(x, w, mode="valid")


OTHER = {
    "conv1d": lambda x, w: np.convolve(x, w[::-1], mode="valid"),
    "conv2d": scipy_conv2d,
    "true_convolution": lambda x, w: signal.convolve2d(x, w, mode="valid"),
}


@pytest.mark.parametrize("name", OTHER)
def test_reference_equals_another_library(name):
    for probe in find(name).draw(seed=11):
        np.testing.assert_allclose(
            find(name).reference(*probe.args, **probe.kwargs), OTHER[name](*probe.args, **probe.kwargs), atol=1e-12
        )


# Right answers --------------------------------------------------------------------------------------------------------


@BY_NAME
@pytest.mark.parametrize("seed", range(5))
def test_solution_gets_full_points(exercise, seed):
    verdict = diagnose(exercise, exercise.reference, seed)
    assert verdict.outcome is Outcome.RIGHT
    assert verdict.points == verdict.max_points == exercise.points > 0
    assert verdict.notes == ()


def conv2d_loops(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    O, C, KH, KW = w.shape
    OH, OW = (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1
    xp = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    xp[:, :, padding : padding + H, padding : padding + W] = x
    y = np.zeros((N, O, OH, OW))
    for n, o, i, j in itertools.product(range(N), range(O), range(OH), range(OW)):
        total = b[o]
        for c, u, v in itertools.product(range(C), range(KH), range(KW)):
            total += xp[n, c, i * stride + u, j * stride + v] * w[o, c, u, v]
        y[n, o, i, j] = total
    return y


def conv2d_einsum(images, filters, offset, stride, padding):
    images = np.pad(images, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(images, filters.shape[2:], (2, 3))[:, :, ::stride, ::stride]
    return np.einsum("ncijuv,ocuv->noij", windows, filters) + offset[:, None, None]


def conv2d_float32(x, w, b, *, stride, padding):
    return conv2d_einsum(x.astype(np.float32), w.astype(np.float32), b.astype(np.float32), stride, padding)


def conv2d_list(*args, **options):
    return conv2d_loops(*args, **options).tolist()


@pytest.mark.parametrize("function", [conv2d_loops, conv2d_einsum, conv2d_float32, conv2d_list])
@pytest.mark.parametrize("seed", range(3))
def test_conv2d_in_another_style_is_right(function, seed):
    verdict = diagnose(find("conv2d"), function, seed)
    assert (verdict.outcome, verdict.points) == (Outcome.RIGHT, 5), verdict.sentence


def test_conv2d_float32_really_is_float32():
    probe = find("conv2d").draw(0)[-1]
    assert conv2d_float32(*probe.args, **probe.kwargs).dtype == np.float32


def test_compiled_function_is_right():
    @njit
    def conv1d(x, w):
        y = np.zeros(len(x) - len(w) + 1)
        for i in range(len(y)):
            for k in range(len(w)):
                y[i] += x[i + k] * w[k]
        return y

    assert diagnose(find("conv1d"), conv1d, 0).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    "function",
    [
        lambda x, w: np.correlate(x, w),
        lambda x, w: [sum(x[i + k] * w[k] for k in range(len(w))) for i in range(len(x) - len(w) + 1)],
        lambda x, w: tuple(np.lib.stride_tricks.sliding_window_view(x, len(w)) @ w),
        lambda x, w: np.array([x[i : i + len(w)] @ w for i in range(len(x) - len(w) + 1)], dtype=object),
    ],
)
def test_conv1d_in_another_style_is_right(function):
    assert diagnose(find("conv1d"), function, 1).outcome is Outcome.RIGHT


# Wrong answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exercise", "mutant"), MUTANTS)
def test_mutant_fails_and_is_named_by_its_own_sentence(exercise, mutant):
    for seed in range(3):
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
    def behave(function, probe):
        values = np.asarray(function(*probe.args, **probe.kwargs), dtype=float)
        return exercise.behaviour(values, probe) if exercise.behaviour else values

    functions = {mutant.name: mutant.function for mutant in exercise.mutants} | {"right": exercise.reference}
    probes = exercise.draw(seed)
    results = {name: [behave(function, probe) for probe in probes] for name, function in functions.items()}
    for one, other in itertools.combinations(results, 2):
        differing = sum(not close(a, b, exercise.tolerance) for a, b in zip(results[one], results[other]))
        assert differing >= 2, f"{one} and {other} differ on {differing} probes"


# Mistakes as learners write them, in loops of their own, not in the mutants' code.


def learner(start_rows="i * stride", flip=False, channels="range(C)", bias="b[o]", put="y[n, o, i, j]", shape="OH, OW"):
    """Source of a conv2d in loops with one line changed."""
    tap = "w[o, c, KH - 1 - u, KW - 1 - v]" if flip else "w[o, c, u, v]"
    start_columns = start_rows.replace("i", "j", 1)
    source = f"""
def conv2d(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    O, C, KH, KW = w.shape
    OH, OW = (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    y = np.zeros((N, O, {shape}))
    for n in range(N):
        for o in range(O):
            for i in range(OH):
                for j in range(OW):
                    total = {bias}
                    for c in {channels}:
                        for u in range(KH):
                            for v in range(KW):
                                total += xp[n, c, {start_rows} + u, {start_columns} + v] * {tap}
                    {put} = total
    return y
"""
    namespace = {"np": np}
    exec(source, namespace)
    return namespace["conv2d"]


def test_the_unchanged_loops_are_right():
    assert diagnose(find("conv2d"), learner(), 0).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("changes", "mutant"),
    [
        ({"flip": True}, "kernel flipped"),
        ({"start_rows": "i"}, "window start without stride"),
        ({"channels": "range(1)"}, "channels forgotten"),
        ({"bias": "0"}, "bias forgotten"),
        ({"put": "y[n, o, j, i]", "shape": "OW, OH"}, "height and width swapped"),
        ({"put": "y[n, 0, i, j]"}, None),
        ({"put": "y[0, o, i, j]"}, None),
    ],
    ids=str,
)
def test_mistakes_in_a_learners_loops(changes, mutant):
    for seed in range(5):
        verdict = diagnose(find("conv2d"), learner(**changes), seed)
        assert verdict.outcome is Outcome.WRONG
        assert verdict.mutant == (mutant or "")


def test_stride_forgotten_in_the_size_too():
    def conv2d(x, w, b, stride=1, padding=0):
        return conv2d_einsum(x, w, b, 1, padding)

    assert diagnose(find("conv2d"), conv2d, 0).mutant == "stride forgotten"


def test_height_and_width_swapped_in_the_shape_is_seen_on_images_that_are_not_square():
    def conv2d(x, w, b, stride=1, padding=0):
        N, C, W, H = x.shape
        O, C, KH, KW = w.shape
        xp = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
        y = np.zeros((N, O, (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1))
        for n, o, i, j in np.ndindex(*y.shape):
            y[n, o, i, j] = b[o]
            for c, u, v in np.ndindex(C, KH, KW):
                y[n, o, i, j] += xp[n, c, i * stride + u, j * stride + v] * w[o, c, u, v]
        return y

    verdict = diagnose(find("conv2d"), conv2d, 0)
    assert verdict.outcome is Outcome.CRASHED
    assert "IndexError" in verdict.sentence
    assert "y[n, o, i, j] += xp[n, c, i * stride + u, j * stride + v] * w[o, c, u, v]" in verdict.sentence
    assert any("height and width" in detail for detail in verdict.details)


def test_two_mistakes_at_once_name_the_one_that_two_inputs_show():
    verdict = diagnose(find("conv2d"), learner(flip=True, bias="0"), 0)
    assert verdict.mutant == "kernel flipped"
    assert any("Mend it first" in detail for detail in verdict.details)


def test_a_mistake_that_no_mutant_knows_is_described_by_where_it_shows():
    def padded_with_ones(x, w, b, stride=1, padding=0):
        xp = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2), constant_values=1)
        return conv2d_einsum(xp, w, b, stride, 0)

    verdict = diagnose(find("conv2d"), padded_with_ones, 0)
    assert verdict.mutant == ""
    assert verdict.sentence == (
        "Right with padding 0, but wrong with any other padding. "
        "The inside is right and only the border is wrong: look at the padding."
    )


# Vertical edges: many kernels are right -------------------------------------------------------------------------------

PREWITT = np.array([[1.0, 0, -1]] * 3)
SOBEL = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])


@pytest.mark.parametrize(
    "kernel",
    [
        PREWITT,
        -PREWITT,
        SOBEL,
        SOBEL * 1e-6,
        SOBEL * 1e6,
        SOBEL.astype(np.float32),
        SOBEL.astype(int),
        SOBEL.tolist(),
        np.array([[3, 0, -3], [10, 0, -10], [3, 0, -3]]),
        np.array([[0, 1, -1]] * 3),
        np.array([[-1, 2, -1]] * 3),
        np.array([[0, 0, 0], [1, 0, -1], [0, 0, 0]]),
        np.array([[1, -1]]),
    ],
    ids=str,
)
def test_many_kernels_find_vertical_edges(kernel):
    for seed in range(5):
        assert diagnose(find("vertical_edges"), lambda: kernel, seed).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("kernel", "mutant"),
    [
        (SOBEL.T, "turned by 90 degrees"),
        ([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]], "edges of every direction"),
        (np.full((3, 3), -1.0) + 9 * np.eye(3)[1] * np.eye(3)[:, [1]], "edges of every direction"),
        (np.eye(3)[1] * np.eye(3)[:, [1]], "brightness"),
        ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], "brightness"),
        (np.zeros((3, 3)), "silent"),
    ],
    ids=str,
)
def test_kernels_that_do_not_find_them_are_told_why(kernel, mutant):
    for seed in range(5):
        assert diagnose(find("vertical_edges"), lambda: np.array(kernel), seed).mutant == mutant


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        (np.zeros((1, 1, 3, 3)), "shape (3, 3) is expected, got (1, 1, 3, 3)"),
        (np.zeros(9), "shape (3, 3) is expected, got (9,)"),
        (np.zeros((3, 0)), "shape (3, 3) is expected, got (3, 0)"),
        (np.full((3, 3), np.nan), "NaN"),
        ("sobel", "type str"),
    ],
)
def test_what_is_no_kernel_is_told_so(kernel, words):
    verdict = diagnose(find("vertical_edges"), lambda: kernel, 0)
    assert verdict.outcome is Outcome.WRONG
    assert words in verdict.sentence


# Definitions ----------------------------------------------------------------------------------------------------------


@BY_NAME
def test_probes_are_drawn_afresh_by_seed(exercise):
    def numbers(seed):
        probes = exercise.draw(seed)
        stages = [wall for probe in probes for wall in (probe.stage or {}).values()]
        return np.concatenate([np.ravel(a) for a in [arg for p in probes for arg in p.args] + stages])

    assert np.array_equal(numbers(4), numbers(4))
    assert numbers(4).shape != numbers(5).shape or not np.array_equal(numbers(4), numbers(5))


def test_conv2d_probes_leave_nothing_out():
    probes = find("conv2d").draw(0)
    together = [p for p in probes if p.args[0].shape[0] > 1 and p.args[0].shape[1] > 1 and p.kwargs["padding"] > 0]
    assert len([p for p in together if p.kwargs["stride"] > 1 and p.args[0].shape[2] != p.args[0].shape[3]]) >= 2


@BY_NAME
def test_an_exercise_is_complete(exercise):
    assert EXERCISES[exercise.name] is exercise
    assert exercise.lesson == "03"
    assert all(len(hint) > 30 for hint in exercise.hints)
    assert len(exercise.parameters) >= max(len(probe.args) for probe in exercise.draw(0))
