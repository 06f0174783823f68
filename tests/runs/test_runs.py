"""Run folders: what is in them, what is read from them, and data that do not fit."""

import json

import numpy as np
import pytest
from made_runs import colour_set, small_config
from PIL import Image

from convlab import data, load, nn, recipes, runs, save
from convlab.errors import ArgumentError, CheckpointError, ConvlabError, DataError, ShapeError, StateError

QUIET = {"say": lambda text: None, "progress": False}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    top = tmp_path_factory.mktemp("runs")
    config = small_config(colour_set(top / "colours.npz"))
    return runs.carry_out(config, top / "one", **QUIET), top


def test_a_finished_folder_is_whole(finished):
    _, top = finished
    names = {path.name for path in (top / "one").iterdir()}
    assert names == {
        "config.json", "environment.json", "history.csv", "checkpoint.safetensors", "best.safetensors",
        "weights.safetensors", "result.json", *runs.PICTURES,
    }  # fmt: skip
    environment = json.loads((top / "one" / runs.ENVIRONMENT).read_text())
    assert environment["threads"] >= 1 and environment["versions"]["numba"] and environment["machine"]["cores"]
    for name in runs.PICTURES:
        with Image.open(top / "one" / name) as picture:
            assert picture.width > 300 and np.asarray(picture).std() > 5


def test_the_result_is_that_of_the_weights_in_the_folder(finished):
    result, top = finished
    run = runs.read(top / "one")
    model = runs.network(run.config, 3, 2)
    model.load_state_dict(load(top / "one" / runs.WEIGHTS))
    rest, _ = data.load(run.config["data"], "train").holdout(4)
    test = data.load(run.config["data"], "test")
    x = data.Normalize.fit(rest)(test.images)
    model.eval()
    together = model(x).argmax(1) == test.labels
    assert run.result["test_accuracy_one_view"] == together.mean()
    assert run.result["epoch_tested"] == int(run.history.val_loss.argmin()) + 1
    assert run.result["test_accuracy"] == result["test_accuracy"] and run.state == "finished"
    assert list(run.result["test_accuracy_of_class"]) == ["0", "1"]


def test_runs_are_found_listed_and_compared(finished, tmp_path):
    _, top = finished
    broken = top / "broken"
    broken.mkdir()
    (broken / runs.CONFIG).write_text("{")
    found = runs.find(top)
    assert [run.folder.name for run in found] == ["broken", "one"]
    assert found[0].state == "cannot be read" and "no readable config.json" in found[0].row()["problem"]
    row = found[1].row()
    assert row["network"] == "alexnet_small" and row["epochs"] == 6 and row["state"] == "finished"
    (broken / runs.CONFIG).write_text(json.dumps({**found[1].config, "lr": 0.5}))
    assert runs.differences([runs.read(broken), found[1]]) == {"lr": [0.5, 0.01]}
    assert runs.read(broken).state == "0 of 6 epochs"
    with pytest.raises(CheckpointError, match=r"there is no folder .*nowhere"):
        runs.find(top / "nowhere")


def test_a_new_folder_is_new(tmp_path):
    config = recipes.choose("lenet5", "some/where.npz")
    first = runs.new_folder(config, tmp_path)
    first.mkdir()
    assert (first.name, runs.new_folder(config, tmp_path).name) == ("lenet5-where-1", "lenet5-where-2")


# ------------------------------------------------------------------------------------------------ what does not fit
def pictures(top, classes=("ant", "bee"), each=6, splits=("train", "test"), side=32):
    rng = np.random.default_rng(0)
    for split in splits:
        for k, name in enumerate(classes):
            (top / split / name).mkdir(parents=True)
            for i in range(each):
                image = rng.integers(0, 90, (side, side, 3), dtype=np.uint8)
                image[..., k % 3] += 120
                Image.fromarray(image).save(top / split / name / f"{i}.png")
    return top


def carried_out(folder, source, **changes):
    return runs.carry_out(small_config(source, epochs=1, **changes), folder, **QUIET)


def test_a_folder_with_one_class_is_refused(tmp_path):
    pictures(tmp_path / "ants", classes=("ant",))
    with pytest.raises(DataError, match=r"training images of 1 class \('ant'\); a classifier needs at least two"):
        carried_out(tmp_path / "run", tmp_path / "ants")
    assert not (tmp_path / "run").exists()


def test_an_unreadable_image_is_named_and_left_out_only_if_asked(tmp_path):
    pictures(tmp_path / "insects")
    (tmp_path / "insects/train/bee/2.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"insects: train/bee/2\.png: unreadable image"):
        carried_out(tmp_path / "run", tmp_path / "insects")
    with pytest.warns(data.DataWarning, match=r"skipped 1 unreadable image: train/bee/2\.png"):
        assert carried_out(tmp_path / "run", tmp_path / "insects", skip_unreadable=True)["state"] == "finished"


def test_a_class_missing_from_the_test_set_is_told_and_the_rest_is_tested(tmp_path):
    pictures(tmp_path / "insects", classes=("ant", "bee", "fly"))
    for path in (tmp_path / "insects/test/fly").iterdir():
        path.unlink()
    (tmp_path / "insects/test/fly").rmdir()
    with pytest.warns(data.DataWarning, match="has no test image of 'fly'; the test says nothing about it"):
        result = carried_out(tmp_path / "run", tmp_path / "insects")
    assert result["test_accuracy_of_class"]["fly"] is None and 0 <= result["test_accuracy"] <= 1


def test_fewer_images_than_a_batch_make_one_batch(tmp_path):
    said = []
    config = small_config(pictures(tmp_path / "insects", each=3), epochs=1, batch_size=128)
    runs.carry_out(config, tmp_path / "run", say=said.append, progress=False)
    assert "5 images are fewer than a batch of 128: one batch holds them all" in said


def test_too_few_images_are_refused(tmp_path):
    pictures(tmp_path / "insects", each=1)
    with pytest.raises(DataError, match="has 2 training images; give at least four"):
        carried_out(tmp_path / "run", tmp_path / "insects")


def test_images_far_too_small_for_the_network_are_refused(tmp_path):
    pictures(tmp_path / "insects")
    config = recipes.choose("alexnet", str(tmp_path / "insects"))
    with pytest.raises(ArgumentError, match="are 32x32 and alexnet takes 227x227; use a network for small images"):
        runs.carry_out(config, tmp_path / "run", **QUIET)


@pytest.mark.parametrize(
    ("name", "size"), [("lenet5", 28), ("cifar_convnet", 40), ("alexnet", 60), ("alexnet_small", 8)]
)
def test_a_size_that_the_network_cannot_take_is_refused(name, size):
    with pytest.raises(ShapeError) as caught:
        runs.network(recipes.choose(name, "x", size=size), 3, 2)
    assert "\n" not in str(caught.value) and str(size) in str(caught.value)


def test_weights_to_start_from_are_taken_or_refused(tmp_path):
    config = small_config("x")
    model = runs.network(config, 3, 2)
    for parameter in model.parameters():
        parameter.data[...] = 0.25
    save(tmp_path / "weights.safetensors", model.state_dict())
    again = runs.network({**config, "weights": str(tmp_path / "weights.safetensors")}, 3, 2)
    assert all((parameter.data == 0.25).all() for parameter in again.parameters())
    with pytest.raises(StateError, match=r"classifier\.4\.weight has shape \(2, 6\) but this network expects \(5, 6\)"):
        runs.network({**config, "weights": str(tmp_path / "weights.safetensors")}, 3, 5)
    with pytest.raises(CheckpointError, match="there is no such file"):
        runs.network({**config, "weights": str(tmp_path / "none")}, 3, 2)


def test_a_seed_gives_the_same_weights_and_another_gives_others():
    weights = [nn.Parameter(runs.network(small_config("x", seed=seed), 3, 2)[0][0].weight.data) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(weights[0].data, weights[1].data)
    assert (weights[0].data != weights[2].data).any()


def test_first_weights_are_those_asked_for():
    first = lambda init: runs.network(small_config("x", init=init), 3, 2).state_dict()
    uniform, he, quiet = map(first, ("uniform", "he", "quiet"))
    bound = 1 / np.sqrt(27)
    assert 0.8 * bound < np.abs(uniform["features.0.weight"]).max() < bound < np.abs(he["features.0.weight"]).max()
    np.testing.assert_allclose(quiet["features.0.weight"], 0.2 * he["features.0.weight"], rtol=1e-6)
    np.testing.assert_array_equal(quiet["features.4.weight"], he["features.4.weight"])


def test_an_option_that_the_network_has_not_is_named():
    with pytest.raises(ConvlabError, match="unexpected keyword argument 'dropout'"):
        runs.network(recipes.choose("lenet5", "x", dropout=0.5), 1, 10)
