"""Finding and reading what a class has handed in."""

import datetime
import json
import os

import pytest
from made_class import answers, exercise_notebook, hand_in, notebook, plain_notebook

from convlab.errors import DataError
from convlab.grading import submission
from convlab.grading.exercises import EXERCISES

UTC = datetime.UTC


def test_folders_of_students(tmp_path):
    for student in ("ada", "bela"):
        hand_in(tmp_path, student, notebook(answers()))
    hand_in(tmp_path, "ada", exercise_notebook("04_output_size"), "04_output_size.ipynb")
    hand_in(tmp_path, "ada", "{}", ".ipynb_checkpoints/03_convolution-checkpoint.ipynb")
    hand_in(tmp_path, "ada", plain_notebook("x = 1"), "shopping.ipynb")
    (tmp_path / ".git").mkdir()
    found = submission.find(tmp_path, EXERCISES)
    assert found.students == ("ada", "bela") and found.lessons == ("03", "04")
    assert [(work.student, work.lesson) for work in found.works] == [("ada", "03"), ("ada", "04"), ("bela", "03")]
    assert found.strays == ("ada/shopping.ipynb",)
    assert found.of("bela", "04").path is None


def test_nbgraders_tree(tmp_path):
    tree = tmp_path / "submitted"
    hand_in(tree, "ada/ps1", notebook(answers()))
    (tree / "ada" / "ps1" / "timestamp.txt").write_text("2026-11-20 09:30:00.123456 UTC\n")
    for folder in (tmp_path, tree):
        (work,) = submission.find(folder, EXERCISES).works
        assert (work.student, work.lesson, work.path.name) == ("ada", "03", "03_convolution.ipynb")
        assert work.submitted == datetime.datetime(2026, 11, 20, 9, 30, 0, 123456, UTC)


def test_late_is_later_than_due(tmp_path):
    path = hand_in(tmp_path, "ada", notebook(answers()))
    os.utime(path, (1_000_000, 1_000_000))
    (work,) = submission.find(tmp_path, EXERCISES).works
    due = datetime.datetime.fromtimestamp(1_000_000 - 90, UTC)
    assert work.late_by(due) == datetime.timedelta(seconds=90)
    assert work.late_by(due + datetime.timedelta(seconds=90)) is None and work.late_by(None) is None


def test_the_plainest_name_counts_and_the_others_are_told(tmp_path):
    for name in ("03_convolution.ipynb", "03_convolution-Copy1.ipynb", "old 03_convolution (2).ipynb"):
        hand_in(tmp_path, "ada", notebook(answers()), name)
    (work,) = submission.find(tmp_path, EXERCISES).works
    assert work.path.name == "03_convolution.ipynb"
    assert work.others == ("03_convolution-Copy1.ipynb", "old 03_convolution (2).ipynb")


def test_of_a_whole_working_copy_the_exercise_counts_not_the_lesson(tmp_path):
    lesson = plain_notebook("from convlab.grading import check", "def conv1d(x, w):\n    return x")
    hand_in(tmp_path, "ada", lesson, "03_convolution.ipynb")
    hand_in(tmp_path, "ada", notebook(answers()), "03_exercise_convolution.ipynb")
    (work,) = submission.find(tmp_path, EXERCISES).works
    assert (work.lesson, work.path.name, work.others) == (
        "03", "03_exercise_convolution.ipynb", ("03_convolution.ipynb",)
    )  # fmt: skip


def test_a_renamed_notebook_is_known_by_its_functions(tmp_path):
    path = hand_in(
        tmp_path, "ada", plain_notebook("def max_pool(x, k, s):\n    return x", "def help(): ..."), "homework.ipynb"
    )
    assert submission.lesson_of(path, EXERCISES) == "06"


@pytest.mark.parametrize(
    "text", ["2026-11-20 09:30:00 UTC", "2026-11-20T10:30:00+01:00", "2026-11-20 09:30", "2026-11-20 10:30 +0100"]
)
def test_times(text):
    assert submission.parse_time(text) == datetime.datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def test_no_submissions_is_one_line(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        submission.find(tmp_path / "nowhere", EXERCISES)
    with pytest.raises(DataError, match="no notebooks with exercises"):
        submission.find(tmp_path, EXERCISES)


BROKEN = {
    "nothing": "",
    "cut short": json.dumps(exercise_notebook())[:3000],
    "a list": "[1, 2]",
    "a number": "3",
    "no cells": '{"nbformat": 4}',
    "cells that are numbers": '{"cells": [1]}',
    "a source that is a number": '{"cells": [{"cell_type": "code", "source": 3}]}',
    "nested too deeply": "[" * 100_000,
    "a huge number": '{"cells": [{"source": ' + "9" * 10_000 + "}]}",
    "too much code": json.dumps(plain_notebook("x" * 1_100_000)),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_notebook_has_a_problem_and_no_cells(what, tmp_path):
    read = submission.read(hand_in(tmp_path, "ada", BROKEN[what]))
    assert read.cells == () and "03_convolution.ipynb" in read.problem and len(read.problem.splitlines()) == 1


def test_bytes_that_are_no_text(tmp_path):
    path = hand_in(tmp_path, "ada", "")
    path.write_bytes(b"\xff\xfe\x00\x01")
    assert "broken" in submission.read(path).problem


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_links_and_pipes_are_not_followed(tmp_path):
    secret = hand_in(tmp_path / "elsewhere", "teacher", notebook(answers()))
    (tmp_path / "in" / "mallory").mkdir(parents=True)
    (tmp_path / "in" / "mallory" / "03_convolution.ipynb").symlink_to(secret)
    (tmp_path / "in" / "eve").symlink_to(secret.parent)
    os.mkfifo(tmp_path / "in" / "mallory" / "04_output_size.ipynb")
    (tmp_path / "in" / "mallory" / "05_channels.ipynb").mkdir()
    hand_in(tmp_path / "in", "ada", notebook(answers()))
    found = submission.find(tmp_path / "in", EXERCISES)
    assert found.students == ("ada", "mallory")
    for lesson in ("03", "04"):
        assert "cannot be read" in submission.read(found.of("mallory", lesson).path).problem
    assert found.of("mallory", "05").path is None


def test_cells_of_another_type_and_of_older_notebooks(tmp_path):
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["def conv1d(x, w):\n", "    return x"]}]}]}
    (cell,) = submission.read(hand_in(tmp_path, "ada", old)).cells
    assert cell["source"] == "def conv1d(x, w):\n    return x"
    retyped = {
        "cells": [
            {"cell_type": "raw", "id": "conv1d", "source": "def conv1d(x, w): ..."},
            {"cell_type": "markdown", "source": "# A"},
        ]
    }
    (cell,) = submission.read(hand_in(tmp_path, "bela", retyped)).cells
    assert cell == {"source": "def conv1d(x, w): ...", "graded_as": "conv1d", "number": 0, "is_code": False}
