"""Local response and batch normalisation. A task owns one line of an image, or one channel."""

import math

import numpy as np

from convlab.jit import jit, parallel, prange


@jit
def _scales(x, n, c, before, after, alpha, k, scale):
    "scale = k + alpha * the sum of squares over the neighbouring channels, pixel by pixel"
    for i in range(scale.size):
        scale[i] = k
    for other in range(max(0, c - before), min(x.shape[1], c + after + 1)):
        neighbour = x[n, other]
        for i in range(scale.size):
            scale[i] += alpha * neighbour[i] * neighbour[i]


@jit
def _powers(scale, beta, power):
    "power = scale ** -beta; AlexNet's 3/4 by square roots, which processors have"
    if beta == 0.75:
        for i in range(scale.size):
            root = math.sqrt(scale[i])
            power[i] = 1 / (root * math.sqrt(root))
    else:
        for i in range(scale.size):
            power[i] = scale[i] ** -beta


@parallel
def _local_response_norm(x, y, before, after, alpha, beta, k):
    N, C, L = x.shape
    for task in prange(N * C):
        n, c = task // C, task % C
        scale = np.empty(L, x.dtype)
        _scales(x, n, c, before, after, alpha, k, scale)
        line, out = x[n, c], y[n, c]
        _powers(scale, beta, out)
        for i in range(L):
            out[i] *= line[i]


@parallel
def _local_response_norm_grad(dy, x, dx, ratio, before, after, alpha, beta, k):
    N, C, L = x.shape
    tasks = N * C
    for task in prange(tasks):  # what every channel passes to its neighbours: dy x / scale^(beta + 1)
        n, c = task // C, task % C
        scale = np.empty(L, x.dtype)
        _scales(x, n, c, before, after, alpha, k, scale)
        line, upstream, out, passed = x[n, c], dy[n, c], dx[n, c], ratio[n, c]
        _powers(scale, beta, out)
        for i in range(L):
            out[i] *= upstream[i]
            passed[i] = out[i] * line[i] / scale[i]
    for task in prange(tasks):  # channel c stands in the windows of the channels c - after to c + before
        n, c = task // C, task % C
        line, out, total = x[n, c], dx[n, c], np.zeros(L, x.dtype)
        for other in range(max(0, c - after), min(C, c + before + 1)):
            passed = ratio[n, other]
            for i in range(L):
                total[i] += passed[i]
        for i in range(L):
            out[i] -= 2 * alpha * beta * line[i] * total[i]


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
            line = x[n, c]
            for i in range(L):
                total += line[i]
        middle = total / (N * L)
        total = np.float64(0)
        for n in range(N):
            line = x[n, c]
            for i in range(L):
                total += (line[i] - middle) ** 2
        mean[c], variance[c] = middle, total / (N * L)


@parallel
def batch_norm(x, y, mean, inverse_deviation, weight, bias):
    "y = (x - mean) * inverse_deviation * weight + bias, channel by channel"
    N, C, L = x.shape
    for task in prange(N * C):
        n, c = task // C, task % C
        scale, middle, shift = inverse_deviation[c] * weight[c], mean[c], bias[c]
        line, out = x[n, c], y[n, c]
        for i in range(L):
            out[i] = (line[i] - middle) * scale + shift


@parallel
def batch_norm_grad(dy, x, mean, inverse_deviation, weight, dx, dweight, dbias, training):
    """Gradients of batch_norm. In training mean and deviation depend on x too:
    dx = weight * inverse_deviation * (dy - mean(dy) - z * mean(dy * z)), z the normalised x."""
    N, C, L = x.shape
    for c in prange(C):
        sum_dy, sum_dy_z, middle, inverse = np.float64(0), np.float64(0), mean[c], inverse_deviation[c]
        for n in range(N):
            line, upstream = x[n, c], dy[n, c]
            for i in range(L):
                sum_dy += upstream[i]
                sum_dy_z += upstream[i] * (line[i] - middle) * inverse
        dweight[c], dbias[c] = sum_dy_z, sum_dy
        mean_dy = sum_dy / (N * L) if training else 0.0
        mean_dy_z = sum_dy_z / (N * L) if training else 0.0
        scale = weight[c] * inverse
        for n in range(N):
            line, upstream, out = x[n, c], dy[n, c], dx[n, c]
            for i in range(L):
                z = (line[i] - middle) * inverse
                out[i] = scale * (upstream[i] - mean_dy - z * mean_dy_z)
