"""CIFAR-10: python batches as Python 2 wrote them, in a folder and in the archive; what else may lie in their place."""

import io
import pickle
import tarfile
import warnings
import zipfile

import numpy as np
import pytest
from made_data import cifar_batches, picture_bytes, python2_batch

from convlab import data
from convlab.data.cifar import parse_batch
from convlab.errors import DataError


def archive(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def write(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def check(made):
    for split, (images, labels) in made.items():
        ds = data.load("cifar10", split, download=False)
        np.testing.assert_array_equal(ds.images, images)
        np.testing.assert_array_equal(ds.labels, labels)
        assert ds.images.flags.c_contiguous and ds.class_names[0] == "airplane" and ds.class_names[9] == "truck"


@pytest.mark.parametrize("inner", ["cifar10/cifar-10-batches-py", "cifar10"])
def test_batches_in_a_folder(own_data, inner):
    files, made = cifar_batches()
    write(own_data / inner, files)
    assert data.splits("cifar10") == ("train", "test")
    check(made)


def test_the_archive_is_read_as_it_is_and_kept_decoded(own_data, cache):
    files, made = cifar_batches()
    (own_data / "cifar10").mkdir()
    archive(own_data / "cifar10" / "cifar-10-python.tar.gz", files)
    check(made)
    assert len(list((cache / "decoded").glob("*.npz"))) == 2
    check(made)  # from the cache
    assert sorted(p.name for p in (own_data / "cifar10").iterdir()) == ["cifar-10-python.tar.gz"]


def test_the_reader_agrees_with_pickle_itself():
    """On a batch we made and so can trust, Python's own unpickler gives the same arrays."""
    images, labels = cifar_batches()[1]["test"]
    for fortran in (False, True):
        content = python2_batch(images, labels, fortran)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's old names and flags, as they are in the real files
            known = pickle.loads(content, encoding="bytes")
        got, got_labels = parse_batch(content, "x")
        np.testing.assert_array_equal(got.reshape(len(images), -1), known[b"data"])
        np.testing.assert_array_equal(got, images)
        assert got_labels.tolist() == known[b"labels"]


def test_a_batch_pickled_again_by_todays_numpy_is_read():
    images, labels = cifar_batches()[1]["test"]
    content = pickle.dumps({"data": images.reshape(4, -1), "labels": labels.tolist()}, protocol=4)
    np.testing.assert_array_equal(parse_batch(content, "x")[0], images)


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(own_data, tmp_path):
    files, _ = cifar_batches()
    mark = tmp_path / "it ran"
    evil = b"\x80\x02cos\nsystem\n(U" + bytes([len(f"touch '{mark}'")]) + f"touch '{mark}'".encode() + b"tR."
    write(own_data / "cifar10", files | {"test_batch": evil})
    with pytest.raises(
        DataError, match=r"test_batch: not a CIFAR-10 batch.*it asks for os\.system, which no batch needs"
    ):
        data.load("cifar10", "test", download=False)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["builtins\neval", "numpy\nload", "numpy.core.multiarray\nscalar", "convlab\ndata"])
def test_no_name_but_those_of_an_array_is_admitted(name):
    with pytest.raises(DataError, match="which no batch needs"):
        parse_batch(b"\x80\x02c" + name.encode() + b"\n.", "x")


def test_cut_off_and_odd_batches_are_named():
    images, labels = cifar_batches()[1]["test"]
    whole = python2_batch(images, labels)
    for length in range(0, len(whole), 97):
        with pytest.raises(DataError, match=r"^b1: not a CIFAR-10 batch, or cut off"):
            parse_batch(whole[:length], "b1")
    with pytest.raises(DataError, match=r"3 labels but data of shape \(4, 3072\)"):
        parse_batch(python2_batch(images, labels[:3]), "b1")
    with pytest.raises(DataError, match="labels from 0 to 10; expected 0 to 9"):
        parse_batch(python2_batch(images, [0, 1, 2, 10]), "b1")
    floats = pickle.dumps({"data": images.astype(np.float32), "labels": labels.tolist()}, protocol=4)
    with pytest.raises(DataError, match="its array is of 'f4', not of unsigned bytes"):
        parse_batch(floats, "b1")


def test_a_damaged_archive_is_named(own_data):
    files, _ = cifar_batches()
    (own_data / "cifar10").mkdir()
    path = own_data / "cifar10" / "cifar-10-python.tar.gz"
    archive(path, files)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-6] ^= 1  # gzip's sum of the content
    for content, message in (
        (whole[: len(whole) // 2], "damaged or cut-off archive"),
        (bytes(flipped), "damaged or cut-off archive"),
        (b"no archive", "damaged or cut-off archive"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=message) as caught:
            data.load("cifar10", "test", download=False)
        assert str(path) in str(caught.value)
    del files["data_batch_3"]
    archive(path, files)
    with pytest.raises(DataError, match="holds no data_batch_3"):
        data.load("cifar10", "train", download=False)


def test_a_missing_batch_is_named(own_data):
    files, _ = cifar_batches()
    del files["data_batch_3"]
    write(own_data / "cifar10", files)
    with pytest.raises(DataError, match="data_batch_3: cannot be read"):
        data.load("cifar10", "train", download=False)


def jpeg_zip(path, each=2):
    rng = np.random.default_rng(1)
    names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    with zipfile.ZipFile(path, "w") as file:
        for split in ("train", "test"):
            for name in names:
                for i in range(each):
                    image = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
                    file.writestr(f"{split}/{name}/{i:04}.jpg", picture_bytes(image, "JPEG"))


def test_else_the_jpeg_copy_else_the_npz(own_data):
    home = own_data / "cifar10"
    home.mkdir()
    x = np.zeros((3, 32, 32, 3), np.uint8)
    np.savez(home / "part.npz", x_train=x, y_train=[0, 1, 2], x_val=x, y_val=[0, 1, 2], x_test=x, y_test=[0, 1, 9])
    assert data.splits("cifar10") == ("train", "val", "test")
    assert len(data.load("cifar10", "val")) == 3
    jpeg_zip(home / "cifar10_full_jpeg.zip")
    ds = data.load("cifar10", "train")
    assert ds.images.shape == (20, 3, 32, 32) and ds.labels.tolist() == [i // 2 for i in range(20)]
    assert ds.name == "cifar10" and "Krizhevsky" in ds.credit and "not bit-exact" in ds.credit
    files, made = cifar_batches()
    write(home / "cifar-10-batches-py", files)
    check(made)


def test_two_npz_are_not_chosen_from(own_data):
    home = own_data / "cifar10"
    home.mkdir()
    for name in "ab":
        np.savez(home / f"{name}.npz", x_train=np.zeros((1, 32, 32, 3), np.uint8), y_train=[0])
    with pytest.raises(DataError, match=r"several \.npz \(a\.npz, b\.npz\); load one by its path"):
        data.load("cifar10")
    assert "Krizhevsky" in data.load("cifar10/a.npz").credit
