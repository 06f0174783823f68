"""Right answers to the exercises of lesson 11 in other styles than the reference's."""

import numpy as np

import convlab.functional as F
from convlab import data, nn, optim, training


def parameters_by_columns(table, kernel_size):
    """Map by map: its kernels, and its bias."""
    total = 0
    for column in table.T:
        for seen in column:
            if seen:
                total += kernel_size * kernel_size
        total += 1
    return total


def parameters_by_layer(table, kernel_size):
    """The library builds the layer, and counts."""
    seen = [np.flatnonzero(column).tolist() for column in table.T]
    return nn.ConnectedConv2d(seen, len(table), kernel_size).count_parameters()


def connections_by_units(table, kernel_size, height, width):
    """Walking over every unit of every map."""
    total = 0
    for o in range(table.shape[1]):
        for _ in np.ndindex(height - kernel_size + 1, width - kernel_size + 1):
            total += table[:, o].sum() * kernel_size**2 + 1
    return total


def connections_by_multiplications(table, kernel_size, height, width):
    """The library's multiply-adds, and a bias for each output."""
    seen = [np.flatnonzero(column).tolist() for column in table.T]
    layer = nn.ConnectedConv2d(seen, len(table), kernel_size)
    shape = (len(table), height, width)
    return layer.multiply_adds(shape) + np.prod(layer.output_shape(shape))


def lenet_of_layers(x, weights, biases):
    """A network of layers that takes the arrays as its parameters."""
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 120, 5), nn.ReLU(), nn.Flatten(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    for parameter, value in zip(net.parameters(), [a for pair in zip(weights, biases) for a in pair], strict=True):
        parameter.data = value
    return net.eval()(x)


def lenet_with_dense_c5(x, weights, biases):
    """C5 as the matrix product that it is on 32 x 32; pooling before the ReLU, which changes nothing."""
    y = x
    for w, b in list(zip(weights, biases))[:2]:
        y = F.relu(F.max_pool2d(F.conv2d(y, w, b), 2)[0])
    y = y.reshape(len(y), -1)
    y = np.maximum(y @ weights[2].reshape(120, -1).T + biases[2], 0)
    y = np.maximum(y @ weights[3].T + biases[3], 0)
    return y @ weights[4].T + biases[4]


def digits_by_small_network(train_images, train_labels, test_images):
    """A smaller convolutional network than LeNet-5."""
    net = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10)
    )  # fmt: skip
    loader = data.Loader((train_images * 2 - 0.5, train_labels), 32)
    training.fit(net, loader, optimizer=optim.Adam(net.parameters(), lr=3e-3), epochs=8, progress=False)
    return net.eval()(test_images * 2 - 0.5).argmax(1)


def digits_by_neighbours(train_images, train_labels, test_images):
    """No network at all: the label of the most similar image. It is graded on what it reads."""
    learn, read = (images.reshape(len(images), -1).astype(np.float64) for images in (train_images, test_images))
    return train_labels[((learn**2).sum(1) - 2 * read @ learn.T).argmin(axis=1)]


ANSWERS = {
    "table_parameters": {"column by column": parameters_by_columns, "the layer counted": parameters_by_layer},
    "table_connections": {
        "unit by unit": connections_by_units,
        "from multiplications": connections_by_multiplications,
    },
    "lenet5": {"nn.Sequential": lenet_of_layers, "dense C5": lenet_with_dense_c5},
    "read_digits": {"a smaller network": digits_by_small_network, "nearest neighbours": digits_by_neighbours},
}
