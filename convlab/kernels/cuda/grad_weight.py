"""The gradient by the weights: dw[o, k] = sum over pixels p of dy[o, p] * x[base(p) + offset[k]], in tiles, in float32.

Here the pixels are the rows of the sum, so a thread keeps its columns (weights and channels) and walks over the pixels by
adding: BK pixels on are dn images, di rows and dj columns on. The pixels are split among blocks, whose sums are added in
their order by `add_splits`: the result is the same every time.
"""

import functools

import numpy as np
from numba import cuda, float32, int16, int32, int64, uint32

from convlab.kernels.cuda import device as gpu
from convlab.kernels.cuda import launch, plan
from convlab.kernels.cuda.arrays import empty, to_device
from convlab.kernels.cuda.correlate import LARGEST, LEAST_WORK, ints
from convlab.kernels.cuda.launch import compiled, device, kernel
from convlab.kernels.cuda.ptx import ALIGN, commit, copy_async, inside, split, wait
from convlab.kernels.cuda.tile import BK, Tile, choose, corner, make_rank_one

TILES = {128: Tile(128, 128, 8, 8), 64: Tile(64, 128, 8, 8), 32: Tile(32, 128, 4, 8), 16: Tile(16, 128, 4, 4)}
STAGES = 3
IN_FLIGHT = STAGES - 2
LEAST_TILES = 32  # of rows, for a block
MOST_BLOCKS = 65535  # along the third axis of a grid


def worth_it(dy, x, dw) -> bool:
    """Whether this kernel takes it. It does so for few channels too, where most of a tile is filler: the sums are long, and
    the plain kernel has a thread per weight only."""
    return (
        gpu.fast()
        and dw.dtype == np.float32
        and dy.size * (dw.size // dw.shape[0]) >= LEAST_WORK
        and max(dy.size, x.size) < LARGEST
        and max(*dy.shape[2:], *x.shape[2:]) < plan.REACH
    )


@functools.cache
def make_grad_weight(tile):
    BM, BN, TM, TN = tile.BM, tile.BN, tile.TM, tile.TN
    THREADS, WARPS = tile.threads, tile.warps
    LANES = THREADS // BK  # threads that fetch the same pixel
    FETCH_M, FETCH_N = BM // LANES, BN // LANES
    LDA, LDB = BM + 4, BN + 4  # a warp stores 8 pixels x 4 columns: four numbers of padding keep the banks apart
    A_TILE, B_TILE = BK * LDA, BK * LDB
    A_SIZE, B_SIZE = STAGES * A_TILE, STAGES * B_TILE
    FAR_M, FAR_N = tile.far
    rank_one = make_rank_one(tile)

    @device
    def fetch(
        a, b, slot, dy, x, n, i, j, live, outputs, M, g, m, OH, OW, step_h, step_w, H, W, image, x0, pixel, lane, word
    ):
        top, left = int32(i * step_h), int32(j * step_w)
        base = int32(n * image + x0 + top * W + left)
        at = int32((n * outputs + g * M + m) * OH * OW + i * OW + j)
        to = uint32(slot * uint32(A_TILE) + pixel * uint32(LDA) + lane)
        for s in range(FETCH_M):
            copy_async(
                a,
                to + uint32(s * LANES),
                dy,
                int32(at + int32(s * LANES) * (OH * OW)),
                live & (int32(m + s * LANES) < M),
            )
        to = uint32(slot * uint32(B_TILE) + pixel * uint32(LDB) + lane)
        for s in range(FETCH_N):
            code = word[s]
            here = inside(int32(top + int32(int16(code >> 32))), H) & inside(int32(left + int32(code >> 48)), W) & live
            copy_async(b, to + uint32(s * LANES), x, int32(base + int32(code)), here)

    def grad_weight(dy, x, words, dw, pixels, share, M, K, OH, OW, dn, di, dj, step_h, step_w, H, W, image, groups):
        """Grid: weight tiles, channel tiles, splits of `share` pixels x groups. dw: (splits, groups * M, K)."""
        a = cuda.shared.array(A_SIZE, float32, alignment=ALIGN)
        b = cuda.shared.array(B_SIZE, float32, alignment=ALIGN)
        acc = cuda.local.array((TM, TN), float32)
        u = cuda.local.array(TM, float32)
        v = cuda.local.array(TN, float32)
        word = cuda.local.array(FETCH_N, int64)
        t = uint32(cuda.threadIdx.x)
        pixel, lane = t % uint32(BK), t // uint32(BK)
        k0, m0 = int32(cuda.blockIdx.x * BN), int32(cuda.blockIdx.y * BM)
        part, g = split(cuda.blockIdx.z, groups)
        outputs, x0 = int32(M * groups), int32(g * split(image, groups)[0])
        p = int32(part * share)
        end = int32(min(p + share, pixels))
        tiles = int32(end - p + BK - 1) // int32(BK)
        p = int32(p + pixel)
        n, r = split(p, OH * OW)
        i, j = split(r, OW)
        m = int32(m0 + lane)
        for s in range(FETCH_N):
            word[s] = words[k0 + lane + s * LANES]
        for i0 in range(TM):
            for j0 in range(TN):
                acc[i0, j0] = float32(0)
        ty, tx = corner(t, WARPS)

        slot, ahead = uint32(0), uint32(0)
        for q in range(int32(tiles + STAGES - 1)):
            if q >= STAGES - 1:
                wait(IN_FLIGHT)
                cuda.syncthreads()
            if q < tiles:
                fetch(
                    a, b, ahead, dy, x, n, i, j, p < end, outputs, M, g, m, OH, OW, step_h, step_w, H, W, image, x0,
                    pixel, lane, word,
                )  # fmt: skip
            commit()
            p = int32(p + BK)
            j = int32(j + dj)
            i = int32(i + di)
            n = int32(n + dn)
            if j >= OW:
                j = int32(j - OW)
                i = int32(i + 1)
            if i >= OH:
                i = int32(i - OH)
                n = int32(n + 1)
            ahead = uint32((ahead + uint32(1)) % uint32(STAGES))
            if q >= STAGES - 1:
                ia, ib = uint32(slot * uint32(A_TILE) + ty), uint32(slot * uint32(B_TILE) + tx)
                rank_one(a, b, ia, ib, u, v, acc)
                rank_one(a, b, ia + uint32(LDA), ib + uint32(LDB), u, v, acc)
                rank_one(a, b, ia + uint32(2 * LDA), ib + uint32(2 * LDB), u, v, acc)
                rank_one(a, b, ia + uint32(3 * LDA), ib + uint32(3 * LDB), u, v, acc)
                rank_one(a, b, ia + uint32(4 * LDA), ib + uint32(4 * LDB), u, v, acc)
                rank_one(a, b, ia + uint32(5 * LDA), ib + uint32(5 * LDB), u, v, acc)
                rank_one(a, b, ia + uint32(6 * LDA), ib + uint32(6 * LDB), u, v, acc)
                rank_one(a, b, ia + uint32(7 * LDA), ib + uint32(7 * LDB), u, v, acc)
                slot = uint32((slot + uint32(1)) % uint32(STAGES))

        for i0 in range(TM):
            o = int32(m0 + ty + uint32((i0 // 4) * FAR_M + i0 % 4))
            for j0 in range(TN):
                k = int32(k0 + tx + uint32((j0 // 4) * FAR_N + j0 % 4))
                if o < M and k < K:
                    dw[int32((int32(part * outputs) + g * M + o) * K + k)] = acc[i0, j0]

    return compiled(grad_weight, THREADS, tile.resident())


@kernel(lambda parts, total, splits: total.size)
def add_splits(parts, total, splits):
    "total[i] = the sum over z of parts[z, i]"
    i = cuda.grid(1)
    if i < total.size:
        value = float32(0)
        for z in range(splits):
            value += parts[z * total.size + i]
        total[i] = value


@functools.lru_cache(256)
def _words(*arguments):
    return to_device(plan.weights(*arguments))


def splits_for(tiles: int, rows: int, groups: int = 1) -> tuple[int, int]:
    """(parts, rows of a part) for a sum of `rows` rows: about two waves of two blocks a multiprocessor, and no block with
    fewer than LEAST_TILES tiles of rows."""
    parts = max(
        1, min(4 * gpu.multiprocessors() // (tiles * groups), rows // (LEAST_TILES * BK), MOST_BLOCKS // groups)
    )
    share = -(-rows // (parts * BK)) * BK
    return -(-rows // share), share


def grad_weight(dy, x, dw, stride, before, dilation):
    """dw = the sum over images and outputs of dy * x."""
    N, O, OH, OW = dy.shape
    _, C, *kernel = dw.shape
    _, channels, H, W = x.shape
    groups, K, pixels = channels // C, dw.size // O, N * OH * OW
    M = O // groups
    tile = choose(TILES, M)
    columns, rows = -(-K // tile.BN), -(-M // tile.BM)
    parts, share = splits_for(columns * rows, pixels, groups)
    words = _words(C, (H, W), tuple(kernel), before, dilation, tile.BN)
    total = dw.reshape(dw.size)
    sums = total if parts == 1 else empty(parts * dw.size, np.float32)
    carry = BK // (OH * OW), BK % (OH * OW) // OW, BK % OW
    launch.start(
        make_grad_weight(tile), (columns, rows, parts * groups), tile.threads,
        dy.reshape(dy.size), x.reshape(x.size), words, sums,
        *ints(pixels, share, M, K, OH, OW, *carry, *stride, H, W, channels * H * W, groups),
    )  # fmt: skip
    if parts > 1:
        add_splits(sums, total, *ints(parts))
