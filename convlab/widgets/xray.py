"""The network X-ray: draw a digit, and see what every layer of a trained network makes of it.

What is computed (`xray`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.pad.ink` or `explorer.digit.value`, read `explorer.xray.probabilities`.
"""

import html
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab import data, nn
from convlab.errors import ArgumentError
from convlab.plots import style
from convlab.plots.xray import XRay, network_xray
from convlab.widgets.drawing import PIXELS, draw_into, page
from convlab.widgets.drawing_pad import DrawingPad, as_digit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN = "your drawing"
CREDIT = "digits of the UCI set by Alpaydin and Kaynak, CC BY 4.0, with scikit-learn"


class NetworkXRayExplorer:
    """A pad to draw in, and every feature map of a network for what is drawn.

    Parameters
    ----------
    network : nn.Sequential
        Trained on digits of 32 x 32, or any network of yours that takes one grey channel of that size.
    normalize : callable
        From uint8 (1, 1, 32, 32) to what the network was trained on, a `convlab.data.Normalize` for instance.
    digits : Dataset, optional
        Digits to choose from as well; by default the bundled ones that are kept for testing.
    digit : int, optional
        The one to begin with, by its number in `digits`.
    prepare : callable, optional
        From ink, bool (32, 32), to uint8 (32, 32); `as_digit` by default, which makes it like the bundled digits.
    names : of the classes, optional

    In a notebook it shows itself at the end of a cell. Mouse and keyboard both draw: see `DrawingPad`. `static()` is the
    same as a figure.

    >>> from convlab import models
    >>> explorer = NetworkXRayExplorer(models.create("lenet5"), lambda x: x / 255)
    >>> explorer.xray.probabilities.shape
    (10,)
    """

    def __init__(
        self,
        network: nn.Sequential,
        normalize: Callable[[np.ndarray], np.ndarray],
        *,
        digits: data.Dataset | None = None,
        digit: int = 0,
        prepare: Callable[[np.ndarray], np.ndarray] = as_digit,
        names: Sequence[str] | None = None,
    ):
        if not callable(normalize):
            raise ArgumentError(f"NetworkXRayExplorer: normalize must be callable, got {normalize!r:.60}")
        self.network, self.normalize, self.prepare, self.names = network, normalize, prepare, names
        self.digits = data.load("digits", "test") if digits is None else digits
        if not 0 <= digit < len(self.digits):
            raise ArgumentError(f"NetworkXRayExplorer: digit must be from 0 to {len(self.digits) - 1}, got {digit}")
        self._build(digit)
        self._draw()
        self.digit.observe(self._on_digit, "value")
        self.source.observe(self._on_source, "value")
        self.pad.on_change(self._on_drawing)

    # ------------------------------------------------------------------------------------------------- what it holds
    @property
    def pixels(self) -> np.ndarray:
        """The digit that is looked at: uint8 (32, 32)."""
        if self.source.value == DRAWN:
            return np.asarray(self.prepare(self.pad.ink), dtype=np.uint8)
        return self.digits.images[self.digit.value, 0]

    @property
    def xray(self) -> XRay:
        """What every layer makes of it."""
        return XRay(self.network, np.asarray(self.normalize(self.pixels[np.newaxis, np.newaxis]))[0])

    def sentence(self) -> str:
        """The answer in words, beside what is known of the digit."""
        if self.source.value == DRAWN:
            return (
                self.xray.sentence() if self.pad.ink.any() else "Draw a digit: the network is looking at an empty page."
            )
        return f"{self.xray.sentence()} Its writer meant {self.digits.labels[self.digit.value]}."

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return network_xray(self.xray, names=self.names, input_picture=self.pixels)

    # ------------------------------------------------------------------------------------------------- how it is made
    def _build(self, digit: int) -> None:
        import ipywidgets as w

        self.pad = DrawingPad()
        self.source = w.ToggleButtons(
            options={"a digit of the test set": "digits", "my drawing": DRAWN}, value="digits",
            style={"button_width": "auto"},
        )  # fmt: skip
        self.digit = w.IntSlider(
            value=digit, min=0, max=len(self.digits) - 1, description="number", continuous_update=False,
            style={"description_width": "5em"}, layout={"width": "24em"},
        )  # fmt: skip
        self.said, self.view = w.HTML(), w.HTML()
        help_text = w.HTML(
            '<div style="line-height: 1.4; max-width: 24em">Draw on the black square: large, with the mouse or a finger '
            "(right button: erase). By keyboard: Tab into it, arrow keys move the pen, Space puts it down and lifts it, "
            "E takes the eraser, Delete empties the page.</div>"
        )
        right = w.VBox([self.source, self.digit, help_text, self.said])
        controls = w.HBox([self.pad.widget, right], layout={"flex_flow": "row wrap", "grid_gap": "16px"})
        self.widget = page(controls, self.view)

    # ------------------------------------------------------------------------------------------------- what it does
    def _draw(self) -> None:
        """Figure and sentence anew."""
        draw_into(self.view, self.static())
        self.said.value = (
            f'<div style="max-width: {PIXELS // 2}px; line-height: 1.4"><b>{html.escape(self.sentence())}</b></div>'
        )

    def _on_drawing(self) -> None:
        if self.source.value == DRAWN:
            self._draw()
        else:
            self.source.value = DRAWN  # which draws

    def _on_digit(self, change: Any) -> None:
        if self.source.value == DRAWN:
            self.source.value = "digits"
        else:
            self._draw()

    def _on_source(self, change: Any) -> None:
        self._draw()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        bundle, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **bundle}, metadata
