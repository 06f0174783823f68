"""Whole classes: the grade book does not depend on who else is in it, on kills, on the number of processes."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import made_class
import pytest
from boxes import need
from hasty_exercises import CATALOGUE
from made_class import answers, hand_in, notebook, plain_notebook
from typer.testing import CliRunner

from convlab.cli import app
from convlab.errors import ArgumentError, BackendError, StateError
from convlab.grading import Outcome, book, classroom, journal, report
from convlab.grading.classroom import Settings

pytestmark = pytest.mark.classes
HERE = Path(__file__).parent
BOOK = ("grades.csv", "results.csv", "grades.json")


@pytest.fixture(scope="module", autouse=True)
def walls():
    need("bubblewrap")


def grade(folder, out, **options):
    settings = Settings(catalogue=CATALOGUE, vary=options.pop("vary", False))
    result = classroom.grade(Path(folder), Path(out), settings, **{"seed": 7, "jobs": 2, **options})
    book.write(result, Path(out))
    assert report.write(result, Path(out)) == {}
    return result


def csv_rows(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def outcomes(result):
    return {
        student: {e.name: result.entry(student, e).outcome for e in result.exercises}
        for student in result.submissions.students
    }


def mistakes(result, student):
    return {e.name: result.entry(student, e).mistake for e in result.exercises if result.entry(student, e).mistake}


@pytest.fixture(scope="module")
def ten(tmp_path_factory):
    """A class of ten, graded."""
    folder = tmp_path_factory.mktemp("ten")
    made_class.ten_students(folder / "in")
    return folder, grade(folder / "in", folder / "out", roster=["kim"])


def test_everybody_gets_what_is_due(ten):
    _, result = ten
    found = outcomes(result)
    assert set(found["ada"].values()) == set(found["fatou"].values()) == {Outcome.RIGHT}
    assert found["emre"]["conv2d"] is Outcome.CRASHED
    assert found["hugo"]["conv2d"] is Outcome.OUT_OF_BOUNDS
    assert set(found["jon"].values()) == set(found["kim"].values()) == {Outcome.NOT_ATTEMPTED}
    assert mistakes(result, "chidi") == {"conv2d": "window start without stride", "true_convolution": "not flipped"}
    assert mistakes(result, "dana") == {
        "conv1d": "kernel flipped", "conv2d": "bias forgotten", "vertical_edges": "turned by 90 degrees",
    }  # fmt: skip
    assert [book.points(result, student)[0] for student in ("ada", "bela", "hugo", "kim")] == [11, 6, 0, 0]


def test_a_broken_notebook_is_reported_for_that_student_alone(ten):
    folder, result = ten
    assert list(result.problems) == [("ines", "03")]
    assert "broken (line 1" in result.problems["ines", "03"]
    page = (folder / "out" / "class.html").read_text()
    assert "To look at by hand" in page and page.count("is broken (line 1") == 2  # on top, and among the remarks


def test_the_books_say_the_same(ten):
    folder, result = ten
    rows = {row["student"]: row for row in csv_rows(folder / "out" / "grades.csv")}
    data = json.loads((folder / "out" / "grades.json").read_text())
    assert set(rows) == {student["student"] for student in data["students"]} == set(result.submissions.students)
    for student in data["students"]:
        assert int(rows[student["student"]]["points"]) == student["points"]
        assert student["points"] == sum(entry["points"] for entry in student["results"])
    assert rows["kim"]["remarks"] == "lesson 03: nothing handed in"


def test_every_student_has_a_page_and_the_class_has_one(ten):
    folder, result = ten
    pages = {path.name for path in (folder / "out" / "students").iterdir()}
    assert pages == {report.file_name(student) for student in result.submissions.students}
    page = (folder / "out" / "class.html").read_text()
    assert "<b>window start without stride</b> in <code>conv2d</code>" in page and "core-hours" in page
    for student in result.submissions.students:
        assert f'href="students/{report.file_name(student)}"' in page


def test_a_second_run_judges_nothing_and_gives_the_same_book(ten):
    folder, _ = ten
    before = {name: (folder / "out" / name).read_bytes() for name in BOOK}
    again = grade(folder / "in", folder / "out", roster=["kim"], seed=None)
    assert again.judged == 0
    assert {name: (folder / "out" / name).read_bytes() for name in BOOK} == before


def test_another_seed_is_refused_for_a_book_that_was_begun(ten):
    folder, _ = ten
    with pytest.raises(ArgumentError, match="begun with --seed 7, not 8"):
        grade(folder / "in", folder / "out", seed=8)


MAKE = """
import sys
sys.path[:0] = [{here!r}, {root!r}]
from pathlib import Path
from convlab.grading import book, classroom
from convlab.grading.classroom import Settings
from hasty_exercises import CATALOGUE

if __name__ == "__main__":
    submissions, out = map(Path, sys.argv[1:])
    result = classroom.grade(submissions, out, Settings(catalogue=CATALOGUE), seed=7, jobs=2, roster=["kim"])
    book.write(result, out)
"""


def test_a_grader_killed_in_mid_class_goes_on_to_the_same_book(ten, tmp_path):
    folder, _ = ten
    script = tmp_path / "grader.py"
    script.write_text(MAKE.format(here=str(HERE), root=str(HERE.parents[1])))
    out = tmp_path / "out"
    command = [sys.executable, str(script), str(folder / "in"), str(out)]
    for enough in (3, 15):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 120
        while _lines(out) < enough and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert process.poll() is None, process.stderr.read().decode()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
        _nobody_is_left(script)
        size = (out / journal.NAME).stat().st_size
        time.sleep(0.3)
        assert (out / journal.NAME).stat().st_size == size, "somebody still writes"
    with open(out / journal.NAME, "ab") as file:
        file.write(b'{"kind": "entry", "student": "ad')  # as a kill in the middle of a line leaves it
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for name in BOOK:
        assert (out / name).read_bytes() == (folder / "out" / name).read_bytes(), name


def _lines(out):
    try:
        return (out / journal.NAME).read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def _nobody_is_left(script):
    """Processes of the grader and its workers end with it."""
    deadline = time.monotonic() + 20
    while left := [number for number in os.listdir("/proc") if number.isdigit() and _mine(number, script)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def _mine(number, script):
    try:
        words = Path(f"/proc/{number}/cmdline").read_text()
        return str(script) in words or (
            "spawn_main" in words and str(script.parent) in os.readlink(f"/proc/{number}/cwd")
        )
    except OSError:
        return False


def test_one_process_gives_the_same_book_as_two(ten, tmp_path):
    folder, _ = ten
    for student in ("ada", "dana", "ines"):
        hand_in(tmp_path / "in", student, (folder / "in" / student / "03_convolution.ipynb").read_text())
    for name in ("one", "two"):
        grade(tmp_path / "in", tmp_path / name, jobs=1 if name == "one" else 2)
    assert (tmp_path / "one" / "grades.csv").read_bytes() == (tmp_path / "two" / "grades.csv").read_bytes()


def test_who_else_is_in_the_class_changes_nothing(tmp_path):
    hand_in(tmp_path / "alone", "ada", notebook(answers("flipped")))
    for student, source in {
        "mallory": "import os\nSIZE = os._exit(0)\ndef conv1d(x, w):\n    return SIZE",
        "eve": "def conv1d(x, w):\n    raise KeyboardInterrupt",
        "<script>alert(1)": "def conv1d(x, w):\n    raise SystemExit('=1+1')",
        "=cmd()": "def conv1d(x, w)\n    return",
    }.items():
        hand_in(tmp_path / "crowd", student, plain_notebook(source))
    hand_in(tmp_path / "crowd", "ada", notebook(answers("flipped")))
    alone, crowd = grade(tmp_path / "alone", tmp_path / "a"), grade(tmp_path / "crowd", tmp_path / "b")
    assert {e: alone.entry("ada", e) for e in alone.exercises} == {e: crowd.entry("ada", e) for e in crowd.exercises}
    page = (tmp_path / "b" / "class.html").read_text()
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page
    assert "\n'=cmd()," in (tmp_path / "b" / "grades.csv").read_text()
    entry = crowd.entry("=cmd()", crowd.exercises[0])
    assert entry.outcome is Outcome.CRASHED and "SyntaxError" in entry.sentence and "line 1" in entry.sentence


def cells_changed(change):
    made = notebook(answers())
    change(made)
    return made


def _no_metadata(made):
    for cell in made["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)


def _points(made):
    for cell in made["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["points"] = 1000


def _emptied_checks(made):
    for cell in made["cells"]:
        if "".join(cell["source"]).startswith(("check", "import")):
            cell["source"] = "import numpy as np" if "numpy" in "".join(cell["source"]) else ""


def _deleted_checks(made):
    made["cells"] = [cell for cell in made["cells"] if not "".join(cell["source"]).startswith("check")]


def _doubled(made):
    made["cells"] = [cell for cell in made["cells"] for _ in range(2)]


def _reversed(made):
    made["cells"] = made["cells"][::-1]


def _stub_at_the_end(made):
    made["cells"] += made_class.exercise_notebook()["cells"]


def _retyped(made):
    for cell in made["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "conv2d":
            cell["cell_type"] = "markdown"


def _numpy_forgotten(made):
    made["cells"] = [
        cell for cell in made["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") != "setup"
    ] + plain_notebook("from numpy import *\nimport numpy as np")["cells"]


def _extra(made):
    extra = [
        "raise RuntimeError('a note')",
        "%%bash\nrm -rf /",
        "!ls",
        "x = 1 / 0",
        "def broken(:",
        "?np",
        "while True: break",
    ]
    made["cells"] = plain_notebook(*extra)["cells"] + made["cells"] + plain_notebook(*extra)["cells"]


CHANGES = [
    _no_metadata, _points, _emptied_checks, _deleted_checks, _doubled, _reversed, _stub_at_the_end, _retyped, _numpy_forgotten,
    _extra,
]  # fmt: skip


def test_what_learners_do_to_their_cells_costs_nothing_and_gains_nothing(tmp_path):
    for change in CHANGES:
        hand_in(tmp_path / "in", change.__name__, cells_changed(change))
    result = grade(tmp_path / "in", tmp_path / "out")
    assert {student: book.points(result, student)[:2] for student in result.submissions.students} == {
        change.__name__: (11, 11) for change in CHANGES
    }


def test_regrade_of_one_exercise_leaves_the_others(tmp_path):
    path = hand_in(tmp_path / "in", "ada", notebook(answers("flipped")))
    hand_in(tmp_path / "in", "bela", notebook(answers("flipped")))
    first = grade(tmp_path / "in", tmp_path / "out")
    again = grade(tmp_path / "in", tmp_path / "out", regrade=["conv1d"], regrade_students=["ada"])
    assert again.judged == 1
    assert again.entries == first.entries  # the same seed, the same numbers
    path.write_text(json.dumps(notebook(answers())))  # handed in again: only hers is judged
    third = grade(tmp_path / "in", tmp_path / "out")
    assert third.judged == 4
    conv1d = third.exercises[0]
    assert (
        third.entry("ada", conv1d).outcome is Outcome.RIGHT and third.entry("bela", conv1d).mistake == "kernel flipped"
    )
    with pytest.raises(ArgumentError, match="no exercise 'conv3d'"):
        grade(tmp_path / "in", tmp_path / "out", regrade=["conv3d"])


def test_numbers_of_their_own(tmp_path):
    for student in ("ada", "bela"):
        hand_in(tmp_path / "in", student, notebook(answers("flipped")))
    same, vary = grade(tmp_path / "in", tmp_path / "same"), grade(tmp_path / "in", tmp_path / "vary", vary=True)
    conv1d = same.exercises[0]
    shown = lambda result, student: result.entry(student, conv1d).comparison["want"]
    assert shown(same, "ada") == shown(same, "bela")
    assert shown(vary, "ada") != shown(vary, "bela")
    assert shown(vary, "ada") == shown(grade(tmp_path / "in", tmp_path / "again", vary=True), "ada")


def test_nbgraders_tree_late_work_and_the_roster(tmp_path):
    tree = tmp_path / "course" / "submitted"
    hand_in(tree, "ada/ps1", notebook(answers()))
    (tree / "ada" / "ps1" / "timestamp.txt").write_text("2026-11-20 10:00:00.000000 UTC")
    hand_in(tree, "bela/ps1", notebook(answers()))
    (tree / "bela" / "ps1" / "timestamp.txt").write_text("2026-11-21 12:30:00 UTC")
    roster = tmp_path / "students.csv"
    roster.write_text("student,email\nada,a@x\nbela,b@x\nkim,k@x\n")
    out = tmp_path / "grades"
    words = [
        "grade",
        str(tmp_path / "course"),
        "--out",
        str(out),
        "--students",
        str(roster),
        "--due",
        "2026-11-20 18:00",
    ]
    done = CliRunner().invoke(app, [*words, "--exercise", "conv1d", "--seed", "3"])
    assert done.exit_code == 0, done.output
    assert "sandbox: bubblewrap" in done.output and "3 students, 3 answers, 2 right" in done.output
    rows = {row["student"]: row for row in csv_rows(out / "grades.csv")}
    assert rows["ada"]["remarks"] == "" and rows["bela"]["remarks"] == "lesson 03: late by 18 h 30 min"
    assert rows["kim"]["remarks"] == "lesson 03: nothing handed in"


def test_a_dead_grading_process_is_replaced_and_then_a_grader_error(tmp_path, monkeypatch):
    """An exercise whose own probes kill the process that draws them: the others are graded all the same."""
    for student in ("ada", "bela"):
        hand_in(tmp_path / "in", student, notebook(answers()))
    settings = Settings(catalogue="deadly_exercises:EXERCISES")
    result = classroom.grade(tmp_path / "in", tmp_path / "out", settings, seed=7, jobs=2)
    for student in ("ada", "bela"):
        found = {e.name: result.entry(student, e) for e in result.exercises}
        assert found["conv1d"].outcome is Outcome.RIGHT
        assert found["conv2d"].outcome is found["vertical_edges"].outcome is Outcome.GRADER_ERROR
        assert found["conv2d"].points is None and "ZeroDivisionError" in found["conv2d"].sentence
    book.write(result, tmp_path / "out")
    rows = csv_rows(tmp_path / "out" / "grades.csv")
    assert [row["points"] for row in rows] == ["", ""] and rows[0]["conv2d"] == ""
    assert "grader error" in rows[0]["remarks"]


def test_a_function_that_needs_an_empty_one_was_attempted(tmp_path):
    stub = "def helper(x):\n    raise NotImplementedError()"
    hand_in(tmp_path / "in", "ada", plain_notebook(stub, "def conv1d(x, w):\n    return helper(x)"))
    hand_in(tmp_path / "in", "bela", plain_notebook("def conv1d(x, w):\n    y = x\n    raise NotImplementedError()"))
    result = grade(tmp_path / "in", tmp_path / "out", exercises=["conv1d"])
    (conv1d,) = result.exercises
    assert result.entry("bela", conv1d).outcome is Outcome.NOT_ATTEMPTED
    entry = result.entry("ada", conv1d)
    assert entry.outcome is Outcome.CRASHED and "needs a function that is still empty" in entry.sentence


def test_two_graders_do_not_share_a_book(tmp_path):
    hand_in(tmp_path / "in", "ada", notebook(answers()))
    (tmp_path / "out").mkdir()
    with journal.sole(tmp_path / "out"), pytest.raises(StateError, match="another grader is at work"):
        grade(tmp_path / "in", tmp_path / "out")


def test_a_book_that_cannot_be_written_is_one_line(tmp_path):
    hand_in(tmp_path / "in", "ada", notebook(answers()))
    done = CliRunner().invoke(app, ["grade", str(tmp_path / "in"), "--out", "/dev/full/grades"])
    assert done.exit_code == 2 and "cannot be made" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_cluster_gives_the_same_book(ten, tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: uv sync --group grading")
    folder, _ = ten
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, scheduler_port=0
    ) as cluster:
        distributed.Client(cluster).run(_find_modules, str(HERE))
        grade(folder / "in", tmp_path / "out", dask=cluster.scheduler_address, roster=["kim"])
    for name in BOOK:
        assert (tmp_path / "out" / name).read_bytes() == (folder / "out" / name).read_bytes()


def _find_modules(folder):
    sys.path.insert(0, folder)


def test_a_cluster_that_does_not_answer_is_one_line(tmp_path):
    pytest.importorskip("distributed", reason="Dask is not installed: uv sync --group grading")
    hand_in(tmp_path / "in", "ada", notebook(answers()))
    with pytest.raises(BackendError, match="no Dask scheduler answers at tcp"):
        grade(tmp_path / "in", tmp_path / "out", dask="tcp://127.0.0.1:9")


def test_a_learners_own_report(tmp_path):
    path = hand_in(tmp_path, "ada", notebook(answers("flipped")))
    page = tmp_path / "mine.html"
    done = CliRunner().invoke(app, ["check", str(path), "--exercise", "conv1d", "--seed", "3", "--html", str(page)])
    assert done.exit_code == 1, done.output
    assert "conv1d: not right (0 of 2 points)" in done.output and "the weights are flipped" in done.output
    assert "the weights are flipped" in page.read_text()
    done = CliRunner().invoke(app, ["check", str(path), "--exercise", "true_convolution", "--json"])
    assert done.exit_code == 0 and json.loads(done.output)["points"] == 2
