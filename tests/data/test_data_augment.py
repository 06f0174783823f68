"""Augmentation against plain loops; what is drawn is drawn evenly and from the generator alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlab.data import (
    Brightness,
    CentreCrop,
    ColourPCA,
    Compose,
    Dataset,
    HorizontalFlip,
    RandomCrop,
    Shift,
    TenCrop,
    mirrored,
)
from convlab.errors import ArgumentError, DtypeError, ShapeError

ALL = [Shift(2), RandomCrop(5, padding=1), HorizontalFlip(), Brightness(0.4), Compose([Shift(1), HorizontalFlip()])]


def images(n=6, c=3, h=8, w=7, dtype=np.float32):
    """No zeros among the pixels, so that black that was brought in is told from them."""
    return np.random.default_rng(n).uniform(0.1, 1, (n, c, h, w)).astype(dtype)


def moved(image, down, right):
    """image (C, H, W) moved, black where nothing was: pixel by pixel."""
    out = np.zeros_like(image)
    _, h, w = image.shape
    for i in range(h):
        for j in range(w):
            if 0 <= i - down < h and 0 <= j - right < w:
                out[:, i, j] = image[:, i - down, j - right]
    return out


@pytest.mark.parametrize("augment", ALL, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_generator_same_images_and_the_input_is_left_alone(augment, dtype):
    x = images(dtype=dtype)
    before = x.copy()
    y = augment(x, np.random.default_rng(1))
    np.testing.assert_array_equal(y, augment(x, np.random.default_rng(1)))
    np.testing.assert_array_equal(x, before)
    assert y.dtype == dtype and y.flags.c_contiguous and not np.shares_memory(x, y)
    assert (augment(x, np.random.default_rng(2)) != y).any()
    assert y.min() >= 0 and y.max() <= 1
    x.flags.writeable = False
    np.testing.assert_array_equal(augment(x[:, :, ::-1][:, :, ::-1], np.random.default_rng(1)), y)


@settings(deadline=None)  # others may be using the machine
@given(st.integers(0, 9), st.integers(0, 2**32))
def test_shift_moves_each_image_by_one_of_the_allowed_distances(pixels, seed):
    x = images(n=3, c=2, h=5, w=4)
    y = Shift(pixels)(x, np.random.default_rng(seed))
    assert y.shape == x.shape
    distances = range(-pixels, pixels + 1)
    for before, after in zip(x, y):
        assert any(np.array_equal(moved(before, i, j), after) for i in distances for j in distances)


def test_shift_draws_all_distances_evenly():
    x = np.zeros((9000, 1, 7, 7), np.float32)
    x[:, 0, 3, 3] = 1
    places = np.argwhere(Shift(1)(x, np.random.default_rng(0))[:, 0])[:, 1:] - 3
    _, counts = np.unique(places, axis=0, return_counts=True)
    assert len(counts) == 9 and counts.min() > 880 and counts.max() < 1120  # 1000 expected, 4 standard deviations


def test_shift_farther_than_the_image_leaves_black_not_an_error():
    assert Shift(50)(images(), np.random.default_rng(0)).shape == (6, 3, 8, 7)


@pytest.mark.parametrize(("size", "padding"), [(4, 0), ((8, 3), 0), (8, 1), ((9, 5), 2), ((8, 7), 0)])
def test_a_crop_is_a_window_of_the_padded_image(size, padding):
    x = images()
    height, width = size if isinstance(size, tuple) else (size, size)
    y = RandomCrop(size, padding)(x, np.random.default_rng(0))
    assert y.shape == (6, 3, height, width)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    tops, lefts = range(padded.shape[2] - height + 1), range(padded.shape[3] - width + 1)
    for one, after in zip(padded, y):
        assert any(np.array_equal(one[:, i : i + height, j : j + width], after) for i in tops for j in lefts)


def test_flip_mirrors_about_the_share_p():
    x = images(n=2000, c=1, h=2, w=3)
    y = HorizontalFlip(0.3)(x, np.random.default_rng(0))
    flipped = np.array([np.array_equal(after, before[:, :, ::-1]) for before, after in zip(x, y)])
    kept = np.array([np.array_equal(after, before) for before, after in zip(x, y)])
    assert (flipped ^ kept).all() and 0.26 < flipped.mean() < 0.34
    np.testing.assert_array_equal(HorizontalFlip(0)(x, np.random.default_rng(0)), x)
    np.testing.assert_array_equal(HorizontalFlip(1)(x, np.random.default_rng(0)), x[..., ::-1])


def test_brightness_multiplies_each_image_by_one_factor_and_cuts_off():
    x = np.full((3000, 2, 2, 2), 0.5, np.float32)
    y = Brightness(0.4)(x, np.random.default_rng(0))
    factors = y[:, 0, 0, 0] / 0.5
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1, :1, :1], y.shape))
    assert 0.6 <= factors.min() < 0.61 and 1.39 < factors.max() <= 1.4 and abs(factors.mean() - 1) < 0.02
    assert Brightness(1)(np.full((50, 1, 1, 1), 0.9), np.random.default_rng(0)).max() == 1
    np.testing.assert_array_equal(Brightness(0)(x, np.random.default_rng(0)), x)


def test_compose_is_one_after_the_other_with_one_generator():
    x = images()
    rng = np.random.default_rng(4)
    expected = HorizontalFlip()(Shift(2)(x, rng), rng)
    np.testing.assert_array_equal(Compose([Shift(2), HorizontalFlip()])(x, np.random.default_rng(4)), expected)


# ---------------------------------------------------------------------------------------------------- colour by PCA


def painted(count=40):
    """Images whose colours vary most along (2, 1, 0), then along (0, 0, 1)."""
    rng = np.random.default_rng(0)
    strong, weak = rng.normal(0, 20, (count, 8, 8)), rng.normal(0, 8, (count, 8, 8))
    colours = np.stack([120 + 2 * strong, 120 + strong, 120 + weak], axis=1)
    return Dataset(np.clip(np.rint(colours), 0, 255).astype(np.uint8), np.zeros(count, int), ("all",))


def test_colour_pca_finds_the_directions_of_scikit_learn():
    from sklearn.decomposition import PCA

    images = painted()
    found = ColourPCA.fit(images)
    pixels = images.images.transpose(0, 2, 3, 1).reshape(-1, 3) / 255
    expected = PCA().fit(pixels)
    np.testing.assert_allclose(found.variances, expected.explained_variance_, rtol=1e-3)
    agreement = np.abs(np.sum(np.array(found.directions) * expected.components_, axis=1))
    np.testing.assert_allclose(agreement, 1, atol=1e-6)


def test_colour_pca_adds_one_colour_to_each_image_with_the_spread_of_the_paper():
    augment = ColourPCA.fit(painted(), strength=0.1)
    x = np.full((20_000, 3, 2, 2), 0.5)
    added = augment(x, np.random.default_rng(0)) - x
    np.testing.assert_allclose(added, np.broadcast_to(added[:, :, :1, :1], added.shape), atol=1e-15)
    along = added[:, :, 0, 0] @ np.array(augment.directions).T
    np.testing.assert_allclose(along.std(0), 0.1 * np.array(augment.variances), rtol=0.03)
    np.testing.assert_allclose(along.mean(0), 0, atol=3e-4)
    y = augment(images(), np.random.default_rng(1))
    assert y.dtype == np.float32 and (y == augment(images(), np.random.default_rng(1))).all()
    np.testing.assert_array_equal(ColourPCA.fit(painted(), 0)(x, np.random.default_rng(0)), x)


# ---------------------------------------------------------------------------------------------------- several views


def test_ten_crops_are_corners_and_middle_and_their_mirror_images():
    x = images(h=9, w=8)
    views = TenCrop((5, 4))(x)
    places = [(0, 0), (0, 4), (4, 0), (4, 4), (2, 2)]
    for k, (top, left) in enumerate(places):
        window = x[:, :, top : top + 5, left : left + 4]
        np.testing.assert_array_equal(views[2 * k], window)
        np.testing.assert_array_equal(views[2 * k + 1], window[..., ::-1])
    assert len(views) == 10 and all(view.flags.c_contiguous for view in views)
    np.testing.assert_array_equal(CentreCrop((5, 4))(x), views[8])
    np.testing.assert_array_equal(mirrored(x)[1], x[..., ::-1])


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Shift(-1), ArgumentError, "Shift: pixels must be at least 0, got -1"),
        (lambda: Shift(1.5), ArgumentError, "Shift: pixels must be an int, got 1.5"),
        (lambda: RandomCrop(0), ArgumentError, "RandomCrop: size must be at least 1"),
        (lambda: RandomCrop((1, 2, 3)), ArgumentError, "size must be an int or a pair"),
        (lambda: RandomCrop(4, -1), ArgumentError, "RandomCrop: padding must be at least 0"),
        (lambda: HorizontalFlip(1.5), ArgumentError, "HorizontalFlip: p must be from 0 to 1, got 1.5"),
        (lambda: Brightness(-0.1), ArgumentError, "Brightness: strength must be from 0 to 1"),
        (lambda: Brightness("much"), ArgumentError, "Brightness: strength must be a number"),
        (
            lambda: Compose([Shift(1), 3]),
            ArgumentError,
            r"Compose: each step must be callable as step\(x, rng\), got 3",
        ),
        (lambda: RandomCrop(9)(images(), RNG), ShapeError, "a window of 9x9 does not fit images of 8x7 with padding 0"),
        (lambda: ColourPCA.fit(images()), DtypeError, r"expected a Dataset \(of training images\), got ndarray"),
        (
            lambda: ColourPCA.fit(Dataset(np.zeros((2, 1, 3, 3), np.uint8), [0, 0], ("a",))),
            ShapeError,
            r"needs colour images \(N, 3, H, W\), got \(2, 1, 3, 3\)",
        ),
        (lambda: ColourPCA.fit(painted(), -1), ArgumentError, "ColourPCA: strength must be at least 0"),
        (lambda: ColourPCA(((1, 0),), (1,)), ShapeError, "expected three directions of three numbers"),
        (lambda: ColourPCA.fit(painted())(images(c=1), RNG), ShapeError, "x must have 3 channels, red, green and blue"),
        (lambda: CentreCrop(9)(images()), ShapeError, "CentreCrop: a window of 9x9 does not fit images of 8x7"),
        (lambda: TenCrop(0), ArgumentError, "TenCrop: size must be at least 1"),
        (lambda: Shift(1)(np.zeros((2, 1, 3, 3), np.uint8), RNG), DtypeError, "x must be floats in 0..1, got uint8"),
        (lambda: Shift(1)(None, RNG), DtypeError, "x must be floats in 0..1, got NoneType"),
        (lambda: Shift(1)(np.zeros((3, 3)), RNG), ShapeError, "Shift: x must have 4 axes"),
        (
            lambda: Shift(1)(images(), 0),
            DtypeError,
            "rng must be a numpy Generator, got int; use np.random.default_rng",
        ),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
