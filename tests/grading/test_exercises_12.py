"""What is special about the exercises of lesson 12: references against the library, and what trained networks are told."""

import numpy as np
import pytest

import convlab.functional as F
from convlab import data, models, nn, optim
from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_12 import ROWS


def reference_of(name, place, seed=0):
    exercise = find(name)
    probe = exercise.draw(seed)[place]
    return probe, np.asarray(exercise.reference(*probe.args, **probe.kwargs), dtype=float)


def test_shapes_are_those_of_the_network():
    for place in range(3):
        probe, table = reference_of("alexnet_shapes", place)
        net = models.create("alexnet", width=1 / 16, image_size=probe.args[0])
        sides, shape = [], (3, *probe.args * 2)
        for layer in net.features:
            shape = layer.output_shape(shape)
            if isinstance(layer, (nn.Conv2d, nn.MaxPool2d)):
                sides.append(shape[1])
        assert table[:8, 1].tolist() == table[:8, 2].tolist() == sides
    assert len(table) == len(ROWS)


def test_response_normalisation_is_the_librarys():
    for place in range(5):
        (x, n, k, alpha, beta), want = (lambda pair: (pair[0].args, pair[1]))(
            reference_of("local_response_norm", place)
        )
        np.testing.assert_allclose(F.local_response_norm(x, n, alpha=alpha * n, beta=beta, k=k), want, rtol=1e-10)


def test_rates_are_those_of_the_librarys_schedule():
    exercise = find("plateau_rates")
    for probe in exercise.draw(1):
        losses, lr, factor, patience = probe.args
        optimizer = optim.SGD(nn.Linear(1, 1).parameters(), lr=lr)
        schedule = optim.ReduceLROnPlateau(optimizer, factor=factor, patience=patience, threshold=0)
        rates = []
        for loss in losses:
            rates.append(optimizer.lr)
            schedule.step(loss)
        np.testing.assert_allclose(exercise.reference(*probe.args), rates)


def test_crops_can_be_those_of_the_librarys_augmentation():
    """A crop that the library draws is found again among all windows and their mirror images."""
    images = np.random.default_rng(0).random((3, 2, 6, 7))
    drawn = data.Compose([data.RandomCrop(4), data.HorizontalFlip()])(images, np.random.default_rng(1))
    reference = find("random_crops").reference
    for image, crop in zip(images, drawn):
        found = [
            np.array_equal(reference(image[None], 4, [top], [left], [flip])[0], crop)
            for top in range(3) for left in range(4) for flip in (False, True)
        ]  # fmt: skip
        assert sum(found) == 1


def test_crops_to_recognise_share_no_pixel_with_those_to_learn():
    from convlab.grading.exercises.lesson_12 import _photographs

    probe = find("which_photograph").draw(0)[0]
    learn, labels, test = probe.args
    for label, photograph in enumerate(_photographs()):
        W = photograph.shape[2]
        strips = [photograph[:, :, int(a * W) : int(b * W)] for a, b in ((0.25, 0.375), (0.625, 0.75))]
        inside = [in_a_strip(strips, image) for image in test[probe.stage == label][:3]]
        outside = [in_a_strip(strips, image) for image in learn[labels == label][:3]]
        assert all(inside) and not any(outside)


def in_a_strip(strips, image):
    return any(any_window(strip, np.rint(image * 255)) for strip in strips)


def any_window(strip, crop):
    windows = np.lib.stride_tricks.sliding_window_view(strip[0], crop.shape[1:])
    return bool((windows == crop[0]).all(axis=(2, 3)).any())


def told(make):
    """What is said if each probe is answered by `make(probe)`."""
    exercise = find("which_photograph")
    answers = iter([make(probe) for probe in exercise.draw(0)])
    return diagnose(exercise, lambda train_images, train_labels, test_images: next(answers), 0)


def scores_of(probe, strength):
    scores = np.random.default_rng(0).normal(size=(len(probe.stage), 3))
    scores[np.arange(len(probe.stage)), probe.stage] += strength
    return scores


@pytest.mark.parametrize(
    ("make", "mutant"),
    [
        (lambda probe: np.where(np.arange(90) % 9 < 4, (probe.stage + 1) % 3, probe.stage), "not far enough"),
        (lambda probe: np.full(len(probe.stage), 2), "one label for all"),
        (lambda probe: np.random.default_rng(1).permutation(probe.stage), "shuffled"),
        (lambda probe: (scores_of(probe, 5).argmax(1) + 2) % 3, "names have changed places"),
        (lambda probe: scores_of(probe, 0)[:, :2].argmax(1), "no better than chance"),
    ],
)
def test_mistakes_in_training_are_named(make, mutant):
    assert told(make).mutant == mutant


def test_a_good_answer_is_right_and_scores_are_told_to_be_scores():
    assert told(lambda probe: scores_of(probe, 5).argmax(1)).outcome is Outcome.RIGHT
    assert "`.argmax(axis=1)`" in told(lambda probe: scores_of(probe, 5)).sentence
    assert "each wants one label: (90,)" in told(lambda probe: probe.args[1]).sentence
