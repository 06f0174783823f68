"""The CUDA kernels in Numba's simulator: each file of `simulated` in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted((HERE / "simulated").glob("test_*.py"))

pytestmark = [
    pytest.mark.skipif(os.environ.get("NUMBA_ENABLE_CUDASIM") == "1", reason="this is the process of the simulator"),
]


@pytest.mark.cuda
def test_there_are_files():
    assert len(FILES) >= 4


@pytest.mark.cuda
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_in_the_simulator(path):
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider", "--durations=5", str(path)]
    done = subprocess.run(
        command, cwd=HERE.parents[2], env=environment, capture_output=True, text=True, encoding="utf-8", timeout=900
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    assert " passed" in done.stdout and " failed" not in done.stdout
    print(done.stdout[-1500:])


@pytest.mark.gpu
def test_on_a_gpu():
    """The tests of the operations once more, where the kernels are compiled and there is a GPU to run them."""
    from convlab import backend, errors

    try:
        backend.kernels("cuda")
    except errors.BackendError as error:
        pytest.skip(str(error))
    environment = os.environ | {"CONVLAB_TEST_GPU": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider"]
    command.append(str(HERE / "simulated" / "test_simulated_operations.py"))
    done = subprocess.run(
        command, cwd=HERE.parents[2], env=environment, capture_output=True, text=True, encoding="utf-8", timeout=900
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
