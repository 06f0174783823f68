"""The exercises of lesson 09, Making it fast: work counted, and a convolution compiled, shared among threads, and tiled.

What is compiled is graded on its numbers, on nopython mode, on races, and on building no matrix of all windows (im2col): the
last probe of each is so large that such a matrix stands out in the memory of the process. Nobody is graded on speed.
"""

import numpy as np

from convlab.errors import ShapeError
from convlab.geometry import output_size
from convlab.grading.definition import Compiled, Exercise, Mutant, Probe, Trait

ALLOWED = ("math", "numpy", "numba")
MOST_BYTES = 48_000_000  # of one call; the large probe's matrix of windows takes 128 MB, its result 1 MB
COMPILE_SECONDS = 30.0

BATCH = Trait("one image", "several images")
CHANNELS = Trait("one channel", "several channels")
FILTERS = Trait("one filter", "several filters")
STRIDE = Trait("stride 1", "a larger stride")
PADDING = Trait("padding 0", "any other padding")
SQUARE = Trait("square images", "images whose height and width differ")
LARGE = Trait("small images", "a large one")
LEFT_OVER = Trait("filters in whole tiles", "filters left over behind the last whole tile")
NUMBA_HELP = (
    "Print, lists of lists and keyword-only arguments are not for compiled code: keep to numbers, arrays and loops."
)


def decimals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between -2 and 2 with one digit after the point."""
    return np.round(rng.uniform(-2, 2, shape), 1)


def _traits(**present):
    names = {"batch": BATCH, "channels": CHANNELS, "filters": FILTERS, "stride": STRIDE, "padding": PADDING}
    names |= {"square": SQUARE, "large": LARGE, "left_over": LEFT_OVER}
    return tuple(trait for name, trait in names.items() if present.get(name))


# count_work -----------------------------------------------------------------------------------------------------------


def _sizes(x_shape, w_shape, stride, padding):
    (N, C, H, W), (O, _, KH, KW) = x_shape, w_shape
    OH, OW = output_size(H, KH, stride, padding), output_size(W, KW, stride, padding)
    return N * O * OH * OW, C * KH * KW, N * C * H * W, O * C * KH * KW  # outputs, taps, numbers of x, numbers of w


def _work(flops, numbers):
    return np.array([flops, 4 * numbers, flops / (4 * numbers)])


def _count_work(x_shape, w_shape, stride=1, padding=0):
    outputs, taps, x, w = _sizes(x_shape, w_shape, stride, padding)
    return _work(2 * outputs * taps, x + w + outputs)


def _only_products(x_shape, w_shape, stride=1, padding=0):
    outputs, taps, x, w = _sizes(x_shape, w_shape, stride, padding)
    return _work(outputs * taps, x + w + outputs)


def _numbers_for_bytes(x_shape, w_shape, stride=1, padding=0):
    flops, size, intensity = _count_work(x_shape, w_shape, stride, padding)
    return np.array([flops, size / 4, 4 * intensity])


def _result_not_counted(x_shape, w_shape, stride=1, padding=0):
    outputs, taps, x, w = _sizes(x_shape, w_shape, stride, padding)
    return _work(2 * outputs * taps, x + w)


def _every_read_counted(x_shape, w_shape, stride=1, padding=0):
    outputs, taps, _, _ = _sizes(x_shape, w_shape, stride, padding)
    return _work(2 * outputs * taps, 2 * outputs * taps + outputs)


def _one_channel(x_shape, w_shape, stride=1, padding=0):
    outputs, taps, x, w = _sizes(x_shape, w_shape, stride, padding)
    return _work(2 * outputs * taps // x_shape[1], x + w + outputs)


def _one_image(x_shape, w_shape, stride=1, padding=0):
    outputs, taps, x, w = _sizes(x_shape, w_shape, stride, padding)
    return _work(2 * outputs * taps // x_shape[0], x + w + outputs)


def _upside_down(x_shape, w_shape, stride=1, padding=0):
    flops, size, _ = _count_work(x_shape, w_shape, stride, padding)
    return np.array([flops, size, size / flops])


def _count_probes(rng):
    few = lambda: int(rng.integers(2, 9))
    cases = [
        ("one image, one channel, one filter", (1, 1, 6, 6), (1, 1, 3, 3), 1, 0),
        ("three channels, some filters", (1, 3, 8, 6), (few(), 3, 3, 2), 1, 0),
        ("a batch", (few(), 1, 7, 9), (4, 1, 2, 3), 1, 0),
        ("padding 1", (1, 2, 6, 5), (few(), 2, 3, 3), 1, 1),
        ("stride 2", (1, 1, 9, 11), (2, 1, 3, 3), 2, 0),
        ("LeNet's C3, a batch", (few(), 6, 14, 14), (16, 6, 5, 5), 1, 0),
        ("AlexNet's conv1, a batch", (few(), 3, 227, 227), (96, 3, 11, 11), 4, 0),
        ("ResNet's stem, a batch", (few(), 3, 224, 224), (64, 3, 7, 7), 2, 3),
    ]
    return [
        Probe(
            label, (x, w), {"stride": stride, "padding": padding},
            traits=_traits(batch=x[0] > 1, channels=x[1] > 1, filters=w[0] > 1, stride=stride > 1, padding=padding > 0),
        )
        for label, x, w, stride, padding in cases
    ]  # fmt: skip


def _as_multiples(answer, probe):
    """Each of the three numbers as a multiple of the right one: they differ by powers of ten."""
    if answer.shape != (3,):
        raise ShapeError(
            f"Three numbers come back, (operations, bytes, operations per byte); yours have shape {answer.shape}"
        )
    return answer / _count_work(*probe.args, **probe.kwargs)


COUNT_WORK = Exercise(
    name="count_work",
    lesson="09",
    points=2,
    signature="count_work(x_shape, w_shape, stride=1, padding=0)",
    summary="(FLOPs, bytes, FLOPs per byte) of a convolution of float32 numbers: a multiplication and an addition for every "
    "tap of every output; x, w and y each moved once",
    probes=_count_probes,
    reference=_count_work,
    tolerance=1e-6,
    behaviour=_as_multiples,
    axes=(
        "FLOPs, as a multiple of the right number",
        "bytes, as a multiple of the right number",
        "FLOPs per byte, as a multiple of the right number",
    ),
    mutants=(
        Mutant(
            "multiplications only",
            _only_products,
            "Only the multiplications are counted. Each product is also added to a sum: two operations for a tap.",
        ),
        Mutant(
            "numbers for bytes",
            _numbers_for_bytes,
            "Those are numbers, not bytes: a float32 has four of them.",
        ),
        Mutant(
            "result not counted",
            _result_not_counted,
            "The result is missing among the bytes: y must be written, as x and w must be read.",
        ),
        Mutant(
            "every read counted",
            _every_read_counted,
            "Those are the bytes of a loop that fetches both factors of every product anew. Asked for is the least that "
            "must be moved: each number of x, w and y once.",
        ),
        Mutant(
            "one channel",
            _one_channel,
            "The operations are those of one input channel: an output adds up C * KH * KW products.",
        ),
        Mutant(
            "one image",
            _one_image,
            "The operations are those of one image of the batch.",
        ),
        Mutant(
            "stride forgotten",
            lambda x_shape, w_shape, stride=1, padding=0: _count_work(x_shape, w_shape, 1, padding),
            "The outputs are counted as with stride 1: there are (H + 2 padding - KH) // stride + 1 rows of them.",
        ),
        Mutant(
            "padding forgotten",
            lambda x_shape, w_shape, stride=1, padding=0: _count_work(x_shape, w_shape, stride, 0),
            "The outputs are counted as without padding: it adds 2 padding rows and as many columns to the image.",
        ),
        Mutant(
            "bytes per operation",
            _upside_down,
            "The last number is upside down: operations divided by bytes.",
        ),
    ),
    hints=(
        "Three counts: how many outputs, how many products for each of them, how many numbers lie in x, w and y?",
        "Outputs: N * O * OH * OW. Products for each: C * KH * KW, and each is a multiplication and an addition.",
        "FLOPs = 2 * N * O * OH * OW * C * KH * KW; bytes = 4 * (numbers of x + of w + of y); then their ratio.",
    ),
)  # fmt: skip


# conv2d_numba, conv2d_parallel ----------------------------------------------------------------------------------------


def _conv(x, w, b, stride=1):
    """Tap by tap, in NumPy: each weight times the pixels that it meets."""
    (N, _, H, W), (O, _, KH, KW) = x.shape, w.shape
    OH, OW = (H - KH) // stride + 1, (W - KW) // stride + 1
    y = np.zeros((N, O, OH, OW)) + b[:, None, None]
    for u, v in np.ndindex(KH, KW):
        met = x[:, :, u : u + (OH - 1) * stride + 1 : stride, v : v + (OW - 1) * stride + 1 : stride]
        y += np.tensordot(met, w[:, :, u, v], (1, 1)).transpose(0, 3, 1, 2)
    return y


# (label, shape of x, shape of w, stride), the plainest first
CONV_SIZES = (
    ("one image, one channel, one filter", (1, 1, 5, 5), (1, 1, 2, 2), 1),
    ("a wide image", (1, 1, 4, 8), (1, 1, 3, 2), 1),
    ("three channels", (1, 3, 5, 5), (1, 3, 2, 3), 1),
    ("three filters", (1, 1, 5, 6), (3, 1, 3, 2), 1),
    ("three images", (3, 1, 5, 5), (1, 1, 2, 2), 1),
    ("stride 2", (1, 1, 7, 7), (1, 1, 3, 2), 2),
    ("everything together", (2, 3, 7, 9), (4, 3, 3, 2), 2),
    ("everything together, a tall kernel", (3, 2, 11, 6), (2, 2, 4, 1), 3),
    ("a large image", (1, 2, 256, 240), (2, 2, 13, 11), 1),
)


def _conv_probe(rng, label, x, w, stride):
    b = rng.choice([-1, 1], w[0]) * np.round(rng.uniform(0.5, 2, w[0]), 1)
    has = {"batch": x[0] > 1, "channels": x[1] > 1, "filters": w[0] > 1, "stride": stride > 1, "square": x[2] != x[3]}
    return Probe(
        label, (decimals(rng, *x), decimals(rng, *w), b), {"stride": stride},
        traits=_traits(large=x[2] > 100, **has),
        sizes={"the number of channels": x[1], "the number of taps": w[2] * w[3]},
    )  # fmt: skip


def _conv_probes(rng):
    return [_conv_probe(rng, *sizes) for sizes in CONV_SIZES]


def _window_not_strided(x, w, b, stride=1):
    OH, OW = _conv(x, w, b, stride).shape[2:]
    return _conv(x, w, b, 1)[:, :, :OH, :OW]


def _total_kept(x, w, b, stride=1):
    products = _conv(x, w, np.zeros_like(b), stride)
    return np.cumsum(products.ravel()).reshape(products.shape) + b[:, None, None]


def _last_product_only(x, w, b, stride=1):
    only = np.zeros_like(w)
    only[:, -1, -1, -1] = w[:, -1, -1, -1]
    return _conv(x, only, b, stride)


def _last_channel_wins(x, w, b, stride=1):
    return _conv(x[:, -1:], w[:, -1:], b, stride)


def _rows_left_over(x, w, b, stride=1):
    y = _conv(x, w, b, stride)
    y[:, :, y.shape[2] // 2 * 2 :] = 0
    return y


def _first_image_for_all(x, w, b, stride=1):
    return np.repeat(_conv(x[:1], w, b, stride), len(x), axis=0)


STRIDE_FORGOTTEN = Mutant(
    "window start without stride",
    _window_not_strided,
    "The output has the right size, but the window of output (i, j) starts at pixel (i, j): it starts at "
    "(i * stride, j * stride).",
)
FLIPPED = Mutant(
    "kernel flipped",
    lambda x, w, b, stride=1: _conv(x, w[:, :, ::-1, ::-1], b, stride),
    "The kernel is flipped. Tap (0, 0) of a filter meets the top left pixel of the window.",
)
FIRST_CHANNEL = Mutant(
    "first channel only",
    lambda x, w, b, stride=1: _conv(x[:, :1], w[:, :1], b, stride),
    "Only the first channel is used. Each output adds up the products of all channels.",
)
FIRST_IMAGE = Mutant(
    "first image for all",
    _first_image_for_all,
    "Every image of the batch gives the result of the first: `x[0, ...]` stands where `x[n, ...]` belongs.",
)
NO_BIAS = Mutant(
    "bias forgotten",
    lambda x, w, b, stride=1: _conv(x, w, np.zeros_like(b), stride),
    "The bias is missing: the total of each output begins with `b[o]`.",
)

CONV2D_NUMBA = Exercise(
    name="conv2d_numba",
    lesson="09",
    points=4,
    signature="conv2d_numba(x, w, b, stride=1)",
    summary="y[n, o, i, j] = b[o] + sum over c, u, v of x[n, c, i stride + u, j stride + v] w[o, c, u, v], compiled with "
    "`@njit`: x (N, C, H, W), w (O, C, KH, KW), b (O,), y (N, O, OH, OW)",
    probes=_conv_probes,
    reference=_conv,
    compiled=Compiled(most_bytes=MOST_BYTES),
    mutants=(
        STRIDE_FORGOTTEN,
        FLIPPED,
        FIRST_CHANNEL,
        FIRST_IMAGE,
        NO_BIAS,
        Mutant(
            "bias added per tap",
            lambda x, w, b, stride=1: _conv(x, w, b * w[0].size, stride),
            "The bias is added once per product, inside the innermost loop. It belongs once to each output.",
        ),
        Mutant(
            "total kept",
            _total_kept,
            "Each output holds the sum of all outputs before it as well: set the total back for every output, inside the "
            "loops over n, o, i, j.",
        ),
        Mutant(
            "overwritten",
            _last_product_only,
            "Only the last product of each window is left: the total is overwritten. Add to it with `+=`.",
        ),
    ),
    hints=(
        "Write it as in lesson 05, seven loops and one line, without slices. Get it right before you put `@njit` above it.",
        "Four loops over n, o, i, j. In them total = b[o], then three loops over c, u, v that add to it, then y[n, o, i, j] = "
        "total. " + NUMBA_HELP,
        "total += x[n, c, i * stride + u, j * stride + v] * w[o, c, u, v] is the line in the middle. Before the loops: "
        "y = np.empty((N, O, (H - KH) // stride + 1, (W - KW) // stride + 1)).",
    ),
    axes=("image", "filter", "row", "column"),
    allowed_imports=ALLOWED,
    compile_seconds=COMPILE_SECONDS,
)  # fmt: skip

CONV2D_PARALLEL = Exercise(
    name="conv2d_parallel",
    lesson="09",
    points=4,
    signature="conv2d_parallel(x, w, b, stride=1)",
    summary="the same sum as conv2d_numba, compiled with `@njit(parallel=True)`, its outputs shared out among threads with "
    "`prange`",
    probes=_conv_probes,
    reference=_conv,
    compiled=Compiled(parallel=True, most_bytes=MOST_BYTES),
    mutants=(
        STRIDE_FORGOTTEN,
        FLIPPED,
        FIRST_CHANNEL,
        FIRST_IMAGE,
        NO_BIAS,
        Mutant(
            "bias from every channel",
            lambda x, w, b, stride=1: _conv(x, w, b * x.shape[1], stride),
            "Every channel adds the bias once more. It belongs once to each output, whatever is shared out.",
        ),
        Mutant(
            "last channel wins",
            _last_channel_wins,
            "Only the last channel is left: each iteration over the channels writes the whole output anew. Share out the "
            "outputs, and let one iteration add up all channels of what it owns.",
        ),
        Mutant(
            "rows left over",
            _rows_left_over,
            "The last row stays 0 where the number of rows is odd: the rows are cut into equal shares, and what is left over "
            "is nobody's. Let `prange` run over the rows themselves, or round up.",
        ),
    ),
    hints=(
        "Which of the seven loops can run in any order, without one iteration touching what another one writes?",
        "Those over n, o, i and j: every output has one owner. Those over c, u and v add to the same output: they race.",
        "Write `@njit(parallel=True)` and one prange over many independent things: for task in prange(N * O): n, o = "
        "task // O, task % O, then the loops of conv2d_numba over i, j, c, u, v.",
    ),
    axes=("image", "filter", "row", "column"),
    allowed_imports=ALLOWED,
    compile_seconds=2 * COMPILE_SECONDS,
)  # fmt: skip


# conv2d_tiled ---------------------------------------------------------------------------------------------------------

TILE = 4


def _tiled(x, w, b):
    return _conv(x[None], np.moveaxis(w, -1, 0), b)[0]


# (label, shape of x, shape of w)
TILED_SIZES = (
    ("one tile, one channel", (1, 5, 5), (1, 2, 2, 4)),
    ("two tiles", (1, 5, 5), (1, 2, 3, 8)),
    ("two tiles, a wide image", (1, 4, 7), (1, 3, 2, 8)),
    ("two channels, two tiles", (2, 5, 6), (2, 3, 2, 8)),
    ("three channels, three tiles", (3, 6, 5), (3, 2, 3, 12)),
    ("two filters left over", (2, 5, 5), (2, 2, 2, 6)),
    ("three filters left over", (3, 6, 7), (3, 3, 2, 11)),
    ("one filter left over", (2, 7, 5), (2, 2, 3, 9)),
    ("a large image", (2, 256, 240), (2, 13, 11, 2)),
)


def _tiled_probe(rng, label, x, w):
    b = rng.choice([-1, 1], w[-1]) * np.round(rng.uniform(0.5, 2, w[-1]), 1)
    has = {"channels": x[0] > 1, "square": x[1] != x[2], "large": x[1] > 100, "left_over": w[-1] % TILE > 0}
    return Probe(label, (decimals(rng, *x), decimals(rng, *w), b), traits=_traits(**has))


def _left_over_missing(x, w, b):
    y = _tiled(x, w, b)
    y[len(b) // TILE * TILE :] = 0
    return y


def _first_of_tile(x, w, b):
    first = np.arange(len(b)) // TILE * TILE
    return _tiled(x, w[..., first], b)


def _tile_turned(x, w, b):
    O = len(b)
    turned = [min(start + TILE, O) - 1 - (o - start) for o in range(O) for start in [o // TILE * TILE]]
    return _tiled(x, w, b)[turned]


def _sums_kept(x, w, b):
    y = _tiled(x, w, np.zeros_like(b))
    for o in range(TILE, len(b)):
        y[o] += y[o - TILE]
    return y + b[:, None, None]


CONV2D_TILED = Exercise(
    name="conv2d_tiled",
    lesson="09",
    points=4,
    signature="conv2d_tiled(x, w, b)",
    summary="y[o, i, j] = b[o] + sum over c, u, v of x[c, i + u, j + v] w[c, u, v, o], compiled, four filters at a time: "
    "x (C, H, W), w (C, KH, KW, O), b (O,), y (O, OH, OW)",
    probes=lambda rng: [_tiled_probe(rng, *sizes) for sizes in TILED_SIZES],
    reference=_tiled,
    compiled=Compiled(most_bytes=MOST_BYTES),
    mutants=(
        Mutant(
            "left over missing",
            _left_over_missing,
            "The filters behind the last whole tile stay 0: with 6 filters, 2 are left over. They need a loop of their own.",
        ),
        Mutant(
            "first of the tile four times",
            _first_of_tile,
            "All four sums of a tile are those of its first filter: they take the weights o, o + 1, o + 2 and o + 3.",
        ),
        Mutant(
            "tile turned round",
            _tile_turned,
            "The filters of each tile come out in reverse order: the first sum belongs to filter o, the last to o + 3.",
        ),
        Mutant(
            "sums kept",
            _sums_kept,
            "The four sums go on from tile to tile: set them back for every tile and every output.",
        ),
        Mutant(
            "one bias for the tile",
            lambda x, w, b: _tiled(x, w, b[np.arange(len(b)) // TILE * TILE]),
            "All filters of a tile get the bias of its first: the sums begin with b[o], b[o + 1], b[o + 2], b[o + 3].",
        ),
        Mutant(
            "kernel flipped",
            lambda x, w, b: _tiled(x, w[:, ::-1, ::-1], b),
            "The kernel is flipped: w[c, 0, 0, o] meets the top left pixel of the window.",
        ),
        Mutant(
            "first channel only",
            lambda x, w, b: _tiled(x[:1], w[:1], b),
            "Only the first channel is used: the loop over c is missing, or ends too soon.",
        ),
    ),
    hints=(
        "Take conv2d_numba for one image. Let the loop over o go in steps of four, with four totals instead of one.",
        "In the innermost loop read the pixel once, p = x[c, i + u, j + v], then add it four times: s0 += p * w[c, u, v, o], "
        "s1 += p * w[c, u, v, o + 1], and so on.",
        "Whole tiles: for o in range(0, O // 4 * 4, 4). Behind them: for o in range(O // 4 * 4, O), one filter at a time with "
        "one total. " + NUMBA_HELP,
    ),
    axes=("filter", "row", "column"),
    allowed_imports=ALLOWED,
    compile_seconds=COMPILE_SECONDS,
)  # fmt: skip

EXERCISES = (COUNT_WORK, CONV2D_NUMBA, CONV2D_PARALLEL, CONV2D_TILED)
