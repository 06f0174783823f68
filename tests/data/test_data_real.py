"""The real sets, where CONVLAB_DATA points at them: checksums, counts, histograms of labels, statistics."""

import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from convlab import data
from convlab.data import catalogue

REAL = os.environ.get("CONVLAB_DATA")  # as it was when the tests were collected; each test runs without it otherwise


@pytest.fixture
def real(request, monkeypatch):
    """The folder of the set that the test is named for, or a skip that says what is missing."""
    name = request.param
    folder = Path(REAL or "") / name
    if not REAL or not folder.is_dir():
        pytest.skip(f"needs {name}/ in the folder that CONVLAB_DATA names")
    monkeypatch.setenv("CONVLAB_DATA", REAL)
    return folder


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.parametrize("real", ["mnist", "fashion-mnist"], indirect=True)
def test_the_original_files_agree_with_the_catalogue(real):
    for file in catalogue.ENTRIES[real.name].files:
        assert (real / file.name).stat().st_size == file.size
        assert f"sha256:{sha256(real / file.name)}" == file.checksum


MNIST_COUNTS = {
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}


@pytest.mark.parametrize("real", ["mnist"], indirect=True)
def test_mnist(real):
    for split, counts in MNIST_COUNTS.items():
        ds = data.load("mnist", split, download=False)
        assert ds.images.shape == (sum(counts), 1, 28, 28) and ds.counts().tolist() == counts
    normalize = data.Normalize.fit(data.load("mnist", download=False))
    assert np.round(normalize.mean + normalize.std, 4).tolist() == [0.1307, 0.3081]  # as published
    rest, held = data.load("mnist", download=False).holdout(5000)
    assert len(rest) == 55_000 and np.abs(held.counts() - np.array(MNIST_COUNTS["train"]) / 12).max() < 1


@pytest.mark.parametrize("real", ["fashion-mnist"], indirect=True)
def test_fashion_mnist(real):
    for split, each in (("train", 6000), ("test", 1000)):
        assert data.load("fashion-mnist", split, download=False).counts().tolist() == [each] * 10
    normalize = data.Normalize.fit(data.load("fashion-mnist", download=False))
    assert np.round(normalize.mean + normalize.std, 4).tolist() == [0.2860, 0.3530]


@pytest.mark.parametrize("real", ["cifar10"], indirect=True)
def test_cifar10_without_loss(real):
    path = real / "cifar10_lossless.npz"
    if not path.is_file():
        pytest.skip(f"needs {path.name} in cifar10/")
    assert data.splits(path) == ("train", "val", "test")
    train = data.load(path)
    assert train.counts().tolist() == [396, 366, 420, 384, 422, 393, 414, 385, 407, 413]
    assert train.class_names == catalogue.CIFAR10.class_names
    assert [len(data.load(path, split)) for split in ("train", "val", "test")] == [4000, 656, 164]
    with np.load(path) as arrays:
        np.testing.assert_array_equal(train.images[17].transpose(1, 2, 0), arrays["x_train"][17])


@pytest.mark.parametrize("real", ["cifar10"], indirect=True)
def test_the_jpeg_copy_of_cifar10_holds_60000_pictures(real):
    path = real / "cifar10_full_jpeg.zip"
    if not path.is_file():
        pytest.skip(f"needs {path.name} in cifar10/")
    assert data.splits(path) == ("train", "test")
    with zipfile.ZipFile(path) as file:
        folders = [name.rsplit("/", 1)[0] for name in file.namelist()]
    expected = {("train", name): 5000 for name in catalogue.CIFAR10.class_names}
    expected |= {("test", name): 1000 for name in catalogue.CIFAR10.class_names}
    assert {key: folders.count("/".join(key)) for key in expected} == expected and len(folders) == 60_000


@pytest.mark.parametrize("real", ["flowers"], indirect=True)
def test_flowers(real):
    assert data.splits("flowers") == ("train", "val") and "flowers" in data.names()
    ds = data.load("flowers", "val", size=64)
    assert ds.images.shape == (150, 3, 64, 64) and ds.counts().tolist() == [30] * 5
    assert ds.class_names == ("daisy", "dandelion", "roses", "sunflowers", "tulips")
    assert len(ds.credits) == 150 and all("flickr.com" in credit for credit in ds.credits)
    assert "Creative Commons" in ds.credit
