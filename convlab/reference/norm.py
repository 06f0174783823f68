"""Normalisation over neighbouring channels (AlexNet) and over the batch."""

import math
from typing import NamedTuple

import numpy as np

from convlab.reference.precision import in_double


def _neighbours(c, size):
    """The `size` channels around c; one more before than after if size is even."""
    return slice(max(c - size // 2, 0), c + (size - 1) // 2 + 1)


@in_double
def local_response_norm(x, size, *, alpha=1e-4, beta=0.75, k=1.0):
    """Each value divided by the strength of its neighbours: same pixel, channels c - size // 2 .. c + (size - 1) // 2.

    y_c = x_c / s_c^beta,   s_c = k + alpha / size * sum over the neighbours q of x_q^2.

    The paper has no division by size: its alpha = 1e-4 with n = 5, k = 2 is alpha=5e-4, size=5, k=2 here.

    x : (N, C, H, W); returns y of that shape. Source: Krizhevsky, Sutskever and Hinton (2012), section 3.3.
    """
    y = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(x.shape):
        s = k + alpha / size * (x[n, _neighbours(c, size), i, j] ** 2).sum()
        y[n, c, i, j] = x[n, c, i, j] / s**beta
    return y


@in_double
def local_response_norm_grad(dy, x, size, *, alpha=1e-4, beta=0.75, k=1.0):
    """Gradient of `local_response_norm`: y_c depends on x_c above the line, and on all neighbours q below it.

    dy_c / dx_q = [q = c] / s_c^beta - 2 alpha beta / size * x_c x_q / s_c^(beta + 1).

    dy, x : (N, C, H, W); returns dx of that shape.
    """
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(x.shape):
        near = _neighbours(c, size)
        s = k + alpha / size * (x[n, near, i, j] ** 2).sum()
        dx[n, c, i, j] += dy[n, c, i, j] / s**beta
        pull = dy[n, c, i, j] * x[n, c, i, j] / s ** (beta + 1)
        dx[n, near, i, j] -= 2 * alpha * beta / size * pull * x[n, near, i, j]
    return dx


class BatchNormSaved(NamedTuple):
    """What `batch_norm` keeps for its gradient."""

    x_hat: np.ndarray  # the normalised input, of the shape of x
    slope: np.ndarray  # weight / sqrt(var + eps), (C,)
    training: bool


def batch_norm(x, weight, bias, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    """Each channel with mean 0 and variance 1 over the batch, then scaled and shifted.

    x_hat = (x - mean) / sqrt(var + eps),   y = weight * x_hat + bias.

    In training, mean and var (divided by m, the number of values) are those of this batch, and the running ones follow:
    running = (1 - momentum) * running + momentum * batch, in place, with the unbiased variance (divided by m - 1). In
    evaluation, the running ones are used and stay as they are.

    Parameters
    ----------
    x : (N, C) or (N, C, H, W)
    weight, bias : (C,), or None for 1 and 0
    running_mean, running_var : (C,), or None in training

    Returns
    -------
    y : of the shape of x
    saved : BatchNormSaved, for `batch_norm_grad`

    Source: Ioffe and Szegedy (2015), algorithm 1.
    """
    C = x.shape[1]
    x64, x_hat, y, slope = x.astype(np.float64), np.zeros(x.shape), np.zeros(x.shape), np.zeros(C)
    for c in range(C):
        values = x64[:, c]
        if training:
            m = values.size
            mean = values.sum() / m
            var = ((values - mean) ** 2).sum() / m
            if running_mean is not None:
                running_mean[c] = (1 - momentum) * float(running_mean[c]) + momentum * mean
            if running_var is not None:
                running_var[c] = (1 - momentum) * float(running_var[c]) + momentum * var * m / (m - 1)
        else:
            mean, var = float(running_mean[c]), float(running_var[c])
        scale = 1.0 if weight is None else float(weight[c])
        shift = 0.0 if bias is None else float(bias[c])
        x_hat[:, c] = (values - mean) / math.sqrt(var + eps)
        y[:, c] = scale * x_hat[:, c] + shift
        slope[c] = scale / math.sqrt(var + eps)
    return y.astype(x.dtype), BatchNormSaved(x_hat, slope, training)


@in_double
def batch_norm_grad(dy, saved):
    """Gradients of `batch_norm` by x, weight and bias.

    dbias = sum dy,   dweight = sum dy x_hat,   each over the m values of a channel.

    In evaluation dx = weight / sqrt(var + eps) * dy. In training a change of x moves mean and variance too, and what
    that undoes comes off: dx = weight / sqrt(var + eps) * (dy - dbias / m - x_hat dweight / m).

    Returns
    -------
    dx : of the shape of dy
    dweight, dbias : (C,), also where weight or bias was None
    """
    x_hat, slope, training = saved
    C = dy.shape[1]
    dx, dweight, dbias = np.zeros(dy.shape), np.zeros(C), np.zeros(C)
    for c in range(C):
        m = dy[:, c].size
        dbias[c] = dy[:, c].sum()
        dweight[c] = (dy[:, c] * x_hat[:, c]).sum()
        if training:
            dx[:, c] = slope[c] * (dy[:, c] - dbias[c] / m - x_hat[:, c] * dweight[c] / m)
        else:
            dx[:, c] = slope[c] * dy[:, c]
    return dx, dweight, dbias
