"""The networks of the course, by name: `models.create("lenet5")`."""

from collections.abc import Callable
from typing import Any

from convlab import nn
from convlab.errors import ArgumentError
from convlab.models.alexnet import alexnet as alexnet
from convlab.models.alexnet import alexnet_small as alexnet_small
from convlab.models.lenet import lenet5 as lenet5
from convlab.models.small import cifar_convnet as cifar_convnet
from convlab.models.small import simple_cnn as simple_cnn
from convlab.models.vgg import vgg11 as vgg11
from convlab.models.vgg import vgg13 as vgg13
from convlab.models.vgg import vgg16 as vgg16
from convlab.models.vgg import vgg19 as vgg19
from convlab.models.zfnet import zfnet as zfnet

_BUILDERS = (simple_cnn, cifar_convnet, lenet5, alexnet, alexnet_small, zfnet, vgg11, vgg13, vgg16, vgg19)
_MODELS: dict[str, Callable[..., nn.Module]] = {builder.__name__: builder for builder in _BUILDERS}


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
