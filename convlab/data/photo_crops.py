"""Small colour pictures without a download: which of three photographs does a crop come from?"""

from pathlib import Path

import numpy as np

from convlab.data.catalogue import PHOTO_CROPS
from convlab.data.dataset import Dataset
from convlab.data.pictures import decode_picture
from convlab.errors import DataError

CROP, SIDE = 64, 32  # a crop in the photograph, and as it is given: means of 2 x 2 pixels
STRIPS = 8  # upright, of equal width
TEST_STRIPS = (2, 5)
EACH = {"train": 400, "test": 100}


class PhotoCrops:
    """1,200 crops to train and 300 to test, 32x32 in colour, from the photographs in scikit-learn and matplotlib.

    Each photograph is cut into eight upright strips. Test crops lie in the third and the sixth, training crops in the
    others, so no pixel is in both. They are neighbours in one photograph all the same: colours and light give much away,
    and an accuracy here says nothing about photographs that a network has not seen. Crops of one split overlap, so
    training crops that are held out flatter a network even more.
    """

    name = PHOTO_CROPS.name
    place = "bundled with scikit-learn and matplotlib"

    def splits(self) -> tuple[str, ...]:
        return tuple(EACH)

    def read(self, split: str, size: int | None, skip_unreadable: bool) -> Dataset:
        rng = np.random.default_rng((2012, self.splits().index(split)))
        crops = [_crops(decode_picture(*_content(path)), split, rng) for path in _paths()]
        labels = np.arange(len(crops)).repeat(EACH[split])
        images = np.concatenate(crops)
        return Dataset(images, labels, PHOTO_CROPS.class_names, self.name, split, PHOTO_CROPS.credit)


def _paths() -> list[Path]:
    import matplotlib
    import sklearn.datasets

    in_sklearn = Path(sklearn.datasets.__file__).parent / "images"
    in_matplotlib = Path(matplotlib.get_data_path()) / "sample_data"
    return [in_sklearn / "china.jpg", in_sklearn / "flower.jpg", in_matplotlib / "grace_hopper.jpg"]


def _content(path: Path) -> tuple[bytes, str]:
    try:
        return path.read_bytes(), str(path)
    except OSError as error:
        raise DataError(f"{PHOTO_CROPS.name}: cannot read {path} ({error.strerror or error})") from None


def regions(width: int, split: str) -> list[tuple[int, int]]:
    """Columns (from, to) that crops of a split may lie in, for a photograph of this width.

    >>> regions(640, "test"), regions(640, "train")
    ([(160, 240), (400, 480)], [(0, 160), (240, 400), (480, 640)])
    """
    ends = [width * strip // STRIPS for strip in range(STRIPS + 1)]
    found: list[tuple[int, int]] = []
    for strip in range(STRIPS):
        if (strip in TEST_STRIPS) == (split == "test"):
            if found and found[-1][1] == ends[strip]:
                found[-1] = (found[-1][0], ends[strip + 1])
            else:
                found.append((ends[strip], ends[strip + 1]))
    return found


def _crops(photograph: np.ndarray, split: str, rng: np.random.Generator) -> np.ndarray:
    """uint8 (EACH[split], 3, SIDE, SIDE), all places equally likely."""
    _, height, width = photograph.shape
    lefts = np.concatenate([np.arange(start, end - CROP + 1) for start, end in regions(width, split)])
    places = zip(rng.integers(height - CROP + 1, size=EACH[split]), rng.choice(lefts, EACH[split]))
    crops = np.stack([photograph[:, top : top + CROP, left : left + CROP] for top, left in places])
    factor = CROP // SIDE
    blocks = crops.reshape(len(crops), 3, SIDE, factor, SIDE, factor)
    return np.rint(blocks.mean(axis=(3, 5))).astype(np.uint8)
