"""The predictions of lesson 10: every answer, and wrong ones it replies to, computed from the code."""

import numpy as np
import pytest

import convlab.functional as F
from convlab import data, models, nn, optim, plots
from convlab.grading.exercises import QUESTIONS, find_question
from convlab.grading.exercises.questions_10 import QUESTIONS as LESSON
from convlab.grading.prediction import react


def replies(question_id):
    return [reply.answer for reply in find_question(question_id).replies]


def stepped(w, grad, **options):
    parameter = nn.Parameter(np.array([float(w)]))
    parameter.grad = np.array([float(grad)])
    optim.SGD([parameter], **options).step()
    return parameter.data[0]


def test_there_are_enough_and_each_is_found():
    assert len(LESSON) >= 6
    assert all(QUESTIONS[question.id] is question and question.lesson == "10" for question in LESSON)


def test_step_and_decay():
    assert find_question("10_step").answer == pytest.approx(stepped(3, 12, lr=0.1))
    assert any(reply == pytest.approx(3 + 1.2) for reply in replies("10_step"))
    assert find_question("10_decay").answer == pytest.approx(stepped(2, 0, lr=0.1, weight_decay=0.5))


def test_limit():
    slope = plots.Landscape("two w squared", lambda a, b: 2 * a**2 + 0 * b, start=(1, 0))
    limit = find_question("10_limit").answer
    below, above = (plots.Descent(slope, lr=limit * factor, steps=400) for factor in (0.98, 1.02))
    assert abs(below.path[-1, 0]) < 0.1 and abs(above.path[-1, 0]) > 10


def test_velocity():
    v = 0.0
    for _ in range(1000):
        v = 0.9 * v + 1
    assert find_question("10_velocity").answer == pytest.approx(v)
    assert {1, 1.9} <= set(replies("10_velocity"))


def test_batches():
    digits = data.load("digits")
    assert len(digits) == 1437
    assert find_question("10_batches").answer == len(data.Loader(digits, batch_size=32))
    assert len(data.Loader(digits, batch_size=32, drop_last=True)) in replies("10_batches")


def test_parameters_and_shape():
    net = models.simple_cnn()
    conv, linear = net[0], net[-1]
    assert find_question("10_parameters").answer == net.count_parameters() == 516
    weights = conv.weight.data.size + linear.weight.data.size
    assert {weights, conv.count_parameters(), weights + 16, weights + 4} <= set(replies("10_parameters"))
    pictures = np.zeros((8, 3, 5, 5), np.float32)
    assert find_question("10_shape").answer == net[:3](pictures).shape == (8, 16, 1, 1)
    assert net[:2](pictures).shape in replies("10_shape") and (8, 4, 1, 1) in replies("10_shape")


def test_first_loss():
    question = find_question("10_first_loss")
    loss, _ = F.cross_entropy(np.zeros((8, 4)), np.arange(8) % 4)
    assert loss == pytest.approx(question.answer, abs=question.tolerance)
    assert react(question, np.log(4)).right and react(question, 1.4).right and not react(question, 1.5).right
    assert any(reply == pytest.approx(np.log2(4)) for reply in replies("10_first_loss"))


def test_zeros():
    net = models.cifar_convnet(in_channels=1)
    for parameter in net.parameters():
        parameter.data[:] = 0
    x = np.random.default_rng(0).normal(size=(4, 1, 32, 32)).astype(np.float32)
    _, dy = F.cross_entropy(net(x), np.array([0, 1, 1, 2]))
    net.backward(dy)
    moving = [name for name, parameter in net.named_parameters() if parameter.grad.any()]
    assert moving == ["4.bias"] and find_question("10_zeros").answer == "nothing but the last bias"


def test_axis():
    scores = np.random.default_rng(0).normal(size=(8, 4))
    np.testing.assert_allclose(F.softmax(scores, axis=find_question("10_axis").answer).sum(axis=1), 1)


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
