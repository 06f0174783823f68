"""Dataset: checks, subsets, holding out; the digits; what load says to bad names."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from convlab import data
from convlab.errors import ArgumentError, ConvlabError, DataError, DtypeError, LabelError, ShapeError


def made(labels, names=None):
    labels = np.asarray(labels)
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1).repeat(4, 2)
    return data.Dataset(images, labels, names or tuple("abcdefghij"), name="made")


def test_indexing_gives_data_sets():
    ds = made([0, 1, 2, 1])
    assert len(ds[2]) == 1 and ds[2].labels.tolist() == [2] and ds[-1].labels.tolist() == [1]
    assert ds[1:3].images[:, 0, 0, 0].tolist() == [1, 2]
    assert ds[[3, 0]].images[:, 0, 0, 0].tolist() == [3, 0]
    assert ds[ds.labels == 1].images[:, 0, 0, 0].tolist() == [1, 3]
    assert len(ds[[]]) == 0 and ds[::-1].images.flags.c_contiguous
    assert [int(one.labels[0]) for one in ds] == [0, 1, 2, 1]
    assert ds.counts().tolist() == [1, 2, 1] + [0] * 7


@pytest.mark.parametrize(
    ("index", "error"),
    [
        (4, IndexError),
        (-5, IndexError),
        ([0, 4], IndexError),
        ([0.5], DtypeError),
        ("a", DtypeError),
        (None, DtypeError),
    ],
)
def test_bad_indices(index, error):
    with pytest.raises(error, match="Dataset: "):
        made([0, 1, 2, 1])[index]
    with pytest.raises(ShapeError, match="the mask has 2 entries for 4 images"):
        made([0, 1, 2, 1])[[True, False]]


IMAGES = np.zeros((2, 1, 3, 3), np.uint8)


@pytest.mark.parametrize(
    ("images", "labels", "names", "error", "message"),
    [
        (IMAGES.astype(float), [0, 1], "ab", DtypeError, "images must be a uint8 array, got float64"),
        ([[1]], [0], "ab", DtypeError, "images must be a uint8 array, got list"),
        (IMAGES[0], [0], "ab", ShapeError, r"images must have 4 axes \(N, C, H, W\), got 3"),
        (IMAGES, [0, 1, 1], "ab", ShapeError, r"2 images but labels of shape \(3,\); expected \(2,\)"),
        (IMAGES, [0.0, 1.0], "ab", DtypeError, "labels must be integers, got float64; use np.asarray"),
        (IMAGES, [0, 2], "ab", LabelError, "label 2 but there are 2 class_names"),
        (IMAGES, [0, -1], "ab", LabelError, "labels must be 0 or more, got -1"),
    ],
)
def test_a_data_set_that_cannot_be_is_refused(images, labels, names, error, message):
    with pytest.raises(error, match=message):
        data.Dataset(images, labels, tuple(names))


def test_strided_and_read_only_images_are_taken():
    images = np.zeros((2, 3, 3, 1), np.uint8).transpose(0, 3, 1, 2)
    images.flags.writeable = False
    assert data.Dataset(images, np.array([0, 1], np.uint8), ("a", "b")).labels.dtype == np.int64


@settings(deadline=None)  # others may be using the machine
@given(st.lists(st.integers(0, 4), min_size=2, max_size=60), st.data())
def test_holdout_parts_the_set_and_keeps_the_proportions(labels, draw):
    ds = made(labels)
    n = draw.draw(st.integers(1, len(ds) - 1))
    seed = draw.draw(st.integers(0, 5))
    rest, held = ds.holdout(n, seed)
    assert len(held) == n and held.split == "holdout" and rest.split == "train"
    places = rest.images[:, 0, 0, 0].tolist() + held.images[:, 0, 0, 0].tolist()
    assert sorted(places) == list(range(len(ds)))
    exact = ds.counts() * n / len(ds)
    assert (np.abs(held.counts() - exact) < 1).all()
    again = ds.holdout(n, seed)[1]
    np.testing.assert_array_equal(again.images, held.images)


def test_holdout_of_another_seed_and_bad_numbers():
    ds = made([0, 1] * 50)
    held = [tuple(ds.holdout(20, seed)[1].images[:, 0, 0, 0]) for seed in range(4)]
    assert len(set(held)) == 4
    for n, message in ((100, "must leave images to train on, got 100 of 100"), (0, "at least 1"), (1.5, "an int")):
        with pytest.raises(ArgumentError, match=message):
            ds.holdout(n)


# --------------------------------------------------------------------------------------------------------- digits


def test_the_digits_are_scikit_learns_split_and_enlarged():
    small, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(small, labels, test_size=0.2, stratify=labels, random_state=0)
    for split, pixels, known in (("train", train_x, train_y), ("test", test_x, test_y)):
        ds = data.load("digits", split)
        np.testing.assert_array_equal(ds.labels, known)
        assert ds.images.shape == (len(known), 1, 32, 32) and ds.images.dtype == np.uint8
        assert ds.images[:, :, :2].max() == ds.images[:, :, 30:].max() == 0  # a border of two
        assert ds.images[..., :2].max() == ds.images[..., 30:].max() == 0
        # seen from afar they are the same pictures: the mean ink of each and its place agree
        ink = ds.images[:, 0, 2:30, 2:30].reshape(-1, 4, 7, 4, 7).mean(axis=(2, 4))
        coarse = pixels.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)) * 255 / 16
        assert np.corrcoef(ink.ravel(), coarse.ravel())[0, 1] > 0.99
    assert len(train_y) == 1437 and len(test_y) == 360


def test_digits_have_no_val_and_come_in_other_sizes():
    with pytest.raises(ArgumentError, match="digits has no split 'val', it has train, test"):
        data.load("digits", "val")
    assert data.load("digits", "test", size=28).images.shape == (360, 1, 28, 28)
    assert data.load("digits", "test", size=40).images.shape == (360, 1, 40, 40)


# ---------------------------------------------------------------------------------------------------- names and paths


def test_names_without_convlab_data():
    assert data.names() == ("digits", "photo-crops", "mnist", "fashion-mnist", "cifar10")
    assert [data.splits(name) for name in data.names()] == [("train", "test")] * 5
    assert data.fetch("digits") is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: data.load("mnits"),
            ArgumentError,
            r"no data set 'mnits' \(did you mean 'mnist'\?\); known: digits, photo-crops, mnist",
        ),
        (lambda: data.load("no/such"), ArgumentError, "no folder or file at .*no/such"),
        (lambda: data.load(None), ArgumentError, "expected a name or a path, got None"),
        (lambda: data.load(""), ArgumentError, "expected a name or a path, got ''"),
        (lambda: data.load("digits", "Train"), ArgumentError, 'split must be "train", "test" or "val", got \'Train\''),
        (
            lambda: data.fetch("flowers"),
            ArgumentError,
            "no data set 'flowers' to fetch; known: digits, photo-crops, mnist",
        ),
        (lambda: data.load(__file__), DataError, "is neither a folder nor a .zip or .npz file"),
    ],
)
def test_names_that_are_none(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, ConvlabError) and "\n" not in str(caught.value)


def test_convlab_data_that_names_no_folder_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("CONVLAB_DATA", str(tmp_path / "gone"))
    with pytest.raises(DataError, match=r"CONVLAB_DATA names .*gone, which is not a folder; correct it or unset it"):
        data.load("mnist", download=False)
    assert len(data.load("digits", "test")) == 360  # which needs no folder


def test_the_cache_has_a_default_place(monkeypatch):
    from convlab.data.places import cache_folder

    monkeypatch.delenv("CONVLAB_CACHE")
    assert cache_folder().name == "convlab" or "convlab" in cache_folder().parts
