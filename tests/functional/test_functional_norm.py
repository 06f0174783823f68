"""Local response and batch normalisation: equal the textbook, running statistics follow, gradients."""

import numpy as np
import pytest
from agreement import DTYPES, SEEDS, assert_agrees, assert_gradient, examples, normal, wide
from hypothesis import given
from hypothesis import strategies as st

import convlab.functional as F
from convlab import reference as R

# ------------------------------------------------------------------------------------------------ local response
RESPONSE_OPTIONS = st.fixed_dictionaries(
    {}, optional={"alpha": st.floats(0, 2), "beta": st.floats(0, 2), "k": st.floats(0.5, 3)}
)
IMAGES = st.tuples(st.integers(0, 2), st.integers(0, 7), st.integers(1, 3), st.integers(1, 4))


@examples(50)
@given(IMAGES, st.integers(1, 9), RESPONSE_OPTIONS, SEEDS, DTYPES)
def test_local_response_norm_equals_the_reference(shape, size, options, seed, dtype):
    rng = np.random.default_rng(seed)
    x, dy = normal(rng, shape, dtype), normal(rng, shape, dtype)
    expected = R.local_response_norm(wide(x), size, **options)
    assert_agrees(F.local_response_norm(x, size, **options), expected, dtype)
    expected = R.local_response_norm_grad(wide(dy), wide(x), size, **options)
    assert_agrees(F.local_response_norm_grad(dy, x, size, **options), expected, dtype)


@examples(25)
@given(IMAGES, st.integers(1, 9), RESPONSE_OPTIONS, SEEDS)
def test_local_response_norm_gradient_equals_central_differences(shape, size, options, seed):
    rng = np.random.default_rng(seed)
    x, dy = normal(rng, shape), normal(rng, shape)
    dx = F.local_response_norm_grad(dy, x, size, **options)
    assert_gradient(dx, lambda x: F.local_response_norm(x, size, **options), x, dy)


def test_local_response_norm_takes_more_axes_or_fewer():
    rng = np.random.default_rng(0)
    x, dy = normal(rng, (2, 5, 3, 4)), normal(rng, (2, 5, 3, 4))
    y, dx = F.local_response_norm(x, 3), F.local_response_norm_grad(dy, x, 3)
    for shape in [(2, 5, 12), (2, 5, 3, 2, 2)]:
        np.testing.assert_array_equal(F.local_response_norm(x.reshape(shape), 3).reshape(x.shape), y)
        got = F.local_response_norm_grad(dy.reshape(shape), x.reshape(shape), 3)
        np.testing.assert_array_equal(got.reshape(x.shape), dx)


def test_local_response_norm_with_more_channels_than_there_are_sees_all():
    x = np.ones((1, 3, 1, 1))
    y = F.local_response_norm(x, 2**31 - 1, alpha=float(2**31 - 1), beta=1.0, k=1.0)
    np.testing.assert_allclose(y, 0.25)  # 1 / (1 + three squares)


# ------------------------------------------------------------------------------------------------ batch
@st.composite
def batches(draw):
    """x's shape with at least two values per channel, options, which arrays are there."""
    N, C = draw(st.integers(1, 4)), draw(st.integers(0, 4))
    rest = draw(st.sampled_from([(), (3,), (2, 3), (1, 4)]))
    if N * int(np.prod(rest)) < 2:
        N = 2
    options = {"training": draw(st.booleans())}
    if draw(st.booleans()):
        options |= {"momentum": draw(st.floats(0, 1)), "eps": draw(st.sampled_from([1e-5, 1e-3, 0.5]))}
    return (N, C, *rest), options, draw(st.booleans()), draw(st.booleans()) or not options["training"]


def batch(case, seed, dtype):
    shape, options, affine, tracked = case
    rng = np.random.default_rng(seed)
    C = shape[1]
    x, dy = (3 * normal(rng, shape) + 1).astype(dtype), normal(rng, shape, dtype)
    weight, bias = (normal(rng, C, dtype), normal(rng, C, dtype)) if affine else (None, None)
    running = (normal(rng, C, dtype), rng.uniform(0.5, 2, C).astype(dtype)) if tracked else (None, None)
    return x, weight, bias, running, dy, options


@examples(50)
@given(batches(), SEEDS, DTYPES)
def test_batch_norm_equals_the_reference(case, seed, dtype):
    x, weight, bias, running, dy, options = batch(case, seed, dtype)
    textbook_running = tuple(wide(array) for array in running)
    expected, textbook_saved = R.batch_norm(wide(x), wide(weight), wide(bias), *textbook_running, **options)
    y, saved = F.batch_norm(x, weight, bias, *running, **options)
    assert_agrees(y, expected, dtype)
    for got, textbook in zip(running, textbook_running):
        if got is not None:
            assert_agrees(got, textbook, dtype)
    for got, textbook in zip(F.batch_norm_grad(dy, saved), R.batch_norm_grad(wide(dy), textbook_saved)):
        assert_agrees(got, textbook, dtype)


@examples(25)
@given(batches(), SEEDS)
def test_batch_norm_gradients_equal_central_differences(case, seed):
    x, weight, bias, running, dy, options = batch(case, seed, np.float64)
    C = x.shape[1]
    weight, bias = np.ones(C) if weight is None else weight, np.zeros(C) if bias is None else bias

    def forward(x, weight, bias):
        return F.batch_norm(x, weight, bias, *(a if a is None else a.copy() for a in running), **options)

    dx, dweight, dbias = F.batch_norm_grad(dy, forward(x, weight, bias)[1])
    assert_gradient(dx, lambda x: forward(x, weight, bias)[0], x, dy)
    assert_gradient(dweight, lambda weight: forward(x, weight, bias)[0], weight, dy)
    assert_gradient(dbias, lambda bias: forward(x, weight, bias)[0], bias, dy)


def test_batch_norm_in_training_gives_mean_0_and_variance_1():
    x = 5 + 3 * np.random.default_rng(0).standard_normal((8, 2, 4, 4)).astype(np.float32)
    y, _ = F.batch_norm(x, None, None, None, None, training=True, eps=0.0)
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(y.var((0, 2, 3)), 1, rtol=1e-5)


def test_batch_norm_is_exact_far_from_zero():
    x = 1e4 + np.random.default_rng(0).standard_normal((64, 1, 8, 8)).astype(np.float32)
    y, _ = F.batch_norm(x, None, None, None, None, training=True)
    assert_agrees(y, R.batch_norm(wide(x), None, None, None, None, training=True)[0], np.float32)


def test_running_statistics_follow_in_training_only():
    x = np.array([[1.0], [3.0], [5.0]])
    mean, var = np.array([10.0]), np.array([2.0])
    F.batch_norm(x, None, None, mean, var, training=False)
    assert (mean.item(), var.item()) == (10, 2)
    F.batch_norm(x, None, None, mean, var, training=True, momentum=0.25)
    assert mean.item() == pytest.approx(0.75 * 10 + 0.25 * 3)
    assert var.item() == pytest.approx(0.75 * 2 + 0.25 * 4)  # 8 / (3 - 1): the unbiased variance


@pytest.mark.parametrize("training", [True, False])
def test_an_empty_batch_gives_an_empty_batch_and_leaves_the_running_statistics(training):
    mean, var = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    y, saved = F.batch_norm(np.zeros((0, 2, 3, 3)), np.ones(2), np.zeros(2), mean, var, training=training)
    dx, dweight, dbias = F.batch_norm_grad(np.zeros((0, 2, 3, 3)), saved)
    assert y.shape == dx.shape == (0, 2, 3, 3)
    assert mean.tolist() == [1, 2] and var.tolist() == [3, 4]
    assert dweight.tolist() == dbias.tolist() == [0, 0]


def test_running_statistics_may_be_part_of_a_larger_array():
    both = np.array([[0.0, 1.0], [0.0, 1.0]])
    x = np.arange(8.0).reshape(4, 2)
    F.batch_norm(x, None, None, both[:, 0], both[:, 1], training=True, momentum=1.0)
    np.testing.assert_allclose(both, [[3, 20 / 3], [4, 20 / 3]])
