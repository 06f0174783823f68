"""`convlab bench`: how fast convolution is on this machine, in about a minute."""

import json
import statistics
from typing import Annotated, Any

import typer

from convlab.cli.errors import one_line_errors

LAYERS = ("LeNet-5 C3", "AlexNet conv2", "VGG-16 conv4_2", "ResNet-18 layer2.1", "linear 9216 -> 4096, batch 16")
STEP = {"network": "lenet5", "batch": 64}


@one_line_errors
def bench(
    seconds: Annotated[float, typer.Option(min=0.01, help="For each measurement.")] = 0.5,
    alone: Annotated[bool, typer.Option("--alone", help="Leave PyTorch out even if it is installed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Time a few layers and a LeNet-5 training step against the limit of this machine, and PyTorch if it is installed."""
    from convlab.bench.processes import available, closing

    with closing(available(["convlab"] if alone else ["convlab", "torch"], {})) as (engines, versions):
        found = measure(engines, seconds, quiet=as_json)
    if as_json:
        print(json.dumps({"engines": versions, **found}, indent=2))
    else:
        show(found, versions)


def measure(engines: list, seconds: float, quiet: bool) -> dict[str, Any]:
    """The limit in GFLOP/s, a row per layer and pass, and the training step; times are medians, in milliseconds."""
    from rich.console import Console
    from rich.progress import track

    from convlab.bench import cases
    from convlab.bench.engines import THREADS

    console = Console(stderr=True, quiet=quiet)
    limit = engines[0].ask("fma", seconds=seconds)["gflops"]
    chosen = [(case, which) for case in cases.SET if cases.name_of(case) in LAYERS for which in case.passes]
    rows = []
    for case, which in track(chosen, "layers", console=console, transient=True):
        sizes = {"kind": type(case).__name__, "case": list(case)}
        times = {e.name: e.ask("conv", **sizes, which=which, seconds=seconds)["times"] for e in engines}
        row = {"what": f"{cases.name_of(case)}, {which}", **_compared(times)}
        row["gflops"] = case.flops / row["ms"]["convlab"] / 1e6
        rows.append(row | {"of_limit": row["gflops"] / limit})
    steps = {e.name: e.ask("step", **STEP, threads=THREADS, seconds=seconds)["times"] for e in engines}
    rows.append({"what": f"LeNet-5 training step, batch {STEP['batch']}", **_compared(steps)})
    return {"limit_gflops": limit, "threads": THREADS, "rows": rows}


def _compared(times: dict[str, list[float]]) -> dict[str, Any]:
    ms = {name: 1e3 * statistics.median(of) for name, of in times.items()}
    return {"ms": ms} | ({"ratio": ms["torch"] / ms["convlab"]} if "torch" in ms else {})


def show(found: dict[str, Any], versions: dict[str, str]) -> None:
    """The measurements as a table."""
    from rich.console import Console
    from rich.table import Table

    engines = list(found["rows"][0]["ms"])
    table = Table("", title=f"multiply-add limit on {found['threads']} threads: {found['limit_gflops']:.0f} GFLOP/s")
    for name in [*(f"{engine} ms" for engine in engines), "GFLOP/s", "of limit", "torch / convlab"]:
        if "torch" in engines or name != "torch / convlab":
            table.add_column(name, justify="right")
    for row in found["rows"]:
        cells = [f"{row['ms'][engine]:.2f}" for engine in engines]
        cells += [f"{row['gflops']:.0f}", f"{row['of_limit']:.0%}"] if "gflops" in row else ["", ""]
        table.add_row(row["what"], *cells, *([f"{row['ratio']:.2f}"] if "ratio" in row else []))
    console = Console()
    console.print(table)
    console.print("GFLOP/s count what direct sums would take: Winograd's algorithm may pass the limit.")
    if versions.get("torch") == "not installed":
        console.print("Where PyTorch is installed beside convlab, it is timed too.")
