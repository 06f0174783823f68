"""`check` as a learner meets it: in a terminal, in a notebook, with a progress file that works or does not."""

import base64
import dataclasses
import io
import subprocess
import sys

import numpy as np
import pytest
from every import functions

from convlab.grading import check, diagnose, messages, notebook, picture, progress
from convlab.grading.card import NEUTRAL, Card, Fold, as_html, as_text
from convlab.grading.exercises import EXERCISES as COURSE
from convlab.grading.exercises import QUESTIONS, find
from convlab.grading.exercises.lesson_03 import EXERCISES

conv1d = find("conv1d").reference
POINTS = sum(exercise.points for exercise in COURSE.values())


def flipped(x, w):
    return conv1d(x, w[::-1])


# Plain text -----------------------------------------------------------------------------------------------------------


def test_a_right_answer(capsys):
    assert check("conv1d", conv1d) is None
    assert capsys.readouterr().out == "✓ conv1d: right (2 of 2 practice points)\n  Right on all 6 inputs.\n"


def test_a_wrong_answer_is_told_what_it_is_and_where_to_look(capsys):
    check("conv1d", flipped)
    out = capsys.readouterr().out
    assert out.startswith(
        "✗ conv1d: not right yet (0 of 2 practice points)\n  Your output equals what you get when the"
    )
    assert 'First input that fails, "three weights": `conv1d(x (8,), w (3,))`.' in out
    assert 'For a hint: `check.hint("conv1d")`' in out


def test_an_untouched_stub_is_told_kindly(capsys):
    def conv2d(x, w, b, stride=1, padding=0):
        raise NotImplementedError()

    check("conv2d", conv2d)
    check("conv2d")
    said = (
        "… conv2d: not attempted yet (0 of 5 practice points)\n  The function is still empty. Write a first version, "
    )
    assert capsys.readouterr().out.count(said) == 2


@pytest.mark.parametrize("call", [check, check.hint])
def test_an_unknown_exercise_is_one_line_with_the_names(capsys, call):
    call("conv2")
    assert capsys.readouterr().out == (
        f'check: there is no exercise "conv2"; did you mean "conv2d"? (exercises: {", ".join(COURSE)})\n'
    )


def test_a_function_in_place_of_the_name_is_one_line(capsys):
    check(conv1d)
    out = capsys.readouterr().out
    assert out.startswith(
        "check: the name of the exercise comes first, in quotes, got a function (exercises: tuning_curve,"
    )
    assert out.count("\n") == 1


def test_an_unknown_question_is_one_line_with_the_ids(capsys):
    check.predict("03_sobol", -81)
    out = capsys.readouterr().out
    assert out.startswith('check: there is no question "03_sobol"; did you mean "03_sobel"? (questions: 00_pixels, ')
    assert out.count("\n") == 1


def test_a_prediction_shipped_unanswered_asks_for_a_guess_and_goes_on(capsys, progress_file):
    check.predict("03_sobel", ...)
    out = capsys.readouterr().out
    assert out.startswith("… 03_sobel: Patch 24 25 36 / 20 25 34 / 24 46 75")
    assert "Your guess first" in out
    assert not progress_file.exists()


def test_predictions_right_and_wrong_are_answered_and_the_first_is_remembered(capsys):
    check.predict("03_sobel", 81)
    assert "✗ 03_sobel: not quite\n  +81 is what the flipped kernel gives" in capsys.readouterr().out
    check.predict("03_sobel", -81)
    assert "✓ 03_sobel: as you predicted" in capsys.readouterr().out
    check.predict("03_output_size", (3, 3))
    assert progress.read()["predictions"] == {
        "03_sobel": {"first_right": False, "right": True},
        "03_output_size": {"first_right": True, "right": True},
    }


def test_hints_come_one_after_the_other(capsys):
    exercise = find("conv1d")
    for level in (1, 2, 3):
        check.hint("conv1d")
        out = " ".join(capsys.readouterr().out.split())
        assert f"conv1d: hint {level} of 3" in out
        assert exercise.hints[level - 1] in out
    check.hint("conv1d")
    assert "That was the last hint." in capsys.readouterr().out
    check.hint("conv1d", 1)
    assert "hint 1 of 3" in capsys.readouterr().out
    check.hint("conv2d")
    assert "conv2d: hint 1 of 3" in capsys.readouterr().out
    assert progress.read()["hints"] == {"conv1d": {"seen": 3}, "conv2d": {"seen": 1}}


@pytest.mark.parametrize("level", [0, 4, "2", 1.5, np.zeros(2)])
def test_a_hint_of_another_level_is_one_line(capsys, level):
    check.hint("conv1d", level)
    assert capsys.readouterr().out == "check.hint: the level must be 1, 2 or 3\n"


def test_progress_is_counted(capsys):
    check("conv1d", flipped)
    check("conv1d", conv1d)
    check("conv1d", flipped)
    check("true_convolution", lambda x, w: x)
    check("vertical_edges", lambda: ...)
    check.predict("03_output_size", (3, 3))
    check.predict("03_sobel", 81)
    check.hint("true_convolution")
    capsys.readouterr()
    check.progress()
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"… 1 of {len(COURSE)} exercises solved, 2 of {POINTS} practice points"
    first, *_ = COURSE.values()
    assert out[1:3] == [
        "  A lesson is complete when all of its exercises are solved.",
        f"  Next: begin `{first.name}` of lesson {first.lesson}, {first.points} points.",
    ]
    place = next(n for n, line in enumerate(out) if line.startswith("  Lesson 03"))
    assert out[place : place + 5] == [
        "  Lesson 03: 2 of 11 points, 2 of 11 predictions made, 1 right at once",
        "    ✓  conv1d            solved  2 points  2 tries",
        "    …  conv2d            open    5 points",
        "    ✗  true_convolution  wrong   2 points  1 try    1 hint",
        "    …  vertical_edges    open    2 points",
    ]
    assert out[place + 5] == "  Lesson 04: 0 of 11 points, 0 of 11 predictions made"


def test_lessons_that_are_complete_are_counted_in_a_row(capsys):
    lessons = sorted({exercise.lesson for exercise in COURSE.values()})
    for exercise in COURSE.values():
        if exercise.lesson in (lessons[0], *lessons[2:4]):
            check(exercise.name, exercise.reference)
    check.progress()
    out = capsys.readouterr().out
    row = (
        f"3 lessons complete: {lessons[0]}, {lessons[2]}, {lessons[3]}. 2 in a row, from {lessons[2]} to {lessons[3]}."
    )
    assert row in out
    assert f"of lesson {lessons[1]}" in out


@pytest.mark.parametrize(
    ("complete", "row"),
    [([], range(0)), ([False], range(0)), ([True], range(1)), ([True, True, False, True], range(2)),
     ([True, False, True], range(2, 3)), ([False, True, True, True], range(1, 4))],
)  # fmt: skip
def test_the_longest_row(complete, row):
    assert messages._longest_row(complete) == row


def test_progress_in_html_has_bars_and_unfolds_the_lesson_in_hand():
    state = progress.empty()
    state["exercises"]["conv1d"] = {"attempts": 1, "solved": True, "outcome": "right", "mistake": ""}
    html = as_html(messages.progress_card(state))
    lessons = {exercise.lesson for exercise in COURSE.values()} | {question.lesson for question in QUESTIONS.values()}
    assert html.count("<details") == len(lessons)
    assert html.count(" open>") == 1
    assert html.count('aria-hidden="true"><span') == html.count("<details") + 1
    assert "width: 18%" in html


def test_a_hint_without_a_name_is_for_the_exercise_checked_last(capsys):
    fresh = notebook.Check()
    fresh.hint()
    assert capsys.readouterr().out == 'check.hint: name the exercise, as in check.hint("conv2d")\n'
    fresh("conv1d", flipped)
    fresh.hint()
    fresh.hint()
    assert "conv1d: hint 2 of 3" in capsys.readouterr().out


def test_an_endless_loop_is_told_and_counts_as_a_try(capsys, monkeypatch):
    quick = dataclasses.replace(find("conv1d"), run_seconds=0.05)
    monkeypatch.setitem(COURSE, "conv1d", quick)

    def conv1d(x, w):
        i = 0
        while i < len(x):
            y = x[i]
        return y

    check("conv1d", conv1d)
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith(
        "✗ conv1d: did not come to an end (0 of 2 practice points) It has not come to an end after 0.05 s"
    )
    assert "in conv1d, line" in out and "`while" in out
    assert progress.read()["exercises"]["conv1d"]["outcome"] == "timed out or out of memory"


def test_all_done(capsys):
    for exercise in COURSE.values():
        compiled = functions("solutions", exercise.lesson)[exercise.name] if exercise.compiled else None
        check(exercise.name, compiled or exercise.reference)
    capsys.readouterr()
    check.progress()
    count = len(COURSE)
    assert capsys.readouterr().out.startswith(
        f"✓ {count} of {count} exercises solved, {POINTS} of {POINTS} practice points"
    )


def test_without_a_disk_the_check_goes_on_and_the_hints_too(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CONVLAB_PROGRESS", str(tmp_path / "file" / "progress.json"))
    fresh = notebook.Check()
    fresh("conv1d", conv1d)
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("✓ conv1d: right")
    assert "cannot be written" in out
    assert "is not remembered" in out
    fresh.hint("conv1d")
    fresh.hint("conv1d")
    assert "hint 2 of 3" in capsys.readouterr().out
    fresh.progress()
    assert f"1 of {len(COURSE)} exercises solved" in capsys.readouterr().out


def test_a_terminal_without_the_signs_gets_ascii(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    check("conv1d", conv1d)
    terminal.flush()
    assert terminal.buffer.getvalue().startswith(b"+ conv1d: right")


# HTML and pictures ----------------------------------------------------------------------------------------------------


def test_html_escapes_all_that_comes_from_the_learner():
    def conv1d(x, w):
        print("<script>alert('print')</script>")
        raise ValueError("<img src=x onerror=alert('message')>")

    html = as_html(messages.verdict_card(diagnose(find("conv1d"), conv1d, 0)))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(&#x27;print&#x27;)" in html
    assert "&lt;img src=x" in html


def test_html_tells_by_sign_and_word_as_well_as_by_colour():
    right, wrong = (as_html(messages.verdict_card(diagnose(find("conv1d"), f, 0))) for f in (conv1d, flipped))
    assert "✓" in right and "right" in right and "#0072B2" in right
    assert "✗" in wrong and "not right yet" in wrong and "#D55E00" in wrong


def test_a_card_marks_code_and_folds():
    card = Card(NEUTRAL, "a < b", ("use `x[i]`",), (Fold("more", text="`raw`", rows=[("a", "b"), ("long cell", "c")]),))
    html = as_html(card)
    assert "a &lt; b" in html
    assert "<code>x[i]</code>" in html
    assert "<pre" in html and "`raw`" in html
    assert as_text(card) == "… a < b\n  use `x[i]`"
    opened = as_text(Card(card.tone, card.title, (), card.folds, open=True))
    assert opened == "… a < b\n  more\n    a          b\n    long cell  c\n    `raw`"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_wrong_answer_has_a_picture(exercise):
    for mutant in exercise.mutants:
        png, words = picture.draw(exercise, diagnose(exercise, mutant.function, 3))
        assert png.startswith(b"\x89PNG")
        assert words.startswith("Picture of yours, expected and the difference: ")
        assert b"Software" not in png


def test_a_picture_is_the_same_every_time():
    verdicts = [diagnose(find("conv1d"), flipped, 3) for _ in range(2)]
    assert picture.draw(find("conv1d"), verdicts[0]) == picture.draw(find("conv1d"), verdicts[1])


@pytest.mark.parametrize(
    "value", [None, "text", 1.0, np.zeros((0,)), np.full(6, np.nan), np.full(6, np.inf), np.full(6, 1e300), [[1.0] * 6]]
)
def test_no_answer_breaks_the_picture(value):
    drawn = picture.draw(find("conv1d"), diagnose(find("conv1d"), lambda x, w: value, 3))
    assert drawn is None or drawn[0].startswith(b"\x89PNG")


@pytest.mark.parametrize("fill", [0.0, np.nan, -np.inf, 1e300])
@pytest.mark.parametrize("shape", [(1, 1, 3, 3), (1, 1, 1, 9), (2, 5, 70, 40), (1, 1, 3, 0)])
def test_no_image_breaks_the_picture(fill, shape):
    verdict = diagnose(find("conv2d"), lambda x, w, b, stride, padding: np.full(shape, fill), 3)
    drawn = picture.draw(find("conv2d"), verdict)
    assert (drawn is None) == (0 in shape)


# A real kernel --------------------------------------------------------------------------------------------------------

CELLS = [
    "from convlab.grading import check\nfrom convlab.grading.exercises import find",
    "def conv1d(x, w):\n    print('<b>', object())\n    return find('conv1d').reference(x, w[::-1])",
    "check('conv1d', conv1d)",
    "def crash(x, w):\n    y = x + 1\n    return w[object()]",
    "check('conv1d', crash)",
    "check.predict('03_sobel', ...)",
    "check.hint('conv1d')",
    "check('conv1d', lambda x, w: find('conv1d').reference(x, w))",
    "from numba import njit\nimport numpy as np\ncheck('conv1d', njit(lambda x, w: np.correlate(x, w)))",
]


def run_notebook(monkeypatch, path):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("CONVLAB_PROGRESS", str(path))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    NotebookClient(book, timeout=60, kernel_name="python3").execute()
    return [cell.outputs for cell in book.cells]


@pytest.fixture(scope="module")
def ipython_folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        yield


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.usefixtures("ipython_folder")
def test_in_a_kernel_it_shows_html_and_a_picture_the_same_each_time(monkeypatch, tmp_path):
    outputs = run_notebook(monkeypatch, tmp_path / "first" / "p.json")
    words, image = outputs[2]
    assert "Your output equals what you get when the weights are flipped" in words.data["text/html"]
    assert words.data["text/plain"].startswith("✗ conv1d: not right yet")
    assert base64.b64decode(image.data["image/png"]).startswith(b"\x89PNG")
    assert image.metadata["image/png"]["alt"] == image.data["text/plain"]
    (crash,) = outputs[4]
    assert "in crash, line 3: <code>return w[object()]</code>" in crash.data["text/html"]
    assert all(output.output_type == "display_data" for cell in outputs for output in cell)
    assert len(outputs[5]) == len(outputs[6]) == len(outputs[7]) == len(outputs[8]) == 1
    assert outputs[8] == outputs[7], "the verdict takes the place of the line that says that compiled code runs"
    assert run_notebook(monkeypatch, tmp_path / "second" / "p.json") == outputs
    assert progress.read()["exercises"]["conv1d"]["solved"] is True


def test_importing_it_is_quick_and_starts_no_heavy_library():
    script = "import sys, convlab.grading; print([m for m in ('matplotlib', 'IPython', 'numba', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
