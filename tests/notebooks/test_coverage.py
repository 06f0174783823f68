"""docs/coverage.md keeps its word: each item of the course is in its lesson, and each number of the slides is computed.

The form is described at the top of docs/coverage.md. A number counts as computed if it stands in what a cell gave: in its
printed text, its result, or the description that a figure makes of itself. What a cell's own source says does not count,
nor does an alt text written by hand.
"""

import functools
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest

from convlab import history

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coverage.md"
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
# a minus sign belongs to a number unless something stands before it, as in 7-3; thousands are grouped by commas
NUMBER = re.compile(r"(?<![\w.)\]])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[-+]?\d+)?|\d+(?:\.\d+)?")
CITATION = re.compile(r'\[([^\]]+)\]\(#Sources\s+"([^"]+)"\)')


@dataclass(frozen=True)
class Row:
    """One line of a table: what the course asks for, the cells where it is, and the numbers that come out there."""

    lesson: str
    item: str
    cells: tuple[str, ...]
    numbers: tuple[str, ...]
    keys: tuple[str, ...]  # of convlab.history


def rows_of(text):
    """The rows of a coverage page. A section's heading begins with the number of its lesson."""
    lesson = None
    for line in text.splitlines():
        if heading := re.match(r"## (\d\d) ", line):
            lesson = heading[1]
        elif line.startswith("#"):
            lesson = None
        elif lesson and line.startswith("|") and not re.match(r"\| *(item|:?---)", line):
            columns = [column.strip() for column in line.strip().strip("|").split("|")]
            assert len(columns) == 3, f"a row has three columns, here {len(columns)}: {line}"
            item, cells, shown = columns
            entries = [entry.strip() for entry in shown.split(";") if entry.strip()]
            keys = tuple(entry.strip("`") for entry in entries if entry.startswith("`"))
            numbers = tuple(entry for entry in entries if not entry.startswith("`"))
            yield Row(lesson, item, tuple(re.findall(r"`([^`]+)`", cells)), numbers, keys)


def numbers_in(text):
    """Every number of a text, in order, as Decimals.

    >>> numbers_in("(7 - 3)/3 + 1 = 2.33, [1 -1], 105,705,600")
    [Decimal('7'), Decimal('3'), Decimal('3'), Decimal('1'), Decimal('2.33'), Decimal('1'), Decimal('-1'), Decimal('105705600')]
    """
    return [Decimal(found.replace(",", "").replace("−", "-")) for found in NUMBER.findall(text)]


def stands_in(part, whole):
    """Whether the numbers of `part` follow each other somewhere in `whole`."""
    return bool(part) and any(whole[k : k + len(part)] == part for k in range(len(whole) - len(part) + 1))


def given(cell):
    """The texts that a code cell gave; descriptions of pictures unless they are written out in its source."""
    written = re.sub(r'"\s*"', "", cell.source)
    for output in cell.get("outputs", ()):
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        if "image/png" not in output.get("data", {}) or text[:40] not in written:
            yield text


@functools.cache
def cells_of(lesson):
    path = next((path for path in LESSONS if path.name.startswith(lesson)), None)
    assert path, f"docs/coverage.md has a section for lesson {lesson}, which is not there"
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


def faults(row, cells):
    """What is wrong with a row, given the cells of its lesson."""
    if not row.cells:
        yield f"{row.item}: names no cell"
    if missing := [name for name in row.cells if name not in cells]:
        yield f"{row.item}: there is no cell {', '.join(missing)} in lesson {row.lesson}"
        return
    named = [cells[name] for name in row.cells]
    ran = [cell for cell in named if cell.cell_type == "code" and cell.get("outputs")]
    if not ran:
        yield f"{row.item}: none of its cells computes or draws anything"
    out = [numbers_in(text) for cell in ran for text in given(cell)]
    for entry in row.numbers:
        wanted = numbers_in(entry)
        if not any(stands_in(wanted, numbers) for numbers in out):
            yield f"{row.item}: {entry} does not come out of {', '.join(row.cells)}"
    for key in row.keys:
        if key not in history.FACTS:
            yield f"{row.item}: convlab.history has no {key}"
        elif not any(f'"{key}"' in cell.source for cell in named):
            yield f'{row.item}: no cell cites "{key}"'
    known = {abs(n) for numbers in out for n in numbers}
    known |= {abs(n) for text in (*(cell.source for cell in named), *row.numbers) for n in numbers_in(text)}
    known |= {abs(Decimal(str(history.FACTS[key].value))) for key in row.keys if key in history.FACTS}
    if lost := [str(n) for n in numbers_in(row.item) if abs(n) not in known]:
        yield f"{row.item}: {', '.join(lost)} is in none of its cells"


ROWS = list(rows_of(PAGE.read_text(encoding="utf-8")))


def test_every_lesson_has_its_section():
    assert {row.lesson for row in ROWS} == {path.name[:2] for path in LESSONS}
    headings = re.findall(r"^## (\d\d) ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == sorted(set(headings)), "sections stand in the order of the lessons, each once"


@pytest.mark.parametrize("lesson", [path.name[:2] for path in LESSONS])
def test_each_item_is_in_its_lesson(lesson):
    found = [fault for row in ROWS if row.lesson == lesson for fault in faults(row, cells_of(lesson))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_numbers_of_the_past_are_those_of_the_table(path):
    cells = nbformat.read(path, as_version=4).cells
    sources = next(cell.source for cell in cells if cell.id == "sources")
    for cell in cells:
        for shown, key in CITATION.findall(cell.source) if cell.cell_type == "markdown" else ():
            assert key in history.FACTS, f"{cell.id}: convlab.history has no {key}"
            fact = history.FACTS[key]
            assert numbers_in(shown)[:1] == [Decimal(str(fact.value))], f"{cell.id}: {shown}, in the table {fact}"
            author, year = fact.author, fact.year
            assert author in sources and str(year) in sources, f"{cell.id}: Sources do not name {fact.paper}"


# ----------------------------------------------------------------------------------------------- the test, tested
def made_cells():
    code = nbformat.v4.new_code_cell("print(2 + 3)", id="sum")
    code.outputs = [nbformat.v4.new_output("stream", text="5, (16, 5, 5), 105,705,600 and -81\n")]
    alt = "A row of 99 cells, written by hand into the source."
    drawn = nbformat.v4.new_code_cell(f'plots.show(figure, alt="{alt}")', id="drawn")
    drawn.outputs = [nbformat.v4.new_output("display_data", data={"image/png": "", "text/plain": alt})]
    return {"sum": code, "drawn": drawn, "text": nbformat.v4.new_markdown_cell("It is 7.", id="text")}


@pytest.mark.parametrize(
    "line",
    [
        "| two and three | `sum` | 5; 16 × 5 × 5; 105,705,600; −81 |",
        "| 2 and 3 | `sum` `text` | 5 |",
        "| a picture | `drawn` | |",
    ],
)
def test_a_right_row_passes(line):
    (row,) = rows_of(f"## 03 Convolution\n{line}")
    assert list(faults(row, made_cells())) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("| a sum | `summ` | 5 |", "no cell summ"),
        ("| a sum | | 5 |", "names no cell"),
        ("| a sum | `sum` | 6 |", "6 does not come out"),
        ("| a sum | `sum` | 5 × 5 × 16 |", "does not come out"),
        ("| a sum | `sum` | 81 |", "81 does not come out"),
        ("| a text | `text` | |", "computes or draws"),
        ("| a picture | `drawn` | 99 |", "99 does not come out"),
        ("| 12 inputs | `sum` | 5 |", "12 is in none"),
        ("| an error | `sum` | `no-such-key` |", "history has no no-such-key"),
    ],
)
def test_a_wrong_row_is_found(line, fault):
    (row,) = rows_of(f"## 03 Convolution\n{line}")
    assert any(fault in found for found in faults(row, made_cells()))
