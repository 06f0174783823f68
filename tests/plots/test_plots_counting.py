"""The figures of lesson 02: connections, counts, guesses."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from convlab import plots
from convlab.errors import ArgumentError, LabelError, ShapeError
from convlab.plots import style
from convlab.plots.connections import KINDS, weight_of

GALLERY = {
    "connections": lambda: plots.connections(6, 3),
    "two kinds": lambda: plots.connections(9, 4, kinds=("local", "tiled"), tiles=3),
    "counts": lambda: plots.count_bars({"fully connected": 44_892_355_200, "local": 105_705_600, "shared": 34_944}),
    "a wide scale": lambda: plots.count_bars({"one": 1, "ten": 10}, highest=1e14),
    "guesses": lambda: plots.digit_guesses(
        np.eye(24), {"MLP": np.eye(10)[3], "CNN": np.full(10, 0.1)}, 3, credit="UCI"
    ),
    "one guess": lambda: plots.digit_guesses(np.eye(24), {"LeNet": np.linspace(0, 0.2, 10)}, 0),
}


@pytest.fixture(params=GALLERY.values(), ids=GALLERY.keys())
def figure(request):
    return request.param()


def texts(figure):
    """Every visible text of a figure with its box in pixels; ticks outside of the view are not."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    hidden = {
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    found = figure.findobj(lambda a: isinstance(a, matplotlib.text.Text) and a.get_visible() and a.get_text().strip())
    return [(text, text.get_window_extent(canvas.get_renderer())) for text in found if text not in hidden]


def test_one_look(figure):
    assert figure.get_figwidth() == style.WIDTH and len(figure.get_label()) > 15
    assert [t.get_text() for t, _ in texts(figure) if t.get_fontsize() < 10] == []


def test_no_text_leaves_the_figure_or_lies_on_another(figure):
    page, found = figure.bbox, texts(figure)
    assert [t.get_text() for t, box in found if not (page.x0 <= box.x0 and box.x1 <= page.x1)] == []
    assert [t.get_text() for t, box in found if not (page.y0 <= box.y0 and box.y1 <= page.y1)] == []
    pairs = itertools.combinations(found, 2)
    assert [
        (a.get_text(), b.get_text()) for (a, box), (b, other) in pairs if box.shrunk(0.98, 0.9).overlaps(other)
    ] == []


@pytest.mark.parametrize(("inputs", "kernel"), [(6, 3), (9, 2), (5, 4)])
def test_connections_and_weights_are_m_n_k_n_and_k(inputs, kernel):
    outputs = inputs - kernel + 1
    label = plots.connections(inputs, kernel).get_label()
    assert f"full {inputs * outputs}, {inputs * outputs}; local {kernel * outputs}, {kernel * outputs}" in label
    assert f"tiled {kernel * outputs}, {kernel * min(2, outputs)}; shared {kernel * outputs}, {kernel}." in label


def test_a_shared_weight_has_one_look_and_others_have_others():
    figure = plots.connections(6, 3, kinds=("shared",))
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"]
    looks = {(line.get_color(), str(line.get_linestyle())) for line in lines}
    assert (len(lines), len(looks)) == (12, 3)
    assert {weight_of(kind, 0, 1, 6, 3) == weight_of(kind, 2, 1, 6, 3) for kind in KINDS[2:]} == {True}
    assert {weight_of(kind, 0, 1, 6, 3) == weight_of(kind, 2, 1, 6, 3) for kind in KINDS[:2]} == {False}


def test_bars_are_as_long_as_their_counts():
    counts = {"a": 12, "b": 3_400}
    bars = plots.count_bars(counts).axes[0].patches
    assert [round(bar.get_width()) for bar in bars] == list(counts.values())


def test_a_guess_is_the_largest_and_is_judged():
    probabilities = np.full(10, 0.05)
    probabilities[7] = 0.55
    assert plots.digit_guesses(np.eye(8), {"net": probabilities}, 7).get_label().endswith("net: 7 with 55 %, right.")
    assert plots.digit_guesses(np.eye(8), {"net": probabilities}, 1).get_label().endswith("net: 7 with 55 %, wrong.")


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plots.connections(20, 3), ArgumentError, "expected 2 to 9 inputs"),
        (lambda: plots.connections(6, 3, kinds=("sparse",)), ArgumentError, "kinds must be some of full, local"),
        (lambda: plots.count_bars({"none": 0}), ArgumentError, "counts of at least 1"),
        (lambda: plots.digit_guesses(np.eye(8), {"a": np.ones(9)}, 1), ShapeError, "'a' must be 10 probabilities"),
        (lambda: plots.digit_guesses(np.eye(8), {}, 1), ShapeError, "one or two networks, got 0"),
        (lambda: plots.digit_guesses(np.eye(8), {"a": np.ones(10)}, 12), LabelError, "label must be a digit"),
    ],
)
def test_bad_input_is_named(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
