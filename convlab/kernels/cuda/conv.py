"""Convolution and its gradient by the weights. A thread owns one number of the result and gathers what belongs to it:

    forward         an output asks the pixels of its window
    grad_input      a pixel asks the outputs that saw it: see `conv_transpose.py`
    grad_weight     a weight asks all outputs, each with the pixel that it met there

So no two threads add to the same number, and nothing is added in an order left to chance. Large convolutions of float32 go
to `correlate` and `grad_weight`, whose blocks share what they read, or to `winograd`, which multiplies less; these kernels are
the definition they are tested by.
"""

import numpy as np
from numba import cuda

from convlab.kernels import precision
from convlab.kernels.cuda import correlate, correlate_tf32, grad_weight, winograd
from convlab.kernels.cuda.launch import kernel


@kernel(lambda x, w, b, y, *geometry: y.size)
def _conv2d(x, w, b, y, stride_h, stride_w, top, left, dilation_h, dilation_w):
    index = cuda.grid(1)
    if index >= y.size:
        return
    _, O, OH, OW = y.shape
    C, KH, KW = w.shape[1:]
    H, W = x.shape[2:]
    i, j, plane = index // OW % OH, index % OW, index // (OH * OW)
    n, o = plane // O, plane % O
    first = o // (O // (x.shape[1] // C)) * C  # channels of the group that o belongs to
    total = b[o]
    for c in range(C):
        for k in range(KH):
            h = i * stride_h - top + k * dilation_h
            if 0 <= h < H:
                for l in range(KW):
                    v = j * stride_w - left + l * dilation_w
                    if 0 <= v < W:
                        total += w[o, c, k, l] * x[n, first + c, h, v]
    y[n, o, i, j] = total


@kernel(lambda dy, x, dw, *geometry: dw.size)
def _conv2d_grad_weight(dy, x, dw, stride_h, stride_w, top, left, dilation_h, dilation_w):
    index = cuda.grid(1)
    if index >= dw.size:
        return
    O, C, KH, KW = dw.shape
    N, _, H, W = x.shape
    OH, OW = dy.shape[2:]
    k, l, pair = index // KW % KH, index % KW, index // (KH * KW)
    o, c = pair // C, pair % C
    channel = o // (O // (x.shape[1] // C)) * C + c
    total = np.float64(0)  # of as many rows as the batch has
    for n in range(N):
        for i in range(OH):
            h = i * stride_h - top + k * dilation_h
            if 0 <= h < H:
                row = dw.dtype.type(0)
                for j in range(OW):
                    v = j * stride_w - left + l * dilation_w
                    if 0 <= v < W:
                        row += dy[n, o, i, j] * x[n, channel, h, v]
                total += row
    dw[o, c, k, l] = total


def variant(channels):
    "on the tensor cores where that is allowed and there are enough channels"
    tf32 = precision.tf32 and channels >= correlate_tf32.LEAST_CHANNELS
    return (correlate_tf32.variant if tf32 else correlate.Variant.exact)(channels)


def conv2d(x, w, b, y, stride, before, dilation):
    "y = b + the sum over channels and taps of w * x; the number of groups follows from the shapes"
    fast = correlate.worth_it(x, y, w.size // w.shape[0])
    if fast and not precision.tf32 and winograd.fits(x, w, y, stride, dilation):
        winograd.convolve(x, before, w, b, y)
    elif fast:
        correlate.forward(variant, x, w, b, y, stride, before, dilation)
    else:
        _conv2d(x, w, b, y, *stride, *before, *dilation)


def conv2d_grad_weight(dy, x, dw, stride, before, dilation):
    "dw = the sum over images and outputs of dy * x"
    fast = grad_weight.worth_it(dy, x, dw)
    if fast and winograd.fits(x, dw, dy, stride, dilation):
        winograd.convolve_grad_weight(dy, x, dw, before)
    elif fast:
        grad_weight.grad_weight(dy, x, dw, stride, before, dilation)
    else:
        _conv2d_grad_weight(dy, x, dw, *stride, *before, *dilation)
