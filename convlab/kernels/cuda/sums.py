"""Sums over all images and places of a channel, carried in float64.

A thread adds every THREADS-th number, then halves of the block add up in shared memory. Where there are few channels several
blocks share one, and their sums are added in turn: always in the same order.
"""

import numpy as np
from numba import cuda, float64

from convlab.kernels.cuda import device as gpu
from convlab.kernels.cuda.launch import THREADS, Kernel, kernel
from convlab.kernels.cuda.memory import empty
from convlab.kernels.cuda.ptx import split

LEAST = 16  # numbers for a thread, before another block is worth it


@kernel(lambda parts, out: out.size)
def _add_parts(parts, out):
    "out[c] = the sum over z of parts[z, c]"
    c = cuda.grid(1)
    if c < out.size:
        total = np.float64(0)
        for z in range(parts.shape[0]):
            total += parts[z, c]
        out[c] = total


def parts_for(channels: int, numbers: int) -> int:
    """Blocks that share a channel of so many numbers."""
    return max(1, min(4 * gpu.multiprocessors() // channels, numbers // (THREADS * LEAST)))


def channel_sums(term):
    """Function (a, b, mean, factor, out): out[c] = the sum over n and i of term(a, b, mean, factor, n, c, i).

    a and b have shape (N, C, L) and fewer than 2**31 numbers of a channel, the others (C,); a term need not use all of them.
    """

    def sums(a, b, mean, factor, out):
        part = cuda.shared.array(THREADS, float64)
        N, _, L = a.shape
        c, z, t = cuda.blockIdx.x % out.shape[1], cuda.blockIdx.x // out.shape[1], cuda.threadIdx.x
        share = (N * L + out.shape[0] - 1) // out.shape[0]
        total = np.float64(0)
        for k in range(z * share + t, min((z + 1) * share, N * L), cuda.blockDim.x):
            n, i = split(k, L)
            total += term(a, b, mean, factor, n, c, i)
        part[t] = total
        have = cuda.blockDim.x
        while have > 1:
            half = (have + 1) // 2
            cuda.syncthreads()
            if t + half < have:
                part[t] += part[t + half]
            have = half
        if t == 0:
            out[z, c] = part[0]

    sums_of_parts = Kernel(sums, lambda *arguments: arguments[-1].size, together=True)

    def sums_of_channels(a, b, mean, factor, out):
        N, C, L = a.shape
        parts = parts_for(max(C, 1), N * L)
        if parts == 1:
            sums_of_parts(a, b, mean, factor, out.reshape(1, C))
        else:
            shared = empty((parts, C), np.float64)
            sums_of_parts(a, b, mean, factor, shared)
            _add_parts(shared, out)

    return sums_of_channels
