"""Networks with branches: named layers, each with the names of what it takes in."""

from collections.abc import Mapping

import numpy as np

from convlab import backend, checks
from convlab.errors import ArgumentError, ShapeError
from convlab.nn.module import Module


class Add(Module):
    """Sum of several arrays of one shape: where a skip connection joins."""

    def forward(self, *xs):
        backend.together("Add", **{f"input {number}": x for number, x in enumerate(xs, 1)})
        for number, x in enumerate(xs[1:], 2):
            checks.same_shape("Add", f"input {number}", x.shape, xs[0].shape, "that of the first input")
        self._saved = len(xs)
        total = xs[0]
        for x in xs[1:]:
            total = backend.namespace(total).add(total, x)
        return total

    def backward(self, dy, *, input_grad=True):
        return (dy,) * self.saved()

    def output_shape(self, *input_shapes):
        for number, shape in enumerate(input_shapes[1:], 2):
            checks.same_shape("Add", f"input {number}", shape, input_shapes[0], "that of the first input")
        return input_shapes[0]


class Concat(Module):
    """Arrays (N, C_k, ...) one after another along the channels: where the branches of an inception module join."""

    def forward(self, *xs):
        self.output_shape(*(x.shape[1:] for x in xs))
        self._saved = [x.shape[1] for x in xs]
        backend.together("Concat", **{f"input {number}": x for number, x in enumerate(xs, 1)})
        return backend.namespace(xs[0]).concatenate(xs, axis=1)

    def backward(self, dy, *, input_grad=True):
        ends = np.cumsum(self.saved())
        return tuple(backend.namespace(dy).split(dy, ends[:-1], axis=1))

    def output_shape(self, *input_shapes):
        first = input_shapes[0]
        for number, shape in enumerate(input_shapes[1:], 2):
            if shape[1:] != first[1:]:
                raise ShapeError(
                    f"Concat: input {number} must have the height and width of the first, {first[1:]}, got {shape[1:]}"
                )
        return sum(shape[0] for shape in input_shapes), *first[1:]


class Graph(Module):
    """A network of named layers: each takes the outputs of others, by name; "input" is what the network is given.

    Forward goes through the layers in order, backward in reverse; where an output is used several times its gradients
    add up.

    Parameters
    ----------
    layers : dict of str to (layer, input, ...)
        In an order in which each input has been computed before. A layer with several inputs is called with all of them
        and its `backward` returns a gradient for each (`nn.Add`, `nn.Concat`).
    output : str, optional
        The layer whose output is the network's; default the last.

    Examples
    --------
    >>> from convlab import nn
    >>> net = nn.Graph({
    ...     "conv": (nn.Conv2d(8, 8, 3, padding=1), "input"),
    ...     "sum": (nn.Add(), "conv", "input"),
    ...     "relu": (nn.ReLU(), "sum"),
    ... })
    >>> net.output_shape((8, 5, 5))
    (8, 5, 5)
    """

    def __init__(self, layers: Mapping[str, tuple], output: str | None = None):
        if not isinstance(layers, Mapping) or not layers:
            raise ArgumentError("Graph: layers must be a dict of name: (layer, input, ...), with at least one layer")
        inputs = {}
        for name, entry in layers.items():
            if not isinstance(entry, tuple) or len(entry) < 2 or not isinstance(entry[0], Module):
                raise ArgumentError(f"Graph: {name!r} must be (layer, input, ...), got {checks.shown(entry)}")
            self._check_name(name, inputs)
            layer, *sources = entry
            for source in sources:
                if source != "input" and source not in inputs:
                    raise ArgumentError(
                        f"Graph: {name!r} takes {source!r}, which is not computed before it; there are "
                        f"{', '.join(['input', *inputs])}"
                    )
            own = {id(module) for module in self.modules()}
            if any(id(module) in own for module in layer.modules()):
                raise ArgumentError(f"Graph: {name!r} is a layer that stands in the network already; make a second one")
            setattr(self, name, layer)
            inputs[name] = tuple(sources)
        if output is not None and output not in inputs:
            raise ArgumentError(f"Graph: output must be one of {', '.join(inputs)}, got {output!r}")
        self.inputs = inputs
        self.output = output or list(inputs)[-1]

    def _check_name(self, name, taken):
        reserved = not isinstance(name, str) or hasattr(type(self), name) or name in ("", "input", "inputs", "output")
        if reserved or "." in name:
            raise ArgumentError(f"Graph: {name!r} cannot be the name of a layer; use letters, digits and _")

    def forward(self, x):
        values = {"input": x}
        for name, sources in self.inputs.items():
            values[name] = getattr(self, name)(*(values[source] for source in sources))
        self._saved = True
        return values[self.output]

    def backward(self, dy, *, input_grad=True):
        self.saved()
        gradients = {self.output: dy}
        for name, sources in reversed(self.inputs.items()):
            if name not in gradients:
                continue  # nothing that was asked for depends on this layer
            wanted = input_grad or any(source != "input" for source in sources)
            passed = getattr(self, name).backward(gradients.pop(name), input_grad=wanted)
            for source, gradient in zip(sources, passed if len(sources) > 1 else (passed,)):
                if gradient is not None:
                    # not in place: the layer may still hold the array
                    before = gradients.get(source)
                    add = backend.namespace(gradient).add
                    gradients[source] = gradient if before is None else add(before, gradient)
        if not input_grad:
            return None
        if "input" not in gradients:
            raise ArgumentError(f"Graph: the output {self.output!r} does not depend on the input")
        return gradients["input"]

    def shapes(self, input_shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Shape of every output for one input of this shape, both without the batch axis, by name."""
        found = {"input": tuple(input_shape)}
        for name, sources in self.inputs.items():
            found[name] = getattr(self, name).output_shape(*(found[source] for source in sources))
        return found

    def output_shape(self, input_shape):
        return self.shapes(input_shape)[self.output]

    def multiply_adds(self, input_shape):
        found = self.shapes(input_shape)
        return sum(
            getattr(self, name).multiply_adds(*(found[source] for source in sources))
            for name, sources in self.inputs.items()
        )
