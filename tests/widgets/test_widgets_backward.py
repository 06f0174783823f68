"""The backward explorer without a browser: set a control's value, look at what it holds and says."""

import numpy as np
import pytest
from scipy import signal

from convlab import widgets
from convlab.errors import ArgumentError, ShapeError


@pytest.fixture
def explorer():
    return widgets.BackwardExplorer(row=2, column=2, padding=1)


def test_it_begins_where_it_is_told(explorer):
    step = explorer.step
    assert (step.row, step.column, step.stride, step.padding, step.by) == (2, 2, 1, 1, "input")
    assert len(step.terms) == 9 and step.dy.shape == (5, 5)


def test_the_outputs_that_touch_a_pixel_follow_the_sliders(explorer):
    explorer.padding.value, explorer.stride.value = 0, 2
    assert len(explorer.step.terms) == 4
    explorer.row.value = 1
    assert len(explorer.step.terms) == 2
    explorer.column.value = 0
    assert [term.output for term in explorer.step.terms] == [(0, 0)]
    explorer.stride.value, explorer.row.value = 3, 4
    assert explorer.step.terms == () and "no window covers" in explorer.view.value


def test_the_numbers_are_scipys(explorer):
    step = explorer.step
    full = signal.convolve2d(step.dy, step.w)  # true convolution turns the kernel: every overlap
    np.testing.assert_allclose(step.gradient, full[1:-1, 1:-1])
    explorer.by.value = "weights"
    step = explorer.step
    np.testing.assert_allclose(step.gradient, signal.correlate2d(np.pad(step.x, 1), step.dy, "valid"))


def test_the_other_gradient_has_other_places(explorer):
    explorer.by.value = "weights"
    assert (explorer.row.max, explorer.column.max) == (2, 2) and (explorer.row.value, explorer.column.value) == (1, 1)
    explorer.by.value = "input"
    assert (explorer.row.max, explorer.row.value) == (4, 2)


def test_own_arrays():
    x, w, dy = np.arange(12.0).reshape(3, 4), np.eye(2), np.array([[1.0, -2, 3], [4, 5, -6]])
    explorer = widgets.BackwardExplorer(x, w, dy, by="weights")
    np.testing.assert_array_equal(explorer.step.dy, dy)
    np.testing.assert_allclose(explorer.step.gradient, signal.correlate2d(x, dy, "valid"))
    explorer.stride.value = 2
    assert explorer.step.dy.shape == (1, 2)  # another size of output: made up
    explorer.stride.value = 1
    np.testing.assert_array_equal(explorer.step.dy, dy)


@pytest.mark.parametrize(
    ("control", "value"), [("row", 0), ("column", 4), ("stride", 3), ("padding", 0), ("by", "weights")]
)
def test_every_control_redraws_once(explorer, monkeypatch, control, value):
    drawn = []
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(explorer.step.total))
    getattr(explorer, control).value = value
    assert len(drawn) == 1


def test_what_it_says_follows_and_the_static_form_says_the_same(explorer):
    before = explorer.view.value
    explorer.row.value = 0
    assert explorer.view.value != before
    assert f'alt="{explorer.static().get_label()}"' in explorer.view.value and "dx[0, 2]" in explorer.view.value
    data, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(data)
    assert data["text/plain"] == metadata["image/png"]["alt"] == explorer.static().get_label()


def test_every_control_has_a_name(explorer):
    controls = [explorer.row, explorer.column, explorer.stride, explorer.padding]
    assert len({control.description for control in controls if control.description}) == 4
    assert list(explorer.by.options) == ["dx: by the input", "dw: by the weights"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"x": np.ones((8, 3))}, ShapeError, "x must hold numbers, up to 7 x 7"),
        ({"w": np.ones((5, 5))}, ShapeError, "w must hold numbers, up to 4 x 4"),
        ({"w": [["a"]]}, ShapeError, "w must hold numbers"),
        ({"dy": np.ones((2, 2))}, ShapeError, r"dy must have the shape of the output, \(3, 3\)"),
        ({"by": "bias"}, ArgumentError, "by must be 'input' or 'weights'"),
        ({"row": 5}, ArgumentError, "row must be a whole number from 0 to 4, got 5"),
        ({"stride": 4}, ArgumentError, "stride must be a whole number from 1 to 3"),
        ({"padding": 3}, ArgumentError, "padding must be a whole number from 0 to 2"),
    ],
)
def test_bad_input_is_named(options, error, message):
    with pytest.raises(error, match=message):
        widgets.BackwardExplorer(**options)
