"""The linear layer, activations and dropout: equal the textbook, gradients equal central differences."""

import numpy as np
import pytest
from agreement import DTYPES, SEEDS, assert_adjoint, assert_agrees, assert_gradient, examples, normal, wide
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import convlab.functional as F
from convlab import reference as R

SHAPES = array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


# ------------------------------------------------------------------------------------------------ linear
LINEAR = st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 5))


@examples(40)
@given(LINEAR, SEEDS, DTYPES)
def test_linear_equals_the_reference(sizes, seed, dtype):
    N, I, O = sizes
    rng = np.random.default_rng(seed)
    x, w, b, dy = (normal(rng, shape, dtype) for shape in ((N, I), (O, I), O, (N, O)))
    X, W, B, DY = map(wide, (x, w, b, dy))
    assert_agrees(F.linear(x, w, b), R.linear(X, W, B), dtype)
    assert_agrees(F.linear(x, w), R.linear(X, W), dtype)
    assert_agrees(F.linear_grad_input(dy, w), R.linear_grad_input(DY, W), dtype)
    assert_agrees(F.linear_grad_weight(dy, x), R.linear_grad_weight(DY, X), dtype)
    assert_agrees(F.linear_grad_bias(dy), R.linear_grad_bias(DY), dtype)


@examples(20)
@given(LINEAR, SEEDS)
def test_linear_gradients_equal_central_differences_and_are_the_adjoint(sizes, seed):
    N, I, O = sizes
    rng = np.random.default_rng(seed)
    x, w, b, dy = (normal(rng, shape) for shape in ((N, I), (O, I), O, (N, O)))
    assert_gradient(F.linear_grad_input(dy, w), lambda x: F.linear(x, w, b), x, dy)
    assert_gradient(F.linear_grad_weight(dy, x), lambda w: F.linear(x, w, b), w, dy)
    assert_gradient(F.linear_grad_bias(dy), lambda b: F.linear(x, w, b), b, dy)
    y = F.linear(x, w)
    assert_adjoint(y, dy, x, F.linear_grad_input(dy, w))
    assert_adjoint(y, dy, w, F.linear_grad_weight(dy, x))


# ------------------------------------------------------------------------------------------------ activations
ACTIVATIONS = {  # name: (what the gradient is computed from, options)
    "relu": ("x", {}),
    "leaky_relu": ("x", {"negative_slope": 0.2}),
    "sigmoid": ("y", {}),
    "tanh": ("y", {}),
}
BY_NAME = pytest.mark.parametrize("name", ACTIVATIONS)


@BY_NAME
@examples(30)
@given(shape=SHAPES, seed=SEEDS, dtype=DTYPES, scale=st.sampled_from([1.0, 30.0, 1e4]))
def test_activations_equal_the_reference(name, shape, seed, dtype, scale):
    kept, options = ACTIVATIONS[name]
    rng = np.random.default_rng(seed)
    x, dy = np.asarray(scale * normal(rng, shape, dtype), dtype), np.asarray(normal(rng, shape, dtype), dtype)
    x[rng.random(shape) < 0.2] = 0
    y = getattr(F, name)(x, **options)
    assert_agrees(y, getattr(R, name)(wide(x), **options), dtype)
    given_back = {"x": x, "y": y}[kept]
    expected = getattr(R, f"{name}_grad")(wide(dy), wide(given_back), **options)
    assert_agrees(getattr(F, f"{name}_grad")(dy, given_back, **options), expected, dtype)


@BY_NAME
@examples(15)
@given(shape=SHAPES, seed=SEEDS)
def test_activation_gradients_equal_central_differences(name, shape, seed):
    kept, options = ACTIVATIONS[name]
    rng = np.random.default_rng(seed)
    x, dy = np.asarray(normal(rng, shape)), np.asarray(normal(rng, shape))
    x = np.where(np.abs(x) < 1e-3, 0.5, x)  # not at the kink
    y = getattr(F, name)(x, **options)
    dx = getattr(F, f"{name}_grad")(dy, {"x": x, "y": y}[kept], **options)
    assert_gradient(dx, lambda x: getattr(F, name)(x, **options), x, dy)


@BY_NAME
def test_activations_at_the_ends(name):
    x = np.array([-np.inf, -1e4, -0.0, 0.0, 1e4, np.inf, np.nan], np.float32)
    ends = {
        "relu": [0, 0, 0, 0, 1e4, np.inf, np.nan],
        "leaky_relu": [-np.inf, -2e3, 0, 0, 1e4, np.inf, np.nan],
        "sigmoid": [0, 0, 0.5, 0.5, 1, 1, np.nan],
        "tanh": [-1, -1, 0, 0, 1, 1, np.nan],
    }
    y = getattr(F, name)(x, **ACTIVATIONS[name][1])
    np.testing.assert_array_equal(y, np.float32(ends[name]))


def test_gradients_at_zero_and_nan_are_those_of_pytorch():
    x, dy = np.array([0.0, -0.0, np.nan, 1.0, -1.0]), np.full(5, 3.0)
    assert F.relu_grad(dy, x).tolist() == [0, 0, 3, 3, 0]
    assert F.leaky_relu_grad(dy, x, 0.5).tolist() == [1.5, 1.5, 1.5, 3, 1.5]


def test_every_number_is_reached_whatever_the_length():
    rng = np.random.default_rng(1)
    for size in (8191, 8192, 8193, 3 * 8192 + 5):
        x = rng.standard_normal(size)
        np.testing.assert_array_equal(F.relu(x), np.maximum(x, 0))


# ------------------------------------------------------------------------------------------------ dropout
@examples(30)
@given(SHAPES, st.floats(0, 1), SEEDS, DTYPES)
def test_dropout_equals_the_reference(shape, p, seed, dtype):
    rng = np.random.default_rng(seed)
    x, dy = np.asarray(normal(rng, shape, dtype), dtype), np.asarray(normal(rng, shape, dtype), dtype)
    y, mask = F.dropout(x, p, rng=np.random.default_rng(seed))
    expected, textbook_mask = R.dropout(x, p, rng=np.random.default_rng(seed))
    assert_agrees(mask, np.asarray(textbook_mask), dtype)
    assert_agrees(y, np.asarray(expected), dtype)
    assert_agrees(F.dropout_grad(dy, mask), R.dropout_grad(wide(dy), wide(mask)), dtype)


def test_dropout_keeps_the_mean_and_drops_as_many_as_it_says():
    x = np.ones(20_000, np.float32)
    y, mask = F.dropout(x, 0.25, rng=np.random.default_rng(3))
    assert set(np.unique(mask).tolist()) == {0.0, float(np.float32(1 / 0.75))}
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert y.mean() == pytest.approx(1, abs=0.02)
    assert (F.dropout(x, 0.0, rng=np.random.default_rng(3))[0] == 1).all()
    assert (F.dropout(x, 1.0, rng=np.random.default_rng(3))[0] == 0).all()


class Lowest(np.random.Generator):
    """Draws nothing but 0, the lowest number that random() can give."""

    def random(self, size=None, dtype=np.float64, out=None):
        return np.zeros(size, dtype)


def test_dropout_with_p_0_keeps_all_whatever_is_drawn():
    y, mask = F.dropout(np.ones(4), 0.0, rng=Lowest(np.random.PCG64(0)))
    assert y.tolist() == mask.tolist() == [1, 1, 1, 1]
    assert F.dropout(np.ones(4), 0.1, rng=Lowest(np.random.PCG64(0)))[0].tolist() == [0, 0, 0, 0]


def test_dropout_gradient_passes_what_was_kept():
    x, dy = np.ones(50), np.arange(50.0)
    y, mask = F.dropout(x, 0.5, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(F.dropout_grad(dy, mask), np.where(y > 0, 2 * dy, 0))
