"""VGG: nothing but 3 x 3 convolutions and 2 x 2 pools, up to nineteen layers deep.

Source: K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015, table 1.
"""

from convlab import checks, nn

# Convolutions in each of the five stages, between which the image is halved
STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
MAPS = (64, 128, 256, 512, 512)


def _vgg(depth: int, num_classes: int, in_channels: int, dropout: float) -> nn.Sequential:
    channels = checks.integer(f"vgg{depth}", "in_channels", in_channels, 1)
    num_classes = checks.integer(f"vgg{depth}", "num_classes", num_classes, 1)
    layers = []
    for maps, convolutions in zip(MAPS, STAGES[depth]):
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, maps, 3, padding=1), nn.ReLU()]
            channels = maps
        layers.append(nn.MaxPool2d(2))
    classifier = nn.Sequential(
        nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(dropout),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(dropout),
        nn.Linear(4096, num_classes),
    )  # fmt: skip
    return nn.Sequential(
        {
            "features": nn.Sequential(*layers),
            "avgpool": nn.AdaptiveAvgPool2d(7),
            "flatten": nn.Flatten(),
            "classifier": classifier,
        }
    )


def vgg11(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """VGG-11 (configuration A) for images of 224 x 224: 132,863,336 parameters. Names and shapes as in torchvision."""
    return _vgg(11, num_classes, in_channels, dropout)


def vgg13(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """VGG-13 (configuration B) for images of 224 x 224: 133,047,848 parameters. Names and shapes as in torchvision."""
    return _vgg(13, num_classes, in_channels, dropout)


def vgg16(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """VGG-16 (configuration D) for images of 224 x 224: 138,357,544 parameters. Names and shapes as in torchvision."""
    return _vgg(16, num_classes, in_channels, dropout)


def vgg19(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """VGG-19 (configuration E) for images of 224 x 224: 143,667,240 parameters. Names and shapes as in torchvision."""
    return _vgg(19, num_classes, in_channels, dropout)
