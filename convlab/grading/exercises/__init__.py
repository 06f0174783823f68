"""The exercises and questions of the course, found by name."""

import difflib
from collections.abc import Iterable

from convlab.errors import ArgumentError
from convlab.grading.definition import Exercise, Question
from convlab.grading.exercises import (
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
    lesson_13,
    questions_00,
    questions_01,
    questions_02,
    questions_03,
    questions_04,
    questions_05,
    questions_06,
    questions_07,
    questions_08,
    questions_09,
    questions_10,
    questions_11,
    questions_12,
    questions_13,
)

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        *lesson_01.EXERCISES,
        *lesson_02.EXERCISES,
        *lesson_03.EXERCISES,
        *lesson_04.EXERCISES,
        *lesson_05.EXERCISES,
        *lesson_06.EXERCISES,
        *lesson_07.EXERCISES,
        *lesson_08.EXERCISES,
        *lesson_11.EXERCISES,
        *lesson_13.EXERCISES,
        *lesson_10.EXERCISES,
        *lesson_12.EXERCISES,
        *lesson_09.EXERCISES,
    )
}
QUESTIONS: dict[str, Question] = {
    question.id: question
    for question in (
        *questions_00.QUESTIONS,
        *questions_01.QUESTIONS,
        *questions_02.QUESTIONS,
        *questions_03.QUESTIONS,
        *questions_04.QUESTIONS,
        *questions_05.QUESTIONS,
        *questions_06.QUESTIONS,
        *questions_07.QUESTIONS,
        *questions_08.QUESTIONS,
        *questions_11.QUESTIONS,
        *questions_13.QUESTIONS,
        *questions_10.QUESTIONS,
        *questions_12.QUESTIONS,
        *questions_09.QUESTIONS,
    )
}


def find(name: str) -> Exercise:
    """The exercise of that name. Raises ArgumentError, which lists the names.

    >>> find("conv2d").signature
    'conv2d(x, w, b, stride=1, padding=0)'
    """
    if not isinstance(name, str) or name not in EXERCISES:
        raise ArgumentError(_unknown("exercise", name, EXERCISES))
    return EXERCISES[name]


def find_question(question_id: str) -> Question:
    """The question of that id. Raises ArgumentError, which lists the ids."""
    if not isinstance(question_id, str) or question_id not in QUESTIONS:
        raise ArgumentError(_unknown("question", question_id, QUESTIONS))
    return QUESTIONS[question_id]


def _unknown(what: str, name: object, names: Iterable[str]) -> str:
    if not isinstance(name, str):
        kind = type(name).__name__
        return f"check: the name of the {what} comes first, in quotes, got a {kind} ({what}s: {_list(names)})"
    near = difflib.get_close_matches(name, names, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    return f'check: there is no {what} "{name}"{hint} ({what}s: {_list(names)})'


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
