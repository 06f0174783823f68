"""The linear (fully connected) layer y = x w^T + b and its gradients."""

from typing import Any

from convlab import checks
from convlab.backend import bind
from convlab.errors import ShapeError


def _inputs(op, x):
    if x.ndim != 2:
        mend = "; flatten it first: x.reshape(len(x), -1)" if x.ndim > 2 else "; for one sample use x[np.newaxis]"
        raise ShapeError(f"{op}: x must have 2 axes (N, features), got {x.ndim}: {x.shape}{mend}")
    return x.shape


def linear(x: Any, w: Any, b: Any = None) -> Any:
    """Linear layer: y[n, o] = b[o] + sum_i x[n, i] w[o, i].

    Parameters
    ----------
    x : array (N, I), float32 or float64
    w : array (O, I), of the same type
    b : array (O,), optional

    Returns
    -------
    array (N, O)

    Examples
    --------
    >>> import numpy as np
    >>> linear(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [0.0, 1.0]]), np.array([10.0, 0.0]))
    array([[21.,  2.]])
    """
    op = "linear"
    k, x, w, b = bind(op, optional=("b",), x=x, w=w, b=b)
    (N, I), (O, expected) = _inputs(op, x), checks.rank(op, "w", w, ("out", "in"))
    if expected != I:
        raise ShapeError(
            f"{op}: x has {I} features but w expects {expected} (x: {x.shape}, w: {w.shape}); w is (out, in)"
        )
    if b is None:
        b = k.zeros(O, x.dtype)
    checks.same_shape(op, "b", b.shape, (O,), "one number per output")
    y = k.empty((N, O), x.dtype)
    if y.size:
        k.linear(x, w, b, y)
    return y


def linear_grad_input(dy: Any, w: Any) -> Any:
    """Gradient of `linear` by x: dx[n, i] = sum_o dy[n, o] w[o, i]; dy (N, O), w (O, I) -> (N, I)."""
    op = "linear_grad_input"
    k, dy, w = bind(op, dy=dy, w=w)
    (N, O), (expected, I) = checks.rank(op, "dy", dy, "NO"), checks.rank(op, "w", w, ("out", "in"))
    if expected != O:
        raise ShapeError(
            f"{op}: dy has {O} outputs but w has {expected} (dy: {dy.shape}, w: {w.shape}); w is (out, in)"
        )
    if not dy.size or not w.size:
        return k.zeros((N, I), dy.dtype)
    dx = k.empty((N, I), dy.dtype)
    k.linear_grad_input(dy, w, dx)
    return dx


def linear_grad_weight(dy: Any, x: Any) -> Any:
    """Gradient of `linear` by w: dw[o, i] = sum_n dy[n, o] x[n, i]; dy (N, O), x (N, I) -> (O, I)."""
    op = "linear_grad_weight"
    k, dy, x = bind(op, dy=dy, x=x)
    (N, O), (expected, I) = checks.rank(op, "dy", dy, "NO"), _inputs(op, x)
    if expected != N:
        raise ShapeError(f"{op}: dy has {N} samples but x has {expected} (dy: {dy.shape}, x: {x.shape})")
    if not dy.size or not x.size:
        return k.zeros((O, I), dy.dtype)
    dw = k.empty((O, I), dy.dtype)
    k.linear_grad_weight(dy, x, dw)
    return dw


def linear_grad_bias(dy: Any) -> Any:
    """Gradient of `linear` by b: db[o] = sum_n dy[n, o]; dy (N, O) -> (O,)."""
    op = "linear_grad_bias"
    k, dy = bind(op, dy=dy)
    N, O = checks.rank(op, "dy", dy, "NO")
    db = k.zeros(O, dy.dtype)
    if dy.size:
        k.sum_per_channel(dy.reshape(N, O, 1), db)
    return db
