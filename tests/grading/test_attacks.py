"""Everything a submission may try, in every kind of sandbox: see attacks.py and docs/sandbox.md."""

import hashlib
import os
import re
import socket
import sysconfig
import threading
import time
from pathlib import Path

import pytest
from attacks import ATTACKS, HONEST, REFUSED, RIGHT, honest, table
from boxes import NUMBA, cells, hasty, need
from made_class import RIGHT as ANSWERS

from convlab.grading import Outcome, report_parts
from convlab.grading.judging import Judge

pytestmark = pytest.mark.classes
TIERS = ("bubblewrap", "unshare", "rlimits")
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=TIERS, scope="module")
def tier(request):
    need(request.param)
    return request.param


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Places that an attack aims at, outside of its box, and a server that it might call."""
    places = {name: tmp_path / name for name in ("victim", "book", "home")}
    for place in places.values():
        place.mkdir()
        (place / "precious.txt").write_text("precious")
    (places["book"] / "journal.jsonl").write_text('{"kind": "class"}\n')
    tmp_path.chmod(0o755)
    server = Server()
    yield {**places, "source": ROOT, "packages": sysconfig.get_path("purelib"), "port": server.port, "server": server}
    server.close()


class Server:
    """Counts the connections that reach this machine's own address."""

    def __init__(self):
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()

    def close(self):
        self._socket.close()


def fingerprint(*places):
    """Names, rights and contents of all files in some folders."""
    found = {}
    for place in places:
        for path in [place, *sorted(place.rglob("*"))]:
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (path.stat().st_mode, hashlib.sha256(content).hexdigest())
    return found


def processes():
    """Numbers of all processes."""
    return {name for name in os.listdir("/proc") if name.isdigit()} if os.path.isdir("/proc") else set()


CASES = [(tier, attack) for tier in TIERS for attack in ATTACKS]


@pytest.mark.parametrize(
    ("kind", "attack"), CASES, ids=[f"{tier}-{attack.name.replace(' ', '_')}" for tier, attack in CASES]
)
def test_an_attack_gets_nothing_and_changes_nothing(kind, attack, world):
    need(kind)
    if kind == "rlimits" and attack.limits == REFUSED:
        from convlab.errors import BackendError
        from convlab.grading.classroom import choose_tier

        with pytest.raises(BackendError, match="--allow-unsafe"):
            choose_tier(kind, allow_unsafe=False)
        return
    before = fingerprint(world["victim"], world["book"], world["home"])
    running = processes()
    changes = {**NUMBA, "run_seconds": 1.0} if attack.numba else {}
    notebook = cells(attack.text(**world), ANSWERS["true_convolution"])
    with Judge(kind) as judge:
        entry, _ = judge.grade_one(notebook, hasty("conv1d", **changes), 5)
        after, _ = judge.grade_one(notebook, hasty("true_convolution", **changes), 5)
    assert entry.outcome in attack.outcomes, entry
    assert entry.points == 0
    assert after.outcome is Outcome.RIGHT, after
    assert fingerprint(world["victim"], world["book"], world["home"]) == before
    assert world["server"].calls == 0
    assert "<script" not in report_parts.exercise_card(entry, "conv1d(x, w)")
    assert "<img" not in report_parts.exercise_card(entry, "conv1d(x, w)")
    deadline = time.monotonic() + 5
    while (left := {p for p in processes() - running if _is_worker(p)}) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


def _is_worker(number):
    try:
        return "confine.py" in Path(f"/proc/{number}/cmdline").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("habit", HONEST)
def test_an_honest_learner_loses_nothing(habit, tier):
    with Judge(tier) as judge:
        entry, _ = judge.grade_one(cells(HONEST[habit]), hasty("conv1d", run_seconds=20.0), 5)
    assert (entry.outcome, entry.points) == (Outcome.RIGHT, 2), entry


def test_a_compiled_answer_is_right_and_its_cache_stays_in_the_box(tier):
    source = f"import numpy as np\nfrom numba import njit\n\n@njit(cache=True)\ndef conv1d(x, w):\n    {RIGHT}"
    source = source.replace("(x[i : i + len(w)] * w).sum()", "np.dot(x[i : i + len(w)], w)")
    exercise = hasty("conv1d", **NUMBA, run_seconds=5.0)
    for _ in range(2):
        with Judge(tier) as judge:
            entry, _ = judge.grade_one(cells(source), exercise, 5)
        assert entry.outcome is Outcome.RIGHT, entry


def test_what_is_left_in_a_box_is_gone_in_the_next(tier):
    leave = honest("open('left', 'w').close()", "open('/dev/shm/left', 'w').close()")
    look = honest("assert not os.path.exists('left')", "assert not os.path.exists('/dev/shm/left')")
    if tier == "rlimits":  # this one has the machine's shared memory
        leave, look = (text.replace("/dev/shm/left", "left-too") for text in (leave, look))
    with Judge(tier) as judge:
        list(judge.grade(cells(leave), [hasty("conv1d")], [5]))
        ((entry, _),) = judge.grade(cells(look), [hasty("conv1d")], [5])
    assert entry.outcome is Outcome.RIGHT, entry


LOOK = """
import os, sys
import numpy as np

def look():
    places = ["/proc", "/home", "/sys", "/etc/passwd", "/usr/bin", "<<home>>", "<<source>>/tests", "<<packages>>/matplotlib"]
    yield from (place for place in places if os.path.exists(place))
    for place in ("/", "/usr", sys.path[0], "/dev/null"):
        try:
            os.chmod(place, 0o777)
            yield "chmod " + place
        except OSError:
            pass
    try:
        os.setuid(0)
        yield "setuid"
    except OSError:
        pass
    if os.getuid() == 0:
        yield "root"

def conv1d(x, w):
    raise ValueError(" ".join(look()) or "nothing")
"""


@pytest.mark.parametrize("kind", ["bubblewrap", "unshare"])
def test_inside_the_walls_there_is_nothing(kind, world):
    need(kind)
    source = LOOK
    for name, value in world.items():
        source = source.replace(f"<<{name}>>", str(value))
    with Judge(kind) as judge:
        entry, _ = judge.grade_one(cells(source), hasty("conv1d"), 5)
    assert entry.outcome is Outcome.CRASHED
    assert re.search(r"\(([^()]*)\)\.$", entry.sentence)[1] == "nothing"


def test_the_page_on_the_sandbox_shows_this_table():
    assert table() in (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
