"""Activations and dropout, with gradients. Any shape; NaN passes through, as in PyTorch."""

from typing import Any

import numpy as np

from convlab import backend, checks
from convlab.backend import bind
from convlab.errors import ArgumentError


def _map(op, kernel, *scalars, **arrays):
    "a kernel that goes number by number: (arrays..., result, scalars...), all of one shape"
    k, *ready = bind(op, **arrays)
    first, *others = arrays
    for name, array in zip(others, ready[1:]):
        checks.same_shape(op, first, ready[0].shape, array.shape, f"that of {name}")
    result = k.empty(ready[0].shape, ready[0].dtype)
    if result.size:
        real = result.dtype.type
        getattr(k, kernel)(*(a.reshape(-1) for a in ready), result.reshape(-1), *(real(s) for s in scalars))
    return result


def relu(x: Any) -> Any:
    """Rectified linear unit: y = max(x, 0), number by number.

    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return _map("relu", "relu", x=x)


def relu_grad(dy: Any, x: Any) -> Any:
    """Gradient of `relu`: dx = dy where x > 0, else 0 (0 at x = 0 too)."""
    return _map("relu_grad", "relu_grad", dy=dy, x=x)


def relu_in_place(x: Any) -> Any:
    """`relu` of an array that nobody else needs, in its own memory; for layers."""
    k, x = bind("relu", x=x)
    if x.size:
        k.relu(x.reshape(-1), x.reshape(-1))
    return x


def relu_grad_in_place(dy: Any, x: Any) -> Any:
    """`relu_grad` in the memory of dy, an array that nobody else needs; for layers."""
    k, dy, x = bind("relu_grad", dy=dy, x=x)
    checks.same_shape("relu_grad", "dy", dy.shape, x.shape, "that of x")
    if dy.size:
        k.relu_grad(dy.reshape(-1), x.reshape(-1), dy.reshape(-1))
    return dy


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """Leaky ReLU: y = x where x > 0, else negative_slope x."""
    slope = checks.number("leaky_relu", "negative_slope", negative_slope, -np.inf)
    return _map("leaky_relu", "leaky_relu", slope, x=x)


def leaky_relu_grad(dy: Any, x: Any, negative_slope: float = 0.01) -> Any:
    """Gradient of `leaky_relu`: dx = dy where x > 0, else negative_slope dy."""
    slope = checks.number("leaky_relu_grad", "negative_slope", negative_slope, -np.inf)
    return _map("leaky_relu_grad", "leaky_relu_grad", slope, dy=dy, x=x)


def sigmoid(x: Any) -> Any:
    """Logistic function: y = 1 / (1 + exp(-x)), without overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return _map("sigmoid", "sigmoid", x=x)


def sigmoid_grad(dy: Any, y: Any) -> Any:
    """Gradient of `sigmoid` from its output: dx = dy y (1 - y)."""
    return _map("sigmoid_grad", "sigmoid_grad", dy=dy, y=y)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent: y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), without overflow."""
    return _map("tanh", "tanh", x=x)


def tanh_grad(dy: Any, y: Any) -> Any:
    """Gradient of `tanh` from its output: dx = dy (1 - y^2)."""
    return _map("tanh_grad", "tanh_grad", dy=dy, y=y)


def dropout(x: Any, p: float, *, rng: np.random.Generator) -> tuple[Any, Any]:
    """Set each number to zero with probability p, scale the others by 1 / (1 - p), so that the mean stays.

    Parameters
    ----------
    x : array, float32 or float64
    p : float in [0, 1]
    rng : numpy.random.Generator
        One number is drawn for each of x; on a GPU one for all, from which the GPU makes its own.

    Returns
    -------
    y, mask : arrays like x
        y = x mask; mask is 0 or 1 / (1 - p).

    Notes
    -----
    Source: N. Srivastava et al., "Dropout", Journal of Machine Learning Research 15, 2014.
    """
    op = "dropout"
    k, x = bind(op, x=x)
    p = checks.number(op, "p", p, 0, 1)
    if not isinstance(rng, np.random.Generator):
        raise ArgumentError(f"{op}: rng must be a numpy.random.Generator, got {rng!r}; use np.random.default_rng(seed)")
    y, mask = k.empty(x.shape, x.dtype), k.empty(x.shape, x.dtype)
    if x.size:
        real, scale = x.dtype.type, 0.0 if p == 1 else 1 / (1 - p)
        uniform = backend.uniform(rng, x)
        k.dropout(x.reshape(-1), uniform.reshape(-1), p, real(scale), y.reshape(-1), mask.reshape(-1))
    return y, mask


def dropout_grad(dy: Any, mask: Any) -> Any:
    """Gradient of `dropout`: dx = dy mask."""
    return _map("dropout_grad", "multiply", dy=dy, mask=mask)
