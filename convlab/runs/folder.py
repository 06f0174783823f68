"""The files of a run folder: written whole, read back, listed and compared."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convlab import checkpoint, nn
from convlab.errors import CheckpointError, ConvlabError
from convlab.training import CHECKPOINT, HISTORY, History

RUNS = Path("runs")
CONFIG, ENVIRONMENT, RESULT = "config.json", "environment.json", "result.json"
WEIGHTS = "weights.safetensors"
PICTURES = ("learning_curve.png", "confusion_matrix.png", "filters.png")


@dataclass(frozen=True)
class Run:
    """What a run folder holds. `problem` says what is wrong with one that cannot be read."""

    folder: Path
    config: dict[str, Any]
    history: History
    result: dict[str, Any]
    problem: str = ""

    @property
    def state(self) -> str:
        """finished, diverged, or how far it has come."""
        if self.problem:
            return "cannot be read"
        if self.result:
            return self.result["state"]
        return f"{len(self.history)} of {self.config['epochs']} epochs"

    def row(self) -> dict[str, Any]:
        """The run in one line, for a table."""
        val = self.history.val_accuracy
        return {
            "run": str(self.folder),
            "network": self.config.get("model", ""),
            "data": self.config.get("data", ""),
            "recipe": self.config.get("recipe", ""),
            "seed": self.config.get("seed"),
            "epochs": len(self.history),
            "val_accuracy": float(val.max()) if len(val) else None,
            "test_accuracy": self.result.get("test_accuracy"),
            "seconds": round(float(self.history.seconds.sum()), 1) if len(val) else None,
            "state": self.state,
            "problem": self.problem,
        }


# ------------------------------------------------------------------------------------------------ writing
def new_folder(config: dict[str, Any], root: Path = RUNS) -> Path:
    """ROOT/MODEL-DATA-N with the first N that is free. What is there is never overwritten."""
    stem, number = f"{config['model']}-{Path(config['data']).stem}", 1
    while (root / f"{stem}-{number}").exists():
        number += 1
    return root / f"{stem}-{number}"


def write_json(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Write one file of the folder, atomically, and make the folder where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"train: cannot make the run folder {folder}: {error.strerror}") from None
    checkpoint.sweep(folder / name)
    with checkpoint.replacing(folder / name) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n")


def write_results(folder: Path, model: nn.Module, history: History, result: dict[str, Any], class_names: tuple) -> None:
    """Weights and pictures, and result.json last: a folder that has one is complete."""
    from convlab.plots import training as plots
    from convlab.plots.filters import first_layer_filters

    checkpoint.sweep(folder / WEIGHTS)
    checkpoint.save(folder / WEIGHTS, model.state_dict())
    counts = plots.confusion_counts(result["labels"], result["probabilities"].argmax(1), len(class_names))
    figures = [plots.learning_curves(history), plots.confusion_matrix(counts, class_names), first_layer_filters(model)]
    for name, figure in zip(PICTURES, figures):
        checkpoint.sweep(folder / name)
        if figure is not None:
            with checkpoint.replacing(folder / name) as temporary:
                figure.savefig(temporary)
    plain = {name: value for name, value in result.items() if name not in ("probabilities", "labels")}
    write_json(folder, RESULT, plain)


# ------------------------------------------------------------------------------------------------ reading
def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        raise CheckpointError(f"there is no readable {path.name} in {path.parent}; it is not a run folder") from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: expected a JSON object, got {type(content).__name__}")
    return content


def read(folder: str | Path) -> Run:
    """What a run folder holds; a run that goes on or was broken off has no result yet.

    Raises
    ------
    CheckpointError
        If it is no run folder, or damaged.
    """
    folder = Path(folder)
    config = _json(folder / CONFIG)
    history = History.from_csv(folder / HISTORY) if (folder / HISTORY).exists() else History()
    return Run(folder, config, history, _json(folder / RESULT) if (folder / RESULT).exists() else {})


def find(root: str | Path = RUNS) -> list[Run]:
    """Every run folder directly below `root`, in order of name; one that is damaged says so in `problem`.

    Raises
    ------
    CheckpointError
        If there is no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise CheckpointError(f"runs: there is no folder {root} here; `convlab train` makes it")
    found = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        if not any((folder / name).exists() for name in (CONFIG, CHECKPOINT, RESULT)):
            continue
        try:
            found.append(read(folder))
        except ConvlabError as error:
            found.append(Run(folder, {}, History(), {}, str(error)))
    return found


def differences(runs: list[Run]) -> dict[str, list[Any]]:
    """The choices in which runs differ: name -> the value in each, None where a run has no such choice.

    >>> one, other = (Run(Path("a"), {"lr": lr, "seed": 0}, History(), {}) for lr in (0.1, 0.2))
    >>> differences([one, other])
    {'lr': [0.1, 0.2]}
    """
    names = dict.fromkeys(name for run in runs for name in run.config)
    table = {name: [run.config.get(name) for run in runs] for name in names}
    return {name: values for name, values in table.items() if any(value != values[0] for value in values)}
