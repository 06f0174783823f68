"""The two smallest networks of the course."""

from convlab import nn


def simple_cnn(*, num_classes: int = 4, in_channels: int = 3) -> nn.Sequential:
    """One convolution, one pool over the whole 5 x 5 image, one linear layer: 516 parameters.

    Examples
    --------
    >>> net = simple_cnn()
    >>> net.count_parameters(), net.output_shape((3, 5, 5))
    (516, (4,))
    """
    return nn.Sequential(
        nn.Conv2d(in_channels, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(5), nn.Flatten(), nn.Linear(16, num_classes)
    )


def cifar_convnet(*, num_classes: int = 10, in_channels: int = 3) -> nn.Sequential:
    """INPUT-CONV-RELU-POOL-FC for images of 32 x 32: 12 maps of 32 x 32, pooled to 16 x 16.

    Examples
    --------
    >>> cifar_convnet()[:3].output_shape((3, 32, 32))
    (12, 16, 16)
    """
    return nn.Sequential(
        nn.Conv2d(in_channels, 12, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(12 * 16 * 16, num_classes),
    )
