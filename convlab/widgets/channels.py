"""The channel explorer: one output number of a layer, taken apart into the sums of its channels and the bias.

What is computed (`window`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.row.value`, read `explorer.window.sums`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab import functional as F
from convlab.data import photographs
from convlab.errors import ArgumentError, ShapeError
from convlab.plots.channel_window import ChannelWindow, as_channels
from convlab.plots.channels import MOST, RED_GREEN_BLUE, window_in_channels
from convlab.widgets.drawing import Explorer, draw_into, page, place, say_into

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = "your own"
WHO = "ChannelExplorer"

_EVEN = np.ones((3, 3))
_UPRIGHT = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])

# Filters for red, green and blue, written by hand, with a bias each. A network learns such ones by itself.
COLOUR_FILTERS: dict[str, tuple[np.ndarray, float]] = {
    "brightness": (np.stack([_EVEN, _EVEN, _EVEN]), -3400.0),  # about 0 on medium grey
    "red against green": (np.stack([_EVEN, -_EVEN, 0 * _EVEN]), 0.0),
    "blue against yellow": (np.stack([-_EVEN, -_EVEN, 2 * _EVEN]), 0.0),
    "vertical edges": (np.stack([_UPRIGHT] * 3), 0.0),
    "horizontal edges": (np.stack([_UPRIGHT.T] * 3), 0.0),
    "colour edges": (np.stack([_UPRIGHT, -_UPRIGHT, 0 * _UPRIGHT]), 0.0),  # where red grows and green does not
}


class ChannelExplorer(Explorer):
    """A photograph in colour, a layer of filters, and one output number with everything that goes into it.

    Parameters
    ----------
    image : str or (C, H, W)
        "china", "flower", "grace_hopper", a picture in the folder `photos` of CONVLAB_DATA, or your own array with up to
        4 channels.
    weight : (O, C, KH, KW), optional
        Your own filters, up to 3 x 3, for as many channels; by default `COLOUR_FILTERS`. Those of a layer: `layer.weight.data`.
    bias : (O,), optional
        One for each filter; 0 by default.
    names : a name for each filter, optional
    filter : str or int
        The output map to begin with: its name, or its number.
    row, column : int, optional
        Where the window begins; in the middle by default.

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure, `maps()` are all feature maps, by
    `convlab.functional.conv2d`.

    >>> explorer = ChannelExplorer("flower", filter="vertical edges", row=10, column=20)
    >>> explorer.window.sums.shape, explorer.maps().shape
    ((3,), (6, 118, 178))
    """

    def __init__(
        self,
        image: Any = "china",
        weight: Any = None,
        bias: Any = None,
        *,
        names: Sequence[str] = (),
        filter: str | int = 0,
        row: int | None = None,
        column: int | None = None,
    ):
        self._own = None if isinstance(image, str) else as_channels(WHO, "image", image)
        self._names, self._filters, biases = _bank(weight, bias, names)
        self._biases = list(biases)
        self._build(image if isinstance(image, str) else OWN, _number_of(filter, self._names))
        self._load()
        place(WHO, "row", self.row, row)
        place(WHO, "column", self.column, column)
        self._draw()
        self._watch()

    # ------------------------------------------------------------------------------------------------- what it holds

    @property
    def window(self) -> ChannelWindow:
        """The window at the sliders' place: patch, products, sums, total."""
        kernel = self._filters[self.filter.value]
        return ChannelWindow(self.pixels, kernel, self.bias.value, self.row.value, self.column.value)

    @property
    def biases(self) -> np.ndarray:
        """The bias of every filter, as they stand now. (O,)"""
        return np.array(self._biases)

    def maps(self) -> np.ndarray:
        """The outputs of all filters. (O, OH, OW)"""
        return F.conv2d(self.pixels[np.newaxis], self._filters, self.biases)[0]

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        window = self.window
        where = {"row": window.row, "column": window.column}
        return window_in_channels(
            window.image, window.kernel, window.bias, **where, name=self._name, names=self.channels, credit=self.credit
        )

    # ------------------------------------------------------------------------------------------------- how it is made

    def _build(self, chosen: str, first: int) -> None:
        import ipywidgets as w

        names = [*([] if self._own is None else [OWN]), *photographs.colour_picture_names()]
        if self._filters.shape[1] != 3:
            names = [OWN]  # the photographs have three channels
        if chosen not in names:
            raise ArgumentError(f"{WHO}: no picture {chosen!r}; there are {', '.join(names)}")
        wide = {"style": {"description_width": "6em"}, "layout": {"width": "24em"}}
        maps = [(name, o) for o, name in enumerate(self._names)]
        self.picture = w.Dropdown(options=names, value=chosen, description="picture", **wide)
        self.filter = w.Dropdown(options=maps, value=first, description="output map", **wide)
        self.row = w.IntSlider(min=0, max=0, description="row", continuous_update=True, **wide)
        self.column = w.IntSlider(min=0, max=0, description="column", continuous_update=True, **wide)
        self.bias = w.BoundedFloatText(
            value=self._biases[first], min=-1e6, max=1e6, step=100, description="bias", **wide
        )
        self.sentence, self.view = w.HTML(), w.HTML()
        left, right = w.VBox([self.picture, self.filter, self.bias]), w.VBox([self.row, self.column])
        controls = w.HBox([left, right], layout={"flex_flow": "row wrap", "grid_gap": "8px"})
        self.widget = page(controls, self.view, self.sentence)

    def _watch(self) -> None:
        self.picture.observe(self._on_picture, "value")
        self.filter.observe(self._on_filter, "value")
        self.bias.observe(self._on_bias, "value")
        for slider in (self.row, self.column):
            slider.observe(self._on_move, "value")

    # ------------------------------------------------------------------------------------------------- what it does

    @property
    def _name(self) -> str:
        return self._names[self.filter.value]

    def _load(self) -> None:
        """The chosen picture, and sliders that reach as far as its windows do."""
        if self.picture.value == OWN:
            self.pixels, self.credit = self._own, ""
        else:
            picture = photographs.colour_picture(self.picture.value)
            self.pixels, self.credit = picture.pixels, picture.credit
        C, H, W = self.pixels.shape
        _, channels, KH, KW = self._filters.shape
        if channels != C or H < KH or W < KW:
            raise ShapeError(
                f"{WHO}: filters {self._filters.shape} do not fit on an image {self.pixels.shape}; they are "
                "(O, C, KH, KW), with as many channels as the image"
            )
        self.channels = list(RED_GREEN_BLUE) if C == 3 else [f"channel {c}" for c in range(C)]
        self.row.max, self.column.max = H - KH, W - KW

    def _draw(self) -> None:
        window = self.window
        draw_into(self.view, self.static())
        say_into(self.sentence, f"output[{self.filter.value}, {window.row}, {window.column}] = {window.sentence()}")

    def _on_picture(self, change: Any) -> None:
        with self._together():
            self._load()
            place(WHO, "row", self.row, None)
            place(WHO, "column", self.column, None)

    def _on_filter(self, change: Any) -> None:
        with self._together():
            self.bias.value = self._biases[change["new"]]

    def _on_bias(self, change: Any) -> None:
        if not self._quiet:
            self._biases[self.filter.value] = change["new"]
            self._draw()


def _bank(weight: Any, bias: Any, names: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, filters (O, C, KH, KW) and biases (O,), checked."""
    if weight is None:
        if bias is not None or names:
            raise ArgumentError(f"{WHO}: bias and names go with your own filters; give weight too")
        kernels, biases = zip(*COLOUR_FILTERS.values())
        return list(COLOUR_FILTERS), np.stack(kernels).astype(np.float64), np.array(biases)
    filters = np.asarray(weight, dtype=np.float64)
    if filters.ndim != 4 or filters.size == 0 or filters.shape[1] > MOST or max(filters.shape[2:]) > 3:
        raise ShapeError(
            f"{WHO}: weight must be (O, C, KH, KW) with up to {MOST} channels of 3 x 3, got {filters.shape}"
        )
    biases = np.zeros(len(filters)) if bias is None else np.asarray(bias, dtype=np.float64)
    if biases.shape != (len(filters),):
        raise ShapeError(f"{WHO}: {len(filters)} filters need as many biases, got {biases.shape}")
    if names and len(names) != len(filters):
        raise ShapeError(f"{WHO}: {len(filters)} filters need as many names, got {len(names)}")
    return list(names) or [f"map {o}" for o in range(len(filters))], filters, biases


def _number_of(filter: str | int, names: Sequence[str]) -> int:
    """Which filter is meant."""
    if filter in names:
        return names.index(filter)
    if isinstance(filter, int) and not isinstance(filter, bool) and 0 <= filter < len(names):
        return filter
    raise ArgumentError(f"{WHO}: no filter {filter!r}; there are {', '.join(names)}")
