"""The idx files of MNIST and its relatives: a big-endian head (type, axes, sizes), then the bytes, usually gzipped."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from convlab.data.dataset import Dataset
from convlab.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"
UNSIGNED_BYTE = 0x08
FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def read_idx(path: Path) -> np.ndarray:
    """The array of unsigned bytes in an idx file, gzipped or not. The head, the length and gzip's own sum must agree.

    Format: bytes 0, 0, type (8 = unsigned byte), number of axes; one big-endian int32 per axis; the bytes, row by row.
    So the int32 at the start, the "magic", is 2051 for images (three axes) and 2049 for labels (one).
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE or content[3] not in (1, 2, 3, 4):
        raise DataError(
            f"{path}: not an idx file of unsigned bytes (it starts with {content[:4].hex(' ') or 'nothing'})"
        )
    axes = content[3]
    head = 4 + 4 * axes
    if len(content) < head:
        raise DataError(f"{path}: cut off in the head, after {len(content)} bytes; replace the file")
    shape = struct.unpack(f">{axes}I", content[4:head])
    expected = head + math.prod(shape)
    if len(content) != expected:
        state = "cut off" if len(content) < expected else "too long"
        raise DataError(
            f"{path}: {state}: {len(content)} bytes, but the head announces {' x '.join(map(str, shape))}, "
            f"that is {expected}; replace the file"
        )
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == GZIP_MAGIC else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: damaged or cut-off gzip file ({error}); replace the file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None


def read_pair(images_path: Path, labels_path: Path, **described) -> Dataset:
    """The data set of a file of images and the file of their labels; `described` goes on to Dataset."""
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3:
        raise DataError(f"{images_path}: expected images (N, H, W), found {images.ndim} axes: {images.shape}")
    if labels.ndim != 1:
        raise DataError(f"{labels_path}: expected labels (N,), found {labels.ndim} axes: {labels.shape}")
    if len(images) != len(labels):
        raise DataError(f"{images_path} holds {len(images)} images but {labels_path.name} {len(labels)} labels")
    classes = len(described["class_names"])
    if len(labels) and labels.max() >= classes:
        raise DataError(f"{labels_path}: holds label {labels.max()}, but there are {classes} classes")
    return Dataset(images[:, np.newaxis].copy(), labels, **described)  # a copy: frombuffer is read-only
