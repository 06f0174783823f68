"""Normalising layers, and dropout."""

import numpy as np

import convlab.functional as F
from convlab import backend, checks
from convlab.errors import ShapeError
from convlab.nn.module import Module, Parameter, random


class LocalResponseNorm(Module):
    """AlexNet's normalisation over neighbouring channels; see `F.local_response_norm`. Arguments as in PyTorch."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        self.size = checks.integer("LocalResponseNorm", "size", size, 1)
        self.options = {"alpha": alpha, "beta": beta, "k": k}
        for name, value in self.options.items():
            checks.number("LocalResponseNorm", name, value, 0)

    def forward(self, x):
        y = F.local_response_norm(x, self.size, **self.options)
        self._saved = x
        return y

    def backward(self, dy, *, input_grad=True):
        x = self.saved()
        return F.local_response_norm_grad(dy, x, self.size, **self.options) if input_grad else None

    def describe(self):
        return ", ".join([str(self.size), *(f"{name}={value:g}" for name, value in self.options.items())])


class BatchNorm2d(Module):
    """Batch normalisation of images (N, C, H, W); see `F.batch_norm`. Arguments as in PyTorch.

    Attributes
    ----------
    weight, bias : Parameter (C,), None if not `affine`
    running_mean, running_var : array (C,), None if not `track_running_stats`
    """

    buffers = ("running_mean", "running_var")
    axes = "CHW"

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ):
        op = type(self).__name__
        channels = checks.integer(op, "num_features", num_features, 1)
        self.num_features = channels
        self.eps, self.momentum = checks.number(op, "eps", eps, 0), checks.number(op, "momentum", momentum, 0, 1)
        self.weight = Parameter(np.ones(channels, np.float32)) if affine else None
        self.bias = Parameter(np.zeros(channels, np.float32)) if affine else None
        self.running_mean = np.zeros(channels, np.float32) if track_running_stats else None
        self.running_var = np.ones(channels, np.float32) if track_running_stats else None

    def forward(self, x):
        op = type(self).__name__
        backend.device_of(op, "x", x)
        checks.rank(op, "x", x, "N" + self.axes)
        if x.shape[1] != self.num_features:
            raise ShapeError(f"{op}: x has {x.shape[1]} channels but the layer {self.num_features} (x: {x.shape})")
        weight, bias = (p.data if p else None for p in (self.weight, self.bias))
        y, self._saved = F.batch_norm(
            x, weight, bias, self.running_mean, self.running_var,
            training=self.training or self.running_mean is None, momentum=self.momentum, eps=self.eps,
        )  # fmt: skip
        return y

    def backward(self, dy, *, input_grad=True):
        dx, dweight, dbias = F.batch_norm_grad(dy, self.saved())
        if self.weight:
            self.weight.accumulate(dweight)
            self.bias.accumulate(dbias)
        return dx if input_grad else None

    def output_shape(self, input_shape):
        op = type(self).__name__
        if checks.shape(op, "input_shape", input_shape, self.axes)[0] != self.num_features:
            raise ShapeError(f"{op}: expected {self.num_features} channels, got input {tuple(input_shape)}")
        return tuple(input_shape)

    def describe(self):
        return str(self.num_features)


class BatchNorm1d(BatchNorm2d):
    """Batch normalisation of rows (N, C); see `BatchNorm2d`."""

    axes = "C"


class Dropout(Module):
    """In training set each number to zero with probability p and scale the rest; otherwise change nothing.

    Attributes
    ----------
    rng : numpy.random.Generator
        Draws the masks; `Module.reseed` gives each layer one of its own.
    """

    def __init__(self, p: float = 0.5):
        self.p = checks.number("Dropout", "p", p, 0, 1)
        self.rng = np.random.default_rng(random().integers(2**63))

    def forward(self, x):
        if not self.training:
            self._saved = (None,)
            return x
        y, mask = F.dropout(x, self.p, rng=self.rng)
        self._saved = (mask,)
        return y

    def backward(self, dy, *, input_grad=True):
        (mask,) = self.saved()
        if not input_grad:
            return None
        return dy if mask is None else F.dropout_grad(dy, mask)

    def describe(self):
        return f"{self.p:g}"
