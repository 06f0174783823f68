"""Softmax, log-softmax and cross-entropy: equal the textbook for scores of any size and along any axis; gradients."""

import math

import numpy as np
import pytest
from agreement import DTYPES, SEEDS, TOLERANCE, assert_agrees, assert_gradient, examples, normal, wide
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import convlab.functional as F
from convlab import reference as R

SCALES = st.sampled_from([1.0, 100.0, 1e4])
BY_NAME = pytest.mark.parametrize("name", ["softmax", "log_softmax"])


@st.composite
def shapes_and_axes(draw):
    shape = draw(array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    return shape, draw(st.integers(-len(shape), len(shape) - 1))


@BY_NAME
@examples(40)
@given(case=shapes_and_axes(), seed=SEEDS, dtype=DTYPES, scale=SCALES)
def test_equals_the_reference(name, case, seed, dtype, scale):
    shape, axis = case
    rng = np.random.default_rng(seed)
    x, dy = (scale * normal(rng, shape)).astype(dtype), normal(rng, shape, dtype)
    y = getattr(F, name)(x, axis)
    assert_agrees(y, getattr(R, name)(wide(x), axis), dtype)
    expected = getattr(R, f"{name}_grad")(wide(dy), wide(y), axis)
    assert_agrees(getattr(F, f"{name}_grad")(dy, y, axis=axis), expected, dtype)


@BY_NAME
@examples(20)
@given(case=shapes_and_axes(), seed=SEEDS)
def test_gradients_equal_central_differences(name, case, seed):
    shape, axis = case
    rng = np.random.default_rng(seed)
    x, dy = normal(rng, shape), normal(rng, shape)
    dx = getattr(F, f"{name}_grad")(dy, getattr(F, name)(x, axis), axis)
    assert_gradient(dx, lambda x: getattr(F, name)(x, axis), x, dy)


def test_the_last_axis_is_the_default():
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    np.testing.assert_array_equal(F.softmax(x), F.softmax(x, axis=2))
    np.testing.assert_allclose(F.softmax(x).sum(-1), 1)
    np.testing.assert_allclose(np.exp(F.log_softmax(x)), F.softmax(x))


def test_scores_of_10_000_neither_overflow_nor_vanish():
    x = np.array([[1e4, -1e4, 1e4], [-1e4, -1e4, -1e4]], np.float32)
    third = np.float32(1 / 3)
    np.testing.assert_array_equal(F.softmax(x), np.float32([[0.5, 0, 0.5], [third] * 3]))
    np.testing.assert_allclose(F.log_softmax(x)[0], [-math.log(2), -2e4 - math.log(2), -math.log(2)], rtol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # Python's own loops speak of inf - inf
def test_nan_spoils_its_own_row_and_minus_infinity_is_probability_0():
    x = np.array([[0.0, np.nan, 1.0], [0.0, -np.inf, 0.0], [np.nan, 0.0, 0.0]])
    y = F.softmax(x)
    assert np.isnan(y[[0, 2]]).all() and y[1].tolist() == [0.5, 0, 0.5]
    y = F.log_softmax(x)
    assert np.isnan(y[[0, 2]]).all() and y[1].tolist() == [-math.log(2), -np.inf, -math.log(2)]
    loss, dlogits = F.cross_entropy(x[1:2], np.array([0]))
    assert loss == pytest.approx(math.log(2)) and dlogits.tolist() == [[-0.5, 0, 0.5]]
    assert math.isnan(F.cross_entropy(x, np.array([0, 0, 0]))[0])


@BY_NAME
@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0,)])
def test_empty_arrays_stay_empty(name, shape):
    y = getattr(F, name)(np.zeros(shape, np.float32))
    assert y.shape == getattr(F, f"{name}_grad")(y, y).shape == shape


def test_a_single_number_is_a_row_of_one():
    x = np.array(3.0)
    assert F.softmax(x).shape == () and F.softmax(x) == 1
    assert F.log_softmax(x, axis=0) == 0
    assert F.softmax_grad(x, F.softmax(x)) == 0


# ------------------------------------------------------------------------------------------------ cross-entropy
@examples(40)
@given(st.integers(1, 6), st.integers(1, 6), SEEDS, DTYPES, SCALES)
def test_cross_entropy_equals_the_reference(N, K, seed, dtype, scale):
    rng = np.random.default_rng(seed)
    logits, labels = (scale * normal(rng, (N, K))).astype(dtype), rng.integers(0, K, N)
    loss, dlogits = F.cross_entropy(logits, labels)
    expected, textbook_dlogits = R.cross_entropy(wide(logits), labels)
    assert isinstance(loss, float)
    assert loss == pytest.approx(expected, rel=TOLERANCE[np.dtype(dtype)], abs=1e-12)
    assert_agrees(dlogits, textbook_dlogits, dtype)


@examples(20)
@given(st.integers(1, 4), st.integers(1, 5), SEEDS)
def test_cross_entropy_gradient_equals_central_differences(N, K, seed):
    rng = np.random.default_rng(seed)
    logits, labels = normal(rng, (N, K)), rng.integers(0, K, N)
    _, dlogits = F.cross_entropy(logits, labels)
    assert_gradient(dlogits, lambda x: np.array(F.cross_entropy(x, labels)[0]), logits, np.array(1.0))


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint8, np.uint64, np.dtype(">i4")])
def test_labels_may_be_integers_of_any_kind(kind):
    logits = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    labels = np.array([0, 2, 1, 1])
    loss, dlogits = F.cross_entropy(logits, labels.astype(kind))
    assert loss == F.cross_entropy(logits, labels)[0]
    np.testing.assert_array_equal(dlogits, F.cross_entropy(logits, labels)[1])


def test_cross_entropy_by_hand():
    loss, dlogits = F.cross_entropy(np.log([[1.0, 3.0], [1.0, 1.0]]), np.array([1, 0]))
    assert loss == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)
    np.testing.assert_allclose(dlogits, [[0.125, -0.125], [-0.25, 0.25]])
    loss, _ = F.cross_entropy(np.array([[1e4, -1e4]], np.float32), np.array([1]))
    assert loss == 2e4


# ------------------------------------------------------------------------------------------------ label smoothing
@examples(30)
@given(N=st.integers(1, 5), K=st.integers(1, 6), seed=SEEDS, dtype=DTYPES, smoothing=st.floats(0, 1))
def test_smoothed_labels_are_a_target_that_is_spread(N, K, seed, dtype, smoothing):
    rng = np.random.default_rng(seed)
    logits, labels = (3 * normal(rng, (N, K))).astype(dtype), rng.integers(0, K, N)
    target = (1 - smoothing) * np.eye(K)[labels] + smoothing / K
    loss, dlogits = F.cross_entropy(logits, labels, label_smoothing=smoothing)
    expected = -(target * R.log_softmax(wide(logits), -1)).sum(1).mean()
    assert loss == pytest.approx(expected, rel=TOLERANCE[np.dtype(dtype)], abs=TOLERANCE[np.dtype(dtype)])
    assert dlogits.dtype == np.dtype(dtype)
    assert_agrees(dlogits, (R.softmax(wide(logits), -1) - target) / N, dtype)


@examples(10)
@given(seed=SEEDS, smoothing=st.floats(0, 1))
def test_the_gradient_of_smoothed_labels_is_central_differences(seed, smoothing):
    rng = np.random.default_rng(seed)
    logits, labels = normal(rng, (3, 4)), rng.integers(0, 4, 3)
    loss = lambda x: np.array(F.cross_entropy(x, labels, label_smoothing=smoothing)[0])
    assert_gradient(F.cross_entropy(logits, labels, label_smoothing=smoothing)[1], loss, logits, np.array(1.0))


@pytest.mark.parametrize("smoothing", [-0.1, 1.5, math.nan, "much"])
def test_a_smoothing_that_is_no_share_is_refused(smoothing):
    with pytest.raises(ValueError, match=r"^cross_entropy: label_smoothing must be"):
        F.cross_entropy(np.zeros((2, 3)), np.array([0, 1]), label_smoothing=smoothing)
