"""LeNet-5 against the counts and the tables of the paper, and the choice of a network by its name.

Source: Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, section II.B and table I.
"""

import numpy as np
import pytest

from convlab import models, nn
from convlab.errors import ArgumentError
from convlab.models.digit_codes import digit_codes
from convlab.models.lenet import C3_CONNECTIONS

# table I: X where a feature map of C3 (column) is connected to one of S2 (row)
TABLE_I = (
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
)


def connections(net, input_shape=(1, 32, 32)):
    "of each layer, as the paper counts: an input or a bias that enters a sum is one"
    counts, shape = {}, input_shape
    for name, layer in net.named_children():
        out = layer.output_shape(shape)
        units = int(np.prod(out))
        if isinstance(layer, nn.Subsample2d):
            counts[name] = units * (layer.window + 1)  # four inputs are added, then multiplied once; and a bias
        elif layer.multiply_adds(shape):
            counts[name] = layer.multiply_adds(shape) + units * (getattr(layer, "bias", None) is not None)
        shape = out
    return counts


def test_parameters():
    for options, count in (
        ({}, 61_706),
        ({"connections": "table"}, 60_806),
        ({"variant": "1998"}, 60_000),
        ({"variant": "1998", "output": "softmax"}, 60_850),
        ({"variant": "1998", "connections": "full"}, 60_900),
        ({"output": "rbf"}, 60_856),
        ({"num_classes": 47, "in_channels": 3}, 61_706 + 300 + 37 * 85),
    ):
        assert models.create("lenet5", **options).count_parameters() == count, options


def test_parameters_of_each_layer_of_1998():
    net = models.create("lenet5", variant="1998")
    trainable = {name: layer.count_parameters() for name, layer in net.named_children() if layer.count_parameters()}
    assert trainable == {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48120, "f6": 10164}


def test_connections_of_1998():
    counts = connections(models.create("lenet5", variant="1998"))
    assert counts == {"c1": 122_304, "s2": 5_880, "c3": 151_600, "s4": 2_000, "c5": 48_120, "f6": 10_164, "output": 840}
    assert sum(counts.values()) == 340_908


def test_c3_is_table_I():
    assert [[C3_CONNECTIONS[map_].count(s2) for map_ in range(16)] for s2 in range(6)] == [
        [cell == "X" for cell in row] for row in TABLE_I
    ]
    assert sum(map(len, C3_CONNECTIONS)) == 60


@pytest.mark.parametrize("variant", ["modern", "1998"])
def test_shapes_of_the_layers(variant):
    net = models.create("lenet5", variant=variant)
    shapes, x = {}, np.zeros((2, 1, 32, 32), np.float32)
    for name, layer in net.named_children():
        x = layer(x)
        shapes[name] = x.shape[1:]
    maps = {"c1": (6, 28, 28), "s2": (6, 14, 14), "c3": (16, 10, 10), "s4": (16, 5, 5), "c5": (120, 1, 1), "f6": (84,)}
    assert {name: shapes[name] for name in maps} == maps and x.shape == (2, 10)
    rows = {row.name: row.output_shape for row in net.summary((1, 32, 32)).rows}
    assert rows == shapes


def test_the_variants_are_one_argument_apart():
    kinds = lambda **options: {type(layer) for layer in models.create("lenet5", **options)}
    assert kinds() == {nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.Flatten, nn.Linear}
    old = {nn.Conv2d, nn.ScaledTanh, nn.Subsample2d, nn.ConnectedConv2d, nn.Flatten, nn.Linear, nn.EuclideanRBF}
    assert kinds(variant="1998") == old
    assert nn.Sigmoid in kinds(variant="1998", activation="sigmoid")
    assert kinds(variant="1998", connections="full", activation="relu", output="softmax") == {
        nn.Conv2d, nn.ReLU, nn.Subsample2d, nn.Flatten, nn.Linear,
    }  # fmt: skip


def test_units_stand_where_they_stood():
    names = lambda variant: [name for name, _ in models.create("lenet5", variant=variant).named_children()]
    ends = ["c5", "c5_unit", "flatten", "f6", "f6_unit", "output"]
    assert names("modern") == ["c1", "c1_unit", "s2", "c3", "c3_unit", "s4", *ends]
    assert names("1998") == ["c1", "s2", "c1_unit", "c3", "s4", "c3_unit", *ends]


@pytest.mark.parametrize("options", [{}, {"variant": "1998"}, {"variant": "1998", "activation": "sigmoid"}])
def test_one_step_makes_the_loss_smaller(options):
    nn.manual_seed(0)
    net, criterion = models.create("lenet5", **options), nn.CrossEntropyLoss()
    x, labels = np.random.default_rng(0).random((3, 1, 32, 32), np.float32), np.array([0, 3, 9])
    before = criterion(net(x), labels)
    net.backward(criterion.backward(), input_grad=False)
    length = np.sqrt(sum((p.grad**2).sum() for p in net.parameters()))
    for parameter in net.parameters():
        assert np.isfinite(parameter.grad).all() and parameter.grad.any()
        parameter.data -= np.float32(1e-2) * parameter.grad / length
    after = criterion(net(x), labels)
    assert before - after == pytest.approx(1e-2 * length, rel=0.2)  # as the gradient foretells


def test_codes_are_pictures_of_digits():
    codes = digit_codes(10)
    assert codes.shape == (10, 84) and codes.dtype == np.float32 and set(codes.ravel()) == {-1, 1}
    distances = ((codes[:, None] != codes).sum(2) + 84 * np.eye(10, dtype=int)).min(1)
    assert distances.min() >= 4  # no two alike
    np.testing.assert_array_equal(digit_codes(3), codes[:3])
    more = digit_codes(26)
    np.testing.assert_array_equal(more[:10], codes)
    np.testing.assert_array_equal(more, digit_codes(26))
    assert len({row.tobytes() for row in more}) == 26


def test_seeds_repeat_a_network():
    def draw(seed):
        nn.manual_seed(seed)
        return b"".join(array.tobytes() for array in models.create("lenet5").state_dict().values())

    assert draw(0) == draw(0) != draw(1)


# ------------------------------------------------------------------------------------------------ by name
def test_it_has_a_name():
    assert "lenet5" in models.names()
    assert isinstance(models.create("lenet5"), nn.Sequential)


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("lenet6", {}, r"^create: there is no network 'lenet6'; there are .*lenet5"),
        (None, {}, r"^create: there is no network None; "),
        (["lenet5"], {}, r"^create: there is no network \['lenet5'\]; "),
        ("lenet5", {"colour": 1}, r"^create: lenet5\(\) got an unexpected keyword argument 'colour'$"),
        ("lenet5", {"variant": "1989"}, r"^lenet5: variant must be one of 'modern', '1998', got '1989'$"),
        ("lenet5", {"variant": 1998}, r"^lenet5: variant must be one of 'modern', '1998', got 1998$"),
        ("lenet5", {"variant": ["1998"]}, r"^lenet5: variant must be one of 'modern', '1998', got \['1998'\]$"),
        ("lenet5", {"connections": "some"}, r"^lenet5: connections must be one of 'full', 'table', got 'some'$"),
        (
            "lenet5",
            {"activation": "swish"},
            r"^lenet5: activation must be one of 'relu', 'tanh', 'sigmoid', got 'swish'$",
        ),
        ("lenet5", {"output": "svm"}, r"^lenet5: output must be one of 'softmax', 'rbf', got 'svm'$"),
        ("lenet5", {"num_classes": 0}, r"^lenet5: num_classes must be at least 1, got 0$"),
        ("lenet5", {"in_channels": 1.0}, r"^lenet5: in_channels must be an int, got 1\.0$"),
        (
            "lenet5",
            {"in_channels": 2, "connections": "table", "num_classes": "x"},
            r"^lenet5: num_classes must be an int",
        ),
    ],
)
def test_unknown_names_and_options(name, options, message):
    with pytest.raises(ArgumentError, match=message):
        models.create(name, **options)
