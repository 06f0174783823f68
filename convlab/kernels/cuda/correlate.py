"""Convolution as a matrix product that gathers its second matrix: forward, and the gradient by the input, in float32.

A block computes BM channels x BN pixels; tiles are copied ahead into shared memory by cp.async (see `tile` and `plan`).
Every number is written by one thread, after additions in a fixed order. Arrays have fewer than 2**31 numbers.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import cuda, float32, int16, int32, int64, uint32

from convlab.kernels.cuda import device as gpu
from convlab.kernels.cuda import launch, plan
from convlab.kernels.cuda.arrays import empty, to_device
from convlab.kernels.cuda.launch import Kernel, compiled, device, kernel
from convlab.kernels.cuda.ptx import ALIGN, commit, copy_async, copy_async4, inside, split, wait
from convlab.kernels.cuda.tile import BK, Tile, choose, corner, make_rank_one

FAR_AWAY = -(1 << 20)  # no tap reaches the image from here
TILES = {  # by the channels they hold
    128: Tile(128, 128, 8, 8),
    64: Tile(64, 128, 8, 8),
    32: Tile(32, 128, 4, 8),
    16: Tile(16, 128, 4, 4),  # mostly filler where there are few channels, and still faster than a thread per pixel
}
LEAST_WORK = 2**20  # multiply-adds
LARGEST = 2**31


def worth_it(x, y, depth: int) -> bool:
    """Whether these kernels take it: x to y, sums of `depth` terms."""
    return (
        gpu.fast()
        and y.dtype == np.float32
        and y.size * depth >= LEAST_WORK
        and max(x.size, y.size) < LARGEST
        and max(*x.shape[2:], *y.shape[2:]) < plan.REACH
    )


@device
def locate(p, batch, rows, cols, step_h, step_w, W, image, outputs, OH, OW, row0, col0, jump_h, jump_w):
    """Pixel p of a phase -> its top-left corner in x, that corner's index, and the index its first channel has in y."""
    n, r = split(p, rows * cols)
    i, j = split(r, cols)
    top, left = int32(i * step_h), int32(j * step_w)
    base = int32(n * image + top * W + left)
    target = int32(n * outputs * OH * OW + (row0 + i * jump_h) * OW + col0 + j * jump_w)
    if n >= batch:
        top, target = int32(FAR_AWAY), int32(-1)
    return top, left, base, target


def make_loader(BM, BN, BK, LDA, LDB, THREADS, RUN):
    """Two device functions: read the words of a tile; start copying the tile. A thread fetches one column of x."""
    FETCH = BK * BN // THREADS  # numbers of the x tile per thread: every STEP-th row of its column
    STEP = THREADS // BN
    WORDS = FETCH if RUN == 1 else 1
    CHUNKS = BK * BM // 4  # pieces of 16 bytes of the w tile
    ROUNDS = -(-CHUNKS // THREADS)
    A_TILE, B_TILE = BK * LDA, BK * LDB

    @device
    def look_up(table, first, row, word):
        for s in range(WORDS):
            word[s] = table[uint32(first + row + s * STEP) // uint32(RUN)]

    @device
    def fetch(a, b, slot, w, wi, MP, t, x, base, top, left, H, W, channel, row, column, word):
        for s in range(FETCH):
            code = word[s if RUN == 1 else 0]
            here = inside(int32(top + int32(int16(code >> 32))), H) & inside(int32(left + int32(code >> 48)), W)
            at = int32(base + int32(code))
            if RUN > 1:
                at = int32(at + int32(row + s * STEP) * channel)
            copy_async(b, uint32(slot * uint32(B_TILE) + uint32(row + s * STEP) * uint32(LDB) + column), x, at, here)
        for s in range(ROUNDS):
            chunk = uint32(t + uint32(s * THREADS))
            if chunk < uint32(CHUNKS):
                k, m = uint32(chunk // uint32(BM // 4)), uint32(chunk % uint32(BM // 4) * uint32(4))
                copy_async4(
                    a, uint32(slot * uint32(A_TILE) + k * uint32(LDA) + m), w, uint32(wi + int32(k) * MP + int32(m))
                )

    return look_up, fetch, WORDS


@functools.cache
def make_correlate(tile, RUN):
    """Kernel for one shape of tile. RUN: rows of the sum that share a word, BK (the channels of one tap) or 1."""
    BM, BN, TM, TN = tile.BM, tile.BN, tile.TM, tile.TN
    STAGES = 4 if BM + BN <= 256 else 3  # numba-cuda gives a block 48 KiB of shared memory
    IN_FLIGHT = STAGES - 2  # groups of copies still on their way while a tile is multiplied
    THREADS, WARPS = tile.threads, tile.warps
    EXTRA = 96 if RUN == 1 and BN * 8 > 4 * THREADS else 64
    A_TILE, B_TILE = BK * BM, BK * BN
    A_SIZE, B_SIZE = STAGES * A_TILE, STAGES * B_TILE
    FAR_M, FAR_N = tile.far
    look_up, fetch, WORDS = make_loader(BM, BN, BK, BM, BN, THREADS, RUN)
    rank_one = make_rank_one(tile)

    def correlate(
        w,
        x,
        table,
        phases,
        bias,
        y,
        batch,
        image,
        channel,
        H,
        W,
        step_h,
        step_w,
        M,
        MP,
        depths,
        OH,
        OW,
        jump_h,
        jump_w,
        groups,
    ):
        """Grid: pixel tiles, channel tiles, phases x groups. w comes from pack_weights: (groups, rows of the sum, MP)."""
        a = cuda.shared.array(A_SIZE, float32, alignment=ALIGN)
        b = cuda.shared.array(B_SIZE, float32, alignment=ALIGN)
        where = cuda.shared.array(BN, int32)
        acc = cuda.local.array((TM, TN), float32)
        u = cuda.local.array(TM, float32)
        v = cuda.local.array(TN, float32)
        word = cuda.local.array(WORDS, int64)

        z, g = split(cuda.blockIdx.z, groups)
        first, depth, row0, col0 = phases[z, 0], phases[z, 1], phases[z, 2], phases[z, 3]
        rows, cols = phases[z, 4], phases[z, 5]
        p0, m0 = int32(cuda.blockIdx.x * BN), int32(cuda.blockIdx.y * BM)
        if p0 >= batch * rows * cols:
            return

        # the pixel whose column of the tile this thread copies, and where that pixel's results go
        t = uint32(cuda.threadIdx.x)
        column, row = int32(t % uint32(BN)), int32(t // uint32(BN))
        top, left, base, target = locate(
            int32(p0 + column),
            batch,
            rows,
            cols,
            step_h,
            step_w,
            W,
            image,
            M * groups,
            OH,
            OW,
            row0,
            col0,
            jump_h,
            jump_w,
        )
        base = int32(base + g * split(image, groups)[0])
        if row == 0:
            where[column] = target
        for i in range(TM):
            for j in range(TN):
                acc[i, j] = float32(0)
        ty, tx = corner(t, WARPS)

        # tile q waits in slot q % STAGES; STAGES-1 of them are on their way before the first product
        wi = int32((g * depths + first) * MP + m0)
        last = int32(first + depth)
        for q in range(STAGES - 1):
            if first < last:
                look_up(table, first, row, word)
                fetch(a, b, uint32(q), w, wi, MP, t, x, base, top, left, H, W, channel, row, column, word)
            commit()
            first = int32(first + BK)
            wi = int32(wi + BK * MP)
        slot, ahead = uint32(0), uint32(STAGES - 1)
        for _ in range(int32(depth) // int32(BK)):
            wait(IN_FLIGHT)
            cuda.syncthreads()
            if first < last:
                look_up(table, first, row, word)
            ia, ib = uint32(slot * uint32(A_TILE) + ty), uint32(slot * uint32(B_TILE) + tx)
            rank_one(a, b, ia, ib, u, v, acc)
            rank_one(a, b, ia + uint32(BM), ib + uint32(BN), u, v, acc)
            rank_one(a, b, ia + uint32(2 * BM), ib + uint32(2 * BN), u, v, acc)
            rank_one(a, b, ia + uint32(3 * BM), ib + uint32(3 * BN), u, v, acc)
            if first < last:
                fetch(a, b, ahead, w, wi, MP, t, x, base, top, left, H, W, channel, row, column, word)
            commit()
            rank_one(a, b, ia + uint32(4 * BM), ib + uint32(4 * BN), u, v, acc)
            rank_one(a, b, ia + uint32(5 * BM), ib + uint32(5 * BN), u, v, acc)
            rank_one(a, b, ia + uint32(6 * BM), ib + uint32(6 * BN), u, v, acc)
            rank_one(a, b, ia + uint32(7 * BM), ib + uint32(7 * BN), u, v, acc)
            first = int32(first + BK)
            wi = int32(wi + BK * MP)
            slot = uint32((slot + uint32(1)) % uint32(STAGES))
            ahead = uint32((ahead + uint32(1)) % uint32(STAGES))

        if depth == 0:
            cuda.syncthreads()  # `where` is read below
        to = cuda.local.array(TN, int32)
        for j in range(TN):
            to[j] = where[tx + uint32((j // 4) * FAR_N + j % 4)]
        for i in range(TM):
            m = int32(m0 + ty + uint32((i // 4) * FAR_M + i % 4))
            if m < M:
                m = int32(m + g * M)
                for j in range(TN):
                    if to[j] >= 0:
                        y[int32(to[j] + m * OH * OW)] = acc[i, j] + bias[m]

    return compiled(correlate, THREADS, tile.resident(EXTRA))


@kernel(lambda w, taps, packed, *sizes: packed.size)
def pack_weights(w, taps, packed, M, inner, outer, MP, group):
    """packed[g, k, m] = the weight of tap k for channel m of group g, 0 in the filler.

    Forward: m counts O, taps index (C, KH, KW), inner = outer = C*KH*KW. Transposed: m counts C, taps index (O, KH, KW),
    inner = KH*KW, outer = C*KH*KW. `group`: weights of a group.
    """
    index = cuda.grid(1)
    if index < packed.size:
        above, m = split(index, MP)
        g, k = split(above, taps.size)
        tap = taps[k]
        value = float32(0)
        if tap >= 0 and m < M:
            high, low = split(tap, inner)
            value = w[g * group + high * outer + m * inner + low]
        packed[index] = value


def ints(*values):
    """As int32: a Python int would reach the kernel as int64, and its index arithmetic would double."""
    return [np.int32(value) for value in values]


@functools.lru_cache(256)
def _tables(make, *arguments):
    "a plan with its tables on the GPU"
    made = make(*arguments)
    return made, *(to_device(part) for part in (made.table, made.taps, made.phases))


class Variant(NamedTuple):
    """A way to compute it: the tile, and the kernels that pack weights for it and do the work."""

    BM: int
    BN: int
    BK: int
    threads: int
    pack: Kernel
    make: Callable  # from the number of rows that share a word

    def padded(self, channels: int) -> int:
        "channels filled up to whole tiles"
        return -(-channels // self.BM) * self.BM

    @classmethod
    def exact(cls, channels: int) -> "Variant":
        tile = choose(TILES, channels)
        return cls(tile.BM, tile.BN, BK, tile.threads, pack_weights, functools.partial(make_correlate, tile))


def _run(variant, make_plan, sizes, x, w, bias, y, M, inner, outer, step, jump):
    """Pack the weights for the shape of the tile, then one launch. M: channels of a group of y."""
    _, _, taps, _ = _tables(make_plan, *sizes, variant.BK)
    groups, MP = y.shape[1] // M, variant.padded(M)
    packed = empty(max(1, groups * len(taps) * MP), np.float32)
    if len(taps):
        variant.pack(w.reshape(w.size), taps, packed, *ints(M, inner, outer, MP, w.size // groups))
    _start(variant, make_plan, sizes, packed, x, bias, y, M, step, jump)


def _start(variant, make_plan, sizes, packed, x, bias, y, M, step, jump):
    made, table, _, phases = _tables(make_plan, *sizes, variant.BK)
    N, C, H, W = x.shape
    groups, OH, OW = y.shape[1] // M, *y.shape[2:]
    MP, depths = variant.padded(M), len(made.taps)
    pixels = N * int((made.phases[:, 4] * made.phases[:, 5]).max())
    launch.start(
        variant.make(made.run), (-(-pixels // variant.BN), MP // variant.BM, len(made.phases) * groups), variant.threads,
        packed, x.reshape(x.size), table, phases, bias, y.reshape(y.size),
        *ints(N, C * H * W, H * W, H, W, *step, M, MP, depths, OH, OW, *jump, groups),
    )  # fmt: skip


def forward(variant, x, w, b, y, stride, before, dilation):
    """y = b + the sum over channels and taps of w * x."""
    O, C, *kernel = w.shape
    M, depth = O // (x.shape[1] // C), w.size // O
    sizes = C, tuple(x.shape[2:]), tuple(kernel), tuple(y.shape[2:]), before, dilation
    _run(variant(M), plan.forward, sizes, x, w, b, y, M, depth, depth, stride, (1, 1))


def products(variant, packed, x, zeros, y, M):
    """y[g] = packed[g]' x[g] for many pairs of matrices. x: (1, groups * depth, 1, columns), y: (1, groups * M, 1, columns),
    packed: (groups, depth, variant.padded(M)) with the depth a multiple of variant.BK."""
    depth, columns = x.shape[1] // (y.shape[1] // M), x.shape[3]
    sizes = depth, (1, columns), (1, 1), (1, columns), (0, 0), (1, 1)
    _start(variant, plan.forward, sizes, packed, x, zeros, y, M, (1, 1), (1, 1))


def transposed(variant, x, w, b, y, stride, before, dilation):
    """y = b + what the input gradient of a convolution with these weights makes of x."""
    O, C, *kernel = w.shape
    taps = kernel[0] * kernel[1]
    sizes = O // (y.shape[1] // C), tuple(y.shape[2:]), tuple(kernel), tuple(x.shape[2:]), stride, before, dilation
    _run(variant(C), plan.transposed, sizes, x, w, b, y, C, taps, C * taps, (1, 1), stride)
