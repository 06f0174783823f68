"""The journal of a grading: one line for each finished exercise of a student, on the disk before the next begins.

A grader that is killed goes on where it stopped. Lines are only ever added: a regrade is a line that takes earlier ones
back. Several processes write, one line at a time under a lock; a line that was cut short by a kill is passed over.
"""

import contextlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convlab.errors import StateError
from convlab.grading.entry import Entry

VERSION = 1
NAME = "journal.jsonl"


@dataclass(frozen=True)
class Record:
    """A finished exercise: whose, from which file, what came of it, and the processor seconds it took."""

    student: str
    digest: str
    entry: Entry
    seconds: float


@dataclass
class Journal:
    """What a journal holds: the settings of the class, and the last record of each (student, exercise)."""

    settings: dict[str, Any] | None = None
    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    seconds: float = 0.0  # of all records, those taken back too

    def finished(self, student: str, exercise: str, digest: str) -> bool:
        """True if the exercise has been judged, from this very file."""
        record = self.records.get((student, exercise))
        return record is not None and record.digest == digest


def read(path: Path) -> Journal:
    """A journal; an empty one if there is no file. Raises StateError for one of a later convlab."""
    journal = Journal()
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return journal
    except OSError as error:
        raise StateError(f"grade: the journal {path} cannot be read ({error.strerror})") from None
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            _enter(journal, json.loads(line))
    return journal


def _enter(journal: Journal, line: dict[str, Any]) -> None:
    if line["kind"] == "class":
        if line["version"] > VERSION:
            raise StateError("grade: this grade book was begun by a later convlab; update this one to go on with it")
        journal.settings = line["settings"]
    elif line["kind"] == "again":
        for student, exercise in list(journal.records):
            if exercise in line["exercises"] and student in (line["students"] or [student]):
                del journal.records[student, exercise]
    elif line["kind"] == "entry":
        record = Record(line["student"], line["digest"], Entry.from_json(line["entry"]), float(line["seconds"]))
        journal.records[record.student, record.entry.exercise] = record
        journal.seconds += record.seconds


def begin(path: Path, settings: dict[str, Any]) -> None:
    """The first line of a new journal."""
    _append(path, {"kind": "class", "version": VERSION, "settings": settings})


def add(path: Path, record: Record) -> None:
    """One finished exercise."""
    _append(
        path,
        {
            "kind": "entry",
            "student": record.student,
            "digest": record.digest,
            "seconds": round(record.seconds, 4),
            "entry": record.entry.to_json(),
        },
    )


def take_back(path: Path, exercises: list[str], students: list[str] | None) -> None:
    """Let these exercises be judged again, for these students or for all."""
    _append(path, {"kind": "again", "exercises": exercises, "students": students})


def _append(path: Path, line: dict[str, Any]) -> None:
    """Add a line and see it on the disk. Raises StateError if the disk refuses; what was there stays."""
    data = json.dumps(line, allow_nan=False).encode("ascii") + b"\n"
    try:
        with open(path, "ab", buffering=0) as file, _locked(file.fileno()):
            end = file.seek(0, os.SEEK_END)
            if end and _last_byte(path) != b"\n":
                data = b"\n" + data  # the line before was cut short
            try:
                _write_whole(file, data)
            except OSError:
                file.truncate(end)
                raise
    except OSError as error:
        raise StateError(f"grade: the journal {path} cannot be written ({error.strerror})") from None


def _write_whole(file: io.FileIO, data: bytes) -> None:
    while data:  # a disk that is nearly full takes a part of it, and refuses the next
        data = data[file.write(data) :]
    os.fsync(file.fileno())


def _last_byte(path: Path) -> bytes:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


@contextlib.contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    if os.name != "posix":
        yield
        return
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextlib.contextmanager
def sole(folder: Path) -> Iterator[None]:
    """Hold a folder for one grader alone. The system gives it back when the process ends, however it ends."""
    with open(folder / ".lock", "a+b") as file:
        if os.name == "posix":
            import fcntl

            try:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StateError(
                    f"grade: another grader is at work on {folder}; wait for it, or use another --out"
                ) from None
        yield
