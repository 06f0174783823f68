"""Loss landscapes and walks in them, against formulas in closed form; and that the figure says what the walk holds."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from convlab import nn, optim, plots
from convlab.errors import ArgumentError, ShapeError
from convlab.plots import style

BOWL = plots.LANDSCAPES["bowl"]


@pytest.mark.parametrize("landscape", plots.LANDSCAPES.values(), ids=lambda landscape: landscape.name)
def test_gradients_are_those_of_a_finer_and_a_coarser_step(landscape):
    for point in np.random.default_rng(0).uniform(-2, 2, (5, 2)):
        for h in (1e-4, 1e-6):
            slopes = [(landscape.at(point + h * e) - landscape.at(point - h * e)) / (2 * h) for e in np.eye(2)]
            np.testing.assert_allclose(landscape.gradient(point), slopes, atol=1e-5)


def test_plain_descent_in_a_bowl_is_a_geometric_series():
    walk = plots.Descent(BOWL, lr=0.1, steps=20, start=(1.5, -1))
    shrink = (1 - 0.1 * 2) ** np.arange(21)
    np.testing.assert_allclose(walk.path, np.outer(shrink, (1.5, -1)), atol=1e-8)
    np.testing.assert_allclose(walk.losses, 3.25 * shrink**2, atol=1e-8)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("name", plots.LANDSCAPES)
def test_the_walk_is_that_of_the_librarys_sgd(name, momentum):
    walk = plots.Descent(plots.LANDSCAPES[name], lr=0.03, momentum=momentum, steps=15)
    w = nn.Parameter(np.array(walk.start))
    sgd = optim.SGD([w], lr=0.03, momentum=momentum)
    for point in walk.path[1:]:
        w.grad = walk.landscape.gradient(w.data)
        sgd.step()
        np.testing.assert_allclose(w.data, point, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "lr", "momentum", "steps", "fate"),
    [
        ("bowl", 0.25, 0, 40, "arrives"),
        ("bowl", 0.99, 0, 40, "on its way"),
        ("bowl", 1.01, 0, 600, "flies off"),
        ("bowl", 1.5, 0, 40, "flies off"),
        ("valley", 0.095, 0, 40, "on its way"),
        ("valley", 0.105, 0, 100, "flies off"),  # across the valley the slope grows by 20 for each unit
        ("valley", 0.05, 0.7, 60, "arrives"),
    ],
)
def test_how_a_walk_ends(name, lr, momentum, steps, fate):
    walk = plots.Descent(plots.LANDSCAPES[name], lr, momentum, steps)
    assert walk.fate == fate
    if fate == "flies off":
        assert len(walk.path) <= steps + 1 and np.isfinite(walk.path).all()


def test_the_two_valleys_of_the_lesson():
    shallow = plots.Descent(plots.LANDSCAPES["two valleys"], 0.05, 0, 60)
    deep = plots.Descent(plots.LANDSCAPES["two valleys"], 0.05, 0.9, 100)
    jumped = plots.Descent(plots.LANDSCAPES["two valleys"], 0.4, 0, 60)
    assert shallow.path[-1, 0] > 0.5 and deep.path[-1, 0] < -0.5 and jumped.path[-1, 0] < -0.5
    assert shallow.losses[-1] > deep.losses[-1] + 0.3


def test_a_loss_that_overflows_is_a_walk_that_flies_off():
    steep = plots.Landscape("steep", lambda a, b: np.exp(a**2 + b**2))
    assert plots.Descent(steep, lr=1.0, steps=50).fate == "flies off"


WALKS = {
    "bowl": plots.Descent(BOWL, 0.25),
    "off": plots.Descent(BOWL, 1.5),
    "valley": plots.Descent(plots.LANDSCAPES["valley"], 0.05, 0.9, 100),
    "tiny steps": plots.Descent(plots.LANDSCAPES["two valleys"], 0.001, 0, 5),
    "flat": plots.Descent(plots.Landscape("flat", lambda a, b: 0 * a + 0 * b + 1.0), 0.1, 0, 3),
}


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS.keys())
def test_the_figure(walk):
    figure = plots.loss_landscape(walk)
    assert figure.get_figwidth() == style.WIDTH
    assert figure.get_label().lower() == walk.sentence().lower()
    drawn = figure.axes[0].lines[0].get_xydata()
    np.testing.assert_array_equal(drawn, walk.path)
    assert len(figure.axes[1].lines[0].get_ydata()) == len(walk.losses)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    page = figure.bbox
    titles = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and t.get_fontsize() >= 10]
    boxes = [
        (t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in titles if "mathdefault" not in t.get_text()
    ]
    inside = [(text, box) for text, box in boxes if page.x0 <= box.x0 and box.x1 <= page.x1]
    named = {"weight 0", "weight 1", "step", "loss above the lowest"}
    assert named <= {text for text, _ in inside}
    chosen = [(text, box) for text, box in inside if text in named or "it" in text]
    assert [(a, b) for (a, box), (b, other) in itertools.combinations(chosen, 2) if box.overlaps(other)] == []


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: plots.Landscape("x", 3), ArgumentError, "loss must be a function"),
        (lambda: plots.Landscape("x", max, start=(1, 2, 3)), ShapeError, "start must be two numbers"),
        (lambda: plots.Landscape("x", max, low=(2, 2), high=(1, 3)), ArgumentError, "low must lie below high"),
        (lambda: plots.Landscape("x", lambda a, b: 1.0).map(), ShapeError, "number by number"),
        (lambda: plots.Descent(BOWL, lr=0), ArgumentError, "lr must be above 0"),
        (lambda: plots.Descent(BOWL, momentum=1), ArgumentError, "momentum must be from 0 to below 1"),
        (lambda: plots.Descent(BOWL, steps=0), ArgumentError, "steps must be a whole number"),
        (lambda: plots.Descent(BOWL, start=(1,)), ShapeError, "start must be two numbers"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
