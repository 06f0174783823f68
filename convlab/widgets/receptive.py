"""The receptive-field calculator: a small stack of layers, and one output walked back to the pixels.

What is computed (`walk`) is kept apart from what is drawn: set `explorer.depth.value`, read `explorer.walk.field`.
"""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convlab import plots
from convlab.errors import ArgumentError
from convlab.widgets.drawing import Explorer, draw_into, page, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEEPEST = 4
UNITS = 3  # outputs of the last layer that are drawn
LIMITS = {"kernel": (1, 5), "stride": (1, 2), "dilation": (1, 2)}
WHO = "ReceptiveFieldExplorer"


class ReceptiveFieldExplorer(Explorer):
    """A stack of up to four layers with sliders for each, and what one of its outputs sees.

    Parameters
    ----------
    layers : sequence of (kernel, stride) or (kernel, stride, dilation)
        Where the sliders begin, the first layer first: kernels up to 5, strides and dilations up to 2.
    output : int
        Which of the three outputs is walked back.

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure. The field is `convlab.geometry.receptive_field`.

    >>> explorer = ReceptiveFieldExplorer([(3, 1), (3, 1), (3, 1)])
    >>> explorer.walk.field
    7
    >>> explorer.controls[0]["stride"].value = 2
    >>> explorer.walk.field
    11
    """

    def __init__(self, layers: Sequence[Sequence[int]] = ((3, 1), (3, 1), (3, 1)), *, output: int = 1):
        import ipywidgets as w

        layers = plots.Walk(layers).layers
        if len(layers) > DEEPEST:
            raise ArgumentError(f"{WHO}: layers must be 1 to {DEEPEST}, got {len(layers)}")
        self.depth = slider(WHO, "layers", len(layers), 1, DEEPEST, description="layers")
        self.output = slider(WHO, "output", output, 0, UNITS - 1, description="output")
        self.controls = [
            _controls(k, layer) for k, layer in enumerate((*layers, *[(3, 1, 1)] * (DEEPEST - len(layers))), 1)
        ]
        self.rows = [w.HBox(list(row.values()), layout={"flex_flow": "row wrap"}) for row in self.controls]
        self.picture, self.said = w.HTML(), w.HTML()
        self.widget = page(w.HBox([self.depth, self.output]), *self.rows, self.picture, self.said)
        self._draw()
        sliders = (control for row in self.controls for control in row.values())
        for control in (self.depth, self.output, *sliders):
            control.observe(self._on_move, "value")

    @property
    def layers(self) -> list[tuple[int, ...]]:
        """(kernel, stride, dilation) of each layer that counts, the first one first."""
        rows = self.controls[: self.depth.value]
        return [tuple(row[name].value for name in LIMITS) for row in rows]

    @property
    def walk(self) -> plots.Walk:
        """The way back from the chosen output."""
        return plots.Walk(self.layers, UNITS, self.output.value)

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return plots.receptive_field_walk(self.layers, UNITS, self.output.value)

    def _draw(self) -> None:
        for k, row in enumerate(self.rows):
            row.layout.display = "flex" if k < self.depth.value else "none"
        draw_into(self.picture, self.static())
        self.said.value = f"<div>receptive field: {html.escape(self.walk.sentence())}</div>"


def _controls(number: int, layer: tuple[int, ...]) -> dict[str, Any]:
    """The three sliders of one layer, by name."""
    sliders = {}
    for (name, (low, high)), value in zip(LIMITS.items(), layer):
        who = f"the {name} of layer {number}"
        sliders[name] = slider(WHO, who, value, low, high, description=f"{name} {number}")
        sliders[name].layout.width = "17em"
        sliders[name].style.description_width = "4.5em"
    return sliders
