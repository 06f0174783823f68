"""Convolution with 3 x 3 to 5 x 5 kernels at stride 1 in fewer multiplications: Winograd's algorithm on 8 x 8 pixels.

Eight neighbours d of a line and r taps g give m = 9 - r outputs. Taps and outputs are taken for coefficients of polynomials:
the product of two polynomials is known from its values at eight points, one of them infinity, and a value costs one
multiplication. Evaluation and interpolation are matrices of a few numbers each, see `matrices`:

    y = A [(G g) * (B d)]                   in one dimension, * number by number
    Y = A [(G g G') * (B d B')] A'          in two: 64 multiplications for m x m outputs; the sum takes m x m x r x r

The sum over channels stands between. So for each of the 64 places t it is a product of matrices, on the tile of `correlate`:

    M[t, o, p] = sum_c U[t, c, o] * V[t, c, p]          p: the patches of all images

The gradient by the input is the same with kernels turned round; in that by the weights m and r change places: r x r results
from m x m "taps", the gradients of the outputs. The additions of the transforms cost accuracy: see `docs/decisions.md`.

Source: A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308, 2015; S. Winograd,
"Arithmetic complexity of computations", 1980.
"""

import functools

import numpy as np
from numba import cuda, float32, int32, uint32

from convlab import settings
from convlab.kernels.cuda import correlate, grad_weight, launch
from convlab.kernels.cuda.arrays import empty, zeros
from convlab.kernels.cuda.correlate import ints
from convlab.kernels.cuda.grad_weight import add_splits
from convlab.kernels.cuda.launch import compiled
from convlab.kernels.cuda.ptx import inside, split
from convlab.kernels.cuda.tile import BK

PATCH = 8
PLACES = PATCH * PATCH
POINTS = (0, 1, -1, 2, -2, 1 / 2, -1 / 2)  # and infinity; so few bits that evaluation there rounds little
TOGETHER = 32  # patches of a block
KERNELS = (3, 4, 5)
CHANNELS = 48  # with fewer the transforms, which move memory, take longer than the products that they save
PATCHES = 256  # with fewer the products do not fill the GPU
GAIN = 2  # multiplications saved, at least, where the last patches hang over the edge
WORKSPACE = 2**28  # bytes of the transformed images at a time


@functools.cache
def matrices(outputs: int, taps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A (outputs x 8), G (8 x taps) and B (8 x 8) for outputs + taps - 1 = 8.

    Row j of G evaluates the taps at point j, over the product of its distances from the other points; row j of B holds the
    coefficients of the polynomial that vanishes at the other points; A evaluates at the points again (Lagrange; the point at
    infinity stands for the leading coefficient).
    """
    distances = [np.prod([p - q for q in POINTS if q != p]) for p in POINTS]
    A = np.array([[p**i for p in POINTS] + [float(i == outputs - 1)] for i in range(outputs)])
    G = np.array([[p**k / d for k in range(taps)] for p, d in zip(POINTS, distances)] + [[0.0] * (taps - 1) + [1.0]])
    B = np.array([[*np.poly([q for q in POINTS if q != p])[::-1], 0.0] for p in POINTS] + [np.poly(POINTS)[::-1]])
    return A.astype(np.float32), G.astype(np.float32), B.astype(np.float32)


# ------------------------------------------------------------------------------------------------ transforms
@functools.cache
def make_spread(side, step, mirror, together):
    """Kernel that takes squares of side x side numbers, `step` apart, to 64 places: E square E'. E is B for whole patches,
    and G for what is smaller, taps or gradients."""
    _, G, B = matrices(PATCH + 1 - side, side)
    E = np.ascontiguousarray((B if side == PATCH else G)[:, :: -1 if mirror else 1])
    LINE = together + 1  # numbers of a line of shared memory: threads side by side meet different banks
    SIZE = PATCH * PATCH * LINE

    def spread(x, out, first, images, channels, image_step, channel_step, H, W, TH, TW, top, left, depth, pitch):
        """out[t, c, p] for place t, channel c and square p = (image, row, column). A block: `together` squares, eight threads
        each: a thread takes a column of the square down, then a row across."""
        half = cuda.shared.array(SIZE, float32)
        matrix = cuda.const.array_like(E)
        line = cuda.local.array(side, float32)
        t = uint32(cuda.threadIdx.x)
        lane, part = t % uint32(together), t // uint32(together)
        squares = int32(images * TH * TW)
        c, p = int32(cuda.blockIdx.y), int32(cuda.blockIdx.x * together + lane)
        n, r = split(p, TH * TW)
        i, j = split(r, TW)
        h, v = int32(i * step - top), int32(j * step - left)
        if part < uint32(side):
            here = inside(int32(v + int32(part)), W) & (p < squares)
            at = int32(first + n * image_step + c * channel_step + h * W + v + int32(part))
            for a in range(side):
                line[a] = float32(0)
                if here & inside(int32(h + a), H):
                    line[a] = x[int32(at + a * W)]
            for e in range(PATCH):
                total = float32(0)
                for a in range(side):
                    total += matrix[e, a] * line[a]
                half[uint32((uint32(e * PATCH) + part) * uint32(LINE) + lane)] = total
        cuda.syncthreads()
        if p < pitch:  # beyond the squares stand zeros, which fill a tile of the products
            for b in range(side):
                line[b] = half[uint32((part * uint32(PATCH) + uint32(b)) * uint32(LINE) + lane)]
            for e in range(PATCH):
                total = float32(0)
                for b in range(side):
                    total += matrix[e, b] * line[b]
                out[int32(((int32(part) * PATCH + e) * depth + c) * pitch + p)] = total

    return compiled(spread, PATCH * together)


@functools.cache
def make_gather(outputs, together):
    """Kernel that takes 64 places back to squares of outputs x outputs numbers: A places A' + bias."""
    A, _, _ = matrices(outputs, PATCH + 1 - outputs)
    LINE = together + 1
    SIZE = PATCH * outputs * LINE

    def gather(m, bias, y, first, images, channels, image_step, channel_step, H, W, TH, TW, pitch):
        """The square p = (image, row, column) of channel c from m[t, c, p]. A block is that of `spread`."""
        half = cuda.shared.array(SIZE, float32)
        matrix = cuda.const.array_like(A)
        line = cuda.local.array(PATCH, float32)
        t = uint32(cuda.threadIdx.x)
        lane, part = t % uint32(together), t // uint32(together)
        c, p = int32(cuda.blockIdx.y), int32(cuda.blockIdx.x * together + lane)
        live = p < images * TH * TW
        for e in range(PATCH):
            line[e] = float32(0)
            if live:
                line[e] = m[int32(((int32(part) * PATCH + e) * channels + c) * pitch + p)]
        for b in range(outputs):
            total = float32(0)
            for e in range(PATCH):
                total += matrix[b, e] * line[e]
            half[uint32((part * uint32(outputs) + uint32(b)) * uint32(LINE) + lane)] = total
        cuda.syncthreads()
        n, r = split(p, TH * TW)
        i, j = split(r, TW)
        h, v = int32(i * outputs), int32(j * outputs + int32(part))
        if live and part < uint32(outputs) and v < W:
            at = int32(first + n * image_step + c * channel_step + h * W + v)
            for e in range(PATCH):
                line[e] = half[uint32((uint32(e * outputs) + part) * uint32(LINE) + lane)]
            for a in range(outputs):
                total = bias[c]
                for e in range(PATCH):
                    total += matrix[a, e] * line[e]
                if h + a < H:
                    y[int32(at + a * W)] = total

    return compiled(gather, PATCH * together)


def _grid(squares, channels):
    return (-(-squares // TOGETHER), channels), PATCH * TOGETHER


def _spread(x, out, shape, steps, squares, before, depth, pitch, *, side, step, first=0, mirror=False):
    "shape: images, channels, height and width of x; steps: from an image, and from a channel, to the next"
    images, channels, H, W = shape
    launch.start(
        make_spread(side, step, mirror, TOGETHER), *_grid(pitch, channels),
        x, out, *ints(first, images, channels, *steps, H, W, *squares, *before, depth, pitch),
    )  # fmt: skip


def _gather(m, bias, y, shape, steps, squares, pitch, *, outputs, first=0):
    images, channels, H, W = shape
    launch.start(
        make_gather(outputs, TOGETHER), *_grid(images * squares[0] * squares[1], channels),
        m, bias, y, *ints(first, images, channels, *steps, H, W, *squares, pitch),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ convolution
def fits(x, w, y, stride, dilation) -> bool:
    """Whether the convolution from x to y with w, or a gradient of it, is worth it. Depends on sizes alone."""
    (N, C, _, _), (O, per_group, taps, across), (OH, OW) = x.shape, w.shape, y.shape[2:]
    plain = tuple(stride) == tuple(dilation) == (1, 1) and per_group == C and taps == across and taps in KERNELS
    if not plain or not settings.winograd or min(C, O) < CHANNELS or C % BK or O % BK:
        return False
    down, right = _squares((OH, OW), PATCH + 1 - taps)
    return N * down * right >= PATCHES and OH * OW * taps**2 >= GAIN * PLACES * down * right


def _squares(size, side):
    return tuple(-(-n // side) for n in size)


def _some_images(images, squares, channels):
    "how many images are transformed together"
    return max(1, min(images, WORKSPACE // (4 * PLACES * squares[0] * squares[1] * channels)))


@functools.lru_cache(8)
def _zeros(count):
    return zeros(count, np.float32)


def convolve(x, before, w, bias, y, *, mirror=False):
    """y = the convolution of x with w, with `before` zeros above and to the left, and bias added.

    mirror: w is that of a forward pass whose gradient by the input is wanted.
    """
    (N, C, H, W), (_, O, OH, OW), taps = x.shape, y.shape, w.shape[2]
    step, area = PATCH + 1 - taps, taps * taps
    variant = correlate.Variant.exact(O)
    MP = variant.padded(O)
    u = empty(PLACES * C * MP, np.float32)
    steps = (area, O * area) if mirror else (C * area, area)  # from output channel, and from input channel, to the next
    _spread(w.reshape(w.size), u, (O, C, taps, taps), steps, (1, 1), (0, 0), C, MP,
            side=taps, step=taps, mirror=mirror)  # fmt: skip
    squares = _squares((OH, OW), step)
    together = _some_images(N, squares, max(C, O))
    flat_x, flat_y = x.reshape(x.size), y.reshape(y.size)
    for n in range(0, N, together):
        images = min(together, N - n)
        P = images * squares[0] * squares[1]
        v, m = empty((1, PLACES * C, 1, P), np.float32), empty((1, PLACES * O, 1, P), np.float32)
        _spread(flat_x, v.reshape(v.size), (images, C, H, W), (C * H * W, H * W), squares, before, C, P,
                side=PATCH, step=step, first=n * C * H * W)  # fmt: skip
        correlate.products(variant, u, v, _zeros(PLACES * O), m, O)
        _gather(m.reshape(m.size), bias, flat_y, (images, O, OH, OW), (O * OH * OW, OH * OW), squares, P,
                outputs=step, first=n * O * OH * OW)  # fmt: skip


def convolve_grad_weight(dy, x, dw, before):
    """dw = the sum over images and outputs of dy * x."""
    (N, C, H, W), (_, O, OH, OW), taps = x.shape, dy.shape, dw.shape[2]
    step = PATCH + 1 - taps
    squares = _squares((OH, OW), step)
    together = _some_images(N, squares, max(C, O))
    starts = range(0, N, together)
    sums = empty((len(starts), PLACES * O, C, 1, 1), np.float32)
    flat_x, flat_dy = x.reshape(x.size), dy.reshape(dy.size)
    for part, n in enumerate(starts):
        images = min(together, N - n)
        P = images * squares[0] * squares[1]
        v, u = empty((1, PLACES * C, 1, P), np.float32), empty((1, PLACES * O, 1, P), np.float32)
        _spread(flat_x, v.reshape(v.size), (images, C, H, W), (C * H * W, H * W), squares, before, C, P,
                side=PATCH, step=step, first=n * C * H * W)  # fmt: skip
        _spread(flat_dy, u.reshape(u.size), (images, O, OH, OW), (O * OH * OW, OH * OW), squares, (0, 0), O, P,
                side=step, step=step, first=n * O * OH * OW)  # fmt: skip
        grad_weight.grad_weight(u, v, sums[part], (1, 1), (0, 0), (1, 1))
    total = sums.reshape(sums.size)
    if len(starts) > 1:
        total = empty(PLACES * O * C, np.float32)
        add_splits(sums.reshape(sums.size), total, *ints(len(starts)))
    _gather(total, _zeros(1), dw.reshape(dw.size), (O * C, 1, taps, taps), (taps * taps, 0), (1, 1), O * C,
            outputs=taps)  # fmt: skip
