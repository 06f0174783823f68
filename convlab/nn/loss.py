"""Losses: `loss = criterion(output, target)`, then `dy = criterion.backward()`. And LeNet-5's output layer."""

import math
from typing import Any

import numpy as np

import convlab.functional as F
from convlab import backend, checks
from convlab.errors import ShapeError, StateError
from convlab.nn.module import Module


class _Loss:
    _gradient: Any = None

    def backward(self) -> Any:
        """Gradient of the last loss by the output of the network."""
        if self._gradient is None:
            raise StateError(f"{type(self).__name__}.backward: there was no loss yet; call loss(output, target) first")
        return self._gradient

    def __repr__(self):
        return f"{type(self).__name__}()"


class CrossEntropyLoss(_Loss):
    """Mean cross-entropy, in nats, of softmax(logits) (N, K) and labels (N,); see `F.cross_entropy`.

    Parameters
    ----------
    label_smoothing : float
        The share of the target that is spread evenly over all classes.

    Examples
    --------
    >>> criterion = CrossEntropyLoss()
    >>> round(criterion(np.zeros((5, 10)), np.arange(5)), 4)      # log 10: a network that knows nothing
    2.3026
    """

    def __init__(self, label_smoothing: float = 0.0):
        self.label_smoothing = checks.number("CrossEntropyLoss", "label_smoothing", label_smoothing, 0, 1)

    def __call__(self, logits: Any, labels: Any) -> float:
        loss, self._gradient = F.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)
        return loss


class MSELoss(_Loss):
    """Mean of (output - target)^2 over all numbers."""

    def __call__(self, output: Any, target: Any) -> float:
        _, output, target = backend.bind("MSELoss", output=output, target=target)
        checks.same_shape("MSELoss", "target", target.shape, output.shape, "that of the output")
        if not output.size:
            raise ShapeError(f"MSELoss: the mean over an empty batch is undefined, got output of shape {output.shape}")
        difference = output - target
        self._gradient = difference * output.dtype.type(2 / output.size)
        return float(np.mean(np.square(difference), dtype=np.float64))


class EuclideanRBF(Module):
    """Negative squared distance of a row to each of some fixed codes: y[n, k] = -|x_n - codes_k|^2.

    LeNet-5's output layer; the nearest code wins. As logits of a softmax they give the paper's discriminative loss (eq. 9)
    with j infinite.

    Parameters
    ----------
    codes : array (classes, features)
        Not learnt.

    Notes
    -----
    Source: Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, section II.B, equation 7.
    """

    buffers = ("codes",)

    def __init__(self, codes: Any):
        self.codes = np.array(codes, np.float32)
        checks.rank("EuclideanRBF", "codes", self.codes, ("classes", "features"))

    def forward(self, x):
        dtype = self.codes.dtype.type
        y = F.linear(x, dtype(2) * self.codes, -np.square(self.codes).sum(1)) - np.square(x).sum(1, keepdims=True)
        self._saved = x
        return y

    def backward(self, dy, *, input_grad=True):
        x = self.saved()
        _, dy, x = backend.bind("EuclideanRBF.backward", dy=dy, x=x)
        checks.same_shape("EuclideanRBF.backward", "dy", dy.shape, (len(x), len(self.codes)), "that of the output")
        if not input_grad:
            return None
        return dy.dtype.type(2) * (F.linear_grad_input(dy, self.codes) - x * dy.sum(1, keepdims=True))

    def output_shape(self, input_shape):
        if tuple(input_shape) != self.codes.shape[1:]:
            raise ShapeError(f"EuclideanRBF: expected {self.codes.shape[1]} features, got {tuple(input_shape)}")
        return self.codes.shape[:1]

    def multiply_adds(self, input_shape):
        return math.prod(self.codes.shape)

    def describe(self):
        return f"{self.codes.shape[1]}, {self.codes.shape[0]}"
