"""The tests in `simulated` run in a process of their own, with NUMBA_ENABLE_CUDASIM=1; test_cuda_simulator.py starts it.

Those of the operations run on a GPU too, with CONVLAB_TEST_GPU=1 in its place.
"""

import os
import sys
from pathlib import Path

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
ON_GPU = os.environ.get("CONVLAB_TEST_GPU") == "1"
collect_ignore_glob = [] if SIMULATED or ON_GPU else ["simulated/*"]

HERE = Path(__file__).parent
for folder in (HERE, HERE.parents[1] / "functional", HERE.parents[1] / "nn"):
    sys.path.append(str(folder))

if SIMULATED:
    import simulator

    simulator.install()
