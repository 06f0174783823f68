"""The exercises of lesson 04, Output size: how many windows fit, a rim of zeros, windows with gaps, and what one
number sees.

Sizes are drawn so that a mistake in the last step of the formula shows: with stride 3 and more the room for the window
is often no multiple of the stride.
"""

from functools import partial

import numpy as np

from convlab import geometry, reference
from convlab.grading.definition import Exercise, Mutant, Probe, Trait
from convlab.grading.exercises.lesson_03 import decimals

PADDING = Trait("padding 0", "any other padding")
STRIDE = Trait("stride 1", "a larger stride")
DILATION = Trait("dilation 1", "a larger dilation")

# out_size -------------------------------------------------------------------------------------------------------------


def _size_probe(rng, label, *, stride=1, padding=0, dilation=1, left_over=0):
    """One call of out_size in which `left_over` pixels are not reached by the last window."""
    kernel, windows = int(rng.integers(4, 8)), int(rng.integers(9, 20))
    reach = geometry.extent(kernel, dilation)
    size = (windows - 1) * stride + left_over + reach - 2 * padding
    special = {STRIDE: stride > 1, PADDING: padding > 0, DILATION: dilation > 1}
    return Probe(
        label,
        kwargs={"size": size, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation},
        traits=tuple(trait for trait, present in special.items() if present),
    )


def _size_probes(rng):
    probe = partial(_size_probe, rng)
    return [
        probe("stride 1"),
        probe("stride 1, another size"),
        probe("padding 2", padding=2),
        probe("padding 3", padding=3),
        probe("stride 2, nothing left over", stride=2),
        probe("stride 3, one pixel left over", stride=3, left_over=1),
        probe("stride 4, one pixel left over", stride=4, left_over=1),
        probe("stride 4, two pixels left over", stride=4, left_over=2),
        probe("stride 5, four pixels left over", stride=5, left_over=4),
        probe("stride 5, three pixels left over", stride=5, left_over=3),
        probe("stride 6, four pixels left over", stride=6, left_over=4),
        probe("dilation 2", dilation=2),
        probe("dilation 3", dilation=3),
        probe("dilation 4", dilation=4),
        probe("dilation 3, stride 3", dilation=3, stride=3, left_over=1),
        probe("stride 3, padding 2", stride=3, padding=2, left_over=1),
        probe("everything together", stride=3, padding=4, dilation=2, left_over=1),
        probe("everything together, a larger stride", stride=4, padding=3, dilation=3, left_over=2),
    ]


def _out_size(size, kernel, stride=1, padding=0, dilation=1):
    return geometry.output_size(size, kernel, stride, padding, dilation)


def _room(size, kernel, padding, dilation):
    """Pixels that the window can move by: M + 2p - (d (K - 1) + 1)."""
    return size + 2 * padding - geometry.extent(kernel, dilation)


def _one_too_few(size, kernel, stride=1, padding=0, dilation=1):
    return _room(size, kernel, padding, dilation) // stride


def _one_divided(size, kernel, stride=1, padding=0, dilation=1):
    return (_room(size, kernel, padding, dilation) + 1) / stride


def _not_rounded(size, kernel, stride=1, padding=0, dilation=1):
    return _room(size, kernel, padding, dilation) / stride + 1


def _rounded_up(size, kernel, stride=1, padding=0, dilation=1):
    return -(-_room(size, kernel, padding, dilation) // stride) + 1


def _padding_on_one_side_only(size, kernel, stride=1, padding=0, dilation=1):
    return (_room(size, kernel, 0, dilation) + padding) // stride + 1


def _size_without_padding(size, kernel, stride=1, padding=0, dilation=1):
    return _out_size(size, kernel, stride, 0, dilation)


def _size_without_stride(size, kernel, stride=1, padding=0, dilation=1):
    return _out_size(size, kernel, 1, padding, dilation)


def _size_without_dilation(size, kernel, stride=1, padding=0, dilation=1):
    return _out_size(size, kernel, stride, padding, 1)


def _dilation_times_kernel(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * kernel) // stride + 1


def _extent_one_short(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel - 1)) // stride + 1


OUT_SIZE = Exercise(
    name="out_size",
    lesson="04",
    points=2,
    signature="out_size(size, kernel, stride=1, padding=0, dilation=1)",
    summary="how many windows fit along one axis: floor((M + 2p - d (K - 1) - 1) / s) + 1, a whole number",
    probes=_size_probes,
    reference=_out_size,
    mutants=(
        Mutant(
            "one too few",
            _one_too_few,
            "One too few. What you divide counts steps, and the first window needs no step: add 1 at the very end, after "
            "the division. (A + 1 inside the brackets is divided along with the rest.)",
        ),
        Mutant(
            "plus one divided",
            _one_divided,
            "Your formula is the slide's ((n + 2p - f) + 1) / s: the + 1 is divided as well, and nothing is rounded. It "
            "agrees with the right one for stride 1 only.",
        ),
        Mutant(
            "not rounded down",
            _not_rounded,
            "The formula is right, but a part of a window is no window: round the quotient down, before you add 1. In "
            "Python `//` does it.",
        ),
        Mutant(
            "rounded up",
            _rounded_up,
            "One too many where the stride does not divide the room: you round up, or to the nearest. A last window that "
            "would hang over the end does not count: `//` rounds down.",
        ),
        Mutant(
            "padding on one side",
            _padding_on_one_side_only,
            "The padding counts once in your formula. There are zeros on both sides, so it counts twice.",
        ),
        Mutant(
            "padding forgotten",
            _size_without_padding,
            "Your answer is that of padding 0: the input is wider by 2 * padding.",
        ),
        Mutant(
            "stride forgotten",
            _size_without_stride,
            "Your answer is that of stride 1. With stride s only every s-th place counts.",
        ),
        Mutant(
            "dilation forgotten",
            _size_without_dilation,
            "Your answer is that of dilation 1. A dilated kernel reaches further: put dilation * (kernel - 1) + 1 in the "
            "place of kernel.",
        ),
        Mutant(
            "dilation times kernel",
            _dilation_times_kernel,
            "You take the dilated kernel to be dilation * kernel wide. Between K taps there are K - 1 gaps: it is "
            "dilation * (kernel - 1) + 1.",
        ),
        Mutant(
            "reach one too short",
            _extent_one_short,
            "Your kernel is one pixel too narrow. dilation * (kernel - 1) is the way from the first tap to the last; the "
            "pixels under it are one more.",
        ),
    ),
    hints=(
        "Lay the kernel at the very left. How many pixels are still free to its right?",
        "Each step uses up `stride` of the free pixels, and the first window needs no step. The padded input has size + 2 "
        "* padding pixels, the dilated kernel covers dilation * (kernel - 1) + 1 of them.",
        "room = size + 2 * padding - (dilation * (kernel - 1) + 1); then the number of steps is `room // stride`. Windows "
        "are one more than steps.",
    ),
    axes=(),
)


# pad ------------------------------------------------------------------------------------------------------------------

NO_ZEROS = Trait("a padding of at least 1", "padding 0")
SQUARE = Trait("square images", "images whose height and width differ")
BATCH = Trait("one image of one channel", "several images or channels")


def _pad_probe(rng, label, shape, padding):
    """Numbers well away from 0, so that a zero in the result is a zero of the rim."""
    N, C, H, W = shape
    x = rng.choice([-1, 1], shape) * np.round(rng.uniform(0.5, 2, shape), 1)
    special = {BATCH: N * C > 1, SQUARE: H != W, NO_ZEROS: padding == 0}
    return Probe(label, (x,), {"padding": padding}, traits=tuple(t for t, present in special.items() if present))


def _pad_probes(rng):
    return [
        _pad_probe(rng, "one image, padding 1", (1, 1, 4, 4), 1),
        _pad_probe(rng, "a wide image", (1, 1, 3, 6), 1),
        _pad_probe(rng, "two images", (2, 1, 4, 4), 1),
        _pad_probe(rng, "three channels", (1, 3, 4, 4), 2),
        _pad_probe(rng, "everything together", (2, 3, 5, 7), 2),
        _pad_probe(rng, "padding 3", (2, 2, 7, 8), 3),
        _pad_probe(rng, "padding 0", (2, 2, 3, 4), 0),
    ]


def _pad(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def _pad_below_and_right(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (0, padding), (0, padding)))


def _pad_pushed(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (2 * padding, 0), (2 * padding, 0)))


def _pad_not_moved(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))


def _pad_rows(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (0, 0)))


def _pad_columns(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (0, 0), (padding, padding)))


def _pad_repeated(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode="edge")


def _pad_ones(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), constant_values=1)


def _pad_empty(x, padding):
    return np.zeros_like(_pad(x, padding))


def _pad_over_the_image(x, padding):
    """The rim is drawn over the image: the size stays, the border is lost."""
    y = np.zeros_like(x)
    inside = (..., slice(padding, x.shape[2] - padding), slice(padding, x.shape[3] - padding))
    y[inside] = x[inside]
    return y


PAD = Exercise(
    name="pad",
    lesson="04",
    points=2,
    signature="pad(x, padding)",
    summary="a rim of zeros around every image, x (N, C, H, W) -> (N, C, H + 2 padding, W + 2 padding)",
    probes=_pad_probes,
    reference=_pad,
    mutants=(
        Mutant(
            "batch and channels padded too",
            lambda x, padding: np.pad(x, padding),
            "All four axes have got a rim: there are new images and new channels full of zeros. The rim belongs to height "
            "and width alone, the last two axes.",
        ),
        Mutant(
            "padding on one side",
            _pad_below_and_right,
            "The zeros stand below and to the right only. The rim goes all around, so each axis grows by 2 * padding.",
        ),
        Mutant(
            "image in the top left corner",
            _pad_not_moved,
            "The shape is right, but the image stands in the top left corner. It begins `padding` rows down and `padding` "
            "columns to the right.",
        ),
        Mutant(
            "image in the bottom right corner",
            _pad_pushed,
            "The shape is right, but the image stands in the bottom right corner: the rim must be as wide on all sides.",
        ),
        Mutant("rows only", _pad_rows, "There are zeros above and below, but none to the left and to the right."),
        Mutant("columns only", _pad_columns, "There are zeros to the left and to the right, but none above and below."),
        Mutant(
            "border repeated",
            _pad_repeated,
            "The rim repeats the border of the image. That is a kind of padding too; here the rim holds zeros.",
        ),
        Mutant("rim of ones", _pad_ones, "The rim holds ones. Zeros add nothing to a sum; ones do."),
        Mutant(
            "image forgotten",
            _pad_empty,
            "The shape is right, but the image is missing: write it into the middle of the zeros.",
        ),
        Mutant(
            "rim over the image",
            _pad_over_the_image,
            "The zeros have been written over the border of the image. The rim goes around it, so the result is larger "
            "than x.",
        ),
    ),
    hints=(
        "What is the shape of the result? Two of its four axes stay as they are.",
        "Make an array of zeros of that shape. In which rows and columns of it does the image lie?",
        "The rows of the image are `padding` to `padding + H - 1` of the result, its columns `padding` to `padding + W - "
        "1`. Slices written with a + H work for padding 0 as well; `[padding:-padding]` does not.",
    ),
    axes=("image", "channel", "row", "column"),
)


# strided_conv ---------------------------------------------------------------------------------------------------------


def _strided_probe(rng, label, x, w, stride=1, padding=0, dilation=1):
    special = {SQUARE: x[0] != x[1], STRIDE: stride > 1, PADDING: padding > 0, DILATION: dilation > 1}
    return Probe(
        label,
        (decimals(rng, *x), decimals(rng, *w)),
        {"stride": stride, "padding": padding, "dilation": dilation},
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={"the number of taps": w[0] * w[1]},
    )


def _strided_probes(rng):
    return [
        _strided_probe(rng, "stride 1", (5, 5), (3, 3)),
        _strided_probe(rng, "a wide image", (5, 8), (3, 2)),
        _strided_probe(rng, "padding 1", (5, 5), (3, 3), padding=1),
        _strided_probe(rng, "padding 2", (5, 6), (3, 3), padding=2),
        _strided_probe(rng, "stride 2", (7, 7), (3, 3), stride=2),
        _strided_probe(rng, "stride 3, a column left over", (7, 7), (3, 3), stride=3),
        _strided_probe(rng, "dilation 2", (7, 7), (3, 3), dilation=2),
        _strided_probe(rng, "stride 2, padding 1", (6, 9), (3, 2), stride=2, padding=1),
        _strided_probe(rng, "dilation 3, a tall image", (9, 8), (3, 2), dilation=3),
        _strided_probe(rng, "stride 3, dilation 2", (12, 15), (3, 3), stride=3, dilation=2),
        _strided_probe(rng, "everything together", (9, 12), (3, 2), stride=2, padding=2, dilation=3),
        _strided_probe(rng, "everything together, a square kernel", (12, 9), (3, 3), stride=3, padding=1, dilation=2),
    ]


def _strided_conv(x, w, stride=1, padding=0, dilation=1):
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    return reference.conv2d(x[None, None], w[None, None], **options)[0, 0]


def _conv_without_stride(x, w, stride=1, padding=0, dilation=1):
    return _strided_conv(x, w, 1, padding, dilation)


def _conv_window_not_strided(x, w, stride=1, padding=0, dilation=1):
    """Window (i, j) starts at pixel (i, j), in an output of the right size."""
    OH, OW = _strided_conv(x, w, stride, padding, dilation).shape
    return _strided_conv(x, w, 1, padding, dilation)[:OH, :OW]


def _conv_without_dilation(x, w, stride=1, padding=0, dilation=1):
    return _strided_conv(x, w, stride, padding, 1)


def _conv_taps_not_dilated(x, w, stride=1, padding=0, dilation=1):
    """The output has the right size, but the taps lie side by side."""
    OH, OW = _strided_conv(x, w, stride, padding, dilation).shape
    return _strided_conv(x, w, stride, padding, 1)[:OH, :OW]


def _conv_without_padding(x, w, stride=1, padding=0, dilation=1):
    return _strided_conv(x, w, stride, 0, dilation)


def _conv_padded_on_one_side(x, w, stride=1, padding=0, dilation=1):
    return _strided_conv(np.pad(x, ((0, padding), (0, padding))), w, stride, 0, dilation)


def _conv_padding_cropped(x, w, stride=1, padding=0, dilation=1):
    """The zeros are there, but the output has the size that it would have without them."""
    OH, OW = _strided_conv(x, w, stride, 0, dilation).shape
    return _strided_conv(x, w, stride, padding, dilation)[:OH, :OW]


def _conv_last_window_missing(x, w, stride=1, padding=0, dilation=1):
    return _strided_conv(x, w, stride, padding, dilation)[:-1, :-1]


def _conv_flipped(x, w, stride=1, padding=0, dilation=1):
    return _strided_conv(x, w[::-1, ::-1], stride, padding, dilation)


def _conv_transposed(x, w, stride=1, padding=0, dilation=1):
    return _strided_conv(x, w, stride, padding, dilation).T


def _conv_last_tap_only(x, w, stride=1, padding=0, dilation=1):
    only = np.zeros_like(w)
    only[-1, -1] = w[-1, -1]
    return _strided_conv(x, only, stride, padding, dilation)


STRIDED_CONV = Exercise(
    name="strided_conv",
    lesson="04",
    points=4,
    signature="strided_conv(x, w, stride=1, padding=0, dilation=1)",
    summary="y[i, j] = sum over u, v of x[i stride + u dilation, j stride + v dilation] w[u, v], x with a rim of zeros: x "
    "(H, W), w (KH, KW), y (OH, OW)",
    probes=_strided_probes,
    reference=_strided_conv,
    mutants=(
        Mutant(
            "stride forgotten",
            _conv_without_stride,
            "Your output equals that of stride 1: the stride is never used. It makes the output smaller, and it moves the "
            "windows apart.",
        ),
        Mutant(
            "window start without stride",
            _conv_window_not_strided,
            "The output has the right size, but window (i, j) starts at pixel (i, j). With a stride it starts at (i * "
            "stride, j * stride).",
        ),
        Mutant(
            "dilation forgotten",
            _conv_without_dilation,
            "Your output equals that of dilation 1: the dilation is never used. It moves the taps apart, and it makes the "
            "output smaller.",
        ),
        Mutant(
            "taps side by side",
            _conv_taps_not_dilated,
            "The output has the right size, but the taps of a window lie side by side. With a dilation, tap (u, v) lies u "
            "* dilation rows and v * dilation columns from the start of the window.",
        ),
        Mutant(
            "padding forgotten",
            _conv_without_padding,
            "Your output equals that of padding 0: the padding is never used.",
        ),
        Mutant(
            "padding on one side",
            _conv_padded_on_one_side,
            "The zeros stand only below and to the right of the image; padding goes on all four sides.",
        ),
        Mutant(
            "padding cropped",
            _conv_padding_cropped,
            "The zeros around the image are there, but the output is as small as without them: its last rows and columns "
            "are cut off. Its size follows from H + 2 padding and W + 2 padding.",
        ),
        Mutant(
            "last window missing",
            _conv_last_window_missing,
            "The last row and the last column of windows are missing: the + 1 in the output size is forgotten, or divided "
            "by the stride.",
        ),
        Mutant(
            "kernel flipped",
            _conv_flipped,
            "Your output equals what you get when the kernel is flipped. Networks do not flip it: `w[0, 0]` meets the top "
            "left pixel of the window.",
        ),
        Mutant(
            "height and width swapped",
            _conv_transposed,
            "Height and width have changed places in your output: rows are along axis 0, columns along axis 1.",
        ),
        Mutant(
            "overwritten",
            _conv_last_tap_only,
            "Only the last product of each window is left: each one overwrites the one before. Add them up with `+=`.",
        ),
    ),
    hints=(
        "Your `out_size` gives the shape of y. The rim of zeros comes first, before any loop (np.pad on two axes, or your "
        "own `pad` on x[None, None]).",
        "Two loops over the outputs i, j; inside, two loops over the taps u, v. Which pixel of the padded image does tap "
        "(u, v) of window (i, j) meet?",
        "It meets the one in row i * stride + u * dilation and column j * stride + v * dilation. Add its product with "
        "w[u, v] to y[i, j].",
    ),
    axes=("row", "column"),
)


# receptive_field ------------------------------------------------------------------------------------------------------


def _stack_probe(rng, label, depth, strides, kernels=(2, 6)):
    """A stack of layers; the strides are drawn from `strides`, and are not all alike where they can differ."""
    chosen = [int(s) for s in rng.choice(strides, depth)]
    if len(strides) > 1:
        chosen[0], chosen[-1] = max(strides), min(strides)
    layers = [(int(rng.integers(*kernels)), s) for s in chosen]
    many = {STRIDE: max(chosen) > 1}
    return Probe(label, kwargs={"layers": layers}, traits=tuple(trait for trait, present in many.items() if present))


def _stack_probes(rng):
    probe = partial(_stack_probe, rng)
    return [
        probe("one layer", 1, [1]),
        probe("three layers, stride 1", 3, [1], (3, 4)),
        probe("four layers, stride 1", 4, [1], (3, 7)),
        probe("two layers, a stride", 2, [2, 3]),
        probe("three layers, strides", 3, [2, 3]),
        probe("three layers, larger kernels", 3, [1, 2, 4], (4, 8)),
        probe("four layers, strides", 4, [2, 3]),
        probe("five layers", 5, [1, 2, 3], (3, 6)),
        probe("six layers", 6, [1, 2], (3, 6)),
        Probe("the layers of a famous network", kwargs={"layers": list(FAMOUS)}, traits=(STRIDE,)),
    ]


# AlexNet up to its last pooling: Krizhevsky, Sutskever, Hinton, ImageNet classification with deep convolutional neural
# networks, NIPS 2012, section 3.5, with the pooling of section 3.4
FAMOUS = ((11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2))


def _receptive_field(layers):
    return geometry.receptive_field(layers)


def _walked(layers, *, start=1, less=1, own=False, forget=False):
    """start + sum of (f_k - less) * product of the strides before layer k (its own included with `own`)."""
    field, jump = start, 1
    for kernel, stride in layers:
        before = jump
        jump *= 1 if forget else stride
        field += (kernel - less) * (jump if own else before)
    return field


def _last_stride_only(layers):
    strides = [1, *(stride for _, stride in layers)]
    return 1 + sum((kernel - 1) * before for (kernel, _), before in zip(layers, strides))


def _own_stride_only(layers):
    return 1 + sum((kernel - 1) * stride for kernel, stride in layers)


def _strides_added(layers):
    strides = [stride for _, stride in layers]
    return 1 + sum((kernel - 1) * (sum(strides[:k]) or 1) for k, (kernel, _) in enumerate(layers))


def _kernels_multiplied(layers):
    return int(np.prod([kernel for kernel, _ in layers]))


def _back_without_minus_one(layers):
    field = 1
    for kernel, stride in reversed(layers):
        field = field * stride + kernel
    return field


RECEPTIVE_FIELD = Exercise(
    name="receptive_field",
    lesson="04",
    points=3,
    signature="receptive_field(layers)",
    summary="pixels that one output of a stack of layers [(kernel, stride), ...] sees along an axis: l_k = l_(k-1) + (f_k "
    "- 1) * product of the strides before layer k, l_0 = 1",
    probes=_stack_probes,
    reference=_receptive_field,
    mutants=(
        Mutant(
            "own stride counted",
            lambda layers: _walked(layers, own=True),
            "You multiply by the layer's own stride as well. Its stride moves the next window; inside the window, "
            "neighbours are only as far apart as the layers *before* have moved them.",
        ),
        Mutant(
            "strides forgotten",
            lambda layers: _walked(layers, forget=True),
            "Your answer is that of stride 1 everywhere. After a layer of stride s, neighbours lie s times as far apart, "
            "so the next kernel reaches s times as far.",
        ),
        Mutant(
            "kernels added whole",
            lambda layers: _walked(layers, less=0),
            "Each layer adds f - 1, not f: one of its taps lies on what is already seen.",
        ),
        Mutant(
            "begun with zero",
            lambda layers: _walked(layers, start=0),
            "One too few: before any layer a number sees one pixel, itself, so begin with 1.",
        ),
        Mutant(
            "last stride only",
            _last_stride_only,
            "Only the stride of the layer just before is used. Strides pile up: it is the product of all strides before.",
        ),
        Mutant(
            "own stride only",
            _own_stride_only,
            "Each layer is spread by its own stride in your sum. Its own stride moves the next window; what spreads a "
            "layer is the product of the strides *before* it.",
        ),
        Mutant(
            "strides added",
            _strides_added,
            "You add the strides up. Two layers of stride 3 put neighbours 9 pixels apart, not 6: multiply.",
        ),
        Mutant(
            "kernels multiplied",
            _kernels_multiplied,
            "You multiply the kernels. Windows of neighbours overlap, so each layer only adds to the field.",
        ),
        Mutant(
            "walked in the wrong direction",
            lambda layers: _walked(list(reversed(layers))),
            "You multiply by the strides of the layers that come *after*. The first pair is the layer next to the image, "
            "and a layer is spread by the strides before it.",
        ),
        Mutant(
            "no minus one on the way back",
            _back_without_minus_one,
            "You walk back from the top with l * s + f. Between l numbers there are l - 1 steps of s: it is (l - 1) * s + "
            "f.",
        ),
    ),
    hints=(
        "One 3 x 3 layer sees 3 pixels. A second one on top looks at 3 neighbours of the first: how far do those see?",
        "Keep two numbers: the field, and how many pixels apart two neighbours of this layer are. Both begin with 1.",
        "For each (kernel, stride): add (kernel - 1) * apart to the field, *then* multiply apart by the stride.",
    ),
    axes=(),
)

EXERCISES = (OUT_SIZE, PAD, STRIDED_CONV, RECEPTIVE_FIELD)
