"""Exercises from solutions: nbgrader's preprocessors as a library, and a proof that nothing of the solution is left.

`solutions/NN_*.ipynb` carry nbgrader's cell metadata (schema 3) and `### BEGIN SOLUTION` / `### END SOLUTION` regions,
so a school that runs nbgrader can use the same files. The result depends on the solution alone: no times, no versions
of this machine, stable cell ids, sorted keys. So it is the same, byte for byte, on every run.
"""

import hashlib
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from convlab.errors import BackendError, ConvlabError
from convlab.grading.files import write_atomic

NOTEBOOKS = "[0-9][0-9]_*.ipynb"
KEPT_METADATA = ("deletable", "editable", "jupyter", "name", "nbgrader", "slideshow", "tags")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
REGION = re.compile(r"BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME).*?\n(.*?)\n[^\n]*END \1", re.DOTALL)
MARKER = re.compile(r"\b(BEGIN|END)\s+(SOLUTION|HIDDEN\s+TEST|MARK\s+SCHEME)", re.IGNORECASE)
TELLING = 20  # a line of the solution at least this long may stand nowhere else; shorter ones give nothing away


class ReleaseError(ConvlabError, ValueError):
    """A solution notebook from which no exercise can be built. Names the notebook and the cell."""


def build(source: Path, target: Path) -> list[Path]:
    """Build the exercises of a folder of solutions, all or none; the paths of those that were new or had changed.

    Parameters
    ----------
    source : folder with NN_*.ipynb
    target : folder for the exercises; nothing in it is removed
    """
    built = _build_all(source)
    changed = _changed(built, target)
    for path in changed:
        write_atomic(path, built[path.name])
    return changed


def stale(source: Path, target: Path) -> list[Path]:
    """The exercises that differ from what `build` would write, are missing, or have no solution. Writes nothing."""
    built = _build_all(source)
    strays = [path for path in sorted(target.glob(NOTEBOOKS)) if path.name not in built]
    return _changed(built, target) + strays


def _build_all(source: Path) -> dict[str, bytes]:
    paths = sorted(source.glob(NOTEBOOKS))
    if not paths:
        raise ReleaseError(f"build-exercises: no notebooks {NOTEBOOKS} in the folder {source}; name the right folder")
    return {path.name: exercise_from(path.read_bytes(), path.name) for path in paths}


def _changed(built: dict[str, bytes], target: Path) -> list[Path]:
    paths = [target / name for name in built]
    return [path for path in paths if not path.exists() or path.read_bytes() != built[path.name]]


def exercise_from(solution: bytes, name: str) -> bytes:
    """The exercise notebook made from a solution notebook, both as the bytes of a file.

    Raises ReleaseError if the notebook is broken, or if anything of the solution would be left in the exercise.
    """
    import nbformat

    notebook = _read(solution, name)
    _check_markers(notebook, name)
    secrets = set(_secrets(notebook))
    notebook = _tidy(_preprocess(notebook, name))
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise ReleaseError(f"build-exercises: {name} is not a valid notebook: {error.message[:200]}") from None
    _prove_clean(notebook, secrets, name)
    return (nbformat.writes(notebook) + "\n").encode("utf-8")


def _read(content: bytes, name: str) -> Any:
    """The notebook, with an id for every cell that depends on nothing but the notebook."""
    import nbformat

    try:
        notebook = nbformat.from_dict(json.loads(content))
        cells = notebook.cells
        sound = notebook.nbformat == 4 and all({"cell_type", "source", "metadata"} <= set(cell) for cell in cells)
    except (ValueError, AttributeError, TypeError) as error:
        raise ReleaseError(f"build-exercises: {name} is not a notebook ({type(error).__name__})") from None
    if not sound:
        raise ReleaseError(f"build-exercises: {name} is not a notebook of format 4; save it again in JupyterLab")
    notebook.nbformat_minor = 5
    used: set[str] = set()
    for place, cell in enumerate(cells):
        if isinstance(cell.source, list):
            cell.source = "".join(cell.source)
        if cell.get("id") in used or "id" not in cell:
            cell.id = hashlib.sha256(f"{name} {place}".encode()).hexdigest()[:8]
        used.add(cell.id)
    return notebook


def _check_markers(notebook: Any, name: str) -> None:
    """Raise if a marker is spelt so that nbgrader would not see it."""
    for place, cell in enumerate(notebook.cells):
        for match in MARKER.finditer(cell.source):
            if match.group(0) != _squeezed(match.group(0)).upper():
                said = f"the marker {match.group(0)!r} must be in capitals, with single spaces"
                raise ReleaseError(f"build-exercises: {name}, cell {place}: {said}")


def _secrets(notebook: Any) -> Iterator[str]:
    """Lines that must not be in the exercise: those between the markers, and whole solution cells without markers."""
    for cell in notebook.cells:
        texts = [match.group(2) for match in REGION.finditer(cell.source)]
        if not texts and cell.metadata.get("nbgrader", {}).get("solution"):
            texts = [cell.source]
        for line in "\n".join(texts).splitlines():
            if len(_squeezed(line)) >= TELLING:
                yield _squeezed(line)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _preprocess(notebook: Any, name: str) -> Any:
    """nbgrader's own steps, in its own order, without its database."""
    for step in _nbgrader_steps():
        try:
            notebook, _ = step.preprocess(notebook, {})
        except Exception as error:
            message = _squeezed(str(error).splitlines()[0] if str(error) else type(error).__name__)
            raise ReleaseError(f"build-exercises: {name}: {type(step).__name__}: {message[:200]}") from None
    return notebook


def _nbgrader_steps() -> list[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbgrader's dependencies deprecate one another while they load
            from nbgrader import preprocessors as nbgrader
    except ImportError as error:
        raise BackendError(
            f"build-exercises: nbgrader is needed and cannot be imported ({error}); install it with "
            'pip install "nbgrader>=0.9.5"'
        ) from None
    kinds = (
        nbgrader.LockCells,
        nbgrader.ClearSolutions,
        nbgrader.ClearOutput,
        nbgrader.CheckCellMetadata,
        nbgrader.ClearHiddenTests,
        nbgrader.ClearMarkScheme,
        nbgrader.ComputeChecksums,
        nbgrader.CheckCellMetadata,
    )
    return [kind() for kind in kinds]


def _tidy(notebook: Any) -> Any:
    """Only the metadata that an exercise needs: nothing of the machine, the editor or the run."""
    import nbformat

    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata})
    return notebook


def _prove_clean(notebook: Any, secrets: set[str], name: str) -> None:
    """Raise if a marker, an output, or a line of a solution is left anywhere."""
    for place, cell in enumerate(notebook.cells):
        where = f"build-exercises: {name}, cell {place}"
        if cell.get("outputs") or cell.get("execution_count") is not None:
            raise ReleaseError(f"{where}: an output is left")
        if match := MARKER.search(json.dumps(cell, ensure_ascii=False)):
            raise ReleaseError(f"{where}: the marker {match.group(0)!r} is left")
        text = _squeezed(cell.source)
        if leak := next((line for line in sorted(secrets) if line in text), None):
            raise ReleaseError(f"{where}: a line of a solution stands outside of its region: {leak!r}")
