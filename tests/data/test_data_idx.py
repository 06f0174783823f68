"""MNIST and Fashion-MNIST: the idx format, where its files are found, and files that are damaged."""

import gzip
import struct

import numpy as np
import pytest
from made_data import idx_bytes, mnist_like

from convlab import data
from convlab.data.idx import read_idx
from convlab.errors import DataError


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("split", ["train", "test"])
def test_images_and_labels_arrive_as_they_are_in_the_files(own_data, zipped, split):
    made = mnist_like(own_data / "mnist", zipped=zipped)
    ds = data.load("mnist", split, download=False)
    images, labels = made[split]
    np.testing.assert_array_equal(ds.images[:, 0], images)
    np.testing.assert_array_equal(ds.labels, labels)
    assert ds.images.dtype == np.uint8 and ds.images.flags.c_contiguous and ds.images.flags.writeable
    assert ds.labels.dtype == np.int64
    assert ds.class_names == tuple("0123456789") and "CC BY-SA 3.0" in ds.credit


def test_fashion_mnist_has_its_own_names(own_data):
    mnist_like(own_data / "fashion-mnist")
    ds = data.load("fashion-mnist", "test", download=False)
    assert ds.class_names[9] == "Ankle boot" and "Zalando" in ds.credit and ds.name == "fashion-mnist"


def test_own_folder_comes_before_the_cache(own_data, cache):
    mnist_like(cache / "mnist", count=(20, 20))
    assert len(data.load("mnist", "test", download=False)) == 20
    mnist_like(own_data / "mnist", count=(11, 11))
    assert len(data.load("mnist", "test", download=False)) == 11


def test_size_32_puts_a_border_of_two_black_pixels(own_data):
    images, _ = mnist_like(own_data / "mnist")["test"]
    ds = data.load("mnist", "test", size=32, download=False)
    assert ds.images.shape == (10, 1, 32, 32)
    np.testing.assert_array_equal(ds.images[:, 0, 2:30, 2:30], images)
    assert ds.images.sum() == images.sum(dtype=np.int64)


IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an idx file of unsigned bytes (it starts with nothing)"),
        (b"<html>", "not an idx file of unsigned bytes (it starts with 3c 68 74 6d)"),
        (idx_bytes(IMAGES, kind=0x0D), "not an idx file of unsigned bytes (it starts with 00 00 0d 03)"),
        (idx_bytes(IMAGES)[:9], "cut off in the head, after 9 bytes; replace the file"),
        (idx_bytes(IMAGES)[:-1], "cut off: 39 bytes, but the head announces 2 x 3 x 4, that is 40; replace the file"),
        (idx_bytes(IMAGES) + b"\0", "too long: 41 bytes, but the head announces 2 x 3 x 4, that is 40"),
        (gzip.compress(idx_bytes(IMAGES))[:-9], "damaged or cut-off gzip file ("),
        (gzip.compress(idx_bytes(IMAGES))[:-8] + b"\0" * 8, "damaged or cut-off gzip file (CRC check failed"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0garbage", "damaged or cut-off gzip file ("),
        (struct.pack(">BBBBIII", 0, 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1), "cut off: 16 bytes, but the head"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, content, message):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert str(caught.value).startswith(f"{path}: ") and message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_single_flipped_bit_of_a_gzipped_file_is_noticed_or_harmless(tmp_path):
    """The sum in gzip's tail covers the content; only a few bits of its head (time, system) mean nothing to it."""
    path, content = tmp_path / "x.gz", gzip.compress(idx_bytes(IMAGES), mtime=0)
    unnoticed = 0
    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            np.testing.assert_array_equal(read_idx(path), IMAGES)
            unnoticed += 1
        except DataError as error:
            assert str(path) in str(error)
    assert unnoticed <= 8 * 10  # the ten bytes of the head


def test_counts_and_labels_must_agree(own_data):
    mnist_like(own_data / "mnist")
    labels = own_data / "mnist" / "t10k-labels-idx1-ubyte.gz"
    for content, message in (
        (np.arange(9), "holds 10 images but t10k-labels-idx1-ubyte.gz 9 labels"),
        (np.arange(1, 11), "t10k-labels-idx1-ubyte.gz: holds label 10, but there are 10 classes"),
        (IMAGES, "t10k-labels-idx1-ubyte.gz: expected labels (N,), found 3 axes"),
    ):
        labels.write_bytes(gzip.compress(idx_bytes(content)))
        with pytest.raises(DataError) as caught:
            data.load("mnist", "test", download=False)
        assert message in str(caught.value)


def test_a_missing_file_says_which_and_where(own_data, cache):
    (own_data / "mnist").mkdir()
    with pytest.raises(DataError) as caught:
        data.load("mnist", "test", download=False)
    message = str(caught.value)
    assert "t10k-images-idx3-ubyte.gz is not on this machine; fetch it with `convlab data fetch mnist`" in message
    assert "put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz" in message
    assert f"into {own_data / 'mnist'} or {cache / 'mnist'}" in message


def test_an_unreadable_file_is_named(own_data):
    mnist_like(own_data / "mnist")
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(own_data / "mnist")  # a folder in place of the file
