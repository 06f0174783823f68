"""An experiment: an electrode beside one cell, a bar on the screen, and a list of what was shown and what was heard."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from convlab import checks
from convlab.cortex.cells import Cell
from convlab.cortex.spikes import spike_times
from convlab.cortex.stimuli import bar


@dataclass(frozen=True, eq=False)
class Trial:
    """One bar, shown once: what it was, the picture (H, W), and the moments of the spikes in seconds (spikes,)."""

    orientation: float
    x: float
    y: float
    width: float
    length: float
    contrast: float
    image: np.ndarray
    times: np.ndarray

    @property
    def spikes(self) -> int:
        """How many spikes there were."""
        return len(self.times)

    def sentence(self) -> str:
        """What was shown and what was heard, in words."""
        shade = "light" if self.contrast > 0 else "dark"
        where = f"{abs(self.x):g} {'left' if self.x < 0 else 'right'}, {abs(self.y):g} {'down' if self.y < 0 else 'up'}"
        spikes = f"{self.spikes} {'spike' if self.spikes == 1 else 'spikes'}"
        return (
            f"A {shade} bar, {self.length:g} long and {self.width:g} wide, at {self.orientation:g}°, {where}: {spikes}."
        )


class Experiment:
    """Bars shown to one cell, and a record of all trials.

    Parameters
    ----------
    cell : Cell
    seconds : how long each bar is shown
    seed : of the spikes; the same seed and the same bars give the same spikes

    >>> from convlab import cortex
    >>> experiment = Experiment(cortex.SimpleCell.gabor(33, 60), seed=1)
    >>> good, bad = experiment.show(60), experiment.show(150)
    >>> good.spikes > bad.spikes, len(experiment.trials)
    (True, 2)
    """

    def __init__(self, cell: Cell, *, seconds: float = 1.0, seed: int = 0):
        self.cell = cell
        self.seconds = checks.number("Experiment", "seconds", seconds, 1e-3)
        self.seed = checks.integer("Experiment", "seed", seed, 0)
        self.forget()

    def forget(self) -> None:
        """Throw the record away and begin anew, with the same chances."""
        self.trials: list[Trial] = []
        self._rng = np.random.default_rng(self.seed)

    def show(
        self, orientation: float, *, x: float = 0.0, y: float = 0.0, width: float = 4.0, length: float = 24.0,
        contrast: float = 1.0,
    ) -> Trial:  # fmt: skip
        """Show a bar once, and write down what was heard. Arguments as `convlab.cortex.bar`."""
        image = bar(self.cell.shape, orientation, x=x, y=y, width=width, length=length, contrast=contrast)
        times = spike_times(float(self.cell.rate(image)), self.seconds, self._rng)
        trial = Trial(orientation, x, y, width, length, contrast, image, times)
        self.trials.append(trial)
        return trial

    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Orientation (degrees, 0 to 180) and spikes of every trial so far. (T,), (T,)"""
        shown: list[Any] = [(trial.orientation % 180, trial.spikes) for trial in self.trials]
        table = np.array(shown, dtype=np.float64).reshape(-1, 2)
        return table[:, 0], table[:, 1].astype(int)
