"""Sequential: names, slices, order, gradients through several layers."""

import numpy as np
import pytest
from layer_cases import central_differences, distinct

from convlab import nn
from convlab.errors import ArgumentError, ShapeError, StateError


def test_layers_are_numbered_or_named():
    relu, tanh = nn.ReLU(), nn.Tanh()
    for net, names in ((nn.Sequential(relu, tanh), ["0", "1"]), (nn.Sequential({"a": relu, "b": tanh}), ["a", "b"])):
        assert [name for name, _ in net.named_children()] == names
        assert list(net) == [relu, tanh] and len(net) == 2
        assert net[0] is relu and net[-1] is tanh and getattr(net, names[1]) is tanh
        assert list(net.modules()) == [net, relu, tanh]
    with pytest.raises(IndexError):
        nn.Sequential(relu)[1]


def test_a_slice_is_a_network_of_the_same_layers():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    part = net[1:]
    assert isinstance(part, nn.Sequential) and list(part) == list(net)[1:]
    assert [name for name, _ in part.named_children()] == ["1", "2"]
    assert list(net[::-1]) == list(net)[::-1] and len(net[3:]) == 0
    part[1].weight.data[...] = 0
    assert (net[2].weight.data == 0).all()


def test_append():
    net = nn.Sequential(nn.Linear(2, 3))
    relu = nn.ReLU()
    assert net.append(relu) is net and net[1] is relu and list(net.state_dict()) == ["0.weight", "0.bias"]


def test_append_never_replaces_a_layer():
    for net in (nn.Sequential({"1": nn.ReLU()}), nn.Sequential(nn.Tanh(), nn.ReLU(), nn.Tanh())[1:]):
        before = list(net)
        net.append(nn.Sigmoid())
        assert list(net)[:-1] == before and isinstance(net[-1], nn.Sigmoid)


def test_an_empty_network_changes_nothing():
    net, x = nn.Sequential(), np.ones((2, 3))
    assert net(x) is x and net.backward(x) is x
    assert net.output_shape((3,)) == (3,) and net.parameters() == [] and repr(net) == "Sequential()"
    assert net.summary((3,)).parameters == 0


def test_what_cannot_be_a_layer():
    for layers, name in (([None], "'0'"), ([nn.ReLU(), nn.ReLU], "'1'"), ([[nn.ReLU()]], "'0'"), ([{"a": 3}], "'a'")):
        with pytest.raises(ArgumentError, match=rf"^Sequential: {name} must be a layer \(nn.Module\), got \w+$"):
            nn.Sequential(*layers)
    for name in ("a.b", "", "forward", "training", "_saved", 0, None):
        with pytest.raises(ArgumentError, match=r"^Sequential: .* cannot be the name of a layer; use letters"):
            nn.Sequential({name: nn.ReLU()})
    with pytest.raises(ArgumentError, match="must be a layer"):
        nn.Sequential().append("relu")


def test_a_layer_stands_once_in_a_network():
    # used twice, it would remember only the second forward pass, and the gradient would be wrong
    relu = nn.ReLU()
    message = r"^Sequential: '2' is a layer that stands in the network already; .*: make a second one$"
    for last in (relu, nn.Sequential(relu)):
        with pytest.raises(ArgumentError, match=message):
            nn.Sequential(nn.Sequential(relu), nn.Tanh(), last)
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    with pytest.raises(ArgumentError, match="stands in the network already"):
        net.append(net[1])


def test_gradients_through_a_network():
    nn.manual_seed(1)
    net = nn.Sequential(
        {"conv": nn.Conv2d(2, 3, 2), "bend": nn.Tanh(), "pool": nn.AvgPool2d(2),
         "head": nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(12, 4), nn.LogSoftmax())}
    ).to(np.float64)  # fmt: skip
    x = distinct((2, 2, 5, 5))
    dy = np.random.default_rng(0).standard_normal((2, 4))

    def loss():
        net.reseed(0)
        return float((net(x) * dy).sum())

    loss()
    dx = net.backward(dy)
    np.testing.assert_allclose(dx, central_differences(loss, x), rtol=1e-6, atol=1e-7)
    gradients = {name: p.grad.copy() for name, p in net.named_parameters()}
    assert list(gradients) == ["conv.weight", "conv.bias", "head.2.weight", "head.2.bias"]
    for name, parameter in net.named_parameters():
        expected = central_differences(loss, parameter.data)
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-6, atol=1e-7, err_msg=name)
    net.zero_grad()
    loss()
    assert net.backward(dy, input_grad=False) is None
    assert all((p.grad == gradients[name]).all() for name, p in net.named_parameters())


def test_only_the_first_layer_skips_its_input_gradient():
    class Spy(nn.Identity):
        def backward(self, dy, *, input_grad=True):
            self.asked = input_grad
            return super().backward(dy, input_grad=input_grad)

    net = nn.Sequential(nn.Sequential(Spy(), Spy()), Spy())
    for wanted in (True, False):
        net.backward(net(np.ones(2)), input_grad=wanted)
        assert [net[0][0].asked, net[0][1].asked, net[1].asked] == [wanted, True, True]


def test_backward_before_forward():
    with pytest.raises(StateError, match=r"^Linear.backward: there was no forward pass; call layer\(x\) first$"):
        nn.Sequential(nn.Flatten(), nn.Linear(2, 2)).backward(np.ones((1, 2), np.float32))


def test_output_shape_says_where_it_breaks():
    net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Linear(120, 10))
    assert net[:1].output_shape((1, 8, 8)) == (6, 4, 4)
    with pytest.raises(ShapeError, match=r"^Linear: expected 120 features, got \(6, 4, 4\); is a Flatten missing\?$"):
        net.output_shape((1, 8, 8))


def test_repr_shows_the_tree():
    net = nn.Sequential({"c": nn.Conv2d(1, 2, 3, padding="same", bias=False), "rest": nn.Sequential(nn.ReLU())})
    assert repr(net) == (
        "Sequential(\n  (c): Conv2d(1, 2, kernel_size=3, padding='same', bias=False)\n"
        "  (rest): Sequential(\n    (0): ReLU()\n  )\n)"
    )


# ------------------------------------------------------------------------------------------------ shared memory
def step_by_step(net, x, dy):
    "what the layers give when each is called by itself, forward and backward, and the gradients of the parameters"
    layers = list(net)
    net.zero_grad()
    y = x
    for layer in layers:
        y = layer(y)
    dx = dy
    for layer in reversed(layers):
        dx = layer.backward(dx)
    return [y, dx, *(parameter.grad for parameter in net.parameters())]


def all_at_once(net, x, dy):
    net.zero_grad()
    return [net(x), net.backward(dy), *(parameter.grad for parameter in net.parameters())]


@pytest.mark.parametrize("kind", ["normal", "ties", "nan"])
def test_relu_in_place_changes_nothing(kind):
    nn.manual_seed(0)
    rng = np.random.default_rng(0)
    net = nn.Sequential(
        nn.Conv2d(2, 5, 3), nn.ReLU(), nn.MaxPool2d(3, 2), nn.MaxPool2d(2, 1), nn.Conv2d(5, 4, 2, padding=1), nn.ReLU(),
        nn.LocalResponseNorm(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 6), nn.ReLU(), nn.Linear(6, 3),
        nn.ReLU(),
    )  # fmt: skip
    x = rng.standard_normal((3, 2, 14, 14)).astype(np.float32)
    if kind == "ties":
        x = np.round(x)
        net[0].weight.data = np.round(3 * net[0].weight.data)
        net[0].bias.data[:] = -1  # many outputs of the first layer are equal, many of them exactly 0
    elif kind == "nan":
        x[0, 0, 3, 3] = np.nan
    dy = rng.standard_normal((3, 3)).astype(np.float32)
    before = x.copy(), dy.copy()
    expected = step_by_step(net, x, dy)
    for array, other in zip(all_at_once(net, x, dy), expected):
        np.testing.assert_array_equal(array, other)
    dx = dy  # and backward layer by layer after a forward pass of the whole
    net(x)
    for layer in reversed(list(net)):
        dx = layer.backward(dx)
    np.testing.assert_array_equal(dx, expected[1])
    np.testing.assert_array_equal(x, before[0])  # what the caller gave belongs to the caller
    np.testing.assert_array_equal(dy, before[1])


def test_an_array_that_a_layer_keeps_is_not_changed():
    net = nn.Sequential(nn.Tanh(), nn.ReLU())  # tanh's gradient needs its output
    x = np.array([[-1.0, 2.0]], np.float32)
    net(x)
    np.testing.assert_allclose(net.backward(np.ones_like(x)), [[0, 1 - np.tanh(2) ** 2]], rtol=1e-6)
    rectifier = nn.Sequential(nn.ReLU())
    np.testing.assert_array_equal(rectifier(x), [[0, 2]])
    np.testing.assert_array_equal(x, [[-1, 2]])


def test_a_method_put_in_place_of_a_layers_own_is_called():
    rectified, kept = [], []

    class Watched(nn.ReLU):
        def forward(self, x):
            rectified.append(super().forward(x))
            return rectified[-1]

    net = nn.Sequential(nn.Linear(2, 2), Watched(), nn.Linear(2, 2), nn.ReLU())
    own = net[2].forward
    net[2].forward = lambda x: kept.append(own(x)) or kept[-1]
    net[2].weight.data[:], net[2].bias.data[:] = 0, -1
    y = net(np.ones((1, 2), np.float32))
    assert len(rectified) == 1
    np.testing.assert_array_equal(kept, [[[-1, -1]]])  # not rectified in place: somebody keeps it
    np.testing.assert_array_equal(y, [[0, 0]])


def test_a_relu_with_a_gradient_of_its_own_is_asked():
    "as in guided backpropagation, where only positive gradients pass: before they add up in overlapping windows"

    class Guided(nn.ReLU):
        def backward(self, dy, *, input_grad=True):
            return super().backward(np.maximum(dy, 0), input_grad=input_grad)

    nn.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), Guided(), nn.MaxPool2d(3, 1), nn.Conv2d(2, 2, 1), Guided(), nn.Flatten())
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((2, 1, 8, 8)).astype(np.float32), rng.standard_normal((2, 32)).astype(np.float32)
    expected = step_by_step(net, x, dy)
    for array, other in zip(all_at_once(net, x, dy), expected):
        np.testing.assert_array_equal(array, other)
    forward = nn.ReLU()
    forward.backward = lambda dy, *, input_grad=True: np.minimum(forward.saved(), 0)  # it wants to see what came in
    layer = nn.Linear(3, 3)
    layer.weight.data[:], layer.bias.data[:] = 0, -2
    net = nn.Sequential(layer, forward)
    net(np.ones((1, 3), np.float32))
    np.testing.assert_array_equal(forward.backward(None), np.full((1, 3), -2))
