"""Does a loop over `prange` race? A compiled function, run by Python one iteration after the other, and watched.

Numba runs the iterations of `for i in prange(n)` on several threads, in no order. If two of them write the same number of an
array, or one reads what another writes, what comes out is left to chance: right most of the time, and wrong when somebody
looks. Here the order is always the same, and who writes where is written down, so a race is found every time.

Watched are the arrays that the function makes (`np.zeros`, `np.empty` and their like) and views of them by index. A single
number that is added up, `total += ...`, is no race: Numba gives every thread a total of its own.
"""

import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

MAKERS = ("zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "full_like")


class _Race(Exception):
    """Two iterations met at one number."""


class _Watch:
    """Which iteration runs now. Iterations of all loops are numbered through; `first` is where this loop's begin."""

    def __init__(self) -> None:
        self.now, self.first, self.next = 0, 0, 1  # 0: outside of all loops

    def prange(self, *bounds: int) -> Iterator[int]:
        "the outermost loop shares out its iterations; those inside of it are plain loops"
        if self.now:
            yield from range(*bounds)
            return
        self.first = self.next
        for value in range(*bounds):
            self.now, self.next = self.next, self.next + 1
            yield value
        self.now = 0

    def meet(self, writers: np.ndarray, place: Any, doing: str) -> None:
        "raise _Race if another iteration of this loop has written there"
        here = np.asarray(writers[place])
        others = here[(here >= self.first) & (here != self.now)]
        if self.now and others.size:
            one, other = int(others.flat[0]) - self.first, self.now - self.first
            where = ", ".join(map(_told, place if isinstance(place, tuple) else (place,)))
            raise _Race(
                f"iterations {one} and {other} of `prange` meet at place [{where}] of one array: the first writes there, "
                f"the other {doing}, and which comes first is left to chance"
            )


def _told(index: Any) -> str:
    if isinstance(index, slice):
        return ":".join("" if end is None else str(end) for end in (index.start, index.stop))
    return str(index)


class _Watched(np.ndarray):
    """An array that keeps, for each of its numbers, the iteration that wrote it last."""

    watch: _Watch | None = None
    writers: np.ndarray | None = None

    def __getitem__(self, place: Any) -> Any:
        part = super().__getitem__(place)
        if self.writers is None or self.watch is None:
            return part
        if isinstance(part, _Watched):
            part.watch, part.writers = self.watch, self.writers[place]
        else:
            self.watch.meet(self.writers, place, "reads it")
        return part

    def __setitem__(self, place: Any, value: Any) -> None:
        if self.writers is not None and self.watch is not None:
            self.watch.meet(self.writers, place, "writes too")
            self.writers[place] = self.watch.now
        super().__setitem__(place, value)


class _Module:
    """A module in which some names are others."""

    def __init__(self, module: Any, names: dict[str, Any]) -> None:
        self._module, self._names = module, names

    def __getattr__(self, name: str) -> Any:
        return self._names[name] if name in self._names else getattr(self._module, name)


def find_race(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """What races in one call of a compiled function; "" if nothing does, or if Python cannot run it.

    Parameters
    ----------
    function : what `@njit(parallel=True)` made, or a plain function with loops over `prange`
    *args, **kwargs : of the call; arrays are handed over as copies. Small ones: Python takes a while.

    >>> from numba import njit, prange
    >>> @njit(parallel=True)
    ... def columns(x):
    ...     total = np.zeros(x.shape[1])
    ...     for i in prange(x.shape[0]):
    ...         for j in range(x.shape[1]):
    ...             total[j] += x[i, j]
    ...     return total
    >>> find_race(columns, np.ones((3, 2)))[:62]
    'iterations 0 and 1 of `prange` meet at place [0] of one array:'
    """
    args = tuple(value.copy() if isinstance(value, np.ndarray) else value for value in args)
    try:
        _in_python(function, _Watch(), {})(*args, **kwargs)
    except _Race as race:
        return str(race)
    except Exception:  # what else is wrong with it is said elsewhere
        return ""
    return ""


def _in_python(function: Any, watch: _Watch, done: dict[int, Any]) -> Callable[..., Any]:
    """The function as Python runs it, with watched arrays and loops; those that it calls likewise."""
    plain = getattr(function, "py_func", function)
    if id(plain) in done:
        return done[id(plain)]
    names: dict[str, Any] = {}
    copy = types.FunctionType(plain.__code__, names, plain.__name__, plain.__defaults__, plain.__closure__)
    done[id(plain)] = copy
    names.update({name: _replaced(value, watch, done) for name, value in plain.__globals__.items()})
    return copy


def _replaced(value: Any, watch: _Watch, done: dict[int, Any]) -> Any:
    import numba
    from numba.extending import is_jitted

    makers = {name: _maker(getattr(np, name), watch) for name in MAKERS}
    if value is np:
        return _Module(np, makers)
    if value is numba:
        return _Module(numba, {"prange": watch.prange})
    if value is numba.prange:
        return watch.prange
    if is_jitted(value):
        return _in_python(value, watch, done)
    return next((makers[name] for name in MAKERS if value is getattr(np, name)), value)


def _maker(make: Callable[..., np.ndarray], watch: _Watch) -> Callable[..., np.ndarray]:
    def watched(*args: Any, **kwargs: Any) -> np.ndarray:
        array = np.asarray(make(*args, **kwargs)).view(_Watched)
        array.watch, array.writers = watch, np.zeros(array.shape, dtype=np.int64)
        return array

    return watched
