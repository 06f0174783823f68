"""The predictions of lesson 13: each answer computed anew, each reply unlike the others."""

import numpy as np
import pytest
from numba import cuda

from convlab import plots
from convlab.grading.exercises import find_question, questions_13
from convlab.grading.prediction import react
from convlab.simt import launch

LESSON = questions_13.QUESTIONS


@cuda.jit
def conv2d(x, w, y):
    j, i = cuda.grid(2)
    if i < y.shape[0] and j < y.shape[1]:
        total = 0.0
        for u in range(w.shape[0]):
            for v in range(w.shape[1]):
                total += x[i + u, j + v] * w[u, v]
        y[i, j] = total


@cuda.jit
def read_with_step(x, y, step):
    y[cuda.threadIdx.x] = x[cuda.threadIdx.x * step]


def sectors():
    y = np.zeros(32, np.float32)
    return launch(read_with_step, 1, 32, np.zeros(256, np.float32), y, 8).sectors - 4


def test_blocks():
    assert find_question("13_blocks").answer == -(-100 // 32)


def test_loads():
    y = np.zeros((4, 4))
    traffic = launch(conv2d, 1, (4, 4), np.ones((6, 6)), np.ones((3, 3)), y)
    assert find_question("13_loads").answer == traffic.loads / y.size


def test_sectors():
    assert find_question("13_sectors").answer == sectors()


def test_tile():
    pixels = {(i + u, j + v) for i in range(8) for j in range(8) for u in range(3) for v in range(3)}
    assert find_question("13_tile").answer == len(pixels)


def test_limit():
    case = plots.Roofline("H100", 1, 1)
    assert find_question("13_limit").answer == pytest.approx(case.reachable)
    assert case.intensity == 2 * 9 / (18 * 4)


@pytest.mark.parametrize("question", LESSON, ids=lambda question: question.id)
def test_every_answer_has_its_own_reply(question):
    assert react(question, question.answer).right is True
    sentences = [reply.sentence for reply in question.replies]
    assert len(set(sentences)) == len(sentences) >= 3
    for reply in question.replies:
        assert react(question, reply.answer).sentence == reply.sentence
    if not question.choices:
        assert react(question, 987654).sentence == question.otherwise
        assert str(question.answer) not in question.otherwise
