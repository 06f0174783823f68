"""What the figures say: the numbers in the cells, the scales of the maps. Pictures themselves are looked at, not tested."""

import numpy as np
import pytest
from matplotlib.text import Text

from convlab import plots
from convlab.errors import DtypeError, ShapeError
from convlab.plots import stepper

SOBEL = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
PATCH = [[24, 25, 36], [20, 25, 34], [24, 46, 75]]
STEP = np.outer(np.ones(6), [1, 1, 1, 0, 0, 0])
UPRIGHT = [[1, 0, -1]] * 3


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def pictures(figure):
    """The images of a figure without the bars of their scales, with their limits."""
    return [(im.get_array(), im.get_clim()) for im in figure.axes[0].images if im.get_array().shape[0] > 1]


def test_products_are_written_into_the_window():
    said = words(plots.kernel_over_image(PATCH, SOBEL))
    assert {"24 × 1\n= 24", "25 × 2\n= 50", "46 × −2\n= −92", "75 × −1\n= −75", "−81"} <= set(said)
    assert any(text.replace("\n", " ").endswith("75·(−1) = −81") for text in said)


def test_pixels_under_the_kernel_are_written_once():
    image = np.arange(100, 116).reshape(4, 4)
    said = words(plots.kernel_over_image(image, np.ones((2, 2)), 1, 1))
    assert "100" in said and "105" not in said and "105 × 1\n= 105" in said


def test_a_large_image_is_cut_round_the_window_and_the_cut_is_named():
    image = np.arange(400).reshape(20, 20)
    said = words(plots.kernel_over_image(image, SOBEL, 10, 12))
    assert "image from row 9, column 11" in said
    assert "212\n× 1\n= 212" in said or "212 × 1\n= 212" in said
    assert "0" not in said[:1]


def test_the_flip_is_seen():
    assert "kernel, turned by 180°" in words(plots.kernel_over_image(PATCH, SOBEL, flip=True))
    assert "81" in words(plots.kernel_over_image(PATCH, SOBEL, flip=True))


def test_a_signal_with_its_products():
    said = words(plots.kernel_over_signal([10, 12, 20], [0.2, 0.3, 0.5], names=("readings", "weights", "estimate")))
    assert {"readings", "× weights", "estimate", "2 + 3.6 + 10 = 15.6"} <= set(said)


def test_step_images_are_those_of_the_deck():
    label = plots.step_images([STEP, STEP.T], [UPRIGHT, np.transpose(UPRIGHT)]).get_label()
    assert "Row 1: kernel 1 0 −1 / 1 0 −1 / 1 0 −1, output 0 3 3 0 / 0 3 3 0 / 0 3 3 0 / 0 3 3 0." in label
    assert "Row 2: kernel 1 1 1 / 0 0 0 / −1 −1 −1, output 0 0 0 0 / 3 3 3 3 / 3 3 3 3 / 0 0 0 0." in label


def test_step_images_draws_what_the_learners_function_gives():
    label = plots.step_images([STEP], [UPRIGHT], convolve=lambda image, kernel: [[7, 8]]).get_label()
    assert label.endswith(" output 7 8.")


def test_brightness_is_grey_and_signs_are_symmetric():
    photograph, edges = np.array([[0, 90.0], [255, 7]]), np.array([[-3.0, 1], [0, 2]])
    (_, grey), (_, signed) = pictures(plots.picture_grid([photograph, edges]))
    assert grey == (0, 255)
    assert signed == (-3, 3)


def test_feature_maps_share_one_scale():
    maps = np.array([[[0.0, 1.0], [2, 3]], [[-8, 0], [1, 1]]])
    drawn = pictures(plots.feature_maps(maps, image=np.ones((2, 2))))
    assert [limits for _, limits in drawn] == [(0, 1), (-8, 8), (-8, 8)]
    np.testing.assert_array_equal(drawn[2][0], maps[1])


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.full((2, 2), -1.0), np.ones((1, 5))], ids=str)
def test_plain_maps_have_a_scale_too(values):
    limits = [im.get_clim() for im in plots.signed_map(values).axes[0].images]
    assert all(low < high for low, high in limits)


def test_a_kernel_that_keeps_brightness_keeps_the_greys():
    image = np.arange(25.0).reshape(5, 5) * 10
    grey = stepper.grey_scale(image)
    assert stepper.output_scale(plots.Window(image, np.full((3, 3), 1 / 9)), grey) == grey
    edges = stepper.output_scale(plots.Window(image, SOBEL), grey)
    assert edges.signed and edges.low == -edges.high == -400


def test_window_in_picture_shows_patch_kernel_products_and_sum():
    image = np.zeros((12, 16))
    image[4:7, 5:8] = PATCH
    said = words(plots.window_in_picture(image, SOBEL, 4, 5))
    assert {"24", "46", "−2", "−92", "−75", "−81", "input 12 x 16", "output 10 x 14"} <= set(said)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plots.feature_maps(np.ones((2, 2))), ShapeError, r"\(C, H, W\), got \(2, 2\); one map is"),
        (lambda: plots.feature_maps(np.ones((1, 2, 2, 2))), ShapeError, "for one image of a batch"),
        (lambda: plots.picture_grid([np.ones((2, 2, 3))]), ShapeError, r"got \(2, 2, 3\); take one channel"),
        (lambda: plots.picture_grid([np.ones((2, 2))], ["a", "b"]), ShapeError, "1 pictures, 2 titles"),
        (lambda: plots.picture_grid([]), ShapeError, "0 pictures"),
        (lambda: plots.signed_map(np.array([["a"]])), DtypeError, "must hold numbers"),
        (lambda: plots.step_images([STEP], []), ShapeError, "1 images and 0 kernels"),
        (
            lambda: plots.step_images([np.ones((8, 8))], [UPRIGHT]),
            ShapeError,
            r"up to 7 rows and columns, got \(8, 8\)",
        ),
        (lambda: plots.array_row([SOBEL], ["a", "b"]), ShapeError, "1 arrays need as many titles"),
        (lambda: plots.kernel_over_signal(PATCH, [1, 2]), ShapeError, "kernel_over_image draws those with two"),
        (lambda: plots.kernel_over_image(np.ones((9, 9)), np.ones((7, 7))), ShapeError, "up to 5 x 5"),
        (lambda: plots.window_in_picture(np.ones((9, 9)), np.ones((4, 4))), ShapeError, "up to 3 x 3, got"),
        (lambda: plots.tracks(np.ones((1, 1, 3))), ShapeError, r"one axis, got \(1, 1, 3\)"),
    ],
)
def test_bad_input_is_named(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
