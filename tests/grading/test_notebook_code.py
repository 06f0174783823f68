"""From cells to one function: which definition counts, and which statements it needs."""

import numpy as np
import pytest

from convlab.grading import notebook_code as code


def read(*sources, graded=None):
    return code.read_cells(
        [
            {"source": source, "graded_as": graded if graded and k == 0 else "", "number": k, "is_code": True}
            for k, source in enumerate(sources)
        ]
    )


STUB = "def f(x):\n    '''What it does.'''\n    # YOUR CODE HERE\n    raise NotImplementedError()"


def test_the_last_definition_that_is_more_than_a_stub_counts():
    assert code.candidates(read("def f(x): return 1", "def f(x): return 2", STUB), "f") == [(1, "f")]
    assert code.candidates(read(STUB), "f") == [(0, "f")]
    assert code.candidates(read("def g(x): return 1"), "f") == []


def test_the_exercises_own_cell_is_the_second_choice():
    cells = read("def f(x): return 1", "def f(x): return 2", graded="f")
    assert code.candidates(cells, "f") == [(1, "f"), (0, "f")]
    assert code.candidates(read(STUB, "def f(x): return 2", graded="f"), "f") == [(1, "f")]


def test_a_renamed_function_is_found_by_the_exercises_own_cell():
    assert code.candidates(read("def help(x): return 1\ndef my_f(x): return help(x)", graded="f"), "f") == [(0, "my_f")]


@pytest.mark.parametrize(
    "source",
    [
        "f = lambda x: x",
        "f = g = len",
        "from math import sqrt as f",
        "class f:\n    pass",
        "f: object = len",
        "f, g = 1, 2",
    ],
)
def test_a_name_may_be_given_in_other_ways(source):
    assert code.candidates(read(source), "f") == [(0, "f")]


def values(cells, name="f", whole=False, tmp_path=None):
    ((place, own), *_) = code.candidates(cells, name)
    choose = code.everything if whole else code.needed
    names = {"__name__": "__main__"}
    errors = code.run(choose(cells, place, own), tmp_path, names)
    return names, errors


def test_only_what_the_function_needs_is_run(tmp_path):
    cells = read(
        "import numpy as np\nimport nowhere",
        "table = np.zeros(3)\nunused = 1 / 0\nfor k in range(3):\n    table[k] = k",
        "log = []\nlog.append(7)\nplots.show(table)\nf(3)",
        "def helper(x):\n    return x + table[2] + log[0]",
        "def f(x):\n    return helper(x)",
        "while True:\n    other = 1",
    )
    names, errors = values(cells, tmp_path=tmp_path)
    assert names["f"](1) == 1 + 2 + 7
    assert not errors and "unused" not in names and "other" not in names


def test_statements_go_on_after_one_that_fails(tmp_path):
    names, errors = values(read("a = 1 / 0", "b = 2", "def f(x):\n    return b if x else a"), tmp_path=tmp_path)
    assert names["f"](1) == 2
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_everything_is_run_if_it_is_asked_for(tmp_path):
    cells = read("globals()['b'] = 2", "raise SystemExit", "def f(x):\n    return b")
    names, errors = values(cells, whole=True, tmp_path=tmp_path)
    assert names["f"](1) == 2 and [type(error) for error in errors] == [SystemExit]


def test_star_imports_and_values_changed_through_an_attribute(tmp_path):
    names, _ = values(
        read("from math import *", "class O: pass", "o = O()\no.k = 3", "def f(x):\n    return sqrt(x) + o.k"),
        tmp_path=tmp_path,
    )
    assert names["f"](4) == 5


def test_lines_of_the_learner_can_be_shown(tmp_path):
    import traceback

    names, _ = values(read("def f(x):\n    return x / 0"), tmp_path=tmp_path)
    try:
        names["f"](1)
    except ZeroDivisionError as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
    assert (last.lineno, last.line) == (2, "return x / 0") and last.filename.endswith("cell_0.py")


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("    %time f(1)\nx", "    pass\nx"),
        ("files = !ls\ny = %who", "files = None\ny = None"),
        ("np.zeros?\nx = 1", "pass\nx = 1"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("%%bash\nrm -rf /", ""),
        ("%%writefile f.py\nx = 1", ""),
        ("x = 7 % 3\ny = (7\n% 3)", "x = 7 % 3\ny = (7\n% 3)"),
        ('text = """\n!important\n"""', 'text = """\n!important\n"""'),
    ],
)
def test_ipythons_own_commands_are_left_out(source, python):
    assert code.plain_python(source) == python


def test_a_cell_that_cannot_be_read_is_told_by_its_function():
    cells = read("def g(x): return 1", "def f(x)\n    return 1", "x = (")
    assert code.candidates(cells, "f") == []
    broken = code.broken_definition(cells, "f")
    assert (broken.number, broken.error.lineno) == (1, 1)
    assert code.broken_definition(cells, "h") is None


@pytest.mark.parametrize("source", ["(" * 5000, "x = " + "-" * 100_000 + "1", "\x00", "é = 1\nprint 1", "x" * 500_000])
def test_source_made_to_break_the_reader_is_an_error_of_that_cell(source):
    cells = read(source, "def f(x):\n    return 1")
    assert code.candidates(cells, "f") == [(1, "f")]


def test_the_answers_of_the_course_need_what_they_say(tmp_path):
    from made_class import RIGHT

    cells = read("import numpy as np\nfrom convlab import plots", RIGHT["conv2d"], "plots.show(conv2d(1, 2, 3))")
    parts = code.needed(cells, 1, "conv2d")
    assert [len(statements) for _, statements in parts] == [1, 1]
    names, errors = values(cells, "conv2d", tmp_path=tmp_path)
    assert not errors and names["conv2d"](np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), np.zeros(1)).item() == 4
