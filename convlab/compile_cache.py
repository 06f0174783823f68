"""Where compiled kernels are kept between runs, and the one line that says they are being compiled.

Numba's own disk cache keeps an index file per function that several processes rewrite; two that compile at once can leave
an index that points at the other's machine code, and a change in a helper's file does not invalidate its callers. Here each
(function, signature, processor) is one file, written whole under another name and then moved, and the folder's name
carries the versions and a digest of convlab's own sources. Losing a race costs a compilation, never a wrong kernel.

`NUMBA_CACHE_DIR` moves the folder; `CONVLAB_JIT_CACHE=0` turns the cache off; a home that cannot be written to does so too.
"""

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from pathlib import Path

import numba
from numba.core import compiler, config, serialize

from convlab import _version

DIGEST_BYTES = 32


def _source_digest() -> str:
    """A digest of every file a kernel can be compiled from: a change in any of them makes a new cache."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in (package / "jit.py", *sorted((package / "kernels").rglob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def folder() -> Path | None:
    """The folder for this convlab, Numba and Python, made if need be; None if it cannot be made.

    It may be one that cannot be written to, on a read-only disk, say: then what is there is used, and nothing is added.
    """
    if os.environ.get("CONVLAB_JIT_CACHE") == "0":
        return None
    settings = (config.OPT, config.BOUNDSCHECK, config.DEBUGINFO_DEFAULT)
    stamp = hashlib.sha256(repr((sys.version, settings)).encode()).hexdigest()[:8]
    name = f"convlab-{_version.__version__}-{_source_digest()}-numba-{numba.__version__}-{stamp}"
    if simd := os.environ.get("CONVLAB_SIMD"):  # kernels know the tile by its constants, which no signature shows
        name += f"-{simd}"
    try:
        base = Path(os.environ.get("NUMBA_CACHE_DIR") or _user_cache()).absolute()
        path = base / name
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path
    except (OSError, RuntimeError):  # RuntimeError: no home folder at all
        return None


def _writable(path: Path | None) -> bool:
    if path is None:
        return False
    try:
        with tempfile.TemporaryFile(dir=path):  # os.access does not know about full disks and read-only mounts
            return True
    except OSError:
        return False


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "convlab" / "jit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "convlab" / "jit"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "convlab" / "jit"


class KernelCache:
    """What a Numba dispatcher asks of a cache: load and save one compiled signature of one function."""

    _folder: Path | bool | None = False  # False: not looked for yet
    _announced = False

    def __init__(self, name: str):
        self._name = name

    @classmethod
    def cache_folder(cls) -> Path | None:
        if cls._folder is False:
            cls._folder = folder()
        return cls._folder

    @property
    def cache_path(self) -> str:
        return str(self.cache_folder())

    def enable(self):
        pass

    def disable(self):
        pass

    def flush(self):
        pass

    def _path(self, signature, codegen) -> Path:
        key = repr((self._name, str(signature), codegen.magic_tuple()))  # the processor's features are in the tuple
        return self.cache_folder() / f"{self._name}-{hashlib.sha256(key.encode()).hexdigest()[:24]}.nbc"

    def load_overload(self, signature, target_context):
        """The compiled function, or None: not there, or damaged (a digest leads the file)."""
        target_context.refresh()
        if self.cache_folder() is not None:
            try:
                data = self._path(signature, target_context.codegen()).read_bytes()
            except OSError:
                data = b""
            payload = data[DIGEST_BYTES:]
            if data and hashlib.sha256(payload).digest() == data[:DIGEST_BYTES]:
                # whatever is wrong with a whole file (another NumPy, say, that lacks a name), compiling mends it
                with contextlib.suppress(Exception):
                    return compiler.CompileResult._rebuild(target_context, *pickle.loads(payload))
        self._announce()
        return None

    def save_overload(self, signature, result):
        """Write the compiled function under a name of its own, then move it into place."""
        if self.cache_folder() is None or result.library.has_dynamic_globals:
            return
        path = self._path(signature, result.codegen)
        payload = serialize.dumps(result._reduce())
        try:
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(payload).digest() + payload)
                os.replace(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
        except OSError:
            pass  # a full disk: the kernel works all the same, it is compiled again next time

    @classmethod
    def _announce(cls):
        if cls._announced:
            return
        cls._announced = True
        with contextlib.suppress(AttributeError, OSError, ValueError):  # no standard error, or a closed one
            if sys.stderr.isatty():
                once = "once" if _writable(cls.cache_folder()) else "each time: there is no folder to keep them in"
                print(f"convlab: compiling kernels for this machine ({once})", file=sys.stderr)
