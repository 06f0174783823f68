"""`convlab grade`: a whole class, in sandboxes, into a grade book and reports."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from convlab.cli.errors import one_line_errors


@one_line_errors
def grade(
    submissions: Annotated[
        Path, typer.Argument(metavar="SUBMISSIONS", help="A folder for each student, or nbgrader's submitted/ tree.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Grade book and reports; goes on where it stopped.")] = Path(
        "grades"
    ),
    lesson: Annotated[list[str] | None, typer.Option(help="Only this one, such as 03; may be given again.")] = None,
    exercise: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    students: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Names of all students, one a line: who handed in nothing shows."),
    ] = None,
    due: Annotated[
        str | None, typer.Option(metavar="TIME", help='Mark what is later, "2026-11-30 18:00+01:00".')
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draws the same inputs as an earlier run; else fresh.")
    ] = None,
    vary: Annotated[bool, typer.Option("--vary", help="Give every student numbers of their own.")] = False,
    regrade: Annotated[list[str] | None, typer.Option(metavar="EXERCISE", help="Judge this one again.")] = None,
    student: Annotated[list[str] | None, typer.Option(help="With --regrade: for this student only.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Notebooks at a time; 0 for one per core.")] = 0,
    sandbox: Annotated[str, typer.Option(help="bubblewrap, unshare or rlimits; else the strongest there is.")] = "",
    allow_unsafe: Annotated[
        bool, typer.Option("--allow-unsafe", help="Grade without walls: submissions may read and change your files.")
    ] = False,
    dask: Annotated[str, typer.Option(metavar="SCHEDULER", help="Spread the work over a Dask cluster.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, no summary.")] = False,
) -> None:
    """Grade every notebook of every student, several at a time, each in a sandbox.

    Leaves in the folder of --out: grades.csv, results.csv, grades.json, class.html, students/*.html, and journal.jsonl,
    from which a broken run goes on.
    """
    from convlab.grading import book, classroom, report
    from convlab.grading.sandbox import TIERS

    say: Callable[[str], None] = (lambda line: None) if quiet else print
    settings = classroom.Settings(vary=vary, tier=_one_of(sandbox, TIERS), allow_unsafe=allow_unsafe)
    if not dask:
        _tell_sandbox(settings, say)
    with _bar(quiet) as progress:
        result = classroom.grade(
            submissions, out, settings, lessons=tuple(lesson or ()), exercises=tuple(exercise or ()),
            roster=_roster(students), regrade=tuple(regrade or ()), regrade_students=tuple(student or ()),
            due=_time(due), jobs=jobs, dask=dask, progress=progress, seed=seed,
        )  # fmt: skip
    _write(result, out, book, report)
    for line in _summary(result, out):
        say(line)


def _one_of(sandbox: str, tiers: tuple[str, ...]) -> str:
    from convlab.errors import ArgumentError

    if sandbox not in ("", *tiers):
        raise ArgumentError(f"grade: --sandbox must be one of {', '.join(tiers)}, got {sandbox!r}")
    return sandbox


def _tell_sandbox(settings, say) -> None:
    from convlab.grading import classroom, sandbox

    tier = classroom.choose_tier(settings.tier, settings.allow_unsafe)
    if not settings.tier:
        for line in sandbox.probe().lines():
            say(line)
    else:
        say(f"sandbox: {sandbox.WORDS[tier]}")


class _bar:
    """A progress bar on a terminal, nothing elsewhere; told how many exercises are done, of how many."""

    def __init__(self, quiet: bool) -> None:
        from tqdm import tqdm

        hidden = quiet or not sys.stderr.isatty()
        self._bar = tqdm(desc="grading", unit=" answers", disable=hidden, dynamic_ncols=True)

    def __enter__(self) -> Callable[[int, int], None]:
        return self._move

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def _move(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.n = done
        self._bar.refresh()


def _roster(path: Path | None) -> tuple[str, ...]:
    """Names of students: the first column of a text or CSV file."""
    from convlab.errors import DataError

    if path is None:
        return ()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"grade: the list of students {path} cannot be read ({error})") from None
    names = [line.split(",")[0].strip().strip('"') for line in lines]
    return tuple(name for name in names if name and name.lower() not in ("student", "students", "id", "name"))


def _time(text: str | None):
    from convlab.errors import ArgumentError
    from convlab.grading.submission import parse_time

    if text is None:
        return None
    time = parse_time(text)
    if time is None:
        raise ArgumentError(
            f'grade: --due must be a time like "2026-11-30 18:00+01:00" (UTC without a zone), got {text!r}'
        )
    return time


def _write(result, out: Path, book, report) -> None:
    """Grade book and pages. What cannot be written is told; the journal has it all."""
    from convlab.errors import StateError

    try:
        book.write(result, out)
    except OSError as error:
        raise StateError(
            f"grade: the grade book cannot be written to {out} ({error.strerror}); the journal is safe: mend it, run again"
        ) from None
    for student, trouble in report.write(result, out).items():
        print(f"convlab: report of {student or 'the class'}: {trouble}", file=sys.stderr)


def _summary(result, out: Path):
    from convlab.grading.verdict import Outcome

    students = result.submissions.students
    entries = [result.entry(student, exercise) for student in students for exercise in result.exercises]
    right = sum(entry.outcome is Outcome.RIGHT for entry in entries)
    yield f"{len(students)} students, {len(entries)} answers, {right} right; {result.judged} judged in {result.seconds:.1f} s"
    for (student, _), problem in sorted(result.problems.items()):
        yield f"{student}: {problem}"
    if errors := sum(entry.outcome is Outcome.GRADER_ERROR for entry in entries):
        yield f"{errors} could not be judged (grader error): run again, or see {out / 'class.html'}"
    for name in result.submissions.strays:
        yield f"not of this course, not graded: {name}"
    yield f"seed {result.settings.seed}, {result.processor_seconds / 3600:.4f} core-hours; reports in {out / 'class.html'}"
