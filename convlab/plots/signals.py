"""Signals over time: what was measured, what was estimated, what was true."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.style import FAINT, INPUT, OUTPUT, describe, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def tracks(
    readings: Any, estimate: Any = None, truth: Any = None, *, start: int = 0,
    labels: Mapping[str, str] | None = None, axis_labels: tuple[str, str] = ("time", "value"),
) -> "Figure":  # fmt: skip
    """Noisy readings as dots, an estimate made from them as a line, and the truth, dashed.

    Parameters
    ----------
    readings : (L,)
        The input.
    estimate : (M,), optional
        The output; its first number belongs to time `start`. Without padding a window of K ends at K - 1 first.
    truth : (L,), optional
    labels : other names for "readings", "estimate", "truth"
    axis_labels : of the two axes

    Returns
    -------
    matplotlib Figure
    """
    names = {"readings": "readings", "estimate": "estimate", "truth": "truth", **(labels or {})}
    readings = _line("readings", readings)
    figure = new_figure(3.0)
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    time = np.arange(len(readings))
    axes.plot(time, readings, "o", color=INPUT.line, markersize=5, label=names["readings"])
    if truth is not None:
        axes.plot(time, _line("truth", truth), "--", color=FAINT, linewidth=1.5, label=names["truth"])
    if estimate is not None:
        estimate = _line("estimate", estimate)
        axes.plot(start + np.arange(len(estimate)), estimate, color=OUTPUT.line, label=names["estimate"])
    axes.set(xlabel=axis_labels[0], ylabel=axis_labels[1])
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    shown = [names["readings"], *([names["truth"]] if truth is not None else [])]
    shown += [names["estimate"]] if estimate is not None else []
    return describe(figure, f"{len(readings)} points over {axis_labels[0]}: {', '.join(shown)}.")


def _line(name: str, values: Any) -> np.ndarray:
    line = np.asarray(values, dtype=np.float64)
    if line.ndim != 1 or line.size == 0:
        raise ShapeError(f"tracks: {name} must have one axis, got {line.shape}; take one signal, as in {name}[0, 0]")
    return line
