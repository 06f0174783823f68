"""Results do not depend on the number of threads nor on the run; a forked child gives the same up to rounding."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from agreement import COMPILED, threads
from forked import digest
from surface import CASES, arrays_in, call

from convlab.jit import get_threads

IMAGES = 70 if COMPILED else 4  # enough for several tasks per thread, in the kernels that go by blocks of 8192 too


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="this machine has one processor")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_same_bits_for_any_number_of_threads(name, dtype):
    with threads(1):
        alone = digest(name, IMAGES, dtype)
    for n in sorted({2, numba.config.NUMBA_NUM_THREADS}):
        with threads(n):
            assert get_threads() == n
            assert digest(name, IMAGES, dtype) == alone
            assert digest(name, IMAGES, dtype) == alone


@pytest.fixture(scope="module")
def other_process():
    """What forked.py prints: digests of all results in that process, and the results of a child that it forked then."""
    if not hasattr(os, "fork"):
        pytest.skip("this system does not fork")
    here = Path(__file__).parent
    path = os.pathsep.join([str(here.parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, str(here / "forked.py"), str(IMAGES)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_same_bits_in_another_process(name, other_process):
    assert digest(name, IMAGES) == other_process["digests"][name]


def test_a_forked_child_runs_on_one_thread(other_process):
    assert other_process["status"] == 0
    assert other_process["child"]["threads"] == 1


@pytest.mark.parametrize("name", CASES)
def test_a_forked_child_gives_the_same_results_up_to_rounding(name, other_process):
    for got, expected in zip(other_process["child"]["results"][name], arrays_in(call(name)), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
