"""Training: it learns, it repeats itself, it goes on where it stopped, bit for bit, whatever stopped it."""

import csv
import io
import math
import re
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from child_process import BECOME_NOBODY, posix, read_only_folder, run_python, start_python

from convlab import checkpoint, load, nn, optim, save, set_threads, training
from convlab.data import Loader
from convlab.data.augment import Shift
from convlab.errors import ArgumentError, CheckpointError, ConvlabError, DataError, ShapeError, StateError
from convlab.jit import get_threads


def halves(count=40, seed=0):
    "images (N, 1, 6, 6) that are brighter on the left (0) or on the right (1), a little noise over them"
    rng, labels = np.random.default_rng(seed), np.arange(count) % 2
    x = rng.normal(0, 0.5, (count, 1, 6, 6))
    for image, label in zip(x, labels):
        image[:, :, 3 * label : 3 * label + 3] += 1
    return x.astype(np.float32), labels


def network(seed=1):
    nn.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2), nn.Linear(32, 2)
    )


def setup(kind="sgd", schedule="plateau", patience=None):
    "everything that has a state: momentum, running statistics, masks, augmentation, a schedule that acts"
    model = network()
    if kind == "sgd":
        optimizer = optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=1e-3)
    else:
        optimizer = optim.Adam(model.parameters(), 0.01)
    schedules = {
        "plateau": lambda: optim.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.95),
        "step": lambda: optim.StepLR(optimizer, 2, 0.5),
        "cosine": lambda: optim.CosineAnnealingLR(optimizer, 4),
        None: lambda: None,
    }
    train = Loader(halves(), batch_size=16, seed=3, augment=Shift(1))
    return {
        "model": model, "train": train, "val": halves(10, seed=1), "optimizer": optimizer,
        "schedule": schedules[schedule](), "patience": patience, "progress": False,
    }  # fmt: skip


def fit(parts, **options):
    return training.fit(**{**parts, **options})


def everything(parts, history):
    "all that two equal trainings share: weights, running statistics, optimiser, schedule, history but for the time"
    optimizer = {k: getattr(v, "tobytes", lambda v=v: v)() for k, v in parts["optimizer"].state_dict().items()}
    schedule = parts["schedule"] and parts["schedule"].state_dict()
    columns = {
        name: getattr(history, name).tobytes()
        for name in ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr")
    }
    return {name: a.tobytes() for name, a in parts["model"].state_dict().items()}, optimizer, schedule, columns


def stored(folder):
    "what is in a checkpoint, but for the time it took"
    arrays, metadata = checkpoint.load_with_metadata(folder / training.CHECKPOINT)
    for epoch in metadata["history"]:
        del epoch["seconds"]
    return {name: array.tobytes() for name, array in arrays.items()}, metadata


# ------------------------------------------------------------------------------------------------ learning
def test_it_learns():
    parts = setup(schedule="cosine")
    history = fit(parts, epochs=6)
    assert len(history) == 6 and history.loss[-1] < 0.5 * history.loss[0]
    assert history.val_accuracy[-1] == 1
    assert training.evaluate(parts["model"], [halves(200, seed=2)])[1] > 0.95
    assert not history.interrupted and not history.stopped_early


def test_history_holds_what_happened():
    parts = setup(schedule="step")
    history = fit(parts, epochs=4)
    np.testing.assert_array_equal(history.epoch, [1, 2, 3, 4])
    np.testing.assert_allclose(history.lr, [0.05, 0.05, 0.025, 0.025])
    assert (history.seconds > 0).all()
    loss, accuracy = training.evaluate(parts["model"], [parts["val"]])
    assert history.val_loss[-1] == loss and history.val_accuracy[-1] == accuracy
    with pytest.raises(AttributeError, match="History has no column 'f1'"):
        _ = history.f1


def test_the_loss_of_an_epoch_is_the_mean_over_its_samples():
    # nothing is learnt at rate 0, so the epoch's mean is that of the whole set, ragged last batch and all
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 2))
    x, labels = halves(21)
    train, optimizer = Loader((x, labels), batch_size=8), optim.SGD(model.parameters(), 0)
    history = training.fit(model, train, optimizer=optimizer, epochs=1, progress=False)
    loss, accuracy = training.evaluate(model, [(x, labels)])
    assert history.loss[0] == pytest.approx(loss) and history.accuracy[0] == pytest.approx(accuracy)
    assert math.isnan(history.val_loss[0]) and math.isnan(history.val_accuracy[0])


def test_data_may_be_arrays_batches_or_a_loader():
    x, labels = halves(24)
    for train in ((x, labels), [(x[:12], labels[:12]), (x[12:], labels[12:])], Loader((x, labels), batch_size=5)):
        model = network()
        history = training.fit(
            model, train, train, optimizer=optim.SGD(model.parameters(), 0.1), epochs=2, progress=False
        )
        assert history.loss[1] < history.loss[0] and np.isfinite(history.val_loss).all()


def test_another_loss_takes_the_place_of_cross_entropy():
    class Single(nn.MSELoss):
        "gives a NumPy number, as a loss of one's own may"

        def __call__(self, output, labels):
            return np.float32(super().__call__(output, np.eye(2, dtype=np.float32)[labels]))

    model = network()
    history = training.fit(
        model,
        halves(),
        halves(10),
        optimizer=optim.SGD(model.parameters(), 0.1),
        epochs=5,
        loss=Single(),
        progress=False,
    )
    assert history.loss[-1] < history.loss[0] < 1 and history.val_accuracy[-1] > 0.8


def test_no_epochs_change_nothing(tmp_path):
    parts = setup()
    before = everything(parts, training.History())
    history = fit(parts, epochs=0, out=tmp_path / "run")
    assert everything(parts, history) == before
    assert (tmp_path / "run" / training.CHECKPOINT).exists()


# ------------------------------------------------------------------------------------------------ repeating
def test_seeds_repeat_a_training():
    def run(seed):
        parts = setup()
        np.random.default_rng().random()
        return everything(parts, fit(parts, train=halves(), epochs=2, seed=seed))

    assert run(0) == run(0)
    assert run(0) != run(1)


def test_the_number_of_threads_changes_nothing():
    before, results = get_threads(), []
    try:
        for threads in (1, before):
            set_threads(threads)
            parts = setup()
            results.append(everything(parts, fit(parts, epochs=2)))
    finally:
        set_threads(before)
    assert results[0] == results[1]


# ------------------------------------------------------------------------------------------------ going on
@pytest.mark.parametrize("kind, schedule", [("sgd", "plateau"), ("adam", "cosine"), ("sgd", "step"), ("adam", None)])
def test_resumed_after_any_epoch_it_ends_the_same(tmp_path, kind, schedule):
    whole = setup(kind, schedule)
    expected = everything(whole, fit(whole, epochs=4, out=tmp_path / "whole"))
    for stop in range(5):
        out = tmp_path / str(stop)
        fit(setup(kind, schedule), epochs=stop, out=out)
        parts = setup(kind, schedule)
        nn.manual_seed(99)  # other first weights, another state of the random numbers: all comes from the checkpoint
        parts["model"].load_state_dict({n: a * 0 + 0.1 for n, a in parts["model"].state_dict().items()})
        history = fit(parts, epochs=4, out=out, resume=True)
        assert everything(parts, history) == expected, stop
        assert stored(out) == stored(tmp_path / "whole")


def test_the_plateau_schedule_acted():
    # or the test above would show less than it says
    assert len(set(fit(setup(), epochs=4).lr)) > 1


def opposite():
    "a validation set whose labels are turned round: the better the training, the worse its loss"
    x, labels = halves(10, seed=1)
    return x, 1 - labels


def test_patience_takes_back_the_best_weights(tmp_path):
    parts = setup(patience=2, schedule=None) | {"val": opposite()}
    history = fit(parts, epochs=20, out=tmp_path)
    best = int(history.val_loss.argmin())
    assert history.stopped_early and len(history) == best + 1 + 2 < 20
    other = setup(schedule=None) | {"val": opposite()}
    fit(other, epochs=best + 1)
    for name, array in parts["model"].state_dict().items():
        np.testing.assert_array_equal(array, other["model"].state_dict()[name])


def test_patience_survives_a_break(tmp_path):
    def parts():
        return setup(patience=3, schedule=None) | {"val": opposite()}

    whole = parts()
    expected = everything(whole, fit(whole, epochs=20, out=tmp_path / "whole"))
    last = len(load_history(tmp_path / "whole"))
    for stop in range(1, last + 1):
        out = tmp_path / str(stop)
        fit(parts(), epochs=stop, out=out)
        again = parts()
        history = fit(again, epochs=20, out=out, resume=True)
        assert history.stopped_early and everything(again, history) == expected, stop


def test_more_patience_lets_a_stopped_training_go_on(tmp_path):
    parts = setup(patience=1, schedule=None) | {"val": opposite()}
    stopped = len(fit(parts, epochs=20, out=tmp_path))
    for patience, epochs in ((1, stopped), (3, stopped + 2), (None, stopped + 3)):
        again = setup(patience=patience, schedule=None) | {"val": opposite()}
        assert len(fit(again, epochs=stopped + 3, out=tmp_path, resume=True)) == epochs


def load_history(folder):
    with open(folder / training.HISTORY, newline="") as file:
        return list(csv.DictReader(file))


def test_history_file(tmp_path):
    history = fit(setup(), epochs=3, out=tmp_path)
    rows = load_history(tmp_path)
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr", "seconds"]
    assert [float(row["loss"]) for row in rows] == history.loss.tolist()
    (tmp_path / training.HISTORY).unlink()  # a kill may come between the two files
    fit(setup(), epochs=3, out=tmp_path, resume=True)
    assert load_history(tmp_path) == rows
    history.to_csv(tmp_path / training.HISTORY)
    assert [row["lr"] for row in load_history(tmp_path)] == [row["lr"] for row in rows]


# ------------------------------------------------------------------------------------------------ Ctrl-C
class Interrupting:
    "a loader during which Ctrl-C is pressed"

    def __init__(self, inner, epoch, batch):
        self.inner, self.at = inner, (epoch, batch)

    def batches(self, epoch):
        for number, batch in enumerate(self.inner.batches(epoch)):
            if (epoch, number) == self.at:
                raise KeyboardInterrupt
            yield batch

    def __iter__(self):
        return self.batches(0)


@pytest.mark.parametrize("epoch, batch", [(0, 0), (0, 2), (1, 0), (2, 1)])
def test_ctrl_c_keeps_the_last_whole_epoch(tmp_path, epoch, batch):
    whole = setup()
    expected = everything(whole, fit(whole, epochs=3))
    parts = setup()
    history = fit(parts, train=Interrupting(parts["train"], epoch, batch), epochs=3, out=tmp_path)
    assert history.interrupted and len(history) == epoch
    assert len(load_history(tmp_path)) == epoch
    again = setup()
    history = fit(again, epochs=3, out=tmp_path, resume=True)
    assert not history.interrupted
    assert everything(again, history) == expected


def test_ctrl_c_while_the_checkpoint_is_written(tmp_path, monkeypatch):
    whole = setup()
    expected = everything(whole, fit(whole, epochs=3))
    real, calls = checkpoint.save, []

    def save_until(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(*args, **kwargs)

    monkeypatch.setattr(checkpoint, "save", save_until)
    assert fit(setup(), epochs=3, out=tmp_path).interrupted
    monkeypatch.undo()
    again = setup()
    assert everything(again, fit(again, epochs=3, out=tmp_path, resume=True)) == expected


LONG = """
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from test_training import fit, setup
    out, epochs = Path(sys.argv[2]), int(sys.argv[3])
    history = fit(setup(), epochs=epochs, out=out, resume=(out / "checkpoint.safetensors").exists(), progress=True)
    print(len(history), history.interrupted)
"""
HERE = Path(__file__).parent


def wait_for_epochs(process, count):
    "until so many lines of epochs have been printed"
    for _ in range(count):
        line = process.stderr.readline()
        assert line.startswith("epoch "), line + process.stderr.read()


@posix
def test_a_real_ctrl_c(tmp_path):
    with start_python(LONG, HERE, tmp_path, 1_000_000) as process:
        wait_for_epochs(process, 2)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 0 and "Traceback" not in errors
    epochs, interrupted = output.split()
    assert interrupted == "True" and int(epochs) >= 2
    metadata = stored(tmp_path)[1]
    assert int(epochs) - 1 <= len(metadata["history"]) <= int(epochs)
    parts = setup()
    assert len(fit(parts, epochs=int(epochs) + 1, out=tmp_path, resume=True)) == int(epochs) + 1


@posix
def test_killed_again_and_again_it_ends_the_same(tmp_path):
    rng, done = np.random.default_rng(0), 0
    for _ in range(4):
        with start_python(LONG, HERE, tmp_path, 1_000_000) as process:
            wait_for_epochs(process, 2)
            time.sleep(rng.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
        history = stored(tmp_path)[1]["history"]
        assert len(history) > done and [epoch["epoch"] for epoch in history] == list(range(1, len(history) + 1))
        done = len(history)
    whole, again = setup(), setup()
    expected = everything(whole, fit(whole, epochs=done + 1))
    assert everything(again, fit(again, epochs=done + 1, out=tmp_path, resume=True)) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == [training.CHECKPOINT, training.HISTORY]


# ------------------------------------------------------------------------------------------------ full disks, bad files
def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    whole = setup()
    expected = everything(whole, fit(whole, epochs=3))
    real, calls = type(tmp_path).write_bytes, []

    def write(self, data):
        calls.append(1)
        if len(calls) == 3:
            real(self, data[:1000])
            raise OSError(28, "No space left on device")
        real(self, data)

    monkeypatch.setattr(type(tmp_path), "write_bytes", write)
    message = r"^cannot write .*checkpoint.safetensors: No space left on device; the file that was there is untouched$"
    with pytest.raises(CheckpointError, match=message):
        fit(setup(), epochs=3, out=tmp_path)
    monkeypatch.undo()
    assert len(stored(tmp_path)[1]["history"]) == 1
    again = setup()
    assert everything(again, fit(again, epochs=3, out=tmp_path, resume=True)) == expected


@posix
def test_a_run_folder_that_may_not_be_written_to():
    script = f"""
import sys
sys.path.insert(0, sys.argv[1])
import safetensors.numpy
import numpy as np
from convlab import nn, optim, training
import convlab.data
model = nn.Linear(2, 2)
{BECOME_NOBODY}
for out in sys.argv[2:]:
    try:
        training.fit(model, [], optimizer=optim.SGD(model.parameters(), 0.1), epochs=1, out=out, progress=False)
    except OSError as error:
        print(type(error).__name__, error)
"""
    with read_only_folder() as folder:
        lines = run_python(script, HERE, folder, folder / "new").stdout.splitlines()
        assert lines == [
            f"CheckpointError cannot write {folder}/checkpoint.safetensors: Permission denied; nothing was left behind",
            f"CheckpointError fit: cannot make the folder {folder}/new: Permission denied",
        ]
        assert list(folder.iterdir()) == []


def test_a_run_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("here")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(CheckpointError, match=r"^fit: cannot make the folder .*: (File exists|Not a directory)$"):
            fit(setup(), epochs=1, out=out)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    fit(setup(patience=5), epochs=2, out=folder)
    return (folder / training.CHECKPOINT).read_bytes()


def resume_from(folder, data, **changes):
    "a resumed training must fail in one line and leave model, optimiser and file as they were"
    (folder / training.CHECKPOINT).write_bytes(data)
    parts = {**setup(patience=5), **changes}
    before = everything(parts, training.History())
    with pytest.raises(CheckpointError) as caught:
        fit(parts, epochs=3, out=folder, resume=True)
    assert everything(parts, training.History()) == before
    assert (folder / training.CHECKPOINT).read_bytes() == data
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)
    return str(caught.value)


def test_damaged_checkpoints(tmp_path, trained):
    rng = np.random.default_rng(0)
    for length in rng.integers(0, len(trained), 40):
        resume_from(tmp_path, trained[:length])
    for place in rng.integers(16, len(trained), 60):
        data = bytearray(trained)
        data[place] ^= 0x55
        assert "it is damaged or not a safetensors file" in resume_from(tmp_path, bytes(data))


def test_checkpoints_of_other_trainings(tmp_path, trained):
    path = tmp_path / training.CHECKPOINT
    start = f"fit: cannot resume from {path}: "
    assert resume_from(tmp_path, trained, seed=7) == start + "the seed was 0, now it is 7"

    adam = setup("adam", patience=5)
    assert resume_from(tmp_path, trained, **adam) == start + "the optimiser was SGD, now it is Adam"
    cosine = setup(schedule="cosine", patience=5)
    assert (
        resume_from(tmp_path, trained, **cosine)
        == start + "the schedule was ReduceLROnPlateau, now it is CosineAnnealingLR"
    )
    none = setup(schedule=None, patience=5)
    assert resume_from(tmp_path, trained, **none) == start + "the schedule was ReduceLROnPlateau, now it is None"

    other = nn.Sequential(nn.Flatten(), nn.Linear(36, 2))
    optimizer = optim.SGD(other.parameters(), 0.1)
    changes = {"model": other, "optimizer": optimizer, "schedule": optim.ReduceLROnPlateau(optimizer)}
    message = (
        f"fit: {path} does not belong to this training: load_state_dict: this is the state of another network: it "
    )
    assert resume_from(tmp_path, trained, **changes).startswith(message)

    partly = setup(patience=5)
    partly["optimizer"] = optim.SGD(partly["model"].parameters()[:2], 0.1)
    partly["schedule"] = optim.ReduceLROnPlateau(partly["optimizer"])
    assert "SGD.load_state_dict: this is the state of another optimiser or network" in resume_from(
        tmp_path, trained, **partly
    )


def test_files_that_hold_no_training(tmp_path):
    path = tmp_path / training.CHECKPOINT
    save(path, network().state_dict())
    assert resume_from(tmp_path, path.read_bytes()) == (
        f"fit: {path} holds weights but no training; load them with model.load_state_dict"
    )
    almost = {"seed": 0, "optimizer": "SGD", "schedule": ["ReduceLROnPlateau", {}], "history": [{}], "best": [1, 2]}
    for metadata in ({}, {"history": 3}, almost):
        save(path, network().state_dict(), metadata=metadata)
        assert resume_from(tmp_path, path.read_bytes()).startswith(f"fit: {path} does not belong to this training: ")


def test_a_run_folder_is_never_overwritten(tmp_path):
    fit(setup(), epochs=1, out=tmp_path)
    before = (tmp_path / training.CHECKPOINT).read_bytes()
    message = rf"^fit: {re.escape(str(tmp_path))} holds a training already; resume=True goes on with it, another out "
    with pytest.raises(CheckpointError, match=message):
        fit(setup(), epochs=1, out=tmp_path)
    assert (tmp_path / training.CHECKPOINT).read_bytes() == before
    with pytest.raises(
        CheckpointError, match=r"^fit: there is no checkpoint.safetensors in .*; leave out resume to start"
    ):
        fit(setup(), epochs=1, out=tmp_path / "none", resume=True)
    assert not (tmp_path / "none").exists()


# ------------------------------------------------------------------------------------------------ bad arguments
@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"epochs": -1}, ArgumentError, r"^fit: epochs must be at least 0, got -1$"),
        ({"epochs": 2.0}, ArgumentError, r"^fit: epochs must be an int, got 2\.0$"),
        ({"seed": "a"}, ArgumentError, r"^fit: seed must be an int, got 'a'$"),
        ({"seed": -1}, ArgumentError, r"^fit: seed must be at least 0, got -1$"),
        ({"patience": 0}, ArgumentError, r"^fit: patience must be at least 1, got 0$"),
        ({"train": None}, ArgumentError, r"^fit: train must be a convlab.data.Loader, a pair \(images, labels\) or a list of"),
        ({"train": iter([halves()])}, ArgumentError, r"^fit: train must be .* got list_iterator$"),
        ({"val": 3}, ArgumentError, r"^fit: val must be .* got int$"),
        ({"train": []}, DataError, r"^fit: train holds no batch"),
        ({"val": []}, ShapeError, r"^predict: data holds no batch$"),
        ({"device": "tpu"}, ConvlabError, r"^\w+: expected 'cpu', 'cuda'.* got 'tpu'$"),
        ({"resume": True}, ArgumentError, r"^fit: resume=True needs out, the folder of the checkpoint$"),
        ({"train": (halves()[0], halves()[1][:-1])}, ShapeError, r"^Loader: 40 images but labels of shape \(39,\)"),
        ({"train": (halves()[0], halves()[1] + 5)}, ConvlabError, r"^cross_entropy: labels must lie in \[0, 2\), got "),
    ],
)  # fmt: skip
def test_bad_arguments(changes, error, message):
    with pytest.raises(error, match=message) as caught:
        fit(setup(), **{"epochs": 1, **changes})
    assert "\n" not in str(caught.value)


def test_an_optimiser_or_schedule_of_something_else():
    parts, other = setup(), setup()
    message = r"^fit: optimizer has parameters that are not the model's; make it from model.parameters\(\)$"
    with pytest.raises(ArgumentError, match=message):
        fit(parts, epochs=1, optimizer=other["optimizer"])
    message = r"^fit: schedule changes another optimizer than this one; make it from this optimizer$"
    with pytest.raises(ArgumentError, match=message):
        fit(parts, epochs=1, schedule=other["schedule"])


# ------------------------------------------------------------------------------------------------ what is seen
def test_lines_where_there_is_no_terminal(capsys):
    history = fit(setup(), epochs=2, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines == [
        f"epoch {e.epoch}/2: loss {e.loss:.4f}, accuracy {e.accuracy:.4f}, val loss {e.val_loss:.4f}, "
        f"val accuracy {e.val_accuracy:.4f}"
        for e in history.epochs
    ]
    fit(setup(), epochs=1, val=None, progress=True)
    assert re.fullmatch(r"epoch 1/1: loss \d\.\d{4}, accuracy \d\.\d{4}\n", capsys.readouterr().err)
    fit(setup(), epochs=1, progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_bar_where_there_is_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    fit(setup(), epochs=2, progress=True)
    shown = sys.stderr.getvalue()
    assert "epoch 2" in shown and "6/6" in shown and "loss" in shown  # three batches an epoch


def test_no_standard_error_at_all(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    assert len(fit(setup(), epochs=1, progress=True)) == 1
    assert capsys.readouterr().out == ""


# ------------------------------------------------------------------------------------------------ looking at a network
def test_predict_keeps_order_and_mode():
    model, (x, labels) = network(), halves(21)
    model.train()
    outputs, found = training.predict(model, Loader((x, labels), batch_size=8, shuffle=False))
    assert model.training and all(layer.training for layer in model)
    np.testing.assert_array_equal(found, labels)
    model.eval()
    np.testing.assert_allclose(outputs, model(x), rtol=1e-5, atol=1e-6)
    training.predict(model, [(x, labels)])
    assert not model.training


def test_predict_restores_the_mode_after_an_error():
    model = network()
    with pytest.raises(ConvlabError):
        training.predict(model, [(np.ones((2, 3)), np.zeros(2, int))])
    assert model.training
    with pytest.raises(ShapeError, match=r"^predict: data holds no batch$"):
        training.predict(model, [])


def test_evaluate_is_loss_and_accuracy():
    model, (x, labels) = network().eval(), halves(20)
    logits = model(x)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    loss, accuracy = training.evaluate(model, [(x, labels)])
    assert loss == pytest.approx(-np.log(p[np.arange(20), labels]).mean(), rel=1e-5)
    assert accuracy == (logits.argmax(1) == labels).mean()


def test_weights_of_a_checkpoint_load_into_a_network(tmp_path):
    parts = setup()
    fit(parts, epochs=1, out=tmp_path)
    arrays = load(tmp_path / training.CHECKPOINT)
    model = network(seed=5)
    model.load_state_dict({n.removeprefix("model."): a for n, a in arrays.items() if n.startswith("model.")})
    for name, array in parts["model"].state_dict().items():
        np.testing.assert_array_equal(array, model.state_dict()[name])
    with pytest.raises(StateError, match="this is the state of another network"):
        model.load_state_dict(arrays)
