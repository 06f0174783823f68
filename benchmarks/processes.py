"""Engines in processes of their own, asked in turn.

Two thread pools in one process disturb each other badly; and while one engine computes, the others wait for a line of input.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# glibc: keep freed memory, as a long-running process ends up doing; a fresh one would time the page faults of its results
KEEP = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "268435456"}


class EngineError(RuntimeError):
    """The engine's process ended."""


class Engine:
    """A child process of `benchmarks.child`; `python`: the interpreter whose packages it uses."""

    def __init__(self, name: str, python: str | None = None):
        self.name = name
        self._process = subprocess.Popen(
            [python or sys.executable, "-m", "benchmarks.child", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | KEEP,
        )  # fmt: skip

    def ask(self, task: str, **request: Any) -> dict:
        """Send a request and wait for the answer. Raises EngineError if the process has ended."""
        try:
            self._process.stdin.write(json.dumps({"task": task, **request}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise EngineError(f"{self.name} ended while it ran {task}: {request}")
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def available(names: list[str], pythons: dict[str, str]) -> tuple[list[Engine], dict[str, str]]:
    """The engines whose library is installed, and what is to be said of each: its version, or that it is missing."""
    engines, versions = [], {}
    for name in names:
        engine = Engine(name, pythons.get(name))
        info = engine.ask("info")
        versions[name] = info.get("version", "not installed")
        if "version" in info:
            engines.append(engine)
        else:
            engine.close()
    return engines, versions
