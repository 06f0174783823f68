"""A filter over several channels: patch x kernel in each, the sums, the bias, and the one number that comes out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.cells import Box, arrow, cell_width, draw_cell, draw_grid, frame, sign
from convlab.plots.channel_window import ChannelWindow, as_channels
from convlab.plots.pictures import Scale, draw_picture, draw_scale, signed_scale
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
LEAST_FRAME = 0.06  # inches; a single pixel is framed no smaller than this
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
        Up to 4 channels. Of a large image the part around the window is drawn.
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
    window, top, left = whole.near(SHOWN, SHOWN)
    C, rows, columns = window.image.shape
    cell, out = cell_width(window.image, SMALL, 0.34), cell_width(window.output, SMALL, 0.4)
    size = {"width": out, "height": CELL}
    line = rows * CELL + HEAD
    figure, axes = canvas(MARGIN + HEAD + C * line + 2 * (CELL + 0.1) + MARGIN)
    needed = (columns * cell, *_widths(window), out * window.shape[1])
    space = min(0.5, (WIDTH - 2 * MARGIN - sum(needed)) / 4)
    x = (WIDTH - sum(needed) - 4 * space) / 2
    sums = []
    for c, name in enumerate(names):
        y = MARGIN + HEAD + c * line
        where = "" if whole.image.shape == window.image.shape else f" from row {top}, column {left}"
        board = draw_grid(axes, window.image[c], x, y, role=INPUT, title=name + where, width=cell, height=CELL, size=SMALL)
        KH, KW = window.kernel.shape[1:]
        under = Box(x + window.column * cell, y + window.row * CELL, KW * cell, KH * CELL)
        frame(axes, under, KERNEL.line)
        sums.append(_draw_terms(axes, window, c, board.right, board.middle[1], space, titled=c == 0))
    total = _add_up(axes, window, sums, MARGIN + HEAD + C * line)
    after = Box(total.right + space, 0, 0, 0).left
    y = total.middle[1] - window.shape[0] * CELL - 0.1
    board = draw_grid(axes, window.output, after, y - CELL, role=OUTPUT, title="output", size=SMALL, **size)
    mark = Box(after + window.column * out, board.top + window.row * CELL, out, CELL)
    frame(axes, mark, OUTPUT.ink)
    arrow(axes, (total.right + 0.05, total.middle[1]), (after + 0.15, board.bottom + 0.08))
    lines = " / ".join(" ".join(map(number, numbers)) for numbers in window.output)
    return describe(
        figure,
        f"One filter over {C} channels at row {row}, column {column}: {whole.sentence()}. Output drawn: {lines}.",
    )


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


def _widths(window: ChannelWindow) -> tuple[float, float, float]:
    """Inches of a kernel, of its products, and of a sum."""
    KW = window.kernel.shape[2]
    parts = np.array([*window.sums, window.bias, window.total])
    return (
        KW * cell_width(window.kernel, SMALL, 0.36),
        KW * cell_width(window.products, SMALL, 0.4),
        cell_width(parts, TEXT, 0.6),
    )


def _draw_terms(axes: Any, window: ChannelWindow, c: int, x: float, middle: float, space: float, titled: bool) -> Box:
    """× kernel = products Σ sum, of channel c, from x on; where the sum lies."""
    KH, KW = window.kernel.shape[1:]
    kernel, products, total = _widths(window)
    top = middle - KH * CELL / 2
    for values, role, name, width, mark in (
        (window.kernel[c], KERNEL, "kernel", kernel, "×"),
        (window.products[c], PRODUCT, "products", products, "="),
    ):
        sign(axes, x + space / 2, middle, mark)
        x += space
        options = {"role": role, "width": width / KW, "height": CELL, "size": SMALL, "title": name if titled else ""}
        x = draw_grid(axes, values, x, top, **options).right
    sign(axes, x + space / 2, middle, "Σ")
    box = Box(x + space, middle - CELL / 2, total, CELL)
    draw_cell(axes, box, number(window.sums[c]), fill=PRODUCT.fill, ink=BLACK)
    frame(axes, box, LINE, 2.0)
    if titled:
        axes.text(box.left, top - 0.1, "sum", ha="left", va="bottom", fontsize=TITLE, color=BLACK)
    return box


def _add_up(axes: Any, window: ChannelWindow, sums: Sequence[Box], top: float) -> Box:
    """Below the column of sums the bias and the total, as one adds up on paper; where the total lies."""
    column = sums[0]
    for above, below in zip(sums, sums[1:]):
        axes.text(column.middle[0], (above.bottom + below.top) / 2, "+", ha="center", va="center", color=FAINT, size=TITLE)
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
    """A frame around pixels of a picture, and thin lines to its borders that lead the eye to it."""
    H, W = image.shape
    height, width = max(size[0] * box.height / H, LEAST_FRAME), max(size[1] * box.width / W, LEAST_FRAME)
    x, y = box.left + (column + size[1] / 2) * box.width / W, box.top + (row + size[0] / 2) * box.height / H
    spot = Box(x - width / 2, y - height / 2, width, height)
    frame(axes, spot, "#FFFFFF", 4.0)  # so that it stands out on every colour
    frame(axes, spot, colour, 2.0)
    for (x0, x1), (y0, y1) in (
        ((box.left, spot.left), (y, y)),
        ((spot.right, box.right), (y, y)),
        ((x, x), (box.top, spot.top)),
        ((x, x), (spot.bottom, box.bottom)),
    ):
        axes.plot((x0, x1), (y0, y1), color=colour, linewidth=0.8, alpha=0.7, zorder=2)


def _draw_channels(axes: Any, window: ChannelWindow, names: Sequence[str], top: float, line: float, foot: float) -> None:
    """A line for each channel: its name, its patch, and the terms."""
    cell = cell_width(window.patch, SMALL, 0.42)
    KH, KW = window.kernel.shape[1:]
    space = 0.34
    label = max(map(len, names)) * 0.085 + 0.15
    x = (WIDTH - label - KW * cell - sum(_widths(window)) - 3 * space) / 2 + label
    sums = []
    for c, name in enumerate(names):
        y = top + c * line
        title = "window" if c == 0 else ""
        patch = draw_grid(
            axes, window.patch[c], x, y, role=INPUT, title=title, width=cell, height=CELL, size=SMALL
        )
        axes.text(x - 0.12, patch.middle[1], name, ha="right", va="center", fontsize=TEXT, color=INPUT.ink)
        sums.append(_draw_terms(axes, window, c, patch.right, patch.middle[1], space, titled=c == 0))
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
    return describe(figure, f"A photograph in colour and its channels {', '.join(names)}, each a grey picture {_by(stack[0])}.")
