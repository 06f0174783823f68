"""Comparing a learner's prediction with the answer, and choosing the reply. Nothing here prints or stores."""

import ast
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from convlab.grading.definition import Question


@dataclass(frozen=True)
class Reaction:
    """What is said to a prediction: `right` is None where there is nothing to judge yet."""

    right: bool | None
    sentence: str


def react(question: Question, answer: Any) -> Reaction:
    """The reply to a prediction. It raises nothing, whatever the prediction is.

    >>> from convlab.grading.exercises import find_question
    >>> react(find_question("03_output_size"), (2, 2)).sentence
    '5 - 3 = 2 steps, but the first place counts too.'
    """
    if answer is Ellipsis or answer is None:
        return Reaction(None, "Your guess first: put it in the place of the `...`, then run the cell again.")
    given = _choice(question, answer) if question.choices else _numbers(answer)
    if given is None:
        return Reaction(None, f"That is not an answer I can read. {_expected(question)}")
    if _equal(question, given, question.answer):
        return Reaction(True, question.right)
    replies = (reply.sentence for reply in question.replies if _equal(question, given, reply.answer))
    return Reaction(False, next(replies, question.otherwise))


def _choice(question: Question, answer: Any) -> str | None:
    """The choice that was meant, whatever its spaces and capitals, or its number counted from 1."""
    if isinstance(answer, int) and not isinstance(answer, bool) and 1 <= answer <= len(question.choices):
        return question.choices[answer - 1]
    if not isinstance(answer, str):
        return None
    return next((choice for choice in question.choices if _plain(choice) == _plain(answer)), None)


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


def _numbers(answer: Any) -> np.ndarray | None:
    """A number or a sequence of numbers as an array; text such as "(2, 3)" is read as Python would."""
    try:
        if isinstance(answer, str):
            answer = ast.literal_eval(answer.strip())
        array = np.asarray(answer)
        return np.array(array, dtype=np.float64) if array.dtype.kind in "fiu" and array.size < 1000 else None
    except Exception:
        return None


def _equal(question: Question, given: Any, answer: Any) -> bool:
    if question.choices:
        return given == answer
    wanted = np.asarray(answer, dtype=np.float64)
    return given.shape == wanted.shape and bool((np.abs(given - wanted) <= question.tolerance).all())


def _expected(question: Question) -> str:
    if question.choices:
        return "Choose one of " + ", ".join(f'"{choice}"' for choice in question.choices) + "."
    shape = np.shape(question.answer)
    return f"Expected {shape[0]} numbers, as in ({', '.join(['0'] * shape[0])})." if shape else "Expected a number."
