"""What every layer is: parameters, a forward pass that remembers, a backward pass that uses what was remembered."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from convlab import backend, checks
from convlab.errors import ArgumentError, DtypeError, ShapeError, StateError
from convlab.nn.summary import Summary, summarize

_random = np.random.default_rng()


def manual_seed(seed: int) -> None:
    """Seed the generator that layers draw their first weights, and dropout its masks, from."""
    global _random
    _random = np.random.default_rng(checks.integer("manual_seed", "seed", seed, 0))


def random() -> np.random.Generator:
    """The generator that `manual_seed` seeds."""
    return _random


def gives_away(method):
    """Mark a forward or backward pass whose result is a new array that the layer does not keep: the next may change it."""
    method.gives_away = True
    return method


class Parameter:
    """An array that is learnt, and the gradient of the loss by it.

    Attributes
    ----------
    data : array
    grad : array like data
        Sum of the gradients since the last `zero_grad`.
    """

    def __init__(self, data: Any):
        self.data = data
        self._grad = None

    @property
    def grad(self) -> Any:
        if self._grad is None:
            self._grad = backend.namespace(self.data).zeros_like(self.data)
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        self._grad = value

    def accumulate(self, gradient: Any) -> None:
        """Add to the gradient. The array itself is kept, so it must not be used for anything else."""
        if self._grad is None:
            self._grad = gradient
        else:
            backend.namespace(gradient).add(self._grad, gradient, out=self._grad)

    def zero_grad(self) -> None:
        self._grad = None

    def __repr__(self):
        return f"Parameter({self.data.shape}, {self.data.dtype})"


class Module:
    """Base of layers and networks: `y = module(x)`, then `dx = module.backward(dy)`.

    A layer defines `forward`, `backward`, `output_shape` and, where it multiplies, `multiply_adds`. Parameters and layers that
    are attributes are found by themselves; `buffers` names arrays that belong to the state but are not learnt.

    `backward` adds to the gradients of the parameters and returns the gradient by the input. It uses what the last forward
    pass left, so the order is forward, backward. With `input_grad=False` the gradient by the input is not computed, which
    the first layer of a network need not do; None is returned.
    """

    buffers: tuple[str, ...] = ()
    training = True
    _saved: Any = None

    # ------------------------------------------------------------------------------------------- to be defined
    def forward(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no forward pass")

    def backward(self, dy: Any, *, input_grad: bool = True) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no backward pass")

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the output for one input of this shape, both without the batch axis."""
        return input_shape

    def multiply_adds(self, *input_shapes: tuple[int, ...]) -> int:
        """Multiplications (each with its addition) for one input of this shape, without the batch axis."""
        return 0

    # ------------------------------------------------------------------------------------------- using it
    def __call__(self, *xs: Any) -> Any:
        return self.forward(*xs)

    def saved(self) -> Any:
        """What the last forward pass left for `backward`."""
        if self._saved is None:
            raise StateError(f"{type(self).__name__}.backward: there was no forward pass; call layer(x) first")
        return self._saved

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def modules(self) -> Iterator["Module"]:
        """This module and all inside it, in order."""
        yield self
        for _, child in self.named_children():
            yield from child.modules()

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + name, value
        for name, child in self.named_children():
            yield from child.named_parameters(f"{prefix}{name}.")

    def parameters(self) -> list[Parameter]:
        return [parameter for _, parameter in self.named_parameters()]

    def count_parameters(self) -> int:
        """Number of learnt numbers."""
        return sum(parameter.data.size for parameter in self.parameters())

    def zero_grad(self) -> None:
        for parameter in self.parameters():
            parameter.zero_grad()

    @property
    def device(self) -> str:
        """Where the parameters and buffers lie: "cpu" or "cuda"; "cpu" if there are none."""
        return "cuda" if any(backend.on_gpu(array) for _, array in self._named_state()) else "cpu"

    def train(self, mode: bool = True) -> "Module":
        """Switch to training (dropout on, batch statistics) or, with False, to evaluation. Returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> "Module":
        return self.train(False)

    def reseed(self, seed: int | np.random.SeedSequence | list[int]) -> None:
        """Give each layer that draws random numbers a generator of its own that follows from `seed` and its place."""
        drawing = [module for module in self.modules() if isinstance(getattr(module, "rng", None), np.random.Generator)]
        try:
            sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
        except (TypeError, ValueError):
            raise ArgumentError(f"reseed: seed must be a non-negative int or a list of such, got {seed!r}") from None
        for module, child in zip(drawing, sequence.spawn(len(drawing))):
            module.rng = np.random.default_rng(child)

    def to(self, where: Any) -> "Module":
        """Move to a device ("cpu", "cuda") or convert to a float type (np.float32, np.float64). Returns the module.

        Raises
        ------
        BackendError
            If the device cannot be used here.
        """
        if isinstance(where, str) and where.split(":")[0] in ("cpu", "cuda"):
            return self._change(lambda array: backend.moved(array, where))
        try:
            dtype = None if where is None else np.dtype(where)  # np.dtype(None) is float64
        except TypeError:
            dtype = None
        if dtype is None or dtype.type not in backend.FLOATS:
            raise ArgumentError(f"to: expected 'cpu', 'cuda', np.float32 or np.float64, got {where!r}")
        return self._change(lambda array: backend.namespace(array).astype(array, dtype))

    def _change(self, change) -> "Module":
        "every array of the state; all of them, or on an error none"
        places = [
            (module, name, value)
            for module in self.modules()
            for name, value in vars(module).items()
            if isinstance(value, Parameter) or (name in module.buffers and value is not None)
        ]
        changed = [change(value.data if isinstance(value, Parameter) else value) for _, _, value in places]
        for (module, name, value), array in zip(places, changed):
            if isinstance(value, Parameter):
                if array is not value.data:
                    value.data = array
                    value.zero_grad()
            else:
                setattr(module, name, array)
        for module in self.modules():
            module._saved = None
        return self

    # ------------------------------------------------------------------------------------------- state
    def _named_state(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        "parameters and buffers, the arrays themselves"
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + name, value.data
            elif name in self.buffers and value is not None:
                yield prefix + name, value
        for name, child in self.named_children():
            yield from child._named_state(f"{prefix}{name}.")

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers by their dotted names, on the host."""
        return {name: backend.copy_of(array) for name, array in self._named_state()}

    def load_state_dict(self, state: dict[str, Any], strict: bool = True) -> None:
        """Take over parameters and buffers. Everything is checked first: on an error nothing has changed.

        Parameters
        ----------
        state : dict of arrays
            As `state_dict` or `convlab.load` returned it.
        strict : bool
            Refuse missing and superfluous names; otherwise they are passed over.

        Raises
        ------
        StateError
            If names or shapes are those of another network.
        """
        if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
            raise StateError(
                f"load_state_dict: state must be a dict of arrays by name, got {type(state).__name__}; "
                "use convlab.load(path) for a file"
            )
        own = dict(self._named_state())
        # PyTorch counts batches in its batch norm layers; nothing here depends on it
        given = {name: array for name, array in state.items() if not name.endswith("num_batches_tracked")}
        if strict and own.keys() != given.keys():
            missing, extra = sorted(own.keys() - given.keys()), sorted(given.keys() - own.keys())
            parts = [f"{what} {names[0]!r}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
                     for what, names in (("lacks", missing), ("has an unknown", extra)) if names]  # fmt: skip
            raise StateError(f"load_state_dict: this is the state of another network: it {' and '.join(parts)}")
        for name, array in own.items():
            if name not in given:
                continue
            value = given[name]
            if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
                raise DtypeError(f"load_state_dict: {name} must be a float array, got {checks.dtype_name(value)}")
            if value.shape != array.shape:
                raise StateError(
                    f"load_state_dict: {name} has shape {value.shape} but this network expects {array.shape}; "
                    "it is the state of another network"
                )
        for name, array in own.items():
            if name in given:
                backend.namespace(array).copyto(array, given[name], casting="same_kind")

    def summary(self, input_shape: tuple[int, ...]) -> Summary:
        """Table of the layers: output shape, weights, biases, multiply-adds and bytes, for one input.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one input without the batch axis, (C, H, W) for images.

        Returns
        -------
        Summary
            Prints as a table; `.rows` and `.to_dict()` for programs.
        """
        sizes = input_shape if isinstance(input_shape, (tuple, list)) else (input_shape,)
        if not sizes or any(isinstance(s, bool) or not isinstance(s, (int, np.integer)) or s < 1 for s in sizes):
            raise ShapeError(f"summary: input_shape must be positive ints without the batch axis, got {input_shape!r}")
        return summarize(self, tuple(int(s) for s in sizes))

    # ------------------------------------------------------------------------------------------- looks
    def describe(self) -> str:
        """Arguments as they would be written, for `repr`."""
        return ""

    def __repr__(self):
        lines = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self.named_children()]
        inside = "".join(f"\n  {line}" for line in lines) + ("\n" if lines else "")
        return f"{type(self).__name__}({self.describe()}{inside})"
