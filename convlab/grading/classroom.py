"""Grading a class: every exercise of every student, several students at a time, on this machine or on a Dask cluster.

The unit of work is one notebook. A process takes one, asks the judge exercise by exercise and enters each result in the
journal before it begins the next; a cluster sends the results back, and they are entered here. Nothing that becomes of
one notebook ends another: a process that dies is replaced, and what it was at is tried once more.
"""

import contextlib
import ctypes
import datetime
import functools
import importlib
import multiprocessing
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from convlab.errors import ArgumentError, BackendError, StateError
from convlab.grading import entry, journal, sandbox, submission
from convlab.grading.definition import Exercise
from convlab.grading.entry import Entry
from convlab.grading.journal import Record
from convlab.grading.judging import Judge, seed_for
from convlab.grading.submission import Submissions
from convlab.grading.verdict import Outcome

CATALOGUE = "convlab.grading.exercises:EXERCISES"
TRIES = 2  # of a notebook whose grading process itself dies


@dataclass(frozen=True)
class Settings:
    """What is decided once for a class.

    Parameters
    ----------
    seed : draws the inputs; the same seed gives the same inputs again, for an appeal
    vary : each student gets numbers of their own
    tier : kind of box; "" for the strongest of the machine that does the work
    allow_unsafe : also go without walls
    catalogue : where the exercises are, "module:name"
    """

    seed: int = 0
    vary: bool = False
    tier: str = ""
    allow_unsafe: bool = False
    catalogue: str = CATALOGUE

    def seed_of(self, student: str, exercise: str) -> int:
        """The seed of one student's inputs to one exercise."""
        return seed_for(self.seed, student if self.vary else "", exercise)


@dataclass(frozen=True)
class Job:
    """One notebook and the exercises to be judged in it."""

    student: str
    lesson: str
    path: str
    exercises: tuple[str, ...]


@dataclass
class Result:
    """What a grading leaves: entries by (student, exercise), and about the run itself.

    Parameters
    ----------
    submissions : what was found
    exercises : those graded, in the order of the course
    entries : one for each student and exercise
    settings : seed and the like
    tier : kind of box that was used
    processor_seconds : of all workers since the class was begun
    seconds, judged : of this run: time on the clock, exercises judged
    due : when the work was due
    """

    submissions: Submissions
    exercises: tuple[Exercise, ...]
    entries: dict[tuple[str, str], Entry]
    settings: Settings
    tier: str
    processor_seconds: float = 0.0
    seconds: float = 0.0
    judged: int = 0
    due: datetime.datetime | None = None
    problems: dict[tuple[str, str], str] = field(default_factory=dict)

    def entry(self, student: str, exercise: Exercise) -> Entry:
        """A student's result; "not attempted" where nothing was handed in."""
        found = self.entries.get((student, exercise.name))
        if found is not None:
            return found
        sentence = f"Nothing was handed in for lesson {exercise.lesson}."
        return entry.without_verdict(exercise, Outcome.NOT_ATTEMPTED, sentence, 0)


def catalogue(name: str) -> Mapping[str, Exercise]:
    """The exercises that "module:name" stands for."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def choose_tier(wanted: str, allow_unsafe: bool) -> str:
    """The kind of box to use. Raises BackendError if it does not work here, or is none and that was not allowed."""
    offer = sandbox.probe()
    tier = wanted or offer.strongest
    if tier in offer.reasons:
        raise BackendError(f"grade: the sandbox {tier} does not work here ({offer.reasons[tier]})")
    if tier == "rlimits" and not allow_unsafe:
        reasons = "; ".join(f"{name}: {why}" for name, why in offer.reasons.items()) or "it was asked for"
        raise BackendError(
            f"grade: this machine offers no walls around the submissions, only limits ({reasons}). They could read and "
            "change your files. Install bubblewrap, or say --allow-unsafe if you trust everybody in the class"
        )
    return tier


def grade(
    folder: Path,
    out: Path,
    settings: Settings | None = None,
    *,
    lessons: Sequence[str] = (),
    exercises: Sequence[str] = (),
    roster: Sequence[str] = (),
    regrade: Sequence[str] = (),
    regrade_students: Sequence[str] = (),
    due: datetime.datetime | None = None,
    jobs: int = 0,
    dask: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
    seed: int | None = None,
) -> Result:
    """Grade what a class has handed in; go on where an earlier run stopped. Writes the journal, no reports.

    Parameters
    ----------
    folder : submissions, see `convlab.grading.submission.find`
    out : folder of the grade book
    settings : of a new grade book; an old one keeps its seed
    lessons, exercises : only these; else the lessons somebody handed something in for
    roster : names of all students, so that those who handed in nothing are in the book
    regrade, regrade_students : judge these exercises again, for all students or for some
    due : work later than this is marked
    jobs : notebooks at a time; 0 for one per core
    dask : address of a Dask scheduler to use in place of this machine's own processes
    progress : told how many exercises are done, of how many
    seed : the seed to use; raises if the grade book was begun with another
    """
    settings = settings or Settings()
    known = catalogue(settings.catalogue)
    _check_names(known, lessons, (*exercises, *regrade))
    found = submission.find(folder, known)
    found = Submissions(tuple(sorted({*found.students, *roster})), found.works, found.strays)
    chosen = _chosen(known, lessons or found.lessons, exercises)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"grade: the folder {out} cannot be made ({error.strerror})") from None
    with journal.sole(out):
        path = out / journal.NAME
        settings = _settled(path, settings, seed)
        if not dask:
            settings = replace(settings, tier=choose_tier(settings.tier, settings.allow_unsafe))
        if regrade:
            journal.take_back(path, list(regrade), list(regrade_students) or None)
        start = time.perf_counter()
        before = journal.read(path)
        work, problems = _open_jobs(found, chosen, before, path, settings)
        total = sum(len(job.exercises) for job in work)
        run = functools.partial(_on_dask, dask) if dask else functools.partial(_here, jobs)
        done = 0
        progress(0, total)
        for count in run(work, settings, path):
            done += count
            progress(done, total)
        after = journal.read(path)
    entries = {key: record.entry for key, record in after.records.items()}
    return Result(
        found, chosen, entries, settings, settings.tier or "that of each machine of the cluster", after.seconds,
        time.perf_counter() - start, done, due, problems,
    )  # fmt: skip


def _check_names(known: Mapping[str, Exercise], lessons: Iterable[str], exercises: Iterable[str]) -> None:
    there = {exercise.lesson for exercise in known.values()}
    for lesson in lessons:
        if lesson not in there:
            raise ArgumentError(
                f"grade: there is no lesson {lesson!r} with exercises (lessons: {', '.join(sorted(there))})"
            )
    for name in exercises:
        if name not in known:
            raise ArgumentError(f"grade: there is no exercise {name!r} (exercises: {', '.join(known)})")


def _chosen(known: Mapping[str, Exercise], lessons: Sequence[str], names: Sequence[str]) -> tuple[Exercise, ...]:
    if names:
        return tuple(exercise for exercise in known.values() if exercise.name in names)
    return tuple(exercise for exercise in known.values() if exercise.lesson in lessons)


def _settled(path: Path, settings: Settings, seed: int | None) -> Settings:
    """The settings of a grade book: those it was begun with, or new ones with a fresh seed, which are noted."""
    noted = journal.read(path).settings
    if noted is None:
        seed = secrets.randbelow(1 << 32) if seed is None else seed
        journal.begin(path, {"seed": seed, "vary": settings.vary})
        return replace(settings, seed=seed)
    if seed is not None and seed != noted["seed"]:
        raise ArgumentError(
            f"grade: this grade book was begun with --seed {noted['seed']}, not {seed}; leave it out, or use another --out"
        )
    if settings.vary and not noted["vary"]:
        raise ArgumentError("grade: this grade book was begun without --vary; leave it out, or use another --out")
    return replace(settings, seed=noted["seed"], vary=noted["vary"])


def _open_jobs(
    found: Submissions, chosen: Sequence[Exercise], before: journal.Journal, path: Path, settings: Settings
) -> tuple[list[Job], dict[tuple[str, str], str]]:
    """What is still to be done, and what is wrong with notebooks; those that cannot be read are entered at once."""
    jobs, problems = [], {}
    for work in found.works:
        own = [exercise for exercise in chosen if exercise.lesson == work.lesson]
        notebook = submission.read(work.path)
        rest = [e for e in own if not before.finished(work.student, e.name, notebook.digest)]
        if notebook.problem:
            problems[work.student, work.lesson] = notebook.problem
            for exercise in rest:
                seed = settings.seed_of(work.student, exercise.name)
                result = entry.without_verdict(exercise, Outcome.NOT_ATTEMPTED, notebook.problem, seed)
                journal.add(path, Record(work.student, notebook.digest, result, 0.0))
        elif rest:
            names = tuple(exercise.name for exercise in rest)
            jobs.append(Job(work.student, work.lesson, str(work.path), names))
    return jobs, problems


# One notebook ---------------------------------------------------------------------------------------------------------


def judge_notebook(job: Job, settings: Settings, content: submission.Notebook | None = None) -> Iterator[Record]:
    """A record for each exercise of a job, one by one."""
    known = catalogue(settings.catalogue)
    exercises = [known[name] for name in job.exercises]
    seeds = [settings.seed_of(job.student, name) for name in job.exercises]
    notebook = content or submission.read(Path(job.path))
    with Judge(settings.tier or choose_tier("", settings.allow_unsafe)) as judge:
        for result, seconds in judge.grade(notebook.cells, exercises, seeds):
            yield Record(job.student, notebook.digest, result, seconds)


def _judge_into(job: Job, settings: Settings, path: Path) -> int:
    count = 0
    for record in judge_notebook(job, settings):
        journal.add(path, record)
        count += 1
    return count


def _judge_all(job: Job, settings: Settings, content: submission.Notebook) -> list[Record]:
    return list(judge_notebook(job, settings, content))


# Many, here -----------------------------------------------------------------------------------------------------------


def _here(count: int, jobs: Sequence[Job], settings: Settings, path: Path) -> Iterator[int]:
    """Judge notebooks in processes of this machine; yields how many exercises each had. A process that dies is replaced."""
    waiting = list(jobs)
    count = count or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    while waiting:
        with _pool(min(count, len(waiting))) as pool:
            futures: dict[Future, Job] = {}
            queue, suspects = list(waiting), []
            try:
                yield from _feed(pool, queue, futures, count, settings, path, waiting)
            except BrokenProcessPool:
                suspects = [job for job in futures.values() if job in waiting]
        for job in suspects:
            yield _judge_alone(job, settings, path, waiting)


def _feed(pool, queue, futures, count, settings, path, waiting) -> Iterator[int]:
    """Keep so many notebooks in work, no more: so it is known which were when a process died."""
    for job in queue:
        futures[pool.submit(_judge_into, job, settings, path)] = job
        if len(futures) >= count:
            yield _take(futures, waiting)
    while futures:
        yield _take(futures, waiting)


def _judge_alone(job: Job, settings: Settings, path: Path, waiting: list[Job]) -> int:
    """A notebook that was in work when a process died, in a process of its own: with that one all others of its pool were
    ended, and only one notebook is to blame."""
    for _ in range(TRIES):
        with _pool(1) as pool, contextlib.suppress(BrokenProcessPool):
            number = pool.submit(_judge_into, job, settings, path).result()
            waiting.remove(job)
            return number
    return _give_up(job, settings, path, waiting)


def _take(futures: dict[Future, Job], waiting: list[Job]) -> int:
    """Wait for one notebook. What its process raises on purpose (a full disk) ends the run."""
    done = next(iter(wait(futures, return_when=FIRST_COMPLETED).done))
    number = done.result()
    waiting.remove(futures.pop(done))
    return number


def _give_up(job: Job, settings: Settings, path: Path, waiting: list[Job]) -> int:
    """The grader itself died at this notebook, again and again: that is an outcome, and no zero."""
    known, before = catalogue(settings.catalogue), journal.read(path)
    digest = submission.read(Path(job.path)).digest
    for name in job.exercises:
        record = before.records.get((job.student, name))
        if record is None or record.digest != digest:
            result = entry.without_verdict(
                known[name],
                Outcome.GRADER_ERROR,
                "The grader's own process died, twice.",
                settings.seed_of(job.student, name),
            )
            journal.add(path, Record(job.student, digest, result, 0.0))
    waiting.remove(job)
    return len(job.exercises)


@contextlib.contextmanager
def _pool(count: int) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_follow, initargs=(os.getpid(),))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _follow(parent: int) -> None:
    """End with the grader: a process that outlived it would go on writing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


# Many, on a cluster ---------------------------------------------------------------------------------------------------


def _on_dask(address: str, jobs: Sequence[Job], settings: Settings, path: Path) -> Iterator[int]:
    """Judge notebooks on a Dask cluster; the notebooks' code travels, the folders need not be shared."""
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise BackendError('grade: --dask needs Dask; install it with pip install "dask[distributed]"') from None
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise BackendError(f"grade: no Dask scheduler answers at {address} ({error})") from None
    with client:
        futures = {
            client.submit(_judge_all, job, settings, submission.read(Path(job.path)), pure=False, retries=1): job
            for job in jobs
        }
        for future in as_completed(list(futures)):
            job = futures[future]
            if future.status != "finished":
                yield _give_up_there(job, future.exception(), settings, path)
                continue
            for record in future.result():
                journal.add(path, record)
            yield len(job.exercises)
            future.release()


def _give_up_there(job: Job, error: Any, settings: Settings, path: Path) -> int:
    if isinstance(error, (BackendError, StateError)):
        raise error
    known, digest = catalogue(settings.catalogue), submission.read(Path(job.path)).digest
    for name in job.exercises:
        sentence = f"The cluster did not give a result ({type(error).__name__})."
        result = entry.without_verdict(known[name], Outcome.GRADER_ERROR, sentence, settings.seed_of(job.student, name))
        journal.add(path, Record(job.student, digest, result, 0.0))
    return len(job.exercises)
