"""Data sets in one .npz file: x_train, y_train, x_test, y_test, perhaps x_val, y_val and class_names."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from convlab.data.dataset import SPLITS, Dataset
from convlab.errors import DataError

CHANNELS = (1, 3)


class NpzFile:
    """Arrays of images (N, H, W), (N, H, W, C) or (N, C, H, W), uint8, C being 1 or 3, and of labels (N,) or (N, 1)."""

    def __init__(self, place: Path, name: str | None = None, credit: str | None = None):
        self.place = place
        self.name = name or place.stem
        self.credit = credit or f"from {place.name}; no credit stated in it"

    def splits(self) -> tuple[str, ...]:
        keys = self._keys()
        found = tuple(s for s in SPLITS if f"x_{s}" in keys)
        if not found:
            raise DataError(
                f"{self.place}: expected arrays x_train, y_train, x_test, y_test; it holds {', '.join(keys) or 'none'}"
            )
        return found

    def read(self, split: str, size: int | None, skip_unreadable: bool) -> Dataset:
        images = as_nchw(self._array(f"x_{split}"), f"{self.place}: x_{split}")
        labels = self._split_labels(split)
        if len(labels) != len(images):
            raise DataError(f"{self.place}: x_{split} holds {len(images)} images but y_{split} {len(labels)} labels")
        return Dataset(images, labels, self._class_names(), self.name, split, self.credit)

    def _keys(self) -> list[str]:
        return self._open(lambda arrays: list(arrays.files), "the list of arrays")

    def _array(self, key: str) -> np.ndarray:
        if key not in self._keys():
            raise DataError(f"{self.place}: holds no {key}; it has {', '.join(self._keys())}")
        return self._open(lambda arrays: arrays[key], key)

    def _open(self, take, what: str):
        try:
            # the file opened here: np.load leaves it open when it is not what it seemed
            with self.place.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return take(arrays)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
            raise DataError(f"{self.place}: {what} cannot be read, damaged or not an .npz file ({error})") from None
        except (AttributeError, TypeError):  # a single array, which np.load gives as such
            raise DataError(f"{self.place}: holds a single array, not an .npz of x_train, y_train, ...") from None

    def _split_labels(self, split: str) -> np.ndarray:
        labels = self._array(f"y_{split}")
        if labels.ndim == 2 and labels.shape[1] == 1:  # Keras keeps them as a column
            labels = labels[:, 0]
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or (labels.size and labels.min() < 0):
            raise DataError(
                f"{self.place}: y_{split} must hold class numbers from 0, (N,) integers; "
                f"it is {labels.dtype} {labels.shape}"
            )
        return labels

    def _class_names(self) -> tuple[str, ...]:
        """Those in the file, or the numbers up to the greatest label of any split."""
        labels = [self._split_labels(split) for split in self.splits()]
        greatest = max((int(part.max()) for part in labels if part.size), default=0)
        if "class_names" not in self._keys():
            return tuple(str(label) for label in range(greatest + 1))
        names = self._array("class_names")
        names = tuple(name.decode() if isinstance(name, bytes) else str(name) for name in names.ravel().tolist())
        if len(names) <= greatest:
            raise DataError(f"{self.place}: {len(names)} class_names but labels up to {greatest}")
        return names


def as_nchw(images: np.ndarray, where: str) -> np.ndarray:
    """uint8 images (N, H, W), (N, H, W, C) or (N, C, H, W) as (N, C, H, W); which one must be plain from C in {1, 3}.

    >>> as_nchw(np.zeros((5, 8, 9, 3), np.uint8), "x").shape
    (5, 3, 8, 9)
    """
    if images.dtype != np.uint8:
        mend = "; if it holds 0..1, use (255 * x).round().astype(np.uint8)" if images.dtype.kind == "f" else ""
        raise DataError(f"{where} must be uint8, 0 to 255, it is {images.dtype}{mend}")
    if images.ndim == 3:
        return images[:, np.newaxis]
    if images.ndim != 4:
        raise DataError(f"{where} must be (N, H, W), (N, H, W, C) or (N, C, H, W), it is {images.shape}")
    first, last = images.shape[1] in CHANNELS, images.shape[3] in CHANNELS
    if first and last:
        raise DataError(
            f"{where} of shape {images.shape} may be (N, C, H, W) or (N, H, W, C): axes 1 and 3 could both be "
            f"channels; save it with sides other than 1 and 3"
        )
    if not first and not last:
        raise DataError(f"{where} of shape {images.shape} has no axis of 1 or 3 channels, second or last")
    return images if first else np.ascontiguousarray(images.transpose(0, 3, 1, 2))
