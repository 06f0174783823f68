"""Bad input raises one named error, on one line, that says who, what was expected, what came and the mend."""

import re
from pathlib import Path

import numpy as np
import pytest
from agreement import examples
from bad_names import NAMES, OnGPU
from hypothesis import given
from hypothesis import strategies as st
from surface import CASES, arguments_of

import convlab.functional as F
from convlab import backend, errors
from convlab.errors import ConvlabError


def calls():
    "(call, error, message) from the table"
    lines = (Path(__file__).parent / "bad_input.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    for call, expected in zip(lines[::2], lines[1::2], strict=True):
        error, message = expected.strip().split(": ", 1)
        yield pytest.param(call, error, message, id=call)


def why_no_gpu():
    "what is wrong with the GPU of this machine, in the words of the library"
    try:
        backend.kernels("cuda")
    except errors.BackendError as error:
        return str(error)
    pytest.skip("there is a GPU here")


@pytest.mark.parametrize(("call", "error", "message"), list(calls()))
def test_bad_call_raises_this_error(call, error, message):
    if "{no GPU}" in message:
        message = message.replace("{no GPU}", why_no_gpu())
    with pytest.raises(getattr(errors, error)) as raised:
        eval(call, {**vars(F), **NAMES})
    assert str(raised.value) == message
    assert message.startswith(f"{call.split('(')[0]}: ")


def test_the_table_names_every_operation():
    text = (Path(__file__).parent / "bad_input.txt").read_text(encoding="utf-8")
    assert {call.split("(")[0] for call in re.findall(r"^\w+\(", text, re.MULTILINE)} == set(CASES)


def test_errors_are_those_a_numpy_user_expects():
    with pytest.raises(ValueError):
        F.conv2d(NAMES["x"], NAMES["dy"])
    with pytest.raises(TypeError):
        F.relu([1.0])


# ------------------------------------------------------------------------------------------------ every operation
def assert_named(name, call):
    """`call` works or raises a convlab error, on one line of bearable length, that names the operation."""
    try:
        call()
    except ConvlabError as error:
        assert str(error).startswith(f"{name}: ")
        assert "\n" not in str(error) and len(str(error)) < 400
        return error
    return None


NOT_FLOAT_ARRAYS = {
    "None": lambda a: None,
    "list": lambda a: a.tolist(),
    "number": lambda a: 1.0,
    "text": lambda a: "array",
    "on a GPU": lambda a: OnGPU(),
    "int": lambda a: a.astype(int),
    "unsigned": lambda a: a.astype(np.uint8),
    "bool": lambda a: a.astype(bool),
    "object": lambda a: a.astype(object),
    "complex": lambda a: a.astype(complex),
    "half": lambda a: a.astype(np.float16),
    "text array": lambda a: a.astype(str),
    "dates": lambda a: a.astype("M8[s]"),
    "structured": lambda a: np.zeros(a.shape, [("r", "f4"), ("g", "f4")]),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NaN as uint8
@pytest.mark.parametrize("name", CASES)
def test_what_is_no_float_array_is_refused(name):
    arguments, options = arguments_of(name)
    arrays = [i for i, value in enumerate(arguments) if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    for kind, change in NOT_FLOAT_ARRAYS.items():
        for place in arrays[:1] if kind == "None" else arrays:  # b, weight, bias may be None
            changed = [*arguments[:place], change(arguments[place]), *arguments[place + 1 :]]
            error = assert_named(name, lambda changed=changed: getattr(F, name)(*changed, **options))
            assert isinstance(error, (errors.DtypeError, errors.BackendError)), f"{kind} as argument {place}"


@pytest.mark.parametrize("name", CASES)
def test_float_types_do_not_mix(name):
    arguments, options = arguments_of(name)
    places = [i for i, value in enumerate(arguments) if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    for place in places[1:]:
        changed = [*arguments[:place], arguments[place].astype(np.float64), *arguments[place + 1 :]]
        with pytest.raises(errors.DtypeError, match=f"^{name}: .*float32.*float64"):
            getattr(F, name)(*changed, **options)


SHAPES = {
    "an axis more": lambda a: a[np.newaxis],
    "an axis less": lambda a: a[0] if a.ndim else a,
    "0-d": lambda a: np.array(1, a.dtype),
    "flat": lambda a: a.reshape(-1),
    "one longer in the first axis": lambda a: np.concatenate([a, a[:1]]),
    "one longer in the second axis": lambda a: np.concatenate([a, a[:, :1]], 1) if a.ndim > 1 else a,
    "empty": lambda a: a[:0],
    "empty in the last axis": lambda a: a[..., :0],
    "many axes": lambda a: a.reshape((1,) * (32 - a.ndim) + a.shape),
}


@pytest.mark.parametrize("name", CASES)
def test_another_shape_works_or_is_named(name):
    arguments, options = arguments_of(name)
    for place, value in enumerate(arguments):
        for change in SHAPES.values() if isinstance(value, np.ndarray) else ():
            changed = [*arguments[:place], change(value), *arguments[place + 1 :]]
            assert_named(name, lambda changed=changed: getattr(F, name)(*changed, **options))


ODD_NUMBERS = [
    0,
    -1,
    1.5,
    True,
    None,
    "2",
    "same",
    b"2",
    (1,),
    (1, 2, 3),
    [2, None],
    2**31,
    2**63,
    2**64,
    -(2**63),
    10**30,
]
ODD_NUMBERS += [
    float("nan"),
    float("inf"),
    1j,
    np.float64(2),
    np.int8(2),
    np.array(2),
    np.array([2, 2]),
    {},
    object,
    ...,
]
OPTIONS = ["stride", "padding", "dilation", "groups", "output_padding", "kernel_size", "ceil_mode", "count_include_pad"]
OPTIONS += ["size", "alpha", "beta", "k", "momentum", "eps", "training", "negative_slope", "axis", "p", "rng"]
OPTIONS += ["x_shape", "w_shape", "labels", "argmax", "saved"]


def options_of(name):
    code = getattr(F, name).__code__
    return [option for option in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if option in OPTIONS]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # an infinite alpha, in Python's own loops
@pytest.mark.parametrize(("name", "option"), [(name, option) for name in CASES for option in options_of(name)])
def test_odd_options_work_or_are_named(name, option):
    code = getattr(F, name).__code__
    for odd in ODD_NUMBERS:
        arguments, options = arguments_of(name)
        given = dict(zip(code.co_varnames, arguments)) | options | {option: odd}
        assert_named(name, lambda given=given: getattr(F, name)(**given))


@pytest.mark.parametrize(
    "name", [name for name in CASES if "x_shape" in options_of(name) or "w_shape" in options_of(name)]
)
def test_odd_shapes_are_named(name):
    code = getattr(F, name).__code__
    (option,) = {"x_shape", "w_shape"} & set(options_of(name))
    sizes = [
        (),
        (0,) * 4,
        (1,) * 4,
        (2, 3, 2**40, 2**40),
        (2**62,) * 4,
        (0, 1, 2**70, 2),
        (2, 3, -9, 8),
        (2.0, 3, 9, 8),
    ]
    for shape in [*sizes, "2398", ("2", "3", "9", "8"), {}, (None,) * 4, np.array([2, 3, 9, 8]), (2, 3, 9, 8, 1), 5]:
        arguments, options = arguments_of(name)
        given = dict(zip(code.co_varnames, arguments)) | options | {option: shape}
        assert_named(name, lambda given=given: getattr(F, name)(**given))


# ------------------------------------------------------------------------------------------------ no crash
TINY = st.lists(st.integers(0, 4), min_size=0, max_size=5).map(tuple)
SMALL = st.one_of(st.integers(-1, 5), st.tuples(st.integers(0, 4), st.integers(0, 4)))


def four(draw, letters=4):
    return draw(st.one_of(TINY, st.tuples(*[st.integers(0, 4)] * letters), st.tuples(*[st.integers(1, 4)] * letters)))


def garbage(draw, name):
    "arguments of the right kind and of any size"
    code = getattr(F, name).__code__
    given = {}
    for option in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        if option in (
            "x",
            "w",
            "b",
            "dy",
            "y",
            "weight",
            "bias",
            "running_mean",
            "running_var",
            "mask",
            "logits",
            "kernel",
        ):
            rank = (
                1 if option in ("b", "weight", "bias", "running_mean", "running_var") else 2 if "linear" in name else 4
            )
            given[option] = np.ones(four(draw, 3 if "1d" in name and rank == 4 else rank), np.float32)
        elif option in ("x_shape", "w_shape"):
            given[option] = four(draw, 3 if "1d" in name else 4)
        elif option in ("argmax", "labels"):
            given[option] = draw(st.integers(-3, 20)) + np.zeros(four(draw, 4 if option == "argmax" else 1), int)
        elif option in ("stride", "padding", "dilation", "output_padding", "kernel_size", "groups", "size", "axis"):
            given[option] = draw(SMALL)
        elif option in ("ceil_mode", "count_include_pad", "training"):
            given[option] = draw(st.booleans())
        elif option == "p":
            given[option] = 0.5
        elif option == "rng":
            given[option] = np.random.default_rng(0)
        elif option == "saved":
            C = four(draw, 1)
            given[option] = F.BatchNormSaved(
                np.ones(four(draw), np.float32), *[np.ones(C)] * 2, np.ones(C, np.float32), True
            )
    return given


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", CASES)
@examples(40)
@given(data=st.data())
def test_garbage_works_or_is_named(name, data):
    given = garbage(data.draw, name)
    assert_named(name, lambda: getattr(F, name)(**given))


def test_a_full_memory_is_a_memory_error():
    x = np.zeros((1, 1, 1, 1), np.float32)
    with pytest.raises(MemoryError):
        F.conv2d(x, x, padding=2**22)


def test_a_message_stays_short_whatever_came():
    for odd in (np.zeros((50, 50)), [1] * 10_000, "x" * 10_000, 10**9_000, {i: i for i in range(1000)}):
        error = assert_named("conv2d", lambda odd=odd: F.conv2d(NAMES["x"], NAMES["w"], stride=odd))
        assert error is not None
