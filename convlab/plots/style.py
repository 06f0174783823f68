"""One look for every figure: one width, readable type, colours that mean the same everywhere.

A colour stands for a role: what comes in is blue, the kernel orange, what comes out green, a gradient purple. The hues
are those of Okabe and Ito, Color Universal Design (2008), which colour-blind readers can tell apart; every role is told
by its place and its label as well. Each has a `line` for frames, a pale `fill` for cells, and a dark `ink` for text.

Figures are plain matplotlib Figures, drawn without pyplot: no window, nothing to close. `show` puts one into a notebook
with a text for those who cannot see it; `figure.savefig("name.png")` keeps it.
"""

import base64
import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.2  # inches of every figure
SCREEN = 100  # CSS pixels per inch in a notebook, so 10 pt text is as high as the text around the figure
DPI = 150  # half as fine again as the notebook's pixels, for sharp screens

SMALL, TEXT, TITLE = 10, 11, 12  # points; nothing is smaller than SMALL
BLACK, FAINT, LINE = "#222222", "#595959", "#BFBFBF"
SIGNED = "PuOr"  # orange below zero, white at zero, purple above


@dataclass(frozen=True)
class Role:
    """The colours of one role: `line` for frames and curves, `fill` behind text, `ink` for text."""

    name: str
    line: str
    fill: str
    ink: str


INPUT = Role("input", "#0072B2", "#D6E8F5", "#00507F")
KERNEL = Role("kernel", "#E69F00", "#FCE7BF", "#704C00")
OUTPUT = Role("output", "#009E73", "#CDEDE2", "#005C44")
GRADIENT = Role("gradient", "#CC79A7", "#F6DFEC", "#83325F")
ROLES = {role.name: role for role in (INPUT, KERNEL, OUTPUT, GRADIENT)}

SETTINGS = {
    "font.size": TEXT,
    "axes.titlesize": TITLE,
    "axes.labelsize": TEXT,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "text.color": BLACK,
    "axes.labelcolor": BLACK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
}


def styled(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Draw in this style, whatever the learner's own matplotlib settings are, and leave those alone."""

    @functools.wraps(draw)
    def in_style(*args, **options):
        from matplotlib import style

        with style.context(["default", SETTINGS]):
            return draw(*args, **options)

    return in_style


def new_figure(height: float) -> "Figure":
    """An empty figure of the common width, `height` inches high."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")


def canvas(height: float) -> "tuple[Figure, Axes]":
    """A figure and one axes that covers it, measured in inches from the top left, for drawings without a scale."""
    figure = new_figure(height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(height, 0))
    axes.set_axis_off()
    axes.autoscale(False)
    return figure, axes


def describe(figure: "Figure", text: str) -> "Figure":
    """Give a figure the text that stands for it where it cannot be seen. `show` uses it."""
    figure.set_label(text)
    return figure


@styled
def png(figure: "Figure", dpi: int = DPI) -> bytes:
    """The figure as a PNG file: the same bytes for the same figure, without a date or a version in it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def show(figure: "Figure", alt: str | None = None) -> None:
    """Show a figure in a notebook, with a text for those who cannot see it.

    Parameters
    ----------
    figure : matplotlib Figure
    alt : what the figure shows, one or two sentences; by default the description that the figure carries

    Outside of a notebook the text is printed; keep the picture with `figure.savefig("name.png")`.
    """
    from IPython import get_ipython
    from IPython.display import display

    data, metadata = mimebundle(figure, alt)
    if get_ipython() is None:
        print(data["text/plain"])
    else:
        display(data, metadata=metadata, raw=True)


def mimebundle(figure: "Figure", alt: str | None = None) -> tuple[dict[str, str], dict[str, Any]]:
    """What a notebook stores of a figure: picture and text, and the metadata with alt text and width.

    >>> figure = describe(new_figure(1.0), "an empty page")
    >>> data, metadata = mimebundle(figure)
    >>> data["text/plain"], metadata["image/png"]
    ('an empty page', {'alt': 'an empty page', 'width': 720})
    """
    alt = alt or figure.get_label() or "a figure without a description"
    data = {"image/png": base64.b64encode(png(figure)).decode("ascii"), "text/plain": alt}
    return data, {"image/png": {"alt": alt, "width": round(figure.get_figwidth() * SCREEN)}}


def number(value: Any) -> str:
    """A number as it is written into a cell: short, with a proper minus sign. Text stays as it is.

    >>> [number(v) for v in (3.0, -81, 0.1111, -2.5, 1234.56, "ab")]
    ['3', '−81', '0.11', '−2.5', '1235', 'ab']
    """
    if isinstance(value, str):
        return value
    value = float(value)
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")
