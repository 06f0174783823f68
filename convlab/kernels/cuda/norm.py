"""Local response and batch normalisation. A thread owns one number; a block the sums of one channel."""

from numba import cuda

from convlab.kernels.cuda.arrays import copyto, empty
from convlab.kernels.cuda.launch import device, kernel
from convlab.kernels.cuda.sums import channel_sums


@device
def _scale(x, n, c, i, before, after, alpha, k):
    "k + alpha * the sum of squares over the neighbouring channels"
    total = k
    for other in range(max(0, c - before), min(x.shape[1], c + after + 1)):
        total += alpha * x[n, other, i] * x[n, other, i]
    return total


@kernel(lambda x, *others: x.size)
def _local_response_norm(x, y, before, after, alpha, beta, k):
    index = cuda.grid(1)
    if index >= x.size:
        return
    _, C, L = x.shape
    n, c, i = index // (C * L), index // L % C, index % L
    y[n, c, i] = x[n, c, i] * _scale(x, n, c, i, before, after, alpha, k) ** -beta


@kernel(lambda dy, *others: dy.size)
def _ratio(dy, x, dx, ratio, before, after, alpha, beta, k):
    "what every channel passes to its neighbours: dy x / scale^(beta + 1)"
    index = cuda.grid(1)
    if index >= x.size:
        return
    _, C, L = x.shape
    n, c, i = index // (C * L), index // L % C, index % L
    scale = _scale(x, n, c, i, before, after, alpha, k)
    dx[n, c, i] = dy[n, c, i] * scale**-beta
    ratio[n, c, i] = dy[n, c, i] * x[n, c, i] * scale ** (-beta - 1)


@kernel(lambda x, *others: x.size)
def _subtract_neighbours(x, dx, ratio, before, after, factor):
    "channel c stands in the windows of the channels c - after to c + before"
    index = cuda.grid(1)
    if index >= x.size:
        return
    _, C, L = x.shape
    n, c, i = index // (C * L), index // L % C, index % L
    total = dx.dtype.type(0)
    for other in range(max(0, c - after), min(C, c + before + 1)):
        total += ratio[n, other, i]
    dx[n, c, i] -= factor * x[n, c, i] * total


def local_response_norm(x, y, size, alpha, beta, k):
    "x, y (N, C, L): y = x / (k + alpha / size * sum of squares of `size` channels around)^beta"
    real = x.dtype.type
    _local_response_norm(x, y, size // 2, (size - 1) // 2, real(alpha / size), real(beta), real(k))


def local_response_norm_grad(dy, x, dx, size, alpha, beta, k):
    real, before, after = x.dtype.type, size // 2, (size - 1) // 2
    ratio = empty(x.shape, x.dtype)
    _ratio(dy, x, dx, ratio, before, after, real(alpha / size), real(beta), real(k))
    _subtract_neighbours(x, dx, ratio, before, after, real(2 * alpha / size * beta))


@device
def _itself(x, unused, mean, factor, n, c, i):
    return x[n, c, i]


@device
def _squared_deviation(x, unused, mean, factor, n, c, i):
    return (x[n, c, i] - mean[c]) ** 2


@device
def _by_normalised(dy, x, mean, inverse_deviation, n, c, i):
    return dy[n, c, i] * (x[n, c, i] - mean[c]) * inverse_deviation[c]


_sum = channel_sums(_itself)
_sum_of_squares = channel_sums(_squared_deviation)
_sum_by_normalised = channel_sums(_by_normalised)


@kernel(lambda numbers, count: numbers.size)
def _divide(numbers, count):
    i = cuda.grid(1)
    if i < numbers.size:
        numbers[i] /= count


def channel_statistics(x, mean, variance):
    "mean and (biased) variance of each channel of x (N, C, L), in float64, in two passes"
    count = x.shape[0] * x.shape[2]
    _sum(x, x, mean, mean, mean)
    _divide(mean, count)
    _sum_of_squares(x, x, mean, mean, variance)
    _divide(variance, count)


@kernel(lambda x, *others: x.size)
def batch_norm(x, y, mean, inverse_deviation, weight, bias):
    "y = (x - mean) * inverse_deviation * weight + bias, channel by channel"
    index = cuda.grid(1)
    if index >= x.size:
        return
    _, C, L = x.shape
    n, c, i = index // (C * L), index // L % C, index % L
    y[n, c, i] = (x[n, c, i] - mean[c]) * (inverse_deviation[c] * weight[c]) + bias[c]


@kernel(lambda dy, *others: dy.size)
def _batch_norm_grad(dy, x, mean, inverse_deviation, weight, dx, sum_dy, sum_dy_z, share):
    index = cuda.grid(1)
    if index >= x.size:
        return
    _, C, L = x.shape
    n, c, i = index // (C * L), index // L % C, index % L
    z = (x[n, c, i] - mean[c]) * inverse_deviation[c]
    rest = dy[n, c, i] - share * sum_dy[c] - z * (share * sum_dy_z[c])
    dx[n, c, i] = weight[c] * inverse_deviation[c] * rest


def batch_norm_grad(dy, x, mean, inverse_deviation, weight, dx, dweight, dbias, training):
    """Gradients of batch_norm. In training mean and deviation depend on x too:
    dx = weight * inverse_deviation * (dy - mean(dy) - z * mean(dy * z)), z the normalised x."""
    N, C, L = x.shape
    sum_dy, sum_dy_z = empty(C, mean.dtype), empty(C, mean.dtype)
    _sum(dy, x, mean, inverse_deviation, sum_dy)
    _sum_by_normalised(dy, x, mean, inverse_deviation, sum_dy_z)
    copyto(dbias, sum_dy)
    copyto(dweight, sum_dy_z)
    share = 1 / (N * L) if training else 0.0
    _batch_norm_grad(dy, x, mean, inverse_deviation, weight, dx, sum_dy, sum_dy_z, share)
