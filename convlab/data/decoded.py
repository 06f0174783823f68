"""Decoded images, kept in the cache: thousands of picture files take many seconds, the same pixels as an array one."""

import hashlib
import os
import secrets
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from convlab.data.dataset import DataWarning
from convlab.data.places import cache_folder

Arrays = tuple[np.ndarray, np.ndarray]


def remembered(source: Path, what: str, decode: Callable[[], Arrays]) -> Arrays:
    """Images and labels: those kept for `source` and `what` (split, size), else what `decode()` gives, which is kept.

    Kept under the size and the time of change of `source`: another file in its place is decoded anew, and the old
    arrays go. A damaged or unwritable cache costs time, never data.
    """
    status = source.stat()
    owner = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:8]
    version = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:8]
    kept = cache_folder() / "decoded" / f"{source.stem}-{owner}-{what}-{version}.npz"
    try:
        with kept.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return arrays["images"], arrays["labels"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass  # not there yet, or damaged: decode again
    images, labels = decode()
    try:
        _keep(kept, images, labels)
        for old in kept.parent.glob(f"{source.stem}-{owner}-{what}-*.npz"):
            if old != kept:
                old.unlink()
    except OSError as error:
        warnings.warn(
            f"{source}: the decoded images cannot be kept in {kept.parent} ({error.strerror or error}), so they are "
            f"decoded each time; free space there or set CONVLAB_CACHE to another folder",
            DataWarning,
            stacklevel=2,
        )
    return images, labels


def _keep(path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Written under another name and then moved: whoever reads sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".new-{os.getpid()}-{secrets.token_hex(4)}.npz"
    try:
        np.savez(temporary, images=images, labels=labels)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
