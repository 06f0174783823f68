"""The predictions of lesson 11: every answer, and the wrong ones it replies to, computed from the code."""

import numpy as np
import pytest

from convlab import data, history, manual_seed, models, nn, training
from convlab.grading.exercises import QUESTIONS, find_question
from convlab.grading.exercises.questions_11 import QUESTIONS as LESSON
from convlab.grading.prediction import react
from convlab.models.digit_codes import digit_codes
from convlab.models.lenet import C3_CONNECTIONS


def replies(question_id):
    return [reply.answer for reply in find_question(question_id).replies]


def answer(question_id):
    return find_question(question_id).answer


def test_there_are_enough_and_each_is_found():
    assert len(LESSON) >= 8
    assert all(QUESTIONS[question.id] is question and question.lesson == "11" for question in LESSON)


def test_dates():
    assert history.FACTS["neocognitron-1980"].value == 1980 and answer("11_first") == "the Neocognitron"
    assert history.value("lenet-1998") - 1980 == 18  # the reply says eighteen years


def test_shapes():
    layer = nn.Conv2d(1, 6, 5)
    assert answer("11_c1") == layer.output_shape((1, 32, 32))
    assert nn.Conv2d(1, 6, 5, padding=2).output_shape((1, 32, 32)) in replies("11_c1")
    net = models.create("lenet5", variant="1998")
    assert answer("11_wide") == net[:8].output_shape((1, 32, 64))
    assert net[:8].output_shape((1, 32, 32)) in replies("11_wide")
    assert net[:6].output_shape((1, 32, 64))[2] == 13  # the reply to (120, 1, 13)


def test_the_table():
    c3, full = nn.ConnectedConv2d(C3_CONNECTIONS, 6, 5), nn.Conv2d(6, 16, 5)
    assert sorted(map(len, C3_CONNECTIONS)) == [3] * 6 + [4] * 9 + [6]
    assert answer("11_kernels") == len(c3.weight.data) == 60
    assert answer("11_c3") == c3.count_parameters()
    assert replies("11_c3")[:4] == [c3.weight.data.size, c3.weight.data.size + 60, full.count_parameters(),
                                    full.weight.data.size]  # fmt: skip
    assert 100 * c3.count_parameters() in replies("11_c3")


def test_counts():
    c1 = nn.Conv2d(1, 6, 5)
    outputs = np.prod(c1.output_shape((1, 32, 32)))
    products = c1.multiply_adds((1, 32, 32))
    assert answer("11_connections") == products + outputs
    assert replies("11_connections")[:5] == [products, c1.count_parameters(), outputs, (products + outputs) / 6,
                                             products / 6]  # fmt: skip
    assert 156 * 32 * 32 in replies("11_connections") and 6 * 156 * 784 in replies("11_connections")
    s2 = nn.Subsample2d(6)
    assert answer("11_s2") == sum(parameter.data.size for parameter in s2.parameters())
    units = np.prod(s2.output_shape((6, 28, 28)))
    assert 5 * units in replies("11_s2") and 2 * units in replies("11_s2")


def test_rbf():
    codes = digit_codes(10)
    f6 = codes[3].copy()
    f6[0] *= -1
    assert answer("11_rbf") == -nn.EuclideanRBF(codes)(f6[None])[0, 3]
    assert 83 * 4 in replies("11_rbf")


def test_chance():
    test = data.load("digits", "test")
    shares = []
    for seed in range(5):
        manual_seed(seed)
        net = models.create("lenet5")
        shares.append(training.accuracy(net(test.images.astype(np.float32) / 255), test.labels))
    question = find_question("11_chance")
    assert abs(np.mean(shares) - question.answer) <= question.tolerance


def test_the_exercises_count():
    seen = [(0, 1), (0, 2), (0, 1, 2), (2,)]
    layer = nn.ConnectedConv2d(seen, 3, 3)
    assert answer("11_map_size") == layer.count_parameters()
    assert replies("11_map_size") == [layer.weight.data.size, layer.weight.data.size + 8, 4 * 10,
                                      nn.Conv2d(3, 4, 3).count_parameters()]  # fmt: skip


@pytest.mark.parametrize("question", LESSON, ids=lambda question: question.id)
def test_every_answer_gets_its_own_reply(question):
    assert react(question, ...).right is None
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
    assert f" {question.answer}" not in question.otherwise
