"""The exercises of lesson 03: references, learners' own mistakes, and what else `test_every_exercise.py` does not ask."""

import numpy as np
import pytest
from answers_03 import conv2d_einsum, conv2d_float32
from scipy import signal

from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_03 import EXERCISES as LESSON

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


def test_conv2d_float32_really_is_float32():
    probe = find("conv2d").draw(0)[-1]
    assert conv2d_float32(*probe.args, **probe.kwargs).dtype == np.float32


# Wrong answers --------------------------------------------------------------------------------------------------------


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


def test_conv2d_probes_leave_nothing_out():
    probes = find("conv2d").draw(0)
    together = [p for p in probes if p.args[0].shape[0] > 1 and p.args[0].shape[1] > 1 and p.kwargs["padding"] > 0]
    assert len([p for p in together if p.kwargs["stride"] > 1 and p.args[0].shape[2] != p.args[0].shape[3]]) >= 2
