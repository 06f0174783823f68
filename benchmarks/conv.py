"""Every layer, every pass, against PyTorch and others: `python -m benchmarks.conv`.

A round times every engine on a case before it goes on to the next case; the figure of a case is the median over the rounds of
the ratio within a round, so that a machine that changes its speed does not favour either.
"""

import argparse
import math
import random
import statistics
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.roofline import draw
from convlab import records
from convlab.bench.cases import OTHERS, SET, name_of
from convlab.bench.processes import Engine, available

CONSOLE = Console()


def measure(engines: list[Engine], cases: list, rounds: int, seconds: float) -> dict:
    """{(case, pass): {engine: [median of each round]}} and the limit seen in each round."""
    found = {(case, which): {e.name: [] for e in engines} for case in cases for which in case.passes}
    limits = []
    for number in range(rounds):
        order = list(found)
        random.Random(number).shuffle(order)
        order.sort(key=lambda key: cases.index(key[0]))  # arrays of a case are made once a round, passes vary in order
        limits.append(engines[0].ask("fma", seconds=0.5)["gflops"])
        for case, which in track(order, f"round {number + 1} of {rounds}", console=CONSOLE, transient=True):
            for engine in engines if number % 2 == 0 else engines[::-1]:
                kind, sizes = type(case).__name__, list(case)
                times = engine.ask("conv", kind=kind, case=sizes, which=which, seconds=seconds)["times"]
                if times:
                    found[case, which][engine.name].append(statistics.median(times))
    return {"times": found, "limit": max(limits)}


def summarize(measured: dict, rival: str = "torch") -> list[dict]:
    """A row per case and pass: milliseconds, GFLOP/s, share of the limit, ratio rival / convlab."""
    rows = []
    for (case, which), times in measured["times"].items():
        ours = statistics.median(times["convlab"])
        row = {
            "case": name_of(case), "pass": which, "ms": {e: 1e3 * statistics.median(t) for e, t in times.items() if t},
            "gflops": case.flops / ours / 1e9, "of_limit": case.flops / ours / 1e9 / measured["limit"],
            "flops_per_byte": case.flops / (4 * case.numbers), "counted": case in SET,
        }  # fmt: skip
        if times.get(rival):
            pairs = [theirs / mine for theirs, mine in zip(times[rival], times["convlab"])]
            row["ratio"], row["ratios"] = statistics.median(pairs), pairs
        rows.append(row)
    return rows


def mean_ratio(rows: list[dict]) -> dict:
    """Geometric mean, lowest and highest ratio over the cases that count."""
    counted = [row for row in rows if row["counted"] and "ratio" in row]
    if not counted:
        return {}
    lowest = min(counted, key=lambda row: row["ratio"])
    return {
        "cases": len(counted), "geometric_mean": math.exp(statistics.fmean(math.log(r["ratio"]) for r in counted)),
        "lowest": lowest["ratio"], "lowest_case": f"{lowest['case']} {lowest['pass']}",
        "below_0.93": sum(row["ratio"] < 0.93 for row in counted),
    }  # fmt: skip


def show(rows: list[dict], limit: float, engines: list[str]) -> None:
    table = Table("layer", "pass", title=f"limit {limit:.0f} GFLOP/s")
    for engine in engines:
        table.add_column(f"{engine} ms", justify="right")
    for title in ("GFLOP/s", "of limit", "torch / convlab"):
        table.add_column(title, justify="right")
    last = None
    for row in rows:
        ratio = f"{row['ratio']:.2f}" if "ratio" in row else ""
        times = [f"{row['ms'][e]:.3f}" if e in row["ms"] else "" for e in engines]
        name = row["case"] if row["case"] != last else ""
        table.add_row(name, row["pass"], *times, f"{row['gflops']:.0f}", f"{row['of_limit']:.0%}", ratio)
        last = row["case"]
    CONSOLE.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conv", description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of the names of layers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.2, help="per engine, case, pass and round")
    parser.add_argument("--torch-python", metavar="PATH", help="an interpreter that has PyTorch")
    parser.add_argument(
        "--engines", nargs="+", default=["convlab", "torch"], choices=["convlab", "torch", "im2col", "scipy"]
    )
    parser.add_argument(
        "--record", metavar="NAME", help="write benchmarks/results/DATE-NAME.json and a roofline picture"
    )
    options = parser.parse_args()
    cases = [c for c in SET + OTHERS if not options.only or any(part in name_of(c) for part in options.only)]
    engines, versions = available(options.engines, {"torch": options.torch_python} if options.torch_python else {})
    measured = measure(engines, cases, options.rounds, options.seconds)
    rows, names = summarize(measured), [engine.name for engine in engines]
    show(rows, measured["limit"], names)
    mean = mean_ratio(rows)
    CONSOLE.print(mean or "PyTorch is not installed: no ratios")
    if options.record:
        content = {
            "engines": versions,
            "rounds": options.rounds,
            "limit_gflops": measured["limit"],
            "mean": mean,
            "rows": rows,
        }
        path = records.write(options.record, content)
        draw(rows, measured["limit"], Path(path).with_suffix(".png"))
        CONSOLE.print(f"written: {path.name}")
    for engine in engines:
        engine.close()


if __name__ == "__main__":
    main()
