"""One engine in a process of its own: `python -m benchmarks.child ENGINE`.

Reads a line of JSON per request, answers with one. {"task": "conv", "case": [...], "pass": "forward", "seconds": 0.2} gives the
times of the calls in seconds. Whatever the engine prints goes to standard error.
"""

import json
import os
import sys
import time

from benchmarks import cases, steps
from benchmarks.engines import ENGINES, THREADS

KINDS = {"Conv": cases.Conv, "Linear": cases.Linear}


class Child:
    def __init__(self, engine: str):
        self.engine = engine
        self.case, self.functions = None, {}

    def answer(self, request: dict) -> dict:
        return getattr(self, request.pop("task"))(**request)

    def info(self) -> dict:
        """The version of the library; raises ImportError where it is missing."""
        module = __import__({"im2col": "numpy"}.get(self.engine, self.engine))
        return {"version": module.__version__}

    def conv(self, kind: str, case: list, which: str, seconds: float, least: int = 3) -> dict:
        made = KINDS[kind](*case)
        if made != self.case:
            self.functions = {}  # the arrays of the case before are freed first
            self.case, self.functions = made, ENGINES[self.engine](made)
        function = self.functions.get(which)
        return {"times": times_of(function, seconds, least) if function else []}

    def step(self, network: str, batch: int, threads: int, seconds: float, least: int = 3) -> dict:
        self.case, self.functions = None, {}
        function = steps.STEPS[self.engine](network, batch, threads)
        return {"times": times_of(function, seconds, least), "peak": peak_memory()}

    def epoch(self, batch: int, threads: int, images: int) -> dict:
        return steps.EPOCHS[self.engine](batch, threads, images)

    def fma(self, seconds: float) -> dict:
        from benchmarks.limit import multiply_adds

        return {"gflops": multiply_adds(THREADS, seconds)}


def times_of(function, seconds: float, least: int) -> list[float]:
    """Times of single calls, after two that warm up."""
    function()
    function()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < least:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def peak_memory() -> int | None:
    """The most memory this process has had, in bytes, where the system tells."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    child = Child(sys.argv[1])
    for line in sys.stdin:
        try:
            answer = child.answer(json.loads(line))
        except ImportError as error:
            answer = {"missing": str(error)}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
