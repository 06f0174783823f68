"""Numba's CUDA simulator, made quicker and stricter for tests.

Quicker: it starts a thread of Python for each thread of a block and polls them. Here a kernel without barriers runs its
threads one after another, and one with barriers runs them with real ones.

Stricter: arrays of the simulator can do all that NumPy's can; on a GPU they cannot. Here they have what Numba's device
arrays have. Threads run in a shuffled order, so a kernel whose result depends on the order fails. Blocks are small, so small
arrays cross several.
"""

import dis
import random
import sys
import threading

import numpy as np
from numba.cuda.simulator import kernel as simulated
from numba.cuda.simulator import kernelapi
from numba.cuda.simulator.cudadrv import devicearray

THREADS = 8  # of a block

# what Numba's DeviceNDArray has, besides what the simulator's class defines; copies of the names in numba-cuda 0.30
ATTRIBUTES = {"dtype", "size", "ndim", "strides", "flags", "squeeze"}
MISSING = [f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "floordiv", "truediv",
                                      "mod", "pow")]  # fmt: skip
BARRIERS = {"syncthreads", "mma_tf32"}


def _attribute(self, name):
    if name in ATTRIBUTES:
        return getattr(self._ary, name)
    raise AttributeError(f"an array on a GPU has no attribute {name!r}")


def _refuse(self, *others):
    raise TypeError("arrays on a GPU have no arithmetic")


def _waits(function, seen):
    "whether a function or one that it calls has a barrier"
    if function in seen:
        return False
    seen.add(function)
    code = function.__code__
    names = {i.argval for i in dis.get_instructions(code) if isinstance(i.argval, str)}
    cells = dict(zip(code.co_freevars, (cell.cell_contents for cell in function.__closure__ or ())))
    called = [cells.get(name, function.__globals__.get(name)) for name in names]
    return bool(names & BARRIERS) or any(_waits(f, seen) for f in called if hasattr(f, "__code__"))


_with_barriers = {}


class _Thread(threading.Thread):
    """A thread of a block that waits at barriers."""

    def __init__(self, manager, block, place, number, barrier, args):
        super().__init__(daemon=True)
        self._manager, self.blockIdx, self.threadIdx = manager, simulated.Dim3(*block), simulated.Dim3(*place)
        self.thread_id, self.barrier, self.args, self.error = number, barrier, args, None

    def syncthreads(self):
        self.barrier.wait(60)

    def run(self):
        try:
            self._manager._f(*self.args)
        except threading.BrokenBarrierError:
            pass  # another thread failed
        except Exception as error:
            self.error = error
            self.barrier.abort()
        else:
            self.barrier.leave()


class _Barrier:
    """A barrier that threads may leave for good, as threads of a block that return may."""

    def __init__(self, count):
        self.count, self.waiting, self.turn, self.broken = count, 0, 0, False
        self.changed = threading.Condition()

    def _pass(self):
        if self.waiting and self.waiting >= self.count:
            self.waiting, self.turn = 0, self.turn + 1
            self.changed.notify_all()

    def wait(self, seconds):
        with self.changed:
            turn = self.turn
            self.waiting += 1
            self._pass()
            if not self.changed.wait_for(lambda: self.turn != turn or self.broken, seconds) or self.broken:
                raise threading.BrokenBarrierError

    def leave(self):
        with self.changed:
            self.count -= 1
            self._pass()

    def abort(self):
        with self.changed:
            self.broken = True
            self.changed.notify_all()


def _run(self, block, *args):
    "in place of BlockManager.run"
    function = self._f
    if function not in _with_barriers:
        _with_barriers[function] = _waits(function, set())
    places = list(np.ndindex(*self._block_dim))
    order = random.Random(len(places)).sample(range(len(places)), len(places))
    if _with_barriers[function]:
        _run_together(self, block, places, order, args)
        return
    me = threading.current_thread()
    me.blockIdx, me._manager = simulated.Dim3(*block), self
    for number in order:
        me.threadIdx, me.thread_id = simulated.Dim3(*places[number]), number
        function(*args)


def _numbers(places, block_dim):
    "threads are numbered with x running fastest, as on a GPU"
    dim = simulated.Dim3(*block_dim)
    return [x + dim.x * (y + dim.y * z) for x, y, z in places]


def _run_together(self, block, places, order, args):
    barrier = _Barrier(len(places))
    numbers = _numbers(places, self._block_dim)
    threads = [_Thread(self, block, places[k], numbers[k], barrier, args) for k in order]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for thread in threads:
        if thread.error is not None:
            raise thread.error
    if barrier.broken:
        raise RuntimeError("a barrier was not reached by all threads of a block")


def _shared_array(self, shape, dtype, alignment=None):
    "one array for each line of a block's kernel; what nobody has written shows as NaN or a huge number"
    caller = sys._getframe(1)
    dtype = np.dtype(str(dtype))
    unset = np.nan if dtype.kind == "f" else np.iinfo(dtype).max
    return self._allocations.setdefault((caller.f_code, caller.f_lineno), np.full(shape, unset, dtype))


def install():
    from convlab.kernels.cuda import launch

    simulated.BlockManager.run = _run
    begin = launch.start

    def start(kernel, grid, block, *arguments):
        # Numba would copy it to the GPU and back at each launch, without a word
        assert not any(isinstance(a, np.ndarray) for a in arguments), "an array of the host reaches a kernel"
        begin(kernel, grid, block, *arguments)

    launch.start = start
    launch.THREADS = THREADS
    kernelapi.FakeCUDAShared.array = _shared_array
    array = devicearray.FakeCUDAArray
    array.__getattr__ = _attribute
    for name in MISSING:
        setattr(array, name, _refuse)
    array.__hash__ = object.__hash__
