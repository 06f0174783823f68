"""Errors as Python, NumPy and Numba really raise them: each gets its cause, its line, and no path of this machine."""

import numpy as np
import pytest
from numba import njit

from convlab.grading import Outcome, diagnose, messages
from convlab.grading.calling import describe_failure
from convlab.grading.card import as_html, as_text
from convlab.grading.causes import EMPTY, FLOAT, KINDS, NUMBA, UNSUPPORTED, cause
from convlab.grading.exercises import find
from convlab.grading.numba_errors import in_words, telling

X = np.arange(12.0).reshape(3, 4)
CONV1D = find("conv1d")


def failure(function, *args):
    with pytest.raises(BaseException) as caught:  # noqa: B017, PT011: the kinds are what is looked at
        function(*args)
    return describe_failure(caught.value, function)


def change(array, place, value):
    array[place] = value


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (lambda: X + np.ones(3), "ValueError", "Shapes (3,4) and (3,) do not fit"),
        (lambda: X[2:, :2] * X[3:, :2].T[:, :2] * X[3:], "ValueError", EMPTY),
        (lambda: change(np.zeros((2, 2)), ..., X), "ValueError", "has shape (3,4), the place left of it (2,2)"),
        (lambda: change(np.zeros((3, 4)), (slice(0, -0), slice(0, -0)), X), "ValueError", EMPTY),
        (lambda: np.dot(X, X), "ValueError", "do not fit in a matrix product"),
        (lambda: X @ X, "ValueError", "do not fit in a matrix product"),
        (lambda: X[0:-0].max(), "ValueError", EMPTY),
        (lambda: np.argmax(X[5:]), "ValueError", EMPTY),
        (lambda: X.reshape(5, 2), "ValueError", "12 numbers do not fill the shape (5,2)"),
        (lambda: np.concatenate([X, np.ones((2, 2))]), "ValueError", "arrays to be joined differ"),
        (lambda: change(np.zeros(3), 0, X[0]), "ValueError", "where one number is meant"),
        (lambda: float(X), "TypeError", "where one number is meant"),
        (lambda: 1 if X > 0 else 0, "ValueError", "one yes or no"),
        (lambda: [a for a, b, c in [X.shape]], "ValueError", "3 names on the left of the `=`, but only 2 values"),
        (lambda: [a for (a,) in [X.shape]], "ValueError", "than names on the left (1)"),
        (lambda: X[3], "IndexError", "Axis 0 has 3 places, counted from 0, and the line asks for number 3"),
        (lambda: X[0, 0, 0], "IndexError", "Axes of the array: 2. Indices on the line: 3"),
        (lambda: X[4 / 2], "IndexError", FLOAT),
        (lambda: np.zeros((4 / 2, 3)), "TypeError", FLOAT),
        (lambda: range(4 / 2), "TypeError", FLOAT),
        (lambda: [][0], "IndexError", "shorter than you think"),
        (lambda: [2, 1].sort()[0], "TypeError", "A value is None"),
        (lambda: np.zeros[3], "TypeError", "Square brackets stand behind something that has no parts"),
        (lambda: X[0, 0][0], "IndexError", "Square brackets stand behind something that has no parts"),
        (lambda: X(0), "TypeError", "Round brackets stand behind something that is no function"),
        (lambda: X.sum(axis=5), "ValueError", "only 2 axes"),
        (lambda: np.add(np.zeros(3, int), 0.5, out=np.zeros(3, int)), "TypeError", "dtype=float"),
        (lambda: change(np.broadcast_to(1.0, 3), 0, 2), "ValueError", ".copy()"),
        (lambda: plt.plot(X), "NameError", "run the first cell"),  # noqa: F821
        (lambda: misspelt, "NameError", "`misspelt` has no value here"),  # noqa: F821
        (lambda: np.argmaximum(X), "AttributeError", "There is no `argmaximum` in numpy"),
        (lambda: X.size(), "TypeError", "Round brackets"),
        (lambda: 1 / 0, "ZeroDivisionError", KINDS["ZeroDivisionError"]),
        (lambda: int("x"), "ValueError", KINDS["ValueError"]),
    ],
)  # fmt: skip
def test_an_error_is_told_its_usual_cause(function, kind, words):
    said = failure(function)
    assert said.kind == kind
    assert words in cause(said)
    assert ", line " in said.where and said.line
    assert said.full.splitlines()[-1].startswith(f"{kind}: ")


def plain(x):
    return x + 1


def uses_plain(x):
    return plain(x)


def uses_pad(x):
    y = np.pad(x, 1)
    return y


def changes_its_kind(x):
    y = 0
    if x.size > 1:
        y = np.zeros(3)
    return y


def returns_two_kinds(x):
    if x.size > 1:
        return x
    return 0.0


def too_many_indices(x):
    return x[0, 0, 0]


def float_index(x):
    return x[x.size / 2]


def float_size(x):
    return np.zeros((x.size / 2, 3))


def list_size(x):
    return np.zeros([2, 3])


def axis_of_max(x):
    return x.max(axis=1)


def array_for_number(x):
    y = np.zeros(3)
    y[0] = x
    return y


def star(x):
    first, *rest = x.shape
    return rest, first


def missing_attribute(x):
    return np.argmaximum(x)


def empty_list(x):
    parts = []
    return parts


@pytest.mark.parametrize(
    ("function", "line", "words"),
    [
        (uses_plain, "return plain(x)", "Put `@njit` above `plain` as well."),
        (uses_pad, "y = np.pad(x, 1)", "Numba does not know `np.pad`"),
        (changes_its_kind, "return y", "`y` is the whole number 0 in one place and an array (axes: 1) in another"),
        (returns_two_kinds, "return x | return 0.0", "Every `return` must give back the same kind"),
        (too_many_indices, "return x[0, 0, 0]", "Axes of the array: 2. Indices on the line: 3."),
        (float_index, "return x[x.size / 2]", FLOAT),
        (float_size, "return np.zeros((x.size / 2, 3))", FLOAT),
        (list_size, "return np.zeros([2, 3])", "wants its shape as a tuple"),
        (axis_of_max, "return x.max(axis=1)", "no `axis=`"),
        (array_for_number, "y[0] = x", "does not fit the place left of it"),
        (star, "first, *rest = x.shape", UNSUPPORTED),
        (missing_attribute, "", "There is no `argmaximum` in numpy"),
        (empty_list, "parts = []", "`parts` begins as an empty list"),
    ],
)
def test_what_numba_cannot_compile_is_told_in_words(function, line, words):
    said = failure(njit(function), X)
    assert said.compiling
    assert said.line in line.split(" | ")  # Numba names one of the two, now this and now that
    assert said.where.split(",")[0] == function.__name__
    assert words in cause(said)
    assert "site-packages" not in said.message and not _has_a_path(said.full)


def _has_a_path(text):
    return any(folder in text for folder in ("/home", "/work", "/tmp", "/usr", "../", "site-packages/"))


def test_other_errors_of_the_compiler_have_a_general_sentence():
    said = telling("Failed in nopython mode pipeline (step: nopython frontend)\nSomething new\n\nFile ...")
    assert said == "Something new"
    assert in_words("Tuple(float64, 2)") == "Tuple(float64, 2)"

    def strange(x):
        return "%s" % x.size  # noqa: UP031

    assert cause(failure(njit(strange), X)) == NUMBA


# In the verdict -------------------------------------------------------------------------------------------------------


def test_a_verdict_on_what_cannot_be_compiled():
    @njit
    def conv1d(x, w):
        y = np.zeros(len(x) - len(w) + 1)
        y[:] = np.correlate(plain(x), w)
        return y

    verdict = diagnose(CONV1D, conv1d, 0)
    assert verdict.outcome is Outcome.CRASHED
    line = conv1d.py_func.__code__.co_firstlineno + 3
    assert verdict.sentence.startswith(
        f"Numba cannot compile conv1d, line {line}: `y[:] = np.correlate(plain(x), w)` ("
    )
    assert verdict.details[0].endswith("Put `@njit` above `plain` as well.")
    card = messages.verdict_card(verdict)
    assert "The whole message of Numba" in as_html(card)
    assert "Failed in nopython mode" in as_html(card) and "Failed in nopython mode" not in as_text(card)


def helper(x, w):
    y = np.zeros(len(x) - len(w) + 1)
    for i in range(len(y) + 1):
        y[i] = x[i]
    return y


def test_the_whole_message_of_python_shows_the_learners_own_steps():
    verdict = diagnose(CONV1D, lambda x, w: helper(x, w), 0)
    full = verdict.failed[0].answer.failure.full
    assert full.splitlines()[1].strip().startswith("verdict = diagnose(CONV1D, lambda x, w: helper(x, w), 0)")
    assert "in helper, line" in full and "    y[i] = x[i]" in full
    assert full.endswith("IndexError: index 6 is out of bounds for axis 0 with size 6")
    assert "The whole message of Python" in as_html(messages.verdict_card(verdict))


def test_an_index_past_the_edge_of_compiled_code_is_found_by_running_it_in_python():
    @njit
    def conv1d(x, w):
        y = np.zeros(len(x) - len(w) + 1)
        for i in range(len(y)):
            for k in range(len(w)):
                y[i] += x[i + k] * w[k + 1]
        return y

    verdict = diagnose(CONV1D, conv1d, 0)
    assert verdict.outcome is Outcome.WRONG
    assert verdict.sentence.startswith(
        "Compiled code does not watch the edges of arrays. Run by Python it stops with IndexError"
    )
    assert "`y[i] += x[i + k] * w[k + 1]`" in verdict.sentence
    assert verdict.details[0].startswith("Axis 0 has 3 places")


def test_nothing_on_some_ways_through_the_function():
    def conv1d(x, w):
        if len(w) == 3:
            return CONV1D.reference(x, w)

    verdict = diagnose(CONV1D, conv1d, 0)
    assert verdict.outcome is Outcome.WRONG
    assert "every way through the function must end in a `return`" in verdict.sentence
