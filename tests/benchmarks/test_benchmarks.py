"""The measuring works: engines agree on what they compute, answer over their pipe, and rows add up. No time is judged."""

import json
import subprocess
import sys

import numpy as np
import pytest
from child_process import ROOT
from typer.testing import CliRunner

from benchmarks import conv, training
from convlab import nn
from convlab.bench import cases, engines, steps
from convlab.bench.processes import Engine, EngineError, available, closing
from convlab.cli import app

TINY = cases.Conv("test", "3x3", 2, 3, 9, 5, 3, 1, 1)
STRIDED = cases.Conv("test", "strided", 2, 4, 11, 6, 3, 2, 1, 2)


# ------------------------------------------------------------------------------------------------ cases
def test_the_set_that_counts_has_every_layer_once():
    names = [cases.name_of(case) for case in cases.SET]
    assert len(set(names)) == len(names) == 32
    assert sum(len(case.passes) for case in cases.SET) == 92
    assert {case.network for case in cases.SET} == {"LeNet-5", "AlexNet", "VGG-16", "ResNet-18", "linear"}


@pytest.mark.parametrize("case", cases.SET + cases.OTHERS, ids=cases.name_of)
def test_sizes_are_those_of_the_layer(case):
    if isinstance(case, cases.Linear):
        assert case.flops == 2 * case.batch * case.in_features * case.out_features
        return
    layer = nn.Conv2d(
        case.in_channels, case.out_channels, case.kernel, case.stride, case.padding, case.dilation, case.groups
    )
    assert (case.batch, *layer.output_shape(case.x_shape[1:])) == case.y_shape
    assert layer.weight.data.shape == case.w_shape
    assert case.flops == 2 * np.prod(case.y_shape) * np.prod(case.w_shape[1:])


# ------------------------------------------------------------------------------------------------ engines
@pytest.mark.parametrize("case", [TINY, STRIDED, cases.Linear("test", "linear", 3, 20, 7)], ids=cases.name_of)
@pytest.mark.parametrize("name", ["im2col", "scipy", "torch"])
def test_engines_compute_the_same(name, case):
    if name == "torch":
        pytest.importorskip("torch")
    ours, theirs = engines.convlab(case), engines.ENGINES[name](case)
    assert set(ours) == set(cases.PASSES)
    assert set(theirs) <= set(ours)
    for which, function in theirs.items():
        np.testing.assert_allclose(np.asarray(function()), ours[which](), rtol=1e-4, atol=1e-4)


def test_a_case_goes_through_the_pipe_and_comes_out_as_a_row():
    with closing(available(["convlab", "im2col"], {})) as (found, versions):
        assert versions["im2col"] == np.__version__
        measured = conv.measure(found, [TINY], rounds=1, seconds=0.001)
    rows = conv.summarize(measured, rival="im2col")
    assert [(row["case"], row["pass"]) for row in rows] == [("test 3x3", which) for which in cases.PASSES]
    assert measured["limit"] > 0
    for row in rows[:2]:
        assert row["ratio"] == pytest.approx(row["ms"]["im2col"] / row["ms"]["convlab"])
        assert row["gflops"] == pytest.approx(TINY.flops / row["ms"]["convlab"] / 1e6)
        assert row["of_limit"] == pytest.approx(row["gflops"] / measured["limit"])
    assert "ratio" not in rows[2]  # im2col has no gradient by the input
    json.dumps(rows)


def test_an_engine_that_ends_is_an_error_of_one_line():
    with Engine("im2col") as engine, pytest.raises(EngineError, match=r"^im2col ended while it ran step: "):
        engine.ask("step", network="lenet5", batch=1, threads=1, seconds=0)
    with pytest.raises(EngineError, match=r"^torch: cannot start nowhere: "):
        Engine("torch", "nowhere")


def test_a_library_that_is_missing_is_left_out(tmp_path):
    """An interpreter without site-packages has no SciPy."""
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "print(\'{{\\"missing\\": \\"scipy\\"}}\')"\n')
    bare.chmod(0o755)
    with closing(available(["im2col", "scipy"], {"scipy": str(bare)})) as (found, versions):
        assert [engine.name for engine in found] == ["im2col"]
        assert versions["scipy"] == "not installed"


# ------------------------------------------------------------------------------------------------ training
def test_an_epoch_learns(tmp_path):
    path = tmp_path / "digits.npz"
    rng = np.random.default_rng(0)
    labels = np.arange(480) % 2
    images = rng.integers(0, 60, (480, 1, 32, 32), dtype=np.uint8)
    images[labels == 1, :, :16] += 150
    np.savez(path, images=images, labels=labels)
    found = steps.epoch("convlab", str(path), 16, 1)
    assert found["images"] == 480 and found["seconds"] > 0
    assert found["last_loss"] < 0.5 < found["first_loss"]


def test_networks_are_as_large_as_those_of_pytorch():
    torch = pytest.importorskip("torch")
    for network, build in steps.TORCH_MODELS.items():
        theirs = sum(p.numel() for p in build(torch.nn).parameters())
        assert theirs == steps.ConvlabTraining(network, 1).parameters


def test_the_better_number_of_threads_is_judged():
    times = {"convlab": {1: [3.0, 3.0, 3.0], 2: [2.0, 1.0, 2.0]}, "torch": {1: [4.0, 5.0, 9.0], 2: [6.0, 6.0, 6.0]}}
    (row,) = training.summarize({"a step": times})
    assert row["threads"] == {"convlab": 2, "torch": 1}
    assert row["seconds"] == {"convlab": 2.0, "torch": 5.0}
    assert row["ratios"] == [2.0, 5.0, 4.5] and row["ratio"] == 4.5


def test_digits_come_in_the_size_that_lenet5_takes(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVLAB_DATA", str(tmp_path))
    name, path = training.digit_images(tmp_path, 2000)
    with np.load(path) as file:
        assert file["images"].shape == (2000, 1, 32, 32) and file["images"].dtype == np.uint8
        assert set(file["labels"]) == set(range(10))
    assert name in ("digits", "mnist")


def test_training_says_what_parts_there_are():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training", "stepps"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("there is no part stepps; there are steps, epoch, memory, start")


# ------------------------------------------------------------------------------------------------ the command
def test_bench_prints_json(monkeypatch):
    monkeypatch.setattr("convlab.cli.bench.LAYERS", ("LeNet-5 C3",))
    result = CliRunner().invoke(app, ["bench", "--alone", "--seconds", "0.01", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [row["what"] for row in found["rows"]] == [
        *(f"LeNet-5 C3, {which}" for which in cases.PASSES), "LeNet-5 training step, batch 64",
    ]  # fmt: skip
    assert found["limit_gflops"] > 0 and all(row["ms"]["convlab"] > 0 for row in found["rows"])


def test_bench_refuses_no_time_at_all():
    result = CliRunner().invoke(app, ["bench", "--seconds", "0"])
    assert result.exit_code == 2
    assert "--seconds" in result.output and "Traceback" not in result.output
