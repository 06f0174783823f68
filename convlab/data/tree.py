"""A folder, or a .zip of one, seen alike: the paths in it, and the bytes behind each."""

import contextlib
import zipfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from convlab.data.dataset import SPLITS
from convlab.errors import DataError

Read = Callable[[str], bytes]


class Tree:
    """Paths have forward slashes and are relative to the top; that of a .zip which holds all in one folder is there."""

    def __init__(self, place: Path):
        self.place = place

    @cached_property
    def paths(self) -> list[str]:
        """Every file and folder, sorted; a folder ends in a slash. Hidden ones, and what macOS adds, are left out."""
        top = self._top
        return [path.removeprefix(top) for path in self._every if path.startswith(top) and path != top]

    @contextlib.contextmanager
    def opened(self) -> Iterator[Read]:
        """`read(path)`, which gives a file's bytes or a DataError that names it."""
        if self.place.is_dir():
            yield lambda path: self._bytes(path, lambda: (self.place / path).read_bytes())
            return
        with self._archive() as archive:
            yield lambda path: self._bytes(path, lambda: archive.read(self._top + path))

    @property
    def is_zip(self) -> bool:
        return self.place.is_file()

    @cached_property
    def _every(self) -> list[str]:
        if self.is_zip:
            with self._archive() as archive:
                every = archive.namelist()
        else:
            every = [p.relative_to(self.place).as_posix() + "/" * p.is_dir() for p in self.place.rglob("*")]
        return sorted(path for path in every if not _is_hidden(path))

    @cached_property
    def _top(self) -> str:
        """ "flowers/" if a .zip holds everything in flowers/; else ""."""
        tops = {path.split("/", 1)[0] for path in self._every if "/" in path}
        return tops.pop() + "/" if self.is_zip and len(tops) == 1 and not tops & set(SPLITS) else ""

    def _archive(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.place)
        except (zipfile.BadZipFile, OSError) as error:
            raise DataError(f"{self.place}: damaged or cut-off zip file ({error}); replace it") from None

    def _bytes(self, path: str, take: Callable[[], bytes]) -> bytes:
        try:
            return take()
        except MemoryError:
            raise
        except Exception as error:  # zipfile: BadZipFile, zlib.error, RuntimeError (encrypted), NotImplementedError
            raise DataError(f"{self.place}: {path}: cannot be read ({error})") from None


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))
