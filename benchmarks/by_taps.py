"""Convolution and its gradients in float64 NumPy, tap by tap, where the loops of `convlab.reference` would take minutes.

Tap (u, v) meets the pixels x[.., s i + d u, s j + d v] of the padded image, a strided view: each is a product of matrices.
"""

import itertools

import numpy as np


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(map(int, value))


def _taps(kernel, out, stride, dilation):
    """(u, v, the view's rows, its columns) of every tap."""
    for u, v in itertools.product(*map(range, kernel)):
        yield (
            u,
            v,
            *(
                slice(d * k, d * k + s * (n - 1) + 1, s)
                for k, n, s, d in zip((u, v), out, _pair(stride), _pair(dilation))
            ),
        )


def _grouped(array, groups):
    "(N, C, H, W) as (N, groups, C / groups, H, W)"
    return array.reshape(len(array), groups, -1, *array.shape[2:])


def _padded(x_shape, padding):
    N, C, H, W = x_shape
    (top, left) = _pair(padding)
    return np.zeros((N, C, H + 2 * top, W + 2 * left)), (..., slice(top, top + H), slice(left, left + W))


def conv2d(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    xp, inside = _padded(x.shape, padding)
    xp[inside] = x
    out = [
        (n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(xp.shape[2:], w.shape[2:], _pair(stride), _pair(dilation))
    ]
    xg, wg = _grouped(xp, groups), w.reshape(groups, -1, *w.shape[1:]).astype(float)
    y = 0
    for u, v, rows, columns in _taps(w.shape[2:], out, stride, dilation):
        y = y + np.einsum("ngchw,goc->ngohw", xg[..., rows, columns], wg[..., u, v], optimize=True)
    return y.reshape(len(x), len(w), *out) + b[:, None, None]


def conv2d_grad_input(dy, w, x_shape, *, stride=1, padding=0, dilation=1, groups=1):
    dxp, inside = _padded(x_shape, padding)
    dxg, dyg, wg = _grouped(dxp, groups), _grouped(dy, groups), w.reshape(groups, -1, *w.shape[1:]).astype(float)
    for u, v, rows, columns in _taps(w.shape[2:], dy.shape[2:], stride, dilation):
        dxg[..., rows, columns] += np.einsum("ngohw,goc->ngchw", dyg, wg[..., u, v], optimize=True)
    return dxp[inside]


def conv2d_grad_weight(dy, x, w_shape, *, stride=1, padding=0, dilation=1, groups=1):
    xp, inside = _padded(x.shape, padding)
    xp[inside] = x
    xg, dyg = _grouped(xp, groups), _grouped(dy.astype(float), groups)
    dw = np.zeros((groups, w_shape[0] // groups, *w_shape[1:]))
    for u, v, rows, columns in _taps(w_shape[2:], dy.shape[2:], stride, dilation):
        dw[..., u, v] = np.einsum("ngohw,ngchw->goc", dyg, xg[..., rows, columns], optimize=True)
    return dw.reshape(w_shape)


def conv_transpose2d(x, w, b, *, stride=1, padding=0, dilation=1):
    size = [
        (n - 1) * s - 2 * p + d * (k - 1) + 1
        for n, s, p, d, k in zip(x.shape[2:], *map(_pair, (stride, padding, dilation)), w.shape[2:])
    ]
    shape = len(x), w.shape[1], *size
    return conv2d_grad_input(x, w, shape, stride=stride, padding=padding, dilation=dilation) + b[:, None, None]
