"""Sums over all images and places of a channel: a block of threads a channel, carried in float64.

A thread adds every THREADS-th number, then halves of the block add up in shared memory: always in the same order.
"""

import numpy as np
from numba import cuda, float64

from convlab.kernels.cuda.launch import THREADS, Kernel


def channel_sums(term):
    """Kernel (a, b, mean, factor, out): out[c] = the sum over n and i of term(a, b, mean, factor, n, c, i).

    a and b have shape (N, C, L), the others (C,); a term need not use all of them.
    """

    def sums(a, b, mean, factor, out):
        part = cuda.shared.array(THREADS, float64)
        N, _, L = a.shape
        c, t = cuda.blockIdx.x, cuda.threadIdx.x
        total = np.float64(0)
        for n in range(N):
            for i in range(t, L, cuda.blockDim.x):
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
            out[c] = part[0]

    return Kernel(sums, lambda a, *others: a.shape[1], together=True)
