"""Files of arrays: the round trip, damage of every kind, disks that are full, kills in the middle of writing."""

import json
import signal
import stat
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from child_process import BECOME_NOBODY, posix, read_only_folder, run_python, start_python
from hypothesis import given, settings
from hypothesis import strategies as st

from convlab import checkpoint, load, save
from convlab.errors import ArgumentError, CheckpointError, DtypeError

ARRAYS = {
    "conv.weight": np.random.default_rng(0).standard_normal((4, 2, 3, 3)).astype(np.float32),
    "conv.bias": np.zeros(4),
    "steps": np.array(7),
    "empty": np.zeros((0, 3), np.float32),
}


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


# ------------------------------------------------------------------------------------------------ the round trip
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"])
def test_every_type_of_number(tmp_path, dtype):
    arrays = {"x": np.arange(6).astype(dtype).reshape(2, 3)}
    save(tmp_path / "x.safetensors", arrays)
    assert_same(load(tmp_path / "x.safetensors"), arrays)


def test_any_shape_and_layout(tmp_path):
    wide = np.arange(24.0).reshape(4, 6)
    arrays = ARRAYS | {"turned": wide.T, "strided": wide[::2, ::-1], "scalar": np.array(2.5), "big": wide.astype(">f8")}
    save(tmp_path / "x.safetensors", arrays)
    found = load(tmp_path / "x.safetensors")
    assert_same(found, arrays | {"big": wide})
    assert all(array.flags.writeable and array.flags.c_contiguous for array in found.values())


def test_special_numbers_survive(tmp_path):
    numbers = np.array([np.nan, np.inf, -np.inf, -0.0, np.finfo(np.float32).tiny / 2, 1 / 3], np.float32)
    save(tmp_path / "x.safetensors", {"x": numbers})
    assert load(tmp_path / "x.safetensors")["x"].tobytes() == numbers.tobytes()


@pytest.mark.parametrize("metadata", [None, {}, {"history": [0.1 + 0.2, 1e-300], "ü": None}, [1, "a"], float("inf")])
def test_metadata(tmp_path, metadata):
    save(tmp_path / "x.safetensors", ARRAYS, metadata=metadata)
    arrays, found = checkpoint.load_with_metadata(tmp_path / "x.safetensors")
    assert_same(arrays, ARRAYS)
    assert found == metadata


def test_other_programs_read_it_and_we_read_theirs(tmp_path):
    from safetensors.numpy import load_file, save_file

    save(tmp_path / "ours", ARRAYS)
    assert_same(load_file(tmp_path / "ours"), ARRAYS)
    save_file(ARRAYS, tmp_path / "theirs", metadata={"format": "pt"})
    arrays, metadata = checkpoint.load_with_metadata(tmp_path / "theirs")
    assert_same(arrays, ARRAYS)
    assert metadata is None


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "x.safetensors"
    save(str(path), ARRAYS)
    save(path, {"x": np.ones(2)})
    assert_same(load(str(path)), {"x": np.ones(2)})
    assert names_in(tmp_path) == ["x.safetensors"]


def test_files_have_the_rights_that_files_have(tmp_path):
    (tmp_path / "plain").touch()
    save(tmp_path / "x", ARRAYS)
    rights = lambda name: stat.S_IMODE((tmp_path / name).stat().st_mode)
    assert rights("x") == rights("plain")


# ------------------------------------------------------------------------------------------------ what cannot be saved
@pytest.mark.parametrize(
    "state, message",
    [
        (None, r"^save: expected a dict of arrays by name, got NoneType$"),
        ([np.ones(3)], r"^save: expected a dict of arrays by name, got list$"),
        ({"x": [1.0]}, r"^save: x must be an array of numbers, got list$"),
        ({"x": None}, r"^save: x must be an array of numbers, got NoneType$"),
        ({"x": np.array([None])}, r"^save: x must be an array of numbers, got object$"),
        ({"x": np.ones(2, complex)}, r"^save: x must be an array of numbers, got complex128$"),
        ({"x": np.array(["a"])}, r"^save: x must be an array of numbers, got <U1$"),
        ({1: np.ones(2)}, r"^save: 1 cannot be the name of an array"),
        ({"__metadata__": np.ones(2)}, r"^save: '__metadata__' cannot be the name of an array"),
    ],
)
def test_what_cannot_be_saved(tmp_path, state, message):
    save(tmp_path / "x", ARRAYS)
    with pytest.raises(DtypeError, match=message):
        save(tmp_path / "x", state)
    assert_same(load(tmp_path / "x"), ARRAYS)


@pytest.mark.skipif(np.longdouble().itemsize == 8, reason="long double is double on this machine")
def test_long_doubles_are_refused(tmp_path):
    with pytest.raises(DtypeError, match=r"^save: x must be an array of numbers, got "):
        save(tmp_path / "x", {"x": np.ones(2, np.longdouble)})


def test_metadata_that_json_cannot_hold(tmp_path):
    loop = []
    loop.append(loop)
    for metadata in ({"x": object()}, {"x": np.float32(1)}, loop):
        with pytest.raises(DtypeError, match=r"^save: metadata must be what JSON can hold: "):
            save(tmp_path / "x", ARRAYS, metadata=metadata)
    assert names_in(tmp_path) == []


def test_places_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("here")
    for path, message in (
        (tmp_path, r"^cannot write .*: it is a folder; give a file name$"),
        (tmp_path / "none" / "x", r"^cannot write .*x: No such file or directory; nothing was left behind$"),
        (tmp_path / "file" / "x", r"^cannot write .*x: Not a directory; nothing was left behind$"),
        (tmp_path / ("x" * 300), r"^cannot write .*: File name too long; nothing was left behind$"),
    ):
        with pytest.raises(CheckpointError, match=message):
            save(path, ARRAYS)
    assert names_in(tmp_path) == ["file"] and (tmp_path / "file").read_text() == "here"
    for function in (lambda: save(None, ARRAYS), lambda: load(None), lambda: load(3)):
        with pytest.raises(ArgumentError, match=r"^(save|load): path must be a file name, got \w+$"):
            function()


def test_files_that_cannot_be_read(tmp_path):
    for path, message in (
        (tmp_path, r"^cannot read .*: Is a directory$"),
        (tmp_path / "none", r"^cannot read .*none: there is no such file$"),
    ):
        with pytest.raises(CheckpointError, match=message):
            load(path)


# ------------------------------------------------------------------------------------------------ damage
@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "x.safetensors"
    save(path, ARRAYS, metadata={"epoch": 3, "losses": [0.5, 0.25]})
    return path.read_bytes()


def assert_damaged(path, data):
    path.write_bytes(data)
    with pytest.raises(CheckpointError) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(f"cannot read {path}: it is damaged or not a safetensors file (") and "\n" not in text


def test_every_truncation_is_noticed(tmp_path, good):
    for length in range(len(good)):
        assert_damaged(tmp_path / "x", good[:length])
    assert_damaged(tmp_path / "x", good + b"\0")


def test_every_changed_bit_is_noticed(tmp_path, good):
    for place in range(len(good)):
        data = bytearray(good)
        data[place] ^= 1 << place % 8
        (tmp_path / "x").write_bytes(data)
        try:
            found, metadata = checkpoint.load_with_metadata(tmp_path / "x")
        except CheckpointError as error:
            assert "\n" not in str(error)
        else:  # a bit that says nothing: a filler's
            assert_same(found, ARRAYS)
            assert metadata == {"epoch": 3, "losses": [0.5, 0.25]}


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_bytes_are_written_over_it(tmp_path_factory, good, data):
    start = data.draw(st.integers(0, len(good) - 1))
    scribble = data.draw(st.binary(min_size=1, max_size=64))
    damaged = good[:start] + scribble + good[start + len(scribble) :]
    path = tmp_path_factory.getbasetemp() / "scribbled"
    path.write_bytes(damaged)
    try:
        found, metadata = checkpoint.load_with_metadata(path)
    except CheckpointError as error:
        assert "\n" not in str(error)
    else:
        assert_same(found, ARRAYS)
        assert metadata == {"epoch": 3, "losses": [0.5, 0.25]}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_files_of_something_else(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "something"
    path.write_bytes(data)
    try:
        assert load(path) == {}  # eight bytes of length and an empty header: a whole file without arrays
    except CheckpointError as error:
        assert "\n" not in str(error)


def header(**entries):
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "damaged"),
        (b"PK\x03\x04 a zip file, as torch.save writes it" * 9, "damaged"),
        (b"\x80\x04\x95 a pickle" * 9, "damaged"),
        (b"\xff" * 100, "damaged"),
        (header(__metadata__={"convlab": "{not json"}), "damaged"),
        (header(__metadata__={"convlab": "[" * 100_000, "crc32": f"{zlib.crc32(b'[' * 100_000):08x}"}), "damaged"),
        (header(__metadata__={"crc32": "00000000"}), r"damaged .*\(its checksum does not fit\)$"),
        (header(x={"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}) + b"\0\0",
         r"it holds numbers of type 'BF16', which NumPy has not$"),
        (header(x={"dtype": "F32", "shape": [2**62], "data_offsets": [0, 4]}) + b"\0" * 4, "damaged"),
    ],
)  # fmt: skip
def test_files_that_are_almost_right(tmp_path, data, message):
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(CheckpointError, match=message) as caught:
        load(tmp_path / "x")
    assert "\n" not in str(caught.value)


# ------------------------------------------------------------------------------------------------ disks and kills
def test_a_disk_that_is_full_while_bytes_are_written(tmp_path, monkeypatch):
    path = tmp_path / "x.safetensors"
    save(path, ARRAYS)

    def full(self, data):
        with open(self, "wb") as file:
            file.write(data[:50])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "write_bytes", full)
    message = r"^cannot write .*x.safetensors: No space left on device; the file that was there is untouched$"
    with pytest.raises(CheckpointError, match=message):
        save(path, {"x": np.ones(5)})
    with pytest.raises(CheckpointError, match=r": No space left on device; nothing was left behind$"):
        save(tmp_path / "new", {"x": np.ones(5)})
    monkeypatch.undo()
    assert_same(load(path), ARRAYS)
    assert names_in(tmp_path) == ["x.safetensors"]


LIMITED = """
    import resource, signal, sys
    import numpy as np
    from convlab import save
    from convlab.errors import CheckpointError
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        save(sys.argv[1], {"x": np.ones(100_000)})
    except CheckpointError as error:
        print(error)
"""


@posix
def test_a_real_limit_on_the_size_of_files(tmp_path):
    path = tmp_path / "x.safetensors"
    save(path, ARRAYS)
    done = run_python(LIMITED, path)
    assert done.stdout == f"cannot write {path}: File too large; the file that was there is untouched\n"
    assert_same(load(path), ARRAYS)
    assert names_in(tmp_path) == ["x.safetensors"]


def test_an_error_or_an_interrupt_while_writing(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    for error in (KeyboardInterrupt, ValueError):
        with pytest.raises(error):
            with checkpoint.replacing(path) as temporary:
                temporary.write_text("half of the n")
                raise error
    assert path.read_text() == "old" and names_in(tmp_path) == ["x"]


WRITING = """
    import sys
    import numpy as np
    from convlab import save
    for number in range(1_000_000):
        save(sys.argv[1], {"x": np.full(300_000, number, np.float32)}, metadata=number)
        if number == 2:
            print("writing", flush=True)
"""


@posix
def test_kills_while_writing_leave_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "x.safetensors"
    rng = np.random.default_rng(0)
    for _ in range(8):
        with start_python(WRITING, path) as writer:
            assert writer.stdout.readline() == "writing\n"
            time.sleep(rng.uniform(0, 0.05))
            writer.send_signal(signal.SIGKILL)
        arrays, number = checkpoint.load_with_metadata(path)
        assert number >= 2 and (arrays["x"] == number).all() and arrays["x"].size == 300_000
    # what a kill leaves behind is hidden, and swept up when a training is resumed
    assert all(name.startswith(".x.safetensors-") for name in names_in(tmp_path) if name != path.name)
    checkpoint.sweep(path)
    assert names_in(tmp_path) == [path.name]


def test_sweeping_spares_everything_else(tmp_path):
    others = [".x.safetensors-short.safetensors", ".y.safetensors-0123abcd.safetensors", "x.safetensors", "x-0123abcd"]
    for name in [*others, ".x.safetensors-0123abcd.safetensors"]:
        (tmp_path / name).touch()
    checkpoint.sweep(tmp_path / "x.safetensors")
    assert names_in(tmp_path) == sorted(others)
    checkpoint.sweep(tmp_path / "no folder" / "x")


@posix
def test_a_folder_that_may_not_be_written_to():
    script = f"""
import sys
import numpy as np
from convlab import save
{BECOME_NOBODY}
try:
    save(sys.argv[1], {{"x": np.ones(3)}})
except OSError as error:
    print(type(error).__name__, error)
"""
    with read_only_folder() as folder:
        done = run_python(script, folder / "x")
        expected = f"CheckpointError cannot write {folder / 'x'}: Permission denied; nothing was left behind\n"
        assert done.stdout == expected
        assert names_in(folder) == []


# ------------------------------------------------------------------------------------------------ no pickle
PROGRAMS_IN_DATA = {"pickle", "marshal", "shelve", "joblib", "dill", "cloudpickle"}
ADMITTED = {
    "compile_cache.py": "what Numba compiles for its own disk cache",
    "data/cifar.py": "CIFAR-10 is published so; read with a reader that admits three names",
}


def test_no_pickle_anywhere():
    import ast

    package = Path(checkpoint.__file__).parent
    found = set()
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if PROGRAMS_IN_DATA & {module.split(".")[0] for module in modules}:
                found.add(name)
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert getattr(node.value, "value", None) is False, f"{name}:{node.value.lineno} allows pickles"
    assert found == set(ADMITTED)
