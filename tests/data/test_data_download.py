"""Downloads from a server on this machine that breaks off, sends wrong bytes, knows no Range, or is not there."""

import dataclasses
import gzip
import hashlib
import io
import socket
import sys
import tarfile
import threading

import numpy as np
import pytest
from made_data import Page, cifar_batches, idx_bytes

from convlab import data
from convlab.data import catalogue, download, progress
from convlab.data.catalogue import Entry, RemoteFile
from convlab.errors import DataError

CONTENT = np.random.default_rng(0).integers(0, 256, 300_000, dtype=np.uint8).tobytes()


def remote(*urls, content=CONTENT, name="thing.bin"):
    return RemoteFile(name, f"sha256:{hashlib.sha256(content).hexdigest()}", len(content), urls)


def left_over(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


@pytest.fixture
def dead():
    """An address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def test_a_file_arrives_whole_and_is_not_fetched_twice(server, tmp_path):
    page = server.pages["/a"] = Page(CONTENT)
    file = remote(server.address + "/a")
    path = download.fetch_file(file, tmp_path / "deep" / "folder")
    assert path.read_bytes() == CONTENT and left_over(path.parent) == ["thing.bin"]
    assert download.fetch_file(file, path.parent) == path
    assert page.ranges == [None]


def test_a_damaged_file_in_the_cache_is_replaced(server, tmp_path):
    server.pages["/a"] = Page(CONTENT)
    (tmp_path / "thing.bin").write_bytes(CONTENT[:-1])
    assert download.fetch_file(remote(server.address + "/a"), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("states_length", [True, False])
def test_a_connection_that_breaks_off_is_resumed(server, tmp_path, states_length):
    page = server.pages["/a"] = Page(CONTENT, breaks=100_000, times=2, states_length=states_length)
    path = download.fetch_file(remote(server.address + "/a"), tmp_path)
    assert path.read_bytes() == CONTENT and left_over(tmp_path) == ["thing.bin"]
    assert page.ranges == [None, "bytes=100000-", "bytes=200000-"]


def test_another_mirror_goes_on_where_the_first_broke_off(server, tmp_path):
    broken = server.pages["/a"] = Page(CONTENT, breaks=0, times=99)
    whole = server.pages["/b"] = Page(CONTENT)
    (tmp_path / "thing.bin.part").write_bytes(CONTENT[:70_000])
    path = download.fetch_file(remote(server.address + "/a", server.address + "/b"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert broken.ranges == ["bytes=70000-"]  # it brings nothing: not asked again
    assert whole.ranges == ["bytes=70000-"]


def test_what_arrived_is_kept_for_the_next_attempt(server, tmp_path):
    page = server.pages["/a"] = Page(CONTENT, breaks=40_000, times=99)
    with pytest.raises(DataError, match="the connection broke off"):
        download.fetch_file(remote(server.address + "/a"), tmp_path)
    assert left_over(tmp_path) == ["thing.bin.part"]
    kept = (tmp_path / "thing.bin.part").read_bytes()
    assert kept == CONTENT[: len(kept)] and len(kept) == download.ATTEMPTS * 40_000
    page.times = 0
    assert download.fetch_file(remote(server.address + "/a"), tmp_path).read_bytes() == CONTENT


def test_a_mirror_without_range_starts_over(server, tmp_path):
    (tmp_path / "thing.bin.part").write_bytes(CONTENT[:50_000])
    server.pages["/a"] = Page(CONTENT, knows_range=False)
    assert download.fetch_file(remote(server.address + "/a"), tmp_path).read_bytes() == CONTENT


def test_wrong_bytes_send_it_to_the_next_mirror(server, tmp_path):
    wrong = bytearray(CONTENT)
    wrong[1234] ^= 1
    server.pages["/bad"] = Page(bytes(wrong))
    server.pages["/good"] = Page(CONTENT)
    path = download.fetch_file(remote(server.address + "/bad", server.address + "/good"), tmp_path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"<html>please log in</html>", CONTENT + b"more", CONTENT[:-1] + b"?"])
def test_wrong_bytes_everywhere_are_an_error_that_names_file_and_checksum(server, tmp_path, content):
    server.pages["/bad"] = Page(content)
    file = remote(server.address + "/bad", server.address + "/bad")
    with pytest.raises(DataError) as caught:
        download.fetch_file(file, tmp_path)
    message = str(caught.value)
    assert message.startswith("could not download thing.bin (127.0.0.1:")
    assert message.count(f"wrong checksum (expected {file.checksum})") == 2
    assert left_over(tmp_path) == []  # nothing half-right stays, under no name


def test_a_bad_beginning_from_an_earlier_attempt_is_not_held_against_the_mirror(server, tmp_path):
    (tmp_path / "thing.bin.part").write_bytes(b"x" * 50_000)
    page = server.pages["/a"] = Page(CONTENT)
    assert download.fetch_file(remote(server.address + "/a"), tmp_path).read_bytes() == CONTENT
    assert page.ranges == ["bytes=50000-", None]


def test_a_part_that_is_too_long_or_just_complete(server, tmp_path):
    server.pages["/a"] = Page(CONTENT)
    (tmp_path / "thing.bin.part").write_bytes(CONTENT + b"x")
    assert download.fetch_file(remote(server.address + "/a"), tmp_path).read_bytes() == CONTENT
    (tmp_path / "thing.bin").rename(tmp_path / "thing.bin.part")  # killed before it was moved into place
    before = len(server.pages["/a"].ranges)
    assert download.fetch_file(remote(server.address + "/a"), tmp_path).read_bytes() == CONTENT
    assert len(server.pages["/a"].ranges) == before


def test_a_mirror_whose_file_is_shorter_than_the_part(server, tmp_path):
    (tmp_path / "thing.bin.part").write_bytes(CONTENT[:50_000])
    server.pages["/a"] = Page(CONTENT[:1000])
    server.pages["/b"] = Page(CONTENT)
    path = download.fetch_file(remote(server.address + "/a", server.address + "/b"), tmp_path)
    assert path.read_bytes() == CONTENT


def test_missing_pages_and_dead_servers_are_each_named(server, dead, tmp_path):
    server.pages["/busy"] = Page(status=503)
    with pytest.raises(DataError) as caught:
        download.fetch_file(remote(server.address + "/absent", server.address + "/busy", dead + "/a"), tmp_path)
    host = server.address.removeprefix("http://")
    assert str(caught.value) == (
        f"could not download thing.bin ({host}: HTTP 404; {host}: HTTP 503; "
        f"{dead.removeprefix('http://')}: no connection)"
    )


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(DataError, match="no answer"):
            download.fetch_file(remote(address), tmp_path)


def test_a_folder_that_cannot_be_written_is_named(server, tmp_path):
    server.pages["/a"] = Page(CONTENT)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot write .*thing\.bin: .*; free space there or set CONVLAB_CACHE"):
        download.fetch_file(remote(server.address + "/a"), tmp_path / "file")


def test_a_full_disk_is_named_and_no_other_mirror_is_bothered(server, tmp_path, monkeypatch):
    server.pages["/a"] = page = Page(CONTENT)

    def full(response):
        yield CONTENT[:1000]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_chunks", full)
    with pytest.raises(DataError, match="No space left on device"):
        download.fetch_file(remote(server.address + "/a", server.address + "/a"), tmp_path)
    assert len(page.ranges) == 1 and "thing.bin" not in left_over(tmp_path)


def test_two_at_once_fetch_it_once(server, tmp_path):
    page = server.pages["/a"] = Page(CONTENT)
    file, paths = remote(server.address + "/a"), []
    threads = [threading.Thread(target=lambda: paths.append(download.fetch_file(file, tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() == CONTENT for path in paths] == [True] * 4 and page.ranges == [None]


# --------------------------------------------------------------------------------------------- a known set, end to end


@pytest.fixture
def small_mnist(server, monkeypatch):
    """MNIST in the catalogue replaced by four small files that the server has, and a first mirror that is wrong."""
    rng = np.random.default_rng(0)
    files = []
    for stem, array in (
        ("train-images-idx3-ubyte", rng.integers(0, 256, (6, 28, 28), dtype=np.uint8)),
        ("train-labels-idx1-ubyte", np.arange(6)),
        ("t10k-images-idx3-ubyte", rng.integers(0, 256, (4, 28, 28), dtype=np.uint8)),
        ("t10k-labels-idx1-ubyte", np.arange(4)),
    ):
        content = gzip.compress(idx_bytes(array))
        server.pages[f"/{stem}.gz"] = Page(content)
        urls = (f"{server.address}/wrong/{stem}.gz", f"{server.address}/{stem}.gz")
        files.append(remote(*urls, content=content, name=f"{stem}.gz"))
    monkeypatch.setitem(catalogue.ENTRIES, "mnist", Entry("mnist", tuple("0123456789"), "credit", tuple(files)))
    return server


def test_load_fetches_what_it_needs_and_then_works_offline(small_mnist, cache):
    assert data.splits("mnist") == ("train", "test")
    ds = data.load("mnist", "test")
    assert ds.images.shape == (4, 1, 28, 28)
    assert left_over(cache / "mnist") == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
    small_mnist.pages.clear()
    np.testing.assert_array_equal(data.load("mnist", "test").images, ds.images)
    with pytest.raises(DataError) as caught:
        data.load("mnist", "train")
    message = str(caught.value)
    assert message.startswith("mnist: could not download train-images-idx3-ubyte.gz (127.0.0.1:")
    assert message.endswith(
        f"you can also put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz into {cache / 'mnist'}, "
        f"or into mnist/ of a folder that you name in CONVLAB_DATA"
    )


def test_fetch_gets_all_and_mends_what_is_damaged(small_mnist, cache):
    assert data.fetch("mnist") == cache / "mnist"
    assert len(left_over(cache / "mnist")) == 4
    path = cache / "mnist" / "train-labels-idx1-ubyte.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(DataError, match="damaged or cut-off gzip file"):
        data.load("mnist")
    data.fetch("mnist")
    assert path.read_bytes() == whole and len(data.load("mnist")) == 6


def test_own_files_are_enough(small_mnist, own_data, cache):
    files = catalogue.ENTRIES["mnist"].files
    (own_data / "mnist").mkdir()
    for file in files:
        (own_data / "mnist" / file.name).write_bytes(small_mnist.pages[f"/{file.name}"].content)
    assert data.fetch("mnist") == own_data / "mnist"
    assert not cache.exists()


def test_cifar10_is_fetched_as_its_archive_and_read_from_it(server, monkeypatch, tmp_path, cache):
    files, made = cifar_batches()
    with tarfile.open(tmp_path / "made.tar.gz", "w:gz") as tar:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
            tar.add(tmp_path / name, f"cifar-10-batches-py/{name}")
    content = (tmp_path / "made.tar.gz").read_bytes()
    server.pages["/c"] = Page(content)
    file = remote(server.address + "/c", content=content, name="cifar-10-python.tar.gz")
    monkeypatch.setitem(catalogue.ENTRIES, "cifar10", dataclasses.replace(catalogue.CIFAR10, files=(file,)))
    with pytest.raises(DataError, match=r"cifar-10-python\.tar\.gz is not on this machine; fetch it with"):
        data.load("cifar10", download=False)
    np.testing.assert_array_equal(data.load("cifar10", "test").images, made["test"][0])
    assert left_over(cache / "cifar10") == ["cifar-10-python.tar.gz"]


def test_bars_are_for_people(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    for stream, watched in ((terminal, True), (io.StringIO(), False), (None, False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress.bar(10, "fetching", unit="B") as shown:
            assert shown.disable is not watched
    assert "fetching:   0%" in terminal.getvalue()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(progress, "is_notebook", lambda: True)
    for wanted in (True, False):
        with progress.bar(10, "fetching", in_notebook=wanted) as shown:
            assert shown.disable is not wanted


def test_the_catalogue_is_in_order():
    for entry in catalogue.ENTRIES.values():
        assert len(set(entry.class_names)) == len(entry.class_names) >= 3 and entry.credit and "\n" not in entry.credit
        for file in entry.files:
            kind, digits = file.checksum.split(":")
            assert kind == "sha256" and len(digits) == 64 and set(digits) <= set("0123456789abcdef")
            assert len(file.mirrors) >= 2 and all(url.endswith("/" + file.name) for url in file.mirrors)
