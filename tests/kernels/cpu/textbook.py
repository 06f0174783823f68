"""Convolutions of real size, held to their sums over the taps in float64 (`benchmarks.by_taps`).

`Layer` is one legal convolution, and compares all its passes. `CASES` are layers made to reach each way the kernels can go;
their sizes follow the constants of the kernels, so they still do when those are tuned.
"""

from dataclasses import dataclass

import numpy as np
from agreement import assert_agrees, error, normal

import convlab.functional as F
from benchmarks import by_taps
from convlab.kernels.cpu.narrow import MOST
from convlab.kernels.cpu.product import CHUNK, PART, VISIT
from convlab.kernels.cpu.register_tile import lanes_of

GROUP = 2  # panels, more than a task takes

LANES = lanes_of(4)
PANEL = 3 * LANES  # output channels in the widest panel
DEEP = VISIT // (4 * LANES)  # values of k that a visit takes at most
MANY = max(LANES, MOST) + 1  # channels enough to lie along the vector, and one too many for one vector


# ------------------------------------------------------------------------------------------------ layers
@dataclass(frozen=True)
class Layer:
    """One legal convolution; every pair is (along rows, along columns)."""

    images: int
    channels: int
    filters: int
    size: tuple
    kernel: tuple
    stride: tuple = (1, 1)
    padding: tuple = (0, 0)
    dilation: tuple = (1, 1)
    groups: int = 1

    @property
    def options(self):
        return {
            "stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups,
        }  # fmt: skip

    @property
    def w_shape(self):
        return self.filters, self.channels // self.groups, *self.kernel

    @property
    def y_shape(self):
        axes = zip(self.size, self.kernel, self.stride, self.padding, self.dilation)
        return self.images, self.filters, *((m + 2 * p - d * (k - 1) - 1) // s + 1 for m, k, s, p, d in axes)

    @property
    def multiplications(self):
        return int(np.prod(self.y_shape, dtype=np.int64) * np.prod(self.w_shape[1:], dtype=np.int64))

    def arrays(self, dtype, seed=0):
        "x, w, b, dy"
        rng = np.random.default_rng(seed)
        shapes = (self.images, self.channels, *self.size), self.w_shape, (self.filters,), self.y_shape
        return [normal(rng, shape, dtype) for shape in shapes]

    def results(self, dtype, seed=0):
        "y, dw, dx, and x from y as a transposed convolution makes it"
        x, w, b, dy = self.arrays(dtype, seed)
        left_over = [
            m - ((o - 1) * s - 2 * p + d * (k - 1) + 1)
            for m, o, k, s, p, d in zip(
                self.size, self.y_shape[2:], self.kernel, self.stride, self.padding, self.dilation
            )
        ]
        back = normal(np.random.default_rng(seed), self.channels, dtype)
        return {
            "forward": F.conv2d(x, w, b, **self.options),
            "grad_weight": F.conv2d_grad_weight(dy, x, w.shape, **self.options),
            "grad_input": F.conv2d_grad_input(dy, w, x.shape, **self.options),
            "transposed": F.conv_transpose2d(dy, w, back, output_padding=tuple(left_over), **self.options),
        }

    def expected(self, dtype, seed=0):
        x, w, b, dy = (array.astype(np.float64) for array in self.arrays(dtype, seed))
        back = normal(np.random.default_rng(seed), self.channels, dtype).astype(np.float64)
        dx = by_taps.conv2d_grad_input(dy, w, x.shape, **self.options)
        return {
            "forward": by_taps.conv2d(x, w, b, **self.options),
            "grad_weight": by_taps.conv2d_grad_weight(dy, x, w.shape, **self.options),
            "grad_input": dx,
            "transposed": dx + back[:, None, None],
        }

    def check(self, dtype, seed=0):
        "every pass agrees with the textbook"
        expected = self.expected(dtype, seed)
        for name, result in self.results(dtype, seed).items():
            assert_agrees(result, expected[name], dtype)

    def errors(self, dtype, seed=0):
        expected = self.expected(dtype, seed)
        return {name: error(result, expected[name]) for name, result in self.results(dtype, seed).items()}


CASES = {
    "one tile": Layer(1, 3, MANY, (6, 7), (3, 3), padding=(1, 1)),
    "more taps than a visit": Layer(2, DEEP // 9 + 3, MANY, (7, 5), (3, 3), padding=(1, 1)),
    "three visits": Layer(1, 2 * DEEP // 4 + 5, MANY, (4, 6), (2, 2)),
    "more panels than a group": Layer(2, 5, GROUP * PANEL + LANES + 1, (5, 6), (1, 1)),
    "one channel too many for a panel": Layer(2, 4, PANEL + 1, (5, 4), (3, 2)),
    "more pixels than a task": Layer(3, 2, MANY, (CHUNK // 16, 17), (3, 3), padding=(1, 1)),
    "more pixels than a visit, in parts": Layer(2 * PART // 196 + 2, 2, MANY, (14, 14), (3, 3), padding=(1, 1)),
    "many images of a few pixels": Layer(DEEP // 4, 3, MANY, (4, 5), (3, 3)),
    "lines of one pixel": Layer(2, 3, MANY, (40, 3), (2, 3)),
    "dilated": Layer(2, 5, MANY, (11, 13), (3, 2), padding=(2, 1), dilation=(2, 3)),
    "groups": Layer(2, 4 * MANY, 2 * MANY, (7, 8), (3, 3), padding=(1, 1), groups=2),
    "groups, strided, dilated": Layer(2, 2 * MANY, 2 * MANY, (9, 11), (3, 3), (2, 1), (1, 2), (1, 2), 2),
    "groups of a few channels": Layer(2, 9, 6, (7, 8), (3, 3), padding=(1, 1), groups=3),
    "groups of a few channels, strided": Layer(3, 9, 6, (9, 8), (3, 3), (2, 1), (1, 1), groups=3),
    "groups of some channels": Layer(2, 10, 2 * MOST, (5, LANES + 3), (3, 2), padding=(2, 1), dilation=(1, 2), groups=2),
    "depthwise": Layer(2, 2 * LANES + 1, 2 * LANES + 1, (7, 8), (3, 3), padding=(1, 1), groups=2 * LANES + 1),
    "depthwise, two filters each": Layer(3, LANES + 1, 2 * LANES + 2, (6, 40), (3, 5), padding=(1, 2), groups=LANES + 1),
    "depthwise, strided": Layer(2, LANES, LANES, (7, 9), (3, 3), (2, 2), (1, 1), groups=LANES),
    "strided, phases together": Layer(2, 3, MANY, (19, 21), (5, 5), (2, 2)),
    "strided, phase by phase": Layer(2, 2 * LANES + 3, MANY, (11, 12), (3, 3), (2, 2), (1, 1)),
    "phase by phase, many taps": Layer(1, 2 * LANES, DEEP // 4 + 3, (6, 6), (4, 4), (2, 2), (1, 1)),
    "stride longer than the kernel": Layer(2, 2 * LANES + 1, MANY, (11, 13), (2, 1), (3, 4), (1, 0)),
    "the same with few channels": Layer(2, 6, MANY, (11, 13), (1, 2), (3, 3)),
    "stride along one axis": Layer(2, 3, MANY, (9, 14), (3, 4), (1, 3), (0, 2)),
    "stride and dilation share a factor": Layer(2, 7, MANY, (12, 13), (2, 3), (2, 4), (0, 1), (2, 2)),
    "padding wider than the kernel": Layer(1, 4, MANY, (3, 4), (2, 3), (1, 1), (4, 5)),
    "it covers the image": Layer(5, 7, 2 * LANES + 3, (9, 8), (9, 8)),
    "1x1, strided": Layer(2, LANES + 3, MANY, (9, 8), (1, 1), (2, 2)),
} | {
    f"{filters} filters, {width} columns": Layer(2, 3, filters, (5, width), (3, 2), padding=(1, 1))
    for filters in (1, 2, 5, MOST) for width in (2, LANES - 1, LANES, 3 * LANES + 2)
}  # fmt: skip
