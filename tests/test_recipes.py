"""Recipes: what is chosen for whom, and that the parts are what the names say."""

import numpy as np
import pytest

from convlab import data, models, optim, recipes
from convlab.errors import ArgumentError


def test_the_recipe_of_2012_is_the_papers():
    config = recipes.choose("alexnet", "flowers", recipe="2012")
    paper = {"batch_size": 128, "optimizer": "sgd", "lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}
    paper |= {"schedule": "plateau", "mirror": True, "colour": 0.1, "views": "ten", "epochs": 90}
    assert {name: config[name] for name in paper} == paper
    assert (config["size"], config["load_size"]) == (227, 256)


def test_every_network_has_a_recipe_and_takes_its_size():
    for name in models.names():
        config = recipes.choose(name, "somewhere")
        shape = (1 if name == "lenet5" else 3, config["size"], config["size"])
        if "vgg" not in name and name not in ("alexnet", "zfnet"):  # too large to be made here; tested in tests/models
            assert models.create(name, in_channels=shape[0]).output_shape(shape)
        assert config["recipe"] in recipes.names()


def test_digits_are_never_mirrored_unless_asked_for():
    for recipe in (None, *recipes.names()):
        for name in ("digits", "mnist"):
            config = recipes.choose("alexnet_small", name, recipe=recipe)
            assert not config["mirror"] and config["views"] == "one"
    assert recipes.choose("lenet5", "mnist", mirror=True)["mirror"]


def test_what_is_given_goes_before_the_recipe():
    config = recipes.choose("lenet5", "digits", lr=0.5, epochs=2, size=28, dropout=0.1, seed=7)
    assert (config["lr"], config["epochs"], config["size"], config["load_size"]) == (0.5, 2, 28, 28)
    assert config["dropout"] == 0.1 and config["seed"] == 7
    assert recipes.choose("alexnet", "x", size=67)["load_size"] == 76


def test_the_optimiser_and_the_schedule_are_those_named():
    model = models.create("simple_cnn")
    for name, kind in (("sgd", optim.SGD), ("adam", optim.Adam)):
        config = recipes.choose("simple_cnn", "digits", optimizer=name, lr=0.25, weight_decay=0.125)
        optimizer = recipes.make_optimizer(config, model)
        assert type(optimizer) is kind and (optimizer.lr, optimizer.weight_decay) == (0.25, 0.125)
    for name, kind in (
        ("plateau", optim.ReduceLROnPlateau), ("cosine", optim.CosineAnnealingLR), ("constant", type(None))
    ):  # fmt: skip
        assert type(recipes.make_schedule(config | {"schedule": name}, optimizer)) is kind


def test_the_plateau_divides_by_ten():
    config = recipes.choose("alexnet_small", "cifar10", recipe="2012", plateau=1)
    optimizer = recipes.make_optimizer(config, models.create("simple_cnn"))
    schedule = recipes.make_schedule(config, optimizer)
    rates = []
    for loss in (1.0, 1.0, 1.0, 0.5, 0.5, 0.5):
        schedule.step(loss)
        rates.append(optimizer.lr)
    np.testing.assert_allclose(rates, [1e-2, 1e-2, 1e-3, 1e-3, 1e-3, 1e-4])


def colours(channels=3, side=8):
    images = np.random.default_rng(0).integers(0, 256, (6, channels, side, side), dtype=np.uint8)
    return data.Dataset(images, [0, 1] * 3, ("a", "b"))


def test_augmentation_follows_the_recipe():
    small = recipes.choose("alexnet_small", "x", recipe="2012", brightness=0.1)
    kinds = lambda config, images: [type(step).__name__ for step in recipes.make_augment(config, images).steps]
    assert kinds(small, colours()) == ["Shift", "HorizontalFlip", "Brightness", "ColourPCA"]
    assert kinds(small, colours(1)) == ["Shift", "HorizontalFlip", "Brightness"]
    large = recipes.choose("alexnet", "x", size=67)
    x = np.zeros((2, 3, 76, 76), np.float32)
    assert recipes.make_augment(large, colours(side=76))(x, np.random.default_rng(0)).shape == (2, 3, 67, 67)
    assert recipes.make_augment(recipes.choose("lenet5", "x", shift=0), colours()) is None


@pytest.mark.parametrize(("views", "count"), [("one", 1), ("mirror", 2), ("ten", 10)])
def test_views_are_cut_to_the_size_of_the_network(views, count):
    large = recipes.choose("alexnet", "x", size=67, views=views)
    found = recipes.make_views(large)(np.zeros((2, 3, 76, 76), np.float32))
    assert [view.shape for view in found] == [(2, 3, 67, 67)] * count
    small = recipes.make_views(recipes.choose("lenet5", "x", views=views))
    assert small is None if views == "one" else len(small(np.zeros((2, 1, 32, 32)))) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipe": "1998"}, "there is no recipe '1998'; there are adam, 2012, modern"),
        ({"optimizer": "lion"}, "optimizer must be one of sgd, adam, got 'lion'"),
        ({"schedule": "steps"}, "schedule must be one of constant, plateau, cosine"),
        ({"views": "all"}, "views must be one of one, mirror, ten"),
        ({"init": "xavier"}, "init must be one of uniform, he"),
        ({"epochs": 0}, "recipe: epochs must be at least 1"),
        ({"size": 0}, "train: size must be at least 1"),
        ({"learning_rate": 1}, "recipe: there is no learning_rate"),
    ],
)
def test_what_cannot_be_is_named(changes, message):
    with pytest.raises(ArgumentError, match=message):
        recipes.choose("lenet5", "digits", **changes)
