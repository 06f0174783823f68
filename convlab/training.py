"""Training: `fit` runs epochs, remembers how it went, writes a checkpoint after each, and goes on where it stopped."""

import csv
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from convlab import backend, checkpoint, checks, nn
from convlab.errors import ArgumentError, CheckpointError, ConvlabError, DataError, ShapeError
from convlab.optim import Optimizer, Schedule

CHECKPOINT = "checkpoint.safetensors"
HISTORY = "history.csv"


@dataclass
class Epoch:
    """One line of the history. Losses in nats, accuracies from 0 to 1, NaN where there was no validation set."""

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    lr: float
    seconds: float


@dataclass
class History:
    """How a training went: a list of `epochs`, and their columns `loss`, `accuracy`, `val_loss`, ... as arrays.

    Attributes
    ----------
    epochs : list of Epoch
    interrupted : bool
        Stopped by Ctrl-C.
    stopped_early : bool
        Stopped because the loss had not improved for `patience` epochs.
    """

    epochs: list[Epoch] = field(default_factory=list)
    interrupted: bool = False
    stopped_early: bool = False

    def __len__(self) -> int:
        return len(self.epochs)

    def __getattr__(self, name: str) -> np.ndarray:
        if name in (column.name for column in fields(Epoch)):
            return np.array([getattr(epoch, name) for epoch in self.epochs])
        raise AttributeError(f"History has no column {name!r}")

    def to_csv(self, path: str | Path) -> None:
        """Write a line per epoch, atomically."""
        with checkpoint.replacing(path) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, [column.name for column in fields(Epoch)], lineterminator="\n")
            writer.writeheader()
            writer.writerows(asdict(epoch) for epoch in self.epochs)


# ------------------------------------------------------------------------------------------------ batches
def _batches(data: Any, epoch: int) -> Iterator[tuple[Any, Any]]:
    "a Loader's batches of this epoch, or whatever the iterable gives"
    return data.batches(epoch) if hasattr(data, "batches") else iter(data)


def _as_batches(name: str, data: Any, seed: int, shuffle: bool) -> Any:
    "a pair of arrays becomes a Loader"
    if isinstance(data, tuple) and len(data) == 2 and hasattr(data[0], "ndim") and hasattr(data[1], "ndim"):
        from convlab.data import Loader

        return Loader(data, seed=seed, shuffle=shuffle)
    if not isinstance(data, Iterable) or isinstance(data, Iterator):
        raise ArgumentError(
            f"fit: {name} must be a convlab.data.Loader, a pair (images, labels) or a list of batches, "
            f"got {type(data).__name__}"
        )
    return data


def predict(model: nn.Module, data: Any) -> tuple[np.ndarray, np.ndarray]:
    """Outputs of a network in evaluation mode, and the labels beside them.

    Parameters
    ----------
    model : nn.Module
    data : Loader, or iterable of batches (x, labels)
        Taken in its order; use a Loader with shuffle=False where the order matters.

    Returns
    -------
    outputs : array (samples, ...)
    labels : array (samples,)
    """
    was_training = model.training
    model.eval()
    try:
        pairs = []
        for x, labels in backend.copied_ahead(_batches(data, 0), model.device):
            pairs.append((backend.to_host(model(x)), backend.copy_of(labels)))
    finally:
        model.train(was_training)
    if not pairs:
        raise ShapeError("predict: data holds no batch")
    outputs, labels = zip(*pairs)
    return np.concatenate(outputs), np.concatenate(labels)


def evaluate(model: nn.Module, data: Any, loss: Callable | None = None) -> tuple[float, float]:
    """Mean loss and accuracy of a network over data, in evaluation mode. Default loss: cross-entropy."""
    outputs, labels = predict(model, data)
    return float((loss or nn.CrossEntropyLoss())(outputs, labels)), accuracy(outputs, labels)


def accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Share of rows whose largest output stands at the label.

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    return float(np.mean(outputs.argmax(1) == labels))


# ------------------------------------------------------------------------------------------------ the loop
def fit(
    model: nn.Module,
    train: Any,
    val: Any = None,
    *,
    optimizer: Optimizer,
    epochs: int,
    schedule: Schedule | None = None,
    loss: Any = None,
    device: str = "cpu",
    out: str | Path | None = None,
    resume: bool = False,
    patience: int | None = None,
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
    device : "cpu" or "cuda"
    out : folder, optional
        Takes `checkpoint.safetensors` and `history.csv`, written whole before the first epoch and after each.
    resume : bool
        Go on from the checkpoint in `out`, with the same result, bit for bit, as if there had been no break.
    patience : int, optional
        Stop once the loss that `schedule` would see has not improved for so many epochs, and take back the best weights.
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

    Notes
    -----
    Ctrl-C ends the training with `history.interrupted`; the checkpoint of the last whole epoch stays in `out`.
    """
    run = _Run(
        model, optimizer, schedule, loss or nn.CrossEntropyLoss(), patience, checks.integer("fit", "seed", seed, 0), out
    )
    epochs = checks.integer("fit", "epochs", epochs, 0)
    train = _as_batches("train", train, seed, shuffle=True)
    val = None if val is None else _as_batches("val", val, seed, shuffle=False)
    model.to(device)
    run.start(resume)
    bar = _Progress(progress, epochs, len(run.history), len(train) if hasattr(train, "__len__") else None)
    try:
        while len(run.history) < epochs and not run.history.stopped_early:
            run.one_epoch(train, val, bar)
    except KeyboardInterrupt:
        run.history.interrupted = True
    finally:
        bar.close()
    run.finish()
    return run.history


class _Run:
    """A training between two epochs: everything a checkpoint holds."""

    def __init__(self, model, optimizer, schedule, loss, patience, seed, out):
        self.model, self.optimizer, self.schedule, self.loss = model, optimizer, schedule, loss
        self.seed, self.history = seed, History()
        self.patience = None if patience is None else checks.integer("fit", "patience", patience, 1)
        self.best_loss, self.best_epoch, self.best_state = math.inf, 0, None
        self.out = None if out is None else Path(out)
        own = {id(p) for p in model.parameters()}
        if not all(id(p) in own for p in optimizer.parameters):
            raise ArgumentError(
                "fit: optimizer has parameters that are not the model's; make it from model.parameters()"
            )
        if schedule is not None and schedule.optimizer is not optimizer:
            raise ArgumentError("fit: schedule changes another optimizer than this one; make it from this optimizer")

    # -------------------------------------------------------------------------------------- checkpoints
    def start(self, resume):
        if self.out is None:
            if resume:
                raise ArgumentError("fit: resume=True needs out, the folder of the checkpoint")
            return
        there = os.path.exists(self.out / CHECKPOINT)  # Path.exists would raise where it may not look
        if resume and not there:
            raise CheckpointError(f"fit: there is no {CHECKPOINT} in {self.out}; leave out resume to start a training")
        if there and not resume:
            raise CheckpointError(
                f"fit: {self.out} holds a training already; resume=True goes on with it, another out starts anew"
            )
        for name in (CHECKPOINT, HISTORY):
            checkpoint.sweep(self.out / name)
        if resume:
            self._read()
            self.history.to_csv(self.out / HISTORY)  # a kill may have fallen between the two files
            return
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"fit: cannot make the folder {self.out}: {error.strerror}") from None
        self._write()

    def _write(self):
        optimizer = self.optimizer.state_dict()
        arrays = {f"optimizer.{name}": value for name, value in optimizer.items() if isinstance(value, np.ndarray)}
        arrays |= {f"model.{name}": array for name, array in self.model.state_dict().items()}
        arrays |= {f"best.{name}": array for name, array in (self.best_state or {}).items()}
        metadata = {
            "optimizer": type(self.optimizer).__name__,
            "numbers": {name: value for name, value in optimizer.items() if not isinstance(value, np.ndarray)},
            "schedule": self.schedule and [type(self.schedule).__name__, self.schedule.state_dict()],
            "history": [asdict(epoch) for epoch in self.history.epochs],
            "stopped_early": self.history.stopped_early,
            "best": [self.best_loss, self.best_epoch],
            "seed": self.seed,
        }
        checkpoint.save(self.out / CHECKPOINT, arrays, metadata=metadata)
        self.history.to_csv(self.out / HISTORY)

    def _read(self):
        path = self.out / CHECKPOINT
        arrays, metadata = checkpoint.load_with_metadata(path)
        if not isinstance(metadata, dict):
            raise CheckpointError(f"fit: {path} holds weights but no training; load them with model.load_state_dict")
        model, optimizer = self.model.state_dict(), self.optimizer.state_dict()
        try:
            self._take(arrays, metadata)
        except (ConvlabError, KeyError, TypeError, ValueError, AttributeError) as error:
            self.model.load_state_dict(model)
            self.optimizer.load_state_dict(optimizer)
            if isinstance(error, CheckpointError):
                raise
            raise CheckpointError(f"fit: {path} does not belong to this training: {error}") from None

    def _take(self, arrays, metadata):
        parts = {"model": {}, "optimizer": {}, "best": {}}
        for name, array in arrays.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = array
        schedule = self.schedule and type(self.schedule).__name__
        for what, was, now in (
            ("the seed", metadata["seed"], self.seed),
            ("the optimiser", metadata["optimizer"], type(self.optimizer).__name__),
            ("the schedule", metadata["schedule"] and metadata["schedule"][0], schedule),
        ):
            if was != now:
                raise CheckpointError(
                    f"fit: cannot resume from {self.out / CHECKPOINT}: {what} was {was}, now it is {now}"
                )
        history = History([Epoch(**epoch) for epoch in metadata["history"]])
        best_loss, best_epoch = metadata["best"]
        # with more patience than before, or none asked for, it goes on
        patient = self.patience is None or len(history) - best_epoch < self.patience
        history.stopped_early = metadata["stopped_early"] and not patient
        self.model.load_state_dict(parts["model"])
        self.optimizer.load_state_dict(parts["optimizer"] | metadata["numbers"])
        if self.schedule:
            self.schedule.load_state_dict(metadata["schedule"][1])
        self.history, self.best_loss, self.best_epoch = history, best_loss, best_epoch
        self.best_state = parts["best"] or None

    # -------------------------------------------------------------------------------------- one epoch
    def one_epoch(self, train, val, bar):
        number = len(self.history)
        start, lr = time.perf_counter(), self.optimizer.lr
        self.model.train()
        self.model.reseed([self.seed, number])  # an epoch depends on its number alone, so a resumed run repeats it
        losses = correct = count = 0
        for x, labels in backend.copied_ahead(_batches(train, number), self.model.device):
            logits = self.model(x)
            loss = float(self.loss(logits, labels))
            self.optimizer.zero_grad()
            self.model.backward(self.loss.backward(), input_grad=False)
            self.optimizer.step()
            losses, count = losses + loss * len(labels), count + len(labels)
            correct += int((backend.to_host(logits).argmax(1) == backend.to_host(labels)).sum())
            bar.batch(number, losses / count, correct / count)
        if not count:
            raise DataError("fit: train holds no batch; it may be an iterator that is used up")
        val_loss, val_accuracy = (math.nan, math.nan) if val is None else evaluate(self.model, val, self.loss)
        self.history.epochs.append(
            Epoch(number + 1, losses / count, correct / count, val_loss, val_accuracy, lr, time.perf_counter() - start)
        )
        bar.epoch(self.history.epochs[-1])
        watched = losses / count if val is None else val_loss
        self._watch(watched, number + 1)
        if self.schedule:
            self.schedule.step(watched)
        if self.out is not None:
            self._write()

    def _watch(self, watched, number):
        if self.patience is None:
            return
        if watched < self.best_loss:
            self.best_loss, self.best_epoch, self.best_state = watched, number, self.model.state_dict()
        self.history.stopped_early = number - self.best_epoch >= self.patience

    def finish(self):
        if self.best_state is not None and not self.history.interrupted:
            self.model.load_state_dict(self.best_state)


class _Progress:
    """A bar where there is one to look at, otherwise a line per epoch."""

    def __init__(self, wanted, epochs, done, batches):
        self.lines = self.bar = None
        if not wanted or done >= epochs or sys.stderr is None:
            return
        from convlab.data.progress import is_notebook

        if sys.stderr.isatty() or is_notebook():
            from tqdm.auto import tqdm

            total = None if batches is None else epochs * batches
            self.bar = tqdm(total=total, initial=done * (batches or 0), unit="batch", leave=True)
        else:
            self.lines = epochs

    def batch(self, number, loss, share):
        if self.bar is not None:
            self.bar.set_description(f"epoch {number + 1}", refresh=False)
            self.bar.set_postfix_str(f"loss {loss:.3f}, accuracy {share:.3f}", refresh=False)
            self.bar.update()

    def epoch(self, epoch):
        if self.lines:
            val = (
                ""
                if math.isnan(epoch.val_loss)
                else f", val loss {epoch.val_loss:.4f}, val accuracy {epoch.val_accuracy:.4f}"
            )
            print(
                f"epoch {epoch.epoch}/{self.lines}: loss {epoch.loss:.4f}, accuracy {epoch.accuracy:.4f}{val}",
                file=sys.stderr,
            )

    def close(self):
        if self.bar is not None:
            self.bar.close()
