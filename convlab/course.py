"""The learner's working copy of lessons and exercises: made once, brought up to date, never written over.

Notebooks are handed out without outputs, and an exercise says so in its name: JupyterLab shows the name alone, so the lesson
`03_convolution.ipynb` and its exercise would have tabs that look the same. A small file in the working copy remembers a
digest of each as it was handed out. So what the learner has changed can be told from what only grew old. The records that
lessons read and cite stand where they stand in the project.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from convlab.checkpoint import replacing
from convlab.errors import DataError
from convlab.records import RESULTS

FOLDERS = ("notebooks", "exercises")
FRONT_PAGE = "notebooks/00_start_here.ipynb"
# `convlab lab` draws the picture beside the notebook; the project and its site have no learner
PROGRESS = {
    "cell_type": "markdown", "id": "your-progress", "metadata": {},
    "source": ["![Your progress, lesson by lesson](progress.svg)"],
}  # fmt: skip
MANIFEST = ".convlab-course.json"
EXERCISE = re.compile(r"exercises/(\d\d)_(?!exercise_)(\w+\.ipynb)")


@dataclass
class Changes:
    """What `prepare` did, as paths within the working copy."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)  # new versions put beside notebooks the learner has changed
    waiting: list[str] = field(default_factory=list)  # newer than the working copy; `update` brings them


def source() -> Path:
    """The folder that holds the course as it is shipped: in an installed package, or the clone.

    Raises
    ------
    DataError
        If there is neither.
    """
    package = Path(__file__).parent
    for folder in (package / "course_files", package.parent):
        if any((folder / "notebooks").glob("*.ipynb")):
            return folder
    raise DataError(
        "course: this installation of convlab holds no notebooks; install convlab again, or work in a clone"
    )


def titles(folder: str | Path) -> dict[str, str]:
    """The title of each lesson in `folder`/notebooks by its number, as {"03": "Convolution"}. Unreadable ones are left out."""
    found = {}
    for path in sorted((Path(folder) / "notebooks").glob("[0-9][0-9]_*.ipynb"), key=lambda path: path.stem):
        if path.name[:2] in found:
            continue  # a newer version beside the learner's
        try:
            first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"]
            found[path.name[:2]] = re.search(r"^# (.+)$", "".join(first), re.MULTILINE)[1].strip()
        except (OSError, ValueError, LookupError, TypeError):
            continue
    return found


def prepare(folder: str | Path, *, update: bool = False, shipped: Path | None = None) -> Changes:
    """Make or complete a working copy.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    update : bool
        Replace notebooks that the learner has not touched by newer ones, and put newer ones beside those touched, as
        `NAME-new.ipynb`.
    shipped : path, optional
        The course; default `source()`.

    Returns
    -------
    Changes

    Raises
    ------
    DataError
        If the folder cannot be made or written to.
    """
    folder, shipped = Path(folder), shipped or source()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"course: cannot make the folder {folder}: {error.strerror}") from None
    handed_out = _read_manifest(folder)
    changes = Changes()
    for path in sorted(p for name in FOLDERS for p in (shipped / name).glob("*.ipynb")):
        plain = path.relative_to(shipped).as_posix()
        name = handed_out_name(plain)
        _rename(folder, plain, name, handed_out)
        _bring(folder, name, _handed_out(plain, path.read_bytes()), handed_out, update, changes)
    _bring_records(folder, shipped)
    with replacing(folder / MANIFEST) as temporary:
        temporary.write_text(json.dumps(handed_out, indent=1) + "\n")
    return changes


def handed_out_name(text: str) -> str:
    """A path of the course, or a text with such paths, with exercises named as the learner's copy names them.

    The number stays in front, so files sort as lessons do; the word comes next, because a tab cuts off the end of a long name.

    >>> handed_out_name("exercises/03_convolution.ipynb")
    'exercises/03_exercise_convolution.ipynb'
    >>> handed_out_name("notebooks/03_convolution.ipynb")
    'notebooks/03_convolution.ipynb'
    """
    return EXERCISE.sub(r"exercises/\1_exercise_\2", text)


def _rename(folder, plain, name, handed_out):
    "a working copy of before exercises had names of their own"
    if name != plain and (folder / plain).exists() and not (folder / name).exists():
        (folder / plain).rename(folder / name)
        if plain in handed_out:
            handed_out[name] = handed_out.pop(plain)


def _bring_records(folder, shipped):
    "they have a date in their names and never change; those of the learner's own measurements stand beside them"
    for path in (shipped / RESULTS).glob("*.json"):
        target = folder / RESULTS / path.name
        if not target.exists():
            _write(target, path.read_bytes())


def _handed_out(name: str, content: bytes) -> bytes:
    """The notebook as nobody has run it yet: a result that can be read beside the question spoils the prediction. The first
    shows how far its reader is."""
    try:
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        if name == FRONT_PAGE:
            notebook["cells"].insert(1, PROGRESS)
    except (ValueError, LookupError, TypeError):
        return content  # no notebook: handed out as it is
    return (handed_out_name(json.dumps(notebook, indent=1, ensure_ascii=False)) + "\n").encode()


def _bring(folder, name, content, handed_out, update, changes):
    "one notebook: new, the same, old, or changed by the learner"
    target, new = folder / name, _digest(content)
    if not target.exists():
        _write(target, content)
        handed_out[name] = new
        changes.added.append(name)
        return
    own = _digest(target.read_bytes())
    if own == new:
        handed_out[name] = new
    elif handed_out.get(name) == new:
        pass  # the learner's work on the newest version
    elif not update:
        changes.waiting.append(name)
    elif own == handed_out.get(name):
        _write(target, content)
        handed_out[name] = new
        changes.updated.append(name)
    else:
        beside = _free_name(target)
        _write(beside, content)
        handed_out[name] = new  # so that it is not put there a second time
        changes.beside.append(beside.relative_to(folder).as_posix())


def _free_name(path: Path) -> Path:
    candidate, number = path.with_stem(f"{path.stem}-new"), 2
    while candidate.exists():
        candidate, number = path.with_stem(f"{path.stem}-new-{number}"), number + 1
    return candidate


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"course: cannot make the folder {path.parent}: {error.strerror}") from None
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_manifest(folder: Path) -> dict[str, str]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}  # a first time, or damaged: then every notebook that differs counts as the learner's work
    return manifest if isinstance(manifest, dict) else {}
