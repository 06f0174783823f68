"""The figure of the way back: what it finds, draws and says, against loops and central differences of another kind."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from scipy import signal

from convlab import plots
from convlab.errors import ArgumentError, DtypeError, ShapeError
from convlab.plots import style
from convlab.plots.backward import output_shape

X = np.array([[f"x{i}{j}" for j in (1, 2, 3)] for i in (1, 2, 3)])
F = np.array([["f11", "f12"], ["f21", "f22"]])
D = np.array([["d11", "d12"], ["d21", "d22"]])


def step(x=(5, 5), w=(3, 3), stride=1, padding=0, by="input", row=1, column=1, seed=0):
    rng = np.random.default_rng(seed)
    dy = rng.integers(-3, 4, output_shape(x, w, stride, padding))
    return plots.BackStep(rng.integers(0, 9, x), rng.integers(-2, 3, w), dy, by, row, column, stride, padding)


GALLERY = {
    "names by the weights": lambda: plots.BackStep(X, F, D, by="weights"),
    "names by the input": lambda: plots.BackStep(X, F, D, row=1, column=1),
    "padding 2": lambda: step(padding=2),
    "weights, padding 1, stride 2": lambda: step(padding=1, stride=2, by="weights"),
    "no window": lambda: step((5, 5), (2, 2), stride=3, row=2, column=2),
    "decimals": lambda: plots.BackStep(np.eye(4) / 3, [[0.25, -1.5]], np.full((4, 3), 12.34), by="weights"),
    "as large as it gets": lambda: step((7, 7), (3, 3), padding=1, by="weights"),
}


@pytest.fixture(params=GALLERY.values(), ids=GALLERY.keys())
def figure(request):
    return plots.backward_step(request.param())


def texts(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    found = figure.findobj(lambda a: isinstance(a, Text) and a.get_visible() and a.get_text().strip())
    return [(text, text.get_window_extent(canvas.get_renderer())) for text in found]


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_one_look_and_nothing_lies_on_anything_else(figure):
    page, found = figure.bbox, texts(figure)
    assert figure.get_figwidth() == style.WIDTH and len(figure.get_label()) > 40
    assert [t.get_text() for t, _ in found if t.get_fontsize() < style.SMALL] == []
    assert [t.get_text() for t, b in found if not (page.x0 <= b.x0 and b.x1 <= page.x1)] == []
    assert [t.get_text() for t, b in found if not (page.y0 <= b.y0 and b.y1 <= page.y1)] == []
    pairs = itertools.combinations(found, 2)
    assert {
        (a.get_text(), b.get_text()) for (a, box), (b, other) in pairs if box.shrunk(0.9, 0.8).overlaps(other)
    } == set()


def test_the_terms_of_the_slide_written_out():
    by_weights = [plots.BackStep(X, F, D, "weights", u, v).total for u, v in np.ndindex(2, 2)]
    assert by_weights == [
        "d11·x11 + d12·x12 + d21·x21 + d22·x22",
        "d11·x12 + d12·x13 + d21·x22 + d22·x23",
        "d11·x21 + d12·x22 + d21·x31 + d22·x32",
        "d11·x22 + d12·x23 + d21·x32 + d22·x33",
    ]
    middle = plots.BackStep(X, F, D, row=1, column=1)
    assert middle.total == "d11·f22 + d12·f21 + d21·f12 + d22·f11"
    assert middle.at(0, 0).total == "d11·f11" and middle.at(0, 1).total == "d11·f12 + d12·f11"
    assert middle.gradient[1, 1] == middle.total


@pytest.mark.parametrize("by", ["input", "weights"])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 2), (2, 1), (3, 0)])
def test_every_number_is_the_slope_that_scipy_measures(by, stride, padding):
    whole = step((5, 6), (3, 2), stride, padding, by)

    def loss(x, w):
        y = signal.correlate2d(np.pad(x, padding), w, "valid")[::stride, ::stride]
        return (y * whole.dy).sum()

    for place in np.ndindex(*whole.shape):
        nudge = np.zeros(whole.shape)
        nudge[place] = 0.5
        if by == "input":
            slope = loss(whole.x + nudge, whole.w) - loss(whole.x - nudge, whole.w)
        else:
            slope = loss(whole.x, whole.w + nudge) - loss(whole.x, whole.w - nudge)
        assert whole.at(*place).total == pytest.approx(slope, abs=1e-9)
        assert whole.gradient[place] == pytest.approx(slope, abs=1e-9)


def test_an_output_is_lit_exactly_if_it_depends_on_the_pixel():
    whole = step((6, 5), (3, 3), 2, 1)
    for place in np.ndindex(6, 5):
        spot = np.zeros((6, 5))
        spot[place] = 1
        seen = signal.correlate2d(np.pad(spot, 1), np.ones((3, 3)), "valid")[::2, ::2]
        assert {term.output for term in whole.at(*place).terms} == {tuple(map(int, ij)) for ij in np.argwhere(seen)}


def test_the_figure_says_what_the_step_holds():
    whole = step(padding=1, row=2, column=2)
    drawn = words(plots.backward_step(whole))
    assert f"{style.number(whole.total)}" in drawn and "dx, by the input" in drawn and "dy, by the outputs" in drawn
    for term in whole.terms:
        assert f"{style.number(whole.dy[term.output])}\n× {style.number(whole.w[term.partner])}" in drawn
    assert whole.sentence() in plots.backward_step(whole).get_label()


def test_a_pixel_that_no_window_covers():
    lost = step((5, 5), (2, 2), stride=3, row=2, column=2)
    assert lost.total == 0 and lost.sentence() == "dx[2, 2] = 0: no window covers this pixel"


def test_a_long_sum_is_shortened_and_its_total_is_not():
    long = step((7, 7), (3, 3), padding=1, by="weights")
    assert "more)" in long.sentence() and long.sentence().endswith(f"= {style.number(long.total)}")
    assert long.total == pytest.approx(long.gradient[1, 1])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: plots.BackStep(X, F, np.eye(2)), DtypeError, "all hold numbers or all hold names"),
        (
            lambda: plots.BackStep(np.eye(3), np.eye(2), np.eye(3)),
            ShapeError,
            r"dy must have the shape of the output, \(2, 2\)",
        ),
        (lambda: plots.BackStep(np.eye(2), np.eye(3), np.eye(1)), ShapeError, "does not fit"),
        (lambda: step(by="bias"), ArgumentError, "by must be 'input' or 'weights', got 'bias'"),
        (lambda: step(row=5), ArgumentError, r"no dx\[5, 1\]; rows go from 0 to 4"),
        (lambda: step(by="weights", column=3), ArgumentError, r"no dw\[1, 3\]"),
        (
            lambda: plots.BackStep(np.eye(3), np.eye(2), np.eye(2), stride=0),
            ArgumentError,
            "stride must be a whole number",
        ),
        (
            lambda: plots.BackStep(np.eye(3), np.eye(2), np.eye(2), padding=0.5),
            ArgumentError,
            "padding must be a whole",
        ),
        (lambda: plots.backward_step(step((9, 9))), ShapeError, "up to 7 x 7 pixels"),
        (lambda: plots.backward_step(step((7, 7), (5, 5))), ShapeError, "4 x 4 weights"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_curves_may_be_logarithmic():
    axes = plots.curves([1, 10, 100], {"one": [1, 0.1, 0.01]}, axis_labels=("a", "b"), log="xy").axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    axes = plots.curves([1, 2, 3], {"one": [1, 0.1, 0.01]}, axis_labels=("a", "b"), log="y").axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("linear", "log")
