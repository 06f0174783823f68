"""Convolution in one and two dimensions, and its gradients.

"Convolution" is cross-correlation, as everywhere in the field: the kernel is not flipped. Every output multiplies its
window of the padded input by the weights of its filter and adds up. So in the backward pass an output that receives
the gradient dy hands dy * weights to the pixels of its window and dy * pixels to its weights: three loops over the same
windows, each with one line of its own.

Source: Goodfellow, Bengio and Courville, Deep Learning (2016), chapter 9; sizes: Dumoulin and Visin, A guide to
convolution arithmetic for deep learning (2016).
"""

import numpy as np

from convlab.geometry import output_size
from convlab.reference.precision import in_double
from convlab.reference.windows import crop, margins, pad, per_axis, windows


@in_double
def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of images with a bank of filters.

    y[n, o, i, j] = b[o] + sum_(c, u, v) w[o, c, u, v] x[n, c, s i + d u - p, s j + d v - p], zero outside of x.

    Parameters
    ----------
    x : (N, C, H, W)
    w : (O, C / groups, KH, KW)
    b : (O,), optional
    stride, dilation : int or (h, w)
    padding : int or (h, w), "valid" (0), or "same" (stride 1; an odd zero goes to the bottom and the right)
    groups : the channels and the filters fall into that many parts, which do not see each other

    Returns
    -------
    y : (N, O, OH, OW), OH = floor((H + 2p - d (KH - 1) - 1) / s) + 1

    >>> step = np.array([[[[0.0, 0.0, 1.0, 1.0]]]])
    >>> conv2d(step, np.array([[[[-1.0, 1.0]]]])).squeeze().tolist()
    [0.0, 1.0, 0.0]
    """
    kernel, stride, dilation = w.shape[2:], per_axis(stride, 2), per_axis(dilation, 2)
    xp = pad(x, margins(padding, kernel, dilation))
    OH, OW = (output_size(M, K, s, 0, d) for M, K, s, d in zip(xp.shape[2:], kernel, stride, dilation))
    y = np.zeros((len(x), len(w), OH, OW))
    for (n, o, i, j), window in windows(y.shape, w.shape, stride, dilation, groups):
        y[n, o, i, j] = (xp[window] * w[o]).sum() + (0 if b is None else b[o])
    return y


@in_double
def conv2d_grad_input(dy, w, x_shape, *, stride=1, padding=0, dilation=1, groups=1):
    """Gradient of `conv2d` by its input: each output hands dy * w to the pixels of its window.

    dx[n, c, row, col] = sum of dy[n, o, i, j] w[o, c, u, v] over all o and all i, u, j, v with s i + d u - p = row and
    s j + d v - p = col. What falls on the padding is cut off.

    dy : (N, O, OH, OW); w : (O, C / groups, KH, KW); x_shape : (N, C, H, W); returns dx of that shape.
    """
    stride, dilation = per_axis(stride, 2), per_axis(dilation, 2)
    margin = margins(padding, w.shape[2:], dilation)
    dxp = pad(np.zeros(x_shape), margin)
    for (n, o, i, j), window in windows(dy.shape, w.shape, stride, dilation, groups):
        dxp[window] += dy[n, o, i, j] * w[o]
    return crop(dxp, margin)


@in_double
def conv2d_grad_weight(dy, x, w_shape, *, stride=1, padding=0, dilation=1, groups=1):
    """Gradient of `conv2d` by its weights: each output hands dy * its window to its filter.

    dw[o, c, u, v] = sum_(n, i, j) dy[n, o, i, j] x[n, c, s i + d u - p, s j + d v - p].

    dy : (N, O, OH, OW); x : (N, C, H, W); w_shape : (O, C / groups, KH, KW); returns dw of that shape.
    """
    stride, dilation = per_axis(stride, 2), per_axis(dilation, 2)
    xp = pad(x, margins(padding, w_shape[2:], dilation))
    dw = np.zeros(w_shape)
    for (n, o, i, j), window in windows(dy.shape, w_shape, stride, dilation, groups):
        dw[o] += dy[n, o, i, j] * xp[window]
    return dw


@in_double
def conv2d_grad_bias(dy):
    """Gradient of `conv2d` by its bias: db[o] = sum_(n, i, j) dy[n, o, i, j]. dy : (N, O, OH, OW); returns (O,)."""
    db = np.zeros(dy.shape[1])
    for n, o, i, j in np.ndindex(dy.shape):
        db[o] += dy[n, o, i, j]
    return db


@in_double
def conv1d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of signals with a bank of filters.

    y[n, o, i] = b[o] + sum_(c, u) w[o, c, u] x[n, c, s i + d u - p], zero outside of x.

    Parameters
    ----------
    x : (N, C, L)
    w : (O, C / groups, K)
    b : (O,), optional
    stride, dilation, groups : int
    padding : int, "valid" (0), or "same" (stride 1; an odd zero goes to the end)

    Returns
    -------
    y : (N, O, OL), OL = floor((L + 2p - d (K - 1) - 1) / s) + 1

    >>> noisy = np.array([[[1.0, 5.0, 3.0, 1.0]]])
    >>> conv1d(noisy, np.array([[[0.5, 0.5]]])).tolist()
    [[[3.0, 4.0, 2.0]]]
    """
    kernel, stride, dilation = w.shape[2:], per_axis(stride, 1), per_axis(dilation, 1)
    xp = pad(x, margins(padding, kernel, dilation))
    y = np.zeros((len(x), len(w), output_size(xp.shape[2], *kernel, *stride, 0, *dilation)))
    for (n, o, i), window in windows(y.shape, w.shape, stride, dilation, groups):
        y[n, o, i] = (xp[window] * w[o]).sum() + (0 if b is None else b[o])
    return y


@in_double
def conv1d_grad_input(dy, w, x_shape, *, stride=1, padding=0, dilation=1, groups=1):
    """Gradient of `conv1d` by its input: each output hands dy * w to the signal under its window.

    dx[n, c, l] = sum of dy[n, o, i] w[o, c, u] over all o and all i, u with s i + d u - p = l.

    dy : (N, O, OL); w : (O, C / groups, K); x_shape : (N, C, L); returns dx of that shape.
    """
    stride, dilation = per_axis(stride, 1), per_axis(dilation, 1)
    margin = margins(padding, w.shape[2:], dilation)
    dxp = pad(np.zeros(x_shape), margin)
    for (n, o, i), window in windows(dy.shape, w.shape, stride, dilation, groups):
        dxp[window] += dy[n, o, i] * w[o]
    return crop(dxp, margin)


@in_double
def conv1d_grad_weight(dy, x, w_shape, *, stride=1, padding=0, dilation=1, groups=1):
    """Gradient of `conv1d` by its weights: dw[o, c, u] = sum_(n, i) dy[n, o, i] x[n, c, s i + d u - p].

    dy : (N, O, OL); x : (N, C, L); w_shape : (O, C / groups, K); returns dw of that shape.
    """
    stride, dilation = per_axis(stride, 1), per_axis(dilation, 1)
    xp = pad(x, margins(padding, w_shape[2:], dilation))
    dw = np.zeros(w_shape)
    for (n, o, i), window in windows(dy.shape, w_shape, stride, dilation, groups):
        dw[o] += dy[n, o, i] * xp[window]
    return dw


@in_double
def conv1d_grad_bias(dy):
    """Gradient of `conv1d` by its bias: db[o] = sum_(n, i) dy[n, o, i]. dy : (N, O, OL); returns (O,)."""
    db = np.zeros(dy.shape[1])
    for n, o, i in np.ndindex(dy.shape):
        db[o] += dy[n, o, i]
    return db
