"""Every operation of convlab.functional, with arguments: for what must hold for all of them alike.

`CASES[name](draw, n)` gives (arguments, options). `draw(*shape)` makes an array; n is the number of images, and grows all.
"""

import numpy as np

import convlab.functional as F

GENERATOR_SEED = 11


def _conv2d(draw, n):
    return draw(n, 4, 9, 8), draw(6, 2, 3, 2), draw(6), {"stride": (2, 1), "padding": (1, 2), "groups": 2}


def _conv1d(draw, n):
    return draw(n, 4, 12), draw(6, 2, 3), draw(6), {"stride": 2, "padding": 1, "groups": 2}


def _conv_transpose2d(draw, n):
    return draw(n, 4, 5, 4), draw(4, 3, 3, 2), draw(6), {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2}


def _gradients(name, case):
    "the gradients of an operation with weights, from the arguments of its forward pass"

    def like_y(draw, n):
        x, w, b, options = case(draw, n)
        return x, w, draw(*getattr(F, name)(x, w, b, **options).shape), options

    def grad_input(draw, n):
        x, w, dy, options = like_y(draw, n)
        return (dy, w, x.shape), options

    def grad_weight(draw, n):
        x, w, dy, options = like_y(draw, n)
        return (dy, x, w.shape), options

    def forward(draw, n):
        *arguments, options = case(draw, n)
        return arguments, options

    return {
        name: forward,
        f"{name}_grad_input": grad_input,
        f"{name}_grad_weight": grad_weight,
        f"{name}_grad_bias": lambda draw, n: ((like_y(draw, n)[2],), {}),
    }


def _labels(draw, n):
    return np.arange(7 * n) % 5


def _max_pool_grad(draw, n):
    x = draw(n, 3, 9, 8)
    y, argmax = F.max_pool2d(x, 3, stride=2)
    return (draw(*y.shape), argmax, x.shape), {}


def _global_max_pool_grad(draw, n):
    x = draw(n, 3, 9, 8)
    _, argmax = F.global_max_pool2d(x)
    return (draw(n, 3, 1, 1), argmax, x.shape), {}


def _batch_norm(draw, n):
    running = np.zeros_like(draw(3)), np.ones_like(draw(3))
    return (draw(n, 3, 5, 4), draw(3), draw(3), *running), {"training": True}


def _batch_norm_grad(draw, n):
    arguments, options = _batch_norm(draw, n)
    _, saved = F.batch_norm(*arguments, **options)
    return (draw(n, 3, 5, 4), saved), {}


def _one(*shape, **options):
    "an operation of one array of n images of this shape"
    return lambda draw, n: ((draw(n, *shape),), options)


def _two(*shape, **options):
    return lambda draw, n: ((draw(n, *shape), draw(n, *shape)), options)


CASES = {
    **_gradients("conv2d", _conv2d),
    **_gradients("conv1d", _conv1d),
    **_gradients("conv_transpose2d", _conv_transpose2d),
    "max_pool2d": lambda draw, n: ((draw(n, 3, 9, 8), 3), {"stride": 2, "padding": 1, "ceil_mode": True}),
    "max_pool2d_grad": _max_pool_grad,
    "avg_pool2d": lambda draw, n: ((draw(n, 3, 9, 8), (3, 2)), {"padding": 1, "count_include_pad": False}),
    "avg_pool2d_grad": lambda draw, n: ((draw(n, 3, 4, 3), (n, 3, 9, 8), (3, 3)), {"stride": 2, "padding": (0, 0)}),
    "weighted_pool2d": lambda draw, n: ((draw(n, 3, 9, 8), draw(3, 2)), {"stride": 2}),
    "weighted_pool2d_grad": lambda draw, n: ((draw(n, 3, 4, 4), (n, 3, 9, 8), draw(3, 2)), {"stride": 2}),
    "global_avg_pool2d": _one(3, 9, 8),
    "global_avg_pool2d_grad": lambda draw, n: ((draw(n, 3, 1, 1), (n, 3, 9, 8)), {}),
    "global_max_pool2d": _one(3, 9, 8),
    "global_max_pool2d_grad": _global_max_pool_grad,
    "local_response_norm": lambda draw, n: ((draw(n, 6, 5, 4), 3), {"alpha": 0.3, "k": 2.0}),
    "local_response_norm_grad": lambda draw, n: ((draw(n, 6, 5, 4), draw(n, 6, 5, 4), 3), {"alpha": 0.3, "k": 2.0}),
    "batch_norm": _batch_norm,
    "batch_norm_grad": _batch_norm_grad,
    "linear": lambda draw, n: ((draw(7 * n, 12), draw(5, 12), draw(5)), {}),
    "linear_grad_input": lambda draw, n: ((draw(7 * n, 5), draw(5, 12)), {}),
    "linear_grad_weight": lambda draw, n: ((draw(7 * n, 5), draw(7 * n, 12)), {}),
    "linear_grad_bias": lambda draw, n: ((draw(7 * n, 5),), {}),
    "relu": _one(3, 9, 8),
    "relu_grad": _two(3, 9, 8),
    "leaky_relu": _one(3, 9, 8, negative_slope=0.2),
    "leaky_relu_grad": _two(3, 9, 8, negative_slope=0.2),
    "sigmoid": _one(3, 9, 8),
    "sigmoid_grad": _two(3, 9, 8),
    "tanh": _one(3, 9, 8),
    "tanh_grad": _two(3, 9, 8),
    "softmax": _one(5, 6, axis=1),
    "softmax_grad": _two(5, 6, axis=1),
    "log_softmax": _one(5, 6, axis=1),
    "log_softmax_grad": _two(5, 6, axis=1),
    "cross_entropy": lambda draw, n: ((draw(7 * n, 5), _labels(draw, n)), {}),
    "dropout": lambda draw, n: ((draw(n, 3, 9, 8), 0.3), {"rng": np.random.default_rng(GENERATOR_SEED)}),
    "dropout_grad": _two(3, 9, 8),
}


def arguments_of(name, n=2, dtype=np.float32, seed=0):
    """Arguments and options for one call of an operation, always the same ones."""
    rng = np.random.default_rng(seed)
    return CASES[name](lambda *shape: rng.standard_normal(shape).astype(dtype), n)


def call(name, n=2, dtype=np.float32, seed=0):
    """One call of an operation."""
    arguments, options = arguments_of(name, n, dtype, seed)
    return getattr(F, name)(*arguments, **options)


def arrays_in(result):
    """All arrays and numbers of a result, as a flat list of arrays."""
    if isinstance(result, tuple):
        return [array for part in result for array in arrays_in(part)]
    return [np.asarray(result)]
