"""Small arrays in a row: image ⋆ kernel = output in numbers, a kernel and the same kernel turned."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.cells import CHARACTER, arrow, cell_width, draw_grid, sign
from convlab.plots.style import INPUT, KERNEL, OUTPUT, TEXT, TITLE, WIDTH, Role, canvas, describe, number, styled
from convlab.plots.window import Window, as_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, HEAD = 0.15, 0.36  # inches: round the figure, above an array for its title
ARROW = "→"
LARGEST = 7  # rows and columns of a step image


@styled
def step_images(
    images: Sequence[Any], kernels: Sequence[Any], *, convolve: Callable[[np.ndarray, np.ndarray], Any] | None = None
) -> "Figure":
    """Image ⋆ kernel = output in numbers, a row for each pair. The step images show what an edge filter sees.

    Parameters
    ----------
    images : sequence of (H, W)
        Up to 7 x 7, drawn in their greys.
    kernels : sequence of (KH, KW)
        One for each image.
    convolve : function (image, kernel) -> output, optional
        Your own; by default convlab.functional.conv2d computes the output.

    Returns
    -------
    matplotlib Figure

    >>> step = np.outer(np.ones(6), [1, 1, 1, 0, 0, 0])
    >>> step_images([step], [[[1, 0, -1]] * 3]).get_label()
    'Image ⋆ kernel = output. Row 1: kernel 1 0 −1 / 1 0 −1 / 1 0 −1, output 0 3 3 0 / 0 3 3 0 / 0 3 3 0 / 0 3 3 0.'
    """
    triples = [_triple(image, kernel, convolve) for image, kernel in _pairs(images, kernels)]
    heights = [max(len(array) for array in triple) for triple in triples]
    side = min(0.37, (WIDTH - 2 * MARGIN - 2 * 0.5) / max(sum(a.shape[1] for a in triple) for triple in triples))
    figure, axes = canvas(sum(MARGIN + HEAD + rows * side for rows in heights) + MARGIN)
    top = MARGIN + HEAD
    for triple, rows in zip(triples, heights):
        _equation(axes, triple, top, rows * side, side)
        top += rows * side + HEAD + MARGIN
    return describe(figure, "Image ⋆ kernel = output. " + " ".join(_in_words(k, t) for k, t in enumerate(triples, 1)))


def _pairs(images: Sequence[Any], kernels: Sequence[Any]) -> list[tuple[Any, Any]]:
    if len(images) != len(kernels) or len(images) == 0:
        raise ShapeError(f"step_images: each image needs a kernel, got {len(images)} images and {len(kernels)} kernels")
    return list(zip(images, kernels))


def _triple(image: Any, kernel: Any, convolve: Callable | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    window = Window(image, kernel)
    if max(window.image.shape) > LARGEST:
        raise ShapeError(
            f"step_images: an image may have up to {LARGEST} rows and columns, got {window.image.shape}; "
            "take a piece of it, or draw it with picture_grid"
        )
    output = window.output if convolve is None else convolve(window.image, window.kernel)
    return window.image, window.kernel, as_grid("step_images", "the output of convolve", output)


def _equation(axes: Any, triple: tuple, top: float, height: float, side: float) -> None:
    """Three grids in the middle of the line, ⋆ and = between them."""
    gap = 0.5
    width = sum(array.shape[1] for array in triple) * side + 2 * gap
    left, middle = (WIDTH - width) / 2, top + height / 2
    for k, (array, role) in enumerate(zip(triple, (INPUT, KERNEL, OUTPUT))):
        rows, columns = array.shape
        y = middle - rows * side / 2
        draw_grid(axes, array, left, y, role=role, width=side, height=side, title=role.name, shade=role is INPUT)
        left += columns * side + gap
        if k < 2:
            sign(axes, left - gap / 2, middle, "⋆="[k])


def _in_words(place: int, triple: tuple) -> str:
    _, kernel, output = (" / ".join(" ".join(map(number, row)) for row in array) for array in triple)
    return f"Row {place}: kernel {kernel}, output {output}."


@styled
def array_row(
    arrays: Sequence[Any], titles: Sequence[str], *, signs: Sequence[str] = (), roles: Sequence[Role] = ()
) -> "Figure":
    """Small arrays side by side, with a sign between neighbours: a kernel and the same kernel turned, for example.

    Parameters
    ----------
    arrays : sequence of (H, W)
        Numbers or text.
    titles : a title for each
    signs : what stands between them, one less than there are arrays; by default arrows
    roles : a role (INPUT, KERNEL, OUTPUT, GRADIENT) for each; by default all are kernels

    Returns
    -------
    matplotlib Figure
    """
    grids = [as_grid("array_row", "array", array) for array in arrays]
    roles, signs = list(roles) or [KERNEL] * len(grids), list(signs) or [ARROW] * (len(grids) - 1)
    if not len(grids) == len(titles) == len(roles) == len(signs) + 1:
        raise ShapeError(
            f"array_row: {len(grids)} arrays need as many titles and roles and one sign less, got {len(titles)} titles, "
            f"{len(roles)} roles, {len(signs)} signs"
        )
    cells = [cell_width(grid, TEXT, 0.46) for grid in grids]
    widths = [max(w * g.shape[1], len(t) * TITLE * CHARACTER) for w, g, t in zip(cells, grids, titles)]
    gap, height = 0.75, 0.44
    tallest = max(len(grid) for grid in grids) * height
    figure, axes = canvas(MARGIN + HEAD + tallest + MARGIN)
    left, middle = max(MARGIN, (WIDTH - sum(widths) - gap * len(signs)) / 2), MARGIN + HEAD + tallest / 2
    for grid, title, role, cell, width, mark in zip(grids, titles, roles, cells, widths, [*signs, ""]):
        top = middle - len(grid) * height / 2
        box = draw_grid(axes, grid, left, top, role=role, width=cell, height=height, title=title)
        left += width + gap
        if mark == ARROW:
            arrow(axes, (box.right + 0.12, middle), (left - 0.12, middle))
        else:
            sign(axes, (box.right + left) / 2, middle, mark)
    words = "; ".join(f"{t}: {' / '.join(' '.join(map(number, row)) for row in g)}" for t, g in zip(titles, grids))
    return describe(figure, words + ".")
