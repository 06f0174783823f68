"""What the tests of the operations share: how close is equal, numerical gradients, arrays of awkward layout."""

import contextlib

import numba
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from convlab.jit import get_threads, set_threads

# max |a - b| / max |b| against a float64 result
TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-10}
DTYPES = st.sampled_from([np.float32, np.float64])
SEEDS = st.integers(0, 2**32 - 1)
COMPILED = not numba.config.DISABLE_JIT


def examples(count):
    """Hypothesis settings for `count` examples, always the same ones; fewer where kernels run as plain Python."""
    return settings(
        max_examples=count if COMPILED else max(5, count // 2),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def normal(rng, shape, dtype=np.float64):
    return rng.standard_normal(shape).astype(dtype)


def wide(value):
    """Arrays of floats as float64, anything else as it is: what the reference is given."""
    return value.astype(np.float64) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value


def error(got, expected):
    """max |got - expected| / max |expected|; a result that cancelled to almost nothing is measured against 0.1."""
    if expected.size == 0:
        return 0.0
    return float(np.abs(got.astype(np.float64) - expected).max() / max(0.1, np.abs(expected).max()))


def assert_agrees(got, expected, dtype):
    """`got` has this type, the shape of `expected`, and its numbers to the tolerance of the type."""
    assert isinstance(got, np.ndarray)
    assert got.dtype == np.dtype(dtype)
    assert got.shape == expected.shape
    assert error(got, wide(expected)) <= TOLERANCE[np.dtype(dtype)]


@contextlib.contextmanager
def threads(n):
    """Kernels use n threads inside."""
    before = get_threads()
    set_threads(n)
    try:
        yield
    finally:
        set_threads(before)


@threads(1)  # thousands of tiny calls: waking a second thread would cost more than they do
def central_differences(f, x, dy, h=1e-5):
    """Gradient of sum(f(x) * dy) by x, one number after another."""
    dx = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        dx[place] = ((f(up) - f(down)) * dy).sum() / (2 * h)
    return dx


def assert_gradient(got, f, x, dy):
    """`got` is the gradient of sum(f(x) * dy) by x."""
    numerical = central_differences(f, x, dy)
    assert got.shape == x.shape
    assert error(got, numerical) <= 1e-6


def assert_adjoint(y, dy, x, dx):
    """<f(x), dy> = <x, adjoint of f (dy)>, for a linear f."""
    size = np.abs(y * dy).sum() + np.abs(x * dx).sum()
    assert abs((y * dy).sum() - (x * dx).sum()) <= 1e-12 * max(1.0, size)


# ------------------------------------------------------------------------------------------------ awkward layouts
def _misaligned(array):
    memory = np.empty(array.nbytes + 1, np.uint8)[1:]
    result = memory.view(array.dtype).reshape(array.shape)
    result[...] = array
    return result


def _read_only(array):
    result = array.copy()
    result.flags.writeable = False
    return result


def _every_second(array):
    result = np.zeros([2 * size for size in array.shape], array.dtype)[tuple(slice(None, None, 2) for _ in array.shape)]
    result[...] = array
    return result


def _backwards(array):
    turn = tuple(slice(None, None, -1) for _ in array.shape)
    return array[turn].copy()[turn]


DISGUISES = {
    "fortran": np.asfortranarray,
    "every second": _every_second,
    "backwards": _backwards,
    "read-only": _read_only,
    "byte-swapped": lambda array: array.astype(array.dtype.newbyteorder()),
    "misaligned": _misaligned,
    "masked": np.ma.asarray,
    "subclass": lambda array: array.view(type("Pixels", (np.ndarray,), {})),
}
