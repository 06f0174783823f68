"""Winograd's algorithm for 3 x 3 convolutions: its error, its edges, its switch."""

import itertools

import numpy as np
import pytest
from agreement import examples, threads
from hypothesis import given
from hypothesis import strategies as st
from textbook import Layer

import convlab
from convlab import settings
from convlab.errors import ArgumentError
from convlab.kernels.cpu import winograd, winograd_weights
from convlab.kernels.cpu.register_tile import INSTRUCTIONS

# max |a - b| / max |b| against float64; docs/decisions.md says what was seen
BOUNDS = {"forward": 2e-6, "grad_input": 2e-6, "grad_weight": 3e-6}
PASSES = tuple(BOUNDS)

pytestmark = [
    pytest.mark.paths,
    pytest.mark.skipif(INSTRUCTIONS is None, reason="plain loops: there is no Winograd"),
]


def layer(channels, filters, size, padding):
    "with as many images as it takes for all passes to go this way"
    without = Layer(1, channels, filters, size, (3, 3), padding=padding)
    smaller = min(((h + 1) // 2) * ((w + 1) // 2) for h, w in (size, without.y_shape[2:]))
    return Layer(-(-winograd_weights.BLOCKS // smaller), channels, filters, size, (3, 3), padding=padding)


def is_fast(layer):
    "all passes go this way"
    (N, O, *out), C = layer.y_shape, layer.channels
    kernel, stride, dilation = layer.kernel, layer.stride, layer.dilation
    return all(
        winograd.fits(N, *channels, kernel, stride, dilation, size, np.dtype(np.float32))
        for channels, size in (((C, O), out), ((O, C), layer.size))
    )


@pytest.fixture(autouse=True)
def all_passes(monkeypatch):
    "the gradient by the weights goes this way even where it does not pay"
    monkeypatch.setattr(winograd_weights, "CHANNELS", winograd.CHANNELS)
    monkeypatch.setattr(winograd_weights, "FILLED", 0)


@pytest.fixture
def direct():
    "results of the direct sums: a function of a layer"

    def results(layer, seed=0):
        convlab.use_winograd(False)
        try:
            return layer.results(np.float32, seed)
        finally:
            convlab.use_winograd(before)

    before = settings.winograd
    convlab.use_winograd(True)
    yield results
    convlab.use_winograd(before)


FEWEST = winograd.CHANNELS
CASES = {
    "even": layer(FEWEST, FEWEST, (16, 16), (1, 1)),
    "odd": layer(FEWEST + 1, FEWEST + 3, (15, 17), (0, 0)),
    "many images of 4 x 4": layer(FEWEST, FEWEST + 5, (4, 4), (1, 1)),
    "wide, padded by two": layer(FEWEST + 2, FEWEST, (7, 41), (2, 2)),
    "padded by more than the kernel needs": layer(FEWEST, FEWEST + 1, (8, 9), (3, 4)),
    "padded on one axis": layer(FEWEST, 129, (10, 13), (0, 1)),
    "more channels than a visit": layer(winograd.DEEP + 3, FEWEST + 1, (9, 8), (1, 0)),
}
BY_NAME = pytest.mark.parametrize("name", CASES)


@BY_NAME
def test_the_error_is_within_its_bound_and_the_switch_gives_the_direct_sums(name, direct):
    layer = CASES[name]
    assert is_fast(layer)
    errors, slow, fast = layer.errors(np.float32), direct(layer), layer.results(np.float32)
    assert {which: errors[which] for which in PASSES if errors[which] > BOUNDS[which]} == {}
    expected = layer.expected(np.float32)
    for which in PASSES:
        assert np.abs(slow[which] - expected[which]).max() <= 1e-5 * np.abs(expected[which]).max()
        assert (slow[which] != fast[which]).any(), "the switch changes nothing"


@examples(12)
@given(
    channels=st.integers(FEWEST, 2 * FEWEST), filters=st.integers(FEWEST, 2 * FEWEST),
    size=st.tuples(st.integers(6, 20), st.integers(6, 20)), padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_random_layers_are_within_the_bound(channels, filters, size, padding, seed):
    before = settings.winograd
    convlab.use_winograd(True)
    try:
        made = layer(channels, filters, size, padding)
        assert is_fast(made)
        errors = made.errors(np.float32, seed)
    finally:
        convlab.use_winograd(before)
    assert {which: errors[which] for which in PASSES if errors[which] > BOUNDS[which]} == {}


def test_what_it_multiplies_by_zero_or_one_is_exact(direct):
    """A kernel with one tap of 1 moves the image; sums of small whole numbers are exact, whatever their order."""
    made = CASES["odd"]
    rng = np.random.default_rng(2)
    x = rng.integers(-8, 9, (made.images, made.channels, *made.size)).astype(np.float32)
    for k, l in itertools.product(range(3), range(3)):
        w = np.zeros(made.w_shape, np.float32)
        w[np.arange(FEWEST), np.arange(FEWEST), k, l] = 1
        y = convlab.functional.conv2d(x, w)
        OH, OW = y.shape[2:]
        np.testing.assert_array_equal(y[:, :FEWEST], x[:, :FEWEST, k : k + OH, l : l + OW])
        assert not y[:, FEWEST:].any()


@BY_NAME
def test_same_bits_for_one_thread_and_two_and_again(name, direct):
    layer = CASES[name]
    with threads(1):
        alone = layer.results(np.float32)
    for _ in range(2):
        again = layer.results(np.float32)
        for which in PASSES:
            np.testing.assert_array_equal(again[which], alone[which])


def test_float64_small_layers_and_other_kernels_are_summed_directly():
    fits = winograd.fits
    legal = {
        "images": winograd.BLOCKS, "x_channels": FEWEST, "y_channels": FEWEST, "kernel": (3, 3), "stride": (1, 1),
        "dilation": (1, 1), "out": (8, 8), "dtype": np.dtype(np.float32),
    }  # fmt: skip
    assert fits(**legal) == settings.winograd
    others = {
        "images": 1, "x_channels": FEWEST - 1, "y_channels": FEWEST - 1, "kernel": (3, 5), "stride": (1, 2),
        "dilation": (2, 1), "out": (3, 99), "dtype": np.dtype(np.float64),
    }  # fmt: skip
    for name, value in others.items():
        assert not fits(**(legal | {name: value})), name


@pytest.mark.parametrize("value", [None, 1, "on"])
def test_the_switch_takes_true_or_false_only(value):
    with pytest.raises(ArgumentError, match=r"^use_winograd: expected True or False, got "):
        convlab.use_winograd(value)
