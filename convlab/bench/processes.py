"""Engines in processes of their own, asked in turn.

Two thread pools in one process disturb each other badly; and while one engine computes, the others wait for a line of input.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from convlab.errors import ConvlabError

ROOT = Path(__file__).parents[2]  # where the package lies
# glibc: keep freed memory, as a long-running process ends up doing; a fresh one would time the page faults of its results
KEEP = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "268435456"}


class EngineError(ConvlabError, RuntimeError):
    """An engine's process cannot be started, or ended."""


class Engine:
    """A child process of `convlab.bench.child`; `python`: the interpreter whose packages it uses."""

    def __init__(self, name: str, python: str | None = None):
        self.name = name
        try:
            self._process = subprocess.Popen(
                [python or sys.executable, "-m", "convlab.bench.child", name],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | KEEP,
            )  # fmt: skip
        except OSError as error:
            raise EngineError(f"{name}: cannot start {python}: {error.strerror}") from None

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
        """End the process; a second time does nothing."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def closing(found: tuple[list[Engine], dict[str, str]]) -> Iterator[tuple[list[Engine], dict[str, str]]]:
    """What `available` gives; the engines are closed at the end, whatever happens."""
    try:
        yield found
    finally:
        for engine in found[0]:
            engine.close()


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
