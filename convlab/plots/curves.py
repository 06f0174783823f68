"""Several curves over one axis, each told by its mark and its name as well as by its colour."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.style import BLACK, INPUT, KERNEL, OUTPUT, describe, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The first is what the others are compared with.
LOOKS = (
    (BLACK, "o", "--"),
    (OUTPUT.line, "s", "-"),
    (INPUT.line, "^", "-"),
    (KERNEL.line, "D", "-"),
    ("#D55E00", "v", "-"),
    ("#56B4E9", "P", "-"),
)


@styled
def curves(
    x: Any, lines: Mapping[str, Any], *, axis_labels: tuple[str, str], height: float = 3.2, log: str = ""
) -> "Figure":
    """Curves over one axis with their names beside them. The first is drawn dashed: the others are compared with it.

    Parameters
    ----------
    x : (L,)
    lines : name -> (L,), up to six
    axis_labels : of the two axes
    height : of the figure, in inches
    log : which axes are logarithmic: "x", "y", "xy", or none

    Returns
    -------
    matplotlib Figure
    """
    places = np.asarray(x, dtype=np.float64)
    if not 1 <= len(lines) <= len(LOOKS):
        raise ShapeError(f"curves: expected 1 to {len(LOOKS)} lines, got {len(lines)}")
    figure = new_figure(height)
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    for (name, values), (colour, mark, dashes) in zip(lines.items(), LOOKS):
        values = np.asarray(values, dtype=np.float64)
        if values.shape != places.shape or places.ndim != 1:
            raise ShapeError(f"curves: {name!r} must have one number for each x {places.shape}, got {values.shape}")
        first = dashes == "--"  # on top of the others, in open circles, so that a curve under it is still seen
        axes.plot(
            places, values, color=colour, marker=mark, linestyle=dashes, label=name, zorder=3 if first else 2,
            markersize=8 if first else 5, fillstyle="none" if first else "full",
        )  # fmt: skip
    axes.set(xlabel=axis_labels[0], ylabel=axis_labels[1])
    for name in log:
        axes.set(**{f"{name}scale": "log"})
    if "x" not in log and np.array_equal(places, np.rint(places)):
        axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return describe(figure, f"{axis_labels[1]} over {axis_labels[0]}, {len(places)} points: {', '.join(lines)}.")
