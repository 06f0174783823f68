"""Softmax, its logarithm and cross-entropy. A task owns one row of scores. x (A, K, B): the classes are the middle axis."""

import math

import numpy as np

from convlab.jit import jit, parallel, prange


@jit
def _largest(x, a, b):
    top = x[a, 0, b]
    for k in range(x.shape[1]):
        if not x[a, k, b] <= top:  # a NaN becomes the largest, and every result NaN
            top = x[a, k, b]
    return top


@parallel
def softmax(x, y):
    "y = exp(x - max) / sum exp(x - max) along the middle axis"
    A, K, B = x.shape
    for task in prange(A * B):
        a, b = task // B, task % B
        top, total = _largest(x, a, b), np.float64(0)
        for k in range(K):
            y[a, k, b] = math.exp(x[a, k, b] - top)
            total += y[a, k, b]
        for k in range(K):
            y[a, k, b] /= total


@parallel
def softmax_grad(dy, y, dx):
    "dx = y * (dy - sum dy * y)"
    A, K, B = y.shape
    for task in prange(A * B):
        a, b = task // B, task % B
        total = np.float64(0)
        for k in range(K):
            total += np.float64(dy[a, k, b]) * y[a, k, b]  # almost dy itself where y is almost 1
        for k in range(K):
            dx[a, k, b] = y[a, k, b] * (dy[a, k, b] - total)


@parallel
def log_softmax(x, y):
    "y = x - max - log(sum exp(x - max))"
    A, K, B = x.shape
    for task in prange(A * B):
        a, b = task // B, task % B
        top, total = _largest(x, a, b), np.float64(0)
        for k in range(K):
            total += math.exp(x[a, k, b] - top)
        shift = math.log(total)
        for k in range(K):
            y[a, k, b] = x[a, k, b] - top - shift


@parallel
def log_softmax_grad(dy, y, dx):
    "dx = dy - exp(y) * sum dy"
    A, K, B = y.shape
    for task in prange(A * B):
        a, b = task // B, task % B
        total = np.float64(0)
        for k in range(K):
            total += dy[a, k, b]
        for k in range(K):
            dx[a, k, b] = dy[a, k, b] - math.exp(y[a, k, b]) * total


@parallel
def cross_entropy(logits, labels, losses, dlogits):
    "losses[n] = log(sum exp(logits[n])) - logits[n, label]; dlogits = (softmax - one at the label) / N"
    N, K = logits.shape
    x = logits.reshape((N, K, 1))
    for n in prange(N):
        top, total = _largest(x, n, 0), np.float64(0)
        for k in range(K):
            total += math.exp(logits[n, k] - top)
        losses[n] = math.log(total) - (logits[n, labels[n]] - top)
        for k in range(K):
            target = 1.0 if k == labels[n] else 0.0
            dlogits[n, k] = (math.exp(logits[n, k] - top) / total - target) / N
