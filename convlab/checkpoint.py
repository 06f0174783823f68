"""Arrays to files and back, as safetensors (no pickle): `save`, `load`. A file is whole or it is not there.

A file is written under another name in the same folder and then moved into place; a full disk or a kill leaves the old
file as it was.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from convlab.errors import CheckpointError, DtypeError


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary file beside `path` to write to; at the end it takes the place of `path`, unless something was raised.

    Raises
    ------
    CheckpointError
        If the folder is missing, the disk full or the place not writable.
    """
    path = Path(path)
    if path.is_dir():
        raise CheckpointError(f"cannot write {path}: it is a folder; give a file name")
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=path.suffix)
        os.close(handle)
        yield Path(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        kept = "the file that was there is untouched" if path.exists() else "nothing was left behind"
        raise CheckpointError(f"cannot write {path}: {error.strerror or error}; {kept}") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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

    arrays = {}
    for name, array in state_dict.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
            raise DtypeError(
                f"save: {name} must be an array of numbers, got {type(array).__name__} {getattr(array, 'dtype', '')}".rstrip()
            )
        arrays[str(name)] = np.ascontiguousarray(array)
    text = {"convlab": json.dumps(metadata)} if metadata is not None else None
    data = to_bytes(arrays, text)
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

    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"cannot read {path}: there is no such file") from None
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from None
    try:
        arrays = from_bytes(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        text = header.get("__metadata__", {}).get("convlab")
        metadata = None if text is None else json.loads(text)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"cannot read {path}: it is damaged or not a safetensors file ({reason})") from None
    # what safetensors returns is a view of read-only bytes
    return {name: array.copy() for name, array in arrays.items()}, metadata
