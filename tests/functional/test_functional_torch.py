"""Every operation and gradient against PyTorch, where it is installed, on random legal configurations.

PyTorch computes in float64 what is asked of it in float32, too. `CONVLAB_TORCH_TRIALS=5000 pytest -s <this file>` tries
more, and prints the largest max |a - b| / max |b| of each operation.
"""

import os
from collections import defaultdict

import numpy as np
import pytest

import convlab.functional as F
from convlab import geometry
from convlab.errors import ConvlabError

torch = pytest.importorskip("torch")
T = torch.nn.functional

TRIALS = int(os.environ.get("CONVLAB_TORCH_TRIALS", "25"))
TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-10}
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
worst = defaultdict(float)


@pytest.fixture(scope="module", autouse=True)
def report():
    yield
    for (name, dtype), error in sorted(worst.items()):
        print(f"\n{name:30s} {dtype:8s} {error:.1e}", end="")


@pytest.fixture
def rng():
    return np.random.default_rng(20)


def agree(name, got, expected):
    """`got` equals the float64 tensor `expected` to the tolerance of its type."""
    expected = expected.detach().numpy()
    assert got.shape == tuple(expected.shape)
    if got.size == 0:
        return
    # a sum of which nothing is left but the rounding of its terms is no measure: they are numbers around 1
    error = np.abs(got.astype(np.float64) - expected).max() / max(0.1, np.abs(expected).max())
    worst[name, got.dtype.name] = max(worst[name, got.dtype.name], error)
    assert error <= TOLERANCE[got.dtype], name


def leaf(array):
    return None if array is None else torch.tensor(np.asarray(array, np.float64), requires_grad=True)


def normal(rng, dtype, *shape):
    return np.asarray(rng.standard_normal(shape), dtype)


def between(rng, low, high):
    return int(rng.integers(low, high, endpoint=True))


def geometry_of(rng, axes):
    """Legal kernel, stride, padding, dilation and size for each axis; now and then large ones."""
    top = 12 if rng.random() < 0.1 else 5
    kernel, stride, dilation = ([between(rng, 1, most) for _ in range(axes)] for most in (top, 6, 3))
    padding = [between(rng, 0, 7) for _ in range(axes)]
    least = [max(1, geometry.extent(K, d) - 2 * p) for K, p, d in zip(kernel, padding, dilation)]
    return kernel, stride, padding, dilation, [M + between(rng, 0, 24 if top == 12 else 8) for M in least]


def convolution(name, x, w, b, rng, options):
    """One convolution, forward and back, against PyTorch's."""
    tx, tw, tb = map(leaf, (x, w, b))
    ty = getattr(T, name)(tx, tw, tb, **options)
    agree(name, getattr(F, name)(x, w, b, **options), ty)
    dy = normal(rng, x.dtype, *ty.shape)
    ty.backward(torch.tensor(dy.astype(np.float64)))
    agree(f"{name}_grad_input", getattr(F, f"{name}_grad_input")(dy, w, x.shape, **options), tx.grad)
    agree(f"{name}_grad_weight", getattr(F, f"{name}_grad_weight")(dy, x, w.shape, **options), tw.grad)
    if b is not None:
        agree(f"{name}_grad_bias", getattr(F, f"{name}_grad_bias")(dy), tb.grad)


@pytest.mark.filterwarnings("ignore:.*even kernel")
@pytest.mark.parametrize("axes", [1, 2])
@DTYPES
def test_conv(rng, dtype, axes):
    for trial in range(TRIALS):
        kernel, stride, padding, dilation, size = geometry_of(rng, axes)
        groups, per_group, lanes = between(rng, 1, 4), between(rng, 1, 5), between(rng, 1, 5)
        options = {"stride": tuple(stride), "padding": tuple(padding), "dilation": tuple(dilation), "groups": groups}
        if trial % 5 == 0:
            options |= {"stride": 1, "padding": "same"}
        x = normal(rng, dtype, between(rng, 0 if trial % 10 == 0 else 1, 4), groups * per_group, *size)
        w = normal(rng, dtype, groups * lanes, per_group, *kernel)
        b = normal(rng, dtype, len(w)) if trial % 3 else None
        convolution(f"conv{axes}d", x, w, b, rng, options)


@DTYPES
def test_conv_transpose(rng, dtype):
    for trial in range(TRIALS):
        kernel, stride, _, dilation, _ = geometry_of(rng, 2)
        size, groups = [between(rng, 1, 8) for _ in range(2)], between(rng, 1, 4)
        extra = [between(rng, 0, max(s, d) - 1) for s, d in zip(stride, dilation)]
        grown = [
            geometry.transposed_size(M, K, s, 0, o, d) for M, K, s, o, d in zip(size, kernel, stride, extra, dilation)
        ]
        options = {"stride": tuple(stride), "padding": tuple(between(rng, 0, (M - 1) // 2) for M in grown)}
        options |= {"output_padding": tuple(extra), "dilation": tuple(dilation), "groups": groups}
        x = normal(rng, dtype, between(rng, 0 if trial % 10 == 0 else 1, 4), groups * between(rng, 1, 5), *size)
        w = normal(rng, dtype, x.shape[1], between(rng, 1, 5), *kernel)
        b = normal(rng, dtype, w.shape[1] * groups) if trial % 3 else None
        convolution("conv_transpose2d", x, w, b, rng, options)


LAYERS = {  # x, w, options
    "LeNet C1": ((8, 1, 32, 32), (6, 1, 5, 5), {}),
    "LeNet C5": ((8, 16, 5, 5), (120, 16, 5, 5), {}),
    "AlexNet conv1": ((2, 3, 227, 227), (96, 3, 11, 11), {"stride": 4}),
    "AlexNet conv2, grouped": ((2, 96, 27, 27), (256, 48, 5, 5), {"padding": 2, "groups": 2}),
    "AlexNet conv3": ((2, 256, 13, 13), (384, 256, 3, 3), {"padding": 1}),
    "VGG": ((1, 64, 56, 56), (64, 64, 3, 3), {"padding": 1}),
    "ResNet stem": ((1, 3, 224, 224), (64, 3, 7, 7), {"stride": 2, "padding": 3}),
    "1x1": ((2, 256, 28, 28), (64, 256, 1, 1), {}),
    "depthwise": ((2, 96, 28, 28), (96, 1, 3, 3), {"padding": 1, "groups": 96}),
    "dilated": ((1, 32, 40, 40), (32, 32, 3, 3), {"padding": 4, "dilation": 4}),
}


@pytest.mark.parametrize("positive", [False, True], ids=["normal", "positive"])
@pytest.mark.parametrize("layer", LAYERS)
def test_layers_of_real_networks(rng, layer, positive):
    x_shape, w_shape, options = LAYERS[layer]
    draw = np.abs if positive else np.asarray  # numbers of one sign add up to large sums, and their rounding with them
    x, w, b = (draw(normal(rng, np.float32, *shape)) for shape in (x_shape, w_shape, w_shape[:1]))
    convolution("conv2d", x, w, b, rng, options)


@DTYPES
def test_linear(rng, dtype):
    for trial in range(TRIALS):
        N, I, O = (between(rng, 1, 400 if trial % 20 == 0 else 12) for _ in range(3))
        x, w, dy = normal(rng, dtype, N, I), normal(rng, dtype, O, I), normal(rng, dtype, N, O)
        b = normal(rng, dtype, O) if trial % 3 else None
        tx, tw, tb = map(leaf, (x, w, b))
        ty = T.linear(tx, tw, tb)
        agree("linear", F.linear(x, w, b), ty)
        ty.backward(torch.tensor(dy.astype(np.float64)))
        agree("linear_grad_input", F.linear_grad_input(dy, w), tx.grad)
        agree("linear_grad_weight", F.linear_grad_weight(dy, x), tw.grad)
        if b is not None:
            agree("linear_grad_bias", F.linear_grad_bias(dy), tb.grad)


def pooling(rng, dtype, dilated):
    """x, kernel and options; PyTorch pads by half the kernel at most."""
    kernel, stride, _, dilation, _ = geometry_of(rng, 2)
    dilation = dilation if dilated else [1, 1]
    size = [max(geometry.extent(K, d), d) + between(rng, 0, 9) for K, d in zip(kernel, dilation)]
    options = {"padding": tuple(between(rng, 0, K // 2) for K in kernel), "ceil_mode": bool(rng.random() < 0.5)}
    if rng.random() < 0.6:
        options["stride"] = tuple(stride)
    if dilated:
        options["dilation"] = tuple(dilation)
    return normal(rng, dtype, between(rng, 0, 3), between(rng, 1, 4), *size), tuple(kernel), options


@DTYPES
def test_max_pool(rng, dtype):
    for trial in range(TRIALS):
        x, kernel, options = pooling(rng, dtype, dilated=trial % 2 == 0)
        if trial % 3 == 0:
            x = np.round(x)  # ties
        if trial % 7 == 0:
            x[rng.random(x.shape) < 0.1] = np.nan
        tx = leaf(x)
        ty, targmax = T.max_pool2d(tx, kernel, **options, return_indices=True)
        y, argmax = F.max_pool2d(x, kernel, **options)
        np.testing.assert_array_equal(y, ty.detach().numpy())
        number = ~np.isnan(y)  # of several NaN PyTorch takes the last, we the first
        np.testing.assert_array_equal(argmax[number], targmax.numpy()[number])
        dy = normal(rng, dtype, *y.shape) * number
        ty.backward(torch.tensor(dy.astype(np.float64)))
        agree("max_pool2d_grad", F.max_pool2d_grad(dy, argmax, x.shape), tx.grad)


@DTYPES
def test_avg_pool(rng, dtype):
    for _ in range(TRIALS):
        x, kernel, options = pooling(rng, dtype, dilated=False)
        options["count_include_pad"] = bool(rng.random() < 0.5)
        tx = leaf(x)
        ty = T.avg_pool2d(tx, kernel, **options)
        agree("avg_pool2d", F.avg_pool2d(x, kernel, **options), ty)
        dy = normal(rng, dtype, *ty.shape)
        ty.backward(torch.tensor(dy.astype(np.float64)))
        agree("avg_pool2d_grad", F.avg_pool2d_grad(dy, x.shape, kernel, **options), tx.grad)


@DTYPES
def test_weighted_and_global_pool(rng, dtype):
    for _ in range(TRIALS):
        x, shape, options = pooling(rng, dtype, dilated=False)
        stride, kernel = options.get("stride", 1), normal(rng, dtype, *shape)
        tx = leaf(x)
        each = torch.tensor(kernel.astype(np.float64)).expand(x.shape[1], 1, *shape)
        ty, taverage = T.conv2d(tx, each, stride=stride, groups=x.shape[1]), T.adaptive_avg_pool2d(tx, 1)
        tmax, targmax = T.adaptive_max_pool2d(tx, 1, return_indices=True)
        agree("weighted_pool2d", F.weighted_pool2d(x, kernel, stride=stride), ty)
        agree("global_avg_pool2d", F.global_avg_pool2d(x), taverage)
        y, argmax = F.global_max_pool2d(x)
        np.testing.assert_array_equal(y, tmax.detach().numpy())
        np.testing.assert_array_equal(argmax, targmax.numpy())
        dy, tdx = pulled_back(rng, dtype, ty, tx)
        agree("weighted_pool2d_grad", F.weighted_pool2d_grad(dy, x.shape, kernel, stride=stride), tdx)
        dy, tdx = pulled_back(rng, dtype, taverage, tx)
        agree("global_avg_pool2d_grad", F.global_avg_pool2d_grad(dy, x.shape), tdx)
        dy, tdx = pulled_back(rng, dtype, tmax, tx)
        agree("global_max_pool2d_grad", F.global_max_pool2d_grad(dy, argmax, x.shape), tdx)


def pulled_back(rng, dtype, ty, tx):
    """A random gradient by ty, and PyTorch's gradient by tx."""
    dy = normal(rng, dtype, *ty.shape)
    return dy, torch.autograd.grad(ty, tx, torch.tensor(dy.astype(np.float64)))[0]


@DTYPES
def test_local_response_norm(rng, dtype):
    for trial in range(TRIALS):
        size = 1 + trial % 7
        options = {"alpha": rng.uniform(0, 2), "beta": rng.uniform(0.3, 1.5), "k": rng.uniform(0.5, 2)}
        x = normal(rng, dtype, between(rng, 1, 3), between(rng, 1, 12), between(rng, 1, 6), between(rng, 1, 6))
        dy = normal(rng, dtype, *x.shape)
        tx = leaf(x)
        ty = T.local_response_norm(tx, size, **options)
        agree("local_response_norm", F.local_response_norm(x, size, **options), ty)
        ty.backward(torch.tensor(dy.astype(np.float64)))
        agree("local_response_norm_grad", F.local_response_norm_grad(dy, x, size, **options), tx.grad)


@DTYPES
def test_batch_norm(rng, dtype):
    for trial in range(TRIALS):
        C = between(rng, 1, 6)
        rest = [(), (5,), (3, 4)][trial % 3]
        x = (normal(rng, dtype, between(rng, 4, 9), C, *rest) * rng.uniform(0.5, 4) + rng.uniform(-3, 3)).astype(dtype)
        weight, bias = (normal(rng, dtype, C), normal(rng, dtype, C)) if trial % 4 else (None, None)
        mean, var = normal(rng, dtype, C), rng.uniform(0.5, 2, C).astype(dtype)
        tmean, tvar = torch.tensor(mean.astype(np.float64)), torch.tensor(var.astype(np.float64))
        options = {"training": trial % 2 == 0, "momentum": rng.uniform(0, 1), "eps": float(rng.choice([1e-5, 1e-3]))}
        tx, tweight, tbias = map(leaf, (x, weight, bias))
        ty = T.batch_norm(tx, tmean, tvar, tweight, tbias, **options)
        y, saved = F.batch_norm(x, weight, bias, mean, var, **options)
        agree("batch_norm", y, ty)
        agree("batch_norm running mean", mean, tmean)
        agree("batch_norm running var", var, tvar)
        dy = normal(rng, dtype, *x.shape)
        ty.backward(torch.tensor(dy.astype(np.float64)))
        dx, dweight, dbias = F.batch_norm_grad(dy, saved)
        agree("batch_norm_grad", dx, tx.grad)
        if weight is not None:
            agree("batch_norm_grad weight", dweight, tweight.grad)
            agree("batch_norm_grad bias", dbias, tbias.grad)


ELEMENTWISE = [
    ("relu", "x", (), torch.relu),
    ("leaky_relu", "x", (0.01,), T.leaky_relu),
    ("leaky_relu", "x", (0.3,), T.leaky_relu),
    ("sigmoid", "y", (), torch.sigmoid),
    ("tanh", "y", (), torch.tanh),
    ("softmax", "y", (-1,), T.softmax),
    ("softmax", "y", (0,), T.softmax),
    ("log_softmax", "y", (1,), T.log_softmax),
]


@pytest.mark.parametrize(("name", "kept", "options", "twin"), ELEMENTWISE)
@DTYPES
def test_activations_and_softmax(rng, dtype, name, kept, options, twin):
    shapes = [(3, 7), (2, 3), (2, 5, 2, 3), (30, 11)]
    for trial in range(TRIALS):
        scale = rng.choice([1, 30, 1e4])
        x = normal(rng, dtype, *shapes[trial % 4]) * dtype(scale)
        x.flat[0] = 0
        tx = leaf(x)
        ty = twin(tx, *options)
        y = getattr(F, name)(x, *options)
        agree(name, y, ty)
        dy, expected = pulled_back(rng, dtype, ty, tx)
        if kept == "y" and scale > 1 and dtype == np.float32:
            # from a y rounded to 1 no gradient comes back: the question is what is made of this y
            expected = gradient_from_output(name, torch.tensor(dy.astype(np.float64)), leaf(y).detach(), options)
        agree(f"{name}_grad", getattr(F, f"{name}_grad")(dy, x if kept == "x" else y, *options), expected)


def gradient_from_output(name, dy, y, options):
    """PyTorch's own backward kernels, which start from y as ours do."""
    if name in ("sigmoid", "tanh"):
        return getattr(torch.ops.aten, f"{name}_backward")(dy, y)
    return getattr(torch.ops.aten, f"_{name}_backward_data")(dy, y, options[0], torch.float64)


@DTYPES
def test_cross_entropy(rng, dtype):
    for _ in range(TRIALS):
        N, K = between(rng, 1, 20), between(rng, 1, 12)
        logits, labels = normal(rng, dtype, N, K) * dtype(rng.choice([1, 1e4])), rng.integers(0, K, N)
        tlogits = leaf(logits)
        tloss = T.cross_entropy(tlogits, torch.tensor(labels))
        tloss.backward()
        loss, dlogits = F.cross_entropy(logits, labels)
        agree("cross_entropy", np.asarray(loss, dtype), tloss)
        agree("cross_entropy dlogits", dlogits, tlogits.grad)


# ------------------------------------------------------------------------------------------------ what is legal
HEIGHT_0 = "Only zero batch or zero channel inputs"  # an image without height, but padded: the bias here


def test_conv_refuses_what_pytorch_refuses(rng):
    both = 0
    for _ in range(8 * TRIALS):
        groups, C, O = (
            between(rng, 1, 3),
            between(rng, 1, 6),
            between(rng, 1, 6),
        )  # of no channels it makes a wrong shape
        x = np.ones((between(rng, 0, 2), C, between(rng, 0, 6), between(rng, 1, 6)))
        w = np.ones((O, max(1, C // groups), *rng.choice([0, 1, 1, 2, 2, 3, 4, 6], 2)))
        options = {
            "stride": tuple(between(rng, 0 if rng.random() < 0.1 else 1, 3) for _ in range(2)),
            "padding": tuple(between(rng, -1 if rng.random() < 0.1 else 0, 2) for _ in range(2)),
            "dilation": tuple(between(rng, 1, 2) for _ in range(2)),
            "groups": groups,
        }
        try:
            expected = T.conv2d(torch.tensor(x), torch.tensor(w), **options)
        except (RuntimeError, ValueError, IndexError) as error:
            if HEIGHT_0 not in str(error):
                with pytest.raises(ConvlabError):
                    F.conv2d(x, w, **options)
                both += 1
        else:
            agree("conv2d", F.conv2d(x, w, **options), expected)
    assert both > TRIALS
