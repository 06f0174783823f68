"""Bad arguments, inputs and gradients: one named error in one line, and nothing is changed."""

import numpy as np
import pytest
from layer_cases import CASES

from convlab import nn
from convlab.errors import ArgumentError, ConvlabError, ShapeError

LETS_ALL_THROUGH = (nn.Identity,)
INF, NAN = float("inf"), float("nan")


def assert_refused(f, error=ConvlabError, message=None):
    with pytest.raises(error, match=message) as caught:
        f()
    text = str(caught.value)
    assert text and "\n" not in text
    return text


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.Conv2d(0, 1, 3), "Conv2d: in_channels must be at least 1, got 0"),
        (lambda: nn.Conv2d(1.0, 1, 3), "Conv2d: in_channels must be an int, got 1.0"),
        (lambda: nn.Conv2d(1, "8", 3), "Conv2d: out_channels must be an int, got '8'"),
        (lambda: nn.Conv2d(1, 1, 0), "Conv2d: kernel_size must be at least 1, got 0"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), "Conv2d: kernel_size must be an int or a pair (height, width), got (3, 3, 3)"),
        (lambda: nn.Conv2d(1, 1, 3.5), "Conv2d: kernel_size must be an int or a pair (height, width) of ints, got 3.5"),
        (lambda: nn.Conv2d(1, 1, None), "Conv2d: kernel_size must be an int or a pair (height, width) of ints, got None"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), "Conv2d: stride must be at least 1, got 0"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), "Conv2d: padding must be at least 0, got -1"),
        (lambda: nn.Conv2d(1, 1, 3, padding=(1, -1)), "Conv2d: padding must be at least 0, got (1, -1)"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), 'Conv2d: padding must be an int, a pair, "same" or "valid", got \'full\''),
        (lambda: nn.Conv2d(1, 1, 3, stride=2, padding="same"),
         'Conv2d: padding="same" needs stride 1, got stride (2, 2); give the padding as numbers'),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "Conv2d: in_channels and out_channels must divide into groups, got 3, 4, 2"),
        (lambda: nn.Conv2d(4, 4, 3, groups=0), "Conv2d: groups must be at least 1, got 0"),
        (lambda: nn.Conv1d(1, 1, 3, padding="full"), 'Conv1d: padding must be an int, a pair, "same" or "valid", got \'full\''),
        (lambda: nn.Conv1d(1, 1, (3, 3)), "Conv1d: kernel_size must be an int, got (3, 3)"),
        (lambda: nn.Conv1d(1, 1, 3, stride=-1), "Conv1d: stride must be at least 1, got -1"),
        (lambda: nn.ConvTranspose2d(1, 1, 3, padding="same"),
         "ConvTranspose2d: padding must be an int or a pair (height, width) of ints, got 'same'"),
        (lambda: nn.ConvTranspose2d(1, 1, 3, output_padding=-1), "ConvTranspose2d: output_padding must be at least 0, got -1"),
        (lambda: nn.ConnectedConv2d(None, 3, 5),
         "ConnectedConv2d: connections must be a list with a row per output channel, got None"),
        (lambda: nn.ConnectedConv2d([], 3, 5),
         "ConnectedConv2d: connections must be a list with a row per output channel, got []"),
        (lambda: nn.ConnectedConv2d([(0,), (3,)], 3, 5),
         "ConnectedConv2d: each row of connections must name channels from 0 to 2, got (3,)"),
        (lambda: nn.ConnectedConv2d([()], 3, 5),
         "ConnectedConv2d: each row of connections must name channels from 0 to 2, got ()"),
        (lambda: nn.ConnectedConv2d([-1], 3, 5),
         "ConnectedConv2d: each row of connections must name channels from 0 to 2, got -1"),
        (lambda: nn.ConnectedConv2d([(0.5,)], 3, 5),
         "ConnectedConv2d: each row of connections must name channels from 0 to 2, got (0.5,)"),
        (lambda: nn.Linear(0, 3), "Linear: in_features must be at least 1, got 0"),
        (lambda: nn.Linear(3, None), "Linear: out_features must be an int, got None"),
        (lambda: nn.MaxPool2d(0), "MaxPool2d: kernel_size must be at least 1, got 0"),
        (lambda: nn.MaxPool2d(2, stride=0), "MaxPool2d: stride must be at least 1, got 0"),
        (lambda: nn.MaxPool2d(2, dilation=0), "MaxPool2d: dilation must be at least 1, got 0"),
        (lambda: nn.AvgPool2d("2"), "AvgPool2d: kernel_size must be an int or a pair (height, width) of ints, got '2'"),
        (lambda: nn.AdaptiveAvgPool2d(0), "AdaptiveAvgPool2d: output_size must be at least 1, got 0"),
        (lambda: nn.AdaptiveMaxPool2d((1, 2)), "AdaptiveMaxPool2d: only output_size 1 is supported, got (1, 2)"),
        (lambda: nn.WeightedPool2d(np.ones(3), 2), "WeightedPool2d: kernel must have 2 axes (KH, KW), got 1: (3,)"),
        (lambda: nn.Subsample2d(0), "Subsample2d: channels must be at least 1, got 0"),
        (lambda: nn.BatchNorm2d(-1), "BatchNorm2d: num_features must be at least 1, got -1"),
        (lambda: nn.BatchNorm2d(3, momentum=1.5), "BatchNorm2d: momentum must be from 0 to 1, got 1.5"),
        (lambda: nn.BatchNorm1d(3, eps=NAN), "BatchNorm1d: eps must be a number, got nan"),
        (lambda: nn.LocalResponseNorm(0), "LocalResponseNorm: size must be at least 1, got 0"),
        (lambda: nn.LocalResponseNorm(5, beta=-1), "LocalResponseNorm: beta must be at least 0, got -1"),
        (lambda: nn.Dropout(1.5), "Dropout: p must be from 0 to 1, got 1.5"),
        (lambda: nn.Dropout(NAN), "Dropout: p must be a number, got nan"),
        (lambda: nn.Dropout("a"), "Dropout: p must be a number, got 'a'"),
        (lambda: nn.LeakyReLU(None), "LeakyReLU: negative_slope must be a number, got None"),
        (lambda: nn.EuclideanRBF(np.ones(84)), "EuclideanRBF: codes must have 2 axes (classes, features), got 1: (84,)"),
    ],
)  # fmt: skip
def test_bad_arguments(make, message):
    assert assert_refused(make) == message


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_inputs(case):
    layer, x = case.layer(np.float32), case.x(np.float32)
    if isinstance(layer, LETS_ALL_THROUGH) or (isinstance(layer, nn.Dropout) and not layer.training):
        pytest.skip(f"{type(layer).__name__} passes everything on")
    state = {name: array.tobytes() for name, array in layer.state_dict().items()}
    bad = [None, x.tolist(), "image"]
    if not isinstance(layer, nn.Flatten):  # it only moves numbers, of any type
        bad += [x.astype(int), x.astype(complex), x.astype(object), x.astype(np.float16), x > 0]
    if state:
        bad += [x.astype(np.float64), np.ones(3, np.float32), np.ones((1,) * 5, np.float32)]
    for value in bad:
        assert_refused(lambda value=value: layer(value))
    assert {name: array.tobytes() for name, array in layer.state_dict().items()} == state


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_gradients(case):
    layer, x = case.layer(np.float32), case.x(np.float32)
    y = layer(x)
    if isinstance(layer, LETS_ALL_THROUGH) or (isinstance(layer, nn.Dropout) and not layer.training):
        pytest.skip(f"{type(layer).__name__} passes everything on")
    bad = [None, y[:1], np.concatenate([y, y[:1]]), np.ones((1,) * y.ndim, np.float32), y[None]]
    if layer.parameters():
        bad += [y.astype(np.float64), y.astype(int)]
    for dy in bad:
        for input_grad in (True, False) if layer.parameters() else (True,):
            assert_refused(lambda dy=dy, wanted=input_grad: layer.backward(dy, input_grad=wanted))
    assert all((p.grad == 0).all() and p.grad.shape == p.data.shape for p in layer.parameters())


def test_the_wrong_number_of_channels_is_named():
    x = np.zeros((2, 3, 4, 4), np.float32)
    for layer, message in (
        (nn.Conv2d(1, 16, 3), r"^conv2d: x has 3 channels but w expects 1 \(x: \(2, 3, 4, 4\), w: \(16, 1, 3, 3\)\)"),
        (nn.Subsample2d(6), r"^Subsample2d: x has 3 channels but the layer 6 \(x: \(2, 3, 4, 4\)\)$"),
        (nn.BatchNorm2d(4), r"^BatchNorm2d: x has 3 channels but the layer 4 \(x: \(2, 3, 4, 4\)\)$"),
        (
            nn.BatchNorm2d(4, affine=False, track_running_stats=False),
            r"^BatchNorm2d: x has 3 channels but the layer 4 ",
        ),
        (nn.BatchNorm1d(3), r"^BatchNorm1d: x must have 2 axes \(N, C\), got 4: \(2, 3, 4, 4\)$"),
        (nn.Linear(48, 2), r"^linear: x must have 2 axes \(N, features\), got 4: .*; flatten it first"),
    ):
        assert_refused(lambda layer=layer: layer(x), ShapeError, message)
    assert_refused(lambda: nn.Softmax(5)(x), ArgumentError, r"^softmax: axis must be .*\b3\b.*, got 5$")


def test_nan_passes_through():
    for case in CASES:
        layer, x = case.layer(np.float32), case.x(np.float32)
        x.reshape(-1)[0] = np.nan
        y = layer(x)
        dropped = isinstance(layer, nn.Dropout) and layer.training and layer._saved[0].reshape(-1)[0] == 0
        # a strided window may pass over the first pixel; none of these cases does
        assert np.isnan(y).any() or dropped, case.id
