"""Exercises from solutions: the same bytes every time, and nothing of the solution in them."""

import builtins
import json
import os
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from convlab.cli.build import app
from convlab.errors import BackendError
from convlab.grading import release

pytest.importorskip("nbgrader", reason="nbgrader builds the exercises")

SOLUTION = '''def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    result_of_the_sum = x + x
    return result_of_the_sum
    ### END SOLUTION'''
HIDDEN = """assert double(1) == 2
### BEGIN HIDDEN TESTS
assert double("secret") == "secretsecret"
### END HIDDEN TESTS"""


def grading(kind, grade_id, points=None):
    meta = {"schema_version": 3, "grade_id": grade_id, "solution": kind != "tests", "grade": kind != "code"}
    return {"nbgrader": {**meta, "locked": kind == "tests", "task": False, **({"points": points} if points else {})}}


def solution_notebook():
    """A small solution as JupyterLab would save it after a run."""
    code = {"cell_type": "code", "execution_count": 3}
    printed = {"output_type": "stream", "name": "stdout", "text": ["the output of a run\n"]}
    cells = [
        {"cell_type": "markdown", "id": "intro", "metadata": {}, "source": ["# Doubling\n", "Write `double`. Größe!"]},
        {**code, "id": "answer", "metadata": grading("code", "double"), "source": SOLUTION, "outputs": [printed]},
        {**code, "id": "try-it", "metadata": {"tags": ["keep"], "vscode": {"languageId": "python"}, "scrolled": True,
         "execution": {"iopub.execute_input": "2024-01-01"}}, "source": "double(4)", "outputs": [printed]},
        {**code, "id": "tests", "metadata": grading("tests", "test-double", 2), "source": HIDDEN, "outputs": []},
        {"cell_type": "markdown", "id": "why", "metadata": grading("text", "why", 1),
         "source": "Because twice a number is the number added to itself."},
    ]  # fmt: skip
    info = {"name": "python", "version": "3.11.7", "codemirror_mode": {"name": "ipython", "version": 3}}
    kernel = {"name": "my-env", "display_name": "My env (3.11)", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": info, "widgets": {"state": {"x": "the output of a run"}}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def folders(tmp_path):
    source, target = tmp_path / "solutions", tmp_path / "exercises"
    source.mkdir()
    write(source, solution_notebook())
    return source, target


def write(source, notebook, name="03_doubling.ipynb"):
    (source / name).write_text(json.dumps(notebook), encoding="utf-8")


def built(folders):
    release.build(*folders)
    return folders[1] / "03_doubling.ipynb"


def test_the_exercise_has_stubs_and_nothing_of_the_solution(folders):
    path = built(folders)
    text = path.read_text(encoding="utf-8")
    for secret in ("result_of_the_sum", "secretsecret", "added to itself", "the output of a run", "BEGIN", "END"):
        assert secret not in text
    cells = nbformat.read(path, as_version=4).cells
    assert (
        cells[1].source == 'def double(x):\n    """Twice x."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'
    )
    assert cells[3].source == "assert double(1) == 2"
    assert cells[4].source == "YOUR ANSWER HERE"
    assert all(cell.get("outputs", []) == [] and cell.get("execution_count") is None for cell in cells)


def test_the_exercise_carries_what_nbgrader_needs_and_nothing_of_the_machine(folders):
    notebook = json.loads(built(folders).read_text(encoding="utf-8"))
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert [cell["id"] for cell in notebook["cells"]] == ["intro", "answer", "try-it", "tests", "why"]
    assert notebook["cells"][2]["metadata"] == {"tags": ["keep"]}
    tests = notebook["cells"][3]["metadata"]
    assert (tests["deletable"], tests["editable"]) == (False, False)
    assert (tests["nbgrader"]["points"], tests["nbgrader"]["schema_version"]) == (2, 3)
    assert len(tests["nbgrader"]["checksum"]) == 32


def test_the_stub_raises_and_the_solution_does_not(folders):
    cells = nbformat.read(built(folders), as_version=4).cells
    namespace = {}
    exec(cells[1].source, namespace)
    with pytest.raises(NotImplementedError):
        namespace["double"](1)
    exec(SOLUTION, namespace)
    assert namespace["double"](2) == 4


def test_the_same_bytes_every_time(folders, tmp_path):
    first = built(folders).read_bytes()
    assert release.build(*folders) == []
    again = tmp_path / "again"
    assert release.build(folders[0], again) == [again / "03_doubling.ipynb"]
    assert (again / "03_doubling.ipynb").read_bytes() == first
    assert first.endswith(b"}\n") and not first.endswith(b"\n\n")
    assert "Größe".encode() in first


def test_running_the_solution_again_does_not_change_the_exercise(folders):
    first = built(folders).read_bytes()
    notebook = solution_notebook()
    for cell in notebook["cells"][1:3]:
        cell["execution_count"] += 10
        cell["outputs"] = []
        cell["metadata"]["execution"] = {"iopub.execute_input": "2031-12-31"}
    notebook["metadata"]["language_info"]["version"] = "3.14.0"
    notebook["metadata"]["kernelspec"]["name"] = "other"
    write(folders[0], notebook)
    assert release.build(*folders) == []
    assert (folders[1] / "03_doubling.ipynb").read_bytes() == first


def test_cells_without_ids_get_stable_ones(folders):
    notebook = solution_notebook()
    for cell in notebook["cells"]:
        del cell["id"]
    notebook["nbformat_minor"] = 4
    write(folders[0], notebook)
    first = built(folders).read_bytes()
    ids = [cell["id"] for cell in json.loads(first)["cells"]]
    assert len(set(ids)) == 5
    (folders[1] / "03_doubling.ipynb").unlink()
    assert built(folders).read_bytes() == first


def test_two_cells_with_one_id_get_two(folders):
    notebook = solution_notebook()
    notebook["cells"][2]["id"] = "intro"
    write(folders[0], notebook)
    ids = [cell["id"] for cell in json.loads(built(folders).read_text(encoding="utf-8"))["cells"]]
    assert len(set(ids)) == 5
    assert ids[0] == "intro"


def test_other_files_are_left_alone(folders):
    source, target = folders
    write(source, solution_notebook(), "notes.ipynb")
    target.mkdir()
    (target / "99_mine.ipynb").write_text("mine")
    assert release.build(source, target) == [target / "03_doubling.ipynb"]
    assert sorted(p.name for p in target.iterdir()) == ["03_doubling.ipynb", "99_mine.ipynb"]
    assert release.stale(source, target) == [target / "99_mine.ipynb"]


def broken(change):
    notebook = solution_notebook()
    change(notebook["cells"])
    return notebook


def set_source(place, source):
    return lambda cells: cells[place].update(source=source)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_source(1, SOLUTION.replace("    ### END SOLUTION", "")), "no end solution statement found"),
        (
            set_source(1, SOLUTION.replace("BEGIN SOLUTION", "begin solution")),
            "cell 1: the marker 'begin solution' must be in capitals",
        ),
        (
            lambda cells: cells[2]["metadata"].update(tags=["BEGIN SOLUTION"]),
            "cell 2: the marker 'BEGIN SOLUTION' is left",
        ),
        (set_source(2, SOLUTION), "Solution region detected in a non-solution cell"),
        (set_source(2, "result_of_the_sum  =  x + x"), "cell 2: a line of a solution stands outside of its region"),
        (set_source(0, "Remember: `return result_of_the_sum`"), "cell 0: a line of a solution stands outside"),
        (set_source(2, '"secret"\nassert double("secret") == "secretsecret"'), "cell 2: a line of a solution"),
        (set_source(3, "### BEGIN HIDDEN TESTS\nassert True"), "No end hidden tests statement found"),
        (lambda cells: cells[1]["metadata"]["nbgrader"].pop("grade_id"), "Notebook failed to validate"),
        (lambda cells: cells[4]["metadata"]["nbgrader"].update(grade_id="double"), "Notebook failed to validate"),
        (lambda cells: cells[3]["metadata"]["nbgrader"].update(schema_version=2), "Outdated schema version"),
        (lambda cells: cells[2].update(cell_type="poem"), "is not a valid notebook"),
    ],
)
def test_what_would_leak_or_is_broken_is_refused_and_nothing_is_written(folders, change, message):
    write(folders[0], broken(change), "04_other.ipynb")
    with pytest.raises(release.ReleaseError, match=message) as caught:
        release.build(*folders)
    assert "04_other.ipynb" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not folders[1].exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"cells": [], "nbformat": 3}', '{"cells": [{}], "nbformat": 4}']
)
def test_what_is_no_notebook_is_named(folders, content):
    (folders[0] / "03_doubling.ipynb").write_text(content)
    with pytest.raises(release.ReleaseError, match=r"build-exercises: 03_doubling.ipynb is not a notebook"):
        release.build(*folders)


def test_without_nbgrader_one_line_says_what_to_do(folders, monkeypatch):
    def refuse(name, *args, **kwargs):
        if name.startswith("nbgrader"):
            raise ImportError("No module named 'nbgrader'")
        return real_import(name, *args, **kwargs)

    real_import = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(BackendError, match=r'pip install "nbgrader>=0.9.5"'):
        release.build(*folders)


def test_the_command(folders):
    source, target = map(str, folders)
    runner = CliRunner()
    result = runner.invoke(app, [source, "--out", target, "--check"])
    assert result.exit_code == 1
    assert "stale: " in result.output
    assert not folders[1].exists()
    result = runner.invoke(app, [source, "--out", target])
    assert (result.exit_code, result.output) == (0, f"written: {folders[1] / '03_doubling.ipynb'}\n")
    assert runner.invoke(app, [source, "--out", target]).output == "The exercises were up to date.\n"
    result = runner.invoke(app, [source, "--out", target, "--check"])
    assert (result.exit_code, result.output) == (0, "The exercises are up to date.\n")
    result = runner.invoke(app, [target + "-nowhere"])
    assert result.exit_code == 2
    assert "convlab: build-exercises: no notebooks" in result.output


def test_nbgrader_accepts_the_solution_as_it_is(folders, tmp_path, monkeypatch):
    """The course layout of nbgrader, its own generate_assignment, and the same stubs and checksums as ours."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    # nbgrader starts alembic by its bare name
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    (tmp_path / "exchange").mkdir()
    (tmp_path / "course" / "source" / "ps1").mkdir(parents=True)
    (folders[0] / "03_doubling.ipynb").rename(tmp_path / "course" / "source" / "ps1" / "03_doubling.ipynb")
    config = Config()
    config.CourseDirectory.root = str(tmp_path / "course")
    config.Exchange.root = str(tmp_path / "exchange")
    result = NbGraderAPI(config=config).generate_assignment("ps1")
    assert result["success"], result["log"]
    theirs = nbformat.read(tmp_path / "course" / "release" / "ps1" / "03_doubling.ipynb", as_version=4)
    release.build(tmp_path / "course" / "source" / "ps1", folders[1])
    ours = nbformat.read(folders[1] / "03_doubling.ipynb", as_version=4)
    assert [cell.source for cell in theirs.cells] == [cell.source for cell in ours.cells]
    assert [cell.metadata.get("nbgrader") for cell in theirs.cells] == [c.metadata.get("nbgrader") for c in ours.cells]
