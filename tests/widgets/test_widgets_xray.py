"""The drawing pad and the network X-ray without a browser: set the ink, look at what the network sees and says."""

import numpy as np
import pytest
from PIL import Image

from convlab import data, models, widgets
from convlab.errors import ArgumentError, ShapeError

pytest.importorskip("anywidget", reason="anywidget is not installed: pip install anywidget")


def normalize(images):
    return images.astype(np.float32) / 255


@pytest.fixture(scope="module")
def net():
    return models.create("lenet5").eval()


@pytest.fixture
def explorer(net):
    return widgets.NetworkXRayExplorer(net, normalize, digit=4)


def stroke(rows=slice(3, 29), columns=slice(14, 17)):
    ink = np.zeros((32, 32), bool)
    ink[rows, columns] = True
    return ink


# The pad --------------------------------------------------------------------------------------------------------------


def test_ink_goes_in_and_comes_out():
    pad = widgets.DrawingPad(stroke())
    np.testing.assert_array_equal(pad.ink, stroke())
    assert len(pad.widget.cells) == 32 * 32
    pad.clear()
    assert not pad.ink.any()


def test_a_page_sends_bytes_and_the_pad_tells():
    pad, told = widgets.DrawingPad(), []
    pad.on_change(lambda: told.append(int(pad.ink.sum())))
    pad.widget.cells = memoryview(stroke().astype(np.uint8).tobytes())  # as they come from the browser
    assert told == [26 * 3]
    pad.widget.cells = b"too short"
    assert not pad.ink.any()


@pytest.mark.parametrize("ink", [np.zeros((28, 28), bool), np.zeros((32, 32)), "7"])
def test_what_is_no_drawing_is_named(ink):
    with pytest.raises(ShapeError, match=r"ink must be a bool array \(32, 32\)"):
        widgets.DrawingPad(ink)


# A digit like the bundled ones ----------------------------------------------------------------------------------------


def test_a_drawing_becomes_a_digit_as_scikit_learns_were_made():
    """Blocks of 4 x 4 counted, enlarged to 28 x 28 by the same filter, with a border of 2."""
    ink = np.random.default_rng(0).random((32, 32)) < 0.5
    ink[0], ink[-1] = True, True  # it fills the page already
    counts = ink.reshape(8, 4, 8, 4).sum(axis=(1, 3))
    grey = Image.fromarray(np.rint(counts * 255 / 16).astype(np.uint8))
    expected = np.pad(np.asarray(grey.resize((28, 28), Image.Resampling.BICUBIC)), 2)
    np.testing.assert_array_equal(widgets.as_digit(ink), expected)


@pytest.mark.parametrize("shift", [(0, 0), (4, -5), (-3, 9)])
def test_where_it_was_drawn_does_not_matter(shift):
    ink = stroke(slice(6, 24), slice(12, 20))
    ink[10:14, 14:18] = False
    moved = np.roll(ink, shift, axis=(0, 1))
    np.testing.assert_array_equal(widgets.as_digit(moved), widgets.as_digit(ink))


def test_small_and_large_writing_fill_the_page():
    for height in (8, 16, 31):
        rows = np.flatnonzero(widgets.as_digit(stroke(slice(0, height), slice(10, 14))).any(axis=1))
        assert rows[0] <= 3 and rows[-1] >= 28


def test_a_dot_and_an_empty_page():
    dot = np.zeros((32, 32), bool)
    dot[5, 5] = True
    assert widgets.as_digit(dot).shape == (32, 32)
    assert widgets.as_digit(np.zeros((32, 32), bool)).sum() == 0
    with pytest.raises(ArgumentError, match="expected a drawing"):
        widgets.as_digit(np.zeros(3))


# The explorer ---------------------------------------------------------------------------------------------------------


def test_it_begins_with_a_digit_of_the_test_set(explorer, net):
    test = data.load("digits", "test")
    np.testing.assert_array_equal(explorer.pixels, test.images[4, 0])
    scores = net(normalize(test.images[4:5]))[0].astype(float)
    np.testing.assert_allclose(explorer.xray.probabilities, np.exp(scores) / np.exp(scores).sum(), rtol=1e-5)
    assert f"Its writer meant {test.labels[4]}." in explorer.sentence()


def test_drawing_changes_what_the_network_sees(explorer, net):
    before = explorer.view.value
    explorer.pad.ink = stroke()
    assert explorer.source.value == "your drawing"
    np.testing.assert_array_equal(explorer.pixels, widgets.as_digit(stroke()))
    np.testing.assert_array_equal(
        explorer.xray.sheets[0].values, net[:2](normalize(widgets.as_digit(stroke())[None, None]))[0]
    )
    assert explorer.view.value != before and explorer.xray.sentence() in explorer.said.value


def test_an_empty_page_is_said_to_be_empty(explorer):
    explorer.source.value = "your drawing"
    assert "empty page" in explorer.said.value


@pytest.mark.parametrize("act", ["draw", "move the slider", "both"])
def test_every_act_redraws_once(explorer, monkeypatch, act):
    drawn = []
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(1))
    if act == "both":
        explorer.pad.ink = stroke()
        drawn.clear()
        explorer.digit.value = 9
    elif act == "draw":
        explorer.pad.ink = stroke()
    else:
        explorer.digit.value = 9
    assert len(drawn) == 1 and explorer.source.value == ("your drawing" if act == "draw" else "digits")


def test_the_static_form_and_a_page_without_a_kernel(explorer):
    bundle, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(bundle)
    assert bundle["text/plain"] == metadata["image/png"]["alt"] == explorer.static().get_label()


def test_bad_input_is_named(net):
    with pytest.raises(ArgumentError, match="normalize must be callable"):
        widgets.NetworkXRayExplorer(net, 3)
    with pytest.raises(ArgumentError, match="digit must be from 0 to 359, got 360"):
        widgets.NetworkXRayExplorer(net, normalize, digit=360)
