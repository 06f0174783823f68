"""What explorers share: sliders that check their start, and a figure drawn into a page with its text."""

import base64
import html
from typing import TYPE_CHECKING, Any

from convlab.errors import ArgumentError
from convlab.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIXELS = round(style.WIDTH * style.SCREEN)  # CSS pixels of every explorer


def slider(who: str, name: str, value: int, low: int, high: int, *, description: str) -> Any:
    """A slider over whole numbers. Raises ArgumentError if it cannot begin at `value`.

    >>> slider("Explorer", "stride", 2, 1, 5, description="stride s").value
    2
    """
    import ipywidgets as w

    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ArgumentError(f"{who}: {name} must be a whole number from {low} to {high}, got {value!r}")
    return w.IntSlider(
        value=value, min=low, max=high, description=description, style={"description_width": "7em"},
        layout={"width": "24em"},
    )  # fmt: skip


def page(*parts: Any) -> Any:
    """The parts of an explorer, one below the other, as wide as a figure."""
    import ipywidgets as w

    return w.VBox(list(parts), layout={"max_width": f"{PIXELS}px"})


def draw_into(view: Any, figure: "Figure") -> None:
    """A figure, with the text that stands for it, as the content of an HTML widget."""
    data = base64.b64encode(style.png(figure)).decode("ascii")
    ratio = figure.get_figwidth() / figure.get_figheight()
    view.value = (
        f'<img alt="{html.escape(figure.get_label())}" src="data:image/png;base64,{data}" '
        f'style="width: 100%; max-width: {PIXELS}px; aspect-ratio: {ratio:.4f}">'
    )
