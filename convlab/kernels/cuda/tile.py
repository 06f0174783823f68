"""A matrix product in tiles, as the fast kernels share it: who computes what, and the step that does the work.

A block computes BM x BN numbers of the result, a thread TM x TN of them, which it keeps in registers. The sum runs in tiles
of BK rows. Both tiles of the factors lie in shared memory, row by row of the sum; a row of one and a row of the other make
TM x TN products of TM + TN numbers read. Tiles are copied ahead of their use, in the background, into slots in turn.
"""

from dataclasses import dataclass

from numba import uint32

from convlab.kernels.cuda.launch import device

BK = 8  # rows of the sum in a tile


@dataclass(frozen=True)
class Tile:
    """The shape of a tile. BM / TM must be a multiple of 4 and BN / TN of 8: a warp is 4 x 8 threads."""

    BM: int
    BN: int
    TM: int
    TN: int

    @property
    def threads(self) -> int:
        return self.BM // self.TM * (self.BN // self.TN)

    @property
    def warps(self) -> int:
        "warps side by side"
        return self.BN // self.TN // 8

    @property
    def far(self) -> tuple[int, int]:
        "a thread has four neighbouring rows, and four more so far down; its columns likewise"
        return 4 * (self.BM // self.TM), 4 * (self.BN // self.TN)

    def resident(self, extra: int = 64) -> int:
        "blocks for which a multiprocessor has registers: 65,536 of them, a thread needs its sums and `extra` more"
        return max(1, 65536 // (self.threads * (self.TM * self.TN + extra)))


def make_rank_one(tile: Tile):
    """acc += (a row of tile a) x (a row of tile b), the thread's part. u, v: local arrays of TM and TN numbers."""
    TM, TN = tile.TM, tile.TN
    FAR_M, FAR_N = tile.far

    @device
    def rank_one(a, b, ia, ib, u, v, acc):
        for i in range(TM):
            u[i] = a[ia + uint32((i // 4) * FAR_M + i % 4)]
        for j in range(TN):
            v[j] = b[ib + uint32((j // 4) * FAR_N + j % 4)]
        for i in range(TM):
            for j in range(TN):
                acc[i, j] += u[i] * v[j]

    return rank_one


@device
def corner(t, warps):
    "the first row and column of a thread within the tile"
    warp, lane = t // uint32(32), t % uint32(32)
    ty = uint32(warp // uint32(warps) * uint32(4) + lane // uint32(8))
    tx = uint32(warp % uint32(warps) * uint32(8) + lane % uint32(8))
    return ty * uint32(4), tx * uint32(4)


def choose(tiles: dict, size: int):
    """The smallest tile that holds all rows, else the largest."""
    return tiles[next((least for least in sorted(tiles) if size <= least), max(tiles))]
