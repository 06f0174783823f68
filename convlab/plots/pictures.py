"""Pictures and feature maps side by side: grey where a number is a brightness, two colours where it has a sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import DtypeError, ShapeError
from convlab.plots.cells import Box, frame
from convlab.plots.style import (
    DPI,
    FAINT,
    INPUT,
    LINE,
    OUTPUT,
    SIGNED,
    SMALL,
    TEXT,
    WIDTH,
    Role,
    canvas,
    describe,
    number,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, GAP, HEAD, FOOT = 0.15, 0.25, 0.32, 0.46  # inches
TALLEST = 4.2  # inches of a picture


@dataclass(frozen=True)
class Scale:
    """What the colours of a picture stand for: grey from `low` to `high`, or two colours for the two signs."""

    low: float
    high: float
    signed: bool = False

    @property
    def colours(self) -> str:
        return SIGNED if self.signed else "gray"

    @property
    def marks(self) -> tuple[float | None, ...]:
        """Numbers at the left end, the middle and the right end of the scale."""
        return (self.low, 0.0 if self.signed else None, self.high)


def grey_scale(image: np.ndarray) -> Scale:
    """0 to 255 for photographs; else from 0 to the largest number."""
    highest = float(image.max())
    return Scale(0.0, 255.0 if 16 < highest <= 255 else highest or 1.0)


def signed_scale(*images: np.ndarray) -> Scale:
    """The same depth of colour for the same distance from zero, on both sides."""
    reach = max(float(np.abs(image).max()) for image in images) or 1.0
    return Scale(-reach, reach, signed=True)


@styled
def picture_grid(
    pictures: Sequence[Any],
    titles: Sequence[str] = (),
    *,
    columns: int = 0,
    roles: Sequence[Role] = (),
    credit: str = "",
) -> "Figure":
    """Pictures side by side, each with a title above and the scale of its numbers below.

    Parameters
    ----------
    pictures : sequence of (H, W)
        One without negative numbers is drawn in grey from 0 (black) to 255 (white), or to its largest number if that is
        not of a photograph; one with negative numbers as a signed map: purple above zero, white at zero, orange below,
        the same depth of colour for the same distance from zero.
    titles : one for each
    columns : pictures in a line; all by default
    roles : a role of `convlab.plots.style` for each, which colours its frame; by default the first is the input and the
        others are outputs
    credit : who made the photograph

    Returns
    -------
    matplotlib Figure
    """
    images = [as_picture("picture_grid", picture) for picture in pictures]
    scales = [signed_scale(image) if image.min() < 0 else grey_scale(image) for image in images]
    return _grid("picture_grid", images, scales, titles, columns, roles, credit)


@styled
def feature_maps(
    maps: Any, titles: Sequence[str] = (), *, columns: int = 4, image: Any = None, credit: str = ""
) -> "Figure":
    """Feature maps as signed maps on one common scale, so that strong and weak maps can be told apart.

    Parameters
    ----------
    maps : (C, H, W)
        One map for each channel; of a batch take one image, y[0].
    titles : one for each map; by default their numbers
    columns : maps in a line
    image : (H, W), optional
        What the maps were computed from, drawn first.
    credit : who made the photograph

    Returns
    -------
    matplotlib Figure
    """
    stack = np.asarray(maps)
    if stack.ndim != 3 or stack.size == 0:
        mend = "; for one image of a batch use maps[0]" if stack.ndim == 4 else "; one map is maps[np.newaxis]"
        raise ShapeError(f"feature_maps: maps must have three axes (C, H, W), got {stack.shape}{mend}")
    images = [as_picture("feature_maps", each) for each in stack]
    titles = list(titles) or [f"map {c}" for c in range(len(images))]
    scales = [signed_scale(*images)] * len(images)
    roles = [OUTPUT] * len(images)
    if image is not None:
        before = as_picture("feature_maps", image)
        images, titles, roles = [before, *images], ["image", *titles], [INPUT, *roles]
        scales = [grey_scale(before), *scales]
    return _grid("feature_maps", images, scales, titles, columns, roles, credit)


@styled
def signed_map(values: Any, title: str = "") -> "Figure":
    """One array with positive and negative numbers: purple above zero, white at zero, orange below, one symmetric scale.

    Parameters
    ----------
    values : (H, W)
    title : str

    Returns
    -------
    matplotlib Figure
    """
    image = as_picture("signed_map", values)
    return _grid("signed_map", [image], [signed_scale(image)], [title or "map"], 1, [OUTPUT], "")


def as_picture(who: str, picture: Any) -> np.ndarray:
    """`picture` as (H, W), float64."""
    image = np.asarray(picture)
    if image.dtype.kind not in "buif":
        raise DtypeError(f"{who}: a picture must hold numbers, got {image.dtype}")
    if image.ndim != 2 or image.size == 0:
        mend = "; take one channel, or the mean of the colours" if image.ndim == 3 else ""
        raise ShapeError(f"{who}: a picture must have two axes (H, W), got {image.shape}{mend}")
    return image.astype(np.float64)


def draw_picture(axes: Any, image: np.ndarray, box: Box, *, scale: Scale, role: Role) -> None:
    """A picture into a box of the canvas, framed in the colour of its role: pixels as squares, if there is room."""
    enlarged = image.shape[1] <= box.width * DPI
    axes.imshow(
        image,
        extent=(box.left, box.right, box.bottom, box.top),
        aspect="auto",
        interpolation="nearest" if enlarged else "auto",
        cmap=scale.colours,
        vmin=scale.low,
        vmax=scale.high,
        zorder=1,
    )
    frame(axes, box, role.line, 2.0)


def draw_scale(axes: Any, scale: Scale, left: float, top: float, width: float) -> None:
    """What the colours of a picture mean: a bar with its numbers."""
    bar = Box(left, top, width, 0.09)
    axes.imshow(
        np.linspace(0, 1, 256)[np.newaxis],
        extent=(bar.left, bar.right, bar.bottom, bar.top),
        aspect="auto",
        cmap=scale.colours,
    )
    frame(axes, bar, LINE, 0.8)
    for value, x, side in zip(scale.marks, (bar.left, bar.left + width / 2, bar.right), ("left", "center", "right")):
        if value is not None:
            axes.text(x, bar.bottom + 0.03, number(value), ha=side, va="top", fontsize=SMALL, color=FAINT)


def _grid(who, images, scales, titles, columns, roles, credit) -> "Figure":
    """Lines of pictures, all as wide as their line allows."""
    titles = list(titles) or [""] * len(images)
    roles = list(roles) or [INPUT] + [OUTPUT] * (len(images) - 1)
    if not len(images) == len(titles) == len(roles) or not images:
        raise ShapeError(f"{who}: {len(images)} pictures, {len(titles)} titles, {len(roles)} roles; give one for each")
    columns = min(columns or len(images), len(images))
    shape = max(image.shape[0] / image.shape[1] for image in images)
    width = min((WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns, TALLEST / shape)
    line = HEAD + width * shape + FOOT
    figure, axes = canvas(MARGIN + -(-len(images) // columns) * line + (0.26 if credit else 0))
    left = (WIDTH - columns * width - (columns - 1) * GAP) / 2
    for k, (image, scale, title, role) in enumerate(zip(images, scales, titles, roles)):
        x, y = left + k % columns * (width + GAP), MARGIN + k // columns * line + HEAD
        box = Box(x, y, width, width * image.shape[0] / image.shape[1])
        draw_picture(axes, image, box, scale=scale, role=role)
        axes.text(x, y - 0.07, title, ha="left", va="bottom", fontsize=TEXT, color=role.ink)
        draw_scale(axes, scale, x, box.bottom + 0.07, width)
    if credit:
        axes.text(MARGIN, axes.get_ylim()[0] - 0.08, f"Photograph: {credit}", va="bottom", fontsize=SMALL, color=FAINT)
    sizes = "; ".join(
        f"{title or 'picture'}, {' x '.join(map(str, image.shape))}" for title, image in zip(titles, images)
    )
    return describe(figure, f"{len(images)} pictures: {sizes}.")
