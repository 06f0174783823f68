"""The grade book as files: `grades.csv` for a spreadsheet, `results.csv` one line an exercise, `grades.json` all of it.

The same submissions and the same seed give the same bytes, whether the run was broken or not: no times of day, no
speeds.
"""

import csv
import io
import json
from pathlib import Path
from typing import Any

from convlab._version import __version__
from convlab.grading.classroom import Result
from convlab.grading.files import write_atomic
from convlab.grading.verdict import Outcome

# of the parts of a bar: what was tried first
ORDER = (
    Outcome.RIGHT,
    Outcome.WRONG,
    Outcome.CRASHED,
    Outcome.OUT_OF_BOUNDS,
    Outcome.NOT_ATTEMPTED,
    Outcome.GRADER_ERROR,
)

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins with one of them


def write(result: Result, out: Path) -> list[Path]:
    """Write the three files; their paths. Raises OSError if the disk refuses."""
    files = {
        "grades.csv": _table(_grades(result)),
        "results.csv": _table(_results(result)),
        "grades.json": json.dumps(as_json(result), indent=1).encode() + b"\n",
    }
    for name, content in files.items():
        write_atomic(out / name, content)
    return [out / name for name in files]


def points(result: Result, student: str) -> tuple[int, int, bool]:
    """A student's points, those there are, and whether every exercise could be judged."""
    entries = [result.entry(student, exercise) for exercise in result.exercises]
    known = [entry.points for entry in entries if entry.points is not None]
    return sum(known), sum(entry.max_points for entry in entries), len(known) == len(entries)


def remarks(result: Result, student: str) -> list[str]:
    """What an instructor should know about a student's work besides the points."""
    found = []
    for lesson in dict.fromkeys(exercise.lesson for exercise in result.exercises):
        work = result.submissions.of(student, lesson)
        if work.path is None:
            found.append(f"lesson {lesson}: nothing handed in")
            continue
        if problem := result.problems.get((student, lesson)):
            found.append(f"lesson {lesson}: {problem}")
        if late := work.late_by(result.due):
            found.append(f"lesson {lesson}: late by {duration(late)}")
        if work.others:
            found.append(f"lesson {lesson}: graded {work.path.name}, not {', '.join(work.others)}")
    return found


def duration(late: Any) -> str:
    """A time span in words.

    >>> import datetime
    >>> duration(datetime.timedelta(days=1, hours=2)), duration(datetime.timedelta(seconds=90))
    ('1 d 2 h', '1 min')
    """
    minutes = max(1, int(late.total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d" * (days > 0), f"{hours} h" * (hours > 0), f"{minutes} min" * (minutes > 0 and days == 0)]
    return " ".join(filter(None, parts))


def _grades(result: Result) -> list[list[Any]]:
    rows: list[list[Any]] = [["student", "points", "max_points", *(e.name for e in result.exercises), "remarks"]]
    for student in result.submissions.students:
        got, most, whole = points(result, student)
        each = [result.entry(student, exercise).points for exercise in result.exercises]
        more = remarks(result, student) + ["not all could be judged: grader error"] * (not whole)
        rows.append([student, got if whole else "", most, *("" if p is None else p for p in each), "; ".join(more)])
    return rows


def _results(result: Result) -> list[list[Any]]:
    rows: list[list[Any]] = [
        ["student", "lesson", "exercise", "outcome", "points", "max_points", "mistake", "diagnosis", "seed"]
    ]
    for student in result.submissions.students:
        for exercise in result.exercises:
            e = result.entry(student, exercise)
            got = "" if e.points is None else e.points
            rows.append([student, e.lesson, e.exercise, e.outcome, got, e.max_points, e.mistake, e.sentence, e.seed])
    return rows


def _table(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[_plain(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8", "backslashreplace")


def _plain(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_json(result: Result) -> dict[str, Any]:
    """The whole grade book as JSON."""
    return {
        "convlab": __version__,
        "seed": result.settings.seed,
        "numbers_vary_by_student": result.settings.vary,
        "due": result.due.isoformat() if result.due else None,
        "exercises": [{"name": e.name, "lesson": e.lesson, "points": e.points} for e in result.exercises],
        "students": [_student(result, student) for student in result.submissions.students],
        "not_of_the_course": list(result.submissions.strays),
    }


def _student(result: Result, student: str) -> dict[str, Any]:
    got, most, whole = points(result, student)
    lessons = dict.fromkeys(exercise.lesson for exercise in result.exercises)
    works = [result.submissions.of(student, lesson) for lesson in lessons]
    return {
        "student": student,
        "points": got if whole else None,
        "max_points": most,
        "remarks": remarks(result, student),
        "work": [
            {
                "lesson": work.lesson,
                "notebook": work.path.name if work.path else None,
                "submitted": work.submitted.isoformat() if work.submitted else None,
                "late_seconds": int(late.total_seconds()) if (late := work.late_by(result.due)) else 0,
            }
            for work in works
        ],
        "results": [result.entry(student, exercise).to_json() for exercise in result.exercises],
    }


def outcomes(result: Result, exercise: Any) -> dict[Outcome, int]:
    """How many students there are for each outcome of an exercise."""
    counts = dict.fromkeys(ORDER, 0)
    for student in result.submissions.students:
        counts[result.entry(student, exercise).outcome] += 1
    return counts
