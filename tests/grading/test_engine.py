"""The engine, whatever a learner's function does."""

import sys
import warnings

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlab.errors import ArgumentError
from convlab.grading import Answer, Exercise, Mutant, Outcome, Probe, Trait, diagnose, judge
from convlab.grading.calling import ask, is_empty
from convlab.grading.exercises import find
from convlab.grading.verdict import Failure

CONV1D = find("conv1d")
right = CONV1D.reference


def returns(value):
    return lambda x, w: value


# Not attempted --------------------------------------------------------------------------------------------------------


def stub_raises(x, w):
    # YOUR CODE HERE
    raise NotImplementedError()


def stub_with_something_given(x, w):
    """y[i] = ..."""
    y = np.zeros(len(x) - len(w) + 1)  # noqa: F841
    raise NotImplementedError


def stub_pass(x, w):
    pass


def stub_dots(x, w):
    """What it should do."""
    ...


def stub_returns_none(x, w):
    return None


STUBS = [stub_raises, stub_with_something_given, stub_pass, stub_dots, stub_returns_none, returns(...), ..., None]


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: getattr(stub, "__name__", str(stub)))
@pytest.mark.parametrize("name", ["conv1d", "true_convolution"])
def test_an_untouched_stub_is_not_attempted(stub, name):
    verdict = diagnose(find(name), stub, 0)
    assert (verdict.outcome, verdict.points, verdict.results) == (Outcome.NOT_ATTEMPTED, 0, ())
    assert "first version" in verdict.sentence


def test_a_forgotten_return_is_not_an_untouched_stub():
    def conv1d(x, w):
        y = right(x, w)  # noqa: F841

    verdict = diagnose(CONV1D, conv1d, 0)
    assert verdict.outcome is Outcome.WRONG
    assert "the `return` missing" in verdict.sentence


def test_not_implemented_for_some_inputs_only_is_an_attempt():
    def conv1d(x, w):
        if len(w) > 3:
            raise NotImplementedError("later")
        return right(x, w)

    assert diagnose(CONV1D, conv1d, 0).outcome is Outcome.CRASHED


@pytest.mark.parametrize("value", [3, np.zeros(6), "conv1d", [right]])
def test_a_result_in_place_of_the_function_is_told_so(value):
    verdict = diagnose(CONV1D, value, 0)
    assert verdict.outcome is Outcome.NOT_ATTEMPTED
    assert "without brackets: `check('conv1d', conv1d)`" in verdict.sentence


def test_is_empty_looks_behind_decorators_and_compilers():
    from functools import partial, wraps

    from numba import njit

    @wraps(stub_pass)
    def wrapped(*args):
        return stub_pass(*args)

    assert is_empty(wrapped)
    assert is_empty(partial(stub_pass, 1))
    assert is_empty(njit(stub_pass))
    assert not is_empty(njit(right))
    assert not is_empty(np.convolve)
    assert not is_empty(lambda x, w: 0)


# Crashed --------------------------------------------------------------------------------------------------------------


def test_a_crash_shows_the_learners_own_line():
    def conv1d(x, w):
        y = np.zeros(len(x) - len(w) + 1)
        for i in range(len(y) + 1):
            y[i] = np.dot(x[i : i + len(w)], w)
        return y

    verdict = diagnose(CONV1D, conv1d, 0)
    assert (verdict.outcome, verdict.points, verdict.mutant) == (Outcome.CRASHED, 0, "")
    line = conv1d.__code__.co_firstlineno + 3
    assert f"in conv1d, line {line}: `y[i] = np.dot(x[i : i + len(w)], w)`" in verdict.sentence
    assert "shapes (2,) and (3,) not aligned" in verdict.sentence
    assert "site-packages" not in verdict.sentence
    assert verdict.details[0].startswith("Two shapes do not fit in a matrix product")


def test_a_crash_in_a_helper_of_the_learner_shows_the_helper():
    def helper(values):
        return values.nope

    verdict = diagnose(CONV1D, lambda x, w: helper(x), 0)
    assert "AttributeError in helper, line" in verdict.sentence
    assert "`return values.nope`" in verdict.sentence


def test_the_words_of_a_crash_are_the_same_on_every_machine():
    def conv1d(x, w):
        raise ValueError(f"no {object()} in /home/ada/course/03.py and C:\\Users\\ada\\x.py\nsecond line " + "x" * 500)

    sentence = diagnose(CONV1D, conv1d, 0).sentence
    assert "<object object at 0x...>" in sentence
    assert "ada" not in sentence.split("`")[-1]
    assert len(sentence) < 500
    assert "\n" not in sentence


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    "error", [SystemExit(0), RecursionError("deep"), MemoryError(), GeneratorExit(), Unspeakable()]
)
def test_any_exception_is_a_crash(error):
    def conv1d(x, w):
        raise error

    verdict = diagnose(CONV1D, conv1d, 0)
    assert verdict.outcome is Outcome.CRASHED
    assert type(error).__name__ in verdict.sentence


def test_endless_recursion_is_a_crash():
    def conv1d(x, w):
        return conv1d(x, w)

    assert "RecursionError" in diagnose(CONV1D, conv1d, 0).sentence


def test_the_stop_button_stops_the_check():
    def conv1d(x, w):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        diagnose(CONV1D, conv1d, 0)


@pytest.mark.parametrize("function", [lambda x: x, lambda: 1, lambda x, w, b: x, lambda x, *, w: x])
def test_other_parameters_are_told_before_the_call(function):
    verdict = diagnose(CONV1D, function, 0)
    assert verdict.outcome is Outcome.CRASHED
    assert verdict.sentence.startswith("It is called as `conv1d(x, w)`, but yours takes (")


def test_a_time_budget_that_is_used_up_is_no_crash_and_ends_the_check():
    calls = []

    def double(x):
        calls.append(x)
        while len(calls) > 1:
            pass
        return 2 * x

    exercise = Exercise(**{**vars(doubles(mutants=())), "run_seconds": 0.05})
    verdict = diagnose(exercise, double, 0)
    assert (verdict.outcome, verdict.points, len(calls)) == (Outcome.OUT_OF_BOUNDS, 0, 2)
    assert "It has not come to an end after 0.05 s and was stopped, in double, line" in verdict.sentence
    assert "`while len(calls) > 1:`" in verdict.sentence or "`pass`" in verdict.sentence
    assert verdict.details[0].startswith("A loop without an end?")


def test_parameters_that_some_inputs_only_use_are_told_before_the_call():
    options = [{}, {"stride": 2}, {}]
    exercise = Exercise(
        **{
            **vars(doubles(mutants=())),
            "signature": "double(x, stride=1)",
            "probes": lambda rng: [Probe("", (rng.uniform(1, 2, 3),), option) for option in options],
        }
    )
    assert "yours takes (x)" in diagnose(exercise, lambda x: 2 * x, 0).sentence


# Wrong ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("text", "a value of type str"),
        ({}, "a value of type dict"),
        ({1.0}, "a value of type set"),
        (object(), "a value of type object"),
        (range(10**12), "a value of type range"),
        (1j, "a value of type complex"),
        (np.ones(6) * 1j, "complex numbers"),
        (np.array(["a"]), "text"),
        (np.array([object()]), "not all numbers"),
        ([[1], [1, 2]], "rows differ"),
        (np.zeros(6, "M8[s]"), "datetime64"),
        (3.5, "0 axes () where 1 are expected"),
        (np.zeros((6, 1)), "2 axes (6, 1) where 1 are expected"),
        (np.broadcast_to(0.0, (10**6, 10**6)), "2 axes (1000000, 1000000)"),
        ([[[0] * 1000] * 1000] * 1000, "more than 1,000,000 numbers"),
        (np.full(6, np.nan), "6 of 6 numbers are NaN"),
        (np.zeros(6), "All numbers are 0"),
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_what_cannot_be_right_is_told_in_words(value, words):
    verdict = diagnose(CONV1D, returns(value), 0)
    assert (verdict.outcome, verdict.points) == (Outcome.WRONG, 0)
    assert words in verdict.sentence


def test_a_list_that_holds_itself():
    loop = []
    loop.append(loop)
    assert diagnose(CONV1D, returns(loop), 0).outcome is Outcome.WRONG


class AlwaysEqual:
    """Equal to everything, close to everything, and an array if asked nicely."""

    shape, dtype, ndim, size = (6,), np.dtype(float), 1, 6

    def __eq__(self, other):
        return True

    __hash__ = None

    def __sub__(self, other):
        return 0.0

    __rsub__ = __abs__ = __le__ = __sub__

    def __getattr__(self, name):
        raise AttributeError(name)


class EqualArray(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, dtype=bool)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.zeros(self.shape)

    def __array_function__(self, func, types, args, kwargs):
        return True


class Explosive:
    @property
    def __array__(self):
        raise SystemExit("boom")


class LyingArray:
    def __array__(self, dtype=None, copy=None):
        return np.zeros((2, 2), dtype=object)


def test_an_always_equal_object_is_wrong():
    assert diagnose(CONV1D, returns(AlwaysEqual()), 0).outcome is Outcome.WRONG
    assert diagnose(CONV1D, lambda x, w: np.zeros(len(x) - len(w) + 1).view(EqualArray), 0).outcome is Outcome.WRONG
    assert diagnose(CONV1D, returns(LyingArray()), 0).outcome is Outcome.WRONG
    assert diagnose(CONV1D, returns(Explosive()), 0).outcome is Outcome.CRASHED


def test_a_subclass_of_array_with_the_right_numbers_is_right():
    assert diagnose(CONV1D, lambda x, w: right(x, w).view(EqualArray), 0).outcome is Outcome.RIGHT


def test_a_replaced_allclose_changes_nothing(monkeypatch):
    def conv1d(x, w):
        monkeypatch.setattr(np, "allclose", lambda *a, **k: True)
        return np.zeros(len(x) - len(w) + 1)

    assert diagnose(CONV1D, conv1d, 0).outcome is Outcome.WRONG


def test_one_array_used_for_every_answer_does_not_confuse():
    buffer = np.zeros(100)

    def conv1d(x, w):
        y = right(x, w)
        buffer[: len(y)] = y
        return buffer[: len(y)]

    assert diagnose(CONV1D, conv1d, 0).outcome is Outcome.RIGHT


# Right, with remarks --------------------------------------------------------------------------------------------------


def test_a_list_costs_nothing_and_is_remarked_on():
    verdict = diagnose(CONV1D, lambda x, w: right(x, w).tolist(), 0)
    assert (verdict.outcome, verdict.points) == (Outcome.RIGHT, 2)
    assert len(verdict.notes) == 1
    assert "gave back a list" in verdict.notes[0]


def test_a_changed_input_is_noticed_and_costs_nothing():
    def conv1d(x, w):
        y = right(x, w)
        x *= 2
        w[0] = np.nan
        return y

    probes = CONV1D.draw(0)
    verdict = diagnose(CONV1D, conv1d, 0)
    assert verdict.outcome is Outcome.RIGHT
    assert [note.split("`")[1] for note in verdict.notes] == ["x", "w"]
    assert "costs no points" in verdict.notes[0]
    assert all(np.array_equal(a.args[0], b.args[0]) for a, b in zip(probes, [r.probe for r in verdict.results]))


def test_an_input_that_changes_its_shape_is_noticed():
    def conv1d(x, w):
        y = right(x, w)
        x.resize((2, 3), refcheck=False)
        return y

    verdict = diagnose(CONV1D, conv1d, 0)
    assert verdict.outcome is Outcome.RIGHT
    assert "`x`" in verdict.notes[0]


def test_prints_warnings_and_progress_bars_cost_nothing(capsys):
    from tqdm import tqdm

    def conv1d(x, w):
        print("debug", x.shape, flush=True)
        print("to the other stream", file=sys.stderr)
        warnings.warn("careful", UserWarning, stacklevel=1)
        for _ in tqdm(range(3)):
            pass
        np.zeros(1) / np.zeros(1)
        return right(x, w)

    verdict = diagnose(CONV1D, conv1d, 0)
    assert verdict.outcome is Outcome.RIGHT
    assert verdict.notes == ("Python warned while it ran: UserWarning: careful",)
    assert capsys.readouterr() == ("", "")
    assert verdict.results[0].answer.printed.startswith("debug (8,)\nto the other stream\n")


def test_thirty_megabytes_of_prints_are_cut():
    def conv1d(x, w):
        for _ in range(5):
            print("x" * 1_000_000)
        return right(x, w)

    verdict = diagnose(CONV1D, conv1d, 0)
    assert verdict.outcome is Outcome.RIGHT
    assert len(verdict.results[0].answer.printed) == 2000


def test_a_learners_error_state_does_not_leak_into_the_comparison():
    def conv1d(x, w):
        np.seterr(all="raise")
        return np.full(len(x) - len(w) + 1, 1e308)

    before = np.geterr()
    try:
        assert diagnose(CONV1D, conv1d, 0).outcome is Outcome.WRONG
    finally:
        np.seterr(**before)


# Never raises ---------------------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text(max_size=5)
nested = st.recursive(scalars | st.binary(max_size=5), lambda inner: st.lists(inner, max_size=4), max_leaves=12)
arrays = hnp.arrays(
    dtype=hnp.scalar_dtypes() | hnp.array_dtypes(max_size=2),
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6),
)
objects = st.sampled_from(
    [object(), AlwaysEqual(), Explosive(), LyingArray(), type, len, NotImplemented, (), {}, set()]
)
anything = scalars | nested | arrays | objects | st.dictionaries(st.text(max_size=3), scalars, max_size=2)


@settings(max_examples=100, deadline=None)
@given(value=anything)
@pytest.mark.parametrize("name", ["conv1d", "vertical_edges"])
def test_diagnose_never_raises_whatever_comes_back(name, value):
    verdict = diagnose(find(name), lambda *args: value, 0)
    assert verdict.outcome in Outcome
    assert verdict.sentence
    assert verdict.points in (0, verdict.max_points)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(anything, min_size=6, max_size=6))
def test_diagnose_never_raises_whatever_comes_back_in_turn(values):
    queue = iter(values)
    assert diagnose(CONV1D, lambda x, w: next(queue), 0).sentence


@settings(max_examples=60, deadline=None)
@given(noise=st.floats(-1e-6, 1e-6), seed=st.integers(0, 1000))
def test_errors_of_rounding_are_right_and_larger_ones_are_not(noise, seed):
    assert diagnose(CONV1D, lambda x, w: right(x, w) + noise, seed).outcome is Outcome.RIGHT
    assert diagnose(CONV1D, lambda x, w: right(x, w) + 0.01, seed).outcome is Outcome.WRONG


# The rules of naming, on an exercise made for it ----------------------------------------------------------------------

SIGN = Trait("positive numbers", "negative numbers")


def doubles(*, mutants, behaviour=None):
    """An exercise that doubles a vector; the last two of four probes are negative."""
    return Exercise(
        name="double",
        lesson="99",
        points=1,
        signature="double(x)",
        summary="2 x",
        probes=lambda rng: [
            Probe(f"probe {k}", (rng.uniform(1, 2, 3) * (1 if k < 2 else -1),), traits=(SIGN,) * (k >= 2))
            for k in range(4)
        ],
        reference=lambda x: 2 * x,
        mutants=mutants,
        hints=("a", "b", "c"),
        axes=("place",),
        behaviour=behaviour,
    )


SQUARED = Mutant("squared", lambda x: x**2, "You square.")
TWIN = Mutant("twin", lambda x: x * x, "The same in other words.")
TRIPLED = Mutant("tripled", lambda x: 3 * x, "You triple.")


def test_a_mutant_is_named_on_two_probes():
    assert diagnose(doubles(mutants=(SQUARED, TRIPLED)), lambda x: x**2, 0).mutant == "squared"
    assert diagnose(doubles(mutants=(SQUARED, TRIPLED)), lambda x: 3 * x, 0).mutant == "tripled"


def test_one_agreeing_probe_is_not_enough():
    calls = iter(range(10))
    verdict = diagnose(doubles(mutants=(SQUARED,)), lambda x: x**2 if next(calls) == 0 else 2 * x, 0)
    assert (verdict.outcome, verdict.mutant) == (Outcome.WRONG, "")


def test_two_mutants_alike_name_nothing():
    verdict = diagnose(doubles(mutants=(SQUARED, TWIN)), lambda x: x**2, 0)
    assert verdict.mutant == ""
    assert verdict.sentence


def test_results_that_fit_two_mutants_name_nothing():
    calls = iter(range(10))
    verdict = diagnose(doubles(mutants=(SQUARED, TRIPLED)), lambda x: x**2 if next(calls) < 2 else 3 * x, 0)
    assert verdict.mutant == ""


def test_a_mutant_is_named_by_its_nan_and_its_infinity():
    logarithm = Mutant("logarithm", lambda x: np.log(np.minimum(x, 0)), "You take the logarithm of what is left of 0.")
    exercise = doubles(mutants=(logarithm, SQUARED))
    for seed in range(3):
        with np.errstate(all="ignore"):
            assert np.isinf(logarithm.function(*exercise.draw(seed)[0].args)).all()
            assert diagnose(exercise, lambda x: np.log(np.minimum(x, 0)), seed).mutant == "logarithm"


def test_a_mutant_that_crashes_names_nothing_and_breaks_nothing():
    broken = Mutant("broken", lambda x: x[100], "Out of range.")
    assert diagnose(doubles(mutants=(broken, SQUARED)), lambda x: x[100], 0).outcome is Outcome.CRASHED
    assert diagnose(doubles(mutants=(broken, SQUARED)), lambda x: x**2, 0).mutant == "squared"


def test_exactly_the_probes_with_a_trait():
    verdict = diagnose(doubles(mutants=()), lambda x: 2 * np.abs(x), 0)
    assert verdict.sentence == (
        "Right with positive numbers, but wrong with negative numbers. Every number has the wrong sign."
    )
    crash = diagnose(doubles(mutants=()), lambda x: 2 * x if x[0] > 0 else x[9], 0)
    assert "Right with positive numbers, but stops with negative numbers." in crash.details


def test_a_call_is_told_with_shapes_of_arrays_and_everything_else_as_it_is():
    exercise = Exercise(**{**vars(doubles(mutants=())), "signature": "double(x, k, name, sizes, parts, f)"})
    probe = Probe("", (np.zeros((2, 3)), 4, "a", [(1, 2)] * 30), {"parts": [np.zeros(2)] * 3, "f": np.exp})
    told = exercise.describe(probe)
    assert told.startswith("double(x (2, 3), k=4, name='a', sizes=[(1, 2), ")
    assert told.endswith("..., parts (3 arrays), f=exp)")
    assert (
        exercise.describe(Probe("", (np.float32(1 / 3), np.array(7), 0.1 + 0.2))) == "double(x=0.333333, k=7, name=0.3)"
    )


def test_judge_needs_answers_only():
    exercise = doubles(mutants=(SQUARED,))
    probes = exercise.draw(5)
    answers = [Answer(values=p.args[0] ** 2, shape=p.args[0].shape) for p in probes]
    assert judge(exercise, probes, answers, 5).mutant == "squared"
    answers[0] = Answer(failure=Failure("TimeoutError", "too slow"))
    assert judge(exercise, probes, answers, 5).seed == 5
    assert judge(exercise, probes, [ask(exercise, exercise.reference, p) for p in probes]).outcome is Outcome.RIGHT


def test_definitions_are_checked():
    good = vars(doubles(mutants=()))
    with pytest.raises(ArgumentError, match="exercise double: expected 3 hints, got 2"):
        Exercise(**{**good, "hints": ("a", "b")})
    with pytest.raises(ArgumentError, match="two mutants have the same name"):
        Exercise(**{**good, "mutants": (SQUARED, SQUARED)})
    with pytest.raises(ArgumentError, match="the signature is that of another function"):
        Exercise(**{**good, "signature": "triple(x)"})
