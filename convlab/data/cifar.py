"""CIFAR-10: the original python batches, from their folder or straight from the archive."""

import gzip
import io
import pickle
import tarfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np

from convlab.data import decoded
from convlab.data.catalogue import CIFAR10
from convlab.data.dataset import Dataset
from convlab.errors import DataError

FOLDER, ARCHIVE = "cifar-10-batches-py", "cifar-10-python.tar.gz"
BATCHES = {"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)}
PIXELS = 3 * 32 * 32


class CifarBatches:
    """The batches in a folder, or in the .tar.gz they are published as (read without unpacking it to disk)."""

    name = CIFAR10.name

    def __init__(self, place: Path):
        self.place = place

    def splits(self) -> tuple[str, ...]:
        return tuple(BATCHES)

    def read(self, split: str, size: int | None, skip_unreadable: bool) -> Dataset:
        if self.place.is_dir():
            parts = [_read_batch(self.place / name) for name in BATCHES[split]]
            images, labels = (np.concatenate(arrays) for arrays in zip(*parts))
        else:
            images, labels = decoded.remembered(self.place, split, lambda: _from_archive(self.place, BATCHES[split]))
        return Dataset(images, labels, CIFAR10.class_names, self.name, split, CIFAR10.credit)


def _read_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    return parse_batch(content, str(path))


def _from_archive(path: Path, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    found = {}
    try:
        # gzip checks its sum at the end (tarfile's own gzip mode does not); "|": one pass, no seeking back
        with gzip.open(path) as content, tarfile.open(fileobj=content, mode="r|") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if name in names and member.isfile():
                    found[name] = parse_batch(archive.extractfile(member).read(), f"{path}: {member.name}")
            content.read()
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged or cut-off archive ({error}); replace the file") from None
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); replace the file") from None
    missing = [name for name in names if name not in found]
    if missing:
        raise DataError(f"{path}: holds no {', '.join(missing)}; replace the file")
    images, labels = (np.concatenate(arrays) for arrays in zip(*(found[name] for name in names)))
    return images, labels


def parse_batch(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (N, 3, 32, 32) and labels of one batch; `where` names it in messages."""
    try:
        batch = _BatchUnpickler(io.BytesIO(content), encoding="bytes").load()
        fields = {key.decode() if isinstance(key, bytes) else key: value for key, value in batch.items()}
        images = fields["data"].array()
        labels = np.array([int(label) for label in fields["labels"]], dtype=np.int64)
    except pickle.UnpicklingError as error:
        raise DataError(f"{where}: not a CIFAR-10 batch, or cut off ({error}); replace the file") from None
    except Exception as error:  # the unpickler answers damaged bytes with almost any exception
        raise DataError(
            f"{where}: not a CIFAR-10 batch, or cut off ({type(error).__name__}); replace the file"
        ) from None
    if images.shape != (len(labels), PIXELS):
        raise DataError(f"{where}: {len(labels)} labels but data of shape {images.shape}; expected (N, {PIXELS})")
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(CIFAR10.class_names):
        raise DataError(f"{where}: labels from {labels.min()} to {labels.max()}; expected 0 to 9")
    return images.reshape(-1, 3, 32, 32), labels


class _BatchUnpickler(pickle.Unpickler):
    """Reads a batch without trusting it.

    A pickle is a program: `pickle.load` imports and calls whatever the file names, so a batch from an unknown mirror
    could run any code. Here only the three names that a pickled array consists of are admitted, and even they are
    answered with stand-ins that keep what they are given; the array is put together by ourselves, from bytes.
    """

    _ADMITTED = frozenset(
        (module, name)
        for base in ("numpy.core", "numpy._core")
        for module, name in ((f"{base}.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype"))
    )

    def find_class(self, module: str, name: str):
        if (module, name) not in self._ADMITTED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no batch needs")
        return _Stub


class _Stub:
    """Stands for numpy's array or dtype while a batch is read: remembers the arguments and the state."""

    def __init__(self, *arguments):
        self.arguments = arguments
        self.state = ()

    def __setstate__(self, state):
        self.state = state

    def array(self) -> np.ndarray:
        """The array, if the state is that of an array of unsigned bytes: (version, shape, dtype, Fortran, bytes)."""
        _, shape, dtype, fortran, content = self.state
        kind = dtype.arguments[0]
        if kind not in (b"u1", "u1"):
            raise pickle.UnpicklingError(f"its array is of {kind!r}, not of unsigned bytes")
        return np.frombuffer(content, np.uint8).reshape(shape, order="F" if fortran else "C")
