"""The fully connected layer, and dropout, which was made for it."""

import numpy as np

from convlab.reference.precision import in_double


@in_double
def linear(x, w, b=None):
    """Every output sees every input: y[n, o] = b[o] + sum_i w[o, i] x[n, i].

    x : (N, in); w : (out, in); b : (out,), optional; returns y (N, out).

    >>> linear(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [0.0, 1.0]]), np.array([0.5, 0.0])).tolist()
    [[11.5, 2.0]]
    """
    y = np.zeros((len(x), len(w)))
    for n, o in np.ndindex(y.shape):
        y[n, o] = (x[n] * w[o]).sum() + (0 if b is None else b[o])
    return y


@in_double
def linear_grad_input(dy, w):
    """Gradient of `linear` by its input: dx[n, i] = sum_o dy[n, o] w[o, i]. dy : (N, out); returns dx (N, in)."""
    dx = np.zeros((len(dy), w.shape[1]))
    for n, o in np.ndindex(dy.shape):
        dx[n] += dy[n, o] * w[o]
    return dx


@in_double
def linear_grad_weight(dy, x):
    """Gradient of `linear` by its weights: dw[o, i] = sum_n dy[n, o] x[n, i]. dy : (N, out); returns dw (out, in)."""
    dw = np.zeros((dy.shape[1], x.shape[1]))
    for n, o in np.ndindex(dy.shape):
        dw[o] += dy[n, o] * x[n]
    return dw


@in_double
def linear_grad_bias(dy):
    """Gradient of `linear` by its bias: db[o] = sum_n dy[n, o]. dy : (N, out); returns db (out,)."""
    db = np.zeros(dy.shape[1])
    for n, o in np.ndindex(dy.shape):
        db[o] += dy[n, o]
    return db


def dropout(x, p, *, rng):
    """Switch each value off with probability p, and scale the others by 1 / (1 - p) so that the mean stays.

    One draw in [0, 1) for each value of x, all in one call, in the type of x: the value is kept if draw >= p.

    Parameters
    ----------
    x : array of any shape
    p : probability in [0, 1]
    rng : numpy.random.Generator

    Returns
    -------
    y : x * mask
    mask : 0 or 1 / (1 - p), of the shape and type of x

    Source: Srivastava et al. (2014), section 10, with the scaling moved from test time to training.
    """
    draws = rng.random(x.shape, dtype=x.dtype)
    mask = np.zeros(x.shape, dtype=x.dtype)
    for i in np.ndindex(x.shape):
        if float(draws[i]) >= p:  # never for p = 1
            mask[i] = 1 / (1 - p)
    return x * mask, mask


@in_double
def dropout_grad(dy, mask):
    """Gradient of `dropout`: dx = dy * mask."""
    dx = np.zeros(dy.shape)
    for i in np.ndindex(dy.shape):
        dx[i] = dy[i] * mask[i]
    return dx
