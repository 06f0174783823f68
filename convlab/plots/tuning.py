"""Tuning curves: how much a cell says to each of a row of stimuli, with the error of the mean."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.curves import LOOKS
from convlab.plots.style import FAINT, describe, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def tuning_curves(
    stimuli: Any, curves: Mapping[str, Any], *, axis_label: str = "orientation (degrees)",
    rate_label: str = "spikes per second", height: float = 3.2,
) -> "Figure":  # fmt: skip
    """Rates over a row of stimuli. Over orientations from 0 to 180, little bars below the axis show what they mean.

    Parameters
    ----------
    stimuli : (K,)
        Orientations in degrees, or whatever `axis_label` says.
    curves : name -> (K,), or a pair of (K,): rates and their standard errors. Up to six.
    axis_label, rate_label : of the axes
    height : of the figure, in inches

    Returns
    -------
    matplotlib Figure

    >>> tuning_curves([0, 45, 90], {"cell": [1, 2, 9]}).get_label()
    'spikes per second over orientation (degrees), 3 points: cell, most at 90.'
    """
    places = np.asarray(stimuli, dtype=np.float64)
    if not 1 <= len(curves) <= len(LOOKS):
        raise ShapeError(f"tuning_curves: expected 1 to {len(LOOKS)} curves, got {len(curves)}")
    figure = new_figure(height)
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    words = []
    for (name, given), (colour, mark, _) in zip(curves.items(), (*LOOKS[1:], LOOKS[0])):
        rates, errors = _pair(name, given, places)
        axes.errorbar(
            places, rates, errors, color=colour, marker=mark, markersize=5, linewidth=2, elinewidth=1.2, capsize=3,
            label=name,
        )  # fmt: skip
        words.append(f"{name}, most at {places[rates.argmax()]:g}")
    axes.set(xlabel=axis_label, ylabel=rate_label)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    if axis_label.startswith("orientation"):
        _orientation_axis(axes)
    elif np.array_equal(places, np.rint(places)):
        axes.xaxis.get_major_locator().set_params(integer=True)
    if len(curves) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return describe(figure, f"{rate_label} over {axis_label}, {len(places)} points: {'; '.join(words)}.")


def _pair(name: str, given: Any, places: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Rates and errors, each as long as the places."""
    with_errors = isinstance(given, tuple) and len(given) == 2 and np.ndim(given[0]) == 1
    parts = [np.asarray(part, dtype=np.float64) for part in (given if with_errors else (given,))]
    if places.ndim != 1 or any(part.shape != places.shape for part in parts):
        shapes = " and ".join(str(part.shape) for part in parts)
        raise ShapeError(f"tuning_curves: {name!r} must have one rate for each stimulus {places.shape}, got {shapes}")
    return parts[0], parts[1] if with_errors else None


def _orientation_axis(axes: Any) -> None:
    """Ticks every 45 degrees, each with a stroke that lies as the bar does."""
    low, high = axes.get_xlim()
    ticks = np.arange(0, 181, 45)
    axes.set_xticks(ticks)
    axes.set_xlim(min(low, -8), max(high, 188 if high > 160 else high))
    points = 8  # half the length of a stroke
    for tick in ticks:
        if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]:
            dx, dy = points * np.cos(np.deg2rad(tick)), points * np.sin(np.deg2rad(tick))
            _stroke(axes, tick, dx, dy)
    axes.xaxis.labelpad = 26


def _stroke(axes: Any, tick: float, dx: float, dy: float) -> None:
    """A short line in points, centred below a tick."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation, blended_transform_factory

    inches = axes.figure.dpi_scale_trans
    place = blended_transform_factory(axes.transData, axes.transAxes)
    start, end = ((sign * dx / 72, (sign * dy - 30) / 72) for sign in (1, -1))
    for_line = inches + ScaledTranslation(tick, 0, place)
    line = Line2D(*zip(start, end), transform=for_line, color=FAINT, linewidth=3, clip_on=False)
    line.set_in_layout(False)
    axes.add_line(line)
