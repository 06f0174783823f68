"""The AlexNet explorer: every layer's size, parameters and work, for images of any size, any width, one GPU or two.

What is computed (`plan`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.image_size.value`, read `explorer.plan.parameters`.
"""

import html
from typing import TYPE_CHECKING, Any

from convlab.errors import ArgumentError
from convlab.plots import style
from convlab.plots.alexnet import AlexNetPlan, alexnet_budget
from convlab.widgets.drawing import PIXELS, draw_into, page, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTHS = {"1 (as in 2012)": 1.0, "1/2": 0.5, "1/4": 0.25, "1/8": 0.125, "1/16": 0.0625}
GROUPS = {"one tower": 1, "two GPUs, as in 2012": 2}
SMALLEST, LARGEST = 67, 320


class AlexNetExplorer:
    """AlexNet's table with its arithmetic, and four controls: image size, width, GPUs, and the layer that is explained.

    Parameters
    ----------
    image_size : 67 to 320
    width : 1, 1/2, 1/4, 1/8 or 1/16
    groups : 1 or 2
    layer : "conv1" to "fc8"

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure.

    >>> explorer = AlexNetExplorer()
    >>> explorer.image_size.value = 224
    >>> explorer.plan.row("conv1").shape
    (96, 54, 54)
    """

    def __init__(self, image_size: int = 227, width: float = 1.0, groups: int = 1, layer: str = "conv1"):
        import ipywidgets as w

        names = [row.name for row in AlexNetPlan().rows]
        if width not in WIDTHS.values():
            raise ArgumentError(f"AlexNetExplorer: width must be one of 1, 1/2, 1/4, 1/8, 1/16, got {width!r}")
        if groups not in GROUPS.values():
            raise ArgumentError(f"AlexNetExplorer: groups must be 1 or 2, got {groups!r}")
        if layer not in names:
            raise ArgumentError(f"AlexNetExplorer: no layer {layer!r}; there are {', '.join(names)}")
        wide = {"style": {"description_width": "7em"}, "layout": {"width": "24em"}}
        self.image_size = slider(
            "AlexNetExplorer", "image_size", image_size, SMALLEST, LARGEST, description="image size"
        )
        self.layer = w.SelectionSlider(options=names, value=layer, description="layer", **wide)
        self.width = w.Dropdown(options=WIDTHS, value=width, description="width", **wide)
        self.groups = w.ToggleButtons(options=GROUPS, value=groups, style={"button_width": "auto"})
        self.sentence, self.view = w.HTML(), w.HTML()
        rows = w.HBox([self.image_size, self.layer, self.width], layout={"flex_flow": "row wrap"})
        self.widget = page(rows, self.groups, self.view, self.sentence)
        self._draw()
        for control in (self.image_size, self.layer, self.width, self.groups):
            control.observe(self._on_move, "value")

    @property
    def plan(self) -> AlexNetPlan:
        """The table that the controls describe."""
        return AlexNetPlan(self.image_size.value, self.width.value, self.groups.value)

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return alexnet_budget(self.plan, self.layer.value)

    def _draw(self) -> None:
        """Figure and sentence anew."""
        draw_into(self.view, self.static())
        self.sentence.value = (
            f'<div style="max-width: {PIXELS}px; line-height: 1.4">'
            f"{html.escape(self.plan.sentence(self.layer.value))}</div>"
        )

    def _on_move(self, change: Any) -> None:
        self._draw()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        data, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **data}, metadata
