"""`convlab lab`: the course in JupyterLab, in a working copy of the learner's own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

import convlab
from convlab.cli.errors import one_line_errors

SEARCHED = ("JUPYTER_CONFIG_PATH", "JUPYTER_PATH")  # folders of settings, of extensions


@one_line_errors
def lab(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Your working copy; made if it is not there.")] = Path(
        "convlab-course"
    ),
    jupyter: Annotated[list[str] | None, typer.Argument(metavar="[-- OPTIONS]", help="Options for JupyterLab.")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Bring newer lessons, beside those you have changed.")
    ] = False,
    start: Annotated[bool, typer.Option(help="Start JupyterLab once the copy is ready.")] = True,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    port: Annotated[int | None, typer.Option(help="Port of the server; else a free one.")] = None,
) -> None:
    """Open the course: copies lessons and exercises to DIR (your work there is never overwritten) and starts JupyterLab."""
    from convlab import course

    changes = course.prepare(folder, update=update)
    for names, text in (
        (changes.added, "{n} copied to {folder}"),
        (changes.updated, "{n} brought up to date"),
        (changes.beside, "newer versions beside the notebooks you changed: {names}"),
        (changes.waiting, "newer versions of {n} exist; `convlab lab {folder} --update` brings them"),
    ):
        if names:
            print(
                text.format(n=f"{len(names)} notebook" + "s" * (len(names) > 1), names=", ".join(names), folder=folder)
            )
    _front_page(folder)
    if start:
        raise typer.Exit(_serve(folder, browser, port, jupyter or []))


def _front_page(folder: Path) -> None:
    """Draw the learner's progress for lesson 00, and say it in a line."""
    from convlab import course
    from convlab.checkpoint import replacing
    from convlab.errors import StateError
    from convlab.grading import progress, progress_picture

    lessons = course.titles(folder)
    try:
        state = progress.read()
    except StateError as error:
        print(error)
        state = progress.empty()
    with replacing(folder / "notebooks" / "progress.svg") as temporary:
        temporary.write_text(progress_picture.svg(state, lessons), encoding="utf-8")
    print(progress_picture.sentence(state, lessons))


def _serve(folder: Path, browser: bool, port: int | None, options: list[str]) -> int:
    """Run JupyterLab, by default on this machine only, at the first lesson, until the learner ends it."""
    first = min((folder / "notebooks").glob("*.ipynb"), key=lambda path: path.stem, default=None)
    command = [sys.executable, "-m", "jupyter", "lab", f"--ServerApp.root_dir={folder.resolve()}"]
    if not any(option.startswith(("--ip=", "--ServerApp.ip=")) for option in options):  # JupyterLab takes only one
        command.append("--ServerApp.ip=127.0.0.1")
    if first is not None:
        command.append(f"--LabApp.default_url=/lab/tree/{first.relative_to(folder).as_posix()}")
    if not browser:
        command.append("--no-browser")
    if port is not None:
        command.append(f"--ServerApp.port={port}")
    try:
        return subprocess.run([*command, *options], env=environment(), check=False).returncode
    except KeyboardInterrupt:  # Ctrl-C has reached JupyterLab too, which asks and ends by itself
        return 0


def environment() -> dict[str, str]:
    """With convlab's own defaults for JupyterLab below the learner's settings: no question about news, texts to pictures."""
    own = str(Path(convlab.__file__).parent / "lab_files")
    layered = {name: os.pathsep.join(filter(None, (own, os.environ.get(name)))) for name in SEARCHED}
    return {**os.environ, **layered}
