"""A filter over several channels: patch x kernel in each, the sums, the bias, and the one number that comes out."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.cells import Box, arrow, cell_width, draw_cell, draw_grid, frame, sign
from convlab.plots.channel_window import ChannelWindow, as_channels
from convlab.plots.pictures import Scale, draw_picture, draw_scale, signed_scale
from convlab.plots.stepper import _mark as mark_pixels
from convlab.plots.style import (
    BLACK,
    FAINT,
    INPUT,
    KERNEL,
    LINE,
    OUTPUT,
    SMALL,
    TEXT,
    TITLE,
    WIDTH,
    Role,
    canvas,
    describe,
    number,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, HEAD, GAP = 0.15, 0.34, 0.16  # inches: round the figure, above a part for its title, between channels
CELL = 0.3  # inches, height of a cell
SHOWN = 5  # rows and columns of a channel that have room for their numbers
MOST = 4  # channels
TALLEST = 1.85  # inches of a picture
PRODUCT = Role("products", LINE, "#FFFFFF", BLACK)
BYTE = Scale(0.0, 255.0)
RED_GREEN_BLUE = ("red", "green", "blue")


@styled
def kernel_over_channels(
    image: Any, kernel: Any, bias: float = 0.0, row: int = 0, column: int = 0, *, names: Sequence[str] = ()
) -> "Figure":
    """A filter laid over every channel of a small image: products, a sum for each channel, bias, total, output.

    Parameters
    ----------
    image : (C, H, W)
        Up to 4 channels. Of a large image the part around the window is drawn, as much as there is room for.
    kernel : (C, KH, KW)
        One filter, up to 3 x 3.
    bias : number
    row, column : int
        Place of the window's top left pixel.
    names : a name for each channel; by default red, green and blue if there are three, else their numbers

    Returns
    -------
    matplotlib Figure

    >>> kernel_over_channels([[[1, 2]], [[3, 4]]], [[[1, 1]], [[2, 0]]], bias=-10).get_label()
    'One filter over 2 channels at row 0, column 0: 3 + 6 − 10 = −1. Output drawn: −1.'
    """
    whole = ChannelWindow(image, kernel, bias, row, column)
    names = _check("kernel_over_channels", whole, names)
    window, top, left, line = _piece(whole)
    C, rows, _ = window.image.shape
    height = rows * CELL + HEAD
    figure, axes = canvas(MARGIN + HEAD + C * height + 2 * (CELL + 0.1) + MARGIN)
    x, sums = (WIDTH - line.width) / 2, []
    for c, name in enumerate(names):
        y = MARGIN + HEAD + c * height
        title = name if whole.image.shape == window.image.shape else f"{name} from row {top}, column {left}"
        board = _draw_board(axes, window, c, x, y, line.cell, title)
        sums.append(_draw_terms(axes, window, c, board.right, board.middle[1], line, titled=c == 0))
    total = _add_up(axes, window, sums, MARGIN + HEAD + C * height)
    _draw_output(axes, window, total, line)
    lines = " / ".join(" ".join(map(number, numbers)) for numbers in window.output)
    return describe(
        figure,
        f"One filter over {C} channels at row {row}, column {column}: {whole.sentence()}. Output drawn: {lines}.",
    )


class _Line:
    """How wide the parts of a channel's line are, in inches: pixels, kernel, products, sum, and what comes after.

    The products are left out (width 0) where there is no room for them.
    """

    def __init__(self, window: ChannelWindow, pixels: np.ndarray, *, before: float = 0.0, output: bool = False):
        KW = window.kernel.shape[2]
        self.cell = cell_width(pixels, SMALL, 0.34)
        self.board = self.cell * pixels.shape[2]
        self.kernel = KW * cell_width(window.kernel, SMALL, 0.36)
        self.products = KW * cell_width(window.products, SMALL, 0.4)
        self.sum = cell_width(np.array([*window.sums, window.bias, window.total]), TEXT, 0.6)
        self.output = window.shape[1] * cell_width(window.output, SMALL, 0.4) if output else 0.0
        if self._room(before) < 0.28:
            self.products = 0.0
        self.space = min(0.4, self._room(before))
        self.width = before + self._parts + self._gaps * self.space

    @property
    def _parts(self) -> float:
        return self.board + self.kernel + self.products + self.sum + self.output

    @property
    def _gaps(self) -> int:
        return 2 + bool(self.products) + bool(self.output)

    def _room(self, before: float) -> float:
        """Inches for each gap."""
        return (WIDTH - 2 * MARGIN - before - self._parts) / self._gaps


def _piece(whole: ChannelWindow) -> tuple[ChannelWindow, int, int, _Line]:
    """As much of the image around the window as there is room for, where it begins, and how wide its parts are."""
    for columns in range(SHOWN, whole.kernel.shape[2] - 1, -1):
        window, top, left = whole.near(SHOWN, columns)
        line = _Line(window, window.image, output=True)
        if line.products:
            break
    return window, top, left, line


def _draw_board(axes: Any, window: ChannelWindow, c: int, x: float, y: float, cell: float, title: str) -> Box:
    """Channel c with the window framed; where it lies."""
    _, KH, KW = window.kernel.shape
    board = draw_grid(axes, window.image[c], x, y, role=INPUT, title=title, width=cell, height=CELL, size=SMALL)
    frame(axes, Box(x + window.column * cell, y + window.row * CELL, KW * cell, KH * CELL), KERNEL.line)
    return board


def _draw_output(axes: Any, window: ChannelWindow, total: Box, line: _Line) -> None:
    """The feature map beside the column of sums, and an arrow from the total to its place."""
    (rows, columns), left = window.shape, total.right + line.space
    width = line.output / columns
    top = total.middle[1] - (rows + 1) * CELL - 0.1
    board = draw_grid(axes, window.output, left, top, role=OUTPUT, title="output", size=SMALL, width=width, height=CELL)
    frame(axes, Box(left + window.column * width, top + window.row * CELL, width, CELL), OUTPUT.ink)
    arrow(axes, (total.right + 0.05, total.middle[1]), (left + 0.15, board.bottom + 0.08))


def _check(who: str, window: ChannelWindow, names: Sequence[str]) -> list[str]:
    """The channels' names. Raises ShapeError for what does not fit on a figure."""
    C, KH, KW = window.kernel.shape
    if C > MOST or max(KH, KW) > 3:
        raise ShapeError(
            f"{who}: the filter may have up to {MOST} channels of 3 x 3, got {window.kernel.shape}; take some of them"
        )
    usual = RED_GREEN_BLUE if C == 3 else [f"channel {c}" for c in range(C)]
    if names and len(names) != C:
        raise ShapeError(f"{who}: {C} channels need as many names, got {len(names)}")
    return list(names or usual)


def _draw_terms(axes: Any, window: ChannelWindow, c: int, x: float, middle: float, line: _Line, titled: bool) -> Box:
    """× kernel = products Σ sum, of channel c, from x on; where the sum lies."""
    KH, KW = window.kernel.shape[1:]
    top = middle - KH * CELL / 2
    for values, role, name, width, mark in (
        (window.kernel[c], KERNEL, "kernel", line.kernel, "×"),
        (window.products[c], PRODUCT, "products", line.products, "="),
    ):
        if not width:
            continue
        sign(axes, x + line.space / 2, middle, mark)
        options = {"role": role, "width": width / KW, "height": CELL, "size": SMALL, "title": name if titled else ""}
        x = draw_grid(axes, values, x + line.space, top, **options).right
    sign(axes, x + line.space / 2, middle, "Σ")
    box = Box(x + line.space, middle - CELL / 2, line.sum, CELL)
    draw_cell(axes, box, number(window.sums[c]), fill=PRODUCT.fill, ink=BLACK)
    frame(axes, box, LINE, 2.0)
    if titled:
        axes.text(box.left, top - 0.1, "sum", ha="left", va="bottom", fontsize=TITLE, color=BLACK)
    return box


def _add_up(axes: Any, window: ChannelWindow, sums: Sequence[Box], top: float) -> Box:
    """Below the column of sums the bias and the total, as one adds up on paper; where the total lies."""
    column = sums[0]
    for above, below in pairwise(sums):
        axes.text(
            column.middle[0], (above.bottom + below.top) / 2, "+", ha="center", va="center", color=FAINT, size=TITLE
        )
    bias = Box(column.left, top, column.width, CELL)
    axes.text(column.middle[0], (sums[-1].bottom + top) / 2, "+", ha="center", va="center", color=FAINT, size=TITLE)
    draw_cell(axes, bias, number(window.bias), fill=KERNEL.fill, ink=KERNEL.ink)
    frame(axes, bias, KERNEL.line, 2.0)
    axes.text(bias.left - 0.12, bias.middle[1], "bias", ha="right", va="center", fontsize=TEXT, color=KERNEL.ink)
    total = Box(column.left, bias.bottom + 0.1, column.width, CELL)
    draw_cell(axes, total, number(window.total), fill=OUTPUT.fill, ink=OUTPUT.ink)
    frame(axes, total, OUTPUT.line, 2.0)
    axes.text(total.left - 0.12, total.middle[1], "output", ha="right", va="center", fontsize=TEXT, color=OUTPUT.ink)
    return total


@styled
def window_in_channels(
    image: Any,
    kernel: Any,
    bias: float = 0.0,
    row: int = 0,
    column: int = 0,
    *,
    name: str = "output",
    names: Sequence[str] = (),
    credit: str = "",
) -> "Figure":
    """A picture in colour with one window framed and the feature map beside it; below, the sum of every channel.

    Parameters
    ----------
    image : (C, H, W)
        0 to 255. Three channels are drawn in colour, others as their mean.
    kernel : (C, KH, KW)
        One filter, up to 3 x 3.
    bias : number
    row, column : int
        Place of the window's top left pixel, and of its output.
    name : what the feature map is called
    names : a name for each channel
    credit : who made the picture

    Returns
    -------
    matplotlib Figure
    """
    window = ChannelWindow(image, kernel, bias, row, column)
    names = _check("window_in_channels", window, names)
    shape = window.image.shape[1] / window.image.shape[2]
    width = min((WIDTH - 2 * MARGIN - 0.4) / 2, TALLEST / shape)
    height, left = width * shape, (WIDTH - 2 * width - 0.4) / 2
    below = MARGIN + HEAD + height + 0.42 + HEAD
    line = window.kernel.shape[1] * CELL + GAP
    foot = below + len(names) * line
    figure, axes = canvas(foot + 2 * CELL + 0.1 + MARGIN + (0.24 if credit else 0.0))
    before, after = (Box(x, MARGIN + HEAD, width, height) for x in (left, left + width + 0.4))
    _draw_colours(axes, window.image, before)
    scale = signed_scale(window.output)
    draw_picture(axes, window.output, after, scale=scale, role=OUTPUT)
    draw_scale(axes, scale, after.left, after.bottom + 0.07, width)
    for box, text, role in (
        (before, f"input {_by(window.image)}", INPUT),
        (after, f"{name}, {_by(window.output)}", OUTPUT),
    ):
        axes.text(box.left, box.top - 0.08, text, ha="left", va="bottom", fontsize=TITLE, color=role.ink)
    _mark(axes, window.image[0], before, row, column, window.kernel.shape[1:], KERNEL.line)
    _mark(axes, window.output, after, row, column, (1, 1), OUTPUT.ink)
    _draw_channels(axes, window, names, below, line, foot)
    if credit:
        axes.text(MARGIN, axes.get_ylim()[0] - 0.08, f"Picture: {credit}", va="bottom", fontsize=SMALL, color=FAINT)
    return describe(figure, channels_in_words(window, name, names))


def channels_in_words(window: ChannelWindow, name: str, names: Sequence[str]) -> str:
    """The figure for those who cannot see it.

    >>> channels_in_words(ChannelWindow([[[1, 2]], [[3, 4]]], [[[1, 1]], [[2, 0]]]), "output", ["left", "right"])
    'The filter for output on a 2 x 1 x 2 picture; at row 0, column 0: left 3, right 6, bias 0, total 9.'
    """
    sums = ", ".join(f"{channel} {number(part)}" for channel, part in zip(names, window.sums))
    return (
        f"The filter for {name} on a {_by(window.image)} picture; at row {window.row}, column {window.column}: "
        f"{sums}, bias {number(window.bias)}, total {number(window.total)}."
    )


def _by(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape))


def _draw_colours(axes: Any, image: np.ndarray, box: Box) -> None:
    """Three channels in colour, any other number as their mean in grey."""
    if len(image) != 3:
        draw_picture(axes, image.mean(axis=0), box, scale=BYTE, role=INPUT)
        return
    colours = np.clip(image, 0, 255).astype(np.uint8).transpose(1, 2, 0)
    extent = (box.left, box.right, box.bottom, box.top)
    axes.imshow(colours, extent=extent, aspect="auto", interpolation="nearest", zorder=1)
    frame(axes, box, INPUT.line, 2.0)


def _mark(axes: Any, image: np.ndarray, box: Box, row: int, column: int, size: tuple[int, int], colour: str) -> None:
    """A frame around pixels of a picture, with a white rim, so that it stands out on every colour."""
    spot = mark_pixels(axes, image, box, row, column, size, colour)
    frame(axes, spot, "#FFFFFF", 4.0)
    frame(axes, spot, colour, 2.0)


def _draw_channels(
    axes: Any, window: ChannelWindow, names: Sequence[str], top: float, line: float, foot: float
) -> None:
    """A line for each channel: its name, its patch, and the terms."""
    label = max(map(len, names)) * 0.085 + 0.15
    parts = _Line(window, window.patch, before=label)
    x, sums = (WIDTH - parts.width) / 2 + label, []
    for c, name in enumerate(names):
        title, y = "window" if c == 0 else "", top + c * line
        patch = draw_grid(
            axes, window.patch[c], x, y, role=INPUT, title=title, width=parts.cell, height=CELL, size=SMALL
        )
        axes.text(x - 0.12, patch.middle[1], name, ha="right", va="center", fontsize=TEXT, color=INPUT.ink)
        sums.append(_draw_terms(axes, window, c, patch.right, patch.middle[1], parts, titled=c == 0))
    _add_up(axes, window, sums, foot)


@styled
def colour_channels(image: Any, *, names: Sequence[str] = RED_GREEN_BLUE, credit: str = "") -> "Figure":
    """A picture in colour, and its channels in grey: black for 0, white for 255.

    Parameters
    ----------
    image : (3, H, W)
        Red, green and blue, 0 to 255.
    names : what the channels are called
    credit : who made the picture

    Returns
    -------
    matplotlib Figure
    """
    stack = as_channels("colour_channels", "image", image)
    if len(stack) != 3 or len(names) != 3:
        raise ShapeError(f"colour_channels: image must be (3, H, W) with 3 names, got {stack.shape} and {len(names)}")
    shape = stack.shape[1] / stack.shape[2]
    width = min((WIDTH - 2 * MARGIN - 0.3) / 2, 2.0 / shape)
    height, left = width * shape, (WIDTH - 2 * width - 0.3) / 2
    figure, axes = canvas(2 * (MARGIN + HEAD + height) + MARGIN + (0.26 if credit else 0))
    for k, title in enumerate(("all three together", *names)):
        x, y = left + k % 2 * (width + 0.3), MARGIN + HEAD + k // 2 * (height + HEAD + MARGIN)
        box = Box(x, y, width, height)
        if k == 0:
            _draw_colours(axes, stack, box)
        else:
            draw_picture(axes, stack[k - 1], box, scale=BYTE, role=INPUT)
        axes.text(x, y - 0.07, title, ha="left", va="bottom", fontsize=TEXT, color=INPUT.ink)
    if credit:
        axes.text(MARGIN, axes.get_ylim()[0] - 0.08, f"Photograph: {credit}", va="bottom", fontsize=SMALL, color=FAINT)
    return describe(
        figure, f"A photograph in colour and its channels {', '.join(names)}, each a grey picture {_by(stack[0])}."
    )
