"""The Hubel-Wiesel experiment: a bar to be moved and turned before a cell that nobody has looked into yet.

What is computed (`experiment`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.orientation.value`, read `explorer.experiment.trials[-1].spikes`.
"""

import html
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from convlab import cortex
from convlab.errors import ArgumentError
from convlab.plots import style
from convlab.plots.experiment import experiment_board
from convlab.widgets.drawing import PIXELS, draw_into, page, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = 49  # pixels of the screen
REACH = 16  # pixels that a bar can be moved from the middle
WHO = "HubelWieselExplorer"
SHADES = {"light bar": 1.0, "dark bar": -1.0}


@cache
def mystery_cells() -> Mapping[str, cortex.Cell]:
    """Four cells of different kinds; which is which is for the learner to find out."""
    return {
        "cell A": cortex.SimpleCell.gabor(SIZE, 120, phase=0, x=4, y=3),
        "cell B": cortex.ComplexCell.gabor(SIZE, 30, x=-5, y=2),
        "cell C": cortex.EndStoppedCell.gabor(SIZE, 75, x=2, y=-3, peak=60),
        "cell D": cortex.SimpleCell.ganglion(SIZE, x=-3, y=-4, center=3, surround=6),
    }


class HubelWieselExplorer:
    """Move and turn a bar, and count the spikes of a cell.

    Parameters
    ----------
    cell : str or convlab.cortex.Cell
        "cell A" to "cell D", whose kind is not told, or a cell of your own (called "your own").
    orientation : of the first bar, degrees, a multiple of 5 from 0 to 175
    scan : begin with a bar at every 15 degrees, in the middle of the screen
    seed : of the spikes

    Each change shows the new bar for one second; "show it again" repeats it. In a notebook it shows itself at the end of a
    cell. Every control works by keyboard and by mouse: Tab moves from one to the next, the arrow keys move a slider, the space
    bar presses a button. With "sound" every trial is heard. `static()` is the same as a figure.

    >>> explorer = HubelWieselExplorer("cell A")
    >>> explorer.orientation.value = 120
    >>> len(explorer.experiment.trials)
    2
    """

    def __init__(self, cell: Any = "cell A", *, orientation: int = 0, scan: bool = False, seed: int = 0):
        self._cells = dict(mystery_cells())
        chosen = cell if isinstance(cell, str) else "your own"
        if isinstance(cell, cortex.Cell):
            self._cells = {"your own": cell, **self._cells}
        if chosen not in self._cells:
            known = ", ".join(self._cells)
            raise ArgumentError(f"{WHO}: cell must be one of {known}, or a convlab.cortex.Cell, got {cell!r}")
        self._seed = seed
        self._build(chosen, orientation)
        self.experiment = cortex.Experiment(self._cells[chosen], seed=seed)
        for angle in range(0, 180, 15) if scan else ():
            self.experiment.show(angle)
        self._show()
        self._watch()

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return experiment_board(self.experiment, reveal=self.reveal.value)

    def _build(self, chosen: str, orientation: int) -> None:
        import ipywidgets as w

        wide = {"style": {"description_width": "7em"}, "layout": {"width": "24em"}}
        self.cell = w.Dropdown(options=list(self._cells), value=chosen, description="cell", **wide)
        self.orientation = slider(WHO, "orientation", orientation, 0, 175, description="orientation °")
        self.orientation.step = 5
        self.x = slider(WHO, "x", 0, -REACH, REACH, description="to the right")
        self.y = slider(WHO, "y", 0, -REACH, REACH, description="up")
        self.length = slider(WHO, "length", 24, 2, 60, description="length")
        self.width = slider(WHO, "width", 4, 1, 12, description="width")
        self.shade = w.ToggleButtons(options=SHADES, value=1.0, style={"button_width": "auto"})
        self.again = w.Button(description="show it again", layout={"width": "auto"})
        self.forget = w.Button(description="new record", layout={"width": "auto"})
        self.reveal = w.ToggleButton(description="reveal the field", layout={"width": "auto"})
        self.sound = w.ToggleButton(description="sound", layout={"width": "auto"})
        self.loudspeaker = w.Audio(autoplay=True, loop=False, controls=True, format="wav", layout={"display": "none"})
        self.view, self.sentence = w.HTML(), w.HTML()
        rows = {"flex_flow": "row wrap", "grid_gap": "16px"}
        sliders = w.HBox(
            [w.VBox([self.cell, self.orientation, self.length]), w.VBox([self.x, self.y, self.width])], layout=rows
        )
        buttons = w.HBox([self.shade, self.again, self.forget, self.reveal, self.sound], layout=rows)
        self.widget = page(sliders, buttons, self.view, self.sentence, self.loudspeaker)

    def _watch(self) -> None:
        self.cell.observe(lambda change: self._begin(), "value")
        for control in (self.orientation, self.x, self.y, self.length, self.width, self.shade):
            control.observe(lambda change: self._show(), "value")
        self.again.on_click(lambda button: self._show())
        self.forget.on_click(lambda button: self._begin())
        self.reveal.observe(lambda change: self._draw(), "value")
        self.sound.observe(lambda change: self._sound(), "value")

    def _begin(self) -> None:
        """A new record for the chosen cell, with the bar that is on the screen."""
        self.experiment = cortex.Experiment(self._cells[self.cell.value], seed=self._seed)
        self._show()

    def _show(self) -> None:
        """One trial."""
        self.experiment.show(
            self.orientation.value, x=self.x.value, y=self.y.value, width=self.width.value, length=self.length.value,
            contrast=self.shade.value,
        )  # fmt: skip
        self._draw()
        self._sound()

    def _draw(self) -> None:
        """Figure and sentence anew."""
        figure = self.static()
        draw_into(self.view, figure)
        self.sentence.value = (
            f'<div style="max-width: {PIXELS}px; line-height: 1.4">{html.escape(figure.get_label())}</div>'
        )

    def _sound(self) -> None:
        """The last trial into the loudspeaker, if it is on."""
        self.loudspeaker.layout.display = None if self.sound.value else "none"
        if self.sound.value:
            self.loudspeaker.value = cortex.Clicks(self.experiment.trials[-1].times).wav()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        data, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **data}, metadata
