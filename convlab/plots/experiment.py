"""The Hubel-Wiesel experiment as one picture: the screen, the last spikes, and spikes over orientation so far."""

from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.cortex.experiment import Experiment
from convlab.errors import StateError
from convlab.plots.cells import Box
from convlab.plots.screens import draw_screen
from convlab.plots.style import FAINT, INPUT, OUTPUT, SMALL, TEXT, WIDTH, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, HEAD, GAP = 0.15, 0.34, 0.45  # inches
SCREEN = 3.0
LINES = 5  # trials drawn as strokes
LINE = 0.22


@styled
def experiment_board(experiment: Experiment, *, reveal: bool = False) -> "Figure":
    """The screen with the last bar, the spikes of the last trials, and spikes over orientation of all trials.

    Parameters
    ----------
    experiment : convlab.cortex.Experiment
        With at least one trial.
    reveal : outline the cell's receptive field on the screen

    Returns
    -------
    matplotlib Figure
    """
    if not experiment.trials:
        raise StateError("experiment_board: nothing was shown yet; call experiment.show(90) first")
    last = experiment.trials[-1]
    H, W = last.image.shape
    figure, axes = canvas(2 * MARGIN + HEAD + SCREEN * H / W)
    box = Box(MARGIN, MARGIN + HEAD, SCREEN, SCREEN * H / W)
    draw_screen(axes, last.image, box, experiment.cell.territory() if reveal else None)
    axes.text(box.left, box.top - 0.09, "screen", va="bottom", fontsize=TEXT, color=INPUT.ink)
    left = box.right + GAP
    _last_trials(axes, experiment, left)
    _all_trials(figure, axes, experiment, left, MARGIN + HEAD + LINES * LINE + 0.62)
    count = len(experiment.trials)
    return describe(figure, f"{last.sentence()} {count} {'trial' if count == 1 else 'trials'} so far.")


def _last_trials(axes: Any, experiment: Experiment, left: float) -> None:
    """Strokes of the last trials, the newest above and in the colour of an output."""
    right = WIDTH - MARGIN - 0.42
    axes.text(left, MARGIN + HEAD - 0.09, "last trials, 1 s" if experiment.seconds == 1 else "last trials",
              va="bottom", fontsize=TEXT, color=OUTPUT.ink)  # fmt: skip
    axes.text(WIDTH - MARGIN, MARGIN + HEAD - 0.09, "spikes", ha="right", va="bottom", fontsize=TEXT, color=OUTPUT.ink)
    scale = (right - left) / experiment.seconds
    for k in range(LINES):
        y = MARGIN + HEAD + (k + 0.5) * LINE
        axes.plot([left, right], [y, y], color="#D9D9D9", linewidth=1)
        if k < len(experiment.trials):
            trial = experiment.trials[-1 - k]
            colour = OUTPUT.line if k == 0 else "#8A8A8A"
            axes.vlines(left + trial.times * scale, y - 0.08, y + 0.08, color=colour, linewidth=1.4)
            axes.text(WIDTH - MARGIN, y, f"{trial.spikes}", ha="right", va="center", fontsize=TEXT,
                      color=OUTPUT.ink if k == 0 else FAINT, fontweight="bold" if k == 0 else "normal")  # fmt: skip


def _all_trials(figure: Any, axes: Any, experiment: Experiment, left: float, top: float) -> None:
    """Spikes over orientation: a ring for each trial, the last one filled."""
    height = figure.get_figheight()
    bottom = height - MARGIN - 0.42
    axes.text(left, top - 0.09, "spikes over orientation, all trials", va="bottom", fontsize=TEXT, color=OUTPUT.ink)
    inner = figure.add_axes(
        ((left + 0.3) / WIDTH, 1 - bottom / height, (WIDTH - MARGIN - left - 0.3) / WIDTH, (bottom - top) / height)
    )
    angles, counts = experiment.counts()
    inner.plot(angles, counts, "o", color="#8A8A8A", markersize=6, fillstyle="none", markeredgewidth=1.4)
    inner.plot(angles[-1:], counts[-1:], "o", color=OUTPUT.line, markersize=8)
    inner.set(xlim=(-6, 186), ylim=(-1.5, max(12.0, 1.15 * float(counts.max()))), xticks=np.arange(0, 181, 45))
    inner.set_xlabel("degrees", fontsize=SMALL, labelpad=1)
    inner.tick_params(labelsize=SMALL)
