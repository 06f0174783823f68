"""The process that runs a learner's code: it gets inputs, gives back arrays, and knows neither answers nor points.

`serve` imports the allowed packages once and then forks for each exercise, so that every exercise begins in a fresh
process without paying for a start. What it says is believed in nothing but the numbers.
"""

import contextlib
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np

from convlab.grading import calling, notebook_code, silent, wire
from convlab.grading.definition import Compiled, Probe
from convlab.grading.verdict import Answer, Failure

MOST_CELLS = 2_000


def serve(requests: BinaryIO, results: BinaryIO, preload: tuple[str, ...]) -> None:
    """Answer one request after another, until there are no more."""
    silent.install()
    for name in preload:
        with contextlib.suppress(ImportError):
            __import__(name)
    wire.send(results, {"kind": "ready", "seconds": time.process_time()})
    while (frame := wire.receive(requests)) is not None:
        if hasattr(os, "fork"):
            _fork(frame, requests, results)
        else:
            _work(*frame, results)
            wire.send(results, {"kind": "ended", "status": 0, "signal": 0, "seconds": 0.0})


def _fork(frame: tuple[dict[str, Any], list[bytes]], requests: BinaryIO, results: BinaryIO) -> None:
    child = os.fork()
    if child == 0:
        try:
            requests.close()
            _work(*frame, results)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    seconds = round(usage.ru_utime + usage.ru_stime, 4)
    wire.send(results, {"kind": "ended", "status": max(code, 0), "signal": max(-code, 0), "seconds": seconds})


def _work(request: dict[str, Any], blobs: list[bytes], results: BinaryIO) -> None:
    """Load the function, then call it on each probe."""
    if request.get("canary"):
        wire.send(results, {"kind": "canary", "seen": os.path.exists(request["canary"]), "uid": _uid()})
        return
    _processor_seconds(request["budgets"]["load"])
    found, header = _load(request)
    wire.send(results, header)
    if found is None:
        return
    function, exercise = found, SimpleNamespace(**request["exercise"])
    exercise.compiled = Compiled(**exercise.compiled) if exercise.compiled else None
    probes = [Probe("", wire.unpack(args, blobs), wire.unpack(kwargs, blobs)) for args, kwargs in request["probes"]]
    if sentence := calling.mismatch(exercise, function, probes[-1]):
        wire.send(results, {"kind": "mismatch", "sentence": sentence})
        return
    if request["compiles"]:
        _processor_seconds(request["budgets"]["compile"])
        for probe in _one_of_each_kind(probes):
            _ask(exercise, function, probe)
        wire.send(results, {"kind": "compiled"})
    _processor_seconds(request["budgets"]["run"])
    for probe in probes:
        answer = _ask(exercise, function, probe)
        wire.send(results, _header(answer), () if answer.values is None else (answer.values,))


def _uid() -> int:
    return os.getuid() if hasattr(os, "getuid") else -1


def _ask(exercise: Any, function: Callable[..., Any], probe: Probe) -> Answer:
    try:
        return calling.ask(exercise, function, probe)
    except KeyboardInterrupt as error:  # there is nobody here to press Ctrl-C
        return Answer(failure=calling.describe_failure(error, function))


def _load(request: dict[str, Any]) -> tuple[Callable[..., Any] | None, dict[str, Any]]:
    """The function to be judged, None if there is none, and what to tell the judge about it."""
    name, attempt = request["exercise"]["name"], request["attempt"]
    cells = notebook_code.read_cells(request["cells"][:MOST_CELLS])
    choices = notebook_code.candidates(cells, name)
    header: dict[str, Any] = {"kind": "loaded", "choices": len(choices), "function": bool(choices)}
    if not choices:
        broken = notebook_code.broken_definition(cells, name)
        if broken is not None:
            header["failure"] = _failure(_syntax_failure(broken))
        return None, header
    place, own_name = choices[min(attempt, len(choices) - 1)]
    choose = notebook_code.everything if request["whole"] else notebook_code.needed
    names: dict[str, Any] = {"__name__": "__main__", "display": silent.Silent("display"), "get_ipython": lambda: None}
    printed = calling.Printed()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        errors = notebook_code.run(choose(cells, place, own_name), Path.cwd(), names)
    function = names.get(own_name)
    if own_name not in names:
        error = errors[-1] if errors else NameError(f"name '{own_name}' is not defined")
        header["failure"] = _failure(calling.describe_failure(error, lambda: None))
        return None, header
    if function is None or function is Ellipsis or calling.is_empty(function):
        header["function"] = False
        return None, header
    if not callable(function):
        kind = type(function).__name__
        header["failure"] = _failure(Failure("TypeError", f"`{own_name}` is a value of type {kind}, not a function"))
        return None, header
    return function, header


def _syntax_failure(cell: notebook_code.Cell) -> Failure:
    error = cell.error
    line = (error.text or "").strip()[: calling.MOST_MESSAGE]
    return Failure("SyntaxError", str(error.msg), where=f"the cell, line {error.lineno}", line=line)


def _one_of_each_kind(probes: list[Probe]) -> list[Probe]:
    """One probe for each combination of argument types, for which Numba compiles anew."""
    kinds: dict[Any, Probe] = {}
    for probe in probes:
        kinds.setdefault(tuple(_kind(value) for value in (*probe.args, *probe.kwargs.values())), probe)
    return list(kinds.values())


def _kind(value: Any) -> Any:
    return (value.dtype.str, value.ndim) if isinstance(value, np.ndarray) else type(value).__name__


def _processor_seconds(more: float) -> None:
    """Let the system end this process once it has used so many seconds more of processor time."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + more)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _failure(failure: Failure | None) -> dict[str, str] | None:
    return None if failure is None else {name: getattr(failure, name) for name in ("kind", "message", "where", "line")}


def _header(answer: Answer) -> dict[str, Any]:
    return {
        "kind": "answer",
        "shape": None if answer.shape is None else list(answer.shape),
        "whole_numbers": answer.whole_numbers,
        "nothing": answer.nothing,
        "failure": _failure(answer.failure),
        "problem": answer.problem,
        "broken": answer.broken,
        "changed": list(answer.changed),
        "remarks": list(answer.remarks),
        "printed": answer.printed,
    }


def main(preload: tuple[str, ...]) -> None:
    """Serve on standard input and output; what the learner's code prints goes to standard error."""
    requests = os.fdopen(os.dup(0), "rb")
    results = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    serve(requests, results, preload)
