"""Batches copied to the GPU one ahead of their use, on a stream of their own, while kernels compute on the one before."""

import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numba import cuda

from convlab.kernels.cuda.launch import SIMULATED
from convlab.kernels.cuda.memory import empty


@functools.cache
def _stream():
    "a stream that does not wait for the one that kernels run on, as Numba's own streams do"
    if SIMULATED:
        return cuda.stream()
    from numba.cuda.cudadrv.driver import binding, driver

    return cuda.external_stream(int(driver.cuStreamCreate(binding.CUstream_flags.CU_STREAM_NON_BLOCKING.value)))


class _Slot:
    """Room for one batch on the GPU, and beside it memory on the host that the GPU can read by itself."""

    def __init__(self, stream):
        self.stream, self.copied, self.free = stream, cuda.event(), cuda.event()
        self.pinned, self.arrays = [], []

    def send(self, batch: tuple) -> None:
        """Start copying a batch here, once the kernels that read the last one have ended."""
        parts = [np.ascontiguousarray(part) for part in batch]
        if [(p.shape, p.dtype) for p in parts] != [(p.shape, p.dtype) for p in self.pinned]:
            self.pinned = [cuda.pinned_array(p.shape, p.dtype) for p in parts]
            self.arrays = [empty(p.shape, p.dtype) for p in parts]
            self.free.record()  # kernels that run may still read what lay in this memory
        self.copied.synchronize()  # the copy before from the pinned memory, long done
        self.free.wait(self.stream)
        for part, pinned, array in zip(parts, self.pinned, self.arrays):
            np.copyto(pinned, part)
            if pinned.size:
                array.copy_to_device(pinned, stream=self.stream)
        self.copied.record(self.stream)

    def batch(self) -> tuple:
        """The batch; kernels that are started from now on wait for its copy."""
        self.copied.wait()
        return tuple(self.arrays)

    def release(self) -> None:
        """The batch has been used: what comes next here waits for the kernels started until now."""
        self.free.record()


def copied_ahead(batches: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """The batches as arrays on the GPU. Each is overwritten by the one after the next."""
    stream = _stream()
    slots, waiting = itertools.cycle((_Slot(stream), _Slot(stream))), None
    for batch in batches:
        slot = next(slots)
        slot.send(batch)
        if waiting is not None:
            yield waiting.batch()
            waiting.release()
        waiting = slot
    if waiting is not None:
        yield waiting.batch()
