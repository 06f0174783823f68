"""`python -m benchmarks.gpu` as far as the simulator goes: every section runs, and nothing is claimed."""

import math

import pytest

from benchmarks import gpu


def test_every_section_runs(capsys):
    assert gpu.main([]) == 0
    printed = capsys.readouterr().out
    assert "simulator" in printed and "checks: " in printed and "training step" in printed


def test_the_simulator_gives_no_record(monkeypatch, tmp_path):
    for section in ("checks", "limits", "layers", "alexnet"):
        monkeypatch.setattr(gpu, section, lambda *arguments: None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="no speed"):
        gpu.main(["--record"])
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_kernel_is_found(monkeypatch):
    wrong = gpu.relative_error
    monkeypatch.setattr(gpu, "relative_error", lambda got, expected: wrong(got * 1.001, expected))
    with pytest.raises(SystemExit, match="wrong on this GPU: conv2d"):
        gpu.checks(gpu.Run(60.0, simulated=True))


def test_a_time_that_was_not_measured_is_no_number():
    assert math.isnan(gpu.milliseconds(gpu.Run(60.0, simulated=True), lambda i: None))
