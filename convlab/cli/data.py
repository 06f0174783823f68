"""`convlab data`: which data sets there are, fetching them, looking at them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from convlab.cli.errors import one_line_errors
from convlab.errors import ConvlabError, DataError

THUMBNAIL = 128  # the size at which photographs of differing sizes are shown

app = typer.Typer(help="Data sets: list, fetch, show.", no_args_is_help=True)


@app.command("list")
@one_line_errors
def list_sets(as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False) -> None:
    """The data sets convlab knows or finds under CONVLAB_DATA: splits, and where they lie or how to get them."""
    rows = [_row(name) for name in _names()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:  # plain lines, not a table cut to the width of a terminal: a path is there to be copied
        where = row["where"] or f"not here yet: convlab data fetch {row['name']}"
        typer.echo(f"{row['name']:<{width}}  {' '.join(row['splits']):<14}  {where}")


@app.command()
@one_line_errors
def fetch(
    name: Annotated[str, typer.Argument(help="mnist, fashion-mnist or cifar10.")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing if all is well.")] = False,
) -> None:
    """Download a data set into the cache, unless it is there: checked by its sum, resuming after a break."""
    from convlab import data
    from convlab.data import loading

    place = data.fetch(name) or f"{loading.where(name)}, nothing to fetch"
    if not quiet:
        typer.echo(f"{name}: {place}")


@app.command()
@one_line_errors
def show(
    name: Annotated[str, typer.Argument(help="A name from `convlab data list`, a folder, a .zip or an .npz.")],
    split: Annotated[str, typer.Option(help="train, val or test.")] = "train",
    out: Annotated[Path | None, typer.Option(help="The picture to write; else NAME-SPLIT.png here.")] = None,
    seed: Annotated[int, typer.Option(help="Draws other images.")] = 0,
    size: Annotated[int | None, typer.Option(help="Bring images to this height and width.")] = None,
    per_class: Annotated[int | None, typer.Option(help="Images of each class.")] = None,
) -> None:
    """Write a contact sheet: images of each class, their names, and the credit, as a PNG."""
    from convlab import data

    dataset = data.load(name, split, size=_thumbnail(name, split) if size is None else size)
    out = out or Path(f"{dataset.name}-{split}.png")
    try:
        data.contact_sheet(dataset, per_class=per_class, seed=seed).savefig(out)
    except (OSError, ValueError) as error:
        if isinstance(error, ConvlabError):
            raise
        reason = getattr(error, "strerror", None) or error  # ValueError: an ending that matplotlib cannot write
        raise DataError(f"cannot write {out}: {reason}") from None
    typer.echo(f"{out}: {dataset.name} {split}, {len(dataset):,} images, {len(dataset.class_names)} classes")


def _names() -> tuple[str, ...]:
    from convlab import data

    return data.names()


def _row(name: str) -> dict:
    """A set that cannot be read is a row that says so, not the end of the list."""
    from convlab import data
    from convlab.data import loading

    try:
        return {"name": name, "splits": list(data.splits(name)), "where": loading.where(name)}
    except ConvlabError as error:
        return {"name": name, "splits": [], "where": str(error)}


def _thumbnail(name: str, split: str) -> int | None:
    """A size for photographs of differing sizes; None, their own, for everything else."""
    from convlab.data import loading
    from convlab.data.catalogue import ENTRIES
    from convlab.data.folder import ImageFolder

    if name in ENTRIES:
        return None
    source = loading.find(name, download=False)
    if isinstance(source, ImageFolder) and split in source.splits() and source.differing_sizes(split):
        return THUMBNAIL
    return None
