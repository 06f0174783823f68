"""Transposed convolution: equals the textbook, is the adjoint of the convolution, gradients equal central differences."""

from dataclasses import dataclass

import numpy as np
import pytest
from agreement import DTYPES, SEEDS, assert_adjoint, assert_agrees, assert_gradient, examples, normal, wide
from hypothesis import given
from hypothesis import strategies as st

import convlab.functional as F
from convlab import geometry
from convlab import reference as R


@dataclass(frozen=True)
class Case:
    """One legal transposed convolution: shapes and options."""

    x: tuple
    w: tuple
    options: dict

    def arrays(self, seed, dtype=np.float64):
        rng = np.random.default_rng(seed)
        x, w = normal(rng, self.x, dtype), normal(rng, self.w, dtype)
        y_shape = R.conv_transpose2d(x, w, **self.options).shape
        return x, w, normal(rng, y_shape[1], dtype), normal(rng, y_shape, dtype)


@st.composite
def axes(draw, most=4):
    """Size, kernel, stride, padding, output padding, dilation along one axis; at least one output remains."""
    size, kernel, dilation = draw(st.integers(1, most)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    stride = draw(st.integers(1, 4))
    extra = draw(st.integers(0, max(stride, dilation) - 1))
    grown = geometry.transposed_size(size, kernel, stride, 0, extra, dilation)
    return size, kernel, stride, draw(st.integers(0, (grown - 1) // 2)), extra, dilation


@st.composite
def transposed(draw, most=4, images=3):
    size, kernel, stride, padding, extra, dilation = zip(*(draw(axes(most)) for _ in range(2)))
    groups, per_group, lanes = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    options = {"stride": stride, "padding": padding, "output_padding": extra, "dilation": dilation, "groups": groups}
    x = draw(st.integers(0, images)), groups * per_group, *size
    return Case(x, (groups * per_group, lanes, *kernel), options)


SPECIAL = {
    "1x1": Case((2, 3, 4, 5), (3, 4, 1, 1), {}),
    "from one pixel": Case((3, 2, 1, 1), (2, 3, 4, 5), {}),
    "from one pixel, dilated": Case((2, 2, 1, 1), (2, 3, 2, 3), {"dilation": 2}),
    "from one pixel, long stride": Case((2, 2, 1, 1), (2, 3, 2, 2), {"stride": 2**31 - 1}),
    "from one pixel, cropped": Case((2, 2, 1, 1), (2, 3, 4, 5), {"padding": 1}),
    "from one pixel, shifted": Case((2, 2, 1, 1), (2, 3, 3, 3), {"padding": 1, "stride": 3, "output_padding": 2}),
    "gaps between the stamps": Case((1, 2, 3, 2), (2, 2, 1, 2), {"stride": (4, 5)}),
    "output padding by dilation": Case((1, 2, 3, 2), (2, 2, 2, 2), {"dilation": 3, "output_padding": 2}),
    "upsampling by two": Case((2, 4, 3, 4), (4, 2, 4, 4), {"stride": 2, "padding": 1}),
    "depthwise": Case((2, 3, 3, 4), (3, 1, 3, 3), {"groups": 3}),
    "empty batch": Case((0, 2, 3, 4), (2, 3, 3, 3), {}),
    "no channels": Case((2, 0, 3, 4), (0, 3, 3, 3), {}),
    "no filters": Case((2, 3, 3, 4), (3, 0, 3, 3), {}),
}
SPECIAL_CASES = pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in SPECIAL.items()])


def check_transposed(case, seed, dtype):
    x, w, b, dy = case.arrays(seed, dtype)
    X, W, B, DY = map(wide, (x, w, b, dy))
    options = case.options
    assert_agrees(F.conv_transpose2d(x, w, b, **options), R.conv_transpose2d(X, W, B, **options), dtype)
    assert_agrees(F.conv_transpose2d(x, w, **options), R.conv_transpose2d(X, W, **options), dtype)
    dx = F.conv_transpose2d_grad_input(dy, w, x.shape, **options)
    assert_agrees(dx, R.conv_transpose2d_grad_input(DY, W, x.shape, **options), dtype)
    dw = F.conv_transpose2d_grad_weight(dy, x, w.shape, **options)
    assert_agrees(dw, R.conv_transpose2d_grad_weight(DY, X, w.shape, **options), dtype)
    assert_agrees(F.conv_transpose2d_grad_bias(dy), R.conv_transpose2d_grad_bias(DY), dtype)


@examples(60)
@given(transposed(), SEEDS, DTYPES)
def test_equals_the_reference(case, seed, dtype):
    check_transposed(case, seed, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@SPECIAL_CASES
def test_special_cases_equal_the_reference(case, dtype):
    check_transposed(case, 5, dtype)


def check_gradients(case, seed):
    x, w, b, dy = case.arrays(seed)
    options = case.options
    dx = F.conv_transpose2d_grad_input(dy, w, x.shape, **options)
    assert_gradient(dx, lambda x: F.conv_transpose2d(x, w, b, **options), x, dy)
    dw = F.conv_transpose2d_grad_weight(dy, x, w.shape, **options)
    assert_gradient(dw, lambda w: F.conv_transpose2d(x, w, b, **options), w, dy)
    assert_gradient(F.conv_transpose2d_grad_bias(dy), lambda b: F.conv_transpose2d(x, w, b, **options), b, dy)


@examples(20)
@given(transposed(most=3, images=2), SEEDS)
def test_gradients_equal_central_differences(case, seed):
    check_gradients(case, seed)


@SPECIAL_CASES
def test_special_gradients_equal_central_differences(case):
    check_gradients(case, 6)


@examples(40)
@given(transposed(), SEEDS)
def test_gradients_are_the_adjoint(case, seed):
    x, w, _, dy = case.arrays(seed)
    y = F.conv_transpose2d(x, w, **case.options)
    assert_adjoint(y, dy, x, F.conv_transpose2d_grad_input(dy, w, x.shape, **case.options))
    assert_adjoint(y, dy, w, F.conv_transpose2d_grad_weight(dy, x, w.shape, **case.options))


@examples(40)
@given(transposed(), SEEDS)
def test_it_is_the_input_gradient_of_the_convolution(case, seed):
    x, w, _, _ = case.arrays(seed)
    options = {name: value for name, value in case.options.items() if name != "output_padding"}
    y = F.conv_transpose2d(x, w, **case.options)
    if F.conv2d(y, w, **options).shape == x.shape:  # output padding of stride and more would add an output
        np.testing.assert_allclose(F.conv2d_grad_input(x, w, y.shape, **options), y, atol=1e-12)


def test_results_worked_out_by_hand():
    y = F.conv_transpose2d(np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 1.0, 1.0]]]]), stride=2)
    assert y.tolist() == [[[[1.0, 1.0, 3.0, 2.0, 2.0]]]]
    y = F.conv_transpose2d(np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 5.0]]]]), stride=3, output_padding=(0, 2))
    assert y.tolist() == [[[[1.0, 5.0, 0.0, 2.0, 10.0, 0.0, 0.0]]]]
