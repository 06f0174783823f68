"""Every layer: equals its function, its gradients equal central differences, its shapes and counts are the real ones."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_cases import CASES, TABLE, central_differences, distinct

from convlab import nn
from convlab.errors import ArgumentError, ShapeError, StateError

every_layer = pytest.mark.parametrize("case", CASES, ids=str)
TYPES = {type(case.make()) for case in CASES}


def test_every_layer_has_a_case():
    made_of_layers = {"Module", "Sequential", "Graph"}
    of_several_inputs = {"Add", "Concat"}
    layers = {name for name, value in vars(nn).items() if isinstance(value, type) and issubclass(value, nn.Module)}
    assert layers - made_of_layers - of_several_inputs == {kind.__name__ for kind in TYPES}


def redraw(layer):
    "dropout draws the same mask again"
    if hasattr(layer, "rng"):
        layer.rng = np.random.default_rng(3)


# ------------------------------------------------------------------------------------------------ values and gradients
@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forward(case, dtype):
    layer, x = case.layer(dtype), case.x(dtype)
    expected = case.function(layer, x)
    y = layer(x)
    assert y.dtype == dtype and y.shape == expected.shape
    np.testing.assert_allclose(y, expected, rtol=2e-5 if dtype == np.float32 else 1e-12, atol=1e-6)
    np.testing.assert_array_equal(x, case.x(dtype))  # the input is left alone


@every_layer
def test_gradients(case):
    layer, x = case.layer(), case.x()
    redraw(layer)
    y = layer(x)
    dy = np.random.default_rng(9).standard_normal(y.shape)

    def loss():
        redraw(layer)
        return float((layer(x) * dy).sum())

    dx = layer.backward(dy)
    assert dx.shape == x.shape and dx.dtype == x.dtype
    np.testing.assert_allclose(dx, central_differences(loss, x), rtol=1e-6, atol=1e-6)
    for name, parameter in layer.named_parameters():
        assert parameter.grad.shape == parameter.data.shape and parameter.grad.dtype == np.float64
        expected = central_differences(loss, parameter.data)
        np.testing.assert_allclose(parameter.grad, expected, rtol=1e-6, atol=1e-6, err_msg=name)


@every_layer
def test_gradients_accumulate_until_they_are_zeroed(case):
    layer, x = case.layer(), case.x()
    dy = np.random.default_rng(9).standard_normal(layer(x).shape)
    layer.backward(dy)
    once = [p.grad.copy() for p in layer.parameters()]
    layer.backward(dy)
    for parameter, gradient in zip(layer.parameters(), once):
        np.testing.assert_allclose(parameter.grad, 2 * gradient, rtol=1e-12)
    layer.zero_grad()
    assert all((p.grad == 0).all() and p.grad.shape == p.data.shape for p in layer.parameters())
    layer.backward(dy)
    for parameter, gradient in zip(layer.parameters(), once):
        np.testing.assert_array_equal(parameter.grad, gradient)


@every_layer
def test_without_the_gradient_by_the_input(case):
    layer, x = case.layer(), case.x()
    dy = np.random.default_rng(9).standard_normal(layer(x).shape)
    layer.backward(dy)
    with_dx = [p.grad.copy() for p in layer.parameters()]
    layer.zero_grad()
    assert layer.backward(dy, input_grad=False) is None
    for parameter, gradient in zip(layer.parameters(), with_dx):
        np.testing.assert_array_equal(parameter.grad, gradient)


@every_layer
def test_backward_comes_after_forward(case):
    layer = case.layer()
    if isinstance(layer, nn.Identity):
        pytest.skip("Identity remembers nothing: its gradient needs no forward pass")
    message = rf"^{type(layer).__name__}\.backward: there was no forward pass; call layer\(x\) first$"
    for input_grad in (True, False):
        with pytest.raises(StateError, match=message):
            layer.backward(np.ones((2, 3)), input_grad=input_grad)


@every_layer
def test_output_shape(case):
    layer, x = case.layer(), case.x()
    assert layer.output_shape(x.shape[1:]) == layer(x).shape[1:]


@every_layer
def test_an_empty_batch_stays_empty(case):
    layer, x = case.layer(), case.x()
    empty = x[:0]
    y = layer(empty)
    assert y.shape == (0, *layer.output_shape(x.shape[1:]))
    assert layer.backward(y).shape == empty.shape
    assert all((p.grad == 0).all() for p in layer.parameters())


@every_layer
def test_read_only_and_strided_inputs(case):
    layer, x = case.layer(), case.x()
    redraw(layer)
    expected = layer(x)
    dy = np.random.default_rng(9).standard_normal(expected.shape)
    dx = layer.backward(dy)
    strided_x, strided_dy = (np.repeat(a, 2, axis=-1)[..., ::2] for a in (x, dy))
    strided_x.flags.writeable = strided_dy.flags.writeable = False
    redraw(layer)
    np.testing.assert_array_equal(layer(strided_x), expected)
    np.testing.assert_array_equal(layer.backward(strided_dy), dx)


@every_layer
def test_repr_is_one_line(case):
    text = repr(case.make())
    assert text.startswith(type(case.make()).__name__ + "(") and "\n" not in text


# ------------------------------------------------------------------------------------------------ shapes, drawn by chance
small, extent = st.integers(1, 4), st.integers(1, 8)
pairs = lambda numbers: st.one_of(numbers, st.tuples(numbers, numbers))


@st.composite
def convolutions(draw):
    groups = draw(st.integers(1, 2))
    C, O = draw(small) * groups, draw(small) * groups
    options = {"stride": draw(pairs(small)), "dilation": draw(pairs(st.integers(1, 3))), "groups": groups,
               "bias": draw(st.booleans())}  # fmt: skip
    return C, O, draw(pairs(small)), options


def shape_or_error(f):
    try:
        return f()
    except ShapeError as error:
        # taps of a dilated pooling window that all fall beside a small image are found by the forward pass alone
        return "blind" if "sees no pixel" in str(error) else ShapeError


def agree(layer, x_shape):
    "the announced shape is the real one; where there is none, both refuse"
    announced = shape_or_error(lambda: layer.output_shape(x_shape))
    real = shape_or_error(lambda: layer(np.zeros((1, *x_shape), np.float32)).shape[1:])
    assert announced == real or real == "blind"


drawn = settings(max_examples=60, deadline=None)


@drawn
@given(convolutions(), st.one_of(pairs(st.integers(0, 4)), st.just("valid")), extent, extent)
def test_conv2d_shapes(convolution, padding, H, W):
    C, O, kernel, options = convolution
    agree(nn.Conv2d(C, O, kernel, padding=padding, **options), (C, H, W))


@drawn
@given(convolutions(), extent, extent)
def test_conv2d_same_keeps_the_size(convolution, H, W):
    C, O, kernel, options = convolution
    layer = nn.Conv2d(C, O, kernel, padding="same", **options | {"stride": 1})
    assert layer.output_shape((C, H, W)) == (O, H, W)
    agree(layer, (C, H, W))


@drawn
@given(convolutions(), st.integers(0, 4), extent)
def test_conv1d_shapes(convolution, padding, L):
    C, O, kernel, options = convolution
    first = {name: value[0] if isinstance(value, tuple) else value for name, value in options.items()}
    agree(nn.Conv1d(C, O, kernel[0] if isinstance(kernel, tuple) else kernel, padding=padding, **first), (C, L))


@drawn
@given(convolutions(), pairs(st.integers(0, 3)), pairs(st.integers(0, 3)), extent, extent)
def test_conv_transpose2d_shapes(convolution, padding, output_padding, H, W):
    C, O, kernel, options = convolution
    layer = nn.ConvTranspose2d(C, O, kernel, padding=padding, output_padding=output_padding, **options)
    try:
        agree(layer, (C, H, W))
    except ArgumentError as error:  # as in PyTorch
        assert "output_padding" in str(error)


@drawn
@given(
    pairs(small),
    st.one_of(st.none(), pairs(small)),
    pairs(st.integers(0, 3)),
    st.booleans(),
    pairs(small),
    extent,
    extent,
)
def test_pooling_shapes(kernel, stride, padding, ceil_mode, dilation, H, W):
    for layer, own in ((nn.MaxPool2d, {"dilation": dilation}), (nn.AvgPool2d, {})):
        try:
            agree(layer(kernel, stride, padding, ceil_mode=ceil_mode, **own), (2, H, W))
        except ArgumentError as error:
            assert "padding must be at most half" in str(error)


@drawn
@given(small, small, pairs(small), pairs(st.integers(0, 2)), extent, extent)
def test_shapes_of_the_other_windows(KH, KW, stride, padding, H, W):
    agree(nn.WeightedPool2d(np.ones((KH, KW)), stride), (2, H, W))
    agree(nn.Subsample2d(2, (KH, KW)), (2, H, W))
    agree(nn.ConnectedConv2d(TABLE, 3, (KH, KW), stride, padding), (3, H, W))
    agree(nn.AdaptiveAvgPool2d((KH, KW)), (2, H, W))
    agree(nn.AdaptiveMaxPool2d(1), (2, H, W))
    agree(nn.Flatten(), (2, H, W))


def test_a_shape_that_does_not_fit_is_named():
    for layer, shape, message in (
        (nn.Linear(120, 84), (16, 5, 5), r"^Linear: expected 120 features, got \(16, 5, 5\); is a Flatten missing\?$"),
        (nn.EuclideanRBF(np.ones((10, 84))), (10,), r"^EuclideanRBF: expected 84 features, got \(10,\)$"),
        (nn.BatchNorm2d(3), (4, 2, 2), r"^BatchNorm2d: expected 3 channels, got input \(4, 2, 2\)$"),
        (nn.Conv2d(3, 2, 3), (32, 32), r"^Conv2d: input_shape must be 3 sizes \(C, H, W\), got \(32, 32\)$"),
        (nn.Conv2d(3, 2, 3), (1, 32, 32), r"^Conv2d: x has 1 channels but w expects 3 "),
        (nn.Conv2d(1, 2, 5), (1, 4, 4), r"^Conv2d: the window is 5 high but the padded image only 4 "),
        (nn.MaxPool2d(5), (1, 4, 4), r"^MaxPool2d: the window is 5 high but the padded image only 4 "),
    ):
        with pytest.raises(ShapeError, match=message):
            layer.output_shape(shape)


# ------------------------------------------------------------------------------------------------ multiplications
def taps(layer, y_shape, kernel):
    "the loops of the textbook, a tick for each multiplication"
    O, per_group = y_shape[0], layer.in_channels // layer.groups
    inside = [range(n) for n in (O, *y_shape[1:], per_group, *kernel)]
    return sum(1 for _ in itertools.product(*inside))


@pytest.mark.parametrize(
    "layer, x_shape",
    [
        (nn.Conv2d(2, 3, 3), (2, 5, 6)),
        (nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, dilation=(1, 2), groups=2), (4, 7, 6)),
        (nn.Conv1d(4, 2, 3, stride=2, padding=2, groups=2, bias=False), (4, 9)),
    ],
    ids=repr,
)
def test_multiply_adds_of_convolutions(layer, x_shape):
    y_shape = layer(np.zeros((1, *x_shape), np.float32)).shape[1:]
    assert layer.multiply_adds(x_shape) == taps(layer, y_shape, layer.kernel_size)


def test_multiply_adds_of_a_transposed_convolution():
    # each pixel of the input is multiplied with each tap to each output channel of its group
    layer, (C, H, W) = nn.ConvTranspose2d(4, 6, (3, 2), stride=2, groups=2), (4, 3, 5)
    count = sum(1 for _ in itertools.product(range(C), range(H), range(W), range(6 // 2), range(3), range(2)))
    assert layer.multiply_adds((C, H, W)) == count


def test_multiply_adds_of_a_connection_table():
    layer = nn.ConnectedConv2d(TABLE, 3, 3)
    count = sum(1 for row in TABLE for _ in row for _ in itertools.product(range(4), range(5), range(3), range(3)))
    assert layer.multiply_adds((3, 6, 7)) == count


def test_multiply_adds_of_the_rest():
    assert nn.Linear(7, 5).multiply_adds((7,)) == 35
    assert nn.EuclideanRBF(np.ones((10, 84))).multiply_adds((84,)) == 840
    assert nn.WeightedPool2d(np.ones((2, 3)), 2).multiply_adds((4, 6, 7)) == 4 * 3 * 3 * 6
    assert nn.Subsample2d(6).multiply_adds((6, 28, 28)) == 6 * 14 * 14
    assert nn.ReLU().multiply_adds((3, 2, 2)) == nn.MaxPool2d(2).multiply_adds((3, 2, 2)) == 0


# ------------------------------------------------------------------------------------------------ single layers
def test_the_first_weights_lie_in_their_bounds():
    nn.manual_seed(0)
    for layer, fan_in in (
        (nn.Conv2d(4, 50, 5, groups=2), 2 * 25),
        (nn.Conv1d(4, 200, 5), 20),
        (nn.ConvTranspose2d(100, 8, 3, groups=2), 4 * 9),
        (nn.Linear(30, 100), 30),
    ):
        bound = 1 / math.sqrt(fan_in)
        weights, biases = np.abs(layer.weight.data), np.abs(layer.bias.data)
        assert layer.weight.data.dtype == layer.bias.data.dtype == np.float32
        assert 0.98 * bound < weights.max() <= bound and biases.max() <= bound
        assert abs(weights.mean() - bound / 2) < 0.03 * bound  # evenly spread


def test_a_connected_convolution_counts_only_what_it_sees():
    nn.manual_seed(0)
    layer = nn.ConnectedConv2d([(0,)] * 40 + [tuple(range(16))] * 40, 16, 5)
    ones, sixteens = np.abs(layer.weight.data[:40]), np.abs(layer.weight.data[40:])
    assert 0.98 / 5 < ones.max() <= 1 / 5 and 0.98 / 20 < sixteens.max() <= 1 / 20
    assert np.abs(layer.bias.data[40:]).max() <= 1 / 20


def test_a_full_connection_table_is_a_convolution():
    connected, plain = nn.ConnectedConv2d([(0, 1, 2)] * 4, 3, 3), nn.Conv2d(3, 4, 3)
    plain.weight.data = connected.weight.data.reshape(4, 3, 3, 3).copy()
    plain.bias.data = connected.bias.data.copy()
    x = distinct((2, 3, 6, 6)).astype(np.float32)
    y = connected(x)
    np.testing.assert_array_equal(y, plain(x))
    np.testing.assert_array_equal(connected.backward(y), plain.backward(y))
    np.testing.assert_array_equal(connected.weight.grad.reshape(plain.weight.data.shape), plain.weight.grad)


def test_max_pool_returns_indices_when_asked():
    x = distinct((2, 3, 4, 4)).astype(np.float32)
    layer = nn.MaxPool2d(2, return_indices=True)
    y, argmax = layer(x)
    np.testing.assert_array_equal(y.ravel(), np.take_along_axis(x.reshape(6, 16), argmax.reshape(6, 4), 1).ravel())


def test_scaled_tanh_is_one_at_one():
    y = nn.ScaledTanh()(np.array([[-1.0, 0.0, 1.0]]))
    np.testing.assert_allclose(y, [[-1, 0, 1]], atol=1e-4)  # LeCun's own choice of the two constants


def test_batch_norm_follows_the_data_only_in_training():
    layer, rng = nn.BatchNorm2d(2, momentum=0.5), np.random.default_rng(0)
    x = rng.normal([[[[3.0]], [[-1.0]]]], 2.0, (50, 2, 4, 4)).astype(np.float32)
    y = layer(x)
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(y.var((0, 2, 3)), 1, atol=1e-4)
    np.testing.assert_allclose(layer.running_mean, 0.5 * x.mean((0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(layer.running_var, 0.5 + 0.5 * x.var((0, 2, 3), ddof=1), rtol=1e-5)
    kept = layer.running_mean.copy(), layer.running_var.copy()
    layer.eval()
    mean, var = (a[:, None, None] for a in kept)
    np.testing.assert_allclose(layer(x), (x - mean) / np.sqrt(var + 1e-5), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(layer.running_mean, kept[0])
    np.testing.assert_array_equal(layer.running_var, kept[1])


def test_dropout_keeps_the_mean_in_training_and_everything_in_evaluation():
    nn.manual_seed(0)
    layer, x = nn.Dropout(0.25), np.ones((200, 500), np.float32)
    y = layer(x)
    assert sorted(set(y.ravel().tolist())) == pytest.approx([0, 4 / 3])
    assert abs((y == 0).mean() - 0.25) < 0.01  # 100,000 draws: seven standard deviations
    np.testing.assert_array_equal(layer.backward(x), y)
    assert (layer(x) != y).any()
    layer.eval()
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layer.backward(x), x)
    assert (nn.Dropout(1)(x) == 0).all() and (nn.Dropout(0)(x) == x).all()
