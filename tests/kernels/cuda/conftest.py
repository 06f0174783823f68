"""The tests in `simulated` run in a process of their own, with NUMBA_ENABLE_CUDASIM=1; test_cuda_simulator.py starts it."""

import os
import sys
from pathlib import Path

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
collect_ignore_glob = [] if SIMULATED else ["simulated/*"]

HERE = Path(__file__).parent
for folder in (HERE, HERE.parents[1] / "functional", HERE.parents[1] / "nn"):
    sys.path.append(str(folder))

if SIMULATED:
    import simulator

    simulator.install()
