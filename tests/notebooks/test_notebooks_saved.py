"""The lessons as they are saved: run, complete, without traces of a machine, and built as a lesson is.

nbval compares what it finds, so a notebook without outputs would pass with nothing compared; these tests close the gap.
After a change, `python tests/notebooks/refresh.py` runs the notebooks and keeps their outputs.
"""

import ast
import configparser
import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.ipynb"))
MEND = "run python tests/notebooks/refresh.py"

# Cells whose output nbval does not compare. Each says why in its metadata: {"convlab": {"reason": "..."}}
IGNORED = {
    "00_start_here": ["play-explorer", "progress-page"],
    "01_cats_brain": ["play-explorer"],
    "02_why_not_fully_connected": ["count-explorer", "move-explorer"],
    "03_convolution": ["play-explorer"],
    "05_channels": ["play-explorer"],
    "06_pooling": ["play-explorer"],
    "07_activations": ["chain-explorer"],
    "11_lenet5": ["xray-explorer"],
    "08_backward": ["play-explorer"],
    "13_gpu": ["limits-explorer"],
    "10_training": ["play-explorer"],
    "09_fast": [
        "tile-explorer",
        "library-source-tables",
        "library-source-visit",
        "library-source-outer",
        "library-source-conv",
    ],
}
NOT_COMPARED = {"nbval-ignore-output", "nbval-skip", "nbval-raises-exception"}


def notebooks(paths):
    return [
        pytest.param(nbformat.read(path, as_version=4), path, id=f"{path.parent.name}/{path.stem}") for path in paths
    ]


every = pytest.mark.parametrize(("notebook", "path"), notebooks(LESSONS + SOLUTIONS))
lessons = pytest.mark.parametrize(("notebook", "path"), notebooks(LESSONS))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [(cell, output) for cell in code_cells(notebook) for output in cell.outputs]


def text_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_there_are_lessons_to_look_at():
    assert LESSONS and SOLUTIONS


@every
def test_every_cell_was_run_once_in_order(notebook, path):
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), MEND


@every
def test_no_cell_failed_or_complained(notebook, path):
    complaints = [
        (c.id, o.get("ename", "stderr"))
        for c, o in outputs(notebook)
        if o.get("name") == "stderr" or o.output_type == "error"
    ]
    assert complaints == []


@every
def test_nothing_of_the_machine_is_saved(notebook, path):
    raw = path.read_text(encoding="utf-8")
    assert (
        set(notebook.metadata) == {"kernelspec", "language_info"} and "version" not in notebook.metadata.language_info
    )
    assert re.findall(r"(?<![\w.:/])/(?:home|root|tmp|Users|opt|usr|mnt|work)/[\w./-]*", raw) == []
    assert re.findall(r"[A-Z]:\\\\+Users", raw) == []
    assert [c.id for c in notebook.cells if set(c.metadata) - {"tags", "nbgrader", "convlab"}] == [], MEND


@every
def test_live_widgets_are_left_out_and_their_picture_is_there(notebook, path):
    live = [cell.id for cell, output in outputs(notebook) if any("widget" in mime for mime in output.get("data", {}))]
    assert live == [], MEND
    explorers = [cell for cell in code_cells(notebook) if re.search(r"widgets\.\w*Explorer\(", cell.source)]
    assert [c.id for c in explorers if not any("image/png" in o.get("data", {}) for o in c.outputs)] == []


@every
def test_every_picture_has_a_text(notebook, path):
    pictures = [(cell.id, output) for cell, output in outputs(notebook) if "image/png" in output.get("data", {})]
    assert len(pictures) >= (3 if path in LESSONS else 1)
    for cell, output in pictures:
        alt = output.metadata.get("image/png", {}).get("alt", "")
        assert len(alt) > 20 and alt == output.data["text/plain"], cell
        assert not re.match(r"<Figure|a figure without", alt), cell


@every
def test_cells_have_names(notebook, path):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert [
        name
        for name in ids
        if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name) or re.fullmatch("[0-9a-f]{8}", name)
    ] == []


@every
def test_what_nbval_does_not_compare_is_counted_and_justified(notebook, path):
    ignored = [cell for cell in code_cells(notebook) if NOT_COMPARED & set(cell.metadata.get("tags", ()))]
    assert [cell.id for cell in ignored] == (IGNORED.get(path.stem, []) if path in LESSONS else [])
    assert [cell.id for cell in ignored if len(cell.metadata.get("convlab", {}).get("reason", "")) < 30] == []


def predictions(notebook):
    """(question, answer) of every check.predict in a notebook; the answer as it is written."""
    calls = [
        node for cell in code_cells(notebook) for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)
    ]
    calls = [call for call in calls if ast.unparse(call.func) == "check.predict"]
    return [(call.args[0].value, ast.unparse(call.args[1])) for call in calls]


@every
def test_predictions_are_shipped_unanswered(notebook, path):
    assert {answer for _, answer in predictions(notebook)} <= {"..."}
    asked = [question for question, _ in predictions(notebook)]
    assert len(set(asked)) == len(asked)
    said = [output.data["text/plain"] for cell, output in outputs(notebook) if "check.predict(" in cell.source]
    assert all("Your guess first" in text for text in said) and len(said) == len(asked)


@lessons
def test_a_lesson_has_its_parts(notebook, path):
    assert len(predictions(notebook)) >= 4
    assert any(re.search(r"widgets\.\w*Explorer\(", cell.source) for cell in code_cells(notebook))
    first, text = notebook.cells[0].source, text_of(notebook)
    assert re.match(r"# \S", first) and "?" in first
    assert re.search(r"\*\*Time\*\* \| about \d+ minutes", first)
    assert "**Afterwards you can**" in first and "**You need**" in first
    parts = [part for part in ("## In five lines", "## Three questions", "## Sources", "## Now you") if part in text]
    assert parts == ["## In five lines", "## Three questions", "## Sources", "## Now you"]
    assert text.index(parts[0]) < text.index(parts[1]) < text.index(parts[2]) < text.index(parts[3])
    summary = section(text, "## In five lines")
    assert len(re.findall(r"^\d\. ", summary, re.MULTILINE)) == 5
    questions = section(text, "## Three questions")
    assert len(re.findall(r"^\d\. ", questions, re.MULTILINE)) == 3
    assert questions.count("<details>") == questions.count("</details>") == 3


def section(text, heading):
    return re.split(r"^## ", text.split(heading, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


@every
def test_there_are_no_walls_of_text(notebook, path):
    long = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.id != "sources":
            paragraphs = re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", cell.source)
            long += [(cell.id, len(p.split())) for p in paragraphs if len(p.split()) > 90 and not p.startswith("|")]
    assert long == []


@every
def test_links_lead_somewhere(notebook, path):
    prose = re.sub(r"`[^`\n]*`", "", text_of(notebook))
    links = re.findall(r"\]\(((?!https?:|#)[^)\s]+)", prose)
    built = {f"../exercises/{solution.name}" for solution in SOLUTIONS}
    assert [link for link in links if link not in built and not (path.parent / link).exists()] == []


def test_solution_cells_are_nbgraders():
    for path in SOLUTIONS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        graded = [cell["metadata"]["nbgrader"] for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]
        answers = [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("solution")]
        assert graded and all(
            entry["schema_version"] == 3 and entry["points"] > 0 and entry["locked"] for entry in graded
        )
        assert len(answers) == len(graded)
        assert all("### BEGIN SOLUTION" in "".join(cell["source"]) for cell in answers)


def sanitized(text):
    rules = configparser.RawConfigParser()
    rules.read(Path(__file__).with_name("sanitize.cfg"), encoding="utf-8")
    for name in rules.sections():
        text = re.sub(rules.get(name, "regex"), rules.get(name, "replace"), text)
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<Thing at 0x7f8338ebe500>", "<Thing at ADDRESS>"),
        ("100%|###| 4/4 [00:01<00:03, 12.50it/s]", "100%|###| 4/4 [TIMES]"),
        ("mask = 0x7f8338ebe500", None),
        ("offset at 0x10>", None),
        ("[ 4. 11.  6.] swapped: [ 6. 11.  4.]", None),
        ("accuracy >= 0.98: True", None),
    ],
)
def test_the_sanitize_rules_are_narrow(text, expected):
    assert sanitized(text) == (expected or text)
