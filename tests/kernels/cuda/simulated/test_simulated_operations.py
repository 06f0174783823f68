"""Every operation on arrays of the (simulated) GPU: equals the textbook, same errors as on the CPU, same bits every time."""

import numpy as np
import pytest
from agreement import assert_agrees, examples, wide
from hypothesis import given
from hypothesis import strategies as st
from surface import CASES, GENERATOR_SEED, arguments_of

import convlab.functional as F
from convlab import backend, errors
from convlab import reference as R
from convlab.kernels.cuda import launch

DTYPES = [np.float32, np.float64]


def changed(value, change):
    "arrays of a value, changed; inside a saved state too"
    if isinstance(value, F.BatchNormSaved):
        return F.BatchNormSaved(*(changed(part, change) for part in value))
    return change(value) if isinstance(value, np.ndarray) or backend.on_gpu(value) else value


def on_gpu(values):
    return [changed(value, backend.to_device) for value in values]


def flat(result):
    if isinstance(result, tuple):
        return [array for part in result for array in flat(part)]
    return [result]


def with_rng(options):
    return {**options, "rng": np.random.default_rng(GENERATOR_SEED)} if "rng" in options else options


def textbook_and_gpu(name, arguments, options):
    """(results of the textbook, results on the GPU), flat; the textbook computes in float64."""
    textbook, gpu = [changed(a, wide) for a in arguments], on_gpu(arguments)
    if name == "dropout":  # the GPU draws its own mask
        got = F.dropout(*gpu, **with_rng(options))
        mask = backend.to_host(got[1])
        assert set(np.unique(mask)) == {0, mask.dtype.type(1 / (1 - arguments[1]))}
        return (arguments[0] * mask, mask), got
    if name == "batch_norm_grad":  # what the forward pass saves is its own affair
        dy, x, weight = textbook[0], textbook[1].x, textbook[1].weight
        saved = [f.batch_norm(*values, None, None, None, training=True)[1]
                 for f, values in ((R, (x, weight)), (F, on_gpu([arguments[1].x, arguments[1].weight])))]  # fmt: skip
        return R.batch_norm_grad(dy, saved[0]), F.batch_norm_grad(gpu[0], saved[1])
    results = getattr(R, name)(*textbook, **with_rng(options)), getattr(F, name)(*gpu, **with_rng(options))
    if name == "batch_norm":  # what changes in place belongs to the result
        return (results[0][0], *textbook[3:]), (results[1][0], *gpu[3:])
    return results


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_equals_the_textbook(name, dtype):
    expected, got = textbook_and_gpu(name, *arguments_of(name, n=1, dtype=dtype))
    for mine, wanted in zip(flat(got), flat(expected), strict=True):
        if not backend.on_gpu(mine):
            assert mine == pytest.approx(wanted, rel=1e-6)
        elif mine.dtype == np.int64:
            np.testing.assert_array_equal(backend.to_host(mine), wanted)
        else:
            assert_agrees(backend.to_host(mine), wanted, dtype)


@pytest.mark.parametrize("name", CASES)
def test_results_lie_on_the_gpu_and_are_the_same_every_time(name):
    arguments, options = arguments_of(name, n=1)
    results = [flat(getattr(F, name)(*on_gpu(arguments), **with_rng(options))) for _ in range(2)]
    for first, second in zip(*results, strict=True):
        if isinstance(first, (bool, float)):
            assert first == second
        else:
            assert backend.on_gpu(first)
            np.testing.assert_array_equal(backend.to_host(first), backend.to_host(second))


@pytest.mark.parametrize("name", CASES)
def test_the_size_of_blocks_changes_nothing(name, monkeypatch):
    arguments, options = arguments_of(name, n=1)
    results = []
    for threads in (8, 5):
        monkeypatch.setattr(launch, "THREADS", threads)
        results.append([backend.copy_of(a) for a in flat(getattr(F, name)(*on_gpu(arguments), **with_rng(options)))
                        if backend.on_gpu(a)])  # fmt: skip
    for first, second in zip(*results, strict=True):
        np.testing.assert_allclose(first, second, rtol=2e-6, atol=2e-6)


def test_the_gpu_draws_numbers_that_look_uniform():
    draw = lambda seed, dtype: backend.to_host(
        backend.uniform(np.random.default_rng(seed), backend.to_device(np.zeros(4000, dtype)))
    )
    numbers = draw(1, np.float32)
    assert numbers.dtype == np.float32 and numbers.min() >= 0 and numbers.max() < 1
    counts = np.histogram(numbers, 20, (0, 1))[0]
    assert ((counts - 200) ** 2 / 200).sum() < 43.8  # chi squared with 19 degrees of freedom, one in a thousand
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.06
    np.testing.assert_array_equal(numbers, draw(1, np.float64))
    assert (numbers != draw(2, np.float32)).mean() > 0.99


@pytest.mark.skipif(not launch.SIMULATED, reason="instructions of a GPU are not called from Python")
def test_the_generator_is_splitmix64():
    """The first numbers of seed 1234567, as its authors' program gives them."""
    from convlab.kernels.cuda.ptx import random_bits

    first = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [random_bits(1234567, i) for i in range(3)] == [number >> 40 for number in first]


# ------------------------------------------------------------------------------------------------ random shapes
@st.composite
def axes(draw):
    kernel, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    stride, padding = draw(st.integers(1, 4)), draw(st.integers(0, 4))
    least = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
    return draw(st.integers(least, least + 3)), kernel, stride, padding, dilation


@st.composite
def convolutions(draw):
    size, kernel, stride, padding, dilation = zip(*(draw(axes()) for _ in range(2)))
    groups, per_group, lanes = (draw(st.integers(1, 2)) for _ in range(3))
    x_shape = draw(st.integers(0, 2)), groups * per_group, *size
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return x_shape, (groups * lanes, per_group, *kernel), options, draw(st.integers(0, 2**32 - 1))


@examples(25)
@given(convolutions())
def test_convolutions_of_any_shape(case):
    x_shape, w_shape, options, seed = case
    rng = np.random.default_rng(seed)
    x, w, b = (rng.standard_normal(shape) for shape in (x_shape, w_shape, w_shape[:1]))
    y = R.conv2d(x, w, b, **options)
    dy = rng.standard_normal(y.shape)
    X, W, B, DY = on_gpu([x, w, b, dy])
    assert_agrees(backend.to_host(F.conv2d(X, W, B, **options)), y, np.float64)
    dx = F.conv2d_grad_input(DY, W, x_shape, **options)
    assert_agrees(backend.to_host(dx), R.conv2d_grad_input(dy, w, x_shape, **options), np.float64)
    dw = F.conv2d_grad_weight(DY, X, w_shape, **options)
    assert_agrees(backend.to_host(dw), R.conv2d_grad_weight(dy, x, w_shape, **options), np.float64)


@st.composite
def poolings(draw):
    kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    options = {
        "stride": (draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        "padding": tuple(draw(st.integers(0, k // 2)) for k in kernel),
        "ceil_mode": draw(st.booleans()),
    }
    size = tuple(k + draw(st.integers(0, 4)) for k in kernel)
    return (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *size), kernel, options, draw(st.integers(0, 2**32 - 1))


@examples(25)
@given(poolings())
def test_poolings_of_any_shape_with_ties_and_nan(case):
    x_shape, kernel, options, seed = case
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 2, x_shape).astype(float)  # ties
    x[rng.random(x_shape) < 0.1] = np.nan
    X = backend.to_device(x)
    y, argmax = R.max_pool2d(x, kernel, **options)
    Y, ARGMAX = F.max_pool2d(X, kernel, **options)
    np.testing.assert_array_equal(backend.to_host(Y), y)
    np.testing.assert_array_equal(backend.to_host(ARGMAX), argmax)
    dy = rng.standard_normal(y.shape)
    dx = R.max_pool2d_grad(dy, argmax, x_shape)
    for places in (ARGMAX, backend.to_device(argmax)):  # with its windows, and without
        np.testing.assert_allclose(backend.to_host(F.max_pool2d_grad(backend.to_device(dy), places, x_shape)), dx)
    options["count_include_pad"] = bool(rng.integers(2))
    np.testing.assert_allclose(backend.to_host(F.avg_pool2d(X, kernel, **options)), R.avg_pool2d(x, kernel, **options))
    shared = F.avg_pool2d_grad(backend.to_device(dy), x_shape, kernel, **options)
    np.testing.assert_allclose(backend.to_host(shared), R.avg_pool2d_grad(dy, x_shape, kernel, **options), atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_an_empty_batch(name):
    arguments, options = arguments_of(name, n=1)
    try:
        empty = [a[:0] if isinstance(a, np.ndarray) and a.ndim > 1 and a.shape[0] == 1 else a for a in arguments]
        expected = getattr(F, name)(*empty, **with_rng(options))
    except errors.ConvlabError as error:
        with pytest.raises(type(error)) as raised:
            getattr(F, name)(*on_gpu(empty), **with_rng(options))
        assert str(raised.value) == str(error)
        return
    for mine, wanted in zip(flat(getattr(F, name)(*on_gpu(empty), **with_rng(options))), flat(expected), strict=True):
        if backend.on_gpu(mine):
            assert mine.shape == wanted.shape


# ------------------------------------------------------------------------------------------------ bad input
def bad_calls():
    from bad_names import NAMES
    from test_functional_bad_input import calls

    for parameters in calls():
        call, error, message = parameters.values
        if "gpu" in call or "read_only" in call:  # there are no read-only arrays on a GPU
            continue
        yield pytest.param(call, error, message, NAMES, id=call)


@pytest.mark.parametrize(("call", "error", "message", "names"), list(bad_calls()))
def test_bad_input_gives_the_same_errors_as_on_the_cpu(call, error, message, names):
    """The call of the table with its arrays moved to the GPU where it takes them; the message is the same, word for word."""

    class Moving:
        "an operation that moves float and integer arrays to the GPU before it is called"

        def __init__(self, function):
            self.function = function

        def __call__(self, *arguments, **options):
            return self.function(*on_gpu_if_numbers(arguments), **options)

    operations = {name: Moving(getattr(F, name)) for name in CASES}
    with pytest.raises(getattr(errors, error)) as raised:
        eval(call, {**vars(F), **names, **operations})
    assert str(raised.value) == message


def on_gpu_if_numbers(values):
    "the arrays on the GPU, unless there is one that a GPU cannot hold"
    arrays = [v for v in values if isinstance(v, np.ndarray)]
    return on_gpu(values) if all(a.dtype.kind in "fiub" for a in arrays) else values


@pytest.mark.parametrize("name", CASES)
def test_mixed_devices_are_refused_and_the_culprit_named(name):
    arguments, options = arguments_of(name, n=1)
    places = [i for i, a in enumerate(arguments) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    for place in places[1:]:
        mixed = on_gpu(arguments)
        mixed[place] = arguments[place]
        with pytest.raises(errors.BackendError, match=rf"^{name}: \w+ lies on the CPU but \w+ on a GPU; use convlab\."):
            getattr(F, name)(*mixed, **with_rng(options))


# ------------------------------------------------------------------------------------------------ arrays
def test_views_are_taken_as_they_are_and_what_is_not_contiguous_is_copied():
    x = np.arange(96, dtype=np.float32).reshape(2, 3, 4, 4)
    X = backend.to_device(x)
    assert backend.to_device(X) is X
    _, same = backend.bind("test", x=X)
    assert same is X
    part = X[:, 1:, ::2]
    np.testing.assert_array_equal(backend.to_host(F.relu(part)), x[:, 1:, ::2])


@pytest.mark.parametrize("value", [None, [1.0], 3.0, np.array("text"), np.array([None]), np.array([1j])])
def test_what_is_no_array_of_numbers_does_not_go_to_the_gpu(value):
    with pytest.raises(errors.DtypeError, match=r"^to_device: expected a NumPy array of numbers"):
        backend.to_device(value)


def test_a_full_memory_is_a_clear_error_and_the_process_goes_on(monkeypatch):
    from convlab.kernels.cuda import memory

    x = backend.to_device(np.ones((1, 1, 4, 4), np.float32))

    def full(*arguments):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(memory.cuda, "device_array", full)
        patched.setattr(memory, "_from_shelf", full)
        with pytest.raises(
            errors.BackendError, match=r"^out of memory on the GPU: an array of 0 MB.*use smaller batches"
        ):
            F.relu(x)
    np.testing.assert_array_equal(backend.to_host(F.relu(x)), 1)
