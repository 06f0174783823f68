"""From a notebook's cells to entries of the grade book: the judge holds inputs, answers and points, the worker the code.

One box serves the exercises of one notebook; each exercise runs in a process of its own in it. Whatever ends otherwise
than it should ends the box, and what went wrong in a box that had been used before is asked again in a fresh one, so
that no function can spoil the next.
"""

import functools
import hashlib
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from convlab.grading import engine, entry, worker_site
from convlab.grading.conversation import Reply, Worker, budgets_of
from convlab.grading.definition import Exercise, Probe
from convlab.grading.entry import Entry
from convlab.grading.sandbox import Limits
from convlab.grading.verdict import Outcome
from convlab.grading.worker_site import Site

NO_FUNCTION = "There is no function `{name}` in the notebook."
CRASHES = {
    "load": "The notebook ends Python before `{name}` can be called ({how}).",
    "compile": "`{name}` ends Python while it is compiled ({how}).",
    "run": "`{name}` ends Python ({how}) instead of giving back a result.",
}
LATE = {
    "load": "The statements that `{name}` needs did not end within {seconds:g} s of processor time.",
    "compile": "Compiling `{name}` did not end within {seconds:g} s.",
    "run": "`{name}` did not end within {seconds:g} s of processor time: does a loop run without an end?",
}
FORGED = "`{name}` wrote into the grader's own channel, so its answers cannot be read."
MEMORY = "`{name}` asks for more memory than the {gigabytes:g} GB it may use."


def seed_for(seed: int, student: str, exercise: str) -> int:
    """A seed for one student's inputs to one exercise, the same in every run.

    >>> seed_for(1, "ada", "conv2d") == seed_for(1, "ada", "conv2d") != seed_for(1, "bob", "conv2d")
    True
    """
    digest = hashlib.sha256(f"{seed}\n{student}\n{exercise}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


@functools.cache
def site_for(allowed: tuple[str, ...]) -> Site:
    """What a worker with this allow-list can import; made once per process."""
    import atexit

    site = worker_site.build(allowed)
    atexit.register(site.remove)
    return site


class Judge:
    """Grades the exercises of one notebook after another, in boxes of one kind.

    Parameters
    ----------
    tier : a kind of box, see `convlab.grading.sandbox`
    limits : what a worker may use
    """

    def __init__(self, tier: str, limits: Limits | None = None) -> None:
        self.tier, self.limits = tier, limits or Limits()
        self._worker: Worker | None = None
        self._allowed: tuple[str, ...] = ()
        self._seconds = 0.0

    def __enter__(self) -> "Judge":
        return self

    def __exit__(self, *error: object) -> None:
        self._drop()

    def grade(
        self, cells: Sequence[dict[str, Any]], exercises: Sequence[Exercise], seeds: Sequence[int]
    ) -> Iterator[tuple[Entry, float]]:
        """Entry and processor seconds of each exercise, one by one. The box ends with the notebook."""
        try:
            for exercise, seed in zip(exercises, seeds):
                yield self.grade_one(cells, exercise, seed)
        finally:
            self._drop()

    def grade_one(self, cells: Sequence[dict[str, Any]], exercise: Exercise, seed: int) -> tuple[Entry, float]:
        """Entry and processor seconds of one exercise. It raises nothing: what the grader cannot do is an outcome."""
        self._seconds, start = 0.0, time.thread_time()
        try:
            result = self._best(cells, exercise, exercise.draw(seed), seed)
        except Exception as error:
            self._drop()
            sentence = f"The grader could not judge this: {type(error).__name__}: {error}"
            result = entry.without_verdict(exercise, Outcome.GRADER_ERROR, " ".join(sentence.split()), seed)
        return result, self._seconds + time.thread_time() - start

    def _best(self, cells, exercise: Exercise, probes: Sequence[Probe], seed: int) -> Entry:
        """The likeliest definition of the function; if it is not right, another one, or all statements, that are."""
        reply = self._ask(exercise, cells, probes, 0, whole=False)
        first = self._entry(exercise, probes, reply, seed)
        if first.outcome is Outcome.RIGHT:
            return first
        more = [(1, False)] * (reply.choices > 1) + [(0, True)] * _misses_a_name(reply)
        for attempt, whole in more:
            other = self._entry(exercise, probes, self._ask(exercise, cells, probes, attempt, whole), seed)
            if other.outcome is Outcome.RIGHT:
                return other
        return first

    # Asking -----------------------------------------------------------------------------------------------------------

    def _ask(self, exercise: Exercise, cells, probes: Sequence[Probe], attempt: int, whole: bool) -> Reply:
        """One question; again in a fresh box if it went wrong in one that had been used."""
        worker = self._ready(exercise.allowed_imports)
        used = worker.questions > 0
        reply = worker.ask(exercise, cells, probes, attempt, whole)
        self._seconds += reply.seconds
        if not reply.clean:
            self._drop()
            if used and reply.ending in ("died", "late", "broken"):
                reply = self._ready(exercise.allowed_imports).ask(exercise, cells, probes, attempt, whole)
                self._seconds += reply.seconds
                if not reply.clean:
                    self._drop()
        return reply

    def _ready(self, allowed: tuple[str, ...]) -> Worker:
        if self._worker is None or self._allowed != allowed:
            self._drop()
            self._worker, self._allowed = Worker(self.tier, site_for(allowed), self.limits), allowed
            self._seconds += self._worker.start_seconds
        return self._worker

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    # Judging ----------------------------------------------------------------------------------------------------------

    def _entry(self, exercise: Exercise, probes: Sequence[Probe], reply: Reply, seed: int) -> Entry:
        make = functools.partial(entry.without_verdict, exercise, seed=seed)
        name = exercise.name
        if reply.ending == "answered":
            return self._from_answers(exercise, probes, reply, seed)
        if reply.ending == "no function":
            return make(Outcome.NOT_ATTEMPTED, NO_FUNCTION.format(name=name))
        if reply.ending == "stub":
            return make(Outcome.NOT_ATTEMPTED, engine.EMPTY)
        if reply.ending == "mismatch":
            return make(Outcome.CRASHED, reply.sentence)
        if reply.ending == "failed to load":
            sentence = f"`{name}` cannot be loaded: {reply.failure}."
            return make(Outcome.CRASHED, sentence, details=_import_help(exercise, reply))
        if reply.ending == "broken":
            return make(Outcome.CRASHED, FORGED.format(name=name), details=(f"What came: {reply.sentence}.",))
        return self._from_silence(exercise, probes, reply, seed)

    def _from_answers(self, exercise: Exercise, probes: Sequence[Probe], reply: Reply, seed: int) -> Entry:
        verdict = engine.judge(exercise, probes, reply.answers, seed)
        result = entry.from_verdict(exercise, verdict)
        if result.outcome is not Outcome.CRASHED:
            return result
        kinds = {answer.failure.kind for answer in reply.answers if answer.failure}
        if "MemoryError" in kinds:
            return replace(result, outcome=Outcome.OUT_OF_BOUNDS, sentence=self._memory(exercise))
        return replace(result, details=_import_help(exercise, reply) + result.details)

    def _from_silence(self, exercise: Exercise, probes: Sequence[Probe], reply: Reply, seed: int) -> Entry:
        """The learner's process ended before all answers were there."""
        details = self._so_far(exercise, probes, reply, seed)
        make = functools.partial(entry.without_verdict, exercise, seed=seed, details=details)
        seconds = budgets_of(exercise)[reply.phase]
        if reply.ending == "late":
            return make(Outcome.OUT_OF_BOUNDS, LATE[reply.phase].format(name=exercise.name, seconds=seconds))
        if reply.signal == 9:  # not by the judge: the system had no more memory, or no more patience
            return make(Outcome.OUT_OF_BOUNDS, self._memory(exercise))
        how = f"signal {_signal_name(reply.signal)}" if reply.signal else f"exit status {reply.status}"
        return make(Outcome.CRASHED, CRASHES[reply.phase].format(name=exercise.name, how=how))

    def _so_far(self, exercise: Exercise, probes: Sequence[Probe], reply: Reply, seed: int) -> tuple[str, ...]:
        """Where it ended, and whether what came before was right."""
        if reply.phase != "run" or len(reply.answers) >= len(probes):
            return ()
        stopped = (
            f'It happened on input {len(reply.answers) + 1} of {len(probes)}, "{probes[len(reply.answers)].label}".'
        )
        if not reply.answers:
            return (stopped,)
        verdict = engine.judge(exercise, probes[: len(reply.answers)], reply.answers, seed)
        right = sum(result.outcome is Outcome.RIGHT for result in verdict.results)
        return stopped, f"Of those before, {right} of {len(reply.answers)} were right."

    def _memory(self, exercise: Exercise) -> str:
        return MEMORY.format(name=exercise.name, gigabytes=self.limits.memory_bytes / (1 << 30))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _misses_a_name(reply: Reply) -> bool:
    """True if something the function needs was not found among the statements that were run."""
    failures = [answer.failure for answer in reply.answers if answer.failure] + [reply.failure]
    return any(failure is not None and failure.kind == "NameError" for failure in failures)


def _import_help(exercise: Exercise, reply: Reply) -> tuple[str, ...]:
    """What may be imported, if that is what stopped it."""
    failures = [reply.failure, *(answer.failure for answer in reply.answers)]
    if not any(failure is not None and failure.kind in ("ModuleNotFoundError", "NotAvailable") for failure in failures):
        return ()
    names = ", ".join(exercise.allowed_imports)
    return (f"While it is graded, `{exercise.name}` may use {names} and Python's own library, nothing else.",)
