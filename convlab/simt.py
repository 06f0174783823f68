"""A graphics processor of Python: runs kernels written for numba.cuda thread by thread, and counts what they do to memory.

SIMT is *single instruction, multiple threads*: a kernel is one function, and a grid of blocks of threads runs it. `launch`
does here what `kernel[blocks, threads](...)` does on a GPU, for small arrays, always in the same order. What a GPU would pass
over in silence, it says: a read beyond the end of an array, two threads that meet at one number, a barrier that some never
reach.

The traffic is counted as a GPU would have it: the 32 threads of a warp ask for memory together, and memory comes in sectors of
32 bytes.
"""

import functools
import sys
import threading
import types
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from convlab.errors import ArgumentError, StateError

WARP, SECTOR = 32, 32  # threads, bytes
MOST_THREADS = 1024  # of a block, on every GPU
MOST_IN_ALL = 2**18  # threads that can be waited for here


@dataclass
class Traffic:
    """What a launch did.

    Attributes
    ----------
    loads, stores : numbers read from and written to arrays in the memory of the GPU
    shared_loads, shared_stores : the same, in the shared memory of blocks
    sectors : pieces of 32 bytes that the warps fetched or wrote
    barriers : times that a block of threads met at `syncthreads`
    threads : of all blocks
    """

    loads: int = 0
    stores: int = 0
    shared_loads: int = 0
    shared_stores: int = 0
    sectors: int = 0
    barriers: int = 0
    threads: int = 0


@dataclass
class _Place:
    "who was last at a number of an array: (block, thread, barriers passed) of a writer and of two different readers"

    writer: tuple | None = None
    readers: list = field(default_factory=list)


class _Memory:
    """An array as threads see it: every access is checked, counted and remembered."""

    def __init__(self, gpu: "_Processor", name: str, array: np.ndarray, shared: bool = False):
        self._gpu, self._name, self._array, self._shared = gpu, name, array, shared
        self._places: dict[tuple, _Place] = defaultdict(_Place)
        self.shape, self.size, self.ndim, self.dtype = array.shape, array.size, array.ndim, array.dtype

    def __len__(self):
        return len(self._array)

    def _index(self, place: Any, doing: str) -> tuple[int, ...]:
        index = place if isinstance(place, tuple) else (place,)
        text = f"{self._name}[{', '.join(map(str, index))}]"
        if len(index) != self.ndim or not all(isinstance(i, (int, np.integer)) for i in index):
            raise ArgumentError(
                f"{self._gpu.who()} {doing} {text}; {self._name} takes {self.ndim} whole numbers, one an axis"
            )
        if not all(0 <= i < n for i, n in zip(index, self.shape)):
            raise ArgumentError(f"{self._gpu.who()} {doing} {text}, but {self._name} has the shape {self.shape}")
        return tuple(map(int, index))

    def __getitem__(self, place):
        index = self._index(place, "reads")
        self._gpu.visit(self, index, writes=False)
        return self._array[index]

    def __setitem__(self, place, value):
        index = self._index(place, "writes")
        self._gpu.visit(self, index, writes=True)
        self._array[index] = value

    def address(self, index: tuple[int, ...]) -> int:
        return sum(i * step for i, step in zip(index, self._array.strides))


@dataclass(frozen=True)
class _Three:
    x: int
    y: int
    z: int


class _Abandoned(BaseException):
    "another thread of the block failed"


class _Thread:
    """A thread of a block. Threads take turns: one runs until it meets a barrier or ends."""

    def __init__(self, place: _Three, number: int):
        self.place, self.number, self.barriers, self.accesses = place, number, 0, []
        self.turn, self.back = threading.Semaphore(0), threading.Semaphore(0)
        self.ended, self.abandoned, self.error = False, False, None

    def begin(self, function: Callable, arguments: tuple) -> None:
        def run():
            self.turn.acquire()
            try:
                if not self.abandoned:
                    function(*arguments)
            except _Abandoned:
                return
            except BaseException as error:  # handed to who called launch
                self.error = error
            self.ended = True
            self.back.release()

        threading.Thread(target=run, daemon=True).start()

    def go_on(self) -> None:
        self.turn.release()
        self.back.acquire()

    def wait(self) -> None:
        self.barriers += 1
        self.back.release()
        self.turn.acquire()
        if self.abandoned:
            raise _Abandoned


class _Processor:
    """What the name `cuda` means while a kernel runs here."""

    def __init__(self, grid: _Three, block: _Three):
        self.gridDim, self.blockDim, self.traffic = grid, block, Traffic()
        self.blockIdx, self.thread = _Three(0, 0, 0), None
        self.shared = types.SimpleNamespace(array=self._shared_array)
        self.local = types.SimpleNamespace(array=lambda shape, dtype: np.zeros(shape, np.dtype(str(dtype))))
        self._shared: dict[Any, _Memory] = {}

    # ------------------------------------------------------------------------------------ what kernels use
    @property
    def threadIdx(self) -> _Three:
        return self.thread.place

    def grid(self, axes: int) -> Any:
        """The number of this thread in the grid; with 2 or 3 axes one number for each."""
        block, size, place = self.blockIdx, self.blockDim, self.threadIdx
        numbers = [
            b * s + p
            for b, s, p in ((block.x, size.x, place.x), (block.y, size.y, place.y), (block.z, size.z, place.z))
        ]
        return numbers[0] if axes == 1 else tuple(numbers[:axes])

    def gridsize(self, axes: int) -> Any:
        numbers = [self.gridDim.x * self.blockDim.x, self.gridDim.y * self.blockDim.y, self.gridDim.z * self.blockDim.z]
        return numbers[0] if axes == 1 else tuple(numbers[:axes])

    def syncthreads(self) -> None:
        self.thread.wait()

    def _shared_array(self, shape: Any, dtype: Any) -> _Memory:
        caller = sys._getframe(1)
        key = caller.f_code, caller.f_lineno
        if key not in self._shared:
            dtype = np.dtype(str(dtype))
            unset = np.nan if dtype.kind == "f" else 0  # nobody has written it yet
            self._shared[key] = _Memory(self, "a shared array", np.full(shape, unset, dtype), shared=True)
        return self._shared[key]

    # ------------------------------------------------------------------------------------ keeping account
    def who(self) -> str:
        block, place = self.blockIdx, self.threadIdx
        flat = lambda three, dim: str(three.x) if dim.y == dim.z == 1 else f"({three.x}, {three.y})"
        return f"thread {flat(place, self.blockDim)} of block {flat(block, self.gridDim)}"

    def visit(self, memory: _Memory, index: tuple, writes: bool) -> None:
        """Count an access, and raise if another thread has to do with the same number and no barrier parts the two."""
        traffic, kind = self.traffic, "shared_" * memory._shared + ("stores" if writes else "loads")
        setattr(traffic, kind, getattr(traffic, kind) + 1)
        if not memory._shared:
            self.thread.accesses.append((id(memory), memory.address(index) // SECTOR))
        me, place = (self.blockIdx, self.thread.number, self.thread.barriers), memory._places[index]
        others = [place.writer, *place.readers] if writes else [place.writer]
        for other in others:
            if other and other[:2] != me[:2] and (other[0] != me[0] or other[2] == me[2]):
                what = "writes" if writes and other is place.writer else "reads" if writes else "wrote"
                where = f"{memory._name}[{', '.join(map(str, index))}]"
                does = "writes" if writes else "reads"
                raise StateError(
                    f"a race: {self.who()} {does} {where}, and thread {other[1]} of block {other[0].x} {what} it too, with no "
                    "barrier between them: which comes first is left to chance"
                )
        if writes:
            place.writer, place.readers = me, []
        elif len(place.readers) < 2 and me not in place.readers:
            place.readers.append(me)

    def count_sectors(self, threads: list[_Thread]) -> None:
        for start in range(0, len(threads), WARP):
            together = defaultdict(set)
            for thread in threads[start : start + WARP]:
                for turn, access in enumerate(thread.accesses):
                    together[turn].add(access)
            self.traffic.sectors += sum(map(len, together.values()))

    # ------------------------------------------------------------------------------------ running
    def run_block(self, function: Callable, arguments: tuple, place: _Three, together: bool) -> None:
        self.blockIdx, self._shared = place, {}
        dim = self.blockDim
        places = [_Three(x, y, z) for z in range(dim.z) for y in range(dim.y) for x in range(dim.x)]
        threads = [_Thread(each, number) for number, each in enumerate(places)]
        self.traffic.threads += len(threads)
        if together:
            self._in_turns(function, arguments, threads)
        else:
            for self.thread in threads:
                function(*arguments)
        self.count_sectors(threads)

    def _in_turns(self, function, arguments, threads):
        for thread in threads:
            thread.begin(function, arguments)
        try:
            self._until_all_ended(threads)
        finally:
            for thread in threads:
                if not thread.ended:
                    thread.abandoned = True
                    thread.turn.release()

    def _until_all_ended(self, threads):
        running = threads
        while running:
            for self.thread in running:
                self.thread.go_on()
                if self.thread.error is not None:
                    raise self.thread.error
            waiting = [thread for thread in running if not thread.ended]
            if waiting and len(waiting) < len(running):
                self.thread = waiting[0]
                raise StateError(
                    f"{self.who()} waits at a barrier that {len(running) - len(waiting)} of its {len(threads)} threads never "
                    "reach: put syncthreads outside of the if"
                )
            self.traffic.barriers += bool(waiting)
            running = waiting


def _three(name: str, value: Any) -> _Three:
    numbers = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not 1 <= len(numbers) <= 3 or not all(isinstance(n, (int, np.integer)) and n > 0 for n in numbers):
        raise ArgumentError(f"launch: {name} must be one to three whole numbers above 0, got {value!r}")
    return _Three(*map(int, numbers), *(1,) * (3 - len(numbers)))


def _python_of(kernel: Any) -> types.FunctionType:
    function = getattr(kernel, "py_func", kernel)
    if not isinstance(function, types.FunctionType):
        raise ArgumentError(
            f"launch: kernel must be a function, or one that cuda.jit has compiled, got {type(kernel).__name__}"
        )
    return function


def _names_in(code: types.CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return {*code.co_names, *code.co_freevars}.union(*map(_names_in, inner))


class _Here:
    """Copies of functions in which the name of numba.cuda means this processor."""

    def __init__(self, gpu: _Processor):
        self.gpu, self.made, self.waits = gpu, {}, False

    def copy(self, function: types.FunctionType) -> types.FunctionType:
        if function in self.made:
            return self.made[function]
        names = _names_in(function.__code__)
        self.waits |= "syncthreads" in names
        scope, cells = dict(function.__globals__), tuple(types.CellType() for _ in function.__closure__ or ())
        copied = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells or None)
        self.made[function] = copied  # before what it uses, which may use it
        for name in names & scope.keys():
            scope[name] = self.replaced(scope[name], function)
        for cell, before in zip(cells, function.__closure__ or ()):
            cell.cell_contents = self.replaced(before.cell_contents, function)
        return copied

    def replaced(self, value: Any, user: types.FunctionType) -> Any:
        if isinstance(value, types.ModuleType) and value.__name__ in ("numba.cuda", "numba.cuda.simulator"):
            return self.gpu
        function = getattr(value, "py_func", value)
        own = isinstance(function, types.FunctionType) and function.__module__ == user.__module__
        return self.copy(function) if own else value


@functools.singledispatch
def _seen(value: Any, gpu: _Processor, name: str) -> Any:
    return value


@_seen.register
def _(value: np.ndarray, gpu: _Processor, name: str) -> Any:
    return _Memory(gpu, name, value)


def launch(kernel: Any, blocks: Any, threads: Any, *arguments: Any) -> Traffic:
    """Run a kernel: `blocks` blocks of `threads` threads each, like `kernel[blocks, threads](*arguments)` on a GPU.

    Parameters
    ----------
    kernel : function
        Compiled by numba.cuda.jit, or plain. Of numba.cuda it may use grid, gridsize, threadIdx, blockIdx, blockDim, gridDim,
        syncthreads, shared.array and local.array.
    blocks, threads : int, or two or three of them
        At most 1024 threads a block.
    *arguments
        NumPy arrays, changed in place, and numbers.

    Returns
    -------
    Traffic
        How often memory was read and written.

    Raises
    ------
    ArgumentError
        A thread reads or writes beyond an array.
    StateError
        Two threads meet at the same number without a barrier between them, or not all threads of a block reach a barrier.

    Examples
    --------
    >>> from numba import cuda
    >>> @cuda.jit
    ... def double(x, y):
    ...     i = cuda.grid(1)
    ...     if i < x.size:
    ...         y[i] = 2 * x[i]
    >>> x, y = np.arange(5.0), np.zeros(5)
    >>> launch(double, 2, 4, x, y).loads
    5
    >>> y
    array([0., 2., 4., 6., 8.])
    """
    grid, block = _three("blocks", blocks), _three("threads", threads)
    each, count = block.x * block.y * block.z, grid.x * grid.y * grid.z
    if each > MOST_THREADS:
        raise ArgumentError(f"launch: a block has at most {MOST_THREADS} threads, got {threads!r}; use more blocks")
    if each * count > MOST_IN_ALL:
        raise ArgumentError(f"launch: {each * count:,} threads would take too long here; use a smaller array")
    gpu, function = _Processor(grid, block), _python_of(kernel)
    here = _Here(gpu)
    copied = here.copy(function)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    if len(arguments) != len(names):
        raise ArgumentError(f"launch: {function.__name__} takes {', '.join(names)}, got {len(arguments)} arguments")
    seen = tuple(_seen(value, gpu, name) for name, value in zip(names, arguments))
    with np.errstate(all="ignore"):
        for z in range(grid.z):
            for y in range(grid.y):
                for x in range(grid.x):
                    gpu.run_block(copied, seen, _Three(x, y, z), here.waits)
    return gpu.traffic
