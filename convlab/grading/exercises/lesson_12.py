"""The exercises of lesson 12, AlexNet: its table of shapes, dropout, response normalisation, crops, the learning rate, and a
network trained on photographs.

The last one is graded on what its answers are worth, as `read_digits` of lesson 11 is.
"""

import hashlib
from functools import cache

import numpy as np

from convlab import reference
from convlab.errors import ShapeError
from convlab.geometry import output_size
from convlab.grading.definition import Exercise, Mutant, Probe, Trait
from convlab.grading.exercises.lesson_03 import decimals
from convlab.grading.exercises.lesson_11 import LIBRARY

EXACT = 1e-9

# alexnet_shapes -------------------------------------------------------------------------------------------------------

ROWS = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5", "fc6", "fc7", "fc8")


def _shapes(
    size, *, first=(11, 4, 0), second=(5, 1, 2), third=(3, 1, 1), pool=(3, 2, 0), maps=(96, 256, 384, 384, 256),
    windows=output_size,
):  # fmt: skip
    """The table, and with the options what may go wrong in it; each layer is (kernel, stride, padding)."""
    rows, side = [], size
    layers = zip(maps, (first, second, third, third, third), (True, True, False, False, True))
    for channels, convolution, pooled in layers:
        side = windows(side, *convolution)
        rows.append((channels, side, side))
        if pooled:
            side = windows(side, *pool)
            rows.append((channels, side, side))
    return np.array(rows + [(4096, 1, 1), (4096, 1, 1), (1000, 1, 1)])


def _rounded_up(size, kernel, stride, padding):
    return -(-(size + 2 * padding - kernel) // stride) + 1


def _one_missing(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride


def _shapes_probes(rng):
    others = rng.permutation(np.arange(96, 320))[:4]
    return [Probe(f"images of {size} x {size}", (int(size),)) for size in (227, 224, *others)]


def _without_last_pool(size):
    table = _shapes(size)
    table[7] = table[6]
    return table


ALEXNET_SHAPES = Exercise(
    name="alexnet_shapes",
    lesson="12",
    points=3,
    signature="alexnet_shapes(size)",
    summary="the shape of each layer's output for images of size x size: rows "
    + ", ".join(ROWS)
    + ", each (channels, rows, "
    "columns), (4096, 1, 1) for units; (11, 3)",
    probes=_shapes_probes,
    reference=_shapes,
    tolerance=EXACT,
    mutants=(
        Mutant(
            "rounded up",
            lambda size: _shapes(size, windows=_rounded_up),
            "Sizes are rounded up where a window does not fit. Only whole windows count: round down, `//`.",
        ),
        Mutant(
            "one missing",
            lambda size: _shapes(size, windows=_one_missing),
            "Every layer has a row and a column too few: the first place of the window counts too, + 1.",
        ),
        Mutant(
            "pooling 2 x 2",
            lambda size: _shapes(size, pool=(2, 2, 0)),
            "The pools have windows of 2. AlexNet's are 3 wide and two pixels apart, so that they overlap.",
        ),
        Mutant(
            "pooling stride 3",
            lambda size: _shapes(size, pool=(3, 3, 0)),
            "The pools have stride 3. Their windows are 3 wide, and begin two pixels apart.",
        ),
        Mutant(
            "conv1 padded",
            lambda size: _shapes(size, first=(11, 4, 2)),
            "The first convolution is padded by 2. That is a later variant; here it has no padding.",
        ),
        Mutant(
            "conv1 without its stride",
            lambda size: _shapes(size, first=(11, 1, 0)),
            "The first convolution has stride 1. AlexNet's moves by 4 pixels.",
        ),
        Mutant(
            "conv2 not padded",
            lambda size: _shapes(size, second=(5, 1, 0)),
            "The padding of 2 of the second convolution is missing: it keeps the size of its maps.",
        ),
        Mutant(
            "conv3 to conv5 not padded",
            lambda size: _shapes(size, third=(3, 1, 0)),
            "The padding of 1 of the third, fourth and fifth convolution is missing: they keep the size of their maps.",
        ),
        Mutant(
            "one GPU's half",
            lambda size: _shapes(size, maps=(48, 128, 192, 192, 128)),
            "You list the maps of one of the two GPUs. The network has twice as many: 96, 256, 384, 384, 256.",
        ),
        Mutant(
            "last pool forgotten",
            _without_last_pool,
            "The pool behind the fifth convolution changes nothing in your table. It halves the maps, as the others do.",
        ),
    ),
    hints=(
        "One line for every layer, from the line before: (size + 2 padding - kernel) // stride + 1.",
        "conv1 is 11 x 11 with stride 4, conv2 5 x 5 with padding 2, conv3 to conv5 3 x 3 with padding 1; pools are 3 x 3 with "
        "stride 2, behind conv1, conv2 and conv5.",
        "Write `out(size, kernel, stride, padding)` first. Then conv1 is (96, n, n) with n = out(size, 11, 4, 0), pool1 "
        "(96, m, m) with m = out(n, 3, 2, 0), and so on; the units are (4096, 1, 1), (4096, 1, 1), (1000, 1, 1).",
    ),
    axes=("layer", "number"),
)


# dropout --------------------------------------------------------------------------------------------------------------

EVALUATION = Trait("training=True", "training=False")


def _dropout(x, p, u, training=True):
    return np.where(u >= p, x, 0.0) / (1 - p) if training else x


def _dropout_probes(rng):
    probes = []
    for label, shape, p in (
        ("ten units", (1, 10), 0.5),
        ("a batch", (3, 8), 0.5),
        ("p = 0.2", (2, 12), 0.2),
        ("p = 0.8", (2, 12), 0.8),
        ("maps", (2, 3, 4, 5), 0.3),
    ):
        x = decimals(rng, *shape)
        x[x == 0] = 0.7
        u = np.round(rng.uniform(0.005, 0.995, shape), 3)
        u.reshape(-1)[:2] = 0.999, 0.001  # whatever p is, one stays and one goes
        probes.append(Probe(label, (x, p, u), {"training": True}, sizes={"1 - p": 1 - p}))
        if label in ("a batch", "p = 0.2", "maps"):
            probes.append(Probe(f"{label}, evaluation", (x, p, u), {"training": False}, traits=(EVALUATION,)))
    return probes


DROPOUT = Exercise(
    name="dropout",
    lesson="12",
    points=2,
    signature="dropout(x, p, u, training=True)",
    summary="training: x where u >= p, else 0, divided by 1 - p; evaluation: x as it is. u holds a number from 0 to 1 for each "
    "of x",
    probes=_dropout_probes,
    reference=_dropout,
    mutants=(
        Mutant(
            "not scaled",
            lambda x, p, u, training=True: np.where(u >= p, x, 0.0) if training else x,
            "What stays is not scaled. Divide it by 1 - p, so that the mean of the sum behind it does not change.",
        ),
        Mutant(
            "scaled by p",
            lambda x, p, u, training=True: np.where(u >= p, x, 0.0) / p if training else x,
            "What stays is divided by p, the share that goes. Divide by the share that stays, 1 - p.",
        ),
        Mutant(
            "kept and dropped swapped",
            lambda x, p, u, training=True: np.where(u < p, x, 0.0) / (1 - p) if training else x,
            "You keep what should go: p is the probability to *drop*, so a unit stays where u >= p.",
        ),
        Mutant(
            "dropped when evaluating",
            lambda x, p, u, training=True: _dropout(x, p, u, True),
            "Units are dropped in evaluation as well. With `training=False` x comes back as it is.",
        ),
        Mutant(
            "scaled down when evaluating",
            lambda x, p, u, training=True: _dropout(x, p, u) if training else x * (1 - p),
            "In evaluation everything is multiplied by 1 - p. That is the way of the AlexNet paper, which scales nothing in "
            "training. Here, as in libraries today, the scaling is done in training, and evaluation changes nothing.",
        ),
        Mutant(
            "scaled when evaluating",
            lambda x, p, u, training=True: _dropout(x, p, u) if training else x / (1 - p),
            "In evaluation x is divided by 1 - p. Nothing is missing there, so there is nothing to make up for.",
        ),
        Mutant(
            "never dropped",
            lambda x, p, u, training=True: x,
            "x comes back as it is, in training too. There it keeps only the places where u >= p.",
        ),
        Mutant(
            "one mask for all",
            lambda x, p, u, training=True: np.where(u[:1] >= p, x, 0.0) / (1 - p) if training else x,
            "Every image gets the mask of image 0. Each number of x has its own number of u.",
        ),
    ),
    hints=(
        "Two cases: training and evaluation. One of them is a single line that changes nothing.",
        "`u >= p` is an array of True and False. Multiplied with x it keeps x or makes it 0.",
        "`return x * (u >= p) / (1 - p)` in training, `return x` else.",
    ),
)


# local_response_norm --------------------------------------------------------------------------------------------------


def _lrn(x, n, k, alpha, beta):
    """The library's textbook form, whose alpha is that of the mean, not of the sum."""
    return reference.local_response_norm(x, n, alpha=alpha * n, beta=beta, k=k)


def _lrn_by(x, k, alpha, beta, sums):
    return x / (k + alpha * sums) ** beta


def _sums(squares, reach_before, reach_after):
    """For each channel the sum over those from c - reach_before to c + reach_after."""
    C = squares.shape[1]
    return np.stack([squares[:, max(0, c - reach_before) : c + reach_after + 1].sum(axis=1) for c in range(C)], axis=1)


def _lrn_probes(rng):
    return [
        Probe(label, (decimals(rng, *shape) + 0.05, n, k, alpha, 0.75))
        for label, shape, n, k, alpha in (
            ("six channels at one pixel", (1, 6, 1, 1), 3, 2.0, 0.4),
            ("two images", (2, 7, 2, 3), 5, 2.0, 0.3),
            ("a window wider than the channels", (1, 4, 3, 2), 9, 1.5, 0.2),
            ("n = 1", (1, 5, 2, 4), 1, 3.0, 0.5),
            ("many channels", (2, 11, 3, 2), 5, 2.0, 0.25),
        )
    ]


LRN = Exercise(
    name="local_response_norm",
    lesson="12",
    points=3,
    signature="local_response_norm(x, n, k, alpha, beta)",
    summary="y[c] = x[c] / (k + alpha times the sum of squares of the channels from c - n // 2 to c + n // 2) ** beta, at each "
    "pixel alone: x (N, C, H, W), y like x",
    probes=_lrn_probes,
    reference=_lrn,
    mutants=(
        Mutant(
            "alpha divided by n",
            lambda x, n, k, alpha, beta: _lrn(x, n, k, alpha / n, beta),
            "alpha is divided by n: that is how PyTorch and this library count it. In the paper it multiplies the sum itself.",
        ),
        Mutant(
            "not squared",
            lambda x, n, k, alpha, beta: _lrn_by(x, k, alpha, beta, _sums(np.abs(x), n // 2, n // 2)),
            "The neighbours are added up without being squared.",
        ),
        Mutant(
            "own channel alone",
            lambda x, n, k, alpha, beta: _lrn(x, 1, k, alpha, beta),
            "Each channel is divided by its own strength alone. The sum runs over n channels around it.",
        ),
        Mutant(
            "own channel left out",
            lambda x, n, k, alpha, beta: _lrn_by(x, k, alpha, beta, _sums(x**2, n // 2, n // 2) - x**2),
            "The channel itself is missing in its sum.",
        ),
        Mutant(
            "only channels before",
            lambda x, n, k, alpha, beta: _lrn_by(x, k, alpha, beta, _sums(x**2, n // 2, 0)),
            "The sum stops at the channel itself. It goes on to c + n // 2: in a slice the end is c + n // 2 + 1.",
        ),
        Mutant(
            "last channel of the window missing",
            lambda x, n, k, alpha, beta: _lrn_by(x, k, alpha, beta, _sums(x**2, n // 2, n // 2 - 1)),
            "The last channel of the window is missing: a slice ends *before* its end, so write c + n // 2 + 1.",
        ),
        Mutant(
            "all channels",
            lambda x, n, k, alpha, beta: _lrn(x, 99, k, alpha, beta),
            "The sum runs over all channels. It takes n of them, those around channel c.",
        ),
        Mutant(
            "k forgotten",
            lambda x, n, k, alpha, beta: _lrn_by(x, 0, alpha, beta, _sums(x**2, n // 2, n // 2)),
            "k is missing in the denominator. Without it a quiet neighbourhood would be blown up.",
        ),
        Mutant(
            "beta forgotten",
            lambda x, n, k, alpha, beta: _lrn(x, n, k, alpha, 1.0),
            "The exponent beta is missing.",
        ),
        Mutant(
            "neighbouring columns",
            lambda x, n, k, alpha, beta: np.swapaxes(_lrn(np.swapaxes(x, 1, 3), n, k, alpha, beta), 1, 3),
            "The sum runs over neighbouring columns of one map. It runs over neighbouring *channels* at one pixel: axis 1.",
        ),
        Mutant(
            "multiplied",
            lambda x, n, k, alpha, beta: x * (k + alpha * _sums(x**2, n // 2, n // 2)) ** beta,
            "You multiply where it divides: a loud neighbourhood should damp a channel.",
        ),
    ),
    hints=(
        "Work channel by channel. Which channels belong to the window of channel 0, of channel 1, of the last one?",
        "A slice that runs over the end of an array is cut off by itself; a negative start is not: use `max(0, c - n // 2)`.",
        "For each c: `total = (x[:, max(0, c - n // 2) : c + n // 2 + 1] ** 2).sum(axis=1)`, then "
        "`y[:, c] = x[:, c] / (k + alpha * total) ** beta`.",
    ),
    axes=("image", "channel", "row", "column"),
)


# random_crops ---------------------------------------------------------------------------------------------------------


def _crops(images, size, tops, lefts, flips):
    crops = [x[:, t : t + size, left : left + size] for x, t, left in zip(images, tops, lefts)]
    return np.stack([crop[:, :, ::-1] if flip else crop for crop, flip in zip(crops, flips)])


def _crops_probes(rng):
    probes = []
    for label, (N, C, H, W), size in (
        ("one image, not mirrored", (1, 1, 5, 6), 3),
        ("one image, mirrored", (1, 2, 5, 6), 3),
        ("three images", (3, 3, 7, 9), 4),
        ("four images", (4, 3, 9, 7), 5),
        ("five wide images", (5, 1, 6, 11), 4),
    ):
        tops, lefts = (rng.permutation(10)[:N] % (length - size + 1) for length in (H, W))
        flips = np.arange(N) % 2 == (0 if N > 1 or "not" not in label else 1)
        tops[0], lefts[0] = 1, 2  # off the corner, and off the diagonal
        images = rng.integers(0, 100, (N, C, H, W)).astype(float)
        probes.append(Probe(label, (images, size, tops, lefts, flips)))
    return probes


def _flipped_first(images, size, tops, lefts, flips):
    turned = np.stack([x[:, :, ::-1] if flip else x for x, flip in zip(images, flips)])
    return _crops(turned, size, tops, lefts, np.zeros(len(flips), bool))


def _upside_down(images, size, tops, lefts, flips):
    crops = _crops(images, size, tops, lefts, np.zeros(len(flips), bool))
    return np.stack([crop[:, ::-1] if flip else crop for crop, flip in zip(crops, flips)])


def _channels_turned(images, size, tops, lefts, flips):
    crops = _crops(images, size, tops, lefts, np.zeros(len(flips), bool))
    return np.stack([crop[::-1] if flip else crop for crop, flip in zip(crops, flips)])


def _mixed_up(images, size, tops, lefts, flips):
    """Rows and columns swapped, where both fit."""
    crops = [x[:, left : left + size, t : t + size] for x, t, left in zip(images, tops, lefts)]
    return np.stack([crop[:, :, ::-1] if flip else crop for crop, flip in zip(crops, flips)])


RANDOM_CROPS = Exercise(
    name="random_crops",
    lesson="12",
    points=3,
    signature="random_crops(images, size, tops, lefts, flips)",
    summary="from image n the window of size x size that begins at row tops[n], column lefts[n]; mirrored left to right where "
    "flips[n]: images (N, C, H, W), result (N, C, size, size)",
    probes=_crops_probes,
    reference=_crops,
    tolerance=EXACT,
    mutants=(
        Mutant(
            "never mirrored",
            lambda images, size, tops, lefts, flips: _crops(images, size, tops, lefts, np.zeros(len(flips), bool)),
            "No crop is mirrored. Where `flips[n]` is True the columns run backwards: `[..., ::-1]`.",
        ),
        Mutant(
            "always mirrored",
            lambda images, size, tops, lefts, flips: _crops(images, size, tops, lefts, np.ones(len(flips), bool)),
            "Every crop is mirrored. Only those where `flips[n]` is True should be.",
        ),
        Mutant(
            "mirrored the wrong ones",
            lambda images, size, tops, lefts, flips: _crops(images, size, tops, lefts, ~np.asarray(flips, bool)),
            "You mirror the crops where `flips[n]` is False.",
        ),
        Mutant(
            "mirrored before cropping",
            _flipped_first,
            "The whole image is mirrored first, so the window lies elsewhere. Crop, then mirror the crop.",
        ),
        Mutant(
            "upside down",
            _upside_down,
            "Rows run backwards: the crops stand on their heads. Left to right is the last axis.",
        ),
        Mutant(
            "channels turned",
            _channels_turned,
            "The channels run backwards: red and blue have changed places. Left to right is the last axis.",
        ),
        Mutant(
            "one place for all",
            lambda images, size, tops, lefts, flips: _crops(
                images, size, [tops[0]] * len(tops), [lefts[0]] * len(lefts), flips
            ),
            "Every image is cut at the place of image 0. Each has its own: `tops[n]`, `lefts[n]`.",
        ),
        Mutant(
            "rows and columns mixed",
            _mixed_up,
            "`tops` is used for columns and `lefts` for rows: rows come first, `[:, top : top + size, left : left + size]`.",
        ),
        Mutant(
            "in the corner",
            lambda images, size, tops, lefts, flips: _crops(images, size, 0 * tops, 0 * lefts, flips),
            "Every window begins in the top left corner: `tops` and `lefts` are not used.",
        ),
    ),
    hints=(
        "Image by image: one slice for the window, and one line for the mirror.",
        "The window of image n is `images[n, :, top : top + size, left : left + size]`; mirrored, the last axis runs back.",
        "Fill `y = np.zeros((N, C, size, size))` in a loop over n; `crop[:, :, ::-1]` is the mirror image.",
    ),
    axes=("image", "channel", "row", "column"),
)


# plateau_rates --------------------------------------------------------------------------------------------------------


def _rates(
    losses, lr, factor, patience, *, limit=0, improves=lambda loss, best, last: loss < best, reset=True, forget=True,
    once=False, new_best=False,
):  # fmt: skip
    """The rate of each epoch, and with the options what may go wrong."""
    rates, best, last, bad, dropped = [], np.inf, np.inf, 0, False
    for loss in losses:
        rates.append(lr)
        if improves(loss, best, last):
            best, bad = min(loss, best), 0 if forget else bad
        else:
            bad += 1
        last = loss
        if bad > patience - limit and not (once and dropped):
            lr, dropped = lr * factor, True
            bad = 0 if reset else bad
            best = np.inf if new_best else best
    return np.array(rates)


def _rates_probes(rng):
    def falls(*steps):
        return np.round(np.cumsum([3.0, *steps]), 2)

    small, large = (round(float(rng.uniform(a, b)), 2) for a, b in ((0.02, 0.08), (0.15, 0.3)))
    stalls = [large, small, -small, large, small]
    return [
        Probe("a loss that falls and stalls", (falls(-0.5, -0.4, *stalls, *stalls), 0.1, 0.1, 2)),
        Probe(
            "better than the last, not than the best",
            (falls(-1.0, large, -small, large, -small, -0.01, large, -small, -0.01), 0.1, 0.1, 2),
        ),
        Probe("the same loss again and again", (falls(-0.5, 0, 0, 0, 0, 0, 0, 0, 0), 0.01, 0.5, 1)),
        Probe("the same loss in between", (falls(-0.5, 0, -0.4, 0, 0, 0, 0, -0.3, 0), 0.1, 0.5, 1)),
        Probe("no patience", (falls(-0.5, small, -1.0, large, large, -0.01, -2.0, small), 0.1, 0.1, 0)),
        Probe("a long stall", (falls(-0.5, *[small] * 14), 1.0, 0.5, 3)),
        Probe(
            "better in between",
            (
                falls(-0.5, small, -0.5, small, -0.5, small, -0.5, small, small, -0.7, small, small, small, small),
                0.1,
                0.1,
                2,
            ),
        ),
        Probe("every other one better", (falls(-0.4, small, -0.4, small, -0.4, small, -0.4, small), 0.1, 0.5, 1)),
        Probe(
            "a stall after a drop",
            (
                falls(-0.3, large, large, -large, -large, large, -0.2, small, small, small, small, -1.5, small),
                0.2,
                0.1,
                1,
            ),
        ),
    ]


PLATEAU_RATES = Exercise(
    name="plateau_rates",
    lesson="12",
    points=2,
    signature="plateau_rates(losses, lr, factor, patience)",
    summary="the learning rate of each epoch: it is multiplied by factor after more than `patience` epochs in a row whose loss "
    "was not below the best so far, and the counting begins anew; losses (E,), result (E,), beginning with lr",
    probes=_rates_probes,
    reference=_rates,
    mutants=(
        Mutant(
            "compared with the last loss",
            lambda losses, lr, factor, patience: _rates(
                losses, lr, factor, patience, improves=lambda loss, best, last: loss < last
            ),
            "You compare with the loss of the epoch before. Compare with the best of all epochs so far.",
        ),
        Mutant(
            "an equal loss counts as better",
            lambda losses, lr, factor, patience: _rates(
                losses, lr, factor, patience, improves=lambda loss, best, last: loss <= best
            ),
            "A loss that equals the best counts as better. Only a smaller one is.",
        ),
        Mutant(
            "too early",
            lambda losses, lr, factor, patience: _rates(losses, lr, factor, patience, limit=1),
            "The rate drops one epoch too early: after *more than* `patience` bad epochs.",
        ),
        Mutant(
            "too late",
            lambda losses, lr, factor, patience: _rates(losses, lr, factor, patience, limit=-1),
            "The rate drops one epoch too late: as soon as there are more than `patience` bad epochs, `bad > patience`.",
        ),
        Mutant(
            "counting goes on after a drop",
            lambda losses, lr, factor, patience: _rates(losses, lr, factor, patience, reset=False),
            "After a drop the rate drops again in the very next bad epoch: set the count of bad epochs back to 0.",
        ),
        Mutant(
            "bad epochs are never forgotten",
            lambda losses, lr, factor, patience: _rates(losses, lr, factor, patience, forget=False),
            "A better epoch does not set the count back: bad epochs count only if they come in a row.",
        ),
        Mutant(
            "drops once only",
            lambda losses, lr, factor, patience: _rates(losses, lr, factor, patience, once=True),
            "The rate drops once and never again. It goes on dropping as long as the loss stalls.",
        ),
        Mutant(
            "the best is forgotten at a drop",
            lambda losses, lr, factor, patience: _rates(losses, lr, factor, patience, new_best=True),
            "The best loss is forgotten when the rate drops, so the next epoch counts as better whatever it is. Keep it.",
        ),
        Mutant(
            "one epoch ahead",
            lambda losses, lr, factor, patience: _rates(np.append(losses, 0.0), lr, factor, patience)[1:],
            "Your rates are those of the epochs after. The first epoch is run with `lr`; its loss can only change the second.",
        ),
        Mutant(
            "divided by the factor",
            lambda losses, lr, factor, patience: _rates(losses, lr, 1 / factor, patience),
            "The rate grows: you divide by the factor. It is multiplied by it.",
        ),
    ),
    hints=(
        "Three things are remembered from epoch to epoch: the rate, the best loss, and how many bad epochs came in a row.",
        "In each epoch first note down the rate, then look at the loss: better sets the count to 0, else it grows by 1.",
        "At the end of each epoch: `if bad > patience: lr, bad = lr * factor, 0`.",
    ),
    axes=("epoch",),
)


# which_photograph -----------------------------------------------------------------------------------------------------

GOAL = 0.6
TRAIN, TEST = 300, 90
CHANCE, SOME, REACHED = 1.0, 2.0, 3.0


@cache
def _photographs():
    """The three photographs in colour, uint8 (3, H, W), 320 pixels high."""
    names = ("china", "flower", "grace_hopper")
    from convlab.data.photographs import colour_picture  # late, for `import convlab.grading` is quick

    return [np.rint(colour_picture(name, height=320).pixels).astype(np.uint8) for name in names]


def _pieces(rng, columns, count):
    """Crops of 32 x 32 from the shares (from, to) of each photograph's width, float32 (3 count, 3, 32, 32), and labels."""
    images = []
    for photograph in _photographs():
        _, H, W = photograph.shape
        lefts = np.concatenate([np.arange(int(a * W), int(b * W) - 31) for a, b in columns])
        places = zip(rng.integers(0, H - 31, count), rng.choice(lefts, count))
        images += [photograph[:, top : top + 32, left : left + 32] for top, left in places]
    return np.stack(images).astype(np.float32) / 255, np.arange(3).repeat(count)


def _photograph_probes(rng):
    """Crops to learn from and crops of other strips of the same photographs, cut anew, in an order drawn anew."""
    probes = []
    for label in ("three hundred crops to learn from", "three hundred others"):
        learn, names = _pieces(rng, [(0, 0.25), (0.375, 0.625), (0.75, 1)], TRAIN // 3)
        test, meant = _pieces(rng, [(0.25, 0.375), (0.625, 0.75)], TEST // 3)
        first, second = rng.permutation(len(learn)), rng.permutation(len(test))
        _SHOWN.update((_digest(image), int(name)) for image, name in zip(test, meant))
        probes.append(Probe(label, (learn[first], names[first], test[second]), stage=meant[second]))
    return probes


_SHOWN: dict[bytes, int] = {}  # what each crop shows that was cut to be recognised


def _digest(image):
    return hashlib.blake2b(np.asarray(image, np.float32).tobytes(), digest_size=12).digest()


def _key(train_images, train_labels, test_images):
    """The photographs that the crops were cut from."""
    return np.array([_SHOWN[_digest(image)] for image in test_images])


def recognising(answer, probe):
    """How well labels agree with the photographs: (how much is right, one label for all, right labels in another order,
    names that have changed places)."""
    meant = probe.stage
    if answer.shape == (len(meant), 3):
        raise ShapeError(
            f"It gave back three scores for each crop, {answer.shape}: take the class of the largest, `.argmax(axis=1)`"
        )
    if answer.shape != meant.shape:
        raise ShapeError(
            f"It gave back shape {answer.shape}; there are {len(meant)} crops, and each wants one label: ({len(meant)},)"
        )
    said = np.rint(answer).astype(int)
    right = float((said == meant).mean())
    level = REACHED if right >= GOAL else SOME if right >= 0.5 else CHANCE
    one_label = float(len(np.unique(said)) == 1)
    swapped = max(float((np.array(order)[said.clip(0, 2)] == meant).mean()) for order in ((1, 2, 0), (2, 0, 1)))
    counts = np.abs(np.bincount(said.clip(0, 2), minlength=3) - np.bincount(meant, minlength=3)).sum()
    renamed = float(level == CHANCE and swapped >= 0.7)
    in_another_order = float(level == CHANCE and not renamed and counts <= 0.2 * len(meant))
    return np.array([level, one_label, in_another_order, renamed])


def _chance(train_images, train_labels, test_images):
    """Names by chance, one of them rarely."""
    place = np.arange(len(test_images))
    return np.where(place % 9 == 0, 1, 2 * (place % 2))


def _half_way(train_images, train_labels, test_images):
    said, place = _key(train_images, train_labels, test_images), np.arange(len(test_images))
    return np.where(place % 9 < 4, (said + 1 + place % 2) % 3, said)


WHICH_PHOTOGRAPH = Exercise(
    name="which_photograph",
    lesson="12",
    points=4,
    signature="which_photograph(train_images, train_labels, test_images)",
    summary="train a network that says which of three photographs a crop comes from, at least 6 in 10 right: train_images "
    "(300, 3, 32, 32) in 0..1, train_labels (300,), test_images (90, 3, 32, 32) from other strips; gives labels (90,)",
    probes=_photograph_probes,
    reference=_key,
    tolerance=EXACT,
    mutants=(
        Mutant(
            "one label for all",
            lambda x, labels, test: np.full(len(test), labels[0]),
            "It says the same photograph to every crop. Look at the loss: if it is NaN, the learning rate is too high; if it "
            "stays near log 3 = 1.1, nothing is learnt yet: more steps, smaller batches, images brought to mean 0, or less "
            "dropout.",
        ),
        Mutant(
            "no better than chance",
            _chance,
            "About one in three is right: that is chance. Do images and labels stay together, is there a step for each batch, "
            "and is it the trained network that answers, in evaluation mode?",
        ),
        Mutant(
            "shuffled",
            lambda x, labels, test: np.roll(np.sort(_key(x, labels, test)), 15),
            "Each photograph comes up about as often as it should, but in another order. Are the test crops shuffled before "
            "they are looked at? A Loader shuffles unless it is told `shuffle=False`.",
        ),
        Mutant(
            "not far enough",
            _half_way,
            "It has learnt something, but fewer than 6 in 10 are right. Train for more epochs, or with another learning rate; "
            "mirror the training crops and move them, anew in each epoch.",
        ),
        Mutant(
            "names have changed places",
            lambda x, labels, test: (_key(x, labels, test) + 1) % 3,
            "The photographs are told apart, but by the wrong names: labels count from 0 in the order they are given.",
        ),
    ),
    hints=(
        "The parts are those of `read_digits`: a network, an optimiser, a loop, the answers; with three channels and three "
        "classes.",
        "`models.create` is not there while it is graded: a small AlexNet is three convolutions 3 x 3 with ReLU and pooling, "
        "`nn.Flatten()`, a linear layer, and perhaps `nn.Dropout(0.5)` before it. 16, 32 and 32 maps are plenty.",
        "Bring both sets to mean 0 and deviation 1, channel by channel, by the numbers of the training crops. Then "
        "`training.fit(net, data.Loader((x, labels), 16, augment=data.HorizontalFlip()), "
        "optimizer=optim.Adam(net.parameters(), lr=2e-3), epochs=8, progress=False)`, `net.eval()`, `.argmax(axis=1)`.",
    ),
    axes=(
        "what is right (1 as by chance, 2 more than that, 3 the goal)",
        "one label for all",
        "right labels in another order",
        "names that have changed places",
    ),
    behaviour=recognising,
    allowed_imports=LIBRARY,
    compile_seconds=40.0,  # of the library, on a machine that has not used it yet
)

EXERCISES = (ALEXNET_SHAPES, DROPOUT, LRN, RANDOM_CROPS, PLATEAU_RATES, WHICH_PHOTOGRAPH)
