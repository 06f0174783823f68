"""A loss over two weights as a landscape, and gradient descent as a walk in it.

`Landscape` is a function with a map, `Descent` the walk; `loss_landscape` draws both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ArgumentError, ShapeError
from convlab.plots.style import BLACK, FAINT, GRADIENT, INPUT, OUTPUT, SMALL, describe, new_figure, number, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUDGE = 1e-5  # of the central differences
FAR = 30.0  # a walk that is so many maps away from the middle has flown off
GRID = 101  # points of the map along each side


@dataclass(frozen=True, eq=False)
class Landscape:
    """A loss over two weights, and the part of it that is drawn.

    Parameters
    ----------
    name : str
    loss : function (w0, w1) -> loss
        Of two numbers or two arrays of one shape.
    start : (w0, w1), where a walk begins
    low, high : corners of the map
    """

    name: str
    loss: Callable[[Any, Any], Any]
    start: tuple[float, float] = (-1.5, 1.5)
    low: tuple[float, float] = (-2.0, -2.0)
    high: tuple[float, float] = (2.0, 2.0)

    def __post_init__(self):
        if not callable(self.loss):
            raise ArgumentError(f"Landscape: loss must be a function (w0, w1) -> loss, got {type(self.loss).__name__}")
        for name in ("start", "low", "high"):
            pair = np.asarray(getattr(self, name), dtype=np.float64)
            if pair.shape != (2,) or not np.isfinite(pair).all():
                raise ShapeError(f"Landscape: {name} must be two numbers (w0, w1), got {getattr(self, name)!r}")
        if not (np.asarray(self.low) < np.asarray(self.high)).all():
            raise ArgumentError(f"Landscape: low must lie below high, got {self.low} and {self.high}")

    def at(self, w: Any) -> float:
        """The loss at a point."""
        with np.errstate(all="ignore"):
            return float(self.loss(*np.asarray(w, dtype=np.float64)))

    def gradient(self, w: Any) -> np.ndarray:
        """The slopes at a point, by central differences. (2,)

        >>> Landscape("bowl", lambda a, b: a**2 + b**2).gradient((1, 2)).round(6).tolist()
        [2.0, 4.0]
        """
        w = np.asarray(w, dtype=np.float64)
        nudges = NUDGE * np.eye(2)
        return np.array([(self.at(w + nudge) - self.at(w - nudge)) / (2 * NUDGE) for nudge in nudges])

    def map(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places along both axes (GRID,), and the losses there (GRID, GRID), w1 along the first axis."""
        a, b = (np.linspace(low, high, GRID) for low, high in zip(self.low, self.high))
        losses = np.asarray(self.loss(*np.meshgrid(a, b)), dtype=np.float64)
        if losses.shape != (GRID, GRID):
            raise ShapeError(
                f"Landscape: loss must work number by number on arrays, got {losses.shape} for {(GRID, GRID)}"
            )
        return a, b, losses


def _valley(a: Any, b: Any) -> Any:
    along, across = (a - b) / np.sqrt(2), (a + b) / np.sqrt(2)
    return 0.5 * (0.5 * along**2 + 20 * across**2)


def _two_valleys(a: Any, b: Any) -> Any:
    return 0.5 * (a**2 - 1) ** 2 + 0.3 * a + 1.5 * b**2


LANDSCAPES = {
    "bowl": Landscape("bowl", lambda a, b: a**2 + b**2),
    "valley": Landscape("valley", _valley, start=(-1.0, 1.6)),
    "two valleys": Landscape("two valleys", _two_valleys, start=(1.8, 1.5)),
}


@dataclass(frozen=True, eq=False)
class Descent:
    """Gradient descent with momentum in a landscape: v <- momentum v + gradient, w <- w - lr v.

    Parameters
    ----------
    landscape : Landscape
    lr : float
        The learning rate, above 0.
    momentum : float
        From 0 to below 1.
    steps : int
    start : (w0, w1), optional
        That of the landscape by default.

    >>> walk = Descent(LANDSCAPES["bowl"], lr=0.25, steps=1, start=(1, 0))
    >>> walk.path.round(6).tolist()
    [[1.0, 0.0], [0.5, 0.0]]
    """

    landscape: Landscape
    lr: float = 0.1
    momentum: float = 0.0
    steps: int = 30
    start: Any = None

    def __post_init__(self):
        if not (self.lr > 0 and np.isfinite(self.lr)):
            raise ArgumentError(f"Descent: lr must be above 0, got {self.lr!r}")
        if not 0 <= self.momentum < 1:
            raise ArgumentError(f"Descent: momentum must be from 0 to below 1, got {self.momentum!r}")
        if not isinstance(self.steps, int) or isinstance(self.steps, bool) or not 1 <= self.steps <= 1000:
            raise ArgumentError(f"Descent: steps must be a whole number from 1 to 1000, got {self.steps!r}")
        start = np.asarray(self.landscape.start if self.start is None else self.start, dtype=np.float64)
        if start.shape != (2,):
            raise ShapeError(f"Descent: start must be two numbers (w0, w1), got {self.start!r}")
        object.__setattr__(self, "start", start)

    @cached_property
    def path(self) -> np.ndarray:
        """Start and every step, (steps + 1, 2); shorter if the walk flies off."""
        middle = (np.asarray(self.landscape.low) + self.landscape.high) / 2
        far = FAR * np.abs(np.asarray(self.landscape.high) - middle).max()
        points, velocity = [self.start], np.zeros(2)
        for _ in range(self.steps):
            velocity = self.momentum * velocity + self.landscape.gradient(points[-1])
            point = points[-1] - self.lr * velocity
            if not np.isfinite(point).all():
                break
            points.append(point)
            if np.abs(point - middle).max() > far:
                break
        return np.array(points)

    @cached_property
    def losses(self) -> np.ndarray:
        """The loss at every point of the path."""
        return np.array([self.landscape.at(point) for point in self.path])

    @property
    def fate(self) -> str:
        """How it ends: "flies off", "arrives" (its slope is down to a thousandth), or "on its way"."""
        if len(self.path) <= self.steps or self.losses[-1] > 2 * self.losses[0] + 1:
            return "flies off"
        first, last = (np.linalg.norm(self.landscape.gradient(self.path[k])) for k in (0, -1))
        still = np.linalg.norm(self.path[-1] - self.path[-2]) <= 0.01 * np.ptp(self.landscape.map()[0])
        return "arrives" if last <= 0.001 * first and still else "on its way"

    @property
    def uphill(self) -> int:
        """Steps after which the loss was higher than before, by more than rounding."""
        return int((np.diff(self.losses) > 1e-9 * (1 + abs(self.losses[0]))).sum())

    def sentence(self) -> str:
        """The walk in words."""
        told = {
            "flies off": f"it flies off after {len(self.path) - 1} steps",
            "arrives": f"it arrives at ({number(self.path[-1, 0])}, {number(self.path[-1, 1])})",
            "on its way": f"after {self.steps} steps it is still on its way",
        }[self.fate]
        return (
            f"{self.landscape.name}, learning rate {self.lr:.3g}, momentum {self.momentum:.2g}: {told}; "
            f"{self.uphill} of {len(self.path) - 1} steps went uphill."
        )


@styled
def loss_landscape(descent: Descent) -> "Figure":
    """A loss over two weights as a map with lines of equal loss, a walk in it, and beside it the loss over the steps.

    Parameters
    ----------
    descent : Descent

    Returns
    -------
    matplotlib Figure

    >>> loss_landscape(Descent(LANDSCAPES["bowl"], lr=0.25)).get_label()
    'Bowl, learning rate 0.25, momentum 0: it arrives at (0, 0); 0 of 30 steps went uphill.'
    """
    figure = new_figure(3.5)
    figure.set_layout_engine("constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    _draw_map(left, descent)
    _draw_losses(right, descent)
    sentence = descent.sentence()
    return describe(figure, sentence[0].upper() + sentence[1:])


def _draw_map(axes: Any, descent: Descent) -> None:
    """Lines of equal loss, closer together near the bottom, and the walk as far as the map goes."""
    a, b, losses = descent.landscape.map()
    finite = losses[np.isfinite(losses)]
    reach = float(np.ptp(finite)) or 1.0
    levels = finite.min() + reach * np.linspace(0.04, 1, 16) ** 2
    axes.contourf(a, b, losses, levels=[finite.min() - 1e-9 * reach, *levels], cmap="Greys_r", alpha=0.55, extend="max")
    if np.ptp(finite) > 0:
        axes.contour(a, b, losses, levels=levels, colors=FAINT, linewidths=0.5)
    path = descent.path
    axes.plot(path[:, 0], path[:, 1], "-", color=GRADIENT.ink, linewidth=1.4, zorder=3)
    axes.plot(path[1:, 0], path[1:, 1], "o", color=GRADIENT.ink, markersize=3.5, zorder=3)
    axes.plot(*path[0], "s", color=INPUT.line, markersize=9, zorder=4, label="start")
    if descent.fate != "flies off":
        axes.plot(*path[-1], "*", color=OUTPUT.line, markersize=14, zorder=5, markeredgecolor="white", label="end")
    (x0, y0), (x1, y1) = descent.landscape.low, descent.landscape.high
    axes.set(xlim=(x0, x1), ylim=(y0, y1), xlabel="weight 0", ylabel="weight 1")
    axes.grid(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, fontsize=SMALL)


def _draw_losses(axes: Any, descent: Descent) -> None:
    """The loss over the steps; above the lowest of the map, so that a logarithmic axis can show it."""
    floor = min(float(np.nanmin(descent.landscape.map()[2])), float(np.nanmin(descent.losses)))
    above = np.maximum(descent.losses - floor, 1e-8)
    axes.plot(above, "o-", color=BLACK, markersize=3, linewidth=1.4)
    axes.set(yscale="log", xlabel="step", ylabel="loss above the lowest", xlim=(-0.5, descent.steps + 0.5))
    axes.xaxis.get_major_locator().set_params(integer=True)
    colour = {"flies off": "#B34700", "arrives": OUTPUT.ink, "on its way": INPUT.ink}[descent.fate]
    axes.set_title(f"it {descent.fate}" if descent.fate != "on its way" else "still on its way", color=colour)
