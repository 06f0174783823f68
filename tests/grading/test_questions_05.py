"""The predictions of lesson 05: every answer, and the wrong ones it replies to, computed from the code."""

import numpy as np
from every import answer, replies

from convlab import nn, reference


def output_shape(layer, *shape):
    """Of one image, as the textbook's loops give it."""
    options = {"stride": layer.stride, "padding": layer.padding}
    return reference.conv2d(np.zeros((1, *shape)), layer.weight.data.astype(float), **options).shape[1:]


def parameters(layer):
    return sum(parameter.data.size for parameter in layer.parameters())


def test_one_filter():
    assert answer("05_one_filter") == output_shape(nn.Conv2d(3, 1, 2), 3, 5, 5)
    per_channel = reference.conv2d(np.zeros((1, 3, 5, 5)), np.zeros((3, 1, 2, 2)), groups=3).shape[1:]
    assert replies("05_one_filter")[0] == per_channel


def test_the_slide():
    layer = nn.Conv2d(3, 16, kernel_size=2, stride=1, padding=1)
    assert answer("05_slide") == output_shape(layer, 3, 5, 5) != (16, 5, 5)
    assert (16, 5, 5) in replies("05_slide")
    assert output_shape(nn.Conv2d(3, 16, kernel_size=2), 3, 5, 5) in replies("05_slide")
    M = answer("05_slide_input")
    assert output_shape(layer, 3, M, M) == (16, 5, 5)
    assert output_shape(layer, 3, 6, 6) == (16, 7, 7)  # the reply to 6
    # the two other mends of the lesson
    assert output_shape(nn.Conv2d(3, 16, kernel_size=3, padding=1), 3, 5, 5) == (16, 5, 5)
    assert output_shape(nn.Conv2d(3, 16, kernel_size=2, padding="same"), 3, 5, 5) == (16, 5, 5)


def test_the_slides_parameters():
    layer = nn.Conv2d(3, 16, kernel_size=2)
    assert answer("05_slide_parameters") == parameters(layer)
    grey = nn.Conv2d(1, 16, kernel_size=2)
    weights, filter_weights = layer.weight.data.size, layer.weight.data[0].size
    expected = [weights, parameters(grey), grey.weight.data.size, filter_weights, filter_weights + 1]
    expected += [weights + 16 * 3, weights + 1]
    assert replies("05_slide_parameters") == expected


def test_depth():
    first = nn.Conv2d(3, 6, 5)
    second = nn.Conv2d(output_shape(first, 3, 32, 32)[0], 10, 5)
    assert answer("05_depth") == second.weight.data.shape[1]
    assert output_shape(first, 3, 32, 32) == (6, 28, 28)
    assert output_shape(second, 6, 28, 28) == (10, 24, 24)


def test_parameters():
    layer = nn.Conv2d(3, 10, 5, 1, 2)
    assert output_shape(layer, 3, 32, 32) == (10, 32, 32)
    assert answer("05_parameters") == parameters(layer) == 760
    grey, weights = nn.Conv2d(1, 10, 5), layer.weight.data.size
    expected = [weights, parameters(grey), grey.weight.data.size, weights + 30, weights + 1]
    assert replies("05_parameters") == [*expected, parameters(layer) // 10, 10 * 32 * 32]


def test_multiplications():
    """Counted by numbers that keep the tally of their own products."""
    made = 0

    class Counted(float):
        def __mul__(self, other):
            nonlocal made
            made += 1
            return float(self) * float(other)

    pixels = np.empty((3, 32, 32), dtype=object)
    pixels[:] = [[[Counted(1)] * 32] * 32] * 3
    taps = np.ones((3, 5, 5), dtype=object)
    for i, j in np.ndindex(28, 28):
        (pixels[:, i : i + 5, j : j + 5] * taps).sum()
    assert answer("05_multiplications") == made == nn.Conv2d(3, 1, 5).summary((3, 32, 32)).multiply_adds
    assert replies("05_multiplications") == [
        nn.Conv2d(3, 1, 5, padding=2).summary((3, 32, 32)).multiply_adds,
        nn.Conv2d(1, 1, 5).summary((1, 32, 32)).multiply_adds,
        75, 76, 28 * 28, made + 28 * 28, 27 * 27 * 75,
    ]  # fmt: skip


def test_doubling():
    def cost(channels):
        return nn.Conv2d(channels, channels, 3, padding=1).summary((channels, 56, 56))

    assert answer("05_doubling") == cost(128).multiply_adds / cost(64).multiply_adds
    assert cost(128).weights / cost(64).weights == 4
    assert cost(128).bytes / cost(64).bytes == 2


def test_one_by_one():
    assert answer("05_one_by_one") == output_shape(nn.Conv2d(64, 32, 1), 64, 56, 56)


def test_sharing():
    """Five neurons above one place see the same 75 numbers; changing one filter changes one of them."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 3, 8, 8)), rng.normal(size=(5, 3, 5, 5))
    before = reference.conv2d(x, w)[0, :, 1, 2]
    elsewhere = x.copy()
    elsewhere[:, :, 0], elsewhere[:, :, 6:], elsewhere[:, :, :, :2], elsewhere[:, :, :, 7:] = 9, 9, 9, 9
    np.testing.assert_array_equal(reference.conv2d(elsewhere, w)[0, :, 1, 2], before)
    w[3] += 1
    assert (reference.conv2d(x, w)[0, :, 1, 2] != before).tolist() == [False, False, False, True, False]
    assert answer("05_sharing") == "the window"


def test_batch():
    y = reference.conv2d(np.zeros((8, 3, 5, 5)), np.zeros((16, 3, 3, 3)))
    assert answer("05_batch") == y.shape
    assert reference.conv2d(np.zeros((8, 3, 5, 5)), np.zeros((16, 3, 3, 3)), padding=1).shape in replies("05_batch")
