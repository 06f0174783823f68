"""From the type of an array to the kernels that take it. The only module that knows there is more than one device."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from importlib import metadata
from types import ModuleType
from typing import Any

import numpy as np

from convlab.checks import dtype_name
from convlab.errors import ArgumentError, BackendError, DtypeError
from convlab.kernels import cpu, precision

FLOATS = (np.float32, np.float64)
NATIVE = tuple(map(np.dtype, FLOATS))
PLACE = {"cpu": "on the CPU", "cuda": "on a GPU"}
NUMBA_CUDA = "0.30"  # the version that the kernels were written for, as pyproject.toml asks for it
INSTALL = "pip install 'convlab[cuda13]', or 'convlab[cuda12]' where nvidia-smi names a CUDA version below 13"
MOVE = {"cpu": "to_device", "cuda": "to_host"}  # from there


def _package_problem() -> str | None:
    "what is wrong with the installation of numba-cuda; the simulator needs none"
    if os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0"):
        return None
    try:
        version = metadata.version("numba-cuda")
    except metadata.PackageNotFoundError:
        return f"the package numba-cuda is missing; {INSTALL}"
    if not version.startswith(NUMBA_CUDA + "."):
        return f"numba-cuda {version} is installed but convlab needs {NUMBA_CUDA}; {INSTALL}"
    return None


_found: dict[str, ModuleType] = {}  # what could be used once: to ask again at every operation would take longer than it


def _cuda() -> ModuleType:
    "the kernels of the GPU, loaded when they are first asked for; raises BackendError if they cannot run"
    if "cuda" in _found:
        return _found["cuda"]
    problem = _package_problem()
    if problem:
        raise BackendError(f"no GPU can be used: {problem}")
    from convlab.kernels import cuda
    from convlab.kernels.cuda.device import require

    require()
    return _found.setdefault("cuda", cuda)


DEVICES = {"cpu": lambda: cpu, "cuda": _cuda}


def kernels(device: str) -> ModuleType:
    """The kernels of a device by its name, "cpu" or "cuda".

    Raises
    ------
    BackendError
        If there is no such device, or it cannot be used here; the message says why, and what to do.
    """
    if not isinstance(device, str) or device not in DEVICES:
        raise BackendError(f"device must be 'cpu' or 'cuda', got {device!r}")
    return DEVICES[device]()


def describe(device: str) -> str:
    """What a device is, in words; raises BackendError if it cannot be used."""
    kernels(device)
    if device == "cpu":
        return "the processor"
    from convlab.kernels.cuda.device import describe as words

    return words()


def on_gpu(array: Any) -> bool:
    """Whether this is an array on a GPU: one of Numba, CuPy, PyTorch, JAX."""
    try:
        return hasattr(array, "__cuda_ndarray__") or hasattr(array, "__cuda_array_interface__")
    except Exception:  # PyTorch says in its own words that a tensor has first to be detached
        return False


def device_of(op: str, name: str, array: Any) -> str:
    """The device an array lives on: "cpu" for NumPy arrays, "cuda" for arrays on a GPU."""
    if isinstance(array, np.ndarray):
        return "cpu"
    if on_gpu(array):
        return "cuda"
    if array is None:
        raise DtypeError(f"{op}: {name} must be a NumPy array, got None")
    if type(array).__module__.split(".")[0] == "torch" and getattr(array, "requires_grad", False):
        raise DtypeError(f"{op}: {name} is a tensor that PyTorch follows; use {name}.detach()")
    came = f"a single {type(array).__name__}" if isinstance(array, np.generic) else type(array).__name__
    raise DtypeError(f"{op}: {name} must be a NumPy array, got {came}; use np.asarray({name}, dtype=np.float32)")


def _one_device(op: str, devices: dict[str, str]) -> str:
    leader, device = next(iter(devices.items()))
    for name, other in devices.items():
        if other != device:
            raise BackendError(
                f"{op}: {name} lies {PLACE[other]} but {leader} {PLACE[device]}; use convlab.{MOVE[other]}({name}), "
                f"or convlab.{MOVE[device]}({leader})"
            )
    try:
        kernels(device)
    except BackendError as error:
        raise BackendError(f"{op}: {leader} lies {PLACE[device]}, but {error}") from None
    return device


def bind(op: str, *, optional: tuple[str, ...] = (), **arrays: Any) -> tuple:
    """The kernels for these arrays, and the arrays as kernels want them: contiguous, aligned, writable, one float type.

    Parameters
    ----------
    op : str
        The public function, for messages.
    optional : tuple of str
        Names that may be None, which then stays None.
    **arrays
        The arguments by name. The first decides the float type and the device.

    Returns
    -------
    tuple
        (kernels, *arrays)
    """
    if _are_ready(arrays.values()):
        return kernels("cpu"), *arrays.values()
    given = {name: a for name, a in arrays.items() if not (a is None and name in optional)}
    device = _one_device(op, {name: device_of(op, name, a) for name, a in given.items()})
    if device == "cuda":
        given = {name: _views().as_array(a) for name, a in given.items()}
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
    ready = _ready if device == "cpu" else _views().ascontiguousarray
    given = {name: ready(a) for name, a in given.items()}
    return kernels(device), *(given.get(name) for name in arrays)


def _are_ready(arrays: Iterable) -> bool:
    """Whether nothing is to be said about these arrays or done to them: the usual case, found in a microsecond."""
    dtype = None
    for array in arrays:
        if type(array) is not np.ndarray or not array.flags.carray:  # contiguous, aligned, writable
            return False
        if array.dtype is not dtype:
            if dtype is not None or array.dtype not in NATIVE:
                return False
            dtype = array.dtype
    return dtype is not None


def _ready(array: np.ndarray) -> np.ndarray:
    flags = array.flags
    if type(array) is np.ndarray and flags.c_contiguous and flags.writeable and flags.aligned and array.dtype.isnative:
        return array
    # a read-only array is copied: Numba would compile every kernel a second time for its type
    return np.require(array, array.dtype.newbyteorder("="), ["C", "A", "W", "E"])


def _views() -> ModuleType:
    from convlab.kernels.cuda import arrays

    return arrays


def viewed(array: Any) -> Any:
    """An array on a GPU as one of Numba's, anything else as it is."""
    if not on_gpu(array):
        return array
    kernels("cuda")
    return _views().as_array(array)


def together(op: str, **arrays: Any) -> str:
    """The device of these arrays; raises BackendError, which names the culprit, if there are two."""
    return _one_device(op, {name: device_of(op, name, array) for name, array in arrays.items()})


def namespace(array: Any) -> ModuleType:
    """NumPy for an array on the CPU; for one on a GPU a module with the functions of NumPy that layers need.

    >>> namespace(np.zeros(3)).__name__
    'numpy'
    """
    return _views() if on_gpu(array) else np


def integers(op: str, array: Any, like: Any = None) -> Any:
    """An array of integers, checked before, as contiguous int64, where `like` lies."""
    if on_gpu(array):
        ready = _views().contiguous(array)
        return ready if ready.dtype == np.int64 else _views().astype(ready, np.int64)
    ready = np.require(array, np.int64, ["C", "A", "W", "E"])
    return to_device(ready) if on_gpu(like) else ready


def extremes(array: Any) -> tuple[int, int]:
    """The smallest and the largest of an array of integers."""
    return _views().extremes(_views().contiguous(array)) if on_gpu(array) else (array.min(), array.max())


# ------------------------------------------------------------------------------------------------ moving
def to_device(x: Any) -> Any:
    """Copy an array to the GPU; an array that lies there is returned as it is.

    Parameters
    ----------
    x : NumPy array
        Of numbers of any type.

    Returns
    -------
    array on the GPU
        Numba's. CuPy and PyTorch take it without a copy: `cupy.asarray(a)`, `torch.as_tensor(a, device="cuda")`.

    Raises
    ------
    BackendError
        If no GPU can be used, or its memory is full; the message says why.
    """
    _one_device("to_device", {"x": "cuda"}) if on_gpu(x) else kernels("cuda")
    if on_gpu(x):
        return _views().as_array(x)
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiub":
        raise DtypeError(f"to_device: expected a NumPy array of numbers, got {dtype_name(x)}")
    return _views().to_device(x)


def to_host(x: Any) -> np.ndarray:
    """The array as a NumPy array; a NumPy array is returned as it is.

    >>> to_host(np.arange(3.0))
    array([0., 1., 2.])
    """
    if isinstance(x, np.ndarray):
        return x
    if on_gpu(x):
        for method in ("copy_to_host", "get"):  # Numba's and CuPy's way
            if hasattr(x, method):
                return getattr(x, method)()
        kernels("cuda")
        return _views().to_host(x)
    raise DtypeError(f"to_host: expected a NumPy or CUDA array, got {type(x).__name__}")


def moved(x: Any, device: str) -> Any:
    """The array on a device, "cpu" or "cuda"; itself if it lies there."""
    kernels(device)
    return to_host(x) if device == "cpu" else to_device(x)


def beside(x: Any, other: Any) -> Any:
    """The array on the device of another."""
    return to_device(x) if on_gpu(other) else to_host(x)


def copy_of(x: Any) -> np.ndarray:
    """A copy on the host."""
    return to_host(x) if on_gpu(x) else x.copy()


def copied_ahead(batches: Iterable[tuple[Any, Any]], device: str) -> Iterator[tuple[Any, Any]]:
    """Batches (x, labels) on a device. To a GPU they are copied one ahead of their use, while it computes."""
    if device == "cpu":
        return iter(batches)
    kernels(device)
    from convlab.kernels.cuda.transfer import copied_ahead as copied

    return copied(batches)


def uniform(rng: np.random.Generator, like: Any) -> Any:
    """Numbers uniform in [0, 1) of the shape and type of an array, where it lies.

    On the CPU one number of `rng` each. On a GPU one number of `rng` is the key from which the GPU makes them: to draw them on
    the host and copy them would take longer than a large layer computes.
    """
    if not on_gpu(like):
        return rng.random(like.shape, dtype=like.dtype)
    from convlab.kernels.cuda.random import uniform as fill

    numbers = kernels("cuda").empty(like.shape, like.dtype)
    fill(rng, numbers)
    return numbers


# ------------------------------------------------------------------------------------------------ all parameters at once
def step_all(kernel: str, arrays: list[tuple], numbers: tuple[float, ...]) -> None:
    """One step of an optimiser's kernel: `arrays` holds (data, grad, memory, ...) of each parameter, flat.

    One launch for all of one float type.
    """
    types = {}
    for group in arrays:
        types.setdefault((on_gpu(group[0]), group[0].dtype.type), []).append(group)
    for (gpu, real), groups in types.items():
        step = getattr(kernels("cuda" if gpu else "cpu"), f"{kernel}_all")
        step(*zip(*groups), *(real(number) for number in numbers))


# ------------------------------------------------------------------------------------------------ tensor cores
@contextlib.contextmanager
def allow_tf32(allow: bool = True) -> Iterator[None]:
    """Within the block convolutions on a GPU may round their factors to TF32 (10 bits of mantissa) for the tensor cores.

    Off by default: results then agree with the CPU to rounding of float32. Forward and gradient by the input use it, where
    there are enough channels; sums stay in float32. On the CPU nothing changes.

    >>> with allow_tf32():
    ...     pass
    """
    if not isinstance(allow, bool):
        raise ArgumentError(f"allow_tf32: allow must be True or False, got {allow!r}")
    before, precision.tf32 = precision.tf32, allow
    try:
        yield
    finally:
        precision.tf32 = before
