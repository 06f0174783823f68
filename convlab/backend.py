"""From the type of an array to the kernels that take it. The only module that knows there is more than one device."""

from types import ModuleType
from typing import Any

import numpy as np

from convlab.checks import dtype_name
from convlab.errors import BackendError, DtypeError
from convlab.kernels import cpu

DEVICES: dict[str, ModuleType] = {"cpu": cpu}
FLOATS = (np.float32, np.float64)
NO_CUDA = (
    "this version of convlab has no CUDA kernels yet, so device 'cuda' cannot be used; "
    "use device 'cpu', and to_host or array.get() for arrays on a GPU"
)


def device_of(op: str, name: str, array: Any) -> str:
    """The device an array lives on: "cpu" for NumPy arrays."""
    if isinstance(array, np.ndarray):
        return "cpu"
    if hasattr(array, "__cuda_array_interface__"):
        raise BackendError(f"{op}: {name} lies on a GPU: {NO_CUDA}")
    if array is None:
        raise DtypeError(f"{op}: {name} must be a NumPy array, got None")
    came = f"a single {type(array).__name__}" if isinstance(array, np.generic) else type(array).__name__
    raise DtypeError(f"{op}: {name} must be a NumPy array, got {came}; use np.asarray({name}, dtype=np.float32)")


def bind(op: str, *, optional: tuple[str, ...] = (), **arrays: Any) -> tuple:
    """The kernels for these arrays, and the arrays as kernels want them: contiguous, aligned, writable, one float type.

    Parameters
    ----------
    op : str
        The public function, for messages.
    optional : tuple of str
        Names that may be None, which then stays None.
    **arrays
        The arguments by name. The first decides the float type.

    Returns
    -------
    tuple
        (kernels, *arrays)
    """
    given = {name: a for name, a in arrays.items() if not (a is None and name in optional)}
    devices = {name: device_of(op, name, a) for name, a in given.items()}
    leader = next(iter(given))
    for name, array in given.items():
        if array.dtype.type not in FLOATS:
            real = f"{name}.real" if array.dtype.kind == "c" else name
            raise DtypeError(
                f"{op}: {name} must be float32 or float64, got {dtype_name(array)}; use {real}.astype(np.float32)"
            )
        if array.dtype.type is not given[leader].dtype.type:
            raise DtypeError(
                f"{op}: {leader} is {dtype_name(given[leader])} but {name} is {dtype_name(array)}; "
                f"use {name}.astype(np.{given[leader].dtype.type.__name__})"
            )
    ready = {name: _ready(a) for name, a in given.items()}
    return DEVICES[devices[leader]], *(ready.get(name) for name in arrays)


def _ready(array: np.ndarray) -> np.ndarray:
    flags = array.flags
    if type(array) is np.ndarray and flags.c_contiguous and flags.writeable and flags.aligned and array.dtype.isnative:
        return array
    # a read-only array is copied: Numba would compile every kernel a second time for its type
    return np.require(array, array.dtype.newbyteorder("="), ["C", "A", "W", "E"])


def integers(op: str, array: Any) -> np.ndarray:
    """An array of integers, checked before, as contiguous int64."""
    return np.require(array, np.int64, ["C", "A", "W", "E"])


def kernels(device: str) -> ModuleType:
    """The kernels of a device by its name, "cpu" or "cuda".

    Raises
    ------
    BackendError
        If there is no such device, or it cannot be used here; the message says why.
    """
    if device in DEVICES:
        return DEVICES[device]
    if device == "cuda":
        raise BackendError(NO_CUDA)
    raise BackendError(f"device must be 'cpu' or 'cuda', got {device!r}")


def to_device(x: np.ndarray) -> Any:
    """Copy an array to the GPU.

    Raises
    ------
    BackendError
        If no GPU can be used; the message says why.
    """
    raise BackendError(f"to_device: {NO_CUDA}")


def to_host(x: Any) -> np.ndarray:
    """The array as a NumPy array; a NumPy array is returned as it is.

    >>> to_host(np.arange(3.0))
    array([0., 1., 2.])
    """
    if isinstance(x, np.ndarray):
        return x
    if hasattr(x, "__cuda_array_interface__"):
        for method in ("copy_to_host", "get"):  # Numba's and CuPy's way
            if hasattr(x, method):
                return getattr(x, method)()
    raise DtypeError(f"to_host: expected a NumPy or CUDA array, got {type(x).__name__}")
