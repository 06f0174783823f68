"""AlexNet's table and the chart of errors: the arithmetic is that of the networks, and the bars are those of the numbers."""

import numpy as np
import pytest
from matplotlib.text import Text

from convlab import models, plots, widgets
from convlab.errors import ArgumentError, ShapeError


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("size", "width"), [(67, 1 / 16), (227, 1 / 8), (131, 1 / 4)])
def test_the_plan_is_the_network(size, width, groups):
    net = models.create("alexnet", width=width, image_size=size, groups=groups, num_classes=11)
    summary = net.summary((3, size, size))
    plan = plots.AlexNetPlan(size, width, groups, num_classes=11)
    rows = [row for row in summary.rows if row.layer.startswith(("Conv2d", "MaxPool2d", "Linear"))]
    assert [(r.output_shape, r.weights + r.biases, r.multiply_adds if r.weights else 0) for r in rows] == [
        (r.shape, r.parameters, r.multiply_adds) for r in plan.rows
    ]
    assert plan.parameters == net.count_parameters()


def test_the_numbers_of_2012():
    assert plots.AlexNetPlan().parameters == 62_378_344
    assert plots.AlexNetPlan(groups=2).parameters == 60_965_224
    assert plots.AlexNetPlan().row("conv1").shape == (96, 55, 55)
    assert "54.25, rounded down 54" in plots.AlexNetPlan(224).sentence("conv1")


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_the_budget_writes_every_row():
    plan = plots.AlexNetPlan()
    figure = plots.alexnet_budget(plan, "fc6")
    assert {f"{row.parameters:,}" for row in plan.rows if row.parameters} <= set(words(figure))
    assert {"96 × 55 × 55", "256 × 6 × 6", "62,378,344"} <= set(words(figure))
    assert "conv1 96 x 55 x 55" in figure.get_label()


def test_the_chart_has_a_bar_for_each_entry():
    figure = plots.error_chart([(2011, "", 25.8, False), (2012, "AlexNet", 16.4, True)])
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == [25.8, 16.4]
    assert {"25.8", "16.4", "2012\nAlexNet"} <= set(words(figure))


def test_the_explorer_follows_its_controls():
    explorer = widgets.AlexNetExplorer()
    before = explorer.view.value
    explorer.image_size.value, explorer.layer.value = 224, "conv1"
    assert explorer.plan.row("conv1").shape == (96, 54, 54)
    assert "54.25" in explorer.sentence.value and explorer.view.value != before
    explorer.groups.value, explorer.image_size.value = 2, 227
    assert "60,965,224" in explorer.static().get_label()
    explorer.width.value = 0.25
    assert explorer.plan.parameters == plots.AlexNetPlan(227, 0.25, 2).parameters
    bundle, metadata = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == metadata["image/png"]["alt"] == explorer.static().get_label()
    assert all(c.description for c in (explorer.image_size, explorer.layer, explorer.width))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: plots.AlexNetPlan(66), ShapeError, "at least 67, got 66"),
        (lambda: plots.AlexNetPlan(groups=3), ArgumentError, "groups must be 1 or 2, got 3"),
        (lambda: plots.AlexNetPlan().row("conv9"), ArgumentError, "no layer 'conv9'; there are conv1"),
        (lambda: plots.alexnet_budget(227), ArgumentError, "expected an AlexNetPlan, got int"),
        (lambda: plots.error_chart([]), ShapeError, "expected entries"),
        (lambda: widgets.AlexNetExplorer(66), ArgumentError, "whole number from 67 to 320, got 66"),
        (lambda: widgets.AlexNetExplorer(width=0.3), ArgumentError, "width must be one of"),
        (lambda: widgets.AlexNetExplorer(layer="x"), ArgumentError, "no layer 'x'"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_the_newest_record_is_found(tmp_path):
    from convlab import records

    for name, value in (
        ("2026-01-02-a-run", 1),
        ("2026-01-02-a-run-2", 2),
        ("2025-12-31-a-run", 3),
        ("2026-02-01-a-run-b", 4),
    ):
        (tmp_path / f"{name}.json").write_text(f'{{"value": {value}}}')
    assert records.newest("a-run", tmp_path) == {"value": 2}
    assert records.newest("another", tmp_path) is None
    assert records.newest("train-lenet5-mnist")["test_accuracy"] > 0.99
    assert np.isfinite(records.newest("train-lenet5-digits")["seconds"])
