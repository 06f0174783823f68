"""Augmentation: training images changed in ways that leave their class alone.

Each is called as `augment(x, rng)`: x floats (N, C, H, W) in 0..1, before normalisation, so that the black that a shift
brings in is the black of the images; a new array comes back, every image drawn anew from `rng`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from convlab import checks
from convlab.data.dataset import Dataset
from convlab.errors import ArgumentError, DtypeError, ShapeError

Augment = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Shift:
    """Move each image by up to `pixels` down or up and right or left, whole pixels, all distances equally likely.

    >>> x = np.ones((1, 1, 2, 2), np.float32)
    >>> Shift(1)(x, np.random.default_rng(0))[0, 0].tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """

    pixels: int

    def __post_init__(self):
        checks.integer("Shift", "pixels", self.pixels, 0)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        _, _, h, w = _checked("Shift", x, rng)
        return _random_windows(x, h, w, self.pixels, rng)


@dataclass(frozen=True)
class RandomCrop:
    """A random window of `size` (an int or height, width) of each image, after `padding` black pixels on every side."""

    size: int | tuple[int, int]
    padding: int = 0

    def __post_init__(self):
        checks.pair("RandomCrop", "size", self.size, 1)
        checks.integer("RandomCrop", "padding", self.padding, 0)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        _, _, h, w = _checked("RandomCrop", x, rng)
        height, width = checks.pair("RandomCrop", "size", self.size, 1)
        if height > h + 2 * self.padding or width > w + 2 * self.padding:
            raise ShapeError(
                f"RandomCrop: a window of {height}x{width} does not fit images of {h}x{w} with padding {self.padding}"
            )
        return _random_windows(x, height, width, self.padding, rng)


@dataclass(frozen=True)
class HorizontalFlip:
    """Mirror each image left to right with probability `p`. Not for digits and letters, whose mirror images are others.

    >>> HorizontalFlip(p=1)(np.array([[[[0.0, 0.5, 1.0]]]]), np.random.default_rng(0)).tolist()
    [[[[1.0, 0.5, 0.0]]]]
    """

    p: float = 0.5

    def __post_init__(self):
        checks.number("HorizontalFlip", "p", self.p, 0, 1)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n, *_ = _checked("HorizontalFlip", x, rng)
        flipped = rng.random(n) < self.p
        y = x.copy(order="C")
        y[flipped] = x[flipped, :, :, ::-1]
        return y


@dataclass(frozen=True)
class Brightness:
    """Multiply each image by a factor drawn evenly from 1 - strength to 1 + strength; what leaves 0..1 is cut off."""

    strength: float

    def __post_init__(self):
        checks.number("Brightness", "strength", self.strength, 0, 1)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n, *_ = _checked("Brightness", x, rng)
        factor = rng.uniform(1 - self.strength, 1 + self.strength, size=(n, 1, 1, 1)).astype(x.dtype)
        return np.clip(x * factor, 0, 1)


@dataclass(frozen=True)
class ColourPCA:
    """Change the colour of each image along the colours that vary most in the training images.

    x[n] + sum_i a[n, i] variances[i] directions[i], the same at every pixel of an image, a drawn from a normal distribution
    of standard deviation `strength`. Colours may leave 0..1.

    Parameters
    ----------
    directions : (3, 3), each row one of length 1 in (red, green, blue)
    variances : (3,), of pixels in 0..1 along each
    strength : float

    Notes
    -----
    Source: A. Krizhevsky et al., NIPS 2012, section 4.1. The formula is the paper's; with pixels from 0 to 255 its numbers
    would throw every image out of range, so pixels are taken from 0 to 1.
    """

    directions: tuple[tuple[float, ...], ...]
    variances: tuple[float, ...]
    strength: float = 0.1

    def __post_init__(self):
        checks.number("ColourPCA", "strength", self.strength, 0)
        if np.shape(self.directions) != (3, 3) or np.shape(self.variances) != (3,):
            raise ShapeError("ColourPCA: expected three directions of three numbers and three variances")

    @classmethod
    def fit(cls, dataset: Dataset, strength: float = 0.1) -> "ColourPCA":
        """Principal components of all pixels of the (training) images, from their 3 x 3 covariance.

        >>> rng = np.random.default_rng(0)
        >>> grey = rng.integers(0, 256, (5, 1, 8, 8), dtype=np.uint8).repeat(3, axis=1)
        >>> found = ColourPCA.fit(Dataset(grey, [0] * 5, ("grey",)))
        >>> np.abs(np.round(found.directions[0], 3)).tolist()      # from black to white
        [0.577, 0.577, 0.577]
        """
        if not isinstance(dataset, Dataset):
            raise DtypeError(f"ColourPCA.fit: expected a Dataset (of training images), got {type(dataset).__name__}")
        if dataset.images.shape[1] != 3 or not dataset.images.size:
            raise ShapeError(f"ColourPCA.fit: needs colour images (N, 3, H, W), got {dataset.images.shape}")
        sums, products, count = np.zeros(3), np.zeros((3, 3)), 0
        for image in dataset.images:  # one by one: a float copy of all of them may not fit into memory
            pixels = image.reshape(3, -1) / 255
            sums, products, count = sums + pixels.sum(1), products + pixels @ pixels.T, count + pixels.shape[1]
        variances, directions = np.linalg.eigh(products / count - np.outer(sums, sums) / count**2)
        rows = tuple(map(tuple, directions.T[::-1].tolist()))
        return cls(rows, tuple(variances[::-1].clip(0).tolist()), strength)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n, channels, *_ = _checked("ColourPCA", x, rng)
        if channels != 3:
            raise ShapeError(f"ColourPCA: x must have 3 channels, red, green and blue, got {channels}: {x.shape}")
        drawn = rng.normal(0, self.strength, (n, 3)) * self.variances
        return x + (drawn @ np.asarray(self.directions)).astype(x.dtype)[:, :, np.newaxis, np.newaxis]


@dataclass(frozen=True)
class CentreCrop:
    """The window of `size` (an int or height, width) in the middle of each image: for validation and tests.

    >>> CentreCrop(1)(np.arange(9.0).reshape(1, 1, 3, 3)).tolist()
    [[[[4.0]]]]
    """

    size: int | tuple[int, int]

    def __post_init__(self):
        checks.pair("CentreCrop", "size", self.size, 1)

    def __call__(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        return _window("CentreCrop", x, self.size, 0.5, 0.5)


@dataclass(frozen=True)
class TenCrop:
    """Ten views of each image: the windows of `size` in the four corners and the middle, and their mirror images.

    A list of ten batches, for `training.predict_probabilities(model, loader, views=TenCrop(227))`.

    Source: A. Krizhevsky et al., NIPS 2012, section 4.1.

    >>> [view.shape for view in TenCrop(2)(np.zeros((5, 3, 4, 4)))][:2]
    [(5, 3, 2, 2), (5, 3, 2, 2)]
    """

    size: int | tuple[int, int]

    def __post_init__(self):
        checks.pair("TenCrop", "size", self.size, 1)

    def __call__(self, x: np.ndarray) -> list[np.ndarray]:
        places = ((0, 0), (0, 1), (1, 0), (1, 1), (0.5, 0.5))
        return [view for place in places for view in mirrored(_window("TenCrop", x, self.size, *place))]


def mirrored(x: np.ndarray) -> list[np.ndarray]:
    """Two views of each image (N, C, H, W): itself and its mirror image."""
    checks.rank("mirrored", "x", x, "NCHW")
    return [x, np.ascontiguousarray(x[..., ::-1])]


def _window(who: str, x: np.ndarray, size: int | tuple[int, int], down: float, right: float) -> np.ndarray:
    """The window at the share `down` and `right` of the way that it could be moved."""
    _, _, h, w = checks.rank(who, "x", x, "NCHW")
    height, width = checks.pair(who, "size", size, 1)
    if height > h or width > w:
        raise ShapeError(f"{who}: a window of {height}x{width} does not fit images of {h}x{w}")
    top, left = int((h - height) * down), int((w - width) * right)
    return np.ascontiguousarray(x[:, :, top : top + height, left : left + width])


@dataclass(frozen=True)
class Compose:
    """One augmentation after the other: Compose([HorizontalFlip(), RandomCrop(32, padding=4)])."""

    steps: Sequence[Augment]

    def __post_init__(self):
        steps = tuple(self.steps) if isinstance(self.steps, (list, tuple)) else (self.steps,)
        for step in steps:
            if not callable(step):
                raise ArgumentError(f"Compose: each step must be callable as step(x, rng), got {step!r}")
        object.__setattr__(self, "steps", steps)

    def __call__(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for step in self.steps:
            x = step(x, rng)
        return x


def _random_windows(x: np.ndarray, height: int, width: int, padding: int, rng: np.random.Generator) -> np.ndarray:
    """From each image, black `padding` around it, the window (height, width) at a place of its own."""
    n, _, h, w = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    top = rng.integers(0, h + 2 * padding - height, size=n, endpoint=True)
    left = rng.integers(0, w + 2 * padding - width, size=n, endpoint=True)
    windows = sliding_window_view(padded, (height, width), axis=(2, 3))  # (N, C, tops, lefts, height, width)
    return np.ascontiguousarray(windows[np.arange(n), :, top, left])


def _checked(who: str, x: np.ndarray, rng: np.random.Generator) -> tuple[int, ...]:
    if getattr(getattr(x, "dtype", None), "kind", "") != "f":
        raise DtypeError(f"{who}: x must be floats in 0..1, got {checks.dtype_name(x)}; divide uint8 images by 255")
    if not isinstance(rng, np.random.Generator):
        raise DtypeError(
            f"{who}: rng must be a numpy Generator, got {type(rng).__name__}; use np.random.default_rng(seed)"
        )
    return checks.rank(who, "x", x, "NCHW")
