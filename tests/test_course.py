"""The learner's working copy is completed, brought up to date, and never written over."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlab import course, records
from convlab.cli import lab
from convlab.errors import DataError


@pytest.fixture
def shipped(tmp_path):
    folder = tmp_path / "shipped"
    texts = {"notebooks/00_start": "zero", "notebooks/03_convolution": "three", "exercises/03_convolution": "do"}
    for name, text in texts.items():
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*.ipynb")}


def test_a_first_copy_holds_everything_and_a_second_changes_nothing(tmp_path, shipped):
    mine = tmp_path / "deep" / "mine"
    assert len(course.prepare(mine, shipped=shipped).added) == 3
    assert {course.handed_out_name(name): text for name, text in files(shipped).items()} == files(mine)
    assert course.prepare(mine, shipped=shipped) == course.Changes()
    assert course.prepare(mine, shipped=shipped, update=True) == course.Changes()


def test_work_is_never_overwritten_and_newer_versions_go_beside_it(tmp_path, shipped):
    mine = tmp_path / "mine"
    course.prepare(mine, shipped=shipped)
    work = mine / "exercises" / "03_exercise_convolution.ipynb"
    work.write_text("my answer")
    (shipped / "exercises" / "03_convolution.ipynb").write_text("do, second edition")
    (shipped / "notebooks" / "00_start.ipynb").write_text("zero, second edition")
    changes = course.prepare(mine, shipped=shipped)
    assert sorted(changes.waiting) == ["exercises/03_exercise_convolution.ipynb", "notebooks/00_start.ipynb"]
    assert work.read_text() == "my answer"
    changes = course.prepare(mine, shipped=shipped, update=True)
    assert changes.updated == ["notebooks/00_start.ipynb"]
    assert changes.beside == ["exercises/03_exercise_convolution-new.ipynb"]
    assert work.read_text() == "my answer"
    assert (mine / "exercises" / "03_exercise_convolution-new.ipynb").read_text() == "do, second edition"
    assert course.prepare(mine, shipped=shipped, update=True) == course.Changes()


def test_a_lost_or_damaged_manifest_makes_everything_the_learners_work(tmp_path, shipped):
    mine = tmp_path / "mine"
    course.prepare(mine, shipped=shipped)
    (mine / course.MANIFEST).write_text("{ half")
    (mine / "notebooks" / "00_start.ipynb").write_text("notes of mine")
    changes = course.prepare(mine, shipped=shipped, update=True)
    assert changes.beside == ["notebooks/00_start-new.ipynb"]
    assert (mine / "notebooks" / "00_start.ipynb").read_text() == "notes of mine"


@settings(deadline=None)  # files are written; how long that takes is the machine's affair
@given(st.lists(st.sampled_from(["learner edits", "course edits", "prepare", "update"]), max_size=8))
def test_no_order_of_events_loses_work(tmp_path_factory, events):
    root = tmp_path_factory.mktemp("course")
    shipped, mine = root / "shipped", root / "mine"
    (shipped / "notebooks").mkdir(parents=True)
    lesson, copy = shipped / "notebooks" / "01.ipynb", mine / "notebooks" / "01.ipynb"
    lesson.write_text("edition 0")
    course.prepare(mine, shipped=shipped)
    written = set()
    for number, event in enumerate(events):
        if event == "learner edits":
            copy.write_text(f"work {number}")
            written = {copy.read_text()}
        elif event == "course edits":
            lesson.write_text(f"edition {number + 1}")
        else:
            course.prepare(mine, shipped=shipped, update=event == "update")
        assert written <= {p.read_text() for p in mine.rglob("*.ipynb")}


def test_a_folder_that_cannot_be_made_is_named(tmp_path, shipped):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot make the folder"):
        course.prepare(tmp_path / "file" / "mine", shipped=shipped)


def test_titles_are_those_of_the_lessons_and_unreadable_ones_are_left_out(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "03_convolution.ipynb").write_text('{"cells": [{"source": ["# Convolution\\n", "\\n", "## More"]}]}')
    (folder / "03_convolution-new.ipynb").write_text('{"cells": [{"source": "# Convolution, newer"}]}')
    for number, content in enumerate(("", "[]", '{"cells": []}', '{"cells": [{"source": "no heading"}]}'), 4):
        (folder / f"0{number}_broken.ipynb").write_text(content)
    assert course.titles(tmp_path) == {"03": "Convolution"}
    assert course.titles(tmp_path / "nowhere") == {}


def test_lessons_are_handed_out_without_the_answers(tmp_path):
    lesson = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# Größe"), nbformat.v4.new_code_cell("6 * 7")]
    )
    lesson.cells[1].outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "42"}, execution_count=1)]
    lesson.cells[1].execution_count = 1
    (tmp_path / "shipped" / "notebooks").mkdir(parents=True)
    nbformat.write(lesson, tmp_path / "shipped" / "notebooks" / "03_sizes.ipynb")
    course.prepare(tmp_path / "mine", shipped=tmp_path / "shipped")
    copied = nbformat.read(tmp_path / "mine" / "notebooks" / "03_sizes.ipynb", as_version=4)
    nbformat.validate(copied)
    assert [cell.source for cell in copied.cells] == ["# Größe", "6 * 7"]
    assert (copied.cells[1].outputs, copied.cells[1].execution_count) == ([], None)
    assert course.prepare(tmp_path / "mine", shipped=tmp_path / "shipped") == course.Changes()


ROOT = Path(__file__).parents[1]


def links(notebook):
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r"\]\(((?!https?:|#)[^)\s]+)", re.sub(r"`[^`\n]*`", "", prose))


def test_in_a_learners_copy_no_two_notebooks_share_a_name_and_every_link_leads_somewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVLAB_PROGRESS", str(tmp_path / "progress.json"))
    course.prepare(tmp_path, shipped=ROOT)
    lab._front_page(tmp_path)
    copies = sorted(tmp_path.rglob("*.ipynb"))
    names = [path.name for path in copies]
    assert len(names) > 20 and len(set(names)) == len(names)
    assert all(path.name[3:].startswith("exercise_") for path in copies if path.parent.name == "exercises")
    dead = [
        (path.name, link)
        for path in copies
        for link in links(nbformat.read(path, as_version=4))
        if not (path.parent / link).exists()
    ]
    assert dead == []
    assert "convlab check exercises/03_exercise_convolution.ipynb" in (
        tmp_path / "notebooks" / "00_start_here.ipynb"
    ).read_text(encoding="utf-8")


def test_an_older_copy_keeps_its_exercises_under_the_new_name(tmp_path, shipped):
    mine = tmp_path / "mine"
    course.prepare(mine, shipped=shipped)
    old, new = (mine / "exercises" / f"03_{name}.ipynb" for name in ("convolution", "exercise_convolution"))
    new.rename(old)
    old.write_text("my answer")
    manifest = (mine / course.MANIFEST).read_text()
    (mine / course.MANIFEST).write_text(manifest.replace("03_exercise_convolution", "03_convolution"))
    assert course.prepare(mine, shipped=shipped, update=True) == course.Changes()
    assert (old.exists(), new.read_text()) == (False, "my answer")


def test_records_are_where_lessons_look_for_them(tmp_path, shipped, monkeypatch):
    (shipped / "benchmarks" / "results").mkdir(parents=True)
    (shipped / "benchmarks" / "results" / "2026-01-02-made-run.json").write_text('{"test_accuracy": 0.5}')
    course.prepare(tmp_path / "mine", shipped=shipped)
    monkeypatch.chdir(tmp_path / "mine" / "notebooks")
    assert records.newest("made-run") == {"test_accuracy": 0.5}
    own = tmp_path / "mine" / "benchmarks" / "results" / "2026-01-02-made-run.json"
    own.write_text("{}")
    assert course.prepare(tmp_path / "mine", shipped=shipped) == course.Changes()
    assert own.read_text() == "{}"


def test_records_travel_in_the_wheel_beside_the_course(tmp_path, monkeypatch):
    travels = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = travels["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included[records.RESULTS.as_posix()] == f"convlab/course_files/{records.RESULTS.as_posix()}"
    inside = tmp_path / "site" / "convlab" / "course_files" / records.RESULTS
    inside.mkdir(parents=True)
    (inside / "2026-01-02-made-run.json").write_text('{"test_accuracy": 0.25}')
    monkeypatch.setattr(records, "__file__", str(tmp_path / "site" / "convlab" / "records.py"))
    monkeypatch.chdir(tmp_path)
    assert records.newest("made-run") == {"test_accuracy": 0.25}


def test_the_first_lesson_shows_its_readers_progress_and_the_project_has_none(tmp_path):
    course.prepare(tmp_path)
    shown = {path.name: path.read_text(encoding="utf-8").count("](progress.svg)") for path in tmp_path.rglob("*.ipynb")}
    assert shown.pop(Path(course.FRONT_PAGE).name) == 1
    assert not any(shown.values())
    assert nbformat.read(tmp_path / course.FRONT_PAGE, as_version=4).cells[1].id == "your-progress"
    assert "progress.svg" not in (course.source() / course.FRONT_PAGE).read_text(encoding="utf-8")
