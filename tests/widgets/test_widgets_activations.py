"""The activation explorer without a browser: set a slider's value, look at what it holds and says."""

import re

import numpy as np
import pytest

from convlab import widgets
from convlab.errors import ArgumentError


@pytest.fixture
def explorer():
    return widgets.ActivationExplorer(x=1.0, layers=10)


def test_it_begins_where_it_is_told():
    explorer = widgets.ActivationExplorer(-0.5, 3, 1.5, 0.2)
    assert [c.value for c in (explorer.x, explorer.layers, explorer.weight, explorer.leak)] == [-0.5, 3, 1.5, 0.2]
    assert explorer.stack.gradients["leaky ReLU"] == pytest.approx([0.2 * 0.3**2, 0.2 * 0.3, 0.2])


def test_sliders_change_the_stack(explorer):
    explorer.x.value, explorer.layers.value = 0.0, 2
    assert explorer.stack.gradients["tanh"].tolist() == [1, 1]
    explorer.weight.value = 2.0
    assert explorer.stack.gradients["tanh"].tolist() == [2, 1]
    explorer.x.value = 3.0
    y = np.tanh(3)
    assert explorer.stack.gradients["tanh"][0] == pytest.approx((1 - y**2) * 2 * (1 - np.tanh(2 * y) ** 2))
    assert explorer.stack.gradients["ReLU"].tolist() == [2, 1]


def test_sliders_stop_at_their_ends(explorer):
    explorer.layers.value = 99
    explorer.x.value = 99
    assert (explorer.layers.value, explorer.x.value) == (10, 6)


@pytest.mark.parametrize("control", ["x", "layers", "weight", "leak"])
def test_every_control_redraws_once(explorer, monkeypatch, control):
    drawn = []
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(explorer.stack))
    getattr(explorer, control).value = {"x": 2.0, "layers": 4, "weight": 0.5, "leak": 0.3}[control]
    assert len(drawn) == 1


def test_what_it_says_follows_the_slider(explorer):
    before = explorer.view.value, explorer.sentence.value
    explorer.x.value = -1.0
    assert explorer.view.value != before[0] and explorer.sentence.value != before[1]
    said = re.sub("<[^>]+>", "", explorer.sentence.value)
    assert said == explorer.stack.sentence() and "ReLU 0, leaky ReLU 1.0e−20" in said
    assert f'alt="{said}"' in explorer.view.value


def test_the_static_form_shows_the_same(explorer):
    explorer.layers.value = 1
    assert explorer.static().get_label() == explorer.stack.sentence()
    assert "front of 1 layer:" in explorer.static().get_label()


def test_a_page_without_a_kernel_gets_the_picture(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(data)
    assert data["text/plain"] == metadata["image/png"]["alt"] == explorer.stack.sentence()


def test_every_control_has_a_name_for_the_keyboard_and_the_screen_reader(explorer):
    controls = [explorer.x, explorer.layers, explorer.weight, explorer.leak]
    assert all(control.description for control in controls)
    assert len({control.description for control in controls}) == len(controls)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"layers": 0}, "layers must"), ({"x": None}, "x must be"), ({"negative_slope": -1}, "negative_slope must")],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ArgumentError, match=message):
        widgets.ActivationExplorer(**options)
