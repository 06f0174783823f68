"""Batches: shuffled by a seed, augmented, normalised."""

from collections.abc import Iterator

import numpy as np

from convlab import checks
from convlab.data.augment import Augment
from convlab.data.dataset import Dataset, checked_labels
from convlab.data.normalize import Normalize, to_unit
from convlab.errors import ArgumentError, DtypeError, ShapeError

ORDER, AUGMENT = 0, 1  # two streams of random numbers from one seed: adding augmentation keeps the order


class Loader:
    """Batches (x, y) of a data set: x floats (N, C, H, W), C-contiguous, y int64 (N,).

    Each batch is made in this order: chosen, brought to 0..1 (uint8 divided by 255), augmented, normalised.

    Parameters
    ----------
    dataset
        A Dataset, or a pair of arrays (x, labels) with x uint8 (N, C, H, W), or floats (N, ...), taken as they are.
    batch_size
        Images per batch; the last one of an epoch may be shorter, unless `drop_last`.
    shuffle
        A new order each epoch; else the order of the data set.
    seed
        Order and augmentation of an epoch depend on (seed, epoch number) alone, so training that is resumed sees the
        very batches it would have seen.
    normalize
        A Normalize, fitted to the training images; None leaves 0..1.
    augment
        From `convlab.data.augment`, or any callable (x, rng) -> x; None for test images.
    drop_last
        Leave out the last batch if it is short.
    dtype
        float32 or float64, of x.

    `for x, y in loader` goes through one epoch and counts it in `loader.epoch`; `loader.batches(epoch)` gives any one.

    >>> loader = Loader((np.zeros((5, 1, 2, 2), np.uint8), [0, 1, 0, 1, 0]), batch_size=2)
    >>> [len(y) for x, y in loader], len(loader), loader.epoch
    ([2, 2, 1], 3, 1)
    """

    def __init__(
        self,
        dataset: Dataset | tuple[np.ndarray, np.ndarray],
        batch_size: int = 64,
        *,
        shuffle: bool = True,
        seed: int = 0,
        normalize: Normalize | None = None,
        augment: Augment | None = None,
        drop_last: bool = False,
        dtype=np.float32,
    ):
        self.dataset = dataset
        self.images, self.labels = _arrays(dataset)
        self.batch_size = checks.integer("Loader", "batch_size", batch_size, 1)
        self.seed = checks.integer("Loader", "seed", seed, 0)
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.normalize, self.augment = normalize, augment
        self.dtype = _float_type(dtype)
        self.epoch = 0
        if normalize is not None and not isinstance(normalize, Normalize):
            raise ArgumentError(f"Loader: normalize must be a Normalize or None, got {normalize!r:.80}")
        if augment is not None and not callable(augment):
            raise ArgumentError(f"Loader: augment must be callable as augment(x, rng) or None, got {augment!r:.80}")
        if self.drop_last and len(self.labels) < self.batch_size:
            raise ArgumentError(
                f"Loader: drop_last would drop everything: {len(self.labels)} images are fewer than a batch of "
                f"{self.batch_size}; use a smaller batch_size or drop_last=False"
            )

    def __len__(self) -> int:
        """Batches in an epoch."""
        whole, rest = divmod(len(self.labels), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        epoch = self.epoch
        self.epoch += 1
        return self.batches(epoch)

    def batches(self, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The batches of epoch number `epoch`, counted from 0; the same each time."""
        epoch = checks.integer("Loader.batches", "epoch", epoch, 0)
        return self._batches(epoch)

    def _batches(self, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        order = np.arange(len(self.labels))
        if self.shuffle:
            np.random.default_rng((self.seed, epoch, ORDER)).shuffle(order)
        for number in range(len(self)):
            chosen = order[number * self.batch_size : (number + 1) * self.batch_size]
            rng = np.random.default_rng((self.seed, epoch, AUGMENT, number))
            yield self._prepared(self.images[chosen], rng), self.labels[chosen]

    def _prepared(self, pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if self.augment is None:
            return to_unit(pixels, self.dtype) if self.normalize is None else self.normalize(pixels, self.dtype)
        x = self.augment(to_unit(pixels, self.dtype), rng)
        if len(x) != len(pixels):
            raise ShapeError(f"Loader: augment gave {len(x)} images for {len(pixels)}; it must keep their number")
        x = x if self.normalize is None else self.normalize(x, self.dtype)
        return np.ascontiguousarray(x, dtype=self.dtype)


def _arrays(dataset) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(dataset, Dataset):
        images, labels = dataset.images, dataset.labels
    elif isinstance(dataset, (tuple, list)) and len(dataset) == 2:
        images, labels = dataset
        if getattr(getattr(images, "dtype", None), "kind", "") != "f" and getattr(images, "dtype", None) != np.uint8:
            raise DtypeError(f"Loader: x must be an array of uint8 or floats, got {checks.dtype_name(images)}")
        if images.ndim < 2 or (images.dtype == np.uint8 and images.ndim != 4):
            raise ShapeError(f"Loader: x must be (N, C, H, W), or floats (N, ...), got {images.shape}")
        labels = checked_labels("Loader", labels, len(images))
    else:
        raise DtypeError(f"Loader: expected a Dataset or a pair (x, labels), got {type(dataset).__name__}")
    if len(labels) == 0:
        raise ShapeError("Loader: the data set holds no images")
    return images, labels


def _float_type(dtype) -> np.dtype:
    try:
        kind = np.dtype(dtype)
    except TypeError:
        kind = np.dtype(object)
    if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise DtypeError(f"Loader: dtype must be float32 or float64, got {dtype!r}")
    return kind
