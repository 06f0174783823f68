"""Which maps of a layer look at which maps before it, as a table of crosses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from convlab.errors import ShapeError
from convlab.plots.cells import Box, draw_cell, frame
from convlab.plots.style import FAINT, INPUT, KERNEL, OUTPUT, SMALL, TEXT, WIDTH, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, LABEL, HEAD = 0.15, 0.95, 0.56  # inches
MOST = 20  # maps on either side


@styled
def connection_table(
    connections: Sequence[Sequence[int]], inputs: int | None = None, *, names: tuple[str, str] = ("input", "output")
) -> "Figure":
    """A row for each map before, a column for each map after, and a cross where the two are connected.

    Parameters
    ----------
    connections : for each map after the maps before that it sees, as `convlab.nn.ConnectedConv2d` takes them
    inputs : number of maps before; by default as many as are seen
    names : of the two layers

    Returns
    -------
    matplotlib Figure

    >>> connection_table([(0, 1), (1, 2)], names=("S2", "C3")).get_label()
    'Which maps of S2 the maps of C3 see: 4 of 6 pairs are connected. C3 0: 0 1; 1: 1 2.'
    """
    seen = [tuple(int(place) for place in row) for row in connections]
    count = 1 + max((place for row in seen for place in row), default=0) if inputs is None else inputs
    if not seen or not 1 <= count <= MOST or len(seen) > MOST:
        raise ShapeError(f"connection_table: expected 1 to {MOST} maps on either side, got {count} and {len(seen)}")
    if wrong := [place for row in seen for place in row if not 0 <= place < count]:
        raise ShapeError(f"connection_table: there are {count} maps before, from 0 to {count - 1}, got {wrong[0]}")
    side = min(0.38, (WIDTH - LABEL - 2 * MARGIN) / len(seen))
    left, top = max(MARGIN + LABEL, (WIDTH - len(seen) * side) / 2), MARGIN + HEAD
    figure, axes = canvas(top + count * side + MARGIN)
    for i in range(count):
        for o, row in enumerate(seen):
            box = Box(left + o * side, top + i * side, side, side)
            fill = KERNEL.fill if i in row else "white"
            draw_cell(axes, box, "×" if i in row else "", fill=fill, ink=KERNEL.ink, size=TEXT + 2)
        axes.text(left - 0.12, top + (i + 0.5) * side, f"{i}", ha="right", va="center", fontsize=SMALL, color=INPUT.ink)
    for o in range(len(seen)):
        axes.text(
            left + (o + 0.5) * side, top - 0.06, f"{o}", ha="center", va="bottom", fontsize=SMALL, color=OUTPUT.ink
        )
    frame(axes, Box(left, top, len(seen) * side, count * side), FAINT, 1.0)
    axes.text(left, MARGIN, f"map of {names[1]}", ha="left", va="top", fontsize=TEXT, color=OUTPUT.ink)
    axes.text(left - 0.35, top + count * side / 2, f"map of\n{names[0]}", ha="right", va="center", fontsize=TEXT,
              color=INPUT.ink)  # fmt: skip
    pairs = sum(map(len, seen))
    rows = "; ".join(f"{o}: {' '.join(map(str, row))}" for o, row in enumerate(seen))
    return describe(
        figure,
        f"Which maps of {names[0]} the maps of {names[1]} see: {pairs} of {count * len(seen)} pairs are connected. "
        f"{names[1]} {rows}.",
    )
