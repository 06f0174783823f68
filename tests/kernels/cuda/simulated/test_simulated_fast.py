"""The fast kernels, with tiles so small that a few threads meet every case: ragged tiles, phases, groups, several splits.

In the simulator copies to shared memory happen as late as the hardware may make them, so a wait that is too lax shows.
"""

import numpy as np
import pytest
from agreement import TOLERANCE, assert_agrees, error

from convlab import backend
from convlab import functional as F
from convlab import reference as R
from convlab.kernels.cuda import correlate, correlate_tf32, device, grad_weight, launch, matmul, winograd
from convlab.kernels.cuda.tile import Tile

SMALL = {16: Tile(16, 32, 4, 4)}


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """All convolutions and linear layers of float32 take the fast kernels; launches are counted."""
    launched = []
    monkeypatch.setattr(device, "fast", lambda: True)
    monkeypatch.setattr(launch, "start", counting(launch.start, launched))
    for module in (correlate, grad_weight, matmul):
        monkeypatch.setattr(module, "LEAST_WORK", 0)
        monkeypatch.setattr(module, "TILES", SMALL)
    monkeypatch.setattr(grad_weight, "LEAST_TILES", 2)
    monkeypatch.setattr(winograd, "CHANNELS", 64)
    monkeypatch.setattr(correlate_tf32, "TILES", {64: (64, 32)})
    monkeypatch.setattr(correlate_tf32, "LEAST_CHANNELS", 1)
    return launched


def counting(start, launched):
    def counted(kernel, *arguments):
        launched.append(kernel.fn.__name__)
        start(kernel, *arguments)

    return counted


CONVOLUTIONS = {
    "plain": ((2, 3, 7, 6), (5, 3, 3, 3), {}),
    "channels in runs of eight": ((1, 8, 6, 6), (16, 8, 3, 3), {"padding": 1}),
    "everything": ((1, 3, 11, 9), (18, 3, 3, 5), {"stride": (2, 3), "padding": (2, 3), "dilation": (2, 1)}),
    "stride larger than the kernel, padding larger": (
        (2, 2, 5, 5),
        (4, 2, 1, 1),
        {"stride": (3, 2), "padding": (4, 0)},
    ),
    "one pixel": ((1, 16, 1, 1), (20, 16, 1, 1), {}),
    "groups": ((2, 6, 5, 4), (9, 2, 3, 2), {"groups": 3, "padding": 1, "stride": (1, 2)}),
    "groups in runs of eight": ((1, 16, 4, 5), (32, 8, 2, 2), {"groups": 2, "dilation": 2}),
    "same": ((1, 2, 5, 6), (3, 2, 4, 3), {"padding": "same"}),
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolutions(case, fast):
    x_shape, w_shape, options = CONVOLUTIONS[case]
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(np.float32) for shape in (x_shape, w_shape, w_shape[:1]))
    y = R.conv2d(x.astype(float), w.astype(float), b.astype(float), **options)
    dy = rng.standard_normal(y.shape).astype(np.float32)
    X, W, B, DY = map(backend.to_device, (x, w, b, dy))
    x, w, dy = (a.astype(float) for a in (x, w, dy))
    assert_agrees(backend.to_host(F.conv2d(X, W, B, **options)), y, np.float32)
    assert "correlate" in fast
    fast.clear()
    dx = F.conv2d_grad_input(DY, W, x_shape, **options)
    assert_agrees(backend.to_host(dx), R.conv2d_grad_input(dy, w, x_shape, **options), np.float32)
    assert "correlate" in fast
    dw = F.conv2d_grad_weight(DY, X, w_shape, **options)
    assert_agrees(backend.to_host(dw), R.conv2d_grad_weight(dy, x, w_shape, **options), np.float32)
    assert "grad_weight" in fast and "_conv2d_grad_weight" not in fast


def test_a_sum_over_pixels_that_is_split(monkeypatch, fast):
    monkeypatch.setattr(device, "multiprocessors", lambda: 3)
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((2, 1, 9, 9)).astype(np.float32), rng.standard_normal((2, 6, 5, 5)).astype(np.float32)
    results = [F.conv2d_grad_weight(backend.to_device(dy), backend.to_device(x), (6, 1, 5, 5)) for _ in range(2)]
    assert fast.count("add_splits") == 2
    expected = R.conv2d_grad_weight(dy.astype(float), x.astype(float), (6, 1, 5, 5))
    assert_agrees(backend.to_host(results[0]), expected, np.float32)
    np.testing.assert_array_equal(*map(backend.to_host, results))


@pytest.mark.parametrize("sizes", [(8, 8, 8), (17, 33, 9), (9, 35, 60)], ids=str)
@pytest.mark.parametrize("processors", [1, 4])
def test_linear_layers(sizes, processors, monkeypatch, fast):
    monkeypatch.setattr(device, "multiprocessors", lambda: processors)
    N, O, I = sizes
    rng = np.random.default_rng(2)
    x, w, b, dy = (rng.standard_normal(s).astype(np.float32) for s in ((N, I), (O, I), (O,), (N, O)))
    X, W, B, DY = map(backend.to_device, (x, w, b, dy))
    x, w, b, dy = (a.astype(float) for a in (x, w, b, dy))
    assert_agrees(backend.to_host(F.linear(X, W, B)), x @ w.T + b, np.float32)
    assert_agrees(backend.to_host(F.linear_grad_input(DY, W)), dy @ w, np.float32)
    assert_agrees(backend.to_host(F.linear_grad_weight(DY, X)), dy.T @ x, np.float32)
    assert fast.count("matmul") == 3


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "options"),
    [((1, 4, 5, 5), (8, 4, 3, 3), {"padding": 1}), ((1, 32, 3, 3), (8, 16, 2, 2), {"groups": 2})],
)
def test_tensor_cores_round_the_factors_and_only_where_it_is_allowed(x_shape, w_shape, options, fast):
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal(x_shape).astype(np.float32), rng.standard_normal(w_shape).astype(np.float32)
    y = R.conv2d(x.astype(float), w.astype(float), **options)
    X, W = backend.to_device(x), backend.to_device(w)
    with backend.allow_tf32():
        rounded = backend.to_host(F.conv2d(X, W, **options))
        dx = backend.to_host(F.conv2d_grad_input(backend.to_device(y.astype(np.float32)), W, x_shape, **options))
    assert "correlate_tf32" in fast
    assert TOLERANCE[np.dtype(np.float32)] < error(rounded, y) < 2e-3
    assert error(dx, R.conv2d_grad_input(y, w.astype(float), x_shape, **options)) < 2e-3
    assert error(backend.to_host(F.conv2d(X, W, **options)), y) < TOLERANCE[np.dtype(np.float32)]


def test_float64_stays_with_the_plain_kernels(fast):
    x, w = backend.to_device(np.ones((1, 1, 3, 3))), backend.to_device(np.ones((2, 1, 2, 2)))
    F.conv2d(x, w)
    assert fast == [] or set(fast).isdisjoint({"correlate", "pack_weights"})


# ------------------------------------------------------------------------------------------------ Winograd
WINOGRAD_TOLERANCE = 1e-5


@pytest.fixture
def winograd_always(monkeypatch):
    for name, value in {"CHANNELS": 1, "PATCHES": 1, "GAIN": 0, "TOGETHER": 2}.items():
        monkeypatch.setattr(winograd, name, value)


@pytest.mark.parametrize(
    ("taps", "padding", "size", "images"), [(3, (1, 2), (7, 6), 1), (5, 2, (5, 3), 2), (4, 0, (9, 4), 1)]
)
def test_winograd_equals_the_textbook(taps, padding, size, images, winograd_always, fast, monkeypatch):
    monkeypatch.setattr(winograd, "WORKSPACE", 1)  # an image at a time
    rng = np.random.default_rng(taps)
    x, w, b = (rng.standard_normal(s).astype(np.float32) for s in ((images, 8, *size), (16, 8, taps, taps), (16,)))
    y = R.conv2d(x.astype(float), w.astype(float), b.astype(float), padding=padding)
    dy = rng.standard_normal(y.shape).astype(np.float32)
    X, W, B, DY = map(backend.to_device, (x, w, b, dy))
    x, w, dy = (a.astype(float) for a in (x, w, dy))
    assert error(backend.to_host(F.conv2d(X, W, B, padding=padding)), y) < WINOGRAD_TOLERANCE
    dx = backend.to_host(F.conv2d_grad_input(DY, W, x.shape, padding=padding))
    assert error(dx, R.conv2d_grad_input(dy, w, x.shape, padding=padding)) < WINOGRAD_TOLERANCE
    dw = backend.to_host(F.conv2d_grad_weight(DY, X, w.shape, padding=padding))
    assert error(dw, R.conv2d_grad_weight(dy, x, w.shape, padding=padding)) < WINOGRAD_TOLERANCE
    assert fast.count("gather") == 2 * images + 1 and "pack_weights" not in fast


def test_winograd_can_be_switched_off(winograd_always, monkeypatch):
    x, w, y = (backend.to_device(np.zeros(s, np.float32)) for s in ((1, 8, 8, 8), (8, 8, 3, 3), (1, 8, 6, 6)))
    assert winograd.fits(x, w, y, (1, 1), (1, 1))
    assert not winograd.fits(x, w, y, (2, 1), (1, 1)) and not winograd.fits(x, w, y, (1, 1), (1, 2))
    monkeypatch.setattr("convlab.settings.winograd", False)
    assert not winograd.fits(x, w, y, (1, 1), (1, 1))


@pytest.mark.parametrize("taps", winograd.KERNELS)
def test_winograds_matrices_convolve(taps):
    A, G, B = (m.astype(float) for m in winograd.matrices(9 - taps, taps))
    rng = np.random.default_rng(0)
    d, g = rng.standard_normal(8), rng.standard_normal(taps)
    np.testing.assert_allclose(A @ ((G @ g) * (B @ d)), np.correlate(d, g, "valid"), atol=1e-6)
