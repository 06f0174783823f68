"""The tile explorer without a browser: set a control's value, look at what it holds and says."""

import pytest

from convlab import widgets
from convlab.errors import ArgumentError


def test_it_begins_where_it_is_told_and_follows_its_controls():
    explorer = widgets.TileExplorer(rows=1, vectors=1)
    assert explorer.case.bound == "waiting for sums"
    before = explorer.view.value
    explorer.rows.value, explorer.vectors.value = 8, 3
    assert explorer.case.registers == 28 and explorer.case.bound == "multiply-adds"
    explorer.processor.value = "AVX2"
    assert explorer.case.spilled == 12
    assert explorer.view.value != before
    assert "12 of them in memory" in explorer.sentence.value


def test_your_own_layer_comes_first():
    explorer = widgets.TileExplorer((1, 3, 40, 60), (8, 3, 3, 3), stride=2, padding=1)
    assert explorer.layer.value == "yours" and explorer.case.y_shape == (1, 8, 20, 30)
    explorer.layer.value = next(name for name in explorer.layers if name.startswith("AlexNet conv1"))
    assert explorer.case.y_shape == (1, 96, 55, 55)


def test_every_layer_of_the_list_can_be_chosen():
    explorer = widgets.TileExplorer()
    for name in explorer.layers:
        explorer.layer.value = name
        assert 0 < explorer.case.reachable <= 1 and explorer.case.sentence() in explorer.sentence.value.replace(
            "&#x27;", "'"
        )


@pytest.mark.parametrize("control", ["layer", "processor", "rows", "vectors"])
def test_every_control_redraws_once(monkeypatch, control):
    explorer, drawn = widgets.TileExplorer(), []
    monkeypatch.setattr(explorer, "_draw", lambda: drawn.append(explorer.case))
    other = {"layer": "LeNet C1, 1 to 6, 5 × 5", "processor": "NEON", "rows": 3, "vectors": 1}
    getattr(explorer, control).value = other[control]
    assert len(drawn) == 1


def test_the_static_form_shows_the_same():
    explorer = widgets.TileExplorer(rows=6)
    assert explorer.static().get_label() == explorer.case.sentence()
    data, metadata = explorer._repr_mimebundle_()
    assert "image/png" in data and metadata["image/png"]["alt"] == explorer.case.sentence()


@pytest.mark.parametrize(
    "arguments",
    [{"rows": 0}, {"vectors": 9}, {"processor": "abacus"}, {"x_shape": (1, 1, 5, 5)},
     {"x_shape": (1, 2, 5, 5), "w_shape": (1, 1, 3, 3)}],
)  # fmt: skip
def test_a_wrong_start_is_named(arguments):
    with pytest.raises(ArgumentError, match=r"^(TileCase|TileExplorer): "):
        widgets.TileExplorer(**arguments)
