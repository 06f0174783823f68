"""Every exercise of the course: its checks are tested before a learner meets them.

For each exercise in `convlab.grading.exercises.EXERCISES`:

- the reference and the solution notebook get full points, the stub in the exercise notebook none;
- every mistake gets no points, differs from every other on two inputs, and at least nine in ten are named by their own
  sentence whatever the inputs (`docs/kill_table.md` shows all of them);
- no right answer in another style is refused or misnamed;
- the points in the solution notebook are those of the exercise.

A new lesson needs one file more, `answers_NN.py`, beside this one. It holds right answers that another learner might
have written, at least two for each exercise beside the reference, each from its own idea: loops, whole arrays, einsum,
windows by strides, single precision inside, another library, compiled by Numba. (That a list or a float32 array may come
back is tested here with the reference; it needs no entry.)

    ANSWERS = {
        "conv1d": {"loops": conv1d_loops, "np.convolve": lambda x, w: np.convolve(x, w[::-1], "valid"), "njit": ...},
        "conv2d": {...},
    }

Where a style that is tested with the reference cannot be right, the file says so, with the reason:

    EXEMPT = {"gradient_check": {"float32": "single precision is the mistake that the exercise is about"}}
"""

import itertools

import numpy as np
import pytest
from every import (
    LESSONS,
    SEEDS,
    answers,
    answers_of,
    as_float32,
    as_list,
    exempt,
    functions,
    kills,
    need_compiler,
    notebook,
)

from convlab.grading import Outcome, diagnose
from convlab.grading.difference import close
from convlab.grading.engine import drawn
from convlab.grading.exercises import EXERCISES

EXERCISE = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
STYLES = [
    pytest.param(exercise, style, function, id=f"{exercise.name}: {style}")
    for exercise in EXERCISES.values()
    for style, function in answers(exercise).items()
]


# Right answers --------------------------------------------------------------------------------------------------------


@EXERCISE
def test_the_reference_gets_full_points(exercise):
    for seed in range(5):
        verdict = diagnose(exercise.numbers_only, exercise.reference, seed)
        assert verdict.outcome is Outcome.RIGHT, verdict.sentence
        assert verdict.points == verdict.max_points == exercise.points > 0
        assert verdict.notes == ()


@EXERCISE
def test_the_solution_gets_full_points(exercise):
    need_compiler(exercise)
    verdict = diagnose(exercise, functions("solutions", exercise.lesson)[exercise.name], seed=11)
    assert (verdict.outcome, verdict.points) == (Outcome.RIGHT, exercise.points), verdict.sentence


@pytest.mark.parametrize(("exercise", "style", "function"), STYLES)
def test_a_right_answer_in_another_style_is_right(exercise, style, function):
    need_compiler(exercise)
    for seed in (1, 4):
        verdict = diagnose(exercise, function, seed)
        assert (verdict.outcome, verdict.points) == (Outcome.RIGHT, exercise.points), f"{style}: {verdict.sentence}"


@EXERCISE
@pytest.mark.parametrize(("style", "change"), [("list", as_list), ("float32", as_float32)])
def test_a_list_or_single_precision_costs_nothing(exercise, style, change):
    verdict = diagnose(exercise.numbers_only, change(exercise.reference), seed=2)
    refused = (verdict.outcome, verdict.points) != (Outcome.RIGHT, exercise.points)
    assert refused == exempt(exercise, style), verdict.sentence


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_lesson_has_right_answers_in_other_styles(lesson):
    names = [exercise.name for exercise in EXERCISES.values() if exercise.lesson == lesson]
    module = answers_of(lesson)
    assert module, f"write tests/grading/answers_{lesson}.py: right answers in other styles to {', '.join(names)}"
    for name in names:
        given = set(module.ANSWERS.get(name, {}).values()) - {EXERCISES[name].reference}
        assert len(given) >= 2, f"answers_{lesson}.py: {name} has {len(given)} right answers in other styles, 2 needed"
    strays = set(module.ANSWERS) | set(getattr(module, "EXEMPT", {}))
    assert strays <= set(names), f"answers_{lesson}.py: no exercise of lesson {lesson}: {strays - set(names)}"


# Stubs and points -----------------------------------------------------------------------------------------------------


@EXERCISE
def test_the_untouched_stub_gets_nothing(exercise):
    verdict = diagnose(exercise, functions("exercises", exercise.lesson)[exercise.name])
    assert (verdict.outcome, verdict.points) == (Outcome.NOT_ATTEMPTED, 0)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_points_of_the_solution_are_those_of_the_exercises(lesson):
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook("solutions", lesson).cells]
    points = {mark["grade_id"]: mark["points"] for mark in marks if mark.get("grade")}
    assert points == {f"check-{e.name}": e.points for e in EXERCISES.values() if e.lesson == lesson}


# Mistakes -------------------------------------------------------------------------------------------------------------


@EXERCISE
def test_every_mistake_gets_nothing(exercise):
    assert kills(exercise.name).right == len(SEEDS)
    for mistake in kills(exercise.name).mistakes:
        assert mistake.failed == len(SEEDS), f"{mistake.name}: full points for a wrong answer"


@EXERCISE
def test_neither_the_right_answer_nor_a_mistake_writes_into_its_inputs(exercise):
    """The engine hands out the same probes again and again."""
    kills(exercise.name)
    for seed in SEEDS:
        used, fresh = (
            list(numbers([probe.args for probe in probes])) for probes in (drawn(exercise, seed), exercise.draw(seed))
        )
        np.testing.assert_array_equal(used, fresh)


@EXERCISE
def test_nine_mistakes_in_ten_are_always_named_by_their_own_sentence(exercise):
    mistakes = kills(exercise.name).mistakes
    unnamed = [mistake.name for mistake in mistakes if mistake.named < len(SEEDS)]
    assert len(unnamed) <= 0.1 * len(mistakes), f"not always named: {', '.join(unnamed)}"


@EXERCISE
def test_there_are_enough_mistakes_and_each_has_its_own_sentence(exercise):
    assert len(exercise.mutants) >= 4
    assert len({mutant.sentence for mutant in exercise.mutants}) == len(exercise.mutants)


@EXERCISE
def test_every_mistake_differs_from_every_other_on_two_probes(exercise):
    def behave(function, probe):
        with np.errstate(all="ignore"):
            try:
                values = np.asarray(function(*probe.args, **probe.kwargs), dtype=float)
                return exercise.behaviour(values, probe) if exercise.behaviour else values
            except Exception as error:  # a mistake may stop; where it does is a sign too
                return np.array([len(str(error))], dtype=float)

    named = {mutant.name: mutant.function for mutant in exercise.mutants} | {"right": exercise.reference}
    for seed in SEEDS[:2]:
        probes = exercise.draw(seed)
        results = {name: [behave(function, probe) for probe in probes] for name, function in named.items()}
        for one, other in itertools.combinations(results, 2):
            differing = sum(not close(a, b, exercise.tolerance) for a, b in zip(results[one], results[other]))
            assert differing >= 2, f"{one} and {other} differ on {differing} probes"


# Definitions ----------------------------------------------------------------------------------------------------------


@EXERCISE
def test_probes_follow_from_the_seed(exercise):
    def inputs(seed):
        return [list(numbers((probe.args, dict(probe.kwargs), probe.stage))) for probe in exercise.draw(seed)]

    assert inputs(4) == inputs(4)
    assert any(inputs(4) != inputs(seed) for seed in range(5, 9))  # a few small numbers may come out alike once


def numbers(value):
    """All numbers in nested arrays, lists and dictionaries."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, (np.ndarray, np.generic, int, float)):
        yield from np.ravel(value).tolist()


@EXERCISE
def test_an_exercise_is_complete(exercise):
    assert exercise.lesson.isdigit() and len(exercise.lesson) == 2
    assert all(len(hint) > 30 for hint in exercise.hints)
    for probe in exercise.draw(0):
        assert len(probe.args) + len(probe.kwargs) <= len(exercise.parameters)
        assert exercise.describe(probe).startswith(f"{exercise.name}(")
