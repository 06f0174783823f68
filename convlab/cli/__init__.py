"""The `convlab` command. Each subcommand imports what it needs when it runs, so that `--help` is quick."""

import typer

from convlab._version import __version__
from convlab.cli import bench, build, check, data, doctor, grade, lab, runs, summary, train

app = typer.Typer(
    name="convlab",
    help="Convolutional neural networks, written out in Numba and taught in notebooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(train.train)
app.command()(runs.runs)
app.command()(summary.summary)
app.command()(doctor.doctor)
app.command()(bench.bench)
app.command()(lab.lab)
app.command()(check.check)
app.command()(grade.grade)
app.command("build-exercises")(build.build_exercises)
app.add_typer(data.app, name="data")


def _print_version(wanted: bool):
    if wanted:
        print(f"convlab {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
):
    pass


def main() -> None:
    """Entry point of the `convlab` command."""
    app()
