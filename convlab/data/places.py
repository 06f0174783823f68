"""Where data sets lie: the learner's own folder (CONVLAB_DATA) first, then the cache (CONVLAB_CACHE moves it)."""

import os
from pathlib import Path

from convlab.errors import DataError


def data_folder() -> Path | None:
    """The folder that the environment variable CONVLAB_DATA names, which holds mnist/, flowers/, ...; None if unset."""
    setting = os.environ.get("CONVLAB_DATA")
    if not setting:
        return None
    folder = Path(setting).expanduser()
    if not folder.is_dir():
        raise DataError(f"CONVLAB_DATA names {folder}, which is not a folder; correct it or unset it")
    return folder


def cache_folder() -> Path:
    """Where downloads and decoded images are kept: CONVLAB_CACHE, or this system's folder for caches."""
    setting = os.environ.get("CONVLAB_CACHE")
    if setting:
        return Path(setting).expanduser()
    import pooch

    return Path(pooch.os_cache("convlab"))


def homes(name: str) -> list[Path]:
    """The folders in which the files of a known data set may lie, in the order to look; not all of them exist."""
    own = data_folder()
    return [cache_folder() / name] if own is None else [own / name, cache_folder() / name]


def where_to_put(name: str) -> str:
    """The end of a message about files of a known set that are missing."""
    own = data_folder()
    if own is None:
        return f"into {cache_folder() / name}, or into {name}/ of a folder that you name in CONVLAB_DATA"
    return f"into {own / name} or {cache_folder() / name}"
