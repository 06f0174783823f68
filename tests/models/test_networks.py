"""The course's networks: parameter counts and sizes as published, names as in torchvision, gradients where they branch."""

import numpy as np
import pytest

from convlab import models, nn
from convlab.errors import ArgumentError, ShapeError


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        ("simple_cnn", {}, 516),
        ("cifar_convnet", {}, 12 * 3 * 9 + 12 + 12 * 16 * 16 * 10 + 10),
        ("alexnet", {}, 62_378_344),
        ("alexnet", {"groups": 2}, 60_965_224),
        ("alexnet", {"variant": "torchvision"}, 61_100_840),
        ("zfnet", {}, 107_627_624),
        ("zfnet", {"variant": "paper"}, 62_357_608),
        ("vgg11", {}, 132_863_336),
        ("vgg13", {}, 133_047_848),
        ("vgg16", {}, 138_357_544),
        ("vgg19", {}, 143_667_240),
    ],
)
def test_parameter_counts(name, options, count):
    assert models.create(name, **options).count_parameters() == count


def sizes(network, input_shape, kinds):
    return [row.output_shape for row in network.summary(input_shape).rows if row.layer.startswith(kinds)]


def test_alexnet_goes_through_the_sizes_of_the_paper():
    assert sizes(models.alexnet(), (3, 227, 227), ("Conv2d", "MaxPool2d", "Linear")) == [
        (96, 55, 55), (96, 27, 27), (256, 27, 27), (256, 13, 13), (384, 13, 13), (384, 13, 13), (256, 13, 13), (256, 6, 6),
        (4096,), (4096,), (1000,),
    ]  # fmt: skip


def test_zfnet_goes_through_the_sizes_of_the_paper():
    sides = [shape[1] for shape in sizes(models.zfnet(), (3, 224, 224), ("Conv2d", "MaxPool2d"))]
    assert sides == [110, 55, 26, 13, 13, 13, 13, 6]


def test_vgg16_prints_the_table_of_memory_and_parameters():
    rows = {row.name: row for row in models.vgg16().summary((3, 224, 224)).rows}
    values = lambda name: rows[name].bytes // 4
    assert [values(f"features.{n}") for n in (0, 2, 4, 5, 7, 9)] == [
        3_211_264, 3_211_264, 802_816, 1_605_632, 1_605_632, 401_408,
    ]  # fmt: skip
    assert rows["classifier.0"].weights == 102_760_448
    assert sum(row.weights for row in rows.values()) == 138_344_128


def test_torchvisions_names():
    keys = list(models.alexnet("torchvision", width=1 / 64).state_dict())
    assert keys == [
        f"{part}.{number}.{kind}"
        for part, numbers in (("features", (0, 3, 6, 8, 10)), ("classifier", (1, 4, 6)))
        for number in numbers
        for kind in ("weight", "bias")
    ]
    vgg = [key for key in models.vgg11(num_classes=2).state_dict() if key.endswith("weight")]
    assert vgg == [f"features.{n}.weight" for n in (0, 3, 6, 8, 11, 13, 16, 18)] + [
        f"classifier.{n}.weight" for n in (0, 3, 6)
    ]


@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("simple_cnn", {}, (3, 5, 5)),
        ("cifar_convnet", {}, (3, 32, 32)),
        ("alexnet_small", {"widths": (4, 6, 5, 5, 4), "hidden": 7}, (3, 32, 32)),
        ("alexnet", {"width": 1 / 32, "image_size": 67, "num_classes": 3}, (3, 67, 67)),
        (
            "alexnet",
            {"width": 1 / 32, "image_size": 67, "num_classes": 3, "groups": 2, "norm_first": True},
            (3, 67, 67),
        ),
        ("alexnet", {"variant": "torchvision", "width": 1 / 32, "image_size": 70, "num_classes": 3}, (3, 70, 70)),
    ],
)
def test_gradients_are_central_differences(name, options, shape):
    network = models.create(name, **options).to(np.float64).eval()
    rng = np.random.default_rng(0)
    x, labels, criterion = rng.standard_normal((2, *shape)), np.array([0, 1]), nn.CrossEntropyLoss()
    loss = lambda: criterion(network(x), labels)
    loss()
    assert network(x).shape[1:] == network.output_shape(shape)
    network.backward(criterion.backward())
    for parameter in network.parameters():
        place = tuple(rng.integers(size) for size in parameter.data.shape)
        old, step = parameter.data[place], 1e-6
        parameter.data[place] = old + step
        above = loss()
        parameter.data[place] = old - step
        below = loss()
        parameter.data[place] = old
        assert parameter.grad[place] == pytest.approx((above - below) / (2 * step), abs=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: models.alexnet(image_size=66), ShapeError, "image_size must be at least 67, got 66"),
        (lambda: models.alexnet("one weird trick"), ArgumentError, "variant must be 'single' or 'torchvision'"),
        (lambda: models.alexnet("torchvision", groups=2), ArgumentError, "groups and norm_first belong to"),
        (lambda: models.alexnet(width=0), ArgumentError, "width must be at least"),
        (lambda: models.alexnet_small(widths=(1, 2)), ArgumentError, "widths must be five ints"),
        (lambda: models.zfnet("narrow"), ArgumentError, "variant must be 'wide' or 'paper'"),
        (lambda: models.create("vgg12"), ArgumentError, "there is no network 'vgg12'"),
        (lambda: models.create("vgg11", depth=3), ArgumentError, "unexpected keyword argument 'depth'"),
    ],
)
def test_bad_options_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
