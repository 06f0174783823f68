"""What a learner has done so far, in one JSON file.

Where. The file lies in the user's data folder, not beside the notebooks: kernels start in the folder of their notebook,
and lessons and exercises are in two; a working copy may be thrown away or made anew without losing what was done; and a
folder that several people share does not mix them up. `CONVLAB_PROGRESS` names another file, as tests and CI do.

How. Each change is made under a lock (two notebooks may be open at once), written beside the file and put in its place
in one step, so a crash leaves the old state or the new. A damaged file is put aside under another name, never
overwritten. A disk that cannot be written to costs the memory, not the check: the caller gets a StateError to mention.
"""

import contextlib
import errno
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from convlab.errors import StateError
from convlab.grading.files import write_atomic

VERSION = 1
FIELDS = {
    "exercises": {"attempts": int, "solved": bool, "outcome": str, "mistake": str},
    "predictions": {"first_right": bool, "right": bool},
    "hints": {"seen": int},
}
PATIENCE = 2.0  # seconds to wait for another notebook that is writing

State = dict[str, Any]


def path() -> Path:
    """The progress file: `CONVLAB_PROGRESS`, or progress.json in the user's data folder."""
    if named := os.environ.get("CONVLAB_PROGRESS"):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("convlab", appauthor=False) / "progress.json"


def empty() -> State:
    """The state of a learner who begins."""
    return {"version": VERSION, **{section: {} for section in FIELDS}}


def read() -> State:
    """The state on disk, or an empty one. A damaged file is put aside. Raises StateError if the disk refuses."""
    try:
        return _parse(path().read_bytes())
    except FileNotFoundError:
        return empty()
    except OSError as error:
        raise StateError(f"progress: the file cannot be read ({error.strerror})") from None
    except ValueError:
        return update(lambda state: None)


def update(change: Callable[[State], None]) -> State:
    """Apply a change to the state and store it. Raises StateError if it cannot be stored."""
    try:
        with _locked():
            try:
                state = _parse(path().read_bytes())
            except FileNotFoundError:
                state = empty()
            except ValueError:
                _put_aside()
                state = empty()
            change(state)
            text = json.dumps(state, indent=1, sort_keys=True, ensure_ascii=False)
            write_atomic(path(), text.encode("utf-8") + b"\n")
    except OSError as error:
        raise StateError(f"progress: the file cannot be written ({error.strerror})") from None
    return state


def _parse(content: bytes) -> State:
    """The state in a file's content; ValueError if it is damaged, StateError if a later convlab wrote it."""
    try:
        state = json.loads(content.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(state, dict) or not isinstance(state.get("version"), int):
        raise ValueError("not a progress file")
    if state["version"] > VERSION:
        raise StateError("progress: the file was written by a later convlab; update this one to go on with it")
    for section, fields in FIELDS.items():
        entries = state.setdefault(section, {})
        if not isinstance(entries, dict) or not all(_holds(entry, fields) for entry in entries.values()):
            raise ValueError(f"{section} is damaged")
    return state


def _holds(entry: Any, fields: dict[str, type]) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in fields.items())


def _put_aside() -> None:
    """Rename the damaged file to the first free of progress.damaged-1.json, -2, ... (Gone already: nothing to do.)"""
    damaged, number = path(), 1
    while (aside := damaged.with_name(f"{damaged.stem}.damaged-{number}{damaged.suffix}")).exists():
        number += 1
    with contextlib.suppress(FileNotFoundError):
        damaged.rename(aside)


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Hold the lock beside the file. The system drops it when the process ends, however it ends."""
    lock = path().with_name(path().name + ".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open(lock, "a+b") as handle:
        deadline = time.monotonic() + PATIENCE
        while not _try_lock(handle.fileno()):
            if time.monotonic() > deadline:
                raise StateError("progress: another notebook holds the file; close it or try again")
            time.sleep(0.02)
        yield


def _try_lock(descriptor: int) -> bool:
    """Take the lock if it is free. Closing the file gives it back."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        # A network disk without locks: two notebooks that write in the same instant may lose one entry, no more.
        return error.errno in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)
    return True
