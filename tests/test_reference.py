"""The textbook against numbers worked out by hand, central differences, scipy and, where it is installed, PyTorch."""

import math

import numpy as np
import pytest
from scipy import signal

from convlab import reference as R


def images(rows):
    """A single image with a single channel, from its rows."""
    return np.array(rows, dtype=np.float64)[None, None]


def digits(text):
    """An image written as its rows of digits."""
    return images([[int(digit) for digit in row] for row in text.split()])


def central_differences(f, x, dy, h=1e-5):
    """Gradient of sum(f(x) * dy) by x, one element after another."""
    dx = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        dx[place] = ((f(up) - f(down)) * dy).sum() / (2 * h)
    return dx


def assert_gradient(found, f, x, dy):
    np.testing.assert_allclose(found, central_differences(f, x, dy), rtol=1e-6, atol=1e-6)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


class TestConvolutionByHand:
    def test_sobel_patch(self):
        patch = images([[24, 25, 36], [20, 25, 34], [24, 46, 75]])
        light_above_dark = images([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
        assert R.conv2d(patch, light_above_dark).item() == -81  # (24 + 50 + 36) - (24 + 92 + 75)
        assert R.conv2d(patch, light_above_dark[:, :, ::-1, ::-1]).item() == 81

    def test_edge_filters_on_a_step(self):
        step = images([[0, 0, 0, 1, 1, 1]] * 6)
        right_brighter = images([[-1, 0, 1]] * 3)
        assert R.conv2d(step, right_brighter).squeeze().tolist() == [[0, 3, 3, 0]] * 4
        assert R.conv2d(step, right_brighter.swapaxes(2, 3)).squeeze().tolist() == [[0] * 4] * 4
        turned = step.swapaxes(2, 3)
        assert R.conv2d(turned, right_brighter.swapaxes(2, 3)).squeeze().T.tolist() == [[0, 3, 3, 0]] * 4

    def test_bias_channels_and_groups(self):
        x = np.array([1.0, 10.0, 100.0, 1000.0]).reshape(1, 4, 1, 1)
        w, b = np.arange(1.0, 9.0).reshape(4, 2, 1, 1), np.array([0.5, 0.25, 0.0, 0.125])
        expected = [1 + 20 + 0.5, 3 + 40 + 0.25, 500 + 6000, 700 + 8000 + 0.125]
        assert R.conv2d(x, w, b, groups=2).ravel().tolist() == expected
        assert R.conv1d(x[..., 0], w[..., 0], b, groups=2).ravel().tolist() == expected
        expected = [1 + 30 + 0.5, 2 + 40 + 0.25, 500 + 7000, 600 + 8000 + 0.125]
        assert R.conv_transpose2d(x, w, b, groups=2).ravel().tolist() == expected

    def test_stride_dilation_padding(self):
        x = images([range(7)])
        w = images([[1, 1, 1]])
        rows = {
            (1, 0, 1): [3, 6, 9, 12, 15],
            (2, 0, 1): [3, 9, 15],
            (3, 0, 1): [3, 12],
            (1, 0, 2): [6, 9, 12],
            (2, 1, 1): [1, 6, 12, 11],
            (4, 3, 1): [0, 6, 11],
        }
        for (stride, padding, dilation), row in rows.items():
            y = R.conv2d(x, w, stride=(1, stride), padding=(0, padding), dilation=(1, dilation))
            assert y.ravel().tolist() == row
            assert R.conv1d(x[0], w[0], stride=stride, padding=padding, dilation=dilation).ravel().tolist() == row

    def test_same_puts_the_odd_zero_at_the_end(self):
        x = images([[1, 2], [3, 4]])
        y = R.conv2d(x, np.ones((1, 1, 2, 2)), padding="same")
        assert y.squeeze().tolist() == [[10, 6], [7, 4]]
        assert R.conv1d(x[0, :, :1], np.ones((1, 1, 4)), padding="same").ravel().tolist() == [3, 3]
        assert R.conv2d(x, np.ones((1, 1, 2, 2)), padding="valid").item() == 10

    def test_shapes_of_the_course(self):
        x = np.zeros((1, 3, 5, 5))
        assert R.conv2d(x, np.zeros((16, 3, 2, 2)), padding=1).shape == (1, 16, 6, 6)
        assert R.conv2d(x[..., :4, :4], np.zeros((16, 3, 2, 2)), padding=1).shape == (1, 16, 5, 5)
        y = R.relu(R.conv2d(np.zeros((8, 3, 5, 5)), np.zeros((16, 3, 3, 3)), padding=1))
        pooled, _ = R.max_pool2d(y, 5)
        assert (y.shape, pooled.shape) == ((8, 16, 5, 5), (8, 16, 1, 1))
        assert R.linear(pooled[..., 0, 0], np.zeros((4, 16))).shape == (8, 4)

    def test_gradients_of_a_3x3_image_and_a_2x2_filter_term_by_term(self, rng):
        x, w, dy = rng.standard_normal((3, 3)), rng.standard_normal((2, 2)), rng.standard_normal((2, 2))
        dx = R.conv2d_grad_input(dy[None, None], w[None, None], (1, 1, 3, 3))[0, 0]
        dw = R.conv2d_grad_weight(dy[None, None], x[None, None], (1, 1, 2, 2))[0, 0]
        assert dw[0, 1] == pytest.approx(
            dy[0, 0] * x[0, 1] + dy[0, 1] * x[0, 2] + dy[1, 0] * x[1, 1] + dy[1, 1] * x[1, 2], abs=1e-14
        )
        assert dx[1, 1] == pytest.approx(
            dy[0, 0] * w[1, 1] + dy[0, 1] * w[1, 0] + dy[1, 0] * w[0, 1] + dy[1, 1] * w[0, 0], abs=1e-14
        )
        assert dx[0, 1] == pytest.approx(dy[0, 0] * w[0, 1] + dy[0, 1] * w[0, 0], abs=1e-14)
        np.testing.assert_allclose(dw, signal.correlate(x, dy, "valid"), atol=1e-14)
        np.testing.assert_allclose(dx, signal.convolve(dy, w, "full"), atol=1e-14)

    def test_bias_gradient_sums_over_all_but_the_channels(self):
        dy = np.arange(24.0).reshape(2, 3, 2, 2)
        sums = [
            0 + 1 + 2 + 3 + 12 + 13 + 14 + 15,
            4 + 5 + 6 + 7 + 16 + 17 + 18 + 19,
            8 + 9 + 10 + 11 + 20 + 21 + 22 + 23,
        ]
        assert R.conv2d_grad_bias(dy).tolist() == sums
        assert R.conv_transpose2d_grad_bias(dy).tolist() == sums
        assert R.conv1d_grad_bias(dy.reshape(2, 3, 4)).tolist() == sums
        assert R.linear_grad_bias(dy[:, :, 0, 0]).tolist() == [12, 20, 28]

    def test_scipy_correlates_the_same(self, rng):
        x, w, b = rng.standard_normal((2, 3, 6, 7)), rng.standard_normal((4, 3, 3, 2)), rng.standard_normal(4)
        y = R.conv2d(x, w, b)
        y1 = R.conv1d(x[:, :, 0], w[:, :, 0], b)
        for n, o in np.ndindex(2, 4):
            planes = [signal.correlate(x[n, c], w[o, c], "valid") for c in range(3)]
            np.testing.assert_allclose(y[n, o], sum(planes) + b[o], atol=1e-13)
            lines = [signal.correlate(x[n, c, 0], w[o, c, 0], "valid") for c in range(3)]
            np.testing.assert_allclose(y1[n, o], sum(lines) + b[o], atol=1e-13)

    def test_transposed_stamps_overlap_and_add(self):
        x, w = images([[1, 2], [3, 4]]), images([[1, 1], [1, 1]])
        assert R.conv_transpose2d(x, w).squeeze().tolist() == [[1, 3, 2], [4, 10, 6], [3, 7, 4]]
        y = R.conv_transpose2d(x, w, np.array([0.5]), stride=2, padding=(0, 1), output_padding=(1, 0))
        assert y.squeeze().tolist() == [[1.5, 2.5], [1.5, 2.5], [3.5, 4.5], [3.5, 4.5], [0.5, 0.5]]
        y = R.conv_transpose2d(x, w, dilation=(1, 2))
        assert y.squeeze().tolist() == [[1, 2, 1, 2], [4, 6, 4, 6], [3, 4, 3, 4]]


# x, w (O, C / groups, KH, KW), options: stride > kernel, padding > kernel, 1x1, not square, dilated, grouped, depthwise
CONVOLUTIONS = [
    ((2, 3, 5, 6), (4, 3, 3, 2), {}),
    ((1, 2, 7, 7), (2, 2, 2, 2), {"stride": 3}),
    ((1, 1, 3, 2), (2, 1, 2, 1), {"padding": 3}),
    ((2, 3, 4, 4), (2, 3, 1, 1), {"stride": (2, 1)}),
    ((1, 2, 8, 7), (2, 2, 3, 2), {"dilation": (2, 3), "padding": (1, 0)}),
    ((1, 4, 5, 5), (6, 2, 3, 3), {"groups": 2, "padding": "same"}),
    ((1, 3, 5, 4), (3, 1, 2, 2), {"groups": 3, "stride": 2, "padding": 1}),
    ((1, 2, 4, 5), (1, 2, 4, 2), {"padding": "same", "dilation": (1, 3)}),
    ((1, 2, 4, 5), (3, 2, 4, 5), {"padding": "valid"}),
]

# x, w (C, O / groups, KH, KW), options
TRANSPOSED = [
    ((2, 3, 3, 4), (3, 2, 2, 3), {}),
    ((1, 2, 3, 2), (2, 2, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((1, 2, 2, 3), (2, 1, 2, 1), {"stride": 3, "output_padding": (0, 2)}),
    ((1, 4, 3, 3), (4, 2, 2, 2), {"groups": 2, "dilation": 2}),
    ((1, 3, 3, 2), (3, 1, 3, 2), {"groups": 3, "stride": (1, 2), "padding": (2, 0), "dilation": (1, 3)}),
]


def along_one_axis(options):
    """Options for conv1d out of those for conv2d: the width's."""
    return {name: value[1] if isinstance(value, tuple) else value for name, value in options.items()}


@pytest.mark.parametrize(("x_shape", "w_shape", "options"), CONVOLUTIONS)
class TestConvolutionGradients:
    def test_conv2d(self, rng, x_shape, w_shape, options):
        x, w, b = rng.standard_normal(x_shape), rng.standard_normal(w_shape), rng.standard_normal(w_shape[0])
        dy = rng.standard_normal(R.conv2d(x, w, b, **options).shape)
        dx = R.conv2d_grad_input(dy, w, x_shape, **options)
        dw = R.conv2d_grad_weight(dy, x, w_shape, **options)
        assert_gradient(dx, lambda x: R.conv2d(x, w, b, **options), x, dy)
        assert_gradient(dw, lambda w: R.conv2d(x, w, b, **options), w, dy)
        assert_gradient(R.conv2d_grad_bias(dy), lambda b: R.conv2d(x, w, b, **options), b, dy)
        forward = (R.conv2d(x, w, **options) * dy).sum()
        assert (x * dx).sum() == pytest.approx(forward, rel=1e-12, abs=1e-12)
        assert (w * dw).sum() == pytest.approx(forward, rel=1e-12, abs=1e-12)

    def test_conv1d(self, rng, x_shape, w_shape, options):
        x_shape, w_shape, options = x_shape[:2] + x_shape[3:], w_shape[:2] + w_shape[3:], along_one_axis(options)
        x, w, b = rng.standard_normal(x_shape), rng.standard_normal(w_shape), rng.standard_normal(w_shape[0])
        dy = rng.standard_normal(R.conv1d(x, w, b, **options).shape)
        dx = R.conv1d_grad_input(dy, w, x_shape, **options)
        dw = R.conv1d_grad_weight(dy, x, w_shape, **options)
        assert_gradient(dx, lambda x: R.conv1d(x, w, b, **options), x, dy)
        assert_gradient(dw, lambda w: R.conv1d(x, w, b, **options), w, dy)
        assert_gradient(R.conv1d_grad_bias(dy), lambda b: R.conv1d(x, w, b, **options), b, dy)
        forward = (R.conv1d(x, w, **options) * dy).sum()
        assert (x * dx).sum() == pytest.approx(forward, rel=1e-12, abs=1e-12)
        assert (w * dw).sum() == pytest.approx(forward, rel=1e-12, abs=1e-12)

    def test_conv1d_is_conv2d_of_images_one_row_high(self, rng, x_shape, w_shape, options):
        x_shape, w_shape, options = x_shape[:2] + x_shape[3:], w_shape[:2] + w_shape[3:], along_one_axis(options)
        x, w = rng.standard_normal(x_shape), rng.standard_normal(w_shape)
        height = {"stride": 1, "padding": 0, "dilation": 1}  # "same" and groups go over as they are
        flat = {
            name: (height[name], value) if name in height and not isinstance(value, str) else value
            for name, value in options.items()
        }
        y = R.conv2d(x[:, :, None], w[:, :, None], **flat)[:, :, 0]
        np.testing.assert_allclose(R.conv1d(x, w, **options), y, atol=1e-14)


@pytest.mark.parametrize(("x_shape", "w_shape", "options"), TRANSPOSED)
class TestTransposedGradients:
    def test_central_differences(self, rng, x_shape, w_shape, options):
        x, w = rng.standard_normal(x_shape), rng.standard_normal(w_shape)
        b = rng.standard_normal(w_shape[1] * options.get("groups", 1))
        dy = rng.standard_normal(R.conv_transpose2d(x, w, b, **options).shape)
        dx = R.conv_transpose2d_grad_input(dy, w, x_shape, **options)
        dw = R.conv_transpose2d_grad_weight(dy, x, w_shape, **options)
        assert_gradient(dx, lambda x: R.conv_transpose2d(x, w, b, **options), x, dy)
        assert_gradient(dw, lambda w: R.conv_transpose2d(x, w, b, **options), w, dy)
        assert_gradient(R.conv_transpose2d_grad_bias(dy), lambda b: R.conv_transpose2d(x, w, b, **options), b, dy)
        forward = (R.conv_transpose2d(x, w, **options) * dy).sum()
        assert (x * dx).sum() == pytest.approx(forward, rel=1e-12, abs=1e-12)
        assert (w * dw).sum() == pytest.approx(forward, rel=1e-12, abs=1e-12)

    def test_is_the_input_gradient_of_a_convolution(self, rng, x_shape, w_shape, options):
        x, w = rng.standard_normal(x_shape), rng.standard_normal(w_shape)
        y = R.conv_transpose2d(x, w, **options)
        shared = {name: value for name, value in options.items() if name != "output_padding"}
        np.testing.assert_allclose(y, R.conv2d_grad_input(x, w, y.shape, **shared), atol=1e-13)


class TestPooling:
    def test_tables_of_the_course(self):
        assert R.max_pool2d(digits("1124 5678 3210 1234"), 2)[0].squeeze().tolist() == [[6, 8], [3, 4]]
        assert R.max_pool2d(digits("0478 9245 6734 8215"), 2)[0].squeeze().tolist() == [[9, 8], [8, 5]]
        y = R.avg_pool2d(digits("1124 5678 3210 1234"), 2)
        assert y.squeeze().tolist() == [[13 / 4, 21 / 4], [2, 2]]

    def test_argmax_counts_in_the_plane_of_x_and_takes_the_first_of_equals(self):
        x = digits("5151 1555 1155")
        y, argmax = R.max_pool2d(x, 2, stride=1)
        assert y.squeeze().tolist() == [[5, 5, 5], [5, 5, 5]]
        assert argmax.squeeze().tolist() == [[0, 2, 2], [5, 5, 6]]
        assert argmax.dtype == np.int64
        dx = R.max_pool2d_grad(np.array([[[[1.0, 2, 4], [8, 16, 32]]]]), argmax, x.shape)
        assert dx.squeeze().tolist() == [[1, 0, 6, 0], [0, 24, 32, 0], [0, 0, 0, 0]]

    def test_padding_never_wins(self):
        x = -1 - np.arange(9.0).reshape(1, 1, 3, 3)
        y, argmax = R.max_pool2d(x, 3, stride=2, padding=1)
        assert y.squeeze().tolist() == [[-1, -2], [-4, -5]]
        assert argmax.squeeze().tolist() == [[0, 1], [3, 4]]
        y, argmax = R.max_pool2d(np.full((1, 1, 2, 2), -np.inf), 2)
        assert (y.item(), argmax.item()) == (-np.inf, 0)

    def test_the_first_nan_wins(self):
        x = images([[1, np.nan, 2, 3], [np.nan, 9, 4, 1]])
        y, argmax = R.max_pool2d(x, 2)
        assert math.isnan(y[0, 0, 0, 0]) and y[0, 0, 0, 1] == 4
        assert argmax.ravel().tolist() == [1, 6]

    def test_a_dilated_window_that_misses_the_image(self):
        y, argmax = R.max_pool2d(images([[7.0]]), 2, padding=1, dilation=2)
        assert (y.item(), argmax.item()) == (-np.inf, -1)
        assert R.max_pool2d_grad(np.ones((1, 1, 1, 1)), argmax, (1, 1, 1, 1)).item() == 0

    def test_ragged_last_window(self):
        x = digits("123 456 789")
        y, argmax = R.max_pool2d(x, 2, ceil_mode=True)
        assert y.squeeze().tolist() == [[5, 6], [8, 9]] and argmax.squeeze().tolist() == [[4, 5], [7, 8]]
        assert R.avg_pool2d(x, 2, ceil_mode=True).squeeze().tolist() == [[3, 4.5], [7.5, 9]]

    def test_average_counts_the_padding_or_not(self):
        x = digits("12 34")
        assert R.avg_pool2d(x, 2, padding=1).squeeze().tolist() == [[0.25, 0.5], [0.75, 1]]
        assert R.avg_pool2d(x, 2, padding=1, count_include_pad=False).squeeze().tolist() == [[1, 2], [3, 4]]
        # windows start at -1 and 2 of 4 + 2 * 1 columns; the last one ends with the padding, after 3 columns of its 4
        y = R.avg_pool2d(images([[1, 2, 3, 4]]), (1, 4), stride=3, padding=(0, 1), ceil_mode=True)
        assert y.ravel().tolist() == [6 / 4, 7 / 3]

    def test_weighted_window(self):
        kernel = np.array([[1.0, 2.0], [0.0, 4.0]])
        y = R.weighted_pool2d(np.concatenate([digits("123 456"), digits("100 000")], axis=1), kernel, stride=1)
        assert y.tolist() == [[[[1 + 4 + 20, 2 + 6 + 24]], [[1, 0]]]]

    def test_global(self):
        x = np.concatenate([digits("12 36"), digits("70 01")], axis=1)
        assert R.global_avg_pool2d(x).tolist() == [[[[3.0]], [[2.0]]]]
        y, argmax = R.global_max_pool2d(x)
        assert y.tolist() == [[[[6.0]], [[7.0]]]] and argmax.tolist() == [[[[3]], [[0]]]]
        dx = R.global_max_pool2d_grad(np.array([[[[10.0]], [[20.0]]]]), argmax, x.shape)
        assert dx.tolist() == [[[[0, 0], [0, 10]], [[20, 0], [0, 0]]]]

    @pytest.mark.parametrize(
        ("size", "kernel_size", "options"),
        [
            ((4, 6), 2, {}),
            ((5, 7), (3, 2), {"stride": (2, 1), "padding": 1}),
            ((6, 5), 3, {"stride": 2, "ceil_mode": True}),
            ((4, 5), (2, 4), {"stride": 3, "padding": (1, 2), "ceil_mode": True}),
            ((3, 7), 1, {"stride": (4, 3)}),
        ],
    )
    def test_gradients(self, rng, size, kernel_size, options):
        x = rng.permutation(np.arange(4.0 * np.prod(size))).reshape(
            2, 2, *size
        )  # all different: no tie within the step h
        y, argmax = R.max_pool2d(x, kernel_size, **options)
        dy = rng.standard_normal(y.shape)
        dx = R.max_pool2d_grad(dy, argmax, x.shape)
        assert_gradient(dx, lambda x: R.max_pool2d(x, kernel_size, **options)[0], x, dy)
        for count in (True, False):
            counted = {**options, "count_include_pad": count}
            dx = R.avg_pool2d_grad(dy, x.shape, kernel_size, **counted)
            assert_gradient(dx, lambda x, counted=counted: R.avg_pool2d(x, kernel_size, **counted), x, dy)

    def test_gradient_of_dilated_max(self, rng):
        x = rng.permutation(np.arange(70.0)).reshape(1, 2, 5, 7)
        options = {"stride": 2, "padding": 1, "dilation": (1, 2)}
        y, argmax = R.max_pool2d(x, (2, 3), **options)
        dy = rng.standard_normal(y.shape)
        dx = R.max_pool2d_grad(dy, argmax, x.shape)
        assert_gradient(dx, lambda x: R.max_pool2d(x, (2, 3), **options)[0], x, dy)

    def test_gradients_of_weighted_and_global(self, rng):
        x, kernel = rng.standard_normal((2, 2, 5, 7)), rng.standard_normal((2, 3))
        for stride in (1, (2, 3), 4):
            dy = rng.standard_normal(R.weighted_pool2d(x, kernel, stride=stride).shape)
            dx = R.weighted_pool2d_grad(dy, x.shape, kernel, stride=stride)
            assert_gradient(dx, lambda x, stride=stride: R.weighted_pool2d(x, kernel, stride=stride), x, dy)
        dy = rng.standard_normal((2, 2, 1, 1))
        assert_gradient(R.global_avg_pool2d_grad(dy, x.shape), R.global_avg_pool2d, x, dy)
        _, argmax = R.global_max_pool2d(x)
        dx = R.global_max_pool2d_grad(dy, argmax, x.shape)
        assert_gradient(dx, lambda x: R.global_max_pool2d(x)[0], x, dy)


class TestNormalisation:
    def test_local_response_by_hand(self):
        x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
        options = {"alpha": 3.0, "beta": 1.0, "k": 2.0}
        odd = [1 / (2 + 1 + 4), 2 / (2 + 1 + 4 + 9), 3 / (2 + 4 + 9)]
        assert R.local_response_norm(x, 3, **options).ravel() == pytest.approx(odd, rel=1e-15)
        even = [1 / (2 + 1.5 * 1), 2 / (2 + 1.5 * (1 + 4)), 3 / (2 + 1.5 * (4 + 9))]  # itself and the one before
        assert R.local_response_norm(x, 2, **options).ravel() == pytest.approx(even, rel=1e-15)

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
    def test_local_response_gradient(self, rng, size):
        x, dy = rng.standard_normal((2, 2, 5, 2, 2))
        options = {"alpha": 0.9, "beta": 0.75, "k": 1.5}
        dx = R.local_response_norm_grad(dy, x, size, **options)
        assert_gradient(dx, lambda x: R.local_response_norm(x, size, **options), x, dy)

    def test_batch_norm_by_hand(self):
        x = np.array([[1.0, 0.0], [3.0, 0.0], [5.0, 6.0]])
        mean, var = np.array([1.0, 1.0]), np.array([1.0, 1.0])
        y, _ = R.batch_norm(x, np.array([2.0, 1.0]), np.array([0.0, 5.0]), mean, var, training=True, eps=0.0)
        root = math.sqrt(8 / 3)
        np.testing.assert_allclose(y[:, 0], [-4 / root, 0, 4 / root], atol=1e-15)
        np.testing.assert_allclose(
            y[:, 1], [5 - 2 / math.sqrt(8), 5 - 2 / math.sqrt(8), 5 + 4 / math.sqrt(8)], atol=1e-14
        )
        np.testing.assert_allclose(mean, [0.9 + 0.3, 0.9 + 0.2], atol=1e-15)
        np.testing.assert_allclose(var, [0.9 + 0.4, 0.9 + 1.2], atol=1e-15)  # 8 / 2 and 24 / 2: unbiased
        y, _ = R.batch_norm(x, None, None, np.array([1.0, 2.0]), np.array([3.0, 0.0]), training=False, eps=1.0)
        assert y.tolist() == [[0, -2], [1, -2], [2, 4]]

    def test_batch_norm_evaluation_leaves_the_running_arrays(self, rng):
        mean, var = np.array([1.0, 2.0]), np.array([3.0, 4.0])
        mean.setflags(write=False)
        var.setflags(write=False)
        R.batch_norm(rng.standard_normal((3, 2)), None, None, mean, var, training=False)

    def test_batch_norm_keeps_running_arrays_in_their_own_type(self, rng):
        x = rng.standard_normal((4, 2)).astype(np.float32)
        mean, var = np.zeros(2, np.float32), np.ones(2, np.float32)
        y, _ = R.batch_norm(x, None, None, mean, var, training=True, momentum=1.0)
        assert y.dtype == mean.dtype == var.dtype == np.float32
        np.testing.assert_allclose(mean, x.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(var, x.var(axis=0, ddof=1), rtol=1e-5)

    @pytest.mark.parametrize("shape", [(5, 3), (2, 3, 2, 2)])
    @pytest.mark.parametrize("training", [True, False])
    def test_batch_norm_gradients(self, rng, shape, training):
        x, dy = rng.standard_normal((2, *shape))
        weight, bias, mean = rng.standard_normal((3, 3))
        var = rng.uniform(0.5, 2, 3)

        def forward(x, weight, bias):
            return R.batch_norm(x, weight, bias, mean.copy(), var.copy(), training=training)

        dx, dweight, dbias = R.batch_norm_grad(dy, forward(x, weight, bias)[1])
        assert_gradient(dx, lambda x: forward(x, weight, bias)[0], x, dy)
        assert_gradient(dweight, lambda weight: forward(x, weight, bias)[0], weight, dy)
        assert_gradient(dbias, lambda bias: forward(x, weight, bias)[0], bias, dy)
        dx, _, _ = R.batch_norm_grad(dy, forward(x, None, None)[1])
        assert_gradient(dx, lambda x: forward(x, None, None)[0], x, dy)


class TestActivations:
    def test_values(self):
        x = np.array([-2.0, 0.0, 0.5, np.nan])
        np.testing.assert_array_equal(R.relu(x), [0, 0, 0.5, np.nan])
        np.testing.assert_array_equal(R.relu_grad(np.full(4, 7.0), x), [0, 0, 7, 7])
        np.testing.assert_array_equal(R.leaky_relu(x, 0.25), [-0.5, 0, 0.5, np.nan])
        np.testing.assert_array_equal(R.leaky_relu_grad(np.full(4, 8.0), x, 0.25), [2, 2, 8, 2])
        np.testing.assert_allclose(R.sigmoid(np.array([math.log(3), -math.log(3)])), [0.75, 0.25], rtol=1e-15)
        np.testing.assert_allclose(R.tanh(np.array([math.log(2), -math.log(2)])), [0.6, -0.6], rtol=1e-15)
        assert math.isnan(R.sigmoid(x)[3]) and math.isnan(R.tanh(x)[3])

    def test_gradients(self, rng):
        x, dy = rng.standard_normal((2, 3, 4))
        assert_gradient(R.relu_grad(dy, x), R.relu, x, dy)
        assert_gradient(R.leaky_relu_grad(dy, x), R.leaky_relu, x, dy)
        assert_gradient(R.leaky_relu_grad(dy, x, 0.3), lambda x: R.leaky_relu(x, 0.3), x, dy)
        assert_gradient(R.sigmoid_grad(dy, R.sigmoid(x)), R.sigmoid, x, dy)
        assert_gradient(R.tanh_grad(dy, R.tanh(x)), R.tanh, x, dy)

    def test_extremes_do_not_overflow(self):
        x = np.array([-1e4, 1e4])
        assert R.sigmoid(x).tolist() == [0, 1] and R.tanh(x).tolist() == [-1, 1]


class TestSoftmaxAndLoss:
    def test_values(self):
        x = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))
        np.testing.assert_allclose(R.softmax(x), [[1 / 8, 2 / 8, 5 / 8], [3 / 8, 3 / 8, 2 / 8]], rtol=1e-14)
        np.testing.assert_allclose(R.softmax(x, axis=0), [[1 / 4, 2 / 5, 5 / 7], [3 / 4, 3 / 5, 2 / 7]], rtol=1e-14)
        loss, dlogits = R.cross_entropy(x, np.array([2, 0]))
        assert loss == pytest.approx(-(math.log(5 / 8) + math.log(3 / 8)) / 2, rel=1e-14)
        np.testing.assert_allclose(dlogits, np.array([[1, 2, -3], [-5, 3, 2]]) / 16, atol=1e-15)

    def test_a_net_that_knows_nothing_loses_log_of_the_number_of_classes(self):
        loss, _ = R.cross_entropy(np.zeros((5, 10), np.float32), np.arange(5))
        assert type(loss) is float and loss == pytest.approx(math.log(10), rel=1e-14)

    def test_extremes_do_not_overflow(self):
        x = np.array([[1e4, -1e4, 0.0]])
        assert R.softmax(x).tolist() == [[1, 0, 0]]
        assert R.log_softmax(x).tolist() == [[0, -2e4, -1e4]]
        loss, dlogits = R.cross_entropy(x, np.array([1]))
        assert loss == 2e4 and dlogits.tolist() == [[1, -1, 0]]

    @pytest.mark.parametrize(("shape", "axis"), [((4,), 0), ((3, 4), -1), ((3, 4), 0), ((2, 3, 2, 2), 1)])
    def test_gradients(self, rng, shape, axis):
        x, dy = rng.standard_normal((2, *shape))
        y, log_y = R.softmax(x, axis), R.log_softmax(x, axis)
        np.testing.assert_allclose(y.sum(axis), np.ones(y.sum(axis).shape), rtol=1e-14)
        np.testing.assert_allclose(np.exp(log_y), y, rtol=1e-13)
        assert_gradient(R.softmax_grad(dy, y, axis), lambda x: R.softmax(x, axis), x, dy)
        assert_gradient(R.log_softmax_grad(dy, log_y, axis), lambda x: R.log_softmax(x, axis), x, dy)

    def test_cross_entropy_gradient(self, rng):
        x, labels = 3 * rng.standard_normal((5, 4)), np.array([0, 3, 3, 1, 2], dtype=np.uint8)
        _, dlogits = R.cross_entropy(x, labels)
        assert_gradient(dlogits, lambda x: np.array(R.cross_entropy(x, labels)[0]), x, np.array(1.0))


class TestLinearAndDropout:
    def test_linear_by_hand(self):
        x, w, b = np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([[1.0, 1.0], [2.0, 0.0], [0.0, -1.0]]), np.ones(3)
        assert R.linear(x, w, b).tolist() == [[4, 3, -1], [4, 1, -2]]
        assert R.linear(x, w).tolist() == [[3, 2, -2], [3, 0, -3]]

    def test_linear_gradients(self, rng):
        x, w, b, dy = (rng.standard_normal(shape) for shape in [(4, 5), (3, 5), (3,), (4, 3)])
        assert_gradient(R.linear_grad_input(dy, w), lambda x: R.linear(x, w, b), x, dy)
        assert_gradient(R.linear_grad_weight(dy, x), lambda w: R.linear(x, w, b), w, dy)
        assert_gradient(R.linear_grad_bias(dy), lambda b: R.linear(x, w, b), b, dy)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_dropout_draws_once_in_the_type_of_x(self, rng, dtype):
        x = rng.standard_normal((3, 40)).astype(dtype)
        y, mask = R.dropout(x, 0.25, rng=np.random.default_rng(5))
        draws = np.random.default_rng(5).random(x.shape, dtype=dtype)
        assert y.dtype == mask.dtype == dtype
        np.testing.assert_array_equal(mask, np.where(draws >= 0.25, dtype(4 / 3), dtype(0)))
        np.testing.assert_array_equal(y, x * mask)
        dy = rng.standard_normal(x.shape).astype(dtype)
        np.testing.assert_array_equal(R.dropout_grad(dy, mask), dy * mask)

    def test_dropout_of_nothing_and_of_all(self):
        x = np.arange(1.0, 7.0)
        y, mask = R.dropout(x, 0.0, rng=np.random.default_rng(0))
        assert y.tolist() == x.tolist() and mask.tolist() == [1] * 6
        y, mask = R.dropout(x, 1.0, rng=np.random.default_rng(0))
        assert y.tolist() == mask.tolist() == [0] * 6

    def test_dropout_keeps_the_mean(self):
        y, _ = R.dropout(np.ones(20000), 0.3, rng=np.random.default_rng(1))
        assert y.mean() == pytest.approx(1, abs=0.02)  # 4 standard errors
        assert (y == 0).mean() == pytest.approx(0.3, abs=0.013)


def every_call(x, w, v, b, dy_conv, dy):
    """The results of every operation by its name, on arrays x (2, 4, 5, 5), w (4, 2, 3, 3), v (4, 4) and b (4,)."""
    conv = {"padding": 1, "groups": 2}
    flat, weighted, labels = x[:, :, 0, 0], w[0, 0], np.zeros(len(x), dtype=int)
    y, argmax = R.max_pool2d(x, 2)
    top, place = R.global_max_pool2d(x)
    normed, saved = R.batch_norm(x, b, b, b * 0, b * 0 + 1, training=True)
    kept, mask = R.dropout(x, 0.5, rng=np.random.default_rng(0))
    mean = R.global_avg_pool2d(x)
    x1, w1, dy1 = x[:, :, 0], w[:, :, 0], dy_conv[:, :, 0]
    return {
        "conv2d": [R.conv2d(x, w, b, **conv), R.conv2d_grad_bias(dy_conv)],
        "conv2d_grad": [
            R.conv2d_grad_input(dy_conv, w, x.shape, **conv),
            R.conv2d_grad_weight(dy_conv, x, w.shape, **conv),
        ],
        "conv1d": [R.conv1d(x1, w1, b, **conv), R.conv1d_grad_bias(dy1)],
        "conv1d_grad": [
            R.conv1d_grad_input(dy1, w1, x1.shape, **conv),
            R.conv1d_grad_weight(dy1, x1, w1.shape, **conv),
        ],
        "conv_transpose2d": [R.conv_transpose2d(x, w, b, **conv), R.conv_transpose2d_grad_bias(dy_conv)],
        "conv_transpose2d_grad": [
            R.conv_transpose2d_grad_input(dy_conv, w, x.shape, **conv),
            R.conv_transpose2d_grad_weight(dy_conv, x, w.shape, **conv),
        ],
        "max_pool2d": [y, R.max_pool2d_grad(y, argmax, x.shape)],
        "avg_pool2d": [R.avg_pool2d(x, 2), R.avg_pool2d_grad(y, x.shape, 2)],
        "weighted_pool2d": [
            R.weighted_pool2d(x, weighted, stride=2),
            R.weighted_pool2d_grad(y, x.shape, weighted, stride=2),
        ],
        "global": [mean, R.global_avg_pool2d_grad(mean, x.shape), top, R.global_max_pool2d_grad(top, place, x.shape)],
        "local_response_norm": [R.local_response_norm(x, 3), R.local_response_norm_grad(dy, x, 3)],
        "batch_norm": [normed, *R.batch_norm_grad(dy, saved)],
        "linear": [R.linear(flat, v, b), R.linear_grad_bias(flat)],
        "linear_grad": [R.linear_grad_input(flat, v), R.linear_grad_weight(flat, flat)],
        "relu": [R.relu(x), R.relu_grad(dy, x), R.leaky_relu(x), R.leaky_relu_grad(dy, x)],
        "sigmoid": [R.sigmoid(x), R.sigmoid_grad(dy, x), R.tanh(x), R.tanh_grad(dy, x)],
        "softmax": [R.softmax(x, 1), R.softmax_grad(dy, x, 1), R.log_softmax(x), R.log_softmax_grad(dy, x)],
        "cross_entropy": [R.cross_entropy(flat, labels)[1]],
        "dropout": [kept, mask, R.dropout_grad(dy, mask)],
    }


class TestArrays:
    SHAPES = ((2, 4, 5, 5), (4, 2, 3, 3), (4, 4), (4,), (2, 4, 5, 5), (2, 4, 5, 5))

    def test_float32_is_the_rounded_float64_answer(self, rng):
        single = [rng.standard_normal(shape).astype(np.float32) for shape in self.SHAPES]
        double = every_call(*(array.astype(np.float64) for array in single))
        skipped = {"dropout"}  # another type draws other numbers
        for name, results in every_call(*single).items():
            for found, exact in zip(results, double[name]):
                assert found.dtype == np.float32, name
                assert exact.dtype == np.float64, name
                if name not in skipped:
                    scale = max(1, np.abs(exact).max())
                    np.testing.assert_allclose(found, exact, rtol=1e-6, atol=1e-6 * scale, err_msg=name)

    def test_accurate_where_float32_sums_are_not(self):
        x = images([[1e8, 1.0, -1e8]]).astype(np.float32)
        assert R.conv2d(x, np.ones((1, 1, 1, 3), np.float32)).item() == 1
        assert R.global_avg_pool2d(x).item() == np.float32(1 / 3)

    def test_strided_and_read_only_arrays_are_left_alone(self, rng):
        arrays = [rng.standard_normal(shape) for shape in self.SHAPES]
        plain = every_call(*arrays)
        odd = [np.repeat(array, 2, axis=-1)[..., ::2] for array in arrays]
        for array in odd:
            array.setflags(write=False)
        for name, results in every_call(*odd).items():
            for found, expected in zip(results, plain[name]):
                np.testing.assert_array_equal(found, expected, err_msg=name)

    def test_empty_batch(self):
        x, w = np.zeros((0, 4, 5, 5)), np.ones((4, 2, 3, 3))
        y = R.conv2d(x, w, groups=2)
        assert y.shape == (0, 4, 3, 3)
        assert R.conv2d_grad_input(y, w, x.shape, groups=2).shape == x.shape
        assert not R.conv2d_grad_weight(y, x, w.shape, groups=2).any()
        assert R.conv_transpose2d(x, w, groups=2).shape == (0, 4, 7, 7)
        assert R.max_pool2d(x, 2)[1].shape == R.avg_pool2d(x, 2).shape == (0, 4, 2, 2)
        assert R.global_max_pool2d(x)[0].shape == R.global_avg_pool2d(x).shape == (0, 4, 1, 1)
        assert R.local_response_norm(x, 3).shape == R.relu(x).shape == R.softmax(x, axis=1).shape == x.shape
        assert R.linear(x[:, :, 0, 0], np.ones((3, 4))).shape == (0, 3)


class TestAgainstPyTorch:
    """Random legal calls, float64, to 1e-10. Skipped, visibly, where PyTorch is not installed."""

    TRIALS = 40

    @pytest.fixture(autouse=True)
    def _torch(self):
        self.torch = pytest.importorskip("torch")
        self.F = self.torch.nn.functional
        self.rng = np.random.default_rng(11)
        self.torch.set_num_threads(1)

    def draw(self, *values):
        return values[self.rng.integers(len(values))]

    def between(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def normal(self, *shape):
        return self.rng.standard_normal(shape)

    def agree(self, found, expected):
        expected = expected.detach().numpy() if hasattr(expected, "detach") else expected
        assert np.shape(found) == np.shape(expected)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)

    def leaves(self, *arrays):
        return [None if a is None else self.torch.tensor(a, requires_grad=True) for a in arrays]

    def geometry(self, axes):
        """Kernel, stride, padding, dilation for so many axes, and sizes with room for one window and a bit."""
        kernel, stride, dilation = ([self.between(1, 3) for _ in range(axes)] for _ in range(3))
        padding = [self.between(0, 3) for _ in range(axes)]
        least = [max(1, d * (K - 1) + 1 - 2 * p) for K, p, d in zip(kernel, padding, dilation)]
        return kernel, stride, padding, dilation, [size + self.between(0, 4) for size in least]

    @pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")
    def test_conv(self):
        for trial in range(2 * self.TRIALS):
            axes = 1 + trial % 2
            name = f"conv{axes}d"
            kernel, stride, padding, dilation, size = self.geometry(axes)
            groups = self.between(1, 3)
            options = {
                "stride": tuple(stride),
                "padding": tuple(padding),
                "dilation": tuple(dilation),
                "groups": groups,
            }
            if trial % 5 == 0:
                options |= {"stride": 1, "padding": "same"}
            x = self.normal(self.between(1, 2), groups * self.between(1, 2), *size)
            w = self.normal(groups * self.between(1, 2), x.shape[1] // groups, *kernel)
            b = self.draw(None, self.normal(len(w)))
            tx, tw, tb = self.leaves(x, w, b)
            ty = getattr(self.F, name)(tx, tw, tb, **options)
            self.agree(getattr(R, name)(x, w, b, **options), ty)
            dy = self.normal(*ty.shape)
            ty.backward(self.torch.tensor(dy))
            self.agree(getattr(R, f"{name}_grad_input")(dy, w, x.shape, **options), tx.grad)
            self.agree(getattr(R, f"{name}_grad_weight")(dy, x, w.shape, **options), tw.grad)
            if b is not None:
                self.agree(getattr(R, f"{name}_grad_bias")(dy), tb.grad)

    def test_conv_transpose(self):
        for _ in range(self.TRIALS):
            kernel, stride, _, dilation, _ = self.geometry(2)
            size, groups = [self.between(1, 4) for _ in range(2)], self.between(1, 3)
            grown = [(M - 1) * s + d * (K - 1) + 1 for M, K, s, d in zip(size, kernel, stride, dilation)]
            options = {
                "stride": tuple(stride),
                "padding": tuple(self.between(0, (M - 1) // 2) for M in grown),
                "output_padding": tuple(self.between(0, max(s, d) - 1) for s, d in zip(stride, dilation)),
                "dilation": tuple(dilation),
                "groups": groups,
            }
            x = self.normal(self.between(1, 2), groups * self.between(1, 2), *size)
            w = self.normal(x.shape[1], self.between(1, 2), *kernel)
            b = self.draw(None, self.normal(w.shape[1] * groups))
            tx, tw, tb = self.leaves(x, w, b)
            ty = self.F.conv_transpose2d(tx, tw, tb, **options)
            self.agree(R.conv_transpose2d(x, w, b, **options), ty)
            dy = self.normal(*ty.shape)
            ty.backward(self.torch.tensor(dy))
            self.agree(R.conv_transpose2d_grad_input(dy, w, x.shape, **options), tx.grad)
            self.agree(R.conv_transpose2d_grad_weight(dy, x, w.shape, **options), tw.grad)
            if b is not None:
                self.agree(R.conv_transpose2d_grad_bias(dy), tb.grad)

    def pooling(self, dilated):
        """A kernel, options and an image: PyTorch pads by half the kernel at most."""
        kernel, stride, _, dilation, _ = self.geometry(2)
        dilation = dilation if dilated else [1, 1]
        reach = [d * (K - 1) + 1 for K, d in zip(kernel, dilation)]
        padding = [self.between(0, K // 2) for K in kernel]
        size = [max(2, e) + self.between(0, 5) for e in reach]
        options = {"padding": tuple(padding), "ceil_mode": self.draw(True, False)}
        if self.draw(True, False):
            options["stride"] = tuple(stride)
        if dilated:
            options["dilation"] = tuple(dilation)
        return tuple(kernel), options, self.normal(2, 2, *size)

    def test_max_pool(self):
        for _ in range(self.TRIALS):
            kernel, options, x = self.pooling(dilated=True)
            x = np.round(2 * x)  # many ties
            (tx,) = self.leaves(x)
            ty, targmax = self.F.max_pool2d(tx, kernel, **options, return_indices=True)
            y, argmax = R.max_pool2d(x, kernel, **options)
            self.agree(y, ty)
            np.testing.assert_array_equal(argmax, targmax.numpy())
            dy = self.normal(*y.shape)
            ty.backward(self.torch.tensor(dy))
            self.agree(R.max_pool2d_grad(dy, argmax, x.shape), tx.grad)

    def test_avg_pool(self):
        for _ in range(self.TRIALS):
            kernel, options, x = self.pooling(dilated=False)
            options["count_include_pad"] = self.draw(True, False)
            (tx,) = self.leaves(x)
            ty = self.F.avg_pool2d(tx, kernel, **options)
            self.agree(R.avg_pool2d(x, kernel, **options), ty)
            dy = self.normal(*ty.shape)
            ty.backward(self.torch.tensor(dy))
            self.agree(R.avg_pool2d_grad(dy, x.shape, kernel, **options), tx.grad)

    def test_weighted_and_global_pool(self):
        for _ in range(self.TRIALS):
            kernel, options, x = self.pooling(dilated=False)
            stride, weights = options.get("stride", 1), self.normal(*kernel)
            (tx,) = self.leaves(x)
            each = self.torch.tensor(weights).expand(2, 1, *kernel)
            ty, taverage = self.F.conv2d(tx, each, stride=stride, groups=2), self.F.adaptive_avg_pool2d(tx, 1)
            tmax, targmax = self.F.adaptive_max_pool2d(tx, 1, return_indices=True)
            self.agree(R.weighted_pool2d(x, weights, stride=stride), ty)
            self.agree(R.global_avg_pool2d(x), taverage)
            y, argmax = R.global_max_pool2d(x)
            self.agree(y, tmax)
            np.testing.assert_array_equal(argmax, targmax.numpy())
            dy, daverage, dmax = self.normal(*ty.shape), self.normal(*y.shape), self.normal(*y.shape)
            self.torch.autograd.backward([ty, taverage, tmax], [self.torch.tensor(g) for g in (dy, daverage, dmax)])
            dx = R.weighted_pool2d_grad(dy, x.shape, weights, stride=stride)
            dx += R.global_avg_pool2d_grad(daverage, x.shape) + R.global_max_pool2d_grad(dmax, argmax, x.shape)
            self.agree(dx, tx.grad)

    def test_local_response_norm(self):
        for trial in range(self.TRIALS):
            size = 1 + trial % 6
            options = {
                "alpha": self.rng.uniform(0, 2),
                "beta": self.rng.uniform(0.3, 1.5),
                "k": self.rng.uniform(0.5, 2),
            }
            x = self.normal(2, self.between(1, 7), 2, 3)
            (tx,) = self.leaves(x)
            ty = self.F.local_response_norm(tx, size, **options)
            self.agree(R.local_response_norm(x, size, **options), ty)
            dy = self.normal(*x.shape)
            ty.backward(self.torch.tensor(dy))
            self.agree(R.local_response_norm_grad(dy, x, size, **options), tx.grad)

    def test_batch_norm(self):
        for trial in range(self.TRIALS):
            C = self.between(1, 3)
            x = self.normal(self.between(2, 4), C, *self.draw((), (2, 3)))
            weight, bias = self.draw((None, None), (self.normal(C), self.normal(C)))
            mean, var = self.normal(C), self.rng.uniform(0.5, 2, C)
            options = {"training": trial % 2 == 0, "momentum": self.rng.uniform(0, 1), "eps": self.draw(1e-5, 1e-2)}
            tmean, tvar = self.torch.tensor(mean), self.torch.tensor(var)
            tx, tweight, tbias = self.leaves(x, weight, bias)
            ty = self.F.batch_norm(tx, tmean, tvar, tweight, tbias, **options)
            y, saved = R.batch_norm(x, weight, bias, mean, var, **options)
            self.agree(y, ty)
            self.agree(mean, tmean)
            self.agree(var, tvar)
            dy = self.normal(*x.shape)
            ty.backward(self.torch.tensor(dy))
            dx, dweight, dbias = R.batch_norm_grad(dy, saved)
            self.agree(dx, tx.grad)
            if weight is not None:
                self.agree(dweight, tweight.grad)
                self.agree(dbias, tbias.grad)

    def test_elementwise(self):
        pairs = [
            ("relu", "x", (), self.torch.relu),
            ("leaky_relu", "x", (0.01,), self.F.leaky_relu),
            ("leaky_relu", "x", (0.3,), self.F.leaky_relu),
            ("sigmoid", "y", (), self.torch.sigmoid),
            ("tanh", "y", (), self.torch.tanh),
        ]
        for trial in range(self.TRIALS):
            name, keeps, options, twin = pairs[trial % len(pairs)]
            x = self.normal(*self.draw((7,), (2, 3), (2, 2, 2, 3))) * self.draw(1, 30)
            x.flat[0] = 0.0
            (tx,) = self.leaves(x)
            ty = twin(tx, *options)
            y = getattr(R, name)(x, *options)
            self.agree(y, ty)
            dy = self.normal(*x.shape)
            ty.backward(self.torch.tensor(dy))
            self.agree(getattr(R, f"{name}_grad")(dy, x if keeps == "x" else y, *options), tx.grad)

    def test_softmax(self):
        for trial in range(self.TRIALS):
            name = ("softmax", "log_softmax")[trial % 2]
            x = self.normal(*self.draw((5,), (2, 3), (2, 3, 2, 2))) * self.draw(1, 100, 1e4)
            axis = self.between(-x.ndim, x.ndim - 1)
            (tx,) = self.leaves(x)
            ty = getattr(self.F, name)(tx, axis)
            y = getattr(R, name)(x, axis)
            self.agree(y, ty)
            dy = self.normal(*x.shape)
            ty.backward(self.torch.tensor(dy))
            self.agree(getattr(R, f"{name}_grad")(dy, y, axis), tx.grad)

    def test_cross_entropy(self):
        for _ in range(self.TRIALS):
            N, K = self.between(1, 5), self.between(1, 6)
            x, labels = self.normal(N, K) * self.draw(1, 1e4), self.rng.integers(0, K, N)
            (tx,) = self.leaves(x)
            tloss = self.F.cross_entropy(tx, self.torch.tensor(labels))
            tloss.backward()
            loss, dlogits = R.cross_entropy(x, labels)
            self.agree(loss, tloss.item())
            self.agree(dlogits, tx.grad)

    def test_linear(self):
        for _ in range(self.TRIALS):
            N, inputs, outputs = (self.between(1, 5) for _ in range(3))
            x, w, dy = self.normal(N, inputs), self.normal(outputs, inputs), self.normal(N, outputs)
            b = self.draw(None, self.normal(outputs))
            tx, tw, tb = self.leaves(x, w, b)
            ty = self.F.linear(tx, tw, tb)
            self.agree(R.linear(x, w, b), ty)
            ty.backward(self.torch.tensor(dy))
            self.agree(R.linear_grad_input(dy, w), tx.grad)
            self.agree(R.linear_grad_weight(dy, x), tw.grad)
            if b is not None:
                self.agree(R.linear_grad_bias(dy), tb.grad)
