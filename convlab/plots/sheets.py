"""Many small pictures on one sheet with one scale: feature maps, codes, the filters of a layer in their colours."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import DtypeError, ShapeError
from convlab.plots.cells import Box, frame
from convlab.plots.pictures import draw_scale, signed_scale
from convlab.plots.style import FAINT, INPUT, KERNEL, OUTPUT, SMALL, WIDTH, Role, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, GAP, HEAD, FOOT = 0.15, 0.1, 0.26, 0.5  # inches
CREDIT, LETTERS = 0.24, 80  # inches of a line of credits; letters in it
TALLEST, MOST = 1.5, 256  # inches of a picture; pictures on a sheet


@styled
def map_sheet(maps: Any, titles: Sequence[str] = (), *, columns: int = 10, role: Role = OUTPUT) -> "Figure":
    """Maps side by side on one common scale: purple above zero, white at zero, orange below.

    Parameters
    ----------
    maps : (K, H, W), up to 256 of them
    titles : one for each, optional
    columns : maps in a line
    role : what they are, which colours their frames: plots.OUTPUT, plots.KERNEL, ...

    Returns
    -------
    matplotlib Figure

    >>> map_sheet([[[0.5, -1.0]]], ["one"]).get_label()
    'A sheet of 1 map of 1 x 2, numbers from −1 to 0.5.'
    """
    stack = _stack("map_sheet", maps, 3)
    scale = signed_scale(stack)
    options = {"cmap": scale.colours, "vmin": scale.low, "vmax": scale.high}
    figure, axes, bottom = _sheet("map_sheet", list(stack), titles, columns, role, options, FOOT)
    draw_scale(axes, scale, WIDTH / 2 - 0.9, bottom + 0.05, 1.8)
    _, H, W = stack.shape
    low, high = (f"{value:.3g}".replace("-", "−") for value in (stack.min(), stack.max()))
    maps_in_words = f"{len(stack)} map{'s' * (len(stack) > 1)}"
    return describe(figure, f"A sheet of {maps_in_words} of {H} x {W}, numbers from {low} to {high}.")


@styled
def filter_sheet(weights: Any, titles: Sequence[str] = (), *, columns: int = 8) -> "Figure":
    """The filters of a first layer in the colours they look for.

    Filters for one channel are signed maps on one scale. Those for three channels are drawn as pictures: what is 0 is
    medium grey, and each filter is stretched to its own largest weight, so that shapes can be compared, not strengths.

    Parameters
    ----------
    weights : (O, 1, KH, KW) or (O, 3, KH, KW)
        For a layer `layer.weight.data`; up to 256 filters.
    titles : one for each, optional
    columns : filters in a line

    Returns
    -------
    matplotlib Figure
    """
    stack = _stack("filter_sheet", weights, 4)
    O, C, KH, KW = stack.shape
    if C == 1:
        return map_sheet(stack[:, 0], titles, columns=columns, role=KERNEL)
    if C != 3:
        raise ShapeError(f"filter_sheet: filters must have 1 or 3 channels (O, C, KH, KW), got {stack.shape}")
    reach = np.abs(stack).max(axis=(1, 2, 3), keepdims=True)
    colours = 0.5 + 0.5 * stack / np.where(reach > 0, reach, 1)
    figure, _, _ = _sheet("filter_sheet", list(colours.transpose(0, 2, 3, 1)), titles, columns, KERNEL, {}, 0)
    filters = f"{O} filter{'s' * (O > 1)}"
    return describe(figure, f"{filters} of 3 x {KH} x {KW} as coloured pictures, medium grey where a weight is 0.")


@styled
def photo_sheet(images: Any, titles: Sequence[str] = (), *, columns: int = 6, credit: str = "") -> "Figure":
    """Small photographs side by side.

    Parameters
    ----------
    images : (N, 3, H, W)
        uint8, or floats from 0 to 1; up to 256.
    titles : one for each, optional
    columns : photographs in a line
    credit : who made them

    Returns
    -------
    matplotlib Figure
    """
    stack = _stack("photo_sheet", images, 4)
    if stack.shape[1] != 3:
        raise ShapeError(f"photo_sheet: images must have three channels (N, 3, H, W), got {stack.shape}")
    if np.asarray(images).dtype == np.uint8:
        stack = stack / 255
    elif stack.min() < 0 or stack.max() > 1:
        raise DtypeError(
            f"photo_sheet: floats must lie in 0..1, got {stack.min():.3g} to {stack.max():.3g}; show images before they are "
            "normalised"
        )
    pictures = list(stack.transpose(0, 2, 3, 1))
    lines = textwrap.wrap(f"Photographs: {credit}", LETTERS) if credit else []
    figure, axes, bottom = _sheet("photo_sheet", pictures, titles, columns, INPUT, {}, CREDIT * len(lines))
    for number, line in enumerate(lines, 1):
        axes.text(MARGIN, bottom + CREDIT * number - 0.04, line, va="bottom", fontsize=SMALL, color=FAINT)
    N, _, H, W = stack.shape
    photographs = f"{N} photograph{'s' * (N > 1)}"
    return describe(figure, f"{photographs} of {H} x {W}{': ' if len(titles) else ''}{', '.join(map(str, titles))}.")


def _stack(who: str, arrays: Any, axes: int) -> np.ndarray:
    stack = np.asarray(arrays)
    if stack.dtype.kind not in "buif":
        raise DtypeError(f"{who}: expected numbers, got {stack.dtype}")
    if stack.ndim != axes or stack.size == 0 or len(stack) > MOST:
        names = "(K, H, W)" if axes == 3 else "(N, C, H, W)"
        raise ShapeError(f"{who}: expected {names}, 1 to {MOST} of them, got {stack.shape}")
    return stack.astype(np.float64)


def _sheet(
    who: str,
    pictures: Sequence[np.ndarray],
    titles: Sequence[str],
    columns: int,
    role: Role,
    options: dict,
    foot: float,
) -> tuple[Any, Any, float]:
    """Figure, axes, and where the pictures end."""
    titles = [str(title) for title in titles]
    if titles and len(titles) != len(pictures):
        raise ShapeError(f"{who}: {len(pictures)} pictures, {len(titles)} titles; give one for each, or none")
    columns = max(1, min(columns, len(pictures)))
    shape = pictures[0].shape[0] / pictures[0].shape[1]
    width = min((WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns, TALLEST / shape)
    line = width * shape + GAP + (HEAD if titles else 0)
    rows = -(-len(pictures) // columns)
    figure, axes = canvas(MARGIN + rows * line + foot + MARGIN / 2)
    left = (WIDTH - columns * width - (columns - 1) * GAP) / 2
    for k, picture in enumerate(pictures):
        row, column = divmod(k, columns)
        box = Box(left + column * (width + GAP), MARGIN + row * line + (HEAD if titles else 0), width, width * shape)
        axes.imshow(picture, extent=(box.left, box.right, box.bottom, box.top), aspect="auto", interpolation="nearest",
                    zorder=1, **options)  # fmt: skip
        frame(axes, box, role.line, 1.0)
        if titles:
            axes.text(box.left, box.top - 0.05, titles[k], ha="left", va="bottom", fontsize=SMALL, color=role.ink)
    return figure, axes, MARGIN + rows * line
