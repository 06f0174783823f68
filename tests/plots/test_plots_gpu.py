"""Figures about graphics processors: against numbers counted by hand, and readable."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from convlab import plots
from convlab.errors import ArgumentError
from convlab.plots import style

FIGURES = {
    "roofline": lambda: plots.roofline(*(plots.Roofline(gpu, 8, 8) for gpu in plots.GPUS)),
    "three cases": lambda: plots.roofline(*(plots.Roofline("H100", side, side) for side in (1, 8, 128))),
    "threads": lambda: plots.threads_over_outputs(10, 4),
    "many threads": lambda: plots.threads_over_outputs(23, 4),
    "blocks": lambda: plots.blocks_over_image(14, 18, (8, 8), 3),
    "one block": lambda: plots.blocks_over_image(2, 3, (8, 8)),
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
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, text.get_text()
    assert len(figure.get_label()) > 40


def test_the_roof():
    case = plots.Roofline("A100", 4, 12)
    assert case.intensity == pytest.approx(2 * 48 / (4 * 16))
    assert case.reachable == pytest.approx(1.555 * 1.5)
    assert plots.Roofline("A100", 256, 256).reachable == 19.5
    assert "the memory" in case.sentence() and "the arithmetic: 19.5" in plots.Roofline("A100", 256, 256).sentence()


def test_blocks_count_what_they_need():
    assert "4 × 4 blocks" in plots.blocks_over_image(24, 24, (6, 6)).get_label()
    assert "needs 10 × 10 pixels" in plots.blocks_over_image(14, 18, (8, 8), 3).get_label()
    assert "2 threads of the last block have no output" in plots.threads_over_outputs(10, 4).get_label()
    assert np.unique(plots.in_blocks(np.zeros((5, 7)), (2, 3))).size == 9


@pytest.mark.parametrize(
    "call",
    [
        lambda: plots.Roofline("abacus", 1, 1),
        lambda: plots.Roofline("T4", 0, 1),
        lambda: plots.Roofline("T4", 1, 1.5),
        lambda: plots.roofline(),
        lambda: plots.threads_over_outputs(30, 4),
        lambda: plots.threads_over_outputs(0, 4),
        lambda: plots.blocks_over_image(25, 3, (8, 8)),
        lambda: plots.blocks_over_image(5, 3, (0, 8)),
    ],
)
def test_what_cannot_be_drawn_is_said(call):
    with pytest.raises(ArgumentError):
        call()
