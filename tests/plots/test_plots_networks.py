"""The figures of lessons 11 and 12: what is drawn is what was computed."""

import numpy as np
import pytest
from matplotlib.text import Text

from convlab import models, nn, plots
from convlab.errors import ArgumentError, DtypeError, ShapeError
from convlab.models.lenet import C3_CONNECTIONS


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def images(figure):
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.get_images()]


def inside(figure):
    """Every text lies within the page, and none is smaller than ten points."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in figure.findobj(Text) if text.get_text()]
    page = figure.bbox
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    return min(sizes) >= 10 and all(
        page.x0 <= b.x0 and b.x1 <= page.x1 and page.y0 <= b.y0 and b.y1 <= page.y1 for b in boxes
    )


@pytest.fixture(scope="module")
def lenet():
    return models.create("lenet5").eval()


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).normal(size=(1, 32, 32)).astype(np.float32)


# architecture and connection_table ------------------------------------------------------------------------------------


def test_architecture_names_every_stage_and_its_size():
    stages = [("input", (1, 32, 32)), ("C1", (6, 28, 28)), ("S2", (6, 14, 14)), ("C5", (120,)), ("output", (10,))]
    figure = plots.architecture(stages)
    assert {"input", "C1", "6 @\n28 × 28", "120", "10"} <= set(words(figure))
    assert "C1 6 x 28 x 28" in figure.get_label()
    assert inside(figure) and figure.get_figwidth() == plots.architecture(stages[:2]).get_figwidth()


def test_the_connection_table_has_a_cross_for_every_connection():
    figure = plots.connection_table(C3_CONNECTIONS, names=("S2", "C3"))
    assert words(figure).count("×") == sum(map(len, C3_CONNECTIONS)) == 60
    assert "60 of 96 pairs" in figure.get_label() and inside(figure)


# XRay -----------------------------------------------------------------------------------------------------------------


def test_the_xray_shows_what_the_layers_give(lenet, picture):
    seen = {sheet.name: sheet.values for sheet in plots.XRay(lenet, picture).sheets}
    y = lenet[:2](picture[None])
    np.testing.assert_array_equal(seen["c1"], y[0])
    assert seen["c1"].min() == 0  # after the ReLU
    np.testing.assert_array_equal(seen["s4"], lenet[:6](picture[None])[0])
    assert {name: values.shape for name, values in seen.items()} == {
        "c1": (6, 28, 28), "s2": (6, 14, 14), "c3": (16, 10, 10), "s4": (16, 5, 5), "c5": (120,), "f6": (84,), "output": (10,),
    }  # fmt: skip


def test_probabilities_are_the_softmax_of_the_scores(lenet, picture):
    xray = plots.XRay(lenet, picture)
    scores = lenet(picture[None])[0].astype(float)
    np.testing.assert_allclose(xray.probabilities, np.exp(scores) / np.exp(scores).sum())
    assert xray.answer == scores.argmax() and f"says {xray.answer}" in xray.sentence()


def test_the_network_is_left_as_it_was(picture):
    net = nn.Sequential(nn.Conv2d(1, 2, 5), nn.Dropout(0.9), nn.Flatten(), nn.Linear(2 * 28 * 28, 3)).train()
    first, second = (plots.XRay(net, picture).probabilities for _ in range(2))
    np.testing.assert_array_equal(first, second)  # without dropout
    assert net.training
    assert [sheet.name for sheet in plots.XRay(net, picture).sheets] == ["0", "3"]


def test_layers_inside_of_layers_carry_both_names():
    net = nn.Sequential(
        {"body": nn.Sequential({"c": nn.Conv2d(1, 1, 3)}), "flat": nn.Flatten(), "fc": nn.Linear(36, 2)}
    )
    assert [sheet.name for sheet in plots.XRay(net, np.zeros((8, 8))).sheets] == ["body.c", "fc"]


def test_every_map_is_drawn_once(lenet, picture):
    xray = plots.XRay(lenet, picture)
    figure = plots.network_xray(xray)
    drawn = images(figure)
    assert len(drawn) == 1 + 6 + 6 + 16 + 16 + 1 + 1
    np.testing.assert_allclose(drawn[1], xray.sheets[0].values[0])
    assert inside(figure) and xray.sentence() in figure.get_label()


# Sheets ---------------------------------------------------------------------------------------------------------------


def test_maps_on_a_sheet_share_one_scale():
    maps = np.arange(-6.0, 18).reshape(4, 2, 3)
    figure = plots.map_sheet(maps, "abcd", columns=2)
    drawn = [image for axes in figure.axes for image in axes.get_images()][:4]
    assert {image.get_clim() for image in drawn} == {(-17.0, 17.0)}
    np.testing.assert_array_equal(drawn[2].get_array(), maps[2])
    assert {"a", "b", "c", "d"} <= set(words(figure)) and inside(figure)


def test_colour_filters_are_grey_where_they_are_zero():
    weights = np.zeros((2, 3, 2, 2))
    weights[0, 0, 0, 0], weights[1, 2, 1, 1] = 0.2, -7
    first, second = images(plots.filter_sheet(weights))[:2]
    np.testing.assert_array_equal(first[0, 0], [1, 0.5, 0.5])
    np.testing.assert_array_equal(second[1, 1], [0.5, 0.5, 0])
    np.testing.assert_array_equal(first[1, 1], [0.5] * 3)


def test_grey_filters_are_signed_maps():
    assert plots.filter_sheet(np.ones((6, 1, 5, 5))).get_label() == "A sheet of 6 maps of 5 x 5, numbers from 1 to 1."


def test_photographs_keep_their_colours():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 4, 5), dtype=np.uint8)
    drawn = images(plots.photo_sheet(pixels, credit="somebody"))
    np.testing.assert_allclose(drawn[1], pixels[1].transpose(1, 2, 0) / 255)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plots.architecture([]), ShapeError, "1 to 9 stages, got 0"),
        (lambda: plots.architecture([("a", (1, 2))]), ShapeError, r"'a' must have a shape \(C, H, W\) or \(K,\)"),
        (lambda: plots.connection_table([]), ShapeError, "1 to 20 maps on either side"),
        (lambda: plots.connection_table([(0, 3)], inputs=3), ShapeError, "from 0 to 2, got 3"),
        (lambda: plots.XRay(nn.ReLU(), np.zeros((4, 4))), ArgumentError, "expected an nn.Sequential, got ReLU"),
        (lambda: plots.XRay(models.create("lenet5"), np.zeros((1, 1, 32, 32))), ShapeError, r"of a batch take x\[0\]"),
        (lambda: plots.XRay(nn.Sequential(nn.ReLU()), np.zeros((4, 4))), ShapeError, "end in one score for each class"),
        (lambda: plots.network_xray(3), ArgumentError, r"plots.XRay\(network, image\)"),
        (lambda: plots.map_sheet(np.ones((2, 2))), ShapeError, r"expected \(K, H, W\)"),
        (lambda: plots.map_sheet(np.ones((2, 2, 2)), ["a"]), ShapeError, "2 pictures, 1 titles"),
        (lambda: plots.map_sheet([[["a"]]]), DtypeError, "expected numbers"),
        (lambda: plots.filter_sheet(np.ones((2, 4, 3, 3))), ShapeError, "1 or 3 channels"),
        (lambda: plots.photo_sheet(np.ones((2, 1, 3, 3))), ShapeError, "three channels"),
        (lambda: plots.photo_sheet(np.full((1, 3, 3, 3), 2.0)), DtypeError, "must lie in 0..1, got 2 to 2"),
    ],
)
def test_bad_input_is_named(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
