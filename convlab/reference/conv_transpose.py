"""Transposed convolution and its gradients.

A convolution gathers: each output collects its window of the input. Turned round, each input stamps its window of the
output with its filter, and where stamps overlap they add. Forward, this is the gradient of a convolution by its input;
its own gradient by the input is a convolution.

Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), chapter 4.
"""

import numpy as np

from convlab.geometry import transposed_size
from convlab.reference.precision import in_double
from convlab.reference.windows import crop, margins, pad, per_axis, windows


@in_double
def conv_transpose2d(x, w, b=None, *, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    """Transposed convolution: each pixel of x stamps the output with its filter, at a distance of `stride`.

    y[n, o, s i + d u - p, s j + d v - p] gets x[n, c, i, j] w[c, o, u, v] from every (c, i, j, u, v), and b[o] once.

    Parameters
    ----------
    x : (N, C, H, W)
    w : (C, O / groups, KH, KW)
    b : (O,), optional
    stride, dilation : int or (h, w)
    padding : int or (h, w), rows and columns cut off the output on all sides
    output_padding : int or (h, w), rows and columns more at the bottom and the right
    groups : the channels of x and of y fall into that many parts, which do not see each other

    Returns
    -------
    y : (N, O, OH, OW), OH = (H - 1) s - 2p + d (KH - 1) + 1 + output_padding

    >>> conv_transpose2d(np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 1.0, 1.0]]]]), stride=2).tolist()
    [[[[1.0, 1.0, 3.0, 2.0, 2.0]]]]
    """
    kernel, stride, dilation = w.shape[2:], per_axis(stride, 2), per_axis(dilation, 2)
    padding, output_padding = per_axis(padding, 2), per_axis(output_padding, 2)
    OH, OW = (transposed_size(*axis) for axis in zip(x.shape[2:], kernel, stride, padding, output_padding, dilation))
    margin = margins(padding, kernel, dilation)
    yp = pad(np.zeros((len(x), w.shape[1] * groups, OH, OW)), margin)
    for (n, c, i, j), window in windows(x.shape, w.shape, stride, dilation, groups):
        yp[window] += x[n, c, i, j] * w[c]
    y = crop(yp, margin)
    if b is not None:
        for n, o, i, j in np.ndindex(y.shape):
            y[n, o, i, j] += b[o]
    return y


@in_double
def conv_transpose2d_grad_input(dy, w, x_shape, *, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    """Gradient of `conv_transpose2d` by its input: the convolution of dy with the same filters.

    dx[n, c, i, j] = sum_(o, u, v) dy[n, o, s i + d u - p, s j + d v - p] w[c, o, u, v]. `output_padding` adds nothing:
    it is already in the size of dy.

    dy : (N, O, OH, OW); w : (C, O / groups, KH, KW); x_shape : (N, C, H, W); returns dx of that shape.
    """
    stride, dilation = per_axis(stride, 2), per_axis(dilation, 2)
    dyp = pad(dy, margins(padding, w.shape[2:], dilation))
    dx = np.zeros(x_shape)
    for (n, c, i, j), window in windows(x_shape, w.shape, stride, dilation, groups):
        dx[n, c, i, j] = (dyp[window] * w[c]).sum()
    return dx


@in_double
def conv_transpose2d_grad_weight(dy, x, w_shape, *, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    """Gradient of `conv_transpose2d` by its weights: each pixel of x hands x * its window of dy to its filter.

    dw[c, o, u, v] = sum_(n, i, j) x[n, c, i, j] dy[n, o, s i + d u - p, s j + d v - p].

    dy : (N, O, OH, OW); x : (N, C, H, W); w_shape : (C, O / groups, KH, KW); returns dw of that shape.
    """
    stride, dilation = per_axis(stride, 2), per_axis(dilation, 2)
    dyp = pad(dy, margins(padding, w_shape[2:], dilation))
    dw = np.zeros(w_shape)
    for (n, c, i, j), window in windows(x.shape, w_shape, stride, dilation, groups):
        dw[c] += x[n, c, i, j] * dyp[window]
    return dw


@in_double
def conv_transpose2d_grad_bias(dy):
    """Gradient of `conv_transpose2d` by its bias: db[o] = sum_(n, i, j) dy[n, o, i, j]. dy : (N, O, OH, OW)."""
    db = np.zeros(dy.shape[1])
    for n, o, i, j in np.ndindex(dy.shape):
        db[o] += dy[n, o, i, j]
    return db
