"""Room for results and for intermediate ones.

Fresh memory costs a page fault every 4 KB. So intermediate results go to a work space that each thread keeps between calls
(two threads may compute at once), and large arrays begin where a line of the cache begins.
"""

import math
import threading

import numpy as np

CACHE_LINE = 64  # bytes
HUGE_PAGE = 1 << 21
LARGE = 1 << 16  # bytes; smaller arrays are not worth the care

_own = threading.local()


def empty(shape: int | tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A new array with anything in it; a large one is aligned to a line of the cache."""
    dtype = np.dtype(dtype)
    size = math.prod(shape if isinstance(shape, tuple) else (shape,)) * dtype.itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    room = np.empty(size + CACHE_LINE, np.uint8)
    return np.ndarray(shape, dtype, room, -room.ctypes.data % CACHE_LINE)


def workspace(name: str, size: int, dtype: np.dtype) -> np.ndarray:
    """Room for `size` numbers that this thread keeps between calls under this name. What it held before is still there.

    Aligned to 2 MB, so that the system can back it with huge pages.
    """
    key = name, np.dtype(dtype)
    rooms = _own.__dict__
    if key not in rooms or rooms[key].size < size:
        page = HUGE_PAGE // key[1].itemsize
        rooms.pop(key, None)  # freed first
        room = np.empty(max(size, page) + page, dtype)
        rooms[key] = room[-room.ctypes.data % HUGE_PAGE // key[1].itemsize :]
    return rooms[key][:size]
