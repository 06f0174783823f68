"""The gradient of a convolution by its input, which is also the transposed convolution: a pixel asks the outputs that saw it.

Large ones of float32 go to `correlate`, whose blocks share what they read; this kernel is the definition it is tested by.
"""

from numba import cuda

from convlab.kernels import precision
from convlab.kernels.cuda import correlate, winograd
from convlab.kernels.cuda.arrays import zeros
from convlab.kernels.cuda.conv import variant
from convlab.kernels.cuda.launch import kernel


@kernel(lambda x, w, b, y, *geometry: y.size)
def _conv_transpose2d(x, w, b, y, stride_h, stride_w, top, left, dilation_h, dilation_w):
    "x stands where the outputs of the convolution stand, y where its image stands"
    index = cuda.grid(1)
    if index >= y.size:
        return
    _, C, H, W = y.shape
    per_group, KH, KW = w.shape[1:]
    O, OH, OW = x.shape[1:]
    h, v, plane = index // W % H, index % W, index // (H * W)
    n, c = plane // C, plane % C
    lanes = O // (C // per_group)  # channels of x per group
    total = b[c]
    for o in range(c // per_group * lanes, (c // per_group + 1) * lanes):
        for k in range(KH):
            row = h + top - k * dilation_h  # the window that saw this pixel through tap k starts here, if one does
            if row >= 0 and row % stride_h == 0 and row // stride_h < OH:
                for l in range(KW):
                    column = v + left - l * dilation_w
                    if column >= 0 and column % stride_w == 0 and column // stride_w < OW:
                        total += w[o, c % per_group, k, l] * x[n, o, row // stride_h, column // stride_w]
    y[n, c, h, v] = total


def conv2d_grad_input(dy, w, dx, stride, before, dilation):
    "dx = what each output passes back to the pixels it saw"
    conv_transpose2d(dy, w, zeros(dx.shape[1], dx.dtype), dx, stride, before, dilation)


def conv_transpose2d(x, w, b, y, stride, before, dilation):
    "y = b + what the input gradient of a convolution with these weights makes of x"
    fast = correlate.worth_it(x, y, w.size // y.shape[1])
    if fast and not precision.tf32 and winograd.fits(y, w, x, stride, dilation):
        winograd.convolve(x, [k - 1 - b for k, b in zip(w.shape[2:], before)], w, b, y, mirror=True)
    elif fast:
        correlate.transposed(variant, x, w, b, y, stride, before, dilation)
    else:
        _conv_transpose2d(x, w, b, y, *stride, *before, *dilation)
