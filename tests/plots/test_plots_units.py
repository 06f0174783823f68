"""The figures of lesson 07: the curves are those of the formulas, the numbers written are those computed."""

import numpy as np
import pytest
from matplotlib.text import Text
from scipy import special

from convlab import plots
from convlab.errors import ArgumentError, LabelError, ShapeError
from convlab.plots.units import FLOOR

VALUES = {
    "sigmoid": special.expit,
    "tanh": np.tanh,
    "ReLU": lambda x: np.maximum(x, 0),
    "leaky ReLU": lambda x: np.where(x > 0, x, 0.1 * x),
}


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def line(axes, label):
    return next(line for line in axes.lines if line.get_label() == label)


def test_curves_are_those_of_the_formulas():
    for axes, (name, formula) in zip(plots.unit_curves().axes, VALUES.items(), strict=True):
        assert axes.get_title() == name
        x, y = line(axes, "value y").get_data()
        np.testing.assert_allclose(y, formula(x), atol=1e-12)
        x, slope = line(axes, "slope dy/dx").get_data()
        smooth = np.isfinite(slope) & (np.abs(x) > 0.1)
        by_differences = (formula(x + 1e-6) - formula(x - 1e-6)) / 2e-6
        np.testing.assert_allclose(slope[smooth], by_differences[smooth], atol=1e-6)


def test_the_point_is_written_above_its_curve():
    assert "tanh\n0.96, slope 0.07" in words(plots.unit_curves(2.0))
    assert "leaky ReLU\n−0.2, slope 0.1" in words(plots.unit_curves(-2.0))
    assert "sigmoid 0.12, slope 0.1" in plots.unit_curves(-2.0).get_label()


@pytest.mark.parametrize("name", plots.UNITS)
@pytest.mark.parametrize(("x", "weight"), [(1.3, 1.0), (-0.7, 1.5), (2.5, 0.4)])
def test_a_stack_has_the_gradient_of_its_formula(name, x, weight):
    """Against central differences of the composed function, from every layer on."""
    stack = plots.UnitStack(x, layers=4, weight=weight, negative_slope=0.1)

    def last(s, layers):
        for layer in range(layers):
            s = VALUES[name](s if layer == 0 else weight * s)
        return s

    for layer in range(4):
        s, step = stack.sums[name][layer], 1e-6
        if s == 0 and "ReLU" in name:  # the corner has no slope; it counts as that of the left
            assert abs(stack.gradients[name][layer]) <= 0.1
            continue
        slope = (last(s + step, 4 - layer) - last(s - step, 4 - layer)) / (2 * step)
        assert stack.gradients[name][layer] == pytest.approx(slope, abs=1e-7)
        assert stack.outputs[name][layer] == pytest.approx(VALUES[name](s))


def test_ten_sigmoids_leave_at_most_a_millionth():
    most = max(plots.UnitStack(x).gradients["sigmoid"][0] for x in np.linspace(-6, 6, 49))
    assert most < 0.25**10 * 1.001
    assert plots.UnitStack(1.0).gradients["ReLU"][0] == 1
    assert plots.UnitStack(-1.0).gradients["ReLU"][0] == 0
    assert plots.UnitStack(-1.0).gradients["leaky ReLU"][0] == pytest.approx(1e-20)


def test_a_stack_is_drawn_with_nothing_on_the_floor():
    figure = plots.unit_stack(plots.UnitStack(-1.0, layers=6))
    lower = figure.axes[-1]
    np.testing.assert_array_equal(line(lower, "ReLU").get_ydata(), np.full(6, FLOOR))
    assert "ReLU 0" in figure.get_label() and "front of 6 layers" in figure.get_label()


def test_through_layers_draws_what_it_is_given():
    figure = plots.through_layers({"sigmoid": [1e-6, 1e-3], "tanh": [0.5, 1]}, label="size")
    assert figure.axes[0].get_yscale() == "log"
    np.testing.assert_array_equal(line(figure.axes[0], "sigmoid").get_xydata(), [[1, 1e-6], [2, 1e-3]])


def test_score_bars_write_softmax_and_gradient():
    scores = np.array([2.0, 1.0, -0.5, 0.1])
    said = words(plots.score_bars(scores, ["cat", "dog", "ship", "frog"], label=1))
    assert {"scores", "softmax", "gradient", "dog ←", "−0.5", "0.63", "0.23", "−0.77"} <= set(said)
    assert "gradient" not in words(plots.score_bars(scores))
    widths = [bar.get_width() for bar in plots.score_bars(scores).axes[1].patches]
    np.testing.assert_allclose(widths, special.softmax(scores))


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plots.unit_stack(3), ArgumentError, r"expected a UnitStack, got int; plots.UnitStack\(x\)"),
        (lambda: plots.UnitStack(0.0, layers=11), ArgumentError, "layers must be .*10.*11"),
        (lambda: plots.UnitStack("a"), ArgumentError, "UnitStack: x must be"),
        (lambda: plots.UnitStack(0.0, negative_slope=2), ArgumentError, "negative_slope must"),
        (lambda: plots.through_layers({}, label="a"), ShapeError, "1 to 4 networks, got 0"),
        (lambda: plots.through_layers({"a": [1, 0]}, label="a"), ShapeError, "'a' must be one positive number"),
        (lambda: plots.through_layers({"a": []}, label="a"), ShapeError, r"got shape \(0,\)"),
        (lambda: plots.score_bars(np.ones((1, 3))), ShapeError, r"one row of 1 to 12 numbers, got shape \(1, 3\)"),
        (lambda: plots.score_bars([1, 2], ["a"]), ShapeError, "2 scores need as many names, got 1"),
        (lambda: plots.score_bars([1, 2], label=2), LabelError, r"label must lie in \[0, 2\), got 2"),
    ],
)
def test_bad_input_is_named(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
