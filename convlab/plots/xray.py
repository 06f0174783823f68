"""The X-ray of a network: everything that every layer makes of one image, on one page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

import convlab.functional as F
from convlab import nn
from convlab.errors import ArgumentError, ShapeError
from convlab.plots.cells import Box, frame
from convlab.plots.style import (
    BLACK,
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
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, LABEL, GAP = 0.12, 1.2, 0.13  # inches
MOST_MAPS, MOST_LAYERS, MOST_CLASSES = 32, 12, 12  # that are drawn
UNITS = (nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.ScaledTanh)
SILENT = (nn.Flatten, nn.Dropout, nn.Identity)  # their output is their input in another shape, or the same


@dataclass(frozen=True)
class Sheet:
    """What one layer gave: its name, and its maps (C, H, W) or units (K,); maps of 1 x 1 are units."""

    name: str
    values: np.ndarray


class XRay:
    """Every layer's answer to one image.

    A convolution or linear layer with an activation behind it is shown once, after the activation; layers that only change
    the shape are left out. The last layer's answer counts as scores, of which `probabilities` are the softmax.

    Parameters
    ----------
    network : nn.Sequential
        Its layers are named: `nn.Sequential({"c1": ..., "s2": ...})`; others go by their number. It is used in
        evaluation mode and left as it was.
    image : (C, H, W) or (H, W)
        As the network wants it, normalised.

    >>> from convlab import models
    >>> seen = XRay(models.create("lenet5"), np.zeros((32, 32)))
    >>> [(sheet.name, sheet.values.shape) for sheet in seen.sheets][:3]
    [('c1', (6, 28, 28)), ('s2', (6, 14, 14)), ('c3', (16, 10, 10))]
    """

    def __init__(self, network: nn.Sequential, image: Any):
        if not isinstance(network, nn.Sequential):
            raise ArgumentError(f"XRay: expected an nn.Sequential, got {type(network).__name__}")
        pixels = np.asarray(image, dtype=np.float32)
        pixels = pixels[np.newaxis] if pixels.ndim == 2 else pixels
        if pixels.ndim != 3:
            raise ShapeError(f"XRay: image must be (C, H, W) or (H, W), got {np.shape(image)}; of a batch take x[0]")
        self.image = pixels
        self.sheets = tuple(_run(network, pixels))

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Softmax of the last layer's scores. (K,)"""
        return F.softmax(self.sheets[-1].values.astype(np.float64))

    @property
    def answer(self) -> int:
        """The most probable class."""
        return int(self.probabilities.argmax())

    def sentence(self) -> str:
        """The answer in words."""
        order = np.argsort(-self.probabilities, kind="stable")
        first, second = (f"{k} ({self.probabilities[k]:.0%})" for k in order[:2])
        return f"The network says {first}; second comes {second}."


def _run(network: nn.Sequential, pixels: np.ndarray) -> list[Sheet]:
    was_training, sheets, x = network.training, [], pixels[np.newaxis]
    network.eval()
    try:
        for name, layer in _leaves(network):
            x = layer(x)
            if isinstance(layer, UNITS) and sheets:
                sheets[-1] = Sheet(sheets[-1].name, _as_units(x[0]))
            elif not isinstance(layer, SILENT):
                sheets.append(Sheet(name, _as_units(x[0])))
    finally:
        network.train(was_training)
    if not sheets or sheets[-1].values.ndim != 1:
        raise ShapeError("XRay: the network must end in one score for each class")
    return sheets


def _as_units(values: np.ndarray) -> np.ndarray:
    """A copy; maps of 1 x 1, as C5 of LeNet-5 has them, are units."""
    return np.array(values).reshape(-1) if values.ndim == 3 and values.shape[1:] == (1, 1) else np.array(values)


def _leaves(network: nn.Module, before: str = "") -> list[tuple[str, nn.Module]]:
    """The layers in order, those inside of a Sequential with its name before theirs."""
    found = []
    for name, child in network.named_children():
        inside = isinstance(child, nn.Sequential)
        found += _leaves(child, f"{before}{name}.") if inside else [(f"{before}{name}", child)]
    return found


# ------------------------------------------------------------------------------------------------ the figure
@styled
def network_xray(xray: XRay, *, names: Sequence[str] | None = None, input_picture: Any = None) -> "Figure":
    """An image, the maps and units of every layer, and the probabilities at the end.

    Each layer has a scale of its own: purple above zero, white at zero, orange below. Of more than 32 maps the first 32
    are drawn.

    Parameters
    ----------
    xray : XRay
    names : of the classes; 0, 1, 2, ... by default
    input_picture : (H, W) or (3, H, W), optional
        To be drawn in the place of the image, before it was normalised.

    Returns
    -------
    matplotlib Figure
    """
    if not isinstance(xray, XRay):
        raise ArgumentError(f"network_xray: expected an XRay, got {type(xray).__name__}; plots.XRay(network, image)")
    if len(xray.sheets) > MOST_LAYERS or len(xray.probabilities) > MOST_CLASSES:
        raise ShapeError(
            f"network_xray: up to {MOST_LAYERS} layers and {MOST_CLASSES} classes have room, got {len(xray.sheets)} and "
            f"{len(xray.probabilities)}"
        )
    classes = [str(name) for name in (range(len(xray.probabilities)) if names is None else names)]
    if len(classes) != len(xray.probabilities):
        raise ShapeError(f"network_xray: {len(xray.probabilities)} classes, {len(classes)} names; give one for each")
    hidden = xray.sheets[:-1]
    heights = [_height(sheet.values) for sheet in hidden]
    figure, axes = canvas(MARGIN + 1.0 + sum(height + GAP for height in heights) + GAP + 1.25 + MARGIN)
    top = MARGIN
    _draw_image(axes, xray.image if input_picture is None else np.asarray(input_picture), top)
    top += 1.0 + GAP
    for sheet, height in zip(hidden, heights):
        _draw_sheet(axes, sheet, top, height)
        top += height + GAP
    _draw_bars(axes, xray, classes, top + 0.2)
    layers = "; ".join(f"{sheet.name} {' x '.join(map(str, sheet.values.shape))}" for sheet in xray.sheets)
    return describe(figure, f"The layers of a network at one image: {layers}. {xray.sentence()}")


def _columns(count: int) -> int:
    """Maps in a line: all of up to 16, else 16."""
    return min(count, 16)


def _height(values: np.ndarray) -> float:
    """Inches that a layer takes."""
    if values.ndim == 1:
        return 0.3
    count = min(len(values), MOST_MAPS)
    side = min(0.72, (WIDTH - 2 * MARGIN - LABEL) / _columns(count))
    return side * math.ceil(count / _columns(count))


def _draw_image(axes: Any, image: np.ndarray, top: float) -> None:
    picture = image if image.ndim == 2 else image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    box = Box(MARGIN + LABEL, top, picture.shape[1] / picture.shape[0], 1.0)
    extent = (box.left, box.right, box.bottom, box.top)
    if picture.ndim == 3:
        picture = picture.astype(np.float64)
        low, high = picture.min(), picture.max()
        picture = picture / 255 if low >= 0 and high > 1 else (picture - low) / ((high - low) or 1)
    axes.imshow(picture, extent=extent, aspect="auto", cmap="gray", interpolation="nearest", zorder=1)
    frame(axes, box, INPUT.line, 1.5)
    _label(axes, "input", image.shape, box, INPUT)


def _draw_sheet(axes: Any, sheet: Sheet, top: float, height: float) -> None:
    """A layer's maps side by side in one picture, or its units as one line of cells."""
    values = sheet.values
    reach = float(np.abs(values).max()) or 1.0
    if values.ndim == 1:
        grid, width = values[np.newaxis], WIDTH - 2 * MARGIN - LABEL
        box = Box(MARGIN + LABEL, top, width, height)
        _picture(axes, grid, box, reach)
        frame(axes, box, OUTPUT.line, 1.2)
    else:
        count = min(len(values), MOST_MAPS)
        side = height / math.ceil(count / _columns(count))
        for k in range(count):
            row, column = divmod(k, _columns(count))
            box = Box(MARGIN + LABEL + column * side, top + row * side, side * 0.95, side * 0.95)
            _picture(axes, values[k], box, reach)
            frame(axes, box, OUTPUT.line, 0.8)
    _label(axes, sheet.name, values.shape, Box(MARGIN + LABEL, top, 0, height), OUTPUT)


def _picture(axes: Any, values: np.ndarray, box: Box, reach: float) -> None:
    axes.imshow(
        values, extent=(box.left, box.right, box.bottom, box.top), aspect="auto", cmap=SIGNED, vmin=-reach, vmax=reach,
        interpolation="nearest", zorder=1,
    )  # fmt: skip


def _label(axes: Any, name: str, shape: Sequence[int], box: Box, role: Role) -> None:
    size = " × ".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]} units"
    middle, shown = box.middle[1], name if len(name) <= 14 else f"{name[:13]}…"
    axes.text(MARGIN, middle - 0.015, shown, ha="left", va="bottom", fontsize=TEXT, color=role.ink)
    axes.text(MARGIN, middle + 0.015, size, ha="left", va="top", fontsize=SMALL, color=FAINT)


def _draw_bars(axes: Any, xray: XRay, classes: Sequence[str], top: float) -> None:
    """A bar for each class, the highest darker, with its share above and its name below."""
    from matplotlib.patches import Rectangle

    room, tall = (WIDTH - 2 * MARGIN - LABEL) / len(classes), 0.62
    for k, (name, share) in enumerate(zip(classes, xray.probabilities)):
        first = k == xray.answer
        x, height = MARGIN + LABEL + (k + 0.5) * room, tall * float(share)
        axes.add_patch(
            Rectangle((x - 0.3 * room, top + tall - height), 0.6 * room, height, facecolor=OUTPUT.line if first else LINE,
                      edgecolor="none")
        )  # fmt: skip
        colour = OUTPUT.ink if first else FAINT
        if share >= 0.005:
            axes.text(
                x, top + tall - height - 0.03, f"{share:.0%}", ha="center", va="bottom", fontsize=SMALL, color=colour
            )
        axes.text(x, top + tall + 0.06, name, ha="center", va="top", fontsize=TEXT, color=BLACK if first else FAINT,
                  fontweight="bold" if first else "normal")  # fmt: skip
    axes.plot([MARGIN + LABEL, WIDTH - MARGIN], [top + tall] * 2, color=LINE, linewidth=0.8)
    _label(axes, xray.sheets[-1].name, xray.probabilities.shape, Box(0, top, 0, tall), OUTPUT)
