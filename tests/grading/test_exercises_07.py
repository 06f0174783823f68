"""The exercises of lesson 07: the right answer in any style passes; every known mistake fails and is named."""

import itertools
import math

import numpy as np
import pytest
from numba import njit
from scipy import special

from convlab.grading import Outcome, diagnose
from convlab.grading.difference import close
from convlab.grading.exercises import EXERCISES, find
from convlab.grading.exercises.lesson_07 import EXERCISES as LESSON

MUTANTS = [pytest.param(e, m, id=f"{e.name}: {m.name}") for e in LESSON for m in e.mutants]
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


# Right answers --------------------------------------------------------------------------------------------------------


@BY_NAME
@pytest.mark.parametrize("seed", range(5))
def test_solution_gets_full_points(exercise, seed):
    verdict = diagnose(exercise, exercise.reference, seed)
    assert verdict.outcome is Outcome.RIGHT
    assert verdict.points == verdict.max_points == exercise.points > 0
    assert verdict.notes == ()


@BY_NAME
def test_the_other_way_is_right(exercise):
    assert diagnose(exercise, OTHER[exercise.name], 1).outcome is Outcome.RIGHT


def each(one):
    """A function of single numbers as one of whole arrays, by a loop."""

    def function(*arrays, **options):
        y = np.zeros(arrays[0].shape)
        for place in np.ndindex(y.shape):
            y[place] = one(*(array[place] for array in arrays), **options)
        return y

    return function


def softmax_rows(x):
    rows = []
    for row in x:
        powers = [math.exp(score - max(row)) for score in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


def loss_loop(logits, labels):
    total = 0.0
    for row, label in zip(logits, labels):
        largest = max(row)
        total += math.log(sum(math.exp(score - largest) for score in row)) - (row[label] - largest)
    return total / len(labels)


def loss_one_hot(logits, labels):
    one_hot = np.eye(logits.shape[1])[labels]
    z = logits - np.max(logits, axis=-1)[:, None]
    return np.array([-(one_hot * (z - np.log(np.sum(np.exp(z), -1))[:, None])).sum() / len(labels)]).sum()


def grad_one_hot_float32(logits, labels):
    z = (logits - logits.max(1, keepdims=True)).astype(np.float32)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return (p - np.eye(logits.shape[1], dtype=np.float32)[labels]) / np.float32(len(labels))


STYLES = {
    "sigmoid": [
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: 0.5 * (1 + np.tanh(x / 2)),
        lambda x: (1 / (1 + np.exp(-x.astype(np.float32)))).tolist(),
    ],
    "sigmoid_grad": [each(lambda dy, y: dy * y * (1 - y)), lambda dy, y: dy * (y - y**2)],
    "tanh": [lambda x: 2 / (1 + np.exp(-2 * x)) - 1, each(math.tanh)],
    "tanh_grad": [lambda dy, y: dy * (1 - y) * (1 + y), each(lambda dy, y: dy - dy * y * y)],
    "relu": [
        lambda x: np.maximum(x, 0),
        lambda x: x * (x > 0),
        each(lambda x: max(x, 0)),
        lambda x: np.clip(x, 0, None),
    ],
    "relu_grad": [lambda dy, x: np.where(x > 0, dy, 0), each(lambda dy, x: dy if x > 0 else 0)],
    "leaky_relu": [
        each(lambda x, negative_slope=0.01: x if x > 0 else negative_slope * x),
        lambda x, negative_slope=0.01: np.maximum(x, 0) + negative_slope * np.minimum(x, 0),
        lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x).astype(np.float32),
    ],
    "leaky_relu_grad": [each(lambda dy, x, negative_slope=0.01: dy if x > 0 else negative_slope * dy)],
    "softmax": [softmax_rows, lambda x: np.exp(x - special.logsumexp(x, 1, keepdims=True))],
    "cross_entropy": [
        loss_loop,
        loss_one_hot,
        lambda x, t: np.float32(loss_loop(x, t)),
        lambda x, t: [loss_loop(x, t)],
    ],
    "cross_entropy_grad": [grad_one_hot_float32, lambda x, t: grad_one_hot_float32(x, t).tolist()],
}


@pytest.mark.parametrize(
    ("name", "function"), [pytest.param(n, f, id=f"{n}-{k}") for n, fs in STYLES.items() for k, f in enumerate(fs)]
)
@pytest.mark.parametrize("seed", range(3))
def test_another_style_is_right(name, function, seed):
    verdict = diagnose(find(name), function, seed)
    assert verdict.outcome is Outcome.RIGHT, verdict.sentence


def test_compiled_function_is_right():
    @njit
    def relu_grad(dy, x):
        dx = np.zeros_like(dy)
        for k in range(dy.size):
            if x.flat[k] > 0:
                dx.flat[k] = dy.flat[k]
        return dx

    assert diagnose(find("relu_grad"), relu_grad, 0).outcome is Outcome.RIGHT


@BY_NAME
def test_the_stub_is_not_attempted(exercise):
    source = f"def {exercise.signature}:\n    '''What it does.'''\n    raise NotImplementedError()"
    namespace = {}
    exec(source, namespace)
    verdict = diagnose(exercise, namespace[exercise.name], 0)
    assert (verdict.outcome, verdict.points) == (Outcome.NOT_ATTEMPTED, 0)


# Wrong answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exercise", "mutant"), MUTANTS)
def test_mutant_fails_and_is_named_by_its_own_sentence(exercise, mutant):
    for seed in range(6):
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
        with np.errstate(all="ignore"):
            try:
                values = np.asarray(function(*probe.args, **probe.kwargs), dtype=float)
            except ValueError:  # shapes that do not fit: a mistake too
                return np.zeros(0)
            return exercise.behaviour(values, probe) if exercise.behaviour else values

    functions = {mutant.name: mutant.function for mutant in exercise.mutants} | {"right": exercise.reference}
    probes = exercise.draw(seed)
    results = {name: [behave(function, probe) for probe in probes] for name, function in functions.items()}
    for one, other in itertools.combinations(results, 2):
        differing = sum(not close(a, b, exercise.tolerance) for a, b in zip(results[one], results[other]))
        assert differing >= 2, f"{one} and {other} differ on {differing} probes"


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


@BY_NAME
def test_probes_are_drawn_afresh_by_seed(exercise):
    def numbers(seed):
        return np.concatenate([np.ravel(argument) for probe in exercise.draw(seed) for argument in probe.args])

    assert np.array_equal(numbers(4), numbers(4))
    assert numbers(4).shape != numbers(5).shape or not np.array_equal(numbers(4), numbers(5))


def test_the_corner_of_the_relus_is_among_the_probes():
    for name in ("relu_grad", "leaky_relu_grad"):
        assert all((probe.args[1] == 0).any() for probe in find(name).draw(0))


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_classes_and_never_the_favourite(seed):
    for probe in find("cross_entropy").draw(seed):
        logits, labels = probe.args
        assert labels.dtype.kind == "i" and ((labels >= 0) & (labels < logits.shape[1])).all()
        assert (labels != logits.argmax(axis=1)).all()


@BY_NAME
def test_an_exercise_is_complete(exercise):
    assert EXERCISES[exercise.name] is exercise
    assert exercise.lesson == "07"
    assert all(len(hint) > 30 for hint in exercise.hints)
    assert len(exercise.parameters) >= max(len(probe.args) for probe in exercise.draw(0))
