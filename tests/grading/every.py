"""What the tests of every exercise share: right answers in other styles, the notebooks' functions."""

import ast
import functools
import importlib
import linecache
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numba
import numpy as np
import pytest

from convlab.grading.definition import Exercise
from convlab.grading.exercises import EXERCISES, QUESTIONS
from convlab.grading.kills import Kills, kills_of

ROOT = Path(__file__).parents[2]
SEEDS = (0, 1, 2)  # those of docs/kill_table.md
LESSONS = sorted({exercise.lesson for exercise in EXERCISES.values()})


@functools.cache
def kills(name: str) -> Kills:
    """What the checks make of the mistakes of an exercise; worked out once for all tests that ask."""
    return kills_of(EXERCISES[name], SEEDS)


@functools.cache
def answers_of(lesson: str) -> Any:
    """The module answers_NN.py of a lesson; None if it has none."""
    path = Path(__file__).with_name(f"answers_{lesson}.py")
    if not path.exists():
        return None
    return importlib.import_module(path.stem)


def answers(exercise: Exercise) -> dict[str, Callable[..., Any]]:
    """Right answers to an exercise in other styles, by the name of the style."""
    return getattr(answers_of(exercise.lesson), "ANSWERS", {}).get(exercise.name, {})


def exempt(exercise: Exercise, style: str) -> bool:
    """True if the lesson's answers say, with a reason, that this style cannot be right here."""
    return style in getattr(answers_of(exercise.lesson), "EXEMPT", {}).get(exercise.name, {})


def answer(question_id: str) -> Any:
    """The answer to a question."""
    return QUESTIONS[question_id].answer


def replies(question_id: str) -> list[Any]:
    """The wrong answers that a question replies to, in order."""
    return [reply.answer for reply in QUESTIONS[question_id].replies]


def need_compiler(exercise: Exercise) -> None:
    """Skip, and say why, where functions that must be compiled cannot be."""
    if exercise.compiled and numba.config.DISABLE_JIT:
        pytest.skip(f"{exercise.name} is about compiling, which NUMBA_DISABLE_JIT=1 turns off")


def as_list(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same answers as a list (a number stays a number)."""
    return lambda *args, **kwargs: np.asarray(function(*args, **kwargs)).tolist()


def as_float32(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same answers in single precision."""
    return lambda *args, **kwargs: np.asarray(function(*args, **kwargs), dtype=np.float32)


def notebook(folder: str, lesson: str) -> Any:
    """The notebook of a lesson in `solutions` or `exercises`."""
    (path,) = (ROOT / folder).glob(f"{lesson}_*.ipynb")
    return nbformat.read(path, as_version=4)


@functools.cache
def functions(folder: str, lesson: str) -> dict[str, Any]:
    """What a notebook defines, without running it: its imports, functions, classes and plain constants."""
    namespace: dict[str, Any] = {}
    for cell in notebook(folder, lesson).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        tree.body = [node for node in tree.body if _defines(node)]
        file = f"<{folder}/{lesson}, cell {cell.id}>"
        linecache.cache[file] = (len(cell.source), None, cell.source.splitlines(keepends=True), file)
        exec(compile(tree, file, "exec"), namespace)
    return namespace


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        if not all(isinstance(target, ast.Name) for target in node.targets):
            return False
        try:
            ast.literal_eval(node.value)
        except ValueError:
            return False
        return True
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))
