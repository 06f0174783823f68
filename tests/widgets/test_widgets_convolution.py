"""The explorer without a browser: set a control's value, look at what it holds and says."""

import re

import numpy as np
import pytest
from scipy import signal

from convlab import widgets
from convlab.errors import ArgumentError, ShapeError

CORRELATION, CONVOLUTION = False, True


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("CONVLAB_DATA", raising=False)


@pytest.fixture
def explorer():
    return widgets.ConvolutionExplorer("digit", "Sobel y", row=10, column=12)


def expected(explorer, flip=False):
    """The output by SciPy, which knows nothing of convlab."""
    operation = signal.convolve2d if flip else signal.correlate2d
    return operation(explorer.pixels, explorer.kernel, "valid")


def test_it_begins_where_it_is_told(explorer):
    assert (explorer.row.value, explorer.column.value) == (10, 12)
    np.testing.assert_array_equal(explorer.kernel, [[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    np.testing.assert_allclose(explorer.window.output, expected(explorer))


def test_sliders_step_the_window(explorer):
    explorer.row.value, explorer.column.value = 3, 29
    window = explorer.window
    np.testing.assert_array_equal(window.patch, explorer.pixels[3:6, 29:32])
    assert window.total == expected(explorer)[3, 29]


def test_sliders_reach_the_last_window_and_no_further(explorer):
    explorer.row.value = explorer.column.value = 1000
    assert (explorer.row.value, explorer.column.value) == (29, 29)
    np.testing.assert_array_equal(explorer.window.patch, explorer.pixels[29:, 29:])


@pytest.mark.parametrize("name", widgets.PRESETS)
def test_presets_fill_the_fields(explorer, name):
    explorer.preset.value = name
    np.testing.assert_allclose(explorer.kernel, widgets.PRESETS[name])
    np.testing.assert_allclose(explorer.window.output, expected(explorer))


def test_what_the_presets_do():
    constant = np.full((5, 5), 40.0)
    sums = {name: widgets.ConvolutionExplorer(constant, name).window.total for name in widgets.PRESETS}
    assert {name for name, total in sums.items() if total == pytest.approx(40)} == {
        "identity",
        "blur",
        "sharpen",
        "emboss",
    }
    assert {name for name, total in sums.items() if total == 0} == {"Sobel x", "Sobel y", "edge"}
    ramp = np.outer(np.ones(5), np.arange(5.0))
    assert widgets.ConvolutionExplorer(ramp, "Sobel x").window.total == -8
    assert widgets.ConvolutionExplorer(ramp, "Sobel y").window.total == 0


def test_a_field_edited_makes_the_kernel_your_own(explorer):
    explorer.fields[4].value = 2.5
    assert explorer.preset.value == "your own"
    assert explorer.kernel[1, 1] == 2.5
    np.testing.assert_allclose(explorer.window.output, expected(explorer))
    explorer.fields[4].value = 0
    assert explorer.preset.value == "Sobel y"


def test_the_switch_turns_the_kernel(explorer):
    before = explorer.window.total
    explorer.flip.value = CONVOLUTION
    np.testing.assert_allclose(explorer.window.output, expected(explorer, flip=True))
    assert explorer.window.total == -before


def test_another_picture_moves_the_window_to_its_middle(explorer):
    explorer.row.value = 29
    explorer.picture.value = "china"
    assert explorer.pixels.shape == (120, 180)
    assert (explorer.row.max, explorer.column.max) == (117, 177)
    assert (explorer.row.value, explorer.column.value) == (58, 88)
    explorer.picture.value = "digit"
    assert (explorer.row.max, explorer.column.max) == (29, 29)
    np.testing.assert_allclose(explorer.window.output, expected(explorer))


def test_own_arrays_are_offered_beside_the_bundled_pictures():
    mine = np.arange(20.0).reshape(4, 5)
    explorer = widgets.ConvolutionExplorer(mine, [[0, 0, 0], [0, 0, 1], [0, 0, 0]])
    assert explorer.picture.value == "your own" and explorer.preset.value == "your own"
    np.testing.assert_array_equal(explorer.window.output, mine[1:3, 2:5])
    explorer.picture.value = "digit"
    explorer.picture.value = "your own"
    np.testing.assert_array_equal(explorer.window.output, mine[1:3, 2:5])


@pytest.mark.parametrize("control", ["row", "column", "flip", "preset", "field", "picture"])
def test_every_control_redraws_once(explorer, monkeypatch, control):
    drawn = []
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(explorer.window.total))
    target = explorer.fields[0] if control == "field" else getattr(explorer, control)
    target.value = {"row": 5, "column": 5, "flip": True, "preset": "blur", "field": 3, "picture": "flower"}[control]
    assert len(drawn) == 1


def test_what_it_says_follows_the_slider(explorer):
    before = explorer.view.value, explorer.sentence.value
    explorer.row.value += 1
    assert explorer.view.value != before[0] and explorer.sentence.value != before[1]
    said = re.sub("<[^>]+>", "", explorer.sentence.value)
    assert said == f"output[11, 12] = {explorer.window.sentence()}"
    assert (
        f'alt="Cross-correlation of a 32 x 32 picture with a 3 x 3 kernel; at row 11, column 12: {explorer.window.sentence()}."'
        in explorer.view.value
    )


def test_the_static_form_shows_the_same(explorer):
    explorer.flip.value = CONVOLUTION
    label = explorer.static().get_label()
    assert label.startswith("True convolution of a 32 x 32 picture")
    assert explorer.window.sentence() in label


def test_a_page_without_a_kernel_gets_the_picture(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(data)
    assert data["text/plain"] == metadata["image/png"]["alt"] == explorer.static().get_label()


def test_every_control_has_a_name_for_the_keyboard_and_the_screen_reader(explorer):
    controls = [explorer.picture, explorer.preset, explorer.row, explorer.column, *explorer.fields]
    assert all(control.description for control in controls)
    assert len({control.description for control in controls}) == len(controls)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"image": "cat"}, ArgumentError, "ConvolutionExplorer: no picture 'cat'; there are china"),
        ({"kernel": "sobel"}, ArgumentError, "no kernel 'sobel'; there are identity, blur"),
        ({"kernel": np.ones((2, 2))}, ShapeError, r"kernel must be 3 x 3, got \(2, 2\)"),
        ({"image": np.ones((2, 5))}, ShapeError, r"at least 3 x 3, got \(2, 5\)"),
        ({"image": np.ones((5, 5, 3))}, ShapeError, "image must have two axes"),
        ({"image": "digit", "row": 30}, ArgumentError, "row must be from 0 to 29, got 30"),
    ],
)
def test_bad_input_is_named(options, error, message):
    with pytest.raises(error, match=message):
        widgets.ConvolutionExplorer(**options)
