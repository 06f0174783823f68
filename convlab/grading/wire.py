"""What crosses the border between judge and worker: frames of one JSON header and, behind it, arrays as .npy.

Nothing is pickled, in neither direction. The judge reads a frame only after looking at its size, and an array only after
looking at its kind and shape (`read_array`).
"""

import ast
import inspect
import io
import itertools
import json
import struct
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import numpy as np

MAGIC = b"CLf1"
LEAD = struct.Struct(">4sII")  # magic, bytes of the header, bytes of the arrays
MOST_HEADER = 4_000_000
MOST_BODY = 64_000_000
PLAIN = (type(None), bool, int, float, str)
KNOWN_TO_SOURCE = {"np", "numpy", "math"}


class WireError(Exception):
    """Bytes that are no frame, a frame that is too large, or a value that cannot cross."""


def send(stream: BinaryIO, header: dict[str, Any], arrays: Sequence[np.ndarray] = ()) -> None:
    """Write one frame."""
    blobs = [_npy(array) for array in arrays]
    text = json.dumps({**header, "arrays": [len(blob) for blob in blobs]}).encode()
    stream.write(LEAD.pack(MAGIC, len(text), sum(map(len, blobs))) + text + b"".join(blobs))
    stream.flush()


def receive(
    stream: BinaryIO, most_header: int = MOST_HEADER, most_body: int = MOST_BODY
) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next frame: its header and its arrays, still as bytes. None at the end of the stream.

    Raises WireError if what comes is no frame, or larger than allowed.
    """
    lead = stream.read(LEAD.size)
    if not lead:
        return None
    if len(lead) < LEAD.size or lead[:4] != MAGIC:
        raise WireError("what came is no frame")
    _, header_size, body_size = LEAD.unpack(lead)
    if header_size > most_header or body_size > most_body:
        raise WireError("the frame is too large")
    text, body = stream.read(header_size), stream.read(body_size)
    if len(text) != header_size or len(body) != body_size:
        raise WireError("the frame is cut short")
    try:
        header = json.loads(text)
        sizes = header["arrays"]
        sound = all(type(size) is int and size >= 0 for size in sizes) and sum(sizes) == body_size
    except (ValueError, KeyError, TypeError, RecursionError):
        raise WireError("the header of a frame is damaged") from None
    if not sound:
        raise WireError("the sizes of a frame do not add up")
    ends = list(itertools.accumulate(sizes, initial=0))
    return header, [body[a:b] for a, b in itertools.pairwise(ends)]


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()


def read_array(blob: bytes, kinds: str = "fiub", most_numbers: int = 10_000_000) -> np.ndarray:
    """An array from .npy bytes: kind and shape are looked at before a number is read. Raises WireError."""
    stream = io.BytesIO(blob)
    try:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise WireError(f"an array in version {version} of the format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise WireError("an array without a readable header") from None
    size = 1
    for length in shape:  # in Python's whole numbers, which do not overflow
        size *= length
    if dtype.kind not in kinds or dtype.hasobject or any(length < 0 for length in shape):
        raise WireError(f"an array of {dtype}, not of numbers")
    if size > most_numbers or size * dtype.itemsize != len(blob) - stream.tell():
        raise WireError("an array whose size and shape do not fit")
    stream.seek(0)
    try:
        return np.lib.format.read_array(stream, allow_pickle=False)
    except (ValueError, MemoryError, OverflowError):  # a shape such as (2**40, 2**40, 0)
        raise WireError("an array of an impossible shape") from None


# Arguments of a probe: plain values, tuples, lists, dicts, arrays, and functions that can be sent as source.


def pack(value: Any, arrays: list[np.ndarray]) -> Any:
    """A value as JSON; its arrays are appended to `arrays`. Raises WireError if it cannot cross the border."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        arrays.append(np.asarray(value))
        return {"scalar": len(arrays) - 1}
    if type(value) in PLAIN:
        return value
    if type(value) in (tuple, list):
        return {type(value).__name__: [pack(item, arrays) for item in value]}
    if type(value) is dict:
        return {"dict": [[pack(key, arrays), pack(item, arrays)] for key, item in value.items()]}
    if inspect.isfunction(value):
        return {"source": _source(value), "name": value.__name__}
    raise WireError(f"a value of type {type(value).__name__} cannot be sent to the worker")


def unpack(tree: Any, blobs: Sequence[bytes]) -> Any:
    """The value that `pack` made into JSON."""
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        return read_array(blobs[tree["array"]], kinds="fiubcSU")
    if "scalar" in tree:
        return read_array(blobs[tree["scalar"]], kinds="fiubcSU")[()]
    if "tuple" in tree:
        return tuple(unpack(item, blobs) for item in tree["tuple"])
    if "list" in tree:
        return [unpack(item, blobs) for item in tree["list"]]
    if "dict" in tree:
        return {unpack(key, blobs): unpack(item, blobs) for key, item in tree["dict"]}
    return _run_source(tree["source"], tree["name"])


def _source(function: Callable[..., Any]) -> str:
    """The source of a function that needs nothing but NumPy and math."""
    outside = set(inspect.getclosurevars(function).globals) - KNOWN_TO_SOURCE
    try:
        text = textwrap.dedent(inspect.getsource(function))
        (statement,) = ast.parse(text).body
    except (OSError, TypeError, SyntaxError, ValueError):
        statement = None
    whole = isinstance(statement, ast.FunctionDef) and statement.name == function.__name__
    if not whole or statement.decorator_list or outside or function.__closure__:
        raise WireError(
            f"the function {function.__name__} cannot be sent to the worker: it must be a `def` that uses "
            "np and math only"
        )
    return text


def _run_source(text: str, name: str) -> Callable[..., Any]:
    import math

    names: dict[str, Any] = {"np": np, "numpy": np, "math": math}
    exec(compile(text, f"<{name}>", "exec"), names)
    return names[name]
