"""Where windows lie: against windows counted one by one, NumPy's sliding windows, and the slides' own numbers."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from convlab import plots, reference
from convlab.errors import ArgumentError
from convlab.plots import style
from convlab.plots.window_places import grid_in_words

EVERY = list(itertools.product((1, 4, 7, 9), (1, 2, 3, 5), (1, 2, 3), (0, 1, 3), (1, 2)))
FIGURES = {
    "a line": lambda: plots.window_places(7, 3),
    "a pixel left over": lambda: plots.window_places(7, 3, 3),
    "a padded line": lambda: plots.window_places(7, 3, 2, 1),
    "holes": lambda: plots.window_places(9, 3, dilation=2),
    "many windows": lambda: plots.window_places(16, 3, 1, 4),
    "a stride beyond the kernel": lambda: plots.window_places(16, 1, 5, 0, 3),
    "no window": lambda: plots.window_places(4, 7, padding=1),
    "a grid": lambda: plots.window_on_grid(7, 3, 3, row=1),
    "a small grid": lambda: plots.window_on_grid(3, 3),
    "a padded grid": lambda: plots.window_on_grid(5, 3, 2, 1, row=2, column=1),
    "the largest grid": lambda: plots.window_on_grid(16, 1, 1, 4, 3, row=23, column=23),
    "an output larger than the input": lambda: plots.window_on_grid(3, 1, 1, 4),
    "a grid without a window": lambda: plots.window_on_grid(3, 7),
}


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("settings", EVERY[::5], ids=str)
def test_the_windows_are_those_of_the_textbook(settings):
    size, kernel, stride, padding, dilation = settings
    places = plots.Places(*settings)
    counted = [s for s in range(-padding, size + padding, stride) if s + dilation * (kernel - 1) < size + padding]
    assert places.count == len(counted)
    assert [places.taps(k)[0] for k in range(places.count)] == counted
    if not places.count:
        return
    numbers = np.random.default_rng(1).normal(size=size)
    weights = np.random.default_rng(2).normal(size=kernel)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    expected = reference.conv1d(numbers[None, None], weights[None, None], **options).ravel()
    pixels = dict.fromkeys(places.pixels, 0.0) | dict(enumerate(numbers))
    sums = [sum(pixels[p] * w for p, w in zip(places.taps(k), weights)) for k in range(places.count)]
    np.testing.assert_allclose(sums, expected, atol=1e-12)


@pytest.mark.parametrize("settings", EVERY[::7], ids=str)
def test_unseen_pixels_are_those_that_change_nothing(settings):
    size, kernel, stride, padding, dilation = settings
    places = plots.Places(*settings)
    if not places.count:
        assert places.unseen == tuple(range(size))
        return
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    weights = np.ones((1, 1, kernel))
    silent = [p for p in range(size) if not reference.conv1d(np.eye(size)[None, [p]], weights, **options).any()]
    assert list(places.unseen) == silent


def test_the_decks_seven_pixels():
    assert [plots.Places(7, 3, stride).count for stride in (1, 2, 3)] == [5, 3, 2]
    assert plots.Places(7, 3, padding=1).count == 7
    assert plots.Places(7, 3, 3).remark() == "Pixel 6 is never seen."
    assert plots.Places(7, 3, 3, 1).remark() == ""


def test_the_sentence_is_the_formula_with_its_numbers():
    assert plots.Places(7, 3, 2).sentence() == "N = ⌊(7 + 2·0 − 3) / 2⌋ + 1 = ⌊4 / 2⌋ + 1 = 3"
    assert "⌊(9 + 2·0 − 5) / 1⌋" in plots.Places(9, 3, dilation=2).sentence()
    assert plots.Places(2, 5).sentence() == "2 + 2·0 − 5 = −3: the kernel is too wide, no window fits"


def test_many_unseen_pixels_are_counted():
    assert plots.Places(16, 1, 3).remark() == "10 of the 16 pixels are never seen."
    assert plots.Places(7, 1, 3).remark() == "Pixels 1, 2, 4, 5 are never seen."


def test_a_line_shows_every_window_and_its_output():
    said = words(plots.window_places(7, 3, 2))
    assert {"window 0", "window 1", "window 2", "y₀", "y₂"} <= set(said) and "window 3" not in said
    assert said.count("w₁") == 3 and set("0123456") <= set(said)


def test_of_many_windows_the_first_and_the_last_are_drawn():
    said = words(plots.window_places(16, 3, 1, 4))
    assert {"window 0", "window 7", "⋮", "window 21"} <= set(said) and "window 8" not in said


def test_a_grid_says_what_its_output_sees():
    label = plots.window_on_grid(7, 3, 2, 1, row=0, column=3).get_label()
    assert "the output is 4 x 4. Output (0, 3) sees rows −1 to 1, columns 5 to 7." in label
    assert "Row and column 6 are never seen." in plots.window_on_grid(7, 3, 3).get_label()
    assert "no window fits" in words(plots.window_on_grid(3, 7))
    assert grid_in_words(plots.Places(3, 7), 0, 0).endswith("no window fits.")


@pytest.mark.parametrize("name", FIGURES)
def test_texts_are_readable_and_apart(name):
    figure = FIGURES[name]()
    assert figure.get_figwidth() == style.WIDTH
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    found = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible() and t.axes.axison is False]
    found = [t for t in found if t in t.axes.texts]
    boxes = [(t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in found]
    assert boxes and all(t.get_fontsize() >= 10 for t in found)
    page = figure.bbox
    assert [t for t, b in boxes if b.x0 < page.x0 or b.x1 > page.x1 or b.y0 < page.y0 or b.y1 > page.y1] == []
    pairs = itertools.combinations(boxes, 2)
    assert [(a, c) for (a, box), (c, other) in pairs if box.shrunk(0.98, 0.9).overlaps(other)] == []


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.Places(0, 3), "size must be a whole number of at least 1, got 0"),
        (lambda: plots.Places(7, 3, 0), "stride must be a whole number of at least 1, got 0"),
        (lambda: plots.Places(7, 3, padding=-1), "padding must be a whole number of at least 0, got -1"),
        (lambda: plots.Places(7, 2.5), r"kernel must be a whole number of at least 1, got 2\.5"),
        (lambda: plots.window_places(24, 3, padding=1), r"window_places: up to 24 pixels .* got 24 \+ 2·1"),
        (lambda: plots.window_on_grid(30, 3), "window_on_grid: up to 24 pixels"),
        (lambda: plots.window_on_grid(7, 3, row=5), "row must be from 0 to 4, got 5"),
        (lambda: plots.window_on_grid(7, 3, column=-1), "column must be from 0 to 4, got -1"),
    ],
)
def test_bad_input_is_named(draw, message):
    with pytest.raises(ArgumentError, match=message):
        draw()
