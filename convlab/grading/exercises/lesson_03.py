"""The exercises of lesson 03, Convolution: one sum over a window, in one and in two dimensions, and its mirror image.

Every mistake below is one that learners make. Those of conv2d take its arguments, so that a reader sees in one line
what goes wrong.
"""

import numpy as np

from convlab import reference
from convlab.errors import ShapeError
from convlab.geometry import output_size
from convlab.grading.definition import Exercise, Mutant, Probe, Trait


def decimals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between -2 and 2 with one digit after the point, which a learner can add up by hand."""
    return np.round(rng.uniform(-2, 2, shape), 1)


# conv1d ---------------------------------------------------------------------------------------------------------------


def _conv1d(x, w):
    return reference.conv1d(x[None, None], w[None, None])[0, 0]


def _conv1d_probes(rng):
    sizes = [("three weights", 8, 3), ("two weights", 6, 2), ("four weights", 9, 4), ("one output", 5, 5)]
    sizes += [("a long signal", 20, 3), ("many weights", 12, 7)]
    return [
        Probe(label, (decimals(rng, L), decimals(rng, K)), sizes={"the number of weights": K}) for label, L, K in sizes
    ]


CONV1D = Exercise(
    name="conv1d",
    lesson="03",
    points=2,
    signature="conv1d(x, w)",
    summary="y[i] = sum over k of x[i + k] w[k], for every window that fits: x (L,), w (K,), y (L - K + 1,)",
    probes=_conv1d_probes,
    reference=_conv1d,
    mutants=(
        Mutant(
            "kernel flipped",
            lambda x, w: _conv1d(x, w[::-1]),
            "Your output equals what you get when the weights are flipped: `w[0]` belongs to the first number of each "
            "window, `w[-1]` to the last. (With the flip it is the mathematician's convolution: a later exercise.)",
        ),
        Mutant(
            "last window missing",
            lambda x, w: _conv1d(x, w)[:-1],
            "The last window is missing. Count them on paper: 2 weights fit on 4 numbers 3 times, not 2.",
        ),
        Mutant(
            "overwritten",
            lambda x, w: x[len(w) - 1 :] * w[-1],
            "Only the last product of each window is left: each one overwrites the one before. Add them up with `+=`.",
        ),
        Mutant(
            "weights forgotten",
            lambda x, w: _conv1d(x, np.ones_like(w)),
            "You add up the numbers of each window without their weights.",
        ),
        Mutant(
            "divided by the number of weights",
            lambda x, w: _conv1d(x, w) / len(w),
            "Every number is too small, by exactly the number of weights: a mean where a sum is meant. In a weighted "
            "average the weights themselves add up to 1, so nothing is left to divide.",
        ),
        Mutant(
            "window stands still",
            lambda x, w: np.full(len(x) - len(w) + 1, x[: len(w)] @ w),
            "Every output is the sum of the first window: the window does not move. Output i starts at `x[i]`.",
        ),
        Mutant(
            "padded to the same length",
            lambda x, w: _conv1d(np.pad(x, ((len(w) - 1) // 2, len(w) // 2)), w),
            "Your output is as long as the signal: zeros were put around it. Here only windows that lie wholly on the "
            "signal count.",
        ),
    ),
    hints=(
        "How many windows of K numbers fit on L numbers? That is the length of y.",
        "Two loops: the outer one over the windows i, the inner one over the weights k. Which number of x meets w[k]?",
        "Start with `y = np.zeros(len(x) - len(w) + 1)`; in the inner loop add the product of `x[i + k]` and `w[k]`.",
    ),
    axes=("output",),
)


# conv2d ---------------------------------------------------------------------------------------------------------------

SQUARE = Trait("square images", "images whose height and width differ")
BIAS = Trait("a bias of 0", "any other bias")
CHANNELS = Trait("one channel", "several channels")
FILTERS = Trait("one filter", "several filters")
BATCH = Trait("one image", "several images")
PADDING = Trait("padding 0", "any other padding")
STRIDE = Trait("stride 1", "a larger stride")


def _conv2d_probe(rng, label, x, w, *, bias=True, stride=1, padding=0):
    """A probe of given shapes, with its traits read off them. The bias stays well away from 0."""
    (N, C, H, W), (O, _, KH, KW) = x, w
    special = {SQUARE: H != W, BIAS: bias, CHANNELS: C > 1, FILTERS: O > 1, BATCH: N > 1}
    special |= {PADDING: padding > 0, STRIDE: stride > 1}
    b = rng.choice([-1, 1], O) * np.round(rng.uniform(0.5, 2, O), 1) if bias else np.zeros(O)
    return Probe(
        label,
        (decimals(rng, *x), decimals(rng, *w), b),
        {"stride": stride, "padding": padding},
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={
            "the number of channels": C,
            "the number of taps": KH * KW,
            "the number of taps of a filter": C * KH * KW,
        },
    )


def _conv2d_probes(rng):
    return [
        _conv2d_probe(rng, "one channel, one filter", (1, 1, 5, 5), (1, 1, 3, 3), bias=False),
        _conv2d_probe(rng, "a bias", (1, 1, 5, 5), (1, 1, 2, 3)),
        _conv2d_probe(rng, "a wide image", (1, 1, 4, 7), (1, 1, 3, 2), bias=False),
        _conv2d_probe(rng, "three channels", (1, 3, 5, 5), (1, 3, 2, 3), bias=False),
        _conv2d_probe(rng, "three filters", (1, 1, 5, 5), (3, 1, 3, 2), bias=False),
        _conv2d_probe(rng, "two images", (2, 1, 5, 5), (1, 1, 3, 3), bias=False),
        _conv2d_probe(rng, "padding 1", (1, 1, 5, 5), (1, 1, 3, 3), bias=False, padding=1),
        _conv2d_probe(rng, "stride 2", (1, 1, 7, 7), (1, 1, 3, 2), bias=False, stride=2),
        _conv2d_probe(rng, "everything together", (2, 3, 6, 8), (2, 3, 3, 2), stride=2, padding=1),
        _conv2d_probe(rng, "everything together, a tall image", (3, 2, 9, 5), (2, 2, 2, 3), stride=2, padding=2),
        _conv2d_probe(rng, "everything together, a square kernel", (2, 2, 6, 9), (3, 2, 3, 3), stride=2, padding=2),
    ]


def _conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w, b, stride=stride, padding=padding)


def _flipped_kernel(x, w, b, stride=1, padding=0):
    return _conv2d(x, w[:, :, ::-1, ::-1], b, stride, padding)


def _stride_forgotten(x, w, b, stride=1, padding=0):
    return _conv2d(x, w, b, 1, padding)


def _window_not_strided(x, w, b, stride=1, padding=0):
    """Window (i, j) starts at pixel (i, j), not (i s, j s), in an output of the right size."""
    OH, OW = _conv2d(x, w, b, stride, padding).shape[2:]
    return _conv2d(x, w, b, 1, padding)[:, :, :OH, :OW]


def _height_and_width_swapped(x, w, b, stride=1, padding=0):
    return np.swapaxes(_conv2d(x, w, b, stride, padding), 2, 3)


def _first_channel_only(x, w, b, stride=1, padding=0):
    return _conv2d(x[:, :1], w[:, :1], b, stride, padding)


def _last_channel_only(x, w, b, stride=1, padding=0):
    return _conv2d(x[:, -1:], w[:, -1:], b, stride, padding)


def _last_tap_only(x, w, b, stride=1, padding=0):
    """Each product overwrites the one before; the bias is added at the end."""
    only = np.zeros_like(w)
    only[:, -1, -1, -1] = w[:, -1, -1, -1]
    return _conv2d(x, only, b, stride, padding)


def _bias_forgotten(x, w, b, stride=1, padding=0):
    return _conv2d(x, w, np.zeros_like(b), stride, padding)


def _bias_per_tap(x, w, b, stride=1, padding=0):
    return _conv2d(x, w, b * w[0].size, stride, padding)


def _bias_per_channel(x, w, b, stride=1, padding=0):
    return _conv2d(x, w, b * w.shape[1], stride, padding)


def _padding_forgotten(x, w, b, stride=1, padding=0):
    return _conv2d(x, w, b, stride, 0)


def _padding_cropped(x, w, b, stride=1, padding=0):
    """The zeros are there, but the output has the size that it would have without them."""
    OH, OW = (output_size(M, K, stride) for M, K in zip(x.shape[2:], w.shape[2:]))
    return _conv2d(x, w, b, stride, padding)[:, :, :OH, :OW]


def _padding_on_one_side(x, w, b, stride=1, padding=0):
    return _conv2d(np.pad(x, ((0, 0), (0, 0), (0, padding), (0, padding))), w, b, stride, 0)


def _last_window_missing(x, w, b, stride=1, padding=0):
    return _conv2d(x, w, b, stride, padding)[:, :, :-1, :-1]


def _first_image_only(x, w, b, stride=1, padding=0):
    y = _conv2d(x, w, b, stride, padding)
    y[1:] = 0
    return y


def _one_filter_filled(x, w, b, stride=1, padding=0):
    y = _conv2d(x, w, b, stride, padding)
    y[:, 1:] = 0
    return y


def _first_filter_for_all(x, w, b, stride=1, padding=0):
    return _conv2d(x, np.broadcast_to(w[:1], w.shape), b, stride, padding)


CONV2D = Exercise(
    name="conv2d",
    lesson="03",
    points=5,
    signature="conv2d(x, w, b, stride=1, padding=0)",
    summary="y[n, o, i, j] = b[o] + sum over c, u, v of x[n, c, i stride + u, j stride + v] w[o, c, u, v], x with a "
    "rim of zeros: x (N, C, H, W), w (O, C, KH, KW), b (O,), y (N, O, OH, OW)",
    probes=_conv2d_probes,
    reference=_conv2d,
    mutants=(
        Mutant(
            "kernel flipped",
            _flipped_kernel,
            "Your output equals what you get when the kernel is flipped. Networks do not flip it: tap `w[o, c, 0, 0]` "
            "meets the top left pixel of the window.",
        ),
        Mutant(
            "stride forgotten",
            _stride_forgotten,
            "Your output equals that of stride 1: the stride is never used. It makes the output smaller, and it moves "
            "the windows apart.",
        ),
        Mutant(
            "window start without stride",
            _window_not_strided,
            "The output has the right size, but window (i, j) starts at pixel (i, j). With a stride it starts at "
            "(i * stride, j * stride).",
        ),
        Mutant(
            "height and width swapped",
            _height_and_width_swapped,
            "Height and width have changed places in your output: rows are along axis 2, columns along axis 3.",
        ),
        Mutant(
            "channels forgotten",
            _first_channel_only,
            "Only the first channel is used. A filter looks at all channels at the same place and adds everything up.",
        ),
        Mutant(
            "last channel only",
            _last_channel_only,
            "Only the last channel is left: each channel overwrites the one before. Add them up.",
        ),
        Mutant(
            "overwritten",
            _last_tap_only,
            "Only the last product of each window is left: each one overwrites the one before. Add them up with `+=`.",
        ),
        Mutant("bias forgotten", _bias_forgotten, "The bias is missing: add `b[o]` once to every output of filter o."),
        Mutant(
            "bias added per tap",
            _bias_per_tap,
            "The bias is added once per product, inside the innermost loop. It belongs once to each output.",
        ),
        Mutant(
            "bias added per channel",
            _bias_per_channel,
            "The bias is added once per channel. It belongs once to each output, after the channels are added up.",
        ),
        Mutant(
            "padding forgotten",
            _padding_forgotten,
            "Your output equals that of padding 0: the padding is never used.",
        ),
        Mutant(
            "padding cropped",
            _padding_cropped,
            "The zeros around the image are there, but the output is as small as without them: its last rows and "
            "columns are cut off. Its size follows from H + 2 padding and W + 2 padding.",
        ),
        Mutant(
            "padding on one side",
            _padding_on_one_side,
            "The zeros stand only below and to the right of the image; padding goes on all four sides.",
        ),
        Mutant(
            "last window missing",
            _last_window_missing,
            "The last row and the last column of windows are missing: the + 1 in the output size is forgotten.",
        ),
        Mutant(
            "first image only",
            _first_image_only,
            "Only the first image of the batch is computed, the others stay 0.",
        ),
        Mutant(
            "one filter filled",
            _one_filter_filled,
            "Only the output of filter 0 is filled, the others stay 0: is `o` the index on the left of the `=`?",
        ),
        Mutant(
            "first filter for all",
            _first_filter_for_all,
            "Every filter gives the output of filter 0 (its own bias apart): `w[o]` belongs to output channel o.",
        ),
    ),
    hints=(
        "Begin with the size of the output along each axis, and with an array of zeros of that shape. Then ask which "
        "pixels the output (n, o, i, j) looks at.",
        "Put the zeros around the images once, before the loops (np.pad, on the last two axes only). The window of "
        "output (i, j) then starts at row i * stride and column j * stride of the padded image.",
        "Four loops, over n, o, i, j; inside, one line: the sum of (window of all channels) * w[o], plus b[o]. The "
        "window is xp[n, :, i * stride : i * stride + KH, j * stride : j * stride + KW].",
    ),
    axes=("image", "filter", "row", "column"),
)


# true convolution -----------------------------------------------------------------------------------------------------


def _correlate(x, w):
    return reference.conv2d(x[None, None], w[None, None])[0, 0]


def _true_convolution(x, w):
    return _correlate(x, w[::-1, ::-1])


def _true_convolution_probes(rng):
    sizes = [
        ("a 3 x 3 kernel", (5, 5), (3, 3)),
        ("a wide image", (4, 7), (3, 2)),
        ("a tall image", (8, 5), (2, 4)),
        ("a 2 x 2 kernel", (4, 4), (2, 2)),
        ("a large kernel", (7, 9), (4, 5)),
    ]
    return [Probe(label, (decimals(rng, *x), decimals(rng, *w))) for label, x, w in sizes]


TRUE_CONVOLUTION = Exercise(
    name="true_convolution",
    lesson="03",
    points=2,
    signature="true_convolution(x, w)",
    summary="y[i, j] = sum over u, v of x[i + u, j + v] w[KH - 1 - u, KW - 1 - v], for every window that fits: "
    "x (H, W), w (KH, KW), y (H - KH + 1, W - KW + 1)",
    probes=_true_convolution_probes,
    reference=_true_convolution,
    mutants=(
        Mutant(
            "not flipped",
            _correlate,
            "That is cross-correlation, what networks compute. True convolution meets the window with the kernel "
            "turned by 180 degrees.",
        ),
        Mutant(
            "only rows flipped",
            lambda x, w: _correlate(x, w[::-1]),
            "The kernel is turned upside down, but left and right are still in place: flip both axes.",
        ),
        Mutant(
            "only columns flipped",
            lambda x, w: _correlate(x, w[:, ::-1]),
            "Left and right of the kernel are flipped, but it is not upside down: flip both axes.",
        ),
        Mutant(
            "transposed",
            lambda x, w: _correlate(x, w.T),
            "The kernel is transposed: `w.T` mirrors it along its diagonal. A turn by 180 degrees reverses both axes.",
        ),
        Mutant(
            "turned by 90 degrees",
            lambda x, w: _correlate(x, np.rot90(w)),
            "The kernel is turned by 90 degrees (np.rot90 turns once unless told otherwise). It takes 180.",
        ),
        Mutant(
            "image flipped",
            lambda x, w: _correlate(x[::-1, ::-1], w),
            "The image is flipped in place of the kernel. The sums are the same ones, but each stands at the opposite "
            "end of the output.",
        ),
        Mutant(
            "last window missing",
            lambda x, w: _true_convolution(x, w)[:-1, :-1],
            "The last row and the last column of windows are missing: H - KH + 1 windows fit along the height.",
        ),
        Mutant(
            "full size",
            lambda x, w: _true_convolution(np.pad(x, [(K - 1, K - 1) for K in w.shape]), w),
            "That is the full convolution, with windows that hang over the border. Here only windows that lie wholly "
            "on the image count.",
        ),
    ),
    hints=(
        "You already have a function that slides a kernel without the flip. What must be done to the kernel first?",
        "Turned by 180 degrees: the last row comes first, and in each row the last number comes first.",
        "`w[::-1, ::-1]` is the turned kernel. Slide it as before: two loops, one sum of products per window.",
    ),
    axes=("row", "column"),
)


# vertical edges -------------------------------------------------------------------------------------------------------

QUIET = 0.05  # a response below 5 % of what the kernel could give at most counts as none


def _walls(rng):
    """Three pictures of the same two greys: side by side, one above the other, and one grey alone."""
    dark, bright = np.round(rng.uniform(1, 3), 1), np.round(rng.uniform(6, 9), 1)
    greys = rng.permutation([dark, bright])
    H, W = rng.integers(7, 11, 2)
    vertical, horizontal = np.full((2, H, W), greys[0])
    vertical[:, rng.integers(3, W - 2) :] = greys[1]
    horizontal[rng.integers(3, H - 2) :] = greys[1]
    return {"vertical edge": vertical, "horizontal edge": horizontal, "no edge": np.full((H, W), greys[0])}


def _edge_probes(rng):
    return [Probe(f"wall {k}: a vertical edge, a horizontal edge, no edge", stage=_walls(rng)) for k in range(1, 5)]


def _edge_behaviour(kernel, probe):
    """Does the kernel answer to a vertical edge, to a horizontal edge, to an even wall? 1 for yes.

    Responses are measured against the most that weights of this size can give, so that any scale and sign will do.
    """
    walls = probe.stage
    if kernel.ndim != 2 or kernel.size == 0 or max(kernel.shape) > 5:
        raise ShapeError(f"A kernel of shape (3, 3) is expected, got {kernel.shape}")
    if not np.isfinite(kernel).all():
        raise ShapeError("The kernel holds NaN or infinite numbers")
    reach = np.abs(kernel).sum() or 1.0
    vertical, horizontal, even = (_correlate(wall, kernel) / reach for wall in walls.values())
    contrast, grey = np.ptp(walls["vertical edge"]), walls["no edge"].max()
    strengths = np.ptp(vertical) / contrast, np.ptp(horizontal) / contrast, np.abs(even).max() / grey
    return np.array([float(strength > QUIET) for strength in strengths])


def _edge_view(kernel, probe):
    """How strongly it answers to each wall, side by side with a gap between them: any scale and sign look the same."""
    vertical, horizontal, even = (np.abs(_correlate(wall, kernel)) for wall in probe.stage.values())
    gap = np.full((len(vertical), 1), np.nan)
    strength = np.hstack([vertical, gap, horizontal, gap, even])
    return strength / (np.nanmax(strength) or 1.0)


VERTICAL_EDGES = Exercise(
    name="vertical_edges",
    lesson="03",
    points=2,
    signature="vertical_edges()",
    summary="a 3 x 3 kernel that answers where a vertical edge stands, and to nothing else: many are right",
    probes=_edge_probes,
    reference=lambda: np.array([[1.0, 0.0, -1.0]] * 3),
    mutants=(
        Mutant(
            "turned by 90 degrees",
            lambda: np.array([[1.0] * 3, [0.0] * 3, [-1.0] * 3]),
            "Your kernel answers to horizontal edges and is blind to vertical ones: it compares what is above with what is "
            "below. Turn it by 90 degrees.",
        ),
        Mutant(
            "edges of every direction",
            lambda: np.array([[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]]),
            "Your kernel answers to vertical edges and to horizontal ones. Along a vertical edge all rows look the same: "
            "what must each row of the kernel add up to, so that a change from row to row leaves it cold?",
        ),
        Mutant(
            "brightness",
            lambda: np.full((3, 3), 1 / 9),
            "Your kernel answers to an even wall, where there is no edge at all: it measures brightness. Its weights "
            "must add up to 0.",
        ),
        Mutant(
            "silent",
            lambda: np.array([[1.0, 0.0, -1.0], [0.0] * 3, [-1.0, 0.0, 1.0]]),
            "Your kernel answers to nothing: along a vertical edge its positive and negative weights cancel. Put the "
            "positive ones on one side and the negative ones on the other.",
        ),
    ),
    hints=(
        "A vertical edge is a difference between left and right. Which numbers, put on the pixels of a window, give 0 "
        "if left and right are equal?",
        "Each row of the kernel should add up to 0, with the positive weights on one side.",
        "The filter [1 -1] of the lesson finds such edges in one row. Spread it over three columns, the middle one 0, "
        "and use the same row three times.",
    ),
    axes=("Answer to a vertical edge", "answer to a horizontal edge", "answer to an even wall"),
    behaviour=_edge_behaviour,
    view=_edge_view,
)

EXERCISES = (CONV1D, CONV2D, TRUE_CONVOLUTION, VERTICAL_EDGES)
