"""Recipes: how a network is trained unless somebody says otherwise. The tricks of 2012, and those that came after.

A recipe is numbers and names only; `choose` fits one to a network and a data set and gives the whole configuration of a
run as a flat dict, which `convlab.runs` carries out, writes down and reads back.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from convlab import checks, data, models, nn, optim
from convlab.errors import ArgumentError

OPTIMIZERS = ("sgd", "adam")
SCHEDULES = ("constant", "plateau", "cosine")
VIEWS = ("one", "mirror", "ten")
INITS = ("uniform", "he", "quiet")


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Parameters
    ----------
    epochs, batch_size : int
    accumulate : int
        Batches whose gradients are added up before each step.
    optimizer : "sgd" or "adam"
    lr, momentum, weight_decay : float
    schedule : "constant", "plateau" (a tenth once nothing improves for `plateau` epochs) or "cosine" (down to 0)
    plateau : int
    label_smoothing : float
    shift : int
        Pixels that images are moved at most, where the network takes whole images. Larger images are cropped at random.
    mirror : bool
    colour : float
        Strength of the changes of colour along the principal components; 0 for none.
    brightness : float
    dropout : float, optional
        Instead of the network's own.
    init : "uniform", "he" or "quiet"
        The layers' own first weights; those of `nn.he_init`, which deep networks without normalisation start from; or
        those with a fifth of them in the first convolution, whose filters then show what was learnt rather than the
        noise they began with.
    keep_best : bool
        Test the weights of the epoch with the smallest loss on held-out training images instead of the last.
    patience : int, optional
        Stop once that loss has not improved for so many epochs.
    views : "one", "mirror" or "ten"
        What predictions are averaged over in the test: the image (its middle, if it is larger than the input); it and its
        mirror image; ten crops.
    """

    epochs: int
    batch_size: int
    optimizer: str
    lr: float
    schedule: str
    accumulate: int = 1
    momentum: float = 0.9
    weight_decay: float = 0.0
    plateau: int = 5
    label_smoothing: float = 0.0
    shift: int = 0
    mirror: bool = False
    colour: float = 0.0
    brightness: float = 0.0
    dropout: float | None = None
    init: str = "uniform"
    keep_best: bool = False
    patience: int | None = None
    views: str = "one"

    def __post_init__(self):
        for name, allowed in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES), ("views", VIEWS), ("init", INITS)):
            if getattr(self, name) not in allowed:
                raise ArgumentError(
                    f"recipe: {name} must be one of {', '.join(allowed)}, got {checks.shown(getattr(self, name))}"
                )
        for name in ("epochs", "batch_size", "accumulate"):
            checks.integer("recipe", name, getattr(self, name), 1)


RECIPES = {
    # small networks on small images
    "adam": Recipe(12, 32, "adam", 2e-3, "cosine", shift=2),
    # Krizhevsky et al. (2012), sections 4.1 and 5, but for the first weights: their normal distribution of standard
    # deviation 0.01 suits the widths of their network, not those of a narrower one
    "2012": Recipe(
        90, 128, "sgd", 1e-2, "plateau", weight_decay=5e-4, shift=4, mirror=True, colour=0.1, init="quiet", keep_best=True,
        views="ten",
    ),
    "modern": Recipe(
        30, 128, "sgd", 2e-2, "cosine", weight_decay=5e-4, shift=4, mirror=True, init="he", label_smoothing=0.1,
        views="mirror",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Fit:
    """What a network needs: its input, the size that photographs are brought to before they are cropped, its recipe."""

    size: int
    load_size: int
    recipe: str


FITS = {
    "simple_cnn": Fit(5, 5, "adam"),
    "cifar_convnet": Fit(32, 32, "adam"),
    "lenet5": Fit(32, 32, "adam"),
    "alexnet_small": Fit(32, 32, "modern"),
    "alexnet": Fit(227, 256, "2012"),
}
LARGE = Fit(224, 256, "2012")

# What a data set changes in every recipe: a mirrored digit is another sign, or none
OF_DATA: dict[str, dict[str, Any]] = {
    "digits": {"mirror": False, "views": "one"},
    "mnist": {"mirror": False, "views": "one"},
}
# What a pair changes in the network's own recipe
OF_PAIR: dict[tuple[str, str], dict[str, Any]] = {
    ("lenet5", "digits"): {"epochs": 40},
    ("lenet5", "fashion-mnist"): {"epochs": 30, "batch_size": 64, "shift": 1, "mirror": True, "views": "mirror"},
    ("cifar_convnet", "cifar10"): {"epochs": 20, "batch_size": 64, "lr": 1e-3, "shift": 2, "mirror": True},
    ("alexnet_small", "cifar10"): {"epochs": 25, "batch_size": 64, "dropout": 0.25},
    ("alexnet", "flowers"): {"batch_size": 32, "epochs": 80, "plateau": 10},
}


def names() -> tuple[str, ...]:
    """Names of the recipes.

    >>> names()
    ('adam', '2012', 'modern')
    """
    return tuple(RECIPES)


def choose(
    model: str,
    data: str,
    *,
    recipe: str | None = None,
    seed: int = 0,
    size: int | None = None,
    options: dict[str, Any] | None = None,
    test_split: str = "test",
    skip_unreadable: bool = False,
    weights: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """The configuration of a run: what is trained on what, and how, every choice written out.

    Parameters
    ----------
    model, data : str
        A name from `models.names()`; a name or path that `data.load` takes.
    recipe : str, optional
        One of `names()`, taken as it is; default the network's own, with what is known to suit the data set.
    seed : int
        Of the first weights, the order of images and all else that is drawn.
    size : int, optional
        Height and width of the input, where the network can do with another.
    options : dict, optional
        For `models.create`.
    test_split : str
        What the network is tested on, at the end.
    skip_unreadable : bool
    weights : str, optional
        A file of weights to start from.
    **changes
        Fields of `Recipe`; None leaves the recipe's own.

    Raises
    ------
    ArgumentError
        If a name or a number is not possible.

    Examples
    --------
    >>> config = choose("alexnet", "flowers", lr=0.005)
    >>> config["size"], config["load_size"], config["optimizer"], config["lr"]
    (227, 256, 'sgd', 0.005)
    """
    if model not in models.names():
        raise ArgumentError(f"train: there is no network {model!r}; there are {', '.join(models.names())}")
    fit = FITS.get(model, LARGE)
    if recipe is not None and recipe not in RECIPES:
        raise ArgumentError(f"train: there is no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    chosen = recipe or fit.recipe
    suited = OF_DATA.get(data, {}) | ({} if recipe else OF_PAIR.get((model, data), {}))
    unknown = changes.keys() - {field.name for field in fields(Recipe)}
    if unknown:
        raise ArgumentError(f"recipe: there is no {', '.join(sorted(unknown))}")
    given = {name: value for name, value in changes.items() if value is not None}
    whole = replace(RECIPES[chosen], **(suited | given))
    side = fit.size if size is None else checks.integer("train", "size", size, 1)
    return {
        "model": model,
        "options": options or {},
        "data": data,
        "test_split": test_split,
        "skip_unreadable": skip_unreadable,
        "weights": weights,
        "size": side,
        "load_size": round(side * fit.load_size / fit.size),
        "recipe": chosen,
        **asdict(whole),
        "seed": seed,
    }


# ------------------------------------------------------------------------------------------------ the parts of a run
def make_optimizer(config: dict[str, Any], model: nn.Module) -> optim.Optimizer:
    if config["optimizer"] == "adam":
        return optim.Adam(model.parameters(), lr=config["lr"], weight_decay=config["weight_decay"])
    return optim.SGD(model.parameters(), config["lr"], config["momentum"], config["weight_decay"])


def make_schedule(config: dict[str, Any], optimizer: optim.Optimizer) -> optim.Schedule | None:
    if config["schedule"] == "cosine":
        return optim.CosineAnnealingLR(optimizer, config["epochs"])
    if config["schedule"] == "plateau":
        return optim.ReduceLROnPlateau(optimizer, patience=config["plateau"], threshold=1e-3, min_lr=config["lr"] / 1e3)
    return None


def make_augment(config: dict[str, Any], train: data.Dataset) -> Callable | None:
    """What training images go through; the colours are those of `train`."""
    steps: list[Callable] = []
    if config["load_size"] > config["size"]:
        steps.append(data.RandomCrop(config["size"]))
    elif config["shift"]:
        steps.append(data.Shift(config["shift"]))
    if config["mirror"]:
        steps.append(data.HorizontalFlip())
    if config["brightness"]:
        steps.append(data.Brightness(config["brightness"]))
    if config["colour"] and train.images.shape[1] == 3:
        steps.append(data.ColourPCA.fit(train, config["colour"]))
    return data.Compose(steps) if steps else None


def make_views(config: dict[str, Any]) -> Callable | None:
    """What predictions are averaged over in the test; from images of `load_size`."""
    cropped = config["load_size"] > config["size"]
    middle = data.CentreCrop(config["size"])
    if config["views"] == "ten" and cropped:
        return data.TenCrop(config["size"])
    if config["views"] != "one":  # an image that is no larger than the input has no other crops
        return (lambda x: data.mirrored(middle(x))) if cropped else data.mirrored
    return (lambda x: [middle(x)]) if cropped else None
