"""Layers that convolve, and the linear layer."""

import math
from typing import Any

import numpy as np

import convlab.functional as F
from convlab import backend, checks
from convlab.errors import ArgumentError, ShapeError
from convlab.functional.conv import transposed_windows, windows_of
from convlab.nn.module import Module, Parameter, gives_away, random

IntOrPair = int | tuple[int, int]


def uniform_parameter(shape: tuple[int, ...], fan_in: int) -> Parameter:
    """Numbers drawn evenly from +-1/sqrt(fan_in): PyTorch's first weights and biases of these layers."""
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    return Parameter(random().uniform(-bound, bound, shape).astype(np.float32))


class _Convolution(Module):
    """What convolutions share: checked options, weight and bias, the order of the two gradients."""

    axes = 2
    names = "NCHW"

    def __init__(
        self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, transposed=False
    ):
        op = type(self).__name__
        self.in_channels = checks.integer(op, "in_channels", in_channels, 1)
        self.out_channels = checks.integer(op, "out_channels", out_channels, 1)
        self.groups = checks.integer(op, "groups", groups, 1)
        if in_channels % groups or out_channels % groups:
            raise ShapeError(
                f"{op}: in_channels and out_channels must divide into groups, got {in_channels}, {out_channels}, {groups}"
            )
        self.kernel_size = self._sizes("kernel_size", kernel_size, 1)
        self.stride, self.dilation = self._sizes("stride", stride, 1), self._sizes("dilation", dilation, 1)
        self.padding = self._padding(padding)
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        shape = (first, second // groups, *self.kernel_size)
        fan_in = math.prod(shape[1:])
        self.weight = uniform_parameter(shape, fan_in)
        self.bias = uniform_parameter((out_channels,), fan_in) if bias else None

    def _sizes(self, name, value, least):
        op = type(self).__name__
        if self.axes == 2:
            return checks.pair(op, name, value, least)
        value = value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value
        return (checks.integer(op, name, value, least),)

    def _padding(self, value):
        if not isinstance(value, str):
            return self._sizes("padding", value, 0)
        ones = (1,) * (2 - self.axes)
        op, kernel, stride, dilation = type(self).__name__, self.kernel_size, self.stride, self.dilation
        checks.padding_pairs(op, value, ones + kernel, ones + stride, ones + dilation)
        return value

    @property
    def options(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}

    def _function(self, part=""):
        return getattr(F, self.function + part)

    @gives_away
    def forward(self, x):
        y = self._function()(x, self.weight.data, self.bias.data if self.bias else None, **self.options)
        self._saved = x
        return y

    @gives_away
    def backward(self, dy, *, input_grad=True):
        x = self.saved()
        self.weight.accumulate(self._function("_grad_weight")(dy, x, self.weight.data.shape, **self.options))
        if self.bias:
            self.bias.accumulate(self._function("_grad_bias")(dy))
        if not input_grad:
            return None
        return self._function("_grad_input")(dy, self.weight.data, x.shape, **self.options)

    def describe(self):
        short = lambda v: v[0] if isinstance(v, tuple) and len(set(v)) == 1 else v
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={short(self.kernel_size)}"
        for name, default in (("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1), ("groups", 1)):
            value = short(getattr(self, name, default))
            text += f", {name}={value!r}" if value != default else ""
        return text + ("" if self.bias else ", bias=False")


class Conv2d(_Convolution):
    """Two-dimensional convolution of images (N, C, H, W) with weight (O, C/groups, KH, KW) and bias (O,).

    Arguments as in PyTorch; see `convlab.functional.conv2d` for the formula.

    Examples
    --------
    >>> Conv2d(3, 10, 5, padding=2).output_shape((3, 32, 32))
    (10, 32, 32)
    """

    function = "conv2d"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrPair,
        stride: IntOrPair = 1,
        padding: IntOrPair | str = 0,
        dilation: IntOrPair = 1,
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)

    def output_shape(self, input_shape):
        checks.shape("Conv2d", "input_shape", input_shape, "CHW")
        options = self.stride, self.padding, self.dilation, self.groups
        return windows_of("Conv2d", (1, *input_shape), self.weight.data.shape, *options).y_shape[1:]

    def multiply_adds(self, input_shape):
        return math.prod(self.output_shape(input_shape)) * self.weight.data[0].size


class Conv1d(_Convolution):
    """One-dimensional convolution of signals (N, C, L) with weight (O, C/groups, K) and bias (O,); see `F.conv1d`."""

    function = "conv1d"
    axes = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int | str = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)

    def output_shape(self, input_shape):
        C, L = checks.shape("Conv1d", "input_shape", input_shape, "CL")
        O, per_group, K = self.weight.data.shape
        padding = self.padding if isinstance(self.padding, str) else (0, *self.padding)
        options = (1, *self.stride), padding, (1, *self.dilation), self.groups
        return O, windows_of("Conv1d", (1, C, 1, L), (O, per_group, 1, K), *options).y_shape[3]

    def multiply_adds(self, input_shape):
        return math.prod(self.output_shape(input_shape)) * self.weight.data[0].size


class ConvTranspose2d(_Convolution):
    """Transposed convolution of images (N, C, H, W) with weight (C, O/groups, KH, KW); see `F.conv_transpose2d`."""

    function = "conv_transpose2d"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrPair,
        stride: IntOrPair = 1,
        padding: IntOrPair = 0,
        output_padding: IntOrPair = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: IntOrPair = 1,
    ):
        self.output_padding = checks.pair("ConvTranspose2d", "output_padding", output_padding, 0)
        padding = checks.pair("ConvTranspose2d", "padding", padding, 0)
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, transposed=True
        )

    @property
    def options(self):
        return super().options | {"output_padding": self.output_padding}

    def output_shape(self, input_shape):
        checks.shape("ConvTranspose2d", "input_shape", input_shape, "CHW")
        y_shape, _ = transposed_windows("ConvTranspose2d", (1, *input_shape), self.weight.data.shape, **self.options)
        return y_shape[1:]

    def multiply_adds(self, input_shape):
        return math.prod(input_shape) * self.weight.data[0].size


def _connection_table(op, connections, in_channels):
    "which output channel (row) sees which input channel (column)"
    rows = list(connections) if isinstance(connections, (list, tuple, np.ndarray)) else []
    if not rows:
        raise ArgumentError(f"{op}: connections must be a list with a row per output channel, got {connections!r}")
    table = np.zeros((len(rows), in_channels), bool)
    for seen, channels in zip(table, rows):
        numbers = np.asarray(channels) if isinstance(channels, (list, tuple, np.ndarray)) else np.empty(0)
        if numbers.dtype.kind not in "iu" or numbers.ndim != 1 or numbers.min() < 0 or numbers.max() >= in_channels:
            raise ArgumentError(
                f"{op}: each row of connections must name channels from 0 to {in_channels - 1}, got {channels!r}"
            )
        seen[numbers] = True
    return table


class ConnectedConv2d(Module):
    """Convolution in which each output channel sees only some input channels, as a table says (LeNet-5's C3).

    Parameters
    ----------
    connections : sequence of sequences of int
        For each output channel the input channels it sees.
    in_channels : int
    kernel_size : int or (height, width)
    stride, padding
        As in `Conv2d`.

    Attributes
    ----------
    weight : Parameter (connections, KH, KW)
        One kernel per connection, output channel by output channel.
    bias : Parameter (O,)
    """

    def __init__(
        self, connections: Any, in_channels: int, kernel_size: IntOrPair, stride: IntOrPair = 1, padding: IntOrPair = 0
    ):
        op = "ConnectedConv2d"
        self.in_channels = checks.integer(op, "in_channels", in_channels, 1)
        self.connections = _connection_table(op, connections, in_channels)
        kernel = checks.pair(op, "kernel_size", kernel_size, 1)
        self.stride, self.padding = checks.pair(op, "stride", stride, 1), checks.pair(op, "padding", padding, 0)
        seen = self.connections.sum(1)
        fan_in = np.repeat(seen, seen) * math.prod(kernel)
        bound = 1 / np.sqrt(fan_in)[:, None, None]
        weights = random().uniform(-1, 1, (seen.sum(), *kernel)) * bound
        self.weight = Parameter(weights.astype(np.float32))
        self.bias = Parameter(
            (random().uniform(-1, 1, len(seen)) / np.sqrt(seen * math.prod(kernel))).astype(np.float32)
        )

    def _dense(self):
        "kernels of all pairs of channels, those that are not connected zero"
        xp, weight = backend.namespace(self.weight.data), self.weight.data
        nothing = xp.zeros((1, *weight.shape[1:]), weight.dtype)
        places = np.where(
            self.connections, np.cumsum(self.connections).reshape(self.connections.shape) - 1, len(weight)
        )
        return xp.take(xp.concatenate([weight, nothing]), places, axis=0)

    @gives_away
    def forward(self, x):
        weights = self._dense()
        y = F.conv2d(x, weights, self.bias.data, stride=self.stride, padding=self.padding)
        self._saved = x, weights
        return y

    @gives_away
    def backward(self, dy, *, input_grad=True):
        x, weights = self.saved()
        options = {"stride": self.stride, "padding": self.padding}
        gradient = F.conv2d_grad_weight(dy, x, weights.shape, **options)
        pairs = gradient.reshape(self.connections.size, *gradient.shape[2:])
        connected = backend.namespace(pairs).take(pairs, np.flatnonzero(self.connections), axis=0)
        self.weight.accumulate(connected)
        self.bias.accumulate(F.conv2d_grad_bias(dy))
        return F.conv2d_grad_input(dy, weights, x.shape, **options) if input_grad else None

    def output_shape(self, input_shape):
        checks.shape("ConnectedConv2d", "input_shape", input_shape, "CHW")
        w_shape = (*self.connections.shape, *self.weight.data.shape[1:])
        return windows_of("ConnectedConv2d", (1, *input_shape), w_shape, self.stride, self.padding, 1, 1).y_shape[1:]

    def multiply_adds(self, input_shape):
        return math.prod(self.output_shape(input_shape)[1:]) * self.weight.data.size

    def describe(self):
        O, C = self.connections.shape
        height, width = self.weight.data.shape[1:]
        size = height if height == width else (height, width)
        return f"{C}, {O}, kernel_size={size}, {int(self.connections.sum())} connections"


class Linear(Module):
    """Linear layer y = x weight^T + bias for x (N, in_features); weight (out_features, in_features)."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        self.in_features = checks.integer("Linear", "in_features", in_features, 1)
        self.out_features = checks.integer("Linear", "out_features", out_features, 1)
        self.weight = uniform_parameter((out_features, in_features), in_features)
        self.bias = uniform_parameter((out_features,), in_features) if bias else None

    @gives_away
    def forward(self, x):
        y = F.linear(x, self.weight.data, self.bias.data if self.bias else None)
        self._saved = x
        return y

    @gives_away
    def backward(self, dy, *, input_grad=True):
        x = self.saved()
        _, dy, x = backend.bind("Linear.backward", dy=dy, x=x)
        checks.same_shape("Linear.backward", "dy", dy.shape, (len(x), self.out_features), "that of the output")
        self.weight.accumulate(F.linear_grad_weight(dy, x))
        if self.bias:
            self.bias.accumulate(F.linear_grad_bias(dy))
        return F.linear_grad_input(dy, self.weight.data) if input_grad else None

    def output_shape(self, input_shape):
        if tuple(input_shape) != (self.in_features,):
            raise ShapeError(
                f"Linear: expected {self.in_features} features, got {tuple(input_shape)}; is a Flatten missing?"
            )
        return (self.out_features,)

    def multiply_adds(self, input_shape):
        return self.weight.data.size

    def describe(self):
        return f"{self.in_features}, {self.out_features}" + ("" if self.bias else ", bias=False")
