"""Whole networks against PyTorch, where it is installed: weights go over by name, outputs agree in float64."""

import numpy as np
import pytest

import convlab
from convlab import models, nn

torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is no dependency of convlab")
T = torch.nn


class Net(T.Module):
    """torchvision's plan: features, avgpool, flatten, classifier."""

    def __init__(self, features, classifier, avgpool=None):
        super().__init__()
        self.features, self.classifier, self.avgpool = T.Sequential(*features), T.Sequential(*classifier), avgpool

    def forward(self, x):
        x = self.features(x)
        return self.classifier(torch.flatten(x if self.avgpool is None else self.avgpool(x), 1))


def classifier(flat, hidden, classes):
    return [T.Dropout(), T.Linear(flat, hidden), T.ReLU(), T.Dropout(), T.Linear(hidden, hidden), T.ReLU(),
            T.Linear(hidden, classes)]  # fmt: skip


def norm():
    return T.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)


def alexnet_2012(a, b, c, d, e, hidden, groups, norm_first, side):
    pool = lambda: [norm(), T.MaxPool2d(3, 2)] if norm_first else [T.MaxPool2d(3, 2), norm()]
    features = [
        T.Conv2d(3, a, 11, 4), T.ReLU(), *pool(), T.Conv2d(a, b, 5, padding=2, groups=groups), T.ReLU(), *pool(),
        T.Conv2d(b, c, 3, padding=1), T.ReLU(), T.Conv2d(c, d, 3, padding=1, groups=groups), T.ReLU(),
        T.Conv2d(d, e, 3, padding=1, groups=groups), T.ReLU(), T.MaxPool2d(3, 2),
    ]  # fmt: skip
    return Net(features, classifier(e * side * side, hidden, 10))


def alexnet_2014(a, b, c, d, e, hidden):
    features = [
        T.Conv2d(3, a, 11, 4, 2), T.ReLU(), T.MaxPool2d(3, 2), T.Conv2d(a, b, 5, padding=2), T.ReLU(), T.MaxPool2d(3, 2),
        T.Conv2d(b, c, 3, padding=1), T.ReLU(), T.Conv2d(c, d, 3, padding=1), T.ReLU(),
        T.Conv2d(d, e, 3, padding=1), T.ReLU(), T.MaxPool2d(3, 2),
    ]  # fmt: skip
    return Net(features, classifier(e * 36, hidden, 10), T.AdaptiveAvgPool2d(6))


def zfnet(c, d, e):
    pool = lambda: T.MaxPool2d(3, 2, ceil_mode=True)
    features = [
        T.Conv2d(3, 96, 7, 2, 1), T.ReLU(), pool(), norm(), T.Conv2d(96, 256, 5, 2), T.ReLU(), pool(), norm(),
        T.Conv2d(256, c, 3, padding=1), T.ReLU(), T.Conv2d(c, d, 3, padding=1), T.ReLU(),
        T.Conv2d(d, e, 3, padding=1), T.ReLU(), pool(),
    ]  # fmt: skip
    return Net(features, classifier(e * 36, 4096, 10))


def vgg(plan):
    features, channels = [], 3
    for maps in plan.split():
        if maps == "M":
            features.append(T.MaxPool2d(2, 2))
        else:
            features += [T.Conv2d(channels, int(maps), 3, padding=1), T.ReLU()]
            channels = int(maps)
    head = [
        T.Linear(512 * 49, 4096),
        T.ReLU(),
        T.Dropout(),
        T.Linear(4096, 4096),
        T.ReLU(),
        T.Dropout(),
        T.Linear(4096, 10),
    ]
    return Net(features, head, T.AdaptiveAvgPool2d(7))


VGG = {
    "vgg11": "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "vgg13": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "vgg16": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "vgg19": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


def agree(ours, theirs, x):
    """Weights by their names into PyTorch's network; then the same outputs, and the same gradient by the input."""
    ours, theirs = ours.to(np.float64).eval(), theirs.double().eval()
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in ours.state_dict().items()})
    x_torch = torch.from_numpy(x).requires_grad_()
    y_torch, y = theirs(x_torch), ours(x)
    np.testing.assert_allclose(y, y_torch.detach(), rtol=1e-9, atol=1e-11)
    dy = np.random.default_rng(1).standard_normal(y.shape)
    y_torch.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(ours.backward(dy), x_torch.grad, rtol=1e-8, atol=1e-10)


def images(side, count=2, channels=3):
    return np.random.default_rng(0).standard_normal((count, channels, side, side))


@pytest.mark.parametrize(("groups", "norm_first"), [(1, False), (2, False), (1, True)])
def test_alexnet_of_2012(groups, norm_first):
    ours = models.alexnet(width=1 / 8, num_classes=10, image_size=99, groups=groups, norm_first=norm_first)
    agree(ours, alexnet_2012(12, 32, 48, 48, 32, 512, groups, norm_first, 2), images(99))


def test_alexnet_of_torchvision():
    ours = models.alexnet("torchvision", width=1 / 8, num_classes=10)
    agree(ours, alexnet_2014(8, 24, 48, 32, 32, 512), images(127))


def test_alexnet_small():
    theirs = Net(
        [
            T.Conv2d(3, 8, 3, padding=1), T.ReLU(), T.MaxPool2d(2), norm(),
            T.Conv2d(8, 12, 3, padding=1), T.ReLU(), T.MaxPool2d(2), norm(), T.Conv2d(12, 16, 3, padding=1), T.ReLU(),
            T.Conv2d(16, 16, 3, padding=1), T.ReLU(), T.Conv2d(16, 8, 3, padding=1), T.ReLU(), T.MaxPool2d(2),
        ],
        [T.Dropout(), T.Linear(128, 20), T.ReLU(), T.Dropout(), T.Linear(20, 10)],
    )  # fmt: skip
    agree(models.alexnet_small(widths=(8, 12, 16, 16, 8), hidden=20), theirs, images(32))


def by_place(ours, theirs):
    """PyTorch's network with our weights, in order: for networks whose names are our own."""
    arrays = ours.to(np.float64).state_dict().values()
    names = theirs.state_dict()
    theirs.double().load_state_dict({name: torch.from_numpy(array) for name, array in zip(names, arrays, strict=True)})
    return theirs


@pytest.mark.parametrize(
    ("name", "layers", "shape"),
    [
        (
            "simple_cnn",
            lambda: [T.Conv2d(3, 16, 3, padding=1), T.ReLU(), T.MaxPool2d(5), T.Flatten(), T.Linear(16, 4)],
            (3, 5),
        ),
        (
            "cifar_convnet",
            lambda: [T.Conv2d(3, 12, 3, padding=1), T.ReLU(), T.MaxPool2d(2), T.Flatten(), T.Linear(3072, 10)],
            (3, 32),
        ),
        (
            "lenet5",
            lambda: [
                T.Conv2d(1, 6, 5), T.ReLU(), T.MaxPool2d(2), T.Conv2d(6, 16, 5), T.ReLU(), T.MaxPool2d(2),
                T.Conv2d(16, 120, 5), T.ReLU(), T.Flatten(), T.Linear(120, 84), T.ReLU(), T.Linear(84, 10),
            ],
            (1, 32),
        ),
    ],
)  # fmt: skip
def test_small_networks(name, layers, shape):
    ours = models.create(name)
    theirs, x = by_place(ours, T.Sequential(*layers())), images(shape[1], channels=shape[0])
    np.testing.assert_allclose(ours(x), theirs(torch.from_numpy(x)).detach(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("variant", "maps"), [("wide", (512, 1024, 512)), ("paper", (384, 384, 256))])
def test_zfnet(variant, maps):
    agree(models.zfnet(variant, num_classes=10), zfnet(*maps), images(224, 1))


@pytest.mark.parametrize("name", VGG)
def test_vgg(name):
    agree(models.create(name, num_classes=10), vgg(VGG[name]), images(32, 1))  # the pool makes 7 x 7 of any size


def test_published_weights_load(tmp_path):
    """What PyTorch writes, convlab reads, and the other way round."""
    from safetensors.torch import load_file, save_file

    theirs, path = alexnet_2014(8, 24, 48, 32, 32, 512).eval(), tmp_path / "weights.safetensors"
    save_file(theirs.state_dict(), path)
    ours = models.alexnet("torchvision", width=1 / 8, num_classes=10).eval()
    ours.load_state_dict(convlab.load(path))
    x = images(127).astype(np.float32)
    np.testing.assert_allclose(ours(x), theirs(torch.from_numpy(x)).detach(), rtol=1e-3, atol=1e-5)
    convlab.save(path, nn.he_init(ours).state_dict())
    theirs.load_state_dict(load_file(path))
    np.testing.assert_allclose(ours(x), theirs(torch.from_numpy(x)).detach(), rtol=1e-3, atol=1e-5)
