"""A kernel laid over an image or under a signal, with the products written in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.cells import Box, cell_width, draw_cell, draw_grid, frame, wrapped
from convlab.plots.style import (
    INPUT,
    KERNEL,
    OUTPUT,
    SMALL,
    TEXT,
    TITLE,
    WIDTH,
    canvas,
    describe,
    number,
    styled,
)
from convlab.plots.window import Window

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, GAP, HEAD = 0.15, 0.42, 0.36  # inches: round the figure, between grids, above a grid for its title
CELLS_SHOWN = 6  # rows and columns of an image that have room for numbers and products
LETTERS = 4  # weights of a kernel of letters: more make a sum too long for a cell
SIGNAL_SHOWN = 9


@styled
def kernel_over_image(
    image: Any, kernel: Any, row: int = 0, column: int = 0, *, flip: bool = False, title: str = ""
) -> "Figure":
    """A kernel laid over one window of an image: pixel, weight and product in each cell, the sum, and the output.

    Parameters
    ----------
    image : (H, W)
        Numbers, or letters to see which meets which. Of a large image the part around the window is drawn.
    kernel : (KH, KW)
    row, column : int
        Place of the window's top left pixel.
    flip : bool
        Turn the kernel by 180 degrees first: true convolution.
    title : str
        A line above the figure.

    Returns
    -------
    matplotlib Figure

    >>> figure = kernel_over_image([[24, 25, 36], [20, 25, 34], [24, 46, 75]], [[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    >>> figure.get_label()[-25:]
    '= −81. Output drawn: −81.'
    """
    whole = Window(image, kernel, row, column, flip)
    _check_size(whole)
    window, top, left = whole.near(CELLS_SHOWN, CELLS_SHOWN)
    plan = _Plan(window, bool(title))
    figure, axes = canvas(plan.height)
    if title:
        axes.text(MARGIN, MARGIN, title, ha="left", va="top", fontsize=TITLE, fontweight="bold")
    named = "image" if window.image.shape == whole.image.shape else f"image from row {top}, column {left}"
    under = [(row - top + u, column - left + v) for u, v in np.ndindex(window.kernel.shape)]
    board = draw_grid(axes, window.image, plan.left, plan.top, role=INPUT, title=named, without=under, **plan.pixel)
    _lay_kernel(axes, window, board, **plan.pixel)
    above = draw_grid(axes, window.weights, plan.side, plan.top, role=KERNEL, title=_kernel_name(flip), **plan.weight)
    below = draw_grid(
        axes,
        window.output,
        plan.side,
        above.bottom + GAP + HEAD,
        role=OUTPUT,
        title="output",
        size=SMALL,
        **plan.output,
    )
    width, height = plan.output["width"], plan.output["height"]
    frame(axes, Box(below.left + window.column * width, below.top + window.row * height, width, height), OUTPUT.ink)
    if plan.sum:
        axes.text(MARGIN, plan.foot, plan.sum, ha="left", va="top", fontsize=TEXT, linespacing=1.3)
    turned = ", turned by 180 degrees," if flip else ""
    rows = " / ".join(", ".join(map(number, line)) for line in window.output)
    return describe(
        figure,
        f"The kernel {_lines(window.kernel)}{turned} over the window {_lines(window.patch)} at row {row}, column {column} "
        f"of an image of {_by(whole.image)}: {window.sentence()}. Output drawn: {rows}.",
    )


def _lines(array: np.ndarray) -> str:
    """An array in one line: "1 2 / 3 4"."""
    return " / ".join(" ".join(map(number, row)) for row in array)


def _check_size(window: Window) -> None:
    most = LETTERS if window.image.dtype.kind == "U" else 25
    if window.kernel.size > most or max(window.kernel.shape) > 5:
        raise ShapeError(
            f"kernel_over_image: the kernel may be up to {'2 x 2 letters' if most == LETTERS else '5 x 5'}, "
            f"got {window.kernel.shape}; larger ones do not fit with their products"
        )


def _by(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape))


def _kernel_name(flip: bool) -> str:
    return "kernel, turned by 180°" if flip else "kernel"


class _Plan:
    """Where the parts of `kernel_over_image` lie, in inches: the image on the left, kernel and output beside it."""

    def __init__(self, window: Window, titled: bool):
        (rows, columns), (KH, KW), (OH, OW) = window.image.shape, window.kernel.shape, window.shape
        self.weight = {"width": cell_width(window.kernel, TEXT, 0.44), "height": 0.4}
        self.output = {"width": cell_width(window.output, SMALL, 0.44), "height": 0.4}
        beside = max(KW * self.weight["width"], OW * self.output["width"], 0.55 if not window.flip else 1.9)
        room = WIDTH - 2 * MARGIN - GAP - beside
        width = min(0.86, room / columns)
        self.pixel = {"width": width, "height": min(0.72, 4.0 / rows, 1.15 * width)}
        self.left = (WIDTH - columns * self.pixel["width"] - GAP - beside) / 2
        self.side = self.left + columns * self.pixel["width"] + GAP
        self.top = MARGIN + HEAD + (0.3 if titled else 0.0)
        stack = KH * self.weight["height"] + GAP + HEAD + OH * self.output["height"]
        self.foot = self.top + max(rows * self.pixel["height"], stack) + 0.15
        letters = window.image.dtype.kind == "U"  # then the output itself is the sum written out
        first, *others = window.sentence().split(" + ")
        self.sum = "" if letters else wrapped([first, *(f"+ {term}" for term in others)], WIDTH - 2 * MARGIN, TEXT)
        self.height = self.foot + (0.05 if letters else 0.2 * (self.sum.count("\n") + 1) + MARGIN)


def _lay_kernel(axes: Any, window: Window, board: Box, width: float, height: float) -> None:
    """Pixel, weight and product into each cell under the kernel."""
    letters = window.image.dtype.kind == "U"
    for (u, v), product in np.ndenumerate(window.products):
        place = Box(board.left + (window.column + v) * width, board.top + (window.row + u) * height, width, height)
        pixel, weight = number(window.patch[u, v]), number(window.weights[u, v])
        text = f"{pixel} × {weight}"
        if cell_width(np.array([[text]]), SMALL, 0) > width:
            text = f"{pixel}\n× {weight}"
        text += "" if letters else f"\n= {number(product)}"
        draw_cell(axes, place, text, fill=KERNEL.fill, ink=KERNEL.ink, size=SMALL)
    KH, KW = window.kernel.shape
    under = Box(board.left + window.column * width, board.top + window.row * height, KW * width, KH * height)
    frame(axes, under, KERNEL.line)


@styled
def kernel_over_signal(
    signal: Any,
    kernel: Any,
    place: int = 0,
    *,
    flip: bool = False,
    names: Sequence[str] = ("signal", "kernel", "output"),
) -> "Figure":
    """A kernel laid under one window of a signal, the products below it, and the outputs.

    Parameters
    ----------
    signal : (L,)
        Of a long one the part around the window is drawn.
    kernel : (K,)
    place : int
        Where the window begins.
    flip : bool
        Turn the kernel round first: true convolution.
    names : three str
        What signal, kernel and output are.

    Returns
    -------
    matplotlib Figure
    """
    whole = Window(signal, kernel, 0, place, flip)
    if whole.image.shape[0] != 1 or whole.kernel.shape[0] != 1:
        raise ShapeError(
            f"kernel_over_signal: signal and kernel must each have one axis, got {np.shape(signal)} and "
            f"{np.shape(kernel)}; kernel_over_image draws those with two"
        )
    window, _, left = whole.near(1, SIGNAL_SHOWN)
    (L, K), start = (window.image.shape[1], window.kernel.shape[1]), 1.35
    size = {"width": min(0.74, (WIDTH - start - MARGIN) / L), "height": 0.42}
    tops = [MARGIN + k * 0.66 for k in range(4)]
    under = start + window.column * size["width"]
    figure, axes = canvas(tops[3] + size["height"] + MARGIN)
    rows = zip((tops[0], tops[1], tops[3]), (start, under, start), (names[0], f"× {names[1]}", names[2]))
    for (top, x, name), values, role in zip(
        rows, (window.image, window.weights, window.output), (INPUT, KERNEL, OUTPUT)
    ):
        box = draw_grid(axes, values, x, top, role=role, **size)
        axes.text(start - 0.15, box.middle[1], name, ha="right", va="center", fontsize=TEXT, color=role.ink)
    frame(axes, Box(under, tops[0], K * size["width"], size["height"]), KERNEL.line)
    frame(axes, Box(under, tops[3], **size), OUTPUT.ink)
    products = " + ".join(map(number, window.products[0])).replace("+ −", "− ") + f" = {number(window.total)}"
    middle = under + K * size["width"] / 2, tops[2] + size["height"] / 2
    axes.text(*middle, products, ha="center", va="center", fontsize=TEXT)
    shown = f", of which {L} numbers from place {left} are drawn" if whole.image.shape[1] > L else ""
    turned = ", turned round," if flip else ""
    return describe(
        figure,
        f"The kernel {_lines(window.kernel)}{turned} under place {place} of a signal of {whole.image.shape[1]} numbers{shown}: "
        f"{products}. Output drawn: {_lines(window.output)}.",
    )
