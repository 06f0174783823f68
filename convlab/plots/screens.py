"""The screen in front of the animal: grey, with something brighter or darker on it, and what a cell says to it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import ShapeError
from convlab.plots.cells import Box, frame
from convlab.plots.pictures import as_picture
from convlab.plots.style import FAINT, INPUT, OUTPUT, SMALL, TEXT, WIDTH, canvas, describe, number, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, GAP, HEAD, FOOT = 0.15, 0.22, 0.3, 0.34  # inches
LARGEST = 1.75  # inches of a screen
EXCITES, INHIBITS = "#7B52AB", "#E08214"  # purple and orange, as in signed maps, bright enough on grey


@styled
def screens(
    images: Sequence[Any], titles: Sequence[str] = (), rates: Any = None, *, field: Any = None, columns: int = 0,
    unit: str = "spikes/s",
) -> "Figure":  # fmt: skip
    """Pictures on a grey screen, contrast -1 black and 1 white, and below each how much a cell answers.

    Parameters
    ----------
    images : sequence of (H, W)
    titles : one for each
    rates : one number for each, optional
    field : (H, W), optional
        A receptive field, outlined on every screen: purple where light excites, dashed orange where it inhibits.
    columns : screens in a line; up to five by default
    unit : of the rates

    Returns
    -------
    matplotlib Figure

    >>> screens([np.zeros((9, 9))], ["nothing"], [1.0]).get_label()
    'Screens and what the cell says: nothing 1 spikes/s.'
    """
    pictures = [as_picture("screens", image) for image in images]
    titles = list(titles) or [""] * len(pictures)
    said = None if rates is None else [float(rate) for rate in np.asarray(rates, dtype=np.float64).ravel()]
    if not len(pictures) == len(titles) or not pictures or (said is not None and len(said) != len(pictures)):
        raise ShapeError(
            f"screens: {len(pictures)} pictures, {len(titles)} titles"
            + ("" if said is None else f", {len(said)} rates")
            + "; give one for each"
        )
    columns = min(columns or 5, len(pictures))
    shape = max(picture.shape[0] / picture.shape[1] for picture in pictures)
    width = min((WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns, LARGEST)
    line = HEAD + width * shape + (FOOT if said is not None else 0.1)
    figure, axes = canvas(MARGIN + -(-len(pictures) // columns) * line)
    left = (WIDTH - columns * width - (columns - 1) * GAP) / 2
    for k, (picture, title) in enumerate(zip(pictures, titles)):
        x, y = left + k % columns * (width + GAP), MARGIN + k // columns * line + HEAD
        box = Box(x, y, width, width * picture.shape[0] / picture.shape[1])
        draw_screen(axes, picture, box, field)
        axes.text(x, y - 0.07, title, ha="left", va="bottom", fontsize=TEXT, color=INPUT.ink)
        if said is not None:
            axes.text(
                x + width / 2, box.bottom + 0.07, f"{number(round(said[k], 1))} {unit}", ha="center", va="top",
                fontsize=TEXT, color=OUTPUT.ink,
            )  # fmt: skip
    words = [f"{title} {number(round(rate, 1))} {unit}" for title, rate in zip(titles, said or [])]
    return describe(
        figure,
        f"Screens and what the cell says: {', '.join(words)}." if words else f"Screens: {', '.join(titles)}.",
    )


def draw_screen(axes: Any, picture: np.ndarray, box: Box, field: Any = None) -> None:
    """One screen into a box of a canvas, with the outlines of a field."""
    axes.imshow(
        picture, extent=(box.left, box.right, box.bottom, box.top), aspect="auto", interpolation="nearest",
        cmap="gray", vmin=-1, vmax=1, zorder=1,
    )  # fmt: skip
    if field is not None:
        outline(axes, as_picture("screens", field), box)
    frame(axes, box, INPUT.line, 2.0)


def outline(axes: Any, field: np.ndarray, box: Box) -> None:
    """Where a field reaches a third of its largest weight, on either side of zero, if that side matters at all."""
    H, W = field.shape
    x = box.left + (np.arange(W) + 0.5) * box.width / W
    y = box.top + (np.arange(H) + 0.5) * box.height / H
    least = 0.05 * np.abs(field).max()
    for sign, colour, dashes in ((1, EXCITES, "-"), (-1, INHIBITS, "--")):
        highest = (sign * field).max()
        if highest > least:
            level = [highest / 3]
            axes.contour(x, y, sign * field, level, colors=[colour], linestyles=[dashes], linewidths=1.8, zorder=2)


@styled
def raster(trains: Sequence[Any], names: Sequence[str], *, seconds: float = 1.0) -> "Figure":
    """Spikes in time: one line for each trial, one stroke for each spike, and how many there are.

    Parameters
    ----------
    trains : sequence of (spikes,)
        Seconds.
    names : one for each
    seconds : how long each trial took

    Returns
    -------
    matplotlib Figure

    >>> raster([[0.1, 0.2], []], ["a bar", "nothing"]).get_label()
    'Spikes in 1 s: a bar 2, nothing 0.'
    """
    times = [np.asarray(train, dtype=np.float64) for train in trains]
    if len(times) != len(names) or not times or any(train.ndim != 1 for train in times):
        raise ShapeError(f"raster: {len(times)} rows of spike times and {len(names)} names; give one for each")
    line, room = 0.3, 1.7
    figure, axes = canvas(0.2 + line * len(times) + 0.5)
    right = WIDTH - 0.9
    scale = (right - room) / seconds
    for k, (train, name) in enumerate(zip(times, names)):
        y = 0.2 + line * (k + 0.5)
        axes.plot([room, right], [y, y], color="#D9D9D9", linewidth=1, zorder=1)
        axes.vlines(room + train * scale, y - 0.11, y + 0.11, color=OUTPUT.line, linewidth=1.5, zorder=2)
        axes.text(room - 0.12, y, name, ha="right", va="center", fontsize=TEXT)
        axes.text(right + 0.12, y, f"{len(train)}", ha="left", va="center", fontsize=TEXT, color=OUTPUT.ink)
    bottom = 0.2 + line * len(times) + 0.08
    for share, side in ((0, "left"), (0.5, "center"), (1, "right")):
        axes.text(room + share * seconds * scale, bottom, f"{share * seconds:g} s", ha=side, va="top", color=FAINT,
                  fontsize=SMALL)  # fmt: skip
    axes.text(right + 0.12, bottom, "spikes", ha="left", va="top", color=FAINT, fontsize=SMALL)
    counts = ", ".join(f"{name} {len(train)}" for name, train in zip(names, times))
    return describe(figure, f"Spikes in {seconds:g} s: {counts}.")
