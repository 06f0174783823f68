"""What is special in the exercises of lesson 02: references against layers and SciPy, learners' own mistakes."""

import numpy as np
import pytest
from scipy import signal, spatial

from convlab import nn, reference
from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_02 import EXERCISES as LESSON


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_layers(seed):
    for probe in find("parameter_counts").draw(seed):
        (in_shape, out_channels, kernel_size), options = probe.args, probe.kwargs
        full, local, shared = find("parameter_counts").reference(*probe.args, **options)
        layer = nn.Conv2d(in_shape[0], out_channels, kernel_size, **options)
        _, OH, OW = layer.output_shape(in_shape)
        assert shared == layer.count_parameters() and local == shared * OH * OW
        if full < 1e7:
            assert full == nn.Linear(int(np.prod(in_shape)), out_channels * OH * OW).count_parameters()


def test_the_decks_numbers():
    assert find("parameter_counts").reference((3, 227, 227), 96, 11, stride=4).tolist()[1:] == [105_705_600, 34_944]


@pytest.mark.parametrize("seed", range(2))
def test_likeness_is_scipys_cosine(seed):
    for probe in find("template_match").draw(seed):
        image, template = probe.args
        y = find("template_match").reference(image, template)
        for i, j in np.ndindex(y.shape):
            window = image[i : i + template.shape[0], j : j + template.shape[1]].ravel()
            want = 1 - spatial.distance.cosine(window, template.ravel()) if window.any() else 0
            assert y[i, j] == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("seed", range(2))
def test_matrix_and_tiles_are_convolutions(seed):
    rng = np.random.default_rng(seed)
    for probe in find("convolution_matrix").draw(seed):
        w, length = probe.args
        x = rng.normal(size=length)
        want = reference.conv1d(x[None, None], w[None, None]).ravel()
        np.testing.assert_allclose(find("convolution_matrix").reference(w, length) @ x, want)
    for probe in find("tiled_conv1d").draw(seed):
        x, w = probe.args
        y = find("tiled_conv1d").reference(x, w)
        for s, each in enumerate(w):
            np.testing.assert_allclose(y[s :: len(w)], signal.correlate(x, each, "valid")[s :: len(w)])


LEARNERS = [
    ("w[i % t][::-1]", "weights turned"),
    ("w[0]", "first set only"),
    ("w[min(i, t - 1)]", "last set for the rest"),
]


@pytest.mark.parametrize(("weights", "mutant"), LEARNERS)
def test_mistakes_in_a_learners_loop(weights, mutant):
    source = f"""
def tiled_conv1d(x, w):
    t, K = w.shape
    y = np.zeros(len(x) - K + 1)
    for i in range(len(y)):
        y[i] = (x[i : i + K] * {weights}).sum()
    return y
"""
    namespace = {"np": np}
    exec(source, namespace)
    for seed in range(3):
        verdict = diagnose(find("tiled_conv1d"), namespace["tiled_conv1d"], seed)
        assert (verdict.outcome, verdict.mutant) == (Outcome.WRONG, mutant)


def test_probes_are_drawn_afresh_by_seed():
    for exercise in LESSON:
        numbers = [
            np.concatenate([np.ravel(np.asarray(a, dtype=float)) for p in exercise.draw(seed) for a in p.args])
            for seed in (4, 4, 7)
        ]
        assert np.array_equal(numbers[0], numbers[1]) and not np.array_equal(numbers[0], numbers[2])
