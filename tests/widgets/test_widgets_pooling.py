"""The explorer without a browser: set a control's value, look at what it holds and says."""

import re

import numpy as np
import pytest
from scipy import signal

from convlab import data, widgets
from convlab.errors import ArgumentError, ShapeError


@pytest.fixture(scope="module")
def explorer_made_once():
    return widgets.PoolingExplorer(3, right=2)


@pytest.fixture
def explorer(explorer_made_once):
    """One explorer for all tests, as if new."""
    explorer = explorer_made_once
    explorer.picture.value, explorer.kind.value, explorer.window.value = "3", "max", 4
    explorer.right.value, explorer.down.value, explorer.stride.value = 2, 0, 4
    return explorer


def detector(image):
    """The feature map by SciPy, which knows nothing of convlab."""
    return np.maximum(signal.correlate2d(image, [[1, 0, -1], [2, 0, -2], [1, 0, -1]], "same"), 0)


def blocks(image, K):
    H, W = (M // K * K for M in image.shape)
    return image[:H, :W].reshape(H // K, K, W // K, K)


def test_it_begins_where_it_is_told(explorer):
    digits = data.load("digits", "test")
    first = digits.images[digits.labels == 3][0, 0]
    np.testing.assert_array_equal(explorer.pixels, np.pad(first.astype(float), 4))
    assert (explorer.right.value, explorer.down.value, explorer.window.value, explorer.stride.value) == (2, 0, 4, 4)


def test_sliders_move_the_digit_and_nothing_is_lost(explorer):
    explorer.right.value, explorer.down.value = -4, 4
    before, after = explorer.shift.images
    np.testing.assert_array_equal(after, np.roll(before, (4, -4), axis=(0, 1)))
    explorer.right.value = -1000
    assert explorer.right.value == -4


def test_maps_and_pooled_maps_are_scipys(explorer):
    maps = [detector(image) for image in explorer.shift.images]
    np.testing.assert_allclose(explorer.shift.maps, maps)
    np.testing.assert_allclose(explorer.shift.pooled, [blocks(m, 4).max(axis=(1, 3)) for m in maps])
    explorer.kind.value, explorer.window.value = "average", 5
    np.testing.assert_allclose(explorer.shift.pooled, [blocks(m, 5).mean(axis=(1, 3)) for m in maps])


def test_pooling_is_more_tolerant_than_none_and_max_more_than_mean(explorer):
    changes = {}
    for kind in ("max", "average"):
        explorer.kind.value = kind
        changes[kind] = explorer.shift.pooled_change
    assert changes["max"] < changes["average"] < explorer.shift.unpooled_change


def test_a_shift_by_the_stride_moves_the_map_by_one_place(explorer):
    explorer.right.value = 4
    before, after = explorer.shift.pooled
    np.testing.assert_allclose(after, np.roll(before, 1, axis=1))


def test_the_stride_follows_the_window_and_can_be_set_alone(explorer):
    explorer.window.value = 8
    assert explorer.stride.value == 8 and explorer.shift.pooled[0].shape == (5, 5)
    explorer.stride.value = 2
    assert explorer.window.value == 8 and explorer.shift.pooled[0].shape == (17, 17)


def test_own_arrays_are_offered_beside_the_digits():
    mine = np.arange(30.0).reshape(5, 6)
    explorer = widgets.PoolingExplorer(mine, window=2)
    assert explorer.picture.value == "your own" and explorer.credit == ""
    np.testing.assert_array_equal(explorer.pixels, np.pad(mine, 4))
    explorer.picture.value = "7"
    assert explorer.pixels.shape == (40, 40) and "UCI" in explorer.credit
    explorer.picture.value = "your own"
    np.testing.assert_array_equal(explorer.pixels, np.pad(mine, 4))


@pytest.mark.parametrize(
    ("control", "value"),
    [("right", -3), ("down", 1), ("kind", "average"), ("window", 6), ("stride", 2), ("picture", "8")],
)
def test_every_control_redraws_once(explorer, monkeypatch, control, value):
    drawn = []
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(explorer.shift.pooled_change))
    getattr(explorer, control).value = value
    assert len(drawn) == 1


def test_what_it_says_follows_the_slider(explorer):
    before = explorer.view.value, explorer.sentence.value
    explorer.right.value = 3
    assert explorer.view.value != before[0] and explorer.sentence.value != before[1]
    said = re.sub("<[^>]+>", "", explorer.sentence.value)
    assert said == explorer.shift.sentence() and "3 right" in said
    assert f'alt="{explorer.shift.sentence()}"' in explorer.view.value


def test_the_static_form_shows_the_same(explorer):
    assert explorer.static().get_label() == explorer.shift.sentence()


def test_a_page_without_a_kernel_gets_the_picture(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(data)
    assert data["text/plain"] == metadata["image/png"]["alt"] == explorer.shift.sentence()


def test_every_control_has_a_name_for_the_keyboard_and_the_screen_reader(explorer):
    controls = [explorer.picture, explorer.right, explorer.down, explorer.window, explorer.stride]
    assert len({control.description for control in controls if control.description}) == len(controls)
    assert [label for label, _ in explorer.kind.options.items()] == [
        "Max pooling",
        "Average pooling",
        "Gaussian-weighted pooling",
    ]


@pytest.mark.parametrize(
    ("image", "options", "error", "message"),
    [
        (12, {}, ArgumentError, "a digit from 0 to 9 or an array"),
        ("cat", {}, ArgumentError, "got 'cat'"),
        (True, {}, ArgumentError, "got True"),
        (np.ones((3, 3, 3)), {}, ShapeError, "image must have two axes"),
        (np.ones((2, 9)), {}, ShapeError, "3 x 3 to 200 x 200"),
        (3, {"right": 5}, ArgumentError, "right must be from -4 to 4, got 5"),
        (3, {"window": 11}, ArgumentError, "window must be from 1 to 10, got 11"),
        (3, {"stride": 0}, ArgumentError, "stride must be from 1 to 10, got 0"),
        (3, {"kind": "median"}, ArgumentError, "kind must be one of max, average, Gaussian, got 'median'"),
    ],
)
def test_bad_input_is_named(image, options, error, message):
    with pytest.raises(error, match=message):
        widgets.PoolingExplorer(image, **options)
