"""What is special about the exercises of lesson 11: counts against the library, and what trained networks are told."""

import numpy as np
import pytest
from scipy import signal

from convlab import models, nn
from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_11 import reading


def test_counts_are_those_of_the_library():
    parameters, connections = find("table_parameters"), find("table_connections")
    for probe in parameters.draw(5):
        table, K = probe.args
        layer = nn.ConnectedConv2d([np.flatnonzero(column).tolist() for column in table.T], len(table), K)
        assert parameters.reference(*probe.args) == layer.count_parameters()
    for probe in connections.draw(5):
        table, K, H, W = probe.args
        layer = nn.ConnectedConv2d([np.flatnonzero(column).tolist() for column in table.T], len(table), K)
        outputs = np.prod(layer.output_shape((len(table), H, W)))
        assert connections.reference(*probe.args) == layer.multiply_adds((len(table), H, W)) + outputs


def test_the_last_tables_are_c3_of_lenet5():
    assert find("table_parameters").reference(*find("table_parameters").draw(0)[-1].args) == 1516
    assert find("table_connections").reference(*find("table_connections").draw(0)[-1].args) == 151_600


def test_lenet5_is_the_librarys():
    (x, weights, biases) = find("lenet5").draw(3)[1].args
    net = models.create("lenet5")
    names = ("c1", "c3", "c5", "f6", "output")
    state = {f"{name}.weight": w for name, w in zip(names, weights)} | {f"{n}.bias": b for n, b in zip(names, biases)}
    net.load_state_dict(state)
    np.testing.assert_allclose(find("lenet5").reference(x, weights, biases), net(x), rtol=1e-4, atol=1e-4)


def test_the_convolution_of_the_reference_is_scipys():
    from convlab.grading.exercises.lesson_11 import _conv

    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, 3, 7, 8)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
    expected = [
        [b[o] + sum(signal.correlate2d(x[n, c], w[o, c], "valid") for c in range(3)) for o in range(4)]
        for n in range(2)
    ]
    np.testing.assert_allclose(_conv(x, w, b), expected)


def test_a_wrong_lenet_shows_how_many_arrays_it_was_given():
    verdict = diagnose(find("lenet5"), lambda x, weights, biases: np.ones((len(x), 10)), 0)
    assert "lenet5(x (1, 1, 32, 32), weights (5 arrays), biases (5 arrays))" in verdict.details[-1]


# What trained networks are told ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def probes():
    return find("read_digits").draw(0)


def scores_of(probe, strength=3.0, seed=0):
    """Scores as a trained network gives them: noise, and more at the class that was meant."""
    scores = np.random.default_rng(seed).normal(size=(len(probe.stage), 10))
    scores[np.arange(len(probe.stage)), probe.stage] += strength
    return scores


def told(make):
    """The mistake that is named when each probe is answered by `make(probe)`."""
    exercise = find("read_digits")
    answers = iter([make(probe) for probe in exercise.draw(0)])
    return diagnose(exercise, lambda train_images, train_labels, test_images: next(answers), 0)


@pytest.mark.parametrize(
    ("make", "mutant"),
    [
        (lambda probe: scores_of(probe).argmin(1), "worse than chance"),
        (lambda probe: scores_of(probe, 1.5).argmax(1), "not far enough"),
        (lambda probe: scores_of(probe, 0.0)[:, :5].argmax(1), "no better than chance"),
        (lambda probe: np.full(len(probe.stage), 4), "one label for all"),
        (lambda probe: np.random.default_rng(1).permutation(probe.stage), "shuffled"),
        (lambda probe: probe.stage + 1, "labels off by one"),
        (lambda probe: scores_of(probe, 6.0).argmax(1) - 1, "labels off by one"),
    ],
)
def test_mistakes_in_training_are_named(make, mutant):
    assert told(make).mutant == mutant


def test_scores_in_place_of_labels_are_told_so():
    assert "`.argmax(axis=1)`" in told(scores_of).sentence
    assert "each wants one label: (250,)" in told(lambda probe: probe.args[1]).sentence


def test_a_good_reader_is_right_whatever_it_gets_wrong(probes):
    verdicts = {reading(scores_of(probes[0], 6.0, seed).argmax(1).astype(float), probes[0])[0] for seed in range(5)}
    assert verdicts == {3.0}
    assert told(lambda probe: scores_of(probe, 6.0).argmax(1)).outcome is Outcome.RIGHT


def test_digits_to_read_are_not_among_those_to_learn(probes):
    for probe in probes:
        learn, _, read = probe.args
        assert not {image.tobytes() for image in learn} & {image.tobytes() for image in read}
        assert sorted(np.unique(probe.stage)) == list(range(10))
