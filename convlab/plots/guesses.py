"""A digit, and what one or two networks make of it: ten probabilities each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.errors import LabelError, ShapeError
from convlab.plots.cells import Box
from convlab.plots.pictures import as_picture, draw_picture, grey_scale
from convlab.plots.style import FAINT, INPUT, OUTPUT, SMALL, TEXT, WIDTH, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, HEAD, SIDE, ROW = 0.15, 0.34, 2.1, 0.21
RIGHT, WRONG = "#0072B2", "#D55E00"  # as the cards of the checker have them


@styled
def digit_guesses(image: Any, probabilities: Mapping[str, Any], label: int, *, credit: str = "") -> "Figure":
    """A digit on the left, and beside it the probabilities of each network, with its guess and whether it is right.

    Parameters
    ----------
    image : (H, W)
    probabilities : name -> (10,), one or two networks
    label : the true digit
    credit : who wrote the digit

    Returns
    -------
    matplotlib Figure

    >>> digit_guesses(np.eye(8), {"MLP": np.eye(10)[3]}, 3).get_label()
    'A handwritten 3. MLP: 3 with 100 %, right.'
    """
    picture = as_picture("digit_guesses", image)
    if not 1 <= len(probabilities) <= 2:
        raise ShapeError(f"digit_guesses: expected one or two networks, got {len(probabilities)}")
    if not 0 <= label <= 9:
        raise LabelError(f"digit_guesses: label must be a digit from 0 to 9, got {label}")
    figure, axes = canvas(2 * MARGIN + HEAD + max(SIDE, 10 * ROW) + (0.25 if credit else 0.05))
    top = MARGIN + HEAD
    draw_picture(axes, picture, Box(MARGIN, top, SIDE, SIDE), scale=grey_scale(picture), role=INPUT)
    axes.text(MARGIN, top - 0.09, f"a handwritten {label}", va="bottom", fontsize=TEXT, color=INPUT.ink)
    left, words = MARGIN + SIDE + 0.35, []
    width = (WIDTH - MARGIN - left - 0.35 * (len(probabilities) - 1)) / len(probabilities)
    for name, values in probabilities.items():
        words.append(_bars(axes, name, np.asarray(values, dtype=np.float64), label, left, top, width))
        left += width + 0.35
    if credit:
        axes.text(MARGIN, axes.get_ylim()[0] - 0.08, f"Digit: {credit}", va="bottom", fontsize=SMALL, color=FAINT)
    return describe(figure, f"A handwritten {label}. {'; '.join(words)}.")


def _bars(axes: Any, name: str, values: np.ndarray, label: int, left: float, top: float, width: float) -> str:
    """Ten bars of one network; returns its guess in words."""
    from matplotlib.patches import Rectangle

    if values.shape != (10,):
        raise ShapeError(f"digit_guesses: {name!r} must be 10 probabilities, got shape {values.shape}")
    guess = int(values.argmax())
    colour, sign, word = (RIGHT, "✓", "right") if guess == label else (WRONG, "✗", "wrong")
    axes.text(left, top - 0.09, f"{name}: {guess} {sign}", va="bottom", fontsize=TEXT, color=colour, fontweight="bold")
    room = width - 0.85
    for digit, value in enumerate(values):
        y = top + digit * ROW
        fill = colour if digit == guess else OUTPUT.fill
        axes.add_patch(Rectangle((left + 0.25, y + 0.03), room * float(value), ROW - 0.06, facecolor=fill))
        axes.plot([left + 0.25] * 2, [y, y + ROW], color=FAINT, linewidth=0.8)
        axes.text(left + 0.17, y + ROW / 2, str(digit), ha="right", va="center", fontsize=SMALL,
                  fontweight="bold" if digit == label else "normal")  # fmt: skip
        if value >= 0.005:
            axes.text(left + 0.3 + room * float(value), y + ROW / 2, f"{100 * value:.0f} %", va="center", fontsize=SMALL,
                      color=FAINT)  # fmt: skip
    return f"{name}: {guess} with {100 * values[guess]:.0f} %, {word}"
