"""The exercises of lesson 08, The backward pass: the three gradients of a convolution, and how to check a gradient.

Every mistake below is one that learners make. The references of the gradients are the textbook's, `convlab.reference`.
"""

import numpy as np

from convlab import reference
from convlab.errors import ShapeError
from convlab.geometry import output_size
from convlab.grading.definition import Exercise, Mutant, Probe, Trait

BATCH = Trait("one image", "several images")
CHANNELS = Trait("one channel", "several channels")
FILTERS = Trait("one filter", "several filters")
SQUARE = Trait("square images", "images whose height and width differ")
PADDING = Trait("padding 0", "any other padding")
STRIDE = Trait("stride 1", "a larger stride")
REST = Trait("images that the windows reach the end of", "rows or columns that no window reaches")


def decimals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between -2 and 2 with one digit after the point."""
    return np.round(rng.uniform(-2, 2, shape), 1)


# (label, shape of x, shape of w, stride, padding), the plainest first
SIZES = (
    ("one channel, one filter", (1, 1, 4, 4), (1, 1, 2, 2), 1, 0),
    ("a wide image", (1, 1, 4, 6), (1, 1, 3, 2), 1, 0),
    ("three channels", (1, 3, 4, 4), (1, 3, 2, 2), 1, 0),
    ("three filters", (1, 1, 4, 4), (3, 1, 2, 2), 1, 0),
    ("three images", (3, 1, 4, 4), (1, 1, 2, 2), 1, 0),
    ("padding 1", (1, 1, 4, 4), (1, 1, 3, 3), 1, 1),
    ("stride 2", (1, 1, 7, 7), (1, 1, 3, 3), 2, 0),
    ("a column that no window reaches", (1, 1, 5, 6), (1, 1, 3, 3), 2, 0),
    ("everything together", (2, 3, 6, 8), (2, 3, 3, 2), 2, 1),
    ("everything together, a tall image", (3, 2, 9, 5), (4, 2, 2, 3), 2, 1),
    ("everything together, stride 3", (2, 2, 10, 8), (3, 2, 3, 4), 3, 2),
)


def _probe(rng, label, x, w, stride, padding):
    (N, C, H, W), (O, _, KH, KW) = x, w
    OH, OW = (output_size(M, K, stride, padding) for M, K in zip((H, W), (KH, KW)))
    rest = any((M + 2 * padding - K) % stride > padding for M, K in zip((H, W), (KH, KW)))
    special = {BATCH: N > 1, CHANNELS: C > 1, FILTERS: O > 1, SQUARE: H != W}
    special |= {PADDING: padding > 0, STRIDE: stride > 1, REST: rest}
    dy = rng.choice([-1, 1], (N, O, OH, OW)) * np.round(rng.uniform(0.5, 3, (N, O, OH, OW)), 1)
    return Probe(
        label,
        (dy, decimals(rng, *x), decimals(rng, *w)),
        {"stride": stride, "padding": padding},
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={"the number of images": N, "the number of outputs of an image": OH * OW, "the number of filters": O},
    )


def _probes(rng):
    return [_probe(rng, *sizes) for sizes in SIZES]


def _options(stride, padding):
    return {"stride": stride, "padding": padding}


# conv_grad_bias -------------------------------------------------------------------------------------------------------


def _bias_probes(rng):
    shapes = [
        ("one image, one filter", (1, 1, 2, 3)),
        ("one image, three filters", (1, 3, 2, 2)),
        ("three images, one filter", (3, 1, 3, 2)),
        ("two images, four filters", (2, 4, 3, 5)),
        ("five images, two filters", (5, 2, 4, 1)),
        ("three images, three filters", (3, 3, 2, 4)),
    ]
    return [
        Probe(
            label,
            (np.round(rng.uniform(0.5, 3, shape) * rng.choice([-1, 1], shape) + 0.4, 1),),
            traits=tuple(trait for trait, present in ((BATCH, shape[0] > 1), (FILTERS, shape[1] > 1)) if present),
            sizes={"the number of images": shape[0], "the number of outputs of an image": shape[2] * shape[3]},
        )
        for label, shape in shapes
    ]


CONV_GRAD_BIAS = Exercise(
    name="conv_grad_bias",
    lesson="08",
    points=1,
    signature="conv_grad_bias(dy)",
    summary="gradient by the bias: db[o] = sum over n, i, j of dy[n, o, i, j]: dy (N, O, OH, OW), db (O,)",
    probes=_bias_probes,
    reference=reference.conv2d_grad_bias,
    mutants=(
        Mutant(
            "mean for sum",
            lambda dy: dy.mean(axis=(0, 2, 3)),
            "That is the mean of dy. The bias was added to every output, so what comes back is the sum. (If the loss is a mean "
            "over the batch, its 1/N is in dy already.)",
        ),
        Mutant(
            "mean over the images",
            lambda dy: dy.sum(axis=(2, 3)).mean(axis=0),
            "The images are averaged, the places summed. Every image used the same bias: sum over the images too. (If the loss "
            "is a mean over the batch, its 1/N is in dy already.)",
        ),
        Mutant(
            "last image only",
            lambda dy: dy[-1].sum(axis=(1, 2)),
            "Only the last image counts: each one overwrites the one before. Add them up with `+=`.",
        ),
        Mutant(
            "first image only",
            lambda dy: dy[0].sum(axis=(1, 2)),
            "Only the first image counts. The bias was added to the outputs of every image.",
        ),
        Mutant(
            "one number for each image",
            lambda dy: dy.sum(axis=(2, 3)),
            "There is a number for each image and filter. The same bias served every image: sum over axis 0 as well.",
        ),
        Mutant(
            "one number for each place",
            lambda dy: dy.sum(axis=(0, 1)),
            "There is a number for each place. A filter has one bias for all places: sum over images, rows and columns, and "
            "keep the filters.",
        ),
        Mutant(
            "one number for all filters",
            lambda dy: dy.sum(),
            "Everything is added up to one number. Each filter has a bias of its own: the axis of filters stays.",
        ),
        Mutant(
            "one corner only",
            lambda dy: dy[:, :, -1, -1].sum(axis=0),
            "Only the last place of each image counts: each place overwrites the one before. Add them up with `+=`.",
        ),
    ),
    hints=(
        "The bias b[o] is one number. To how many outputs was it added? Each of them hands back its dy.",
        "Keep the axis of the filters and add up over the three others.",
        "`dy.sum(axis=(0, 2, 3))`, or three loops with `db[o] += dy[n, o, i, j]`.",
    ),
    axes=("filter",),
)


# conv_grad_weight -----------------------------------------------------------------------------------------------------


def _grad_weight(dy, x, w, stride=1, padding=0):
    return reference.conv2d_grad_weight(dy, x, w.shape, **_options(stride, padding))


def _weight_mistake(change):
    """The right sum over changed arrays: `change(dy, x)`."""
    return lambda dy, x, w, stride=1, padding=0: _grad_weight(*change(dy, x), w, stride, padding)


def _weight_scaled(factor):
    return lambda dy, x, w, stride=1, padding=0: _grad_weight(dy, x, w, stride, padding) * factor(dy)


def _turned_dw(dy, x, w, stride=1, padding=0):
    return _grad_weight(dy, x, w, stride, padding)[:, :, ::-1, ::-1]


def _window_not_strided(dy, x, w, stride=1, padding=0):
    """The window of output (i, j) is taken at pixel (i, j) of the padded image."""
    OH, OW = dy.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    part = xp[:, :, : OH - 1 + w.shape[2], : OW - 1 + w.shape[3]]
    return reference.conv2d_grad_weight(dy, part, w.shape)


def _padding_on_one_side(dy, x, w, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))
    return reference.conv2d_grad_weight(dy, xp, w.shape, stride=stride)


def _only(array, *place):
    """The array with zeros everywhere but at a place."""
    kept = np.zeros_like(array)
    kept[place] = array[place]
    return kept


EVERYTHING = slice(None)

CONV_GRAD_WEIGHT = Exercise(
    name="conv_grad_weight",
    lesson="08",
    points=4,
    signature="conv_grad_weight(dy, x, w, stride=1, padding=0)",
    summary="gradient by the weights: dw[o, c, u, v] = sum over n, i, j of dy[n, o, i, j] xp[n, c, i stride + u, j stride + "
    "v], xp the padded x: dy (N, O, OH, OW), x (N, C, H, W), dw of the shape of w (O, C, KH, KW)",
    probes=_probes,
    reference=_grad_weight,
    mutants=(
        Mutant(
            "turned by 180 degrees",
            _turned_dw,
            "Your dw is turned by 180 degrees: dw[o, c, 0, 0] stands at the far corner. Nothing is mirrored in the gradient by "
            "the weights: slide dy over x as it is.",
        ),
        Mutant(
            "window start without stride",
            _window_not_strided,
            "Right with stride 1. With a larger stride output (i, j) looked at the window that begins at (i * stride, "
            "j * stride), not at (i, j).",
        ),
        Mutant(
            "padding on one side",
            _padding_on_one_side,
            "The windows are off by the padding: they begin at row i * stride of x itself. Put the zeros around x first, on "
            "all four sides, and cut the windows out of that.",
        ),
        Mutant(
            "last image only",
            _weight_mistake(lambda dy, x: (_only(dy, -1), x)),
            "Only the last image is left: each one overwrites the gradient of the one before. Every image used the same "
            "weights, so add them up.",
        ),
        Mutant(
            "first image only",
            _weight_mistake(lambda dy, x: (_only(dy, 0), x)),
            "Only the first image counts. Every image used the same weights: loop over n, and add up.",
        ),
        Mutant(
            "last place only",
            _weight_mistake(lambda dy, x: (_only(dy, -1, EVERYTHING, -1, -1), x)),
            "Only the last output is left: each window overwrites the one before. A weight was used in every window: add up "
            "with `+=`.",
        ),
        Mutant(
            "mean over the images",
            _weight_scaled(lambda dy: 1 / dy.shape[0]),
            "Too small by exactly the number of images: a mean where a sum is meant. If the loss is a mean over the batch, its "
            "1/N is in dy already; here it would count twice.",
        ),
        Mutant(
            "mean over the places",
            _weight_scaled(lambda dy: 1 / (dy.shape[2] * dy.shape[3])),
            "Too small by exactly the number of outputs of an image: a mean where a sum is meant. Each place adds its share.",
        ),
        Mutant(
            "dy forgotten",
            _weight_mistake(lambda dy, x: (np.ones_like(dy), x)),
            "The windows of x are added up without dy. Each is multiplied by the dy of its output.",
        ),
        Mutant(
            "channel 0 for all",
            _weight_mistake(lambda dy, x: (dy, np.broadcast_to(x[:, :1], x.shape))),
            "Every channel of dw is computed from channel 0 of x. dw[o, c] belongs to channel c.",
        ),
        Mutant(
            "channels added up",
            _weight_mistake(lambda dy, x: (dy, np.broadcast_to(x.sum(axis=1, keepdims=True), x.shape))),
            "The channels of x are added up first. On the way there they were added *after* the product, so on the way back "
            "each channel has a gradient of its own.",
        ),
        Mutant(
            "filter 0 for all",
            _weight_mistake(lambda dy, x: (np.broadcast_to(dy[:, :1], dy.shape), x)),
            "Every filter gets the gradient of filter 0. dw[o] belongs to dy[n, o].",
        ),
    ),
    hints=(
        "Take one output (n, o, i, j). It is a sum of products; by how much does it change if the weight w[o, c, u, v] grows "
        "by 1? Multiply that by its dy.",
        "By the pixel that this weight met: xp[n, c, i * stride + u, j * stride + v] of the padded image. Add that up over all "
        "outputs of filter o.",
        "`dw = np.zeros(w.shape)`; for each n, o, i, j: dw[o] += dy[n, o, i, j] * the window of xp[n], all channels at once.",
    ),
    axes=("filter", "channel", "row", "column"),
)


# conv_grad_input ------------------------------------------------------------------------------------------------------


def _grad_input(dy, x, w, stride=1, padding=0):
    return reference.conv2d_grad_input(dy, w, x.shape, **_options(stride, padding))


def _input_mistake(change):
    """The right sum over changed arrays: `change(dy, w)`."""

    def mistake(dy, x, w, stride=1, padding=0):
        dy, w = change(dy, w)
        return _grad_input(dy, x, w, stride, padding)

    return mistake


def _on_the_padded_image(dy, x, w, stride=1, padding=0):
    """The gradient with its rim still on."""
    N, C, H, W = x.shape
    return reference.conv2d_grad_input(dy, w, (N, C, H + 2 * padding, W + 2 * padding), stride=stride)


def _cropped_on_one_side(dy, x, w, stride=1, padding=0):
    return _on_the_padded_image(dy, x, w, stride, padding)[:, :, : x.shape[2], : x.shape[3]]


def _empty_crop(dy, x, w, stride=1, padding=0):
    return _on_the_padded_image(dy, x, w, stride, padding)[:, :, padding:-padding, padding:-padding]


def _ends_with_the_last_window(dy, x, w, stride=1, padding=0):
    """(OH - 1) s + K - 2 p rows: the size that the outputs alone would suggest."""
    rows, columns = ((n - 1) * stride + K - 2 * padding for n, K in zip(dy.shape[2:], w.shape[2:]))
    return _grad_input(dy, x, w, stride, padding)[:, :, :rows, :columns]


def _handed_out_at(start, join):
    """The way back in loops: `start(i, stride)` is where a window begins, `join(old, new)` what a pixel keeps."""

    def mistake(dy, x, w, stride=1, padding=0):
        (N, C, H, W), (KH, KW) = x.shape, w.shape[2:]
        dxp = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
        for n, o, i, j in np.ndindex(dy.shape):
            top, left = start(i, stride), start(j, stride)
            window = dxp[n, :, top : top + KH, left : left + KW]
            window[...] = join(window, dy[n, o, i, j] * w[o])
        return dxp[:, :, padding : padding + H, padding : padding + W]

    return mistake


CONV_GRAD_INPUT = Exercise(
    name="conv_grad_input",
    lesson="08",
    points=5,
    signature="conv_grad_input(dy, x, w, stride=1, padding=0)",
    summary="gradient by the input: each dy[n, o, i, j] hands dy w[o] to the pixels of its window in the padded image; what "
    "falls on the padding is cut off: dy (N, O, OH, OW), w (O, C, KH, KW), dx of the shape of x (N, C, H, W)",
    probes=_probes,
    reference=_grad_input,
    mutants=(
        Mutant(
            "kernel mirrored in the window",
            _input_mistake(lambda dy, w: (dy, w[:, :, ::-1, ::-1])),
            "The kernel lies the wrong way round. If you hand out `dy * w[o]` window by window, nothing is mirrored; if you "
            "slide a kernel over the padded dy, it must be turned by 180 degrees first.",
        ),
        Mutant(
            "overwritten",
            _handed_out_at(lambda i, stride: i * stride, lambda old, new: new),
            "Right where windows stand apart. Where they overlap, a pixel gets something from each of them: `+=`, not `=`.",
        ),
        Mutant(
            "window start without stride",
            _handed_out_at(lambda i, stride: i, lambda old, new: old + new),
            "Right with stride 1. With a larger stride output (i, j) looked at the window that begins at (i * stride, "
            "j * stride), not at (i, j).",
        ),
        Mutant(
            "not cropped",
            _on_the_padded_image,
            "The rim is still on: dx has the size of the padded image. What falls on the zeros concerns nobody: cut `padding` "
            "rows and columns off on each side.",
        ),
        Mutant(
            "cropped on one side",
            _cropped_on_one_side,
            "dx has the right size, but the whole rim is cut off at the bottom and on the right. Cut `padding` off on each of "
            "the four sides: pixel (0, 0) of x is pixel (padding, padding) of the padded image.",
        ),
        Mutant(
            "empty without padding",
            _empty_crop,
            "Right with padding; without it nothing is left: `a[0:-0]` is `a[0:0]`, which is empty. Write `a[p : p + H]`.",
        ),
        Mutant(
            "ends with the last window",
            _ends_with_the_last_window,
            "Rows or columns are missing at the end. Pixels that no window reached are part of x too: their gradient is 0. "
            "Begin with zeros of the padded image's size.",
        ),
        Mutant(
            "last filter only",
            _input_mistake(lambda dy, w: (_only(dy, EVERYTHING, -1), w)),
            "Only the last filter counts. A pixel was seen by every filter: add up over o.",
        ),
        Mutant(
            "filter 0 only",
            _input_mistake(lambda dy, w: (_only(dy, EVERYTHING, 0), w)),
            "Only filter 0 counts. A pixel was seen by every filter: loop over o, and add up.",
        ),
        Mutant(
            "channel 0 for all",
            _input_mistake(lambda dy, w: (dy, np.broadcast_to(w[:, :1], w.shape))),
            "Every channel gets what belongs to channel 0. Channel c went through the weights w[o, c].",
        ),
        Mutant(
            "first image only",
            _input_mistake(lambda dy, w: (_only(dy, 0), w)),
            "Only the first image gets a gradient. Each image has its own dx.",
        ),
        Mutant(
            "dy forgotten",
            _input_mistake(lambda dy, w: (np.ones_like(dy), w)),
            "Every window gets the weights alone, as if all dy were 1. Multiply by the dy of the output.",
        ),
        Mutant(
            "weights forgotten",
            _input_mistake(lambda dy, w: (dy, np.ones_like(w))),
            "Every pixel of a window gets the whole dy. It gets dy times the weight it was seen through.",
        ),
    ),
    hints=(
        "Go forward once more in your mind: output (n, o, i, j) looked at a window of the padded image. Whatever it looked at "
        "gets a part of its dy. Which part?",
        "Begin with zeros of the shape of the padded image. Each output adds dy[n, o, i, j] * w[o] to its window, all channels "
        "at once. At the end take the rim off.",
        "dxp[n, :, i * stride : i * stride + KH, j * stride : j * stride + KW] += dy[n, o, i, j] * w[o], over all n, o, i, j; "
        "then return dxp[:, :, padding : padding + H, padding : padding + W].",
    ),
    axes=("image", "channel", "row", "column"),
)


# numerical_gradient ---------------------------------------------------------------------------------------------------


def _numerical_probes(rng):
    sizes = [
        ("four weights, a large step", (1, 1, 3, 3), (1, 1, 2, 2), 0.5, np.float64),
        ("a wide kernel, a large step", (1, 1, 4, 5), (1, 1, 2, 3), 0.4, np.float64),
        ("two filters", (1, 1, 3, 3), (2, 1, 2, 2), 0.5, np.float64),
        ("two channels, two images", (2, 2, 4, 3), (1, 2, 2, 2), 0.3, np.float64),
        ("everything together", (2, 2, 3, 4), (2, 2, 2, 2), 0.5, np.float64),
        ("a small step", (1, 2, 4, 4), (1, 2, 3, 2), 1e-5, np.float64),
        ("given in single precision", (2, 1, 3, 4), (2, 1, 2, 2), 1e-6, np.float32),
        ("given in single precision, two channels", (1, 2, 4, 3), (1, 2, 2, 2), 1e-6, np.float32),
    ]
    single = Trait("arrays of double precision", "arrays of single precision (float32)")
    return [_numerical_probe(rng, *size, single) for size in sizes]


def _numerical_probe(rng, label, x, w, step, dtype, single):
    OH, OW = x[2] - w[2] + 1, x[3] - w[3] + 1
    arrays = decimals(rng, *w) / 2, decimals(rng, *x), np.round(rng.uniform(-0.9, 0.9, (x[0], w[0], OH, OW)), 1)
    return Probe(
        label,
        tuple(array.astype(dtype) for array in arrays),
        {"step": step},
        traits=(single,) if dtype == np.float32 else (),
        sizes={"the step": step, "twice the step": 2 * step, "a factor of two": 2},
    )


def _losses(ws, x, target):
    """The losses of several kernels at once, ws (M, O, C, KH, KW): one matrix product in the place of 2 M convolutions."""
    windows = np.lib.stride_tricks.sliding_window_view(x, ws.shape[3:], (2, 3)).transpose(0, 2, 3, 1, 4, 5)
    rows, columns = windows.reshape(-1, ws[0, 0].size), ws.reshape(-1, ws[0, 0].size).T
    y = np.tanh(rows @ columns).reshape(len(rows), *ws.shape[:2])
    return 0.5 * ((y - target.transpose(0, 2, 3, 1).reshape(len(rows), 1, -1)) ** 2).sum(axis=(0, 2))


def _measured(rise, nudge=1.0, single=False):
    """A measurement of all slopes: `rise(up, here, down, step)` from the losses above, at and below each weight."""

    def measure(w, x, target, step):
        w, x, target = (np.asarray(a, dtype=np.float32 if single else np.float64) for a in (w, x, target))
        nudges = (nudge * step * np.eye(w.size)).reshape(-1, *w.shape).astype(w.dtype)
        here = _losses(w[np.newaxis], x, target)
        return rise(_losses(w + nudges, x, target), here, _losses(w - nudges, x, target), step).reshape(w.shape)

    return measure


_central = _measured(lambda up, here, down, step: (up - down) / (2 * step))


def _nudge_left_in(w, x, target, step):
    """Up by a step, down by two, and never back: the next weight is measured with this one a step too low."""
    w, x, target = (np.array(a, dtype=np.float64) for a in (w, x, target))
    slopes = np.zeros(w.shape)
    for place in np.ndindex(w.shape):
        w[place] += step
        up = _losses(w[np.newaxis], x, target)[0]
        w[place] -= 2 * step
        slopes[place] = (up - _losses(w[np.newaxis], x, target)[0]) / (2 * step)
    return slopes


def _all_at_once(w, x, target, step):
    w, x, target = (np.asarray(a, dtype=np.float64) for a in (w, x, target))
    up, down = _losses(np.stack([w + step, w - step]), x, target)
    return np.full(w.shape, (up - down) / (2 * step))


def _by_the_formula(w, x, target, step):
    y = np.tanh(reference.conv2d(x, w))
    return reference.conv2d_grad_weight((y - target) * (1 - y**2), x, w.shape)


def _first_filter(w, x, target, step):
    return _only(_central(w, x, target, step), 0)


NUMERICAL_GRADIENT = Exercise(
    name="numerical_gradient",
    lesson="08",
    points=3,
    signature="numerical_gradient(w, x, target, step)",
    summary="the slope of loss(w, x, target) = 1/2 sum (tanh(conv2d(x, w)) - target)^2 by each weight, measured by central "
    "differences, (L(w + step) - L(w - step)) / (2 step), one weight at a time, in float64: of the shape of w",
    probes=_numerical_probes,
    reference=_central,
    mutants=(
        Mutant(
            "one-sided",
            _measured(lambda up, here, down, step: (up - here) / step),
            "You look ahead only: (L(w + step) - L(w)) / step. Its error is of the size of the step; looking to both sides, "
            "(L(w + step) - L(w - step)) / (2 step), it is of the size of the step squared.",
        ),
        Mutant(
            "one-sided, backwards",
            _measured(lambda up, here, down, step: (here - down) / step),
            "You look back only: (L(w) - L(w - step)) / step. Look to both sides: (L(w + step) - L(w - step)) / (2 step).",
        ),
        Mutant(
            "divided by the step alone",
            _measured(lambda up, here, down, step: (up - down) / step),
            "Every slope is twice too large: from w - step to w + step it is 2 * step.",
        ),
        Mutant(
            "not divided",
            _measured(lambda up, here, down, step: up - down),
            "That is how much the loss rises from w - step to w + step. The slope is the rise divided by the way, 2 * step.",
        ),
        Mutant(
            "wrong sign",
            _measured(lambda up, here, down, step: (down - up) / (2 * step)),
            "Every slope has the wrong sign: the loss at w + step comes first, minus the one at w - step.",
        ),
        Mutant(
            "half the nudge",
            _measured(lambda up, here, down, step: (up - down) / (2 * step), nudge=0.5),
            "The weight is nudged by half a step to each side, but the rise is divided by 2 * step. Nudge by a whole step.",
        ),
        Mutant(
            "nudge left in",
            _nudge_left_in,
            "The first slope is right and the others drift off: a weight that was nudged stays so while the next one is "
            "measured. Put it back, or nudge a copy.",
        ),
        Mutant(
            "all weights at once",
            _all_at_once,
            "All weights are nudged at once, which gives one slope for all of them together. Nudge one weight, measure, put it "
            "back, then the next.",
        ),
        Mutant(
            "first filter only",
            _first_filter,
            "Only the weights of filter 0 are measured, the others stay 0: loop over all places of w, np.ndindex(w.shape).",
        ),
        Mutant(
            "by the formula",
            _by_the_formula,
            "That is the gradient by the formula. It is the very thing that is to be checked, so it cannot be the check: "
            "measure, with two losses for each weight.",
        ),
        Mutant(
            "in single precision",
            _measured(lambda up, here, down, step: (up - down) / (2 * step), single=True),
            "Right with arrays of float64. In float32 a small step drowns in rounding: turn w, x and target into float64 "
            "first, `w = w.astype(float)`.",
        ),
    ),
    hints=(
        "A slope is a rise divided by a way. You can ask `loss` for its value wherever you like.",
        "For each place of w: a copy with this weight a step larger, a copy with it a step smaller, both losses, their "
        "difference divided by 2 * step. First turn all three arrays into float64.",
        "`for place in np.ndindex(w.shape):` `up, down = w.copy(), w.copy()`; `up[place] += step`; `down[place] -= step`; then "
        "slopes[place] = (loss(up, x, target) - loss(down, x, target)) / (2 * step).",
    ),
    axes=("filter", "channel", "row", "column"),
    allowed_imports=("math", "numpy", "convlab.functional"),
)


# gradient_error -------------------------------------------------------------------------------------------------------

BAR = 1e-5  # an error below it counts as "the gradient is right"
CLAIMS = (
    "the right gradient",
    "the right one, in float32",
    "one turned by 180 degrees",
    "one twice as large",
    "one with the wrong sign",
    "one with one wrong weight",
    "all zeros",
    "one that is too small everywhere",
)


def _claims(rng, measured):
    """What eight classmates hand in for a measured gradient, in the order of CLAIMS."""
    reach = np.abs(measured).max() or 1.0
    off = measured.copy()
    off[tuple(rng.integers(n) for n in measured.shape)] += rng.choice([-1, 1]) * 1e-3 * reach
    exact = measured * (1 + rng.choice([-1, 1], measured.shape) * 1e-9)
    turned = measured[:, :, ::-1, ::-1] if measured.any() else np.full(measured.shape, 0.5)
    noise = 0.25 if not measured.any() else 0.0  # of a gradient of zeros twice or minus would be right as well
    return np.stack(
        [
            exact,
            measured.astype(np.float32).astype(float),
            turned,
            2 * measured + noise,
            -measured - noise,
            off,
            np.zeros(measured.shape) if measured.any() else measured + reach,
            measured - 0.1 * reach,
        ]
    )


def _error_probe(rng, label, shape, scale):
    measured = rng.uniform(0.2, 2, shape) * rng.choice([-1, 1], shape) * scale
    if scale:
        measured[0, 0, 0, 0] = 1e-12 * scale  # what rounding leaves of a slope of 0
    claims, order = _claims(rng, measured), rng.permutation(len(CLAIMS))
    if scale:
        claims[0, 0, 0, 0, 0] = -1e-12 * scale
    return Probe(label, (claims[order], measured), stage=order)


def _error_probes(rng):
    return [
        _error_probe(rng, "gradients around 1", (2, 1, 3, 3), 1.0),
        _error_probe(rng, "gradients around 1, a wide kernel", (3, 2, 2, 3), 1.0),
        _error_probe(rng, "tiny gradients", (2, 2, 3, 2), 1e-8),
        _error_probe(rng, "tiny gradients, a wide kernel", (1, 3, 2, 4), 1e-8),
        _error_probe(rng, "huge gradients", (3, 1, 3, 3), 1e8),
        _error_probe(rng, "a gradient of zeros", (2, 2, 2, 2), 0.0),
        _error_probe(rng, "a gradient of zeros, a wide kernel", (2, 1, 2, 4), 0.0),
        _error_probe(rng, "many weights", (16, 8, 3, 3), 1.0),
        _error_probe(rng, "many weights, a wide kernel", (12, 10, 3, 4), 1.0),
    ]


def _accepted(errors, probe):
    """Which of the eight claims pass: 1 where the error is below BAR, in the order of CLAIMS."""
    if errors.shape != (len(CLAIMS),):
        raise ShapeError(f"One error for each claim is expected, shape ({len(CLAIMS)},), got {errors.shape}")
    passed = np.zeros(len(CLAIMS))
    passed[probe.stage] = errors < BAR
    return passed


def _over_claims(measure):
    return lambda claims, measured: np.array([measure(claim, measured) for claim in claims])


def _relative(claim, measured):
    scale = max(np.abs(claim).max(), np.abs(measured).max())
    return np.abs(claim - measured).max() / scale if scale else 0.0


def _scale(claim, measured):
    return max(np.abs(claim).max(), np.abs(measured).max()) or 1.0


@np.errstate(all="ignore")
def _nan_for_zeros(claim, measured):
    return np.abs(claim - measured).max() / np.float64(max(np.abs(claim).max(), np.abs(measured).max()))


@np.errstate(all="ignore")
def _place_by_place(claim, measured):
    both = np.maximum(np.abs(claim), np.abs(measured))
    return (np.abs(claim - measured) / np.where(both > 0, both, 1.0)).max()


GRADIENT_ERROR = Exercise(
    name="gradient_error",
    lesson="08",
    points=3,
    signature="gradient_error(claims, measured)",
    summary="how far each claimed gradient is from the measured one, as a fraction of the larger of both: the largest "
    "|claim - measured| divided by the largest number in either, 0 if both are all zeros: claims (K, O, C, KH, KW), measured "
    "(O, C, KH, KW), errors (K,). Right gradients must come out below 1e-5, wrong ones above",
    probes=_error_probes,
    reference=_over_claims(_relative),
    mutants=(
        Mutant(
            "signs cancel",
            _over_claims(lambda claim, measured: (claim - measured).max() / _scale(claim, measured)),
            "A claim that is too small everywhere passes: its differences are negative, and the largest of them is none. Take "
            "the absolute value of each difference first.",
        ),
        Mutant(
            "sums compared",
            _over_claims(lambda claim, measured: abs(claim.sum() - measured.sum()) / (np.abs(measured).sum() or 1.0)),
            "A mirrored gradient passes: it holds the right numbers in the wrong places, so its sum is right. Compare place by "
            "place, and take sums or maxima only afterwards.",
        ),
        Mutant(
            "absolute error",
            _over_claims(lambda claim, measured: np.abs(claim - measured).max()),
            "The difference is not put in relation to anything. Among gradients of 1e-8 any claim passes, among those of 1e8 "
            "not even a right one. Divide by the largest number in either array.",
        ),
        Mutant(
            "place by place",
            _over_claims(_place_by_place),
            "A right gradient fails: you divide place by place, and where the true slope is 0, rounding alone makes an error "
            "of 100 %. Divide the largest difference by the largest number of the whole array.",
        ),
        Mutant(
            "averaged",
            _over_claims(lambda claim, measured: np.abs(claim - measured).mean() / _scale(claim, measured)),
            "One wrong weight among a thousand passes: in a mean (or a mean of squares) it is lost. Take the largest "
            "difference.",
        ),
        Mutant(
            "zero divided by zero",
            _over_claims(_nan_for_zeros),
            "A right gradient of zeros does not pass: 0 / 0 is NaN, and NaN is below nothing. If both are all zeros, the error "
            "is 0.",
        ),
    ),
    hints=(
        "Two arrays, one number: how far apart are they at the worst place? And is that much or little, measured by the size "
        "of the numbers themselves?",
        "The largest of |claim - measured|, divided by the largest of |claim| and |measured|. One special case: nothing but "
        "zeros on both sides.",
        "For each claim: `scale = max(np.abs(claim).max(), np.abs(measured).max())`, then "
        "`np.abs(claim - measured).max() / scale`, or 0 where scale is 0.",
    ),
    axes=tuple(f"lets pass {claim} (1 for yes)" for claim in CLAIMS),
    behaviour=_accepted,
    view=lambda errors, probe: np.log10(np.clip(errors[np.argsort(probe.stage)], 1e-12, 10)),
)

EXERCISES = (CONV_GRAD_BIAS, CONV_GRAD_WEIGHT, CONV_GRAD_INPUT, NUMERICAL_GRADIENT, GRADIENT_ERROR)
