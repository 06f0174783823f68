"""Receptive fields: what one output of a stack of layers sees, walked back layer by layer, and laid on a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from convlab.errors import ArgumentError, ShapeError
from convlab.geometry import extent, receptive_field
from convlab.plots.cells import Box, frame
from convlab.plots.pictures import as_picture, draw_picture, grey_scale
from convlab.plots.style import FAINT, INPUT, KERNEL, LINE, OUTPUT, SMALL, TEXT, TITLE, WIDTH, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN = 0.15  # inches
MOST_LAYERS, MOST_PIXELS = 6, 400  # that can be drawn one above the other, and side by side


@dataclass(frozen=True)
class Walk:
    """The way back from one output of a stack of layers to the input, along one axis and without padding.

    Level 0 is the input, level k what layer k gives.

    Parameters
    ----------
    layers : sequence of (kernel, stride) or (kernel, stride, dilation), the first layer first
    units : outputs of the last layer that are there; the input is as large as they need
    unit : the one that is walked back; the middle one by default

    >>> walk = Walk([(3, 2), (3, 1)], units=1)
    >>> walk.seen
    ((0, 1, 2, 3, 4, 5, 6), (0, 1, 2), (0,))
    >>> walk.spans
    (7, 3, 1)
    """

    layers: Sequence[Sequence[int]]
    units: int = 3
    unit: int | None = None

    def __post_init__(self) -> None:
        layers = tuple(tuple(layer) for layer in self.layers)
        if not layers or any(len(layer) not in (2, 3) or min(layer) < 1 for layer in layers):
            raise ArgumentError(
                f"Walk: layers must be pairs (kernel, stride) or triples (kernel, stride, dilation) of numbers "
                f"of at least 1, got {list(self.layers)}"
            )
        object.__setattr__(self, "layers", tuple((*layer, 1)[:3] for layer in layers))
        if self.units < 1:
            raise ArgumentError(f"Walk: units must be at least 1, got {self.units}")
        object.__setattr__(self, "unit", self.units // 2 if self.unit is None else self.unit)
        if not 0 <= self.unit < self.units:
            raise ArgumentError(f"Walk: unit must be from 0 to {self.units - 1}, got {self.unit}")

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers each level has, the input first."""
        sizes = [self.units]
        for kernel, stride, dilation in reversed(self.layers):
            sizes.append((sizes[-1] - 1) * stride + extent(kernel, dilation))
        return tuple(reversed(sizes))

    @cached_property
    def seen(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of each level that the output depends on, the input first."""
        levels = [(self.unit,)]
        for kernel, stride, dilation in reversed(self.layers):
            taps = {i * stride + dilation * v for i in levels[-1] for v in range(kernel)}
            levels.append(tuple(sorted(taps)))
        return tuple(reversed(levels))

    @property
    def spans(self) -> tuple[int, ...]:
        """How wide that is in each level, from the first to the last: the receptive field at level 0."""
        return tuple(level[-1] - level[0] + 1 for level in self.seen)

    @cached_property
    def centres(self) -> tuple[tuple[float, int], ...]:
        """Where unit 0 of each level lies, in pixels of the input, and how far apart neighbours are."""
        places = [(0.0, 1)]
        for kernel, stride, dilation in self.layers:
            first, jump = places[-1]
            places.append((first + (extent(kernel, dilation) - 1) / 2 * jump, jump * stride))
        return tuple(places)

    @property
    def field(self) -> int:
        """The receptive field, by the library."""
        return receptive_field(self.layers)

    def sentence(self) -> str:
        """The receptive field layer by layer, with the numbers put into the formula.

        >>> Walk([(3, 2), (3, 1)]).sentence()
        '1 + 2·1 = 3;  3 + 2·2 = 7'
        """
        steps, field = [], 1
        for (kernel, _, dilation), (_, jump) in zip(self.layers, self.centres):
            more = extent(kernel, dilation) - 1
            steps.append(f"{field} + {more}·{jump} = {field + more * jump}")
            field += more * jump
        return ";  ".join(steps)


@styled
def receptive_field_walk(layers: Sequence[Sequence[int]], units: int = 3, unit: int | None = None) -> "Figure":
    """One output of a stack of layers, and all it depends on, walked back to the pixels.

    Parameters
    ----------
    layers : sequence of (kernel, stride) or (kernel, stride, dilation)
        The first layer first; up to 6.
    units, unit : int
        Outputs of the last layer that are drawn, and the one that is walked back, by default the middle one.

    Returns
    -------
    matplotlib Figure

    >>> receptive_field_walk([(3, 2), (3, 1)], unit=0).get_label()
    'One of 3 outputs walked back: layer 2 (3, stride 1): 1 wide; layer 1 (3, stride 2): 3 wide; input: 7 of 11 pixels.'
    """
    walk = Walk(layers, units, unit)
    if len(walk.layers) > MOST_LAYERS or walk.sizes[0] > MOST_PIXELS:
        raise ArgumentError(
            f"receptive_field_walk: up to {MOST_LAYERS} layers and {MOST_PIXELS} pixels can be drawn, got "
            f"{len(walk.layers)} layers on {walk.sizes[0]} pixels; convlab.geometry.receptive_field counts any number"
        )
    left, right, height, step = 1.95, 0.95, 0.28, 0.78
    pixel = min(0.34, (WIDTH - left - right) / walk.sizes[0])
    left += (WIDTH - left - right - pixel * walk.sizes[0]) / 2
    levels = len(walk.sizes)
    figure, axes = canvas(2 * MARGIN + (levels - 1) * step + height)
    boxes = []
    for level, (first, jump) in enumerate(walk.centres):
        wide, top = min(max(pixel, 0.8 * jump * pixel), 0.34), MARGIN + (levels - 1 - level) * step
        middles = [left + (first + i * jump + 0.5) * pixel for i in range(walk.sizes[level])]
        boxes.append([Box(x - wide / 2, top, wide, height) for x in middles])
    _draw_links(axes, walk, boxes)
    for level, row in enumerate(boxes):
        _draw_level(axes, walk, level, row)
    return describe(figure, walk_in_words(walk))


def walk_in_words(walk: Walk) -> str:
    """What `receptive_field_walk` shows, for those who cannot see it."""
    named = [f"{_name(walk, level)}: {walk.spans[level]} wide" for level in range(len(walk.layers), 0, -1)]
    which = "The only output" if walk.units == 1 else f"One of {walk.units} outputs"
    return f"{which} walked back: {'; '.join(named)}; input: {walk.spans[0]} of {walk.sizes[0]} pixels."


def _name(walk: Walk, level: int) -> str:
    kernel, stride, dilation = walk.layers[level - 1]
    return f"layer {level} ({kernel}, stride {stride}{f', dilation {dilation}' if dilation > 1 else ''})"


def _draw_links(axes: Any, walk: Walk, boxes: list[list[Box]]) -> None:
    """Thin lines from each number that counts to the taps below it."""
    from matplotlib.collections import LineCollection

    lines = []
    for level, (kernel, stride, dilation) in enumerate(walk.layers, 1):
        for i in walk.seen[level]:
            above = boxes[level][i]
            taps = (boxes[level - 1][i * stride + dilation * v] for v in range(kernel))
            lines += [((above.middle[0], above.bottom), (tap.middle[0], tap.top)) for tap in taps]
    axes.add_collection(LineCollection(lines, colors=KERNEL.line, linewidths=1.0, alpha=0.8, zorder=1))


def _draw_level(axes: Any, walk: Walk, level: int, row: list[Box]) -> None:
    """One level: what counts is filled in the colour of its role. Its name on the left, on the right how wide it is."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    top = level == len(walk.layers)
    role = INPUT if level == 0 else OUTPUT if top else KERNEL
    seen, edge = set(walk.seen[level]), 0.8 if row[0].width > 0.06 else 0.15
    for lit in (False, True):
        patches = [Rectangle((b.left, b.top), b.width, b.height) for i, b in enumerate(row) if (i in seen) == lit]
        look = {"facecolor": role.line, "edgecolor": role.ink} if lit else {"facecolor": "white", "edgecolor": LINE}
        axes.add_collection(PatchCollection(patches, linewidth=edge, zorder=2, **look))
    middle = row[0].middle[1]
    name = "input" if level == 0 else _name(walk, level).replace(", dilation", ",\ndilation")
    axes.text(MARGIN, middle, name, va="center", fontsize=SMALL, color=role.ink, linespacing=1.2)
    wide = f"{walk.spans[level]} pixels" if level == 0 else f"{walk.spans[level]} wide"
    axes.text(WIDTH - MARGIN, middle, wide, ha="right", va="center", fontsize=TEXT, color=role.ink)


@styled
def fields_on_picture(image: Any, fields: Sequence[int], names: Sequence[str] = (), *, credit: str = "") -> "Figure":
    """Receptive fields as frames on a picture, all around its middle: how much one number of each layer sees.

    Parameters
    ----------
    image : (H, W)
    fields : sides of the fields in pixels, no larger than the picture, none smaller than the one before
    names : one for each, e.g. of the layers
    credit : who made the picture

    Returns
    -------
    matplotlib Figure
    """
    pixels, fields = as_picture("fields_on_picture", image), list(fields)
    names = list(names) or [f"layer {k}" for k in range(1, len(fields) + 1)]
    if not 1 <= len(fields) == len(names) <= 12:
        raise ShapeError(f"fields_on_picture: 1 to 12 fields and as many names, got {len(fields)} and {len(names)}")
    if min(fields) < 1 or fields != sorted(fields) or fields[-1] > min(pixels.shape):
        raise ArgumentError(
            f"fields_on_picture: fields must grow from 1 to at most {min(pixels.shape)}, the side of the picture, got {fields}"
        )
    H, W = pixels.shape
    scale = min(4.3 / H, 4.3 / W)
    board = Box(MARGIN + 0.1, MARGIN + 0.36, W * scale, H * scale)
    figure, axes = canvas(board.bottom + MARGIN + (0.24 if credit else 0))
    draw_picture(axes, pixels, board, scale=grey_scale(pixels), role=INPUT)
    axes.text(board.left, board.top - 0.09, f"input {H} x {W}", va="bottom", fontsize=TITLE, color=INPUT.ink)
    lines = _spread([board.middle[1] - field * scale / 2 for field in fields], 0.3, board.top + 0.1, board.bottom - 0.1)
    for field, name, y in zip(fields, names, lines):
        x0, y0 = (middle - field * scale / 2 for middle in board.middle)
        spot = Box(x0, y0, field * scale, field * scale)
        frame(axes, spot, "white", 4.0)  # under the colour, so that it stands out from light and dark
        frame(axes, spot, KERNEL.line, 2.0)
        axes.plot(
            (spot.right, board.right, board.right + 0.25), (spot.top, y, y), color="white", linewidth=2.6, zorder=3
        )
        axes.plot(
            (spot.right, board.right, board.right + 0.25), (spot.top, y, y), color=KERNEL.line, linewidth=1.2, zorder=4
        )
        axes.text(board.right + 0.32, y, f"{name}: {field} x {field}", va="center", fontsize=TEXT, color=KERNEL.ink)
    if credit:
        axes.text(MARGIN, axes.get_ylim()[0] - 0.08, f"Picture: {credit}", va="bottom", fontsize=SMALL, color=FAINT)
    told = "; ".join(f"{name} {field}" for name, field in zip(names, fields))
    return describe(
        figure, f"Receptive fields, in pixels, as frames around the middle of a picture of {H} x {W}: {told}."
    )


def _spread(wanted: list[float], least: float, low: float, high: float) -> list[float]:
    """Places from the largest to the smallest near those wanted, at least `least` apart, between `low` and `high`."""
    places, floor = [], low
    for value in reversed(wanted):  # the outermost frame has the highest corner, and so the first line
        places.append(max(value, floor))
        floor = places[-1] + least
    places[-1] = min(places[-1], high)
    for k in range(len(places) - 2, -1, -1):
        places[k] = min(places[k], places[k + 1] - least)
    return places[::-1]
