"""`convlab check` and `convlab grade`: bad input is one line. What they do with good input is in test_classes.py."""

import pytest
from made_class import answers, hand_in, notebook, plain_notebook
from typer.testing import CliRunner

from convlab.cli import app
from convlab.grading import classroom, sandbox
from convlab.grading.sandbox import Offer


@pytest.fixture(autouse=True)
def no_walls(monkeypatch):
    """A machine that offers limits alone; nothing is started."""
    offer = Offer(("rlimits",), {"bubblewrap": "bubblewrap is not installed", "unshare": "only Linux has it"})
    monkeypatch.setattr(sandbox, "probe", lambda: offer)
    return offer


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["grade", "IN"], "no walls around the submissions, only limits (bubblewrap: bubblewrap is not installed; unshare"),
        (["grade", "IN", "--sandbox", "bubblewrap"], "the sandbox bubblewrap does not work here (bubblewrap is not installed)"),
        (["grade", "IN", "--sandbox", "docker"], "--sandbox must be one of bubblewrap, unshare, rlimits, got 'docker'"),
        (["grade", "nowhere", "--allow-unsafe"], "there is no folder nowhere"),
        (["grade", "IN", "--allow-unsafe", "--due", "soon"], "--due must be a time like"),
        (["grade", "IN", "--allow-unsafe", "--students", "nowhere"], "the list of students nowhere cannot be read"),
        (["grade", "IN", "--allow-unsafe", "--lesson", "99"], "there is no lesson '99' with exercises (lessons: 01, "),
        (["grade", "IN", "--allow-unsafe", "--exercise", "conv3d"], "there is no exercise 'conv3d' (exercises: tuning_curve, "),
        (["grade", "IN", "--allow-unsafe", "--regrade", "conv3d"], "there is no exercise 'conv3d'"),
        (["check", "nowhere.ipynb"], "nowhere.ipynb cannot be read (No such file or directory)"),
        (["check", "IN/ada/broken.ipynb"], "is broken (line 1"),
        (["check", "IN/ada/shopping.ipynb"], "no exercise of the course is in"),
        (["check", "IN/ada/03_convolution.ipynb", "--exercise", "conv3d"], "there is no exercise 'conv3d'"),
        (["check", "IN/ada/03_convolution.ipynb", "--sandbox", "unshare"], "the sandbox unshare does not work here"),
        (["check", "IN/ada/03_convolution.ipynb", "--sandbox", "docker"], "the sandbox must be one of"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hand_in("IN", "ada", notebook(answers()))
    hand_in("IN", "ada", "{", "broken.ipynb")
    hand_in("IN", "ada", plain_notebook("milk = 2"), "shopping.ipynb")
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2, done.output
    assert message in done.stderr and len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.output


def test_a_class_is_not_graded_without_walls_unless_that_is_said(no_walls):
    from convlab.errors import BackendError

    with pytest.raises(BackendError, match=r"Install bubblewrap, or say --allow-unsafe"):
        classroom.choose_tier("", allow_unsafe=False)
    with pytest.raises(BackendError, match=r"no walls"):
        classroom.choose_tier("rlimits", allow_unsafe=False)
    assert classroom.choose_tier("", allow_unsafe=True) == "rlimits"
    assert next(iter(no_walls.lines())) == "sandbox: not bubblewrap (bubblewrap is not installed)"
