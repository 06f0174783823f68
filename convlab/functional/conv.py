"""Convolution (cross-correlation, as in PyTorch) in one and two dimensions, transposed, and all gradients.

Letters: x (N, C, H, W) a batch of images, w (O, C/groups, KH, KW) weights, b (O,) bias, y (N, O, OH, OW); dy, dx, dw, db
the gradients of a loss by them. Along each axis OH = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1.

Source: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, 2016.
"""

import functools
from typing import Any, NamedTuple

from convlab import checks, geometry
from convlab.backend import bind
from convlab.errors import ArgumentError, ShapeError

IntOrPair = int | tuple[int, int]


class Windows(NamedTuple):
    """Checked geometry of a convolution: what kernels need, and the output it gives."""

    stride: tuple[int, int]
    before: tuple[int, int]
    dilation: tuple[int, int]
    y_shape: tuple[int, int, int, int]

    @property
    def arguments(self) -> tuple:
        return self.stride, self.before, self.dilation


def windows_of(op, x_shape, w_shape, stride, padding, dilation, groups) -> Windows:
    """Check the geometry of a convolution; raise what `conv2d` documents."""
    options = stride, padding, dilation, groups
    if all(map(_is_plain, options)):  # a network asks the same at every step
        return _known_windows_of(op, x_shape, w_shape, *options)
    return _windows_of(op, x_shape, w_shape, *options)


def _is_plain(value) -> bool:
    "an int, a text or a tuple of ints; True, which is no number here, equals 1 and would be taken for it"
    kind = type(value)
    return kind is int or kind is str or (kind is tuple and all(type(v) is int for v in value))


def _windows_of(op, x_shape, w_shape, stride, padding, dilation, groups) -> Windows:
    (N, C, *image), (O, per_group, *kernel) = x_shape, w_shape
    stride, dilation = checks.pair(op, "stride", stride, 1), checks.pair(op, "dilation", dilation, 1)
    groups = checks.integer(op, "groups", groups, 1)
    shapes = f"(x: {x_shape}, w: {w_shape}); w is (O, C{'/groups' if groups > 1 else ''}, KH, KW)"
    if min(kernel) < 1:
        raise ShapeError(f"{op}: w must have a kernel of at least 1 x 1, got {kernel[0]} x {kernel[1]} {shapes}")
    if per_group * groups != C:
        times = f" x {groups} groups" if groups > 1 else ""
        raise ShapeError(f"{op}: x has {C} channels but w expects {per_group}{times} {shapes}")
    if O % groups:
        raise ShapeError(f"{op}: the {O} output channels of w must divide into {groups} groups {shapes}")
    pads = checks.padding_pairs(op, padding, kernel, stride, dilation)
    out = []
    for axis, (M, K, s, d, pad) in enumerate(zip(image, kernel, stride, dilation, pads)):
        padded = M + sum(pad)
        if geometry.extent(K, d) > padded:
            raise ShapeError(
                f"{op}: the window is {geometry.extent(K, d)} {('high', 'wide')[axis]} but the padded image only "
                f"{padded} (x: {x_shape}, w: {w_shape}, padding {padding!r}, dilation {dilation}); "
                "pad more or use a smaller kernel"
            )
        out.append((padded - geometry.extent(K, d)) // s + 1)
    checks.fits(op, "the padded image", (N, C, *(M + sum(pad) for M, pad in zip(image, pads))))
    checks.fits(op, "y", (N, O, *out))
    return Windows(stride, (pads[0][0], pads[1][0]), dilation, (N, O, *out))


_known_windows_of = functools.lru_cache(256)(_windows_of)


def conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair | str = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Any:
    """Two-dimensional convolution: y[n, o, i, j] = b[o] + sum_(c, k, l) w[o, c, k, l] x[n, c, i s + k d - p, j s + l d - p].

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64
    w : array (O, C/groups, KH, KW), of the same type
    b : array (O,), optional
    stride, dilation : int or (height, width)
        Step between windows, and between the taps of a window; at least 1.
    padding : int, (height, width), "same" or "valid"
        Zeros on each side. "same" (stride 1 only) keeps the image size, an odd zero goes to the bottom or right.
    groups : int
        Output channels in group g see only the input channels of group g.

    Returns
    -------
    array (N, O, OH, OW)

    Raises
    ------
    ShapeError, DtypeError, ArgumentError
        If the arguments do not fit; the message names the culprit and the mend.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[[[0, 0, 9, 9]]]], dtype=np.float32)
    >>> edge = np.array([[[[-1, 1]]]], dtype=np.float32)
    >>> conv2d(image, edge)
    array([[[[0., 9., 0.]]]], dtype=float32)
    """
    op = "conv2d"
    k, x, w, b = bind(op, optional=("b",), x=x, w=w, b=b)
    x_shape, w_shape = checks.rank(op, "x", x, "NCHW"), checks.rank(op, "w", w, ("O", "C", "KH", "KW"))
    windows = windows_of(op, x_shape, w_shape, stride, padding, dilation, groups)
    b = _bias(op, k, b, w_shape[0], x.dtype)
    y = k.empty(windows.y_shape, x.dtype)
    if not w.size:  # no channels: nothing but the bias
        k.copyto(y, b.reshape(-1, 1, 1))
    elif y.size:
        k.conv2d(x, w, b, y, *windows.arguments)
    return y


def _bias(op, k, b, channels, dtype):
    if b is None:
        return k.zeros(channels, dtype)
    checks.same_shape(op, "b", b.shape, (channels,), "one number per output channel")
    return b


def conv2d_grad_input(
    dy: Any,
    w: Any,
    x_shape: tuple[int, int, int, int],
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair | str = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Any:
    """Gradient of `conv2d` by x: every output passes dy w back to the pixels it saw.

    dx[n, c, h, v] = sum of dy[n, o, i, j] w[o, c, k, l] over all (o, i, j, k, l) with i s + k d - p = h, j s + l d - p = v.

    Parameters
    ----------
    dy : array (N, O, OH, OW)
        Gradient by the output.
    w : array (O, C/groups, KH, KW)
    x_shape : (N, C, H, W)
    stride, padding, dilation, groups
        As in the forward pass.

    Returns
    -------
    array (N, C, H, W)
    """
    op = "conv2d_grad_input"
    k, dy, w = bind(op, dy=dy, w=w)
    x_shape, w_shape = checks.shape(op, "x_shape", x_shape, "NCHW"), checks.rank(op, "w", w, ("O", "C", "KH", "KW"))
    windows = windows_of(op, x_shape, w_shape, stride, padding, dilation, groups)
    _like_forward(op, dy, windows)
    if not dy.size or not w.size:
        return k.zeros(x_shape, dy.dtype)
    dx = k.empty(x_shape, dy.dtype)
    k.conv2d_grad_input(dy, w, dx, *windows.arguments)
    return dx


def _like_forward(op, dy, windows):
    checks.same_shape(op, "dy", dy.shape, windows.y_shape, "that of the forward pass with these arguments")


def conv2d_grad_weight(
    dy: Any,
    x: Any,
    w_shape: tuple[int, int, int, int],
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair | str = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Any:
    """Gradient of `conv2d` by w: dw[o, c, k, l] = sum_(n, i, j) dy[n, o, i, j] x[n, c, i s + k d - p, j s + l d - p].

    Parameters
    ----------
    dy : array (N, O, OH, OW)
        Gradient by the output.
    x : array (N, C, H, W)
        Input of the forward pass.
    w_shape : (O, C/groups, KH, KW)
    stride, padding, dilation, groups
        As in the forward pass.

    Returns
    -------
    array (O, C/groups, KH, KW)
    """
    op = "conv2d_grad_weight"
    k, dy, x = bind(op, dy=dy, x=x)
    x_shape, w_shape = checks.rank(op, "x", x, "NCHW"), checks.shape(op, "w_shape", w_shape, ("O", "C", "KH", "KW"))
    windows = windows_of(op, x_shape, w_shape, stride, padding, dilation, groups)
    _like_forward(op, dy, windows)
    if not dy.size or not x.size:
        return k.zeros(w_shape, dy.dtype)
    dw = k.empty(w_shape, dy.dtype)
    k.conv2d_grad_weight(dy, x, dw, *windows.arguments)
    return dw


def conv2d_grad_bias(dy: Any) -> Any:
    """Gradient of `conv2d` by b: db[o] = sum_(n, i, j) dy[n, o, i, j].

    Parameters
    ----------
    dy : array (N, O, OH, OW)

    Returns
    -------
    array (O,)
    """
    return _grad_bias("conv2d_grad_bias", dy, "NOHW")


def _grad_bias(op, dy, letters):
    k, dy = bind(op, dy=dy)
    N, O, *_ = checks.rank(op, "dy", dy, letters)
    db = k.zeros(O, dy.dtype)
    if dy.size:
        k.sum_per_channel(dy.reshape(N, O, -1), db)
    return db


# ------------------------------------------------------------------------------------------------ one dimension
def _flat_options(op, stride, padding, dilation, groups) -> dict:
    "options along one axis, as those of an image of height 1"
    if not isinstance(padding, str):
        padding = (0, checks.integer(op, "padding", _only(op, "padding", padding), 0))
    return {
        "stride": (1, checks.integer(op, "stride", _only(op, "stride", stride), 1)),
        "padding": padding,
        "dilation": (1, checks.integer(op, "dilation", _only(op, "dilation", dilation), 1)),
        "groups": groups,
    }  # fmt: skip


def _only(op, name, value):
    "PyTorch writes the options of a 1-D layer as (3,) too"
    if isinstance(value, (tuple, list)):
        if len(value) != 1:
            raise ArgumentError(f"{op}: {name} must be an int or (int,), got {value!r}")
        return value[0]
    return value


def _as_image(op, name, array, letters):
    checks.rank(op, name, array, letters)
    first, second, length = array.shape
    return array.reshape(first, second, 1, length)


def _without_height(array):
    first, second, _, length = array.shape
    return array.reshape(first, second, length)


def _as_image_shape(op, name, value, letters):
    first, second, length = checks.shape(op, name, value, letters)
    return first, second, 1, length


def conv1d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: int = 1,
    padding: int | str = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Any:
    """One-dimensional convolution: y[n, o, i] = b[o] + sum_(c, k) w[o, c, k] x[n, c, i s + k d - p].

    Parameters
    ----------
    x : array (N, C, L), float32 or float64
    w : array (O, C/groups, K), of the same type
    b : array (O,), optional
    stride, padding, dilation, groups
        As in `conv2d`, along one axis.

    Returns
    -------
    array (N, O, OL)

    Examples
    --------
    >>> import numpy as np
    >>> noisy = np.array([[[1, 5, 3, 4]]], dtype=np.float64)
    >>> conv1d(noisy, np.full((1, 1, 2), 0.5))
    array([[[3. , 4. , 3.5]]])
    """
    op = "conv1d"
    _, x, w, b = bind(op, optional=("b",), x=x, w=w, b=b)
    x, w = _as_image(op, "x", x, "NCL"), _as_image(op, "w", w, "OCK")
    return _without_height(_named(op, conv2d, x, w, b, **_flat_options(op, stride, padding, dilation, groups)))


def _named(op, function, *args, **options):
    "call the two-dimensional function; its errors speak of `op`"
    try:
        return function(*args, **options)
    except (ShapeError, ArgumentError) as error:
        message = str(error).replace(function.__name__, op, 1)
        raise type(error)(f"{message} [as an image of height 1]") from None


def conv1d_grad_input(
    dy: Any,
    w: Any,
    x_shape: tuple[int, int, int],
    *,
    stride: int = 1,
    padding: int | str = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Any:
    """Gradient of `conv1d` by x: dy (N, O, OL), w (O, C/groups, K) -> dx of shape `x_shape` (N, C, L)."""
    op = "conv1d_grad_input"
    _, dy, w = bind(op, dy=dy, w=w)
    dy, w = _as_image(op, "dy", dy, "NOL"), _as_image(op, "w", w, "OCK")
    x_shape = _as_image_shape(op, "x_shape", x_shape, "NCL")
    options = _flat_options(op, stride, padding, dilation, groups)
    return _without_height(_named(op, conv2d_grad_input, dy, w, x_shape, **options))


def conv1d_grad_weight(
    dy: Any,
    x: Any,
    w_shape: tuple[int, int, int],
    *,
    stride: int = 1,
    padding: int | str = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Any:
    """Gradient of `conv1d` by w: dy (N, O, OL), x (N, C, L) -> dw of shape `w_shape` (O, C/groups, K)."""
    op = "conv1d_grad_weight"
    _, dy, x = bind(op, dy=dy, x=x)
    dy, x = _as_image(op, "dy", dy, "NOL"), _as_image(op, "x", x, "NCL")
    w_shape = _as_image_shape(op, "w_shape", w_shape, "OCK")
    options = _flat_options(op, stride, padding, dilation, groups)
    return _without_height(_named(op, conv2d_grad_weight, dy, x, w_shape, **options))


def conv1d_grad_bias(dy: Any) -> Any:
    """Gradient of `conv1d` by b: dy (N, O, OL) -> db[o] = sum_(n, i) dy[n, o, i]."""
    return _grad_bias("conv1d_grad_bias", dy, "NOL")


# ------------------------------------------------------------------------------------------------ transposed
def transposed_windows(op, x_shape, w_shape, stride, padding, output_padding, dilation, groups):
    """Check a transposed convolution: the shape of y, and the windows of the convolution y -> x it is the gradient of."""
    N, C, *small = x_shape
    out_padding = checks.pair(op, "output_padding", output_padding, 0)
    strides, dilations = checks.pair(op, "stride", stride, 1), checks.pair(op, "dilation", dilation, 1)
    pads = checks.pair(op, "padding", padding, 0)
    groups = checks.integer(op, "groups", groups, 1)
    shapes = f"(x: {x_shape}, w: {w_shape}); w is (C, O{'/groups' if groups > 1 else ''}, KH, KW)"
    if min(w_shape[2:]) < 1:
        raise ShapeError(f"{op}: w must have a kernel of at least 1 x 1, got {w_shape[2]} x {w_shape[3]} {shapes}")
    if min(small) < 1:
        raise ShapeError(f"{op}: x must have images of at least 1 x 1, got {small[0]} x {small[1]} {shapes}")
    if w_shape[0] != C:
        raise ShapeError(f"{op}: x has {C} channels but w expects {w_shape[0]} {shapes}")
    if C % groups:
        raise ShapeError(f"{op}: the {C} channels of x must divide into {groups} groups {shapes}")
    if any(o >= max(s, d) for o, s, d in zip(out_padding, strides, dilations)):
        raise ArgumentError(
            f"{op}: output_padding must be smaller than stride or dilation, got output_padding {out_padding}, "
            f"stride {strides}, dilation {dilations}"
        )
    sizes = zip(small, w_shape[2:], strides, pads, out_padding, dilations)
    image = [geometry.transposed_size(*arguments) for arguments in sizes]
    if min(image) < 1:
        raise ShapeError(
            f"{op}: the output would be {image[0]} x {image[1]} (x: {x_shape}, w: {w_shape}, padding {pads}); pad less"
        )
    y_shape = N, w_shape[1] * groups, *image
    checks.fits(op, "the padded y", (*y_shape[:2], *(M + 2 * p for M, p in zip(image, pads))))
    # a convolution of y would give x, but for output_padding, which the floor of its size swallows or not
    return y_shape, (strides, pads, dilations)


def conv_transpose2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Any:
    """Transposed convolution: the input gradient of `conv2d` as a layer of its own, which makes images larger.

    Each pixel of x adds w, scaled, to the output: OH = (H - 1) s - 2 p + d (KH - 1) + 1 + output_padding.

    Parameters
    ----------
    x : array (N, C, H, W), float32 or float64
    w : array (C, O/groups, KH, KW), of the same type
    b : array (O,), optional
    stride, padding, dilation : int or (height, width)
        Those of the convolution that this is the transpose of.
    output_padding : int or (height, width)
        Rows and columns more at the bottom and right; smaller than stride or dilation.
    groups : int

    Returns
    -------
    array (N, O, OH, OW)

    Examples
    --------
    >>> import numpy as np
    >>> conv_transpose2d(np.ones((1, 1, 1, 2)), np.array([[[[1.0, 2.0]]]]), stride=2)
    array([[[[1., 2., 1., 2.]]]])
    """
    op = "conv_transpose2d"
    k, x, w, b = bind(op, optional=("b",), x=x, w=w, b=b)
    x_shape, w_shape = checks.rank(op, "x", x, "NCHW"), checks.rank(op, "w", w, ("C", "O", "KH", "KW"))
    y_shape, windows = transposed_windows(op, x_shape, w_shape, stride, padding, output_padding, dilation, groups)
    b = _bias(op, k, b, y_shape[1], x.dtype)
    y = k.empty(y_shape, x.dtype)
    if not w.size:
        k.copyto(y, b.reshape(-1, 1, 1))
    elif y.size:
        k.conv_transpose2d(x, w, b, y, *windows)
    return y


def conv_transpose2d_grad_input(
    dy: Any,
    w: Any,
    x_shape: tuple[int, int, int, int],
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Any:
    """Gradient of `conv_transpose2d` by x: a convolution of dy (N, O, OH, OW) with w (C, O/groups, KH, KW)."""
    op = "conv_transpose2d_grad_input"
    k, dy, w = bind(op, dy=dy, w=w)
    x_shape, w_shape = checks.shape(op, "x_shape", x_shape, "NCHW"), checks.rank(op, "w", w, ("C", "O", "KH", "KW"))
    y_shape, windows = transposed_windows(op, x_shape, w_shape, stride, padding, output_padding, dilation, groups)
    checks.same_shape(op, "dy", dy.shape, y_shape, "that of the forward pass with these arguments")
    if not dy.size or not w.size:
        return k.zeros(x_shape, dy.dtype)
    dx = k.empty(x_shape, dy.dtype)
    k.conv2d(dy, w, k.zeros(x_shape[1], dy.dtype), dx, *windows)
    return dx


def conv_transpose2d_grad_weight(
    dy: Any,
    x: Any,
    w_shape: tuple[int, int, int, int],
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Any:
    """Gradient of `conv_transpose2d` by w: that of a convolution whose input is dy and whose gradient by the output is x.

    dy (N, O, OH, OW), x (N, C, H, W) -> dw of shape `w_shape` (C, O/groups, KH, KW).
    """
    op = "conv_transpose2d_grad_weight"
    k, dy, x = bind(op, dy=dy, x=x)
    x_shape, w_shape = checks.rank(op, "x", x, "NCHW"), checks.shape(op, "w_shape", w_shape, ("C", "O", "KH", "KW"))
    y_shape, windows = transposed_windows(op, x_shape, w_shape, stride, padding, output_padding, dilation, groups)
    checks.same_shape(op, "dy", dy.shape, y_shape, "that of the forward pass with these arguments")
    if not dy.size or not x.size:
        return k.zeros(w_shape, dy.dtype)
    dw = k.empty(w_shape, dy.dtype)
    k.conv2d_grad_weight(x, dy, dw, *windows)
    return dw


def conv_transpose2d_grad_bias(dy: Any) -> Any:
    """Gradient of `conv_transpose2d` by b: dy (N, O, OH, OW) -> db[o] = sum_(n, i, j) dy[n, o, i, j]."""
    return _grad_bias("conv_transpose2d_grad_bias", dy, "NOHW")
