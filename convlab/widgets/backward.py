"""The backward explorer: pick an input or a weight, and see which outputs touch it and what each of them hands back.

What is computed (`step`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.row.value`, read `explorer.step.terms`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from convlab import plots
from convlab.errors import ArgumentError, ShapeError
from convlab.plots import style
from convlab.plots.backward import BY, LARGEST, LARGEST_KERNEL, output_shape
from convlab.plots.window import as_grid
from convlab.widgets.drawing import draw_into, page, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGE = np.array([[3, 0, 1, 2, 1], [1, 5, 2, 0, 4], [0, 2, 7, 3, 1], [2, 1, 4, 6, 0], [1, 3, 0, 2, 5]], dtype=float)
KERNEL = np.array([[1, 2, 1], [0, 1, 0], [-1, -2, -1]], dtype=float)
WIDEST_STRIDE, WIDEST_PADDING = 3, 2
LABELS = {"dx: by the input": "input", "dw: by the weights": "weights"}


class BackwardExplorer:
    """A gradient of a convolution, number by number: which outputs touch which input, which pixels meet which weight.

    Parameters
    ----------
    x : (H, W), optional
        Up to 7 x 7 with 7 x 7 outputs.
    w : (KH, KW), optional
        Up to 4 x 4.
    dy : (OH, OW), optional
        Gradient by the outputs. Where the sliders ask for another size of output, whole numbers made up for it.
    by : "input" or "weights"
    row, column : int
        Which number of dx or dw.
    stride : 1 to 3
    padding : 0 to 2

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure. The gradients are those of `convlab.functional`.

    >>> explorer = BackwardExplorer(row=2, column=2)
    >>> len(explorer.step.terms)
    9
    >>> explorer.stride.value = 2
    >>> len(explorer.step.terms)
    4
    """

    def __init__(
        self, x: Any = None, w: Any = None, dy: Any = None, *, by: str = "input", row: int = 0, column: int = 0,
        stride: int = 1, padding: int = 0,
    ):  # fmt: skip
        who = type(self).__name__
        self.x = IMAGE if x is None else _numbers(who, "x", x, LARGEST)
        self.w = KERNEL if w is None else _numbers(who, "w", w, LARGEST_KERNEL)
        if by not in BY:
            raise ArgumentError(f"{who}: by must be 'input' or 'weights', got {by!r}")
        self._own = None if dy is None else _numbers(who, "dy", dy, LARGEST)
        self._quiet = False
        self._build(who, by, row, column, stride, padding)
        if self._own is not None and self._own.shape != self._outputs():
            raise ShapeError(f"{who}: dy must have the shape of the output, {self._outputs()}, got {self._own.shape}")
        if max(self._outputs()) > LARGEST:
            raise ShapeError(f"{who}: the output may be up to {LARGEST} x {LARGEST}, got {self._outputs()}")
        self._draw()
        self._watch()

    @property
    def step(self) -> plots.BackStep:
        """The number that the sliders point at, and its products."""
        return plots.BackStep(
            self.x, self.w, self.dy, self.by.value, self.row.value, self.column.value, self.stride.value,
            self.padding.value,
        )  # fmt: skip

    @property
    def dy(self) -> np.ndarray:
        """The gradient by the outputs, of the size that stride and padding ask for."""
        if self._own is not None and self._own.shape == self._outputs():
            return self._own
        rows, columns = self._outputs()
        return np.array([[(5 * i + 3 * j + 2) % 7 - 3 for j in range(columns)] for i in range(rows)], dtype=float)

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return plots.backward_step(self.step)

    def _outputs(self) -> tuple[int, int]:
        return output_shape(self.x.shape, self.w.shape, self.stride.value, self.padding.value)

    def _build(self, who: str, by: str, row: int, column: int, stride: int, padding: int) -> None:
        import ipywidgets as w

        rows, columns = self.x.shape if by == "input" else self.w.shape
        self.by = w.ToggleButtons(options=LABELS, value=by, style={"button_width": "auto"})
        self.row = slider(who, "row", row, 0, rows - 1, description="row")
        self.column = slider(who, "column", column, 0, columns - 1, description="column")
        self.stride = slider(who, "stride", stride, 1, WIDEST_STRIDE, description="stride s")
        most = max(
            p for p in range(WIDEST_PADDING + 1) if max(output_shape(self.x.shape, self.w.shape, 1, p)) <= LARGEST
        )
        self.padding = slider(who, "padding", padding, 0, most, description="padding p")
        self.view = w.HTML()
        pairs = [w.VBox(pair) for pair in ((self.row, self.column), (self.stride, self.padding))]
        self.widget = page(self.by, w.HBox(pairs, layout={"flex_flow": "row wrap"}), self.view)

    def _watch(self) -> None:
        self.by.observe(self._on_by, "value")
        for control in (self.row, self.column, self.stride, self.padding):
            control.observe(self._on_move, "value")

    def _draw(self) -> None:
        draw_into(self.view, self.static())

    def _on_by(self, change: Any) -> None:
        """The sliders reach over the other gradient, and begin in its middle."""
        self._quiet = True
        try:
            for control, size in zip(
                (self.row, self.column), self.x.shape if change["new"] == "input" else self.w.shape
            ):
                control.max = size - 1
                control.value = size // 2
        finally:
            self._quiet = False
        self._draw()

    def _on_move(self, change: Any) -> None:
        if not self._quiet:
            self._draw()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        data, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **data}, metadata


def _numbers(who: str, name: str, array: Any, largest: int) -> np.ndarray:
    grid = as_grid(who, name, array)
    if grid.dtype.kind == "U" or max(grid.shape) > largest:
        raise ShapeError(f"{who}: {name} must hold numbers, up to {largest} x {largest}, got {grid.shape}")
    return grid
