"""A picture moves by a few pixels: how much of its feature map changes, and how much of the pooled map."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab import functional as F
from convlab.errors import ArgumentError, ShapeError
from convlab.plots.cells import Box
from convlab.plots.pictures import Scale, draw_picture, grey_scale, signed_scale
from convlab.plots.pooling import KINDS, pool
from convlab.plots.style import FAINT, INPUT, OUTPUT, SMALL, TEXT, WIDTH, Role, canvas, describe, styled
from convlab.plots.window import as_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UPRIGHT = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])  # Sobel: edges that stand upright, bright on the left
MARGIN, HEAD, GAP, SIDE = 0.15, 0.34, 0.5, 1.62  # inches


def moved(image: np.ndarray, right: int = 0, down: int = 0) -> np.ndarray:
    """The image `right` pixels further right and `down` further down; zeros come in, what leaves is lost.

    >>> moved(np.array([[1.0, 2, 3], [4, 5, 6]]), right=1).tolist()
    [[0.0, 1.0, 2.0], [0.0, 4.0, 5.0]]
    """
    H, W = image.shape[-2:]
    result = np.zeros_like(image)
    rows, columns = max(0, H - abs(down)), max(0, W - abs(right))
    to = slice(max(0, down), max(0, down) + rows), slice(max(0, right), max(0, right) + columns)
    source = slice(max(0, -down), max(0, -down) + rows), slice(max(0, -right), max(0, -right) + columns)
    result[..., *to] = image[..., *source]
    return result


def change(a: np.ndarray, b: np.ndarray) -> float:
    """How much two maps differ: sum |a - b| / sum (|a| + |b|). 0 for the same, 1 where they have nothing in common.

    >>> change(np.array([2.0, 0, 1]), np.array([2.0, 0, 1])), change(np.array([2.0, 0]), np.array([0, 3.0]))
    (0.0, 1.0)
    """
    both = float(np.abs(a).sum() + np.abs(b).sum())
    return float(np.abs(a - b).sum()) / both if both else 0.0


@dataclass(frozen=True, eq=False)
class Shift:
    """A picture, the same picture moved, and what a detector and pooling make of the two.

    The detector is a 3 x 3 convolution (padding 1) and a ReLU: it answers to upright edges, bright on the left.

    Parameters
    ----------
    image : (H, W)
    right, down : pixels by which it moves
    kind : "max", "average" or "Gaussian"
    window, stride : of the pooling; a window begins where the one before ends by default

    >>> shift = Shift(np.pad(np.ones((4, 4)), 4), right=1, window=4)
    >>> shift.maps[0].shape, shift.pooled[0].shape
    ((12, 12), (3, 3))
    >>> shift.pooled_change < shift.unpooled_change
    True
    """

    image: Any
    right: int = 0
    down: int = 0
    kind: str = "max"
    window: int = 4
    stride: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "image", as_grid("Shift", "image", self.image))
        object.__setattr__(self, "stride", self.window if self.stride is None else self.stride)
        if self.kind not in KINDS:
            raise ArgumentError(f"Shift: kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if not (1 <= self.window <= min(self.image.shape) and self.stride >= 1):
            raise ShapeError(
                f"Shift: window must be from 1 to {min(self.image.shape)} and stride at least 1, "
                f"got {self.window} and {self.stride}"
            )

    @cached_property
    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """The picture before and after. (H, W) each"""
        return self.image, moved(self.image, self.right, self.down)

    @cached_property
    def maps(self) -> tuple[np.ndarray, np.ndarray]:
        """The detector's feature maps before and after. (H, W) each"""
        batch = np.stack(self.images)[:, np.newaxis]
        found = F.relu(F.conv2d(batch, UPRIGHT[np.newaxis, np.newaxis], padding=1))
        return found[0, 0], found[1, 0]

    @cached_property
    def pooled(self) -> tuple[np.ndarray, np.ndarray]:
        """The maps pooled. (OH, OW) each"""
        before, after = (pool(each, self.window, self.kind, self.stride) for each in self.maps)
        return before, after

    @property
    def unpooled_change(self) -> float:
        """`change` of the feature map, place by place."""
        return change(*self.maps)

    @property
    def pooled_change(self) -> float:
        """`change` of the pooled map, place by place."""
        return change(*self.pooled)

    def sentence(self) -> str:
        """What happens, in words."""
        steps = "" if self.stride == self.window else f", stride {self.stride}"
        return (
            f"The picture moves {_way(self.right, 'right', 'left')} and {_way(self.down, 'down', 'up')}. The feature map "
            f"changes by "
            f"{percent(self.unpooled_change)}; after {self.kind} pooling with windows of {self.window} x "
            f"{self.window}{steps} it changes by {percent(self.pooled_change)}."
        )


def _way(pixels: int, forwards: str, backwards: str) -> str:
    return f"{abs(pixels)} {backwards if pixels < 0 else forwards}"


def percent(share: float) -> str:
    """A share in whole per cent.

    >>> percent(0.494)
    '49 %'
    """
    return f"{100 * share:.0f} %"


@styled
def shift_and_pool(
    image: Any,
    right: int = 2,
    down: int = 0,
    *,
    kind: str = "max",
    window: int = 4,
    stride: int | None = None,
    credit: str = "",
) -> "Figure":
    """Picture, feature map and pooled map before and after a shift, with the differences and how large they are.

    Parameters
    ----------
    image : (H, W)
        With an empty border at least as wide as the shift, so that nothing is lost.
    right, down : int
        Pixels; below 0 for left and up.
    kind : "max", "average" or "Gaussian"
    window, stride : int
    credit : str
        Who made the picture.

    Returns
    -------
    matplotlib Figure
    """
    return draw_shift(Shift(image, right, down, kind, window, stride), credit)


@styled
def draw_shift(shift: Shift, credit: str = "") -> "Figure":
    """The figure of a Shift."""
    figure, axes = canvas(MARGIN + 3 * (SIDE + HEAD) + MARGIN + (0.22 if credit else 0))
    lines = [
        ("picture", shift.images, INPUT),
        (f"feature map {_by(shift.maps[0])}", shift.maps, OUTPUT),
        (f"pooled {_by(shift.pooled[0])}", shift.pooled, OUTPUT),
    ]
    left = (WIDTH - 3 * SIDE - 2 * GAP) / 2
    for k, (name, (before, after), role) in enumerate(lines):
        top, scale = MARGIN + HEAD + k * (SIDE + HEAD), _common_scale(before, after)
        _titled(axes, before, _fit(before, left, top), scale, role, name)
        _titled(axes, after, _fit(after, left + SIDE + GAP, top), scale, role, "after the shift")
        if k:
            gap, place = after - before, _fit(after, left + 2 * (SIDE + GAP), top)
            share = (shift.unpooled_change, shift.pooled_change)[k - 1]
            _titled(axes, gap, place, signed_scale(*lines[k][1]), DIFFERENCE, f"change {percent(share)}")
    _bars(axes, shift, left + 2 * (SIDE + GAP), MARGIN + HEAD)
    if credit:
        axes.text(MARGIN, axes.get_ylim()[0] - 0.08, f"Picture: {credit}", va="bottom", fontsize=SMALL, color=FAINT)
    return describe(figure, shift.sentence())


DIFFERENCE = Role("difference", FAINT, "#FFFFFF", FAINT)


def _common_scale(before: np.ndarray, after: np.ndarray) -> Scale:
    return grey_scale(np.stack([before, after]))


def _fit(image: np.ndarray, left: float, top: float) -> Box:
    """A box of the image's shape, as large as a square of SIDE allows."""
    H, W = image.shape
    side = SIDE / max(H, W)
    return Box(left, top, W * side, H * side)


def _titled(axes: Any, image: np.ndarray, box: Box, scale: Scale, role: Role, title: str) -> None:
    draw_picture(axes, image, box, scale=scale, role=role)
    axes.text(box.left, box.top - 0.07, title, ha="left", va="bottom", fontsize=TEXT, color=role.ink)


def _bars(axes: Any, shift: Shift, left: float, top: float) -> None:
    """Two bars in a square: how much changes without and with pooling; the frame of a bar is 100 %."""
    from matplotlib.patches import Rectangle

    axes.text(left, top - 0.07, "what changes", ha="left", va="bottom", fontsize=TEXT, color=FAINT)
    named = (("not pooled", shift.unpooled_change, FAINT), (f"{shift.kind} pooled", shift.pooled_change, OUTPUT.line))
    for k, (name, share, colour) in enumerate(named):
        y = top + 0.12 + 0.78 * k
        axes.text(left, y + 0.17, f"{name}: {percent(share)}", ha="left", va="center", fontsize=TEXT)
        axes.add_patch(Rectangle((left, y + 0.34), SIDE * share, 0.22, facecolor=colour, edgecolor="none"))
        axes.add_patch(Rectangle((left, y + 0.34), SIDE, 0.22, fill=False, edgecolor=FAINT, linewidth=1.0))


def _by(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape))
