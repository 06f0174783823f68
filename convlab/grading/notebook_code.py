"""From the cells of a notebook to one function: which definition counts, and which statements it needs.

This runs in the worker, because a learner's source may be made to break whoever parses it. Only what the function needs
is run: the statements that give a value to a name it uses, and so on. So a slow demonstration, a cell that fails or a
picture in between costs nothing.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CELL_MAGIC = re.compile(r"\s*%%(\w*)")
LINE_MAGIC = re.compile(r"^(\s*)(%|!|\?|.*\?\s*$)")
ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=\s*)[%!].*$")
PYTHON_MAGICS = {"time", "timeit", "capture", "prun", ""}


@dataclass
class Cell:
    """One cell: its text as Python, its statements if it can be parsed, else the error."""

    number: int
    graded_as: str
    text: str
    is_code: bool = True
    statements: list[ast.stmt] = field(default_factory=list)
    error: SyntaxError | None = None


def read_cells(cells: Sequence[dict[str, Any]]) -> list[Cell]:
    """Parse cells given as {"source", "graded_as", "number", "is_code"}."""
    read = []
    for cell in cells:
        text = plain_python(cell["source"])
        entry = Cell(cell["number"], cell["graded_as"], text, cell.get("is_code", True))
        try:
            entry.statements = ast.parse(text).body
        except SyntaxError as error:
            entry.error = error
        except (ValueError, RecursionError, MemoryError) as error:
            entry.error = SyntaxError(str(error) or "this cannot be read")
        read.append(entry)
    return read


def plain_python(source: str) -> str:
    """The text without IPython's own commands; as many lines as before.

    >>> plain_python("%matplotlib inline\\nx = !ls\\ny = 2")
    'pass\\nx = None\\ny = 2'
    """
    if match := CELL_MAGIC.match(source):
        _, _, rest = source.lstrip().partition("\n")
        return "pass\n" + plain_python(rest) if match[1] in PYTHON_MAGICS else ""
    lines = []
    for line in source.split("\n"):
        if LINE_MAGIC.match(line) and not line.lstrip().startswith("#"):
            line = re.match(r"\s*", line)[0] + "pass"
        lines.append(ASSIGNED_MAGIC.sub(r"\1None", line))
    text = "\n".join(lines)
    if text != source and _parses(source):  # a % or ? that was Python after all, in a longer string say
        return source
    return text


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


# Which definition -----------------------------------------------------------------------------------------------------


def candidates(cells: Sequence[Cell], name: str) -> list[tuple[int, str]]:
    """Definitions to try, best first: (place of the cell, name there).

    The last one that is more than a stub, then the one in the cell that the exercise gave for it; a stub only if there is
    nothing else. Where the name is nowhere, the last function of the exercise's own cell stands for it.
    """
    places = [place for place, cell in enumerate(cells) if name in _bound_in(cell)]
    real = [place for place in places if not _is_stub(cells[place], name)]
    own = [place for place in real if cells[place].graded_as == name]
    found = list(dict.fromkeys([*real[-1:], *own[-1:]])) or places[-1:]
    if found:
        return [(place, name) for place in found]
    for place, cell in enumerate(cells):
        if cell.graded_as == name:
            functions = [s.name for s in cell.statements if isinstance(s, ast.FunctionDef)]
            return [(place, functions[-1])] if functions else []
    return []


def broken_definition(cells: Sequence[Cell], name: str) -> Cell | None:
    """The cell that would define the name if Python could read it."""
    pattern = re.compile(rf"^\s*def\s+{re.escape(name)}\b", re.MULTILINE)
    broken = (cell for cell in reversed(cells) if cell.is_code and cell.error)
    return next((cell for cell in broken if pattern.search(cell.text)), None)


def _bound_in(cell: Cell) -> set[str]:
    return set().union(*map(bound, cell.statements)) if cell.statements else set()


def _is_stub(cell: Cell, name: str) -> bool:
    """True if the cell's last definition of the name does nothing but raise NotImplementedError, or nothing at all."""
    functions = [s for s in cell.statements if isinstance(s, ast.FunctionDef) and s.name == name]
    return bool(functions) and all(map(_is_idle, functions[-1].body))


def _is_idle(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise):
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass)


# Which statements -----------------------------------------------------------------------------------------------------


def needed(cells: Sequence[Cell], place: int, name: str) -> list[tuple[Cell, list[ast.stmt]]]:
    """The statements, cell by cell, that the definition of `name` in cell `place` needs; itself included.

    Other definitions of the name are left out.
    """
    flat = [(p, s) for p, cell in enumerate(cells) for s in cell.statements]
    flat = [(p, s) for p, s in flat if p == place or name not in bound(s)]
    uses = [(bound(statement), loaded(statement)) for _, statement in flat]
    wanted, taken = {name}, set()
    while True:
        more = [k for k, (gives, _) in enumerate(uses) if k not in taken and (gives & wanted or "*" in gives)]
        more = [k for k in more if not _only_calls(flat[k][1])]
        if not more:
            break
        taken.update(more)
        wanted.update(*(uses[k][1] for k in more))
    return _by_cell(cells, [flat[k] for k in sorted(taken)])


def everything(cells: Sequence[Cell], place: int, name: str) -> list[tuple[Cell, list[ast.stmt]]]:
    """All statements, but no other definition of the name."""
    flat = [(p, s) for p, cell in enumerate(cells) for s in cell.statements]
    return _by_cell(cells, [(p, s) for p, s in flat if p == place or name not in bound(s)])


def _by_cell(cells: Sequence[Cell], flat: Sequence[tuple[int, ast.stmt]]) -> list[tuple[Cell, list[ast.stmt]]]:
    places = sorted({place for place, _ in flat})
    return [(cells[place], [s for p, s in flat if p == place]) for place in places]


def bound(statement: ast.stmt) -> set[str]:
    """Names a top-level statement gives a value to, or changes; "*" for `from x import *`."""
    return set(_bound(statement))


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        return  # what happens inside it happens later
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node.id
    elif isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
        yield from _root(node)
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield from _root(node.value.func)  # `kernels.append(k)` changes kernels
    if not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, (ast.Subscript, ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def _only_calls(statement: ast.stmt) -> bool:
    """True for `conv2d(...)` and `check("conv2d", conv2d)`: a call whose result is dropped and that changes no value."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
    )


def loaded(statement: ast.stmt) -> set[str]:
    """Names a statement uses, inside its functions too."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


# Running them ---------------------------------------------------------------------------------------------------------


def run(parts: Sequence[tuple[Cell, list[ast.stmt]]], folder: Path, names: dict[str, Any]) -> list[BaseException]:
    """Run statements one by one; what fails is gathered and does not stop the next.

    Each cell lies in a file of its own, so that error messages show its lines and Numba can cache what it compiles.
    """
    errors = []
    for cell, statements in parts:
        path = folder / f"cell_{cell.number}.py"
        path.write_text(cell.text, encoding="utf-8")
        for statement in statements:
            try:
                exec(compile(ast.Module([statement], []), str(path), "exec"), names)
            except BaseException as error:  # SystemExit too: a notebook goes on after it
                errors.append(error)
    return errors
