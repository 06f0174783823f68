"""Calling a learner's function on one probe, whatever it does, and bringing what comes back into numbers."""

import contextlib
import copy
import dis
import functools
import inspect
import io
import linecache
import os
import re
import sysconfig
import traceback
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from convlab.grading import compiled, numba_errors
from convlab.grading.definition import Exercise, Probe
from convlab.grading.limit import time_limit
from convlab.grading.verdict import COMPILER_ERRORS, Answer, Failure

MOST_NUMBERS = 1_000_000  # 8 MB in float64; no exercise expects as much
MOST_PRINTED = 2_000
MOST_MESSAGE = 200
MOST_FULL = 6_000
MOST_STEPS = 5  # lines of the learner's own on the way to an error; a recursion has thousands
LIBRARIES = tuple(
    os.path.realpath(folder) + os.sep
    for folder in (*map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")), Path(__file__).parents[1])
    if folder
)


class Printed(io.TextIOBase):
    """Keeps the first characters of what a function prints, and drops the rest."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text[: MOST_PRINTED - len(self.text)]
        return len(text)


def ask(exercise: Exercise, function: Callable[..., Any], probe: Probe, seconds: float = 0.0) -> Answer:
    """The function's answer to a probe. Only the learner's own interrupt (Ctrl-C, the stop button) passes through.

    seconds : time that the function may take, as `time_limit` measures it; without one it may take any
    """
    if sentence := compiled.refusal(exercise.compiled, function, probe):
        return Answer(problem=sentence)
    args, kwargs = copy.deepcopy(probe.args), copy.deepcopy(dict(probe.kwargs))
    printed = Printed()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        try:
            with time_limit(seconds) if seconds else contextlib.nullcontext():
                call = lambda: as_numbers(function(*args, **kwargs))
                answer = compiled.watch(exercise.compiled, function, probe, call)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            answer = Answer(failure=describe_failure(error, function))
        changed = _changed(exercise.parameters, probe.args, args)
    remarks = answer.remarks + tuple(_first_warning(caught))
    return replace(answer, changed=changed, remarks=remarks, printed=_without_addresses(printed.text))


def as_numbers(result: Any) -> Answer:
    """What came back, as a float64 array of its own (the learner may reuse the array for the next call)."""
    if result is None:
        return Answer(
            nothing=True, problem="it gave back nothing (None); every way through the function must end in a `return`"
        )
    if result is Ellipsis:
        return Answer(failure=Failure("NotImplementedError", "it gave back ..."))
    kind = type(result).__name__
    if not (isinstance(result, (list, tuple, int, float, np.generic)) or hasattr(result, "__array__")):
        return Answer(problem=f"it gave back a value of type {kind}, not an array")
    if isinstance(result, (list, tuple)) and _size_of_list(result) > MOST_NUMBERS:
        return Answer(problem=f"it gave back a {kind} of more than {MOST_NUMBERS:,} numbers")
    try:
        array = np.asarray(result)
    except (ValueError, TypeError, MemoryError, OverflowError):
        return Answer(problem=f"it gave back a {kind} that is not an array: its rows differ in length or kind")
    if array.size > MOST_NUMBERS:
        return Answer(shape=array.shape)
    remarks = (f"It gave back a {kind}; that counts, but an array is what the next layer expects.",) * isinstance(
        result, (list, tuple)
    )
    return _as_float64(array, remarks)


def _as_float64(array: np.ndarray, remarks: tuple[str, ...]) -> Answer:
    if array.dtype.kind not in "fiubO":
        what = {"c": "complex numbers", "U": "text", "S": "text"}.get(array.dtype.kind, array.dtype.name)
        return Answer(problem=f"it gave back {what}, not real numbers")
    try:
        values = np.array(array, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return Answer(problem="it gave back an array of Python objects that are not all numbers")
    if array.dtype.kind == "O":
        remarks += ("It gave back an array of Python objects; that counts, but `dtype=float` is faster.",)
    return Answer(values=values, shape=values.shape, whole_numbers=array.dtype.kind in "iu", remarks=remarks)


def _size_of_list(value: Any) -> int:
    """Numbers in a nested list, going by the first of each level: one short row may stand a million times in it."""
    size = 1
    for _ in range(32):
        if not isinstance(value, (list, tuple)) or not value:
            break
        size *= len(value)
        value = value[0]
    return size


def _changed(names: tuple[str, ...], before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[str, ...]:
    """Names of the arrays that the function wrote to."""
    return tuple(
        name
        for name, old, new in zip(names, before, after)
        if isinstance(old, np.ndarray)
        and not (old.dtype == new.dtype and old.shape == new.shape and np.array_equal(old, new, equal_nan=True))
    )


def _first_warning(caught: list[warnings.WarningMessage]) -> list[str]:
    if not caught:
        return []
    return [f"Python warned while it ran: {caught[0].category.__name__}: {_one_line(caught[0].message)}"]


def _text(value: object) -> str:
    """Text of an exception or warning, whatever it does."""
    try:
        return str(value)
    except BaseException:
        return "its message cannot be read"


def _one_line(value: object) -> str:
    """Text of an exception or warning: short, on one line, the same on every machine and in every run."""
    return _cut(_without_places(" ".join(_text(value).split())), MOST_MESSAGE)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _without_places(text: str) -> str:
    """Text without the folders of this machine, and without places in memory."""
    text = re.sub(r"(?<![\w/.])(?:[A-Za-z]:)?(?:\.\.?)?[/\\](?:[^\s/\\'\":]+[/\\])+", "", text)
    text = re.sub(r"""(?:[^\s/\\'":]*[/\\])+(?=[\w.-]+\.py\b)""", "", text)
    return _without_addresses(text)


def _without_addresses(text: str) -> str:
    """Text in which places in memory, as in <object at 0x7f5c>, are not told: they change from run to run."""
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x...", text)


def describe_failure(error: BaseException, function: Callable[..., Any]) -> Failure:
    """The exception in short, with the last line of the learner's own that was running, and at length."""
    if numba_errors.from_numba(error):
        return _compiler_failure(error, function)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not _in_library(frame.filename)]
    steps = [f"in {_place(frame.name, frame.lineno)}:\n    {_cut(frame.line or '', MOST_MESSAGE)}\n" for frame in own]
    full = _without_places(_cut("".join(steps[-MOST_STEPS:]) + f"{_kind(error)}: {_text(error)}", MOST_FULL))
    short = Failure(_kind(error), _one_line(error), full=full)
    if not own:
        return short
    return replace(short, where=_place(own[-1].name, own[-1].lineno), line=_one_line(own[-1].line or ""))


def _compiler_failure(error: BaseException, function: Callable[..., Any]) -> Failure:
    """An error of Numba's compiler, which speaks of the learner's line in its message only."""
    text = _text(error)
    message = _one_line(numba_errors.telling(text))
    kind = _kind(error) if _kind(error) in COMPILER_ERRORS else "NumbaError"
    short = Failure(kind, message, full=_without_places(_cut(text, MOST_FULL)))
    if (found := numba_errors.place(text, _in_library)) is None:
        return replace(short, where=getattr(function, "__name__", ""))
    name = numba_errors.function_at(*found) or getattr(function, "__name__", "")
    return replace(short, where=_place(name, found[1]), line=_one_line(linecache.getline(*found)))


def _place(name: str, line: int | None) -> str:
    return f"{name}, line {line}"


def _in_library(filename: str) -> bool:
    """True for the code of Python, of installed packages and of convlab; the rest is the learner's."""
    if filename.startswith("<frozen") or filename.startswith("<__array_function__"):
        return True
    return os.path.realpath(filename).startswith(LIBRARIES) if os.path.isabs(filename) else False


def _kind(error: BaseException) -> str:
    """Name of the exception's class; of the built-in one behind it if it is NumPy's own."""
    classes = [c for c in type(error).__mro__ if not c.__module__.startswith("numpy.")]
    return classes[0].__name__


def _code(function: Any) -> Any:
    """Code object of a function, also behind a decorator, a partial, a method or Numba's dispatcher; None if none."""
    try:
        for _ in range(8):
            if isinstance(function, functools.partial):
                function = function.func
            elif hasattr(function, "py_func"):
                function = function.py_func
            elif hasattr(function, "__wrapped__"):
                function = function.__wrapped__
            else:
                break
        code = getattr(function, "__code__", None)
    except Exception:
        return None
    return code if inspect.iscode(code) else None


def is_compiled(function: Any) -> bool:
    """True for what Numba's `@njit` and `@jit` make of a function."""
    try:
        return callable(function) and callable(getattr(function, "py_func", None))
    except Exception:
        return False


def is_empty(function: Any) -> bool:
    """True if the body does nothing at all: `pass`, `...`, a docstring, `return None`.

    >>> def stub(x):
    ...     '''What it should do.'''
    ...     ...
    >>> is_empty(stub), is_empty(lambda x: x)
    (True, False)
    """
    code = _code(function)
    if code is None:
        return False
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "CACHE"}
    steps = list(dis.get_instructions(code))
    constants = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return all(step.opname in idle for step in steps) and constants[-1:] in ([None], [Ellipsis])


def mismatch(exercise: Exercise, function: Callable[..., Any], probe: Probe) -> str:
    """A sentence if the function cannot be called as the exercise calls it, else ""."""
    try:
        signature = inspect.signature(function)
    except Exception:
        return ""  # no signature to read, e.g. a compiled function: the call itself will tell
    try:
        signature.bind(*probe.args, **probe.kwargs)
    except TypeError as error:
        own = ", ".join(signature.parameters)
        return f"It is called as `{exercise.signature}`, but yours takes ({own}): {_one_line(error)}."
    return ""
