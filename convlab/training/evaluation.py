"""Looking at a trained network: outputs, loss, accuracy; averages over views of an image and over several networks."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import convlab.functional as F
from convlab import backend, nn
from convlab.errors import ArgumentError, ShapeError
from convlab.training.batches import batches


def predict(model: nn.Module, data: Any) -> tuple[np.ndarray, np.ndarray]:
    """Outputs of a network in evaluation mode, and the labels beside them.

    Parameters
    ----------
    model : nn.Module
    data : Loader, or iterable of batches (x, labels)
        Taken in its order; use a Loader with shuffle=False where the order matters.

    Returns
    -------
    outputs : array (samples, ...)
    labels : array (samples,)
    """
    return _gather("predict", [model], data, lambda x: backend.to_host(model(x)))


def predict_probabilities(
    models: nn.Module | Sequence[nn.Module], data: Any, views: Callable[[Any], Iterable[Any]] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Class probabilities, averaged over views of each image and over networks, and the labels beside them.

    p[n, k] = mean over networks m and views v of softmax(m(v(x_n)))[k]

    Parameters
    ----------
    models : nn.Module, or a list of them
        Several make an ensemble: each has its say, however it was trained.
    data : Loader, or iterable of batches (x, labels)
    views : callable, optional
        From a batch (N, C, H, W) to several batches of N images: `convlab.data.TenCrop(227)`, `convlab.data.mirrored`.

    Returns
    -------
    probabilities : array (samples, classes)
    labels : array (samples,)

    Notes
    -----
    Source: A. Krizhevsky et al., NIPS 2012: section 4.1 averages the softmax over ten patches, table 1 over 5 and 7 networks.
    """
    models = [models] if isinstance(models, nn.Module) else list(models)
    if not models or not all(isinstance(model, nn.Module) for model in models):
        raise ArgumentError("predict_probabilities: models must be a network or a list of networks")

    def mean(x):
        total, count = 0.0, 0
        for view in [x] if views is None else views(x):
            for model in models:
                total, count = total + backend.to_host(F.softmax(model(view))), count + 1
        return total / count

    return _gather("predict_probabilities", models, data, mean)


def _gather(who, models, data, output):
    "output(x) of every batch, with the networks in evaluation mode, and the labels"
    were_training = [model.training for model in models]
    try:
        for model in models:
            model.eval()
        pairs = [(output(x), labels) for x, labels in batches(data, 0)]
    finally:
        for model, was_training in zip(models, were_training):
            model.train(was_training)
    if not pairs:
        raise ShapeError(f"{who}: data holds no batch")
    outputs, labels = zip(*pairs)
    return np.concatenate(outputs), np.concatenate(labels)


def evaluate(model: nn.Module, data: Any, loss: Callable | None = None) -> tuple[float, float]:
    """Mean loss and accuracy of a network over data, in evaluation mode. Default loss: cross-entropy."""
    outputs, labels = predict(model, data)
    return float((loss or nn.CrossEntropyLoss())(outputs, labels)), accuracy(outputs, labels)


def accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Share of rows whose largest output stands at the label.

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    return float(np.mean(outputs.argmax(1) == labels))
