"""The predictions of lesson 04: every answer, and every wrong one it replies to, computed from the code."""

import itertools

import numpy as np
import pytest
from every import answer, replies

from convlab import plots, reference
from convlab.geometry import extent, output_size, pooled_size, receptive_field, same_padding
from convlab.grading.exercises import find_question
from convlab.grading.exercises.questions_04 import QUESTIONS as LESSON
from convlab.grading.prediction import react


def counted(size, kernel, stride=1, padding=0):
    """Outputs of the textbook's convolution."""
    options = {"stride": stride, "padding": padding}
    return reference.conv1d(np.ones((1, 1, size)), np.ones((1, 1, kernel)), **options).shape[2]


def test_places():
    assert answer("04_places") == counted(7, 3) == output_size(7, 3) == 5
    assert replies("04_places") == [7 - 3, counted(7, 3, padding=1), 3, counted(7, 2), counted(7, 3, padding=2)]


def test_stride_two():
    assert answer("04_stride_two") == counted(7, 3, 2) == 3
    assert replies("04_stride_two") == [(7 - 3) // 2, 5 / 2, counted(9, 3, 2), counted(7, 3)]
    assert [plots.Places(7, 3, 2).taps(k)[0] for k in range(3)] == [0, 2, 4]


def test_does_not_fit():
    assert round((7 - 3) / 3 + 1, 2) == 2.33
    assert counted(7, 3, 3) == output_size(7, 3, 3) == 2 and plots.Places(7, 3, 3).unseen == (6,)
    assert pooled_size(7, 3, 3, ceil_mode=True) == 3  # what the third choice says of pooling
    assert plots.Places(9, 3, 3).taps(2) == (6, 7, 8)
    question = find_question("04_does_not_fit")
    assert question.answer.startswith("2 outputs, a pixel")


def test_keeps():
    assert (answer("04_keeps"),) * 2 == same_padding(5)
    assert counted(9, 5, padding=answer("04_keeps")) == 9
    assert counted(9, 3, padding=1) == 9 and counted(9, 7, padding=3) == 9  # the replies to 1 and to 3
    assert counted(9, 5, padding=3) > 9
    assert 9 - counted(9, 5) == 4 and set(replies("04_keeps")) == {0, 1, 3, 4, 5}


def test_shrink():
    sizes = [32]
    while output_size(sizes[-1], 5) > 0:
        sizes.append(counted(sizes[-1], 5))
    assert sizes[:3] == [32, 28, 24] and sizes[-1] == 4
    assert answer("04_shrink") == len(sizes) - 1 == 7
    assert sizes[6] == 8 and replies("04_shrink") == [32 / 4, 6, 32 / 5, 2]


def test_half():
    assert answer("04_half") == (counted(5, 3, 1, 1), counted(5, 3, 2, 1))
    without, steps_without, steps, no_place, divided, walked = replies("04_half")
    assert without == (counted(5, 3), counted(5, 3, 2))
    assert steps_without == (counted(5, 3), (5 - 3) // 2)
    assert steps == tuple((5 + 2 - 3) // s for s in (1, 2)) == tuple((5 + 1 - 3) // s + 1 for s in (1, 2))
    assert no_place == (5, 2) and divided == (5, 5 / 2)
    assert walked == (counted(7, 1), counted(7, 1, 2))


def test_slip():
    def slide(n, p, f, s):
        return (n + 2 * p - f + 1) / s

    trials = list(itertools.product(range(5, 12), (0, 1, 2), (2, 3, 5)))
    assert all(slide(n, p, f, 1) == output_size(n, f, 1, p) for n, p, f in trials)
    for s in (2, 3, 4):
        agree = [slide(n, p, f, s) == output_size(n, f, s, p) for n, p, f in trials]
        assert any(agree) and not all(agree)
        without = [slide(n, 0, f, s) == output_size(n, f, s) for n, _, f in trials]
        assert any(without) and not all(without)
    assert answer("04_slip") == "for stride 1, else only by luck"
    assert slide(7, 0, 3, 2) == 5 / 2 and output_size(7, 3, 2) == 2 + 1  # the numbers of the first reply


def test_dilation():
    assert answer("04_dilation") == extent(3, 2) == 5
    taps = plots.Places(9, 3, dilation=2).taps(0)
    assert taps[-1] - taps[0] + 1 == 5
    assert replies("04_dilation") == [2 * 3, extent(3), taps[-1] - taps[0], extent(3, 3)]


def test_stacks():
    three = [(3, 1)] * 3
    assert answer("04_three_layers") == receptive_field(three) == plots.Walk(three).spans[0] == 7
    assert replies("04_three_layers") == [3, 3 * 3, 3**3, receptive_field(three[:2]), 3 * (3 - 1)]
    strided = [(3, 2), (3, 1)]
    assert answer("04_strided_stack") == receptive_field(strided) == plots.Walk(strided).spans[0] == 7
    own = 1 + (3 - 1) * 2 + (3 - 1) * 2 * 1
    assert replies("04_strided_stack")[:2] == [receptive_field([(3, 1)] * 2), own]
    assert [plots.Places(7, 3, 2).taps(k)[0] for k in range(3)] == [0, 2, 4]


def test_pad_shape():
    x = np.ones((2, 3, 6, 8))
    rim = [(0, 0), (0, 0), (2, 2), (2, 2)]
    assert answer("04_pad_shape") == np.pad(x, rim).shape
    one_side = np.pad(x, [(0, 0), (0, 0), (0, 2), (0, 2)]).shape
    swapped = np.pad(x, rim).swapaxes(2, 3).shape
    every = np.pad(x, 2).shape
    assert replies("04_pad_shape") == [one_side, every, np.pad(x, 1).shape, x.shape, swapped]


@pytest.mark.parametrize("question", [q for q in LESSON if q.choices], ids=lambda question: question.id)
def test_a_choice_may_be_written_in_many_ways(question):
    place = question.choices.index(question.answer) + 1
    assert react(question, question.answer.upper()).right is react(question, place).right is True
    assert react(question, "perhaps").right is None
