"""One engine in a process of its own: `python -m convlab.bench.child ENGINE`.

Reads a line of JSON per request, answers with one. {"task": "conv", "case": [...], "pass": "forward", "seconds": 0.2} gives the
times of the calls in seconds. Whatever the engine prints goes to standard error.
"""

import json
import os
import sys
import time

from convlab.bench import cases, steps
from convlab.bench.engines import ENGINES, THREADS

KINDS = {"Conv": cases.Conv, "Linear": cases.Linear}


class Child:
    """What an engine is asked for; the arrays of the last request are kept for the next."""

    def __init__(self, engine: str):
        self.engine = engine
        self.made, self.functions = None, {}

    def answer(self, request: dict) -> dict:
        return getattr(self, request.pop("task"))(**request)

    def info(self) -> dict:
        """The version of the library; raises ImportError where it is missing."""
        module = __import__({"im2col": "numpy"}.get(self.engine, self.engine))
        return {"version": module.__version__}

    def conv(self, kind: str, case: list, which: str, seconds: float, least: int = 3) -> dict:
        made = KINDS[kind](*case)
        self._make(made, lambda: ENGINES[self.engine](made))
        function = self.functions.get(which)
        return {"times": times_of(function, seconds, least) if function else []}

    def step(self, network: str, batch: int, threads: int, seconds: float, least: int = 3) -> dict:
        """Times of training steps; the most memory of this process so far, and before the network was made."""
        before = peak_memory()
        self._make((network, batch, threads), lambda: steps.STEPS[self.engine](network, batch, threads))
        times = times_of(self.functions["step"], seconds, least)
        parameters = self.functions["parameters"]
        return {"times": times, "peak": peak_memory(), "before": before, "parameters": parameters}

    def epoch(self, path: str, batch: int, threads: int) -> dict:
        """One pass over the images in a file: seconds, and the mean loss of its first and last tenth."""
        self._make(None, dict)
        return steps.epoch(self.engine, path, batch, threads)

    def fma(self, seconds: float) -> dict:
        from convlab.backend import kernels

        return {"gflops": kernels("cpu").multiply_adds(THREADS, seconds)}

    def _make(self, what, maker) -> None:
        if what != self.made:
            self.made, self.functions = None, {}  # the arrays of the case before are freed first
            self.functions = maker()
            self.made = what


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
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


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
