"""The exercises of lesson 05, Channels and feature maps: a filter over all channels, a layer over a batch, and what it costs.

The counts are whole numbers, so they are compared exactly.
"""

from math import prod

import numpy as np

from convlab import reference
from convlab.geometry import output_size
from convlab.grading.definition import Exercise, Mutant, Probe, Trait

EXACT = 1e-9  # a count is right or wrong

FILTERS = Trait("one filter", "several filters")
CHANNELS = Trait("one channel", "several channels")
BATCH = Trait("one image", "several images")
BIAS = Trait("a bias of 0", "any other bias")
SQUARE_KERNEL = Trait("square kernels", "kernels whose height and width differ")
NO_BIAS = Trait("a bias", "bias=False")
STRIDE = Trait("stride 1", "a larger stride")
PADDING = Trait("padding 0", "any other padding")


def decimals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between -2 and 2 with one digit after the point, which a learner can add up by hand."""
    return np.round(rng.uniform(-2, 2, shape), 1)


def traits_of(special: dict[Trait, bool]) -> tuple[Trait, ...]:
    """The traits that a probe has."""
    return tuple(trait for trait, present in special.items() if present)


# channel_maps ---------------------------------------------------------------------------------------------------------


def _channel_maps(x, w):
    """Each channel with its own kernel, nothing added up: a convolution in as many groups as there are channels."""
    return reference.conv2d(x[None], w[:, None], groups=len(x))[0]


def _channel_maps_probes(rng):
    sizes = [
        ("one channel", (1, 4, 4), (1, 2, 2)),
        ("two channels", (2, 4, 4), (2, 2, 2)),
        ("three channels", (3, 5, 5), (3, 2, 2)),
        ("a wide image", (3, 4, 7), (3, 3, 2)),
        ("a tall image", (4, 7, 5), (4, 2, 3)),
        ("one window", (5, 3, 3), (5, 3, 3)),
    ]
    return [
        Probe(label, (decimals(rng, *x), decimals(rng, *w)), traits=traits_of({CHANNELS: x[0] > 1}))
        for label, x, w in sizes
    ]


def _last_tap_of_each_channel(x, w):
    only = np.zeros_like(w)
    only[:, -1, -1] = w[:, -1, -1]
    return _channel_maps(x, only)


def _first_map_only(x, w):
    y = _channel_maps(x, w)
    y[1:] = 0
    return y


CHANNEL_MAPS = Exercise(
    name="channel_maps",
    lesson="05",
    points=2,
    signature="channel_maps(x, w)",
    summary="y[c, i, j] = sum over u, v of x[c, i + u, j + v] w[c, u, v]: each channel with its own kernel, not yet added "
    "up: x (C, H, W), w (C, KH, KW), y (C, H - KH + 1, W - KW + 1)",
    probes=_channel_maps_probes,
    reference=_channel_maps,
    mutants=(
        Mutant(
            "already added up",
            lambda x, w: _channel_maps(x, w).sum(axis=0),
            "You have added the channels up already. Here each channel keeps a map of its own; adding them is the next "
            "step.",
        ),
        Mutant(
            "added up in every map",
            lambda x, w: np.repeat(_channel_maps(x, w).sum(axis=0, keepdims=True), len(x), axis=0),
            "Every map holds the sum over all channels. Map c should hold channel c alone: index both x and w with c.",
        ),
        Mutant(
            "first kernel for all",
            lambda x, w: _channel_maps(x, np.broadcast_to(w[:1], w.shape)),
            "Every channel meets kernel 0. A filter has one kernel for each channel: `w[c]` belongs to `x[c]`.",
        ),
        Mutant(
            "first channel for all",
            lambda x, w: _channel_maps(np.broadcast_to(x[:1], x.shape), w),
            "Every kernel lies on channel 0. Kernel `w[c]` belongs to channel `x[c]`.",
        ),
        Mutant(
            "one map filled",
            _first_map_only,
            "Only map 0 is filled, the others stay 0: is `c` the index on the left of the `=`, and is the `return` "
            "after the loop?",
        ),
        Mutant(
            "kernel flipped",
            lambda x, w: _channel_maps(x, w[:, ::-1, ::-1]),
            "The kernels are turned by 180 degrees. Networks do not turn them.",
        ),
        Mutant(
            "overwritten",
            _last_tap_of_each_channel,
            "Only the last product of each window is left: each one overwrites the one before. Add them up with `+=`.",
        ),
        Mutant(
            "channels last",
            lambda x, w: np.moveaxis(_channel_maps(x, w), 0, -1),
            "The channels have ended up on the last axis. The library keeps them first: (C, OH, OW).",
        ),
        Mutant(
            "last window missing",
            lambda x, w: _channel_maps(x, w)[:, :-1, :-1],
            "The last row and the last column of windows are missing: H - KH + 1 windows fit along the height.",
        ),
    ),
    hints=(
        "You know how to slide one kernel over one picture. Here that happens C times, once for each channel.",
        "Channel c is the picture `x[c]`, and its kernel is `w[c]`. The result is map c.",
        "Start with `y = np.zeros((C, H - KH + 1, W - KW + 1))`, loop over c, i, j, and set y[c, i, j] to the sum of "
        "`x[c, i : i + KH, j : j + KW] * w[c]`.",
    ),
    axes=("channel", "row", "column"),
)


# conv_layer -----------------------------------------------------------------------------------------------------------


def _conv_layer(x, w, b):
    return reference.conv2d(x, w, b)


def _conv_layer_probe(rng, label, x, w, bias=True):
    """The bias stays well away from 0, and from one filter to the next."""
    (N, C, _, _), (O, _, KH, KW) = x, w
    steps = 1 + rng.permutation(O) + np.round(rng.uniform(0, 0.5, O), 1)
    b = rng.choice([-1, 1], O) * steps if bias else np.zeros(O)
    return Probe(
        label,
        (decimals(rng, *x), decimals(rng, *w), b),
        traits=traits_of({BIAS: bias, CHANNELS: C > 1, FILTERS: O > 1, BATCH: N > 1}),
        sizes={"the number of channels": C, "the number of taps of a filter": C * KH * KW},
    )


def _conv_layer_probes(rng):
    return [
        _conv_layer_probe(rng, "one channel, one filter, no bias", (1, 1, 4, 5), (1, 1, 2, 2), bias=False),
        _conv_layer_probe(rng, "a bias", (1, 1, 4, 5), (1, 1, 2, 2)),
        _conv_layer_probe(rng, "three channels", (1, 3, 5, 5), (1, 3, 2, 2), bias=False),
        _conv_layer_probe(rng, "three filters", (1, 1, 5, 4), (3, 1, 2, 3), bias=False),
        _conv_layer_probe(rng, "three images", (3, 1, 5, 4), (1, 1, 3, 2), bias=False),
        _conv_layer_probe(rng, "everything together", (2, 3, 5, 6), (4, 3, 2, 3)),
        _conv_layer_probe(rng, "everything together, a tall image", (3, 2, 7, 4), (5, 2, 3, 2)),
        _conv_layer_probe(rng, "everything together, four channels", (2, 4, 4, 5), (3, 4, 2, 2)),
        _conv_layer_probe(rng, "1 x 1 filters", (2, 4, 3, 5), (3, 4, 1, 1)),
    ]


def _not_added(x, w, b):
    """Each filter gives a map for every channel, O C of them."""
    (O, C), grouped = w.shape[:2], np.concatenate([w[:, c] for c in range(w.shape[1])])
    y = reference.conv2d(x, grouped[:, None], np.tile(b, C), groups=C)
    N, _, OH, OW = y.shape
    return y.reshape(N, C, O, OH, OW).swapaxes(1, 2).reshape(N, O * C, OH, OW)


def _channels_averaged(x, w, b):
    return _conv_layer(x, w / w.shape[1], b)


def _first_filter_for_all(x, w, b):
    return _conv_layer(x, np.broadcast_to(w[:1], w.shape), b)


def _one_filter_filled(x, w, b):
    y = _conv_layer(x, w, b)
    y[:, 1:] = 0
    return y


def _first_image_only(x, w, b):
    y = _conv_layer(x, w, b)
    y[1:] = 0
    return y


def _last_tap_only(x, w, b):
    only = np.zeros_like(w)
    only[:, -1, -1, -1] = w[:, -1, -1, -1]
    return _conv_layer(x, only, b)


CONV_LAYER = Exercise(
    name="conv_layer",
    lesson="05",
    points=4,
    signature="conv_layer(x, w, b)",
    summary="y[n, o, i, j] = b[o] + sum over c, u, v of x[n, c, i + u, j + v] w[o, c, u, v]: x (N, C, H, W), "
    "w (O, C, KH, KW), b (O,), y (N, O, H - KH + 1, W - KW + 1)",
    probes=_conv_layer_probes,
    reference=_conv_layer,
    mutants=(
        Mutant(
            "channels not added up",
            _not_added,
            "You have one map for every filter and every channel. A filter adds its channels up: O maps come out, not "
            "O times C.",
        ),
        Mutant(
            "channels averaged",
            _channels_averaged,
            "Your sums are divided by the number of channels: a mean over the channels, where a sum is meant.",
        ),
        Mutant(
            "first channel only",
            lambda x, w, b: _conv_layer(x[:, :1], w[:, :1], b),
            "Only the first channel is used. A filter looks at all channels at the same place and adds everything up.",
        ),
        Mutant(
            "last channel only",
            lambda x, w, b: _conv_layer(x[:, -1:], w[:, -1:], b),
            "Only the last channel is left: each channel overwrites the one before. Add them up.",
        ),
        Mutant(
            "one kernel for all channels",
            lambda x, w, b: _conv_layer(x, np.broadcast_to(w[:, :1], w.shape), b),
            "Every channel meets kernel 0 of its filter. Each channel has its own: `w[o, c]` belongs to `x[n, c]`.",
        ),
        Mutant(
            "first filter for all",
            _first_filter_for_all,
            "Every map comes from filter 0 (its own bias apart): `w[o]` belongs to map o.",
        ),
        Mutant(
            "one filter filled",
            _one_filter_filled,
            "Only map 0 is filled, the others stay 0: is `o` the index on the left of the `=`?",
        ),
        Mutant("bias forgotten", lambda x, w, b: _conv_layer(x, w, 0 * b), "The bias is missing: add `b[o]` to map o."),
        Mutant(
            "bias added per channel",
            lambda x, w, b: _conv_layer(x, w, b * w.shape[1]),
            "The bias is added once per channel. It belongs once to each output, after the channels are added up.",
        ),
        Mutant(
            "bias added per tap",
            lambda x, w, b: _conv_layer(x, w, b * w[0].size),
            "The bias is added once per product, inside the innermost loop. It belongs once to each output.",
        ),
        Mutant(
            "first bias for all",
            lambda x, w, b: _conv_layer(x, w, np.broadcast_to(b[:1], b.shape)),
            "Every map gets the bias of filter 0. Each filter has its own: `b[o]`.",
        ),
        Mutant(
            "first image only",
            _first_image_only,
            "Only the first image of the batch is computed, the others stay 0.",
        ),
        Mutant(
            "first image for all",
            lambda x, w, b: _conv_layer(np.broadcast_to(x[:1], x.shape), w, b),
            "Every image of the batch gets the maps of image 0: index x with n.",
        ),
        Mutant(
            "batch and maps swapped",
            lambda x, w, b: _conv_layer(x, w, b).swapaxes(0, 1),
            "Images and maps have changed places: images come first, (N, O, OH, OW).",
        ),
        Mutant(
            "kernel flipped",
            lambda x, w, b: _conv_layer(x, w[:, :, ::-1, ::-1], b),
            "The kernels are turned by 180 degrees. Networks do not turn them.",
        ),
        Mutant(
            "overwritten",
            _last_tap_only,
            "Only the last product of each window is left: each one overwrites the one before. Add them up with `+=`.",
        ),
    ),
    hints=(
        "One output is one window of all channels, times one filter, summed, plus one bias. How many outputs are there, "
        "and which four numbers name one of them?",
        "The window of output (n, o, i, j) is `x[n, :, i : i + KH, j : j + KW]`: three axes, the same as `w[o]`.",
        "Start with `y = np.zeros((N, O, H - KH + 1, W - KW + 1))`, loop over n, o, i, j, and set y[n, o, i, j] to the sum "
        "of (window of all channels) * w[o], plus b[o].",
    ),
    axes=("image", "map", "row", "column"),
)


# conv2d_parameters ----------------------------------------------------------------------------------------------------


def _parameters(in_channels, out_channels, kernel_size, bias=True):
    return out_channels * in_channels * prod(kernel_size) + out_channels * bool(bias)


def _parameters_probe(in_channels, out_channels, kernel_size, bias=True):
    """A probe that says its numbers in its label, since they are no arrays with a shape to show."""
    special = {CHANNELS: in_channels > 1, FILTERS: out_channels > 1, NO_BIAS: not bias}
    special[SQUARE_KERNEL] = kernel_size[0] != kernel_size[1]
    KH, KW = kernel_size
    label = f"{in_channels} in, {out_channels} out, kernel {KH} x {KW}{'' if bias else ', no bias'}"
    return Probe(label, (in_channels, out_channels, kernel_size), {"bias": bias}, traits=traits_of(special))


def _parameters_probes(rng):
    def a(low, high):
        return int(rng.integers(low, high))

    return [
        _parameters_probe(1, 1, (3, 3)),
        _parameters_probe(1, a(4, 9), (5, 5)),
        _parameters_probe(a(3, 8), 1, (3, 3)),
        _parameters_probe(3, a(9, 20), (5, 5)),
        _parameters_probe(a(20, 40), a(41, 70), (3, 3)),
        _parameters_probe(a(3, 6), a(7, 12), (1, 7)),
        _parameters_probe(a(3, 6), a(7, 12), (5, 2)),
        _parameters_probe(a(30, 60), a(10, 20), (1, 1)),
        _parameters_probe(a(3, 6), a(7, 12), (3, 3), bias=False),
        _parameters_probe(a(3, 6), a(7, 12), (2, 5), bias=False),
        _parameters_probe(a(12, 30), a(31, 50), (1, 1), bias=False),
    ]


CONV2D_PARAMETERS = Exercise(
    name="conv2d_parameters",
    lesson="05",
    points=2,
    signature="conv2d_parameters(in_channels, out_channels, kernel_size, bias=True)",
    summary="how many numbers a layer learns: weights, and biases if it has them; kernel_size is (KH, KW)",
    probes=_parameters_probes,
    reference=_parameters,
    tolerance=EXACT,
    mutants=(
        Mutant(
            "channels forgotten",
            lambda i, o, k, bias=True: o * prod(k) + o * bias,
            "The input channels are missing: a filter has a kernel for every channel of the input.",
        ),
        Mutant(
            "one filter only",
            lambda i, o, k, bias=True: i * prod(k) + bias,
            "That is one filter. The layer has `out_channels` of them, each with its own weights and its own bias.",
        ),
        Mutant(
            "biases forgotten",
            lambda i, o, k, bias=True: o * i * prod(k),
            "The biases are missing: one for each filter, if the layer has them.",
        ),
        Mutant(
            "biases always counted",
            lambda i, o, k, bias=True: o * i * prod(k) + o,
            "You count biases also where `bias=False` says that there are none.",
        ),
        Mutant(
            "a bias for every kernel",
            lambda i, o, k, bias=True: o * i * (prod(k) + bias),
            "You count a bias for every kernel. The channels of a filter are added up first, and then one bias is added: one "
            "for each filter.",
        ),
        Mutant(
            "a bias for every input channel",
            lambda i, o, k, bias=True: o * i * prod(k) + i * bias,
            "You count a bias for every input channel. There is one for each filter, that is, for each output channel.",
        ),
        Mutant(
            "one bias for the layer",
            lambda i, o, k, bias=True: o * i * prod(k) + bias,
            "You count one bias for the whole layer. Every filter has its own.",
        ),
        Mutant(
            "square kernel",
            lambda i, o, k, bias=True: o * i * k[0] ** 2 + o * bias,
            "Right for square kernels: you use the kernel's height twice. It has KH times KW weights.",
        ),
        Mutant(
            "sides added",
            lambda i, o, k, bias=True: o * i * sum(k) + o * bias,
            "A kernel of KH rows and KW columns has KH times KW weights, not KH plus KW.",
        ),
    ),
    hints=(
        "How many weights has one kernel? How many kernels has one filter? How many filters has the layer?",
        "One filter has in_channels kernels of KH times KW weights, and one bias.",
        "Weights: `out_channels * in_channels * KH * KW`. Then `out_channels` biases, but only if bias is true.",
    ),
)


# conv2d_multiplications -----------------------------------------------------------------------------------------------


def _multiplications(x_shape, w_shape, stride=1, padding=0):
    return x_shape[0] * prod(w_shape) * _places(x_shape, w_shape, stride, padding)


def _places(x_shape, w_shape, stride, padding):
    """How many windows there are in one image."""
    return prod(output_size(M, K, stride, padding) for M, K in zip(x_shape[2:], w_shape[2:]))


def _multiplications_probe(x_shape, w_shape, stride=1, padding=0):
    """A probe that says its shapes in its label."""
    (N, C, _, _), (O, _, KH, KW) = x_shape, w_shape
    special = {CHANNELS: C > 1, FILTERS: O > 1, BATCH: N > 1, STRIDE: stride > 1, PADDING: padding > 0}
    special[SQUARE_KERNEL] = KH != KW
    options = {"stride": stride, "padding": padding}
    return Probe(f"x {x_shape}, w {w_shape}", (x_shape, w_shape), options, traits=traits_of(special))


def _multiplications_probes(rng):
    def a(low, high):
        return int(rng.integers(low, high))

    def probe(N, C, O, kernel, **options):
        return _multiplications_probe((N, C, a(13, 20), a(21, 32)), (O, C, *kernel), **options)

    return [
        probe(1, 1, 1, (3, 3)),
        probe(1, 3, 1, (5, 5)),
        probe(1, 1, a(5, 9), (3, 3)),
        probe(1, 3, a(5, 9), (5, 5)),
        probe(a(4, 8), 1, 1, (3, 3)),
        probe(1, 1, 1, (5, 5), padding=2),
        probe(1, 1, 1, (3, 3), padding=3),
        probe(1, 1, 1, (4, 4), stride=2),
        probe(a(4, 8), a(3, 6), a(9, 16), (5, 3), stride=2, padding=1),
        probe(a(4, 8), a(3, 6), a(9, 16), (2, 5), stride=3, padding=2),
        probe(a(4, 8), a(20, 30), a(9, 16), (1, 1), stride=2, padding=1),
    ]


def _last_place_missing(x_shape, w_shape, stride=1, padding=0):
    H, W = (output_size(M, K, stride, padding) - 1 for M, K in zip(x_shape[2:], w_shape[2:]))
    return x_shape[0] * prod(w_shape) * H * W


CONV2D_MULTIPLICATIONS = Exercise(
    name="conv2d_multiplications",
    lesson="05",
    points=3,
    signature="conv2d_multiplications(x_shape, w_shape, stride=1, padding=0)",
    summary="how many multiplications a layer makes for a whole batch, those with the zeros of the padding included: "
    "x_shape is (N, C, H, W), w_shape is (O, C, KH, KW)",
    probes=_multiplications_probes,
    reference=_multiplications,
    tolerance=EXACT,
    mutants=(
        Mutant(
            "channels forgotten",
            lambda x, w, stride=1, padding=0: x[0] * w[0] * w[2] * w[3] * _places(x, w, stride, padding),
            "The channels are missing: every output multiplies the window of all C channels.",
        ),
        Mutant(
            "channels counted twice",
            lambda x, w, stride=1, padding=0: x[1] * _multiplications(x, w, stride, padding),
            "The channels are in it twice: C stands in both shapes, but it is the same C.",
        ),
        Mutant(
            "one filter only",
            lambda x, w, stride=1, padding=0: x[0] * prod(w[1:]) * _places(x, w, stride, padding),
            "That is the work of one filter. There are O of them, and each visits every place.",
        ),
        Mutant(
            "batch forgotten",
            lambda x, w, stride=1, padding=0: prod(w) * _places(x, w, stride, padding),
            "That is the work for one image. The batch has N.",
        ),
        Mutant(
            "places of the input",
            lambda x, w, stride=1, padding=0: x[0] * prod(w) * x[2] * x[3],
            "You count a window for every pixel of the input. There are as many windows as the output has pixels.",
        ),
        Mutant(
            "parameters counted",
            lambda x, w, stride=1, padding=0: x[0] * prod(w),
            "That is the number of weights, for each image. But every weight is used again at every place of the output.",
        ),
        Mutant(
            "outputs counted",
            lambda x, w, stride=1, padding=0: x[0] * w[0] * _places(x, w, stride, padding),
            "That is the number of outputs. Each of them costs C times KH times KW multiplications.",
        ),
        Mutant(
            "stride forgotten",
            lambda x, w, stride=1, padding=0: _multiplications(x, w, 1, padding),
            "The stride is not used: with a larger stride there are fewer places.",
        ),
        Mutant(
            "padding forgotten",
            lambda x, w, stride=1, padding=0: _multiplications(x, w, stride, 0),
            "The padding is not used: it makes room for more places.",
        ),
        Mutant(
            "padding on one side",
            lambda x, w, stride=1, padding=0: (
                x[0] * prod(w) * prod((M + padding - K) // stride + 1 for M, K in zip(x[2:], w[2:]))
            ),
            "The padding is counted once. It stands on both sides: H + 2 padding.",
        ),
        Mutant(
            "last place missing",
            _last_place_missing,
            "One row and one column of places are missing: the + 1 in the output size is forgotten.",
        ),
        Mutant(
            "bias counted",
            lambda x, w, stride=1, padding=0: x[0] * (prod(w) + w[0]) * _places(x, w, stride, padding),
            "One too many for every output: the bias is added, not multiplied.",
        ),
        Mutant(
            "additions counted too",
            lambda x, w, stride=1, padding=0: 2 * _multiplications(x, w, stride, padding),
            "Twice too many: that counts the additions as well (FLOPs). Here only the multiplications are asked for.",
        ),
    ),
    hints=(
        "Two questions: how many outputs are there, and how many multiplications does one output cost?",
        "One output costs C times KH times KW. There are N times O times OH times OW outputs, and OH and OW come from the "
        "formula of lesson 04.",
        "`OH = (H + 2 * padding - KH) // stride + 1`, OW in the same way; the answer is the product N O OH OW C KH KW.",
    ),
)

EXERCISES = (CHANNEL_MAPS, CONV_LAYER, CONV2D_PARAMETERS, CONV2D_MULTIPLICATIONS)
