"""The same convolution on the tensor cores: float32 in and out, factors rounded to TF32 (10 bits of mantissa), sums in float32.

Eight warps (or fewer) share the block's tile; a warp owns 64 x 32 of it in pieces of 16 x 8. One instruction adds a product of
16x8 by 8x8 to a piece; lane l = 4 g + t holds rows g and g + 8 and columns 2 t and 2 t + 1 of it.
"""

import functools

from numba import cuda, float32, int32, int64, uint32

from convlab.kernels.cuda.correlate import Variant, locate, make_loader
from convlab.kernels.cuda.launch import compiled, device, kernel
from convlab.kernels.cuda.ptx import ALIGN, commit, mma_tf32, split, to_tf32, wait
from convlab.kernels.cuda.tile import choose

TILES = {128: (128, 128), 64: (64, 128)}  # by the channels they hold: BM, BN
LEAST_CHANNELS = 32  # of a group: with fewer, more than half of a tile would be filler
BK, STAGES = 16, 2
IN_FLIGHT = STAGES - 2
WM, WN = 64, 32  # the tile of a warp


def threads_of(BM, BN) -> int:
    return BM // WM * (BN // WN) * 32


@functools.cache
def make_correlate_tf32(BM, BN, RUN):
    """Kernel for one shape of tile; the arguments are those of `correlate`."""
    WARPS, THREADS = BN // WN, threads_of(BM, BN)
    DOWN, ACROSS = WM // 16, WN // 8
    LDA, LDB = BM + 8, BN + 8  # eight numbers of padding: the 32 lanes of a load meet 32 banks
    A_TILE, B_TILE = BK * LDA, BK * LDB
    A_SIZE, B_SIZE = STAGES * A_TILE, STAGES * B_TILE
    look_up, fetch, WORDS = make_loader(BM, BN, BK, LDA, LDB, THREADS, RUN)

    @device
    def multiply(a, b, ia, ib, u, v, acc):
        """acc += eight rows of the two tiles."""
        for i in range(DOWN):
            u[i, 0] = a[ia + uint32(i * 16)]
            u[i, 1] = a[ia + uint32(i * 16 + 8)]
            u[i, 2] = a[ia + uint32(i * 16 + 4 * LDA)]
            u[i, 3] = a[ia + uint32(i * 16 + 8 + 4 * LDA)]
        for j in range(ACROSS):
            v[j, 0] = to_tf32(b[ib + uint32(j * 8)])
            v[j, 1] = to_tf32(b[ib + uint32(j * 8 + 4 * LDB)])
        for i in range(DOWN):
            for j in range(ACROSS):
                c = mma_tf32(
                    u[i, 0], u[i, 1], u[i, 2], u[i, 3], v[j, 0], v[j, 1],
                    acc[i, j, 0], acc[i, j, 1], acc[i, j, 2], acc[i, j, 3],
                )  # fmt: skip
                acc[i, j, 0] = c[0]
                acc[i, j, 1] = c[1]
                acc[i, j, 2] = c[2]
                acc[i, j, 3] = c[3]

    def correlate_tf32(
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
        a = cuda.shared.array(A_SIZE, float32, alignment=ALIGN)
        b = cuda.shared.array(B_SIZE, float32, alignment=ALIGN)
        where = cuda.shared.array(BN, int32)
        acc = cuda.local.array((DOWN, ACROSS, 4), float32)
        u = cuda.local.array((DOWN, 4), float32)
        v = cuda.local.array((ACROSS, 2), float32)
        word = cuda.local.array(WORDS, int64)

        z, group = split(cuda.blockIdx.z, groups)
        first, depth, row0, col0 = phases[z, 0], phases[z, 1], phases[z, 2], phases[z, 3]
        rows, cols = phases[z, 4], phases[z, 5]
        p0, m0 = int32(cuda.blockIdx.x * BN), int32(cuda.blockIdx.y * BM)
        if p0 >= batch * rows * cols:
            return
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
        base = int32(base + group * split(image, groups)[0])
        if row == 0:
            where[column] = target
        for i in range(DOWN):
            for j in range(ACROSS):
                for k in range(4):
                    acc[i, j, k] = float32(0)
        warp, lane = t // uint32(32), t % uint32(32)
        warp_m, warp_n = uint32(warp // uint32(WARPS) * uint32(WM)), uint32(warp % uint32(WARPS) * uint32(WN))
        g, quad = lane // uint32(4), lane % uint32(4)

        wi = int32((group * depths + first) * MP + m0)
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
                fetch(a, b, ahead, w, wi, MP, t, x, base, top, left, H, W, channel, row, column, word)
            commit()
            ia = uint32(slot * uint32(A_TILE) + quad * uint32(LDA) + warp_m + g)
            ib = uint32(slot * uint32(B_TILE) + quad * uint32(LDB) + warp_n + g)
            multiply(a, b, ia, ib, u, v, acc)
            multiply(a, b, ia + uint32(8 * LDA), ib + uint32(8 * LDB), u, v, acc)
            first = int32(first + BK)
            wi = int32(wi + BK * MP)
            slot = uint32((slot + uint32(1)) % uint32(STAGES))
            ahead = uint32((ahead + uint32(1)) % uint32(STAGES))

        if depth == 0:
            cuda.syncthreads()  # `where` is read below
        for i in range(DOWN):
            for j in range(ACROSS):
                for k in range(4):
                    m = int32(m0 + warp_m + g + uint32(i * 16 + k // 2 * 8))
                    to = where[warp_n + quad * uint32(2) + uint32(j * 8 + k % 2)]
                    if m < M and to >= 0:
                        m = int32(m + group * M)
                        y[int32(to + m * OH * OW)] = acc[i, j, k] + bias[m]

    return compiled(correlate_tf32, THREADS, 512 // THREADS)


@kernel(lambda w, taps, packed, *sizes: packed.size)
def pack_weights_tf32(w, taps, packed, M, inner, outer, MP, group):
    """As correlate.pack_weights, rounded to TF32 once here instead of at every use."""
    index = cuda.grid(1)
    if index < packed.size:
        above, m = split(index, MP)
        g, k = split(above, taps.size)
        tap = taps[k]
        value = float32(0)
        if tap >= 0 and m < M:
            high, low = split(tap, inner)
            value = to_tf32(w[g * group + high * outer + m * inner + low])
        packed[index] = value


def variant(channels: int) -> Variant:
    BM, BN = choose(TILES, channels)
    return Variant(BM, BN, BK, threads_of(BM, BN), pack_weights_tf32, functools.partial(make_correlate_tf32, BM, BN))
