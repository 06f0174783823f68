"""Figures about fast convolutions: against numbers counted by hand, and readable."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from convlab import plots, reference
from convlab.errors import ArgumentError
from convlab.plots import style

VGG = ((1, 64, 56, 56), (64, 64, 3, 3))


def case(rows=8, vectors=2, processor="AVX-512", shapes=VGG, **how):
    return plots.TileCase(*shapes, rows, vectors, processor, **how)


RUNGS = {"Python loops": (30.0, 0.003), "im2col + matmul": (30.0, 60.0), "register tiles": (30.0, 220.0)}
FIGURES = {
    "a tile": lambda: plots.tile_board(case()),
    "the smallest": lambda: plots.tile_board(case(1, 1)),
    "too large": lambda: plots.tile_board(case(14, 4, "AVX2")),
    "NEON": lambda: plots.tile_board(case(14, 4, "NEON")),
    "roof": lambda: plots.machine_roof(RUNGS, 260, 12),
    "a roof far to the right": lambda: plots.machine_roof({"one": (0.3, 2.0)}, 1000, 5),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_readable_and_described(name):
    figure = FIGURES[name]()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    assert figure.get_figwidth() == style.WIDTH
    for text in figure.findobj(Text):
        if text.get_text():
            assert text.get_fontsize() >= style.SMALL
            box = text.get_window_extent(canvas.get_renderer())
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y0 >= -1, text.get_text()
    assert len(figure.get_label()) > 40


def test_the_work_of_a_convolution_is_what_its_loops_do():
    given = case(shapes=((2, 3, 9, 8), (5, 3, 3, 2)), stride=2, padding=0)
    x, w = np.ones(given.x_shape), np.ones(given.w_shape)
    y = reference.conv2d(x, w, stride=2)
    assert given.y_shape == y.shape
    assert given.flops == 2 * y.sum()  # every tap of ones counts 1
    assert given.bytes == 4 * (x.size + w.size + y.size)
    assert given.intensity == given.flops / given.bytes


def test_what_a_tile_wants():
    tile = case(8, 3)
    assert (tile.registers, tile.loads, tile.multiply_adds, tile.spilled) == (8 * 3 + 3 + 1, 11, 24, 0)
    assert tile.cycles == {"multiply-adds": 12.0, "loads": 5.5, "waiting for sums": 4.0}
    assert tile.bound == "multiply-adds"
    assert (case(1, 1).bound, case(8, 1).bound) == ("waiting for sums", "loads")
    spilled = case(8, 3, "AVX2")
    assert (spilled.spilled, spilled.loads, spilled.bound) == (28 - 16, 11 + 24, "loads")


def test_tiles_beyond_the_last_pixel_or_filter_are_lost():
    tile = case(8, 2, shapes=((1, 3, 12, 7), (8, 3, 3, 3)))  # 50 pixels and 8 filters
    assert tile.filled == 50 * 8 / (56 * 32)
    assert tile.reachable == tile.filled
    assert case(8, 2).filled == (54 * 54) / (365 * 8)


def test_the_sentence_says_it():
    assert case(1, 1).sentence() == (
        "215 MFLOP from 1.7 MB: 127 FLOPs a byte. A tile of 1 pixel × 16 filters on AVX-512 wants 3 of 32 registers. A tap: "
        "1 multiply-add, 2 loads. What takes longest: waiting for sums. Of all tiles 100% is filled with outputs: 12% of the "
        "core's limit at best."
    )
    assert "12 of them in memory" in case(8, 3, "AVX2").sentence()


def test_the_roof_says_where_its_corner_is():
    assert "below 20 FLOPs a byte the memory is the limit" in plots.machine_roof({"a": (1, 9)}, 200, 10).get_label()


@pytest.mark.parametrize(
    "call",
    [
        lambda: case(processor="abacus"),
        lambda: case(0),
        lambda: case(8, 5),
        lambda: case(8.0),
        lambda: case(shapes=((3, 9, 9), (1, 3, 3, 3))),
        lambda: case(shapes=((1, 2, 9, 9), (1, 3, 3, 3))),
        lambda: plots.machine_roof({}, 200, 10),
        lambda: plots.machine_roof({"a": (1, 0)}, 200, 10),
    ],
)
def test_bad_input_is_named(call):
    with pytest.raises(ArgumentError, match=r"^(TileCase|machine_roof): "):
        call()
