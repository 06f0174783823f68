"""Right answers to the exercises of lesson 08 in other styles than the reference's."""

import numpy as np
from numba import njit

import convlab.functional as F


def bias_loops(dy):
    N, O, OH, OW = dy.shape
    db = [0.0] * O
    for n in range(N):
        for o in range(O):
            for i in range(OH):
                for j in range(OW):
                    db[o] += dy[n, o, i, j]
    return np.array(db)


def windows(x, w, stride, padding):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    return np.lib.stride_tricks.sliding_window_view(xp, w.shape[2:], (2, 3))[:, :, ::stride, ::stride]


def weight_einsum(dy, x, w, stride=1, padding=0):
    return np.einsum("noij,ncijuv->ocuv", dy, windows(x, w, stride, padding))


def weight_taps(dy, x, w, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw, (OH, OW) = np.empty(w.shape), dy.shape[2:]
    for u in range(w.shape[2]):
        for v in range(w.shape[3]):
            met = xp[:, :, u : u + (OH - 1) * stride + 1 : stride, v : v + (OW - 1) * stride + 1 : stride]
            dw[:, :, u, v] = np.tensordot(dy, met, ((0, 2, 3), (0, 2, 3)))
    return dw


def spread(dy, stride):
    """dy with stride - 1 zeros between neighbours."""
    N, O, OH, OW = dy.shape
    gaps = np.zeros((N, O, (OH - 1) * stride + 1, (OW - 1) * stride + 1))
    gaps[:, :, ::stride, ::stride] = dy
    return gaps


def weight_as_a_convolution(dy, x, w, stride=1, padding=0):
    """x and dy with gaps, images in the place of channels; what the windows do not reach is cut off first."""
    gaps = spread(dy, stride)
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    xp = xp[:, :, : gaps.shape[2] + w.shape[2] - 1, : gaps.shape[3] + w.shape[3] - 1]
    dw = F.conv2d(np.ascontiguousarray(xp.swapaxes(0, 1)), np.ascontiguousarray(gaps.swapaxes(0, 1)))
    return dw.swapaxes(0, 1)


def input_as_a_convolution(dy, x, w, stride=1, padding=0):
    """Gaps, a rim of K - 1, the mirrored kernel with filters and channels swapped, then the crop."""
    KH, KW = w.shape[2:]
    gaps = np.pad(spread(dy, stride), ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    full = F.conv2d(gaps, np.ascontiguousarray(w[:, :, ::-1, ::-1].swapaxes(0, 1)))
    H, W = x.shape[2:]
    rows, columns = max(0, H + padding - full.shape[2]), max(0, W + padding - full.shape[3])
    full = np.pad(full, ((0, 0), (0, 0), (0, rows), (0, columns)))
    return full[:, :, padding : padding + H, padding : padding + W]


def input_taps(dy, x, w, stride=1, padding=0):
    N, C, H, W = x.shape
    dxp, (OH, OW) = np.zeros((N, C, H + 2 * padding, W + 2 * padding)), dy.shape[2:]
    for u, v in np.ndindex(w.shape[2:]):
        rows, columns = slice(u, u + OH * stride, stride), slice(v, v + OW * stride, stride)
        place = dxp[:, :, rows, columns][:, :, :OH, :OW]
        place += np.einsum("noij,oc->ncij", dy, w[:, :, u, v])
    return dxp[:, :, padding : H + padding, padding : W + padding]


@njit
def input_njit(dy, x, w, stride=1, padding=0):
    dx = np.zeros(x.shape)
    N, O, OH, OW = dy.shape
    C, KH, KW = w.shape[1:]
    for n in range(N):
        for o in range(O):
            for i in range(OH):
                for j in range(OW):
                    for c in range(C):
                        for u in range(KH):
                            for v in range(KW):
                                row, column = i * stride + u - padding, j * stride + v - padding
                                if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                                    dx[n, c, row, column] += dy[n, o, i, j] * w[o, c, u, v]
    return dx


def loss(w, x, target):
    return 0.5 * ((np.tanh(F.conv2d(x, w)) - target) ** 2).sum()


def measured_in_place(w, x, target, step):
    """One array, nudged and put back."""
    w, x, target = (np.array(a, dtype=np.float64) for a in (w, x, target))
    slopes = np.zeros(w.size)
    flat = w.ravel()
    for k in range(w.size):
        was = flat[k]
        flat[k] = was + step
        up = loss(w, x, target)
        flat[k] = was - step
        slopes[k] = (up - loss(w, x, target)) / (2 * step)
        flat[k] = was
    return slopes.reshape(w.shape)


def measured_with_a_unit_vector(w, x, target, step):
    w, x, target = np.float64(w), np.float64(x), np.float64(target)
    units = np.eye(w.size).reshape(w.size, *w.shape)
    rises = [loss(w + step * unit, x, target) - loss(w - step * unit, x, target) for unit in units]
    return np.reshape(rises, w.shape) / step / 2


def error_whole_arrays(claims, measured):
    axes = tuple(range(1, claims.ndim))
    scale = np.maximum(np.abs(claims).max(axis=axes), np.abs(measured).max())
    gap = np.abs(claims - measured).max(axis=axes)
    return np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0)


def error_of_norms(claims, measured):
    """Another measure: the length of the difference, by the sum of both lengths."""
    errors = []
    for claim in claims:
        both = np.linalg.norm(claim) + np.linalg.norm(measured)
        errors.append(np.linalg.norm(claim - measured) / both if both else 0.0)
    return np.array(errors)


ANSWERS = {
    "conv_grad_bias": {
        "loops": bias_loops,
        "einsum": lambda dy: np.einsum("noij->o", dy),
        "sum": lambda dy: dy.sum((0, 2, 3)),
    },
    "conv_grad_weight": {"einsum": weight_einsum, "tap by tap": weight_taps, "a convolution": weight_as_a_convolution},
    "conv_grad_input": {"a convolution": input_as_a_convolution, "tap by tap": input_taps, "njit": input_njit},
    "numerical_gradient": {"in place": measured_in_place, "unit vectors": measured_with_a_unit_vector},
    "gradient_error": {"whole arrays": error_whole_arrays, "another measure": error_of_norms},
}
EXEMPT: dict[str, dict[str, str]] = {}
