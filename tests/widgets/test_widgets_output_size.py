"""The two calculators of lesson 04 without a browser: set a slider, look at what they hold and say."""

import html
import itertools

import pytest

from convlab import plots, widgets
from convlab.errors import ArgumentError
from convlab.geometry import receptive_field


@pytest.fixture
def explorer():
    return widgets.OutputSizeExplorer(7, 3, stride=2, padding=1)


@pytest.fixture
def stack():
    return widgets.ReceptiveFieldExplorer([(3, 2), (3, 1), (3, 1, 2)])


def said(explorer):
    """The text of the picture that the explorer shows."""
    return html.unescape(explorer.picture.value.split('alt="')[1].split('"')[0])


# Output size ----------------------------------------------------------------------------------------------------------


def test_it_begins_where_it_is_told(explorer):
    assert explorer.places == plots.Places(7, 3, 2, 1, 1)
    assert explorer.places.count == 4
    assert said(explorer) == explorer.static().get_label()
    assert "the output is 4 x 4. Output (0, 0) sees rows −1 to 1" in said(explorer)


@pytest.mark.parametrize(("name", "value", "count"), [
    ("size", 9, 5), ("kernel", 5, 3), ("stride", 3, 3), ("padding", 0, 3), ("dilation", 3, 2),
])  # fmt: skip
def test_every_slider_counts(explorer, name, value, count):
    before = explorer.picture.value
    getattr(explorer, name).value = value
    assert explorer.places.count == count
    assert explorer.picture.value != before
    assert f"the output is {count} x {count}" in said(explorer)


def test_the_window_walks_as_one_reads(explorer):
    assert explorer.window.max == 15
    explorer.window.value = 6
    assert explorer.place == (1, 2)
    assert "Output (1, 2) sees rows 1 to 3, columns 3 to 5." in said(explorer)


def test_the_window_stays_inside_when_the_output_shrinks(explorer):
    explorer.window.value = 15
    explorer.stride.value = 5
    assert (explorer.places.count, explorer.window.max, explorer.place) == (2, 3, (1, 1))


def test_without_a_window_it_says_so(explorer):
    explorer.padding.value, explorer.size.value, explorer.kernel.value = 0, 3, 7
    assert explorer.places.count == 0 and explorer.window.max == 0
    assert "no window fits" in said(explorer)
    explorer.shown.value = "row"
    assert "it fits nowhere" in said(explorer)


def test_the_other_view(explorer):
    explorer.shown.value = "row"
    assert said(explorer) == plots.window_places(7, 3, 2, 1).get_label()


@pytest.mark.parametrize("name", ["size", "kernel", "stride", "padding", "dilation", "window", "shown"])
def test_every_control_redraws_once(explorer, monkeypatch, name):
    drawn = []
    explorer.window.value = 15
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(name))
    values = {"size": 5, "kernel": 5, "stride": 4, "padding": 0, "dilation": 2, "window": 3, "shown": "row"}
    getattr(explorer, name).value = values[name]
    assert drawn == [name]


def test_every_corner_of_the_sliders_can_be_drawn():
    for corner in itertools.product((3, 16), (1, 7), (1, 5), (0, 4), (1, 3)):
        explorer = widgets.OutputSizeExplorer(*corner, view="row")
        assert said(explorer).startswith(f"A window of {corner[1]} on {corner[0]} pixels")
    explorer = widgets.OutputSizeExplorer(16, 1, 1, 4)
    explorer.window.value = explorer.window.max
    assert explorer.place == (23, 23) and "Output (23, 23)" in said(explorer)


def test_the_answers_of_the_lesson():
    def count(*settings):
        return plots.Places(*settings).count

    assert count(7, 3, 2, 1) == count(7, 3, 3, 3) == count(7, 3, 2, 2, 2) == 4
    assert plots.Places(7, 3, 3).unseen == (6,) and plots.Places(7, 3, 3, 1).unseen == ()
    assert plots.Places(9, 1, 3).unseen == (1, 2, 4, 5, 7, 8)
    assert count(7, 3, 1, 0, 3) == 1 and plots.Places(7, 3, 1, 0, 3).unseen and not plots.Places(9, 3, 1, 0, 3).unseen
    assert count(7, 3, 1, 2) == 9
    assert count(224, 3, 2, 1) == 112 and not plots.Places(224, 3, 2, 1).unseen


# Receptive field ------------------------------------------------------------------------------------------------------


def test_the_stack_begins_where_it_is_told(stack):
    assert stack.layers == [(3, 2, 1), (3, 1, 1), (3, 1, 2)]
    assert stack.walk.field == receptive_field(stack.layers) == 15
    assert said(stack) == stack.static().get_label()
    assert "receptive field: 1 + 2·1 = 3;  3 + 2·2 = 7;  7 + 4·2 = 15" in stack.said.value


@pytest.mark.parametrize(("layer", "name", "value", "field"), [
    (0, "kernel", 5, 17), (0, "stride", 1, 9), (0, "dilation", 2, 17), (1, "stride", 2, 23), (2, "stride", 2, 15),
])  # fmt: skip
def test_every_slider_of_a_layer_counts(stack, layer, name, value, field):
    before = stack.picture.value
    stack.controls[layer][name].value = value
    assert stack.walk.field == receptive_field(stack.layers) == field
    assert stack.picture.value != before
    assert f"input: {field} of" in said(stack)


def test_only_the_layers_that_count_are_shown(stack):
    assert [row.layout.display for row in stack.rows] == ["flex", "flex", "flex", "none"]
    stack.depth.value = 1
    assert [row.layout.display for row in stack.rows] == ["flex", "none", "none", "none"]
    assert stack.layers == [(3, 2, 1)]
    stack.depth.value = 4
    assert stack.layers[-1] == (3, 1, 1)


def test_another_output_sees_other_pixels(stack):
    before = stack.walk.seen[0]
    stack.output.value = 2
    assert stack.walk.seen[0] == tuple(pixel + 2 for pixel in before)


@pytest.mark.parametrize("name", ["depth", "output", "kernel", "stride", "dilation"])
def test_every_control_of_the_stack_redraws_once(stack, monkeypatch, name):
    drawn = []
    monkeypatch.setattr(stack, "_draw", lambda: drawn.append(name))
    control = stack.controls[1][name] if name in stack.controls[1] else getattr(stack, name)
    control.value = 2 if control.value != 2 else 1
    assert drawn == [name]


def test_the_deepest_stack_can_be_drawn():
    stack = widgets.ReceptiveFieldExplorer([(5, 2, 2)] * 4, output=0)
    assert "input: 121 of 153 pixels" in said(stack)
    assert "input: 1 of 3 pixels" in said(widgets.ReceptiveFieldExplorer([(1, 1)]))


def test_the_answers_about_stacks():
    def field(*strides):
        return receptive_field([(3, stride) for stride in strides])

    two = {
        places: field(*(2 if k in places else 1 for k in range(4))) for places in itertools.combinations(range(4), 2)
    }
    assert max(two, key=two.get) == (0, 1) and two[0, 1] == 23 and two[2, 3] == 11
    assert max(field(*(2 if k == place else 1 for k in range(4))) for place in range(4)) < 23
    assert field(2, 1, 1, 1) == field(2, 1, 1, 2)
    assert set(plots.Walk([(3, 1, 2)] * 4, 1).seen[0]) == set(range(0, 17, 2))
    assert receptive_field([(3, 1)] * 15) == receptive_field([(3, 2)] * 4) == 31


# Both -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["explorer", "stack"])
def test_a_page_without_a_kernel_gets_the_picture(kind, request):
    explorer = request.getfixturevalue(kind)
    data, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(data)
    assert data["text/plain"] == metadata["image/png"]["alt"] == explorer.static().get_label()


def test_every_control_has_a_name_of_its_own(explorer, stack):
    sizes = [control.description for control in (*explorer.sliders.values(), explorer.window)]
    fields = [control.description for row in stack.controls for control in row.values()]
    fields += [stack.depth.description, stack.output.description]
    for names in (sizes, fields):
        assert all(names) and len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: widgets.OutputSizeExplorer(2), "OutputSizeExplorer: size must be a whole number from 3 to 16, got 2"),
        (lambda: widgets.OutputSizeExplorer(7, 9), "kernel must be a whole number from 1 to 7, got 9"),
        (
            lambda: widgets.OutputSizeExplorer(7, 3, padding=0.5),
            r"padding must be a whole number from 0 to 4, got 0\.5",
        ),
        (lambda: widgets.OutputSizeExplorer(view="side"), 'view must be "grid" or "row", got \'side\''),
        (lambda: widgets.ReceptiveFieldExplorer([(3, 1)] * 5), "layers must be 1 to 4, got 5"),
        (lambda: widgets.ReceptiveFieldExplorer([]), "layers must be pairs"),
        (
            lambda: widgets.ReceptiveFieldExplorer([(3, 1), (7, 1)]),
            "the kernel of layer 2 must be .* from 1 to 5, got 7",
        ),
        (lambda: widgets.ReceptiveFieldExplorer(output=3), "output must be a whole number from 0 to 2, got 3"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
