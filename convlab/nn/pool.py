"""Layers that make images smaller, and Flatten."""

import math
from typing import Any

import numpy as np

import convlab.functional as F
from convlab import backend, checks
from convlab.errors import ArgumentError, ShapeError
from convlab.functional.pool import trusting_max_pool2d_grad, windows_of
from convlab.nn.module import Module, Parameter, gives_away

IntOrPair = int | tuple[int, int]


class MaxPool2d(Module):
    """Largest number of each window, channel by channel; see `F.max_pool2d`. Arguments as in PyTorch.

    With `return_indices` the layer returns (y, argmax).
    """

    def __init__(
        self,
        kernel_size: IntOrPair,
        stride: IntOrPair | None = None,
        padding: IntOrPair = 0,
        dilation: IntOrPair = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ):
        self.kernel_size = checks.pair("MaxPool2d", "kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else checks.pair("MaxPool2d", "stride", stride, 1)
        self.padding = checks.pair("MaxPool2d", "padding", padding, 0)
        self.dilation = checks.pair("MaxPool2d", "dilation", dilation, 1)
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    @gives_away
    def forward(self, x):
        y, argmax = F.max_pool2d(x, self.kernel_size, stride=self.stride, padding=self.padding,
                                 dilation=self.dilation, ceil_mode=self.ceil_mode)  # fmt: skip
        self._saved = argmax, x.shape
        return (y, argmax) if self.return_indices else y

    @gives_away
    def backward(self, dy, *, input_grad=True):
        argmax, x_shape = self.saved()
        if not input_grad:
            return None
        if self.return_indices:  # others know argmax too and may have changed it
            return F.max_pool2d_grad(dy, argmax, x_shape)
        return trusting_max_pool2d_grad("max_pool2d_grad", dy, argmax, x_shape)

    def output_shape(self, input_shape):
        checks.shape("MaxPool2d", "input_shape", input_shape, "CHW")
        options = self.kernel_size, self.stride, self.padding, self.ceil_mode, self.dilation
        return windows_of("MaxPool2d", (1, *input_shape), *options)[1][1:]

    def describe(self):
        return _describe_window(self)


def _describe_window(layer):
    short = lambda v: v[0] if v[0] == v[1] else v
    text = f"{short(layer.kernel_size)}"
    if layer.stride != layer.kernel_size:
        text += f", stride={short(layer.stride)}"
    if layer.padding != (0, 0):
        text += f", padding={short(layer.padding)}"
    return text + (", ceil_mode=True" if layer.ceil_mode else "")


class AvgPool2d(Module):
    """Mean of each window, channel by channel; see `F.avg_pool2d`. Arguments as in PyTorch."""

    def __init__(
        self,
        kernel_size: IntOrPair,
        stride: IntOrPair | None = None,
        padding: IntOrPair = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        self.kernel_size = checks.pair("AvgPool2d", "kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else checks.pair("AvgPool2d", "stride", stride, 1)
        self.padding = checks.pair("AvgPool2d", "padding", padding, 0)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    @property
    def _options(self):
        return {"stride": self.stride, "padding": self.padding, "ceil_mode": self.ceil_mode,
                "count_include_pad": self.count_include_pad}  # fmt: skip

    def forward(self, x):
        y = F.avg_pool2d(x, self.kernel_size, **self._options)
        self._saved = x.shape
        return y

    def backward(self, dy, *, input_grad=True):
        x_shape = self.saved()
        return F.avg_pool2d_grad(dy, x_shape, self.kernel_size, **self._options) if input_grad else None

    def output_shape(self, input_shape):
        checks.shape("AvgPool2d", "input_shape", input_shape, "CHW")
        options = self.kernel_size, self.stride, self.padding, self.ceil_mode
        return windows_of("AvgPool2d", (1, *input_shape), *options)[1][1:]

    def describe(self):
        return _describe_window(self)


class AdaptiveAvgPool2d(Module):
    """Mean over as many windows as are asked for, whatever the image: (N, C, H, W) -> (N, C, OH, OW).

    Window i of OH goes from floor(i H / OH) to ceil((i + 1) H / OH), as in PyTorch; windows may overlap.

    Parameters
    ----------
    output_size : int or (height, width)
    """

    def __init__(self, output_size: IntOrPair):
        self.output_size = checks.pair("AdaptiveAvgPool2d", "output_size", output_size, 1)

    def forward(self, x):
        _, x = backend.bind("AdaptiveAvgPool2d", x=x)
        checks.rank("AdaptiveAvgPool2d", "x", x, "NCHW")
        self.output_shape(x.shape[1:])
        sizes = zip(x.shape[2:], self.output_size)
        means = [backend.beside(_window_means(size, count, x.dtype), x) for size, count in sizes]
        self._saved = x.shape, means
        return _along_axes(x, *means)

    def backward(self, dy, *, input_grad=True):
        x_shape, (rows, columns) = self.saved()
        _, dy = backend.bind("AdaptiveAvgPool2d.backward", dy=dy)
        y_shape = (*x_shape[:2], *self.output_size)
        checks.same_shape("AdaptiveAvgPool2d.backward", "dy", dy.shape, y_shape, "that of the output")
        swapaxes = backend.namespace(dy).swapaxes
        return _along_axes(dy, swapaxes(rows, 0, 1), swapaxes(columns, 0, 1)) if input_grad else None

    def output_shape(self, input_shape):
        C, H, W = checks.shape("AdaptiveAvgPool2d", "input_shape", input_shape, "CHW")
        if min(H, W) < 1:
            raise ShapeError(f"AdaptiveAvgPool2d: each plane must have at least one pixel, got {H} x {W}")
        return C, *self.output_size

    def describe(self):
        return str(self.output_size[0] if len(set(self.output_size)) == 1 else self.output_size)


def _window_means(size: int, count: int, dtype: Any) -> Any:
    """Matrix (count, size) whose rows take the mean of one window each."""
    starts, ends = np.arange(count) * size // count, -(-np.arange(1, count + 1) * size // count)
    pixels = np.arange(size)
    inside = (pixels >= starts[:, None]) & (pixels < ends[:, None])
    return (inside / (ends - starts)[:, None]).astype(dtype)


def _along_axes(x: Any, rows: Any, columns: Any) -> Any:
    """y[n, c] = rows x[n, c] columns^T: one linear layer along the width, one along the height."""
    N, C, H, W = x.shape
    swapaxes, (OH, OW) = backend.namespace(x).swapaxes, (len(rows), len(columns))
    wide = swapaxes(F.linear(x.reshape(N * C * H, W), columns).reshape(N, C, H, OW), 2, 3)
    return swapaxes(F.linear(wide.reshape(N * C * OW, H), rows).reshape(N, C, OW, OH), 2, 3)


class AdaptiveMaxPool2d(Module):
    """Largest number of each plane: (N, C, H, W) -> (N, C, 1, 1). Only output_size 1."""

    def __init__(self, output_size: IntOrPair = 1):
        if output_size not in (1, (1, 1)):
            raise ArgumentError(f"AdaptiveMaxPool2d: only output_size 1 is supported, got {output_size!r}")

    def forward(self, x):
        y, argmax = F.global_max_pool2d(x)
        self._saved = argmax, x.shape
        return y

    def backward(self, dy, *, input_grad=True):
        argmax, x_shape = self.saved()
        return F.global_max_pool2d_grad(dy, argmax, x_shape) if input_grad else None

    def output_shape(self, input_shape):
        C, _, _ = checks.shape("AdaptiveMaxPool2d", "input_shape", input_shape, "CHW")
        return C, 1, 1

    def describe(self):
        return "1"


class WeightedPool2d(Module):
    """Weighted sum of each window with one fixed kernel (KH, KW), channel by channel; see `F.weighted_pool2d`."""

    buffers = ("kernel",)

    def __init__(self, kernel: Any, stride: IntOrPair):
        self.kernel = np.array(kernel, np.float32)
        checks.rank("WeightedPool2d", "kernel", self.kernel, ("KH", "KW"))
        self.stride = checks.pair("WeightedPool2d", "stride", stride, 1)

    def forward(self, x):
        y = F.weighted_pool2d(x, self.kernel, stride=self.stride)
        self._saved = x.shape
        return y

    def backward(self, dy, *, input_grad=True):
        x_shape = self.saved()
        return F.weighted_pool2d_grad(dy, x_shape, self.kernel, stride=self.stride) if input_grad else None

    def output_shape(self, input_shape):
        checks.shape("WeightedPool2d", "input_shape", input_shape, "CHW")
        return windows_of("WeightedPool2d", (1, *input_shape), self.kernel.shape, self.stride, 0, False)[1][1:]

    def multiply_adds(self, input_shape):
        return math.prod(self.output_shape(input_shape)) * self.kernel.size

    def describe(self):
        return f"{self.kernel.shape[0]} x {self.kernel.shape[1]}, stride={self.stride}"


class Subsample2d(Module):
    """LeNet-5's subsampling: the sum of each window, times a learnt number per channel, plus another.

    Parameters
    ----------
    channels : int
    kernel_size : int or (height, width)
        Also the stride.

    Notes
    -----
    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86(11), 1998, section II.B.
    """

    def __init__(self, channels: int, kernel_size: IntOrPair = 2):
        channels = checks.integer("Subsample2d", "channels", channels, 1)
        self.kernel_size = checks.pair("Subsample2d", "kernel_size", kernel_size, 1)
        self.window = math.prod(self.kernel_size)
        self.weight = Parameter(np.full(channels, 1 / self.window, np.float32))
        self.bias = Parameter(np.zeros(channels, np.float32))

    def forward(self, x):
        _, x, _ = backend.bind("Subsample2d", x=x, weight=self.weight.data)
        mean = F.avg_pool2d(x, self.kernel_size)
        if mean.shape[1] != self.weight.data.size:
            raise ShapeError(
                f"Subsample2d: x has {mean.shape[1]} channels but the layer {self.weight.data.size} (x: {x.shape})"
            )
        self._saved = mean, x.shape
        xp = backend.namespace(x)
        return xp.add(xp.multiply(mean, self._factor()), self.bias.data.reshape(-1, 1, 1))

    def _factor(self):
        "window size times weight, per channel: the layer takes the sum, pooling the mean"
        weight = self.weight.data
        return backend.namespace(weight).multiply(weight, weight.dtype.type(self.window)).reshape(-1, 1, 1)

    def backward(self, dy, *, input_grad=True):
        mean, x_shape = self.saved()
        _, dy, mean = backend.bind("Subsample2d.backward", dy=dy, mean=mean)
        checks.same_shape("Subsample2d.backward", "dy", dy.shape, mean.shape, "that of the output")
        multiply = backend.namespace(dy).multiply
        by_sum = F.conv2d_grad_bias(multiply(dy, mean))
        self.weight.accumulate(multiply(by_sum, by_sum.dtype.type(self.window)))
        self.bias.accumulate(F.conv2d_grad_bias(dy))
        if not input_grad:
            return None
        return F.avg_pool2d_grad(multiply(dy, self._factor()), x_shape, self.kernel_size)

    def output_shape(self, input_shape):
        checks.shape("Subsample2d", "input_shape", input_shape, "CHW")
        return windows_of("Subsample2d", (1, *input_shape), self.kernel_size, None, 0, False)[1][1:]

    def multiply_adds(self, input_shape):
        return math.prod(self.output_shape(input_shape))

    def describe(self):
        return f"{self.weight.data.size}, {self.kernel_size[0]}"


class Flatten(Module):
    """Images (N, C, H, W) as rows (N, C H W), channel by channel."""

    def forward(self, x):
        if not hasattr(x, "shape") or len(x.shape) < 2:
            raise ShapeError(f"Flatten: x must have at least 2 axes, got {getattr(x, 'shape', type(x).__name__)}")
        self._saved = x.shape
        return x.reshape(x.shape[0], math.prod(x.shape[1:]))

    def backward(self, dy, *, input_grad=True):
        x_shape = self.saved()
        backend.device_of("Flatten.backward", "dy", dy)
        y_shape = x_shape[0], math.prod(x_shape[1:])
        checks.same_shape("Flatten.backward", "dy", dy.shape, y_shape, "that of the output")
        return dy.reshape(x_shape) if input_grad else None

    def output_shape(self, input_shape):
        return (math.prod(input_shape),)
