"""Carrying out a run: train, test once, and write everything to its folder."""

import datetime
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from convlab import backend, jit, nn, recipes, records, training
from convlab.runs import folder as files
from convlab.runs import prepare


def carry_out(
    config: dict[str, Any],
    folder: str | Path,
    *,
    device: str = "cpu",
    resume: bool = False,
    threads: int | None = None,
    say: Any = print,
    progress: bool = True,
) -> dict[str, Any]:
    """Train, test once and write everything to the folder.

    Parameters
    ----------
    config : dict
        From `convlab.recipes.choose`.
    folder : path
    device : "cpu" or "cuda"
    resume : bool
        Go on with what is in the folder.
    threads : int, optional
    say : callable
        Told what goes on, a line at a time.
    progress : bool

    Returns
    -------
    dict
        "state" is "finished", "interrupted" (Ctrl-C) or "diverged". Of a finished run also `config`, "test_accuracy",
        "val_accuracy" of each epoch, "seconds", and "probabilities" with "labels", the arrays behind the accuracy.
    """
    start, folder = time.perf_counter(), Path(folder)
    backend.kernels(device)
    if threads is not None:
        jit.set_threads(threads)
    batches = prepare.batches(config)
    model = prepare.network(config, batches.channels, len(batches.class_names))
    _tell(say, config, model, batches)
    optimizer = recipes.make_optimizer(config, model)
    files.write_json(folder, files.CONFIG, config)
    if not (resume and os.path.exists(folder / files.ENVIRONMENT)):
        files.write_json(folder, files.ENVIRONMENT, _environment(device))
    # a kill may have come before the first checkpoint: then there is nothing to take over
    resume = resume and os.path.exists(folder / training.CHECKPOINT)
    before = training.History.from_csv(folder / training.HISTORY).seconds.sum() if resume else 0.0
    history = training.fit(
        model, batches.train, batches.held_out, optimizer=optimizer, schedule=recipes.make_schedule(config, optimizer),
        loss=nn.CrossEntropyLoss(config["label_smoothing"]), epochs=config["epochs"], accumulate=config["accumulate"],
        device=device, out=folder, resume=resume, patience=config["patience"], keep_best=config["keep_best"],
        seed=config["seed"], progress=progress,
    )  # fmt: skip
    if history.interrupted:
        return {"state": "interrupted"}
    if history.diverged:
        files.write_json(folder, files.RESULT, {"state": "diverged", "epochs": len(history)})
        return {"state": "diverged"}
    result = _test(config, model, batches, history)
    result["seconds"] = round(float(before) + time.perf_counter() - start, 1)
    files.write_results(folder, model, history, result, batches.class_names)
    return {**config, **result, "folder": str(folder)}


def _tell(say, config, model, batches):
    sizes = [len(loader.labels) for loader in (batches.train, batches.held_out, batches.test)]
    say(
        f"{config['model']}: {model.count_parameters():,} parameters; {config['data']}: {sizes[0]:,} images to learn from, "
        f"{sizes[1]:,} to watch, {sizes[2]:,} to test"
    )
    if sizes[0] < config["batch_size"]:
        say(f"{sizes[0]:,} images are fewer than a batch of {config['batch_size']}: one batch holds them all")


def _environment(device):
    now = datetime.datetime.now(datetime.UTC)
    return {
        "begun": f"{now:%Y-%m-%d %H:%M} UTC",
        "device": device,
        "threads": jit.get_threads(),
        "machine": records.machine(),
        "versions": records.versions(),
    }


def _test(config, model, batches, history) -> dict[str, Any]:
    "the one look at the test images; by one view as well, where several are averaged"
    views = recipes.make_views(config)
    probabilities, labels = training.predict_probabilities(model, batches.test, views)
    result = {
        "state": "finished",
        "parameters": model.count_parameters(),
        "credit": batches.credit,
        "epochs_trained": len(history),
        "epoch_tested": history.best_epoch or len(history),
        "val_accuracy": [round(float(share), 6) for share in history.val_accuracy],
        "test_accuracy": training.accuracy(probabilities, labels),
        "probabilities": probabilities,
        "labels": labels,
    }
    if config["views"] != "one":
        one = recipes.make_views({**config, "views": "one"})
        single, _ = training.predict_probabilities(model, batches.test, one)
        result["test_accuracy_one_view"] = training.accuracy(single, labels)
    per_class = [float(np.mean(probabilities[labels == k].argmax(1) == k)) if (labels == k).any() else None
                 for k in range(len(batches.class_names))]  # fmt: skip
    result["test_accuracy_of_class"] = dict(zip(batches.class_names, per_class))
    return result
