"""`fit`: epochs of steps along the gradient, until they are done, nothing improves, or Ctrl-C."""

import math
import time
from pathlib import Path
from typing import Any

from convlab import backend, checks, nn
from convlab.errors import DataError
from convlab.optim import Optimizer, Schedule
from convlab.training import divergence
from convlab.training.batches import as_batches, batches
from convlab.training.evaluation import evaluate
from convlab.training.history import Epoch, History
from convlab.training.progress import Progress
from convlab.training.state import State


def fit(
    model: nn.Module,
    train: Any,
    val: Any = None,
    *,
    optimizer: Optimizer,
    epochs: int,
    schedule: Schedule | None = None,
    loss: Any = None,
    accumulate: int = 1,
    device: str = "cpu",
    out: str | Path | None = None,
    resume: bool = False,
    patience: int | None = None,
    keep_best: bool = False,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Train a network.

    Parameters
    ----------
    model : nn.Module
    train, val : Loader, (images, labels), or a list of batches
        What is learnt from, and what is only looked at after each epoch.
    optimizer : Optimizer
        Over the parameters of `model`.
    epochs : int
        In all; a resumed training counts those behind it.
    schedule : Schedule, optional
        Stepped after each epoch with the validation loss (without `val`, the training loss).
    loss : optional
        Default `nn.CrossEntropyLoss()`.
    accumulate : int
        Add up the gradients of so many batches before each step: the step of one batch so many times as large, in the
        memory of one. (Batch normalisation still sees the single batches.)
    device : "cpu" or "cuda"
    out : folder, optional
        Takes `checkpoint.safetensors` and `history.csv`, written whole before the first epoch and after each, and
        `best.safetensors`, the best weights so far, where they are kept.
    resume : bool
        Go on from the checkpoint in `out`, with the same result, bit for bit, as if there had been no break.
    patience : int, optional
        Stop once the loss that `schedule` would see has not improved for so many epochs, and take back the best weights.
    keep_best : bool
        Take back the weights of the best epoch at the end; `patience` implies it.
    seed : int
        Of everything drawn here: dropout masks, and the order of samples where `train` is a pair of arrays.
    progress : bool
        A bar in a terminal and a notebook, a line per epoch elsewhere (on standard error).

    Returns
    -------
    History

    Raises
    ------
    CheckpointError
        If `out` holds a training already (and `resume` is not set), none (and it is), or one of another network.

    Warns
    -----
    TrainingWarning
        If the loss becomes NaN or infinite: with the likely cause. The training ends there, `history.diverged` is set, and
        the model has the weights of the best epoch, or with `out` those of the last whole one.

    Notes
    -----
    Ctrl-C ends the training with `history.interrupted`; the checkpoint of the last whole epoch stays in `out`.
    """
    seed = checks.integer("fit", "seed", seed, 0)
    state = State(model, optimizer, schedule, patience, keep_best, seed, out)
    epochs = checks.integer("fit", "epochs", epochs, 0)
    accumulate = checks.integer("fit", "accumulate", accumulate, 1)
    train = as_batches("train", train, seed, shuffle=True)
    val = None if val is None else as_batches("val", val, seed, shuffle=False)
    model.to(device)
    state.start(resume)
    bar = Progress(progress, epochs, len(state.history), len(train) if hasattr(train, "__len__") else None)
    try:
        while len(state.history) < epochs and not state.history.stopped_early:
            _one_epoch(state, train, val, loss or nn.CrossEntropyLoss(), accumulate, bar)
    except KeyboardInterrupt:
        state.history.interrupted = True
    except _Diverged as reason:
        _end_diverged(state, reason)
    finally:
        bar.close()
    state.finish()
    return state.history


class _Diverged(Exception):
    """The loss of batch `batch` is no finite number."""

    def __init__(self, batch: int, loss: float, cause: str):
        self.batch, self.loss, self.cause = batch, loss, cause


def _one_epoch(state, train, val, criterion, accumulate, bar):
    model, optimizer, number = state.model, state.optimizer, len(state.history)
    start, lr = time.perf_counter(), optimizer.lr
    model.train()
    model.reseed([state.seed, number])  # an epoch depends on its number alone, so a resumed run repeats it
    losses, correct, count, waiting = [], 0, 0, 0
    total, x = 0.0, None
    for x, labels in batches(train, number):
        logits = model(x)
        losses.append(float(criterion(logits, labels)))
        if not math.isfinite(losses[-1]):
            cause = divergence.likely_cause(x, divergence.is_finite(model), losses[:-1], lr)
            raise _Diverged(len(losses), losses[-1], cause)
        total, count = total + losses[-1] * len(labels), count + len(labels)
        correct += int((backend.to_host(logits).argmax(1) == labels).sum())
        if waiting == 0:
            optimizer.zero_grad()
        # batches that are added up count by their images, so that a short last one does not weigh more
        dy = criterion.backward()
        model.backward(dy if accumulate == 1 else dy * dy.dtype.type(len(labels)), input_grad=False)
        waiting += len(labels)
        if len(losses) % accumulate == 0:
            _step(optimizer, accumulate, waiting)
            waiting = 0
        bar.batch(number, total / count, correct / count)
    if not count:
        raise DataError("fit: train holds no batch; it may be an iterator that is used up")
    if waiting:
        _step(optimizer, accumulate, waiting)
    if not divergence.is_finite(model):
        raise _Diverged(len(losses), math.nan, divergence.likely_cause(x, False, losses, lr))
    val_loss, val_accuracy = (math.nan, math.nan) if val is None else evaluate(model, val, criterion)
    seconds = time.perf_counter() - start
    epoch = Epoch(number + 1, total / count, correct / count, val_loss, val_accuracy, lr, seconds)
    state.history.epochs.append(epoch)
    bar.epoch(epoch)
    state.after_epoch(epoch, epoch.loss if val is None else val_loss)


def _step(optimizer, accumulate, images):
    if accumulate > 1:
        for parameter in optimizer.parameters:
            parameter.grad *= parameter.grad.dtype.type(1 / images)
    optimizer.step()


def _end_diverged(state, reason):
    state.history.diverged = True
    epoch, history = len(state.history) + 1, state.history
    if state.out is None:
        kept = (
            "The weights of the best epoch are taken back" if state.best_state else "The weights are of no use any more"
        )
    else:
        state.read()
        state.history.diverged = True
        kept = f"The weights after {len(history)} whole epochs are in {state.out}"
    divergence.warn(epoch, reason.batch, reason.loss, reason.cause, kept)
