"""How large something is in each layer of a network, on a scale of powers of ten."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.style import BLACK, describe, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS = (("#D55E00", "v"), (BLACK, "o"), ("#56B4E9", "s"), ("#8A8A8A", "D"))  # as the units have them


@styled
def through_layers(sizes: Mapping[str, Any], *, label: str, height: float = 3.3) -> "Figure":
    """The size of gradients or activations layer by layer, a line for each network.

    Parameters
    ----------
    sizes : name -> (L,), up to four
        Positive numbers, layer 1 first.
    label : of the axis, e.g. "size of the gradient"
    height : of the figure, in inches

    Returns
    -------
    matplotlib Figure

    >>> through_layers({"sigmoid": [1e-6, 1e-3]}, label="gradient").get_label()
    'gradient in layers 1 to 2, from first to last: sigmoid 1e-06 to 0.001.'
    """
    if not 1 <= len(sizes) <= len(LOOKS):
        raise ShapeError(f"through_layers: expected 1 to {len(LOOKS)} networks, got {len(sizes)}")
    lines = {name: _line(name, values) for name, values in sizes.items()}
    figure = new_figure(height)
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    for (name, line), (colour, mark) in zip(lines.items(), LOOKS):
        fourth = mark == "D"  # small and dashed, so that a line below it is seen too
        axes.plot(np.arange(1, len(line) + 1), line, "--" if fourth else "-", color=colour, marker=mark,
                  markersize=4 if fourth else 8, label=name)  # fmt: skip
    deepest = max(map(len, lines.values()))
    axes.set_yscale("log")
    axes.set(xlabel="layer", ylabel=label)
    axes.set_xticks(range(1, deepest + 1))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    words = "; ".join(f"{name} {line[0]:.0e} to {line[-1]:.1g}" for name, line in lines.items())
    return describe(figure, f"{label} in layers 1 to {deepest}, from first to last: {words}.")


def _line(name: str, values: Any) -> np.ndarray:
    line = np.asarray(values, dtype=np.float64)
    if line.ndim != 1 or line.size == 0 or not (line > 0).all():
        raise ShapeError(
            f"through_layers: {name!r} must be one positive number for each layer, got shape {line.shape}"
            + (f", smallest {line.min():g}" if line.size else "")
        )
    return line
