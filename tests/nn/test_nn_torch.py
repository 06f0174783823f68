"""Against PyTorch, where it is installed: outputs, gradients, names and first weights of the same layers."""

import numpy as np
import pytest
from layer_cases import CASES

from convlab import models, nn

torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is no dependency of convlab")

OWN = (nn.ConnectedConv2d, nn.WeightedPool2d, nn.Subsample2d, nn.ScaledTanh, nn.EuclideanRBF, nn.Dropout)
THEIRS = [case for case in CASES if not isinstance(case.make(), OWN)]


def pytorchs(layer):
    "the layer of the same name with the same options"
    names = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "dilation", "groups",
             "in_features", "out_features", "ceil_mode", "count_include_pad", "negative_slope", "dim", "size",
             "num_features", "eps", "momentum")  # fmt: skip
    options = {name: getattr(layer, name) for name in names if hasattr(layer, name)} | getattr(layer, "options", {})
    if hasattr(layer, "bias"):
        is_norm = isinstance(layer, nn.BatchNorm2d)
        options |= {"affine" if is_norm else "bias": layer.bias is not None}
    if isinstance(layer, nn.BatchNorm2d):
        options["track_running_stats"] = layer.running_mean is not None
    if "Adaptive" in type(layer).__name__:
        options["output_size"] = getattr(layer, "output_size", 1)
    theirs = getattr(torch.nn, type(layer).__name__)(**options)
    return theirs.train(layer.training)


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize("case", THEIRS, ids=str)
def test_the_same_layer(case):
    layer, x = case.layer(np.float64), case.x()
    theirs = pytorchs(layer).double()
    state = {name: torch.from_numpy(array) for name, array in layer.state_dict().items()}
    missing = theirs.load_state_dict(state, strict=False)
    assert not missing.unexpected_keys and set(missing.missing_keys) <= {"num_batches_tracked"}
    y, x_torch = layer(x), torch.from_numpy(x).requires_grad_()
    y_torch = theirs(x_torch)
    np.testing.assert_allclose(y, y_torch.detach(), rtol=1e-10, atol=1e-12)
    dy = np.random.default_rng(0).standard_normal(y.shape)
    y_torch.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(layer.backward(dy), x_torch.grad, rtol=1e-10, atol=1e-12)
    for name, parameter in theirs.named_parameters():
        np.testing.assert_allclose(getattr(layer, name).grad, parameter.grad, rtol=1e-10, atol=1e-12)
    for name, array in theirs.named_buffers():
        if name != "num_batches_tracked":
            np.testing.assert_allclose(getattr(layer, name), array, rtol=1e-10)


def test_positional_arguments_stand_in_pytorchs_order():
    import inspect

    for name in ("Conv1d", "Conv2d", "ConvTranspose2d", "Linear", "MaxPool2d", "AvgPool2d", "BatchNorm1d", "BatchNorm2d",
                 "LocalResponseNorm", "Dropout", "LeakyReLU", "Softmax", "LogSoftmax", "AdaptiveAvgPool2d"):  # fmt: skip
        ours = list(inspect.signature(getattr(nn, name)).parameters)
        theirs = list(inspect.signature(getattr(torch.nn, name)).parameters)
        assert ours == theirs[: len(ours)], name


def test_first_weights_spread_like_pytorchs():
    nn.manual_seed(0)
    torch.manual_seed(0)
    for make, args in (
        ("Conv2d", (8, 64, 5)),
        ("ConvTranspose2d", (64, 8, 3)),
        ("Conv1d", (8, 256, 5)),
        ("Linear", (64, 300)),
    ):
        ours, theirs = getattr(nn, make)(*args), getattr(torch.nn, make)(*args)
        for name in ("weight", "bias"):
            a, b = getattr(ours, name).data, getattr(theirs, name).detach().numpy()
            assert a.shape == b.shape and a.dtype == b.dtype
            assert np.abs(a).max() == pytest.approx(np.abs(b).max(), rel=0.05 if name == "weight" else 0.5), (
                make,
                name,
            )
            if name == "weight":
                assert a.std() == pytest.approx(b.std(), rel=0.05)


def test_a_network_has_pytorchs_names():
    ours = nn.Sequential(nn.Conv2d(1, 6, 5), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(24, 3))
    theirs = torch.nn.Sequential(torch.nn.Conv2d(1, 6, 5), torch.nn.BatchNorm2d(6), torch.nn.ReLU(), torch.nn.Flatten(),
                                 torch.nn.Linear(24, 3))  # fmt: skip
    state = {name: tensor.numpy() for name, tensor in theirs.state_dict().items()}
    ours.load_state_dict(state)
    x = np.random.default_rng(0).standard_normal((4, 1, 6, 6)).astype(np.float32)
    with torch.no_grad():
        np.testing.assert_allclose(ours.eval()(x), theirs.eval()(torch.from_numpy(x)), rtol=1e-5, atol=1e-6)


def test_lenet5_is_pytorchs_lenet5():
    ours = models.create("lenet5")
    L = torch.nn
    theirs = L.Sequential(
        L.Conv2d(1, 6, 5), L.ReLU(), L.MaxPool2d(2), L.Conv2d(6, 16, 5), L.ReLU(), L.MaxPool2d(2), L.Conv2d(16, 120, 5),
        L.ReLU(), L.Flatten(), L.Linear(120, 84), L.ReLU(), L.Linear(84, 10),
    )  # fmt: skip
    state = zip(theirs.state_dict(), ours.state_dict().values(), strict=True)
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in state})
    x, labels = np.random.default_rng(0).standard_normal((8, 1, 32, 32)).astype(np.float32), np.arange(8)
    logits, criterion = ours(x), nn.CrossEntropyLoss()
    loss = criterion(logits, labels)
    ours.backward(criterion.backward())
    logits_torch = theirs(torch.from_numpy(x))
    loss_torch = L.functional.cross_entropy(logits_torch, torch.from_numpy(labels))
    loss_torch.backward()
    assert loss == pytest.approx(loss_torch.item(), rel=1e-5)
    np.testing.assert_allclose(logits, logits_torch.detach(), rtol=1e-4, atol=1e-6)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(a.grad, b.grad, rtol=1e-3, atol=1e-6)
