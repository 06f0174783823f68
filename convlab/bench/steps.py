"""Whole training steps, of the same networks in each engine: forward, loss, backward, SGD with momentum and weight decay.

convlab goes through its public layers. PyTorch runs eagerly, with its fused SGD.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}
IMAGES = {"lenet5": ((1, 32, 32), 10), "alexnet": ((3, 227, 227), 1000)}  # (one image, classes)


def random_batch(network: str, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels drawn at random: a step takes as long whatever is on them."""
    shape, classes = IMAGES[network]
    rng = np.random.default_rng(0)
    return rng.standard_normal((batch, *shape), dtype=np.float32), rng.integers(0, classes, batch)


class ConvlabTraining:
    """A network of `convlab.models`, its loss and its optimiser."""

    def __init__(self, network: str, threads: int):
        from convlab import jit, models, nn, optim

        jit.set_threads(threads)
        nn.manual_seed(0)
        self.model, self.criterion = models.create(network), nn.CrossEntropyLoss()
        self.optimizer = optim.SGD(self.model.parameters(), **SGD)
        self.parameters = self.model.count_parameters()

    def step(self, x: np.ndarray, labels: np.ndarray) -> float:
        loss = self.criterion(self.model(x), labels)
        self.optimizer.zero_grad()
        self.model.backward(self.criterion.backward(), input_grad=False)
        self.optimizer.step()
        return loss


class TorchTraining:
    """The same network in `torch.nn`."""

    def __init__(self, network: str, threads: int):
        import torch

        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.from_numpy = torch.from_numpy
        self.model, self.criterion = TORCH_MODELS[network](torch.nn), torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), **SGD, fused=True)
        self.parameters = sum(p.numel() for p in self.model.parameters())

    def step(self, x: np.ndarray, labels: np.ndarray) -> float:
        loss = self.criterion(self.model(self.from_numpy(x)), self.from_numpy(labels))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def torch_lenet5(nn: Any) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 120, 5), nn.ReLU(), nn.Flatten(),
        nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def torch_alexnet(nn: Any) -> Any:
    pooled = lambda: (nn.MaxPool2d(3, 2), nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4), nn.ReLU(), *pooled(),
        nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), *pooled(),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(0.5), nn.Linear(9216, 4096), nn.ReLU(),
        nn.Dropout(0.5), nn.Linear(4096, 4096), nn.ReLU(),
        nn.Linear(4096, 1000),
    )  # fmt: skip


TORCH_MODELS = {"lenet5": torch_lenet5, "alexnet": torch_alexnet}
TRAININGS = {"convlab": ConvlabTraining, "torch": TorchTraining}


def _steps(engine: str) -> Callable:
    def made(network: str, batch: int, threads: int) -> dict:
        training, arrays = TRAININGS[engine](network, threads), random_batch(network, batch)
        return {"step": lambda: training.step(*arrays), "parameters": training.parameters}

    return made


STEPS = {engine: _steps(engine) for engine in TRAININGS}  # STEPS[engine](network, batch, threads)["step"]() trains once


def epoch(engine: str, path: str, batch: int, threads: int) -> dict:
    """LeNet-5 trains once on all images of an .npz file (`images` (N, 1, 32, 32) in uint8, `labels`), in random order.

    Timed is what a loop over batches does: gather the images, step, read the loss. Steps before it compile the kernels.
    """
    with np.load(path) as file:
        images, labels = file["images"].astype(np.float32), file["labels"].astype(np.int64)
    images -= images.mean()
    images /= images.std()
    last = len(images) % batch
    for size in (batch, last or batch):
        warm_up = TRAININGS[engine]("lenet5", threads)
        warm_up.step(images[:size], labels[:size])
    training, losses = TRAININGS[engine]("lenet5", threads), []
    order = np.random.default_rng(0).permutation(len(images))
    start = time.perf_counter()
    for first in range(0, len(order), batch):
        chosen = order[first : first + batch]
        losses.append(training.step(images[chosen], labels[chosen]))
    seconds, tenth = time.perf_counter() - start, -(-len(losses) // 10)
    ends = [float(np.mean(part)) for part in (losses[:tenth], losses[-tenth:])]
    return {"seconds": seconds, "images": len(images), "first_loss": ends[0], "last_loss": ends[1]}
