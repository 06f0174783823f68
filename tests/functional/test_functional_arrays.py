"""What holds for every operation: the type of the arrays stays, their layout does not matter, they are not written to."""

import inspect

import numpy as np
import pytest
from agreement import DISGUISES
from surface import CASES, arguments_of, arrays_in, call

import convlab.functional as F
from convlab import reference as R
from convlab.backend import bind

ALL = pytest.mark.parametrize("name", CASES)
WRITTEN_TO = {"batch_norm": (3, 4)}  # the running statistics


def is_float(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def outputs(name, result):
    "the arrays among the results"
    if name == "batch_norm":
        return [result[0]]
    return [part for part in (result if isinstance(result, tuple) else (result,)) if isinstance(part, np.ndarray)]


def assert_same(got, expected):
    "the same numbers, to the last bit"
    for one, other in zip(arrays_in(got), arrays_in(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_operation_is_here():
    public = {name for name, value in vars(F).items() if inspect.isfunction(value)}
    assert public == set(CASES)
    assert public <= set(vars(R)), "each has its textbook form"


def test_textbook_and_kernels_take_the_same_arguments():
    for name in CASES:
        fast, textbook = (inspect.signature(getattr(module, name)).parameters for module in (F, R))
        assert list(fast) == list(textbook), name
        assert [p.default for p in fast.values()] == [p.default for p in textbook.values()], name
        assert [p.kind for p in fast.values()] == [p.kind for p in textbook.values()], name


@ALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_type_stays_and_results_are_plain_arrays(name, dtype):
    arguments, options = arguments_of(name, dtype=dtype)
    for array in outputs(name, getattr(F, name)(*arguments, **options)):
        assert type(array) is np.ndarray and array.flags.c_contiguous and array.flags.writeable
        assert array.dtype == (np.int64 if array.dtype.kind == "i" else dtype)


@ALL
def test_layout_does_not_matter(name):
    expected = call(name)
    for disguise in DISGUISES.values():
        arguments, options = arguments_of(name)
        arguments = [
            disguise(value) if isinstance(value, np.ndarray) and place not in WRITTEN_TO.get(name, ()) else value
            for place, value in enumerate(arguments)
        ]
        result = getattr(F, name)(*arguments, **options)
        assert_same(result, expected)
        assert all(type(array) is np.ndarray for array in arrays_in(result))


@pytest.mark.parametrize("disguise", DISGUISES)
def test_kernels_get_arrays_of_one_kind(disguise):
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    _, ready = bind("test", x=DISGUISES[disguise](x))
    assert type(ready) is np.ndarray and ready.dtype.isnative
    assert ready.flags.c_contiguous and ready.flags.aligned and ready.flags.writeable  # one type, one compilation
    np.testing.assert_array_equal(ready, x)
    assert np.shares_memory(bind("test", x=x)[1], x)


@ALL
def test_broadcast_arrays_work(name):
    arguments, options = arguments_of(name)
    spread = [np.broadcast_to(a[:1], a.shape) if is_float(a) and a.ndim > 1 else a for a in arguments]
    dense = [np.array(a) if is_float(a) else a for a in spread]
    options |= {"rng": np.random.default_rng(0)} if "rng" in options else {}
    result = getattr(F, name)(*spread, **options)
    options |= {"rng": np.random.default_rng(0)} if "rng" in options else {}
    if name == "batch_norm":
        dense[3:] = arguments_of(name)[0][3:]
    assert_same(result, getattr(F, name)(*dense, **options))


@ALL
def test_arguments_are_left_as_they_were(name):
    arguments, options = arguments_of(name)
    before = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    result = getattr(F, name)(*arguments, **options)
    for place, (after, copy) in enumerate(zip(arguments, before)):
        if isinstance(after, np.ndarray) and place not in WRITTEN_TO.get(name, ()):
            np.testing.assert_array_equal(after, copy)
            assert not any(np.shares_memory(array, after) for array in outputs(name, result))


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"cross_entropy"}))  # its mean does not exist
def test_an_empty_batch_gives_an_empty_result_or_zero_gradients(name):
    arguments, options = arguments_of(name, n=0)
    for array in outputs(name, getattr(F, name)(*arguments, **options)):
        assert array.size == 0 or ("_grad" in name and not array.any())


def test_the_same_array_may_be_every_argument():
    x = np.random.default_rng(0).standard_normal((3, 3, 3, 3))
    np.testing.assert_array_equal(F.conv2d(x, x, padding=1), F.conv2d(x.copy(), x.copy(), padding=1))
    np.testing.assert_array_equal(F.relu_grad(x, x), np.maximum(x, 0))
    square = x[0, 0]
    np.testing.assert_array_equal(
        F.linear(square, square, square[0]), F.linear(square, square.copy(), square[0].copy())
    )


def test_arrays_that_overlap_in_memory():
    memory = np.random.default_rng(0).standard_normal(100).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(memory, 20)[:8].reshape(1, 8, 4, 5)
    overlapping = np.lib.stride_tricks.as_strided(memory, (1, 8, 4, 5), (0, 4, 20, 4))
    np.testing.assert_array_equal(F.relu(overlapping), F.relu(windows))
    np.testing.assert_array_equal(F.max_pool2d(overlapping, 2)[0], F.max_pool2d(windows.copy(), 2)[0])


def test_a_matrix_is_an_array_like_any_other():
    with pytest.warns(PendingDeprecationWarning):
        x = np.matrix([[1.0, -2.0], [3.0, 4.0]])
    y = F.linear(x, x)
    assert type(y) is np.ndarray
    np.testing.assert_array_equal(y, np.asarray(x) @ np.asarray(x).T)
    assert F.relu(x).tolist() == [[1, 0], [3, 4]]
