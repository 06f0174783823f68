"""What is said where no GPU can be used, and what is loaded then."""

import os
import subprocess
import sys
from importlib import metadata

import numpy as np
import pytest
from child_process import ROOT, run_python

import convlab as cl
from convlab import backend, errors, nn

simulated = os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0")
pytestmark = pytest.mark.skipif(simulated, reason="in the simulator there is a GPU")


def no_gpu():
    try:
        backend.kernels("cuda")
    except errors.BackendError as error:
        return str(error)
    return pytest.skip("there is a GPU here")


@pytest.fixture
def version(monkeypatch):
    """Sets the version of numba-cuda that seems to be installed; None: it is missing."""
    real = metadata.version

    def pretend(found):
        def of(name):
            if name != "numba-cuda":
                return real(name)
            if found is None:
                raise metadata.PackageNotFoundError(name)
            return found

        monkeypatch.setattr(backend.metadata, "version", of)

    return pretend


def test_the_extra_is_missing(version):
    version(None)
    with pytest.raises(
        errors.BackendError, match=r"^no GPU can be used: the package numba-cuda is missing; pip install"
    ):
        backend.kernels("cuda")


@pytest.mark.parametrize("found", ["0.29.1", "0.31.0", "1.0", "0.3"])
def test_another_version_of_it(version, found):
    version(found)
    message = rf"^no GPU can be used: numba-cuda {found} is installed but convlab needs 0\.30; pip install"
    with pytest.raises(errors.BackendError, match=message):
        backend.kernels("cuda")


@pytest.mark.parametrize(
    "use",
    [
        lambda: cl.to_device(np.zeros(3)),
        lambda: nn.Linear(2, 2).to("cuda"),
        lambda: backend.describe("cuda"),
        lambda: list(backend.copied_ahead([], "cuda")),
    ],
)
def test_every_way_to_a_gpu_says_why_not(use):
    expected = no_gpu()
    with pytest.raises(errors.BackendError) as raised:
        use()
    assert str(raised.value) == expected and "\n" not in expected and len(expected) < 400


def test_a_network_that_cannot_move_stays_as_it_was():
    no_gpu()
    net = nn.Linear(2, 3)
    before = net.weight.data
    with pytest.raises(errors.BackendError):
        net.to("cuda")
    assert net.weight.data is before and net.device == "cpu"


def test_doctor_says_the_same():
    from convlab.cli import doctor

    assert doctor.report()["cuda"] == no_gpu()


def test_nothing_of_cuda_is_loaded_before_it_is_asked_for():
    run_python(
        """
        import sys
        import numpy as np
        import convlab.functional as F
        from convlab import nn, optim, training
        F.relu(np.ones(3))
        assert not [name for name in sys.modules if name.startswith("convlab.kernels.cuda")]
        """,
        timeout=300,
    )


def test_tf32_is_a_matter_of_the_block():
    from convlab.kernels import precision

    with backend.allow_tf32():
        assert precision.tf32
        with backend.allow_tf32(False):
            assert not precision.tf32
        assert precision.tf32
    assert not precision.tf32
    with pytest.raises(errors.ArgumentError, match="allow must be True or False, got 1"), backend.allow_tf32(1):
        pass


def test_the_benchmark_says_why_it_cannot_run():
    expected = no_gpu()
    command = [sys.executable, "-m", "benchmarks.gpu"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2 and done.stderr.strip().splitlines()[-1] == expected


# ------------------------------------------------------------------------------------------------ words of the driver
@pytest.mark.cuda
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            "Error at driver init: \n\nCUDA driver library cannot be found.\nEnsure",
            "there is no NVIDIA driver; on a machine",
        ),
        ("Call to cuInit results in CUDA_ERROR_NO_DEVICE (100)", "the NVIDIA driver finds no GPU"),
        ("CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "the NVIDIA driver is too old for the installed toolkit"),
        ("something\nelse", "the NVIDIA driver does not start (something else)"),
    ],
)
def test_the_drivers_errors_in_one_line(error, text):
    run_python(
        """
        import sys
        from convlab.kernels.cuda.device import _driver_text
        text = _driver_text(sys.argv[1])
        assert text.startswith(sys.argv[2]) and "\\n" not in text, text
        """,
        error,
        text,
        timeout=300,
        NUMBA_ENABLE_CUDASIM="1",
    )


@pytest.mark.gpu
def test_a_gpu_computes_what_the_cpu_computes():
    if "no GPU" in (reason := _why_not()):
        pytest.skip(reason)
    command = [sys.executable, "-m", "benchmarks.gpu", "--seconds", "60"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _why_not():
    try:
        return backend.describe("cuda")
    except errors.BackendError as error:
        return str(error)
