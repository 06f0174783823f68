"""Softmax, log-softmax and cross-entropy, stable for scores of any size, with gradients."""

import math
from typing import Any

import numpy as np

from convlab import checks
from convlab.backend import bind, integers
from convlab.errors import LabelError, ShapeError


def _along(op, kernel, axis, **arrays):
    "a kernel that works along one axis: arrays as (before, classes, after)"
    k, *ready = bind(op, **arrays)
    first, *others = arrays
    shape = ready[0].shape
    for name, array in zip(others, ready[1:]):
        checks.same_shape(op, first, shape, array.shape, f"that of {name}")
    axes = max(1, len(shape))  # a single number counts as a row of one
    axis_number = checks.integer(op, "axis", axis, -axes, axes - 1) % axes
    result = k.empty(shape, ready[0].dtype)
    if result.size:
        view = math.prod(shape[:axis_number]), *(shape[axis_number : axis_number + 1] or (1,)), -1
        getattr(k, kernel)(*(a.reshape(view) for a in ready), result.reshape(view))
    return result


def softmax(x: Any, axis: int = -1) -> Any:
    """Scores to probabilities: y_i = exp(x_i) / sum_k exp(x_k) along `axis`, the largest score taken off first.

    >>> softmax(np.array([[1000.0, 1000.0, -1000.0]]))
    array([[0.5, 0.5, 0. ]])
    """
    return _along("softmax", "softmax", axis, x=x)


def softmax_grad(dy: Any, y: Any, axis: int = -1) -> Any:
    """Gradient of `softmax` from its output: dx = y (dy - sum_k dy_k y_k)."""
    return _along("softmax_grad", "softmax_grad", axis, dy=dy, y=y)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """Logarithm of `softmax`: y_i = x_i - log sum_k exp(x_k), exact where the softmax itself would be 0.

    >>> log_softmax(np.array([0.0, -10_000.0]))
    array([     0., -10000.])
    """
    return _along("log_softmax", "log_softmax", axis, x=x)


def log_softmax_grad(dy: Any, y: Any, axis: int = -1) -> Any:
    """Gradient of `log_softmax` from its output: dx = dy - exp(y) sum_k dy_k."""
    return _along("log_softmax_grad", "log_softmax_grad", axis, dy=dy, y=y)


def cross_entropy(logits: Any, labels: Any, *, label_smoothing: float = 0.0) -> tuple[float, Any]:
    """Mean cross-entropy of softmax(logits) and the labels, in nats, and its gradient.

    loss = -1/N sum_n sum_k q[n, k] log softmax(logits[n])[k]; dlogits = (softmax - q) / N, where q[n] is 1 at labels[n] and
    0 elsewhere, or with label smoothing e: 1 - e + e/K at labels[n] and e/K elsewhere.

    Parameters
    ----------
    logits : array (N, K), float32 or float64
    labels : integer array (N,), from 0 to K - 1
    label_smoothing : float
        From 0 to 1: the share of the target that is spread evenly over all classes.

    Returns
    -------
    loss : float
    dlogits : array (N, K)

    Raises
    ------
    LabelError
        If a label is outside [0, K).

    Notes
    -----
    Label smoothing: C. Szegedy et al., "Rethinking the inception architecture for computer vision", CVPR 2016, section 7.

    Examples
    --------
    >>> loss, dlogits = cross_entropy(np.zeros((1, 4)), np.array([2]))
    >>> round(loss, 4), dlogits
    (1.3863, array([[ 0.25,  0.25, -0.75,  0.25]]))
    """
    op = "cross_entropy"
    smoothing = checks.number(op, "label_smoothing", label_smoothing, 0, 1)
    k, logits = bind(op, logits=logits)
    N, K = checks.rank(op, "logits", logits, "NK")
    checks.labels(op, "labels", labels)
    checks.same_shape(op, "labels", labels.shape, (N,), "one label per row of logits")
    if N == 0:
        raise ShapeError(f"{op}: the mean over an empty batch is undefined, got logits of shape {logits.shape}")
    labels = np.asarray(labels)
    wrong = np.flatnonzero((labels < 0) | (labels >= K))
    if wrong.size:
        raise LabelError(
            f"{op}: labels must lie in [0, {K}), got {labels[wrong[0]]} at place {wrong[0]} "
            f"({wrong.size} of {N} are outside); logits has {K} columns, one per class"
        )
    labels = integers(op, labels)
    losses, dlogits = k.empty(N, np.float64), k.empty((N, K), logits.dtype)
    k.cross_entropy(logits, labels, losses, dlogits)
    loss = float(losses.mean())
    return (loss, dlogits) if smoothing == 0 else _smoothed(smoothing, loss, dlogits, logits, labels)


def _smoothed(e, loss, dlogits, logits, labels):
    "from the loss and gradient of hard labels: the target moves by e (1/K - one-hot)"
    N, K = logits.shape
    to_all = -float(np.mean(log_softmax(logits), dtype=np.float64))
    dlogits -= dlogits.dtype.type(e / (K * N))
    dlogits[np.arange(N), labels] += dlogits.dtype.type(e / N)
    return (1 - e) * loss + e * to_all, dlogits
