"""Layers, optimisers and training on the (simulated) GPU: LeNet-5 takes the same steps as on the CPU, to rounding."""

import numpy as np
import pytest
from layer_cases import CASES

from convlab import backend, data, errors, models, nn, optim, training
from convlab.kernels.cuda import launch
from convlab.kernels.cuda.transfer import copied_ahead

DEVICES = ("cpu", "cuda")


def close(got, expected, tolerance=2e-5):
    got = backend.to_host(got)
    assert got.shape == expected.shape and got.dtype == expected.dtype
    assert np.abs(got - expected).max(initial=0) <= tolerance * max(1, np.abs(expected).max(initial=0))


def device_layer(case, device):
    layer = case.layer(np.float32)
    return layer.to(device)


@pytest.mark.parametrize("case", [case for case in CASES if str(case) != "Dropout"], ids=str)
def test_layers_forward_and_backward(case):
    results = {}
    for device in DEVICES:
        layer, x = device_layer(case, device), backend.moved(case.x(np.float32), device)
        y = layer(x)
        dy = np.random.default_rng(1).standard_normal(y.shape).astype(np.float32)
        dx = layer.backward(backend.moved(dy, device))
        if device == "cuda":
            assert all(backend.on_gpu(a) for a in (y, dx, *(p.grad for p in layer.parameters())))
        results[device] = [y, dx, *(p.grad for p in layer.parameters()), *layer.state_dict().values()]
    for got, expected in zip(results["cuda"], results["cpu"], strict=True):
        close(got, expected)


def test_dropout_draws_a_mask_of_its_own_and_keeps_it_for_the_way_back():
    layer = nn.Dropout(0.4).to("cuda")
    layer.rng = np.random.default_rng(3)
    x, dy = np.random.default_rng(0).uniform(1, 2, (2, 40, 30)).astype(np.float32)
    y, dx = layer(backend.to_device(x)), layer.backward(backend.to_device(dy))
    assert backend.on_gpu(y) and backend.on_gpu(dx)
    kept = backend.to_host(y) != 0
    assert 0.5 < kept.mean() < 0.7
    close(y, kept * x / np.float32(0.6))
    close(dx, kept * dy / np.float32(0.6))


def small_graph():
    return nn.Graph({
        "left": (nn.Conv2d(2, 3, 3, padding=1), "input"),
        "right": (nn.Conv2d(2, 3, 1), "input"),
        "sum": (nn.Add(), "left", "right"),
        "both": (nn.Concat(), "sum", "left"),
        "pool": (nn.MaxPool2d(2), "both"),
    })  # fmt: skip


def test_a_network_with_branches():
    results = {}
    for device in DEVICES:
        nn.manual_seed(3)
        net = small_graph().to(device)
        x = np.random.default_rng(0).standard_normal((1, 2, 4, 4)).astype(np.float32)
        y = net(backend.moved(x, device))
        dy = np.random.default_rng(1).standard_normal(y.shape).astype(np.float32)
        results[device] = [y, net.backward(backend.moved(dy, device)), *(p.grad for p in net.parameters())]
    for got, expected in zip(results["cuda"], results["cpu"], strict=True):
        close(got, expected)


def test_losses():
    rng = np.random.default_rng(0)
    output, target = rng.standard_normal((3, 4)).astype(np.float32), rng.standard_normal((3, 4)).astype(np.float32)
    for make, second in ((nn.MSELoss, target), (nn.CrossEntropyLoss, np.array([1, 3, 0]))):
        losses = {device: make() for device in DEVICES}
        values = {d: loss(backend.moved(output, d), backend.moved(second, d)) for d, loss in losses.items()}
        assert values["cuda"] == pytest.approx(values["cpu"], rel=1e-6)
        close(losses["cuda"].backward(), losses["cpu"].backward())


# ------------------------------------------------------------------------------------------------ optimisers
MAKERS = {
    "sgd": lambda parameters: optim.SGD(parameters, 0.1, momentum=0.9, weight_decay=0.01),
    "adam": lambda parameters: optim.Adam(parameters, 0.1, weight_decay=0.01),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_optimisers_step_all_parameters_in_one_launch(kind, monkeypatch):
    shapes, results = [(3,), (2, 1300), (1,), (5, 5)], {}
    for device in DEVICES:
        rng = np.random.default_rng(0)
        parameters = [nn.Parameter(backend.moved(rng.standard_normal(s).astype(np.float32), device)) for s in shapes]
        parameters.append(nn.Parameter(backend.moved(rng.standard_normal(7), device)))  # of another type
        optimizer = MAKERS[kind](parameters)
        for _ in range(2):
            for p in parameters:
                p.grad = backend.moved(rng.standard_normal(p.data.shape).astype(p.data.dtype), device)
            launched = []
            with monkeypatch.context() as patched:
                start = launch.start
                patched.setattr(launch, "start", lambda *a, start=start, seen=launched: (seen.append(a[0]), start(*a)))
                optimizer.step()
        results[device] = [*(p.data for p in parameters), *optimizer.state_dict().values()]
        assert len(launched) == (2 if device == "cuda" else 0)  # one for each type
    for got, expected in zip(results["cuda"], results["cpu"], strict=True):
        close(got, expected, 2e-6) if isinstance(expected, np.ndarray) else (got, expected)


def test_state_of_an_optimiser_follows_its_parameters():
    net = nn.Linear(3, 2)
    optimizer = optim.SGD(net.parameters(), 0.1, momentum=0.9)
    net.to("cuda")
    for p in net.parameters():
        p.grad = backend.to_device(np.ones(p.data.shape, np.float32))
    optimizer.step()
    assert all(backend.on_gpu(velocity) for velocity in optimizer.velocity)
    state = optimizer.state_dict()
    assert all(isinstance(value, (np.ndarray, float, int)) for value in state.values())
    optimizer.load_state_dict(state)
    assert all(backend.on_gpu(velocity) for velocity in optimizer.velocity)


def test_to_moves_there_and_back():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    before = net.state_dict()
    assert net.device == "cpu" and net.to("cuda").device == "cuda"
    assert all(backend.on_gpu(array) for _, array in net._named_state())
    net.load_state_dict({name: array + 1 for name, array in before.items()})
    net.to(np.float64).to(np.float32).to("cpu")
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name] + 1)


def test_a_network_on_the_gpu_refuses_images_of_the_host():
    net = nn.Conv2d(1, 2, 3).to("cuda")
    with pytest.raises(errors.BackendError, match=r"^conv2d: w lies on a GPU but x on the CPU; use .*to_device\(x\)$"):
        net(np.zeros((1, 1, 5, 5), np.float32))


# ------------------------------------------------------------------------------------------------ training
def test_batches_are_copied_ahead_and_are_the_same():
    rng = np.random.default_rng(0)
    batches = [(rng.random((n, 2)).astype(np.float32), np.arange(n)) for n in (3, 3, 3, 2, 0)]
    taken = []

    def source():
        for batch in batches:
            taken.append(len(batch[1]))
            yield batch

    for number, (x, labels) in enumerate(copied_ahead(source())):
        assert len(taken) == min(number + 2, len(batches))  # one more than is used
        assert backend.on_gpu(x) and backend.on_gpu(labels)
        np.testing.assert_array_equal(backend.to_host(x), batches[number][0])
        np.testing.assert_array_equal(backend.to_host(labels), batches[number][1])


def lenet_steps(device, steps=2):
    digits = data.load("digits")
    loader = data.Loader(digits, batch_size=1, normalize=data.Normalize.fit(digits), seed=1)
    batches = [batch for batch, _ in zip(loader.batches(0), range(steps))]
    nn.manual_seed(0)
    net = models.create("lenet5")
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    history = training.fit(net, batches, optimizer=optimizer, epochs=1, device=device, progress=False)
    return net, optimizer, history


def test_lenet5_trains_as_on_the_cpu():
    expected, cpu_optimizer, cpu_history = lenet_steps("cpu")
    got, optimizer, history = lenet_steps("cuda")
    assert got.device == "cuda"
    assert history.loss[0] == pytest.approx(cpu_history.loss[0], rel=1e-5)
    assert history.accuracy[0] == cpu_history.accuracy[0]
    for name, array in expected.state_dict().items():
        close(got.state_dict()[name], array)
    for mine, theirs in zip(optimizer.velocity, cpu_optimizer.velocity, strict=True):
        assert backend.on_gpu(mine)
        close(mine, theirs)


def test_fit_evaluates_writes_and_resumes_on_the_gpu(tmp_path):
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((6, 4)).astype(np.float32), np.arange(6) % 2

    def run(epochs, out, resume=False):
        nn.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Linear(3, 2))
        batches = data.Loader((x, labels), batch_size=4, seed=0)
        history = training.fit(net, batches, (x, labels), optimizer=optim.Adam(net.parameters()), epochs=epochs,
                               device="cuda", out=out, resume=resume, progress=False)  # fmt: skip
        return net, history

    whole, history = run(2, tmp_path / "whole")
    run(1, tmp_path / "broken")
    resumed, again = run(2, tmp_path / "broken", resume=True)
    assert history.loss.tolist() == again.loss.tolist() and history.val_loss.tolist() == again.val_loss.tolist()
    for name, array in whole.state_dict().items():
        np.testing.assert_array_equal(resumed.state_dict()[name], array)


def test_the_command_names_its_device():
    from convlab.cli import doctor

    assert "simulator" in doctor.report()["cuda"]
