"""The roofline explorer without a browser: set a control's value, look at what it holds and says."""

import pytest

from convlab import widgets
from convlab.errors import ArgumentError


def test_it_begins_where_it_is_told_and_follows_its_controls():
    explorer = widgets.RooflineExplorer("T4", 1, 1)
    assert explorer.case.reachable == pytest.approx(0.08)
    before = explorer.view.value
    explorer.rows.value = explorer.columns.value = 256
    assert explorer.case.reachable == 8.1
    explorer.gpu.value = "H100"
    assert explorer.case.reachable == 67.0
    assert explorer.view.value != before
    assert explorer.case.sentence() in explorer.sentence.value and "256 × 256" in explorer.sentence.value


@pytest.mark.parametrize("control", ["gpu", "rows", "columns"])
def test_every_control_redraws_once(monkeypatch, control):
    explorer, drawn = widgets.RooflineExplorer(), []
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(explorer.case))
    getattr(explorer, control).value = {"gpu": "T4", "rows": 2, "columns": 64}[control]
    assert len(drawn) == 1


def test_the_static_form_shows_the_same():
    explorer = widgets.RooflineExplorer("A100", 4, 8)
    assert explorer.static().get_label() == explorer.case.sentence()
    data, metadata = explorer._repr_mimebundle_()
    assert "image/png" in data and metadata["image/png"]["alt"] == explorer.case.sentence()


@pytest.mark.parametrize("arguments", [("abacus", 1, 1), ("T4", 0, 1), ("T4", 1, "2")])
def test_a_wrong_start_is_named(arguments):
    with pytest.raises(ArgumentError, match=r"^Roofline: "):
        widgets.RooflineExplorer(*arguments)
