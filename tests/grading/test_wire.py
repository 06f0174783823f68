"""The border between judge and worker: what crosses comes out the same, and what is made to break the judge does not."""

import io
import json
import pickle

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlab.grading import wire
from convlab.grading.conversation import _answer, _question
from convlab.grading.exercises import EXERCISES
from convlab.grading.wire import LEAD, MAGIC, WireError

ARRAYS = hnp.arrays(
    st.sampled_from(["f8", "f4", "i8", "u1", "?"]), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0)
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def same(a, b):
    if isinstance(a, (np.ndarray, np.generic)):
        return (
            type(a) is type(b)
            and a.dtype == b.dtype
            and a.shape == b.shape
            and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        )
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and a == b


def through(value):
    """A value on its way through a pipe."""
    arrays, stream = [], io.BytesIO()
    tree = wire.pack(value, arrays)
    wire.send(stream, {"value": tree}, arrays)
    stream.seek(0)
    header, blobs = wire.receive(stream)
    assert wire.receive(stream) is None
    return wire.unpack(header["value"], blobs)


@given(VALUES)
def test_values_come_out_as_they_went_in(value):
    assert same(through(value), value)


def test_scalars_and_functions_cross():
    assert type(through(np.float32(0.1))) is np.float32
    assert through(slope)(3.0) == 7.0


def slope(x):
    return np.abs(-x) * 2 + 1


def needs_more(x):
    return slope(x)


@pytest.mark.parametrize("value", [needs_more, lambda x: x, object(), {1, 2}, 1j, np.array([None])], ids=str)
def test_what_cannot_cross_is_refused(value):
    with pytest.raises((WireError, ValueError), match=r"cannot be sent|Object arrays"):
        through(value)


@pytest.mark.parametrize("name", EXERCISES)
def test_every_question_of_the_course_can_be_asked(name):
    exercise = EXERCISES[name]
    probes = exercise.draw(0)
    header, arrays = _question(exercise, [], probes, 0, False)
    stream = io.BytesIO()
    wire.send(stream, header, arrays)
    stream.seek(0)
    header, blobs = wire.receive(stream)
    for probe, (args, kwargs) in zip(probes, header["probes"]):
        assert same(wire.unpack(args, blobs), tuple(probe.args))
        assert same(wire.unpack(kwargs, blobs), dict(probe.kwargs))


# Bytes that were made to do harm --------------------------------------------------------------------------------------


def frame(header, body=b"", lead=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return io.BytesIO((lead or LEAD.pack(MAGIC, len(text), len(body))) + text + body)


DAMAGED = {
    "not a frame": frame(b"", lead=b"hello, judge"),
    "cut short": io.BytesIO(LEAD.pack(MAGIC, 100, 0) + b"{}"),
    "only half a lead": io.BytesIO(MAGIC),
    "claims to be huge": frame(b"", lead=LEAD.pack(MAGIC, 2**32 - 1, 2**32 - 1)),
    "not JSON": frame(b"\xff\xfe{"),
    "not an object": frame([1, 2]),
    "nested a million times": frame(b"[" * 1_000_000),
    "no sizes": frame({"kind": "answer"}),
    "sizes that do not add up": frame({"arrays": [5]}, b"1234"),
    "a negative size": frame({"arrays": [-1, 5]}, b"1234"),
    "a size that is a text": frame({"arrays": ["4"]}, b"1234"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_frame_is_refused(what):
    DAMAGED[what].seek(0)
    with pytest.raises(WireError):
        wire.receive(DAMAGED[what])


class Payload:
    opened = False

    def __reduce__(self):
        return setattr, (Payload, "opened", True)


def npy(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


def with_header(text, data=b""):
    text = text.encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


DESCRIBED = "{{'descr': '{}', 'fortran_order': False, 'shape': {}}}\n"
HARMFUL = {
    "a pickled object": npy(np.array([Payload()], dtype=object), allow_pickle=True),
    "a bare pickle": pickle.dumps(Payload()),
    "text": npy(np.array(["a", "b"])),
    "complex numbers": npy(np.array([1j])),
    "records": npy(np.zeros(2, [("a", "f8"), ("b", "f8")])),
    "more numbers than there are": with_header(DESCRIBED.format("<f8", "(1000000000000,)")),
    "a shape that overflows": with_header(DESCRIBED.format("<f8", "(4294967296, 4294967296, 0)")),
    "a negative length": with_header(DESCRIBED.format("<f8", "(-1, -1)"), b"12345678"),
    "numbers behind the end": npy(np.zeros(2)) + b"more",
    "an expression for a header": with_header("__import__('os').system('true')\n"),
    "another version": npy(np.zeros(2), version=(2, 0)),
    "nothing": b"",
}


@pytest.mark.parametrize("what", HARMFUL)
def test_a_harmful_array_is_refused(what):
    with pytest.raises(WireError):
        wire.read_array(HARMFUL[what])
    assert not Payload.opened


ANSWER = {
    "kind": "answer", "shape": None, "whole_numbers": False, "nothing": False, "failure": None, "problem": "", "changed": [],
    "remarks": [], "printed": "",
}  # fmt: skip


@given(
    st.fixed_dictionaries(
        {},
        optional={key: st.none() | st.integers() | st.text() | st.lists(st.integers() | st.text()) for key in ANSWER},
    )
)
def test_whatever_stands_in_an_answer_it_is_refused_or_harmless(changes):
    try:
        answer = _answer({**ANSWER, **changes}, [])
    except WireError:
        return
    assert answer.values is None and isinstance(answer.problem, str) and isinstance(answer.printed, str)
    assert all(isinstance(text, str) for text in (*answer.changed, *answer.remarks))
    assert answer.shape is None or all(type(n) is int and n >= 0 for n in answer.shape)


def test_texts_of_an_answer_are_cut_and_have_no_control_characters():
    answer = _answer({**ANSWER, "problem": "a\x1b[31m\x00\ud800" + "b" * 10**6, "remarks": ["x"] * 1000}, [])
    assert len(answer.problem) <= 1000 and answer.problem.startswith("a[31m") and len(answer.remarks) == 20
    answer.problem.encode()
