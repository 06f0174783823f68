"""Who computes: convlab, PyTorch, NumPy by im2col, SciPy. An engine turns a case into one function per pass.

Runs in a process of its own; only the chosen library is imported.
"""

import functools

import numpy as np

from convlab.bench.cases import Linear

THREADS = 2


def arrays(case):
    """x, w, b, dy: the same random numbers for every engine."""
    rng = np.random.default_rng(0)
    normal = lambda *shape: rng.standard_normal(shape, dtype=np.float32)
    if isinstance(case, Linear):
        n, i, o = case.batch, case.in_features, case.out_features
        return normal(n, i), normal(o, i), normal(o), normal(n, o)
    return normal(*case.x_shape), normal(*case.w_shape), normal(case.out_channels), normal(*case.y_shape)


def convlab(case):
    from convlab import functional as F
    from convlab import jit

    jit.set_threads(THREADS)
    x, w, b, dy = arrays(case)
    if isinstance(case, Linear):
        return {
            "forward": lambda: F.linear(x, w, b),
            "grad_weight": lambda: F.linear_grad_weight(dy, x),
            "grad_input": lambda: F.linear_grad_input(dy, w),
        }
    options = {"stride": case.stride, "padding": case.padding, "dilation": case.dilation, "groups": case.groups}
    return {
        "forward": lambda: F.conv2d(x, w, b, **options),
        "grad_weight": lambda: F.conv2d_grad_weight(dy, x, w.shape, **options),
        "grad_input": lambda: F.conv2d_grad_input(dy, w, x.shape, **options),
    }


def torch(case):
    import torch

    torch.set_num_threads(THREADS)
    torch.set_grad_enabled(False)
    x, w, b, dy = (torch.from_numpy(a) for a in arrays(case))
    if isinstance(case, Linear):
        return {
            "forward": lambda: torch.nn.functional.linear(x, w, b),
            "grad_weight": lambda: dy.t() @ x,
            "grad_input": lambda: dy @ w,
        }
    pairs = [[case.stride] * 2, [case.padding] * 2, [case.dilation] * 2]
    gradient = functools.partial(
        torch.ops.aten.convolution_backward, dy, x, w, None, *pairs, False, [0, 0], case.groups
    )
    return {
        "forward": lambda: torch.nn.functional.conv2d(x, w, b, *pairs, case.groups),
        "grad_weight": lambda: gradient([False, True, False])[1],
        "grad_input": lambda: gradient([True, False, False])[0],
    }


def im2col(case):
    """The matrix of all windows, written out, and NumPy's matrix product."""
    x, w, b, dy = arrays(case)
    if isinstance(case, Linear):
        return {"forward": lambda: x @ w.T + b, "grad_weight": lambda: dy.T @ x, "grad_input": lambda: dy @ w}
    if case.groups > 1:
        return {}
    p, d, s = case.padding, case.dilation, case.stride
    reach = d * (case.kernel - 1) + 1

    def windows():
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        view = np.lib.stride_tricks.sliding_window_view(padded, (reach, reach), axis=(2, 3))[:, :, ::s, ::s, ::d, ::d]
        return view.transpose(0, 2, 3, 1, 4, 5).reshape(-1, w[0].size)

    def forward():
        y = windows() @ w.reshape(len(w), -1).T + b
        return np.ascontiguousarray(y.reshape(case.batch, case.out_size, case.out_size, -1).transpose(0, 3, 1, 2))

    return {
        "forward": forward,
        "grad_weight": lambda: (dy.transpose(1, 0, 2, 3).reshape(len(w), -1) @ windows()).reshape(w.shape),
    }


def scipy(case):
    """`scipy.signal.oaconvolve`, image by image; stride 1 only, and only where it is not hopeless."""
    from scipy.signal import oaconvolve

    if isinstance(case, Linear) or case.stride > 1 or case.groups > 1 or case.dilation > 1 or case.flops > 4e9:
        return {}
    x, w, b, _ = arrays(case)
    p = case.padding
    flipped = w[:, :, ::-1, ::-1]

    def forward():
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        sums = [oaconvolve(image[None], flipped, mode="valid", axes=(2, 3)).sum(axis=1) for image in padded]
        return np.stack(sums) + b[:, None, None]

    return {"forward": forward}


ENGINES = {"convlab": convlab, "torch": torch, "im2col": im2col, "scipy": scipy}
