"""How a training went: a line per epoch."""

import csv
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np

from convlab import checkpoint
from convlab.errors import CheckpointError


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
    diverged : bool
        Stopped because the loss was no finite number any more.
    best_epoch : int
        The epoch whose weights were taken back, or would be; 0 where the best was not kept.
    """

    epochs: list[Epoch] = field(default_factory=list)
    interrupted: bool = False
    stopped_early: bool = False
    diverged: bool = False
    best_epoch: int = 0

    def __len__(self) -> int:
        return len(self.epochs)

    def __getattr__(self, name: str) -> np.ndarray:
        if name in (column.name for column in fields(Epoch)):
            return np.array([getattr(epoch, name) for epoch in self.epochs])
        raise AttributeError(f"History has no column {name!r}")

    @classmethod
    def from_csv(cls, path: str | Path) -> "History":
        """Read what `to_csv` wrote.

        Raises
        ------
        CheckpointError
            If the file cannot be read or is no history.
        """
        try:
            with open(path, newline="") as file:
                reader = csv.DictReader(file)
                rows = list(reader)
            if reader.fieldnames != [column.name for column in fields(Epoch)]:
                raise ValueError
            return cls([Epoch(int(row.pop("epoch")), **{name: float(row[name]) for name in row}) for row in rows])
        except OSError as error:
            raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from None
        except (KeyError, TypeError, ValueError):
            raise CheckpointError(f"cannot read {path}: it is damaged or not the history of a training") from None

    def to_csv(self, path: str | Path) -> None:
        """Write a line per epoch, atomically."""
        with checkpoint.replacing(path) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, [column.name for column in fields(Epoch)], lineterminator="\n")
            writer.writeheader()
            writer.writerows(asdict(epoch) for epoch in self.epochs)
