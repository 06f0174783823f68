"""Every CUDA kernel compiled for several GPUs, on a machine that has none: what comes out, and what must not be in it.

PTX     plain kernels: it exists. Fast kernels: no float64 arithmetic, no 64-bit division, no array in local memory, which is
        where a register tile goes that is indexed at run time.
cubin   of the fast kernels, linked as Numba links it: no register is spilled.
"""

import importlib.util
import re
from importlib import metadata

import numpy as np
import pytest
from compiling import DeviceArray, compiling, compute_capability
from surface import CASES, arguments_of

import convlab.functional as F
from convlab import backend, nn, optim


def _missing():
    try:
        metadata.version("numba-cuda")
        metadata.version("nvidia-nvjitlink")
    except metadata.PackageNotFoundError as error:
        return f"{error.name} is not installed; uv run --extra cuda13 pytest -m cuda"
    return "" if importlib.util.find_spec("cuda.bindings.nvjitlink") else "cuda-bindings has no nvjitlink"


MISSING = _missing()
pytestmark = [pytest.mark.cuda, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

PLAIN_FOR = [(7, 5), (9, 0), (12, 0)]
FAST_FOR = [(8, 0), (9, 0), (12, 0)]
FAST = {"correlate", "correlate_tf32", "grad_weight", "matmul", "pack_weights", "pack_weights_tf32", "add_splits", "spread",
        "gather"}  # fmt: skip


def moved(value):
    if isinstance(value, F.BatchNormSaved):
        return F.BatchNormSaved(*map(moved, value))
    return DeviceArray(value.copy()) if isinstance(value, np.ndarray) else value


@pytest.fixture(scope="module")
def plain():
    """{(name, types): kernel} of every plain kernel, found by calling every operation for both float types."""
    monkeypatch = pytest.MonkeyPatch()
    with compiling(monkeypatch) as found:
        for dtype in (np.float32, np.float64):
            for name in CASES:
                arguments, options = arguments_of(name, n=1, dtype=dtype)
                getattr(F, name)(*map(moved, arguments), **options)
            _layers_and_optimisers(dtype)
    return found


def _layers_and_optimisers(dtype):
    "what layers do with the functions that are called as NumPy's, and the steps over all parameters"
    draw = lambda *shape: DeviceArray(np.ones(shape, dtype))
    xp = backend.namespace(draw(1))
    a, b = draw(2, 3, 4, 5), draw(3, 1, 1)
    xp.add(xp.multiply(a, b), xp.subtract(a, a))
    xp.multiply(a, 2.0)
    xp.sqrt(xp.reciprocal(xp.add(b, 1.0)))
    xp.concatenate(xp.split(a, [1], axis=1), axis=1)
    xp.swapaxes(a, 2, 3)
    xp.take(a, np.array([[0, 1]]))
    xp.sum(draw(4, 5), 1)
    y, argmax = F.max_pool2d(draw(1, 1, 4, 4), 2)
    F.max_pool2d_grad(draw(*y.shape), argmax, (1, 1, 4, 4))
    F.max_pool2d_grad(draw(1, 1, 2, 2), DeviceArray(np.zeros((1, 1, 2, 2), np.int64)), (1, 1, 4, 4))
    for make in (lambda p: optim.SGD(p, 0.1), lambda p: optim.Adam(p)):
        parameter = nn.Parameter(draw(5))
        make([parameter]).step()


def fast_kernels():
    """{(name, types): kernel} of the fast kernels, for every tile and both orders of the sum."""
    from convlab.kernels.cuda import correlate, correlate_tf32, device, grad_weight, matmul, winograd

    monkeypatch = pytest.MonkeyPatch()
    every = {}
    with compiling(monkeypatch) as found, monkeypatch.context() as patched:
        patched.setattr(device, "fast", lambda: True)
        for module in (correlate, grad_weight, matmul):
            patched.setattr(module, "LEAST_WORK", 0)
        draw = lambda *shape: DeviceArray(np.zeros(shape, np.float32))

        def note(label):
            every.update({(*key, label): kernel for key, kernel in found.items() if key[0].split(".")[-1] in FAST})
            found.clear()

        for module, tf32 in ((correlate, False), (correlate_tf32, True)):
            for channels in module.TILES:
                for inputs in (16, 3):
                    with backend.allow_tf32(tf32):
                        F.conv2d(draw(1, inputs, 5, 5), draw(channels, inputs, 3, 3))
                        F.conv2d_grad_input(draw(1, channels, 3, 3), draw(channels, 32, 3, 3), (1, 32, 5, 5))
                    note(f"{channels} channels of {inputs}")
        for channels in grad_weight.TILES:
            F.conv2d_grad_weight(draw(64, channels, 20, 20), draw(64, 3, 22, 22), (channels, 3, 3, 3))
            note(f"{channels} channels")
        for taps in winograd.KERNELS:
            x, w = draw(16, 48, 24, 24), draw(48, 48, taps, taps)
            dy = F.conv2d(x, w, padding=taps // 2)
            F.conv2d_grad_input(dy, w, x.shape, padding=taps // 2)
            F.conv2d_grad_weight(dy, x, w.shape, padding=taps // 2)
            note(f"{taps} taps")
        for rows in matmul.TILES:
            F.linear(draw(rows, 40), draw(50, 40), draw(50))
            F.linear_grad_input(draw(rows, 40), draw(40, 50))
            F.linear_grad_weight(draw(40, rows), draw(40, 50))
            note(f"{rows} rows")
    return every


def one_of_each(found):
    "without the kernels that are there under several labels"
    return dict({(id(k), key[1]): (key, k) for key, k in found.items()}.values())


def options_of(kernel):
    return {k: v for k, v in kernel.targetoptions.items() if k in ("launch_bounds", "fastmath") and v is not None}


def ptx_of(kernel, types, cc):
    from numba import cuda

    return cuda.compile_ptx(kernel.py_func, types, cc=cc, **options_of(kernel))[0]


def report_of(kernel, types, cc):
    """What the linker says of the code that Numba would load: (registers, bytes of stack, bytes spilled)."""
    from cuda.bindings import nvjitlink
    from numba import cuda

    ltoir, _ = cuda.compile(
        kernel.py_func, types, cc=cc, device=False, abi="numba", output="ltoir", **options_of(kernel)
    )
    options = [f"-arch=sm_{cc[0]}{cc[1]}", "-lto", "-verbose"]
    handle = nvjitlink.create(len(options), options)
    nvjitlink.add_data(handle, nvjitlink.InputType.LTOIR, ltoir, len(ltoir), "kernel")
    nvjitlink.complete(handle)
    log = bytearray(nvjitlink.get_info_log_size(handle))
    nvjitlink.get_info_log(handle, log)
    nvjitlink.destroy(handle)
    log = log.decode(errors="replace")
    stack, spilled = map(int, re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores", log).groups())
    return int(re.search(r"Used (\d+) registers", log)[1]), stack, spilled


@pytest.mark.parametrize("cc", PLAIN_FOR, ids=str)
def test_every_plain_kernel_compiles(plain, cc):
    names = set()
    with compute_capability(cc):
        for (name, types), kernel in plain.items():
            if cc == PLAIN_FOR[0] or name not in names:  # one variant of types is enough for the others
                assert ".visible .entry" in ptx_of(kernel, types, cc), name
            names.add(name)


def test_every_kernel_of_the_package_is_among_them(plain):
    import convlab.kernels.cuda as package
    from convlab.kernels.cuda.launch import Kernel

    modules = [
        vars(package)[name]
        for name in ("activation", "arrays", "conv", "linear", "loss", "norm", "optim", "pool", "random")
    ]
    kernels = {k.__qualname__ for module in modules for k in vars(module).values() if isinstance(k, Kernel)}
    assert kernels - {name for name, _ in plain} == set()


@pytest.mark.parametrize("cc", FAST_FOR, ids=str)
def test_the_fast_kernels_hold_their_tiles_in_registers(cc):
    found = one_of_each(fast_kernels())
    assert {name.split(".")[-1] for name, _, _ in found} == FAST
    with compute_capability(cc):
        for (name, types, label), kernel in found.items():
            ptx = ptx_of(kernel, types, cc)
            where = f"{name}, {label}, {cc}"
            assert not re.search(r"\b(add|sub|mul|fma|div|cvt)\.[a-z.]*f64", ptx), f"float64 arithmetic: {where}"
            assert not re.search(r"\b(div|rem)\.[su]64", ptx), f"64-bit division: {where}"
            assert ".local" not in ptx, f"local memory: {where}"
            if cc != FAST_FOR[1] and "pack" in name:
                continue
            registers, stack, spilled = report_of(kernel, types, cc)
            assert stack == spilled == 0, f"registers spilled: {where}"
            assert registers <= 255, where


def test_the_tensor_cores_are_used():
    tf32 = [(types, kernel) for (name, types, _), kernel in fast_kernels().items() if name.endswith("correlate_tf32")]
    with compute_capability((9, 0)):
        for types, kernel in tf32[:1]:
            assert "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32" in ptx_of(kernel, types, (9, 0))


def test_a_block_of_memory_is_kept_while_a_view_of_it_is_used(monkeypatch):
    """Numba counts the arrays that use a block; with the last one it goes back to its shelf. No driver is asked."""
    import gc
    from types import SimpleNamespace

    from numba.cuda.cudadrv.driver import binding

    from convlab.kernels.cuda import memory

    class Context:
        pass

    context, places = Context(), iter(range(2**32, 2**33, 2**20))
    monkeypatch.setattr(memory, "cuda", SimpleNamespace(current_context=lambda: context))
    new = memory.Shelves(lambda size: SimpleNamespace(device_pointer=binding.CUdeviceptr(next(places))))
    monkeypatch.setattr(memory, "shelves", new)
    whole = memory._from_shelf((4, 6), np.float32)
    place = whole.device_ctypes_pointer.value
    flat, part = whole.reshape(24), whole._do_getitem((slice(1, 3),))
    assert part.device_ctypes_pointer.value == place + 24
    del whole, flat
    gc.collect()
    assert new.idle() == 0
    del part
    gc.collect()
    assert new.idle() == memory.SMALL
    assert memory._from_shelf((10,), np.float64).device_ctypes_pointer.value == place
