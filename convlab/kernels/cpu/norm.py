"""Local response and batch normalisation. A task owns one line of an image, or one channel."""

import math

import numpy as np

from convlab.jit import jit, parallel, prange


@jit
def _scale(x, n, c, i, before, after, alpha, k):
    "k + alpha * the sum of squares over the neighbouring channels"
    total = k
    for other in range(max(0, c - before), min(x.shape[1], c + after + 1)):
        total += alpha * x[n, other, i] * x[n, other, i]
    return total


@jit
def _power(scale, beta):
    "scale ** -beta; AlexNet's 3/4 by square roots, which processors have"
    if beta == 0.75:
        root = math.sqrt(scale)
        return 1 / (root * math.sqrt(root))
    return scale**-beta


@parallel
def _local_response_norm(x, y, before, after, alpha, beta, k):
    N, C, L = x.shape
    for task in prange(N * C):
        n, c = task // C, task % C
        for i in range(L):
            y[n, c, i] = x[n, c, i] * _power(_scale(x, n, c, i, before, after, alpha, k), beta)


@parallel
def _local_response_norm_grad(dy, x, dx, ratio, before, after, alpha, beta, k):
    N, C, L = x.shape
    tasks = N * C
    for task in prange(tasks):  # what every channel passes to its neighbours: dy x / scale^(beta + 1)
        n, c = task // C, task % C
        for i in range(L):
            scale = _scale(x, n, c, i, before, after, alpha, k)
            dx[n, c, i] = dy[n, c, i] * _power(scale, beta)
            ratio[n, c, i] = dx[n, c, i] * x[n, c, i] / scale
    for task in prange(tasks):  # channel c stands in the windows of the channels c - after to c + before
        n, c = task // C, task % C
        for i in range(L):
            total = dx.dtype.type(0)
            for other in range(max(0, c - after), min(C, c + before + 1)):
                total += ratio[n, other, i]
            dx[n, c, i] -= 2 * alpha * beta * x[n, c, i] * total


def local_response_norm(x, y, size, alpha, beta, k):
    "x, y (N, C, L): y = x / (k + alpha / size * sum of squares of `size` channels around)^beta"
    real = x.dtype.type
    _local_response_norm(x, y, size // 2, (size - 1) // 2, real(alpha / size), real(beta), real(k))


def local_response_norm_grad(dy, x, dx, size, alpha, beta, k):
    real = x.dtype.type
    ratio = np.empty_like(x)
    _local_response_norm_grad(dy, x, dx, ratio, size // 2, (size - 1) // 2, real(alpha / size), real(beta), real(k))


@parallel
def channel_statistics(x, mean, variance):
    "mean and (biased) variance of each channel of x (N, C, L), in float64, in two passes"
    N, C, L = x.shape
    for c in prange(C):
        total = np.float64(0)
        for n in range(N):
            for i in range(L):
                total += x[n, c, i]
        mean[c] = total / (N * L)
        total = np.float64(0)
        for n in range(N):
            for i in range(L):
                total += (x[n, c, i] - mean[c]) ** 2
        variance[c] = total / (N * L)


@parallel
def batch_norm(x, y, mean, inverse_deviation, weight, bias):
    "y = (x - mean) * inverse_deviation * weight + bias, channel by channel"
    N, C, L = x.shape
    for task in prange(N * C):
        n, c = task // C, task % C
        scale = inverse_deviation[c] * weight[c]
        for i in range(L):
            y[n, c, i] = (x[n, c, i] - mean[c]) * scale + bias[c]


@parallel
def batch_norm_grad(dy, x, mean, inverse_deviation, weight, dx, dweight, dbias, training):
    """Gradients of batch_norm. In training mean and deviation depend on x too:
    dx = weight * inverse_deviation * (dy - mean(dy) - z * mean(dy * z)), z the normalised x."""
    N, C, L = x.shape
    for c in prange(C):
        sum_dy, sum_dy_z = np.float64(0), np.float64(0)
        for n in range(N):
            for i in range(L):
                sum_dy += dy[n, c, i]
                sum_dy_z += dy[n, c, i] * (x[n, c, i] - mean[c]) * inverse_deviation[c]
        dweight[c], dbias[c] = sum_dy_z, sum_dy
        mean_dy = sum_dy / (N * L) if training else 0.0
        mean_dy_z = sum_dy_z / (N * L) if training else 0.0
        scale = weight[c] * inverse_deviation[c]
        for n in range(N):
            for i in range(L):
                z = (x[n, c, i] - mean[c]) * inverse_deviation[c]
                dx[n, c, i] = scale * (dy[n, c, i] - mean_dy - z * mean_dy_z)
