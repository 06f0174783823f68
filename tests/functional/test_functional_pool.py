"""Pooling: equals the textbook, ties and NaN as in PyTorch, gradients equal central differences, adjoints match."""

import numpy as np
import pytest
from agreement import DTYPES, SEEDS, assert_adjoint, assert_agrees, assert_gradient, examples, normal, wide
from hypothesis import given
from hypothesis import strategies as st

import convlab.functional as F
from convlab import geometry
from convlab import reference as R
from convlab.errors import ShapeError


@st.composite
def axes(draw, dilated):
    """Size, kernel, stride, padding, dilation along one axis."""
    kernel, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3)) if dilated else 1
    stride, padding = draw(st.integers(1, 6)), draw(st.integers(0, kernel // 2))
    least = max(1, geometry.extent(kernel, dilation) - 2 * padding)
    return draw(st.integers(least, least + 6)), kernel, stride, padding, dilation


@st.composite
def poolings(draw, dilated=False):
    """x's shape, kernel_size, options."""
    size, kernel, stride, padding, dilation = zip(*(draw(axes(dilated)) for _ in range(2)))
    options = {"padding": padding, "ceil_mode": draw(st.booleans())}
    if draw(st.booleans()):
        options["stride"] = stride
    if dilated:
        options["dilation"] = dilation
    if kernel[0] == kernel[1] and draw(st.booleans()):
        kernel = kernel[0]
    return (draw(st.integers(1 if dilated else 0, 2)), draw(st.integers(1, 3)), *size), kernel, options


def assert_same_winners(got, expected, dtype):
    (y, argmax), (Y, ARGMAX) = got, expected
    assert y.dtype == dtype and argmax.dtype == np.int64
    np.testing.assert_array_equal(y, Y)  # a maximum is one of the numbers: no rounding
    np.testing.assert_array_equal(argmax, ARGMAX)


# ------------------------------------------------------------------------------------------------ max
@examples(80)
@given(poolings(), SEEDS, DTYPES, st.sampled_from(["normal", "ties", "negative", "nan", "infinite"]))
def test_max_pool_equals_the_reference(case, seed, dtype, kind):
    shape, kernel, options = case
    rng = np.random.default_rng(seed)
    x = normal(rng, shape, dtype)
    if kind == "ties":
        x = np.round(x)
    elif kind == "negative":
        x = -1 - np.abs(x)
    elif kind == "nan":
        x[rng.random(shape) < 0.2] = np.nan
    elif kind == "infinite":
        x[rng.random(shape) < 0.4] = -np.inf
    y, argmax = F.max_pool2d(x, kernel, **options)
    assert_same_winners((y, argmax), R.max_pool2d(wide(x), kernel, **options), dtype)
    dy = normal(rng, y.shape, dtype)
    assert_agrees(F.max_pool2d_grad(dy, argmax, shape), R.max_pool2d_grad(wide(dy), argmax, shape), dtype)


@examples(40)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(5, 40), st.integers(5, 90)),
    st.integers(2, 5), st.integers(1, 3), SEEDS, DTYPES, st.sampled_from([0, 0.01, 0.2]),
)  # fmt: skip
def test_max_pool_of_wide_images_equals_the_reference(shape, kernel, stride, seed, dtype, odd):
    "whole vectors of windows, some of them with numbers that are not finite"
    rng = np.random.default_rng(seed)
    x = np.round(normal(rng, shape, dtype), 1)
    x[rng.random(shape) < odd] = rng.choice([np.nan, np.inf, -np.inf])
    options = {"stride": stride, "padding": kernel // 2}
    assert_same_winners(F.max_pool2d(x, kernel, **options), R.max_pool2d(wide(x), kernel, **options), dtype)


@examples(40)
@given(poolings(dilated=True), SEEDS)
def test_max_pool_with_dilation_equals_the_reference(case, seed):
    shape, kernel, options = case
    x = np.round(normal(np.random.default_rng(seed), shape))
    expected = R.max_pool2d(x, kernel, **options)
    if (expected[1] < 0).any():  # the taps of a dilated window can fall on both sides of a small image
        with pytest.raises(ShapeError, match="max_pool2d: a window sees no pixel"):
            F.max_pool2d(x, kernel, **options)
    else:
        assert_same_winners(F.max_pool2d(x, kernel, **options), expected, np.float64)


@examples(30)
@given(poolings(), SEEDS)
def test_max_pool_gradient_equals_central_differences(case, seed):
    shape, kernel, options = case
    shape = *np.minimum(shape[:2], 1), *shape[2:]
    rng = np.random.default_rng(seed)
    x = rng.permutation(int(np.prod(shape))).reshape(shape) * 0.1  # no ties: there the gradient would jump
    y, argmax = F.max_pool2d(x, kernel, **options)
    dy = normal(rng, y.shape)
    assert_gradient(F.max_pool2d_grad(dy, argmax, shape), lambda x: F.max_pool2d(x, kernel, **options)[0], x, dy)


def test_max_pool_gives_the_first_of_equals_and_the_first_nan():
    ties = np.zeros((1, 1, 4, 6), np.float32)
    assert F.max_pool2d(ties, (2, 3))[1].ravel().tolist() == [0, 3, 12, 15]
    assert F.max_pool2d(ties, 3, stride=1, padding=1)[1][0, 0, 0].tolist() == [0, 0, 1, 2, 3, 4]
    x = np.array([[3.0, np.nan, 5.0, np.nan], [np.inf, 1.0, -np.inf, -np.inf]])[None, None]
    y, argmax = F.max_pool2d(x, 2)
    assert np.isnan(y).all() and argmax.ravel().tolist() == [1, 3]
    y, argmax = F.max_pool2d(np.full((1, 1, 3, 3), -np.inf), 3, padding=1, stride=2)
    assert np.isneginf(y).all() and argmax.ravel().tolist() == [0, 1, 3, 4]


def test_max_pool_of_negative_numbers_never_sees_the_padding():
    x = np.full((1, 1, 3, 3), -7.0)
    assert (F.max_pool2d(x, 2, padding=1)[0] == -7).all()


def test_max_pool_gradient_adds_up_where_windows_overlap():
    x = np.array([[0.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 0.0]])[None, None]
    _, argmax = F.max_pool2d(x, 2, stride=1)
    dx = F.max_pool2d_grad(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), argmax, x.shape)
    assert dx[0, 0, 1, 1] == 10 and np.count_nonzero(dx) == 1


@pytest.mark.parametrize("kind", [np.int32, np.uint8, np.dtype(">i4")])
def test_max_pool_gradient_takes_integers_of_any_kind(kind):
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    y, argmax = F.max_pool2d(x, 2)
    np.testing.assert_array_equal(
        F.max_pool2d_grad(y, argmax.astype(kind), x.shape), F.max_pool2d_grad(y, argmax, x.shape)
    )


# ------------------------------------------------------------------------------------------------ mean
@examples(40)
@given(poolings(), SEEDS, DTYPES, st.booleans())
def test_avg_pool_equals_the_reference(case, seed, dtype, count_include_pad):
    shape, kernel, options = case
    rng = np.random.default_rng(seed)
    options = options | {"count_include_pad": count_include_pad}
    x = normal(rng, shape, dtype)
    y = F.avg_pool2d(x, kernel, **options)
    assert_agrees(y, R.avg_pool2d(wide(x), kernel, **options), dtype)
    dy = normal(rng, y.shape, dtype)
    dx = F.avg_pool2d_grad(dy, shape, kernel, **options)
    assert_agrees(dx, R.avg_pool2d_grad(wide(dy), shape, kernel, **options), dtype)


@examples(40)
@given(poolings(), SEEDS, st.booleans())
def test_avg_pool_gradient_is_the_adjoint_and_equals_central_differences(case, seed, count_include_pad):
    shape, kernel, options = case
    rng = np.random.default_rng(seed)
    options = options | {"count_include_pad": count_include_pad}
    x = normal(rng, shape)
    y = F.avg_pool2d(x, kernel, **options)
    dy = normal(rng, y.shape)
    dx = F.avg_pool2d_grad(dy, shape, kernel, **options)
    assert_adjoint(y, dy, x, dx)
    if x.size <= 150:
        assert_gradient(dx, lambda x: F.avg_pool2d(x, kernel, **options), x, dy)


def test_avg_pool_divides_by_what_it_counts():
    x = np.ones((1, 1, 3, 3))
    assert F.avg_pool2d(x, 2, padding=1)[0, 0].tolist() == [[0.25, 0.5], [0.5, 1.0]]
    assert (F.avg_pool2d(x, 2, padding=1, count_include_pad=False) == 1).all()
    assert (F.avg_pool2d(x, 2, ceil_mode=True) == 1).all()  # what lies beyond the padding never counts
    ragged = F.avg_pool2d(x, 2, padding=1, stride=2, ceil_mode=True)[0, 0]
    assert ragged.tolist() == [[0.25, 0.5], [0.5, 1.0]]


# ------------------------------------------------------------------------------------------------ weighted, global
@st.composite
def weighted(draw):
    kernel = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    size = tuple(K + draw(st.integers(0, 6)) for K in kernel)
    stride = draw(st.one_of(st.integers(1, 6), st.tuples(st.integers(1, 6), st.integers(1, 6))))
    return (draw(st.integers(0, 2)), draw(st.integers(0, 3)), *size), kernel, stride


@examples(40)
@given(weighted(), SEEDS, DTYPES)
def test_weighted_pool_equals_the_reference(case, seed, dtype):
    shape, kernel_shape, stride = case
    rng = np.random.default_rng(seed)
    x, kernel = normal(rng, shape, dtype), normal(rng, kernel_shape, dtype)
    y = F.weighted_pool2d(x, kernel, stride=stride)
    assert_agrees(y, R.weighted_pool2d(wide(x), wide(kernel), stride=stride), dtype)
    dy = normal(rng, y.shape, dtype)
    dx = F.weighted_pool2d_grad(dy, shape, kernel, stride=stride)
    assert_agrees(dx, R.weighted_pool2d_grad(wide(dy), shape, wide(kernel), stride=stride), dtype)


@examples(20)
@given(weighted(), SEEDS)
def test_weighted_pool_gradient_is_the_adjoint_and_equals_central_differences(case, seed):
    shape, kernel_shape, stride = case
    rng = np.random.default_rng(seed)
    x, kernel = normal(rng, shape), normal(rng, kernel_shape)
    y = F.weighted_pool2d(x, kernel, stride=stride)
    dy = normal(rng, y.shape)
    dx = F.weighted_pool2d_grad(dy, shape, kernel, stride=stride)
    assert_adjoint(y, dy, x, dx)
    if x.size <= 150:
        assert_gradient(dx, lambda x: F.weighted_pool2d(x, kernel, stride=stride), x, dy)


@examples(40)
@given(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 6), st.integers(1, 6)), SEEDS, DTYPES)
def test_global_pools_equal_the_reference(shape, seed, dtype):
    rng = np.random.default_rng(seed)
    x, dy = np.round(normal(rng, shape, dtype), 1), normal(rng, (*shape[:2], 1, 1), dtype)
    assert_agrees(F.global_avg_pool2d(x), R.global_avg_pool2d(wide(x)), dtype)
    assert_agrees(F.global_avg_pool2d_grad(dy, shape), R.global_avg_pool2d_grad(wide(dy), shape), dtype)
    y, argmax = F.global_max_pool2d(x)
    assert_same_winners((y, argmax), R.global_max_pool2d(wide(x)), dtype)
    expected = R.global_max_pool2d_grad(wide(dy), argmax, shape)
    assert_agrees(F.global_max_pool2d_grad(dy, argmax, shape), expected, dtype)


def test_global_pool_gradients_equal_central_differences():
    rng = np.random.default_rng(4)
    x, dy = normal(rng, (2, 3, 4, 5)), normal(rng, (2, 3, 1, 1))
    assert_gradient(F.global_avg_pool2d_grad(dy, x.shape), F.global_avg_pool2d, x, dy)
    _, argmax = F.global_max_pool2d(x)
    assert_gradient(F.global_max_pool2d_grad(dy, argmax, x.shape), lambda x: F.global_max_pool2d(x)[0], x, dy)
