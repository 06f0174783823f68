"""The kernels made for other processors than this one, as plain loops, and in the interpreter: their tests, and those of the
operations and layers.

Each of them has a process of its own, with CONVLAB_SIMD or NUMBA_DISABLE_JIT set and a cache that starts empty; as many run at
once as there are processors. Compiling takes most of the time, so where kernels are compiled a run takes a sample of the
tests, another one each day. All of them:

    CONVLAB_SAMPLE="1 all" uv run pytest -m paths tests/kernels
"""

import datetime
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from llvmlite import binding

from convlab.kernels.cpu.register_tile import INSTRUCTIONS

ROOT = Path(__file__).parents[2]
FEATURE = {"avx512": "+avx512f", "avx2": "+avx2"}  # neon: its lanes and its tiles, on whatever processor this is
SHARE = {"kernels/cpu": 0.3, "functional": 0.05, "nn": 0.05}
JOBS = [
    *((path, "kernels/cpu") for path in ("avx512", "avx2", "neon", "none")),
    *((path, folder) for path in ("avx2", "none") for folder in ("functional", "nn")),
    *(("interpreter", folder) for folder in ("functional", "nn")),
]

pytestmark = pytest.mark.paths


def reason_not_to(instructions):
    if instructions == INSTRUCTIONS:
        return f"{instructions} is what all other tests run on here"
    features = binding.get_host_cpu_features().flatten().split(",")
    if instructions in FEATURE and FEATURE[instructions] not in features:
        return f"this processor does not know {instructions}"
    return ""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """{job: how to run it again, and a process that will end}, all started."""

    def run(job, cache):
        instructions, folder = job
        compiled = instructions != "interpreter"
        path = {"CONVLAB_SIMD": instructions} if compiled else {"NUMBA_DISABLE_JIT": "1"}
        share = SHARE[folder] if compiled else 1
        path["CONVLAB_SAMPLE"] = os.environ.get("CONVLAB_SAMPLE", f"{share} {datetime.date.today()}")
        said = (
            " ".join(f'{name}="{value}"' for name, value in path.items()) + f' pytest -p sampling -m "" tests/{folder}'
        )
        command = [sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "sampling", "-p", "no:cacheprovider"]
        return said, subprocess.run(
            [*command, f"tests/{folder}"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=1200,
            env=os.environ | path | {
                "NUMBA_CACHE_DIR": str(cache),
                "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]),
            },
        )  # fmt: skip

    jobs = {job: tmp_path_factory.mktemp("cache") for job in JOBS if not reason_not_to(job[0])}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {job: pool.submit(run, job, cache) for job, cache in jobs.items()}


@pytest.mark.parametrize("job", JOBS, ids="-".join)
def test_other_instructions(job, results):
    if reason := reason_not_to(job[0]):
        pytest.skip(reason)
    said, done = results[job].result()
    assert done.returncode == 0, f"{said}\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 0
