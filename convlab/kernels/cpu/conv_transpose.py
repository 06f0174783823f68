"""The gradient of a convolution by its input, which is also the transposed convolution.

Along one axis, output i of the convolution saw pixel h through tap k where  i * s + k * d = h + p.  So pixel h gathers

    dx[h] = sum over taps k with s | h + p - k * d of  dy[(h + p - k * d) / s] * w[k]

At stride 1 that is a convolution of dy with the mirrored kernel. At stride s, pixels h with the same remainder h % s meet the
same taps: each such *phase* of the image is a convolution of stride 1 with its own share of the taps, no product is wasted,
and the phases are put together at the end. With very few channels the phases are taken together as that many more channels,
which fills the vectors better than it wastes products.
"""

import functools
from typing import NamedTuple

import numpy as np
from numba import uintp

from convlab.geometry import extent
from convlab.jit import parallel, prange
from convlab.kernels.cpu import linear, narrow, shifted_rows, winograd
from convlab.kernels.cpu.conv import covers, few_channels, flat, surround, tables, tiled
from convlab.kernels.cpu.memory import workspace
from convlab.kernels.cpu.product import best_vectors, multiply, padded_bias, table
from convlab.kernels.cpu.register_tile import ROWS, lanes_of


# ------------------------------------------------------------------------------------------------ which tap meets what
class Axis(NamedTuple):
    """Along one axis: pixel s * i + r of the image meets row i + shifts[u] of the gradient by tap index[u, r]; -1: none.

    size: pixels of the image, or of one phase of it.
    """

    shifts: np.ndarray
    index: np.ndarray
    size: int

    @classmethod
    def of(cls, size: int, kernel: int, stride: int, padding: int, dilation: int) -> "Axis":
        way = np.arange(stride) + padding - dilation * np.arange(kernel)[:, None]  # from tap k and remainder r
        meets = way % stride == 0
        shifts = np.unique(way[meets] // stride)
        index = np.full((len(shifts), stride), -1)
        for k, r in zip(*np.nonzero(meets)):
            index[np.searchsorted(shifts, way[k, r] // stride), r] = k
        return cls(shifts, index, size)

    @property
    def remainders(self) -> np.ndarray:
        "those that some tap meets: all, unless the stride is longer than the kernel"
        return np.flatnonzero((self.index >= 0).any(axis=0))

    def phase(self, r: int) -> "Axis":
        "the share of the pixels with remainder r, as if there were no others"
        own, stride = self.index[:, r] >= 0, self.index.shape[1]
        return Axis(self.shifts[own], self.index[own, r : r + 1], len(range(r, self.size, stride)))

    def together(self) -> "Axis":
        "all remainders at once, side by side"
        return self._replace(size=-(-self.size // self.index.shape[1]))


class Pass(NamedTuple):
    """One product: some pixels of the result, with the taps that they meet."""

    rows: np.ndarray
    cols: np.ndarray
    places: np.ndarray
    taps: tuple[np.ndarray, np.ndarray]  # per axis, (shift, phase): see Axis.index


class Plan(NamedTuple):
    """How a result is put together, and the padded gradient that all passes read; `gaps`: some pixels meet no tap."""

    size: tuple[int, int]
    before: tuple[int, int]
    gaps: bool
    passes: list[Pass]


@functools.lru_cache(64)
def _plan(N, O, C, groups, small, image, kernel, stride, padding, dilation, together) -> Plan:
    axes = [Axis.of(*axis) for axis in zip(image, kernel, stride, padding, dilation)]
    before = tuple(max(0, -axis.shifts[0]) for axis in axes)
    grid = [-(-m // s) for m, s in zip(image, stride)]
    size = tuple(b + max(g + axis.shifts[-1], 1) for b, g, axis in zip(before, grid, axes))
    met = [axis.remainders for axis in axes]
    corners = [(0, 0)] if together else [(a, b) for a in met[0] for b in met[1] if a < image[0] and b < image[1]]
    passes = []
    for corner in corners:
        parts = [axis.together() if together else axis.phase(r) for axis, r in zip(axes, corner)]
        passes.append(_pass(N, O, C, groups, image, stride, size, before, corner, parts, together))
    return Plan(size, before, not together and any(len(m) < s for m, s in zip(met, stride)), passes)


def _pass(N, O, C, groups, image, stride, size, before, corner, parts, together):
    (height, width), (rows, columns) = size, parts
    i, j = np.arange(rows.size), np.arange(columns.size)
    starts = (np.arange(N) * (O * height * width))[:, None, None] + (i * width)[:, None] + j
    shift = [part.shifts + b for part, b in zip(parts, before)]
    cols = (np.arange(O // groups) * (height * width))[:, None, None] + (shift[0] * width)[:, None] + shift[1]
    if together:  # (n, channel, remainders, i, j), put in order afterwards
        places = np.arange(N)[:, None] * (C * stride[0] * stride[1] * rows.size * columns.size) + np.arange(
            i.size * j.size
        )
    else:
        pixel = ((corner[0] + i * stride[0]) * image[1])[:, None] + corner[1] + j * stride[1]
        places = (np.arange(N) * (C * image[0] * image[1]))[:, None, None] + pixel
    return Pass(table(starts, max(ROWS.values())), table(cols), table(places, 1), (rows.index, columns.index))


# ------------------------------------------------------------------------------------------------ packing, unpacking
@parallel
def _pack(w, panels, rows, columns, W):
    "panels[p, (o, u, v), (c, a, b)] = w[o, c, rows[u, a], columns[v, b]], zero where there is no tap"
    O, C, KH, KW = w.shape
    (U, A), (V, B) = rows.shape, columns.shape
    depth, step = O * U * V, uintp(A * B)
    flat = w.reshape(O, C * KH * KW)
    for o in prange(O):
        for u in range(U):
            for v in range(V):
                for a in range(A):
                    for b in range(B):
                        k, l = rows[u, a], columns[v, b]
                        there = k >= 0 and l >= 0
                        tap = uintp(k * KW + l if there else 0)
                        lane, line = uintp(a * B + b), uintp(((o * U + u) * V + v) * W)
                        for _ in range(C):
                            while lane >= uintp(W):  # on to the next panel; a division would take as long as ten copies
                                lane -= uintp(W)
                                line += uintp(depth * W)
                            panels[line + lane] = flat[o, tap] if there else w.dtype.type(0)
                            tap += uintp(KH * KW)
                            lane += step


def _packed(w, taps, vectors):
    W = vectors * lanes_of(w.itemsize)
    rows, columns = taps
    lanes = w.shape[1] * rows.shape[1] * columns.shape[1]
    panels = workspace("panels", -(-lanes // W) * W * len(w) * len(rows) * len(columns), w.dtype)
    _pack(w, panels, rows, columns, W)
    return panels


@parallel
def _spread(z, y):
    "y[n, c, s i + a, s j + b] = z[n, c, a, b, i, j]"
    N, C, H, W = y.shape
    SH, SW = z.shape[2], z.shape[3]
    for task in prange(N * C):
        n, c = task // C, task % C
        for h in range(H):
            for b in range(SW):
                line = z[n, c, h % SH, b, h // SH]
                for j in range((W - b + SW - 1) // SW):
                    y[n, c, h, j * SW + b] = line[j]


# ------------------------------------------------------------------------------------------------ the two operations
def conv2d_grad_input(dy, w, dx, stride, before, dilation):
    "dx = what each output passes back to the pixels it saw"
    if covers(w, dx, dy, before):
        return linear.linear_grad_input(flat(dy), flat(w), flat(dx))
    conv_transpose2d(dy, w, np.zeros(dx.shape[1], dx.dtype), dx, stride, before, dilation)


def conv_transpose2d(x, w, b, y, stride, before, dilation):
    "y = b + what the input gradient of a convolution with these weights makes of x"
    (N, O, *small), (_, C, *image) = x.shape, y.shape
    per_group, *kernel = w.shape[1:]
    groups = C // per_group
    stride = tuple(s if n > 1 else 1 for s, n in zip(stride, small))  # one window takes no step, however long
    phases = stride[0] * stride[1]
    if narrow.is_narrow(per_group, stride):
        return _few_channels(x, w, b, y, groups, before, dilation)
    if groups == 1 and winograd.fits(N, O, C, kernel, stride, dilation, image, x.dtype):
        return winograd.convolve(x, tuple(2 - p for p in before), w, b, y, mirror=True)
    together = 1 < phases <= kernel[0] * kernel[1] and per_group < 2 * lanes_of(x.itemsize)
    lanes = per_group * phases if together else per_group
    if not tiled(lanes) or (groups > 1 and not tiled(per_group)):
        return shifted_rows.conv_transpose2d(x, w, b, y, stride, before, dilation)
    plan = _plan(N, O, C, groups, tuple(small), tuple(image), tuple(kernel), stride, before, dilation, together)
    a = surround(x, plan.size, plan.before)
    if plan.gaps:
        y[:] = b[:, None, None]
    if not together:
        return _passes(plan, a, w, b, y.reshape(-1), groups, image[0] * image[1])
    grid = [-(-m // s) for m, s in zip(image, stride)]
    z = workspace("blocks", N * C * phases * grid[0] * grid[1], x.dtype)
    _passes(plan, a, w, np.repeat(b, phases), z, groups, grid[0] * grid[1])
    _spread(z.reshape(N, C, *stride, *grid), y)


def _passes(plan, a, w, b, y, groups, step):
    "every pass of the plan into y, in which the channels are `step` apart"
    maps, lanes = len(w) // groups, b.size // groups
    for g in range(groups):
        source = a[g * maps * plan.size[0] * plan.size[1] :]
        own, target = w[g * maps : (g + 1) * maps], y[g * lanes * step :]
        bias = padded_bias(b[g * lanes : (g + 1) * lanes], lanes, w.dtype)
        for rows, cols, places, taps in plan.passes:
            vectors = best_vectors(lanes, cols.size, w.itemsize)
            multiply(source, rows, cols, _packed(own, taps, vectors), bias, target, places, step, lanes, vectors)


def _few_channels(x, w, b, y, groups, before, dilation):
    "stride 1 and few channels to a group: a convolution with the mirrored kernel"
    (N, O, *small), (_, C, *image), kernel = x.shape, y.shape, w.shape[2:]
    reach = tuple(extent(k, d) - 1 - p for k, d, p in zip(kernel, dilation, before))
    mirrored = w[:, :, ::-1, ::-1].reshape(groups, O // groups, C // groups, *kernel).swapaxes(1, 2)
    mirrored = np.ascontiguousarray(mirrored).reshape(C, O // groups, *kernel)
    t = tables(N, O, groups, tuple(small), reach, (1, 1), tuple(image), kernel, dilation, C)
    few_channels(x, mirrored, b, y, groups, t, dilation)
