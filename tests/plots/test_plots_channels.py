"""A window over several channels taken apart, and the figures of channels and stacks: against the textbook's loops."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from convlab import plots, reference
from convlab.errors import ArgumentError, DtypeError, ShapeError
from convlab.plots import style

RNG = np.random.default_rng(5)
IMAGE, KERNEL = RNG.integers(0, 10, (3, 5, 5)), RNG.integers(-2, 3, (3, 2, 2))
PHOTO = RNG.integers(0, 256, (3, 20, 30))
EDGES = np.array([[[1, 0, -1], [2, 0, -2], [1, 0, -1]]] * 3)

GALLERY = {
    "a filter": lambda: plots.kernel_over_channels(IMAGE, KERNEL, 3, 1, 2),
    "decimals": lambda: plots.kernel_over_channels(IMAGE / 7 - 1, KERNEL / 9, -0.37, 0, 3),
    "a piece of an image": lambda: plots.kernel_over_channels(PHOTO, EDGES, -100, 9, 17),
    "four channels": lambda: plots.kernel_over_channels(RNG.integers(0, 9, (4, 3, 3)), RNG.integers(0, 9, (4, 1, 1))),
    "one channel": lambda: plots.kernel_over_channels(IMAGE[:1], KERNEL[:1], names=["grey"]),
    "a photograph": lambda: plots.window_in_channels(PHOTO, EDGES, -100, 9, 17, name="edges", credit="somebody"),
    "large sums": lambda: plots.window_in_channels(PHOTO, EDGES * -1000.5, -123456, 0, 0, name="edges"),
    "two channels": lambda: plots.window_in_channels(PHOTO[:2], EDGES[:2], 0, 17, 27),
    "a tall picture": lambda: plots.window_in_channels(PHOTO.swapaxes(1, 2), EDGES, 0, 3, 3),
    "colours": lambda: plots.colour_channels(PHOTO, credit="somebody"),
    "a stack": lambda: plots.volumes([(3, 5, 5)]),
    "two layers": lambda: plots.volumes([(3, 32, 32), (6, 28, 28), (10, 24, 24)], ["6 filters\n3 × 5 × 5", "10 filters"]),
    "deep": lambda: plots.volumes([(64, 56, 56), (32, 56, 56)], ["32 filters\n64 × 1 × 1"]),
    "neurons": lambda: plots.volumes([(3, 32, 32), (5, 28, 28)], ["5 filters\n3 × 5 × 5"], neurons=True),
    "shrinking": lambda: plots.volumes([(1, 32, 32), (6, 28, 28), (16, 10, 10), (120, 1, 1)]),
}  # fmt: skip


@pytest.fixture(params=GALLERY.values(), ids=GALLERY.keys())
def figure(request):
    return request.param()


def boxes(figure):
    """Every visible text with its box in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    found = figure.findobj(lambda a: isinstance(a, Text) and a.get_visible() and a.get_text().strip())
    axes_texts = [text for text in found if text in figure.axes[0].texts]
    return [(text, text.get_window_extent(canvas.get_renderer())) for text in axes_texts]


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


# ------------------------------------------------------------------------------------------------ the window


@pytest.mark.parametrize("shapes", [((3, 7, 9), (3, 3, 2)), ((1, 4, 4), (1, 4, 4)), ((5, 3, 6), (5, 1, 1))], ids=str)
def test_the_window_is_the_textbooks_conv2d(shapes):
    image, kernel = (np.random.default_rng(1).normal(size=shape) for shape in shapes)
    expected = reference.conv2d(image[None], kernel[None], np.array([0.7]))[0, 0]
    apart = reference.conv2d(image[None], kernel[:, None], groups=len(kernel))[0]
    window = plots.ChannelWindow(image, kernel, 0.7)
    assert window.shape == expected.shape
    np.testing.assert_allclose(window.output, expected, atol=1e-12)
    for i, j in np.ndindex(window.shape):
        here = plots.ChannelWindow(image, kernel, 0.7, i, j)
        np.testing.assert_allclose(here.sums, apart[:, i, j], atol=1e-12)
        assert here.total == pytest.approx(expected[i, j])
        assert here.total == pytest.approx(here.products.sum() + 0.7)


def test_near_keeps_patch_and_total_and_stays_inside():
    whole = plots.ChannelWindow(PHOTO, EDGES, 5, 0, 0)
    for i, j in [(0, 0), (17, 27), (9, 17), (0, 27)]:
        here = plots.ChannelWindow(PHOTO, EDGES, 5, i, j)
        piece, top, left = here.near(5, 5)
        assert piece.image.shape == (3, 5, 5)
        assert (piece.row + top, piece.column + left) == (i, j)
        np.testing.assert_array_equal(piece.patch, here.patch)
        assert piece.total == whole.output[i, j]


def test_the_sentence_adds_up_and_says_when_it_is_rounded():
    window = plots.ChannelWindow([[[1, 2]], [[3, 4]]], [[[1, 1]], [[-2, 0]]], bias=-10)
    assert window.sentence() == "3 − 6 − 10 = −13"
    assert plots.ChannelWindow([[[1]]], [[[1 / 3]]]).sentence() == "0.33 + 0 ≈ 0.33"


# ------------------------------------------------------------------------------------------------ the figures


def test_a_filter_is_taken_apart():
    window = plots.ChannelWindow(IMAGE, KERNEL, 3, 1, 2)
    said = words(plots.kernel_over_channels(IMAGE, KERNEL, 3, 1, 2))
    assert {"red", "green", "blue", "kernel", "products", "sum", "bias", "output"} <= set(said)
    parts = [style.number(value) for value in (*window.products.ravel(), *window.sums, 3, window.total)]
    assert set(parts) <= set(said)
    assert said.count("Σ") == said.count("×") == said.count("=") == said.count("+") == 3


def test_of_a_large_image_a_piece_is_drawn_and_named():
    said = words(plots.kernel_over_channels(PHOTO, EDGES, 0, 9, 17))
    assert "red from row 8, column 17" in said
    assert said.count(style.number(PHOTO[0, 10, 18])) >= 1


def test_a_photograph_and_one_number_of_its_map():
    window = plots.ChannelWindow(PHOTO, EDGES, -100, 9, 17)
    figure = plots.window_in_channels(PHOTO, EDGES, -100, 9, 17, name="edges")
    said = words(figure)
    assert {"input 3 x 20 x 30", "edges, 18 x 28", "−100", style.number(window.total)} <= set(said)
    colours, output = (image.get_array() for image in figure.axes[0].images[:2])
    np.testing.assert_array_equal(colours, PHOTO.transpose(1, 2, 0))
    np.testing.assert_array_equal(output, window.output)
    sums = ", ".join(f"{name} {style.number(part)}" for name, part in zip(("red", "green", "blue"), window.sums))
    assert f"row 9, column 17: {sums}, bias −100, total {style.number(window.total)}." in figure.get_label()


def test_colours_and_channels_are_those_of_the_picture():
    images = [image.get_array() for image in plots.colour_channels(PHOTO).axes[0].images]
    np.testing.assert_array_equal(images[0], PHOTO.transpose(1, 2, 0))
    np.testing.assert_array_equal(images[1:], PHOTO)
    limits = [image.get_clim() for image in plots.colour_channels(PHOTO).axes[0].images[1:]]
    assert limits == [(0, 255)] * 3


def sheets(figure, role):
    return [
        patch for patch in figure.axes[0].patches
        if isinstance(patch, Rectangle) and matplotlib.colors.to_hex(patch.get_edgecolor()) == role.line.lower()
    ]  # fmt: skip


def test_a_stack_has_a_sheet_for_every_map_up_to_twelve():
    figure = plots.volumes([(3, 32, 32), (6, 28, 28), (64, 24, 24)])
    blue, green = sheets(figure, plots.INPUT), sheets(figure, plots.OUTPUT)
    assert (len(blue), len(green)) == (3, 6 + 12)
    assert green[0].get_height() / blue[0].get_height() == pytest.approx(28 / 32)
    assert {"3 × 32 × 32", "6 × 28 × 28", "64 × 24 × 24"} <= set(words(figure))


def test_every_map_has_its_neuron():
    figure = plots.volumes([(3, 32, 32), (5, 28, 28)], neurons=True)
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert (len(dots), len(sheets(figure, plots.KERNEL))) == (5, 3)
    assert figure.get_label().endswith("One neuron in every map looks at the same window of the input.")


# ------------------------------------------------------------------------------------------------ one look


def test_every_figure_is_as_wide_as_every_other_and_describes_itself(figure):
    assert figure.get_figwidth() == style.WIDTH
    assert len(figure.get_label()) > 15


def test_text_is_readable_inside_the_figure_and_clear_of_other_text(figure):
    page, texts = figure.bbox, boxes(figure)
    assert [t.get_text() for t, _ in texts if t.get_fontsize() < 10] == []
    outside = [t.get_text() for t, b in texts if not (page.x0 <= b.x0 and b.x1 <= page.x1)]
    outside += [t.get_text() for t, b in texts if not (page.y0 <= b.y0 and b.y1 <= page.y1)]
    assert outside == []
    pairs = itertools.combinations(texts, 2)
    assert [(a.get_text(), b.get_text()) for (a, x), (b, y) in pairs if x.shrunk(0.98, 0.9).overlaps(y)] == []


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plots.ChannelWindow(IMAGE[0], KERNEL), ShapeError, r"image must have three axes .* got \(5, 5\)"),
        (lambda: plots.ChannelWindow(IMAGE[None], KERNEL), ShapeError, r"of a batch take one, image\[0\]"),
        (lambda: plots.ChannelWindow(IMAGE, KERNEL[:2]), ShapeError, "the image has 3 channels and the filter 2"),
        (lambda: plots.ChannelWindow(IMAGE[:, :1], KERNEL), ShapeError, r"filter \(3, 2, 2\) does not fit"),
        (lambda: plots.ChannelWindow(IMAGE, KERNEL, [1, 2]), ShapeError, "one bias, got 2 numbers"),
        (lambda: plots.ChannelWindow(IMAGE, KERNEL, "3"), DtypeError, "bias must be a number, got '3'"),
        (lambda: plots.ChannelWindow(IMAGE, KERNEL, 0, 4, 0), ArgumentError, r"no window at \(4, 0\)"),
        (lambda: plots.ChannelWindow(IMAGE.astype(str), KERNEL), DtypeError, "image must hold numbers"),
        (lambda: plots.kernel_over_channels(np.ones((5, 4, 4)), np.ones((5, 2, 2))), ShapeError, "up to 4 channels"),
        (lambda: plots.window_in_channels(PHOTO, np.ones((3, 4, 4))), ShapeError, r"of 3 x 3, got \(3, 4, 4\)"),
        (lambda: plots.kernel_over_channels(IMAGE, KERNEL, names=["a"]), ShapeError, "3 channels need as many names"),
        (lambda: plots.colour_channels(PHOTO[:2]), ShapeError, r"must be \(3, H, W\)"),
        (lambda: plots.volumes([(3, 5)]), ShapeError, r"one to four of \(C, H, W\)"),
        (lambda: plots.volumes([]), ShapeError, "one to four"),
        (lambda: plots.volumes([(1, 2, 2)], ["a"]), ShapeError, "1 shapes have 0 arrows between them, got 1 texts"),
    ],
)
def test_bad_input_is_named(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
