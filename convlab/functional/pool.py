"""Pooling: the largest, the mean, or a weighted mean of each window, channel by channel, and the gradients.

Letters: x (N, C, H, W) images, y (N, C, OH, OW) pooled, dy and dx the gradients by them.
OH = floor((H + 2 padding - KH) / stride) + 1; with `ceil_mode` a last ragged window counts if it starts inside the image.
"""

from typing import Any

import numpy as np

from convlab import backend, checks, geometry
from convlab.backend import bind, integers
from convlab.errors import ArgumentError, DtypeError, ShapeError
from convlab.functional.conv import conv2d, conv2d_grad_input

IntOrPair = int | tuple[int, int]


def windows_of(op, x_shape, kernel_size, stride, padding, ceil_mode, dilation=(1, 1)):
    """Check the geometry of pooling: (kernel, stride, padding) as pairs, and the shape of y."""
    kernel = checks.pair(op, "kernel_size", kernel_size, 1)
    stride = kernel if stride is None else checks.pair(op, "stride", stride, 1)
    padding = checks.pair(op, "padding", padding, 0)
    if any(p > k // 2 for p, k in zip(padding, kernel)):
        raise ArgumentError(
            f"{op}: padding must be at most half of kernel_size, got padding {padding}, kernel_size {kernel}"
        )
    ceil_mode = checks.flag(op, "ceil_mode", ceil_mode)
    out = []
    for axis, (M, K, s, p, d) in enumerate(zip(x_shape[2:], kernel, stride, padding, dilation)):
        if M < 1 or geometry.extent(K, d) > M + 2 * p:
            raise ShapeError(
                f"{op}: the window is {geometry.extent(K, d)} {('high', 'wide')[axis]} but the padded image only "
                f"{M + 2 * p} (x: {x_shape}); use a smaller kernel_size"
            )
        out.append(geometry.pooled_size(M, K, s, p, d, ceil_mode))
    checks.fits(op, "y", (*x_shape[:2], *out))
    return (kernel, stride, padding), (*x_shape[:2], *out)


def max_pool2d(
    x: Any,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    ceil_mode: bool = False,
) -> tuple[Any, Any]:
    """Largest number of each window: y[n, c, i, j] = max_(k, l) x[n, c, i s + k d - p, j s + l d - p].

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64
    kernel_size : int or (height, width)
    stride : int or (height, width), default kernel_size
    padding : int or (height, width)
        At most half of kernel_size; pads with minus infinity.
    dilation : int or (height, width)
    ceil_mode : bool
        Round the number of windows up.

    Returns
    -------
    y : array (N, C, OH, OW)
    argmax : int64 array (N, C, OH, OW)
        Place h W + w of the maximum in its plane of x: the first of equals; a NaN counts as the largest.

    Examples
    --------
    >>> x = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], dtype=np.float32)
    >>> y, argmax = max_pool2d(x[None, None], 2)
    >>> y[0, 0].tolist(), argmax[0, 0].tolist()
    ([[6.0, 8.0], [3.0, 4.0]], [[5, 7], [8, 15]])
    """
    op = "max_pool2d"
    k, x = bind(op, x=x)
    x_shape = checks.rank(op, "x", x, "NCHW")
    dilation = checks.pair(op, "dilation", dilation, 1)
    windows, y_shape = windows_of(op, x_shape, kernel_size, stride, padding, ceil_mode, dilation)
    if dilation != (1, 1):
        _every_window_sees(op, x_shape, y_shape, windows, dilation)
    y, argmax = k.empty(y_shape, x.dtype), k.empty(y_shape, np.int64)
    if y.size:
        k.max_pool2d(x, y, argmax, *windows, dilation)
    return y, argmax


def _every_window_sees(op, x_shape, y_shape, windows, dilation):
    "the taps of a dilated window can all fall beside a small image"
    for size, count, K, s, p, d in zip(x_shape[2:], y_shape[2:], *windows, dilation):
        for start in range(-p, count * s - p, s):
            if not any(0 <= start + tap * d < size for tap in range(K)):
                raise ShapeError(
                    f"{op}: a window sees no pixel (x: {x_shape}, dilation {dilation}); use less dilation or padding"
                )


def max_pool2d_grad(dy: Any, argmax: Any, x_shape: tuple[int, int, int, int]) -> Any:
    """Gradient of `max_pool2d` by x: each dy goes to the pixel that won; pixels that won several windows add up.

    Parameters
    ----------
    dy : array (N, C, OH, OW)
    argmax : integer array (N, C, OH, OW)
        As `max_pool2d` returned it.
    x_shape : (N, C, H, W)

    Returns
    -------
    array (N, C, H, W)
    """
    return _max_pool2d_grad("max_pool2d_grad", dy, argmax, x_shape)


def _max_pool2d_grad(op, dy, argmax, x_shape):
    _, dy = bind(op, dy=dy)
    checks.rank(op, "dy", dy, "NCHW")
    N, C, H, W = x_shape = checks.shape(op, "x_shape", x_shape, "NCHW")
    argmax = backend.viewed(argmax)
    if checks.kind(argmax) not in ("i", "u"):
        raise DtypeError(
            f"{op}: argmax must be the integer array that max_pool2d returned, got {checks.dtype_name(argmax)}"
        )
    checks.same_shape(op, "dy", dy.shape[:2], (N, C), "the images and channels of x_shape, in its first two axes")
    if argmax.size:
        least, most = backend.extremes(argmax)
        if not 0 <= least <= most < H * W:
            raise ShapeError(f"{op}: argmax must lie in [0, {H * W}) for x_shape {x_shape}, got {least} to {most}")
    return trusting_max_pool2d_grad(op, dy, argmax, x_shape)


def trusting_max_pool2d_grad(op: str, dy: Any, argmax: Any, x_shape: tuple[int, int, int, int]) -> Any:
    """`max_pool2d_grad` with an argmax that `max_pool2d` made for this x_shape and nobody has touched; for layers."""
    k, dy = bind(op, dy=dy)
    checks.rank(op, "dy", dy, "NCHW")
    checks.same_shape(op, "argmax", argmax.shape, dy.shape, "that of dy")
    backend.together(op, dy=dy, argmax=argmax)
    argmax = integers(op, argmax)
    if not dy.size:
        return k.zeros(x_shape, dy.dtype)
    dx = k.empty(x_shape, dy.dtype)
    k.max_pool2d_grad(dy, argmax, dx)
    return dx


def avg_pool2d(
    x: Any,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """Mean of each window. Zeros of the padding count as numbers unless `count_include_pad` is False.

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64
    kernel_size, stride, padding, ceil_mode
        As in `max_pool2d`; padding with zeros.
    count_include_pad : bool

    Returns
    -------
    array (N, C, OH, OW)

    Examples
    --------
    >>> avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)[0, 0].tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    op = "avg_pool2d"
    k, x = bind(op, x=x)
    x_shape = checks.rank(op, "x", x, "NCHW")
    windows, y_shape = windows_of(op, x_shape, kernel_size, stride, padding, ceil_mode)
    count_include_pad = checks.flag(op, "count_include_pad", count_include_pad)
    y = k.empty(y_shape, x.dtype)
    if y.size:
        k.avg_pool2d(x, y, *windows, count_include_pad)
    return y


def avg_pool2d_grad(
    dy: Any,
    x_shape: tuple[int, int, int, int],
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """Gradient of `avg_pool2d` by x: each dy (N, C, OH, OW), shared out evenly over its window -> dx of `x_shape`."""
    op = "avg_pool2d_grad"
    k, dy = bind(op, dy=dy)
    x_shape = checks.shape(op, "x_shape", x_shape, "NCHW")
    windows, y_shape = windows_of(op, x_shape, kernel_size, stride, padding, ceil_mode)
    count_include_pad = checks.flag(op, "count_include_pad", count_include_pad)
    checks.same_shape(op, "dy", dy.shape, y_shape, "that of the forward pass with these arguments")
    dx = k.zeros(x_shape, dy.dtype)
    if dx.size:
        k.avg_pool2d_grad(dy, dx, *windows, count_include_pad)
    return dx


def weighted_pool2d(x: Any, kernel: Any, *, stride: IntOrPair) -> Any:
    """Weighted sum of each window with one fixed kernel, each channel alone (a Gaussian around the centre, say).

    y[n, c, i, j] = sum_(k, l) kernel[k, l] x[n, c, i s + k, j s + l]

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64
    kernel : array (KH, KW), of the same type
    stride : int or (height, width)

    Returns
    -------
    array (N, C, OH, OW)
    """
    op = "weighted_pool2d"
    _, x, kernel = bind(op, x=x, kernel=kernel)
    N, C, H, W = checks.rank(op, "x", x, "NCHW")
    checks.rank(op, "kernel", kernel, ("KH", "KW"))
    stride = checks.pair(op, "stride", stride, 1)
    windows_of(op, x.shape, kernel.shape, stride, 0, False)
    y = conv2d(x.reshape(N * C, 1, H, W), kernel.reshape(1, 1, *kernel.shape), stride=stride)
    return y.reshape(N, C, *y.shape[2:])


def weighted_pool2d_grad(dy: Any, x_shape: tuple[int, int, int, int], kernel: Any, *, stride: IntOrPair) -> Any:
    """Gradient of `weighted_pool2d` by x: dy (N, C, OH, OW), kernel (KH, KW) -> dx of shape `x_shape`."""
    op = "weighted_pool2d_grad"
    _, dy, kernel = bind(op, dy=dy, kernel=kernel)
    N, C, H, W = x_shape = checks.shape(op, "x_shape", x_shape, "NCHW")
    checks.rank(op, "kernel", kernel, ("KH", "KW"))
    stride = checks.pair(op, "stride", stride, 1)
    _, y_shape = windows_of(op, x_shape, kernel.shape, stride, 0, False)
    checks.same_shape(op, "dy", dy.shape, y_shape, "that of the forward pass with these arguments")
    dy = dy.reshape(N * C, 1, *dy.shape[2:])
    return conv2d_grad_input(dy, kernel.reshape(1, 1, *kernel.shape), (N * C, 1, H, W), stride=stride).reshape(x_shape)


def _one_per_plane(op, x_shape):
    "shape of y for images of this shape, which must have pixels"
    N, C, H, W = x_shape
    if min(H, W) < 1:
        raise ShapeError(f"{op}: each plane must have at least one pixel, got {H} x {W} (x: {tuple(x_shape)})")
    return N, C, 1, 1


def global_avg_pool2d(x: Any) -> Any:
    """Mean of each plane: x (N, C, H, W) -> y (N, C, 1, 1)."""
    op = "global_avg_pool2d"
    _, x = bind(op, x=x)
    _one_per_plane(op, checks.rank(op, "x", x, "NCHW"))
    return avg_pool2d(x, x.shape[2:])


def global_avg_pool2d_grad(dy: Any, x_shape: tuple[int, int, int, int]) -> Any:
    """Gradient of `global_avg_pool2d`: dx = dy / (H W), the same for a whole plane; dy (N, C, 1, 1)."""
    op = "global_avg_pool2d_grad"
    _, dy = bind(op, dy=dy)
    x_shape = checks.shape(op, "x_shape", x_shape, "NCHW")
    checks.same_shape(op, "dy", dy.shape, _one_per_plane(op, x_shape), "one number per plane")
    return avg_pool2d_grad(dy, x_shape, x_shape[2:])


def global_max_pool2d(x: Any) -> tuple[Any, Any]:
    """Largest number of each plane: x (N, C, H, W) -> (y, argmax), both (N, C, 1, 1)."""
    op = "global_max_pool2d"
    _, x = bind(op, x=x)
    _one_per_plane(op, checks.rank(op, "x", x, "NCHW"))
    return max_pool2d(x, x.shape[2:])


def global_max_pool2d_grad(dy: Any, argmax: Any, x_shape: tuple[int, int, int, int]) -> Any:
    """Gradient of `global_max_pool2d`: dy (N, C, 1, 1) goes to the winning pixel of its plane."""
    op = "global_max_pool2d_grad"
    _, dy = bind(op, dy=dy)
    x_shape = checks.shape(op, "x_shape", x_shape, "NCHW")
    checks.same_shape(op, "dy", dy.shape, _one_per_plane(op, x_shape), "one number per plane")
    return _max_pool2d_grad(op, dy, argmax, x_shape)
