"""The journal: nothing that was finished is lost, and nothing half-written is believed."""

import json
import multiprocessing
import os

import pytest

from convlab.errors import StateError
from convlab.grading import journal
from convlab.grading.entry import Entry, from_verdict, without_verdict
from convlab.grading.exercises import find
from convlab.grading.journal import Record
from convlab.grading.verdict import Outcome


def record(student="ada", name="conv1d", outcome=Outcome.NOT_ATTEMPTED, digest="d1"):
    return Record(student, digest, without_verdict(find(name), outcome, "Said.", 3), 0.25)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / journal.NAME
    journal.begin(path, {"seed": 7, "vary": False})
    return path


def test_what_is_added_is_read(path):
    journal.add(path, record())
    journal.add(path, record("bela", outcome=Outcome.GRADER_ERROR))
    read = journal.read(path)
    assert read.settings == {"seed": 7, "vary": False} and read.seconds == 0.5
    assert read.records == {
        ("ada", "conv1d"): record(),
        ("bela", "conv1d"): record("bela", outcome=Outcome.GRADER_ERROR),
    }
    assert read.finished("ada", "conv1d", "d1") and not read.finished("ada", "conv1d", "d2")
    assert journal.read(path.parent / "none").records == {}


def test_an_entry_with_all_it_can_hold_comes_back(path):
    from convlab.grading import diagnose

    conv1d = find("conv1d")
    entry = from_verdict(conv1d, diagnose(conv1d, lambda x, w: conv1d.reference(x, w[::-1]), 3))
    assert entry.comparison and entry.mistake == "kernel flipped"
    journal.add(path, Record("ada", "d", entry, 0.0))
    assert (
        journal.read(path).records["ada", "conv1d"].entry
        == Entry.from_json(json.loads(json.dumps(entry.to_json())))
        == entry
    )


@pytest.mark.parametrize(
    "rest", [b'{"kind": "entry", "stu', b"\x00\x00\x00", b"{}", b'{"kind": "entry", "student": 3}\n', b"[]\n"]
)
def test_a_line_cut_short_is_passed_over_and_the_next_is_whole(path, rest):
    journal.add(path, record())
    with open(path, "ab") as file:
        file.write(rest)
    journal.add(path, record("bela"))
    assert [key[0] for key in journal.read(path).records] == ["ada", "bela"]


def test_a_regrade_takes_lines_back(path):
    for student in ("ada", "bela"):
        for name in ("conv1d", "conv2d"):
            journal.add(path, record(student, name))
    journal.take_back(path, ["conv1d"], ["ada"])
    assert ("ada", "conv1d") not in journal.read(path).records and len(journal.read(path).records) == 3
    journal.take_back(path, ["conv2d"], None)
    assert list(journal.read(path).records) == [("bela", "conv1d")]
    journal.add(path, record("ada", "conv1d", digest="d2"))
    assert journal.read(path).finished("ada", "conv1d", "d2")


def test_a_later_version_is_refused(tmp_path):
    path = tmp_path / journal.NAME
    path.write_text('{"kind": "class", "version": 99, "settings": {}}\n')
    with pytest.raises(StateError, match="later convlab"):
        journal.read(path)


def test_names_that_are_no_text_survive(path):
    name = os.fsdecode(b"\xff\xfe")
    journal.add(path, record(name))
    assert journal.read(path).finished(name, "conv1d", "d1")


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_full_disk_leaves_what_was_there(path):
    from child_process import run_python

    journal.add(path, record())
    before = path.read_bytes()
    done = run_python(
        f"""
        import resource, signal, sys
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        from pathlib import Path
        from test_journal import journal, record
        from convlab.errors import StateError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before)} + 50, {len(before)} + 50))
        try:
            journal.add(Path(sys.argv[1]), record("bela"))
        except StateError as error:
            print(error)
        """,
        path,
        timeout=300,
    )
    assert "cannot be written (File too large)" in done.stdout
    assert path.read_bytes() == before


def _write_many(path, student):
    for number in range(20):
        journal.add(path, record(f"{student}{number}"))


def test_several_processes_write_whole_lines(path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_many, args=(path, name)) for name in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert len(journal.read(path).records) == 60
    assert len(path.read_bytes().splitlines()) == 61
