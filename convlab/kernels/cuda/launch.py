"""How kernels are written and started: the twin of `convlab.jit`.

`kernel(count)` makes a kernel of a function that is run once by each of `count(*arguments)` threads; `blocks(count)` of one
that is run by `count(*arguments)` blocks of threads which work together. Both are called with the arguments alone, like
their CPU twins. A thread, or a block, owns what it writes and gathers what it needs: there are no atomic additions, and the
result is the same every time.
"""

import functools
import warnings
from collections.abc import Callable

from numba import cuda

SIMULATED = "simulator" in cuda.jit.__module__  # NUMBA_ENABLE_CUDASIM=1: a block's threads are threads of Python
THREADS = 256  # threads of a block


def device(function):
    """A function of the GPU, always inlined: arrays of its caller stay in registers."""
    return function if SIMULATED else cuda.jit(device=True, forceinline=True)(function)


def compiled(function, threads: int | None = None, resident: int = 1):
    """A function as a kernel; `threads` a block, of which `resident` should fit a multiprocessor, bound its registers."""
    if SIMULATED or threads is None:
        return cuda.jit(function)
    return cuda.jit(launch_bounds=(threads, resident))(function)


def _configured(kernel, grid, block):
    with warnings.catch_warnings():  # a small network makes small grids; there is nothing the caller could do about it
        warnings.filterwarnings("ignore", ".*Grid size")
        return kernel[grid, block]


if not SIMULATED:  # a network asks for the same few again and again
    _configured = functools.lru_cache(4096)(_configured)


def start(kernel, grid, block, *args) -> None:
    """Start a compiled kernel. Every launch of convlab goes through here."""
    if SIMULATED:
        return _configured(kernel, grid, block)(*args)
    from convlab.kernels.cuda import direct  # names the driver, which the simulator has not

    direct.start(_configured, kernel, grid if isinstance(grid, tuple) else (grid,), block, args)


class Kernel:
    """A compiled function and how many threads, or blocks, run it."""

    def __init__(self, function, count: Callable[..., int], together: bool):
        functools.update_wrapper(self, function)
        self.compiled, self.count, self.together = compiled(function), count, together

    def __call__(self, *args) -> None:
        count = self.count(*args)
        if count:
            start(self.compiled, count if self.together else -(-count // THREADS), THREADS, *args)


def kernel(count: Callable[..., int]):
    """Decorator: one thread for each of `count(*arguments)` results."""
    return lambda function: Kernel(function, count, together=False)


def blocks(count: Callable[..., int]):
    """Decorator: one block of THREADS threads for each of `count(*arguments)` results."""
    return lambda function: Kernel(function, count, together=True)
