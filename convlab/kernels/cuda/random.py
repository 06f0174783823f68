"""Random numbers: number i follows from a key and from i alone, so that every thread makes its own."""

from numba import cuda

from convlab.kernels.cuda.launch import kernel
from convlab.kernels.cuda.ptx import random_bits


@kernel(lambda key, y: y.size)
def _uniform(key, y):
    i = cuda.grid(1)
    if i < y.size:
        # as many bits as float32 can tell apart between 0 and 1; float64 could hold more
        y[i] = y.dtype.type(random_bits(key, i)) * y.dtype.type(2.0**-24)


def uniform(rng, y):
    "fill y with numbers that are uniform in [0, 1), multiples of 2^-24. One number is drawn from `rng`, the key."
    _uniform(int(rng.integers(2**63)), y.reshape(y.size))
