"""Images with their labels and names: what every loader of this package gives."""

import operator
from dataclasses import dataclass, replace

import numpy as np

from convlab import checks
from convlab.errors import ArgumentError, DtypeError, LabelError, ShapeError

SPLITS = ("train", "val", "test")


class DataWarning(UserWarning):
    """Something about a data set that was worked round and should be known: images left out, a cache not written."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and their classes, all in memory.

    Parameters
    ----------
    images : uint8, (N, C, H, W); C is 1 (grey) or 3 (red, green, blue); 0 is black
    labels : integers, (N,), each the place of a name in `class_names`; kept as int64
    class_names : the names of the classes
    name, split : what was loaded, for titles and messages
    credit : source and licence, in one line
    credits : one credit per image, for sets that ask for it; else empty

    `ds[i]`, `ds[2:7]` and `ds[[4, 0]]` are data sets too; `len(ds)` is N. The images of a slice are a view.

    >>> ds = Dataset(np.zeros((4, 1, 2, 2), np.uint8), [0, 1, 1, 0], ("cat", "dog"), name="pets")
    >>> ds, ds[1:3].labels
    (Dataset(pets train: 4 images (1, 2, 2), 2 classes), array([1, 1]))
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    name: str = "data"
    split: str = "train"
    credit: str = ""
    credits: tuple[str, ...] = ()

    def __post_init__(self):
        if getattr(self.images, "dtype", None) != np.uint8:
            raise DtypeError(f"Dataset: images must be a uint8 array, got {checks.dtype_name(self.images)}")
        checks.rank("Dataset", "images", self.images, "NCHW")
        object.__setattr__(self, "images", np.ascontiguousarray(self.images))
        object.__setattr__(self, "class_names", tuple(str(name) for name in self.class_names))
        object.__setattr__(self, "labels", checked_labels("Dataset", self.labels, len(self.images)))
        if len(self) and self.labels.max() >= len(self.class_names):
            raise LabelError(f"Dataset: label {self.labels.max()} but there are {len(self.class_names)} class_names")
        if self.credits and len(self.credits) != len(self.images):
            raise ShapeError(f"Dataset: {len(self.images)} images but {len(self.credits)} credits")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index) -> "Dataset":
        if isinstance(index, (int, np.integer)):
            place = operator.index(index)
            if not -len(self) <= place < len(self):
                # IndexError, not one of convlab's: Python ends `for one in ds` by it
                raise IndexError(f"Dataset: index {place} is outside a set of {len(self)} images")
            index = slice(place, place + 1 or None)
        elif not isinstance(index, slice):
            index = _index_array(index, len(self))
        credits = tuple(self.credits[i] for i in np.arange(len(self))[index]) if self.credits else ()
        return replace(self, images=self.images[index], labels=self.labels[index], credits=credits)

    def __repr__(self) -> str:
        shape = self.images.shape[1:]
        return f"Dataset({self.name} {self.split}: {len(self)} images {shape}, {len(self.class_names)} classes)"

    def counts(self) -> np.ndarray:
        """Images per class, (number of classes,)."""
        return np.bincount(self.labels, minlength=len(self.class_names))

    def holdout(self, n: int, seed: int = 0) -> tuple["Dataset", "Dataset"]:
        """Set n images aside: (the others, the n held out), each class in proportion (largest remainders).

        For choosing an epoch or a learning rate without a look at the test images. The same `seed` gives the same
        images; both parts keep the order of the whole.

        >>> ds = Dataset(np.zeros((100, 1, 2, 2), np.uint8), np.repeat([0, 1], [80, 20]), ("many", "few"))
        >>> rest, held = ds.holdout(10)
        >>> rest.counts(), held.counts(), held.split
        (array([72, 18]), array([8, 2]), 'holdout')
        """
        n = checks.integer("holdout", "n", n, 1)
        if n >= len(self):
            raise ArgumentError(f"holdout: n must leave images to train on, got {n} of {len(self)}")
        rng = np.random.default_rng(checks.integer("holdout", "seed", seed, 0))
        counts = self.counts()
        exact = counts * n / len(self)
        share = exact.astype(np.int64)
        most_missing = np.argsort(share - exact, kind="stable")  # the largest remainder first
        share[most_missing[: n - share.sum()]] += 1
        members = [np.flatnonzero(self.labels == label) for label in range(len(counts))]
        held = np.concatenate([rng.permutation(m)[:k] for m, k in zip(members, share)])
        is_held = np.zeros(len(self), bool)
        is_held[held] = True
        return self[~is_held], replace(self[is_held], split="holdout")


def _index_array(index, length: int) -> np.ndarray:
    """`index` as an array of places or a mask of `length`; anything else is named."""
    array = np.asarray(index)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iub":
        raise DtypeError(f"Dataset: index with an int, a slice, or a 1-D array of ints or bools, got {index!r:.80}")
    if array.dtype.kind == "b" and len(array) != length:
        raise ShapeError(f"Dataset: the mask has {len(array)} entries for {length} images")
    if array.dtype.kind != "b" and array.size and not (-length <= array.min() and array.max() < length):
        raise IndexError(f"Dataset: indices {array.min()}..{array.max()} leave a set of {length} images")
    return array


def checked_labels(who: str, labels, count: int) -> np.ndarray:
    """`labels` as int64 (count,), none negative."""
    array = np.asarray(labels)
    if array.size and array.dtype.kind not in "iu":
        raise DtypeError(f"{who}: labels must be integers, got {array.dtype}; use np.asarray(labels, dtype=np.int64)")
    if array.shape != (count,):
        raise ShapeError(f"{who}: {count} images but labels of shape {array.shape}; expected ({count},)")
    if array.size and array.min() < 0:
        raise LabelError(f"{who}: labels must be 0 or more, got {array.min()}")
    return np.ascontiguousarray(array, dtype=np.int64)
