"""Checks of arguments, made once, by the public functions: each raises one line that says who, what and the mend."""

import math
import numbers
import operator
from typing import Any

import numpy as np

from convlab import geometry
from convlab.errors import ArgumentError, DtypeError, ShapeError

Pair = tuple[int, int]
LARGEST = 2**31 - 1  # of strides, kernels and the like: two of them multiplied still fit a 64-bit index
MOST_NUMBERS = 2**56  # in one array: 256 petabytes of float32


def shown(value: Any) -> str:
    """`value` as it is shown in a message: on one line, and not long."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python does not write out ints of thousands of digits
        text = f"{type(value).__name__} too long to show"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _index(value: Any) -> int:
    "`value` as an int; True is no number here: Conv2d(1, 6, 5, True) means bias, and would be stride"
    if isinstance(value, bool):
        raise TypeError
    return operator.index(value)


def integer(op: str, name: str, value: Any, least: int, most: int | None = None) -> int:
    """`value` as an int from `least` to `most`. Floats are refused, even whole ones, as in PyTorch; so are bools."""
    try:
        number = _index(value)
    except TypeError:
        raise ArgumentError(f"{op}: {name} must be an int, got {shown(value)}") from None
    if number < least:
        raise ArgumentError(f"{op}: {name} must be at least {least}, got {shown(number)}")
    if most is not None and number > most:
        raise ArgumentError(f"{op}: {name} must be at most {most}, got {shown(number)}")
    return number


def pair(op: str, name: str, value: Any, least: int) -> Pair:
    """`value`, an int or a pair (height, width) of ints, as a pair."""
    values = value if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ArgumentError(f"{op}: {name} must be an int or a pair (height, width), got {shown(value)}")
    try:
        height, width = (_index(v) for v in values)
    except TypeError:
        raise ArgumentError(
            f"{op}: {name} must be an int or a pair (height, width) of ints, got {shown(value)}"
        ) from None
    if min(height, width) < least:
        raise ArgumentError(f"{op}: {name} must be at least {least}, got {shown(value)}")
    if max(height, width) > LARGEST:
        raise ArgumentError(f"{op}: {name} must be at most {LARGEST}, got {shown(value)}")
    return height, width


def number(op: str, name: str, value: Any, low: float, high: float = float("inf")) -> float:
    """`value` as a float in [low, high]; NaN is no number, and neither is text."""
    try:
        result = float(value) if isinstance(value, numbers.Real) else None
    except OverflowError:  # an int of hundreds of digits
        result = None
    if result is None or math.isnan(result):
        raise ArgumentError(f"{op}: {name} must be a number, got {shown(value)}")
    if not low <= result <= high:
        allowed = f"at least {low:g}" if high == float("inf") else f"from {low:g} to {high:g}"
        raise ArgumentError(f"{op}: {name} must be {allowed}, got {shown(value)}")
    return result


def flag(op: str, name: str, value: Any) -> bool:
    """`value` as a bool, which it must be."""
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{op}: {name} must be True or False, got {shown(value)}")
    return bool(value)


def rank(op: str, name: str, array: Any, letters: str) -> tuple[int, ...]:
    """The shape of `array`, which has one axis per letter, e.g. "NCHW"."""
    if array.ndim != len(letters):
        mend = f"; for one image use {name}[np.newaxis]" if letters[0] == "N" and array.ndim == len(letters) - 1 else ""
        raise ShapeError(
            f"{op}: {name} must have {len(letters)} axes ({', '.join(letters)}), got {array.ndim}: {array.shape}{mend}"
        )
    return array.shape


def shape(op: str, name: str, value: Any, letters: str) -> tuple[int, ...]:
    """`value` as a shape: one non-negative int per letter."""
    try:
        sizes = tuple(operator.index(v) for v in value)
    except TypeError:
        sizes = ()
    if len(sizes) != len(letters) or min(sizes) < 0:
        raise ShapeError(f"{op}: {name} must be {len(letters)} sizes ({', '.join(letters)}), got {shown(value)}")
    fits(op, name, sizes)
    return sizes


def fits(op: str, name: str, sizes: tuple[int, ...]) -> None:
    """Raise if no machine could hold an array of this shape; NumPy would fail with a message of its own."""
    if math.prod(max(1, size) for size in sizes) > MOST_NUMBERS:
        raise ShapeError(f"{op}: {name} would have shape {shown(tuple(sizes))}, more numbers than any memory holds")


def same_shape(op: str, name: str, got: tuple, expected: tuple, why: str) -> None:
    if tuple(got) != tuple(expected):
        raise ShapeError(f"{op}: {name} must have shape {tuple(expected)}, {why}, got {tuple(got)}")


def padding_pairs(op: str, padding: Any, kernel: Pair, stride: Pair, dilation: Pair) -> tuple[Pair, Pair]:
    """Zeros (before, after) along height and width, for an int, a pair, "same" or "valid"."""
    if isinstance(padding, str):
        if padding == "valid":
            return (0, 0), (0, 0)
        if padding != "same":
            raise ArgumentError(f'{op}: padding must be an int, a pair, "same" or "valid", got {shown(padding)}')
        if stride != (1, 1):
            raise ArgumentError(
                f'{op}: padding="same" needs stride 1, got stride {stride}; give the padding as numbers'
            )
        return geometry.same_padding(kernel[0], dilation[0]), geometry.same_padding(kernel[1], dilation[1])
    height, width = pair(op, "padding", padding, 0)
    return (height, height), (width, width)


def dtype_name(value: Any) -> str:
    return str(getattr(value, "dtype", type(value).__name__))


def kind(value: Any) -> str:
    """The letter of NumPy for what an array holds, "" if it is no array."""
    return getattr(getattr(value, "dtype", None), "kind", "") if hasattr(value, "shape") else ""


def labels(op: str, name: str, value: Any) -> None:
    """Raise unless `value` is an array of integers."""
    if kind(value) not in ("i", "u"):
        raise DtypeError(
            f"{op}: {name} must be an array of integers, got {dtype_name(value)}; use np.asarray({name}, dtype=np.int64)"
        )
