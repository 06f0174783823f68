"""Convolution and its gradients in float64 NumPy, tap by tap, where the loops of `convlab.reference` would take minutes.

Through tap (u, v) the outputs see the pixels x[.., s i + d u, s j + d v] of the padded image: a view, and each is a product of
matrices. Arguments are those of `convlab.reference`. Independent of the kernels: benchmarks and tests hold them to it.
"""

import numpy as np


def _pair(value):
    return (value, value) if isinstance(value, (int, np.integer)) else tuple(value)


def _seen(padded, tap, out, stride, dilation):
    "what the windows see through one tap: a view (N, C, OH, OW)"
    rows, columns = (
        slice(k * d, k * d + (n - 1) * s + 1, s) for k, n, s, d in zip(tap, out, _pair(stride), _pair(dilation))
    )
    return padded[:, :, rows, columns]


def _bordered(x, padding):
    p, q = _pair(padding)
    return np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))


def _in_groups(array, groups):
    "(N, C, H, W) as (groups, C / groups, N * H * W)"
    N, C, H, W = array.shape
    return array.transpose(1, 0, 2, 3).reshape(groups, C // groups, N * H * W)


def conv2d(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    padded, O = _bordered(x.astype(float), padding), len(w)
    axes = zip(padded.shape[2:], w.shape[2:], _pair(stride), _pair(dilation))
    out = [(m - d * (k - 1) - 1) // s + 1 for m, k, s, d in axes]
    y = np.zeros((groups, O // groups, len(x) * out[0] * out[1]))
    for tap in np.ndindex(w.shape[2:]):
        pixels = _in_groups(_seen(padded, tap, out, stride, dilation), groups)
        y += w[:, :, *tap].reshape(groups, O // groups, -1) @ pixels
    return y.reshape(O, len(x), *out).transpose(1, 0, 2, 3) + b[:, None, None]


def conv2d_grad_weight(dy, x, w_shape, *, stride=1, padding=0, dilation=1, groups=1):
    padded, dw = _bordered(x.astype(float), padding), np.zeros(w_shape)
    upstream = _in_groups(dy, groups)
    for tap in np.ndindex(w_shape[2:]):
        pixels = _in_groups(_seen(padded, tap, dy.shape[2:], stride, dilation), groups)
        dw[:, :, *tap] = (upstream @ pixels.transpose(0, 2, 1)).reshape(w_shape[:2])
    return dw


def conv2d_grad_input(dy, w, x_shape, *, stride=1, padding=0, dilation=1, groups=1):
    N, C, H, W = x_shape
    padded, upstream = _bordered(np.zeros(x_shape), padding), _in_groups(dy.astype(float), groups)
    for tap in np.ndindex(w.shape[2:]):
        own = w[:, :, *tap].reshape(groups, len(w) // groups, -1)
        share = (own.transpose(0, 2, 1) @ upstream).reshape(C, N, *dy.shape[2:])
        _seen(padded, tap, dy.shape[2:], stride, dilation)[...] += share.transpose(1, 0, 2, 3)
    top, left = _pair(padding)
    return padded[:, :, top : top + H, left : left + W]


def conv_transpose2d(x, w, b, *, stride=1, padding=0, dilation=1):
    axes = zip(x.shape[2:], *map(_pair, (stride, padding, dilation)), w.shape[2:])
    size = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in axes]
    shape = len(x), w.shape[1], *size
    return conv2d_grad_input(x, w, shape, stride=stride, padding=padding, dilation=dilation) + b[:, None, None]
