"""Memory of the GPU: asked of the driver once, then kept and handed out again.

The driver takes as long for an allocation as a small kernel takes to run, and freeing waits for all kernels. So a block
that is no longer used goes to a shelf of its size. That is safe without waiting, for all kernels of convlab run on one
stream, one after another: what reads the block still comes before what writes to it next.
"""

import math
import threading
from collections import defaultdict

import numpy as np
from numba import cuda

from convlab.errors import BackendError
from convlab.kernels.cuda.launch import SIMULATED

SMALL, LARGE = 512, 2**21  # blocks are multiples of 512 bytes; beyond 2 MiB, of 2 MiB
OUT_OF_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY


class Shelves:
    """Blocks that nobody uses, by size. `allocate(size)` gets a new one and raises MemoryError if there is none."""

    def __init__(self, allocate):
        self.allocate, self.free, self.lock = allocate, defaultdict(list), threading.RLock()

    def take(self, size: int):
        """(block, rounded size)"""
        unit = SMALL if size <= LARGE else LARGE
        size = max(1, -(-size // unit)) * unit
        with self.lock:
            if self.free[size]:
                return self.free[size].pop(), size
        try:
            return self.allocate(size), size
        except MemoryError:
            self.clear()  # blocks of other sizes go back to the driver, once
            return self.allocate(size), size

    def give(self, block, size: int) -> None:
        with self.lock:
            self.free[size].append(block)

    def clear(self) -> None:
        with self.lock:
            self.free.clear()

    def idle(self) -> int:
        """Bytes that lie on the shelves."""
        with self.lock:
            return sum(size * len(blocks) for size, blocks in self.free.items())


def _ask_driver(size):
    from numba.cuda.cudadrv.driver import CudaAPIError

    try:
        return cuda.current_context().memalloc(size)
    except CudaAPIError as error:
        if error.code == OUT_OF_MEMORY:
            raise MemoryError from None
        raise


shelves = Shelves(_ask_driver)


def _from_shelf(shape, dtype):
    from convlab.kernels.cuda.blocks import Array, Block  # names a class of numba-cuda, which the simulator has not

    dtype = np.dtype(dtype)
    block, size = shelves.take(math.prod(shape) * dtype.itemsize)
    return Array.in_a_row(shape, dtype, Block(cuda.current_context(), block, size, shelves))


def empty(shape, dtype):
    """An array on the GPU whose numbers are not set.

    Raises
    ------
    BackendError
        If the memory of the GPU is full. What was there stays, and can be used or let go.
    """
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(map(int, shape))
    try:
        if SIMULATED or not math.prod(shape):
            return cuda.device_array(shape, dtype)
        return _from_shelf(shape, dtype)
    except MemoryError:
        pass
    raise BackendError(_full(math.prod(shape) * np.dtype(dtype).itemsize))


def _full(size):
    text = f"out of memory on the GPU: an array of {size / 1e6:,.0f} MB was asked for"
    if not SIMULATED:
        free, total = cuda.current_context().get_memory_info()
        text += f" and {free / 1e6:,.0f} of {total / 1e6:,.0f} MB are free"
    return f"{text}; use smaller batches or a smaller network, or let go of arrays that are no longer needed"
