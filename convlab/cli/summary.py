"""`convlab summary`: the table of a network."""

import json
import re
from typing import Annotated

import typer

from convlab.cli.errors import one_line_errors
from convlab.errors import ArgumentError

# One input of each network, (C, H, W); all others see colour images of 224 x 224
INPUT_SHAPES = {
    "simple_cnn": (3, 5, 5),
    "cifar_convnet": (3, 32, 32),
    "lenet5": (1, 32, 32),
    "alexnet": (3, 227, 227),
    "alexnet_small": (3, 32, 32),
}


def input_shape(name: str, text: str | None) -> tuple[int, ...]:
    """The shape that was asked for, "3x32x32" or "3,32,32", or the network's own."""
    if text is None:
        return INPUT_SHAPES.get(name, (3, 224, 224))
    sizes = re.split(r"[x,]", text)
    if not all(size.strip().isdigit() for size in sizes):
        raise ArgumentError(f"summary: --input must be sizes like 1x32x32, got {text!r}")
    return tuple(int(size) for size in sizes)


@one_line_errors
def summary(
    model: Annotated[str, typer.Argument(help="Name of a network, such as lenet5.")],
    input: Annotated[str | None, typer.Option(metavar="CxHxW", help="Shape of one input.")] = None,
    variant: Annotated[str | None, typer.Option(help="Variant of the network, such as 1998.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print a network's layers: output shape, weights, biases, multiply-adds and bytes."""
    from convlab import models

    network = models.create(model, **({"variant": variant} if variant else {}))
    table = network.summary(input_shape(model, input))
    if as_json:
        print(json.dumps({"model": model, **table.to_dict()}, indent=2))
        return
    print_table(f"{model}, one image", table)


def print_table(title: str, table) -> None:
    """A Summary as a table of the terminal; plain text where there is none."""
    import sys

    if not sys.stdout.isatty():
        print(table)
        return
    from rich.console import Console
    from rich.table import Table

    header, *rows, total = table.cells()
    grid = Table(title=title, show_footer=True)
    for index, (name, foot) in enumerate(zip(header, total)):
        grid.add_column(name, footer=foot, justify="right" if index > 2 else "left")
    for row in rows:
        grid.add_row(*row)
    Console().print(grid)
