"""Layers as stacks of sheets: how many maps there are, how large they are, and which filters stand between them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convlab.errors import ShapeError
from convlab.plots.cells import Box, arrow
from convlab.plots.style import BLACK, FAINT, INPUT, KERNEL, OUTPUT, SMALL, TEXT, WIDTH, Role, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN = 0.2  # inches
LARGEST = 1.35  # inches, side of the largest map
LEAST = 0.1  # side of the smallest
SHEETS = 12  # no more are drawn
STEP = 0.07  # inches from one sheet to the next
PATCH = 0.34  # part of the input's side that the window takes, when one is drawn


@styled
def volumes(shapes: Sequence[tuple[int, int, int]], filters: Sequence[str] = (), *, neurons: bool = False) -> "Figure":
    """Inputs and outputs of layers as stacks of maps.

    Each map is a sheet, on one scale of sizes. Of more than 12 sheets 12 are drawn; the number below tells.

    Parameters
    ----------
    shapes : (C, H, W) of the input and of each layer's output, up to 4
    filters : what stands on the arrow to each next one, one less than there are shapes; a new line by "\\n"
    neurons : mark a window of the first stack, and in every map of the second the neuron that looks at it

    Returns
    -------
    matplotlib Figure

    >>> volumes([(3, 32, 32), (6, 28, 28)], ["6 filters"]).get_label()
    'Stacks of maps: 3 x 32 x 32, 6 filters, 6 x 28 x 28.'
    """
    _check(shapes, filters)
    filters = list(filters) or [""] * (len(shapes) - 1)
    sides = _sides(shapes)
    depths = [min(C, SHEETS) * STEP for C, _, _ in shapes]
    wide = [w + depth for (_, w), depth in zip(sides, depths)]
    high = max(h + depth for (h, _), depth in zip(sides, depths))
    gap = (WIDTH - 2 * MARGIN - sum(wide)) / max(1, len(shapes) - 1)
    gap = min(gap, 1.9)
    figure, axes = canvas(MARGIN + high + 0.42 + MARGIN)
    x = (WIDTH - sum(wide) - gap * (len(shapes) - 1)) / 2
    bottom, stacks = MARGIN + high, []
    for k, (shape, (h, w), depth) in enumerate(zip(shapes, sides, depths)):
        role = OUTPUT if k else INPUT
        stacks.append(_draw_stack(axes, shape[0], Box(x, bottom - h, w, h), role))
        axes.text(x, bottom + 0.1, " × ".join(map(str, shape)), ha="left", va="top", fontsize=TEXT, color=role.ink)
        x += w + depth + gap
    for k, (before, after, text) in enumerate(zip(stacks, stacks[1:], filters)):
        _draw_step(axes, before[-1], after[0], text, pointed=not (neurons and k == 0))
    if neurons:
        _draw_neurons(axes, stacks[0], stacks[1])
    words = ", ".join(f"{_by(shape)}, {text}" for shape, text in zip(shapes, (" ".join(f.split()) for f in filters)))
    said = f"Stacks of maps: {words}{', ' if words else ''}{_by(shapes[-1])}."
    return describe(
        figure, said + (" One neuron in every map looks at the same window of the input." if neurons else "")
    )


def _check(shapes: Sequence[tuple[int, ...]], filters: Sequence[str]) -> None:
    if not 1 <= len(shapes) <= 4 or any(len(shape) != 3 or min(shape) < 1 for shape in shapes):
        raise ShapeError(f"volumes: shapes must be one to four of (C, H, W), all at least 1, got {list(shapes)}")
    if filters and len(filters) != len(shapes) - 1:
        raise ShapeError(
            f"volumes: {len(shapes)} shapes have {len(shapes) - 1} arrows between them, got {len(filters)} texts"
        )


def _sides(shapes: Sequence[tuple[int, int, int]]) -> list[tuple[float, float]]:
    """Height and width of the maps in inches, all on one scale."""
    scale = LARGEST / max(max(H, W) for _, H, W in shapes)
    return [(max(LEAST, H * scale), max(LEAST, W * scale)) for _, H, W in shapes]


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _draw_stack(axes: Any, channels: int, front: Box, role: Role) -> list[Box]:
    """Sheets from the last channel, behind, to the first, in front."""
    from matplotlib.patches import Rectangle

    count = min(channels, SHEETS)
    sheets = [Box(front.left + k * STEP, front.top - k * STEP, front.width, front.height) for k in range(count)]
    for sheet in reversed(sheets):
        axes.add_patch(
            Rectangle((sheet.left, sheet.top), sheet.width, sheet.height, facecolor=role.fill, edgecolor=role.line,
                      linewidth=1.0)
        )  # fmt: skip
    return sheets


def _draw_step(axes: Any, before: Box, after: Box, text: str, pointed: bool) -> None:
    """An arrow between two stacks with a text on it; the text alone, higher, where lines lead from window to neurons."""
    y = after.middle[1]
    start, end = before.right + 0.12, after.left - 0.08
    if pointed:
        arrow(axes, (start, y), (end, y))
    else:
        y -= 0.2
    axes.text((start + end) / 2, y - 0.08, text, ha="center", va="bottom", fontsize=SMALL, color=KERNEL.ink)


def _draw_neurons(axes: Any, before: Sequence[Box], after: Sequence[Box]) -> None:
    """A window through all sheets of the input, and a dot in every sheet of the output."""
    from matplotlib.patches import Rectangle

    for sheet in reversed(before):
        side = PATCH * sheet.height
        x, y = sheet.left + 0.18 * sheet.width, sheet.top + 0.5 * sheet.height
        axes.add_patch(
            Rectangle((x, y), side, side, facecolor=KERNEL.fill, edgecolor=KERNEL.line, linewidth=1.2, zorder=2)
        )
    side = PATCH * before[0].height
    x, y = before[0].left + 0.18 * before[0].width, before[0].top + 0.5 * before[0].height
    dots = [(s.left + 0.35 * s.width, s.top + 0.67 * s.height) for s in after]
    for dot in dots:
        axes.plot(*zip((x + side, y + side / 2), dot), color=FAINT, linewidth=0.8, zorder=2.5)
        axes.plot(*dot, "o", color=BLACK, markersize=4.5, zorder=3)
