"""What is special about the exercises of lesson 08: references against measurements, mistakes as learners write them."""

import numpy as np
import pytest
from answers_08 import ANSWERS
from scipy import signal

import convlab.functional as F
from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import EXERCISES, find
from convlab.grading.exercises.lesson_08 import BAR, CLAIMS
from convlab.grading.exercises.lesson_08 import EXERCISES as LESSON

BY_NAME = pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)
STYLES = [
    pytest.param(find(name), f, id=f"{name}: {style}")
    for name, styles in ANSWERS.items()
    for style, f in styles.items()
]


@BY_NAME
def test_an_exercise_is_complete(exercise):
    assert EXERCISES[exercise.name] is exercise and exercise.lesson == "08"
    assert len(exercise.mutants) >= 4 and len({m.sentence for m in exercise.mutants}) == len(exercise.mutants)
    assert set(ANSWERS) == {e.name for e in LESSON}


@pytest.mark.parametrize(("exercise", "function"), STYLES)
def test_another_style_is_right(exercise, function):
    verdict = diagnose(exercise, function, 1)
    assert verdict.outcome is Outcome.RIGHT, verdict.sentence


@BY_NAME
def test_mutants_are_named(exercise):
    for mutant in exercise.mutants:
        verdict = diagnose(exercise, mutant.function, 4)
        assert (verdict.outcome, verdict.mutant, verdict.points) == (Outcome.WRONG, mutant.name, 0), verdict.sentence


# The references, measured with SciPy's convolution ---------------------------------------------------------------------


def scipy_conv(x, w, stride, padding):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    y = [[signal.correlate(image, kernel, "valid", "direct")[0] for kernel in w] for image in xp]
    return np.array(y)[:, :, ::stride, ::stride]


@pytest.mark.parametrize(("name", "which"), [("conv_grad_weight", 2), ("conv_grad_input", 1)])
def test_gradients_are_the_slopes_that_scipy_measures(name, which):
    for probe in find(name).draw(0):
        dy, x, w = probe.args
        got = find(name).reference(dy, x, w, **probe.kwargs)
        assert got.shape == probe.args[which].shape
        rng = np.random.default_rng(0)
        for _ in range(3):  # linear in both, so any direction and any step will do
            way = rng.normal(size=got.shape)
            ends = [[x, w], [x, w]]
            ends[0][which - 1], ends[1][which - 1] = probe.args[which] + way, probe.args[which] - way
            rise = scipy_conv(*ends[0], **probe.kwargs) - scipy_conv(*ends[1], **probe.kwargs)
            assert (got * way).sum() == pytest.approx((dy * rise).sum() / 2, rel=1e-9)


def test_the_measured_gradient_is_near_the_formula_where_the_step_is_small_and_not_where_it_is_large():
    for probe in find("numerical_gradient").draw(2):
        w, x, target = (np.asarray(a, dtype=float) for a in probe.args)
        y = np.tanh(scipy_conv(x, w, 1, 0))
        formula = F.conv2d_grad_weight((y - target) * (1 - y**2), x, w.shape)
        got = find("numerical_gradient").reference(*probe.args, **probe.kwargs)
        gap = np.abs(got - formula).max() / np.abs(formula).max()
        assert gap < 1e-7 if probe.kwargs["step"] < 1e-3 else gap > 1e-3


def test_probes_have_everything_in_them():
    shapes = [
        (*(a.shape for a in p.args), p.kwargs["stride"], p.kwargs["padding"]) for p in find("conv_grad_input").draw(0)
    ]
    whole = [s for s in shapes if s[1][0] > 1 and s[1][1] > 1 and s[2][0] > 1 and s[3] > 1 and s[4] > 0]
    assert len(whole) >= 3 and all(x[2] != x[3] for _, x, _, _, _ in whole)
    assert any((x[2] + 2 * p - w[2]) % s > p or (x[3] + 2 * p - w[3]) % s > p for _, x, w, s, p in shapes)
    assert any(p == 0 for *_, p in shapes)


# The judge of the checker ------------------------------------------------------------------------------------------------


def test_right_claims_and_wrong_claims_are_what_they_are_called():
    for probe in find("gradient_error").draw(0):
        claims, measured = probe.args
        errors = dict(zip((CLAIMS[k] for k in probe.stage), find("gradient_error").reference(claims, measured)))
        right = {name for name, error in errors.items() if error < BAR}
        assert right == set(CLAIMS[:2])
        assert min(error for name, error in errors.items() if name not in right) > 30 * BAR


def test_claims_come_in_another_order_each_time():
    orders = [tuple(p.stage) for seed in range(3) for p in find("gradient_error").draw(seed)]
    assert len(set(orders)) > 20


def test_a_constant_answer_or_a_printed_one_does_not_pass():
    def guess(claims, measured):
        print("all errors below 1e-5")
        return np.array([0.0, 0.0, 1, 1, 1, 1, 1, 1])

    def boast(claims, measured):
        print("right")

    assert diagnose(find("gradient_error"), guess, 0).outcome is Outcome.WRONG
    assert diagnose(find("gradient_error"), boast, 0).outcome is Outcome.WRONG
    assert diagnose(find("gradient_error"), lambda claims, measured: 0.0, 0).sentence.startswith(
        "One error for each claim"
    )


# Mistakes as learners write them, in loops of their own --------------------------------------------------------------------


def learner(add="+=", start="i * s", j="j * s", pad="p", crop="[:, :, p : p + H, p : p + W]", weights="w[o]"):
    source = f"""
def conv_grad_input(dy, x, w, stride=1, padding=0):
    s, p = stride, padding
    N, C, H, W = x.shape
    KH, KW = w.shape[2:]
    dxp = np.zeros((N, C, H + 2 * {pad}, W + 2 * {pad}))
    for n in range(N):
        for o in range(w.shape[0]):
            for i in range(dy.shape[2]):
                for j in range(dy.shape[3]):
                    dxp[n, :, {start} : {start} + KH, {j} : {j} + KW] {add} dy[n, o, i, j] * {weights}
    return dxp{crop}
"""
    namespace = {"np": np}
    exec(source, namespace)
    return namespace["conv_grad_input"]


def test_the_unchanged_loops_are_right():
    assert diagnose(find("conv_grad_input"), learner(), 0).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("changes", "mutant"),
    [
        ({"add": "="}, "overwritten"),
        ({"start": "i", "j": "j"}, "window start without stride"),
        ({"crop": ""}, "not cropped"),
        ({"crop": "[:, :, p:-p, p:-p]"}, "empty without padding"),
        ({"crop": "[:, :, :H, :W]"}, "cropped on one side"),
        ({"weights": "w[o][:, ::-1, ::-1]"}, "kernel mirrored in the window"),
        ({"weights": "w[0]"}, ""),
    ],
    ids=str,
)
def test_mistakes_in_a_learners_loops(changes, mutant):
    for seed in range(2):
        verdict = diagnose(find("conv_grad_input"), learner(**changes), seed)
        assert verdict.outcome is Outcome.WRONG and verdict.mutant == mutant, verdict.sentence


def test_a_gradient_too_small_by_the_batch_size_is_told_so():
    def conv_grad_weight(dy, x, w, stride=1, padding=0):
        return ANSWERS["conv_grad_weight"]["einsum"](dy, x, w, stride, padding) / len(x)

    verdict = diagnose(find("conv_grad_weight"), conv_grad_weight, 0)
    assert verdict.mutant == "mean over the images" and "number of images" in verdict.sentence
