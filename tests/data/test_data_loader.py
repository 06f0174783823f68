"""Loader and Normalize: every image once an epoch, orders that depend on (seed, epoch) alone, and the arithmetic."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlab.data import Compose, Dataset, HorizontalFlip, Loader, Normalize, Shift
from convlab.errors import ArgumentError, DtypeError, LabelError, ShapeError


def made(n, shape=(1, 2, 3)):
    """Image i has the value i // 256 in its first pixel and i % 256 in its second."""
    images = np.random.default_rng(n).integers(0, 256, (n, *shape), dtype=np.uint8)
    images.reshape(n, -1)[:, 0], images.reshape(n, -1)[:, 1] = np.arange(n) // 256, np.arange(n) % 256
    return Dataset(images, np.arange(n) % 7, tuple("abcdefg"))


def places(batches):
    """Which images came, told by their pixels."""
    pixels = [np.rint(x.reshape(len(x), -1)[:, :2] * 255).astype(int) for x, _ in batches]
    return [int(a * 256 + b) for rows in pixels for a, b in rows]


@settings(deadline=None)  # others may be using the machine
@given(n=st.integers(1, 700), batch_size=st.integers(1, 80), seed=st.integers(0, 2**63), epoch=st.integers(0, 10**6))
def test_each_image_comes_once_an_epoch_with_its_label(n, batch_size, seed, epoch):
    ds = made(n)
    loader = Loader(ds, batch_size, seed=seed)
    batches = list(loader.batches(epoch))
    assert len(batches) == len(loader) == -(-n // batch_size)
    assert [len(y) for _, y in batches[:-1]] == [batch_size] * (len(batches) - 1)
    came = places(batches)
    assert sorted(came) == list(range(n))
    np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), ds.labels[came])
    assert places(Loader(ds, batch_size, seed=seed).batches(epoch)) == came
    for x, y in batches:
        assert x.dtype == np.float32 and x.flags.c_contiguous and x.flags.writeable and y.dtype == np.int64


@settings(deadline=None)  # others may be using the machine
@given(n=st.integers(1, 100), batch_size=st.integers(1, 30))
def test_drop_last_drops_only_the_short_batch(n, batch_size):
    if n < batch_size:
        with pytest.raises(ArgumentError, match=f"drop_last would drop everything: {n} images are fewer than a batch"):
            Loader(made(n), batch_size, drop_last=True)
        return
    loader = Loader(made(n), batch_size, drop_last=True, shuffle=False)
    batches = list(loader)
    assert len(batches) == len(loader) == n // batch_size
    assert places(batches) == list(range(n // batch_size * batch_size))


def test_epochs_and_seeds_differ_and_the_order_does_not_depend_on_batch_size():
    ds = made(50)
    orders = [tuple(places(Loader(ds, 8, seed=seed).batches(epoch))) for seed in range(3) for epoch in range(3)]
    assert len(set(orders)) == 9
    assert places(Loader(ds, 13, seed=2).batches(2)) == list(orders[-1])
    assert places(Loader(ds, 8, shuffle=False).batches(5)) == list(range(50))


def test_iterating_counts_epochs_and_a_resumed_run_sees_the_same_batches():
    def loader():
        return Loader(made(20), 6, seed=3, augment=Compose([Shift(1), HorizontalFlip()]))

    straight = loader()
    seen = [[(x.tobytes(), y.tobytes()) for x, y in straight] for _ in range(4)]
    resumed = loader()
    resumed.epoch = 2
    assert [(x.tobytes(), y.tobytes()) for x, y in resumed] == seen[2]
    assert [(x.tobytes(), y.tobytes()) for x, y in resumed.batches(3)] == seen[3]
    assert resumed.epoch == 3 and seen[0] != seen[1]


def test_breaking_off_an_epoch_does_not_disturb_the_next():
    one, other = Loader(made(20), 4), Loader(made(20), 4)
    next(iter(one))
    list(other)
    assert places(one) == places(other)


def test_augmentation_keeps_the_order():
    ds = made(30)
    plain, augmented = Loader(ds, 7, seed=5), Loader(ds, 7, seed=5, augment=HorizontalFlip(1))
    for (x, y), (flipped, labels) in zip(plain, augmented):
        np.testing.assert_array_equal(flipped, x[..., ::-1])
        np.testing.assert_array_equal(labels, y)


def test_augmentation_is_drawn_anew_for_each_epoch_and_each_batch():
    ds = Dataset(np.ones((40, 1, 9, 9), np.uint8), [0] * 40, ("a",))
    drawn = [
        x.tobytes()
        for seed in range(2)
        for epoch in range(2)
        for x, _ in Loader(ds, 20, shuffle=False, seed=seed, augment=Shift(4)).batches(epoch)
    ]
    assert len(set(drawn)) == len(drawn) == 8


def test_augmentation_acts_on_0_to_1_before_normalising():
    seen = []

    def spy(x, rng):
        seen.append((float(x.min()), float(x.max()), x.dtype))
        return 1 - x

    ds = made(8)
    normalize = Normalize((0.25,), (0.5,))
    for dtype in (np.float32, np.float64):
        x, _ = next(Loader(ds, 8, shuffle=False, normalize=normalize, augment=spy, dtype=dtype).batches(0))
        np.testing.assert_allclose(x, (1 - ds.images / 255 - 0.25) / 0.5, atol=1e-6)
        assert seen.pop() == (0.0, pytest.approx(ds.images.max() / 255), np.dtype(dtype)) and x.dtype == dtype


def test_float64_is_exact_and_float32_close():
    ds = made(12, (3, 4, 4))
    normalize = Normalize.fit(ds)
    expected = (ds.images / 255 - np.reshape(normalize.mean, (3, 1, 1))) / np.reshape(normalize.std, (3, 1, 1))
    for dtype, tolerance in ((np.float64, 1e-14), (np.float32, 1e-6)):
        x, _ = next(Loader(ds, 12, shuffle=False, normalize=normalize, dtype=dtype).batches(0))
        np.testing.assert_allclose(x, expected, atol=tolerance * 10)


def test_pairs_of_arrays():
    x = np.random.default_rng(0).normal(size=(5, 3))  # rows of features, not images
    got, labels = next(iter(Loader((x, [0, 1, 2, 3, 4]), 5, shuffle=False, dtype=np.float64)))
    np.testing.assert_array_equal(got, x)
    assert labels.tolist() == [0, 1, 2, 3, 4] and got is not x and not np.shares_memory(got, x)
    images = made(5).images
    got, _ = next(iter(Loader((images, np.zeros(5, np.uint8)), 5, shuffle=False)))
    np.testing.assert_allclose(got, images / 255, rtol=1e-6)
    strided = np.ones((4, 2, 6, 6), np.float32)[:, :, ::2, ::3]
    strided.flags.writeable = False
    assert next(iter(Loader((strided, [0] * 4))))[0].flags.writeable


IMAGES = np.zeros((4, 1, 2, 2), np.uint8)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Loader(IMAGES), DtypeError, r"expected a Dataset or a pair \(x, labels\), got ndarray"),
        (lambda: Loader(None), DtypeError, "got NoneType"),
        (lambda: Loader((IMAGES, [0] * 3)), ShapeError, r"4 images but labels of shape \(3,\)"),
        (lambda: Loader((IMAGES, [0, 1, 2, -1])), LabelError, "labels must be 0 or more, got -1"),
        (lambda: Loader((IMAGES, [0.5] * 4)), DtypeError, "labels must be integers, got float64"),
        (lambda: Loader((IMAGES.astype(int), [0] * 4)), DtypeError, "x must be an array of uint8 or floats, got int64"),
        (lambda: Loader((IMAGES.astype(object), [0] * 4)), DtypeError, "got object"),
        (lambda: Loader((IMAGES[0, 0], [0] * 2)), ShapeError, r"x must be \(N, C, H, W\), or floats \(N, ...\)"),
        (lambda: Loader((IMAGES[:0], [])), ShapeError, "the data set holds no images"),
        (lambda: Loader((IMAGES, [0] * 4), 0), ArgumentError, "batch_size must be at least 1, got 0"),
        (lambda: Loader((IMAGES, [0] * 4), 2.0), ArgumentError, "batch_size must be an int, got 2.0"),
        (lambda: Loader((IMAGES, [0] * 4), seed=-1), ArgumentError, "seed must be at least 0"),
        (lambda: Loader((IMAGES, [0] * 4), dtype=np.float16), DtypeError, "dtype must be float32 or float64"),
        (lambda: Loader((IMAGES, [0] * 4), dtype="nonsense"), DtypeError, "dtype must be float32 or float64"),
        (lambda: Loader((IMAGES, [0] * 4), normalize=(0.1, 0.3)), ArgumentError, "normalize must be a Normalize"),
        (lambda: Loader((IMAGES, [0] * 4), augment=3), ArgumentError, "augment must be callable"),
        (lambda: Loader((IMAGES, [0] * 4)).batches(-1), ArgumentError, "epoch must be at least 0"),
        (lambda: list(Loader((IMAGES, [0] * 4), augment=lambda x, rng: x[1:])), ShapeError, "gave 3 images for 4"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


# ------------------------------------------------------------------------------------------------------- Normalize


def test_fit_measures_each_channel():
    ds = made(4100, (3, 2, 2))  # more than one chunk
    normalize = Normalize.fit(ds)
    pixels = ds.images / 255
    np.testing.assert_allclose(normalize.mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(normalize.std, pixels.std(axis=(0, 2, 3)), rtol=1e-12)
    y = normalize(ds.images, np.float64)
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=(0, 2, 3)), 1, rtol=1e-12)


def test_to_dict_survives_json_exactly():
    normalize = Normalize.fit(made(9, (3, 2, 2)))
    assert Normalize.from_dict(json.loads(json.dumps(normalize.to_dict()))) == normalize


def test_a_channel_of_one_value_becomes_zero():
    ds = Dataset(np.full((3, 1, 2, 2), 51, np.uint8), [0, 0, 0], ("a",))
    normalize = Normalize.fit(ds)
    assert normalize.std == (1.0,) and np.abs(normalize(ds.images)).max() < 1e-7


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Normalize((0.5,), (0.0,)), ArgumentError, "std must be positive"),
        (lambda: Normalize((0.5, 0.5), (1.0,)), ShapeError, "2 means and 1 standard deviations"),
        (lambda: Normalize((), ()), ShapeError, "one of each per channel"),
        (lambda: Normalize((np.nan,), (1.0,)), ArgumentError, "mean must be finite"),
        (lambda: Normalize(("a",), (1.0,)), ArgumentError, "mean must be numbers"),
        (lambda: Normalize.from_dict({"mean": [0.5]}), ArgumentError, "expected mean and std"),
        (lambda: Normalize.from_dict(None), ArgumentError, "expected mean and std"),
        (lambda: Normalize.fit(IMAGES), DtypeError, "expected a Dataset"),
        (lambda: Normalize.fit(made(3)[:0]), ShapeError, "holds no pixels"),
        (lambda: Normalize((0.5,), (1.0,))(np.zeros((2, 3, 4, 4), np.uint8)), ShapeError, "x has 3 channels but was"),
        (lambda: Normalize((0.5,), (1.0,))(np.zeros((2, 4, 4), np.uint8)), ShapeError, "x must have 4 axes"),
        (lambda: Normalize((0.5,), (1.0,))(np.zeros((2, 1, 4, 4), int)), DtypeError, "must be uint8 or floats"),
    ],
)
def test_bad_normalisations_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
