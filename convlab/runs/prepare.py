"""From a configuration to images and a network, with every reason why they may not fit told before training begins."""

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from convlab import checkpoint, data, models, nn, recipes
from convlab.data import loading
from convlab.data.folder import ImageFolder
from convlab.data.resize import fit_images
from convlab.errors import ArgumentError, DataError, ShapeError

MOST_HELD_OUT = 5000
QUIET = 0.2  # times the first weights of the first convolution


@dataclass(frozen=True)
class Batches:
    """What a run learns from, watches and is tested on. `test` has images of load_size; `views` cuts them down."""

    train: data.Loader
    held_out: data.Loader
    test: data.Loader
    class_names: tuple[str, ...]
    credit: str

    @property
    def channels(self) -> int:
        return self.train.images.shape[1]


def batches(config: dict[str, Any]) -> Batches:
    """Training, held-out and test batches. What is held out comes from the training images: test images choose nothing."""
    whole = _load(config, "train")
    _check_classes(config["data"], whole)
    test = _load(config, config["test_split"])
    _tell_missing(config["data"], test)
    rest, held_out = _hold_out(config["data"], whole)
    common = {"batch_size": config["batch_size"], "normalize": data.Normalize.fit(rest)}
    middle = data.CentreCrop(config["size"]) if config["load_size"] > config["size"] else None
    return Batches(
        data.Loader(rest, seed=config["seed"], augment=recipes.make_augment(config, rest), **common),
        data.Loader(held_out, shuffle=False, augment=middle, **common),
        data.Loader(test, shuffle=False, **common),
        whole.class_names,
        whole.credit,
    )


def _load(config, split) -> data.Dataset:
    "brought to load_size, unless that is far more than they have: a network would see little but a black border"
    name, side, options = config["data"], config["load_size"], {"skip_unreadable": config["skip_unreadable"]}
    source = loading.find(name, download=True)
    if isinstance(source, ImageFolder):  # photographs may be large, and of differing sizes: the head of one will do
        own = source.first_size(split) if split in source.splits() else None
        dataset = data.load(name, split, size=side, **options) if own is None or 2 * max(own) > side else None
    else:
        dataset = data.load(name, split, **options)
        own = dataset.images.shape[:1:-1]
    if own is not None and 2 * max(own) <= side:
        raise ArgumentError(
            f"train: the images of {name} are {own[1]}x{own[0]} and {config['model']} takes {config['size']}x{config['size']}; "
            f"use a network for small images, such as lenet5, cifar_convnet or alexnet_small"
        )
    return replace(dataset, images=fit_images(dataset.images, side))


def _check_classes(name, whole):
    present = np.flatnonzero(whole.counts())
    if len(present) < 2:
        only = f" ({whole.class_names[present[0]]!r})" if len(present) else ""
        raise DataError(
            f"train: {name} has training images of {len(present)} class{only}; a classifier needs at least two"
        )


def _tell_missing(name, test):
    missing = [test.class_names[k] for k in np.flatnonzero(test.counts() == 0)]
    if missing:
        warnings.warn(
            f"train: {name} has no {test.split} image of {', '.join(map(repr, missing))}; "
            f"the test says nothing about {'it' if len(missing) == 1 else 'them'}",
            data.DataWarning,
            stacklevel=3,
        )


def _hold_out(name, whole):
    if len(whole) < 4:
        raise DataError(f"train: {name} has {len(whole)} training images; give at least four")
    return whole.holdout(min(MOST_HELD_OUT, max(1, len(whole) // 10)))


def network(config: dict[str, Any], channels: int, classes: int) -> nn.Module:
    """The network with its first weights, which follow from the seed or come from a file.

    Raises
    ------
    ShapeError
        If it does not take images of this size.
    StateError
        If the file holds weights of another network.
    """
    options = dict(config["options"])
    if config["model"] == "alexnet":
        options.setdefault("image_size", config["size"])
    if config["dropout"] is not None:
        options["dropout"] = config["dropout"]
    nn.manual_seed(config["seed"])
    model = models.create(config["model"], num_classes=classes, in_channels=channels, **options)
    side = config["size"]
    try:
        model.output_shape((channels, side, side))
    except ShapeError as error:
        raise ShapeError(f"train: {config['model']} does not take images of {side}x{side}: {error}") from None
    if config["init"] != "uniform":
        nn.he_init(model)
    if config["init"] == "quiet":
        next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d)).weight.data *= np.float32(QUIET)
    if config["weights"] is not None:
        model.load_state_dict(checkpoint.load(config["weights"]))
    return model
