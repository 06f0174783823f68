"""The learning-rate playground: a loss over two weights, and a walk whose steps the learner chooses.

What is computed (`descent`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.lr.value`, read `explorer.descent.fate`.
"""

import math
from typing import TYPE_CHECKING, Any

from convlab import plots
from convlab.errors import ArgumentError
from convlab.plots import style
from convlab.plots.landscape import LANDSCAPES, Landscape
from convlab.widgets.drawing import draw_into, page, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOWEST, HIGHEST = -3.0, 1.0  # powers of ten of the learning rate
MOST_MOMENTUM, MOST_STEPS = 0.98, 100


class LearningRateExplorer:
    """A walk downhill: choose learning rate, momentum and number of steps, and watch path and loss.

    Parameters
    ----------
    landscape : str or Landscape
        "bowl", "valley" or "two valleys"; or your own, `plots.Landscape(name, loss)`.
    lr : float
        From 0.001 to 10.
    momentum : float
        From 0 to 0.98.
    steps : int
        From 1 to 100.

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure.

    >>> explorer = LearningRateExplorer("bowl", lr=0.1)
    >>> explorer.lr.value = 1.5
    >>> explorer.descent.fate
    'flies off'
    """

    def __init__(self, landscape: Any = "valley", *, lr: float = 0.05, momentum: float = 0.0, steps: int = 40):
        who = type(self).__name__
        self.landscapes = dict(LANDSCAPES)
        if isinstance(landscape, Landscape):
            self.landscapes = {landscape.name: landscape, **LANDSCAPES}
        elif landscape not in LANDSCAPES:
            names = ", ".join(LANDSCAPES)
            raise ArgumentError(f"{who}: landscape must be a plots.Landscape or one of {names}, got {landscape!r}")
        if not 10**LOWEST <= lr <= 10**HIGHEST:
            raise ArgumentError(f"{who}: lr must be from {10**LOWEST:g} to {10**HIGHEST:g}, got {lr!r}")
        if not 0 <= momentum <= MOST_MOMENTUM:
            raise ArgumentError(f"{who}: momentum must be from 0 to {MOST_MOMENTUM}, got {momentum!r}")
        chosen = landscape.name if isinstance(landscape, Landscape) else landscape
        self._build(who, chosen, lr, momentum, steps)
        self._draw()
        for control in (self.choice, self.lr, self.momentum, self.steps):
            control.observe(self._on_move, "value")

    @property
    def descent(self) -> plots.Descent:
        """The walk that the sliders describe."""
        return plots.Descent(self.landscapes[self.choice.value], self.lr.value, self.momentum.value, self.steps.value)

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return plots.loss_landscape(self.descent)

    def _build(self, who: str, chosen: str, lr: float, momentum: float, steps: int) -> None:
        import ipywidgets as w

        wide = {"style": {"description_width": "7em"}, "layout": {"width": "24em"}}
        self.choice = w.Dropdown(options=list(self.landscapes), value=chosen, description="landscape", **wide)
        self.lr = w.FloatLogSlider(
            value=lr, min=LOWEST, max=HIGHEST, step=0.05, description="learning rate", readout_format=".3g", **wide
        )
        self.momentum = w.FloatSlider(
            value=momentum, min=0, max=MOST_MOMENTUM, step=0.02, description="momentum", readout_format=".2f", **wide
        )
        self.steps = slider(who, "steps", steps, 1, MOST_STEPS, description="steps")
        self.sentence, self.view = w.HTML(), w.HTML()
        pairs = [w.VBox(pair) for pair in ((self.choice, self.steps), (self.lr, self.momentum))]
        self.widget = page(w.HBox(pairs, layout={"flex_flow": "row wrap"}), self.view, self.sentence)

    def _draw(self) -> None:
        figure = self.static()
        draw_into(self.view, figure)
        self.sentence.value = f'<div style="line-height: 1.4">{figure.get_label()}</div>'

    def _on_move(self, change: Any) -> None:
        if math.isfinite(self.lr.value):
            self._draw()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        data, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **data}, metadata
