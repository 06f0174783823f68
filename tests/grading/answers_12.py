"""Right answers to the exercises of lesson 12 in other styles than the reference's."""

import numpy as np

from convlab import data, nn, optim, training


def shapes_line_by_line(size):
    """Every layer written out."""
    a = (size - 11) // 4 + 1
    b = (a - 3) // 2 + 1
    c = (b - 3) // 2 + 1
    d = (c - 3) // 2 + 1
    return [
        (96, a, a), (96, b, b), (256, b, b), (256, c, c), (384, c, c), (384, c, c), (256, c, c), (256, d, d),
        (4096, 1, 1), (4096, 1, 1), (1000, 1, 1),
    ]  # fmt: skip


def shapes_by_walking(size):
    """Windows counted by walking over the pixels."""

    def places(side, kernel, stride, padding):
        return len(range(0, side + 2 * padding - kernel + 1, stride))

    rows = np.ones((11, 3))
    side = size
    layers = [(96, 11, 4, 0), (96, 3, 2, 0), (256, 5, 1, 2), (256, 3, 2, 0), (384, 3, 1, 1), (384, 3, 1, 1), (256, 3, 1, 1),
              (256, 3, 2, 0)]  # fmt: skip
    for row, (channels, *window) in zip(rows, layers):
        side = places(side, *window)
        row[:] = channels, side, side
    rows[8:, 0] = 4096, 4096, 1000
    return rows


def dropout_in_loops(x, p, u, training=True):
    y = np.array(x, dtype=float)
    for place in np.ndindex(y.shape):
        if training:
            y[place] = y[place] / (1 - p) if u[place] >= p else 0
    return y


def lrn_by_padding(x, n, k, alpha, beta):
    """Squares with empty channels on both sides, and a running window."""
    half = n // 2
    squares = np.pad(x**2, ((0, 0), (half, half), (0, 0), (0, 0)))
    sums = sum(squares[:, shift : shift + x.shape[1]] for shift in range(2 * half + 1))
    return x * (k + alpha * sums) ** -beta


def lrn_in_loops(x, n, k, alpha, beta):
    y = np.zeros_like(x)
    C = x.shape[1]
    for image, c, i, j in np.ndindex(x.shape):
        total = 0.0
        for q in range(max(0, c - n // 2), min(C - 1, c + n // 2) + 1):
            total += x[image, q, i, j] ** 2
        y[image, c, i, j] = x[image, c, i, j] / (k + alpha * total) ** beta
    return y


def crops_by_index(images, size, tops, lefts, flips):
    """One fancy index for all."""
    steps = np.arange(size)
    rows = np.asarray(tops)[:, None] + steps
    columns = np.asarray(lefts)[:, None] + np.where(np.asarray(flips)[:, None], steps[::-1], steps)
    places = np.arange(len(images))[:, None, None, None]
    channels = np.arange(images.shape[1])[None, :, None, None]
    return images[places, channels, rows[:, None, :, None], columns[:, None, None, :]]


def crops_by_list(images, size, tops, lefts, flips):
    cut = []
    for image, top, left, flip in zip(images, tops, lefts, flips):
        crop = image[:, top : top + size, left : left + size]
        cut.append(np.flip(crop, axis=2) if flip else crop)
    return np.array(cut)


def rates_by_library(losses, lr, factor, patience):
    """The library's schedule, without its threshold."""
    optimizer = optim.SGD(nn.Linear(1, 1).parameters(), lr=lr)
    schedule = optim.ReduceLROnPlateau(optimizer, factor=factor, patience=patience, threshold=0)
    rates = []
    for loss in losses:
        rates.append(optimizer.lr)
        schedule.step(loss)
    return rates


def rates_backwards(losses, lr, factor, patience):
    """The best so far from NumPy, then one count."""
    best = np.minimum.accumulate(losses)
    better = np.concatenate([[True], losses[1:] < best[:-1]])
    drops, bad = np.zeros(len(losses)), 0
    for epoch, good in enumerate(better):
        bad = 0 if good else bad + 1
        if bad > patience:
            drops[epoch], bad = 1, 0
    return lr * factor ** np.concatenate([[0], np.cumsum(drops)[:-1]])


def photographs_by_colours(train_images, train_labels, test_images):
    """No convolution: a linear layer on how often each colour occurs."""

    def features(images):
        levels = (images * 3.999).astype(int)
        codes = (levels * np.array([16, 4, 1])[:, None, None]).sum(1).reshape(len(images), -1)
        counts = np.stack([np.bincount(code, minlength=64) for code in codes])
        return np.sqrt(counts / 1024).astype(np.float32)

    net = nn.Sequential(nn.Linear(64, 3))
    loader = data.Loader((features(train_images), train_labels), 20)
    training.fit(net, loader, optimizer=optim.Adam(net.parameters(), lr=3e-2), epochs=25, progress=False)
    return net(features(test_images)).argmax(1)


def photographs_by_network(train_images, train_labels, test_images):
    net = nn.Sequential(
        nn.Conv2d(3, 12, 5, stride=3), nn.ReLU(), nn.Conv2d(12, 24, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(384, 3)
    )  # fmt: skip
    loader = data.Loader((train_images * 4 - 2, train_labels), 15)
    training.fit(net, loader, optimizer=optim.Adam(net.parameters(), lr=2e-3), epochs=12, progress=False)
    return net.eval()(test_images * 4 - 2).argmax(1)


ANSWERS = {
    "alexnet_shapes": {"line by line": shapes_line_by_line, "by walking": shapes_by_walking},
    "dropout": {
        "loops": dropout_in_loops,
        "where": lambda x, p, u, training: np.where(u < p, 0, x / (1 - p)) if training else x.copy(),
    },
    "local_response_norm": {"padded": lrn_by_padding, "loops": lrn_in_loops},
    "random_crops": {"one index": crops_by_index, "a list": crops_by_list},
    "plateau_rates": {"the library's schedule": rates_by_library, "counting drops": rates_backwards},
    "which_photograph": {"colours": photographs_by_colours, "a small network": photographs_by_network},
}
