"""The activation explorer: slide the input, see value and slope of each unit, and what a stack leaves of a gradient.

What is computed (`stack`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.x.value`, read `explorer.stack.gradients["tanh"]`.
"""

from typing import TYPE_CHECKING

from convlab.plots.units import DEEPEST, LEAK, REACH, UnitStack, unit_stack
from convlab.widgets.drawing import Explorer, draw_into, page, say_into

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAVIEST = 3.0


class ActivationExplorer(Explorer):
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
        self.widget = page(*rows, self.view, self.sentence)

    def _draw(self) -> None:
        draw_into(self.view, self.static())
        say_into(self.sentence, self.stack.sentence())
