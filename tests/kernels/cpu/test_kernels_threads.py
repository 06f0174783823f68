"""Results do not depend on the number of threads, and two callers at once do not disturb each other."""

import threading

import numba
import numpy as np
import pytest
from agreement import normal, threads
from textbook import CASES, DEEP

import convlab.functional as F
from convlab.kernels.cpu.memory import CACHE_LINE, HUGE_PAGE, LARGE, empty, workspace

pytestmark = pytest.mark.paths

two_processors = pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="this machine has one processor")


def same_bits(found, expected):
    return all(np.array_equal(found[name], expected[name]) for name in expected)


@two_processors
@pytest.mark.parametrize("name", CASES)
def test_convolutions_give_the_same_bits_for_any_number_of_threads(name):
    with threads(1):
        alone = CASES[name].results(np.float32)
    for n in sorted({2, numba.config.NUMBA_NUM_THREADS}):
        with threads(n):
            assert same_bits(CASES[name].results(np.float32), alone)
            assert same_bits(CASES[name].results(np.float32), alone)


@two_processors
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_who_packs_the_weights_changes_no_bit(dtype):
    "a small image and many channels: with one thread each task packs its own panel, with two all panels are packed before"
    rng = np.random.default_rng(0)
    x, w = normal(rng, (2, 64, 9, 9), dtype), normal(rng, (256, 64, 3, 3), dtype)
    with threads(1):
        alone = F.conv2d(x, w, stride=2, padding=1)
    with threads(2):
        np.testing.assert_array_equal(F.conv2d(x, w, stride=2, padding=1), alone)


@two_processors
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [(70, 300, 90), (9, DEEP + 5, 260)])
def test_linear_gives_the_same_bits_for_any_number_of_threads(sizes, dtype):
    N, I, O = sizes
    rng = np.random.default_rng(0)
    x, w, dy = normal(rng, (N, I), dtype), normal(rng, (O, I), dtype), normal(rng, (N, O), dtype)
    compute = lambda: {
        "y": F.linear(x, w), "dx": F.linear_grad_input(dy, w), "dw": F.linear_grad_weight(dy, x),
    }  # fmt: skip
    with threads(1):
        alone = compute()
    for n in sorted({2, numba.config.NUMBA_NUM_THREADS}):
        with threads(n):
            assert same_bits(compute(), alone)


def test_threads_that_convolve_at_once_do_not_disturb_each_other():
    layers = [CASES[name] for name in ("more taps than a visit", "strided, phases together", "groups", "dilated")]
    expected = [layer.results(np.float32) for layer in layers]
    start, right = threading.Barrier(len(layers)), [0] * len(layers)

    def work(number):
        start.wait()
        for _ in range(5):
            right[number] += same_bits(layers[number].results(np.float32), expected[number])

    workers = [threading.Thread(target=work, args=(number,)) for number in range(len(layers))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert right == [5] * len(layers)


# ------------------------------------------------------------------------------------------------ memory
def test_each_thread_has_a_workspace_of_its_own():
    rooms, both = {}, threading.Barrier(2)

    def work(number):
        rooms[number] = workspace("test", 1000, np.float32)
        rooms[number][:] = number
        both.wait()  # neither ends before the other has its room
        assert (rooms[number] == number).all()

    workers = [threading.Thread(target=work, args=(number,)) for number in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not np.shares_memory(rooms[1], rooms[2])
    assert (rooms[1] == 1).all() and (rooms[2] == 2).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_workspace_is_kept_and_grows(dtype):
    first = workspace("test of growth", 100, dtype)
    first[:] = np.arange(100)
    again = workspace("test of growth", 50, dtype)
    assert np.shares_memory(first, again) and again.tolist() == list(range(50))
    assert not np.shares_memory(first, workspace("another name", 100, dtype))
    large = workspace("test of growth", HUGE_PAGE, dtype)
    assert large.size == HUGE_PAGE and large.ctypes.data % HUGE_PAGE == 0
    assert first.ctypes.data % HUGE_PAGE == 0
    assert first.dtype == large.dtype == dtype
    large[[0, -1]] = 1  # all of it is there


def test_a_workspace_knows_types_apart():
    assert not np.shares_memory(workspace("test", 10, np.float32), workspace("test", 10, np.float64))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (5, 7), (LARGE,), (3, LARGE // 8 + 1), (2, 3, 1, LARGE)])
def test_large_results_begin_where_a_line_of_the_cache_begins(shape, dtype):
    for _ in range(3):
        array = empty(shape, dtype)
        assert array.shape == shape and array.dtype == dtype
        assert array.flags.c_contiguous and array.flags.writeable and array.flags.aligned
        if array.nbytes >= LARGE:
            assert array.ctypes.data % CACHE_LINE == 0
        array[...] = 1  # all of it may be written
