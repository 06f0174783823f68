"""The predictions of lesson 01: every answer, and every wrong one it replies to, computed from the code."""

import numpy as np
import pytest
from scipy import stats

from convlab import cortex, history
from convlab.grading.exercises import QUESTIONS, find, find_question
from convlab.grading.exercises.questions_01 import QUESTIONS as LESSON
from convlab.grading.prediction import react

SIZE = 41


def answer(question_id):
    return find_question(question_id).answer


def replies(question_id):
    return [reply.answer for reply in find_question(question_id).replies]


def test_there_are_enough_and_each_is_found():
    assert len(LESSON) >= 6
    assert all(QUESTIONS[question.id] is question and question.lesson == "01" for question in LESSON)


def test_flood():
    cell = cortex.SimpleCell.ganglion(SIZE, center=3, surround=6)
    shown = {
        "a small spot in the centre": cortex.spot(SIZE, radius=4),
        "light all over the screen": np.ones((SIZE, SIZE)),
        "a bright ring around the centre": cortex.spot(SIZE, radius=13, inner=6),
    }
    assert max(shown, key=lambda name: cell.rate(shown[name])) == answer("01_flood")
    assert set(shown) == set(find_question("01_flood").choices)


def test_drive():
    field = np.array([-1, 2, -1])
    assert answer("01_drive") == field @ [1, 1, 0]
    assert replies("01_drive") == [field @ [1, 1, 1], field @ [0, 1, 0], np.abs(field) @ [1, 1, 0]]


def test_chance():
    counts = stats.poisson(20)
    assert counts.pmf(20) < 0.1  # so not each time
    assert counts.std() == pytest.approx(4.5, abs=0.1)
    assert 1 / counts.pmf(0) == pytest.approx(5e8, rel=0.1)
    assert counts.cdf(15) > 0.1 and counts.sf(24) > 0.1
    assert answer("01_chance") == "about 20, sometimes 15, sometimes 25"


def test_halfway():
    assert cortex.preferred_orientation([10, 170], [1, 1]) % 180 == pytest.approx(0, abs=1e-9)
    assert answer("01_halfway").startswith("0 degrees")
    assert [float(text.split()[0]) for text in replies("01_halfway")] == [np.mean([10, 170]), (170 - 10) / 2]


def test_noise_shows_the_field_of_a_simple_cell_and_nothing_of_a_complex_one():
    noise = cortex.white_noise(4000, 13, 0)
    for cell, seen in ((cortex.SimpleCell.gabor(13, 30), True), (cortex.ComplexCell.gabor(13, 30), False)):
        found = cortex.reverse_correlation(noise, cell.spikes(noise, 1.0, 1))
        field = cell.field if seen else cell.even
        assert (abs(np.corrcoef(found.ravel(), field.ravel())[0, 1]) > 0.8) == seen
    assert answer("01_noise") == "the receptive field" and answer("01_blind") == "hardly anything"
    assert abs(noise.mean(axis=0)).max() < 0.1  # of all pictures: grey


def test_weighted():
    pixel, spikes = np.array([1.0, -1, 1, -1]), np.array([3, 0, 0, 1])
    assert answer("01_weighted") == (pixel * spikes).sum() / spikes.sum()
    assert replies("01_weighted") == [pixel[spikes > 0].mean(), (pixel * spikes).sum()]


def test_energy_and_phase():
    e, o = 3, -4
    assert answer("01_energy") == e**2 + o**2
    assert replies("01_energy") == [(e + o) ** 2, e**2 - o**2, abs(e) + abs(o), np.hypot(e, o), e**2]
    waves = np.stack([cortex.grating(SIZE, 90, phase=phase) for phase in range(0, 360, 30)])
    steady, flickering = (kind.gabor(SIZE, 90).rate(waves) for kind in (cortex.ComplexCell, cortex.SimpleCell))
    assert np.ptp(steady) < 0.05 * steady.mean() and flickering.min() < 0.05 * flickering.max()
    assert answer("01_phase") == "steadily"


def test_length():
    lengths = np.arange(2, 60, 2)
    bars = np.stack([cortex.bar(SIZE, 90, width=4, length=length) for length in lengths])
    rates = cortex.EndStoppedCell.gabor(SIZE, 90).rate(bars)
    assert 0 < rates.argmax() < len(lengths) // 2 and rates[-1] < 0.1 * rates.max()
    assert "falls to almost nothing" in answer("01_length")


def test_millimetres():
    scale, fovea = history.value("cortex-scale"), history.value("cortex-fovea")
    question = find_question("01_millimetres")
    assert f"{scale} / (E + {fovea})" in question.prompt
    assert (scale, fovea) == (cortex.retinotopy.SCALE, cortex.retinotopy.FOVEA)
    assert question.answer == pytest.approx(float(cortex.magnification(10)), abs=question.tolerance)
    assert replies("01_millimetres") == pytest.approx([scale / fovea, scale / 10 + fovea, scale / 10], abs=0.01)


def test_sheet():
    rng = np.random.default_rng(0)
    picture, field = np.zeros((12, 30)), rng.normal(size=(3, 3))
    picture[3:9, 4:12] = rng.normal(size=(6, 8))
    sheet = np.einsum("ijuv,uv->ij", np.lib.stride_tricks.sliding_window_view(picture, (3, 3)), field)
    moved = np.einsum(
        "ijuv,uv->ij", np.lib.stride_tricks.sliding_window_view(np.roll(picture, 3, axis=1), (3, 3)), field
    )
    np.testing.assert_allclose(moved, np.roll(sheet, 3, axis=1))
    assert answer("01_sheet") == "it moves 3 cells to the right"


def test_rows_and_rate():
    orientations = np.array([0, 45, 180, 225, 90])
    table = find("tuning_curve").reference(orientations, np.ones(5), 1.0)
    assert answer("01_rows") == len(table) and replies("01_rows")[0] == len(orientations)
    counts = np.array([12, 15, 18])
    assert answer("01_rate") == find("tuning_curve").reference(np.zeros(3), counts, 0.5)[0, 1]
    assert replies("01_rate") == [counts.mean(), counts.sum() / 0.5, counts.mean() * 0.5, counts.sum()]


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
        reaction = react(question, 12345.0)
        assert (reaction.right, reaction.sentence) == (False, question.otherwise)
        assert f" {question.answer}" not in question.otherwise
