"""The benchmarks' convolution by taps is the textbook's."""

import numpy as np
import pytest

from benchmarks import by_taps
from convlab import reference as R

CASES = [
    ((2, 3, 7, 6), (4, 3, 3, 2), {}),
    ((1, 4, 9, 8), (6, 2, 2, 3), {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}),
]


@pytest.mark.parametrize(("x_shape", "w_shape", "options"), CASES)
def test_equals_the_textbook(x_shape, w_shape, options):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape) for shape in (x_shape, w_shape, w_shape[:1]))
    y = R.conv2d(x, w, b, **options)
    np.testing.assert_allclose(by_taps.conv2d(x, w, b, **options), y)
    dy = rng.standard_normal(y.shape)
    dx, dw = R.conv2d_grad_input(dy, w, x_shape, **options), R.conv2d_grad_weight(dy, x, w_shape, **options)
    np.testing.assert_allclose(by_taps.conv2d_grad_input(dy, w, x_shape, **options), dx)
    np.testing.assert_allclose(by_taps.conv2d_grad_weight(dy, x, w_shape, **options), dw)
    if "groups" not in options:
        b = rng.standard_normal(w_shape[1])
        np.testing.assert_allclose(
            by_taps.conv_transpose2d(dy, w, b, **options), R.conv_transpose2d(dy, w, b, **options)
        )
