"""Figures about graphics processors: which thread computes what, and how fast memory and arithmetic let it go."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ArgumentError
from convlab.plots.style import (
    BLACK,
    FAINT,
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

# name: float32 TFLOP/s without tensor cores, TB/s of memory; from NVIDIA's data sheets of the three products
GPUS = {"T4": (8.1, 0.32), "A100": (19.5, 1.555), "H100": (67.0, 3.35)}
MOST_OUTPUTS, MOST_COLUMNS = 24, 24


@dataclass(frozen=True)
class Roofline:
    """A matrix product, or a convolution, on a GPU: each block computes `rows` x `columns` outputs from what it reads once.

    For one term of the sum a block reads rows + columns numbers of 4 bytes and makes rows * columns multiplications and as many
    additions. `rows = columns = 1` is one thread that reads everything itself.

    Parameters
    ----------
    gpu : "T4", "A100" or "H100"
    rows, columns : int

    >>> Roofline("H100", 1, 1).intensity, Roofline("H100", 128, 128).intensity
    (0.25, 32.0)
    >>> Roofline("H100", 1, 1).reachable
    0.8375
    """

    gpu: str
    rows: int
    columns: int

    def __post_init__(self) -> None:
        if self.gpu not in GPUS:
            raise ArgumentError(f"Roofline: gpu must be one of {', '.join(GPUS)}, got {self.gpu!r}")
        for name in ("rows", "columns"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ArgumentError(f"Roofline: {name} must be a whole number of at least 1, got {value!r}")

    @property
    def arithmetic(self) -> float:
        """TFLOP/s of the processors."""
        return GPUS[self.gpu][0]

    @property
    def bandwidth(self) -> float:
        """TB/s of the memory."""
        return GPUS[self.gpu][1]

    @property
    def intensity(self) -> float:
        """Operations for each byte that is read."""
        return 2 * self.rows * self.columns / (4 * (self.rows + self.columns))

    @property
    def ridge(self) -> float:
        """The intensity from which on the arithmetic is the limit."""
        return self.arithmetic / self.bandwidth

    @property
    def reachable(self) -> float:
        """TFLOP/s that memory and arithmetic allow."""
        return min(self.arithmetic, self.bandwidth * self.intensity)

    def sentence(self) -> str:
        """What the figure says, in words."""
        limit = "the memory" if self.intensity < self.ridge else "the arithmetic"
        return (
            f"{self.gpu}: a block of {self.rows} × {self.columns} outputs makes {self.intensity:.3g} operations a "
            f"byte. The limit is "
            f"{limit}: {self.reachable:.3g} of {self.arithmetic:.3g} TFLOP/s. From {self.ridge:.3g} operations a "
            f"byte on it is the "
            "arithmetic."
        )


@styled
def roofline(*cases: Roofline) -> "Figure":
    """The roof of each GPU over operations per byte, and where each case stands under it.

    Parameters
    ----------
    *cases : Roofline
        At least one.

    Returns
    -------
    matplotlib Figure
    """
    if not cases:
        raise ArgumentError("roofline: expected at least one Roofline")
    figure = new_figure(3.6)
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    x = np.geomspace(0.1, 128, 200)
    looks = dict(zip(dict.fromkeys(case.gpu for case in cases), ((OUTPUT.line, "-"), (INPUT.line, "--"), (BLACK, ":"))))
    for name, (colour, dashes) in looks.items():
        arithmetic, bandwidth = GPUS[name]
        axes.plot(x, np.minimum(arithmetic, bandwidth * x), color=colour, linestyle=dashes, label=f"what {name} allows")
        axes.annotate(f"{arithmetic:g} TFLOP/s", (128, arithmetic), xytext=(0, 4), textcoords="offset points", ha="right",
                      fontsize=SMALL, color=colour)  # fmt: skip
    for case in cases:
        axes.plot(
            [case.intensity],
            [case.reachable],
            marker="o",
            markersize=9,
            color=KERNEL.line,
            markeredgecolor=BLACK,
            linestyle="",
        )
        low = case.intensity < case.ridge
        axes.annotate(f"{case.rows} × {case.columns}", (case.intensity, case.reachable), fontsize=SMALL, color=KERNEL.ink,
                      xytext=(9, -4) if low else (0, -17), textcoords="offset points",
                      ha="left" if low else "center")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="operations for each byte read", ylabel="TFLOP/s at most")
    axes.set_ylim(top=max(GPUS[name][0] for name in looks) * 2)
    ticks = [0.1, 0.25, 1, 4, 16, 64]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    axes.minorticks_off()
    axes.legend(loc="lower right")
    return describe(figure, " ".join(case.sentence() for case in cases))


@styled
def threads_over_outputs(count: int, threads: int) -> "Figure":
    """A row of outputs, and below it the blocks of threads that compute them; threads beyond the end are crossed out.

    Parameters
    ----------
    count : outputs, up to 24 with those of the last block
    threads : of a block

    Returns
    -------
    matplotlib Figure
    """
    blocks = -(-count // threads) if threads else 0
    if not (count >= 1 and threads >= 1 and blocks * threads <= MOST_OUTPUTS):
        raise ArgumentError(
            f"threads_over_outputs: expected 1 to {MOST_OUTPUTS} threads in all, got {count} outputs in blocks of {threads}"
        )
    from matplotlib.patches import FancyArrowPatch, Rectangle

    total = blocks * threads
    figure, axes = canvas(2.1)
    cell = min(0.44, (WIDTH - 1.3) / (total + 0.25 * (blocks - 1)))
    left = 1.15
    for i in range(total):
        x = left + i * cell + (i // threads) * 0.25 * cell
        inside = i < count
        axes.add_patch(Rectangle((x, 1.2), cell * 0.9, 0.4, facecolor=KERNEL.fill if inside else "white", edgecolor=KERNEL.line,
                                 linestyle="-" if inside else ":"))  # fmt: skip
        axes.text(
            x + cell * 0.45,
            1.4,
            str(i % threads),
            ha="center",
            va="center",
            fontsize=SMALL,
            color=KERNEL.ink if inside else FAINT,
        )
        if inside:
            axes.add_patch(Rectangle((x, 0.3), cell * 0.9, 0.4, facecolor=OUTPUT.fill, edgecolor=OUTPUT.line))
            axes.text(x + cell * 0.45, 0.5, str(i), ha="center", va="center", fontsize=SMALL, color=OUTPUT.ink)
            axes.add_patch(
                FancyArrowPatch(
                    (x + cell * 0.45, 1.16), (x + cell * 0.45, 0.74), arrowstyle="-|>", mutation_scale=8, color=LINE
                )
            )
        else:
            axes.plot([x, x + cell * 0.9], [1.2, 1.6], color=FAINT, linewidth=1)
        if i % threads == 0:
            middle = x + (threads * cell) / 2
            axes.text(middle, 1.82, f"block {i // threads}", ha="center", va="center", fontsize=SMALL, color=BLACK)
    axes.text(0.15, 0.5, "outputs", va="center", fontsize=TEXT, color=OUTPUT.ink)
    axes.text(0.15, 1.4, "threads", va="center", fontsize=TEXT, color=KERNEL.ink)
    return describe(
        figure,
        f"{count} outputs and {blocks} blocks of {threads} threads: thread t of block b computes output {threads} b + t. "
        f"{total - count} threads of the last block have no output.",
    )


@styled
def blocks_over_image(rows: int, columns: int, block: tuple[int, int], kernel: int = 1) -> "Figure":
    """An output of some rows and columns, cut into blocks of threads; and the pixels that the first block needs.

    Parameters
    ----------
    rows, columns : of the output, up to 24
    block : (rows, columns) of a block of threads
    kernel : side of the kernel

    Returns
    -------
    matplotlib Figure
    """
    high, wide = block
    if not (1 <= rows <= MOST_COLUMNS and 1 <= columns <= MOST_COLUMNS and min(high, wide, kernel) >= 1):
        raise ArgumentError(
            f"blocks_over_image: expected 1 to {MOST_COLUMNS} rows and columns, got {rows} x {columns}, block {block}"
        )
    from matplotlib.patches import Rectangle

    cell = min(0.2, (WIDTH / 2 - 0.5) / max(columns + kernel - 1, 1))
    figure, axes = canvas(0.75 + (rows + kernel - 1) * cell)
    shades = (OUTPUT.fill, "white")

    def cells(x0, y0, height, width, colour):
        for i in range(height):
            for j in range(width):
                axes.add_patch(
                    Rectangle(
                        (x0 + j * cell, y0 + i * cell),
                        cell,
                        cell,
                        facecolor=colour(i, j),
                        edgecolor=LINE,
                        linewidth=0.5,
                    )
                )

    left, right, top = 0.2, WIDTH / 2 + 0.2, 0.45
    cells(left, top, rows + kernel - 1, columns + kernel - 1,
          lambda i, j: INPUT.fill if i < high + kernel - 1 and j < wide + kernel - 1 else "white")  # fmt: skip
    cells(right, top, rows, columns, lambda i, j: shades[(i // high + j // wide) % 2])
    axes.add_patch(
        Rectangle(
            (left, top),
            (wide + kernel - 1) * cell,
            (high + kernel - 1) * cell,
            fill=False,
            edgecolor=INPUT.line,
            linewidth=2,
        )
    )
    axes.add_patch(Rectangle((right, top), wide * cell, high * cell, fill=False, edgecolor=OUTPUT.line, linewidth=2))
    axes.text(left, 0.22, "image, and what block (0, 0) needs of it", va="center", fontsize=TEXT, color=INPUT.ink)
    axes.text(right, 0.22, "outputs, a block of threads each", va="center", fontsize=TEXT, color=OUTPUT.ink)
    counts = -(-rows // high), -(-columns // wide)
    return describe(
        figure,
        f"An output of {rows} × {columns} in {counts[0]} × {counts[1]} blocks of {high} × {wide} threads. The "
        f"first block needs "
        f"{high + kernel - 1} × {wide + kernel - 1} pixels of the image for a kernel of {kernel} × {kernel}.",
    )


def in_blocks(image: Any, block: tuple[int, int]) -> np.ndarray:
    """The number of the block that computes each output, row by row of blocks: for a picture of who did what.

    >>> in_blocks(np.zeros((2, 4)), (2, 2)).tolist()
    [[0, 0, 1, 1], [0, 0, 1, 1]]
    """
    rows, columns = np.indices(np.shape(image))
    return rows // block[0] * -(-np.shape(image)[1] // block[1]) + columns // block[1]
