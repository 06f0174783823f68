"""`convlab doctor`: what works on this machine."""

import json
import os
import platform
import sys
from typing import Annotated

import typer

from convlab.cli.errors import one_line_errors


def report() -> dict[str, str]:
    """What convlab finds here, one line each."""
    import llvmlite.binding
    import numba
    import numpy as np

    import convlab
    from convlab import backend, compile_cache, errors, jit
    from convlab import functional as F

    try:
        y = F.conv2d(np.ones((1, 1, 4, 4), np.float32), np.ones((1, 1, 3, 3), np.float32))
        kernels = "compile and run" if (y == 9).all() else "run but give wrong numbers: please report this"
        layer = numba.threading_layer()
    except Exception as error:  # whatever is wrong here is what this command is for
        kernels, layer = f"do not run: {str(error).splitlines()[0]}", "unknown"
    folder = compile_cache.KernelCache.cache_folder()
    try:
        cuda = backend.describe("cuda")
    except errors.BackendError as error:
        cuda = str(error)
    features = llvmlite.binding.get_host_cpu_features()
    simd = [name for name in ("sse2", "avx", "avx2", "fma", "avx512f", "neon") if features.get(name)]
    return {
        "convlab": convlab.__version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "numpy": np.__version__,
        "numba": numba.__version__,
        "processor": llvmlite.binding.get_host_cpu_name(),
        "cores": f"{os.cpu_count()}, kernels use {jit.get_threads()} threads",
        "simd": " ".join(simd) or "none",
        "threading layer": layer,
        "kernels": kernels,
        "kernel cache": f"{folder} ({_megabytes(folder):.1f} MB)" if folder else "none: kernels are compiled each time",
        "cuda": cuda,
    }


def _megabytes(folder) -> float:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 1e6


@one_line_errors
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say what works on this machine: cores, SIMD, threads, kernels and their cache, CUDA."""
    found = report()
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        width = max(map(len, found))
        print("\n".join(f"{name:<{width}}  {value}" for name, value in found.items()))
    if found["kernels"] != "compile and run":
        print("convlab: kernels do not work on this machine", file=sys.stderr)
        raise typer.Exit(2)
