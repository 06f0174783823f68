"""From scores to probabilities to a gradient, as bars with their numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import convlab.functional as F
from convlab.errors import LabelError, ShapeError
from convlab.plots.style import FAINT, GRADIENT, INPUT, OUTPUT, SMALL, Role, describe, new_figure, number, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 12  # classes


@styled
def score_bars(scores: Any, names: Sequence[Any] | None = None, label: int | None = None) -> "Figure":
    """The scores of one image, their softmax probabilities and, with a label, the gradient of the loss.

    Parameters
    ----------
    scores : (K,)
        Up to 12 classes.
    names : K names, optional
        0 to K - 1 by default.
    label : the true class, from 0 to K - 1, optional

    Returns
    -------
    matplotlib Figure

    >>> score_bars([0, 0, 0, 0], label=1).get_label()
    'Probabilities: 0 0.25, 1 0.25, 2 0.25, 3 0.25. Gradient: 0.25, −0.75, 0.25, 0.25.'
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 1 or not 1 <= scores.size <= MOST:
        raise ShapeError(f"score_bars: scores must be one row of 1 to {MOST} numbers, got shape {scores.shape}")
    names = [str(name) for name in (range(scores.size) if names is None else names)]
    if len(names) != scores.size:
        raise ShapeError(f"score_bars: {scores.size} scores need as many names, got {len(names)}")
    if label is not None and not 0 <= label < scores.size:
        raise LabelError(f"score_bars: label must lie in [0, {scores.size}), got {label}")
    probabilities = F.softmax(scores)
    columns: list[tuple[str, np.ndarray, Role]] = [("scores", scores, INPUT), ("softmax", probabilities, OUTPUT)]
    words = "Probabilities: " + ", ".join(f"{n} {number(p)}" for n, p in zip(names, probabilities)) + "."
    if label is not None:
        gradient = F.cross_entropy(scores[None], np.array([label]))[1][0]
        columns.append(("gradient", gradient, GRADIENT))
        words += " Gradient: " + ", ".join(map(number, gradient)) + "."
    figure = new_figure(1.0 + 0.3 * scores.size)
    figure.set_layout_engine("constrained")
    for axes, column in zip(figure.subplots(1, len(columns), squeeze=False)[0], columns):
        _bars(axes, *column, names, label)
    return describe(figure, words)


def _bars(axes: Any, title: str, values: np.ndarray, role: Role, names: list[str], label: int | None) -> None:
    places = np.arange(len(values))
    edges = ["black" if k == label else role.line for k in places]
    axes.barh(places, values, color=role.fill, edgecolor=edges, linewidth=[2 if k == label else 1 for k in places])
    axes.axvline(0, color=FAINT, linewidth=1)
    axes.set_yticks(places, [f"{name} ←" if k == label else name for k, name in enumerate(names)])
    axes.invert_yaxis()
    axes.grid(False)
    axes.set_xticks([])
    axes.tick_params(left=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_title(title, color=role.ink)
    low, high = min(values.min(), 0.0), max(values.max(), 0.0)
    room = 0.5 * ((high - low) or 1.0)  # for the numbers beside the bars
    axes.set_xlim(low - room * (low < 0), high + room * (high > 0 or low == 0))
    for place, value in zip(places, values):
        side = "left" if value >= 0 else "right"
        gap = 4 if value >= 0 else -4
        axes.annotate(number(value), (value, place), (gap, 0), textcoords="offset points", ha=side, va="center",
                      fontsize=SMALL, color=role.ink)  # fmt: skip
