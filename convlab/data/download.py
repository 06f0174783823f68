"""Downloads that resume, try mirror after mirror, and put a file in place only whole and with the right checksum.

pooch checks and moves; the bytes arrive here, in `<file>.part` beside the goal, so that a broken connection or Ctrl-C
costs only what had not arrived: the next attempt, at this mirror or another, asks for the rest (HTTP Range).
"""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from convlab.data.catalogue import RemoteFile
from convlab.data.progress import bar
from convlab.errors import DataError

CONNECT_SECONDS, READ_SECONDS = 10, 30
CHUNK_BYTES = 1 << 16
ATTEMPTS = 5  # at one mirror, and only as long as each brings new bytes


class _Broken(Exception):
    """A mirror that does not give the file; says why in a few words."""


def fetch_file(file: RemoteFile, folder: Path) -> Path:
    """The path of `file` in `folder`, downloaded unless it lies there already with the right checksum.

    Raises
    ------
    DataError
        No mirror gives it (each is named with its reason), or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            return _from_mirrors(file, folder)
    except DataError:
        raise
    except OSError as error:  # a full disk, a folder that may not be written to
        reason = error.strerror or str(error)
        raise DataError(
            f"cannot write {folder / file.name}: {reason}; free space there or set CONVLAB_CACHE to another folder"
        ) from None


def _from_mirrors(file: RemoteFile, folder: Path) -> Path:
    import pooch
    from requests.exceptions import RequestException

    part = folder / f"{file.name}.part"
    reasons = []

    def download(url, output_file, _pooch):
        _complete(url, part, file.size)
        os.replace(part, output_file)

    for url in file.mirrors:
        resumed = True
        while resumed:
            resumed = part.exists()  # the bytes of an earlier attempt: if the sum is wrong, the fault may be theirs
            try:
                with _quiet_pooch():
                    return Path(pooch.retrieve(url, file.checksum, file.name, folder, downloader=download))
            except (_Broken, RequestException) as error:
                reasons.append(f"{urlsplit(url).netloc}: {_in_words(error)}")
                break
            except ValueError:  # pooch's word for a checksum that does not agree; the file is gone already
                if not resumed:
                    reasons.append(f"{urlsplit(url).netloc}: wrong checksum (expected {file.checksum})")
    raise DataError(f"could not download {file.name} ({'; '.join(reasons)})")


def _complete(url: str, part: Path, size: int) -> None:
    """Append to `part` until it holds `size` bytes or the mirror says that its file ends."""
    from requests.exceptions import RequestException

    for attempt in range(ATTEMPTS):
        have = _bytes_in(part)
        if have > size:
            part.unlink()
            have = 0
        if have == size:
            return
        try:
            return _append(url, part, have, size)
        except (_Broken, RequestException):
            if _bytes_in(part) <= have or attempt == ATTEMPTS - 1:
                raise


def _append(url: str, part: Path, have: int, size: int) -> None:
    """One request. The bytes are kept as sent: a mirror that offers to compress is told not to (identity)."""
    import requests

    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
        if response.status_code == 416:  # the mirror's file is shorter than what is here: not the same file
            part.unlink()
        if response.status_code not in (200, 206):
            raise _Broken(f"HTTP {response.status_code}")
        if response.status_code == 200:  # a mirror that knows no Range starts over
            have = 0
        with part.open("ab" if have else "wb") as out, _bar(part, have, size) as progress:
            for chunk in _chunks(response):
                out.write(chunk)
                progress.update(len(chunk))
                have += len(chunk)
                if have > size:
                    return  # more than the file holds: the checksum will say that it is another one
        if have < size and "Content-Length" not in response.headers:
            raise _Broken("the connection broke off")


def _chunks(response) -> Iterator[bytes]:
    from urllib3.exceptions import HTTPError

    try:
        yield from response.raw.stream(CHUNK_BYTES, decode_content=False)
    except HTTPError:  # also fewer bytes than Content-Length announced
        raise _Broken("the connection broke off") from None


def _bytes_in(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _bar(part: Path, have: int, size: int):
    return bar(size, part.name.removesuffix(".part"), unit="B", done=have, in_notebook=True)


def _in_words(error: Exception) -> str:
    from requests import exceptions

    if isinstance(error, exceptions.Timeout):
        return "no answer"
    if isinstance(error, exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(error, exceptions.ConnectionError):
        return "no connection"
    return str(error) if isinstance(error, _Broken) else type(error).__name__


@contextlib.contextmanager
def _quiet_pooch() -> Iterator[None]:
    """The bar says what is being fetched; pooch's line with the path of the cache need not."""
    import pooch

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time fetches into `folder`; the others wait and then find the file there.

    Where there are no advisory locks (Windows, some network drives) two may write one .part: the checksum refuses it.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (folder / ".lock").open("w") as handle:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
