"""Where batches come from: a Loader, a pair of arrays, or any list of them."""

from collections.abc import Iterable, Iterator
from typing import Any

from convlab.errors import ArgumentError


def batches(data: Any, epoch: int) -> Iterator[tuple[Any, Any]]:
    """A Loader's batches of this epoch, or whatever the iterable gives."""
    return data.batches(epoch) if hasattr(data, "batches") else iter(data)


def as_batches(name: str, data: Any, seed: int, shuffle: bool) -> Any:
    """`data` as something that can be gone through again and again; a pair of arrays becomes a Loader."""
    if isinstance(data, tuple) and len(data) == 2 and hasattr(data[0], "ndim") and hasattr(data[1], "ndim"):
        from convlab.data import Loader

        return Loader(data, seed=seed, shuffle=shuffle)
    if not isinstance(data, Iterable) or isinstance(data, Iterator):
        raise ArgumentError(
            f"fit: {name} must be a convlab.data.Loader, a pair (images, labels) or a list of batches, "
            f"got {type(data).__name__}"
        )
    return data
