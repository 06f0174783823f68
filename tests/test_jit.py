"""Kernels called from threads and forks, their cache on disk, and the one line that says they are being compiled.

Each test that forks, kills threads' pools or starts with an empty cache does so in a process of its own, with two kernels.
"""

import ctypes.util
import functools
import hashlib
import importlib.util
import io
import os
import pickle
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from child_process import command, environment, posix, run_python, start_python

from convlab import _version, compile_cache, functional, jit, set_threads
from convlab.errors import ArgumentError
from convlab.kernels import cpu

NO_JIT = bool(numba.config.DISABLE_JIT)
compiled = pytest.mark.skipif(NO_JIT, reason="about compiling, which NUMBA_DISABLE_JIT=1 turns off")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# what the children compute: two kernels, against NumPy
RIGHT = """
import os, signal, sys, threading, time
import numpy as np
import convlab.functional as F

rng = np.random.default_rng(0)
x, w = rng.standard_normal((32, 100)), rng.standard_normal((24, 100))
expected = np.maximum(x @ w.T, 0)

def right():
    return np.allclose(F.relu(F.linear(x, w)), expected, rtol=1e-10, atol=1e-12)

def in_child(f):
    "exit code of a forked child in which f() must be true; one that hangs is ended by its alarm"
    pid = os.fork()
    if not pid:
        signal.alarm(60)
        code = 99
        try:
            code = 0 if f() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


def layers():
    "threading layers that Numba was built with"
    modules = {"omp": "omppool", "workqueue": "workqueue"}
    if ctypes.util.find_library("tbb"):
        modules["tbb"] = "tbbpool"
    return [layer for layer, module in modules.items() if importlib.util.find_spec(f"numba.np.ufunc.{module}")]


@functools.cache
def loads(layer):
    "whether a threading layer works on this machine"
    script = """
        import numba
        try:
            numba.get_num_threads()
            print(numba.threading_layer())
        except Exception as error:
            print("not here:", str(error).splitlines()[0])
    """
    return run_python(script, NUMBA_THREADING_LAYER=layer).stdout.strip() == layer


@pytest.fixture(params=layers())
def layer(request):
    "a threading layer that works here"
    if NO_JIT:
        if request.param != "workqueue":
            pytest.skip("NUMBA_DISABLE_JIT=1: there is no threading layer, once is enough")
        return request.param
    if not loads(request.param):
        pytest.skip(f"Numba's threading layer {request.param} does not load on this machine")
    return request.param


def compute(script, *arguments, **changes):
    return run_python(RIGHT + script, *arguments, timeout=120, **changes).stdout.split()


# ------------------------------------------------------------------------------------------------ threads
THREADS = """
results, start = [], threading.Barrier(8)

def work():
    start.wait()
    results.extend([right() for _ in range(20)])

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(results), all(results))
"""


def test_eight_threads_at_once(layer):
    assert compute(THREADS, NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS=4) == ["160", "True"]


@compiled
def test_eight_threads_that_all_find_nothing_compiled(tmp_path):
    assert compute(THREADS, NUMBA_CACHE_DIR=tmp_path) == ["160", "True"]


def test_set_threads():
    before = jit.get_threads()
    most = numba.config.NUMBA_NUM_THREADS
    try:
        for n in {1, most}:
            set_threads(n)
            assert jit.get_threads() == n
            np.testing.assert_array_equal(functional.relu(np.array([-1.0, 2.0])), [0, 2])
            if not NO_JIT:
                assert numba.get_num_threads() == n
        message = rf"^set_threads: n must be an int from 1 to {most} \(NUMBA_NUM_THREADS\), got "
        for n in (0, -1, most + 1, 1.0, "2", None, True):
            with pytest.raises(ArgumentError, match=message):
                set_threads(n)
        assert jit.get_threads() == most
    finally:
        set_threads(before)


@compiled
def test_set_threads_holds_in_every_thread():
    script = """
import numba, convlab
found = []
def look():
    right()
    found.append(numba.get_num_threads())
for n in (2, 1, 3):
    convlab.set_threads(n)
    look()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
print(*found)
"""
    assert compute(script, NUMBA_NUM_THREADS=4) == ["2", "2", "1", "1", "3", "3"]


# ------------------------------------------------------------------------------------------------ forks
@forks
def test_forks_after_kernels_have_run(layer):
    script = """
from convlab.jit import get_threads
ok = [right()]
for _ in range(3):
    ok.append(in_child(lambda: right() and get_threads() == 1) == 0)
    ok.append(right())
ok.append(in_child(lambda: right() and in_child(right) == 0) == 0)     # a child of a child
def threads_of_a_child():
    found = []
    threads = [threading.Thread(target=lambda: found.append(right())) for _ in range(4)]
    [t.start() for t in threads], [t.join() for t in threads]
    return found == [True] * 4
ok.append(in_child(threads_of_a_child) == 0)
print(all(ok), get_threads())
"""
    assert compute(script, NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS=2) == ["True", "2"]


@forks
def test_forks_before_any_kernel(layer):
    script = """
from convlab.jit import get_threads
many = get_threads()
# the child may start a pool of its own; a child of that child may not use it
ok = [in_child(lambda: right() and get_threads() == many and in_child(lambda: right() and get_threads() == 1) == 0) == 0]
ok += [right(), in_child(right) == 0]
print(all(ok))
"""
    assert compute(script, NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS=2) == ["True"]


@forks
def test_forks_while_another_thread_computes(layer):
    script = """
stop, results = threading.Event(), []
def work():
    while not stop.is_set():
        results.append(right())
threads = [threading.Thread(target=work) for _ in range(2)]
[t.start() for t in threads]
codes = []
def fork_often():
    for _ in range(10):
        codes.append(in_child(right))
forker = threading.Thread(target=fork_often)
forker.start()
forker.join()
for _ in range(5):
    codes.append(in_child(right))
stop.set()
[t.join() for t in threads]
print(codes == [0] * 15, all(results), len(results) > 0)
"""
    options = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 2, "PYTHONWARNINGS": "ignore"}
    assert compute(script, **options) == ["True"] * 3


@forks
@compiled
def test_a_fork_while_another_thread_compiles(tmp_path):
    script = """
from numba.core.compiler_lock import global_compiler_lock
results = []
compiler = threading.Thread(target=lambda: results.append(right()))
compiler.start()
while global_compiler_lock._lock.acquire(blocking=False):       # until it compiles
    global_compiler_lock._lock.release()
    time.sleep(0.001)
code = in_child(right)
compiler.join()
print(code, results)
"""
    assert compute(script, NUMBA_CACHE_DIR=tmp_path, PYTHONWARNINGS="ignore") == ["0", "[True]"]


@forks
@compiled
def test_a_fork_after_a_parallel_loop_that_is_not_convlabs(layer):
    # its pool is the same: an OpenMP child that used it would be killed
    script = """
import numba
@numba.njit(parallel=True)
def total(a):
    s = 0.0
    for i in numba.prange(a.size):
        s += a[i]
    return s
total(np.ones(10))
print(in_child(right), right())
"""
    assert compute(script, NUMBA_THREADING_LAYER=layer) == ["0", "True"]


@forks
def test_multiprocessing_by_fork(layer):
    script = """
import multiprocessing
def each(number):
    return number, right()
context = multiprocessing.get_context("fork")
ok = [right()]
with context.Pool(3) as pool:
    ok.append(pool.map(each, range(12)) == [(n, True) for n in range(12)])
ok.append(right())
print(all(ok))
"""
    options = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 2, "PYTHONWARNINGS": "ignore"}
    assert compute(script, **options) == ["True"]


# ------------------------------------------------------------------------------------------------ the cache
@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernels")
    assert compute("print(right())", NUMBA_CACHE_DIR=folder) == ["True"]
    return folder


@pytest.fixture
def warm(compiled_once, tmp_path):
    "a cache of one's own with the kernels in it"
    return shutil.copytree(compiled_once, tmp_path / "warm")


def kernels_in(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


@compiled
def test_two_processes_compile_at_once(tmp_path):
    both = [start_python(RIGHT + "print(right())", NUMBA_CACHE_DIR=tmp_path) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert outputs == [("True\n", "")] * 2  # and nothing is said where there is no terminal
    files = kernels_in(tmp_path)
    assert files and all(path.suffix == ".nbc" for path in files)  # nothing half-written is left
    before = {path: path.stat().st_mtime_ns for path in files}
    assert compute("print(right())", NUMBA_CACHE_DIR=tmp_path) == ["True"]
    assert {path: path.stat().st_mtime_ns for path in kernels_in(tmp_path)} == before  # used, not written again


@compiled
def test_damaged_kernels_are_compiled_again(warm):
    good = {path: path.read_bytes() for path in kernels_in(warm)}
    not_a_kernel = pickle.dumps(("nothing",))
    damages = [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data[:-100] + bytes(100),
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: hashlib.sha256(not_a_kernel).digest() + not_a_kernel,  # whole, but of another Numba, say
    ]
    for number, path in enumerate(good):
        path.write_bytes(damages[number % len(damages)](good[path]))
    assert len(good) >= 2
    assert compute("print(right())", NUMBA_CACHE_DIR=warm) == ["True"]
    for path in good:
        data = path.read_bytes()
        assert hashlib.sha256(data[32:]).digest() == data[:32] and len(data) > 1000


@compiled
@posix
def test_a_cache_that_can_only_be_read_is_used(warm, tmp_path):
    # as on a disk that is full or mounted read-only: no file may grow beyond zero bytes
    full = """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
from numba.core import event
compilations = event.RecordingListener()
event.register("numba:compile", compilations)
os.write(1, f"{right()} {len(compilations.buffer) > 0}".encode())
"""
    assert compute(full, NUMBA_CACHE_DIR=tmp_path / "empty") == ["True", "True"]
    assert kernels_in(tmp_path / "empty") == []
    before = kernels_in(warm)
    assert compute(full, NUMBA_CACHE_DIR=warm) == ["True", "False"]
    assert kernels_in(warm) == before


@compiled
@posix
def test_a_home_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").touch()
    home = tmp_path / "file" / "home"
    changes = {"NUMBA_CACHE_DIR": None, "XDG_CACHE_HOME": None, "HOME": home}
    assert compute("print(right())", **changes) == ["True"]
    assert kernels_in(tmp_path) == [tmp_path / "file"]


def place(monkeypatch, **variables):
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "CONVLAB_JIT_CACHE", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    return compile_cache.folder()


def test_where_the_cache_is(tmp_path, monkeypatch):
    if sys.platform == "linux":
        assert place(monkeypatch, HOME=tmp_path / "home").parent == tmp_path / "home" / ".cache" / "convlab" / "jit"
        found = place(monkeypatch, HOME=tmp_path, XDG_CACHE_HOME=tmp_path / "xdg")
        assert found.parent == tmp_path / "xdg" / "convlab" / "jit"
        monkeypatch.setattr(sys, "platform", "darwin")
        assert place(monkeypatch, HOME=tmp_path).parent == tmp_path / "Library" / "Caches" / "convlab" / "jit"
        monkeypatch.setattr(sys, "platform", "win32")
        assert place(monkeypatch, LOCALAPPDATA=tmp_path / "local").parent == tmp_path / "local" / "convlab" / "jit"
    found = place(monkeypatch, NUMBA_CACHE_DIR=tmp_path / "own", XDG_CACHE_HOME=tmp_path / "xdg")
    assert found.parent == tmp_path / "own" and found.is_dir()
    assert _version.__version__ in found.name and numba.__version__ in found.name
    assert place(monkeypatch, NUMBA_CACHE_DIR=tmp_path / "own", CONVLAB_JIT_CACHE="0") is None
    (tmp_path / "file").touch()
    assert place(monkeypatch, NUMBA_CACHE_DIR=tmp_path / "file") is None
    monkeypatch.chdir(tmp_path)
    assert place(monkeypatch, NUMBA_CACHE_DIR="here").is_absolute()  # it stays when the program goes elsewhere


def test_other_kernels_and_settings_have_another_folder(tmp_path, monkeypatch):
    names = {place(monkeypatch, NUMBA_CACHE_DIR=tmp_path).name}
    monkeypatch.setattr(numba.config, "BOUNDSCHECK", 1)
    names.add(compile_cache.folder().name)
    monkeypatch.undo()
    monkeypatch.setattr(compile_cache, "_source_digest", lambda: "another")
    names.add(place(monkeypatch, NUMBA_CACHE_DIR=tmp_path).name)
    assert len(names) == 3


class FakeResult:
    "what Numba's compiler gives, as far as the cache looks at it"

    class library:
        has_dynamic_globals = False

    class codegen:
        magic_tuple = staticmethod(lambda: ("some processor",))

    def __init__(self, payload):
        self.payload = payload

    def _reduce(self):
        return self.payload


class FakeTarget:
    codegen = staticmethod(lambda: FakeResult.codegen)

    def refresh(self):
        pass


@pytest.fixture
def cache(tmp_path, monkeypatch):
    "a cache of its own folder; what is loaded is what was saved"
    monkeypatch.setattr(compile_cache.KernelCache, "_folder", tmp_path)
    monkeypatch.setattr(compile_cache.KernelCache, "_announced", True)
    rebuild = staticmethod(lambda target, *payload: payload)
    monkeypatch.setattr(compile_cache.compiler.CompileResult, "_rebuild", rebuild)
    return compile_cache.KernelCache("cpu.test")


def test_one_file_for_each_function_signature_and_processor(cache, tmp_path, monkeypatch):
    target = FakeTarget()
    assert cache.load_overload("(float64,)", target) is None
    cache.save_overload("(float64,)", FakeResult((1, "a")))
    cache.save_overload("(float32,)", FakeResult((2, "b")))
    assert cache.load_overload("(float64,)", target) == (1, "a")
    assert cache.load_overload("(float32,)", target) == (2, "b")
    assert cache.load_overload("(int64,)", target) is None
    assert compile_cache.KernelCache("cpu.other").load_overload("(float64,)", target) is None
    monkeypatch.setattr(FakeResult.codegen, "magic_tuple", staticmethod(lambda: ("another processor",)))
    assert cache.load_overload("(float64,)", target) is None
    assert len(kernels_in(tmp_path)) == 2 and cache.cache_path == str(tmp_path)


def test_what_is_damaged_or_cannot_be_saved_is_as_if_it_were_not_there(cache, tmp_path, monkeypatch):
    target = FakeTarget()
    cache.save_overload("(float64,)", FakeResult((1, "a")))
    (file,) = kernels_in(tmp_path)
    good = file.read_bytes()
    for data in (b"", good[:20], good[:-1], good + b"x", bytes(len(good))):
        file.write_bytes(data)
        assert cache.load_overload("(float64,)", target) is None
    FakeResult.library.has_dynamic_globals = True
    try:
        cache.save_overload("(int8,)", FakeResult((1,)))
    finally:
        FakeResult.library.has_dynamic_globals = False

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    cache.save_overload("(float64,)", FakeResult((1, "a")))
    assert kernels_in(tmp_path) == [file]
    monkeypatch.setattr(compile_cache.KernelCache, "_folder", None)
    cache.save_overload("(int16,)", FakeResult((1,)))
    assert cache.load_overload("(float64,)", target) is None
    assert kernels_in(tmp_path) == [file]


# ------------------------------------------------------------------------------------------------ the line
LINE = "convlab: compiling kernels for this machine ("


def on_a_terminal(script, **changes):
    "what a process writes to a terminal as its standard error"
    import pty

    screen, terminal = pty.openpty()
    with os.fdopen(screen, "rb", buffering=0) as watching:
        process = subprocess.Popen(
            command(RIGHT + script), stdout=subprocess.PIPE, stderr=terminal, env=environment(**changes)
        )
        os.close(terminal)
        seen = b""
        try:
            while part := watching.read(4096):
                seen += part
        except OSError:
            pass  # Linux: the other end was closed
        output = process.communicate(timeout=120)[0]
    assert process.returncode == 0, seen
    return seen.decode(), output.decode()


@compiled
@posix
def test_one_line_on_a_terminal_when_something_is_compiled(tmp_path, warm):
    seen, output = on_a_terminal("print(right(), right())", NUMBA_CACHE_DIR=tmp_path / "empty")
    assert seen.split("\r\n") == [LINE + "once)", ""] and output == "True True\n"
    seen, output = on_a_terminal("print(right())", NUMBA_CACHE_DIR=warm)
    assert seen == "" and output == "True\n"  # nothing was compiled
    seen, output = on_a_terminal("print(right())", NUMBA_CACHE_DIR=tmp_path / "off", CONVLAB_JIT_CACHE=0)
    assert seen.split("\r\n") == [LINE + "each time: there is no folder to keep them in)", ""]
    assert output == "True\n" and not (tmp_path / "off").exists()


def test_no_line_where_nobody_reads(monkeypatch, capsys):
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed, sys.stderr):  # pytest's is no terminal
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(compile_cache.KernelCache, "_announced", False)
        compile_cache.KernelCache._announce()
    assert capsys.readouterr() == ("", "")


def test_the_line_is_written_once(tmp_path, monkeypatch, capsys):
    each_time = "each time: there is no folder to keep them in)\n"
    for folder, end in ((tmp_path, "once)\n"), (None, each_time), (tmp_path / "gone", each_time)):
        monkeypatch.setattr(compile_cache.KernelCache, "_folder", folder)
        monkeypatch.setattr(compile_cache.KernelCache, "_announced", False)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        compile_cache.KernelCache._announce()
        compile_cache.KernelCache._announce()
        assert capsys.readouterr().err == LINE + end


# ------------------------------------------------------------------------------------------------ kernels
def test_a_kernel_looks_like_its_function():
    assert cpu.relu.__name__ == "relu" and cpu.relu.__doc__ == "y = x where x > 0, else 0"
    x, y = np.array([-1.0, 3.0, np.nan]), np.empty(3)
    cpu.relu(x, y)
    np.testing.assert_array_equal(y, [0, 3, np.nan])


def test_the_serial_copy_computes_the_same(monkeypatch):
    monkeypatch.setattr(jit._process, "serial", True)
    assert jit.get_threads() == 1
    np.testing.assert_array_equal(functional.relu(np.array([-1.0, 3.0])), [0, 3])


def test_importing_convlab_starts_nothing():
    done = run_python("import convlab, sys; print('numba' in sys.modules, 'numpy' in sys.modules)")
    assert done.stdout == "False False\n"


FAULTS = """
    import resource
    import numpy as np
    import convlab.functional as F

    F.relu(np.zeros(8, np.float32))  # the first kernel
    faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    def step():
        arrays = [np.ones(1 << 20, np.float32) for _ in range(4)]  # 4 MB each
    step()
    before = faults()
    for _ in range(10):
        step()
    print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_freed_memory_is_kept_unless_somebody_wants_it_otherwise():
    free = {name: None for name in os.environ if name.startswith("MALLOC_") or name == "GLIBC_TUNABLES"}
    kept, returned = (
        int(run_python(FAULTS, **{**free, **asked}).stdout) for asked in ({}, {"MALLOC_MMAP_THRESHOLD_": "65536"})
    )
    assert kept < 1000 < returned  # of 10 x 4 x 1024 pages, or 10 x 8 large ones


def test_kernels_of_one_factory_have_names_of_their_own():
    # symbols of machine code are found by name: two with one name, compiled in different processes, would be one kernel
    from convlab.kernels.cpu.narrow import _make_forward

    names = {_make_forward(4, *shape).__wrapped__.__qualname__ for shape in ((8, 1), (1, 8), (6, 2))}
    assert len(names) == 3
