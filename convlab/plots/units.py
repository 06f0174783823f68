"""The four units that bend, sigmoid, tanh, ReLU and leaky ReLU: their curves, and a stack of them in a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import convlab.functional as F
from convlab import checks
from convlab.errors import ArgumentError
from convlab.plots.style import BLACK, FAINT, GRADIENT, INPUT, OUTPUT, SMALL, TEXT, describe, new_figure, number, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REACH = 6.0  # the curves are drawn from -REACH to REACH
DEEPEST = 10  # layers of a stack
LEAK = 0.01
FLOOR = 1e-12  # what is smaller, or 0, is drawn on the floor of the picture


def _leaky_slope(dy: Any, x: Any, y: Any, leak: float) -> Any:
    return F.leaky_relu_grad(dy, x, leak)


@dataclass(frozen=True)
class Unit:
    """One kind of neuron: `value(x, leak)` and `gradient(dy, x, y, leak)` by convlab.functional; colour and mark."""

    name: str
    value: Callable[[Any, float], Any]
    gradient: Callable[[Any, Any, Any, float], Any]
    colour: str
    mark: str

    def slope(self, x: Any, leak: float = LEAK) -> np.ndarray:
        """The derivative at each number of x."""
        x = np.asarray(x, dtype=np.float64)
        return self.gradient(np.ones_like(x), x, self.value(x, leak), leak)


# Colours that are no role's: black and the two of Okabe and Ito's that the style leaves free, and grey.
UNITS = {
    unit.name: unit
    for unit in (
        Unit("sigmoid", lambda x, leak: F.sigmoid(x), lambda dy, x, y, leak: F.sigmoid_grad(dy, y), "#D55E00", "v"),
        Unit("tanh", lambda x, leak: F.tanh(x), lambda dy, x, y, leak: F.tanh_grad(dy, y), BLACK, "o"),
        Unit("ReLU", lambda x, leak: F.relu(x), lambda dy, x, y, leak: F.relu_grad(dy, x), "#56B4E9", "s"),
        Unit("leaky ReLU", lambda x, leak: F.leaky_relu(x, leak), _leaky_slope, "#8A8A8A", "D"),
    )
}


class UnitStack:
    """One neuron after another, all of a kind: y_1 = f(x), y_2 = f(w y_1), ... up to ten layers.

    Parameters
    ----------
    x : the sum that comes into the first neuron
    layers : 1 to 10
    weight : w, the weight between two neurons
    negative_slope : of the leaky ReLU, 0 to 1

    Attributes
    ----------
    sums, outputs, gradients : dicts, name of the unit -> (layers,)
        What comes into each neuron, what comes out, and the gradient of the last output by each neuron's sum.

    >>> stack = UnitStack(0.0, layers=3)
    >>> stack.gradients["ReLU"].tolist(), UnitStack(2.0, layers=3).gradients["ReLU"].tolist()
    ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    """

    def __init__(self, x: float, layers: int = DEEPEST, weight: float = 1.0, negative_slope: float = LEAK):
        self.x = checks.number("UnitStack", "x", x, -np.inf)
        self.layers = checks.integer("UnitStack", "layers", layers, 1, DEEPEST)
        self.weight = checks.number("UnitStack", "weight", weight, -np.inf)
        self.negative_slope = checks.number("UnitStack", "negative_slope", negative_slope, 0, 1)
        self.sums, self.outputs, self.gradients = {}, {}, {}
        for name, unit in UNITS.items():
            self._pass(name, unit)

    def _pass(self, name: str, unit: Unit) -> None:
        """Forward through all layers, then backward."""
        s, sums, outputs = np.array([self.x]), [], []
        for _ in range(self.layers):
            y = unit.value(s, self.negative_slope)
            sums.append(s)
            outputs.append(y)
            s = self.weight * y
        dy, gradients = np.ones(1), []
        for s, y in zip(reversed(sums), reversed(outputs)):
            gradients.append(unit.gradient(dy, s, y, self.negative_slope))
            dy = self.weight * gradients[-1]
        self.sums[name], self.outputs[name] = np.concatenate(sums), np.concatenate(outputs)
        self.gradients[name] = np.concatenate(gradients[::-1])

    def sentence(self) -> str:
        """What arrives at the first neuron of each kind, in words."""
        arrives = ", ".join(f"{name} {_small(self.gradients[name][0])}" for name in UNITS)
        return (
            f"x = {number(self.x)}, weight {number(self.weight)}: of a gradient of 1 at the end, this arrives in front of "
            f"{_layers(self.layers)}: {arrives}."
        )


def _layers(count: int) -> str:
    return "1 layer" if count == 1 else f"{count} layers"


def _small(value: float) -> str:
    """A number of any size in two digits.

    >>> [_small(v) for v in (0.25, 9.5367e-07, 0.0, 1.0)]
    ['0.25', '9.5e−7', '0', '1']
    """
    if value == 0 or 0.005 <= abs(value) < 1000:
        return number(value)
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}e{int(power)}".replace("-", "−")


@styled
def unit_curves(x: float | None = None, *, negative_slope: float = 0.1) -> "Figure":
    """Value and slope of the four units over their input; with `x` also the point there and its tangent.

    Parameters
    ----------
    x : float, optional
    negative_slope : of the leaky ReLU, 0 to 1; larger than usual by default, so that it can be seen

    Returns
    -------
    matplotlib Figure
    """
    figure = new_figure(5.4)
    figure.set_layout_engine("constrained")
    panels = figure.subplots(2, 2, sharex=True).ravel()
    for axes, unit in zip(panels, UNITS.values()):
        _panel(axes, unit, x, negative_slope)
    for axes in panels[2:]:
        axes.set_xlabel("input x")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return describe(figure, _in_words(x, negative_slope))


def _panel(axes: Any, unit: Unit, x: float | None, leak: float) -> None:
    inputs = np.linspace(-REACH, REACH, 241)
    values, slopes = unit.value(inputs, leak), unit.slope(inputs, leak)
    axes.plot(inputs, values, color=OUTPUT.line, label="value y")
    if "ReLU" in unit.name:  # the slope jumps: no line through the corner
        slopes[np.abs(inputs) < 1e-9] = np.nan
    axes.plot(inputs, slopes, color=GRADIENT.line, linestyle="--", label="slope dy/dx")
    axes.set(xlim=(-REACH, REACH), ylim=(-1.2, 3.2) if "ReLU" in unit.name else (-1.2, 1.4), title=unit.name)
    if x is None:
        return
    value, slope = float(unit.value(np.array([x]), leak)[0]), float(unit.slope([x], leak)[0])
    inside = float(np.clip(x, -REACH, REACH))
    height = float(unit.value(np.array([inside]), leak)[0])
    axes.plot(inside + np.array([-1, 1]), height + slope * np.array([-1, 1]), color=FAINT, linewidth=3, alpha=0.6)
    axes.plot([inside], [height], "o", color=OUTPUT.ink, markersize=8)
    axes.plot([inside], [slope], "D", color=GRADIENT.ink, markersize=6)
    axes.set_title(f"{unit.name}\n{number(value)}, slope {_small(slope)}")


def _in_words(x: float | None, leak: float) -> str:
    if x is None:
        return "Value and slope of four units: " + ", ".join(UNITS) + "."
    at = np.array([x])
    each = (f"{u.name} {number(u.value(at, leak)[0])}, slope {_small(u.slope(at, leak)[0])}" for u in UNITS.values())
    return f"Value and slope at x = {number(x)}: {'; '.join(each)}."


@styled
def unit_stack(stack: UnitStack) -> "Figure":
    """The four units at the input of a stack, and below the gradient on its way back through the layers.

    Parameters
    ----------
    stack : UnitStack

    Returns
    -------
    matplotlib Figure
    """
    if not isinstance(stack, UnitStack):
        raise ArgumentError(
            f"unit_stack: expected a UnitStack, got {type(stack).__name__}; plots.UnitStack(x) makes one"
        )
    figure = new_figure(6.4)
    figure.set_layout_engine("constrained")
    grid = figure.add_gridspec(2, 4, height_ratios=(2, 3))
    first = None
    for column, unit in enumerate(UNITS.values()):
        axes = figure.add_subplot(grid[0, column], sharey=first)
        first = first or axes
        _panel(axes, unit, stack.x, stack.negative_slope)
        axes.set_title(axes.get_title().replace(", slope", "\nslope"), fontsize=TEXT)  # a narrow panel
        axes.set_xlabel("input x")
        axes.tick_params(labelleft=column == 0)
    first.set_ylim(-1.2, 3.2)
    first.set_ylabel("value, slope")
    axes = figure.add_subplot(grid[1, :])
    _way_back(axes, stack)
    return describe(figure, stack.sentence())


def _way_back(axes: Any, stack: UnitStack) -> None:
    """Gradient at each layer, on a scale of powers of ten; the last layer stands on the right."""
    layers = np.arange(1, stack.layers + 1)
    for name, unit in UNITS.items():
        sizes = np.maximum(np.abs(stack.gradients[name]), FLOOR)
        thin = name == "leaky ReLU"  # it often lies on ReLU's line, and both should be seen
        axes.plot(layers, sizes, "--" if thin else "-", color=unit.colour, marker=unit.mark,
                  markersize=4 if thin else 8, label=name)  # fmt: skip
    axes.axhspan(FLOOR / 100, FLOOR * 3, color=INPUT.fill, zorder=0)
    axes.text(0.995, 0.01, "0, or less than can be drawn", ha="right", va="bottom", fontsize=SMALL, color=INPUT.ink,
              transform=axes.transAxes)  # fmt: skip
    axes.set_yscale("log")
    axes.set(xlim=(0.6, DEEPEST + 0.4), ylim=(FLOOR / 30, 1e3), xlabel="layer  (the gradient comes from the right)")
    axes.set_ylabel("gradient")
    axes.set_xticks(range(1, DEEPEST + 1))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
