"""A training between two epochs: everything a checkpoint holds, written to and read from the run folder."""

import math
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np

from convlab import checkpoint, checks
from convlab.errors import ArgumentError, CheckpointError, ConvlabError
from convlab.training.history import Epoch, History

CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"
HISTORY = "history.csv"


class State:
    """Model, optimiser, schedule, history, and the weights of the best epoch so far."""

    def __init__(self, model, optimizer, schedule, patience, keep_best, seed, out):
        self.model, self.optimizer, self.schedule = model, optimizer, schedule
        self.seed, self.history = seed, History()
        self.patience = None if patience is None else checks.integer("fit", "patience", patience, 1)
        self.keep_best = checks.flag("fit", "keep_best", keep_best) or patience is not None
        self.best_loss, self.best_state = math.inf, None
        self.out = None if out is None else Path(out)
        own = {id(p) for p in model.parameters()}
        if not all(id(p) in own for p in optimizer.parameters):
            raise ArgumentError(
                "fit: optimizer has parameters that are not the model's; make it from model.parameters()"
            )
        if schedule is not None and schedule.optimizer is not optimizer:
            raise ArgumentError("fit: schedule changes another optimizer than this one; make it from this optimizer")

    def start(self, resume: bool) -> None:
        """Make the run folder, or take over what is in it."""
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
        for name in (CHECKPOINT, BEST, HISTORY):
            checkpoint.sweep(self.out / name)
        if resume:
            self.read()
            self.history.to_csv(self.out / HISTORY)  # a kill may have fallen between the two files
            return
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"fit: cannot make the folder {self.out}: {error.strerror}") from None
        self._write()

    def after_epoch(self, epoch: Epoch, watched: float) -> None:
        """Keep the weights of an epoch if they are the best, step the schedule, and write all down."""
        improved = self.keep_best and watched < self.best_loss
        if improved:
            self.best_loss, self.best_state = watched, self.model.state_dict()
            self.history.best_epoch = epoch.epoch
        if self.patience is not None:
            self.history.stopped_early = epoch.epoch - self.history.best_epoch >= self.patience
        if self.schedule:
            self.schedule.step(watched)
        if self.out is None:
            return
        if improved:  # before the checkpoint: a kill between the two repeats this epoch, with the same weights
            checkpoint.save(self.out / BEST, self.best_state)
        self._write()

    def finish(self) -> None:
        """Leave the model with the best weights, where they were to be kept."""
        if self.best_state is not None and not self.history.interrupted:
            self.model.load_state_dict(self.best_state)

    # ------------------------------------------------------------------------------------------ the checkpoint
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
            "best": [self.best_loss, self.history.best_epoch],
            "seed": self.seed,
        }
        checkpoint.save(self.out / CHECKPOINT, arrays, metadata=metadata)
        self.history.to_csv(self.out / HISTORY)

    def read(self) -> None:
        """Take over the checkpoint: all of it, or nothing and an error."""
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
        self.history = history
        if self.keep_best and parts["best"]:
            self.best_loss, self.best_state, history.best_epoch = best_loss, parts["best"], best_epoch
