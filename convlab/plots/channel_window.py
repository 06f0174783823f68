"""One window of a filter that looks at several channels, taken apart: patches, products, a sum per channel, the total."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from convlab import functional as F
from convlab.errors import ArgumentError, DtypeError, ShapeError
from convlab.plots.style import number


def as_channels(who: str, name: str, array: Any) -> np.ndarray:
    """`array` as three axes (C, H, W) of float64."""
    stack = np.asarray(array)
    if stack.ndim != 3 or stack.size == 0:
        mend = f"; of a batch take one, {name}[0]" if stack.ndim == 4 else ""
        raise ShapeError(f"{who}: {name} must have three axes (channels, rows, columns), got {stack.shape}{mend}")
    if stack.dtype.kind not in "buif":
        raise DtypeError(f"{who}: {name} must hold numbers, got {stack.dtype}")
    return stack.astype(np.float64)


@dataclass(frozen=True, eq=False)
class ChannelWindow:
    """The window of an image with channels at (row, column), and what one filter makes of it.

    y[row, column] = bias + sum_c sum_(u, v) x[c, row + u, column + v] w[c, u, v]

    Parameters
    ----------
    image : (C, H, W)
    kernel : (C, KH, KW), one filter: a kernel for each channel
    bias : number
    row, column : place of the window's top left pixel, and of its output

    >>> window = ChannelWindow([[[1, 2]], [[3, 4]], [[5, 6]]], [[[1, 1]], [[2, 0]], [[0, -1]]], bias=10)
    >>> window.sums.tolist(), window.total
    ([3.0, 6.0, -6.0], 13.0)
    """

    image: Any
    kernel: Any
    bias: float = 0.0
    row: int = 0
    column: int = 0

    def __post_init__(self):
        image = as_channels("ChannelWindow", "image", self.image)
        kernel = as_channels("ChannelWindow", "kernel", self.kernel)
        object.__setattr__(self, "image", image)
        object.__setattr__(self, "kernel", kernel)
        object.__setattr__(self, "bias", _one_number(self.bias))
        if len(image) != len(kernel):
            raise ShapeError(
                f"ChannelWindow: the image has {len(image)} channels and the filter {len(kernel)}; a filter has one "
                "kernel for each channel"
            )
        if any(K > M for K, M in zip(kernel.shape[1:], image.shape[1:])):
            raise ShapeError(f"ChannelWindow: the filter {kernel.shape} does not fit on the image {image.shape}")
        if not (0 <= self.row < self.shape[0] and 0 <= self.column < self.shape[1]):
            raise ArgumentError(
                f"ChannelWindow: no window at ({self.row}, {self.column}); rows go from 0 to {self.shape[0] - 1}, "
                f"columns from 0 to {self.shape[1] - 1}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the output: how many windows there are."""
        (_, H, W), (_, KH, KW) = self.image.shape, self.kernel.shape
        return H - KH + 1, W - KW + 1

    @property
    def patch(self) -> np.ndarray:
        """The pixels under the filter, of every channel. (C, KH, KW)"""
        _, KH, KW = self.kernel.shape
        return self.image[:, self.row : self.row + KH, self.column : self.column + KW]

    @property
    def products(self) -> np.ndarray:
        """Each pixel times the weight on it. (C, KH, KW)"""
        return self.patch * self.kernel

    @property
    def sums(self) -> np.ndarray:
        """The sum of the products of each channel. (C,)"""
        return self.products.sum(axis=(1, 2))

    @property
    def total(self) -> float:
        """The sums of all channels and the bias: the output at (row, column)."""
        return float(self.sums.sum() + self.bias)

    @cached_property
    def output(self) -> np.ndarray:
        """The outputs of all windows, by `convlab.functional.conv2d`. (H - KH + 1, W - KW + 1)"""
        return F.conv2d(self.image[np.newaxis], self.kernel[np.newaxis], np.array([self.bias]))[0, 0]

    def near(self, rows: int, columns: int) -> "tuple[ChannelWindow, int, int]":
        """This window in a piece of the image of at most `rows` x `columns`, and where that piece begins."""
        (_, H, W), (_, KH, KW) = self.image.shape, self.kernel.shape
        rows, columns = min(H, max(rows, KH)), min(W, max(columns, KW))
        top = min(max(0, self.row - (rows - KH) // 2), H - rows)
        left = min(max(0, self.column - (columns - KW) // 2), W - columns)
        piece = self.image[:, top : top + rows, left : left + columns]
        return ChannelWindow(piece, self.kernel, self.bias, self.row - top, self.column - left), top, left

    def sentence(self) -> str:
        """The sums of the channels, the bias and the total; with ≈ where a number had to be shortened.

        >>> ChannelWindow([[[1, 2]], [[3, 4]]], [[[1, 1]], [[2, 0]]], bias=-10).sentence()
        '3 + 6 − 10 = −1'
        """
        parts = [*self.sums, self.bias]
        text = number(parts[0]) + "".join(
            f" {'−' if number(part).startswith('−') else '+'} {number(part).lstrip('−')}" for part in parts[1:]
        )
        exact = all(abs(float(number(part).replace("−", "-")) - part) < 1e-9 for part in (*parts, self.total))
        return f"{text} {'=' if exact else '≈'} {number(self.total)}"


def _one_number(bias: Any) -> float:
    """`bias` as a float. Raises ShapeError for several, DtypeError for what is none."""
    value = np.asarray(bias)
    if value.size != 1:
        raise ShapeError(
            f"ChannelWindow: a filter has one bias, got {value.size} numbers; take that of one filter, b[o]"
        )
    if value.dtype.kind not in "buif":
        raise DtypeError(f"ChannelWindow: bias must be a number, got {bias!r}")
    return float(value.item())
