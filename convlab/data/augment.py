"""Augmentation: training images changed in ways that leave their class alone.

Each is called as `augment(x, rng)`: x floats (N, C, H, W) in 0..1, before normalisation, so that the black that a shift
brings in is the black of the images; a new array comes back, every image drawn anew from `rng`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from convlab import checks
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
