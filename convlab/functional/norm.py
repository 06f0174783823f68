"""Local response normalisation (AlexNet) and batch normalisation, with gradients."""

from typing import Any, NamedTuple

import numpy as np

from convlab import backend, checks
from convlab.backend import bind
from convlab.errors import DtypeError, ShapeError


def _as_lines(op, name, array):
    "(N, C, ...) as (N, C, L)"
    if array.ndim < 2:
        raise ShapeError(f"{op}: {name} must have at least 2 axes (N, C, ...), got {array.ndim}: {array.shape}")
    N, C = array.shape[:2]
    return array.reshape(N, C, int(np.prod(array.shape[2:])))


def _response_options(op, size, alpha, beta, k):
    size = checks.integer(op, "size", size, 1, checks.LARGEST)
    return size, *(checks.number(op, n, v, 0) for n, v in (("alpha", alpha), ("beta", beta), ("k", k)))


def local_response_norm(x: Any, size: int, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """Divide each number by a power of the energy of the channels around it: y_c = x_c / (k + alpha/size sum_j x_j^2)^beta.

    The sum runs over the channels c - floor(size/2) <= j <= c + floor((size-1)/2) that exist.

    Parameters
    ----------
    x : array (N, C, ...), float32 or float64
    size : int
        Number of channels in the sum, the paper's n.
    alpha, beta, k : float
        As in PyTorch, alpha is divided by size: the paper's alpha 1e-4 with n = 5 is 5e-4 here.

    Returns
    -------
    array like x

    Notes
    -----
    Source: A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet classification with deep convolutional neural networks",
    NIPS 2012, section 3.3.

    Examples
    --------
    >>> local_response_norm(np.ones((1, 3, 1, 1)), 3, alpha=3.0, beta=1.0).ravel()
    array([0.33333333, 0.25      , 0.33333333])
    """
    op = "local_response_norm"
    kernels, x = bind(op, x=x)
    lines = _as_lines(op, "x", x)
    options = _response_options(op, size, alpha, beta, k)
    y = kernels.empty(x.shape, x.dtype)
    if y.size:
        kernels.local_response_norm(lines, y.reshape(lines.shape), *options)
    return y


def local_response_norm_grad(
    dy: Any, x: Any, size: int, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """Gradient of `local_response_norm` by x, with s_c = k + alpha/size sum_j x_j^2:

    dx_c = dy_c s_c^-beta - 2 alpha beta / size x_c sum_j dy_j x_j s_j^(-beta-1), over the j whose sum holds c.

    Parameters
    ----------
    dy, x : array (N, C, ...)
    size, alpha, beta, k
        As in the forward pass.

    Returns
    -------
    array like x
    """
    op = "local_response_norm_grad"
    kernels, dy, x = bind(op, dy=dy, x=x)
    checks.same_shape(op, "dy", dy.shape, x.shape, "that of x")
    lines = _as_lines(op, "x", x)
    options = _response_options(op, size, alpha, beta, k)
    dx = kernels.empty(x.shape, x.dtype)
    if dx.size:
        kernels.local_response_norm_grad(dy.reshape(lines.shape), lines, dx.reshape(lines.shape), *options)
    return dx


class BatchNormSaved(NamedTuple):
    """What `batch_norm_grad` needs from the forward pass."""

    x: Any
    mean: Any  # (C,) float64
    inverse_deviation: Any  # (C,) float64
    weight: Any
    training: bool


def batch_norm(
    x: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Any, BatchNormSaved]:
    """Batch normalisation: y = (x - mean) / sqrt(variance + eps) * weight + bias, channel by channel.

    In training, mean and (biased) variance are those of the batch, and the running ones follow in place:
    running = (1 - momentum) running + momentum batch, the variance there unbiased. Otherwise the running ones are used.

    Parameters
    ----------
    x : array (N, C) or (N, C, H, W), float32 or float64
    weight, bias : array (C,) or None
        Scale and shift; None means 1 and 0.
    running_mean, running_var : array (C,) or None
        Of the type of x, writable. None only in training.
    training : bool
    momentum, eps : float

    Returns
    -------
    y : array like x
    saved : BatchNormSaved
        For `batch_norm_grad`.

    Notes
    -----
    Source: S. Ioffe, C. Szegedy, "Batch normalization", ICML 2015, algorithm 1.
    """
    op = "batch_norm"
    kernels, x, weight, bias = bind(op, optional=("weight", "bias"), x=x, weight=weight, bias=bias)
    lines = _as_lines(op, "x", x)
    N, C, L = lines.shape
    training = checks.flag(op, "training", training)
    eps, momentum = checks.number(op, "eps", eps, 0), checks.number(op, "momentum", momentum, 0, 1)
    xp = backend.namespace(x)
    weight = xp.ones(C, x.dtype) if weight is None else weight
    bias = kernels.zeros(C, x.dtype) if bias is None else bias
    for name, array in (("weight", weight), ("bias", bias)):
        checks.same_shape(op, name, array.shape, (C,), "one number per channel")
    _check_running(op, x, C, training, running_mean=running_mean, running_var=running_var)
    if training:
        if N * L == 1:
            raise ShapeError(f"{op}: training needs more than one value per channel, got x of shape {x.shape}")
        mean, variance = kernels.zeros(C, np.float64), kernels.zeros(C, np.float64)
        if lines.size:
            kernels.channel_statistics(lines, mean, variance)
        if lines.size and running_mean is not None:  # an empty batch leaves them alone, as in PyTorch
            unbiased = xp.multiply(variance, N * L / (N * L - 1))
            for running, batch in ((running_mean, mean), (running_var, unbiased)):
                moved = xp.add(xp.multiply(running, 1 - momentum), xp.multiply(batch, momentum))
                xp.copyto(running, moved, casting="same_kind")
    else:
        mean, variance = kernels.empty(C, np.float64), kernels.empty(C, np.float64)
        kernels.copyto(mean, running_mean)
        kernels.copyto(variance, running_var)
    inverse_deviation = xp.reciprocal(xp.sqrt(xp.add(variance, eps)))
    y = kernels.empty(x.shape, x.dtype)
    if y.size:
        kernels.batch_norm(lines, y.reshape(lines.shape), mean, inverse_deviation, weight, bias)
    return y, BatchNormSaved(x, mean, inverse_deviation, weight, training)


def _check_running(op, x, channels, training, **arrays):
    missing = [name for name, array in arrays.items() if array is None]
    if missing and not (training and len(missing) == 2):
        raise DtypeError(f"{op}: {missing[0]} is None; evaluation needs both running arrays, training both or neither")
    for name, array in arrays.items():
        if array is None:
            continue
        if getattr(array, "dtype", None) != x.dtype or not isinstance(getattr(array, "shape", None), tuple):
            raise DtypeError(f"{op}: {name} must be a {x.dtype} array like x, got {checks.dtype_name(array)}")
        bind(op, x=x, **{name: array})
        checks.same_shape(op, name, array.shape, (channels,), "one number per channel")
        if training and isinstance(array, np.ndarray) and not array.flags.writeable:
            raise DtypeError(f"{op}: {name} is read-only, but training updates it in place; use {name}.copy()")


def batch_norm_grad(dy: Any, saved: BatchNormSaved) -> tuple[Any, Any, Any]:
    """Gradients of `batch_norm`. With z = (x - mean) / deviation, in training

    dx = weight / deviation * (dy - mean(dy) - z mean(dy z)), in evaluation dx = dy weight / deviation;
    dweight = sum dy z, dbias = sum dy, over all axes but the channel's.

    Parameters
    ----------
    dy : array like x
    saved : BatchNormSaved
        From the forward pass.

    Returns
    -------
    dx, dweight, dbias : arrays like x, (C,), (C,)
    """
    op = "batch_norm_grad"
    if not isinstance(saved, BatchNormSaved):
        raise DtypeError(f"{op}: saved must be what batch_norm returned second, got {type(saved).__name__}")
    kernels, x, weight, dy = bind(op, **{"saved.x": saved.x, "saved.weight": saved.weight}, dy=dy)
    statistics = {"saved.mean": saved.mean, "saved.inverse_deviation": saved.inverse_deviation}
    _, mean, inverse_deviation = bind(op, **statistics)
    checks.same_shape(op, "dy", dy.shape, x.shape, "that of x")
    lines = _as_lines(op, "x", x)
    C = lines.shape[1]
    for name, array in (("weight", weight), ("mean", mean), ("inverse_deviation", inverse_deviation)):
        checks.same_shape(op, f"saved.{name}", array.shape, (C,), "one number per channel")
    dx, dweight, dbias = (kernels.zeros(shape, x.dtype) for shape in (x.shape, C, C))
    if dx.size:
        kernels.batch_norm_grad(
            dy.reshape(lines.shape), lines, mean, inverse_deviation, weight,
            dx.reshape(lines.shape), dweight, dbias, bool(saved.training),
        )  # fmt: skip
    return dx, dweight, dbias
