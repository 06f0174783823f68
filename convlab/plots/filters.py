"""The first layer's filters as pictures: what a network looks for in the pixels themselves."""

from typing import TYPE_CHECKING, Any

import numpy as np

from convlab import backend, nn
from convlab.plots.style import SMALL, WIDTH, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 16
MARGIN, GAP, FOOT = 0.12, 0.05, 0.3  # inches


@styled
def first_layer_filters(model: nn.Module) -> "Figure | None":
    """The filters of the first convolution, in colour where it sees colour; None if the network has no such layer.

    Each filter on its own scale: its mean weight is mid-grey, its largest departure from it full brightness or darkness.

    Parameters
    ----------
    model : nn.Module

    Returns
    -------
    matplotlib Figure, or None
    """
    first = next((layer for layer in model.modules() if isinstance(layer, nn.Conv2d)), None)
    if first is None or first.weight.data.shape[1] not in (1, 3):
        return None
    weights = backend.to_host(first.weight.data)
    count, _, height, width = weights.shape
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    side = min((WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns, 0.9)
    figure, axes = canvas(2 * MARGIN + rows * (side * height / width + GAP) + FOOT)
    left = (WIDTH - columns * (side + GAP) + GAP) / 2
    for k, weight in enumerate(weights):
        x = left + k % columns * (side + GAP)
        y = MARGIN + k // columns * (side * height / width + GAP)
        axes.imshow(_as_picture(weight), extent=(x, x + side, y + side * height / width, y), cmap="gray", vmin=0, vmax=1,
                    interpolation="nearest")  # fmt: skip
    text = f"{count} filters of {height} x {width}, each on its own scale"
    axes.text(WIDTH / 2, axes.get_ylim()[0] - MARGIN, text, ha="center", va="bottom", fontsize=SMALL)
    return describe(figure, f"The first layer: {text}.")


def _as_picture(weight: np.ndarray) -> Any:
    "(C, KH, KW) as (KH, KW) or (KH, KW, 3) in 0..1"
    centred = weight - weight.mean()
    picture = 0.5 + 0.5 * centred / max(float(np.abs(centred).max()), 1e-12)
    return picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)
