"""One step of an optimiser over one parameter array, flat, in one pass over memory."""

import math

from convlab.jit import parallel, prange
from convlab.kernels.cpu.activation import blocks, own


@parallel
def sgd(p, grad, velocity, lr, momentum, weight_decay):
    "velocity = momentum * velocity + grad + weight_decay * p; p -= lr * velocity"
    for task in prange(blocks(p.size)):
        p_, grad_, velocity_ = own(task, p), own(task, grad), own(task, velocity)
        for i in range(p_.size):
            velocity_[i] = momentum * velocity_[i] + (grad_[i] + weight_decay * p_[i])
            p_[i] -= lr * velocity_[i]


@parallel
def adam(p, grad, mean, square, lr, beta1, beta2, eps, weight_decay, correction1, correction2):
    """Adam with running means of gradient and squared gradient (bias-corrected by correction = 1 - beta^t):
    p -= lr * (mean / correction1) / (sqrt(square / correction2) + eps)"""
    one = p.dtype.type(1)
    for task in prange(blocks(p.size)):
        p_, grad_, mean_, square_ = own(task, p), own(task, grad), own(task, mean), own(task, square)
        for i in range(p_.size):
            g = grad_[i] + weight_decay * p_[i]
            mean_[i] = beta1 * mean_[i] + (one - beta1) * g
            square_[i] = beta2 * square_[i] + (one - beta2) * g * g
            p_[i] -= lr * (mean_[i] / correction1) / (math.sqrt(square_[i] / correction2) + eps)
