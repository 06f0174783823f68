"""What explorers share: the way they show themselves, sliders that check their start, a figure drawn into a page."""

import base64
import html
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from convlab.errors import ArgumentError
from convlab.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIXELS = round(style.WIDTH * style.SCREEN)  # CSS pixels of every explorer


class Explorer:
    """Base of the explorers: `widget` is what is shown, `static()` its figure, `_draw()` brings it up to date."""

    widget: Any
    _quiet = False  # while several controls change at once

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        raise NotImplementedError

    def _draw(self) -> None:
        raise NotImplementedError

    def _on_move(self, change: Any) -> None:
        """For a control that changes nothing but the picture."""
        if not self._quiet:
            self._draw()

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Several controls change at once, and the picture is drawn once, at the end."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False
        self._draw()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """The live explorer for a notebook, and the figure for a page without a kernel."""
        data, metadata = style.mimebundle(self.static())
        return {**self.widget._repr_mimebundle_(), **data}, metadata


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


def place(who: str, name: str, control: Any, value: int | None) -> None:
    """A slider that begins at 0 to `value`, or to its middle. Raises ArgumentError if it does not reach that far."""
    if value is not None and not 0 <= value <= control.max:
        raise ArgumentError(f"{who}: {name} must be from 0 to {control.max}, got {value}")
    control.value = control.max // 2 if value is None else value


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


def say_into(view: Any, sentence: str) -> None:
    """A sentence as the content of an HTML widget, as wide as a figure at most."""
    view.value = f'<div style="max-width: {PIXELS}px; line-height: 1.4">{html.escape(sentence)}</div>'
