"""One window of a convolution, taken apart: patch, weights, products, sum. Arrays only; the figures draw it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from convlab import functional as F
from convlab.errors import ArgumentError, DtypeError, ShapeError
from convlab.plots.style import number


def as_grid(who: str, name: str, array: Any) -> np.ndarray:
    """`array` as two axes (rows, columns) of float64 or of text; one axis becomes one row."""
    grid = np.asarray(array)
    if grid.ndim == 1:
        grid = grid[np.newaxis]
    if grid.ndim != 2 or grid.size == 0:
        raise ShapeError(
            f"{who}: {name} must have two axes (rows, columns), got {np.shape(array)}; "
            f"take one image and one channel, as in {name}[0, 0]"
        )
    if grid.dtype.kind == "U":
        return grid
    if grid.dtype.kind not in "buif":
        raise DtypeError(f"{who}: {name} must hold numbers or text, got {grid.dtype}")
    return grid.astype(np.float64)


@dataclass(frozen=True, eq=False)
class Window:
    """The window of `image` at (row, column), and what a kernel makes of it.

    Parameters
    ----------
    image : (H, W), numbers; or letters, to see which meets which
    kernel : (KH, KW), of the same kind
    row, column : place of the window's top left pixel, and of its output
    flip : turn the kernel by 180 degrees first: true convolution. Networks do not: cross-correlation.

    >>> window = Window([[24, 25, 36], [20, 25, 34], [24, 46, 75]], [[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    >>> window.total
    -81.0
    >>> Window([["a", "b"], ["e", "f"]], [["w", "x"], ["y", "z"]]).total
    'aw + bx + ey + fz'
    """

    image: Any
    kernel: Any
    row: int = 0
    column: int = 0
    flip: bool = False

    def __post_init__(self):
        image, kernel = as_grid("Window", "image", self.image), as_grid("Window", "kernel", self.kernel)
        object.__setattr__(self, "image", image)
        object.__setattr__(self, "kernel", kernel)
        if (image.dtype.kind == "U") != (kernel.dtype.kind == "U"):
            raise DtypeError("Window: image and kernel must both hold numbers or both letters")
        if any(K > M for K, M in zip(kernel.shape, image.shape)):
            raise ShapeError(f"Window: the kernel {kernel.shape} does not fit on the image {image.shape}")
        if not (0 <= self.row < self.shape[0] and 0 <= self.column < self.shape[1]):
            raise ArgumentError(
                f"Window: no window at ({self.row}, {self.column}); rows go from 0 to {self.shape[0] - 1}, "
                f"columns from 0 to {self.shape[1] - 1}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the output: how many windows there are."""
        (H, W), (KH, KW) = self.image.shape, self.kernel.shape
        return H - KH + 1, W - KW + 1

    @property
    def weights(self) -> np.ndarray:
        """The kernel as it lies on the window: turned by 180 degrees if `flip`. (KH, KW)"""
        return self.kernel[::-1, ::-1] if self.flip else self.kernel

    @property
    def patch(self) -> np.ndarray:
        """The pixels under the kernel. (KH, KW)"""
        KH, KW = self.kernel.shape
        return self.image[self.row : self.row + KH, self.column : self.column + KW]

    @property
    def products(self) -> np.ndarray:
        """Each pixel times the weight on it; of letters, both side by side. (KH, KW)"""
        if self.image.dtype.kind == "U":
            return np.char.add(self.patch, self.weights)
        return self.patch * self.weights

    @property
    def total(self) -> float | str:
        """The sum of the products: the output at (row, column)."""
        if self.image.dtype.kind == "U":
            return " + ".join(self.products.ravel())
        return float(self.products.sum())

    @cached_property
    def output(self) -> np.ndarray:
        """The outputs of all windows, by `convlab.functional.conv2d`. (H - KH + 1, W - KW + 1)"""
        if self.image.dtype.kind == "U":
            totals = [[self.at(i, j).total for j in range(self.shape[1])] for i in range(self.shape[0])]
            return np.array(totals)
        weights = np.ascontiguousarray(self.weights)
        return F.conv2d(self.image[np.newaxis, np.newaxis], weights[np.newaxis, np.newaxis])[0, 0]

    def at(self, row: int, column: int) -> "Window":
        """The window at another place."""
        return Window(self.image, self.kernel, row, column, self.flip)

    def near(self, rows: int, columns: int) -> "tuple[Window, int, int]":
        """This window in a piece of the image of at most `rows` x `columns`, and where that piece begins."""
        (H, W), (KH, KW) = self.image.shape, self.kernel.shape
        rows, columns = min(H, max(rows, KH)), min(W, max(columns, KW))
        top = min(max(0, self.row - (rows - KH) // 2), H - rows)
        left = min(max(0, self.column - (columns - KW) // 2), W - columns)
        piece = self.image[top : top + rows, left : left + columns]
        return Window(piece, self.kernel, self.row - top, self.column - left, self.flip), top, left

    def sentence(self) -> str:
        """The sum written out; with ≈ where a number had to be shortened.

        >>> Window([[24, 25, 36]], [[1, 0, -1]]).sentence()
        '24·1 + 25·0 + 36·(−1) = −12'
        """
        if self.image.dtype.kind == "U":
            return str(self.total)
        terms = [f"{number(x)}·{_bracketed(number(w))}" for x, w in zip(self.patch.ravel(), self.weights.ravel())]
        exact = all(map(_shown_whole, (*self.patch.ravel(), *self.weights.ravel(), self.total)))
        return f"{' + '.join(terms)} {'=' if exact else '≈'} {number(self.total)}"


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _shown_whole(value: float) -> bool:
    return abs(float(number(value).replace("−", "-")) - value) < 1e-9
