"""The predictions of lesson 03: every answer, and every wrong one it replies to, computed from the code."""

import numpy as np
import pytest
from every import replies
from scipy import signal

from convlab import reference
from convlab.geometry import output_size
from convlab.grading.exercises import find_question
from convlab.grading.prediction import react

PATCH = np.array([[24.0, 25, 36], [20, 25, 34], [24, 46, 75]])
SOBEL = np.array([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
EDGE = np.array([[1.0, 0, -1]] * 3)


def correlate(x, w):
    """What a network computes, by the textbook."""
    return reference.conv2d(np.asarray(x, float)[None, None], np.asarray(w, float)[None, None])[0, 0]


def test_spaceship():
    readings, weights = np.array([10.0, 12, 20]), np.array([0.2, 0.3, 0.5])
    assert find_question("03_spaceship").answer == pytest.approx(
        reference.conv1d(readings[None, None], weights[None, None]).item()
    )
    assert replies("03_spaceship") == pytest.approx([readings.mean(), readings @ weights[::-1], readings @ weights / 3])


def test_letters():
    primes = np.array([[2, 3, 5, 7], [11, 13, 17, 19], [23, 29, 31, 37]])
    kernel = np.array([[101, 103], [107, 109]])
    values = dict(zip("abcdefghijklwxyz", [*primes.ravel(), *kernel.ravel()]))

    def value(formula):
        return sum(values[pair[0]] * values[pair[1]] for pair in formula.split(" + "))

    question = find_question("03_letters")
    assert value(question.answer) == correlate(primes, kernel)[0, 0]
    flipped, along, transposed = replies("03_letters")
    assert value(flipped) == correlate(primes, kernel[::-1, ::-1])[0, 0]
    assert value(along) == primes[0] @ kernel.ravel()
    assert value(transposed) == correlate(primes, kernel.T)[0, 0]
    assert {question.answer, *replies("03_letters")} == set(question.choices)


def test_letters_shape():
    shape = correlate(np.ones((3, 4)), np.ones((2, 2))).shape
    assert find_question("03_letters_shape").answer == shape
    assert (3, 4) in replies("03_letters_shape")
    assert signal.convolve2d(np.ones((3, 4)), np.ones((2, 2))).shape in replies("03_letters_shape")


def test_minus_filter():
    x, w = np.array([2.0, 2, 2, 5, 5]), np.array([1.0, -1])
    y = reference.conv1d(x[None, None], w[None, None]).ravel()
    assert find_question("03_minus").answer == tuple(y)
    assert tuple(-y) == tuple(np.convolve(x, w, mode="valid")) == replies("03_minus")[0]


def test_step_images_of_six_by_six():
    vertical = np.repeat([[1, 1, 1, 0, 0, 0]], 6, axis=0)
    rows = correlate(vertical, EDGE)
    assert rows.shape == (4, 4)
    assert all(tuple(row) == find_question("03_vertical_step").answer == (0, 3, 3, 0) for row in rows)
    assert tuple(correlate(vertical, EDGE[:1])[0]) == (0, 1, 1, 0)
    assert (0, 1, 1, 0) in replies("03_vertical_step")
    assert tuple(correlate(vertical, EDGE[::-1, ::-1])[0]) in replies("03_vertical_step")
    assert correlate(vertical.T, EDGE).max() == find_question("03_horizontal_step").answer == 0
    assert correlate(vertical.T, EDGE.T).max() in replies("03_horizontal_step")


def test_sobel():
    assert find_question("03_sobel").answer == correlate(PATCH, SOBEL).item() == -81
    flipped, unsigned, turned, turned_back, plain = replies("03_sobel")
    assert flipped == signal.convolve2d(PATCH, SOBEL, mode="valid").item() == 81
    assert unsigned == correlate(PATCH, np.abs(SOBEL)).item()
    assert turned == correlate(PATCH, SOBEL.T).item()
    assert turned_back == correlate(PATCH, -SOBEL.T).item()
    assert plain == correlate(PATCH, EDGE.T).item()


def test_commutative():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 6)), rng.normal(size=(3, 2))
    np.testing.assert_allclose(signal.convolve2d(x, w), signal.convolve2d(w, x))
    there, back = signal.correlate2d(x, w), signal.correlate2d(w, x)
    assert not np.allclose(there, back)
    np.testing.assert_allclose(there, back[::-1, ::-1])
    assert find_question("03_commutative").answer == "true convolution"
    # the numbers in the replies
    small, other = np.array([[1, 2]]), np.array([[3, 4]])
    assert signal.correlate2d(small, other).tolist() == [[4, 11, 6]]
    assert signal.correlate2d(other, small).tolist() == [[6, 11, 4]]
    assert np.polymul([2, 1], [4, 3])[::-1].tolist() == signal.convolve2d(small, other).ravel().tolist()


def test_equivariance():
    rng = np.random.default_rng(0)
    x, w = np.zeros((8, 20)), rng.normal(size=(3, 3))
    x[2:6, 3:8] = rng.normal(size=(4, 5))
    np.testing.assert_allclose(correlate(np.roll(x, 5, axis=1), w), np.roll(correlate(x, w), 5, axis=1))
    assert find_question("03_equivariance").answer == "it moves 5 pixels too"


def test_sizes():
    assert find_question("03_output_size").answer == correlate(np.ones((5, 5)), np.ones((3, 3))).shape
    assert find_question("03_output_size").answer == (output_size(5, 3), output_size(5, 3))
    y = reference.conv2d(np.ones((2, 3, 8, 8)), np.ones((4, 3, 3, 3)))
    assert find_question("03_channels").answer == y.shape


@pytest.mark.parametrize(
    "answer", [(3, 3), [3, 3], np.array([3, 3]), (3.0, 3.0), "(3, 3)", " 3, 3 ", np.zeros((3, 3)).shape]
)
def test_a_shape_may_be_written_in_many_ways(answer):
    assert react(find_question("03_output_size"), answer).right is True


@pytest.mark.parametrize("answer", ["AW+BX + ey+fz", "aw + bx + ey + fz", 1])
def test_a_choice_may_be_written_in_many_ways(answer):
    assert react(find_question("03_letters"), answer).right is True


@pytest.mark.parametrize(
    "answer", [None, "", "many", "1/0", {}, {3}, object(), [1, "a"], [[1], [1, 2]], 1j, b"3", True]
)
def test_what_cannot_be_read_costs_nothing(answer):
    assert react(find_question("03_output_size"), answer).right is None
    assert react(find_question("03_sobel"), answer).right is None


def test_what_is_no_choice_is_answered_with_the_choices():
    for answer in ("banana", 0, 99, True, [1], np.zeros(3)):
        reaction = react(find_question("03_equivariance"), answer)
        assert reaction.right is None
        assert '"it stays the same"' in reaction.sentence
