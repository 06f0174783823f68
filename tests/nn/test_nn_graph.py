"""Graph: branches, joins, shared outputs, and what is refused."""

import numpy as np
import pytest

from convlab import nn
from convlab.errors import ArgumentError, ShapeError, StateError


def branching():
    """Outputs used twice, a sum, a concatenation, and the input taken in at two places."""
    return nn.Graph(
        {
            "a": (nn.Conv2d(2, 3, 3, padding=1), "input"),
            "b": (nn.Conv2d(2, 3, 1), "input"),
            "sum": (nn.Add(), "a", "b"),
            "relu": (nn.ReLU(), "sum"),
            "join": (nn.Concat(), "relu", "a", "input"),
            "unused": (nn.Tanh(), "b"),
            "last": (nn.Conv2d(8, 1, 1), "join"),
        }
    )


def test_forward_is_the_layers_by_hand():
    net, x = branching(), np.random.default_rng(0).standard_normal((2, 2, 4, 5)).astype(np.float32)
    a, b = net.a(x), net.b(x)
    expected = net.last(np.concatenate([np.maximum(a + b, 0), a, x], axis=1))
    np.testing.assert_array_equal(net(x), expected)
    assert net.output_shape((2, 4, 5)) == expected.shape[1:]


def test_gradients_are_central_differences():
    net = branching().to(np.float64)
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((2, 2, 3, 4)), rng.standard_normal((2, 1, 3, 4))
    loss = lambda: float((net(x) * dy).sum())
    loss()
    dx = net.backward(dy)
    arrays = [(x, dx)] + [(p.data, p.grad) for p in net.parameters()]
    for array, gradient in arrays:
        for place in np.ndindex(array.shape):
            old, step = array[place], 1e-6
            array[place] = old + step
            above = loss()
            array[place] = old - step
            below = loss()
            array[place] = old
            assert gradient[place] == pytest.approx((above - below) / (2 * step), abs=1e-6)


def test_backward_without_the_gradient_by_the_input_leaves_the_parameters_gradients_the_same():
    net, x = branching(), np.ones((1, 2, 3, 3), np.float32)
    net.backward(np.ones_like(net(x)))
    with_input = [p.grad.copy() for p in net.parameters()]
    net.zero_grad()
    assert net.backward(np.ones_like(net(x)), input_grad=False) is None
    for before, parameter in zip(with_input, net.parameters()):
        np.testing.assert_array_equal(before, parameter.grad)


def test_another_output_and_a_graph_inside_a_graph():
    inner = nn.Graph({"one": (nn.Conv2d(2, 2, 1), "input"), "two": (nn.ReLU(), "one")}, output="one")
    net = nn.Graph({"block": (inner, "input"), "sum": (nn.Add(), "block", "input")})
    x = np.random.default_rng(0).standard_normal((1, 2, 3, 3)).astype(np.float32)
    np.testing.assert_array_equal(net(x), inner.one(x) + x)
    assert list(net.state_dict()) == ["block.one.weight", "block.one.bias"]
    table = net.summary((2, 3, 3))
    assert [row.name for row in table.rows] == ["block.one", "block.two", "sum"] and table.parameters == 6


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ({}, "at least one layer"),
        ({"a": nn.ReLU()}, r"'a' must be \(layer, input"),
        ({"a": (nn.ReLU(), "b")}, "'a' takes 'b', which is not computed before it; there are input"),
        ({"forward": (nn.ReLU(), "input")}, "'forward' cannot be the name"),
        ({"a.b": (nn.ReLU(), "input")}, "'a.b' cannot be the name"),
    ],
)
def test_bad_graphs_are_refused(layers, message):
    with pytest.raises(ArgumentError, match=message):
        nn.Graph(layers)


def test_one_layer_cannot_stand_in_two_places():
    relu = nn.ReLU()
    with pytest.raises(ArgumentError, match="stands in the network already"):
        nn.Graph({"a": (relu, "input"), "b": (relu, "a")})


def test_shapes_that_do_not_join_and_backward_before_forward():
    net = nn.Graph({"a": (nn.MaxPool2d(2), "input"), "b": (nn.Concat(), "a", "input")})
    with pytest.raises(ShapeError, match="Concat: input 2 must have the height and width"):
        net(np.ones((1, 1, 4, 4), np.float32))
    with pytest.raises(StateError, match="no forward pass"):
        branching().backward(np.ones((1, 1, 3, 3), np.float32))
