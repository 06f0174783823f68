"""Where arrays differ, in words."""

import numpy as np
import pytest

from convlab.grading.difference import close, difference
from convlab.grading.verdict import Answer

AXES = ("image", "filter", "row", "column")
rng = np.random.default_rng(7)
WANT = rng.normal(size=(2, 3, 4, 5))


def changed(change):
    got = WANT.copy()
    change(got)
    return got


def border(got):
    got[:, :, [0, -1]] += 1 + rng.random((2, 3, 2, 5))
    got[:, :, :, [0, -1]] += 1 + rng.random((2, 3, 4, 2))


def only_filter_0(got):
    got[:, 1:] = 7 * rng.normal(size=got[:, 1:].shape)


def only_image_0(got):
    got[1:] = 0


def last_column(got):
    got[..., -1] += rng.random((2, 3, 4)) + 1


def per_filter(got):
    got += np.array([0.5, -1.0, 2.0])[:, None, None]


def two_numbers(got):
    got[0, 1, 2, 3] += 1
    got[1, 2, 3, 1] += 1


@pytest.mark.parametrize(
    ("got", "sentence"),
    [
        (WANT, ""),
        (WANT + 1e-7, ""),
        (WANT.astype(np.float32).astype(float), ""),
        (changed(border), "The inside is right and only the border is wrong: look at the padding."),
        (changed(only_filter_0), "Only filter 0 is right; the other 2 filters are not."),
        (changed(only_image_0), "Only image 0 is right; the other image is not."),
        (changed(last_column), "Only column 4 (the last) is wrong; the other 4 columns are right."),
        (changed(per_filter), "Within each filter every number is off by the same amount: "
         "look at what is added once for each filter."),
        (WANT + 3, "Every number is off by the same amount, +3."),
        (-WANT, "Every number has the wrong sign."),
        (WANT * 2, "Every number is 2 times too large: exactly the batch size."),
        (WANT / 6, "Every number is 6 times too small: exactly the number of taps."),
        (WANT * 1.7, "Every number is 1.7 times what is expected."),
        (WANT[..., ::-1], "The numbers are right, but left and right have changed places."),
        (WANT[..., ::-1, :], "The numbers are right, but they are upside down."),
        (WANT[..., ::-1, ::-1], "The numbers are right, but they are rotated by 180 degrees."),
        (np.zeros_like(WANT), "All numbers are 0: is the array filled at all?"),
        (np.full_like(WANT, np.inf), "120 of 120 numbers are NaN or infinite: look for a division by zero or an empty "
         "array."),
        (WANT.swapaxes(2, 3), "The result has shape (2, 3, 5, 4) where (2, 3, 4, 5) is expected: the last two axes have "
         "changed places."),
        (WANT[:, :1], "The result has shape (2, 1, 4, 5) where (2, 3, 4, 5) is expected: 1 filter where 3 are expected."),
        (WANT[0], "The result has 3 axes (3, 4, 5) where 4 are expected (image, filter, row, column): (2, 3, 4, 5)."),
    ],
)  # fmt: skip
def test_sentence(got, sentence):
    answer = Answer(values=np.array(got), shape=got.shape)
    assert difference(answer, WANT, AXES, 1e-4, {"the batch size": 2, "the number of taps": 6}) == sentence


def test_without_a_pattern_it_counts():
    answer = Answer(values=changed(two_numbers), shape=WANT.shape)
    want = WANT[0, 1, 2, 3]
    assert difference(answer, WANT, AXES, 1e-4, {}) == (
        f"2 of 120 numbers differ, the first at [0, 1, 2, 3]: {want + 1:.4g} where {want:.4g} is expected."
    )


def test_square_images_may_be_transposed():
    want = rng.normal(size=(2, 3, 4, 4))
    answer = Answer(values=want.swapaxes(2, 3), shape=want.shape)
    assert difference(answer, want, AXES, 1e-4, {}) == (
        "The numbers are right, but rows and columns have changed places."
    )


def test_a_vector_and_a_number():
    want = np.array([1.0, 2.0, 5.0])
    assert "reverse order" in difference(Answer(values=want[::-1], shape=(3,)), want, ("place",), 1e-4, {})
    assert (
        difference(Answer(values=np.array(2.0), shape=()), np.array(3.0), (), 1e-4, {})
        == "It is 2 where 3 is expected."
    )


def test_whole_numbers_are_told():
    answer = Answer(values=np.trunc(WANT * 5), shape=WANT.shape, whole_numbers=True)
    assert "digits after the point are cut off" in difference(answer, WANT * 5, AXES, 1e-4, {})


@pytest.mark.parametrize(
    ("got", "same"), [(1.0, True), (1.00009, True), (1.001, False), (np.nan, False), (np.inf, False)]
)
def test_close(got, same):
    assert close(np.array([got, 0.0]), np.array([1.0, 0.0]), 1e-4) is same


@pytest.mark.parametrize(
    ("got", "want", "same"),
    [
        (np.nan, np.nan, True),
        (np.inf, np.inf, True),
        (-np.inf, np.inf, False),
        (np.nan, np.inf, False),
        (1.0, np.nan, False),
        (1e300, np.inf, False),
    ],
)
def test_numbers_that_are_not_finite_must_be_the_same(got, want, same):
    assert close(np.array([got, 1.0]), np.array([want, 1.0]), 1e-4) is same


def test_an_infinite_number_sets_no_scale():
    want = np.array([np.inf, 1.0, 2.0])
    assert not close(np.array([np.inf, 1.5, 2.0]), want, 1e-4)
    answer = Answer(values=np.array([np.inf, 1.5, 2.0]), shape=(3,))
    assert difference(answer, want, ("place",), 1e-4, {}) == "Only place 1 is wrong; the other 2 places are right."


def test_tolerance_grows_with_the_numbers():
    assert close(np.array([1e6 + 50, 0.0]), np.array([1e6, 0.0]), 1e-4)
    assert not close(np.zeros((2, 1)), np.zeros((1, 2)), 1e-4)
