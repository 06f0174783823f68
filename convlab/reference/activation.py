"""Activations: one number in, one number out, for arrays of any shape."""

import math

import numpy as np

from convlab.reference.precision import in_double


@in_double
def relu(x):
    """y = max(x, 0). A NaN stays NaN.

    >>> relu(np.array([-2.0, 0.0, 3.0])).tolist()
    [0.0, 0.0, 3.0]
    """
    y = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        y[i] = 0.0 if x[i] <= 0 else x[i]  # asked this way round, NaN takes the second branch
    return y


@in_double
def relu_grad(dy, x):
    """Gradient of `relu`: dy where x > 0, else 0, at 0 too. Where x is NaN, dy."""
    dx = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        dx[i] = 0.0 if x[i] <= 0 else dy[i]
    return dx


@in_double
def leaky_relu(x, negative_slope=0.01):
    """y = x where x > 0, else negative_slope * x. Source: Maas, Hannun and Ng (2013).

    >>> leaky_relu(np.array([-2.0, 0.0, 3.0]), 0.1).tolist()
    [-0.2, 0.0, 3.0]
    """
    y = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        y[i] = x[i] if x[i] > 0 else negative_slope * x[i]
    return y


@in_double
def leaky_relu_grad(dy, x, negative_slope=0.01):
    """Gradient of `leaky_relu`: dy where x > 0, else negative_slope * dy, at 0 too."""
    dx = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        dx[i] = dy[i] if x[i] > 0 else negative_slope * dy[i]
    return dx


@in_double
def sigmoid(x):
    """y = 1 / (1 + e^-x) = e^x / (1 + e^x): whichever does not overflow.

    >>> sigmoid(np.array([-1e4, 0.0, 1e4])).tolist()
    [0.0, 0.5, 1.0]
    """
    y = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = math.exp(-abs(x[i]))
        y[i] = e / (1 + e) if x[i] < 0 else 1 / (1 + e)
    return y


@in_double
def sigmoid_grad(dy, y):
    """Gradient of `sigmoid` from its output: dx = dy y (1 - y)."""
    dx = np.zeros(y.shape)
    for i in np.ndindex(y.shape):
        dx[i] = dy[i] * y[i] * (1 - y[i])
    return dx


@in_double
def tanh(x):
    """y = (e^x - e^-x) / (e^x + e^-x) = 2 sigmoid(2x) - 1.

    >>> tanh(np.array([-1e4, 0.0, 1e4])).tolist()
    [-1.0, 0.0, 1.0]
    """
    y = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        y[i] = math.tanh(x[i])
    return y


@in_double
def tanh_grad(dy, y):
    """Gradient of `tanh` from its output: dx = dy (1 - y^2)."""
    dx = np.zeros(y.shape)
    for i in np.ndindex(y.shape):
        dx[i] = dy[i] * (1 - y[i] ** 2)
    return dx
