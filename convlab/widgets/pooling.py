"""The pooling explorer: move a digit with two sliders, and see how much of its map changes with and without pooling.

What is computed (`shift`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.right.value`, read `explorer.shift.pooled_change`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ArgumentError, ShapeError
from convlab.plots.pooling import KINDS, NAMES
from convlab.plots.shifting import Shift, draw_shift
from convlab.plots.window import as_grid
from convlab.widgets.drawing import Explorer, draw_into, page, say_into

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = "your own"
BORDER = 4  # empty pixels around a picture, and as far as it moves: nothing is lost
WIDEST = 10
CREDIT = "a digit of the UCI set by Alpaydin and Kaynak, CC BY 4.0, with scikit-learn"


class PoolingExplorer(Explorer):
    """A digit that moves, a detector of upright edges, and pooling: what changes, with and without it.

    Parameters
    ----------
    image : int or (H, W)
        A digit from 0 to 9, handwritten, or your own array. It gets an empty border of 4 pixels.
    right, down : int
        Where the sliders stand at first, from -4 to 4.
    kind : "max", "average" or "Gaussian"
        The Gaussian's width is a quarter of the window.
    window, stride : int
        From 1 to 10; the stride is the window's size by default, and follows it when the window slider moves.

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure.

    >>> explorer = PoolingExplorer(3, window=2)
    >>> explorer.right.value = 2
    >>> explorer.shift.pooled[1].shape
    (20, 20)
    """

    def __init__(
        self,
        image: Any = 3,
        *,
        right: int = 0,
        down: int = 0,
        kind: str = "max",
        window: int = 4,
        stride: int | None = None,
    ):
        self._own = None if np.ndim(image) == 0 else _own_picture(image)
        chosen = _digit_name(image) if self._own is None else OWN
        _check(kind, right, down, window, stride)
        self._build(chosen, right, down, kind, window, window if stride is None else stride)
        self._load()
        self._draw()
        self._watch()

    @property
    def shift(self) -> Shift:
        """Pictures, maps and pooled maps before and after, and how much they change."""
        return Shift(
            self.pixels, self.right.value, self.down.value, self.kind.value, self.window.value, self.stride.value
        )

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return draw_shift(self.shift, self.credit)

    def _build(self, chosen: str, right: int, down: int, kind: str, window: int, stride: int) -> None:
        import ipywidgets as w

        wide = {"style": {"description_width": "6.5em"}, "layout": {"width": "23em"}}
        names = [*([OWN] if self._own is not None else []), *map(str, range(10))]
        self.picture = w.Dropdown(options=names, value=chosen, description="digit", **wide)
        self.right = w.IntSlider(value=right, min=-BORDER, max=BORDER, description="shift right", **wide)
        self.down = w.IntSlider(value=down, min=-BORDER, max=BORDER, description="shift down", **wide)
        self.window = w.IntSlider(value=window, min=1, max=WIDEST, description="window", **wide)
        self.stride = w.IntSlider(value=stride, min=1, max=WIDEST, description="stride", **wide)
        self.kind = w.ToggleButtons(
            options={NAMES[kind]: kind for kind in KINDS}, value=kind, style={"button_width": "auto"}
        )
        self.sentence, self.view = w.HTML(), w.HTML()
        move, size = w.VBox([self.picture, self.right, self.down]), w.VBox([self.window, self.stride])
        controls = w.HBox([move, size], layout={"flex_flow": "row wrap", "grid_gap": "16px"})
        self.widget = page(controls, self.kind, self.view, self.sentence)

    def _watch(self) -> None:
        self.picture.observe(self._on_picture, "value")
        self.window.observe(self._on_window, "value")
        for control in (self.right, self.down, self.kind, self.stride):
            control.observe(self._on_move, "value")

    def _load(self) -> None:
        """The chosen picture with its empty border."""
        own = self.picture.value == OWN
        pixels = self._own if own else _digit(int(self.picture.value))
        self.pixels, self.credit = np.pad(pixels, BORDER), "" if own else CREDIT

    def _draw(self) -> None:
        draw_into(self.view, self.static())
        say_into(self.sentence, self.shift.sentence())

    def _on_picture(self, change: Any) -> None:
        self._load()
        self._draw()

    def _on_window(self, change: Any) -> None:
        with self._together():
            self.stride.value = change["new"]


def _check(kind: str, right: int, down: int, window: int, stride: int | None) -> None:
    if kind not in KINDS:
        raise ArgumentError(f"PoolingExplorer: kind must be one of {', '.join(KINDS)}, got {kind!r}")
    for name, value in (("right", right), ("down", down)):
        if not -BORDER <= value <= BORDER:
            raise ArgumentError(f"PoolingExplorer: {name} must be from {-BORDER} to {BORDER}, got {value}")
    for name, value in (("window", window), ("stride", stride)):
        if value is not None and not 1 <= value <= WIDEST:
            raise ArgumentError(f"PoolingExplorer: {name} must be from 1 to {WIDEST}, got {value}")


def _digit_name(image: Any) -> str:
    if isinstance(image, bool) or str(image) not in map(str, range(10)):
        raise ArgumentError(f"PoolingExplorer: image must be a digit from 0 to 9 or an array (H, W), got {image!r}")
    return str(image)


def _digit(label: int) -> np.ndarray:
    """The first handwritten digit of that label among those to test with. (32, 32)"""
    from convlab import data

    digits = data.load("digits", "test")
    return digits.images[digits.labels == label][0, 0].astype(np.float64)


def _own_picture(image: Any) -> np.ndarray:
    pixels = as_grid("PoolingExplorer", "image", image)
    if pixels.dtype.kind == "U" or min(pixels.shape) < 3 or max(pixels.shape) > 200:
        raise ShapeError(f"PoolingExplorer: the image must hold numbers, 3 x 3 to 200 x 200, got {pixels.shape}")
    return pixels
