"""`convlab train`: from a data set to a trained network, its curves and its confusion matrix, in one run folder."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from convlab import records
from convlab.cli.errors import one_line_errors
from convlab.errors import ArgumentError, CheckpointError

WEIGHTS = "weights.safetensors"
CONFIG = "config.json"


@dataclass(frozen=True)
class Recipe:
    """How a network is trained unless the command says otherwise."""

    size: int  # height and width of its input
    epochs: dict[str, int]  # by data set; "" for all others
    batch_size: int
    lr: float
    shift: int  # pixels that training images are moved at most

    def epochs_for(self, data: str) -> int:
        return self.epochs.get(data, self.epochs[""])


RECIPES = {"lenet5": Recipe(32, {"digits": 40, "": 12}, 32, 2e-3, 2)}


@one_line_errors
def train(
    model: Annotated[str, typer.Argument(help="Name of a network, such as lenet5.")],
    data: Annotated[
        str, typer.Option(help="A name (see `convlab data list`), a folder, a .zip or an .npz.")
    ] = "digits",
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs in all.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the first weights, the order of images and all else drawn.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Run folder; else the next free one in runs/.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the training in the run folder (--out).")
    ] = False,
    variant: Annotated[str | None, typer.Option(help="Variant of the network, such as 1998.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Images per step.")] = None,
    lr: Annotated[float | None, typer.Option(help="First learning rate of Adam; it falls along a cosine.")] = None,
    runs: Annotated[
        int, typer.Option(min=1, help="Train so many times, with the seeds that follow, and give the mean.")
    ] = 1,
    record: Annotated[bool, typer.Option("--record", help="Write a dated record to benchmarks/results/.")] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the kernels; results do not depend on it.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the last line.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a network and test it once, at the end.

    Leaves in the run folder: weights.safetensors, history.csv, learning_curve.png, confusion_matrix.png, config.json, and
    checkpoint.safetensors to go on from. The last line printed is `test accuracy 0.9xxx`.
    """
    configs = [_config(model, data, epochs, seed + number, variant, batch_size, lr) for number in range(runs)]
    if runs > 1 and (out or resume):
        raise ArgumentError("train: --runs trains several times, each in a new folder; leave out --out and --resume")
    say = (lambda text: None) if quiet or as_json else print
    results = []
    for config in configs:
        folder = _run_folder(config, out, resume)
        result = run(config, folder, device=device, resume=resume, threads=threads, say=say, progress=not quiet)
        if result is None:
            print(f"convlab: stopped; `--resume --out {folder}` goes on after the last whole epoch", file=sys.stderr)
            raise typer.Exit(130)
        say(f"weights, history and pictures in {folder}")
        results.append(result)
    summary = _summarize(configs[0], results)
    if record:
        name = "-".join(filter(None, ["train", model, variant, Path(data).stem]))
        say(f"record: {records.write(name, summary)}")
    if as_json:
        print(json.dumps(summary if runs > 1 else results[0], indent=2))
    else:
        print(f"test accuracy {summary['test_accuracy']:.4f}" + (f" (mean of {runs} runs)" if runs > 1 else ""))


def _summarize(config, results) -> dict[str, Any]:
    """One record of several runs: what they share, their mean, and each by its seed."""
    own = ("seed", "val_accuracy", "test_accuracy", "seconds")
    shares = [result["test_accuracy"] for result in results]
    return {
        **{name: value for name, value in config.items() if name != "seed"},
        "parameters": results[0]["parameters"],
        "epoch": "the last",
        "test_accuracy": sum(shares) / len(shares),
        "test_accuracy_lowest": min(shares),
        "seconds": sum(result["seconds"] for result in results) / len(results),
        "runs": [{name: result[name] for name in own} for result in results],
    }


def _config(model, data, epochs, seed, variant, batch_size, lr) -> dict[str, Any]:
    from convlab import models

    if model not in RECIPES:
        known = model in models.names()
        problem = f"there is no recipe for {model!r} yet" if known else f"there is no network {model!r}"
        raise ArgumentError(f"train: {problem}; there are {', '.join(RECIPES)}")
    recipe = RECIPES[model]
    return {
        "model": model,
        "options": {"variant": variant} if variant else {},
        "data": data,
        "size": recipe.size,
        "epochs": recipe.epochs_for(data) if epochs is None else epochs,
        "batch_size": batch_size or recipe.batch_size,
        "lr": recipe.lr if lr is None else lr,
        "shift": recipe.shift,
        "seed": seed,
    }


def _run_folder(config, out, resume) -> Path:
    """The folder that was asked for, or runs/MODEL-DATA-N with the first free N. What is there is never overwritten."""
    if out is None and resume:
        raise ArgumentError("train: --resume needs --out, the run folder to go on in")
    if out is None:
        stem = f"{config['model']}-{Path(config['data']).stem}"
        number = 1
        while (Path("runs") / f"{stem}-{number}").exists():
            number += 1
        return Path("runs") / f"{stem}-{number}"
    if not resume and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CheckpointError(f"train: {out} exists and is not empty; use --resume to go on in it, or another --out")
    if resume:
        _same_config(config, out)
    return out


def _same_config(config, out):
    try:
        before = json.loads((out / CONFIG).read_text())
    except (OSError, ValueError):
        raise CheckpointError(
            f"train: there is no readable {CONFIG} in {out}; it is not a run folder to resume"
        ) from None
    for name in config.keys() - {"epochs"}:
        if before.get(name) != config[name]:
            raise CheckpointError(
                f"train: {out} was trained with {name} {before.get(name)!r}, not {config[name]!r}; "
                "resume with the same options, or use another --out"
            )


def run(config, folder, *, device="cpu", resume=False, threads=None, say=print, progress=True) -> dict[str, Any] | None:
    """Train, test once and write everything to the folder. None if Ctrl-C ended the training."""
    from convlab import backend, jit, manual_seed, models, optim, training

    start = time.perf_counter()
    backend.kernels(device)
    if threads is not None:
        jit.set_threads(threads)
    train_loader, val_loader, test_loader, class_names = _loaders(config)
    channels = train_loader.images.shape[1]
    manual_seed(config["seed"])
    network = models.create(config["model"], num_classes=len(class_names), in_channels=channels, **config["options"])
    sizes = tuple(len(loader.labels) for loader in (train_loader, val_loader, test_loader))
    say(f"{config['model']}: {network.count_parameters():,} parameters; {config['data']}: {sizes[0]:,} images to learn from, "
        f"{sizes[1]:,} to watch, {sizes[2]:,} to test")  # fmt: skip
    optimizer = optim.Adam(network.parameters(), lr=config["lr"])
    schedule = optim.CosineAnnealingLR(optimizer, config["epochs"])
    _write_config(folder, config)
    history = training.fit(
        network, train_loader, val_loader, optimizer=optimizer, schedule=schedule, epochs=config["epochs"],
        device=device, out=folder, resume=resume, seed=config["seed"], progress=progress,
    )  # fmt: skip
    if history.interrupted:
        return None
    outputs, labels = training.predict(network, test_loader)
    _write_results(folder, network, history, labels, outputs.argmax(1), class_names)
    return {
        **config,
        "parameters": network.count_parameters(),
        "epochs": len(history),
        "val_accuracy": [round(float(share), 6) for share in history.val_accuracy],
        "test_accuracy": training.accuracy(outputs, labels),
        "seconds": round(time.perf_counter() - start, 1),
        "folder": str(folder),
    }


def _loaders(config):
    """Training, held-out and test batches. What is held out comes from the training images: test images choose nothing."""
    from convlab import data

    whole = data.load(config["data"], "train", size=config["size"])
    rest, held_out = whole.holdout(min(5000, len(whole) // 10))
    test = data.load(config["data"], "test", size=config["size"])
    normalize = data.Normalize.fit(rest)
    common = {"batch_size": config["batch_size"], "normalize": normalize}
    train_loader = data.Loader(rest, seed=config["seed"], augment=data.Shift(config["shift"]), **common)
    return train_loader, *(data.Loader(part, shuffle=False, **common) for part in (held_out, test)), whole.class_names


def _write_config(folder, config):
    from convlab.checkpoint import replacing

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"train: cannot make the run folder {folder}: {error.strerror}") from None
    with replacing(folder / CONFIG) as temporary:
        temporary.write_text(json.dumps(config, indent=2) + "\n")


def _write_results(folder, network, history, labels, predictions, class_names):
    from convlab import checkpoint
    from convlab.plots import training as plots

    checkpoint.save(folder / WEIGHTS, network.state_dict())
    counts = plots.confusion_counts(labels, predictions, len(class_names))
    for name, figure in (
        ("learning_curve.png", plots.learning_curves(history)),
        ("confusion_matrix.png", plots.confusion_matrix(counts, class_names)),
    ):
        with checkpoint.replacing(folder / name) as temporary:
            figure.savefig(temporary)
