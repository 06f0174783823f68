"""One step of an optimiser over one parameter array, flat, in one pass over memory."""

import math

from convlab.jit import parallel, prange
from convlab.kernels.cpu.activation import block, blocks


@parallel
def sgd(p, grad, velocity, lr, momentum, weight_decay):
    "velocity = momentum * velocity + grad + weight_decay * p; p -= lr * velocity"
    for task in prange(blocks(p.size)):
        for i in block(task, p.size):
            velocity[i] = momentum * velocity[i] + (grad[i] + weight_decay * p[i])
            p[i] -= lr * velocity[i]


@parallel
def adam(p, grad, mean, square, lr, beta1, beta2, eps, weight_decay, correction1, correction2):
    """Adam with running means of gradient and squared gradient (bias-corrected by correction = 1 - beta^t):
    p -= lr * (mean / correction1) / (sqrt(square / correction2) + eps)"""
    one = p.dtype.type(1)
    for task in prange(blocks(p.size)):
        for i in block(task, p.size):
            g = grad[i] + weight_decay * p[i]
            mean[i] = beta1 * mean[i] + (one - beta1) * g
            square[i] = beta2 * square[i] + (one - beta2) * g * g
            p[i] -= lr * (mean[i] / correction1) / (math.sqrt(square[i] / correction2) + eps)
