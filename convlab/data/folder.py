"""Folders of pictures, or a .zip of one: `train/<class>/*` with `val/` or `test/` beside it."""

import posixpath
import warnings
from functools import cached_property
from pathlib import Path

import numpy as np

from convlab.data import credits, decoded
from convlab.data.dataset import SPLITS, Dataset, DataWarning
from convlab.data.pictures import ENDINGS, decode_picture, head_size
from convlab.data.progress import bar
from convlab.data.resize import fit_image
from convlab.data.tree import Tree
from convlab.errors import ArgumentError, DataError

KEEP_FROM = 1000  # pictures in a .zip, from which on the decoded ones are worth a place in the cache
NAMED_AT_MOST = 20


class ImageFolder:
    """The pictures under `place`, a folder or a .zip of one; the classes are the folders in train/, in order of name.

    Hidden files and files that are no pictures are passed over. An `index.csv` with columns `file` and `credit` (and
    `split`, `class`) gives each picture its credit.
    """

    def __init__(self, place: Path, name: str | None = None, credit: str | None = None):
        self.place = place
        self.name = name or (place.stem if place.suffix.lower() == ".zip" else place.resolve().name)
        self._credit = credit
        self._tree = Tree(place)

    def splits(self) -> tuple[str, ...]:
        return tuple(split for split in SPLITS if split in self._classes)

    def read(self, split: str, size: int | None, skip_unreadable: bool) -> Dataset:
        class_names = self._class_names(split)
        rows = [(path, class_names.index(c)) for c, paths in self._classes[split].items() for path in paths]
        paths = [path for path, _ in rows]
        skipped: list[int] = []

        def decode():
            images = self._decode(paths, split, size, skipped if skip_unreadable else None)
            return images, np.delete(np.array([label for _, label in rows], dtype=np.int64), skipped)

        if self._tree.is_zip and len(rows) >= KEEP_FROM and not skip_unreadable:
            images, labels = decoded.remembered(self.place, f"{split}-{size or 'own'}", decode)
        else:
            images, labels = decode()
        if skipped:
            _tell_skipped(self.place, [paths[place] for place in skipped])
        with self._tree.opened() as read:
            each = credits.of_each(self._tree, read, [p for place, p in enumerate(paths) if place not in set(skipped)])
            whole = self._credit or credits.of_all(self._tree, read)
        return Dataset(images, labels, class_names, self.name, split, whole, each)

    def differing_sizes(self, split: str) -> bool:
        """Whether the pictures differ in height or width (so that `read` needs a size); looks at the heads alone."""
        sizes = set()
        with self._tree.opened() as read:
            for paths in self._classes[split].values():
                for path in paths:
                    sizes.add(head_size(read(path)))
                    if len(sizes - {None}) > 1:
                        return True
        return False

    def first_size(self, split: str) -> tuple[int, int] | None:
        """(width, height) of the first picture whose head can be read; looks at the heads alone."""
        with self._tree.opened() as read:
            sizes = (head_size(read(path)) for paths in self._classes[split].values() for path in paths)
            return next((size for size in sizes if size is not None), None)

    @cached_property
    def _classes(self) -> dict[str, dict[str, list[str]]]:
        """split -> class -> paths, all in order of name."""
        listing = _by_class(self._tree.paths)
        if not listing:
            raise DataError(f"{self.place}: expected pictures in train/<class>/ and val/ or test/, found none")
        empty = [f"{split}/{name}" for split, classes in listing.items() for name in classes if not classes[name]]
        if empty:
            raise DataError(
                f"{self.place}: no picture in {', '.join(empty)} (known endings: {' '.join(ENDINGS)}); "
                f"put some there or remove the folder"
            )
        return listing

    def _class_names(self, split: str) -> tuple[str, ...]:
        listing = self._classes
        names = tuple(listing.get("train", listing[split]))
        unknown = sorted(set(listing[split]) - set(names))
        if unknown:
            raise DataError(f"{self.place}: {split}/ has classes that train/ lacks: {', '.join(unknown)}")
        return names

    def _decode(self, paths: list[str], split: str, size: int | None, skipped: list[int] | None) -> np.ndarray:
        """The pictures as one array, grey ones as colour if any is in colour.

        The places of unreadable ones go into `skipped`; if that is None, the first one raises.
        """
        images = None
        title = f"decoding {self.name} {split}"
        with self._tree.opened() as read, bar(len(paths), title, unit=" pictures") as progress:
            for place, path in enumerate(paths):
                progress.update()
                try:
                    image = decode_picture(read(path), f"{self.place}: {path}")
                except DataError:
                    if skipped is None:
                        raise
                    skipped.append(place)
                    continue
                image = image if size is None else fit_image(image, size)
                if images is None:
                    images, first = np.empty((len(paths), *image.shape), np.uint8), path
                self._check_size(images, image, first, path)
                if len(image) > images.shape[1]:
                    images = images.repeat(3, axis=1)
                images[place] = image  # a grey one spreads over three channels
        if images is None:
            raise DataError(f"{self.place}: none of the {len(paths)} pictures in {split}/ can be read")
        return np.delete(images, skipped, axis=0) if skipped else images

    def _check_size(self, images: np.ndarray, image: np.ndarray, first: str, path: str) -> None:
        (h, w), (other_h, other_w) = images.shape[2:], image.shape[1:]
        if (h, w) != (other_h, other_w):
            raise ArgumentError(
                f"data.load: the pictures of {self.name} differ in size ({first}: {h}x{w}, "
                f"{path}: {other_h}x{other_w}); give size, as in size=224"
            )


def _by_class(paths: list[str]) -> dict[str, dict[str, list[str]]]:
    listing: dict[str, dict[str, list[str]]] = {}
    for path in paths:
        parts = path.split("/")  # the class folder itself, "train/cat/", has three parts too: the last is empty
        if len(parts) < 3 or parts[0] not in SPLITS:
            continue
        pictures = listing.setdefault(parts[0], {}).setdefault(parts[1], [])
        if posixpath.splitext(path)[1].lower() in ENDINGS:
            pictures.append(path)
    return listing


def _tell_skipped(place: Path, paths: list[str]) -> None:
    more = f" and {len(paths) - NAMED_AT_MOST} more" if len(paths) > NAMED_AT_MOST else ""
    count = "1 unreadable image" if len(paths) == 1 else f"{len(paths)} unreadable images"
    warnings.warn(f"{place}: skipped {count}: {', '.join(paths[:NAMED_AT_MOST])}{more}", DataWarning, stacklevel=2)
