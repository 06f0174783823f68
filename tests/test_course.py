"""The learner's working copy is completed, brought up to date, and never written over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlab import course
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
    assert files(mine) == files(shipped)
    assert course.prepare(mine, shipped=shipped) == course.Changes()
    assert course.prepare(mine, shipped=shipped, update=True) == course.Changes()


def test_work_is_never_overwritten_and_newer_versions_go_beside_it(tmp_path, shipped):
    mine = tmp_path / "mine"
    course.prepare(mine, shipped=shipped)
    work = mine / "exercises" / "03_convolution.ipynb"
    work.write_text("my answer")
    (shipped / "exercises" / "03_convolution.ipynb").write_text("do, second edition")
    (shipped / "notebooks" / "00_start.ipynb").write_text("zero, second edition")
    changes = course.prepare(mine, shipped=shipped)
    assert sorted(changes.waiting) == ["exercises/03_convolution.ipynb", "notebooks/00_start.ipynb"]
    assert work.read_text() == "my answer"
    changes = course.prepare(mine, shipped=shipped, update=True)
    assert changes.updated == ["notebooks/00_start.ipynb"]
    assert changes.beside == ["exercises/03_convolution-new.ipynb"]
    assert work.read_text() == "my answer"
    assert (mine / "exercises" / "03_convolution-new.ipynb").read_text() == "do, second edition"
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
