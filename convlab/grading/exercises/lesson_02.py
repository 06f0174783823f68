"""The exercises of lesson 02, Why not a fully connected net?: counts, templates, and what sharing weights means."""

import numpy as np

from convlab.grading.definition import Exercise, Mutant, Probe, Trait
from convlab.grading.exercises.lesson_03 import decimals

# parameter_counts -----------------------------------------------------------------------------------------------------

CHANNELS = Trait("one input channel", "several input channels")
FILTERS = Trait("one output channel", "several output channels")
SQUARE = Trait("square images", "images whose height and width differ")
STRIDE = Trait("stride 1", "a larger stride")
PADDING = Trait("padding 0", "any other padding")


def _sizes(in_shape, kernel_size, stride, padding):
    _, H, W = in_shape
    return tuple((M + 2 * padding - kernel_size) // stride + 1 for M in (H, W))


def _counts(in_shape, out_channels, kernel_size, stride=1, padding=0):
    C, H, W = in_shape
    OH, OW = _sizes(in_shape, kernel_size, stride, padding)
    outputs = out_channels * OH * OW
    full = outputs * (C * H * W + 1)
    local = outputs * (C * kernel_size**2 + 1)
    shared = out_channels * (C * kernel_size**2 + 1)
    return np.array([full, local, shared])


def _counts_probe(label, in_shape, out_channels, kernel_size, stride=1, padding=0):
    C, H, W = in_shape
    special = {CHANNELS: C > 1, FILTERS: out_channels > 1, SQUARE: H != W, STRIDE: stride > 1, PADDING: padding > 0}
    return Probe(
        label,
        (in_shape, out_channels, kernel_size),
        {"stride": stride, "padding": padding},
        traits=tuple(trait for trait, present in special.items() if present),
    )


def _counts_probes(rng):
    side, more = (int(n) for n in rng.integers((9, 3), (14, 6)))
    return [
        _counts_probe("one channel, one filter", (1, side, side), 1, 3),
        _counts_probe("one channel, one larger filter", (1, side + 3, side + 3), 1, 5),
        _counts_probe("several channels", (more, side, side), 1, 3),
        _counts_probe("several filters", (1, side, side), more + 2, 4),
        _counts_probe("a wide image", (1, side, side + 5), 1, 3),
        _counts_probe("stride 2", (1, side + 2, side + 2), 1, 3, stride=2),
        _counts_probe("padding 1", (1, side, side), 1, 3, padding=1),
        _counts_probe("everything together", (more, side, side + 4), more + 3, 4, stride=2, padding=1),
        _counts_probe(
            "everything together, a tall image", (more + 1, side + 7, side), more + 2, 5, stride=3, padding=2
        ),
        _counts_probe("AlexNet's first layer", (3, 227, 227), 96, 11, stride=4),
    ]


def _changed_counts(change):
    """Counts with one thing done differently: (C, H, W, OH, OW, O, K, right counts) -> counts."""

    def counts(in_shape, out_channels, kernel_size, stride=1, padding=0):
        right = _counts(in_shape, out_channels, kernel_size, stride, padding)
        return np.array(
            change(*in_shape, *_sizes(in_shape, kernel_size, stride, padding), out_channels, kernel_size, right)
        )

    return counts


PARAMETER_COUNTS = Exercise(
    name="parameter_counts",
    lesson="02",
    points=4,
    signature="parameter_counts(in_shape, out_channels, kernel_size, stride=1, padding=0)",
    summary="weights and biases of a layer from in_shape (C, H, W) to (out_channels, OH, OW), three ways: every output sees "
    "every input; every output sees its own window with weights of its own; all outputs of a channel share one set. "
    "Result: [full, local, shared]",
    probes=_counts_probes,
    reference=_counts,
    tolerance=1e-9,
    mutants=(
        Mutant(
            "biases forgotten",
            _changed_counts(
                lambda C, H, W, OH, OW, O, K, right: [O * OH * OW * C * H * W, O * OH * OW * C * K * K, O * C * K * K]
            ),
            "The biases are missing: one for each set of weights, so + 1 inside the bracket.",
        ),
        Mutant(
            "channels forgotten",
            _changed_counts(
                lambda C, H, W, OH, OW, O, K, right: [
                    O * OH * OW * (H * W + 1),
                    O * OH * OW * (K * K + 1),
                    O * (K * K + 1),
                ]
            ),
            "A neuron looks at all channels of its window: C times height times width, not height times width.",
        ),
        Mutant(
            "a bias for each place",
            _changed_counts(lambda C, H, W, OH, OW, O, K, right: [*right[:2], O * C * K * K + O * OH * OW]),
            "In the shared layer you count one bias for each output. The bias is shared as well: one for each channel.",
        ),
        Mutant(
            "one bias in all",
            _changed_counts(
                lambda C, H, W, OH, OW, O, K, right: [
                    O * OH * OW * C * H * W + 1,
                    O * OH * OW * C * K * K + 1,
                    O * C * K * K + 1,
                ]
            ),
            "You count one bias for the whole layer. Each set of weights has its own.",
        ),
        Mutant(
            "one output channel",
            _changed_counts(lambda C, H, W, OH, OW, O, K, right: right // O),
            "You count for one output channel. There are `out_channels` of them, each with weights of its own.",
        ),
        Mutant(
            "stride and padding forgotten",
            lambda in_shape, out_channels, kernel_size, stride=1, padding=0: _counts(
                in_shape, out_channels, kernel_size
            ),
            "The number of outputs is that of stride 1 without padding: (H + 2 padding - K) // stride + 1 along each axis.",
        ),
        Mutant(
            "+ 1 in the size forgotten",
            _changed_counts(
                lambda C, H, W, OH, OW, O, K, right: [
                    *(right[:2] // (OH * OW) * (OH - 1) * (OW - 1)),
                    right[2],
                ]
            ),
            "There is one row and one column of outputs too few: the first place of the window counts too.",
        ),
        Mutant(
            "height for width",
            _changed_counts(
                lambda C, H, W, OH, OW, O, K, right: [
                    O * OH * OH * (C * H * H + 1),
                    O * OH * OH * (C * K * K + 1),
                    right[2],
                ]
            ),
            "You take the height for the width. Images need not be square.",
        ),
        Mutant(
            "as many outputs as pixels",
            _changed_counts(
                lambda C, H, W, OH, OW, O, K, right: [
                    O * H * W * (C * H * W + 1),
                    O * H * W * (C * K * K + 1),
                    right[2],
                ]
            ),
            "You count an output for each pixel. There are fewer: one for each place where the window fits.",
        ),
    ),
    hints=(
        "First the number of outputs: `out_channels` times OH times OW. Then: what does one output need, in each of the three?",
        "One output of the full layer has C * H * W weights and a bias; of the local layer C * K * K and a bias. How many "
        "different sets of weights has the shared layer?",
        "`[outputs * (C*H*W + 1), outputs * (C*K*K + 1), out_channels * (C*K*K + 1)]`, with OH = (H + 2*padding - K) // "
        "stride + 1.",
    ),
    axes=("count",),
)


# template_match -------------------------------------------------------------------------------------------------------

EMPTY = Trait("no empty window", "a window of zeros")
WIDE = Trait("square templates", "templates whose height and width differ")


def _windows(image, template):
    return np.lib.stride_tricks.sliding_window_view(image, template.shape)


def _dots(image, template):
    return (_windows(image, template) * template).sum(axis=(2, 3))


def _norms(image, template):
    return np.sqrt((_windows(image, template) ** 2).sum(axis=(2, 3)))


def _divided(dots, norms):
    return np.divide(dots, norms, out=np.zeros(dots.shape), where=norms > 0)


def _match(image, template):
    return _divided(_dots(image, template), _norms(image, template) * np.sqrt((template**2).sum()))


def _match_probe(rng, label, image_shape, template_shape, *, empty=False):
    image, template = decimals(rng, *image_shape) + 0.5, decimals(rng, *template_shape) + 0.5
    if empty:
        h, w = template_shape
        image[:h, -w:] = 0
    special = {EMPTY: empty, WIDE: template_shape[0] != template_shape[1]}
    return Probe(
        label,
        (image, template),
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={
            "the length of the template": float(np.sqrt((template**2).sum())),
            "the number of pixels": template.size,
        },
    )


def _match_probes(rng):
    return [
        _match_probe(rng, "one row", (1, 7), (1, 3)),
        _match_probe(rng, "a square template", (5, 5), (2, 2)),
        _match_probe(rng, "a larger template", (7, 6), (3, 3)),
        _match_probe(rng, "a wide template", (5, 7), (2, 3)),
        _match_probe(rng, "a tall template", (7, 5), (4, 2)),
        _match_probe(rng, "a window of zeros", (5, 6), (2, 2), empty=True),
        _match_probe(rng, "a window of zeros, a wide template", (6, 8), (2, 4), empty=True),
        _match_probe(rng, "a tall image", (9, 6), (3, 2), empty=True),
    ]


def _centred_match(image, template):
    windows = _windows(image, template)
    windows = windows - windows.mean(axis=(2, 3), keepdims=True)
    template = template - template.mean()
    norms = np.sqrt((windows**2).sum(axis=(2, 3)) * (template**2).sum())
    return _divided((windows * template).sum(axis=(2, 3)), np.where(norms > 1e-9, norms, 0))


TEMPLATE_MATCH = Exercise(
    name="template_match",
    lesson="02",
    points=3,
    signature="template_match(image, template)",
    summary="how similar each window is to the template, from -1 to 1: dot product divided by both lengths, and 0 for an "
    "empty window: image (H, W), template (h, w), result (H - h + 1, W - w + 1)",
    probes=_match_probes,
    reference=_match,
    mutants=(
        Mutant(
            "lengths forgotten",
            _dots,
            "That is the plain dot product. A bright window wins then, whatever it looks like: divide by the lengths of "
            "window and template.",
        ),
        Mutant(
            "window's length forgotten",
            lambda image, template: _dots(image, template) / np.sqrt((template**2).sum()),
            "You divide by the length of the template only; bright windows still win. Divide by the length of the window too.",
        ),
        Mutant(
            "template's length forgotten",
            lambda image, template: _divided(_dots(image, template), _norms(image, template)),
            "You divide by the length of the window only. A perfect match should be 1: divide by the template's length too.",
        ),
        Mutant(
            "squares for lengths",
            lambda image, template: _divided(
                _dots(image, template), _norms(image, template) ** 2 * (template**2).sum()
            ),
            "You divide by the sums of squares. A length is the root of it.",
        ),
        Mutant(
            "length of the whole image",
            lambda image, template: _dots(image, template) / np.sqrt((image**2).sum() * (template**2).sum()),
            "You divide by the length of the whole image. Each window has a length of its own.",
        ),
        Mutant(
            "template turned",
            lambda image, template: _match(image, template[::-1, ::-1]),
            "The template is turned by 180 degrees: `template[0, 0]` belongs to the top left pixel of the window.",
        ),
        Mutant(
            "means subtracted",
            _centred_match,
            "You subtract the means first. That is a useful measure too (a correlation), but here the plain dot product is "
            "meant.",
        ),
        Mutant(
            "sign lost",
            lambda image, template: np.abs(_match(image, template)),
            "The sign is lost: a window that is the negative of the template should get -1.",
        ),
        Mutant(
            "last windows missing",
            lambda image, template: _match(image, template)[: max(1, image.shape[0] - template.shape[0]), :-1],
            "The last windows are missing: the template fits in H - h + 1 rows and W - w + 1 columns.",
        ),
        Mutant(
            "empty windows get 1",
            lambda image, template: np.where(_norms(image, template) > 0, _match(image, template), 1.0),
            "A window of zeros gets 1. It is like nothing at all: 0.",
        ),
    ),
    hints=(
        "For one window: the sum of the products, divided by two numbers. Which two?",
        "The length of a window is `np.sqrt((window**2).sum())`, of the template likewise. A length of 0 needs a question "
        "before the division.",
        "In the loop: `window = image[i : i + h, j : j + w]`, and if its length is above 0, `y[i, j] = (window * "
        "template).sum() / (length * np.sqrt((template**2).sum()))`.",
    ),
    axes=("row", "column"),
)


# convolution_matrix ---------------------------------------------------------------------------------------------------


def _matrix(w, length):
    outputs = length - len(w) + 1
    matrix = np.zeros((outputs, length))
    for i in range(outputs):
        matrix[i, i : i + len(w)] = w
    return matrix


def _matrix_probes(rng):
    sizes = [("two weights", 2, 5), ("three weights", 3, 6), ("three weights, a longer input", 3, 9)]
    sizes += [("four weights", 4, 7), ("one output", 4, 4), ("five weights", 5, 12)]
    return [Probe(label, (decimals(rng, K) + 3, L), sizes={"the number of weights": K}) for label, K, L in sizes]


def _square_matrix(w, length):
    matrix = np.zeros((length, length))
    outputs = length - len(w) + 1
    matrix[:outputs] = _matrix(w, length)
    return matrix


def _wrapped_matrix(w, length):
    return np.stack([np.roll(np.pad(w, (0, length - len(w))), i) for i in range(length)])


CONVOLUTION_MATRIX = Exercise(
    name="convolution_matrix",
    lesson="02",
    points=2,
    signature="convolution_matrix(w, length)",
    summary="the matrix W with W @ x = y, y[i] = sum over k of x[i + k] w[k], for x of that length: w (K,), result "
    "(length - K + 1, length)",
    probes=_matrix_probes,
    reference=_matrix,
    mutants=(
        Mutant(
            "transposed",
            lambda w, length: _matrix(w, length).T,
            "Rows and columns have changed places: each row belongs to one output, each column to one input.",
        ),
        Mutant(
            "weights turned",
            lambda w, length: _matrix(w[::-1], length),
            "The weights stand in reverse order: `w[0]` belongs to the first input of each window.",
        ),
        Mutant(
            "window stands still",
            lambda w, length: np.tile(np.pad(w, (0, length - len(w))), (length - len(w) + 1, 1)),
            "Every row has the weights in the same columns: the window does not move. In row i they begin in column i.",
        ),
        Mutant(
            "as many outputs as inputs",
            _square_matrix,
            "There is a row for each input. Only length - K + 1 windows fit.",
        ),
        Mutant(
            "wrapped around",
            _wrapped_matrix,
            "The window runs over the end and goes on at the beginning. Only windows that lie wholly on the input count.",
        ),
        Mutant(
            "all ones",
            lambda w, length: (_matrix(w, length) != 0).astype(float),
            "You write ones where the connections are. Their weights belong there.",
        ),
        Mutant(
            "filled all over",
            lambda w, length: np.stack([np.resize(w, length) for _ in range(length - len(w) + 1)]),
            "The weights are repeated along the whole row: then every output sees every input. Zeros belong wherever there is "
            "no connection.",
        ),
    ),
    hints=(
        "Write y[0] and y[1] out in full, with a 0 for every input that does not count. These are two rows of the matrix.",
        "Begin with `np.zeros((length - len(w) + 1, length))`. Where do the weights stand in row i?",
        "`matrix[i, i : i + len(w)] = w` for every row i.",
    ),
    axes=("output", "input"),
)


# tiled_conv1d ---------------------------------------------------------------------------------------------------------

TILES = Trait("one set of weights", "several sets of weights")
ROUND = Trait("as many sets as outputs", "fewer sets than outputs")


def _tiled(x, w):
    t, K = w.shape
    y = np.zeros(len(x) - K + 1)
    for i in range(len(y)):
        y[i] = (x[i : i + K] * w[i % t]).sum()
    return y


def _tiled_probe(rng, label, length, tiles, K):
    special = {TILES: tiles > 1, ROUND: tiles < length - K + 1}
    return Probe(
        label,
        (decimals(rng, length), decimals(rng, tiles, K)),
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={"the number of weights": K, "the number of sets": tiles},
    )


def _tiled_probes(rng):
    return [
        _tiled_probe(rng, "one set: a convolution", 8, 1, 3),
        _tiled_probe(rng, "two sets", 8, 2, 3),
        _tiled_probe(rng, "three sets", 10, 3, 2),
        _tiled_probe(rng, "two sets of four weights", 12, 2, 4),
        _tiled_probe(rng, "four sets", 15, 4, 3),
        _tiled_probe(rng, "as many sets as outputs: locally connected", 7, 5, 3),
        _tiled_probe(rng, "as many sets as outputs, two weights", 7, 6, 2),
    ]


def _with_sets(choose):
    """A tiled convolution with another choice of the set: (output, number of sets, number of outputs) -> set."""

    def tiled(x, w):
        t, K = w.shape
        outputs = len(x) - K + 1
        return np.array([x[i : i + K] @ w[choose(i, t, outputs)] for i in range(outputs)])

    return tiled


TILED_CONV1D = Exercise(
    name="tiled_conv1d",
    lesson="02",
    points=3,
    signature="tiled_conv1d(x, w)",
    summary="y[i] = sum over k of x[i + k] w[i mod t, k]: the t sets of weights take turns: x (L,), w (t, K), y (L - K + 1,)",
    probes=_tiled_probes,
    reference=_tiled,
    mutants=(
        Mutant(
            "first set only",
            _with_sets(lambda i, t, outputs: 0),
            "Only the first set of weights is used. Output i takes set i mod t.",
        ),
        Mutant(
            "last set only",
            _with_sets(lambda i, t, outputs: t - 1),
            "Only the last set of weights is used. Output i takes set i mod t.",
        ),
        Mutant(
            "sets in blocks",
            _with_sets(lambda i, t, outputs: i * t // outputs),
            "Neighbours get the same set, and then the next block the next one. In a tiled layer neighbours differ: the sets "
            "take turns, i mod t.",
        ),
        Mutant(
            "last set for the rest",
            _with_sets(lambda i, t, outputs: min(i, t - 1)),
            "After the last set it does not begin again: i mod t, `i % t`.",
        ),
        Mutant(
            "sets backwards",
            _with_sets(lambda i, t, outputs: -1 - i % t),
            "The sets take turns in reverse order: output 0 takes set 0.",
        ),
        Mutant(
            "all sets added up",
            lambda x, w: sum(_tiled(x, each[None]) for each in w),
            "You add up what all sets give. Each output uses one set only.",
        ),
        Mutant(
            "weights turned",
            lambda x, w: _tiled(x, w[:, ::-1]),
            "The weights of each set are reversed: `w[s, 0]` belongs to the first number of the window.",
        ),
        Mutant(
            "last window missing",
            lambda x, w: _tiled(x, w)[:-1],
            "The last window is missing: K weights fit L - K + 1 times.",
        ),
    ),
    hints=(
        "It is a 1-D convolution in which the outputs do not all use the same weights. Which set does output 5 use, of 3?",
        "Begin with the plain convolution: a loop over i, and `(x[i : i + K] * weights).sum()`. Only `weights` changes from "
        "output to output.",
        "`weights = w[i % t]`, with `t, K = w.shape`.",
    ),
    axes=("output",),
)

EXERCISES = (PARAMETER_COUNTS, TEMPLATE_MATCH, CONVOLUTION_MATRIX, TILED_CONV1D)
