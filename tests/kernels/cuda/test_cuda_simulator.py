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


def passes_with(path, **environment):
    "runs the tests of a file in a process of its own; what was printed"
    command = [sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider", "--durations=5", str(path)]
    done = subprocess.run(
        command, cwd=HERE.parents[2], env=os.environ | environment, capture_output=True, text=True, encoding="utf-8",
        timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    assert " passed" in done.stdout and " failed" not in done.stdout
    return done.stdout


@pytest.mark.cuda
def test_there_are_files():
    assert len(FILES) >= 4


@pytest.mark.cuda
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_in_the_simulator(path):
    print(passes_with(path, NUMBA_ENABLE_CUDASIM="1")[-1500:])


@pytest.mark.gpu
def test_on_a_gpu():
    """The tests of the operations once more, where the kernels are compiled and there is a GPU to run them."""
    from convlab import backend, errors

    try:
        backend.kernels("cuda")
    except errors.BackendError as error:
        pytest.skip(str(error))
    passes_with(HERE / "simulated" / "test_simulated_operations.py", CONVLAB_TEST_GPU="1")
