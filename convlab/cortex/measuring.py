"""What an experimenter makes of spike counts: tuning curves, the preferred orientation, receptive fields by chance."""

from typing import Any

import numpy as np

from convlab import checks
from convlab.cortex.cells import Cell
from convlab.errors import ArgumentError, ShapeError


def record(cell: Cell, images: Any, *, trials: int = 10, seconds: float = 1.0, rng: Any = None) -> np.ndarray:
    """Show each picture `trials` times and count spikes: (K, H, W) -> ints (K, trials)."""
    trials = checks.integer("record", "trials", trials, 1)
    seconds = checks.number("record", "seconds", seconds, 0)
    rates = cell.rate(images)
    return np.random.default_rng(rng).poisson(rates[..., np.newaxis] * seconds, (*rates.shape, trials))


def tuning_curve(counts: Any, seconds: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Mean rate for each stimulus, and its standard error, both in spikes per second: (K, trials) -> (K,), (K,).

        rate = mean of counts / seconds            error = standard deviation / sqrt(trials)

    The error of one trial alone is not known: NaN.

    >>> rates, errors = tuning_curve([[4, 6], [0, 0]], seconds=2)
    >>> rates.tolist(), errors.round(3).tolist()
    ([2.5, 0.0], [0.5, 0.0])
    """
    counts = np.asarray(counts, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[1] == 0:
        raise ShapeError(f"tuning_curve: counts must have two axes (stimuli, trials), got {counts.shape}")
    rates = counts / checks.number("tuning_curve", "seconds", seconds, 1e-9)
    trials = counts.shape[1]
    spread = rates.std(axis=1, ddof=1) if trials > 1 else np.full(len(rates), np.nan)
    return rates.mean(axis=1), spread / np.sqrt(trials)


def preferred_orientation(orientations: Any, rates: Any) -> float:
    """The orientation a cell likes best, in degrees from 0 to 180: half the direction of sum rate exp(2 i angle).

    Angles are doubled because 0 and 180 degrees are the same bar: the mean of 10 and 170 is 0, not 90.

    >>> preferred_orientation([10, 170], [5, 5]) % 180 < 1e-6
    True
    """
    return float(np.rad2deg(np.angle(_resultant(orientations, rates))) / 2 % 180)


def orientation_selectivity(orientations: Any, rates: Any) -> float:
    """How choosy a cell is: |sum rate exp(2 i angle)| / sum rate. 0 for all the same, 1 for one orientation alone."""
    return float(np.abs(_resultant(orientations, rates)))


def _resultant(orientations: Any, rates: Any) -> complex:
    angles, rates = np.deg2rad(np.asarray(orientations, dtype=np.float64)), np.asarray(rates, dtype=np.float64)
    if angles.shape != rates.shape or angles.ndim != 1:
        raise ShapeError(
            f"preferred_orientation: orientations and rates must be two rows of one length, got {angles.shape} and "
            f"{rates.shape}"
        )
    total = rates.sum()
    if not total > 0:
        raise ArgumentError("preferred_orientation: the cell gave no spikes at all; show it something else")
    return complex((rates * np.exp(2j * angles)).sum() / total)


def reverse_correlation(images: Any, counts: Any) -> np.ndarray:
    """The mean picture before a spike, minus the mean of all pictures: (T, H, W), (T,) -> (H, W).

        field = sum over t of counts[t] images[t] / sum of counts - mean over t of images[t]

    With white noise and a linear (or rectified) cell it is the receptive field, up to a factor and to chance.

    Source: E. de Boer, P. Kuyper, Triggered correlation, IEEE Transactions on Biomedical Engineering 15, 1968.
    """
    images, counts = np.asarray(images, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    if images.ndim != 3 or counts.shape != images.shape[:1]:
        raise ShapeError(
            f"reverse_correlation: expected images (T, H, W) and counts (T,), got {images.shape} and {counts.shape}"
        )
    if not counts.sum() > 0:
        raise ArgumentError("reverse_correlation: no spike in all these pictures; show more of them")
    return np.tensordot(counts, images, axes=1) / counts.sum() - images.mean(axis=0)
