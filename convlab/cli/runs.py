"""`convlab runs`: what was trained here, in a table; and several runs side by side."""

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from convlab.cli.errors import one_line_errors
from convlab.errors import ArgumentError, CheckpointError

COLUMNS = ("run", "network", "data", "recipe", "seed", "epochs", "val_accuracy", "test_accuracy", "seconds", "state")


@one_line_errors
def runs(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[RUN]...", help="Run folders to compare; else all are listed.")
    ] = None,
    root: Annotated[Path, typer.Option(metavar="DIR", help="Where run folders lie.")] = Path("runs"),
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw their learning curves into one picture.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the runs in runs/, or compare some: what they differ in, and what they reached."""
    from convlab import runs as folders_of_runs

    found = [folders_of_runs.read(folder) for folder in folders] if folders else folders_of_runs.find(root)
    if plot is not None:
        _draw(found, plot)
    differing = folders_of_runs.differences(found) if folders and len(found) > 1 else {}
    if as_json:
        rows = [run.row() for run in found]
        print(json.dumps({"runs": rows, "differences": differing} if folders else rows, indent=2))
    elif folders:
        _compare(found, differing)
    elif not found:
        print(f"no runs in {root} yet; `convlab train lenet5` makes the first")
    else:
        _list(found)


def _list(found) -> None:
    rows = [run.row() for run in found]
    for row in rows:
        row["run"] = Path(row["run"]).name
    _print_table([[_title(name) for name in COLUMNS], *([_cell(name, row[name]) for name in COLUMNS] for row in rows)])
    for row in rows:
        if row["problem"]:
            print(f"{row['run']}: {row['problem']}")


def _compare(found, differing) -> None:
    """A column for each run: first what they were told, where it differs, then what came of it."""
    rows = [run.row() for run in found]
    table = [["", *(Path(row["run"]).name for row in rows)]]
    table += [[name, *(_cell(name, value) for value in values)] for name, values in differing.items()]
    results = ("epochs", "val_accuracy", "test_accuracy", "seconds", "state")
    table += [[_title(name), *(_cell(name, row[name]) for row in rows)] for name in results if name not in differing]
    _print_table(table)


def _title(name: str) -> str:
    return {"val_accuracy": "best held-out", "test_accuracy": "test"}.get(name, name)


def _cell(name: str, value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if name.endswith("accuracy"):
        return f"{100 * value:.2f} %"
    if name == "seconds":
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _print_table(table: list[list[str]]) -> None:
    """Plain lines, not a table cut to the width of a terminal: a name is there to be copied."""
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def _draw(found, path: Path) -> None:
    from convlab import checkpoint
    from convlab.plots import compare_curves

    with_epochs = {str(run.folder): run.history for run in found if len(run.history)}
    if not with_epochs:
        raise ArgumentError("runs: --plot needs a run that has finished an epoch")
    figure = compare_curves(with_epochs)
    try:
        with checkpoint.replacing(path) as temporary:
            figure.savefig(temporary)
    except ValueError as error:  # an ending that matplotlib cannot write
        raise CheckpointError(f"runs: cannot write {path}: {error}") from None
