"""Training steps of LeNet-5 and AlexNet, an epoch of MNIST, memory and start, against PyTorch: `python -m benchmarks.training`.

A round times every engine in turn, each in a process of its own; a ratio is the median over the rounds of the ratio within one.
LeNet-5 is timed on one thread and on two, and each engine is judged by the better of the two.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from convlab import data, records
from convlab.bench.engines import THREADS
from convlab.bench.processes import ROOT, Engine, available, closing
from convlab.errors import DataError

CONSOLE = Console()
NETWORKS = [("lenet5", 64), ("alexnet", 16), ("alexnet", 64)]
TITLES = {"lenet5": "LeNet-5", "alexnet": "AlexNet"}
PARTS = ("steps", "epoch", "memory", "start")
MNIST_IMAGES = 60_000
FIRST_STEP = "from convlab.bench.steps import STEPS; STEPS[{!r}]('lenet5', 64, {})['step']()"


def thread_counts(network: str) -> list[int]:
    return sorted({1, THREADS}) if network == "lenet5" else [THREADS]


# ------------------------------------------------------------------------------------------------ steps and epochs
def measure_steps(engines: list[Engine], networks: list, rounds: int, seconds: float) -> dict:
    """{title: {engine: {threads: [median seconds of each round]}}}"""
    found = {}
    for network, batch in networks:
        times = {e.name: {n: [] for n in thread_counts(network)} for e in engines}
        title, parameters = f"{TITLES[network]} step, batch {batch}", {}
        for number in track(range(rounds), title, console=CONSOLE, transient=True):
            for engine in engines if number % 2 == 0 else engines[::-1]:
                for threads, medians in times[engine.name].items():
                    answer = engine.ask("step", network=network, batch=batch, threads=threads, seconds=seconds)
                    medians.append(statistics.median(answer["times"]))
                    parameters[engine.name] = answer["parameters"]
        if len(set(parameters.values())) > 1:
            raise SystemExit(f"{title}: the networks differ: {parameters} parameters")
        found[title] = times
    return found


def digit_images(folder: Path, limit: int) -> tuple[str, Path]:
    """The name of the set and an .npz file of its images, 32 x 32: MNIST if it is here, else the bundled digits, repeated."""
    try:
        chosen = data.load("mnist", download=False)
    except DataError:
        chosen = data.load("digits")
    missing = (32 - chosen.images.shape[-1]) // 2
    repeats = np.arange(min(limit, MNIST_IMAGES)) % len(chosen)
    images = np.pad(chosen.images, ((0, 0), (0, 0), (missing, missing), (missing, missing)))[repeats]
    path = folder / "digits.npz"
    np.savez(path, images=images, labels=chosen.labels[repeats])
    return chosen.name, path


def measure_epochs(engines: list[Engine], rounds: int, limit: int) -> tuple[dict, dict]:
    """As `measure_steps`, for one pass over the digits; and the set, its size and the losses."""
    with tempfile.TemporaryDirectory() as folder:
        name, path = digit_images(Path(folder), limit)
        times, about = {e.name: {n: [] for n in thread_counts("lenet5")} for e in engines}, {"data": name}
        for number in track(range(rounds), f"LeNet-5 epoch, {name}", console=CONSOLE, transient=True):
            for engine in engines if number % 2 == 0 else engines[::-1]:
                for threads, seconds in times[engine.name].items():
                    answer = engine.ask("epoch", path=str(path), batch=64, threads=threads)
                    seconds.append(answer.pop("seconds"))
                    about[engine.name] = answer
    return {f"LeNet-5 epoch, {about[engines[0].name]['images']:,} images of {name}, batch 64": times}, about


def summarize(measured: dict) -> list[dict]:
    """A row per measurement: for each engine its better number of threads and seconds there, and the ratio torch / convlab."""
    rows = []
    for title, times in measured.items():
        best = {e: min(counts, key=lambda n: statistics.median(counts[n])) for e, counts in times.items()}
        row = {
            "what": title, "threads": best, "rounds": times,
            "seconds": {e: statistics.median(times[e][n]) for e, n in best.items()},
        }  # fmt: skip
        if {"torch", "convlab"} <= set(best):
            pairs = zip(times["torch"][best["torch"]], times["convlab"][best["convlab"]])
            row["ratios"] = [theirs / ours for theirs, ours in pairs]
            row["ratio"] = statistics.median(row["ratios"])
        rows.append(row)
    return rows


# ------------------------------------------------------------------------------------------------ memory, start
def measure_memory(names: list[str], pythons: dict, networks: list) -> list[dict]:
    """The most memory of a process that does a few training steps and nothing else, in bytes."""
    rows = []
    for network, batch in networks:
        row = {"what": f"{TITLES[network]} step, batch {batch}: peak memory"}
        for name in names:
            with Engine(name, pythons.get(name)) as engine:
                threads = thread_counts(network)[-1]
                row[name] = engine.ask("step", network=network, batch=batch, threads=threads, seconds=0.0)["peak"]
        rows.append(row)
    return rows


def seconds_to_first_step(engine: str, python: str | None, cache: str) -> float:
    """From the start of the interpreter to the end of the first LeNet-5 step."""
    start = time.perf_counter()
    command = [python or sys.executable, "-c", FIRST_STEP.format(engine, THREADS)]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"NUMBA_CACHE_DIR": cache})
    return time.perf_counter() - start


def measure_start(names: list[str], pythons: dict, rounds: int) -> list[dict]:
    """With an empty cache of kernels and with a full one. PyTorch has none: both are the same there."""
    times = {(state, name): [] for state in ("cold", "warm") for name in names}
    for _ in track(range(rounds), "start", console=CONSOLE, transient=True):
        with tempfile.TemporaryDirectory() as cache:
            for (_, name), seconds in times.items():  # all cold ones before the warm ones
                seconds.append(seconds_to_first_step(name, pythons.get(name), cache))
    return [
        {"what": f"{state} start, to the end of the first LeNet-5 step", "rounds": {n: times[state, n] for n in names}}
        | {name: statistics.median(times[state, name]) for name in names}
        for state in ("cold", "warm")
    ]


# ------------------------------------------------------------------------------------------------ showing
def in_words(seconds: float) -> str:
    return f"{1e3 * seconds:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def show(timed: list[dict], memory: list[dict], start: list[dict], engines: list[str]) -> None:
    table = Table("", *engines, "torch / convlab", title="training")
    for row in timed:
        of = lambda name, row=row: f"{in_words(row['seconds'][name])}, {_threads(row['threads'][name])}"
        table.add_row(row["what"], *map(of, engines), f"{row['ratio']:.2f}" if "ratio" in row else "")
    for row in memory:
        known = all(row[name] for name in engines)
        ratio = f"{row['torch'] / row['convlab']:.2f}" if known and {"torch", "convlab"} <= set(row) else ""
        table.add_row(row["what"], *(f"{row[name] / 1e6:,.0f} MB" if known else "" for name in engines), ratio)
    for row in start:
        table.add_row(row["what"], *(in_words(row[name]) for name in engines), "")
    CONSOLE.print(table)


def _threads(n: int) -> str:
    return f"{n} thread" if n == 1 else f"{n} threads"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; else all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="per engine, network, number of threads and round")
    parser.add_argument("--images", type=int, default=MNIST_IMAGES, help="of an epoch, at most")
    parser.add_argument("--networks", nargs="+", default=list(TITLES), choices=list(TITLES))
    parser.add_argument("--engines", nargs="+", default=["convlab", "torch"], choices=["convlab", "torch"])
    parser.add_argument("--torch-python", metavar="PATH", help="an interpreter that has PyTorch")
    parser.add_argument("--record", metavar="NAME", help="write benchmarks/results/DATE-NAME.json")
    options = parser.parse_args()
    if unknown := set(options.only) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if options.rounds < 1 or options.images < 1:
        parser.error("--rounds and --images must be at least 1")
    return options


def main() -> None:
    options = arguments()
    parts, rounds = options.only or PARTS, options.rounds
    networks = [(network, batch) for network, batch in NETWORKS if network in options.networks]
    pythons = {"torch": options.torch_python} if options.torch_python else {}
    measured, about = {}, {}
    with closing(available(options.engines, pythons)) as (engines, versions):
        names = [engine.name for engine in engines]
        if "steps" in parts:
            measured |= measure_steps(engines, networks, rounds, options.seconds)
        if "epoch" in parts:
            epochs, about = measure_epochs(engines, rounds, options.images)
            measured |= epochs
    memory = measure_memory(names, pythons, networks) if "memory" in parts else []
    start = measure_start(names, pythons, min(rounds, 3)) if "start" in parts else []
    timed = summarize(measured)
    show(timed, memory, start, names)
    if "torch" not in names:
        CONSOLE.print("PyTorch is not installed: no ratios; --torch-python names an interpreter that has it")
    if options.record:
        content = {
            "engines": versions,
            "rounds": rounds,
            "timed": timed,
            "epoch": about,
            "memory": memory,
            "start": start,
        }
        CONSOLE.print(f"written: {records.write(options.record, content).name}")


if __name__ == "__main__":
    main()
