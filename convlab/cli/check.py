"""`convlab check`: a learner's own report on one notebook, by the judge and worker that grade a class."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from convlab.cli.errors import one_line_errors


@one_line_errors
def check(
    notebook: Annotated[Path, typer.Argument(metavar="NOTEBOOK", help="A notebook with exercises.")],
    exercise: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Draws the same inputs again; else fresh ones.")] = None,
    sandbox: Annotated[str, typer.Option(help="bubblewrap, unshare or rlimits; else the strongest there is.")] = "",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the report as a page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check every exercise of a notebook as a class would be graded: on fresh inputs, in a process of its own.

    Exit code 0 if all are right, 1 if not.
    """
    from convlab.grading import card, self_check
    from convlab.grading.outcome_words import entry_card

    result = self_check.check(notebook, tuple(exercise or ()), seed, sandbox)
    if html is not None:
        self_check.write_page(result, html)
    if as_json:
        print(json.dumps(self_check.as_json(result), indent=1))
    else:
        for entry in result.entries.values():
            print(card.as_text(entry_card(entry)), end="\n\n")
        got, most = self_check.points(result)
        print(f"{got} of {most} points with seed {result.settings.seed}")
    if not self_check.all_right(result):
        raise typer.Exit(1)
    sys.stdout.flush()
