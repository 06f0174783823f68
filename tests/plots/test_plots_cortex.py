"""The figures of lesson 01: what they draw and say, and that their texts lie clear of each other."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from convlab import cortex, plots
from convlab.errors import ArgumentError, ShapeError, StateError
from convlab.plots import style

SIZE = 33
CELL = cortex.SimpleCell.gabor(SIZE, 60)
ANGLES = np.arange(0, 180, 15)


def experiment(*angles):
    made = cortex.Experiment(CELL, seed=2)
    for angle in angles:
        made.show(angle)
    return made


GALLERY = {
    "screens": lambda: plots.screens(
        [cortex.bar(SIZE, angle) for angle in (0, 60, 90)], ["0°", "60°", "90°"], [1.0, 45.14, 3.0], field=CELL.field
    ),
    "many screens": lambda: plots.screens([np.zeros((9, 12))] * 7, list("abcdefg"), columns=4),
    "raster": lambda: plots.raster([cortex.spike_times(60, 2, 0), []], ["a bar, 150°", "nothing"], seconds=2),
    "tuning": lambda: plots.tuning_curves(ANGLES, {"A": (np.arange(12.0), np.ones(12)), "B": np.ones(12)}),
    "length": lambda: plots.tuning_curves([4, 8, 16], {"A": [1, 2, 1]}, axis_label="length (pixels)"),
    "board": lambda: plots.experiment_board(experiment(0, 60, 120), reveal=True),
    "first trial": lambda: plots.experiment_board(experiment(60)),
    "map": lambda: plots.cortical_map(np.eye(40), 10, places=[(0.5, 0), (8, -5)], credit="somebody, CC BY 4.0"),
}


@pytest.fixture(params=GALLERY.values(), ids=GALLERY.keys())
def figure(request):
    return request.param()


def texts(figure):
    """Every visible text of a figure with its box in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    hidden = {
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not axis.get_view_interval()[0] <= tick.get_loc() <= axis.get_view_interval()[1]
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


def test_screens_say_the_rates():
    label = GALLERY["screens"]().get_label()
    assert label == "Screens and what the cell says: 0° 1 spikes/s, 60° 45.1 spikes/s, 90° 3 spikes/s."


def test_screens_show_the_contrast_as_it_is():
    image = cortex.bar(SIZE, 60, contrast=-0.5)
    (shown,) = plots.screens([image], ["x"]).axes[0].images
    assert shown.get_clim() == (-1, 1)
    np.testing.assert_array_equal(shown.get_array(), image)


def test_a_raster_has_a_stroke_for_each_spike():
    times = cortex.spike_times(40, 1, 3)
    figure = plots.raster([times, []], ["a", "b"])
    strokes = sum(len(c.get_segments()) for c in figure.axes[0].collections)
    assert strokes == len(times) and figure.get_label() == f"Spikes in 1 s: a {len(times)}, b 0."


def test_tuning_curves_draw_what_they_are_given_and_bars_that_lie_as_they_should():
    rates, errors = np.arange(12.0), np.linspace(1, 2, 12)
    axes = plots.tuning_curves(ANGLES, {"A": (rates, errors)}).axes[0]
    np.testing.assert_array_equal(axes.containers[0].lines[0].get_ydata(), rates)
    spread = [segment[1][1] - segment[0][1] for segment in axes.containers[0].lines[2][0].get_segments()]
    np.testing.assert_allclose(spread, 2 * errors)
    strokes = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_transform() != axes.transData]
    turned = [np.rad2deg(np.arctan2(np.diff(s.get_ydata())[0], np.diff(s.get_xdata())[0])) % 180 for s in strokes]
    np.testing.assert_allclose(turned[-5:-1], [0, 45, 90, 135], atol=1e-6)


def test_the_board_counts_trials_and_reveals_the_field():
    made = experiment(0, 60)
    assert plots.experiment_board(made).get_label() == f"{made.trials[-1].sentence()} 2 trials so far."
    hidden, shown = (plots.experiment_board(made, reveal=reveal).axes[0].collections for reveal in (False, True))
    assert len(shown) == len(hidden) + 2
    points = plots.experiment_board(made).axes[1].lines[0]
    assert points.get_ydata().tolist() == [trial.spikes for trial in made.trials]


def test_places_lie_on_the_cortex_where_the_map_says():
    figure = GALLERY["map"]()
    written = {t.get_text(): t.get_position() for t in figure.axes[1].texts}
    np.testing.assert_allclose(written["2"], [float(c) for c in cortex.to_cortex(8, -5)])
    assert "2 at (8, -5) degrees" in figure.get_label()


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plots.screens([np.eye(3)], ["a", "b"]), ShapeError, "1 pictures, 2 titles; give one"),
        (lambda: plots.screens([np.eye(3)], ["a"], [1, 2]), ShapeError, "2 rates"),
        (lambda: plots.screens([np.ones(3)]), ShapeError, "screens: a picture must have two axes"),
        (lambda: plots.raster([[0.1]], ["a", "b"]), ShapeError, "1 rows of spike times and 2 names"),
        (lambda: plots.tuning_curves([0, 90], {"a": [1, 2, 3]}), ShapeError, "one rate for each stimulus"),
        (lambda: plots.tuning_curves([0, 90], {}), ShapeError, "1 to 6 curves, got 0"),
        (lambda: plots.experiment_board(cortex.Experiment(CELL)), StateError, "nothing was shown yet"),
        (lambda: plots.cortical_map(np.eye(9), 10, places=[(-1, 0)]), ArgumentError, "outside of the right half"),
    ],
)
def test_bad_input_is_named(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
