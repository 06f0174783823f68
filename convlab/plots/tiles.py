"""Figures about fast convolutions: what a tile of registers costs and saves, and the two limits of a processor."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from convlab.errors import ArgumentError
from convlab.geometry import output_size
from convlab.plots.style import (
    BLACK,
    FAINT,
    GRADIENT,
    INPUT,
    KERNEL,
    LINE,
    OUTPUT,
    SMALL,
    TEXT,
    WIDTH,
    canvas,
    describe,
    new_figure,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROCESSORS = {"AVX-512": (16, 32), "AVX2": (8, 16), "NEON": (4, 32)}  # float32 numbers in a register, registers
# of the core that is drawn: multiply-adds it begins in a cycle, loads, cycles until a sum can be added to again
UNITS, LOADS, LATENCY = 2, 2, 4
ARITHMETIC, FETCHING, WAITING = "multiply-adds", "loads", "waiting for sums"
MOST_ROWS, MOST_VECTORS = 14, 4


@dataclass(frozen=True)
class TileCase:
    """A convolution of float32 numbers, computed in tiles of `rows` pixels times `vectors` registers full of filters.

    For each tap of the kernel a tile loads `vectors` registers of weights and `rows` single pixels, and makes
    rows * vectors multiply-adds of whole registers. The model of a core: two multiply-adds and two loads begin in a cycle, and
    a sum can be added to again after four. What finds no register is stored and loaded once a tap.

    Parameters
    ----------
    x_shape : (N, C, H, W)
    w_shape : (O, C, KH, KW)
    rows : pixels of a tile, 1 to 14
    vectors : registers of filters, 1 to 4
    processor : "AVX-512", "AVX2" or "NEON"
    stride, padding : of the convolution

    >>> case = TileCase((1, 64, 56, 56), (64, 64, 3, 3), 8, 2, padding=1)
    >>> case.registers, case.loads, case.multiply_adds, case.bound
    (19, 10, 16, 'multiply-adds')
    """

    x_shape: tuple[int, int, int, int]
    w_shape: tuple[int, int, int, int]
    rows: int
    vectors: int
    processor: str = "AVX-512"
    stride: int = 1
    padding: int = 0

    def __post_init__(self) -> None:
        if self.processor not in PROCESSORS:
            raise ArgumentError(f"TileCase: processor must be one of {', '.join(PROCESSORS)}, got {self.processor!r}")
        for name, most in (("rows", MOST_ROWS), ("vectors", MOST_VECTORS)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
                raise ArgumentError(f"TileCase: {name} must be a whole number from 1 to {most}, got {value!r}")
        shapes = (*self.x_shape, *self.w_shape)
        if len(self.x_shape) != 4 or len(self.w_shape) != 4 or not all(isinstance(n, int) and n > 0 for n in shapes):
            raise ArgumentError(
                f"TileCase: x_shape is (N, C, H, W) and w_shape (O, C, KH, KW), got {self.x_shape} and {self.w_shape}"
            )
        if self.x_shape[1] != self.w_shape[1]:
            raise ArgumentError(
                f"TileCase: x has {self.x_shape[1]} channels but w expects {self.w_shape[1]} "
                f"(x_shape {self.x_shape}, w_shape {self.w_shape})"
            )

    # what the convolution needs, whoever computes it

    @property
    def y_shape(self) -> tuple[int, int, int, int]:
        """(N, O, OH, OW)."""
        sides = [output_size(m, k, self.stride, self.padding) for m, k in zip(self.x_shape[2:], self.w_shape[2:])]
        return (self.x_shape[0], self.w_shape[0], sides[0], sides[1])

    @property
    def flops(self) -> int:
        """Multiplications and additions."""
        return 2 * prod(self.y_shape) * prod(self.w_shape[1:])

    @property
    def bytes(self) -> int:
        """Of x, w and y, each number once."""
        return 4 * sum(prod(shape) for shape in (self.x_shape, self.w_shape, self.y_shape))

    @property
    def intensity(self) -> float:
        """FLOPs for each of these bytes."""
        return self.flops / self.bytes

    # what a tile does for one tap

    @property
    def lanes(self) -> int:
        """Numbers in a register."""
        return PROCESSORS[self.processor][0]

    @property
    def there_are(self) -> int:
        """Registers of the processor."""
        return PROCESSORS[self.processor][1]

    @property
    def registers(self) -> int:
        """Registers wanted: the sums, a vector of weights each, and one pixel in all lanes."""
        return self.rows * self.vectors + self.vectors + 1

    @property
    def spilled(self) -> int:
        """Registers that are wanted and not there."""
        return max(0, self.registers - self.there_are)

    @property
    def multiply_adds(self) -> int:
        """Of whole registers."""
        return self.rows * self.vectors

    @property
    def loads(self) -> int:
        """Of single pixels and of vectors of weights, and of sums that were put aside."""
        return self.rows + self.vectors + 2 * self.spilled

    @property
    def cycles(self) -> dict[str, float]:
        """What a tap takes, were it for this alone."""
        return {
            ARITHMETIC: self.multiply_adds / UNITS,
            FETCHING: self.loads / LOADS,
            WAITING: float(LATENCY),
        }

    @property
    def bound(self) -> str:
        """What takes longest; the multiply-adds if several do."""
        return max(self.cycles, key=lambda name: self.cycles[name])

    @property
    def filled(self) -> float:
        """Part of the numbers in all tiles that are outputs; the rest lies beyond the last pixel or filter."""
        N, O, OH, OW = self.y_shape
        pixels, width = N * OH * OW, self.vectors * self.lanes
        return pixels * O / (-(-pixels // self.rows) * self.rows * -(-O // width) * width)

    @property
    def reachable(self) -> float:
        """Part of the core's multiply-adds that become outputs, at best."""
        return self.cycles[ARITHMETIC] / self.cycles[self.bound] * self.filled

    def sentence(self) -> str:
        """What the figure says, in words."""
        tile = f"A tile of {_counted(self.rows, 'pixel')} × {self.vectors * self.lanes} filters"
        lost = f", {self.spilled} of them in memory" if self.spilled else ""
        return (
            f"{_short(self.flops)}FLOP from {_short(self.bytes)}B: {self.intensity:.3g} FLOPs a byte. {tile} on "
            f"{self.processor} wants {self.registers} of {self.there_are} registers{lost}. "
            f"A tap: {_counted(self.multiply_adds, 'multiply-add')}, {_counted(self.loads, 'load')}. What takes longest: "
            f"{self.bound}. Of all tiles {self.filled:.0%} is filled with outputs: {self.reachable:.0%} of the core's limit at "
            f"best."
        )


def _counted(number: int, what: str) -> str:
    """
    >>> _counted(1, "load"), _counted(2, "load")
    ('1 load', '2 loads')
    """
    return f"{number} {what}{'s' * (number != 1)}"


def _short(value: float) -> str:
    """A count with three digits and its thousands: 1,850,000 is "1.85 M"."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:g} "


CELL, GAP, ACROSS = 0.36, 0.06, 8  # inches; registers side by side


@styled
def tile_board(case: TileCase) -> "Figure":
    """The registers of a core and what a tile puts into them; and how many cycles a tap takes, and for what.

    Parameters
    ----------
    case : TileCase

    Returns
    -------
    matplotlib Figure
    """
    figure, axes = canvas(3.1)
    _registers(axes, case)
    bars = figure.add_axes((0.685, 0.27, 0.285, 0.58))
    _cycles(bars, case)
    axes.text(4.05, 0.28, "cycles for one tap", va="center", fontsize=TEXT, color=BLACK)
    axes.text(WIDTH / 2, 2.9, f"{case.reachable:.0%} of the core's limit at best, {case.filled:.0%} of the tiles filled",
              ha="center", va="center", fontsize=TEXT, color=BLACK)  # fmt: skip
    return describe(figure, case.sentence())


def _registers(axes, case: TileCase) -> None:
    from matplotlib.patches import Rectangle

    sums = case.multiply_adds
    roles = [OUTPUT] * sums + [KERNEL] * case.vectors + [INPUT]
    signs = ["y"] * sums + ["w"] * case.vectors + ["x"]
    axes.text(0.2, 0.28, f"{case.there_are} registers of {case.lanes} numbers", va="center", fontsize=TEXT, color=BLACK)
    for place in range(case.there_are):
        row, column = divmod(place, ACROSS)
        left, top = 0.2 + column * (CELL + GAP), 0.5 + row * (CELL + GAP)
        role = roles[place] if place < len(roles) else None
        axes.add_patch(Rectangle((left, top), CELL, CELL, facecolor=role.fill if role else "white",
                                 edgecolor=role.line if role else LINE))  # fmt: skip
        if role:
            axes.text(left + CELL / 2, top + CELL / 2, signs[place], ha="center", va="center", fontsize=SMALL,
                      color=role.ink)  # fmt: skip
    below = 0.5 + -(-case.there_are // ACROSS) * (CELL + GAP) + 0.14
    legend = f"y: {_counted(sums, 'sum')}   w: {case.vectors} of weights   x: a pixel"
    axes.text(0.2, below, legend, va="center", fontsize=SMALL, color=FAINT)
    if case.spilled:
        axes.text(0.2, below + 0.24, f"{case.spilled} more find no register", va="center", fontsize=SMALL,
                  color=GRADIENT.ink)  # fmt: skip


def _cycles(axes, case: TileCase) -> None:
    looks = {ARITHMETIC: (OUTPUT, ""), FETCHING: (INPUT, "//"), WAITING: (KERNEL, "..")}
    longest = case.cycles[case.bound]
    for place, (name, cycles) in enumerate(case.cycles.items()):
        role, hatch = looks[name]
        axes.barh(place, cycles, height=0.62, color=role.fill, edgecolor=role.line, hatch=hatch)
        words = f"{cycles:g}" + (", the limit" if name == case.bound else "")
        inside = cycles > 0.55 * longest
        axes.annotate(words, (cycles, place), (-5 if inside else 5, 0), textcoords="offset points", va="center",
                      ha="right" if inside else "left", fontsize=SMALL, color=role.ink,
                      bbox={"facecolor": role.fill, "edgecolor": "none", "pad": 1} if inside else None)  # fmt: skip
    axes.set_yticks(range(len(looks)), list(looks))
    axes.invert_yaxis()
    axes.set_xlim(0, longest * 1.05)
    axes.set_xticks([])  # the numbers stand on the bars
    axes.grid(visible=False)
    axes.tick_params(axis="y", left=False)


MARKS = ("o", "s", "D", "^", "v", "P", "X", "*")


@styled
def machine_roof(points: Mapping[str, tuple[float, float]], arithmetic: float, bandwidth: float) -> "Figure":
    """The roof of a machine over FLOPs per byte, and what is under it: the slope is its memory, the flat part its arithmetic.

    Parameters
    ----------
    points : name -> (FLOPs per byte, GFLOP/s), up to eight
    arithmetic : GFLOP/s
    bandwidth : GB/s of the memory

    Returns
    -------
    matplotlib Figure
    """
    if (
        not 1 <= len(points) <= len(MARKS)
        or min(arithmetic, bandwidth, *(min(point) for point in points.values())) <= 0
    ):
        raise ArgumentError(
            f"machine_roof: expected 1 to {len(MARKS)} points and numbers above 0, got {dict(points)}, "
            f"{arithmetic}, {bandwidth}"
        )
    figure = new_figure(3.6)
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    intensities = [point[0] for point in points.values()]
    x = np.geomspace(min(0.1, *intensities) / 1.5, max(100.0, *intensities) * 1.5, 200)
    axes.plot(x, np.minimum(arithmetic, bandwidth * x), color=BLACK)
    ridge = arithmetic / bandwidth
    axes.axvline(ridge, color=FAINT, linestyle=":", linewidth=1)
    axes.annotate(f"arithmetic is the limit from {ridge:.2g} on", (ridge, arithmetic), xytext=(-4, 5),
                  textcoords="offset points", ha="right", fontsize=SMALL, color=FAINT)  # fmt: skip
    colours = (OUTPUT.line, INPUT.line, KERNEL.line, GRADIENT.line, FAINT)
    for k, (name, (intensity, speed)) in enumerate(points.items()):
        axes.plot([intensity], [speed], marker=MARKS[k], markersize=9, linestyle="", color=colours[k % len(colours)],
                  markeredgecolor=BLACK, label=name)  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="FLOPs for each byte of memory", ylabel="GFLOP/s")
    speeds = [point[1] for point in points.values()]
    axes.set_xlim(x[0], x[-1])
    lowest = min(bandwidth * x[0], *speeds) / 1.5
    axes.set_ylim(lowest, arithmetic * (arithmetic / lowest) ** 0.12)  # room for the words above the roof
    axes.set_xticks(_powers(*axes.get_xlim()), [f"{tick:g}" for tick in _powers(*axes.get_xlim())])
    axes.set_yticks(_powers(*axes.get_ylim()), [f"{tick:g}" for tick in _powers(*axes.get_ylim())])
    axes.minorticks_off()
    figure.legend(loc="outside right upper")
    words = "; ".join(f"{name} {speed:.3g} GFLOP/s at {intensity:.3g}" for name, (intensity, speed) in points.items())
    return describe(
        figure,
        f"A machine of {arithmetic:.3g} GFLOP/s and {bandwidth:.3g} GB/s: below {ridge:.3g} FLOPs a byte the memory is the "
        f"limit. {words}.",
    )


def _powers(low: float, high: float) -> list[float]:
    """
    >>> _powers(0.5, 200)
    [1.0, 10.0, 100.0]
    """
    return [10.0**k for k in range(-9, 10) if low <= 10.0**k <= high]
