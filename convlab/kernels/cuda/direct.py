"""Starting a compiled kernel again, with nothing in between.

Numba's launch finds out the types of the arguments, wraps each number for C, and asks for the context, the stream and the
shape of the grid: longer than a small kernel runs. Here the first launch goes through Numba, which compiles; what it found is
kept, and from then on the arguments are packed into one piece of memory and the driver is called.

How a kernel of Numba takes its arguments: an array as two null pointers, the number of its elements, their size in bytes,
where it lies, its axes and its strides; numbers one by one. Each has 8 bytes here, whatever its size.
"""

import ctypes
import struct
import threading

from numba import cuda, types
from numba.cuda.cudadrv.driver import binding

SLOT = 8  # bytes of an argument
FORMATS = {
    types.int32: "i4x", types.uint32: "I4x", types.int64: "q", types.uint64: "Q",
    types.float32: "f4x", types.float64: "d", types.boolean: "?7x",
}  # fmt: skip


class _Ready:
    """A kernel for one list of argument types: the function, and room for its arguments."""

    def __init__(self, function, stream, types_of_arguments):
        self.function, self.stream = function, stream
        formats = [format_of(t) for t in types_of_arguments]
        self.struct = struct.Struct("<" + "".join(formats))
        self.room = ctypes.create_string_buffer(self.struct.size)
        start = ctypes.addressof(self.room)
        count = self.struct.size // SLOT
        self.places = (ctypes.c_void_p * count)(*range(start, start + self.struct.size, SLOT))
        self.arguments = ctypes.addressof(self.places)


def format_of(kind) -> str:
    """How an argument of a type of Numba's is packed; KeyError if it is not one that kernels of convlab take."""
    if isinstance(kind, types.Array):
        return "5q" + f"{2 * kind.ndim}q"
    return FORMATS[kind]


def _words(array):
    "the name of an array's type, and the array as a kernel takes it; kept, for neither changes"
    kept = array.__dict__.get("_words")
    if kept is None:
        place = array.device_ctypes_pointer.value or 0
        numbers = 0, 0, array.size, array.dtype.itemsize, place, *array.shape, *array.strides
        kept = array.__dict__["_words"] = array._numba_type_.name, numbers
    return kept


_ready: dict[tuple, _Ready | None] = {}
_lock = threading.Lock()  # of the room for arguments: the driver has copied them when it returns


def start(configured, kernel, grid, block, args) -> None:
    """Run `kernel`; `configured(kernel, grid, block)` is what Numba would be asked to run."""
    kinds, numbers = [kernel], []
    for a in args:
        if hasattr(a, "__cuda_ndarray__"):
            kind, words = _words(a)
            kinds.append(kind)
            numbers += words
        else:
            kinds.append(type(a))
            numbers.append(a)
    key = tuple(kinds)
    ready = _ready.get(key)
    if ready is None or not _launched(ready, grid, block, numbers):
        configured(kernel, grid, block)(*args)  # compiles, or says what is wrong
        if key not in _ready:
            _ready[key] = _prepared(configured(kernel, grid, block), kernel, args)


def _launched(ready, grid, block, numbers) -> bool:
    cuda.current_context()  # makes it the one of this thread
    x, y, z = grid if len(grid) == 3 else (*grid, 1, 1)[:3]
    with _lock:
        try:
            ready.struct.pack_into(ready.room, 0, *numbers)
        except struct.error:  # a whole number of another size than the first one: another kernel
            return False
        (error,) = binding.cuLaunchKernel(
            ready.function, x, y, z, block, 1, 1, 0, ready.stream, ready.arguments, 0
        )  # fmt: skip
    return int(error) == 0  # else Numba tries, and says in its words what the driver has against it


def _prepared(launch, kernel, args) -> _Ready | None:
    "None for a kernel that only Numba's own launch can start"
    kinds = tuple(kernel.typeof_pyval(a) for a in args)
    compiled = kernel.overloads.get(kinds)
    plain = compiled is not None and not (compiled.debug or compiled.extensions or compiled.cooperative)
    if not plain or getattr(compiled, "launch_config_sensitive", False) or not all(map(_known, kinds)):
        return None
    function = binding.CUfunction(int(compiled._codelibrary.get_cufunc().handle))
    return _Ready(function, binding.CUstream(int(launch.stream.handle)), kinds)


def _known(kind) -> bool:
    return isinstance(kind, types.Array) or kind in FORMATS
