"""Move a handwritten digit and watch what one or two trained networks make of it.

What is computed (`image`, `probabilities`) is kept apart from what is drawn: set `explorer.right.value`, read
`explorer.probabilities["MLP"]`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import convlab.functional as F
from convlab.errors import ArgumentError, ShapeError
from convlab.plots import style
from convlab.plots.guesses import digit_guesses
from convlab.plots.shifting import moved
from convlab.widgets.drawing import draw_into, page, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from convlab.data import Dataset

WHO = "ClassifierExplorer"


class ClassifierExplorer:
    """A digit of a data set, two sliders that move it, and the probabilities of one or two networks.

    Parameters
    ----------
    networks : name -> network, one or two
        Any callable from prepared images (1, 1, H, W) to ten scores (1, 10).
    dataset : Dataset
        Grey images of digits; the first of each digit can be chosen.
    digit : from 0 to 9, shown first
    prepare : from images (N, 1, H, W) of 0 to 255 to what the networks were trained with; by default divided by 255
    reach : how many pixels the digit moves at most
    right, down : where it stands at first

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure.
    """

    def __init__(
        self, networks: Mapping[str, Callable[[np.ndarray], Any]], dataset: "Dataset", *, digit: int = 3,
        prepare: Callable[[np.ndarray], np.ndarray] | None = None, reach: int = 8, right: int = 0, down: int = 0,
    ):  # fmt: skip
        import ipywidgets as w

        if not 1 <= len(networks) <= 2:
            raise ArgumentError(f"{WHO}: expected one or two networks, got {len(networks)}")
        images = np.asarray(dataset.images)
        if images.ndim != 4 or images.shape[1] != 1:
            raise ShapeError(f"{WHO}: the images must be grey, (N, 1, H, W), got {images.shape}")
        self.networks, self._dataset = dict(networks), dataset
        self._prepare = prepare or (lambda images: images.astype(np.float32) / 255)
        options = {"style": {"description_width": "7em"}, "layout": {"width": "24em"}}
        known = sorted({int(label) for label in dataset.labels})
        if digit not in known:
            raise ArgumentError(f"{WHO}: digit must be one of {', '.join(map(str, known))}, got {digit!r}")
        self.digit = w.Dropdown(options=known, value=digit, description="digit", **options)
        self.right = slider(WHO, "right", right, -reach, reach, description="to the right")
        self.down = slider(WHO, "down", down, -reach, reach, description="down")
        self.view = w.HTML()
        controls = w.HBox(
            [w.VBox([self.right, self.down]), self.digit], layout={"flex_flow": "row wrap", "grid_gap": "16px"}
        )
        self.widget = page(controls, self.view)
        self._draw()
        for control in (self.digit, self.right, self.down):
            control.observe(lambda change: self._draw(), "value")

    @property
    def image(self) -> np.ndarray:
        """The digit where it stands now, from 0 to 1. (H, W)"""
        first = np.flatnonzero(self._dataset.labels == self.digit.value)[0]
        pixels = self._prepare(np.asarray(self._dataset.images)[first : first + 1])[0, 0]
        return moved(pixels, self.right.value, self.down.value)

    @property
    def probabilities(self) -> dict[str, np.ndarray]:
        """What each network gives for it, softmax of its scores. (10,) each"""
        batch = np.ascontiguousarray(self.image[np.newaxis, np.newaxis])
        return {name: F.softmax(np.asarray(network(batch)))[0] for name, network in self.networks.items()}

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return digit_guesses(self.image, self.probabilities, self.digit.value)

    def _draw(self) -> None:
        draw_into(self.view, self.static())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        data, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **data}, metadata
