"""The figures of pooling: what they compute and say, and that their texts lie clear of each other."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from scipy import ndimage, signal

from convlab import plots
from convlab.errors import ArgumentError, ShapeError
from convlab.plots import pooling, shifting, style

TABLE = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
SPOT = np.pad(np.arange(1.0, 37).reshape(6, 6) ** 2, 3)

GALLERY = {
    "windows": lambda: plots.pool_windows(TABLE),
    "a rest": lambda: plots.pool_windows(np.arange(35).reshape(5, 7) * 11, 3),
    "the largest there is": lambda: plots.pool_windows(np.arange(64).reshape(8, 8) * 3, kind="average"),
    "Gaussian": lambda: plots.pool_windows(np.arange(36).reshape(6, 6), 3, kind="Gaussian"),
    "the way back": lambda: plots.pool_gradient(TABLE, [[10, 20], [30, 40]]),
    "the way back of a mean": lambda: plots.pool_gradient(TABLE, [[10, 20], [30, 45]], kind="average"),
    "a shift": lambda: plots.shift_and_pool(SPOT, right=-2, down=1, window=3, stride=2, credit="somebody, CC BY 4.0"),
    "a shift of all": lambda: plots.shift_and_pool(SPOT, right=12, window=4, kind="Gaussian"),
    "curves": lambda: plots.curves(range(5), {f"line {k}": np.arange(5) * k for k in range(6)}, axis_labels=("a", "b")),
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


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_one_look(figure):
    assert figure.get_figwidth() == style.WIDTH
    assert len(figure.get_label()) > 15
    assert [t.get_text() for t, _ in texts(figure) if t.get_fontsize() < 10] == []


def test_no_text_leaves_the_figure_or_lies_on_another(figure):
    page, found = figure.bbox, texts(figure)
    assert [t.get_text() for t, box in found if not (page.x0 <= box.x0 and box.x1 <= page.x1)] == []
    assert [t.get_text() for t, box in found if not (page.y0 <= box.y0 and box.y1 <= page.y1)] == []
    pairs = itertools.combinations(found, 2)
    clashes = {(a.get_text(), b.get_text()) for (a, box), (b, other) in pairs if box.shrunk(0.98, 0.9).overlaps(other)}
    assert {(a, b) for a, b in clashes if a != b} == set()  # a winner's number is written twice on one place


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("max", "6 8 / 3 4"), ("average", "3.25 5.25 / 2 2"), ("Gaussian", "3.25 5.25 / 2 2")],
)
def test_windows_of_the_deck(kind, expected):
    figure = plots.pool_windows(TABLE, kind=kind)
    assert figure.get_label().endswith(f" in windows of 2 x 2: {expected}.")
    assert set(expected.replace("/ ", "").split()) <= set(words(figure))


def test_the_way_back_is_drawn():
    assert (
        plots.pool_gradient(TABLE, [[10, 20], [30, 40]])
        .get_label()
        .endswith("max pooling: 0 0 0 0 / 0 10 0 20 / 30 0 0 0 / 0 0 0 40.")
    )
    assert plots.pool_gradient([[5, 5], [0, 5]], [[6]]).get_label().endswith("max pooling: 6 0 / 0 0.")
    assert plots.pool_gradient([[5, 5], [0, 5]], [[6]], kind="average").get_label().endswith("1.5 1.5 / 1.5 1.5.")


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_a_gaussian_window_is_a_bell_with_sum_one(size):
    weights = plots.gaussian_window(size)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights, weights.T)
    np.testing.assert_allclose(weights, weights[::-1, ::-1])
    spot = np.zeros((21, 21))
    spot[10, 10] = 1
    if size % 2:
        blurred = ndimage.gaussian_filter(spot, size / 4, truncate=20)[10 - size // 2 : 11 + size // 2]
        blurred = blurred[:, 10 - size // 2 : 11 + size // 2]
        np.testing.assert_allclose(weights, blurred / blurred.sum(), atol=1e-6)


@pytest.mark.parametrize("kind", pooling.KINDS)
def test_pool_against_windows_cut_out(kind):
    image = np.random.default_rng(0).normal(size=(9, 11))
    cut = np.lib.stride_tricks.sliding_window_view(image, (3, 3))[::2, ::2]
    weights = {"average": np.full((3, 3), 1 / 9), "Gaussian": plots.gaussian_window(3)}
    want = cut.max(axis=(2, 3)) if kind == "max" else (cut * weights[kind]).sum(axis=(2, 3))
    np.testing.assert_allclose(pooling.pool(image, 3, kind, 2), want)


@pytest.mark.parametrize(("right", "down"), [(0, 0), (2, 0), (-3, 0), (0, 1), (-1, -2), (12, 0), (0, -13), (5, 40)])
def test_moved_is_scipys_shift(right, down):
    image = np.random.default_rng(1).normal(size=(10, 12))
    np.testing.assert_allclose(shifting.moved(image, right, down), ndimage.shift(image, (down, right), order=0))


def test_a_shift_holds_what_it_says():
    shift = plots.Shift(SPOT, right=2, down=-1, kind="average", window=3)
    edges = [np.maximum(signal.correlate2d(image, shifting.UPRIGHT, "same"), 0) for image in shift.images]
    np.testing.assert_allclose(shift.maps, edges)
    want = [each.reshape(4, 3, 4, 3).mean(axis=(1, 3)) for each in edges]
    np.testing.assert_allclose(shift.pooled, want)
    a, b = edges
    assert shift.unpooled_change == pytest.approx(np.abs(a - b).sum() / (a.sum() + b.sum()))
    a, b = want
    assert shift.pooled_change == pytest.approx(np.abs(a - b).sum() / (a.sum() + b.sum()))
    assert "2 right and 1 up" in shift.sentence()
    assert shifting.percent(shift.pooled_change) in shift.sentence()


def test_nothing_changes_without_a_shift_and_on_an_empty_picture():
    assert plots.Shift(SPOT).unpooled_change == plots.Shift(SPOT).pooled_change == 0
    assert plots.Shift(np.zeros((8, 8)), right=2).pooled_change == 0


def test_the_figure_says_the_changes():
    shift = plots.Shift(SPOT, 2, 0, "max", 3)
    said = words(shifting.draw_shift(shift))
    assert f"not pooled: {shifting.percent(shift.unpooled_change)}" in said
    assert f"max pooled: {shifting.percent(shift.pooled_change)}" in said
    assert {"feature map 12 x 12", "pooled 4 x 4"} <= set(said)


def test_curves_draw_what_they_are_given():
    figure = plots.curves([1, 2, 3], {"one": [3, 2, 1], "two": [0, 0, 5]}, axis_labels=("a", "b"))
    drawn = {line.get_label(): line.get_ydata().tolist() for line in figure.axes[0].lines}
    assert drawn == {"one": [3, 2, 1], "two": [0, 0, 5]}
    marks = [(line.get_marker(), line.get_linestyle()) for line in figure.axes[0].lines]
    assert len(set(marks)) == 2


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plots.pool_windows(np.ones((9, 4))), ShapeError, "up to 8 rows and columns"),
        (lambda: plots.pool_windows(np.array([["a", "b"]])), ShapeError, "letters have no order"),
        (
            lambda: plots.pool_windows(TABLE, kind="median"),
            ArgumentError,
            "one of max, average, Gaussian, got 'median'",
        ),
        (lambda: plots.pool_windows(TABLE, 5), ShapeError, "window is 5 high"),
        (lambda: plots.pool_gradient(TABLE, [[1, 2]]), ShapeError, r"expected|must have the shape of the output"),
        (lambda: plots.pool_gradient(TABLE, [[1]], kind="Gaussian"), ArgumentError, "max or average"),
        (lambda: plots.gaussian_window(0), ArgumentError, "must be above 0"),
        (lambda: plots.gaussian_window(3, 0), ArgumentError, "must be above 0"),
        (lambda: plots.Shift(TABLE, window=5), ShapeError, "window must be from 1 to 4"),
        (lambda: plots.Shift(TABLE, kind="sum"), ArgumentError, "kind must be one of"),
        (lambda: plots.curves([1, 2], {"a": [1, 2, 3]}, axis_labels=("x", "y")), ShapeError, "one number for each x"),
        (lambda: plots.curves([1, 2], {}, axis_labels=("x", "y")), ShapeError, "1 to 6 lines, got 0"),
    ],
)
def test_bad_input_is_named(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
