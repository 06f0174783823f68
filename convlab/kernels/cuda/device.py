"""The GPU: whether there is one that can be used, what is wrong otherwise, and what it can do. Nothing here runs at import."""

import functools
from importlib import metadata

from numba import cuda

from convlab.errors import BackendError
from convlab.kernels.cuda.launch import SIMULATED

EXTRA = "pip install 'convlab[cuda13]' (or 'convlab[cuda12]' where nvidia-smi names a CUDA version below 13)"
FAST_FROM = (8, 0)  # compute capability: the fast kernels copy in the background, which came with it


def require() -> None:
    """Raise unless kernels can run here.

    Raises
    ------
    BackendError
        With cause and remedy in one line.
    """
    if SIMULATED:
        return
    for problem in (driver_problem, toolkit_problem):
        text = problem()
        if text:
            raise BackendError(f"no GPU can be used: {text}")


def driver_problem() -> str | None:
    """What is wrong with the driver, as far as Numba can say."""
    from numba.cuda.cudadrv.driver import driver
    from numba.cuda.cudadrv.error import CudaSupportError

    try:
        driver.ensure_initialized()
        count = len(cuda.gpus)
    except CudaSupportError as error:
        return _driver_text(str(error))
    return None if count else "the NVIDIA driver finds no GPU; see whether nvidia-smi lists one"


def _driver_text(error: str) -> str:
    if "library cannot be found" in error or "CUDA driver library" in error:
        return "there is no NVIDIA driver; on a machine with an NVIDIA GPU install its driver (nvidia-smi then works)"
    if "NO_DEVICE" in error or "no CUDA-capable device" in error:
        return (
            "the NVIDIA driver finds no GPU; see whether nvidia-smi lists one, and what CUDA_VISIBLE_DEVICES is set to"
        )
    if "INSUFFICIENT_DRIVER" in error or "SYSTEM_DRIVER_MISMATCH" in error:
        return "the NVIDIA driver is too old for the installed toolkit; update the driver, or use 'convlab[cuda12]'"
    return f"the NVIDIA driver does not start ({' '.join(error.split())[:160]}); see whether nvidia-smi works"


def toolkit_problem() -> str | None:
    """What is wrong with the compiler for the GPU, or with its version beside the driver's."""
    try:
        from numba.cuda.cudadrv import nvvm
        from numba.cuda.cudadrv.driver import driver

        nvvm.NVVM()
        toolkit = metadata_version("nvidia-cuda-nvrtc")
        newest = driver.get_version()
    except Exception as error:  # whatever is missing, the remedy is the same
        return f"the CUDA toolkit is missing ({' '.join(str(error).split())[:120]}); install it with {EXTRA}"
    if toolkit and toolkit[0] > newest[0]:
        return (
            f"the driver knows CUDA {newest[0]}.{newest[1]}, the installed toolkit is CUDA {toolkit[0]}; "
            "update the driver, or install 'convlab[cuda12]' in place of 'convlab[cuda13]'"
        )
    return None


def metadata_version(package: str) -> tuple[int, ...] | None:
    """Version of an installed package, None if it is not there."""
    try:
        return tuple(int(part) for part in metadata.version(package).split(".")[:2])
    except (metadata.PackageNotFoundError, ValueError):
        return None


def describe() -> str:
    """The GPU in words, for `convlab doctor`."""
    require()
    if SIMULATED:
        return "the simulator of Numba (NUMBA_ENABLE_CUDASIM is set): right, and slow"
    gpu = cuda.get_current_device()
    name = gpu.name.decode() if isinstance(gpu.name, bytes) else gpu.name
    major, minor = gpu.compute_capability
    free, total = cuda.current_context().get_memory_info()
    kernels = "fast kernels" if fast() else "plain kernels only"
    return f"{name}, compute capability {major}.{minor}, {free / 1e9:.0f} of {total / 1e9:.0f} GB free, {kernels}"


@functools.cache
def fast() -> bool:
    """Whether the fast kernels run here. In the simulator they would take minutes."""
    return not SIMULATED and tuple(cuda.get_current_device().compute_capability) >= FAST_FROM


@functools.cache
def multiprocessors() -> int:
    return 1 if SIMULATED else cuda.get_current_device().MULTIPROCESSOR_COUNT
