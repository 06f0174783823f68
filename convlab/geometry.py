"""Where windows fall: output sizes, 'same' padding, receptive fields. Plain integers along one axis, no arrays.

Notation: input size M, kernel K, stride s, padding p on both sides, dilation d.
"""

from collections.abc import Iterable


def extent(kernel: int, dilation: int = 1) -> int:
    """Pixels from the first to the last tap of a dilated kernel: d (K - 1) + 1.

    >>> extent(3), extent(3, dilation=2)
    (3, 5)
    """
    return dilation * (kernel - 1) + 1


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Number of windows that fit: N = floor((M + 2p - d (K - 1) - 1) / s) + 1; 0 or less if none does.

    >>> [output_size(7, 3, stride) for stride in (1, 2, 3)]
    [5, 3, 2]
    >>> output_size(227, 11, stride=4)
    55
    """
    return (size + 2 * padding - extent(kernel, dilation)) // stride + 1


def pooled_size(
    size: int, kernel: int, stride: int, padding: int = 0, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """Number of pooling windows. With `ceil_mode` a last, ragged window counts if it starts inside the input or its
    left padding (PyTorch's rule).

    >>> pooled_size(6, 3, 2), pooled_size(6, 3, 2, ceil_mode=True)
    (2, 3)
    """
    if not ceil_mode:
        return output_size(size, kernel, stride, padding, dilation)
    count = -(-(size + 2 * padding - extent(kernel, dilation)) // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count


def transposed_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Size that a transposed convolution gives back: (M - 1) s - 2p + d (K - 1) + 1 + output_padding.

    >>> transposed_size(output_size(9, 3, stride=2), 3, stride=2)
    9
    """
    return (size - 1) * stride - 2 * padding + extent(kernel, dilation) + output_padding


def same_padding(kernel: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after the axis that keep its size at stride 1; an odd one goes after, as in PyTorch.

    >>> same_padding(3), same_padding(4), same_padding(3, dilation=2)
    ((1, 1), (1, 2), (2, 2))
    """
    total = dilation * (kernel - 1)
    return total // 2, total - total // 2


def receptive_field(layers: Iterable[tuple[int, int] | tuple[int, int, int]]) -> int:
    """Input pixels that one output of a stack of layers (kernel, stride[, dilation]) sees along an axis.

    l_k = l_(k-1) + (extent_k - 1) * product of the strides before layer k, l_0 = 1.

    >>> receptive_field([(3, 1), (3, 1), (3, 1)])
    7
    >>> receptive_field([(11, 4), (3, 2), (5, 1)])
    51
    """
    field, jump = 1, 1
    for kernel, stride, *dilation in layers:
        field += (extent(kernel, *dilation) - 1) * jump
        jump *= stride
    return field
