"""The parameter counter: an image, a layer, and how many numbers it has to learn in three ways of connecting.

What is computed (`counts`) is kept apart from what is drawn: set `explorer.side.value`, read `explorer.counts["shared"]`.
"""

from typing import TYPE_CHECKING, Any

from convlab.geometry import output_size
from convlab.plots import style
from convlab.plots.counting import count_bars
from convlab.widgets.drawing import draw_into, page, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WHO = "ParameterExplorer"
LARGEST = 1e14  # the right end of the scale, so that the bars can be seen to grow


class ParameterExplorer:
    """Parameters of one layer, fully connected, locally connected and shared, with sliders for its sizes.

    Parameters
    ----------
    side : pixels along each side of the square image, 8 to 512
    channels : of the image, 1 to 64
    filters : output channels of the layer, 1 to 256
    kernel : pixels along each side of a window, 1 to 15
    stride : 1 to 8

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure.

    >>> explorer = ParameterExplorer(227, 3, 96, 11, 4)
    >>> explorer.counts["locally connected"], explorer.counts["shared"]
    (105705600, 34944)
    """

    def __init__(self, side: int = 32, channels: int = 3, filters: int = 16, kernel: int = 5, stride: int = 1):
        import ipywidgets as w

        self.side = slider(WHO, "side", side, 8, 512, description="image side")
        self.channels = slider(WHO, "channels", channels, 1, 64, description="channels")
        self.filters = slider(WHO, "filters", filters, 1, 256, description="filters")
        self.kernel = slider(WHO, "kernel", kernel, 1, 15, description="kernel")
        self.stride = slider(WHO, "stride", stride, 1, 8, description="stride")
        self.sentence, self.view = w.HTML(), w.HTML()
        controls = w.HBox(
            [w.VBox([self.side, self.channels]), w.VBox([self.filters, self.kernel, self.stride])],
            layout={"flex_flow": "row wrap", "grid_gap": "16px"},
        )
        self.widget = page(controls, self.view, self.sentence)
        self._draw()
        for control in (self.side, self.channels, self.filters, self.kernel, self.stride):
            control.observe(lambda change: self._draw(), "value")

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """(filters, rows, columns) of the output, without padding."""
        kernel = min(self.kernel.value, self.side.value)
        size = output_size(self.side.value, kernel, self.stride.value)
        return self.filters.value, size, size

    @property
    def counts(self) -> dict[str, int]:
        """Weights and biases, by the way of connecting."""
        O, OH, OW = self.output_shape
        C, side, K = self.channels.value, self.side.value, min(self.kernel.value, self.side.value)
        outputs, window = O * OH * OW, C * K * K + 1
        return {
            "fully connected": outputs * (C * side * side + 1),
            "locally connected": outputs * window,
            "shared": O * window,
        }

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return count_bars(self.counts, highest=LARGEST)

    def _draw(self) -> None:
        draw_into(self.view, self.static())
        O, OH, OW = self.output_shape
        side, channels = self.side.value, self.channels.value
        self.sentence.value = (
            f"From {channels} × {side} × {side} to {O} × {OH} × {OW}: {O * OH * OW:,} neurons, each with "
            f"{channels * side * side + 1:,} parameters of its own, or {self.counts['shared'] // O:,} of its own, or "
            f"{self.counts['shared'] // O:,} shared by all {OH * OW:,} of a filter."
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        data, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **data}, metadata
