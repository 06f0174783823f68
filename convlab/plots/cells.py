"""Small arrays as boxes with their numbers in them: the bricks of the step-by-step figures."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convlab.plots.style import BLACK, FAINT, LINE, SMALL, TEXT, TITLE, Role, number

CHARACTER = 0.62 / 72  # width of a digit, inches per point of type; that of a sentence's average character is less
IN_SENTENCES = 0.9


@dataclass(frozen=True)
class Box:
    """A place on a canvas, in inches from the top left."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def middle(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + self.height / 2


def cell_width(values: np.ndarray, size: float, least: float) -> float:
    """Inches that the widest number or text of `values` needs."""
    longest = max((len(number(value)) for value in values.ravel()), default=1)
    return max(least, (longest + 1.2) * size * CHARACTER)


def draw_grid(
    axes: Any,
    values: np.ndarray,
    left: float,
    top: float,
    *,
    role: Role,
    width: float,
    height: float,
    title: str = "",
    shade: bool = False,
    size: float = TEXT,
    without: Collection[tuple[int, int]] = (),
) -> Box:
    """Values as cells of `width` x `height` inches in the colours of a role; returns where they lie.

    With `shade` a cell is the darker the smaller its number: what a grey image looks like. The cells `without` are left
    out, for the caller to draw.
    """
    rows, columns = values.shape
    low, high = (values.min(), values.max()) if shade else (0, 0)
    for (i, j), value in np.ndenumerate(values):
        if (i, j) in without:
            continue
        grey = (value - low) / (high - low) if high > low else 1.0
        fill = str(0.45 + 0.55 * grey) if shade else role.fill
        box = Box(left + j * width, top + i * height, width, height)
        draw_cell(axes, box, number(value), fill=fill, ink=BLACK if shade else role.ink, size=size)
    whole = Box(left, top, columns * width, rows * height)
    frame(axes, whole, role.line, 2.0)
    if title:
        axes.text(left, top - 0.1, title, ha="left", va="bottom", fontsize=TITLE, color=role.ink)
    return whole


def draw_cell(axes: Any, box: Box, text: str, *, fill: str, ink: str, size: float = TEXT) -> None:
    """One cell with its text, in one line or several."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((box.left, box.top), box.width, box.height, facecolor=fill, edgecolor=LINE, linewidth=0.8))
    axes.text(*box.middle, text, ha="center", va="center", fontsize=size, color=ink, linespacing=1.1)


def frame(axes: Any, box: Box, colour: str, width: float = 3.0) -> None:
    """A frame without a filling around a box."""
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((box.left, box.top), box.width, box.height, fill=False, edgecolor=colour, linewidth=width, zorder=3,
                  joinstyle="miter")
    )  # fmt: skip


def sign(axes: Any, x: float, y: float, text: str) -> None:
    """An operator between two grids."""
    size = 32 if text == "⋆" else 20  # the star is a small character
    axes.text(x, y, text, ha="center", va="center", fontsize=size, color=FAINT)


def arrow(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one box to another."""
    axes.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": FAINT, "linewidth": 1.5})


def wrapped(parts: Sequence[str], most: float, size: float = SMALL) -> str:
    """Terms joined into lines of at most `most` inches, broken between terms."""
    lines, limit = [""], int(most / (size * CHARACTER * IN_SENTENCES))
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) + 1 > limit:
            lines.append("")
        lines[-1] = f"{lines[-1]} {part}".strip()
    return "\n".join(lines)
