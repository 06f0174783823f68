"""Dated records of runs and measurements: what was run, when, on what machine, with which versions, and what came out.

A number in a text cites one: `[99.2 %](benchmarks/results/DATE-NAME.json "key")`; a test compares the two.
"""

import datetime
import json
import os
import platform
import re
import shlex
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from convlab import checkpoint
from convlab._version import __version__
from convlab.errors import CheckpointError

RESULTS = Path("benchmarks") / "results"


def machine() -> dict[str, Any]:
    """The machine in words and numbers; nothing that tells whose it is."""
    import llvmlite.binding

    return {
        "processor": _processor_name(),
        "llvm_name": llvmlite.binding.get_host_cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _processor_name() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or "unknown"


def versions() -> dict[str, str]:
    """Versions of Python, convlab and what it computes with."""
    return {"python": platform.python_version(), "convlab": __version__} | {
        name: metadata.version(name) for name in ("numba", "numpy", "llvmlite")
    }


def write(
    name: str, content: dict[str, Any], folder: str | Path = RESULTS, pictures: dict[str, str | Path] | None = None
) -> Path:
    """Write a record `DATE-name.json`, atomically; a second one of a day gets a number. Returns its path.

    Parameters
    ----------
    name : str
    content : dict
        What JSON can hold.
    folder : path
    pictures : dict of str to path, optional
        Copied beside the record as `DATE-name-KEY.png`, and named in it.

    Raises
    ------
    CheckpointError
        If the folder is not there or cannot be written to.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CheckpointError(f"record: there is no folder {folder} here; run the command in a clone of the project")
    now = datetime.datetime.now(datetime.UTC)
    stem = f"{now:%Y-%m-%d}-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}"
    path, number = folder / f"{stem}.json", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.json", number + 1
    words = (Path(word).name if Path(word).is_absolute() else word for word in sys.argv)  # no folders of this machine
    command = shlex.join(words)
    record = {"date": f"{now:%Y-%m-%d}", "command": command, "machine": machine(), "versions": versions(), **content}
    copies = {
        path.with_name(f"{path.stem}-{key}{Path(source).suffix}"): source for key, source in (pictures or {}).items()
    }
    if copies:
        record["pictures"] = [copy.name for copy in copies]
    for copy, source in copies.items():
        with checkpoint.replacing(copy) as temporary:
            shutil.copyfile(source, temporary)
    with checkpoint.replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n")
    return path


def newest(name: str, folder: str | Path | None = None) -> dict[str, Any] | None:
    """The latest record whose file name holds `-name`, after its date; None if there is none.

    Parameters
    ----------
    name : str
        Such as "train-lenet5-mnist"; of several that fit, the one of the latest date, then of the highest number.
    folder : path, optional
        By default `benchmarks/results` here or above, else where the installed course is, or the clone.

    >>> newest("no-such-run") is None
    True
    """
    if folder is None:
        package = Path(__file__).parent
        roots = (Path.cwd(), *Path.cwd().parents, package / "course_files", package.parent)
        folder = next((root / RESULTS for root in roots if (root / RESULTS).is_dir()), RESULTS)
    wanted = re.compile(rf"(\d{{4}}-\d\d-\d\d)-{re.escape(name)}(?:-(\d+))?\.json")
    found = [(match[1], int(match[2] or 1), path) for path in Path(folder).glob("*.json")
             if (match := wanted.fullmatch(path.name))]  # fmt: skip
    return json.loads(max(found)[2].read_text(encoding="utf-8")) if found else None
