"""The `convlab` command: what it prints and leaves behind, and how it fails."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import convlab
from convlab.cli import app, lab

runner = CliRunner()


def invoke(*words):
    return runner.invoke(app, list(words))


@pytest.fixture
def small_set(tmp_path):
    """Two classes that a glance tells apart: bright on the left, bright on the right."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 60), ("test", 20)):
        labels = np.arange(count) % 2
        images = rng.integers(0, 80, (count, 32, 32), dtype=np.uint8)
        for image, label in zip(images, labels):
            image[:, 16 * label : 16 * label + 16] += 150
        arrays |= {f"x_{split}": images, f"y_{split}": labels}
    path = tmp_path / "halves.npz"
    np.savez(path, **arrays)
    return path


def test_train_leaves_a_whole_run_folder_and_ends_with_the_accuracy(tmp_path, small_set):
    out = tmp_path / "run"
    result = invoke("train", "lenet5", "--data", str(small_set), "--epochs", "2", "--out", str(out))
    assert result.exit_code == 0, result.output
    last = result.stdout.strip().splitlines()[-1]
    assert last == "test accuracy 1.0000"
    assert {path.name for path in out.iterdir()} == {
        "checkpoint.safetensors", "config.json", "confusion_matrix.png", "environment.json", "filters.png", "history.csv",
        "learning_curve.png", "result.json", "weights.safetensors",
    }  # fmt: skip
    rows = list(csv.DictReader(out.joinpath("history.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    net = convlab.models.create("lenet5", num_classes=2)
    net.load_state_dict(convlab.load(out / "weights.safetensors"))


def test_train_resumes_to_the_same_weights(tmp_path, small_set):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    common = ("train", "lenet5", "--data", str(small_set), "--seed", "3", "--quiet")
    assert invoke(*common, "--epochs", "2", "--out", str(whole)).exit_code == 0
    assert invoke(*common, "--epochs", "2", "--out", str(broken)).exit_code == 0
    again = invoke(*common, "--epochs", "2", "--out", str(broken), "--resume")
    assert again.exit_code == 0, again.output
    first, second = (convlab.load(folder / "weights.safetensors") for folder in (whole, broken))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_train_prints_json(tmp_path, small_set):
    result = invoke(
        "train", "lenet5", "--data", str(small_set), "--epochs", "1", "--out", str(tmp_path / "run"), "--json"
    )
    answer = json.loads(result.stdout)
    assert answer["epochs"] == 1 and answer["seed"] == 0 and 0 <= answer["test_accuracy"] <= 1


def test_runs_are_listed_compared_and_drawn(tmp_path, small_set, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    assert "no runs in runs yet" in invoke("runs").stdout
    for lr in ("0.001", "0.003"):
        command = ("train", "lenet5", "--data", "halves.npz", "--epochs", "1", "--lr", lr, "--quiet")
        assert invoke(*command).exit_code == 0
    lines = invoke("runs").stdout.splitlines()
    assert lines[0].split() == [
        "run", "network", "data", "recipe", "seed", "epochs", "best", "held-out", "test", "seconds", "state",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[1:]] == ["lenet5-halves-1", "lenet5-halves-2"]
    compared = invoke("runs", "runs/lenet5-halves-1", "runs/lenet5-halves-2", "--plot", "curves.png")
    assert compared.exit_code == 0, compared.output
    assert ["lr", "0.001", "0.003"] in [line.split() for line in compared.stdout.splitlines()]
    assert (tmp_path / "curves.png").stat().st_size > 5000
    answer = json.loads(invoke("runs", "runs/lenet5-halves-1", "runs/lenet5-halves-2", "--json").stdout)
    assert answer["differences"] == {"lr": [0.001, 0.003]} and len(answer["runs"]) == 2
    (tmp_path / "runs" / "lenet5-halves-2" / "history.csv").write_text("nonsense")
    assert "cannot be read" in invoke("runs").stdout
    wrong = invoke("runs", "runs/lenet5-halves-1", "--plot", "curves.nonsense")
    assert wrong.exit_code == 2 and "cannot write curves.nonsense" in wrong.stderr


def test_a_loss_that_is_no_number_ends_with_a_line_and_exit_code_1(tmp_path, small_set):
    out = tmp_path / "run"
    command = ("train", "lenet5", "--data", str(small_set), "--out", str(out), "--optimizer", "sgd", "--quiet")
    with np.errstate(all="ignore"):
        result = invoke(*command, "--lr", "1e9", "--batch-size", "4")
    assert result.exit_code == 1
    assert result.stderr.startswith("convlab: fit: the loss is ") and "likely cause: " in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert json.loads((out / "result.json").read_text()) == {"state": "diverged", "epochs": 0}


def test_record_writes_a_dated_file(tmp_path, small_set, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    command = ("train", "lenet5", "--data", "halves.npz", "--epochs", "1", "--runs", "2", "--record", "--quiet")
    result = invoke(*command)
    assert result.exit_code == 0, result.output
    ensemble, mean = result.stdout.strip().splitlines()
    assert mean.endswith("(mean of 2 runs)") and ensemble.startswith("ensemble of 2: test accuracy ")
    (path,) = (tmp_path / "benchmarks" / "results").glob("*.json")
    record = json.loads(path.read_text())
    beside = {file.name for file in path.parent.iterdir()} - {path.name}
    assert (
        beside
        == set(record["pictures"])
        == {f"{path.stem}-{name}.png" for name in ("learning-curve", "confusion-matrix", "filters")}
    )
    assert record["mirror"] is False and record["epoch"] == "the last" and 0 <= record["test_accuracy_ensemble"] <= 1
    assert [run["seed"] for run in record["runs"]] == [0, 1]
    assert record["test_accuracy"] == np.mean([run["test_accuracy"] for run in record["runs"]])
    assert (
        record["machine"]["cores"] >= 1 and record["versions"]["numba"] and len(record["runs"][0]["val_accuracy"]) == 1
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "lenet6"], "there is no network 'lenet6'"),
        (["train", "lenet5", "--variant", "2020"], "variant must be one of 'modern', '1998'"),
        (["train", "lenet5", "--data", "nowhere"], "no data set 'nowhere'"),
        (["train", "lenet5", "--device", "cuda"], "no GPU can be used: "),
        (["train", "lenet5", "--device", "tpu"], "device must be 'cpu' or 'cuda'"),
        (["train", "lenet5", "--resume"], "--resume needs --out"),
        (["train", "lenet5", "--resume", "--out", "."], "not a run folder"),
        (["train", "lenet5", "--threads", "4096"], "set_threads: n must be an int from 1"),
        (["train", "lenet5", "--runs", "2", "--out", "x"], "leave out --out"),
        (["train", "lenet5", "--recipe", "1998"], "there is no recipe '1998'; there are adam, 2012, modern"),
        (["train", "lenet5", "--optimizer", "lion"], "optimizer must be one of sgd, adam, got 'lion'"),
        (["train", "lenet5", "--lr", "-1"], "lr must be at least 0, got -1"),
        (["train", "lenet5", "--option", "width"], "--option must be NAME=VALUE, such as width=0.25, got 'width'"),
        (["train", "lenet5", "--option", "width=2"], "unexpected keyword argument 'width'"),
        (["train", "lenet5", "--size", "20"], "lenet5 does not take images of 20x20"),
        (["train", "lenet5", "--test-split", "val"], "digits has no split 'val'"),
        (["train", "lenet5", "--weights", "none.safetensors"], "cannot read none.safetensors: there is no such file"),
        (["train", "alexnet"], "the images of digits are 32x32 and alexnet takes 227x227"),
        (["runs"], "there is no folder runs here; `convlab train` makes it"),
        (["runs", "nowhere"], "there is no readable config.json in nowhere; it is not a run folder"),
        (["summary", "lenet6"], "there is no network 'lenet6'"),
        (["summary", "lenet5", "--input", "big"], "must be sizes like 1x32x32"),
        (["summary", "lenet5", "--input", "3x32x32"], "x has 3 channels but w expects 1"),
        (["summary", "lenet5", "--input", "1x8x8"], "window"),
        (["data", "show", "nowhere"], "no data set 'nowhere'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.output


def test_out_that_holds_something_is_left_alone(tmp_path, small_set):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    result = invoke("train", "lenet5", "--data", str(small_set), "--out", str(tmp_path / "run"))
    assert result.exit_code == 2 and "exists and is not empty" in result.stderr
    assert (tmp_path / "run" / "thesis.txt").read_text() == "mine"


def test_summary_prints_the_table_and_json():
    text = invoke("summary", "lenet5").stdout
    assert "61,706 parameters" in text and "6 x 28 x 28" in text
    answer = json.loads(invoke("summary", "lenet5", "--variant", "1998", "--json").stdout)
    assert answer["total"]["parameters"] == 60_000


def test_doctor_says_what_works():
    found = json.loads(invoke("doctor", "--json").stdout)
    assert found["kernels"] == "compile and run"
    assert found["convlab"] == convlab.__version__
    assert "GPU" in found["cuda"]
    assert "threading layer" in invoke("doctor").stdout


COMMANDS = ["train", "runs", "summary", "doctor", "lab", "data", "build-exercises", "check", "grade"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    result = invoke(command, "--help")
    assert result.exit_code == 0 and "Usage" in result.stdout


def test_the_installed_command_runs_and_help_loads_no_numba(tmp_path):
    code = (
        "import sys; sys.argv = ['convlab', '--version']\n"
        "from convlab.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'numba', 'matplotlib', 'sklearn'} & sys.modules.keys()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"convlab {convlab.__version__}"


def test_the_package_runs_as_the_command():
    done = subprocess.run([sys.executable, "-m", "convlab", "--version"], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == f"convlab {convlab.__version__}", done.stderr


@pytest.mark.parametrize("option", ["--ServerApp.ip=0.0.0.0", "--ip=0.0.0.0", "--debug"])
def test_lab_listens_where_it_is_told_to_and_else_to_this_machine_only(option, tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(
        lab.subprocess, "run", lambda command, **_: commands.append(command) or subprocess.CompletedProcess(command, 0)
    )
    monkeypatch.setenv("CONVLAB_PROGRESS", str(tmp_path / "progress.json"))
    assert invoke("lab", str(tmp_path / "course"), "--", option).exit_code == 0
    given = [word for word in commands[0] if ".ip=" in word or "--ip=" in word]
    assert given == (["--ServerApp.ip=127.0.0.1"] if option == "--debug" else [option])
    assert option in commands[0]


def test_lab_draws_the_progress_and_brings_its_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVLAB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "mine"))
    result = invoke("lab", str(tmp_path / "course"), "--no-start")
    assert "next: " in result.stdout and (tmp_path / "course" / "notebooks" / "progress.svg").read_text().startswith(
        "<svg"
    )

    environment = lab.environment()
    own, mine = environment["JUPYTER_PATH"].split(os.pathsep)
    assert mine == str(tmp_path / "mine")  # the learner's own folders are searched as well
    settings = json.loads((Path(own) / "labconfig" / "default_setting_overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    package = json.loads((Path(own) / "labextensions" / "convlab-alt-texts" / "package.json").read_text())
    assert (Path(own) / "labextensions" / "convlab-alt-texts" / package["jupyterlab"]["_build"]["load"]).is_file()
