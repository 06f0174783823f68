"""The fast convolutions at sizes that reach every branch: several panels, visits, parts, tasks, images, phases and edges."""

import numpy as np
import pytest
from agreement import DTYPES, SEEDS, assert_agrees, error, examples, normal, wide
from hypothesis import given
from hypothesis import strategies as st
from textbook import CASES, DEEP, GROUP, LANES, MANY, MOST, PANEL, Layer

import convlab.functional as F
from benchmarks import by_taps
from convlab import reference as R
from convlab.kernels.cpu import conv, conv_transpose, narrow
from convlab.kernels.cpu.register_tile import INSTRUCTIONS

pytestmark = pytest.mark.paths

BY_NAME = pytest.mark.parametrize("name", CASES)
BOTH_TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.mark.parametrize("name", ["one tile", "dilated", "groups of a few channels", "the same with few channels"])
def test_the_textbook_here_is_the_reference(name):
    layer = CASES[name]
    x, w, b, dy = layer.arrays(np.float64)
    calls = {"conv2d": (x, w, b), "conv2d_grad_weight": (dy, x, w.shape), "conv2d_grad_input": (dy, w, x.shape)}
    for name, arguments in calls.items():
        ours, textbook = (getattr(module, name)(*arguments, **layer.options) for module in (by_taps, R))
        assert error(ours, textbook) < 1e-14


@BOTH_TYPES
@BY_NAME
def test_every_branch_equals_the_textbook(name, dtype):
    CASES[name].check(dtype)


# ------------------------------------------------------------------------------------------------ random layers
@st.composite
def axes(draw):
    "size, kernel, stride, padding, dilation along one axis; at least one output remains"
    kernel, dilation = draw(st.integers(1, 5)), draw(st.sampled_from([1, 1, 1, 2, 3]))
    stride, padding = draw(st.sampled_from([1, 1, 2, 3, 4])), draw(st.integers(0, 3))
    least = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
    return draw(st.integers(least, least + 3 * LANES)), kernel, stride, padding, dilation


@st.composite
def layers(draw):
    """Large enough for the branches, small enough for a test: at most three million multiplications."""
    size, kernel, stride, padding, dilation = zip(draw(axes()), draw(axes()))
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    channels = draw(st.sampled_from([1, 3, MANY, 2 * LANES + 1, DEEP // 9 + 1]))
    filters = draw(st.sampled_from([1, 3, MOST, MANY, PANEL, PANEL + 5, GROUP * PANEL + 3]))
    layer = Layer(
        draw(st.sampled_from([1, 2, 7, 40])), groups * channels, groups * filters, size, kernel,
        stride, padding, dilation, groups,
    )  # fmt: skip
    while layer.multiplications > 3e6:  # what is largest is halved until it fits
        sizes = {"images": layer.images, "channels": layer.channels // groups, "filters": layer.filters // groups}
        largest = max(sizes, key=sizes.get)
        if sizes[largest] == 1:
            break
        scale = 1 if largest == "images" else groups
        layer = Layer(**{**vars(layer), largest: max(1, sizes[largest] // 2) * scale})
    return layer


@examples(60)
@given(layers(), SEEDS, DTYPES)
def test_random_layers_equal_the_textbook(layer, seed, dtype):
    layer.check(dtype, seed)


@BOTH_TYPES
@pytest.mark.parametrize("stride", [1, 2, 5])
@pytest.mark.parametrize(("channels", "filters"), [(1, 3), (3, MANY), (MANY, 2 * PANEL + 1)])
def test_conv1d_equals_the_reference(channels, filters, stride, dtype):
    rng = np.random.default_rng(1)
    x, w = normal(rng, (3, channels, 57), dtype), normal(rng, (filters, channels, 4), dtype)
    options = {"stride": stride, "padding": 3, "dilation": 2}
    expected = R.conv1d(wide(x), wide(w), **options)
    dy = normal(rng, expected.shape, dtype)
    assert_agrees(F.conv1d(x, w, **options), expected, dtype)
    dw = R.conv1d_grad_weight(wide(dy), wide(x), w.shape, **options)
    assert_agrees(F.conv1d_grad_weight(dy, x, w.shape, **options), dw, dtype)
    dx = R.conv1d_grad_input(wide(dy), wide(w), x.shape, **options)
    assert_agrees(F.conv1d_grad_input(dy, w, x.shape, **options), dx, dtype)


# ------------------------------------------------------------------------------------------------ the cases reach what they say
@pytest.fixture
def products(monkeypatch):
    "what `multiply` is asked for: a list of (rows, depth, lanes, options)"
    asked = []

    def spy(module):
        multiply = module.multiply

        def counted(a, rows, cols, b, bias, y, places, step, lanes, vectors, **options):
            asked.append((places.size - 1, cols.size, lanes, options))
            return multiply(a, rows, cols, b, bias, y, places, step, lanes, vectors, **options)

        monkeypatch.setattr(module, "multiply", counted)

    spy(conv)
    spy(conv_transpose)
    return asked


@pytest.mark.skipif(INSTRUCTIONS is None, reason="plain loops: there is no product")
def test_the_cases_reach_what_they_are_named_for(products):
    def asked_by(name):
        products.clear()
        CASES[name].results(np.float32)
        return list(products)

    assert any(depth > DEEP for _, depth, _, _ in asked_by("more taps than a visit"))
    assert any(depth > 2 * DEEP for _, depth, _, _ in asked_by("three visits"))
    assert any(lanes > GROUP * PANEL for _, _, lanes, _ in asked_by("more panels than a group"))
    assert any(options.get("parts", 1) > 1 for *_, options in asked_by("more pixels than a visit, in parts"))
    assert any(0 < options.get("kind", 0) < depth for _, depth, _, options in asked_by("many images of a few pixels"))
    assert any(depth > DEEP for _, depth, _, _ in asked_by("phase by phase, many taps"))
    # forward, gradient by the weights, and twice that by the input: in one product, or one for each of four phases
    assert len(asked_by("strided, phases together")) == 4
    assert len(asked_by("strided, phase by phase")) == 10
    assert len(asked_by("stride longer than the kernel")) == 2 + 2 * 2 * 1
    assert len(asked_by("depthwise")) == 0
    assert len(asked_by("depthwise, strided")) == 0
    assert len(asked_by(f"5 filters, {LANES} columns")) == 0  # few filters: pixels lie along the vector
    too_short = not narrow.fills_vectors(3, itemsize=4)  # lines, for the gradient by the weights
    assert len(asked_by("5 filters, 2 columns")) == too_short
