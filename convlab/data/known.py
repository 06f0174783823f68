"""The known sets on this machine: found in their homes, file by file, or fetched."""

from pathlib import Path

from convlab.data import idx
from convlab.data.catalogue import CIFAR10, ENTRIES, Entry
from convlab.data.cifar import ARCHIVE, FOLDER, CifarBatches
from convlab.data.dataset import Dataset
from convlab.data.download import fetch_file
from convlab.data.folder import ImageFolder
from convlab.data.npz import NpzFile
from convlab.data.places import cache_folder, homes, where_to_put
from convlab.errors import DataError

JPEG_COPY = "cifar10_full_jpeg.zip"


class IdxFiles:
    """MNIST and Fashion-MNIST: each split is a file of images and one of labels, gzipped or not."""

    def __init__(self, entry: Entry, download: bool):
        self.name, self._entry, self._download = entry.name, entry, download

    def splits(self) -> tuple[str, ...]:
        return tuple(idx.FILES)

    def read(self, split: str, size: int | None, skip_unreadable: bool) -> Dataset:
        images, labels = (self._path(stem) for stem in idx.FILES[split])
        described = {"class_names": self._entry.class_names, "credit": self._entry.credit}
        return idx.read_pair(images, labels, name=self.name, split=split, **described)

    def _path(self, stem: str) -> Path:
        for home in homes(self.name):
            for name in (f"{stem}.gz", stem):
                if (home / name).is_file():
                    return home / name
        return obtain(self.name, f"{stem}.gz", self._download)


def find_cifar(download: bool) -> CifarBatches | ImageFolder | NpzFile:
    """What the first home that has CIFAR-10 has: the batches, else the JPEG copy, else an .npz; else the archive."""
    for home in homes(CIFAR10.name):
        found = _cifar_in(home)
        if found is not None:
            return found
    return CifarBatches(obtain(CIFAR10.name, ARCHIVE, download))


def _cifar_in(home: Path) -> CifarBatches | ImageFolder | NpzFile | None:
    for place in (home / FOLDER, home):
        if (place / "data_batch_1").is_file() or (place / "test_batch").is_file():
            return CifarBatches(place)
    if (home / ARCHIVE).is_file():
        return CifarBatches(home / ARCHIVE)
    if (home / JPEG_COPY).is_file():
        return ImageFolder(home / JPEG_COPY, CIFAR10.name, f"{CIFAR10.credit}; JPEG copy, not bit-exact")
    arrays = sorted(home.glob("*.npz"))
    if len(arrays) > 1:
        raise DataError(f"{home}: several .npz ({', '.join(path.name for path in arrays)}); load one by its path")
    return NpzFile(arrays[0], CIFAR10.name, CIFAR10.credit) if arrays else None


def obtain(name: str, file_name: str, download: bool = True) -> Path:
    """A published file of a known set in the cache, whole and checked, from the web if need be."""
    file = next(file for file in ENTRIES[name].files if file.name == file_name)
    missing = [f.name for f in ENTRIES[name].files if not any((home / f.name).is_file() for home in homes(name))]
    by_hand = f"put {', '.join(missing or [file_name])} {where_to_put(name)}"
    if not download:
        raise DataError(
            f"{name}: {file_name} is not on this machine; fetch it with `convlab data fetch {name}`, or {by_hand}"
        )
    try:
        return fetch_file(file, cache_folder() / name)
    except DataError as error:
        raise DataError(f"{name}: {error}; you can also {by_hand}") from None


def on_disk(entry: Entry, home: Path) -> bool:
    """Whether `home` holds the whole set, in one of its forms."""
    if entry.name == CIFAR10.name:
        return _cifar_in(home) is not None
    paths = [home / file.name for file in entry.files]
    return all(path.is_file() or path.with_suffix("").is_file() for path in paths)  # also without .gz
