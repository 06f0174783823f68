"""The output-size calculator: sliders for the five numbers, and every window to be seen.

What is computed (`places`) is kept apart from what is drawn: set `explorer.stride.value`, read `explorer.places.count`.
"""

from typing import TYPE_CHECKING, Any

from convlab import plots
from convlab.errors import ArgumentError
from convlab.widgets.drawing import Explorer, draw_into, page, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIMITS = {"size": (3, 16), "kernel": (1, 7), "stride": (1, 5), "padding": (0, 4), "dilation": (1, 3)}
NAMES = {
    "size": "image side M",
    "kernel": "kernel K",
    "stride": "stride s",
    "padding": "padding p",
    "dilation": "dilation d",
}
VIEWS = {"one window on the image": "grid", "all windows along a row": "row"}


class OutputSizeExplorer(Explorer):
    """How large an output is: image side, kernel, stride, padding and dilation, and the windows drawn.

    Parameters
    ----------
    size, kernel, stride, padding, dilation : int
        Where the sliders begin.
    view : "grid" or "row"
        One window on the square image, which a sixth slider moves; or all windows along one row.

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure. The size is `convlab.geometry.output_size`.

    >>> explorer = OutputSizeExplorer(7, 3)
    >>> explorer.stride.value = 3
    >>> explorer.places.count, explorer.places.unseen
    (2, (6,))
    """

    def __init__(
        self,
        size: int = 7,
        kernel: int = 3,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        *,
        view: str = "grid",
    ):
        import ipywidgets as w

        if view not in VIEWS.values():
            raise ArgumentError(f'OutputSizeExplorer: view must be "grid" or "row", got {view!r}')
        given = {"size": size, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
        self.sliders = {
            name: slider("OutputSizeExplorer", name, value, *LIMITS[name], description=NAMES[name])
            for name, value in given.items()
        }
        self.window = slider("OutputSizeExplorer", "window", 0, 0, 0, description="window")
        self.shown = w.ToggleButtons(options=VIEWS, value=view, style={"button_width": "auto"})
        self.picture = w.HTML()
        controls = w.HBox(
            [w.VBox(list(self.sliders.values())[:3]), w.VBox([*list(self.sliders.values())[3:], self.window])],
            layout={"flex_flow": "row wrap", "grid_gap": "16px"},
        )
        self.widget = page(controls, self.shown, self.picture)
        self._resize()
        self._draw()
        for control in self.sliders.values():
            control.observe(self._on_size, "value")
        for control in (self.window, self.shown):
            control.observe(self._on_move, "value")

    @property
    def size(self) -> Any:
        """The slider of the image side."""
        return self.sliders["size"]

    @property
    def kernel(self) -> Any:
        """The slider of the kernel."""
        return self.sliders["kernel"]

    @property
    def stride(self) -> Any:
        """The slider of the stride."""
        return self.sliders["stride"]

    @property
    def padding(self) -> Any:
        """The slider of the padding."""
        return self.sliders["padding"]

    @property
    def dilation(self) -> Any:
        """The slider of the dilation."""
        return self.sliders["dilation"]

    @property
    def places(self) -> plots.Places:
        """The windows along one axis, at the sliders' values."""
        return plots.Places(**{name: control.value for name, control in self.sliders.items()})

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the window that is shown: it moves along the rows, as one reads."""
        return divmod(self.window.value, max(1, self.places.count))

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        values = {name: control.value for name, control in self.sliders.items()}
        if self.shown.value == "row":
            return plots.window_places(**values)
        row, column = self.place
        return plots.window_on_grid(**values, row=row, column=column)

    def _resize(self) -> None:
        """The window slider reaches as far as there are windows, and the window stays where it was if it can."""
        self.window.max = max(0, self.places.count**2 - 1)

    def _draw(self) -> None:
        draw_into(self.picture, self.static())

    def _on_size(self, change: Any) -> None:
        with self._together():  # the window may move when its end does
            self._resize()
