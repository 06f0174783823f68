"""What an exercise may ask of a compiled function beside its numbers: see `convlab.grading.definition.Compiled`.

It is looked at where the function runs, after the call: was it compiled, and in nopython mode; do iterations of a parallel
loop meet at one number (`convlab.race`); how much memory did the call add at its highest.
"""

import contextlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from convlab.grading.definition import Compiled, Probe
from convlab.grading.verdict import Answer
from convlab.race import find_race

SMALL = 2_000  # numbers in a probe that Python itself gets through in a moment
PLAIN = "Python itself runs it, step by step: put `@njit` on the line above its `def`"
OBJECT = "Numba compiled it in object mode, in which Python does the work: write `@njit`, without `forceobj`"
SERIAL = (
    "its iterations are not shared out among the threads: write `@njit(parallel=True)` above it, and `prange` in the place "
    "of `range` in one of its loops"
)
MEMORY = (
    "on the way it fills {got:.0f} MB of memory, where {most:.0f} MB are plenty for the result. A matrix of all windows "
    "(im2col) takes as much: walk over each window in loops, and make no array but the result"
)


class Peak:
    """Measures a block: `bytes` is what it added to the memory of the process at its highest; 0 where nothing is told."""

    bytes = 0

    def __enter__(self) -> "Peak":
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # Linux: let the high-water mark begin anew
        self._before = _high_water()
        return self

    def __exit__(self, *error: object) -> None:
        self.bytes = max(0, _high_water() - self._before)


def _high_water() -> int:
    """The most memory that this process has held, in bytes."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def refusal(rules: Compiled | None, function: Callable[..., Any], probe: Probe) -> str:
    """Why a probe is not even tried: it is too large for a function that is not compiled."""
    return PLAIN if rules and not is_small(probe) and not _is_jitted(function) else ""


def is_small(probe: Probe) -> bool:
    """Whether Python gets through the probe in a moment."""
    return sum(value.size for value in probe.args if isinstance(value, np.ndarray)) <= SMALL


def watch(rules: Compiled | None, function: Callable[..., Any], probe: Probe, call: Callable[[], Answer]) -> Answer:
    """The answer that `call` gives, with the rule that the function breaks."""
    if rules is None:
        return call()
    kinds = _kinds(function)
    with Peak() as peak:
        answer = call()
    if answer.values is None:
        return answer
    looks = rules.parallel and is_small(probe) and _is_jitted(function)
    if looks and (race := find_race(function, *probe.args, **probe.kwargs)):
        return Answer(problem=race)
    used = peak.bytes if _kinds(function) == kinds else 0  # the compiler's own memory does not count
    return replace(answer, broken=_broken(rules, function, used))


def _kinds(function: Any) -> int:
    """For how many kinds of arguments a function has been compiled so far."""
    return len(function.signatures) if _is_jitted(function) else 0


def _broken(rules: Compiled, function: Any, used: int) -> str:
    if not _is_jitted(function):
        return PLAIN
    if not function.nopython_signatures:
        return OBJECT
    if rules.parallel and not _shares_out(function, set()):
        return SERIAL
    if rules.most_bytes and used > rules.most_bytes:
        return MEMORY.format(got=used / 1e6, most=rules.most_bytes / 1e6)
    return ""


def _is_jitted(function: Any) -> bool:
    """True for what Numba's decorators make of a function."""
    if "numba" not in sys.modules:
        return False
    from numba.extending import is_jitted

    return is_jitted(function)


def _shares_out(function: Any, seen: set[int]) -> bool:
    """Whether it, or a compiled function that it calls, has a `prange` and is compiled to use it."""
    from numba import prange

    seen.add(id(function))
    plain = function.py_func
    used = {name: plain.__globals__.get(name) for name in plain.__code__.co_names}
    if function.targetoptions.get("parallel") and ("prange" in used or prange in used.values()):
        return True
    return any(_is_jitted(other) and id(other) not in seen and _shares_out(other, seen) for other in used.values())
