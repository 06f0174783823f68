"""A whole network from left to right: for each layer a stack of maps, or a bar of units, with its name and its size."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convlab.errors import ShapeError
from convlab.plots.cells import Box
from convlab.plots.style import FAINT, INPUT, OUTPUT, SMALL, TEXT, WIDTH, Role, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN = 0.12  # inches
MOST = 9  # stages that have room side by side
SHEETS = 8  # no more maps are drawn
STEP = 0.035  # inches from one sheet to the next
TALLEST = 1.25  # inches: of a bar of units
HEAD, FOOT = 0.3, 0.48  # inches: names above, sizes below


@styled
def architecture(stages: Sequence[tuple[str, Sequence[int]]]) -> "Figure":
    """The layers of a network side by side, the input first.

    The side of a map is drawn as the square root of its size, so that 5 x 5 can still be seen beside 227 x 227; of more
    than 8 maps 8 are drawn.

    Parameters
    ----------
    stages : sequence of (name, shape)
        Shapes are (C, H, W) for maps and (K,) for units; up to 9 stages.

    Returns
    -------
    matplotlib Figure

    >>> architecture([("input", (1, 32, 32)), ("C1", (6, 28, 28)), ("output", (10,))]).get_label()
    'A network from left to right: input 1 x 32 x 32, C1 6 x 28 x 28, output 10.'
    """
    stages = [(str(name), tuple(int(size) for size in shape)) for name, shape in stages]
    _check(stages)
    room = (WIDTH - 2 * MARGIN) / len(stages)
    sides = [max(shape[1:]) for _, shape in stages if len(shape) == 3]
    units = [shape[0] for _, shape in stages if len(shape) == 1]
    widest = min(TALLEST, room - SHEETS * STEP - 0.06)
    tall = TALLEST if units else widest + SHEETS * STEP
    figure, axes = canvas(MARGIN + HEAD + tall + FOOT + MARGIN)
    middle = MARGIN + HEAD + tall / 2
    for k, (name, shape) in enumerate(stages):
        role = OUTPUT if k else INPUT
        x = MARGIN + (k + 0.5) * room
        if len(shape) == 3:
            scale = widest / max(sides) ** 0.5
            _stack(axes, shape, (x, middle), scale, role)
        else:
            _bar(axes, (x, middle), TALLEST * (shape[0] / max(units)) ** 0.5, role)
        axes.text(x, MARGIN + 0.06, name, ha="center", va="top", fontsize=TEXT, color=role.ink)
        axes.text(x, MARGIN + HEAD + tall + 0.08, _size(shape), ha="center", va="top", fontsize=SMALL, color=FAINT,
                  linespacing=1.25)  # fmt: skip
    words = ", ".join(f"{name} {' x '.join(map(str, shape))}" for name, shape in stages)
    return describe(figure, f"A network from left to right: {words}.")


def _check(stages: Sequence[tuple[str, tuple[int, ...]]]) -> None:
    if not 1 <= len(stages) <= MOST:
        raise ShapeError(f"architecture: expected 1 to {MOST} stages, got {len(stages)}")
    for name, shape in stages:
        if len(shape) not in (1, 3) or min(shape) < 1:
            raise ShapeError(f"architecture: {name!r} must have a shape (C, H, W) or (K,), all at least 1, got {shape}")


def _size(shape: Sequence[int]) -> str:
    if len(shape) == 1:
        return f"{shape[0]:,}"
    return f"{shape[0]} @\n{shape[1]} × {shape[2]}" if len(shape) == 3 else ""


def _stack(axes: Any, shape: Sequence[int], middle: tuple[float, float], scale: float, role: Role) -> None:
    """Sheets one behind the other, the first in front, centred at `middle`."""
    from matplotlib.patches import Rectangle

    count = min(shape[0], SHEETS)
    height, width = (scale * size**0.5 for size in shape[1:])
    shift = (count - 1) * STEP
    front = Box(middle[0] - (width + shift) / 2, middle[1] - (height - shift) / 2, width, height)
    for k in reversed(range(count)):
        axes.add_patch(
            Rectangle((front.left + k * STEP, front.top - k * STEP), width, height, facecolor=role.fill,
                      edgecolor=role.line, linewidth=0.9)
        )  # fmt: skip


def _bar(axes: Any, middle: tuple[float, float], height: float, role: Role) -> None:
    """Units that lie nowhere: a slim bar."""
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((middle[0] - 0.06, middle[1] - height / 2), 0.12, height, facecolor=role.fill, edgecolor=role.line,
                  linewidth=0.9)
    )  # fmt: skip
