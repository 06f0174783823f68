"""Receptive fields: against a network that is poked pixel by pixel, and the numbers of the slides and the papers."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from convlab import plots, reference
from convlab.errors import ArgumentError, ShapeError
from convlab.plots import style
from convlab.plots.receptive import walk_in_words

STACKS = [
    [(3, 1)],
    [(3, 1), (3, 1), (3, 1)],
    [(3, 2), (3, 1), (3, 2)],
    [(2, 3), (4, 2)],
    [(1, 2), (5, 1, 2)],
    [(3, 1, 1), (3, 1, 2), (3, 1, 4)],
    [(3, 1, 2)] * 3,
]
PICTURE = np.random.default_rng(3).integers(0, 256, (120, 100)).astype(float)
FIGURES = {
    "three layers": lambda: plots.receptive_field_walk(STACKS[1]),
    "strides": lambda: plots.receptive_field_walk(STACKS[2], unit=0),
    "dilations": lambda: plots.receptive_field_walk(STACKS[5], unit=2),
    "the widest": lambda: plots.receptive_field_walk([(5, 2, 2)] * 4),
    "six layers": lambda: plots.receptive_field_walk([(3, 1)] * 6),
    "one output": lambda: plots.receptive_field_walk([(2, 1)], units=1),
    "fields": lambda: plots.fields_on_picture(PICTURE, [3, 5, 20, 60, 61, 62, 63, 64, 100], credit="somebody"),
    "one field": lambda: plots.fields_on_picture(PICTURE, [100], ["all of it"]),
}


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def poked(layers, size, unit):
    """Pixels of a line of `size` that change one output of the stack, all weights being 1."""

    def network(x):
        for kernel, stride, *dilation in layers:
            x = reference.conv1d(x, np.ones((1, 1, kernel)), stride=stride, dilation=(dilation or [1])[0])
        return x[0, 0]

    return tuple(p for p in range(size) if network(np.eye(size)[None, [p]])[unit])


@pytest.mark.parametrize("layers", STACKS, ids=str)
@pytest.mark.parametrize("unit", [0, 1, 2])
def test_a_walk_sees_what_poking_finds(layers, unit):
    walk = plots.Walk(layers, 3, unit)
    assert walk.seen[0] == poked(layers, walk.sizes[0], unit)
    assert walk.spans[0] == walk.seen[0][-1] - walk.seen[0][0] + 1 == walk.field
    assert walk.spans[-1] == 1 and walk.sizes[-1] == 3


@pytest.mark.parametrize("layers", STACKS, ids=str)
def test_the_input_is_just_large_enough(layers):
    walk = plots.Walk(layers)
    first, last = plots.Walk(layers, 3, 0), plots.Walk(layers, 3, 2)
    assert (first.seen[0][0], last.seen[0][-1]) == (0, walk.sizes[0] - 1)
    assert walk.unit == 1


@pytest.mark.parametrize("layers", STACKS, ids=str)
def test_every_number_is_drawn_above_the_middle_of_its_window(layers):
    walk = plots.Walk(layers)
    for level, (kernel, stride, dilation) in enumerate(walk.layers, 1):
        (below, jump), (here, _) = walk.centres[level - 1 : level + 1]
        taps = [below + dilation * v * jump for v in range(kernel)]
        assert here == np.mean(taps)
        assert walk.centres[level][1] == jump * stride


def test_numbers_of_the_slides_and_the_papers():
    fields = [plots.Walk([(3, 1)] * depth).field for depth in (1, 2, 3)]
    assert fields == [3, 5, 7]  # Simonyan and Zisserman, section 2.3: three 3 x 3 layers see as much as one of 7 x 7
    assert [plots.Walk(STACKS[5][:k]).field for k in (1, 2, 3)] == [3, 7, 15]  # Yu and Koltun, section 2
    assert plots.Walk([(3, 2), (3, 1), (3, 2)]).sentence() == "1 + 2·1 = 3;  3 + 2·2 = 7;  7 + 2·2 = 11"


def test_a_walk_in_words():
    label = plots.receptive_field_walk([(3, 2), (3, 1, 2)]).get_label()
    assert label == (
        "One of 3 outputs walked back: layer 2 (3, stride 1, dilation 2): 1 wide; layer 1 (3, stride 2): 5 wide; "
        "input: 11 of 15 pixels."
    )
    assert (
        walk_in_words(plots.Walk([(3, 1)], 1))
        == "The only output walked back: layer 1 (3, stride 1): 1 wide; input: 3 of 3 pixels."
    )


def test_the_figure_fills_what_is_seen_and_nothing_else():
    walk = plots.Walk([(3, 2), (3, 1, 2)])
    collections = plots.receptive_field_walk(walk.layers).axes[0].collections[1:]  # the first one holds the links
    filled = [c for c in collections if not np.allclose(c.get_facecolor()[0], 1.0)]
    assert [len(c.get_paths()) for c in filled] == [len(level) for level in walk.seen]


def test_fields_are_squares_around_the_middle():
    figure = plots.fields_on_picture(PICTURE, [10, 100], ["a", "b"])
    assert {"a: 10 x 10", "b: 100 x 100", "input 120 x 100"} <= set(words(figure))
    scale = 4.3 / 120
    frames = [p for p in figure.axes[0].patches if p.get_edgecolor()[:3] != (1.0, 1.0, 1.0)][1:]
    assert (
        [round(p.get_width() / scale) for p in frames] == [round(p.get_height() / scale) for p in frames] == [10, 100]
    )
    middles = {(round(p.get_x() + p.get_width() / 2, 6), round(p.get_y() + p.get_height() / 2, 6)) for p in frames}
    assert len(middles) == 1


@pytest.mark.parametrize("name", FIGURES)
def test_texts_are_readable_and_apart(name):
    figure = FIGURES[name]()
    assert figure.get_figwidth() == style.WIDTH
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    found = [t for axes in figure.axes for t in axes.texts if t.get_text().strip()]
    boxes = [(t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in found]
    assert boxes and all(t.get_fontsize() >= 10 for t in found)
    page = figure.bbox
    assert [t for t, b in boxes if b.x0 < page.x0 or b.x1 > page.x1 or b.y0 < page.y0 or b.y1 > page.y1] == []
    pairs = itertools.combinations(boxes, 2)
    assert [(a, c) for (a, box), (c, other) in pairs if box.shrunk(0.98, 0.9).overlaps(other)] == []


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plots.Walk([]), ArgumentError, r"layers must be pairs \(kernel, stride\)"),
        (lambda: plots.Walk([(3,)]), ArgumentError, r"layers must be pairs .* got \[\(3,\)\]"),
        (lambda: plots.Walk([(3, 0)]), ArgumentError, "of at least 1"),
        (lambda: plots.Walk([(3, 1)], 0), ArgumentError, "units must be at least 1, got 0"),
        (lambda: plots.Walk([(3, 1)], 3, 3), ArgumentError, "unit must be from 0 to 2, got 3"),
        (
            lambda: plots.receptive_field_walk([(3, 1)] * 7),
            ArgumentError,
            "up to 6 layers .* got 7 layers on 17 pixels",
        ),
        (lambda: plots.receptive_field_walk([(9, 9)] * 3), ArgumentError, "and 400 pixels"),
        (lambda: plots.fields_on_picture(PICTURE, [101]), ArgumentError, "grow from 1 to at most 100"),
        (lambda: plots.fields_on_picture(PICTURE, [9, 3]), ArgumentError, r"got \[9, 3\]"),
        (lambda: plots.fields_on_picture(PICTURE, []), ShapeError, "1 to 12 fields"),
        (lambda: plots.fields_on_picture(PICTURE, [3], ["a", "b"]), ShapeError, "got 1 and 2"),
        (lambda: plots.fields_on_picture(np.ones((2, 2, 3)), [1]), ShapeError, "must have two axes"),
    ],
)
def test_bad_input_is_named(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
