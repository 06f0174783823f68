"""Calls of the CUDA kernels that compile them, for a GPU that need not be there, instead of starting them."""

import contextlib
from types import SimpleNamespace

import numpy as np


class DeviceArray:
    """What the host side of the kernels needs of Numba's device arrays, over memory of the host."""

    __cuda_ndarray__ = True

    def __init__(self, host):
        self.host = host

    shape = property(lambda self: self.host.shape)
    dtype = property(lambda self: self.host.dtype)
    strides = property(lambda self: self.host.strides)
    size = property(lambda self: self.host.size)
    ndim = property(lambda self: self.host.ndim)

    def __len__(self):
        return len(self.host)

    def __getitem__(self, place):
        return DeviceArray(self.host[place])

    def reshape(self, *shape):
        return DeviceArray(self.host.reshape(*shape))

    def is_c_contiguous(self):
        return self.host.flags.c_contiguous

    def copy_to_host(self):
        return self.host.copy()

    def copy_to_device(self, array):
        self.host[...] = array


def signature(arguments):
    """Numba's types of a launch's arguments."""
    from numba.cuda import types
    from numba.cuda.np.numpy_support import from_dtype

    def kind(value):
        if isinstance(value, DeviceArray):
            layout = "C" if value.is_c_contiguous() and 0 not in value.strides else "A"
            return types.Array(from_dtype(value.dtype), value.ndim, layout)
        assert not isinstance(value, np.ndarray), (
            "an array of the host reaches a kernel: it would be copied at each launch"
        )
        return from_dtype(np.asarray(value).dtype)

    return tuple(map(kind, arguments))


@contextlib.contextmanager
def compiling(monkeypatch):
    """Within the block a launch is written down, in the dict that is given: (kernel, types of the arguments)."""
    from convlab.kernels.cuda import arrays, device, launch, memory, optim

    found = {}

    def start(kernel, grid, block, *arguments):
        found[kernel.py_func.__qualname__, signature(arguments)] = kernel

    def empty(shape, dtype):
        return DeviceArray(np.zeros(shape, dtype))

    with monkeypatch.context() as patched:
        patched.setattr(launch, "start", start)
        patched.setattr(memory, "_from_shelf", empty)
        patched.setattr(memory.cuda, "device_array", empty)
        patched.setattr(arrays, "_view", _view)
        patched.setattr(optim, "address", lambda array: 0)
        patched.setattr(device, "require", lambda: None)
        patched.setattr(device, "multiprocessors", lambda: 132)
        patched.setattr(device, "fast", lambda: False)
        yield found


def _view(array, shape, strides):
    return DeviceArray(np.lib.stride_tricks.as_strided(array.host, shape, strides))


@contextlib.contextmanager
def compute_capability(cc):
    """Device functions ask for the current device while they compile; compute capability is all they want of it."""
    from numba.cuda import dispatcher

    asked = dispatcher.get_current_device
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=cc)
    try:
        yield
    finally:
        dispatcher.get_current_device = asked
