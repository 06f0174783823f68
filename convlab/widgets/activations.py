"""The activation explorer: slide the input, see value and slope of each unit, and what a stack leaves of a gradient.

What is computed (`stack`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.x.value`, read `explorer.stack.gradients["tanh"]`.
"""

import base64
import html
from typing import TYPE_CHECKING, Any

from convlab.plots import style
from convlab.plots.units import DEEPEST, LEAK, REACH, UnitStack, unit_stack

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIXELS = round(style.WIDTH * style.SCREEN)
HEAVIEST = 3.0


class ActivationExplorer:
    """Four kinds of neuron in a row of up to ten layers, and four sliders: input, layers, weight, leak.

    Parameters
    ----------
    x : the sum that comes into the first neuron, -6 to 6
    layers : 1 to 10
    weight : between two neurons, 0 to 3
    negative_slope : of the leaky ReLU, 0 to 0.5

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure. A value beyond a slider's end is put to its end.

    >>> explorer = ActivationExplorer(x=0.0, layers=10)
    >>> explorer.x.value = 2.0
    >>> float(explorer.stack.gradients["ReLU"][0])
    1.0
    """

    def __init__(self, x: float = 1.0, layers: int = DEEPEST, weight: float = 1.0, negative_slope: float = LEAK):
        UnitStack(x, layers, weight, negative_slope)  # says what is wrong with them
        self._build(x, layers, weight, negative_slope)
        self._draw()
        for control in (self.x, self.layers, self.weight, self.leak):
            control.observe(self._on_move, "value")

    @property
    def stack(self) -> UnitStack:
        """The stack that the sliders describe."""
        return UnitStack(self.x.value, self.layers.value, self.weight.value, self.leak.value)

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return unit_stack(self.stack)

    def _build(self, x: float, layers: int, weight: float, leak: float) -> None:
        import ipywidgets as w

        wide = {"style": {"description_width": "8em"}, "layout": {"width": "26em"}}
        self.x = w.FloatSlider(x, min=-REACH, max=REACH, step=0.1, description="input x", readout_format=".1f", **wide)
        self.layers = w.IntSlider(layers, min=1, max=DEEPEST, description="layers", **wide)
        self.weight = w.FloatSlider(weight, min=0, max=HEAVIEST, step=0.05, description="weight between", **wide)
        self.leak = w.FloatSlider(leak, min=0, max=0.5, step=0.01, description="slope of the leak", **wide)
        self.sentence, self.view = w.HTML(), w.HTML()
        rows = [
            w.HBox(pair, layout={"flex_flow": "row wrap"}) for pair in ((self.x, self.layers), (self.weight, self.leak))
        ]
        self.widget = w.VBox([*rows, self.view, self.sentence], layout={"max_width": f"{PIXELS + 40}px"})

    def _draw(self) -> None:
        """Figure and sentence anew."""
        stack, figure = self.stack, self.static()
        data = base64.b64encode(style.png(figure)).decode("ascii")
        ratio = figure.get_figwidth() / figure.get_figheight()
        self.view.value = (
            f'<img alt="{html.escape(stack.sentence())}" src="data:image/png;base64,{data}" '
            f'style="width: 100%; max-width: {PIXELS}px; aspect-ratio: {ratio:.4f}">'
        )
        self.sentence.value = (
            f'<div style="max-width: {PIXELS}px; line-height: 1.4">{html.escape(stack.sentence())}</div>'
        )

    def _on_move(self, change: Any) -> None:
        self._draw()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        data, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **data}, metadata
