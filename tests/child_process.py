"""Python in a process of its own, for tests that kill, fork or start anew."""

import os
import subprocess
import sys
import tempfile
import textwrap
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

posix = pytest.mark.skipif(os.name != "posix", reason="needs signals, limits and rights of POSIX")


def environment(**changes):
    """This process's environment with changes; None takes a variable away."""
    changes = {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), **changes}
    together = os.environ | {name: str(value) for name, value in changes.items()}
    return {name: value for name, value in together.items() if changes.get(name, "") is not None}


def command(script, *arguments):
    return [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]


def run_python(script, *arguments, timeout=60, **changes):
    """Run a script to its end; it must succeed. What it printed is returned, its errors are shown."""
    done = subprocess.run(
        command(script, *arguments), capture_output=True, text=True, timeout=timeout, env=environment(**changes)
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def start_python(script, *arguments, **changes):
    """Start a script; the caller reads its output and ends it."""
    return subprocess.Popen(
        command(script, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**changes),
    )


# root passes all rights by: as root become nobody, after everything has been imported from folders nobody may read
BECOME_NOBODY = """
import os
import safetensors.numpy  # what saving imports late
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""


@contextmanager
def read_only_folder():
    """A folder that the user of the tests, or nobody in place of root, may look into but not write to."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o555)
        try:
            yield Path(name)
        finally:
            os.chmod(name, 0o755)
