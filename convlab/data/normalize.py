"""Normalisation: each channel to mean 0 and standard deviation 1, as measured on the training images."""

from dataclasses import dataclass

import numpy as np

from convlab import checks
from convlab.data.dataset import Dataset
from convlab.errors import ArgumentError, DtypeError, ShapeError

CHUNK_IMAGES = 4096


def to_unit(x: np.ndarray, dtype=np.float32) -> np.ndarray:
    """Pixels as new floats from 0 to 1: uint8 is divided by 255, floats are taken to be so already.

    >>> to_unit(np.array([0, 51, 255], np.uint8)).tolist()
    [0.0, 0.20000000298023224, 1.0]
    """
    if x.dtype == np.uint8:
        return np.divide(x, 255, dtype=dtype, order="C")
    return x.astype(dtype, order="C")


@dataclass(frozen=True)
class Normalize:
    """(x - mean) / std, channel by channel, of pixels in 0..1 (uint8 is divided by 255 first).

    >>> normalize = Normalize(mean=(0.5,), std=(0.25,))
    >>> normalize(np.full((1, 1, 1, 2), 255, np.uint8)).tolist()
    [[[[2.0, 2.0]]]]
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self):
        mean, std = _floats("mean", self.mean), _floats("std", self.std)
        if len(mean) != len(std) or not mean:
            raise ShapeError(
                f"Normalize: {len(mean)} means and {len(std)} standard deviations; one of each per channel"
            )
        if min(std) <= 0:
            raise ArgumentError(f"Normalize: std must be positive, got {std}")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "std", std)

    @classmethod
    def fit(cls, dataset: Dataset) -> "Normalize":
        """Mean and standard deviation per channel over every pixel of `dataset`, after division by 255.

        Give it the training images: statistics of test images would tell the network about them. A channel of one
        value only has standard deviation 0; 1 is kept for it, so that it becomes 0 everywhere.

        >>> images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
        >>> Normalize.fit(Dataset(images, [0, 1], ("black", "white")))
        Normalize(mean=(0.5,), std=(0.5,))
        """
        if not isinstance(dataset, Dataset):
            raise DtypeError(f"Normalize.fit: expected a Dataset (of training images), got {type(dataset).__name__}")
        if dataset.images.size == 0:
            raise ShapeError(f"Normalize.fit: {dataset} holds no pixels")
        values = np.arange(256) / 255
        counts = _histograms(dataset.images)
        share = counts / counts.sum(axis=1, keepdims=True)
        mean = share @ values
        std = np.sqrt((share * (values - mean[:, np.newaxis]) ** 2).sum(axis=1))
        return cls(tuple(mean), tuple(np.where(std > 0, std, 1.0)))

    def __call__(self, x: np.ndarray, dtype=np.float32) -> np.ndarray:
        """x (N, C, H, W), uint8 or floats in 0..1, as a new array of `dtype`."""
        checks.rank("Normalize", "x", x, "NCHW")
        if x.shape[1] != len(self.mean):
            raise ShapeError(
                f"Normalize: x has {x.shape[1]} channels but was fitted to {len(self.mean)} (x: {x.shape})"
            )
        if x.dtype != np.uint8 and x.dtype.kind != "f":
            raise DtypeError(f"Normalize: x must be uint8 or floats in 0..1, got {x.dtype}")
        y = to_unit(x, dtype)
        y -= np.array(self.mean, dtype).reshape(-1, 1, 1)
        y /= np.array(self.std, dtype).reshape(-1, 1, 1)
        return y

    def to_dict(self) -> dict[str, list[float]]:
        """For a JSON file or a checkpoint; `from_dict` gives an equal object back."""
        return {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, values: dict) -> "Normalize":
        try:
            return cls(values["mean"], values["std"])
        except (KeyError, TypeError):
            raise ArgumentError(
                f"Normalize.from_dict: expected mean and std, one per channel, got {values!r:.120}"
            ) from None


def _floats(name: str, values) -> tuple[float, ...]:
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise ArgumentError(f"Normalize: {name} must be numbers, one per channel, got {values!r:.80}") from None
    if not np.isfinite(numbers).all():
        raise ArgumentError(f"Normalize: {name} must be finite, got {numbers}")
    return numbers


def _histograms(images: np.ndarray) -> np.ndarray:
    """How often each of the 256 values occurs, (C, 256): exact sums without a float copy of the images."""
    counts = np.zeros((images.shape[1], 256), np.int64)
    for start in range(0, len(images), CHUNK_IMAGES):
        for channel, total in enumerate(counts):
            total += np.bincount(images[start : start + CHUNK_IMAGES, channel].ravel(), minlength=256)
    return counts
