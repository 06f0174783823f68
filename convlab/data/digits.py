"""The digits that come with scikit-learn, dressed as LeNet-5's input: real handwriting without a download."""

import numpy as np

from convlab.data.catalogue import DIGITS
from convlab.data.dataset import Dataset

INK, GREATEST, BORDER = 28, 16, 2


class Digits:
    """1,797 digits, 8x8 with 17 grey levels in scikit-learn, here 32x32: enlarged to 28x28 (bicubic), a border of 2.

    Split by train_test_split(test_size=0.2, stratify=y, random_state=0): 1,437 to train, 360 to test. The 13 writers
    (those of the UCI set's test part) are in both, so a test accuracy here is that for known hands.
    """

    name = DIGITS.name
    place = "bundled with scikit-learn"

    def splits(self) -> tuple[str, ...]:
        return ("train", "test")

    def read(self, split: str, size: int | None, skip_unreadable: bool) -> Dataset:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        small, labels = load_digits(return_X_y=True)
        parts = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0)
        chosen = parts[self.splits().index(split)]
        images = np.stack([enlarged(picture) for picture in small[chosen].reshape(-1, 8, 8)])
        return Dataset(images[:, np.newaxis], labels[chosen], DIGITS.class_names, self.name, split, DIGITS.credit)


def enlarged(picture: np.ndarray) -> np.ndarray:
    """Levels 0..16 (8, 8) as uint8 (32, 32)."""
    from PIL import Image

    grey = Image.fromarray(np.rint(picture * (255 / GREATEST)).astype(np.uint8))
    return np.pad(np.asarray(grey.resize((INK, INK), Image.Resampling.BICUBIC)), BORDER)
