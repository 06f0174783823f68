"""`load`: from a name, a folder or a file to a Dataset; and what can be asked before it."""

import difflib
import os
from dataclasses import replace
from pathlib import Path

from convlab import checks
from convlab.data.catalogue import CIFAR10, ENTRIES
from convlab.data.dataset import SPLITS, Dataset
from convlab.data.digits import Digits
from convlab.data.folder import ImageFolder
from convlab.data.known import IdxFiles, find_cifar, obtain, on_disk
from convlab.data.npz import NpzFile
from convlab.data.photo_crops import PhotoCrops
from convlab.data.places import cache_folder, data_folder, homes
from convlab.data.resize import fit_images
from convlab.errors import ArgumentError, DataError

BUNDLED = {source.name: source for source in (Digits, PhotoCrops)}  # on every machine that has convlab


def load(
    name_or_folder: str | os.PathLike,
    split: str = "train",
    *,
    size: int | None = None,
    skip_unreadable: bool = False,
    download: bool = True,
) -> Dataset:
    """A data set, in memory.

    Parameters
    ----------
    name_or_folder
        "digits" or "photo-crops" (bundled), "mnist", "fashion-mnist", "cifar10"; or a folder, or a .zip of one, with
        `train/<class>/*` and `val/` or `test/` beside it; or an .npz with x_train, y_train, x_test, y_test (perhaps
        x_val, y_val, class_names). Known sets are looked for under the folder that CONVLAB_DATA names, then in the
        cache; a bare name under CONVLAB_DATA, then as a path; what is spelled as a path the other way round.
    split
        "train", "test" or "val"; `splits` says which there are. None is taken for another.
    size
        Height and width wanted: smaller images are set in the middle of black, larger ones scaled to that short side
        and cropped to the middle. Photographs of differing sizes need it.
    skip_unreadable
        Leave pictures out that cannot be decoded, with one DataWarning that names them, rather than raise.
    download
        Fetch a known set that is not on this machine (with its checksum, mirror after mirror, resuming).

    Raises
    ------
    ArgumentError
        An unknown name or split, or a size that is missing or not positive.
    DataError
        A file that is missing, damaged or cut off, by name; or no connection, with what to put where.

    >>> load("digits", "test")
    Dataset(digits test: 360 images (1, 32, 32), 10 classes)
    """
    if split not in SPLITS:
        raise ArgumentError(f'data.load: split must be "train", "test" or "val", got {split!r}')
    if size is not None:
        size = checks.integer("data.load", "size", size, 1)
    source = find(name_or_folder, download=download)
    available = source.splits()
    if split not in available:
        raise ArgumentError(
            f"data.load: {source.name} has no split {split!r}, it has {', '.join(available)}"
            f"{_instead(split, available)}"
        )
    dataset = source.read(split, size, skip_unreadable)
    return dataset if size is None else replace(dataset, images=fit_images(dataset.images, size))


def splits(name_or_folder: str | os.PathLike) -> tuple[str, ...]:
    """The splits that `load` can give. Downloads nothing.

    >>> splits("digits")
    ('train', 'test')
    """
    if isinstance(name_or_folder, str) and name_or_folder in ENTRIES and where(name_or_folder) is None:
        return ("train", "test")  # as published
    return find(name_or_folder, download=False).splits()


def names() -> tuple[str, ...]:
    """Names for `load`: the known sets, then the folders under CONVLAB_DATA that hold a train/."""
    own = data_folder()
    found = () if own is None else sorted(path.name for path in own.iterdir() if (path / "train").is_dir())
    return (*ENTRIES, *(name for name in found if name not in ENTRIES))


def fetch(name: str) -> Path | None:
    """Make sure that a known set is on this machine, downloading what is missing; its folder, or None if bundled.

    Files in the cache are checked by their sum and replaced if damaged; those under CONVLAB_DATA are left alone.
    """
    if name not in ENTRIES:
        raise ArgumentError(f"data.fetch: no data set {name!r} to fetch; known: {', '.join(ENTRIES)}")
    if not ENTRIES[name].files:
        return None
    own = data_folder()
    if own is not None and on_disk(ENTRIES[name], own / name):
        return own / name
    for file in ENTRIES[name].files:
        obtain(name, file.name)
    return cache_folder() / name


def where(name: str) -> str | None:
    """In words, where a set lies on this machine; None if it would have to be downloaded."""
    if name in BUNDLED:
        return BUNDLED[name].place
    if name in ENTRIES:
        return next((str(home) for home in homes(name) if on_disk(ENTRIES[name], home)), None)
    return str(find(name, download=False).place)


def find(name_or_folder: str | os.PathLike, *, download: bool):
    """What reads the set: an object with `name`, `splits()` and `read(split, size, skip_unreadable)`."""
    if not isinstance(name_or_folder, (str, os.PathLike)) or not str(name_or_folder):
        raise ArgumentError(f"data.load: expected a name or a path, got {name_or_folder!r}")
    if isinstance(name_or_folder, str) and name_or_folder in BUNDLED:
        return BUNDLED[name_or_folder]()
    if name_or_folder == CIFAR10.name:
        return find_cifar(download)
    if isinstance(name_or_folder, str) and name_or_folder in ENTRIES:
        return IdxFiles(ENTRIES[name_or_folder], download)
    return _find_path(name_or_folder)


def _find_path(given: str | os.PathLike) -> ImageFolder | NpzFile:
    path, own = Path(given).expanduser(), data_folder()
    candidates = [path] if own is None else [own / path, path]
    if len(path.parts) > 1 or str(given).startswith("."):
        candidates.reverse()  # spelled as a path: first taken as one
    for place in candidates:
        if place.is_dir():
            return ImageFolder(place)
        if place.is_file():
            return _find_file(place)
    near = difflib.get_close_matches(str(given), names(), n=1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    looked = ", ".join(dict.fromkeys(str(place.absolute()) for place in candidates))
    raise ArgumentError(
        f"data.load: no data set {str(given)!r}{meant}; known: {', '.join(names())}; no folder or file at {looked}"
    )


def _find_file(path: Path) -> ImageFolder | NpzFile:
    readers = {".zip": ImageFolder, ".npz": NpzFile}
    if path.suffix.lower() not in readers:
        raise DataError(f"data.load: {path} is neither a folder nor a .zip or .npz file")
    known = ENTRIES.get(path.absolute().parent.name)  # cifar10/part.npz: still CIFAR-10, and to be credited as that
    return readers[path.suffix.lower()](path, credit=known.credit if known else None)


def _instead(split: str, available: tuple[str, ...]) -> str:
    if split == "val" and "train" in available:
        return "; images to choose by can be held out of the training images: .holdout(n)"
    if split == "test" and "val" in available:
        return '; val is not taken for test unasked: if you want it, say split="val"'
    return ""
