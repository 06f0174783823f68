"""The one spelling of Numba's options, and the rules by which kernels are started.

`jit` compiles the body of a task, `parallel` a loop over tasks. Kernels assume what the public functions have checked.

Every loop over tasks is written so that a task owns what it writes and the work of a task does not depend on how many
threads there are: results are the same for any number of threads, to the last bit.

Numba's threading layers have two traps. `workqueue` aborts when two threads start kernels at once; OpenMP kills a child
that was forked after a kernel ran. So kernels start one at a time, and a forked child runs them on one thread: compiled
anew as plain loops, whose longest sums may differ in the last bits.
"""

import ctypes
import functools
import os
import sys
import threading
import types

import numba
from numba import prange
from numba.core.compiler_lock import global_compiler_lock

from convlab.compile_cache import KernelCache
from convlab.errors import ArgumentError

__all__ = ["Kernel", "get_threads", "inlined", "jit", "parallel", "prange", "set_threads"]

OPTIONS = {
    "error_model": "numpy",  # 1 / 0 is inf, as in NumPy; Python's check would cost a branch
    # sums may be split over the lanes of a vector; NaN and infinity keep their meaning
    "fastmath": {"contract", "reassoc", "nsz"},
    "nogil": True,
}


def _compile(function, **options):
    # Kernels of one factory must not share a name. Not in the cache, and not in the machine code either: of two that were
    # compiled in different processes and loaded into one, the second would be taken for the first
    numbers = [] if numba.config.DISABLE_JIT else _closed_over(function)
    if numbers:
        function.__qualname__ = "-".join([function.__qualname__, *numbers])
    dispatcher = numba.njit(**OPTIONS, **options)(function)
    if not numba.config.DISABLE_JIT:
        module = function.__module__.removeprefix("convlab.kernels.")
        dispatcher._cache = KernelCache(f"{module}.{function.__qualname__}")
    return dispatcher


def _closed_over(function) -> list[str]:
    """The numbers that a factory built into this kernel and into those it calls: part of its name in the cache."""
    numbers = []
    for cell in function.__closure__ or ():
        content = cell.cell_contents
        if isinstance(content, int):
            numbers.append(str(content))
        elif hasattr(content, "py_func"):
            numbers += _closed_over(content.py_func)
        else:
            raise TypeError(
                f"{function.__qualname__}: a kernel may close over ints and compiled functions, not {content!r}"
            )
    return numbers


def jit(function):
    """Compile a function that kernels call."""
    return _compile(function)


def inlined(function):
    """`jit` for a short function that an inner loop calls: its code stands where it is called."""
    return _compile(function, forceinline=True)


# turns of the waiting loop of GNU's OpenMP before a thread sleeps: some tenths of a millisecond, the time between two kernels
SPINS = "100000"
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h


class Kernel:
    """A compiled loop over tasks, `for task in prange(...)`, that can be called from any thread and after a fork."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self._parallel = _compile(function, parallel=True)

    @functools.cached_property
    def _serial(self):
        # a copy under another name, for the cache knows functions by their names
        function = self.__wrapped__
        copy = types.FunctionType(
            function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
        )
        copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__ + "-serial"
        return _compile(copy)

    def __call__(self, *args):
        if _process.serial:
            return self._serial(*args)
        with _process.launching:
            if not _process.launched:
                _wait_politely()
                _keep_freed_memory()
                _process.launched = True
            if not numba.config.DISABLE_JIT and not hasattr(_process.told, "threads"):
                numba.set_num_threads(_process.threads)
                _process.told.threads = _process.threads
            return self._parallel(*args)


def _wait_politely() -> None:
    """Let threads that wait for work go to sleep soon. GNU's OpenMP spins for milliseconds by default; where other programs
    want the processors too, as beside a browser, that keeps the very thread waiting that is waited for."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def _keep_freed_memory() -> None:
    """Tell glibc to keep what is freed. A step of training frees arrays and asks for the same sizes again; given back to the
    system in between, they cost a page fault every 4 KB. Not where somebody has told it something else, nor under other C
    libraries."""
    if "GLIBC_TUNABLES" in os.environ or any(name.startswith("MALLOC_") for name in os.environ):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(M_MMAP_THRESHOLD, 32 << 20)
    mallopt(M_TRIM_THRESHOLD, 256 << 20)


def parallel(function):
    """Compile a function whose outer loop is a `prange` over tasks."""
    return Kernel(function)


class _Process:
    """What this process has done so far, and how many threads it may use."""

    def __init__(self):
        self.launching = threading.RLock()
        self.launched = False  # a kernel has run: the pool of threads exists
        self.serial = False  # forked from a process whose pool exists: it cannot be used here
        self.threads = numba.config.NUMBA_NUM_THREADS
        # Numba keeps the number per thread. It is not asked for it at each call: that takes a lock which forked
        # processes share, and a child killed meanwhile would stop them all
        self.told = threading.local()


_process = _Process()


def _before_fork():
    # a lock that another thread holds would stay locked in the child for ever
    _process.launching.acquire()
    global_compiler_lock.acquire()


def _after_fork():
    global_compiler_lock.release()
    _process.launching.release()


def _after_fork_in_child():
    _after_fork()
    numbas = sys.modules.get("numba.np.ufunc.parallel")  # its pool may have been started by others than Kernel
    _process.serial = _process.serial or _process.launched or getattr(numbas, "_is_initialized", False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)


def set_threads(n: int) -> None:
    """Set the number of threads that kernels use, for the whole process. Results do not depend on it.

    Parameters
    ----------
    n : int
        From 1 to the number of processors that Numba found (`NUMBA_NUM_THREADS`).

    Raises
    ------
    ArgumentError
        If n is not an int in that range.
    """
    most = numba.config.NUMBA_NUM_THREADS
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= most:
        raise ArgumentError(f"set_threads: n must be an int from 1 to {most} (NUMBA_NUM_THREADS), got {n!r}")
    _process.threads, _process.told = n, threading.local()


def get_threads() -> int:
    """Number of threads that kernels use; 1 in a child forked after a kernel had run."""
    return 1 if _process.serial else _process.threads
