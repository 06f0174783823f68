"""What a class has handed in: folders per student, or nbgrader's `submitted/` tree, read with suspicion.

Only regular files are opened, links are not followed, and a notebook that cannot be read is a fact about one student.
"""

import datetime
import hashlib
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convlab.errors import DataError
from convlab.grading.definition import Exercise

MOST_BYTES = 100_000_000  # of a notebook, pictures and all
MOST_SOURCE = 1_000_000  # characters of code; the longest honest notebook has a hundredth of it
DEFINES = re.compile(r"^[ \t]*def[ \t]+(\w+)", re.MULTILINE)
TIMESTAMP = "timestamp.txt"


@dataclass(frozen=True)
class Notebook:
    """The code of a notebook, and a digest of the file; `problem` says why there is no code."""

    cells: tuple[dict[str, Any], ...] = ()
    digest: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Work:
    """What one student handed in for one lesson.

    Parameters
    ----------
    student, lesson : whose, and which
    path : the notebook; None if nothing was handed in
    submitted : when, in UTC; from nbgrader's timestamp.txt, else the file's own time
    others : further notebooks for the same lesson, which are not graded
    """

    student: str
    lesson: str
    path: Path | None = None
    submitted: datetime.datetime | None = None
    others: tuple[str, ...] = ()

    def late_by(self, due: datetime.datetime | None) -> datetime.timedelta | None:
        """How late it is; None if it is not."""
        if due is None or self.submitted is None or self.submitted <= due:
            return None
        return self.submitted - due


@dataclass(frozen=True)
class Submissions:
    """All work of a class, and notebooks that belong to no exercise of the course."""

    students: tuple[str, ...]
    works: tuple[Work, ...]
    strays: tuple[str, ...]

    @property
    def lessons(self) -> tuple[str, ...]:
        """Lessons that somebody handed something in for."""
        return tuple(sorted({work.lesson for work in self.works}))

    def of(self, student: str, lesson: str) -> Work:
        """A student's work for a lesson; one without a path if there is none."""
        own = (work for work in self.works if (work.student, work.lesson) == (student, lesson))
        return next(own, Work(student, lesson))


def find(folder: Path, exercises: Mapping[str, Exercise]) -> Submissions:
    """Look through a folder of submissions. Raises DataError if there are none."""
    if not folder.is_dir():
        raise DataError(f"grade: there is no folder {folder}; name the one that holds a folder for each student")
    root = folder / "submitted" if (folder / "submitted").is_dir() else folder
    students = sorted(entry.name for entry in os.scandir(root) if _is_folder(entry))
    works, strays = [], [path.name for path in sorted(root.glob("*.ipynb"))]
    for student in students:
        found: dict[str, list[Path]] = {}
        for path in sorted(_notebooks(root / student)):
            lesson = lesson_of(path, exercises)
            if lesson is None:
                strays.append(path.relative_to(root).as_posix())
            else:
                found.setdefault(lesson, []).append(path)
        works += [_choose(student, lesson, paths, exercises) for lesson, paths in sorted(found.items())]
    if not works:
        raise DataError(
            f"grade: no notebooks with exercises of the course in {folder}; expected STUDENT/03_convolution.ipynb or "
            "submitted/STUDENT/ASSIGNMENT/03_convolution.ipynb"
        )
    return Submissions(tuple(students), tuple(works), tuple(strays))


def _is_folder(entry: os.DirEntry) -> bool:
    return entry.is_dir(follow_symlinks=False) and not entry.name.startswith((".", "__"))


def _notebooks(folder: Path) -> Iterator[Path]:
    """Notebooks in a folder and below it, but for hidden folders (checkpoints) and links."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _notebooks(Path(entry.path))
        elif entry.name.endswith(".ipynb"):
            yield Path(entry.path)


def _choose(student: str, lesson: str, paths: list[Path], exercises: Mapping[str, Exercise]) -> Work:
    """The notebook that counts: an exercise rather than the lesson, and of several the one with the plainest name."""
    graded = paths
    if len(paths) > 1:  # copies of one notebook, or a whole working copy with the lessons
        graded = [path for path in paths if any(cell["graded_as"] in exercises for cell in read(path).cells)] or paths
    path = min(graded, key=lambda p: (len(p.name), -_time(p).timestamp(), str(p)))
    others = tuple(sorted(other.name for other in paths if other != path))
    return Work(student, lesson, path, _submitted(path), others)


def _submitted(path: Path) -> datetime.datetime:
    for folder in (path.parent, path.parent.parent):
        try:
            text = (folder / TIMESTAMP).read_text(encoding="utf-8", errors="replace")[:100].strip()
        except OSError:
            continue
        if (time := parse_time(text)) is not None:
            return time
    return _time(path)


def _time(path: Path) -> datetime.datetime:
    try:
        return datetime.datetime.fromtimestamp(path.lstat().st_mtime, datetime.UTC)
    except (OSError, ValueError, OverflowError):
        return datetime.datetime.fromtimestamp(0, datetime.UTC)


def parse_time(text: str) -> datetime.datetime | None:
    """A time as nbgrader and ISO 8601 write it; without a zone it is UTC. None if it is no time.

    >>> parse_time("2026-11-20 09:30:00.120000 UTC").isoformat()
    '2026-11-20T09:30:00.120000+00:00'
    >>> parse_time("soon") is None
    True
    """
    text = re.sub(r"\s*(UTC|GMT|Z)$", "+00:00", text.strip())
    try:
        time = datetime.datetime.fromisoformat(re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", text))
    except ValueError:
        return None
    return time.replace(tzinfo=datetime.UTC) if time.tzinfo is None else time.astimezone(datetime.UTC)


def lesson_of(path: Path, exercises: Mapping[str, Exercise]) -> str | None:
    """The lesson a notebook belongs to: by its name, else by the cells and functions in it; None if by nothing."""
    lessons = {exercise.lesson for exercise in exercises.values()}
    for number in re.findall(r"(?<!\d)(\d\d)_", path.name):
        if number in lessons:
            return number
    votes: Counter[str] = Counter()
    for cell in read(path).cells:
        names = {cell["graded_as"], *DEFINES.findall(cell["source"])}
        votes.update(exercises[name].lesson for name in names if name in exercises)
    return votes.most_common(1)[0][0] if votes else None


# Reading one ----------------------------------------------------------------------------------------------------------


def read(path: Path) -> Notebook:
    """The code of a notebook. It raises nothing: what is wrong with the file stands in `problem`."""
    try:
        content = _bytes(path)
    except OSError as error:
        return Notebook(problem=f"The notebook {path.name} cannot be read ({error.strerror or error}).")
    digest = hashlib.sha256(content).hexdigest()
    try:
        cells = tuple(_cells(json.loads(content.decode("utf-8-sig"))))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "not a notebook"
        problem = f"The notebook {path.name} is broken ({reason}). Open it in JupyterLab, save it and hand it in again."
        return Notebook(digest=digest, problem=problem)
    if sum(len(cell["source"]) for cell in cells) > MOST_SOURCE:
        return Notebook(digest=digest, problem=f"The notebook {path.name} holds more than {MOST_SOURCE:,} characters.")
    return Notebook(cells, digest)


def _bytes(path: Path) -> bytes:
    """Content of a regular file; OSError for a link, a pipe, a folder, or too large a file."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is not a regular file")
        if status.st_size > MOST_BYTES:
            raise OSError(f"it is larger than {MOST_BYTES // 1_000_000} MB")
        return file.read(MOST_BYTES)


def _cells(notebook: Any) -> Iterator[dict[str, Any]]:
    """Code cells, and cells of another type that define a function: a learner may have changed the type."""
    cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
    for number, cell in enumerate(cells):
        source = cell.get("source", cell.get("input", ""))
        source = source if isinstance(source, str) else "".join(source)
        is_code = cell.get("cell_type") == "code"
        if is_code or DEFINES.search(source):
            yield {"source": source, "graded_as": _graded_as(cell), "number": number, "is_code": is_code}


def _graded_as(cell: dict[str, Any]) -> str:
    """The id that the exercise gave the cell, from nbgrader's metadata or else the cell's own."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    own = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else cell.get("id")
    return own if isinstance(own, str) else ""
