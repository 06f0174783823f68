"""Networks made of layers."""

from collections.abc import Iterator, Mapping
from typing import Any

from convlab.errors import ArgumentError
from convlab.nn.activation import ReLU
from convlab.nn.module import Module


def _is_plain_relu(layer: Module) -> bool:
    "whether both passes are ReLU's own, not those of a subclass or others put in their place"
    if not isinstance(layer, ReLU):
        return False
    passes = (layer.forward, ReLU.forward), (layer.backward, ReLU.backward)
    return all(getattr(own, "__func__", None) is plain for own, plain in passes)


class Sequential(Module):
    """Layers one after another: `Sequential(layer, layer, ...)`, or a dict of named layers.

    Examples
    --------
    >>> from convlab import nn
    >>> net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2))
    >>> net.output_shape((1, 32, 32)), net.count_parameters()
    ((6, 14, 14), 156)
    """

    def __init__(self, *layers: Module | Mapping[str, Module]):
        named = (
            layers[0]
            if len(layers) == 1 and isinstance(layers[0], Mapping)
            else dict(zip(map(str, range(len(layers))), layers))
        )
        for name, layer in named.items():
            self._add(name, layer)

    def _add(self, name, layer):
        if not isinstance(layer, Module):
            raise ArgumentError(f"Sequential: {name!r} must be a layer (nn.Module), got {type(layer).__name__}")
        if not isinstance(name, str) or not name or "." in name or hasattr(type(self), name):
            raise ArgumentError(f"Sequential: {name!r} cannot be the name of a layer; use letters, digits and _")
        own = {id(module) for module in self.modules()}
        if any(id(module) in own for module in layer.modules()):
            raise ArgumentError(
                f"Sequential: {name!r} is a layer that stands in the network already; what it remembers for backward "
                "would be overwritten: make a second one"
            )
        setattr(self, name, layer)

    def append(self, layer: Module) -> "Sequential":
        """Add a layer at the end; it is named by its place, or by the next number that is free. Returns the network."""
        number = len(self)
        while str(number) in vars(self):
            number += 1
        self._add(str(number), layer)
        return self

    def __len__(self) -> int:
        return len(self._layers())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._layers())

    def __getitem__(self, index: int | slice) -> Any:
        named = list(self.named_children())[index]
        return Sequential(dict(named)) if isinstance(index, slice) else named[1]

    def _layers(self) -> list[Module]:
        return [layer for _, layer in self.named_children()]

    def forward(self, x: Any) -> Any:
        given_away = False  # whether x is an array that nobody else knows
        for layer in self._layers():
            x = layer.forward_in_place(x) if given_away and _is_plain_relu(layer) else layer(x)
            given_away = getattr(layer.forward, "gives_away", False)
        return x

    def backward(self, dy: Any, *, input_grad: bool = True) -> Any:
        layers, given_away = self._layers(), False
        for index in reversed(range(len(layers))):
            backward = layers[index].backward
            if given_away and _is_plain_relu(layers[index]):
                backward = layers[index].backward_in_place
            dy = backward(dy, input_grad=input_grad or index > 0)
            given_away = getattr(backward, "gives_away", False)
        return dy

    def output_shape(self, input_shape):
        for layer in self._layers():
            input_shape = layer.output_shape(input_shape)
        return input_shape

    def multiply_adds(self, input_shape):
        total = 0
        for layer in self._layers():
            total += layer.multiply_adds(input_shape)
            input_shape = layer.output_shape(input_shape)
        return total
