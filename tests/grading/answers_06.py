"""Right answers to the exercises of lesson 06 in other styles than the reference's."""

import numpy as np
from numba import njit
from scipy import ndimage, signal


def windows(x, K, s):
    return np.lib.stride_tricks.sliding_window_view(x, (K, K), (2, 3))[:, :, ::s, ::s]


def max_pool_windows(x, kernel_size, stride):
    return windows(x, kernel_size, stride).max(axis=(-1, -2))


@njit
def max_pool_compiled(x, kernel_size, stride):
    N, C, H, W = x.shape
    y = np.full((N, C, (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1), -np.inf)
    for n, c, i, j in np.ndindex(y.shape):
        for u, v in np.ndindex((kernel_size, kernel_size)):
            if x[n, c, i * stride + u, j * stride + v] > y[n, c, i, j]:
                y[n, c, i, j] = x[n, c, i * stride + u, j * stride + v]
    return y


def max_pool_sorted(x, kernel_size, stride):
    picked = windows(x.astype(np.float32), kernel_size, stride)
    return np.sort(picked.reshape(*picked.shape[:4], -1))[..., -1].tolist()


def max_pool_grad_search(dy, x, kernel_size, stride):
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dy.shape):
        best, place = -np.inf, None
        for u, v in np.ndindex(kernel_size, kernel_size):
            value = x[n, c, i * stride + u, j * stride + v]
            if value > best:
                best, place = value, (i * stride + u, j * stride + v)
        dx[n, c, place[0], place[1]] += dy[n, c, i, j]
    return dx


def max_pool_grad_scatter(upstream, images, kernel_size, stride):
    N, C, OH, OW = upstream.shape
    picked = windows(images, kernel_size, stride).reshape(N, C, OH, OW, -1)
    u, v = np.divmod(picked.argmax(-1), kernel_size)
    n, c, i, j = np.ogrid[:N, :C, :OH, :OW]
    dx = np.zeros(images.shape, np.float32)
    np.add.at(dx, (n, c, i * stride + u, j * stride + v), upstream.astype(np.float32))
    return dx


def avg_pool_einsum(x, kernel_size, stride):
    return np.einsum("ncijuv->ncij", windows(x, kernel_size, stride)) / kernel_size**2


def avg_pool_scipy(x, kernel_size, stride):
    mean = np.full((1, 1, kernel_size, kernel_size), 1 / kernel_size**2)
    return signal.correlate(x, mean, mode="valid", method="direct")[:, :, ::stride, ::stride]


def avg_pool_taps(x, kernel_size, stride):
    """The loops over the taps outside, whole maps inside, in single precision."""
    OH, OW = ((M - kernel_size) // stride + 1 for M in x.shape[2:])
    total = np.zeros((*x.shape[:2], OH, OW), np.float32)
    for u, v in np.ndindex(kernel_size, kernel_size):
        total += x[:, :, u::stride, v::stride][:, :, :OH, :OW]
    return total / np.float32(kernel_size**2)


def avg_pool_grad_taps(dy, x, kernel_size, stride):
    dx, (OH, OW) = np.zeros(x.shape), dy.shape[2:]
    for u, v in np.ndindex(kernel_size, kernel_size):
        dx[:, :, u : u + OH * stride : stride, v : v + OW * stride : stride][:, :, :OH, :OW] += dy / kernel_size**2
    return dx


def avg_pool_grad_gathered(dy, x, kernel_size, stride):
    """Each pixel collects from the windows that cover it."""
    dx = np.zeros_like(x)
    for n, c, r, q in np.ndindex(x.shape):
        for i, j in np.ndindex(dy.shape[2:]):
            if 0 <= r - i * stride < kernel_size and 0 <= q - j * stride < kernel_size:
                dx[n, c, r, q] += dy[n, c, i, j]
    return dx / (kernel_size * kernel_size)


def tolerance_loops(x, shift, kernel_size):
    answers = []
    for image in x:
        moved = np.concatenate([np.zeros((*image.shape[:2], shift)), image], axis=2)[..., : image.shape[2]]
        a, b = (max_pool_windows(each[None], kernel_size, kernel_size) for each in (image, moved))
        answers.append(1 - sum(abs(p - q) for p, q in zip(a.ravel(), b.ravel())) / (a.sum() + b.sum()))
    return answers


def tolerance_arrays(x, shift, kernel_size):
    moved = ndimage.shift(x, (0, 0, 0, shift), order=0)
    N, C, H, W = x.shape
    OH, OW = H // kernel_size, W // kernel_size
    tiles = [each[:, :, : OH * kernel_size, : OW * kernel_size] for each in (x, moved)]
    a, b = (tile.reshape(N, C, OH, kernel_size, OW, kernel_size).max((3, 5)).reshape(N, -1) for tile in tiles)
    return 1 - np.abs(a - b).sum(1) / (a + b).sum(1)


ANSWERS = {
    "max_pool": {"windows": max_pool_windows, "search, compiled": max_pool_compiled, "sorted, a list": max_pool_sorted},
    "max_pool_grad": {"search": max_pool_grad_search, "scattered, float32": max_pool_grad_scatter},
    "avg_pool": {"einsum": avg_pool_einsum, "scipy": avg_pool_scipy, "taps, float32": avg_pool_taps},
    "avg_pool_grad": {"taps": avg_pool_grad_taps, "gathered": avg_pool_grad_gathered},
    "shift_tolerance": {"loops, a list": tolerance_loops, "tiles": tolerance_arrays},
}
