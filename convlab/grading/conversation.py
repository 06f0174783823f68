"""The judge's end of the line to a worker: one question, and what came back before the time was up.

Everything that comes is checked before it is believed: the size of a frame, the kind and length of every text, the kind,
shape and size of an array. Nothing from the other side is unpickled, evaluated or compared as an object.
"""

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from convlab.grading import sandbox, wire
from convlab.grading.calling import MOST_NUMBERS, MOST_PRINTED
from convlab.grading.definition import Exercise, Probe
from convlab.grading.sandbox import Limits
from convlab.grading.verdict import Answer, Failure
from convlab.grading.worker_site import Site

LOAD_SECONDS = 10.0  # processor time to run the statements a function needs
THREADS = 2  # of a worker's compiled loops; their processor time adds up
MOST_HEADER = 200_000
MOST_BODY = 8 * MOST_NUMBERS + 1_000
MOST_TEXT = 1_000
END = None


@dataclass
class Reply:
    """What a worker said to one question, and how it ended.

    Parameters
    ----------
    ending : "answered", "no function", "stub", "failed to load", "mismatch", "died", "late" or "broken"
    answers : as many as came
    phase : "load", "compile" or "run", where it ended
    failure : what stopped it while it was loaded
    sentence : why it cannot be called as the exercise calls it
    choices : definitions of the function in the notebook that are worth trying
    signal, status : of a process that died
    seconds : processor time
    clean : the worker may be asked again
    """

    ending: str = "died"
    answers: list[Answer] = field(default_factory=list)
    phase: str = "load"
    failure: Failure | None = None
    sentence: str = ""
    choices: int = 0
    signal: int = 0
    status: int = 0
    seconds: float = 0.0
    clean: bool = False


class Worker:
    """A started worker. Use it as a context manager: its box is ended and cleared away, whatever happened."""

    def __init__(self, tier: str, site: Site, limits: Limits | None = None) -> None:
        self._box = sandbox.start(tier, site, limits)
        self._frames: queue.Queue = queue.Queue(maxsize=4)
        self.errors = b""
        for target in (self._read, self._drain):
            threading.Thread(target=target, daemon=True).start()
        self.questions = 0
        ready = self._next(sandbox.PATIENCE)
        if ready is not END:
            self.start_seconds = _seconds(ready[0])
        else:
            line = self.errors.decode("utf-8", "replace").strip().splitlines()[-1:]
            self.close()
            raise WorkerError(line[0][:200] if line else "the worker does not start")

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the box and all that runs in it."""
        self._box.kill()
        with contextlib.suppress(queue.Empty):
            while True:
                self._frames.get_nowait()
        sandbox.close(self._box)

    def ask(
        self, exercise: Exercise, cells: Sequence[dict[str, Any]], probes: Sequence[Probe], attempt: int, whole: bool
    ) -> Reply:
        """Ask for the answers of the function of that name to the probes.

        attempt : which definition of the function, 0 the most likely
        whole : run all statements of the notebook, not only those the function needs
        """
        self.questions += 1
        header, arrays = _question(exercise, cells, probes, attempt, whole)
        reply = Reply()
        self._send(header, arrays)
        try:
            self._listen(exercise, len(probes), reply)
        except wire.WireError as error:
            reply.ending, reply.sentence, reply.clean = "broken", str(error), False
        return reply

    def _listen(self, exercise: Exercise, count: int, reply: Reply) -> None:
        """Take frames until the exercise has ended, in the order in which they must come."""
        budgets = budgets_of(exercise)
        deadline = time.monotonic() + _wall(budgets["load"])
        while True:
            header = self._next(deadline - time.monotonic())
            if header is END:
                reply.ending = "died" if self._box.process.poll() is not None else "late"
                reply.seconds = budgets[reply.phase]  # nobody can say any more; it is about as much
                return
            kind = header[0].get("kind")
            if kind == "ended":
                _note_end(header[0], count, reply)
                return
            phase = reply.phase
            _note(header, count, exercise, reply)
            if reply.phase != phase:
                deadline = time.monotonic() + _wall(budgets[reply.phase])

    def _send(self, header: dict[str, Any], arrays: Sequence[Any]) -> None:
        """Write a frame; a worker that does not read is ended, and that is noticed by the reader."""
        timer = threading.Timer(sandbox.PATIENCE, self._box.kill)
        timer.daemon = True
        timer.start()
        try:
            wire.send(self._box.process.stdin, header, arrays)
        except OSError:
            pass
        finally:
            timer.cancel()

    def _next(self, seconds: float) -> Any:
        """The next frame; END if there will be none, or none came in time. Raises WireError for what is no frame."""
        try:
            frame = self._frames.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return END
        if isinstance(frame, wire.WireError):
            raise frame
        if frame is END:
            with contextlib.suppress(Exception):
                self._box.process.wait(timeout=5)
        return frame

    def _read(self) -> None:
        stream = self._box.process.stdout
        try:
            while (frame := wire.receive(stream, MOST_HEADER, MOST_BODY)) is not None:
                self._frames.put(frame)
        except wire.WireError as error:
            self._frames.put(error)
        except (OSError, ValueError):
            pass
        self._frames.put(END)

    def _drain(self) -> None:
        """Read what is printed past Python's own streams, keep the first of it and drop the rest."""
        stream = self._box.process.stderr
        with contextlib.suppress(OSError, ValueError):
            while chunk := stream.read1(65536):
                self.errors += chunk[: MOST_PRINTED - len(self.errors)]


class WorkerError(Exception):
    """A worker that does not start: the grader's fault, not the learner's."""


def budgets_of(exercise: Exercise) -> dict[str, float]:
    """Processor seconds of each phase. What is compiled is called once on the way, and loops run on several threads."""
    run = exercise.run_seconds * (THREADS if "numba" in exercise.allowed_imports else 1)
    return {"load": LOAD_SECONDS, "compile": exercise.compile_seconds + run, "run": run}


def _wall(seconds: float) -> float:
    """Time on the clock for so much processor time: more where others wait for the processor too."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 1.0
    return (3 * seconds + 5) * max(1.0, busy)


def _question(exercise, cells, probes, attempt, whole) -> tuple[dict[str, Any], list[Any]]:
    arrays: list[Any] = []
    sent = [[wire.pack(tuple(probe.args), arrays), wire.pack(dict(probe.kwargs), arrays)] for probe in probes]
    header = {
        "exercise": {
            "name": exercise.name,
            "signature": exercise.signature,
            "parameters": exercise.parameters,
            "compiled": asdict(exercise.compiled) if exercise.compiled else None,
        },
        "cells": list(cells),
        "attempt": attempt,
        "whole": whole,
        "probes": sent,
        "compiles": exercise.compile_seconds > 0,
        "budgets": budgets_of(exercise),
    }
    return header, arrays


# Reading what came ----------------------------------------------------------------------------------------------------


def _note(frame: tuple[dict[str, Any], list[bytes]], count: int, exercise: Exercise, reply: Reply) -> None:
    """Enter a frame of the learner's process. Raises WireError for one that cannot come now."""
    header, blobs = frame
    kind = header.get("kind")
    if kind == "loaded" and reply.phase == "load" and reply.choices == 0 and reply.ending == "died":
        choices = header.get("choices")
        reply.choices = choices if type(choices) is int and 0 <= choices <= 2 else 0
        reply.failure = _failure(header.get("failure"))
        if reply.failure:
            reply.ending = "failed to load"
        elif header.get("function") is not True:
            reply.ending = "stub" if reply.choices else "no function"
        else:
            reply.phase = "compile" if exercise.compile_seconds else "run"
    elif kind == "mismatch" and reply.phase != "load" and not reply.answers:
        reply.ending, reply.sentence = "mismatch", _text(header.get("sentence"))
    elif kind == "compiled" and reply.phase == "compile":
        reply.phase = "run"
    elif kind == "answer" and reply.phase == "run" and len(reply.answers) < count:
        reply.answers.append(_answer(header, blobs))
    else:
        raise wire.WireError("a frame that cannot come here")


def _note_end(header: dict[str, Any], count: int, reply: Reply) -> None:
    status, number = header.get("status"), header.get("signal")
    reply.status = status if type(status) is int else 1
    reply.signal = number if type(number) is int else 0
    reply.seconds = _seconds(header)
    if len(reply.answers) == count:
        reply.ending = "answered"
    reply.clean = reply.status == 0 and reply.signal == 0 and reply.ending != "died"
    if reply.signal == getattr(signal, "SIGXCPU", -1):
        reply.ending = "late"


def _seconds(header: dict[str, Any]) -> float:
    """Processor time as the worker tells it; it goes into no grade."""
    seconds = header.get("seconds")
    return seconds if type(seconds) is float and 0 <= seconds < 1e5 else 0.0


def _answer(header: dict[str, Any], blobs: list[bytes]) -> Answer:
    """An answer, every part of which is what it should be."""
    values = wire.read_array(blobs[0], kinds="f", most_numbers=MOST_NUMBERS) if blobs else None
    if values is not None and values.dtype != "float64":
        raise wire.WireError("an answer that is not in float64")
    shape = tuple(values.shape) if values is not None else _shape(header.get("shape"))
    failure, problem = _failure(header.get("failure")), _text(header.get("problem"))
    if values is None and not failure and not problem and shape is None:
        raise wire.WireError("an answer without a value")
    return Answer(
        values=values,
        shape=shape,
        whole_numbers=header.get("whole_numbers") is True,
        nothing=header.get("nothing") is True and values is None,
        failure=failure if values is None else None,
        problem=problem if values is None else "",
        broken=_text(header.get("broken")),
        changed=_texts(header.get("changed")),
        remarks=_texts(header.get("remarks")),
        printed=_text(header.get("printed"), MOST_PRINTED),
    )


def _shape(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, list) and len(value) <= 64 and all(type(n) is int and 0 <= n < 1 << 62 for n in value):
        return tuple(value)
    return None


def _failure(value: Any) -> Failure | None:
    if not isinstance(value, dict):
        return None
    kind, message, where, line = (_text(value.get(name), 300) for name in ("kind", "message", "where", "line"))
    return Failure(kind or "Exception", message, where, line)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in value[:20]) if isinstance(value, list) else ()


def _text(value: Any, most: int = MOST_TEXT) -> str:
    """A text that can be printed: no control characters, no lone surrogates, not too long."""
    if not isinstance(value, str):
        return ""
    text = value[:most].encode("utf-8", "replace").decode("utf-8")
    return "".join(c for c in text if c in "\n\t" or c.isprintable() or c == "\u00a0")
