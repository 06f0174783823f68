"""The predictions of lesson 12: every answer, and the wrong ones it replies to, computed from the code."""

import numpy as np
import pytest

import convlab.functional as F
from convlab import history, nn, optim, plots
from convlab.geometry import output_size
from convlab.grading.exercises import QUESTIONS, find_question
from convlab.grading.exercises.questions_12 import QUESTIONS as LESSON
from convlab.grading.prediction import react

PLAN = plots.AlexNetPlan()


def replies(question_id):
    return [reply.answer for reply in find_question(question_id).replies]


def answer(question_id):
    return find_question(question_id).answer


def test_there_are_enough_and_each_is_found():
    assert len(LESSON) >= 8
    assert all(QUESTIONS[question.id] is question and question.lesson == "12" for question in LESSON)


def test_errors_of_the_challenge():
    assert answer("12_jump") == f"{history.value('imagenet-2012')} %"
    assert f"{history.value('imagenet-2014')} %" in replies("12_jump")
    for year in ("2010", "2011"):
        assert f"{history.value(f'imagenet-{year}')} %" in find_question("12_jump").prompt
    right = find_question("12_which").right
    assert all(f"{history.value(f'alexnet-{key}')} %" in right for key in ("one", "five", "seven"))


def test_the_first_layer():
    assert answer("12_conv1") == output_size(227, 11, stride=4)
    assert output_size(227, 11) in replies("12_conv1")
    assert answer("12_paper") == (224 - 11) / 4 + 1
    assert output_size(224, 11, stride=4) in replies("12_paper")


def test_where_the_parameters_are():
    assert answer("12_fc6") == PLAN.row("fc6").parameters - 4096
    assert PLAN.row("fc7").parameters - 4096 in replies("12_fc6")
    dense = sum(row.parameters for row in PLAN.rows if row.name.startswith("fc"))
    assert round(dense / PLAN.parameters, 2) == 0.94
    assert answer("12_where") == "in the fully connected layers"
    convolutions = PLAN.parameters - dense
    assert round(convolutions / 1e6, 1) == 3.7 and PLAN.row("conv1").parameters == 34944


def test_groups():
    whole, cut = nn.Conv2d(96, 256, 5, padding=2), nn.Conv2d(96, 256, 5, padding=2, groups=2)
    assert answer("12_groups") == cut.weight.data.size / whole.weight.data.size


def test_augmentation():
    assert answer("12_augment") == history.value("alexnet-crops") == 32 * 32 * 2
    assert (256 - 224 + 1) ** 2 * 2 in replies("12_augment")


def test_dropout():
    x, mask = np.array([[2.0, 4, 6, 8]]), np.array([[1.0, 0, 0, 1]]) / 0.5
    np.testing.assert_array_equal(F.dropout_grad(x, mask)[0], answer("12_dropout"))


def test_the_rate():
    optimizer = optim.SGD(nn.Linear(1, 1).parameters(), lr=history.value("alexnet-rate"))
    schedule = optim.ReduceLROnPlateau(optimizer, factor=0.1, patience=0)
    schedule.step(1.0)
    for _ in range(int(history.value("alexnet-drops"))):
        schedule.step(1.0)
    assert answer("12_steps") == pytest.approx(optimizer.lr)


def test_the_exercises_pool():
    assert answer("12_overlap") == output_size(13, 3, stride=2)
    assert replies("12_overlap")[0] == 5 and output_size(13, 3) in replies("12_overlap")


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
