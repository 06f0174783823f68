"""The exercises of lesson 07: references, learners' own mistakes, and what else `test_every_exercise.py` does not ask."""

import numpy as np
import pytest
from answers_07 import loss_loop
from scipy import special

from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_07 import EXERCISES as LESSON

BY_NAME = pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)


# The references against SciPy, and against differences ----------------------------------------------------------------


def scipy_loss(logits, labels):
    return np.mean(special.logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels])


def by_differences(logits, labels):
    """Central differences of SciPy's loss."""
    gradient, step = np.zeros_like(logits), 1e-4
    for place in np.ndindex(logits.shape):
        moved = np.zeros_like(logits)
        moved[place] = step
        gradient[place] = (scipy_loss(logits + moved, labels) - scipy_loss(logits - moved, labels)) / (2 * step)
    return gradient


OTHER = {
    "sigmoid": special.expit,
    "sigmoid_grad": lambda dy, y: dy * np.exp(np.log(y) + np.log1p(-y)),
    "tanh": np.tanh,
    "tanh_grad": lambda dy, y: dy / np.cosh(np.arctanh(y)) ** 2,
    "relu": lambda x: (x + np.abs(x)) / 2,
    "relu_grad": lambda dy, x: dy * np.heaviside(x, 0),
    "leaky_relu": lambda x, negative_slope=0.01: np.maximum(x, negative_slope * x),
    "leaky_relu_grad": lambda dy, x, negative_slope=0.01: dy * np.where(x > 0, 1, negative_slope),
    "softmax": lambda x: special.softmax(x, axis=1),
    "cross_entropy": scipy_loss,
    "cross_entropy_grad": by_differences,
}


@BY_NAME
def test_reference_equals_another_way(exercise):
    for probe in exercise.draw(seed=11):
        np.testing.assert_allclose(
            exercise.reference(*probe.args, **probe.kwargs),
            OTHER[exercise.name](*probe.args, **probe.kwargs),
            rtol=1e-6,
            atol=1e-6,
        )


# Mistakes as learners write them --------------------------------------------------------------------------------------


def softmax_without_axis(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def loss_of_stable_softmax(logits, labels):
    return -np.mean(np.log(special.softmax(logits, axis=1)[range(len(labels)), labels]))


def loss_of_naive_softmax(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(1)[:, None]
    return -np.log(p[np.arange(len(labels)), labels]).mean()


def relu_grad_in_place(dy, x):
    dy[x < 0] = 0  # and x = 0 is forgotten
    return dy


@pytest.mark.parametrize(
    ("name", "function", "mutant"),
    [
        ("softmax", lambda x: np.exp(x) / np.sum(np.exp(x), axis=1)[:, None], "largest score not taken off"),
        ("softmax", lambda x: (np.exp(x - 1000).T / np.exp(x - 1000).sum(1)).T, None),
        ("cross_entropy", loss_of_stable_softmax, "logarithm of 0"),
        ("cross_entropy", loss_of_naive_softmax, "overflow"),
        ("cross_entropy", lambda x, t: loss_loop(x, t) * len(t), "summed"),
        ("relu", lambda x: np.max(x, 0), "largest number only"),
        ("relu_grad", relu_grad_in_place, "open at 0"),
        ("sigmoid_grad", lambda dy, x: dy * special.expit(x) * special.expit(-x), "sigmoid taken again"),
        ("leaky_relu", lambda x, negative_slope=0.01: np.where(x > 0, x, 0.01 * x), "slope never used"),
    ],
)
def test_mistakes_in_a_learners_own_words(name, function, mutant):
    for seed in range(4):
        verdict = diagnose(find(name), function, seed)
        assert verdict.outcome is Outcome.WRONG
        assert verdict.mutant == (mutant or "")


def test_the_whole_batch_is_seen_though_it_overflows_nowhere():
    assert diagnose(find("softmax"), softmax_without_axis, 0).mutant == "over the whole batch"


def test_tanh_by_four_exponentials_is_told_where_it_fails():
    verdict = diagnose(find("tanh"), lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)), 0)
    assert verdict.outcome is Outcome.WRONG
    assert verdict.sentence.startswith("Right with numbers of ordinary size, but wrong with numbers far out")


def test_the_largest_of_the_batch_taken_off_is_told_where_it_fails():
    def softmax(x):
        e = np.exp(x - x.max())
        return e / e.sum(axis=1, keepdims=True)

    verdict = diagnose(find("softmax"), softmax, 0)
    assert verdict.outcome is Outcome.WRONG
    assert "wrong with images whose scores lie far apart" in verdict.sentence


def test_a_loss_for_each_image_is_asked_for_the_mean():
    verdict = diagnose(find("cross_entropy"), lambda x, t: special.logsumexp(x, 1) - x[np.arange(len(t)), t], 0)
    assert verdict.outcome is Outcome.WRONG
    assert "One number is expected, the mean over the images" in verdict.sentence


# Definitions ----------------------------------------------------------------------------------------------------------


def test_the_corner_of_the_relus_is_among_the_probes():
    for name in ("relu_grad", "leaky_relu_grad"):
        assert all((probe.args[1] == 0).any() for probe in find(name).draw(0))


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_classes_and_never_the_favourite(seed):
    for probe in find("cross_entropy").draw(seed):
        logits, labels = probe.args
        assert labels.dtype.kind == "i" and ((labels >= 0) & (labels < logits.shape[1])).all()
        assert (labels != logits.argmax(axis=1)).all()
