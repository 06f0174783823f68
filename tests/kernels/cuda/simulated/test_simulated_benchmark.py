"""`python -m benchmarks.gpu` as far as the simulator goes: every section runs, and nothing is claimed."""

import math

import pytest

from benchmarks import gpu


def test_every_section_runs(capsys):
    assert gpu.main([]) == 0
    printed = capsys.readouterr().out
    assert "simulator" in printed and "checks, float32: " in printed and "training step" in printed


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
    run = gpu.Run(60.0, simulated=True)
    gpu.checks(run)
    assert any(text.startswith("conv2d (float32): relative error") for text in run.failures)


def test_a_section_that_fails_does_not_stop_the_others(monkeypatch, capsys):
    def fails(*arguments):
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(gpu, "checks", fails)
    for section in ("limits", "layers"):
        monkeypatch.setattr(gpu, section, lambda *arguments: None)
    monkeypatch.setattr(gpu, "alexnet", lambda run, torch: print("the last section"))
    assert gpu.main([]) == 1
    printed = capsys.readouterr()
    assert "WRONG: checks: RuntimeError: no such kernel" in printed.out and "the last section" in printed.out
    assert "1 failures; nothing is recorded" in printed.err


def test_a_time_that_was_not_measured_is_no_number():
    assert math.isnan(gpu.milliseconds(gpu.Run(60.0, simulated=True), lambda i: None))
