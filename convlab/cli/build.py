"""`convlab build-exercises`: the learners' notebooks from the solutions."""

from pathlib import Path
from typing import Annotated

import typer

from convlab.cli.errors import one_line_errors

app = typer.Typer(help="Exercises from solutions.", add_completion=False)


@app.command("build-exercises")
@one_line_errors
def build_exercises(
    source: Annotated[Path, typer.Argument(help="Folder with the solutions, NN_*.ipynb.")] = Path("solutions"),
    out: Annotated[Path, typer.Option(help="Folder for the exercises.")] = Path("exercises"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 if an exercise is stale.")] = False,
) -> None:
    """Build exercises from solutions: the same bytes on every run, and nothing of a solution left in them."""
    from convlab.grading import release

    if check:
        differing = release.stale(source, out)
        for path in differing:
            print(f"stale: {path}")
        if differing:
            print("Run `convlab build-exercises` again, and delete exercises that have no solution any more.")
            raise typer.Exit(1)
        print("The exercises are up to date.")
        return
    changed = release.build(source, out)
    for path in changed:
        print(f"written: {path}")
    if not changed:
        print("The exercises were up to date.")
