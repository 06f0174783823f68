"""The explorers of lessons 00 and 02 without a browser: set a control's value, look at what they hold and say."""

import re

import numpy as np
import pytest
from scipy import ndimage, special

from convlab import data, nn, widgets
from convlab.errors import ArgumentError, ShapeError

WEIGHTS = np.random.default_rng(0).normal(size=(10, 32 * 32)).astype(np.float32) / 10


def linear(batch):
    return batch.reshape(len(batch), -1) @ WEIGHTS.T


def always_three(batch):
    return np.eye(10, dtype=np.float32)[[3] * len(batch)] * 9


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", "test")[:60]


@pytest.fixture
def counter():
    return widgets.ParameterExplorer(227, 3, 96, 11, 4)


@pytest.fixture
def classifier(digits):
    return widgets.ClassifierExplorer({"linear": linear, "three": always_three}, digits, digit=3)


# The parameter counter ------------------------------------------------------------------------------------------------


def test_alexnets_first_layer(counter):
    assert counter.output_shape == (96, 55, 55)
    assert counter.counts == {
        "fully connected": 290_400 * (227 * 227 * 3 + 1),
        "locally connected": 105_705_600,
        "shared": 34_944,
    }


@pytest.mark.parametrize(("side", "channels", "filters", "kernel", "stride"), [(32, 3, 10, 5, 1), (20, 2, 4, 3, 2)])
def test_counts_are_those_of_layers(side, channels, filters, kernel, stride):
    explorer = widgets.ParameterExplorer(side, channels, filters, kernel, stride)
    layer = nn.Conv2d(channels, filters, kernel, stride=stride)
    assert explorer.output_shape == layer.output_shape((channels, side, side))
    assert explorer.counts["shared"] == layer.count_parameters()
    full = nn.Linear(channels * side**2, int(np.prod(explorer.output_shape)))
    assert explorer.counts["fully connected"] == full.count_parameters()


@pytest.mark.parametrize(
    ("control", "value"), [("side", 100), ("channels", 1), ("filters", 5), ("kernel", 3), ("stride", 2)]
)
def test_every_slider_redraws_and_says_it(counter, control, value):
    before = counter.view.value, counter.sentence.value
    getattr(counter, control).value = value
    assert counter.view.value != before[0] and counter.sentence.value != before[1]
    assert f"{counter.counts['fully connected']:,}" in counter.static().get_label()


def test_a_kernel_larger_than_the_image_is_cut_to_it():
    explorer = widgets.ParameterExplorer(8, 1, 1, 15)
    assert explorer.output_shape == (1, 1, 1) and explorer.counts["shared"] == 65


# The classifiers ------------------------------------------------------------------------------------------------------


def test_the_digit_moves_and_what_leaves_is_lost(classifier, digits):
    first = digits.images[digits.labels == 3][0, 0].astype(np.float32) / 255
    np.testing.assert_array_equal(classifier.image, first)
    classifier.right.value, classifier.down.value = 5, -3
    np.testing.assert_allclose(classifier.image, ndimage.shift(first, (-3, 5), order=0), atol=1e-6)


def test_probabilities_are_the_softmax_of_the_scores(classifier):
    classifier.right.value = 2
    want = special.softmax(classifier.image.ravel() @ WEIGHTS.T)
    np.testing.assert_allclose(classifier.probabilities["linear"], want, rtol=1e-4)
    assert classifier.probabilities["three"].argmax() == 3


def test_another_digit_is_another_picture(classifier):
    assert "three: 3 with" in classifier.static().get_label() and "right" in classifier.static().get_label()
    before = classifier.view.value
    classifier.digit.value = 7
    assert classifier.view.value != before
    assert re.search(r"A handwritten 7\. .*three: 3 with \d+ %, wrong\.", classifier.static().get_label())


def test_images_are_prepared_as_the_networks_want_them(digits):
    explorer = widgets.ClassifierExplorer(
        {"sum": lambda batch: np.zeros((len(batch), 10)) + batch.shape[-1]},
        digits,
        prepare=lambda images: np.pad(images[:, :, ::2, ::2] / 255.0, ((0, 0), (0, 0), (3, 3), (3, 3))),
    )
    assert explorer.image.shape == (22, 22)


@pytest.mark.parametrize("make", ["counter", "classifier"])
def test_a_page_without_a_kernel_gets_the_picture(make, request):
    explorer = request.getfixturevalue(make)
    bundle, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(bundle)
    assert bundle["text/plain"] == metadata["image/png"]["alt"] == explorer.static().get_label()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda d: widgets.ParameterExplorer(4), ArgumentError, "side must be a whole number from 8 to 512, got 4"),
        (lambda d: widgets.ParameterExplorer(32, 3, 0), ArgumentError, "filters must be a whole number from 1 to 256"),
        (lambda d: widgets.ClassifierExplorer({}, d), ArgumentError, "expected one or two networks, got 0"),
        (lambda d: widgets.ClassifierExplorer({"a": linear}, d, digit=11), ArgumentError, "digit must be one of 0, 1"),
        (
            lambda d: widgets.ClassifierExplorer({"a": linear}, d, right=9),
            ArgumentError,
            "right must be a whole number",
        ),
        (
            lambda d: widgets.ClassifierExplorer({"a": linear}, type("Set", (), {"images": np.zeros((2, 3, 4, 4))})()),
            ShapeError,
            "images must be grey",
        ),
    ],
)
def test_bad_input_is_named(call, error, message, digits):
    with pytest.raises(error, match=message):
        call(digits)
