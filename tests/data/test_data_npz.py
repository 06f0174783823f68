"""Data sets in one .npz: the orders of axes, names, and files that are not what they should be."""

import numpy as np
import pytest

from convlab import data
from convlab.data.npz import as_nchw
from convlab.errors import ArgumentError, DataError


def arrays(rng=None, n=4, shape=(8, 9, 3)):
    rng = rng or np.random.default_rng(0)
    made = {}
    for split in ("train", "test"):
        made[f"x_{split}"] = rng.integers(0, 256, (n, *shape), dtype=np.uint8)
        made[f"y_{split}"] = np.arange(n) % 3
    return made


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((8, 9), "NHW"), ((8, 9, 3), "NHWC"), ((8, 9, 1), "NHWC"), ((3, 8, 9), "NCHW"), ((1, 8, 9), "NCHW")],
)
def test_every_order_of_axes_arrives_as_nchw(tmp_path, shape, axes):
    made = arrays(shape=shape)
    np.savez(tmp_path / "set.npz", **made)
    x = made["x_test"]
    expected = {"NHW": lambda: x[:, None], "NHWC": lambda: np.moveaxis(x, 3, 1), "NCHW": lambda: x}[axes]()
    ds = data.load(tmp_path / "set.npz", "test")
    np.testing.assert_array_equal(ds.images, expected)
    assert ds.images.flags.c_contiguous and ds.images.dtype == np.uint8 and ds.labels.dtype == np.int64
    assert (ds.name, ds.split, ds.class_names) == ("set", "test", ("0", "1", "2"))


def test_names_val_and_columns_of_labels(tmp_path):
    made = arrays()
    made |= {
        "x_val": made["x_test"][:2],
        "y_val": np.array([[2], [3]], np.uint8),
        "class_names": np.array(list("abcd")),
    }
    np.savez_compressed(tmp_path / "set.npz", **made)
    assert data.splits(tmp_path / "set.npz") == ("train", "val", "test")
    ds = data.load(str(tmp_path / "set.npz"), "val")
    assert ds.labels.tolist() == [2, 3] and ds.class_names == ("a", "b", "c", "d")


def test_classes_are_counted_over_all_splits(tmp_path):
    made = arrays() | {"y_test": np.array([0, 1, 2, 7])}
    np.savez(tmp_path / "set.npz", **made)
    assert len(data.load(tmp_path / "set.npz", "train").class_names) == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_test": np.zeros((4, 8, 9, 3))}, r"x_test must be uint8, 0 to 255, it is float64; if it holds 0\.\.1, use"),
        ({"x_test": np.zeros((4, 8, 9, 3), np.int32)}, "x_test must be uint8, 0 to 255, it is int32"),
        ({"x_test": np.zeros((4, 72), np.uint8)}, r"must be \(N, H, W\), .*it is \(4, 72\)"),
        ({"x_test": np.zeros((4, 8, 9, 4), np.uint8)}, "has no axis of 1 or 3 channels"),
        ({"x_test": np.zeros((4, 3, 9, 3), np.uint8)}, r"\(4, 3, 9, 3\) may be \(N, C, H, W\) or \(N, H, W, C\)"),
        ({"y_test": np.arange(3)}, "x_test holds 4 images but y_test 3 labels"),
        ({"y_test": np.eye(4)}, r"y_test must hold class numbers from 0, \(N,\) integers; it is float64 \(4, 4\)"),
        ({"y_test": np.array([-1, 0, 1, 2])}, "y_test must hold class numbers from 0"),
        ({"y_test": None}, "holds no y_test; it has x_train, y_train, x_test"),
        ({"class_names": np.array(["a", "b"])}, "2 class_names but labels up to 2"),
        ({"y_test": np.array([0, 1, 2, {}], object)}, "y_test cannot be read, damaged or not an .npz file"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, change, message):
    path = tmp_path / "set.npz"
    np.savez(path, **{key: value for key, value in (arrays() | change).items() if value is not None})
    with pytest.raises(DataError, match=message) as caught:
        data.load(path, "test")
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_damaged_file_is_named_never_half_read(tmp_path):
    path = tmp_path / "set.npz"
    np.savez_compressed(path, **arrays())
    whole = path.read_bytes()
    middle = bytearray(whole)
    middle[100] ^= 0xFF  # inside the first array's compressed bytes
    for content in (whole[:-30], bytes(middle), b"", b"no zip at all"):
        path.write_bytes(content)
        with pytest.raises(DataError, match="cannot be read, damaged or not an"):
            data.load(path, "train")


def test_other_arrays_and_single_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros(3))
    with pytest.raises(DataError, match="expected arrays x_train, y_train, x_test, y_test; it holds images"):
        data.load(tmp_path / "a.npz")
    with (tmp_path / "b.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match="holds a single array"):
        data.load(tmp_path / "b.npz")


def test_a_split_that_is_not_there_is_not_replaced(tmp_path):
    np.savez(tmp_path / "set.npz", **arrays())
    with pytest.raises(ArgumentError, match=r"set has no split 'val', it has train, test; .*\.holdout\(n\)"):
        data.load(tmp_path / "set.npz", "val")


def test_a_view_of_channels_first_is_not_copied():
    x = np.zeros((2, 3, 8, 8), np.uint8)
    assert as_nchw(x, "x") is x
