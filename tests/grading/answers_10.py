"""Right answers to the exercises of lesson 10 in other styles than the reference's."""

import numpy as np
from numba import njit

import convlab.functional as F
from convlab import nn, optim


def sgd_library(w, gradients, lr, momentum=0.0, weight_decay=0.0):
    parameter = nn.Parameter(w.copy())
    optimizer = optim.SGD([parameter], lr, momentum, weight_decay)
    path = np.empty((len(gradients), *w.shape))
    for step, g in enumerate(gradients):
        parameter.grad = g.copy()
        optimizer.step()
        path[step] = parameter.data
    return path


def sgd_rate_inside(w, gradients, lr, momentum=0.0, weight_decay=0.0):
    """The learning rate inside the velocity, as in the paper on AlexNet: the same while it does not change."""
    path, w, v = [], w.copy(), 0.0
    for g in gradients:
        v = momentum * v - lr * (g + weight_decay * w)
        w = w + v
        path.append(w.copy())
    return np.stack(path)


@njit
def sgd_flat(w, gradients, lr, momentum, weight_decay):
    v, path = np.zeros_like(w), np.empty_like(gradients)
    for t in range(len(gradients)):
        for k in range(len(w)):
            v[k] = momentum * v[k] + gradients[t, k] + weight_decay * w[k]
            w[k] -= lr * v[k]
            path[t, k] = w[k]
    return path


def sgd_njit(w, gradients, lr, momentum=0.0, weight_decay=0.0):
    flat = sgd_flat(w.ravel().copy(), gradients.reshape(len(gradients), -1), lr, momentum, weight_decay)
    return flat.reshape(gradients.shape)


def train_library(x, labels, w, b, orders, batch_size, lr, momentum=0.0):
    """Layers, loss and optimiser of the library, in float64."""
    layer = nn.Linear(x.shape[1], len(b)).to(np.float64)
    layer.weight.data[:], layer.bias.data[:] = w, b
    criterion, optimizer = nn.CrossEntropyLoss(), optim.SGD(layer.parameters(), lr, momentum)
    losses = []
    for order in orders:
        for chosen in np.split(order, range(batch_size, len(order), batch_size)):
            losses.append(criterion(layer(x[chosen]), labels[chosen]))
            optimizer.zero_grad()
            layer.backward(criterion.backward())
            optimizer.step()
    return np.array(losses)


def train_one_matrix(x, labels, w, b, orders, batch_size, lr, momentum=0.0):
    """The bias as a weight of a pixel that is always 1; labels as rows of an identity matrix."""
    data, wanted = np.c_[x, np.ones(len(x))], np.eye(len(b))[labels]
    weights, velocity = np.c_[w, b], np.zeros((len(b), x.shape[1] + 1))
    losses = []
    for order in orders:
        for start in range(0, len(order), batch_size):
            rows, y = data[order[start : start + batch_size]], wanted[order[start : start + batch_size]]
            p = np.exp(rows @ weights.T)
            p /= p.sum(1, keepdims=True)
            losses.append(-np.log((p * y).sum(1)).mean())
            velocity = momentum * velocity + (p - y).T @ rows / len(rows)
            weights = weights - lr * velocity
    return losses


def overfit_descent(x, labels):
    C = labels.max() + 1
    w, b = np.zeros((C, x.shape[1])), np.zeros(C)
    for _ in range(500):
        _, dscores = F.cross_entropy(x @ w.T + b, labels)
        w, b = w - 0.5 * dscores.T @ x, b - 0.5 * dscores.sum(axis=0)
    return np.c_[w, b]


def overfit_until_done(x, labels):
    """Random first weights, momentum, and a test of the loss."""
    rng = np.random.default_rng(1)
    weights, velocity = rng.normal(size=(labels.max() + 1, x.shape[1] + 1)) / 10, 0.0
    data, wanted, loss = np.c_[x, np.ones(8)], np.eye(labels.max() + 1)[labels], np.inf
    while loss > 0.005:
        scores = data @ weights.T
        p = np.exp(scores - scores.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        loss = -np.log((p * wanted).sum(1)).mean()
        velocity = 0.9 * velocity + (p - wanted).T @ data / 8
        weights = weights - 0.1 * velocity
    return weights.astype(np.float32)


def mended_layers(x, labels, w1, b1, w2, b2, lr, steps):
    first, second = nn.Linear(*w1.shape[::-1]).to(np.float64), nn.Linear(*w2.shape[::-1]).to(np.float64)
    for layer, w, b in ((first, w1, b1), (second, w2, b2)):
        layer.weight.data[:], layer.bias.data[:] = w, b
    net, criterion, losses = nn.Sequential(first, nn.ReLU(), second), nn.CrossEntropyLoss(), []
    optimizer = optim.SGD(net.parameters(), lr)
    for _ in range(steps):
        losses.append(criterion(net(x), labels))
        optimizer.zero_grad()
        net.backward(criterion.backward())
        optimizer.step()
    return np.array(losses)


def mended_sample_by_sample(x, labels, w1, b1, w2, b2, lr, steps):
    w1, b1, w2, b2, losses = w1.copy(), b1.copy(), w2.copy(), b2.copy(), []
    for _ in range(steps):
        total, d1, e1, d2, e2 = 0.0, 0 * w1, 0 * b1, 0 * w2, 0 * b2
        for row, label in zip(x, labels):
            h = w1 @ row + b1
            a = h * (h > 0)
            scores = w2 @ a + b2
            p = np.exp(scores) / np.exp(scores).sum()
            total -= np.log(p[label])
            p[label] -= 1
            dh = (w2.T @ p) * (h > 0)
            d2, e2, d1, e1 = d2 + np.outer(p, a), e2 + p, d1 + np.outer(dh, row), e1 + dh
        losses.append(total / len(x))
        for array, slope in ((w1, d1), (b1, e1), (w2, d2), (b2, e2)):
            array -= lr * slope / len(x)
    return losses


ANSWERS = {
    "sgd": {"library": sgd_library, "rate inside": sgd_rate_inside, "njit": sgd_njit},
    "train": {"library": train_library, "one matrix": train_one_matrix},
    "overfit": {"descent": overfit_descent, "until done": overfit_until_done},
    "mended": {"layers": mended_layers, "sample by sample": mended_sample_by_sample},
}
EXEMPT: dict[str, dict[str, str]] = {}
