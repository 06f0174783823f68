"""Convolution in one and two dimensions: equals the textbook, gradients equal central differences, adjoints match."""

from dataclasses import dataclass

import numpy as np
import pytest
from agreement import (
    DTYPES,
    SEEDS,
    assert_adjoint,
    assert_agrees,
    assert_gradient,
    central_differences,
    examples,
    normal,
    wide,
)
from hypothesis import example, given
from hypothesis import strategies as st

import convlab.functional as F
from convlab import geometry
from convlab import reference as R


@dataclass(frozen=True)
class Case:
    """One legal convolution: shapes and options."""

    x: tuple
    w: tuple
    options: dict

    def arrays(self, seed, dtype=np.float64):
        rng = np.random.default_rng(seed)
        x, w, b = normal(rng, self.x, dtype), normal(rng, self.w, dtype), normal(rng, self.w[0], dtype)
        y_shape = R.conv2d(x, w, **self.options).shape if len(self.x) == 4 else R.conv1d(x, w, **self.options).shape
        return x, w, b, normal(rng, y_shape, dtype)


@st.composite
def axes(draw, most=6):
    """Size, kernel, stride, padding and dilation along one axis, the window no larger than the padded image."""
    kernel, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    stride, padding = draw(st.integers(1, 5)), draw(st.integers(0, 5))
    least = max(1, geometry.extent(kernel, dilation) - 2 * padding)
    return draw(st.integers(least, least + most)), kernel, stride, padding, dilation


@st.composite
def convolutions(draw, dimensions=2, most=6, images=3):
    size, kernel, stride, padding, dilation = zip(*(draw(axes(most)) for _ in range(dimensions)))
    groups, per_group, lanes = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    if draw(st.booleans()):
        options = {
            name: value[0] if len(set(value)) == 1 else value for name, value in options.items() if name != "groups"
        }
        options["groups"] = groups
    kind = draw(st.sampled_from(["numbers", "numbers", "same", "valid"]))
    if kind == "same":
        options |= {"stride": 1, "padding": "same"}
    elif kind == "valid":
        options["padding"] = "valid"
        size = tuple(max(M, geometry.extent(K, d)) for M, K, d in zip(size, kernel, dilation))
    x = draw(st.integers(0, images)), groups * per_group, *size
    return Case(x, (groups * lanes, per_group, *kernel), options)


SPECIAL = {
    "1x1": Case((2, 3, 4, 5), (4, 3, 1, 1), {}),
    "the kernel covers the image": Case((3, 2, 4, 5), (3, 2, 4, 5), {}),
    "it covers the image, dilated": Case((2, 2, 5, 5), (3, 2, 3, 3), {"dilation": 2}),
    "it covers the image, in groups": Case((2, 4, 3, 3), (4, 2, 3, 3), {"groups": 2}),
    "it covers the padded image": Case((2, 2, 3, 3), (3, 2, 5, 5), {"padding": 1}),
    "as large as the image, but shifted": Case((2, 2, 3, 3), (3, 2, 3, 3), {"padding": 1, "stride": 3}),
    "one output, long stride": Case((2, 1, 3, 3), (2, 1, 3, 2), {"stride": (7, 2**31 - 1)}),
    "stride larger than the kernel": Case((2, 2, 11, 13), (3, 2, 2, 1), {"stride": (5, 4)}),
    "padding larger than the kernel": Case((1, 2, 3, 2), (2, 2, 2, 3), {"padding": (5, 4)}),
    "windows that see padding only": Case((1, 1, 1, 1), (1, 1, 1, 1), {"padding": 3, "stride": 2}),
    "depthwise": Case((2, 6, 5, 4), (6, 1, 3, 3), {"groups": 6, "padding": 1}),
    "depthwise, two filters each": Case((2, 3, 5, 4), (6, 1, 3, 3), {"groups": 3}),
    "same, even kernel": Case((1, 2, 5, 6), (2, 2, 4, 2), {"padding": "same"}),
    "same, dilated even kernel": Case((1, 1, 5, 6), (2, 1, 2, 4), {"padding": "same", "dilation": (3, 2)}),
    "empty batch": Case((0, 2, 5, 4), (3, 2, 3, 3), {"padding": 1}),
    "no channels": Case((2, 0, 5, 4), (3, 0, 3, 3), {}),
    "no filters": Case((2, 3, 5, 4), (0, 3, 3, 3), {}),
    "AlexNet's first, smaller": Case((1, 3, 27, 31), (4, 3, 11, 11), {"stride": 4}),
}
SPECIAL_CASES = pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in SPECIAL.items()])


def check_conv(case, seed, dtype, dimensions=2):
    x, w, b, dy = case.arrays(seed, dtype)
    name, options = f"conv{dimensions}d", case.options
    X, W, B, DY = map(wide, (x, w, b, dy))
    forward, textbook = getattr(F, name), getattr(R, name)
    assert_agrees(forward(x, w, b, **options), textbook(X, W, B, **options), dtype)
    assert_agrees(forward(x, w, **options), textbook(X, W, **options), dtype)
    dx = getattr(F, f"{name}_grad_input")(dy, w, x.shape, **options)
    assert_agrees(dx, getattr(R, f"{name}_grad_input")(DY, W, x.shape, **options), dtype)
    dw = getattr(F, f"{name}_grad_weight")(dy, x, w.shape, **options)
    assert_agrees(dw, getattr(R, f"{name}_grad_weight")(DY, X, w.shape, **options), dtype)
    assert_agrees(getattr(F, f"{name}_grad_bias")(dy), getattr(R, f"{name}_grad_bias")(DY), dtype)


@examples(80)
@given(convolutions(), SEEDS, DTYPES)
def test_conv2d_equals_the_reference(case, seed, dtype):
    check_conv(case, seed, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@SPECIAL_CASES
def test_conv2d_special_cases_equal_the_reference(case, dtype):
    check_conv(case, 5, dtype)


@examples(40)
@given(convolutions(dimensions=1), SEEDS, DTYPES)
@example(Case((2, 2, 7), (3, 2, 3), {"stride": (2,), "padding": (1,), "dilation": (1,)}), 0, np.float32)
@example(Case((0, 2, 7), (3, 2, 3), {}), 0, np.float64)
@example(Case((1, 2, 7), (3, 2, 7), {}), 0, np.float64)
def test_conv1d_equals_the_reference(case, seed, dtype):
    check_conv(case, seed, dtype, dimensions=1)


def gradients(case, seed, dimensions=2):
    """For x, w and b: (gradient, the forward pass as a function of that argument, argument), and dy."""
    x, w, b, dy = case.arrays(seed)
    name, options = f"conv{dimensions}d", case.options
    forward = getattr(F, name)
    dx = getattr(F, f"{name}_grad_input")(dy, w, x.shape, **options)
    dw = getattr(F, f"{name}_grad_weight")(dy, x, w.shape, **options)
    by_x = dx, lambda x: forward(x, w, b, **options), x
    by_w = dw, lambda w: forward(x, w, b, **options), w
    by_b = getattr(F, f"{name}_grad_bias")(dy), lambda b: forward(x, w, b, **options), b
    return [by_x, by_w, by_b], dy


@examples(25)
@given(convolutions(most=2, images=2), SEEDS)
def test_conv2d_gradients_equal_central_differences(case, seed):
    found, dy = gradients(case, seed)
    for gradient, forward, argument in found:
        assert_gradient(gradient, forward, argument, dy)


@SPECIAL_CASES
def test_conv2d_special_gradients_equal_central_differences(case):
    found, dy = gradients(case, 9)
    for gradient, forward, argument in found:
        if argument.size <= 400:
            assert_gradient(gradient, forward, argument, dy)


@examples(25)
@given(convolutions(dimensions=1, most=3, images=2), SEEDS)
def test_conv1d_gradients_equal_central_differences(case, seed):
    found, dy = gradients(case, seed, dimensions=1)
    for gradient, forward, argument in found:
        assert_gradient(gradient, forward, argument, dy)


@pytest.mark.parametrize("dimensions", [1, 2])
@examples(40)
@given(data=st.data(), seed=SEEDS)
def test_gradients_are_the_adjoint(dimensions, data, seed):
    case = data.draw(convolutions(dimensions))
    x, w, _, dy = case.arrays(seed)
    name, options = f"conv{dimensions}d", case.options
    y = getattr(F, name)(x, w, **options)
    assert_adjoint(y, dy, x, getattr(F, f"{name}_grad_input")(dy, w, x.shape, **options))
    assert_adjoint(y, dy, w, getattr(F, f"{name}_grad_weight")(dy, x, w.shape, **options))


def test_central_differences_know_a_wrong_gradient():
    found, dy = gradients(SPECIAL["depthwise"], 3)
    for gradient, forward, argument in found:
        with pytest.raises(AssertionError):
            assert_gradient(gradient * (1 + 1e-5), forward, argument, dy)
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(central_differences(np.sin, x, np.ones(2)), np.cos(x), rtol=1e-9)


def test_results_worked_out_by_hand():
    patch = np.array([[24, 25, 36], [20, 25, 34], [24, 46, 75]], dtype=np.float32)[None, None]
    sobel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], dtype=np.float32)[None, None]
    assert F.conv2d(patch, sobel).item() == -81
    x = np.arange(7, dtype=np.float64)[None, None]
    ones = np.ones((1, 1, 3))
    rows = {(1, 0, 1): [3, 6, 9, 12, 15], (2, 1, 1): [1, 6, 12, 11], (1, 0, 2): [6, 9, 12], (4, 3, 1): [0, 6, 11]}
    for (stride, padding, dilation), row in rows.items():
        assert F.conv1d(x, ones, stride=stride, padding=padding, dilation=dilation).ravel().tolist() == row


def test_same_puts_the_odd_zero_at_the_bottom_and_right():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])[None, None]
    assert F.conv2d(x, np.ones((1, 1, 2, 2)), padding="same").squeeze().tolist() == [[10, 6], [7, 4]]
    assert F.conv1d(x[0, :, :1], np.ones((1, 1, 4)), padding="same").ravel().tolist() == [3, 3]


def test_the_bias_is_added_once_and_alone_where_a_window_sees_padding_only():
    y = F.conv2d(np.ones((1, 1, 1, 1)), np.ones((2, 1, 1, 1)), np.array([10.0, 20.0]), padding=1)
    assert y[0, 0].tolist() == [[10, 10, 10], [10, 11, 10], [10, 10, 10]]
    assert y[0, 1].tolist() == [[20, 20, 20], [20, 21, 20], [20, 20, 20]]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # Python's own loops speak of inf - inf
def test_nan_and_infinity_stay_within_the_windows_that_see_them():
    x = np.zeros((1, 1, 5, 6), np.float32)
    x[0, 0, 1, 1], x[0, 0, 4, 5] = np.nan, np.inf
    y = F.conv2d(x, np.ones((1, 1, 2, 2), np.float32))[0, 0]
    assert {tuple(place) for place in np.argwhere(np.isnan(y))} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert {tuple(place) for place in np.argwhere(np.isinf(y))} == {(3, 4)}
