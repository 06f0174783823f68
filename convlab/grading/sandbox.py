"""The box a worker runs in: three kinds, the strongest that this machine offers, found out by trying.

| | bubblewrap | unshare | rlimits |
| --- | --- | --- | --- |
| files of the machine | not there | not there, and Landlock | as the user may |
| network, other processes, shared memory | not there | not there | as the user may |
| processes that outlive the run | ended with the box | ended with the box | ended if they stay in the group |
| memory, processor time, size of files | limited | limited | limited |
| disk | a small one in memory | a small one in memory | a folder, deleted afterwards |

In none of them does the worker know the answers, hold a right of root, or reach the judge but by its two pipes.
"""

import contextlib
import functools
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convlab.errors import BackendError
from convlab.grading import wire, worker_site
from convlab.grading.worker_site import Site

TIERS = ("bubblewrap", "unshare", "rlimits")
WORDS = {
    "bubblewrap": "bubblewrap: no files but Python's, no network, no other processes",
    "unshare": "unshare, Landlock and limits: no files but Python's, no network, no other processes",
    "rlimits": "limits on memory and time only: files and network are open to the submissions",
}
BOX = "/box"
NOBODY = 65534
PATIENCE = 30.0  # seconds for a worker to start, on a busy machine


@dataclass(frozen=True)
class Limits:
    """What one worker may use, for all its processes one by one."""

    memory_bytes: int = 2 << 30
    disk_bytes: int = 64 << 20
    processor_seconds: int = 600
    processes: int = 256
    open_files: int = 256

    def as_rlimits(self, uid: int | None) -> dict[str, int]:
        """Names and values of setrlimit. That of processes counts all those of a user: hence those that there are."""
        return {
            "AS": self.memory_bytes,
            "CPU": self.processor_seconds,
            "FSIZE": self.disk_bytes,
            "NOFILE": self.open_files,
            "NPROC": self.processes + _threads_of(uid),
            "CORE": 0,
        }


def _threads_of(uid: int | None) -> int:
    """Threads that this user has now, on Linux; elsewhere a guess."""
    if uid is None or not os.path.isdir("/proc/self/task"):
        return 2_000
    count = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == uid:
                    count += len(os.listdir(f"{entry.path}/task"))
    return count


@dataclass
class Box:
    """A started worker: its process, and what must be cleared away after it."""

    process: subprocess.Popen
    folders: list[Path] = field(default_factory=list)

    def kill(self) -> None:
        """End it and all it has started, and clear away."""
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)


def start(tier: str, site: Site, limits: Limits | None = None) -> Box:
    """Start a worker in a box of this kind."""
    limits = limits or Limits()
    outside = tempfile.mkdtemp(prefix="convlab-box-")
    folder = Path(outside).resolve()
    uid = _worker_user(tier, site)
    if tier == "rlimits" and uid is not None and os.getuid() == 0:
        os.chown(folder, uid, uid)
    plan = _plan(tier, site, limits, folder, uid)
    command = [str(site.python), "-I", "-S", "-B", str(site.folder / "convlab" / "grading" / "confine.py")]
    command.append(json.dumps(plan))
    if tier == "bubblewrap":
        command = [*_bubblewrap(plan, site), *command]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(plan["box"]),
            start_new_session=True,
            cwd=folder,
        )
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BackendError(f"grade: the sandbox does not start: {error.strerror}") from None
    return Box(process, [folder])


def _plan(tier: str, site: Site, limits: Limits, folder: Path, uid: int | None) -> dict[str, Any]:
    own = uid if uid is not None else (os.getuid() if hasattr(os, "getuid") else None)
    return {
        "tier": tier,
        "site": str(site.folder),
        "preload": site.preload,
        "root": str(folder),
        "box": str(folder) if tier == "rlimits" else BOX,
        "visible": [str(path) for path in site.visible],
        "hidden": [str(path) for path in site.hidden],
        "packages": [str(path) for path in site.packages],
        "masked": [str(path) for path in site.masked],
        "links": _system_links(),
        "disk_bytes": limits.disk_bytes,
        "limits": limits.as_rlimits(own),
        "uid": uid,
    }


def _system_links() -> list[tuple[str, str]]:
    """/lib -> usr/lib and the like, as (target, link)."""
    paths = [path for path in worker_site.SYSTEM if os.path.islink(path)]
    return [(os.readlink(path), path) for path in paths]


def _environment(box: str) -> dict[str, str]:
    return {
        "HOME": box,
        "TMPDIR": box,
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "2",
        "OMP_WAIT_POLICY": "passive",
        "NUMBA_NUM_THREADS": "2",
    } | ({"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {})


def _bubblewrap(plan: dict[str, Any], site: Site) -> list[str]:
    # the shell's first words: when memory runs out, the system shall end this and not the grader
    words = ["/bin/sh", "-c", 'echo 1000 2>/dev/null >/proc/self/oom_score_adj; exec "$@"', "sh", "bwrap"]
    words += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--hostname", "box", "--die-with-parent", "--as-pid-1"]
    if os.getuid() != 0:
        words += ["--unshare-user"]
    for target, link in plan["links"]:
        words += ["--symlink", target, link]
    parents = {str(parent) for path in (*plan["visible"], *plan["packages"]) for parent in Path(path).parents}
    for path in sorted(parents - {"/"}):  # shorter first; those that bubblewrap makes by itself only root may enter
        words += ["--dir", path]
    for path in plan["visible"]:
        words += ["--ro-bind", path, path]
    for path in plan["hidden"]:
        words += ["--size", "4096", "--tmpfs", path, "--remount-ro", path]
    for path in plan["packages"]:
        words += ["--ro-bind", path, path]
    for path in plan["masked"]:
        words += ["--size", "4096", "--tmpfs", path, "--remount-ro", path]
    size = str(plan["disk_bytes"])
    words += ["--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    words += ["--perms", "1777", "--size", size, "--tmpfs", BOX, "--chdir", BOX]
    return [*words, "--remount-ro", "/", "--"]


# Who it runs as -------------------------------------------------------------------------------------------------------


def _worker_user(tier: str, site: Site) -> int | None:
    """The user that root becomes: nobody. None: no change, because we are not root or nobody cannot reach Python."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return None
    if tier == "rlimits" and not all(map(_open_to_all, (*site.visible, *site.packages))):
        return None
    return NOBODY


def _open_to_all(path: Path) -> bool:
    """True if any user can get to a file or folder."""
    try:
        return all(parent.stat().st_mode & 0o001 for parent in path.parents) and bool(path.stat().st_mode & 0o004)
    except OSError:
        return False


# What this machine offers ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """What came of trying the kinds of box: those that work, strongest first, and why the others do not."""

    working: tuple[str, ...]
    reasons: dict[str, str]

    @property
    def strongest(self) -> str:
        """The kind to use. Raises BackendError if none works."""
        if not self.working:
            raise BackendError(f"grade: no sandbox works here ({'; '.join(self.reasons.values())})")
        return self.working[0]

    def lines(self) -> Iterator[str]:
        """For the terminal: what is used, and why nothing stronger is."""
        for tier in TIERS[: TIERS.index(self.strongest)]:
            yield f"sandbox: not {tier} ({self.reasons[tier]})"
        yield f"sandbox: {WORDS[self.strongest]}"


@functools.cache
def probe() -> Offer:
    """Try every kind of box on this machine, once per process."""
    site = worker_site.build(("numpy",))
    try:
        reasons = {tier: _why_not(tier, site) for tier in TIERS}
    finally:
        site.remove()
    return Offer(tuple(tier for tier in TIERS if not reasons[tier]), {t: why for t, why in reasons.items() if why})


def _why_not(tier: str, site: Site) -> str:
    """Why a kind of box does not work here; "" if it does: a worker in it starts, is nobody's root and sees no file of ours."""
    if tier == "bubblewrap" and not shutil.which("bwrap"):
        return "bubblewrap is not installed"
    if tier != "rlimits" and sys.platform != "linux":
        return "only Linux has it"
    with tempfile.NamedTemporaryFile(prefix="convlab-canary-") as canary:
        box = start(tier, site)
        timer = _alarm(box)
        try:
            ready = wire.receive(box.process.stdout)
            if ready is None:
                return _last_line(box) or "the worker does not start"
            wire.send(box.process.stdin, {"canary": canary.name, "token": secrets.token_hex(4)})
            header, _ = wire.receive(box.process.stdout) or ({}, [])
            if tier != "rlimits" and header.get("seen") is not False:
                return "files outside can be seen from inside"
        except (OSError, wire.WireError) as error:
            return f"the worker does not answer ({error})"
        finally:
            timer.cancel()
            close(box)
    return ""


def _alarm(box: Box) -> Any:
    import threading

    timer = threading.Timer(PATIENCE, lambda: os.killpg(box.process.pid, signal.SIGKILL))
    timer.daemon = True
    timer.start()
    return timer


def _last_line(box: Box) -> str:
    lines = box.process.stderr.read(100_000).decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else ""


def close(box: Box) -> None:
    """End a box and close its pipes."""
    box.kill()
    for pipe in (box.process.stdin, box.process.stdout, box.process.stderr):
        with contextlib.suppress(OSError):
            pipe.close()
