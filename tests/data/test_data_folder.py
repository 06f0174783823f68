"""Folders of pictures and zips of them: order, sizes, modes, credits, and pictures that cannot be read."""

import os
import zipfile

import numpy as np
import pytest
from made_data import picture_bytes, picture_folder
from PIL import Image

from convlab import data
from convlab.data import decoded, folder
from convlab.data.pictures import decode_picture
from convlab.data.resize import fit_image, fit_images
from convlab.errors import ArgumentError, DataError


def zipped(top, path, outer=""):
    with zipfile.ZipFile(path, "w") as file:
        for source in sorted(top.rglob("*")):
            file.write(source, f"{outer}{source.relative_to(top).as_posix()}")
    return path


def test_a_folder_gives_its_pictures_in_order_of_class_and_name(tmp_path):
    made = picture_folder(tmp_path / "pets")
    for split in ("train", "val"):
        ds = data.load(tmp_path / "pets", split)
        np.testing.assert_array_equal(ds.images, np.moveaxis(made[split], 3, 1))
        assert ds.labels.tolist() == [0, 0, 0, 1, 1, 1] and ds.class_names == ("cat", "dog")
        assert ds.images.flags.c_contiguous and (ds.name, ds.split) == ("pets", split)
    assert data.splits(tmp_path / "pets") == ("train", "val")


@pytest.mark.parametrize("outer", ["", "pets/"])
def test_a_zip_gives_the_same_as_the_folder(tmp_path, outer):
    picture_folder(tmp_path / "pets")
    path = zipped(tmp_path / "pets", tmp_path / "zoo.zip", outer)
    with zipfile.ZipFile(path, "a") as file:  # what macOS adds
        file.writestr("__MACOSX/pets/train/cat/._000.png", b"no picture")
    one, other = data.load(tmp_path / "pets"), data.load(path)
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert other.class_names == ("cat", "dog") and other.name == "zoo"


def test_a_bare_name_is_looked_for_under_convlab_data_first(own_data, tmp_path, monkeypatch):
    picture_folder(own_data / "pets", each=2)
    picture_folder(tmp_path / "here" / "pets", each=5)
    monkeypatch.chdir(tmp_path / "here")
    assert len(data.load("pets")) == 4
    assert len(data.load("./pets")) == 10
    assert data.names() == ("digits", "photo-crops", "mnist", "fashion-mnist", "cifar10", "pets")


def test_val_is_not_taken_for_test(tmp_path):
    picture_folder(tmp_path / "pets")
    with pytest.raises(ArgumentError, match="pets has no split 'test', it has train, val; val is not taken for test"):
        data.load(tmp_path / "pets", "test")


def test_photographs_of_differing_sizes_need_a_size(tmp_path):
    picture_folder(tmp_path / "pets")
    big = np.full((40, 60, 3), 7, np.uint8)
    (tmp_path / "pets/train/dog/001.png").write_bytes(picture_bytes(big))
    with pytest.raises(
        ArgumentError, match=r"differ in size \(train/cat/000.png: 6x5, train/dog/001.png: 40x60\); give"
    ):
        data.load(tmp_path / "pets")
    ds = data.load(tmp_path / "pets", size=10)
    assert ds.images.shape == (6, 3, 10, 10)
    assert (ds.images[4] == 7).all()  # scaled and cropped
    assert (ds.images[0, :, :2] == 0).all() and (ds.images[0, :, 8:] == 0).all()  # set in black


def test_grey_among_colour_becomes_colour_in_either_order(tmp_path):
    for grey_first in (True, False):
        top = tmp_path / str(grey_first)
        picture_folder(top, shape=(6, 5) if grey_first else (6, 5, 3))
        odd = np.full((6, 5, 3), (1, 2, 3), np.uint8) if grey_first else np.full((6, 5), 9, np.uint8)
        (top / "train/dog/000.png").write_bytes(picture_bytes(odd))
        ds = data.load(top)
        assert ds.images.shape == (6, 3, 6, 5)
        assert ds.images[3, :, 0, 0].tolist() == ([1, 2, 3] if grey_first else [9, 9, 9])
    grey_images = picture_folder(tmp_path / "grey", shape=(6, 5))["val"]
    np.testing.assert_array_equal(data.load(tmp_path / "grey", "val").images[:, 0], grey_images)


def test_an_unreadable_picture_is_named_and_skipped_only_if_asked(tmp_path):
    made = picture_folder(tmp_path / "pets")["train"]
    (tmp_path / "pets/train/cat/001.png").write_bytes(picture_bytes(made[1])[:60])  # cut off
    (tmp_path / "pets/train/dog/002.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"pets: train/cat/001\.png: unreadable image \("):
        data.load(tmp_path / "pets")
    with pytest.warns(data.DataWarning) as caught:
        ds = data.load(tmp_path / "pets", skip_unreadable=True)
    assert len(caught) == 1
    assert "skipped 2 unreadable images: train/cat/001.png, train/dog/002.png" in str(caught[0].message)
    np.testing.assert_array_equal(ds.images, np.moveaxis(made[[0, 2, 3, 4]], 3, 1))
    assert ds.labels.tolist() == [0, 0, 1, 1]


def test_if_no_picture_can_be_read_it_is_an_error_even_when_skipping(tmp_path):
    picture_folder(tmp_path / "pets", each=1)
    for name in ("cat", "dog"):
        (tmp_path / f"pets/train/{name}/000.png").write_bytes(b"")
    with pytest.raises(DataError, match="none of the 2 pictures in train/ can be read"):
        data.load(tmp_path / "pets", skip_unreadable=True)


def test_what_is_no_such_folder_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: expected pictures in train/<class>/ and val/ or test/, found none"):
        data.load(tmp_path / "empty")
    picture_folder(tmp_path / "pets")
    (tmp_path / "pets/train/bird").mkdir()
    with pytest.raises(DataError, match=r"no picture in train/bird \(known endings: \.jpg"):
        data.load(tmp_path / "pets")
    (tmp_path / "pets/train/bird").rmdir()
    (tmp_path / "pets/val/emu").mkdir()
    (tmp_path / "pets/val/emu/0.png").write_bytes(picture_bytes(np.zeros((6, 5, 3), np.uint8)))
    with pytest.raises(DataError, match="val/ has classes that train/ lacks: emu"):
        data.load(tmp_path / "pets", "val")


def test_hidden_files_and_others_are_passed_over(tmp_path):
    picture_folder(tmp_path / "pets")
    (tmp_path / "pets/train/.cache").mkdir()
    (tmp_path / "pets/train/cat/.hidden.png").write_bytes(b"x")
    (tmp_path / "pets/train/cat/notes.txt").write_text("x")
    assert len(data.load(tmp_path / "pets")) == 6


def test_a_damaged_zip_is_named(tmp_path):
    picture_folder(tmp_path / "pets")
    path = zipped(tmp_path / "pets", tmp_path / "pets.zip")
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(DataError, match=r"pets\.zip: damaged or cut-off zip file"):
        data.load(path)
    damaged = bytearray(whole)
    damaged[whole.index(b"IDAT") + 10] ^= 0xFF  # in the first picture, stored as it is
    path.write_bytes(damaged)
    with pytest.raises(DataError, match=r"pets\.zip: train/cat/000\.png: cannot be read \(Bad CRC-32"):
        data.load(path)


# ---------------------------------------------------------------------------------------------------- one picture


def test_modes_are_brought_to_grey_or_colour():
    def decoded_picture(picture, kind="PNG", **options):
        import io

        out = io.BytesIO()
        picture.save(out, kind, **options)
        return decode_picture(out.getvalue(), "x")

    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(decoded_picture(Image.fromarray(grey)), grey[None])
    assert decoded_picture(Image.new("1", (4, 3), 1)).tolist() == np.full((1, 3, 4), 255).tolist()
    assert decoded_picture(Image.new("RGBA", (2, 1), (1, 2, 3, 4)))[:, 0, 0].tolist() == [1, 2, 3]
    assert decoded_picture(Image.new("LA", (2, 1), (9, 4))).shape == (1, 1, 2)
    assert decoded_picture(Image.new("CMYK", (2, 1), (0, 0, 0, 0)), "JPEG")[:, 0, 0].tolist() == [255] * 3
    deep = Image.fromarray(np.array([[0, 256, 65535]], np.uint16))
    assert decoded_picture(deep)[0, 0].tolist() == [0, 1, 255]
    palette = Image.new("P", (2, 1), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    assert decoded_picture(palette, transparency=b"\x00\x80")[:, 0, 0].tolist() == [10, 20, 30]
    with pytest.raises(DataError, match="floats of unknown range"):
        decoded_picture(Image.new("F", (2, 1)), "TIFF")


def test_a_photograph_taken_sideways_is_turned_upright():
    image = np.zeros((8, 16, 3), np.uint8)
    image[:, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: turn by 90 degrees clockwise to see it right
    upright = decode_picture(picture_bytes(image, "PNG", exif=exif), "x")
    np.testing.assert_array_equal(upright, np.rot90(image, -1).transpose(2, 0, 1))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_damaged_pictures_of_every_kind_are_named_or_read_whole(kind):
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    whole = picture_bytes(image, kind)
    rng = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
        try:
            out = decode_picture(bytes(damaged), "the file")
        except DataError as error:
            assert str(error).startswith("the file: unreadable image (")
        else:
            assert out.dtype == np.uint8 and out.ndim == 3 and out.shape[0] in (1, 3)


# ---------------------------------------------------------------------------------------------------------- sizes


def test_small_images_are_set_in_the_middle_of_black():
    images = np.random.default_rng(0).integers(1, 256, (3, 1, 5, 4), dtype=np.uint8)
    out = fit_images(images, 9)
    np.testing.assert_array_equal(out[:, :, 2:7, 2:6], images)
    assert np.count_nonzero(out) == images.size
    np.testing.assert_array_equal(out[1], fit_image(images[1], 9))


def test_large_images_are_scaled_by_the_short_side_and_cropped_to_the_middle():
    wide = np.zeros((3, 20, 60), np.uint8)
    wide[:, :, 20:40] = 200  # the middle third is what remains
    assert (fit_image(wide, 10)[:, :, 1:-1] == 200).all()
    tall = wide.transpose(0, 2, 1)
    np.testing.assert_array_equal(fit_image(tall, 10), fit_image(wide, 10).transpose(0, 2, 1))
    assert fit_images(np.zeros((2, 1, 40, 30), np.uint8), 32).shape == (2, 1, 32, 32)


@pytest.mark.parametrize("size", [0, -3, 2.5, "32"])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(ArgumentError, match=r"^data\.load: size must be"):
        data.load("digits", size=size)


# --------------------------------------------------------------------------------------------- credits and the cache


def test_credits_come_from_index_csv_and_the_licence(tmp_path):
    picture_folder(tmp_path / "pets")
    rows = [f"{s},{c},{i:03}.png,by {s} {c} {i}" for s in ("train", "val") for c in ("cat", "dog") for i in range(2)]
    (tmp_path / "pets/index.csv").write_text("\n".join(["split,class,file,credit", *rows]))
    (tmp_path / "pets/LICENSE.txt").write_text("CC BY 2.0\nAll of them.\n" + "words " * 100)
    ds = data.load(tmp_path / "pets", "val")
    assert ds.credits[:3] == ("by val cat 0", "by val cat 1", "no credit stated")
    assert ds.credit.startswith("pets, LICENSE.txt: CC BY 2.0 All of them.") and "\n" not in ds.credit
    assert ds[[3, 0]].credits == ("by val dog 0", "by val cat 0")
    (tmp_path / "pets/val/cat/000.png").write_bytes(b"")
    with pytest.warns(data.DataWarning):
        assert data.load(tmp_path / "pets", "val", skip_unreadable=True).credits[0] == "by val cat 1"
    (tmp_path / "pets/index.csv").write_text("some,other\ntable,here\n")
    assert data.load(tmp_path / "pets").credits == ()


def test_pictures_of_a_large_zip_are_decoded_once(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(folder, "KEEP_FROM", 4)
    picture_folder(tmp_path / "pets")
    path = zipped(tmp_path / "pets", tmp_path / "pets.zip")
    first = data.load(path)
    monkeypatch.setattr(folder, "decode_picture", None)  # from here on, decoding would fail
    np.testing.assert_array_equal(data.load(path).images, first.images)
    monkeypatch.undo()
    monkeypatch.setenv("CONVLAB_CACHE", str(cache))
    monkeypatch.setattr(folder, "KEEP_FROM", 4)
    other = picture_folder(tmp_path / "others", shape=(7, 7, 3))["train"]
    os.utime(zipped(tmp_path / "others", path), ns=(1, 1))  # another file in its place
    np.testing.assert_array_equal(data.load(path).images, np.moveaxis(other, 3, 1))
    assert len(list((cache / "decoded").iterdir())) == 1  # the old one has gone
    assert data.load(path, size=5).images.shape[2:] == (5, 5)  # kept apart by size
    kept = next((cache / "decoded").glob("*-train-own-*.npz"))
    kept.write_bytes(kept.read_bytes()[:100])  # a damaged cache costs time, not data
    np.testing.assert_array_equal(data.load(path).images, np.moveaxis(other, 3, 1))


def test_a_cache_that_cannot_be_written_is_said_once_and_costs_nothing(tmp_path, monkeypatch):
    source = tmp_path / "x.zip"
    source.write_bytes(b"x")
    monkeypatch.setenv("CONVLAB_CACHE", str(source / "below a file"))
    with pytest.warns(data.DataWarning, match="decoded images cannot be kept in"):
        images, _ = decoded.remembered(source, "train", lambda: (np.ones(2), np.zeros(2)))
    assert images.tolist() == [1, 1]


def test_a_full_disk_leaves_no_half_written_cache(tmp_path, cache, monkeypatch):
    source = tmp_path / "x.zip"
    source.write_bytes(b"x")

    def full(path, **_):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(data.DataWarning, match="No space left on device"):
        decoded.remembered(source, "train", lambda: (np.ones(2), np.zeros(2)))
    assert list((cache / "decoded").iterdir()) == []
