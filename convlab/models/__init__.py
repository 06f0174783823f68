"""The networks of the course, by name: `models.create("lenet5")`."""

from collections.abc import Callable
from typing import Any

from convlab import nn
from convlab.errors import ArgumentError
from convlab.models.lenet import lenet5 as lenet5

_MODELS: dict[str, Callable[..., nn.Module]] = {"lenet5": lenet5}


def names() -> tuple[str, ...]:
    """Names that `create` takes.

    >>> "lenet5" in names()
    True
    """
    return tuple(_MODELS)


def create(name: str, **options: Any) -> nn.Module:
    """A new network with weights drawn from `convlab.manual_seed`'s generator.

    Parameters
    ----------
    name : str
        One of `names()`.
    **options
        Those of the network's own function, `num_classes` and `in_channels` among them.

    Raises
    ------
    ArgumentError
        If there is no such network or option.
    """
    if not isinstance(name, str) or name not in _MODELS:
        raise ArgumentError(f"create: there is no network {name!r}; there are {', '.join(names())}")
    try:
        return _MODELS[name](**options)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise ArgumentError(f"create: {error}") from None
