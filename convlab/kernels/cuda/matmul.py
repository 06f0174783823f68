"""Matrix products of the linear layer in tiles, in float32: the factors may lie along the sum or across it.

The sum is split among blocks where there are few tiles, and the parts are added in their order.
"""

import functools

import numpy as np
from numba import cuda, float32, int32, uint32

from convlab.kernels.cuda import device as gpu
from convlab.kernels.cuda import launch
from convlab.kernels.cuda.arrays import empty
from convlab.kernels.cuda.correlate import LARGEST, LEAST_WORK, ints
from convlab.kernels.cuda.grad_weight import splits_for
from convlab.kernels.cuda.launch import compiled, device, kernel
from convlab.kernels.cuda.ptx import ALIGN, commit, copy_async, wait
from convlab.kernels.cuda.tile import BK, Tile, choose, corner, make_rank_one

TILES = {128: Tile(128, 128, 8, 8), 64: Tile(64, 128, 8, 8)}
STAGES = 3
IN_FLIGHT = STAGES - 2


def worth_it(result, depth: int) -> bool:
    """Whether this kernel takes a product with sums of `depth` terms."""
    return (
        gpu.fast()
        and result.dtype == np.float32
        and min(result.shape) >= 8
        and result.size * depth >= LEAST_WORK
        and max(result.size, depth * max(result.shape)) < LARGEST
    )


def _make_fetch(SIZE, LD, THREADS, ALONG):
    """Start copying a tile of BK rows of the sum and SIZE columns. ALONG: the factor lies along the sum in memory, so
    neighbouring threads take neighbouring rows of it, else neighbouring columns."""
    ROUNDS = BK * SIZE // THREADS

    @device
    def fetch(tile, slot, factor, t, k0, end, c0, columns, across, along):
        for s in range(ROUNDS):
            item = uint32(t + uint32(s * THREADS))
            if ALONG:
                k, c = item % uint32(BK), item // uint32(BK)
            else:
                k, c = item // uint32(SIZE), item % uint32(SIZE)
            row, column = int32(k0 + k), int32(c0 + c)
            valid = (row < end) & (column < columns)
            at = uint32(slot * uint32(BK * LD) + k * uint32(LD) + c)
            copy_async(tile, at, factor, int32(column * across + row * along), valid)

    return fetch


@functools.cache
def make_matmul(tile, A_ALONG, B_ALONG):
    BM, BN, TM, TN = tile.BM, tile.BN, tile.TM, tile.TN
    THREADS, WARPS = tile.threads, tile.warps
    LDA, LDB = BM + 4, BN + 4
    A_TILE, B_TILE = BK * LDA, BK * LDB
    A_SIZE, B_SIZE = STAGES * A_TILE, STAGES * B_TILE
    FAR_M, FAR_N = tile.far
    fetch_a, fetch_b = _make_fetch(BM, LDA, THREADS, A_ALONG), _make_fetch(BN, LDB, THREADS, B_ALONG)
    rank_one = make_rank_one(tile)

    def matmul(left, right, out, M, N, K, share, left_across, left_along, right_across, right_along):
        """Grid: tiles of columns, tiles of rows, splits of `share` terms. out: (splits, M, N)."""
        a = cuda.shared.array(A_SIZE, float32, alignment=ALIGN)
        b = cuda.shared.array(B_SIZE, float32, alignment=ALIGN)
        acc = cuda.local.array((TM, TN), float32)
        u = cuda.local.array(TM, float32)
        v = cuda.local.array(TN, float32)
        t = uint32(cuda.threadIdx.x)
        n0, m0 = int32(cuda.blockIdx.x * BN), int32(cuda.blockIdx.y * BM)
        k = int32(cuda.blockIdx.z * share)
        end = int32(min(k + share, K))
        tiles = int32(end - k + BK - 1) // int32(BK)
        for i in range(TM):
            for j in range(TN):
                acc[i, j] = float32(0)
        ty, tx = corner(t, WARPS)

        slot, ahead = uint32(0), uint32(0)
        for q in range(int32(tiles + STAGES - 1)):
            if q >= STAGES - 1:
                wait(IN_FLIGHT)
                cuda.syncthreads()
            if q < tiles:
                fetch_a(a, ahead, left, t, k, end, m0, M, left_across, left_along)
                fetch_b(b, ahead, right, t, k, end, n0, N, right_across, right_along)
            commit()
            k = int32(k + BK)
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

        for i in range(TM):
            m = int32(m0 + ty + uint32((i // 4) * FAR_M + i % 4))
            for j in range(TN):
                n = int32(n0 + tx + uint32((j // 4) * FAR_N + j % 4))
                if m < M and n < N:
                    out[int32((int32(cuda.blockIdx.z) * M + m) * N + n)] = acc[i, j]

    return compiled(matmul, THREADS, tile.resident())


@kernel(lambda parts, bias, out, splits: out.size)
def _add_parts(parts, bias, out, splits):
    "out[m, n] = bias[n] + the sum over z of parts[z, m, n]"
    i = cuda.grid(1)
    if i < out.size:
        value = bias[i % bias.size] if bias.size else float32(0)
        for z in range(splits):
            value += parts[z * out.size + i]
        out[i] = value


def _product(left, right, out, K, left_strides, right_strides, bias=None):
    "out[m, n] = sum_k left(m, k) right(n, k); strides: (of m or n, of k)"
    M, N = out.shape
    tile = choose(TILES, M)
    rows, columns = -(-M // tile.BM), -(-N // tile.BN)
    parts, share = splits_for(rows * columns, K)
    total = out.reshape(out.size)
    direct = parts == 1 and bias is None
    sums = total if direct else empty(parts * out.size, np.float32)
    kernel = make_matmul(tile, left_strides[1] == 1, right_strides[1] == 1)
    launch.start(
        kernel, (columns, rows, parts), tile.threads, left.reshape(left.size), right.reshape(right.size), sums,
        *ints(M, N, K, share, *left_strides, *right_strides),
    )  # fmt: skip
    if not direct:
        _add_parts(sums, empty(0, np.float32) if bias is None else bias, total, *ints(parts))


def rows_by_rows(x, w, b, y):
    "y[n, o] = b[o] + sum_i x[n, i] w[o, i]"
    I = x.shape[1]
    _product(x, w, y, I, (I, 1), (I, 1), b)


def rows_by_columns(dy, w, dx):
    "dx[n, i] = sum_o dy[n, o] w[o, i]"
    O, I = w.shape
    _product(dy, w, dx, O, (O, 1), (1, I))


def columns_by_columns(dy, x, dw):
    "dw[o, i] = sum_n dy[n, o] x[n, i]"
    O, I = dw.shape
    _product(dy, x, dw, x.shape[0], (1, O), (1, I))
