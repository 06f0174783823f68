"""Arrays on the GPU that are quick to make: a training step makes hundreds, and a small network waits for them.

`Array` is Numba's array on the GPU for numbers that lie in a row. What Numba works out for an array of any strides
(`_dummy`) is worked out only when a method of Numba's asks for it. `Block` is its memory: with the last array that uses it
the memory goes back to its shelf.
"""

import functools
import itertools
import math

from numba import types
from numba.cuda.cudadrv import dummyarray
from numba.cuda.cudadrv.devicearray import DeviceNDArray
from numba.cuda.cudadrv.driver import MemoryPointer
from numba.np.numpy_support import from_dtype


class _Part(MemoryPointer):
    "memory within a block, which stays as long as there is a part of it"

    def view(self, start, stop=None):
        stop = self.size if stop is None else stop
        pointer = type(self.device_pointer)(int(self.device_pointer) + start)
        return _Part(self.context, pointer, stop - start, owner=self.owner)


class Block(_Part):
    """Memory that goes back to `shelves` when nothing uses it any more."""

    def __init__(self, context, block, size, shelves):
        self.block, self.shelves = block, shelves
        super().__init__(context, block.device_pointer, size)

    def __del__(self):
        self.shelves.give(self.block, self.size)


@functools.cache
def _type_in_a_row(dtype, ndim):
    return types.Array(from_dtype(dtype), ndim, "C")


def _steps(shape, itemsize):
    "strides of numbers in a row"
    return tuple(itertools.accumulate(reversed(shape[1:]), int.__mul__, initial=itemsize))[::-1] if shape else ()


class Array(DeviceNDArray):
    """An array on the GPU."""

    _in_a_row = False  # parts and views with strides of their own are made by Numba, and checked by it

    @classmethod
    def in_a_row(cls, shape: tuple[int, ...], dtype, memory, stream=0) -> "Array":
        """An array of these axes, none of them empty, over memory that is large enough."""
        array = cls.__new__(cls)
        size = math.prod(shape)
        array.__dict__.update(
            shape=shape, strides=_steps(shape, dtype.itemsize), dtype=dtype, ndim=len(shape), size=size,
            alloc_size=size * dtype.itemsize, gpu_data=memory, stream=stream, _in_a_row=True,
        )  # fmt: skip
        return array

    @functools.cached_property
    def _dummy(self):
        return dummyarray.Array.from_desc(0, self.shape, self.strides, self.dtype.itemsize)

    @functools.cached_property
    def _numba_type_(self):
        if self._in_a_row:
            return _type_in_a_row(self.dtype, self.ndim)
        return DeviceNDArray._numba_type_.func(self)

    def is_c_contiguous(self):
        return self._in_a_row or super().is_c_contiguous()

    def reshape(self, *newshape, **options):
        shape = tuple(newshape[0]) if len(newshape) == 1 and isinstance(newshape[0], (tuple, list)) else newshape
        if self._in_a_row and not options and shape.count(-1) <= 1:
            known = math.prod(n for n in shape if n != -1)
            if known and self.size % known == 0:
                shape = tuple(self.size // known if n == -1 else int(n) for n in shape)
            if math.prod(shape) == self.size and min(shape, default=1) > 0:
                return Array.in_a_row(shape, self.dtype, self.gpu_data, self.stream)
        return super().reshape(*newshape, **options)
