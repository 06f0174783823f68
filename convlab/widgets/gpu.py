"""The roofline explorer: choose a GPU and the outputs of a block, see whether memory or arithmetic is the limit.

What is computed (`case`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.rows.value`, read `explorer.case.reachable`.
"""

from typing import TYPE_CHECKING, Any

from convlab.plots import style
from convlab.plots.gpu import GPUS, Roofline, roofline
from convlab.widgets.drawing import PIXELS, draw_into, page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDES = tuple(2**k for k in range(9))


class RooflineExplorer:
    """A GPU from a list, and two sliders: rows and columns of the outputs that a block computes.

    Parameters
    ----------
    gpu : "T4", "A100" or "H100"
    rows, columns : a power of 2 up to 256

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure.

    >>> explorer = RooflineExplorer("H100", 1, 1)
    >>> explorer.rows.value = 128
    >>> explorer.columns.value = 128
    >>> explorer.case.reachable
    67.0
    """

    def __init__(self, gpu: str = "H100", rows: int = 8, columns: int = 8):
        Roofline(gpu, rows, columns)  # says what is wrong with them
        self._build(gpu, rows, columns)
        self._draw()
        for control in (self.gpu, self.rows, self.columns):
            control.observe(self._on_move, "value")

    @property
    def case(self) -> Roofline:
        """The case that the controls describe."""
        return Roofline(self.gpu.value, self.rows.value, self.columns.value)

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return roofline(self.case)

    def _build(self, gpu: str, rows: int, columns: int) -> None:
        import ipywidgets as w

        wide = {"style": {"description_width": "9em"}, "layout": {"width": "24em"}}
        self.gpu = w.Dropdown(options=list(GPUS), value=gpu, description="GPU", **wide)
        nearest = lambda value: min(SIDES, key=lambda side: abs(side - value))
        self.rows = w.SelectionSlider(options=SIDES, value=nearest(rows), description="rows of a block", **wide)
        self.columns = w.SelectionSlider(
            options=SIDES, value=nearest(columns), description="columns of a block", **wide
        )
        self.view, self.sentence = w.HTML(), w.HTML()
        self.widget = page(self.gpu, self.rows, self.columns, self.view, self.sentence)

    def _draw(self) -> None:
        draw_into(self.view, self.static())
        self.sentence.value = f'<div style="max-width: {PIXELS}px; line-height: 1.4">{self.case.sentence()}</div>'

    def _on_move(self, change: Any) -> None:
        self._draw()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        data, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **data}, metadata
