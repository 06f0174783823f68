"""The predictions of lesson 00: every answer, and every wrong one it replies to, computed from the code."""

import numpy as np
import pytest

import convlab.functional as F
from convlab import data
from convlab.geometry import output_size
from convlab.grading.exercises import EXERCISES, QUESTIONS, find_question
from convlab.grading.exercises.questions_00 import QUESTIONS as LESSON
from convlab.grading.prediction import react


def answer(question_id):
    return find_question(question_id).answer


def replies(question_id):
    return [reply.answer for reply in find_question(question_id).replies]


def test_there_are_enough_and_each_is_found():
    assert len(LESSON) >= 4
    assert all(QUESTIONS[question.id] is question and question.lesson == "00" for question in LESSON)
    assert "00" not in {exercise.lesson for exercise in EXERCISES.values()}  # it has no graded notebook


def test_pixels_and_batch():
    digits = data.load("digits", "test")
    assert answer("00_pixels") == digits.images[0, 0].size
    assert replies("00_pixels") == [32 + 32, 32, 32 * 32 * 3]
    assert answer("00_batch") == digits.images[:1].shape
    assert all(np.prod(shape) % 1024 == 0 for shape in replies("00_batch"))


def test_scores_and_sum():
    assert answer("00_scores") == len(data.load("digits", "test").class_names)
    scores = np.random.default_rng(0).normal(size=(1, 10)) * 5
    assert answer("00_sum") == pytest.approx(F.softmax(scores).sum())


def test_places():
    assert answer("00_places") == output_size(5, 2) == len(np.correlate(np.ones(5), np.ones(2), "valid"))
    assert replies("00_places") == [5 - 2, 5, output_size(5, 2, 2)]


@pytest.mark.parametrize("question", LESSON, ids=lambda question: question.id)
def test_every_answer_gets_its_own_reply(question):
    assert react(question, ...).right is None
    assert react(question, question.answer).right is True
    assert react(question, question.answer).sentence == question.right
    for reply in question.replies:
        reaction = react(question, reply.answer)
        assert (reaction.right, reaction.sentence) == (False, reply.sentence)
    reaction = react(question, np.full(np.shape(question.answer), 12345.0))
    assert (reaction.right, reaction.sentence) == (False, question.otherwise)
