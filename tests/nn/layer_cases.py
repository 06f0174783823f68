"""Every layer with options that are not the default ones: how it is made, what it takes, and the function it stands for."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import convlab.functional as F
from convlab import nn
from convlab import reference as R


def central_differences(f, x, step=1e-6):
    """Gradient of the number f() by the array x, one place after another; x is changed meanwhile."""
    gradient = np.empty_like(x)
    for place in np.ndindex(x.shape):
        kept = x[place]
        x[place] = kept + step
        up = f()
        x[place] = kept - step
        down = f()
        x[place] = kept
        gradient[place] = (up - down) / (2 * step)
    return gradient


def distinct(shape, seed=0):
    """Numbers from -2 to 2, none near 0 and no two near each other: no kink of a layer is near any."""
    numbers = np.linspace(-2, 2, 2 * int(np.prod(shape)))[1::2]
    return np.random.default_rng(seed).permutation(numbers).reshape(shape)


@dataclass(frozen=True)
class Case:
    """`function(layer, x)` is what the layer computes, by convlab.functional or the textbook."""

    id: str
    make: Callable
    x_shape: tuple[int, ...]
    function: Callable

    def layer(self, dtype=np.float64):
        nn.manual_seed(5)
        layer = self.make()
        for index, parameter in enumerate(layer.parameters()):  # batch norm starts with ones and zeros
            parameter.data = distinct(parameter.data.shape, seed=index + 1).astype(np.float32)
        return layer.to(dtype)

    def x(self, dtype=np.float64):
        return distinct(self.x_shape).astype(dtype)

    def __str__(self):
        return self.id


def _batch_norm(layer, x):
    weight, bias = (p.data if p else None for p in (layer.weight, layer.bias))
    running = [a if a is None else a.copy() for a in (layer.running_mean, layer.running_var)]
    return F.batch_norm(x, weight, bias, *running, training=layer.training or running[0] is None, momentum=layer.momentum,
                        eps=layer.eps)[0]  # fmt: skip


def _dropout(layer, x):
    return F.dropout(x, layer.p, rng=np.random.default_rng(3))[0]


def _seeded_dropout(p):
    layer = nn.Dropout(p)
    layer.rng = np.random.default_rng(3)
    return layer


def _connected(layer, x):
    "one input channel after another, as the table says"
    rows, kernels = [], iter(layer.weight.data)
    for o, seen in enumerate(layer.connections):
        row = layer.bias.data[o]
        for c in np.flatnonzero(seen):
            row = row + R.conv2d(x[:, c : c + 1], next(kernels)[None, None], stride=layer.stride, padding=layer.padding)
        rows.append(row)
    return np.concatenate(rows, axis=1)


def _subsample(layer, x):
    KH, KW = layer.kernel_size
    sums = R.avg_pool2d(x, layer.kernel_size) * (KH * KW)
    return sums * layer.weight.data[:, None, None] + layer.bias.data[:, None, None]


def _adaptive(layer, x):
    "PyTorch's rule, window by window"
    (OH, OW), (H, W) = layer.output_size, x.shape[2:]
    y = np.empty((*x.shape[:2], OH, OW), x.dtype)
    for i, j in np.ndindex(OH, OW):
        rows = slice(math.floor(i * H / OH), math.ceil((i + 1) * H / OH))
        columns = slice(math.floor(j * W / OW), math.ceil((j + 1) * W / OW))
        y[:, :, i, j] = x[:, :, rows, columns].mean((2, 3))
    return y


def _rbf(layer, x):
    return -np.square(x[:, None, :] - layer.codes).sum(2)


TABLE = [(0, 2), (1,), (0, 1, 2)]
CODES = np.where(np.random.default_rng(0).random((4, 5)) < 0.5, -1, 1)

CASES = [
    Case("Conv2d", lambda: nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2), (2, 4, 5, 6),
         lambda l, x: F.conv2d(x, l.weight.data, l.bias.data, stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2)),
    Case("Conv2d same, no bias", lambda: nn.Conv2d(2, 3, 3, padding="same", bias=False), (2, 2, 4, 4),
         lambda l, x: F.conv2d(x, l.weight.data, padding="same")),
    Case("Conv2d that sees all", lambda: nn.Conv2d(2, 3, 4), (2, 2, 4, 4),
         lambda l, x: F.conv2d(x, l.weight.data, l.bias.data)),
    Case("Conv1d", lambda: nn.Conv1d(4, 2, 3, stride=2, padding=2, dilation=2, groups=2), (2, 4, 9),
         lambda l, x: F.conv1d(x, l.weight.data, l.bias.data, stride=2, padding=2, dilation=2, groups=2)),
    Case("Conv1d same", lambda: nn.Conv1d(2, 3, (4,), padding="same"), (2, 2, 6),
         lambda l, x: F.conv1d(x, l.weight.data, l.bias.data, padding="same")),
    Case("ConvTranspose2d", lambda: nn.ConvTranspose2d(4, 2, 3, stride=(2, 3), padding=1, output_padding=(1, 0), groups=2),
         (2, 4, 3, 2), lambda l, x: F.conv_transpose2d(x, l.weight.data, l.bias.data, stride=(2, 3), padding=1,
                                                       output_padding=(1, 0), groups=2)),
    Case("ConvTranspose2d dilated", lambda: nn.ConvTranspose2d(2, 3, 2, bias=False, dilation=2), (2, 2, 3, 3),
         lambda l, x: F.conv_transpose2d(x, l.weight.data, dilation=2)),
    Case("ConnectedConv2d", lambda: nn.ConnectedConv2d(TABLE, 3, (3, 2), stride=(1, 2), padding=(1, 0)), (2, 3, 4, 6),
         _connected),
    Case("Linear", lambda: nn.Linear(5, 3), (4, 5), lambda l, x: F.linear(x, l.weight.data, l.bias.data)),
    Case("Linear, no bias", lambda: nn.Linear(5, 3, bias=False), (4, 5), lambda l, x: F.linear(x, l.weight.data)),
    Case("MaxPool2d", lambda: nn.MaxPool2d(3, stride=2, padding=1), (2, 2, 5, 6),
         lambda l, x: F.max_pool2d(x, 3, stride=2, padding=1)[0]),
    Case("MaxPool2d ceil_mode, dilated", lambda: nn.MaxPool2d((2, 1), stride=2, dilation=(2, 1), ceil_mode=True),
         (2, 2, 6, 5), lambda l, x: R.max_pool2d(x, (2, 1), stride=2, dilation=(2, 1), ceil_mode=True)[0]),
    Case("AvgPool2d", lambda: nn.AvgPool2d((3, 2), stride=2, padding=1, ceil_mode=True, count_include_pad=False),
         (2, 2, 5, 6), lambda l, x: F.avg_pool2d(x, (3, 2), stride=2, padding=1, ceil_mode=True, count_include_pad=False)),
    Case("WeightedPool2d", lambda: nn.WeightedPool2d([[1, 2], [0.5, 0]], stride=2), (2, 2, 4, 5),
         lambda l, x: F.weighted_pool2d(x, np.array([[1, 2], [0.5, 0]], x.dtype), stride=2)),
    Case("Subsample2d", lambda: nn.Subsample2d(3, (2, 1)), (2, 3, 4, 3), _subsample),
    Case("AdaptiveAvgPool2d", lambda: nn.AdaptiveAvgPool2d(1), (2, 3, 4, 3), lambda l, x: x.mean((2, 3), keepdims=True)),
    Case("AdaptiveAvgPool2d, windows that overlap", lambda: nn.AdaptiveAvgPool2d((3, 2)), (2, 3, 5, 4), _adaptive),
    Case("AdaptiveMaxPool2d", lambda: nn.AdaptiveMaxPool2d((1, 1)), (2, 3, 4, 3),
         lambda l, x: x.max((2, 3), keepdims=True)),
    Case("Flatten", nn.Flatten, (2, 3, 2, 2), lambda l, x: x.reshape(2, 12)),
    Case("ReLU", nn.ReLU, (2, 3, 2), lambda l, x: F.relu(x)),
    Case("LeakyReLU", lambda: nn.LeakyReLU(0.2), (2, 3, 2), lambda l, x: F.leaky_relu(x, 0.2)),
    Case("Sigmoid", nn.Sigmoid, (2, 3), lambda l, x: F.sigmoid(x)),
    Case("Tanh", nn.Tanh, (2, 3), lambda l, x: F.tanh(x)),
    Case("ScaledTanh", nn.ScaledTanh, (2, 3), lambda l, x: 1.7159 * np.tanh(2 / 3 * x)),
    Case("Softmax", lambda: nn.Softmax(1), (2, 3, 2), lambda l, x: F.softmax(x, 1)),
    Case("LogSoftmax", lambda: nn.LogSoftmax(-1), (2, 3), lambda l, x: F.log_softmax(x, -1)),
    Case("Identity", nn.Identity, (2, 3), lambda l, x: x),
    Case("LocalResponseNorm", lambda: nn.LocalResponseNorm(3, alpha=0.5, beta=0.6, k=2.0), (2, 4, 2, 2),
         lambda l, x: F.local_response_norm(x, 3, alpha=0.5, beta=0.6, k=2.0)),
    Case("BatchNorm2d", lambda: nn.BatchNorm2d(3, eps=0.1, momentum=0.3), (2, 3, 2, 2), _batch_norm),
    Case("BatchNorm2d, eval", lambda: nn.BatchNorm2d(3).eval(), (2, 3, 2, 2), _batch_norm),
    Case("BatchNorm2d, bare", lambda: nn.BatchNorm2d(3, affine=False, track_running_stats=False), (2, 3, 2, 2),
         _batch_norm),
    Case("BatchNorm1d", lambda: nn.BatchNorm1d(3), (4, 3), _batch_norm),
    Case("Dropout", lambda: _seeded_dropout(0.4), (3, 4), _dropout),
    Case("Dropout, eval", lambda: nn.Dropout(0.4).eval(), (3, 4), lambda l, x: x),
    Case("EuclideanRBF", lambda: nn.EuclideanRBF(CODES), (3, 5), _rbf),
]  # fmt: skip
