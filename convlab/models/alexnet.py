"""AlexNet: the network of 2012 in one tower or two, torchvision's narrower variant, and a small one for 32 x 32 images.

Source: A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet classification with deep convolutional neural networks", NIPS 2012,
sections 3 and 4. torchvision's variant: A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
arXiv:1404.5997, 2014.
"""

from collections.abc import Sequence

from convlab import checks, nn
from convlab.errors import ArgumentError, ShapeError


def alexnet(
    variant: str = "single",
    *,
    num_classes: int = 1000,
    in_channels: int = 3,
    image_size: int | None = None,
    width: float = 1.0,
    groups: int = 1,
    norm_first: bool = False,
    dropout: float = 0.5,
) -> nn.Sequential:
    """AlexNet for images (N, in_channels, image_size, image_size).

    Parameters
    ----------
    variant : "single" or "torchvision"
        single: maps 96-256-384-384-256, local response normalisation: 62,378,344 parameters (60,965,224 with groups=2).
        torchvision: maps 64-192-384-256-256, no normalisation, average pooling to 6 x 6: 61,100,840 parameters; its
        state_dict has torchvision's names and shapes.
    num_classes, in_channels : int
    image_size : int, optional
        Default 227 ("single"; the paper says 224, its arithmetic needs 227) or 224; at least 67.
    width : float
        Scales all maps and hidden units but the classes.
    groups : int
        2: the second, fourth and fifth convolution see only the maps of their own GPU, as in 2012. Only "single".
    norm_first : bool
        Normalise before pooling, the paper's order, instead of after it. Only "single".
    dropout : float
        Probability in front of the two hidden linear layers.

    Returns
    -------
    nn.Sequential
        `features`, `avgpool` or `flatten`, `classifier`.

    Raises
    ------
    ShapeError
        If the image is smaller than 67 x 67: nothing would be left of it.

    Examples
    --------
    >>> alexnet(width=1 / 16, num_classes=5, image_size=67).output_shape((3, 67, 67))
    (5,)
    """
    op = "alexnet"
    if variant not in ("single", "torchvision"):
        raise ArgumentError(f"{op}: variant must be 'single' or 'torchvision', got {variant!r}")
    if variant == "torchvision" and (groups != 1 or norm_first):
        raise ArgumentError(f"{op}: groups and norm_first belong to the variant 'single'")
    size = (227 if variant == "single" else 224) if image_size is None else image_size
    size = checks.integer(op, "image_size", size, 1)
    if size < 67:
        raise ShapeError(f"{op}: image_size must be at least 67, got {size}; use alexnet_small for small images")
    checks.number(op, "width", width, 1e-3)
    scaled = lambda maps: max(1, round(maps * width / groups)) * groups
    in_channels = checks.integer(op, "in_channels", in_channels, 1)
    num_classes = checks.integer(op, "num_classes", num_classes, 1)
    if variant == "single":
        features = _features_2012(in_channels, [scaled(m) for m in (96, 256, 384, 384, 256)], groups, norm_first)
        pool = {"flatten": nn.Flatten()}
    else:
        features = _features_2014(in_channels, [scaled(m) for m in (64, 192, 384, 256, 256)])
        pool = {"avgpool": nn.AdaptiveAvgPool2d(6), "flatten": nn.Flatten()}
    (flat,) = nn.Sequential({"features": features, **pool}).output_shape((in_channels, size, size))
    hidden = scaled(4096)
    classifier = nn.Sequential(
        nn.Dropout(dropout), nn.Linear(flat, hidden), nn.ReLU(),
        nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.ReLU(),
        nn.Linear(hidden, num_classes),
    )  # fmt: skip
    return nn.Sequential({"features": features, **pool, "classifier": classifier})


def _features_2012(in_channels, maps, groups, norm_first):
    def pooled(maps_before):
        # the paper's alpha 1e-4 multiplies the sum, ours the mean of the five squares
        norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
        pair = [nn.MaxPool2d(3, stride=2), norm]
        return pair[::-1] if norm_first else pair

    a, b, c, d, e = maps
    return nn.Sequential(
        nn.Conv2d(in_channels, a, 11, stride=4), nn.ReLU(), *pooled(a),
        nn.Conv2d(a, b, 5, padding=2, groups=groups), nn.ReLU(), *pooled(b),
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c, d, 3, padding=1, groups=groups), nn.ReLU(),
        nn.Conv2d(d, e, 3, padding=1, groups=groups), nn.ReLU(), nn.MaxPool2d(3, stride=2),
    )  # fmt: skip


def _features_2014(in_channels, maps):
    a, b, c, d, e = maps
    return nn.Sequential(
        nn.Conv2d(in_channels, a, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2),
        nn.Conv2d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2),
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c, d, 3, padding=1), nn.ReLU(),
        nn.Conv2d(d, e, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, stride=2),
    )  # fmt: skip


def alexnet_small(
    *,
    num_classes: int = 10,
    in_channels: int = 3,
    widths: Sequence[int] = (48, 96, 128, 128, 96),
    hidden: int = 256,
    dropout: float = 0.5,
) -> nn.Sequential:
    """AlexNet's plan for images of 32 x 32: five convolutions 3 x 3 of stride 1, pooled to 16, 8 and 4, two linear layers.

    Parameters
    ----------
    num_classes, in_channels : int
    widths : five ints
        Maps of the convolutions.
    hidden : int
        Units of the hidden linear layer.
    dropout : float
        Probability in front of the two linear layers.

    Examples
    --------
    >>> alexnet_small().output_shape((3, 32, 32))
    (10,)
    """
    op = "alexnet_small"
    if not isinstance(widths, Sequence) or len(widths) != 5:
        raise ArgumentError(f"{op}: widths must be five ints, got {widths!r}")
    a, b, c, d, e = (checks.integer(op, "widths", w, 1) for w in widths)
    features = nn.Sequential(
        nn.Conv2d(in_channels, a, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.LocalResponseNorm(5, alpha=5e-4, k=2.0),
        nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.LocalResponseNorm(5, alpha=5e-4, k=2.0),
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c, d, 3, padding=1), nn.ReLU(),
        nn.Conv2d(d, e, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    )  # fmt: skip
    classifier = nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(e * 4 * 4, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, num_classes),
    )
    return nn.Sequential({"features": features, "flatten": nn.Flatten(), "classifier": classifier})
