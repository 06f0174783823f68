"""A window taken apart: against the textbook loops, against SciPy's convolution, and against the deck's own numbers."""

import numpy as np
import pytest
from scipy import signal

from convlab import reference
from convlab.errors import ArgumentError, DtypeError, ShapeError
from convlab.plots import Window

SOBEL = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
PATCH = [[24, 25, 36], [20, 25, 34], [24, 46, 75]]
LETTERS = np.array(list("abcdefghijkl")).reshape(3, 4)
KERNEL = [["w", "x"], ["y", "z"]]


@pytest.fixture(params=[((3, 3), (7, 9)), ((2, 3), (5, 8)), ((1, 2), (1, 5)), ((4, 1), (6, 4))], ids=str)
def arrays(request):
    kernel, image = request.param
    rng = np.random.default_rng(7)
    return rng.normal(size=image), rng.normal(size=kernel)


def test_without_a_flip_it_is_the_textbooks_conv2d(arrays):
    image, kernel = arrays
    window = Window(image, kernel)
    expected = reference.conv2d(image[None, None], kernel[None, None])[0, 0]
    np.testing.assert_allclose(window.output, expected, atol=1e-12)
    totals = [[window.at(i, j).total for j in range(window.shape[1])] for i in range(window.shape[0])]
    np.testing.assert_allclose(totals, expected, atol=1e-12)


def test_with_the_flip_it_is_scipys_convolution(arrays):
    image, kernel = arrays
    np.testing.assert_allclose(
        Window(image, kernel, flip=True).output, signal.convolve2d(image, kernel, "valid"), atol=1e-12
    )


def test_the_decks_sobel_patch():
    assert Window(PATCH, SOBEL).total == -81
    assert Window(PATCH, SOBEL, flip=True).total == 81


def test_letters_show_which_meets_which():
    assert Window(LETTERS, KERNEL).output.tolist() == [
        ["aw + bx + ey + fz", "bw + cx + fy + gz", "cw + dx + gy + hz"],
        ["ew + fx + iy + jz", "fw + gx + jy + kz", "gw + hx + ky + lz"],
    ]
    assert Window(LETTERS, KERNEL, flip=True).total == "az + by + ex + fw"


def test_near_keeps_patch_and_sum_and_stays_inside(arrays):
    image, kernel = arrays
    whole = Window(image, kernel)
    for i, j in np.ndindex(whole.shape):
        piece, top, left = whole.at(i, j).near(4, 4)
        assert piece.image.shape == tuple(min(M, max(4, K)) for M, K in zip(image.shape, kernel.shape))
        assert (piece.row + top, piece.column + left) == (i, j)
        np.testing.assert_array_equal(piece.patch, whole.at(i, j).patch)


def test_the_sentence_says_when_it_is_rounded():
    assert Window([2, 2, 5], [1, -1], 0, 1).sentence() == "2·1 + 5·(−1) = −3"
    assert Window([1, 1, 1], [1 / 3, 1 / 3, 1 / 3]).sentence() == "1·0.33 + 1·0.33 + 1·0.33 = 1".replace("=", "≈")


@pytest.mark.parametrize(
    ("image", "kernel", "place", "error", "message"),
    [
        (np.ones((2, 3, 4)), np.ones((2, 2)), (0, 0), ShapeError, r"image must have two axes .* got \(2, 3, 4\)"),
        (
            np.ones((2, 2)),
            np.ones((3, 3)),
            (0, 0),
            ShapeError,
            r"the kernel \(3, 3\) does not fit on the image \(2, 2\)",
        ),
        (np.ones((4, 4)), np.ones((3, 3)), (2, 0), ArgumentError, r"no window at \(2, 0\); rows go from 0 to 1"),
        (LETTERS, np.ones((2, 2)), (0, 0), DtypeError, "both hold numbers or both letters"),
        (np.ones((3, 3), complex), np.ones((2, 2)), (0, 0), DtypeError, "must hold numbers or text, got complex128"),
        ([], [1], (0, 0), ShapeError, "image must have two axes"),
    ],
)
def test_bad_input_is_named(image, kernel, place, error, message):
    with pytest.raises(error, match=message):
        Window(image, kernel, *place)
