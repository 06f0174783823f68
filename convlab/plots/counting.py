"""Numbers that differ by powers of ten, as bars on a logarithmic scale with the numbers written out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from convlab.errors import ArgumentError
from convlab.plots.style import INPUT, KERNEL, OUTPUT, SMALL, TEXT, describe, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROLES = (INPUT, KERNEL, OUTPUT)
HATCHES = ("", "//", "..")


@styled
def count_bars(counts: Mapping[str, int], *, label: str = "parameters", highest: float | None = None) -> "Figure":
    """Counts as horizontal bars on a logarithmic scale.

    Parameters
    ----------
    counts : name -> number of at least 1, up to eight
    label : what is counted
    highest : the right end of the scale; by default beyond the largest count

    Returns
    -------
    matplotlib Figure

    >>> count_bars({"full": 120_000, "shared": 75}).get_label()
    'parameters: full 120,000; shared 75.'
    """
    if not 1 <= len(counts) <= 8 or min(counts.values()) < 1:
        raise ArgumentError(f"count_bars: expected 1 to 8 counts of at least 1, got {dict(counts)}")
    figure = new_figure(0.9 + 0.42 * len(counts))
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    values, places = np.array(list(counts.values()), dtype=float), np.arange(len(counts))
    for place, value in zip(places, values):
        role = ROLES[place % 3]
        axes.barh(place, value, left=0.0, height=0.62, color=role.fill, edgecolor=role.line, hatch=HATCHES[place % 3])
        axes.annotate(f"{value:,.0f}", (value, place), (5, 0), textcoords="offset points", va="center", fontsize=TEXT,
                      color=role.ink)  # fmt: skip
    axes.set_xscale("log")
    top = max(highest or 0.0, float(values.max()))
    axes.set_xlim(0.7, top * 10 ** (0.22 * np.log10(top / 0.7) + 0.3))
    axes.set_yticks(places, list(counts))
    axes.invert_yaxis()
    axes.set_xlabel(f"{label} (logarithmic scale)", fontsize=SMALL)
    axes.tick_params(axis="y", left=False)
    axes.tick_params(axis="x", which="minor", bottom=False)
    axes.grid(axis="y", visible=False)
    words = "; ".join(f"{name} {count:,}" for name, count in counts.items())
    return describe(figure, f"{label}: {words}.")
