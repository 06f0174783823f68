"""Where the window of each output lies: padding, strides, dilation and groups as plain index arithmetic."""

from collections.abc import Iterator, Sequence

import numpy as np

from convlab.geometry import extent, same_padding


def per_axis(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """One number for each axis: an int stands for all of them.

    >>> per_axis(2, axes=2), per_axis((1, 3), axes=2)
    ((2, 2), (1, 3))
    """
    return (value,) * axes if np.ndim(value) == 0 else tuple(value)


def margins(
    padding: int | Sequence[int] | str, kernel: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """Zeros (before, after) on each axis; "same" and "valid" become numbers here.

    >>> margins(2, (3, 3), (1, 1)), margins("same", (3, 4), (1, 1))
    ([(2, 2), (2, 2)], [(1, 1), (1, 2)])
    """
    if padding == "same":
        return [same_padding(K, d) for K, d in zip(kernel, dilation)]
    if padding == "valid":
        padding = 0
    return [(p, p) for p in per_axis(padding, len(kernel))]


def pad(x: np.ndarray, margin: Sequence[tuple[int, int]]) -> np.ndarray:
    """The images of x (N, C, ...) with a margin of zeros."""
    return np.pad(x, [(0, 0), (0, 0), *margin])


def crop(x: np.ndarray, margin: Sequence[tuple[int, int]]) -> np.ndarray:
    """The images of x (N, C, ...) without their margin: what undoes `pad`."""
    return x[(..., *(slice(before, M - after) for M, (before, after) in zip(x.shape[2:], margin)))]


def taps(i: int, kernel: int, stride: int = 1, dilation: int = 1) -> slice:
    """Pixels of the padded axis that lie under the K taps of window i: s i, s i + d, ..., s i + d (K - 1).

    >>> list(range(10))[taps(2, kernel=3, stride=1, dilation=2)]
    [2, 4, 6]
    """
    return slice(stride * i, stride * i + extent(kernel, dilation), dilation)


def windows(
    y_shape: tuple[int, ...], w_shape: tuple[int, ...], stride: Sequence[int], dilation: Sequence[int], groups: int
) -> Iterator[tuple[tuple[int, ...], tuple]]:
    """For each output (n, o, i[, j]) of a convolution its own index, and the index of its window in the padded input.

    Filter o of w (O, C / groups, KH, KW) belongs to group g = o // (O / groups) and sees that group's channels alone.

    >>> for output, window in windows((1, 1, 2), (1, 1, 3), (2,), (1,), groups=1):
    ...     print(output, window[2:])
    (0, 0, 0) (slice(0, 3, 1),)
    (0, 0, 1) (slice(2, 5, 1),)
    """
    O, CG, *kernel = w_shape
    for n, o, *place in np.ndindex(y_shape):
        g = o // (O // groups)
        channels = slice(g * CG, (g + 1) * CG)
        yield (n, o, *place), (n, channels, *(taps(i, K, s, d) for i, K, s, d in zip(place, kernel, stride, dilation)))
