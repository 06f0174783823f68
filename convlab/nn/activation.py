"""Layers that bend: one number in, one number out, and softmax."""

import convlab.functional as F
from convlab import backend, checks
from convlab.nn.module import Module, gives_away


class ReLU(Module):
    """max(x, 0)."""

    def forward(self, x):
        y = F.relu(x)
        self._saved = x
        return y

    @gives_away
    def backward(self, dy, *, input_grad=True):
        x = self.saved()
        return F.relu_grad(dy, x) if input_grad else None

    # where the layer before gave its result away (see Sequential), y needs no memory of its own, and its sign tells as
    # well as that of x where the gradient passes
    def forward_in_place(self, x):
        self._saved = F.activation.relu_in_place(x)
        return self._saved

    @gives_away
    def backward_in_place(self, dy, *, input_grad=True):
        y = self.saved()
        return F.activation.relu_grad_in_place(dy, y) if input_grad else None


class LeakyReLU(Module):
    """x where x > 0, else negative_slope x."""

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = checks.number("LeakyReLU", "negative_slope", negative_slope, -float("inf"))

    def forward(self, x):
        y = F.leaky_relu(x, self.negative_slope)
        self._saved = x
        return y

    def backward(self, dy, *, input_grad=True):
        x = self.saved()
        return F.leaky_relu_grad(dy, x, self.negative_slope) if input_grad else None

    def describe(self):
        return f"{self.negative_slope:g}"


class Sigmoid(Module):
    """1 / (1 + exp(-x))."""

    def forward(self, x):
        self._saved = F.sigmoid(x)
        return self._saved

    def backward(self, dy, *, input_grad=True):
        y = self.saved()
        return F.sigmoid_grad(dy, y) if input_grad else None


class Tanh(Module):
    """Hyperbolic tangent."""

    def forward(self, x):
        self._saved = F.tanh(x)
        return self._saved

    def backward(self, dy, *, input_grad=True):
        y = self.saved()
        return F.tanh_grad(dy, y) if input_grad else None


class ScaledTanh(Module):
    """LeNet-5's squashing function 1.7159 tanh(2 x / 3), which is +-1 at x = +-1.

    Source: Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, appendix A.
    """

    amplitude, slope = 1.7159, 2 / 3

    def forward(self, x):
        _, x = backend.bind("ScaledTanh", x=x)
        xp = backend.namespace(x)
        self._saved = F.tanh(xp.multiply(x, x.dtype.type(self.slope)))
        return xp.multiply(self._saved, x.dtype.type(self.amplitude))

    def backward(self, dy, *, input_grad=True):
        y = self.saved()
        if not input_grad:
            return None
        dx = F.tanh_grad(dy, y)
        return backend.namespace(dx).multiply(dx, dx.dtype.type(self.amplitude * self.slope))


class Softmax(Module):
    """Scores to probabilities along an axis."""

    def __init__(self, dim: int = -1):
        self.dim = dim

    def forward(self, x):
        self._saved = F.softmax(x, self.dim)
        return self._saved

    def backward(self, dy, *, input_grad=True):
        y = self.saved()
        return F.softmax_grad(dy, y, self.dim) if input_grad else None


class LogSoftmax(Module):
    """Logarithm of the softmax along an axis."""

    def __init__(self, dim: int = -1):
        self.dim = dim

    def forward(self, x):
        self._saved = F.log_softmax(x, self.dim)
        return self._saved

    def backward(self, dy, *, input_grad=True):
        y = self.saved()
        return F.log_softmax_grad(dy, y, self.dim) if input_grad else None


class Identity(Module):
    """x as it is."""

    def forward(self, x):
        return x

    def backward(self, dy, *, input_grad=True):
        return dy if input_grad else None
