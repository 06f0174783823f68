"""The progress file: crashes, damage, locks, other versions."""

import json
import multiprocessing
import os
import subprocess
import sys

import pytest

from convlab.errors import StateError
from convlab.grading import progress

SOLVED = {"attempts": 1, "solved": True, "outcome": "right", "mistake": ""}


def solve(name):
    return lambda state: state["exercises"].update({name: SOLVED})


def test_a_new_learner_has_done_nothing_and_reading_writes_nothing(progress_file):
    assert progress.read() == progress.empty()
    assert not progress_file.exists()


def test_what_is_stored_is_read_again(progress_file):
    progress.update(solve("conv2d"))
    progress.update(solve("conv1d"))
    assert progress.read()["exercises"] == {"conv1d": SOLVED, "conv2d": SOLVED}
    assert json.loads(progress_file.read_text())["version"] == 1
    assert sorted(p.name for p in progress_file.parent.iterdir()) == ["progress.json", "progress.json.lock"]


def test_without_the_variable_it_lies_in_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("CONVLAB_PROGRESS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(os, "name", os.name)
    assert progress.path().name == "progress.json"
    assert progress.path().parent.name == "convlab"


DAMAGED = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b"null",
    b'{"version": "1"}',
    b'{"version": 1, "exercises": []}',
    b'{"version": 1, "exercises": {"conv2d": 5}}',
    b'{"version": 1, "exercises": {"conv2d": {"attempts": "many"}}}',
    b'{"version": 1, "hints": {"conv2d": {}}}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", DAMAGED, ids=lambda content: repr(content[:50]))
@pytest.mark.parametrize("first", ["read", "update"])
def test_a_damaged_file_is_put_aside_and_not_lost(progress_file, content, first):
    progress_file.parent.mkdir()
    progress_file.write_bytes(content)
    if first == "read":
        assert progress.read() == progress.empty()
    progress.update(solve("conv1d"))
    assert progress.read()["exercises"] == {"conv1d": SOLVED}
    assert progress_file.with_name("progress.damaged-1.json").read_bytes() == content


def test_a_second_damaged_file_does_not_replace_the_first(progress_file):
    progress_file.parent.mkdir()
    for content in (b"first", b"second"):
        progress_file.write_bytes(content)
        progress.read()
    assert progress_file.with_name("progress.damaged-1.json").read_bytes() == b"first"
    assert progress_file.with_name("progress.damaged-2.json").read_bytes() == b"second"


def test_the_file_of_a_later_convlab_is_left_alone(progress_file):
    progress_file.parent.mkdir()
    progress_file.write_text('{"version": 2}')
    with pytest.raises(StateError, match="later convlab"):
        progress.update(solve("conv1d"))
    with pytest.raises(StateError, match="later convlab"):
        progress.read()
    assert progress_file.read_text() == '{"version": 2}'


def test_a_crash_while_writing_leaves_the_old_file(progress_file, monkeypatch):
    progress.update(solve("conv1d"))

    def crash(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(StateError, match=r"cannot be written \(No space left on device\)"):
        progress.update(solve("conv2d"))
    monkeypatch.undo()
    os.environ["CONVLAB_PROGRESS"] = str(progress_file)
    assert progress.read()["exercises"] == {"conv1d": SOLVED}
    assert not [path for path in progress_file.parent.iterdir() if path.suffix == ".new"]


def test_a_killed_process_leaves_the_old_file_and_no_lock(progress_file):
    progress.update(solve("conv1d"))
    script = """
import os, signal
from convlab.grading import progress
os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
progress.update(lambda state: state["exercises"].clear())
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    assert progress.read()["exercises"] == {"conv1d": SOLVED}
    progress.update(solve("conv2d"))
    assert set(progress.read()["exercises"]) == {"conv1d", "conv2d"}


def test_a_folder_that_cannot_be_made(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CONVLAB_PROGRESS", str(tmp_path / "file" / "progress.json"))
    with pytest.raises(StateError, match="progress: the file cannot be"):
        progress.update(solve("conv1d"))
    with pytest.raises(StateError, match="progress: the file cannot be"):
        progress.read()


@pytest.mark.skipif(os.name == "nt", reason="locks a file as POSIX systems do")
def test_a_held_lock_is_waited_for_and_then_told(progress_file, monkeypatch):
    import fcntl

    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    progress.update(solve("conv1d"))
    with open(progress_file.with_name("progress.json.lock"), "a") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(StateError, match="another notebook holds the file"):
            progress.update(solve("conv2d"))
    progress.update(solve("conv2d"))
    assert set(progress.read()["exercises"]) == {"conv1d", "conv2d"}


@pytest.mark.skipif(os.name == "nt", reason="locks a file as POSIX systems do")
def test_a_disk_without_locks_is_good_enough(monkeypatch):
    import errno
    import fcntl

    def refuse(*args):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    progress.update(solve("conv1d"))
    assert "conv1d" in progress.read()["exercises"]


def count(times):
    for _ in range(times):
        progress.update(lambda state: state["hints"].setdefault("conv2d", {"seen": 0}).update(
            seen=state["hints"]["conv2d"]["seen"] + 1))  # fmt: skip


def test_two_notebooks_at_once_lose_nothing(progress_file):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=count, args=(20,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert progress.read()["hints"]["conv2d"]["seen"] == 40
