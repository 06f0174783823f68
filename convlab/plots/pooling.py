"""Pooling in numbers: the windows of an image and what is left of each, and the way the gradient goes back."""

from typing import TYPE_CHECKING, Any

import numpy as np

from convlab import functional as F
from convlab.errors import ArgumentError, ShapeError
from convlab.plots.cells import CHARACTER, Box, arrow, cell_width, draw_cell, draw_grid, frame
from convlab.plots.style import (
    GRADIENT,
    INPUT,
    KERNEL,
    OUTPUT,
    TEXT,
    TITLE,
    WIDTH,
    Role,
    canvas,
    describe,
    number,
    styled,
)
from convlab.plots.window import as_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("max", "average", "Gaussian")
NAMES = {"max": "Max pooling", "average": "Average pooling", "Gaussian": "Gaussian-weighted pooling"}
LARGEST = 8  # rows and columns of an image whose numbers can be read
MARGIN, HEAD, GAP, CELL = 0.15, 0.36, 0.75, 0.44  # inches


def gaussian_window(size: int, sigma: float | None = None) -> np.ndarray:
    """Weights of a bell around the centre of a window, with sum 1. (size, size)

    w[u, v] = exp(-((u - m)^2 + (v - m)^2) / (2 sigma^2)) / sum, with m = (size - 1) / 2.

    Parameters
    ----------
    size : pixels along each side
    sigma : width of the bell in pixels; a quarter of `size` by default

    >>> gaussian_window(2)
    array([[0.25, 0.25],
           [0.25, 0.25]])
    >>> gaussian_window(3, 0.75).round(3).tolist()
    [[0.051, 0.124, 0.051], [0.124, 0.301, 0.124], [0.051, 0.124, 0.051]]
    """
    sigma = size / 4 if sigma is None else sigma
    if size < 1 or not sigma > 0:
        raise ArgumentError(f"gaussian_window: size and sigma must be above 0, got {size} and {sigma}")
    bell = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return np.outer(bell, bell) / bell.sum() ** 2


def pool(image: np.ndarray, window: int, kind: str = "max", stride: int | None = None) -> np.ndarray:
    """One image (H, W) pooled by `convlab.functional`; `kind` is "max", "average" or "Gaussian".

    >>> pool(np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]), 2).tolist()
    [[6.0, 8.0], [3.0, 4.0]]
    """
    _check_kind("pool", kind)
    batch, stride = np.asarray(image, dtype=np.float64)[np.newaxis, np.newaxis], window if stride is None else stride
    if kind == "max":
        return F.max_pool2d(batch, window, stride=stride)[0][0, 0]
    if kind == "average":
        return F.avg_pool2d(batch, window, stride=stride)[0, 0]
    return F.weighted_pool2d(batch, gaussian_window(window), stride=stride)[0, 0]


def _check_kind(who: str, kind: str) -> None:
    if kind not in KINDS:
        raise ArgumentError(f"{who}: kind must be one of {', '.join(KINDS)}, got {kind!r}")


@styled
def pool_windows(image: Any, window: int = 2, *, kind: str = "max") -> "Figure":
    """An image in numbers, cut into windows that do not overlap, and beside it what is left of each.

    Parameters
    ----------
    image : (H, W)
        Up to 8 x 8. Rows and columns that fill no window stand outside the frames.
    window : int
        Pixels along each side of a window, and from one to the next.
    kind : "max", "average" or "Gaussian"
        With "max" the winner of each window is marked: of equals the first, row by row.

    Returns
    -------
    matplotlib Figure

    >>> pool_windows([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]).get_label()
    'Max pooling of 1 1 2 4 / 5 6 7 8 / 3 2 1 0 / 1 2 3 4 in windows of 2 x 2: 6 8 / 3 4.'
    """
    grid = _readable("pool_windows", image)
    pooled = pool(grid, window, kind)
    row = _Row([(grid, INPUT, "input"), (pooled, OUTPUT, OUTPUT_NAMES[kind])])
    row.mark_windows(grid, window, kind)
    return describe(row.figure, f"{NAMES[kind]} of {_lines(grid)} in windows of {window} x {window}: {_lines(pooled)}.")


OUTPUT_NAMES = {"max": "largest", "average": "mean", "Gaussian": "weighted mean"}


@styled
def pool_gradient(image: Any, dy: Any, window: int = 2, *, kind: str = "max") -> "Figure":
    """The way back through pooling: the image with its windows, the gradient by the outputs, the gradient by the image.

    Parameters
    ----------
    image : (H, W)
        Up to 8 x 8.
    dy : (OH, OW)
        Gradient of the loss by each output.
    window : int
    kind : "max" or "average"

    Returns
    -------
    matplotlib Figure

    >>> pool_gradient([[1, 3], [2, 0]], [[8]]).get_label()
    'Input 1 3 / 2 0, gradient by the outputs 8; gradient by the input, max pooling: 0 8 / 0 0.'
    """
    grid, upstream = _readable("pool_gradient", image), as_grid("pool_gradient", "dy", dy)
    if kind not in ("max", "average"):
        raise ArgumentError(f"pool_gradient: kind must be max or average, got {kind!r}")
    expected = pool(grid, window, kind).shape
    if upstream.shape != expected:
        raise ShapeError(f"pool_gradient: dy must have the shape of the output, {expected}, got {upstream.shape}")
    back = _gradient(grid, upstream, window, kind)
    row = _Row([(grid, INPUT, "x"), (upstream, GRADIENT, "dy"), (back, GRADIENT, "dx")], arrows=(False, True))
    row.mark_windows(grid, window, kind)
    return describe(
        row.figure,
        f"Input {_lines(grid)}, gradient by the outputs {_lines(upstream)}; gradient by the input, "
        f"{NAMES[kind].lower()}: {_lines(back)}.",
    )


def _gradient(image: np.ndarray, dy: np.ndarray, window: int, kind: str) -> np.ndarray:
    batch, upstream = image[np.newaxis, np.newaxis], dy[np.newaxis, np.newaxis]
    if kind == "max":
        return F.max_pool2d_grad(upstream, F.max_pool2d(batch, window)[1], batch.shape)[0, 0]
    return F.avg_pool2d_grad(upstream, batch.shape, window)[0, 0]


def _readable(who: str, image: Any) -> np.ndarray:
    grid = as_grid(who, "image", image)
    if grid.dtype.kind == "U":
        raise ShapeError(f"{who}: letters have no order to pool by; take numbers")
    if max(grid.shape) > LARGEST:
        raise ShapeError(f"{who}: an image may have up to {LARGEST} rows and columns, got {grid.shape}; take a piece")
    return grid


def _lines(array: np.ndarray) -> str:
    """An array in one line: "1 2 / 3 4"."""
    return " / ".join(" ".join(map(number, row)) for row in array)


class _Row:
    """Grids side by side on one canvas, each in the middle of the line; the first one is the image."""

    def __init__(self, parts: list[tuple[np.ndarray, Role, str]], arrows: tuple[bool, ...] = (True,)):
        cells = [cell_width(grid, TEXT, 0.46) for grid, _, _ in parts]
        widths = [max(w * g.shape[1], len(t) * TITLE * CHARACTER) for w, (g, _, t) in zip(cells, parts)]
        tallest = max(len(grid) for grid, _, _ in parts) * CELL
        self.figure, self.axes = canvas(MARGIN + HEAD + tallest + MARGIN)
        left, middle = (WIDTH - sum(widths) - GAP * (len(parts) - 1)) / 2, MARGIN + HEAD + tallest / 2
        self.boxes = []
        for (grid, role, title), cell, width in zip(parts, cells, widths):
            top = middle - len(grid) * CELL / 2
            self.boxes.append(draw_grid(self.axes, grid, left, top, role=role, width=cell, height=CELL, title=title))
            left += width + GAP
        for shown, before, after in zip(arrows, self.boxes, self.boxes[1:]):
            if shown:
                arrow(self.axes, (before.right + 0.12, middle), (after.left - 0.12, middle))

    def mark_windows(self, image: np.ndarray, window: int, kind: str) -> None:
        """A frame around each window of the image, and with "max" the winners in the colour of the output."""
        board, (H, W) = self.boxes[0], image.shape
        width, height = board.width / W, board.height / H
        if kind == "max":
            for place in F.max_pool2d(image[np.newaxis, np.newaxis], window)[1].ravel():
                i, j = divmod(int(place), W)
                cell = Box(board.left + j * width, board.top + i * height, width, height)
                draw_cell(self.axes, cell, number(image[i, j]), fill=OUTPUT.fill, ink=OUTPUT.ink)
                frame(self.axes, cell, OUTPUT.line, 1.5)
        for i, j in np.ndindex(H // window, W // window):
            place = Box(
                board.left + j * window * width, board.top + i * window * height, window * width, window * height
            )
            frame(self.axes, place, KERNEL.line, 3.0)
