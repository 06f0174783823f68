"""One window of a large picture: where it is, what lies in it, and the number it gives."""

from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.cells import Box, cell_width, draw_grid, frame, sign
from convlab.plots.pictures import Scale, draw_picture, draw_scale, grey_scale, signed_scale
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
    styled,
)
from convlab.plots.window import Window

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, HEAD, FOOT = 0.15, 0.36, 0.42  # inches
CELL = 0.4
LARGEST = 3  # rows and columns of a kernel that has room beside its window and its products
TALLEST = 3.0  # inches of a picture
LEAST_FRAME = 0.06  # inches; a single output pixel is framed no smaller than this
PRODUCT = Role("products", LINE, "#FFFFFF", BLACK)


@styled
def window_in_picture(
    image: Any, kernel: Any, row: int = 0, column: int = 0, *, flip: bool = False, credit: str = ""
) -> "Figure":
    """A picture with one window framed, the output beside it, and below them patch x kernel, every product and the sum.

    Parameters
    ----------
    image : (H, W)
        A photograph, say, or a digit.
    kernel : (KH, KW)
        Up to 3 x 3.
    row, column : int
        Place of the window's top left pixel, and of its output.
    flip : bool
        Turn the kernel by 180 degrees first: true convolution.
    credit : str
        Who made the picture.

    Returns
    -------
    matplotlib Figure
    """
    window = Window(image, kernel, row, column, flip)
    if max(window.kernel.shape) > LARGEST:
        raise ShapeError(
            f"window_in_picture: the kernel may be up to 3 x 3, got {window.kernel.shape}; "
            "kernel_over_image draws up to 5 x 5"
        )
    width = (WIDTH - 2 * MARGIN - 0.4) / 2
    shape = window.image.shape[0] / window.image.shape[1]
    width = min(width, TALLEST / shape)
    height = width * shape
    below = MARGIN + HEAD + height + FOOT + HEAD
    figure, axes = canvas(below + len(window.kernel) * CELL + MARGIN + (0.28 if credit else 0.05))
    left = (WIDTH - 2 * width - 0.4) / 2
    before = Box(left, MARGIN + HEAD, width, height)
    after = Box(left + width + 0.4, MARGIN + HEAD, width, height)
    scale = grey_scale(window.image)
    _draw_titled(axes, window.image, before, scale, INPUT, f"input {_by(window.image)}")
    _draw_titled(axes, window.output, after, output_scale(window, scale), OUTPUT, f"output {_by(window.output)}")
    spot = _mark(axes, window.image, before, row, column, window.kernel.shape, KERNEL.line)
    _mark(axes, window.output, after, row, column, (1, 1), OUTPUT.ink)
    patch = _draw_sum(axes, window, below)
    for x, y in ((spot.left, patch.left), (spot.right, patch.right)):
        axes.plot((x, y), (spot.bottom, patch.top - HEAD + 0.04), color=KERNEL.line, linewidth=1, alpha=0.8, zorder=4)
    if credit:
        axes.text(MARGIN, axes.get_ylim()[0] - 0.08, f"Picture: {credit}", va="bottom", fontsize=SMALL, color=FAINT)
    return describe(figure, in_words(window))


def in_words(window: Window) -> str:
    """The figure for those who cannot see it.

    >>> in_words(Window(np.eye(4), np.eye(2)))
    'Cross-correlation of a 4 x 4 picture with a 2 x 2 kernel; at row 0, column 0: 1·1 + 0·0 + 0·0 + 1·1 = 2.'
    """
    operation = "True convolution" if window.flip else "Cross-correlation"
    return (
        f"{operation} of a {_by(window.image)} picture with a {_by(window.kernel)} kernel; "
        f"at row {window.row}, column {window.column}: {window.sentence()}."
    )


def output_scale(window: Window, scale: Scale) -> Scale:
    """The greys of the input where the weights add up to something positive, else two colours for the two signs."""
    return scale if window.weights.sum() > 1e-9 else signed_scale(window.output)


def _by(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape))


def _draw_titled(axes: Any, image: np.ndarray, box: Box, scale: Scale, role: Role, title: str) -> None:
    draw_picture(axes, image, box, scale=scale, role=role)
    axes.text(box.left, box.top - 0.08, title, ha="left", va="bottom", fontsize=TITLE, color=role.ink)
    draw_scale(axes, scale, box.left, box.bottom + 0.07, box.width)


def _mark(axes: Any, image: np.ndarray, box: Box, row: int, column: int, size: tuple[int, int], colour: str) -> Box:
    """A frame around pixels of a picture, and thin lines to its borders that lead the eye to it."""
    H, W = image.shape
    pixel_height, pixel_width = box.height / H, box.width / W
    height, width = max(size[0] * pixel_height, LEAST_FRAME), max(size[1] * pixel_width, LEAST_FRAME)
    x, y = box.left + (column + size[1] / 2) * pixel_width, box.top + (row + size[0] / 2) * pixel_height
    spot = Box(x - width / 2, y - height / 2, width, height)
    frame(axes, spot, colour, 2.0)
    for (x0, x1), (y0, y1) in (
        ((box.left, spot.left), (y, y)),
        ((spot.right, box.right), (y, y)),
        ((x, x), (box.top, spot.top)),
        ((x, x), (spot.bottom, box.bottom)),
    ):
        axes.plot((x0, x1), (y0, y1), color=colour, linewidth=0.8, alpha=0.6, zorder=2)
    return spot


def _draw_sum(axes: Any, window: Window, top: float) -> Box:
    """patch × kernel = products, and their sum; where the patch lies."""
    names = ("window", "kernel, turned" if window.flip else "kernel", "products")
    parts = zip((window.patch, window.weights, window.products), (INPUT, KERNEL, PRODUCT), names)
    boxes, left, middle = [], MARGIN, top + len(window.kernel) * CELL / 2
    for (values, role, name), operator in zip(parts, "×=Σ"):
        cell = cell_width(values, SMALL, 0.46)
        boxes.append(draw_grid(axes, values, left, top, role=role, width=cell, height=CELL, title=name, size=SMALL))
        sign(axes, boxes[-1].right + 0.2, middle, operator)
        left = boxes[-1].right + 0.4
    total = np.array([[window.total]])
    draw_grid(
        axes, total, left, middle - CELL / 2, role=OUTPUT, width=cell_width(total, TEXT, 0.6), height=CELL, title="sum"
    )
    return boxes[0]
