"""The learning-rate playground without a browser: set a control's value, look at what it holds and says."""

import numpy as np
import pytest

from convlab import plots, widgets
from convlab.errors import ArgumentError


@pytest.fixture
def explorer():
    return widgets.LearningRateExplorer("valley", lr=0.05, steps=40)


def test_it_begins_where_it_is_told(explorer):
    walk = explorer.descent
    assert (walk.landscape.name, walk.lr, walk.momentum, walk.steps) == ("valley", pytest.approx(0.05), 0, 40)
    assert walk.fate == "on its way"


def test_the_sliders_change_how_it_ends(explorer):
    explorer.lr.value = 0.2
    assert explorer.descent.fate == "flies off" and "flies off" in explorer.sentence.value
    explorer.lr.value, explorer.momentum.value, explorer.steps.value = 0.05, 0.7, 80
    assert explorer.descent.fate == "arrives"
    explorer.lr.value = 1e9
    assert explorer.lr.value == 10
    explorer.momentum.value = 1.5
    assert explorer.momentum.value == pytest.approx(0.98)


def test_the_largest_learning_rate_of_a_valley_is_two_by_its_steepest_slope(explorer):
    explorer.steps.value = 100
    explorer.lr.value = 0.098
    assert explorer.descent.fate != "flies off"
    explorer.lr.value = 0.103
    assert np.abs(explorer.descent.path[-1]).max() > 5


def test_own_landscapes_are_offered_beside_the_others():
    mine = plots.Landscape("mine", lambda a, b: (a - 1) ** 2 + 3 * b**2, start=(0, 1))
    explorer = widgets.LearningRateExplorer(mine, lr=0.1)
    assert explorer.choice.options == ("mine", "bowl", "valley", "two valleys")
    np.testing.assert_allclose(explorer.descent.path[-1], (1, 0), atol=1e-3)
    explorer.choice.value = "bowl"
    np.testing.assert_allclose(explorer.descent.path[-1], (0, 0), atol=1e-3)


@pytest.mark.parametrize(("control", "value"), [("choice", "bowl"), ("lr", 0.01), ("momentum", 0.5), ("steps", 7)])
def test_every_control_redraws_once(explorer, monkeypatch, control, value):
    drawn = []
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(explorer.descent.fate))
    getattr(explorer, control).value = value
    assert len(drawn) == 1


def test_what_it_says_follows_and_the_static_form_says_the_same(explorer):
    before = explorer.view.value
    explorer.steps.value = 10
    assert explorer.view.value != before and "after 10 steps" in explorer.sentence.value
    data, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(data)
    assert data["text/plain"] == metadata["image/png"]["alt"] == explorer.static().get_label()


def test_every_control_has_a_name(explorer):
    controls = [explorer.choice, explorer.lr, explorer.momentum, explorer.steps]
    assert len({control.description for control in controls if control.description}) == 4


@pytest.mark.parametrize(
    ("landscape", "options", "message"),
    [
        ("alps", {}, "landscape must be a plots.Landscape or one of bowl, valley, two valleys, got 'alps'"),
        ("bowl", {"lr": 20}, "lr must be from 0.001 to 10"),
        ("bowl", {"momentum": 0.99}, "momentum must be from 0 to 0.98"),
        ("bowl", {"steps": 101}, "steps must be a whole number from 1 to 100"),
    ],
)
def test_bad_input_is_named(landscape, options, message):
    with pytest.raises(ArgumentError, match=message):
        widgets.LearningRateExplorer(landscape, **options)
