"""The bundled pictures, and the learner's own."""

import numpy as np
import pytest
from PIL import Image

from convlab.data import photographs
from convlab.errors import ArgumentError, DataError


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("CONVLAB_DATA", raising=False)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("china", (120, 180)), ("flower", (120, 180)), ("grace_hopper", (120, 102)), ("digit", (32, 32))],
)
def test_bundled_pictures_are_grey_whole_numbers_with_a_credit(name, shape):
    picture = photographs.picture(name)
    assert picture.pixels.shape == shape and picture.pixels.dtype == np.float64
    assert 0 <= picture.pixels.min() < 60 and 190 < picture.pixels.max() <= 255
    np.testing.assert_array_equal(picture.pixels, np.rint(picture.pixels))
    assert "CC BY" in picture.credit or "public domain" in picture.credit


def test_height_is_that_asked_for_and_small_pictures_are_not_enlarged():
    assert photographs.picture("china", height=60).pixels.shape == (60, 90)
    assert photographs.picture("digit", height=200).pixels.shape == (32, 32)


def test_own_photographs_are_found_by_name(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    colours = np.zeros((4, 6, 3), np.uint8)
    colours[..., 1] = 255  # green, which looks brighter than red and blue
    Image.fromarray(colours).save(tmp_path / "photos" / "meadow.png")
    (tmp_path / "photos" / "notes.txt").write_text("not a picture")
    monkeypatch.setenv("CONVLAB_DATA", str(tmp_path))
    assert photographs.picture_names() == ("china", "flower", "grace_hopper", "digit", "meadow")
    meadow = photographs.picture("meadow")
    np.testing.assert_array_equal(meadow.pixels, np.full((4, 6), 150.0))
    assert meadow.credit == "meadow.png, your own picture"


def test_an_unreadable_photograph_is_named(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "torn.png").write_bytes(b"\x89PNG half")
    monkeypatch.setenv("CONVLAB_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"torn\.png: unreadable image"):
        photographs.picture("torn")


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(ArgumentError, match="no picture 'cat'; there are china, flower, grace_hopper, digit"):
        photographs.picture("cat")
