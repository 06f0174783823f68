"""One notebook, by the judge and worker that grade a class: a learner's own report."""

import secrets
from pathlib import Path
from typing import Any

from convlab.errors import ArgumentError, DataError
from convlab.grading import book, classroom, report, sandbox, submission
from convlab.grading.classroom import Job, Result, Settings
from convlab.grading.files import write_atomic
from convlab.grading.submission import Submissions, Work
from convlab.grading.verdict import Outcome


def check(notebook: Path, exercises: tuple[str, ...], seed: int | None, tier: str = "", catalogue: str = "") -> Result:
    """Judge the exercises of a notebook. It is the learner's own machine and code: the weakest box is allowed."""
    settings = Settings(
        seed=secrets.randbelow(1 << 32) if seed is None else seed,
        tier=tier if tier in ("", *sandbox.TIERS) else _refuse(tier),
        allow_unsafe=True,
        catalogue=catalogue or classroom.CATALOGUE,
    )
    known = classroom.catalogue(settings.catalogue)
    for name in exercises:
        if name not in known:
            raise ArgumentError(f"check: there is no exercise {name!r} (exercises: {', '.join(known)})")
    read = submission.read(notebook)
    if read.problem:
        raise DataError(f"check: {read.problem}")
    lesson = submission.lesson_of(notebook, known)
    chosen = tuple(e for e in known.values() if (e.name in exercises if exercises else e.lesson == lesson))
    if not chosen:
        raise DataError(f"check: no exercise of the course is in {notebook}; name one with --exercise")
    own = notebook.stem
    job = Job(own, lesson or "", str(notebook), tuple(exercise.name for exercise in chosen))
    records = list(classroom.judge_notebook(job, settings, read))
    works = tuple(Work(own, lesson, notebook) for lesson in dict.fromkeys(e.lesson for e in chosen))
    return Result(
        Submissions((own,), works, ()),
        chosen,
        {(own, record.entry.exercise): record.entry for record in records},
        settings,
        settings.tier or classroom.choose_tier("", True),
        sum(record.seconds for record in records),
    )


def _refuse(tier: str) -> str:
    raise ArgumentError(f"check: the sandbox must be one of {', '.join(sandbox.TIERS)}, got {tier!r}")


def points(result: Result) -> tuple[int, int]:
    """Points, and those there are."""
    got, most, _ = book.points(result, result.submissions.students[0])
    return got, most


def all_right(result: Result) -> bool:
    """True if every exercise is."""
    return all(entry.outcome is Outcome.RIGHT for entry in result.entries.values())


def as_json(result: Result) -> dict[str, Any]:
    """The report as JSON."""
    got, most = points(result)
    entries = [entry.to_json() for entry in result.entries.values()]
    return {"seed": result.settings.seed, "sandbox": result.tier, "points": got, "max_points": most, "results": entries}


def write_page(result: Result, path: Path) -> None:
    """The report as an HTML page. Raises DataError if it cannot be written."""
    try:
        write_atomic(path, report.student_page(result, result.submissions.students[0]).encode())
    except OSError as error:
        raise DataError(f"check: {path} cannot be written ({error.strerror})") from None
