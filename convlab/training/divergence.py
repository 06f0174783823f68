"""When the loss is no number any more: the likely cause, in words."""

import warnings
from typing import Any

import numpy as np

from convlab import backend, nn

RISE = 3.0  # times the lowest mean loss: from here on a growing loss is taken for a step that is too long
RECENT = 20  # batches that the story of the loss is told from


class TrainingWarning(UserWarning):
    """Something about a training that its owner should know: the loss is NaN, and why that may be."""


def is_finite(model: nn.Module) -> bool:
    """Whether every parameter and running statistic is a finite number."""
    return all(np.isfinite(backend.to_host(array)).all() for array in model.state_dict().values())


def likely_cause(x: Any, weights_were_finite: bool, losses: list[float], lr: float) -> str:
    """Why the loss of a batch may have become NaN or infinite, and what to do.

    Parameters
    ----------
    x : array
        The batch.
    weights_were_finite : bool
        Whether the weights the batch was seen with are all finite.
    losses : list of float
        Those of the batches before, of this epoch.
    lr : float
    """
    pixels = backend.to_host(x)
    if not np.isfinite(pixels).all():
        which = int(np.flatnonzero(~np.isfinite(pixels).reshape(len(pixels), -1).all(1))[0])
        return f"image {which} of the batch holds NaN or infinity; look at the data and its normalisation"
    recent = [loss for loss in losses[-RECENT:] if np.isfinite(loss)]
    if len(recent) > 1 and recent[-1] > RISE * min(recent):
        return (
            f"the loss had risen from {min(recent):.3g} to {recent[-1]:.3g} within {len(recent) - recent.index(min(recent))} "
            f"batches, so the steps are too long; try a learning rate of {lr / 10:.2g} instead of {lr:.2g}"
        )
    if not weights_were_finite and not losses:
        return "the weights held NaN or infinity before the first step; start from other weights"
    if not weights_were_finite:
        return f"one step threw the weights out of range; try a learning rate of {lr / 10:.2g} instead of {lr:.2g}"
    largest = float(np.abs(pixels).max(initial=0))
    if largest > 100:
        return f"pixels reach {largest:.3g}; bring them to about -1 to 1 with data.Normalize"
    return f"a number grew too large for its type; try a learning rate of {lr / 10:.2g} instead of {lr:.2g}"


def warn(epoch: int, batch: int, loss: float, cause: str, kept: str) -> None:
    """Say once that a training cannot go on, why that may be, and what is left."""
    warnings.warn(
        f"fit: the loss is {loss} in epoch {epoch}, batch {batch}; likely cause: {cause}. {kept}",
        TrainingWarning,
        stacklevel=4,  # the line that called fit
    )
