"""ZFNet: AlexNet with a smaller, finer first layer.

Source: M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014, figure 3.
"""

from convlab import checks, nn
from convlab.errors import ArgumentError


def zfnet(
    variant: str = "wide", *, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5
) -> nn.Sequential:
    """ZFNet for images (N, in_channels, 224, 224): sides 110, 55, 26, 13, 13, 13, 13, 6.

    Parameters
    ----------
    variant : "wide" or "paper"
        Maps of the last three convolutions: wide 512-1024-512 (107,627,624 parameters), paper 384-384-256 (62,357,608).
    num_classes, in_channels : int
    dropout : float
        Probability in front of the two hidden linear layers.

    Returns
    -------
    nn.Sequential
        `features`, `flatten`, `classifier`.
    """
    op = "zfnet"
    if variant not in ("wide", "paper"):
        raise ArgumentError(f"{op}: variant must be 'wide' or 'paper', got {variant!r}")
    in_channels = checks.integer(op, "in_channels", in_channels, 1)
    num_classes = checks.integer(op, "num_classes", num_classes, 1)
    c, d, e = (512, 1024, 512) if variant == "wide" else (384, 384, 256)
    pool = lambda: nn.MaxPool2d(3, stride=2, ceil_mode=True)
    norm = lambda: nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    features = nn.Sequential(
        nn.Conv2d(in_channels, 96, 7, stride=2, padding=1), nn.ReLU(), pool(), norm(),
        nn.Conv2d(96, 256, 5, stride=2), nn.ReLU(), pool(), norm(),
        nn.Conv2d(256, c, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c, d, 3, padding=1), nn.ReLU(),
        nn.Conv2d(d, e, 3, padding=1), nn.ReLU(), pool(),
    )  # fmt: skip
    classifier = nn.Sequential(
        nn.Dropout(dropout), nn.Linear(e * 6 * 6, 4096), nn.ReLU(),
        nn.Dropout(dropout), nn.Linear(4096, 4096), nn.ReLU(),
        nn.Linear(4096, num_classes),
    )  # fmt: skip
    return nn.Sequential({"features": features, "flatten": nn.Flatten(), "classifier": classifier})
