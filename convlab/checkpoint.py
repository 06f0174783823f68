"""Arrays to files and back, as safetensors (no pickle): `save`, `load`. A file is whole or it is not there.

A file is written under another name in the same folder and then moved into place; a full disk or a kill leaves the old
file as it was. A checksum in the file's header tells damage that leaves it readable.
"""

import contextlib
import glob
import json
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from convlab import checks
from convlab.errors import ArgumentError, CheckpointError, DtypeError


def _as_path(op, path):
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"{op}: path must be a file name, got {type(path).__name__}")
    return Path(path)


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary file beside `path` to write to; at the end it takes the place of `path`, unless something was raised.

    Raises
    ------
    CheckpointError
        If the folder is missing, the disk full or the place not writable.
    """
    path = _as_path("save", path)
    if os.path.isdir(path):  # Path.is_dir would raise where the folder may not be looked into
        raise CheckpointError(f"cannot write {path}: it is a folder; give a file name")
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}{path.suffix}")
    try:
        open(temporary, "xb").close()  # not mkstemp: the file shall have the rights that files have here
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        kept = "the file that was there is untouched" if os.path.exists(path) else "nothing was left behind"
        raise CheckpointError(f"cannot write {path}: {error.strerror or error}; {kept}") from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def sweep(path: str | os.PathLike) -> None:
    """Remove what writers of `path` left beside it when they were killed."""
    path = Path(path)
    for temporary in path.parent.glob(f".{glob.escape(path.name)}-????????{path.suffix}"):
        with contextlib.suppress(OSError):
            temporary.unlink()


def _checksum(arrays: Mapping[str, np.ndarray], text: str) -> str:
    "of names, types, shapes, numbers and metadata"
    crc = zlib.crc32(text.encode())
    for name, array in sorted(arrays.items()):
        crc = zlib.crc32(repr((name, array.dtype.name, array.shape)).encode(), crc)
        crc = zlib.crc32(np.require(array, array.dtype.newbyteorder("<"), "C").reshape(-1).view(np.uint8), crc)
    return f"{crc:08x}"


def save(path: str | os.PathLike, state_dict: Mapping[str, Any], *, metadata: Mapping[str, Any] | None = None) -> None:
    """Write named arrays to a safetensors file, atomically.

    Parameters
    ----------
    path : path
    state_dict : dict of str to array
        As `model.state_dict()` gives it.
    metadata : dict, optional
        Anything that JSON can hold; `load_with_metadata` returns it.

    Raises
    ------
    CheckpointError
        If the file cannot be written; an existing file stays as it was.
    DtypeError
        If a value is not an array of numbers.
    """
    from safetensors.numpy import save as to_bytes

    if not isinstance(state_dict, Mapping):
        raise DtypeError(f"save: expected a dict of arrays by name, got {type(state_dict).__name__}")
    arrays = {}
    for name, array in state_dict.items():
        if not isinstance(name, str) or name == "__metadata__":
            raise DtypeError(f"save: {name!r} cannot be the name of an array; use a str other than '__metadata__'")
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
            raise DtypeError(f"save: {name} must be an array of numbers, got {checks.dtype_name(array)}")
        arrays[name] = np.require(array, requirements="C")
    try:
        text = json.dumps(metadata)
    except (TypeError, ValueError) as error:
        raise DtypeError(f"save: metadata must be what JSON can hold: {error}") from None
    data = to_bytes(arrays, {"convlab": text, "crc32": _checksum(arrays, text)})
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def load(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read named arrays from a safetensors file, PyTorch's too.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged or not a safetensors file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "weights.safetensors"
    >>> save(path, {"weight": np.arange(3.0)})
    >>> load(path)
    {'weight': array([0., 1., 2.])}
    """
    return load_with_metadata(path)[0]


def load_with_metadata(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], Any]:
    """Arrays of a safetensors file, and what `save` was given as metadata (None if nothing)."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    path = _as_path("load", path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"cannot read {path}: there is no such file") from None
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from None
    try:
        arrays = from_bytes(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        written = header.get("__metadata__", {})
        text = written.get("convlab", "null")
        if written.keys() & {"convlab", "crc32"} and written.get("crc32") != _checksum(arrays, text):  # ours
            raise ValueError("its checksum does not fit")
        metadata = json.loads(text)
    except KeyError as error:  # safetensors looks types up in a table
        raise CheckpointError(f"cannot read {path}: it holds numbers of type {error}, which NumPy has not") from None
    except (SafetensorError, ValueError, TypeError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"cannot read {path}: it is damaged or not a safetensors file ({reason})") from None
    # what safetensors returns is a view of read-only bytes
    return {name: array.copy() for name, array in arrays.items()}, metadata
