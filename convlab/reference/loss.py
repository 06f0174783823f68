"""From scores to probabilities to a loss: softmax, its logarithm, cross-entropy.

Softmax does not change when all scores of a line move by the same amount. Moved so that the largest is 0, no
exponential overflows, whatever the scores.
"""

import numpy as np

from convlab.reference.precision import in_double


def _lines(axis, *arrays):
    """The 1-D lines of the arrays along an axis, as views, one after another."""
    moved = [np.moveaxis(array, axis, -1) for array in arrays]
    for place in np.ndindex(moved[0].shape[:-1]):
        yield tuple(array[place] for array in moved)


@in_double
def softmax(x, axis=-1):
    """y_k = e^(x_k) / sum_q e^(x_q) along an axis: positive, with sum 1.

    >>> softmax(np.array([0.0, 0.0, -1e4, 0.0, 0.0])).tolist()
    [0.25, 0.25, 0.0, 0.25, 0.25]
    """
    y = np.zeros(x.shape)
    for x_line, y_line in _lines(axis, x, y):
        e = np.exp(x_line - x_line.max())
        y_line[:] = e / e.sum()
    return y


@in_double
def softmax_grad(dy, y, axis=-1):
    """Gradient of `softmax` from its output: dx_k = y_k (dy_k - sum_q dy_q y_q)."""
    dx = np.zeros(y.shape)
    for dy_line, y_line, dx_line in _lines(axis, dy, y, dx):
        dx_line[:] = y_line * (dy_line - (dy_line * y_line).sum())
    return dx


@in_double
def log_softmax(x, axis=-1):
    """y_k = log softmax(x)_k = x_k - log sum_q e^(x_q) along an axis, without ever forming a tiny probability.

    >>> log_softmax(np.array([0.0, 1e4])).tolist()
    [-10000.0, 0.0]
    """
    y = np.zeros(x.shape)
    for x_line, y_line in _lines(axis, x, y):
        moved = x_line - x_line.max()
        y_line[:] = moved - np.log(np.exp(moved).sum())
    return y


@in_double
def log_softmax_grad(dy, y, axis=-1):
    """Gradient of `log_softmax` from its output: dx_k = dy_k - e^(y_k) sum_q dy_q."""
    dx = np.zeros(y.shape)
    for dy_line, y_line, dx_line in _lines(axis, dy, y, dx):
        dx_line[:] = dy_line - np.exp(y_line) * dy_line.sum()
    return dx


@in_double
def cross_entropy(logits, labels, *, label_smoothing=0.0):
    """The mean surprise at the true classes, in nats, and its gradient by the logits.

    loss = -1 / N sum_n log softmax(logits[n])[labels[n]],

    dlogits[n, k] = (softmax(logits[n])[k] - [k = labels[n]]) / N, where [true] = 1 and [false] = 0.

    With label smoothing e the target [k = labels[n]] becomes (1 - e) [k = labels[n]] + e / K in both.

    Parameters
    ----------
    logits : (N, K)
    labels : integers (N,), the true classes in [0, K)
    label_smoothing : from 0 to 1

    Returns
    -------
    loss : float; log K when all classes seem equally likely
    dlogits : (N, K)

    >>> loss, dlogits = cross_entropy(np.zeros((1, 4)), np.array([2]))
    >>> round(loss, 4), dlogits.tolist()
    (1.3863, [[0.25, 0.25, -0.75, 0.25]])
    """
    N, K = logits.shape
    log_p = log_softmax(logits)
    loss, dlogits = 0.0, np.exp(log_p) / N
    for n in range(N):
        for k in range(K):
            target = (1 - label_smoothing) * (k == labels[n]) + label_smoothing / K
            if target:
                loss -= float(target * log_p[n, k]) / N
                dlogits[n, k] -= target / N
    return loss, dlogits
