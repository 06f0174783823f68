"""How commands fail: one line on standard error and exit code 2, whatever convlab raised."""

import functools
import sys
from collections.abc import Callable

import typer

from convlab.errors import ConvlabError


def one_line_errors(command: Callable) -> Callable:
    """Turn an error that convlab raises on purpose into a line `convlab: ...` and exit code 2."""

    @functools.wraps(command)
    def wrapped(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except ConvlabError as error:
            print(f"convlab: {error}", file=sys.stderr)
            raise typer.Exit(2) from None
        except BrokenPipeError:  # the reader of our output has gone, as `head` does
            sys.stderr.close()
            raise typer.Exit(1) from None

    return wrapped
