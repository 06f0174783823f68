"""`convlab train`: from a data set to a trained network, its curves and its confusion matrix, in one run folder."""

import contextlib
import json
import sys
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from convlab.cli.errors import one_line_errors
from convlab.errors import ArgumentError, CheckpointError

RECIPE, IMAGES, TEST, RUN = "How to train", "Training images", "The test", "The run"


def _choice(text: str, panel: str = RECIPE, **more) -> Any:
    return typer.Option(help=text, rich_help_panel=panel, **more)


@one_line_errors
def train(
    model: Annotated[str, typer.Argument(help="Name of a network, such as lenet5 or alexnet_small.")],
    data: Annotated[
        str, typer.Option(help="A name (see `convlab data list`), a folder, a .zip or an .npz.")
    ] = "digits",
    recipe: Annotated[str | None, _choice("adam, 2012 or modern; else what suits the network and the data.")] = None,
    epochs: Annotated[int | None, _choice("Epochs in all.", min=1)] = None,
    batch_size: Annotated[int | None, _choice("Images per batch.", min=1)] = None,
    accumulate: Annotated[
        int | None, _choice("Add up the gradients of so many batches before each step.", min=1)
    ] = None,
    optimizer: Annotated[str | None, _choice("sgd or adam.")] = None,
    lr: Annotated[float | None, _choice("First learning rate.")] = None,
    momentum: Annotated[float | None, _choice("Of sgd.")] = None,
    weight_decay: Annotated[float | None, _choice("Weight decay.")] = None,
    schedule: Annotated[
        str | None, _choice("constant, plateau (a tenth when nothing improves) or cosine (down to 0).")
    ] = None,
    plateau: Annotated[int | None, _choice("Epochs without improvement that plateau waits for.")] = None,
    label_smoothing: Annotated[float | None, _choice("Share of the target spread over all classes.")] = None,
    dropout: Annotated[float | None, _choice("Instead of the network's own.")] = None,
    init: Annotated[str | None, _choice("First weights: uniform (the layers' own) or he.")] = None,
    patience: Annotated[
        int | None, _choice("Stop early, after so many epochs without improvement on held-out images.", min=1)
    ] = None,
    keep_best: Annotated[
        bool | None, _choice("Test the epoch that was best on held-out training images, or the last.")
    ] = None,
    shift: Annotated[int | None, _choice("Move images by up to so many pixels.", IMAGES)] = None,
    mirror: Annotated[bool | None, _choice("Mirror half of the images.", IMAGES)] = None,
    colour: Annotated[
        float | None, _choice("Change colours along their principal components, 0.1 in 2012.", IMAGES)
    ] = None,
    brightness: Annotated[float | None, _choice("Change the brightness by up to this share.", IMAGES)] = None,
    skip_unreadable: Annotated[bool, _choice("Leave out images that cannot be read (they are named).", IMAGES)] = False,
    size: Annotated[int | None, _choice("Height and width that the network is given.", IMAGES, min=1)] = None,
    views: Annotated[
        str | None, _choice("Average predictions over: one, mirror (2 views) or ten (crops).", TEST)
    ] = None,
    test_split: Annotated[str, _choice("test or val: what the network is tested on, once.", TEST)] = "test",
    variant: Annotated[str | None, typer.Option(help="Variant of the network, such as 1998.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the network: width=0.25, groups=2, ...; repeatable."),
    ] = None,
    weights: Annotated[str | None, typer.Option(help="Start from this file of weights.")] = None,
    seed: Annotated[int, _choice("Of the first weights, the order of images and all else drawn.", RUN, min=0)] = 0,
    device: Annotated[str, _choice("cpu or cuda.", RUN)] = "cpu",
    out: Annotated[Path | None, _choice("Run folder; else the next free one in runs/.", RUN, metavar="DIR")] = None,
    resume: Annotated[
        bool, _choice("Go on with the training in the run folder (--out), by the same options.", RUN)
    ] = False,
    runs: Annotated[
        int, _choice("Train so many times, with the seeds that follow: the mean, and the ensemble of all.", RUN, min=1)
    ] = 1,
    record: Annotated[bool, _choice("Write a dated record to benchmarks/results/.", RUN)] = False,
    threads: Annotated[int | None, _choice("Threads of the kernels; results do not depend on it.", RUN, min=1)] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only the last line.", rich_help_panel=RUN)
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=RUN)] = False,
) -> None:
    """Train a network and test it once, at the end.

    Leaves in the run folder: weights.safetensors, history.csv, result.json, learning_curve.png, confusion_matrix.png,
    filters.png, config.json, environment.json, and checkpoint.safetensors to go on from. The last line printed is
    `test accuracy 0.9xxx`. `convlab runs` lists and compares what was trained.
    """
    given = locals()
    from convlab import recipes

    if runs > 1 and (out or resume):
        raise ArgumentError("train: --runs trains several times, each in a new folder; leave out --out and --resume")
    whole = {"recipe": recipe, "size": size, "options": _options(variant, option), "test_split": test_split}
    whole |= {"skip_unreadable": skip_unreadable, "weights": weights}
    whole |= {field.name: given[field.name] for field in fields(recipes.Recipe)}
    configs = [recipes.choose(model, data, seed=seed + number, **whole) for number in range(runs)]
    say = (lambda text: None) if quiet or as_json else print
    how = {"device": device, "resume": resume, "threads": threads, "say": say, "progress": not quiet}
    results = [_one(config, out, how) for config in configs]
    summary = summarize(configs[0], results)
    if record:
        _record(summary, results[0], say)
    _print(summary, results, as_json)


def _options(variant: str | None, given: list[str] | None) -> dict[str, Any]:
    """NAME=VALUE as keyword arguments: a VALUE that JSON can read is that, anything else is text."""
    options: dict[str, Any] = {"variant": variant} if variant else {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise ArgumentError(f"train: --option must be NAME=VALUE, such as width=0.25, got {text!r}")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return options


def _one(config: dict[str, Any], out: Path | None, how: dict[str, Any]) -> dict[str, Any]:
    """Carry out one run; ends the command where it was stopped or its loss became NaN."""
    from convlab import runs

    folder = _run_folder(config, out, how["resume"])
    with _warnings_as_lines():
        result = runs.carry_out(config, folder, **how)
    if result["state"] == "interrupted":
        print(f"convlab: stopped; `--resume --out {folder}` goes on after the last whole epoch", file=sys.stderr)
        raise typer.Exit(130)
    if result["state"] == "diverged":
        raise typer.Exit(1)
    how["say"](f"weights, history and pictures in {folder}")
    return result


@contextlib.contextmanager
def _warnings_as_lines():
    """Show what convlab warns of as `convlab: ...`, and all else as ever."""
    from convlab import data, training

    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message, category, *where, **more):
            if issubclass(category, (data.DataWarning, training.TrainingWarning)):
                print(f"convlab: {message}", file=sys.stderr)
            else:
                others(message, category, *where, **more)

        warnings.showwarning = show
        for kind in (data.DataWarning, training.TrainingWarning):
            warnings.simplefilter("always", kind)
        yield


def summarize(config: dict[str, Any], results: list[dict[str, Any]]) -> dict[str, Any]:
    """One record of several runs: what they share, their mean, each by its seed, and what they reach together."""
    own = ("seed", "epochs_trained", "epoch_tested", "val_accuracy", "test_accuracy", "seconds")
    shares = [result["test_accuracy"] for result in results]
    best = config["keep_best"] or config["patience"] is not None
    summary = {
        **{name: value for name, value in config.items() if name != "seed"},
        "credit": results[0]["credit"],
        "parameters": results[0]["parameters"],
        "epoch": "the best on held-out training images" if best else "the last",
        "test_accuracy": sum(shares) / len(shares),
        "test_accuracy_lowest": min(shares),
        "seconds": sum(result["seconds"] for result in results) / len(results),
    }
    if "test_accuracy_one_view" in results[0]:
        summary["test_accuracy_one_view"] = sum(r["test_accuracy_one_view"] for r in results) / len(results)
    if len(results) > 1:
        together = sum(result["probabilities"] for result in results)
        summary["test_accuracy_ensemble"] = float((together.argmax(1) == results[0]["labels"]).mean())
    return {**summary, "runs": [{name: result[name] for name in own} for result in results]}


def _record(summary, first, say):
    from convlab import records, runs

    name = "-".join(["train", summary["model"], *_short(summary["options"]), Path(summary["data"]).stem])
    folder = Path(first["folder"])
    pictures = {Path(name).stem.replace("_", "-"): folder / name for name in runs.PICTURES if (folder / name).exists()}
    say(f"record: {records.write(name, summary, pictures=pictures)}")


def _short(options):
    "a variant or a width belongs into the name of a record"
    return [str(options[name]) if name == "variant" else f"width-{options[name]}"
            for name in ("variant", "width") if name in options]  # fmt: skip


def _print(summary, results, as_json):
    if as_json:
        plain = {name: value for name, value in results[0].items() if name not in ("probabilities", "labels")}
        print(json.dumps(summary if len(results) > 1 else plain, indent=2))
        return
    if "test_accuracy_ensemble" in summary:
        print(f"ensemble of {len(results)}: test accuracy {summary['test_accuracy_ensemble']:.4f}")
    mean = f" (mean of {len(results)} runs)" if len(results) > 1 else ""
    print(f"test accuracy {summary['test_accuracy']:.4f}{mean}")


def _run_folder(config, out, resume) -> Path:
    """The folder that was asked for, or the next free one. What is there is never overwritten."""
    from convlab import runs

    if out is None and resume:
        raise ArgumentError("train: --resume needs --out, the run folder to go on in")
    if out is None:
        return runs.new_folder(config)
    if not resume and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CheckpointError(f"train: {out} exists and is not empty; use --resume to go on in it, or another --out")
    if resume:
        _same_config(config, out)
    return out


def _same_config(config, out):
    from convlab import runs

    before = runs.read(out).config
    for name in config.keys() - {"epochs"}:
        if before.get(name) != config[name]:
            raise CheckpointError(
                f"train: {out} was trained with {name} {before.get(name)!r}, not {config[name]!r}; "
                "resume with the same options, or use another --out"
            )
