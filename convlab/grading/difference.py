"""Where two arrays differ, in one sentence. Each function looks for one pattern and says nothing ("") without it."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from convlab.grading.verdict import Answer


def number(value: float, digits: int = 4) -> str:
    """A number in a few digits; what only rounding keeps from 0 is 0, so that every machine prints the same.

    >>> number(1 / 3), number(-1e-17), number(0.1 + 0.2 - 0.3)
    ('0.3333', '0', '0')
    """
    return f"{0.0 if abs(value) < 1e-9 else value:.{digits}g}"


def close(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    """Same shape, and no error above `tolerance` times the largest number wanted. NaN equals NaN, infinity itself."""
    return got.shape == want.shape and not wrong_places(got, want, tolerance).any()


def wrong_places(got: np.ndarray, want: np.ndarray, tolerance: float) -> np.ndarray:
    """True where `got` is off. Both have one shape. Numbers that are not finite must be the same, and set no scale."""
    with np.errstate(all="ignore"):
        scale = max(1.0, float(np.abs(want).max(initial=0.0, where=np.isfinite(want))))
        same = (got == want) | (np.isnan(got) & np.isnan(want))
        return ~(same | (np.abs(got - want) <= tolerance * scale))


def difference(
    answer: Answer, want: np.ndarray, axes: Sequence[str], tolerance: float, sizes: Mapping[str, float]
) -> str:
    """How an answer differs from the array wanted; "" if it does not.

    axes : names of the axes, e.g. ("image", "filter", "row", "column")
    sizes : numbers that a wrong factor may be equal to, e.g. {"the batch size": 2}
    """
    if answer.problem:
        return answer.problem[0].upper() + answer.problem[1:] + "."
    if answer.shape != want.shape:
        return _shapes(answer.shape, want.shape, axes)
    with np.errstate(all="ignore"):
        return _values(answer, want, axes, tolerance, sizes)


def _values(answer: Answer, want: np.ndarray, axes: Sequence[str], tolerance: float, sizes: Mapping[str, float]) -> str:
    got = answer.values
    wrong = wrong_places(got, want, tolerance)
    if not wrong.any():
        return ""
    if answer.whole_numbers and close(got, np.trunc(want), tolerance):
        return "The digits after the point are cut off: the array you fill holds whole numbers (use `dtype=float`)."
    looks: tuple[Callable[[], str], ...] = (
        lambda: _not_finite(got, wrong),
        lambda: _all_zero(got),
        lambda: _factor(got, want, tolerance, sizes),
        lambda: _turned(got, want, tolerance),
        lambda: _only_some(wrong, axes),
        lambda: _ring(wrong),
        lambda: _offset(got, want, tolerance, axes),
    )
    return next(filter(None, (look() for look in looks)), "") or _count(got, want, wrong)


def _shapes(got: tuple[int, ...], want: tuple[int, ...], axes: Sequence[str]) -> str:
    if len(got) != len(want):
        named = f" ({', '.join(axes)})" if len(axes) == len(want) else ""
        return f"The result has {len(got)} axes {got} where {len(want)} are expected{named}: {want}."
    if len(want) > 1 and got == (*want[:-2], want[-1], want[-2]):
        return f"The result has shape {got} where {want} is expected: the last two axes have changed places."
    names = axes if len(axes) == len(want) else [f"axis {k}" for k in range(len(want))]
    off = [f"{a} {_plural(name, a)} where {b} {_are(b)} expected" for name, a, b in zip(names, got, want) if a != b]
    return f"The result has shape {got} where {want} is expected: {', '.join(off)}."


def _plural(name: str, count: int) -> str:
    return name if count == 1 or name.startswith("axis") else f"{name}s"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _not_finite(got: np.ndarray, wrong: np.ndarray) -> str:
    bad = int((wrong & ~np.isfinite(got)).sum())
    if not bad:
        return ""
    return f"{bad} of {got.size} numbers {_are(bad)} NaN or infinite: look for a division by zero or an empty array."


def _all_zero(got: np.ndarray) -> str:
    return "All numbers are 0: is the array filled at all?" if not got.any() else ""


def _factor(got: np.ndarray, want: np.ndarray, tolerance: float, sizes: Mapping[str, float]) -> str:
    """One factor for all numbers, and what it may be."""
    dot = float((got * want).sum())
    factor = dot / float((want * want).sum()) if want.any() else 0.0
    if (
        want.size < 2
        or factor == 0
        or not np.isfinite(factor)
        or not close(got, factor * want, tolerance * abs(factor))
    ):
        return ""
    if abs(factor + 1) < tolerance:
        return "Every number has the wrong sign."
    for name, size in sizes.items():
        if abs(factor / size - 1) < tolerance:
            return f"Every number is {factor:.4g} times too large: exactly {name}."
        if abs(factor * size - 1) < tolerance:
            return f"Every number is {1 / factor:.4g} times too small: exactly {name}."
    return f"Every number is {factor:.4g} times what is expected."


def _turned(got: np.ndarray, want: np.ndarray, tolerance: float) -> str:
    """The right numbers in the wrong places."""
    if want.ndim == 0:
        return ""
    if want.ndim == 1:
        return "The numbers are right, but in reverse order." if close(got, want[::-1], tolerance) else ""
    moved = {
        "rows and columns have changed places": np.swapaxes(want, -1, -2),
        "they are upside down": want[..., ::-1, :],
        "left and right have changed places": want[..., ::-1],
        "they are rotated by 180 degrees": want[..., ::-1, ::-1],
    }
    for words, array in moved.items():
        if close(got, array, tolerance):
            return f"The numbers are right, but {words}."
    return ""


def _only_some(wrong: np.ndarray, axes: Sequence[str]) -> str:
    """Right or wrong slice by slice along one axis; a wrong slice is one where most numbers are wrong."""
    if len(axes) != wrong.ndim:
        return ""
    for axis, name in enumerate(axes):
        share = np.moveaxis(wrong, axis, 0).reshape(wrong.shape[axis], -1).mean(axis=1)
        bad, size = share > 0, share.size
        if size < 2 or bad.all() or share[bad].min() <= 0.5:
            continue
        good = np.flatnonzero(~bad)
        if good.size == 1:
            others = f"other {name} is" if size == 2 else f"other {size - 1} {name}s are"
            return f"Only {name} {good[0]} is right; the {others} not."
        if bad.sum() == 1:
            where = int(np.flatnonzero(bad)[0])
            last = " (the last)" if where == size - 1 else ""
            return f"Only {name} {where}{last} is wrong; the other {size - 1} {name}s are right."
    return ""


def _ring(wrong: np.ndarray) -> str:
    """Right inside, and mostly wrong along the border of the last two axes."""
    if wrong.ndim < 2:
        return ""
    for width in (1, 2):
        inner = wrong[..., width:-width, width:-width]
        if inner.size and not inner.any() and wrong.sum() > (wrong.size - inner.size) / 2:
            return "The inside is right and only the border is wrong: look at the padding."
    return ""


def _offset(got: np.ndarray, want: np.ndarray, tolerance: float, axes: Sequence[str]) -> str:
    """One number too much everywhere, or one per channel of a batch of images."""
    gap = got - want
    if gap.size > 1 and close(gap, np.full_like(gap, gap.flat[0]), tolerance):
        return f"Every number is off by the same amount, {gap.flat[0]:+.4g}."
    if gap.ndim == len(axes) == 4 and close(gap, np.broadcast_to(gap[:1, :, :1, :1], gap.shape), tolerance):
        name = axes[1]
        return f"Within each {name} every number is off by the same amount: look at what is added once for each {name}."
    return ""


def _count(got: np.ndarray, want: np.ndarray, wrong: np.ndarray) -> str:
    if got.ndim == 0:
        return f"It is {number(got)} where {number(want)} is expected."
    place = tuple(int(k) for k in np.argwhere(wrong)[0])
    first = f"the first at {list(place)}: {number(got[place])} where {number(want[place])} is expected"
    return f"{int(wrong.sum())} of {wrong.size} numbers differ, {first}."
