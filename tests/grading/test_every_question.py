"""Every prediction of the course: each answer one can expect gets a reply of its own, and none gives the answer away.

Whether the answers are true is computed in `test_questions_NN.py`.
"""

import numpy as np
import pytest

from convlab.grading.exercises import QUESTIONS
from convlab.grading.prediction import react

QUESTION = pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))


@QUESTION
def test_no_answer_yet_asks_for_a_guess(question):
    assert react(question, ...).right is None
    assert react(question, None).right is None


@QUESTION
def test_every_answer_gets_its_own_reply(question):
    reaction = react(question, question.answer)
    assert (reaction.right, reaction.sentence) == (True, question.right)
    for reply in question.replies:
        reaction = react(question, reply.answer)
        assert (reaction.right, reaction.sentence) == (False, reply.sentence)


@QUESTION
def test_every_choice_has_a_reply(question):
    if question.choices:
        assert {question.answer} | {reply.answer for reply in question.replies} == set(question.choices)


@QUESTION
def test_a_reply_to_any_other_answer_does_not_give_it_away(question):
    if question.choices:
        assert react(question, "something else").right is None
        return
    reaction = react(question, np.full(np.shape(question.answer), 12345.0))
    assert (reaction.right, reaction.sentence) == (False, question.otherwise)
    assert np.ndim(question.answer) == 0 or str(question.answer) not in question.otherwise


def test_every_lesson_has_enough_questions():
    lessons = [question.lesson for question in QUESTIONS.values()]
    for lesson in sorted(set(lessons)):
        least = 4 if lesson == "00" else 6  # lesson 00 is short
        assert lessons.count(lesson) >= least, f"lesson {lesson} has {lessons.count(lesson)} questions"
    assert all(question.id.startswith(f"{question.lesson}_") for question in QUESTIONS.values())
