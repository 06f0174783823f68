"""The channel explorer without a browser, and the pictures in colour."""

import re

import numpy as np
import pytest
from PIL import Image
from scipy import signal

from convlab import nn, widgets
from convlab.errors import ArgumentError, ShapeError


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("CONVLAB_DATA", raising=False)


@pytest.fixture
def explorer():
    return widgets.ChannelExplorer("flower", filter="vertical edges", row=62, column=46)


def expected(explorer, o):
    """Map o by SciPy, which knows nothing of convlab."""
    kernel, _ = list(widgets.COLOUR_FILTERS.values())[o]
    maps = [signal.correlate2d(channel, taps, "valid") for channel, taps in zip(explorer.pixels, kernel)]
    return sum(maps) + explorer.biases[o]


# ------------------------------------------------------------------------------------------------ pictures in colour


@pytest.mark.parametrize(("name", "width"), [("china", 180), ("flower", 180), ("grace_hopper", 102)])
def test_bundled_photographs_are_whole_numbers_with_a_credit(name, width):
    picture = widgets.colour_picture(name)
    assert picture.pixels.shape == (3, 120, width) and picture.pixels.dtype == np.float64
    assert 0 <= picture.pixels.min() < 60 and 190 < picture.pixels.max() <= 255
    np.testing.assert_array_equal(picture.pixels, np.rint(picture.pixels))
    assert "CC BY" in picture.credit or "public domain" in picture.credit
    assert not np.array_equal(picture.pixels[0], picture.pixels[2])


def test_own_photographs_keep_their_colours_and_grey_ones_have_three_equal_channels(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    colours = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    Image.fromarray(colours).save(tmp_path / "photos" / "meadow.png")
    Image.fromarray(colours[..., 0]).save(tmp_path / "photos" / "fog.png")
    monkeypatch.setenv("CONVLAB_DATA", str(tmp_path))
    assert widgets.colour_picture_names() == ("china", "flower", "grace_hopper", "fog", "meadow")
    np.testing.assert_array_equal(widgets.colour_picture("meadow").pixels, colours.transpose(2, 0, 1))
    np.testing.assert_array_equal(widgets.colour_picture("fog").pixels, [colours[..., 0]] * 3)
    assert widgets.ChannelExplorer("meadow").credit == "meadow.png, your own picture"


@pytest.mark.parametrize("name", ["cat", "digit"])
def test_an_unknown_picture_is_answered_with_those_there_are(name):
    with pytest.raises(ArgumentError, match=f"no picture '{name}'; there are china, flower, grace_hopper"):
        widgets.colour_picture(name)


# ------------------------------------------------------------------------------------------------ the explorer


def test_it_begins_where_it_is_told(explorer):
    assert (explorer.row.value, explorer.column.value, explorer.filter.label) == (62, 46, "vertical edges")
    assert explorer.window.total == expected(explorer, 3)[62, 46]


def test_the_numbers_in_the_lessons_answers(explorer):
    assert explorer.window.sums.tolist() == [-669, -463, -251]
    explorer.filter.value = list(widgets.COLOUR_FILTERS).index("colour edges")
    assert explorer.window.total == -206
    explorer.filter.value = 0
    assert explorer.maps()[0].max() - explorer.bias.value == 5275


def test_filters_alike_for_all_channels_do_not_notice_swapped_colours():
    explorer = widgets.ChannelExplorer("flower")
    swapped = widgets.ChannelExplorer(explorer.pixels[::-1])
    same = [np.array_equal(a, b) for a, b in zip(explorer.maps(), swapped.maps())]
    assert [name for name, alike in zip(widgets.COLOUR_FILTERS, same) if alike] == [
        "brightness",
        "vertical edges",
        "horizontal edges",
    ]


def test_sliders_step_the_window(explorer):
    explorer.row.value, explorer.column.value = 3, 29
    np.testing.assert_array_equal(explorer.window.patch, explorer.pixels[:, 3:6, 29:32])
    assert explorer.window.total == expected(explorer, 3)[3, 29]
    explorer.row.value = explorer.column.value = 1000
    assert (explorer.row.value, explorer.column.value) == (117, 177)


@pytest.mark.parametrize("o", range(len(widgets.COLOUR_FILTERS)))
def test_every_output_map_can_be_picked(explorer, o):
    explorer.filter.value = o
    np.testing.assert_allclose(explorer.window.output, expected(explorer, o))
    np.testing.assert_allclose(explorer.maps()[o], expected(explorer, o))
    assert explorer.bias.value == list(widgets.COLOUR_FILTERS.values())[o][1]


def test_a_bias_moves_its_own_map_and_is_remembered(explorer):
    before = explorer.maps()
    explorer.bias.value = -250
    assert explorer.window.total == before[3, 62, 46] - 250
    explorer.filter.value = 1
    assert explorer.bias.value == 0
    explorer.filter.value = 3
    assert explorer.bias.value == -250
    moved = explorer.maps() - before
    assert np.unique(moved[3]).tolist() == [-250] and not np.delete(moved, 3, axis=0).any()


def test_the_table_of_filters_is_left_alone(explorer):
    explorer.bias.value = 77
    assert widgets.COLOUR_FILTERS["vertical edges"][1] == 0
    assert widgets.ChannelExplorer("flower", filter="vertical edges").bias.value == 0


def test_another_picture_moves_the_window_to_its_middle(explorer):
    explorer.picture.value = "grace_hopper"
    assert explorer.pixels.shape == (3, 120, 102)
    assert (explorer.row.value, explorer.column.value) == (58, 49)
    np.testing.assert_allclose(explorer.window.output, expected(explorer, 3))


def test_a_layer_of_ones_own_on_ones_own_image():
    layer, image = nn.Conv2d(2, 5, (2, 3)), np.random.default_rng(0).normal(size=(2, 6, 7))
    explorer = widgets.ChannelExplorer(image, layer.weight.data, layer.bias.data, filter=4, row=1, column=2)
    y = layer(image[None].astype(np.float32))[0]
    np.testing.assert_allclose(explorer.maps(), y, atol=1e-5)
    assert explorer.window.total == pytest.approx(y[4, 1, 2], abs=1e-5)
    assert explorer.picture.options == ("your own",) and explorer.channels == ["channel 0", "channel 1"]
    assert "map 4" in explorer.static().get_label()


@pytest.mark.parametrize("control", ["row", "column", "filter", "bias", "picture"])
def test_every_control_redraws_once(explorer, monkeypatch, control):
    drawn = []
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(explorer.window.total))
    getattr(explorer, control).value = {"row": 5, "column": 5, "filter": 0, "bias": 8, "picture": "china"}[control]
    assert len(drawn) == 1


def test_what_it_says_follows_the_slider(explorer):
    before = explorer.view.value, explorer.sentence.value
    explorer.row.value += 1
    assert explorer.view.value != before[0] and explorer.sentence.value != before[1]
    said = re.sub("<[^>]+>", "", explorer.sentence.value)
    assert said == f"output[3, 63, 46] = {explorer.window.sentence()}"
    assert f'alt="{explorer.static().get_label()}"' in explorer.view.value


def test_a_page_without_a_kernel_gets_the_picture(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(data)
    assert data["text/plain"] == metadata["image/png"]["alt"] == explorer.static().get_label()


def test_every_control_has_a_name_for_the_keyboard_and_the_screen_reader(explorer):
    controls = [explorer.picture, explorer.filter, explorer.bias, explorer.row, explorer.column]
    assert all(control.description for control in controls)
    assert len({control.description for control in controls}) == len(controls)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"image": "cat"}, ArgumentError, "ChannelExplorer: no picture 'cat'; there are china"),
        ({"filter": "edges"}, ArgumentError, "no filter 'edges'; there are brightness"),
        ({"filter": 6}, ArgumentError, "no filter 6"),
        ({"row": 118}, ArgumentError, "row must be from 0 to 117, got 118"),
        ({"image": np.ones((5, 5))}, ShapeError, "image must have three axes"),
        ({"image": np.ones((2, 5, 5))}, ShapeError, r"filters \(6, 3, 3, 3\) do not fit on an image \(2, 5, 5\)"),
        ({"image": np.ones((3, 2, 5))}, ShapeError, "do not fit"),
        ({"weight": np.ones((3, 3, 3))}, ShapeError, r"weight must be \(O, C, KH, KW\)"),
        ({"weight": np.ones((1, 3, 5, 5))}, ShapeError, r"up to 4 channels of 3 x 3, got \(1, 3, 5, 5\)"),
        ({"weight": np.ones((2, 3, 3, 3)), "bias": [1]}, ShapeError, r"2 filters need as many biases, got \(1,\)"),
        ({"weight": np.ones((2, 3, 3, 3)), "names": ["a"]}, ShapeError, "2 filters need as many names, got 1"),
        ({"bias": [1]}, ArgumentError, "bias and names go with your own filters"),
    ],
)
def test_bad_input_is_named(options, error, message):
    with pytest.raises(error, match=message):
        widgets.ChannelExplorer(**options)
