"""The predictions of lesson 08: every answer, and wrong ones it replies to, computed from the code."""

import numpy as np
import pytest
from scipy import signal

from convlab import reference
from convlab.grading.exercises import QUESTIONS, find_question
from convlab.grading.exercises.questions_08 import QUESTIONS as LESSON
from convlab.grading.prediction import react

X = np.arange(1.0, 10).reshape(3, 3)
W = np.array([[1.0, 2], [3, 4]])
DY = np.array([[1.0, 0], [0, 2]])


def replies(question_id):
    return [reply.answer for reply in find_question(question_id).replies]


def test_there_are_enough_and_each_is_found():
    assert len(LESSON) >= 6
    assert all(QUESTIONS[question.id] is question and question.lesson == "08" for question in LESSON)


def test_touched():
    seen = reference.conv2d_grad_input(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), (1, 1, 3, 3))[0, 0]
    assert find_question("08_touched").answer == (seen[0, 0], seen[0, 1], seen[1, 1])


def test_dw():
    answer = signal.correlate2d(X, DY, "valid")
    assert find_question("08_dw").answer == tuple(answer.ravel())
    assert tuple(answer[::-1, ::-1].ravel()) in replies("08_dw")
    assert tuple(signal.convolve2d(X, DY, "valid").ravel()) in replies("08_dw")
    assert tuple(signal.correlate2d(X, DY > 0, "valid").ravel()) in replies("08_dw")


def test_dx():
    assert find_question("08_dx").answer == signal.convolve2d(DY, W)[1, 1]
    assert signal.correlate2d(DY, W)[1, 1] in replies("08_dx")
    assert {W.sum(), DY.sum()} <= set(replies("08_dx"))


def test_plain_product():
    assert find_question("08_plain").answer == signal.correlate2d(DY, W[::-1, ::-1], "valid").shape
    assert signal.correlate2d(np.pad(DY, 1), W, "valid").shape == (3, 3)


def test_slips():
    rng = np.random.default_rng(0)
    f, do = rng.normal(size=(2, 2)), rng.normal(size=(2, 2))
    dx = signal.convolve2d(do, f)
    right = [do[0, 0] * f[1, 1], do[0, 1] * f[1, 0], do[1, 0] * f[0, 1], do[1, 1] * f[0, 0]]
    slide = [do[0, 1] * f[1, 1], dx[0, 1] * f[1, 0], do[1, 0] * f[0, 1], do[1, 1] * f[0, 0]]
    assert sum(right) == pytest.approx(dx[1, 1])
    assert find_question("08_slips").answer == sum(a != b for a, b in zip(right, slide)) == 2


def test_lost_row_and_rim():
    dx = reference.conv2d_grad_input(np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 3)), (1, 1, 6, 6), stride=2)[0, 0]
    assert dx.shape == (6, 6) and not dx[5].any() and dx[4].any()
    assert find_question("08_lost_row").answer == "zero"
    rng = np.random.default_rng(1)
    dy, w = rng.normal(size=(5, 5)), rng.normal(size=(3, 3))
    cut = signal.convolve2d(dy, w)[1:-1, 1:-1]
    dx = reference.conv2d_grad_input(dy[None, None], w[None, None], (1, 1, 5, 5), padding=1)
    np.testing.assert_allclose(dx[0, 0], cut)
    assert find_question("08_rim").answer == "it is cut off"


def test_bias_and_batch():
    dy = np.ones((2, 3, 4, 5))
    assert reference.conv2d_grad_bias(dy).tolist() == [find_question("08_bias").answer] * 3
    assert {dy[0, 0].sum(), dy.sum(), dy.mean(), dy[0].sum()} == set(replies("08_bias"))
    rng = np.random.default_rng(2)
    x, dy = rng.normal(size=(3, 1, 4, 4)), rng.normal(size=(3, 1, 3, 3))
    each = [reference.conv2d_grad_weight(dy[n : n + 1], x[n : n + 1], (1, 1, 2, 2)) for n in range(3)]
    np.testing.assert_allclose(reference.conv2d_grad_weight(dy, x, (1, 1, 2, 2)), sum(each))
    assert find_question("08_batch").answer == "the sum of what each image gives"


def test_step():
    errors = {
        h: abs((np.exp(1 + float(h)) - np.exp(1 - float(h))) / (2 * float(h)) - np.e) for h in ("1e-1", "1e-5", "1e-13")
    }
    assert find_question("08_step").answer == min(errors, key=errors.get) == "1e-5"


def test_dx_shape():
    dy, x, w = (2, 4, 3, 4), (2, 3, 7, 9), (4, 3, 3, 3)
    assert reference.conv2d(np.zeros(x), np.zeros(w), stride=2).shape == dy
    assert find_question("08_dx_shape").answer == x and {dy, w} <= set(replies("08_dx_shape"))


@pytest.mark.parametrize("question", LESSON, ids=lambda question: question.id)
def test_every_answer_gets_its_own_reply(question):
    assert react(question, ...).right is None
    assert react(question, question.answer).right is True
    assert react(question, question.answer).sentence == question.right
    for reply in question.replies:
        reaction = react(question, reply.answer)
        assert (reaction.right, reaction.sentence) == (False, reply.sentence)
    assert not question.choices or {question.answer} | {r.answer for r in question.replies} == set(question.choices)


@pytest.mark.parametrize("question", LESSON, ids=lambda question: question.id)
def test_a_reply_to_any_other_answer_does_not_give_it_away(question):
    if question.choices:
        return
    reaction = react(question, np.full(np.shape(question.answer), 12345.0))
    assert (reaction.right, reaction.sentence) == (False, question.otherwise)
    assert np.ndim(question.answer) == 0 or str(question.answer) not in question.otherwise
