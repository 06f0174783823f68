"""The predictions of lesson 02: every answer, and every wrong one it replies to, computed from the code."""

import numpy as np
import pytest

from convlab import nn, reference
from convlab.geometry import output_size
from convlab.grading.exercises import QUESTIONS, find, find_question
from convlab.grading.exercises.questions_02 import QUESTIONS as LESSON
from convlab.grading.prediction import react


def answer(question_id):
    return find_question(question_id).answer


def replies(question_id):
    return [reply.answer for reply in find_question(question_id).replies]


def test_there_are_enough_and_each_is_found():
    assert len(LESSON) >= 6
    assert all(QUESTIONS[question.id] is question and question.lesson == "02" for question in LESSON)


def test_one_neuron():
    neuron = nn.Linear(200 * 200 * 3, 1)
    assert answer("02_one_neuron") == neuron.weight.data.size
    assert replies("02_one_neuron") == [200 * 200, 200 * 3, neuron.count_parameters()]


def test_local_and_doubled():
    assert answer("02_local") == nn.Conv2d(1, 1, 4, bias=False).count_parameters()
    assert replies("02_local")[:3] == [4 + 4, nn.Conv2d(3, 1, 4, bias=False).count_parameters(), 200 * 200 // 16]
    assert answer("02_doubled") == (20 * 20) / (10 * 10)


def test_similar():
    w = np.array([0, 1, 1, 0])
    dots = {text: np.dot(w, np.array(text.split(), dtype=int)) for text in find_question("02_similar").choices}
    lengths = {np.linalg.norm(np.array(text.split(), dtype=int)) for text in dots}
    assert len(lengths) == 1
    assert max(dots, key=dots.get) == answer("02_similar")
    assert sorted(dots.values()) == [0, 3, 3, 6]


def test_brighter():
    match = find("template_match").reference
    x, w = np.random.default_rng(0).normal(size=(2, 3, 4))
    assert match(3 * x, w).item() == pytest.approx(match(x, w).item())
    assert answer("02_brighter") == "three times as large, the same"


def test_sparse():
    m, n, k = 6, 4, 3
    assert output_size(m, k) == n
    assert answer("02_sparse") == (m * n, k * n, k)
    assert replies("02_sparse") == [(m * n, k * n, k * n), (m * n, k * m, k), (m * n, k, k), (m + n, k * n, k)]


def test_alexnet():
    layer = nn.Conv2d(3, 96, 11, stride=4)
    assert answer("02_alexnet_neurons") == np.prod(layer.output_shape((3, 227, 227)))
    assert replies("02_alexnet_neurons")[:2] == [55 * 96, 55 * 55]
    assert answer("02_alexnet_shared") == layer.count_parameters()
    counts = find("parameter_counts").reference((3, 227, 227), 96, 11, stride=4)
    no_channels = nn.Conv2d(1, 96, 11, stride=4).count_parameters()
    assert replies("02_alexnet_shared") == [96 * 363, counts[1], no_channels, 96 * 363 + 1]


def test_tiled():
    tiled, rng = find("tiled_conv1d").reference, np.random.default_rng(0)
    x, w = np.zeros(24), rng.normal(size=(3, 3))
    x[3:7] = rng.normal(size=4)
    moves = [m for m in range(1, 13) if np.allclose(tiled(np.roll(x, m), w), np.roll(tiled(x, w), m))]
    assert moves == [3, 6, 9, 12]
    assert answer("02_tiled") == "only by 3, 6, 9, ..."


def test_trained_networks_are_asked_about_what_the_lesson_measures():
    # The lesson trains them, and prints these as thresholds; here only that the question and the lesson agree.
    assert answer("02_moved") == "less than half of them"
    assert answer("02_noise_labels").startswith("yes, all 200")
    assert answer("02_shuffled") == "the convolutional network"
    wide = nn.Sequential(nn.Flatten(), nn.Linear(24 * 24, 300), nn.ReLU(), nn.Linear(300, 10))
    assert f"{wide.count_parameters():,} parameters" in find_question("02_noise_labels").prompt
    assert wide.count_parameters() / 200 == pytest.approx(900, rel=0.03)


def test_matrix():
    matrix = find("convolution_matrix").reference(np.array([1.0, 2, 3]), 7)
    assert answer("02_matrix") == np.count_nonzero(matrix)
    assert replies("02_matrix") == [len(set(matrix[matrix != 0])), matrix.size, 3 * 7]
    x = np.random.default_rng(0).normal(size=7)
    np.testing.assert_allclose(matrix @ x, reference.conv1d(x[None, None], np.array([[[1.0, 2, 3]]])).ravel())


def test_counts():
    count = find("parameter_counts").reference
    assert answer("02_counts") == tuple(count((1, 5, 5), 1, 3))
    without = (9 * 25, 9 * 9, 9)
    everywhere = (25 * 26, 25 * 10, 10)
    assert replies("02_counts") == [without, everywhere, (*count((1, 5, 5), 1, 3)[:2], 9 + 9), (26, 10, 10)]


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
    if not question.choices:
        reaction = react(question, np.full(np.shape(question.answer), 12345.0))
        assert (reaction.right, reaction.sentence) == (False, question.otherwise)
        assert str(question.answer) not in question.otherwise
