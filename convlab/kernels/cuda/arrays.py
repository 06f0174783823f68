"""Arrays on the GPU, and the few functions of NumPy that layers need, under NumPy's names.

`convlab.backend.namespace` gives layers NumPy itself or this module, so that a layer is written once.
"""

import itertools
import math

import numpy as np
from numba import cuda

from convlab.kernels.cuda.launch import SIMULATED, device, kernel
from convlab.kernels.cuda.memory import empty

AXES = 4  # kernels here see arrays of four axes


# ------------------------------------------------------------------------------------------------ views
def _view(array, shape, strides):
    "the memory of `array` under another shape and strides (in bytes)"
    if SIMULATED:
        return type(array)(np.lib.stride_tricks.as_strided(array._ary, shape, strides))
    return type(array)(shape, strides, array.dtype, gpu_data=array.gpu_data)


def _four_axes(array, shape):
    "`array`, repeated to `shape` of at most four axes, as a view of four"
    lead = len(shape) - array.ndim
    strides = [0] * lead + [s if n > 1 else 0 for n, s in zip(array.shape, array.strides)]
    if len(shape) > AXES:
        raise NotImplementedError(f"arrays of more than {AXES} axes are not repeated along some on a GPU")
    fill = AXES - len(shape)
    return _view(array, (1,) * fill + tuple(shape), (0,) * fill + tuple(strides))


def swapaxes(array, first, second):
    """A copy, contiguous, with two axes exchanged."""
    order = list(range(array.ndim))
    order[first], order[second] = order[second], order[first]
    shape, strides = ([of[axis] for axis in order] for of in (array.shape, array.strides))
    return ascontiguousarray(_view(array, shape, strides))


def ascontiguousarray(array):
    """The array itself where it is contiguous, else a copy that is."""
    if array.is_c_contiguous():
        return array
    if array.ndim > AXES:
        return to_device(array.copy_to_host())
    return _filled(array.shape, array.dtype, array)


def _filled(shape, dtype, source):
    result = empty(shape, dtype)
    copyto(result, source)
    return result


# ------------------------------------------------------------------------------------------------ number by number
@device
def place_of(index, shape):
    "the place of a number in an array of four axes"
    l, rest = index % shape[3], index // shape[3]
    k, rest = rest % shape[2], rest // shape[2]
    return rest // shape[1], rest % shape[1], k, l


def _unary(function):
    @kernel(lambda a, y: y.size)
    def apply(a, y):
        index = cuda.grid(1)
        if index < y.size:
            i, j, k, l = place_of(index, y.shape)
            y[i, j, k, l] = function(a[i, j, k, l])

    @kernel(lambda a, y: y.size)
    def apply_flat(a, y):
        i = cuda.grid(1)
        if i < y.size:
            y[i] = function(a[i])

    return lambda a, out=None: _number_by_number(apply, apply_flat, out, a.dtype, a)


def _binary(function):
    @kernel(lambda a, b, y: y.size)
    def apply(a, b, y):
        index = cuda.grid(1)
        if index < y.size:
            i, j, k, l = place_of(index, y.shape)
            y[i, j, k, l] = function(a[i, j, k, l], b[i, j, k, l])

    @kernel(lambda a, b, y: y.size)
    def apply_flat(a, b, y):
        i = cuda.grid(1)
        if i < y.size:
            y[i] = function(a[i], b[i])

    @kernel(lambda a, b, y: y.size)
    def apply_number(a, b, y):
        index = cuda.grid(1)
        if index < y.size:
            i, j, k, l = place_of(index, y.shape)
            y[i, j, k, l] = function(a[i, j, k, l], b)

    @kernel(lambda a, b, y: y.size)
    def apply_number_flat(a, b, y):
        i = cuda.grid(1)
        if i < y.size:
            y[i] = function(a[i], b)

    def on_arrays(a, b, out=None, casting="same_kind"):
        if np.ndim(b) == 0 and not hasattr(b, "copy_to_host"):
            number = a.dtype.type(b)
            by_number = (lambda a, y, apply=apply: apply(a, number, y) for apply in (apply_number, apply_number_flat))
            return _number_by_number(*by_number, out, a.dtype, a)
        return _number_by_number(apply, apply_flat, out, np.result_type(a.dtype, b.dtype), a, b)

    return on_arrays


def _number_by_number(apply, apply_flat, out, dtype, *arrays):
    "`apply` to arrays seen with four axes; where all lie in a row, `apply_flat`, which need not look for their places"
    shape = np.broadcast_shapes(*(tuple(a.shape) for a in arrays)) if out is None else out.shape
    result = empty(shape, dtype) if out is None else out
    if all(a.shape == result.shape and a.is_c_contiguous() for a in (*arrays, result)):
        if result.size:
            apply_flat(*(a.reshape(a.size) for a in (*arrays, result)))
    elif result.size:
        apply(*(_four_axes(a, shape) for a in (*arrays, result)))
    return result


@device
def _same(a):
    return a


@device
def _plus(a, b):
    return a + b


@device
def _minus(a, b):
    return a - b


@device
def _times(a, b):
    return a * b


@device
def _root(a):
    return math.sqrt(a)


@device
def _one_over(a):
    return a.dtype.type(1) / a if SIMULATED else 1 / a


_copy = _unary(_same)
add, subtract, multiply = _binary(_plus), _binary(_minus), _binary(_times)
sqrt, reciprocal = _unary(_root), _unary(_one_over)


def square(a):
    return multiply(a, a)


def copyto(dst, src, casting="same_kind"):
    """dst[...] = src, on the GPU or from the host, repeated to the shape of dst and brought to its type."""
    if isinstance(src, np.ndarray):
        src = to_device(np.ascontiguousarray(src, dst.dtype))
    _copy(src, out=dst)


@kernel(lambda y, value: y.size)
def _fill(y, value):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = value


def full(shape, value, dtype):
    result = empty(shape, dtype)
    _fill(result.reshape(result.size), result.dtype.type(value))
    return result


def zeros(shape, dtype):
    return full(shape, 0, dtype)


def ones(shape, dtype):
    return full(shape, 1, dtype)


def zeros_like(array):
    return zeros(array.shape, array.dtype)


def astype(array, dtype):
    """A copy of another type."""
    return _filled(array.shape, np.dtype(dtype), array)


# ------------------------------------------------------------------------------------------------ parts
def concatenate(arrays, axis=0):
    shape = list(arrays[0].shape)
    shape[axis] = int(np.sum([a.shape[axis] for a in arrays]))
    result, start = empty(tuple(shape), arrays[0].dtype), 0
    for a in arrays:
        stop = start + a.shape[axis]
        copyto(result[(slice(None),) * axis + (slice(start, stop),)], a)
        start = stop
    return result


def split(array, ends, axis=0):
    """Copies of the parts of an array between these places along an axis."""
    bounds = [0, *map(int, ends), array.shape[axis]]
    parts = [array[(slice(None),) * axis + (slice(a, b),)] for a, b in itertools.pairwise(bounds)]
    return [_filled(part.shape, part.dtype, part) for part in parts]


@kernel(lambda a, rows, y: y.size)
def _take(a, rows, y):
    index = cuda.grid(1)
    if index < y.size:
        y[index // y.shape[1], index % y.shape[1]] = a[rows[index // y.shape[1]], index % y.shape[1]]


def take(array, indices, axis=0):
    """Rows of an array, by their numbers: an array of integers on the host. Only along the first axis."""
    rows = math.prod(array.shape[1:])
    result = empty((*indices.shape, *array.shape[1:]), array.dtype)
    if result.size:
        places = to_device(np.ascontiguousarray(indices.reshape(-1), np.int64))
        _take(array.reshape(array.shape[0], rows), places, result.reshape(indices.size, rows))
    return result


@kernel(lambda a, y: y.size)
def _sum_rows(a, y):
    row = cuda.grid(1)
    if row < y.size:
        total = np.float64(0)
        for i in range(a.shape[1]):
            total += a[row, i]
        y[row] = total


def sum(array, axis, keepdims=False):
    """Sums of the rows of a matrix; only axis 1."""
    result = empty(array.shape[0], array.dtype)
    _sum_rows(array, result)
    return result.reshape(array.shape[0], 1) if keepdims else result


@kernel(lambda a, low, high: low.size)
def _extremes(a, low, high):
    i = cuda.grid(1)
    if i < low.size:
        least, most = a[i], a[i]
        for k in range(i, a.size, low.size):
            least, most = min(least, a[k]), max(most, a[k])
        low[i], high[i] = least, most


def extremes(array):
    """The smallest and the largest number of an array of integers, on the host."""
    count = min(array.size, 2**14)
    low, high = empty(count, array.dtype), empty(count, array.dtype)
    _extremes(array.reshape(array.size), low, high)
    return int(low.copy_to_host().min()), int(high.copy_to_host().max())


# ------------------------------------------------------------------------------------------------ to and from the GPU
def to_device(array):
    """A copy of a NumPy array on the GPU."""
    result = empty(array.shape, array.dtype)
    if array.size:
        # flat: Numba takes an axis of length 1, whose step may be 0, for one that repeats
        ready = np.require(array, array.dtype.newbyteorder("="), ["C", "A"])
        result.reshape(result.size).copy_to_device(ready.reshape(-1))
    return result


def to_host(array):
    """A copy of an array on the GPU as a NumPy array."""
    return ascontiguousarray(as_array(array)).copy_to_host()


def as_array(array):
    """Anything with `__cuda_array_interface__` as an array of Numba's, without a copy."""
    return array if hasattr(array, "__cuda_ndarray__") else cuda.as_cuda_array(array)


def contiguous(array):
    return ascontiguousarray(as_array(array))
