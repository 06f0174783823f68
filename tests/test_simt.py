"""The graphics processor of Python: kernels give what they should, and what is wrong is said."""

import threading

import numpy as np
import pytest
from numba import cuda, float32, int32

from convlab import reference, simt
from convlab.errors import ArgumentError, StateError


@cuda.jit
def double(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = 2 * x[i]


@cuda.jit
def conv2d(x, w, y):
    j, i = cuda.grid(2)
    if i < y.shape[0] and j < y.shape[1]:
        total = float32(0)
        for u in range(w.shape[0]):
            for v in range(w.shape[1]):
                total += x[i + u, j + v] * w[u, v]
        y[i, j] = total


@cuda.jit
def block_sums(x, y):
    part = cuda.shared.array(8, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    part[t] = x[i] if i < x.size else 0
    half = cuda.blockDim.x // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            part[t] += part[t + half]
        half //= 2
    if t == 0:
        y[cuda.blockIdx.x] = part[0]


def test_one_thread_one_number():
    x, y = np.arange(10.0), np.zeros(10)
    traffic = simt.launch(double, 3, 4, x, y)
    assert y.tolist() == (2 * x).tolist()
    assert (traffic.threads, traffic.loads, traffic.stores, traffic.barriers) == (12, 10, 10, 0)


def test_a_convolution_over_two_axes():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((9, 7)), rng.standard_normal((3, 2))
    y = np.zeros((7, 6))
    simt.launch(conv2d, (2, 2), (4, 4), x, w, y)
    np.testing.assert_allclose(y, reference.conv2d(x[None, None], w[None, None])[0, 0], atol=1e-5)


def test_barriers_and_shared_memory():
    x, y = np.arange(21.0), np.zeros(3)
    traffic = simt.launch(block_sums, 3, 8, x, y)
    assert y.tolist() == [28, 92, 90]
    assert (traffic.loads, traffic.stores, traffic.barriers) == (21, 3, 9)
    assert traffic.shared_stores == 3 * (8 + 4 + 2 + 1)


def test_a_plain_function_and_a_device_function_run_too():
    @cuda.jit(device=True)
    def square(v):
        return v * v

    def kernel(x):
        t = cuda.threadIdx.x
        x[t] = square(x[t])

    x = np.arange(4.0)
    simt.launch(kernel, 1, 4, x)
    assert x.tolist() == [0, 1, 4, 9]


@pytest.mark.parametrize(("step", "sectors"), [(1, 4), (2, 8), (8, 32), (100, 32), (0, 1)])
def test_a_warp_fetches_sectors_of_32_bytes(step, sectors):
    @cuda.jit
    def read(x, y, step):
        y[cuda.threadIdx.x] = x[cuda.threadIdx.x * step]

    x, y = np.zeros(4096, np.float32), np.zeros(32, np.float32)
    assert simt.launch(read, 1, 32, x, y, step).sectors == sectors + 4


# ------------------------------------------------------------------------------------------------ what is wrong
@cuda.jit
def no_guard(x, y):
    i = cuda.grid(1)
    y[i] = x[i]


@cuda.jit
def negative(x):
    x[-1] = 0


@cuda.jit
def scatter(dy, dx):
    i = cuda.grid(1)
    if i < dy.size:
        dx[i] += dy[i]
        dx[i + 1] += dy[i]


@cuda.jit
def no_barrier(x):
    part = cuda.shared.array(4, int32)
    part[cuda.threadIdx.x] = cuda.threadIdx.x
    x[cuda.threadIdx.x] = part[3 - cuda.threadIdx.x]


@cuda.jit
def all_write_one(x):
    x[0] = 1


@cuda.jit
def barrier_in_an_if(x):
    if cuda.threadIdx.x < 2:
        cuda.syncthreads()
    x[cuda.threadIdx.x] = 0


@cuda.jit
def too_few_axes(x):
    x[0] = 1


four = lambda: np.zeros(4)
WRONG = [
    (no_guard, 2, 4, (np.zeros(6), np.zeros(8)), ArgumentError, r"thread 2 of block 1 reads x\[6\], but x has"),
    (negative, 1, 1, (four(),), ArgumentError, r"thread 0 of block 0 writes x\[-1\], but"),
    (too_few_axes, 1, 1, (np.zeros((2, 2)),), ArgumentError, r"writes x\[0\]; x takes 2 whole numbers"),
    (scatter, 1, 4, (four(), np.zeros(5)), StateError, r"a race: thread 1 of block 0 reads dx\[1\], and thread 0"),
    (no_barrier, 1, 4, (four(),), StateError, r"a race: thread 3 of block 0 reads a shared array\[0\]|a race: "),
    (all_write_one, 2, 1, (four(),), StateError, r"a race: thread 0 of block 1 writes x\[0\], and thread 0 of block 0 writes"),
    (barrier_in_an_if, 1, 4, (four(),), StateError, "thread 0 of block 0 waits at a barrier that 2 of its 4"),
    (double, 1, 2000, (four(), four()), ArgumentError, "a block has at most 1024 threads"),
    (double, 2**12, 1024, (four(), four()), ArgumentError, "4,194,304 threads would take too long"),
    (double, 0, 4, (four(), four()), ArgumentError, "blocks must be one to three whole numbers above 0, got 0"),
    (double, 1, (1, 1, 1, 1), (four(), four()), ArgumentError, "threads must be one to three"),
    (double, 1, 4, (four(),), ArgumentError, "double takes x, y, got 1 arguments"),
    (None, 1, 4, (), ArgumentError, "kernel must be a function"),
]  # fmt: skip


@pytest.mark.parametrize(("kernel", "blocks", "threads", "arguments", "error", "message"), WRONG)
def test_what_is_wrong_is_said(kernel, blocks, threads, arguments, error, message):
    before = threading.active_count()
    with pytest.raises(error, match=message):
        simt.launch(kernel, blocks, threads, *arguments)
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and thread.daemon:
            thread.join(5)
    assert threading.active_count() <= before


def test_readers_do_not_race_with_each_other_nor_across_a_barrier():
    @cuda.jit
    def kernel(x, y):
        part = cuda.shared.array(4, float32)
        t = cuda.threadIdx.x
        part[t] = x[0]
        cuda.syncthreads()
        y[t] = part[(t + 1) % 4]
        cuda.syncthreads()
        part[(t + 1) % 4] = 0

    y = four()
    simt.launch(kernel, 1, 4, np.ones(1), y)
    assert y.tolist() == [1, 1, 1, 1]


def test_an_error_of_the_kernel_passes_through():
    @cuda.jit
    def broken(x):
        cuda.syncthreads()
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        simt.launch(broken, 1, 4, four())
