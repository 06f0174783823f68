"""What every layer and network does: state, modes, seeds, types, the summary table."""

import numpy as np
import pytest
from layer_cases import CASES

from convlab import nn, save
from convlab.errors import ArgumentError, BackendError, DtypeError, ShapeError, StateError


def network():
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(8, 3)
    )


def snapshot(module):
    return {name: array.tobytes() for name, array in module.state_dict().items()}


# ------------------------------------------------------------------------------------------------ state
@pytest.mark.parametrize("case", CASES, ids=str)
def test_state_makes_the_round_trip(case):
    first, second = case.layer(np.float32), case.make()
    state = first.state_dict()
    assert set(state) == {name for name, _ in first.named_parameters()} | {
        name for name in first.buffers if getattr(first, name) is not None
    }
    for parameter in second.parameters():
        parameter.data[...] = 7
    second.load_state_dict(state)
    assert snapshot(first) == snapshot(second)
    second.train(first.training)
    if isinstance(first, nn.Dropout):
        first.reseed(1), second.reseed(1)
    x = case.x(np.float32)
    np.testing.assert_array_equal(first(x), second(x))


def test_state_dict_holds_copies():
    net = network()
    before, state = snapshot(net), net.state_dict()
    for array in state.values():
        array[...] = 5
    assert snapshot(net) == before
    net.load_state_dict(state)
    state["5.bias"][...] = 6
    assert (net.state_dict()["5.bias"] == 5).all()


def test_names_and_order_of_the_state():
    assert list(network().state_dict()) == [
        "0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var", "5.weight", "5.bias",
    ]  # fmt: skip
    assert [name for name, _ in network().named_parameters()] == [
        "0.weight",
        "1.weight",
        "1.bias",
        "5.weight",
        "5.bias",
    ]


def test_load_takes_other_float_types_and_pytorchs_counters():
    net = network()
    state = {name: array.astype(np.float64) for name, array in net.state_dict().items()}
    state["1.num_batches_tracked"] = np.array(3)
    before = snapshot(net)
    net.load_state_dict(state)
    assert snapshot(net) == before and net.parameters()[0].data.dtype == np.float32


def wrong_states():
    good = network().state_dict()
    without = {name: array for name, array in good.items() if name != "5.bias"}
    head = r"^load_state_dict: "
    other = head + "this is the state of another network: it "
    yield "lacks one", without, StateError, other + r"lacks '5\.bias'$"
    yield "lacks all", {}, StateError, other + r"lacks '0\.weight' and 6 more$"
    yield "one too many", good | {"6.bias": np.ones(2)}, StateError, other + r"has an unknown '6\.bias'$"
    yield (
        "both",
        without | {"a": np.ones(1), "b": np.ones(1)},
        StateError,
        other + r"lacks '5\.bias' and has an unknown 'a' and 1 more$",
    )
    yield (
        "other shape",
        good | {"5.weight": np.ones((8, 3), np.float32)},
        StateError,
        (head + r"5\.weight has shape \(8, 3\) but this network expects \(3, 8\); it is the state of another network$"),
    )
    yield "broadcastable", good | {"5.bias": np.ones(1, np.float32)}, StateError, head + r"5\.bias has shape \(1,\)"
    for value in (None, [1.0, 2.0, 3.0], np.ones(3, int), np.ones(3, complex), np.array([None] * 3)):
        yield f"type {value!r}", good | {"5.bias": value}, DtypeError, head + r"5\.bias must be a float array, got \w+$"
    for state in (None, [1], "weights.safetensors", good | {5: np.ones(1)}):
        yield f"{state!r:.30}", state, StateError, head + "state must be a dict of arrays by name, got .*convlab.load"


@pytest.mark.parametrize("state, error, message", [pytest.param(*rest, id=id) for id, *rest in wrong_states()])
def test_load_refuses_what_does_not_fit_and_changes_nothing(state, error, message):
    net = network()
    before = snapshot(net)
    with pytest.raises(error, match=message) as caught:
        net.load_state_dict(state)
    assert snapshot(net) == before
    assert "\n" not in str(caught.value)


def test_load_can_pass_over_names_but_not_shapes():
    net = network()
    before = snapshot(net)
    net.load_state_dict({"5.bias": np.array([1.0, 2, 3]), "head.bias": np.ones(1000)}, strict=False)
    after = net.state_dict()
    assert after.pop("5.bias").tolist() == [1, 2, 3]
    assert all(array.tobytes() == before[name] for name, array in after.items())
    with pytest.raises(StateError, match="has shape"):
        net.load_state_dict({"0.weight": np.ones(3), "5.bias": np.zeros(3)}, strict=False)
    assert net.state_dict()["5.bias"].tolist() == [1, 2, 3]


def test_a_network_from_a_file(tmp_path):
    from convlab import load

    first, second = network(), network()
    save(tmp_path / "net.safetensors", first.state_dict())
    second.load_state_dict(load(tmp_path / "net.safetensors"))
    assert snapshot(first) == snapshot(second)


# ------------------------------------------------------------------------------------------------ modes and seeds
def test_train_and_eval_reach_every_layer():
    net = nn.Sequential(nn.Sequential(nn.Dropout()), nn.BatchNorm1d(3))
    assert all(module.training for module in net.modules())
    assert net.eval() is net and not any(module.training for module in net.modules())
    assert net.train() is net and all(module.training for module in net.modules())
    assert not nn.Dropout().eval().training and nn.Dropout().training  # one layer's mode is its own


def test_manual_seed_repeats_weights_and_masks():
    x = np.ones((5, 1, 4, 4), np.float32)

    def draw(seed):
        nn.manual_seed(seed)
        net = network()
        return snapshot(net), net(x).tobytes()

    assert draw(3) == draw(3)
    assert draw(3)[0] != draw(4)[0]


def test_reseed_gives_each_dropout_its_own_masks():
    x = np.ones((4, 50), np.float32)
    net = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout()))

    def masks(seed):
        net.reseed(seed)
        return [net[0](x), net[1](x)]

    first, again, other = masks([0, 1]), masks([0, 1]), masks([0, 2])
    assert all((a == b).all() for a, b in zip(first, again))
    assert (first[0] != first[1]).any() and (first[0] != other[0]).any()
    assert (masks(7)[0] == masks(np.random.SeedSequence(7))[0]).all()
    net.reseed(7)
    assert (net[0](x) != net[0](x)).any()  # reseeded once, it goes on


def test_bad_seeds():
    for seed in (-1, 1.5, "a", None):
        with pytest.raises(ArgumentError, match=r"^manual_seed: seed must be "):
            nn.manual_seed(seed)
    for seed in (-1, "a", 1.5, [0, -1]):
        with pytest.raises(ArgumentError, match=r"^reseed: seed must be a non-negative int"):
            network().reseed(seed)


# ------------------------------------------------------------------------------------------------ types and devices
def test_to_converts_parameters_buffers_and_gradients():
    net = network().to(np.float64)
    assert {array.dtype for array in net.state_dict().values()} == {np.dtype(np.float64)}
    assert {p.grad.dtype for p in net.parameters()} == {np.dtype(np.float64)}
    assert net(np.ones((2, 1, 4, 4))).dtype == np.float64
    before = snapshot(net.to("float32"))
    assert snapshot(net.to("cpu")) == before


def test_to_forgets_the_forward_pass():
    net = network()
    y = net(np.ones((2, 1, 4, 4), np.float32))
    net.to(np.float64)
    with pytest.raises(StateError, match="there was no forward pass"):
        net.backward(y.astype(np.float64))


def test_to_refuses_what_it_does_not_know():
    for where in ("gpu", np.int64, np.float16, None, 3):
        with pytest.raises(ArgumentError, match=r"^to: expected 'cpu', 'cuda', np.float32 or np.float64, got "):
            network().to(where)


def test_cuda_without_a_gpu_is_refused():
    try:
        network().to("cuda")
    except BackendError as error:
        assert "cuda" in str(error) and "\n" not in str(error)


# ------------------------------------------------------------------------------------------------ parameters
def test_a_parameter_and_its_gradient():
    parameter = nn.Parameter(np.arange(3, dtype=np.float32))
    assert repr(parameter) == "Parameter((3,), float32)"
    assert parameter.grad.tolist() == [0, 0, 0] and parameter.grad.dtype == np.float32
    parameter.accumulate(np.ones(3, np.float32))
    parameter.accumulate(np.ones(3, np.float32))
    assert parameter.grad.tolist() == [2, 2, 2]
    parameter.grad = np.full(3, 5, np.float32)
    assert parameter.grad.tolist() == [5, 5, 5]
    parameter.zero_grad()
    assert parameter.grad.tolist() == [0, 0, 0]


def test_parameters_of_a_module_of_ones_own():
    class Scale(nn.Module):
        "y = factor * inside(x), to show that attributes are found"

        def __init__(self):
            self.factor = nn.Parameter(np.array([2.0]))
            self.inside = nn.Linear(2, 2).to(np.float64)

        def forward(self, x):
            self._saved = self.inside(x)
            return self.factor.data * self._saved

        def backward(self, dy, *, input_grad=True):
            self.factor.accumulate(np.array([(dy * self.saved()).sum()]))
            return self.inside.backward(dy * self.factor.data, input_grad=input_grad)

    net = Scale()
    assert [name for name, _ in net.named_parameters()] == ["factor", "inside.weight", "inside.bias"]
    assert net.count_parameters() == 7
    x = np.array([[1.0, -1.0]])
    y = net(x)
    net.backward(y)
    assert net.factor.grad == pytest.approx((y * y).sum() / 2)
    assert repr(net) == "Scale(\n  (inside): Linear(2, 2)\n)"


def test_a_module_that_defines_nothing_says_so():
    with pytest.raises(NotImplementedError, match="Module defines no forward pass"):
        nn.Module()(np.ones(1))
    with pytest.raises(NotImplementedError, match="Module defines no backward pass"):
        nn.Module().backward(np.ones(1))


# ------------------------------------------------------------------------------------------------ the table
def test_summary_counts():
    net = nn.Sequential({"c": nn.Conv2d(3, 8, 5, stride=2, bias=False), "n": nn.BatchNorm2d(8), "r": nn.ReLU(),
                         "rest": nn.Sequential(nn.Flatten(), nn.Linear(8 * 14 * 14, 10))})  # fmt: skip
    summary = net.summary((3, 32, 32))
    rows = [(r.name, r.output_shape, r.weights, r.biases, r.multiply_adds, r.bytes) for r in summary.rows]
    assert rows == [
        ("c", (8, 14, 14), 8 * 3 * 25, 0, 8 * 14 * 14 * 3 * 25, 4 * 8 * 14 * 14),
        ("n", (8, 14, 14), 8, 8, 0, 4 * 8 * 14 * 14),
        ("r", (8, 14, 14), 0, 0, 0, 4 * 8 * 14 * 14),
        ("rest.0", (1568,), 0, 0, 0, 4 * 1568),
        ("rest.1", (10,), 15680, 10, 15680, 40),
    ]
    assert summary.parameters == net.count_parameters() == 600 + 16 + 15690
    assert summary.multiply_adds == net.multiply_adds((3, 32, 32)) == sum(row[4] for row in rows)
    assert summary.bytes == sum(row[5] for row in rows)


def test_summary_as_text_and_for_programs():
    net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Flatten())
    summary = net.summary([1, 32, 32])
    lines = str(summary).splitlines()
    assert lines[0].split() == ["name", "layer", "output", "weights", "biases", "multiply-adds", "bytes"]
    assert " ".join(lines[3].split()) == "0 Conv2d(1, 6, kernel_size=5) 6 x 28 x 28 150 6 117,600 18,816"
    assert " ".join(lines[-1].split()) == "156 parameters 150 6 117,600 37,632"
    assert not any(line != line.rstrip() for line in lines)
    found = summary.to_dict()
    assert found["total"] == {"weights": 150, "biases": 6, "parameters": 156, "multiply_adds": 117600, "bytes": 37632}
    assert found["input_shape"] == [1, 32, 32] and found["rows"][0]["output_shape"] == (6, 28, 28)


def test_summary_computes_nothing():
    net = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.BatchNorm2d(64))
    before = snapshot(net)
    net.summary((3, 4000, 4000))  # would need 4 GB
    assert snapshot(net) == before


def test_bad_summary_shapes():
    net = nn.Sequential(nn.Conv2d(1, 6, 5))
    for shape in ((1, 32.0, 32), (), None, (1, 0, 5), (1, True, 5), "abc"):
        with pytest.raises(
            ShapeError, match=r"^summary: input_shape must be positive ints without the batch axis, got "
        ):
            net.summary(shape)
    with pytest.raises(ShapeError, match=r"^Conv2d: input_shape must be 3 sizes"):
        net.summary((1, 1, 32, 32))
