"""The exercises of lesson 06, Pooling and tolerance: largest and mean of each window, the two ways back, and a measure.

Every mistake below is one that learners make. The reference is the textbook's, `convlab.reference`.
"""

import numpy as np

from convlab import reference
from convlab.geometry import output_size
from convlab.grading.definition import Exercise, Mutant, Probe, Trait

BATCH = Trait("one image", "several images")
CHANNELS = Trait("one channel", "several channels")
SQUARE = Trait("square images", "images whose height and width differ")
TIES = Trait("windows without equal numbers", "equal numbers in a window")
NEGATIVE = Trait("positive numbers", "windows of negative numbers only")
STRIDE = Trait("a stride as wide as the window", "any other stride")
REST = Trait("images that the windows fill", "images with rows or columns left over")


def decimals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between -2 and 2 with one digit after the point, no two of them equal in an image and channel."""
    steps = rng.permuted(np.broadcast_to(np.arange(-20, 21), (*shape[:-2], 41)), axis=-1)
    H, W = shape[-2:]
    extra = -(-H * W // 41)  # larger images: the same numbers again, a little further on
    repeated = np.concatenate([steps + 0.3 * k for k in range(extra)], axis=-1)
    return repeated[..., : H * W].reshape(shape) / 10


def after_relu(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Small whole numbers, more than half of them 0, as after a ReLU: full of ties."""
    return np.maximum(rng.integers(-2, 3, shape), 0).astype(float)


# (label, shape of x, kernel_size, stride), the plainest first
SIZES = (
    ("one image, 2 x 2 windows", (1, 1, 4, 4), 2, 2),
    ("a wide image", (1, 1, 4, 8), 2, 2),
    ("three channels", (1, 3, 6, 6), 2, 2),
    ("three images", (3, 1, 6, 6), 3, 3),
    ("windows that overlap", (1, 1, 7, 7), 3, 2),
    ("windows with gaps between them", (1, 1, 8, 8), 2, 3),
    ("a rest that fills no window", (1, 1, 7, 6), 3, 3),
    ("everything together", (2, 3, 6, 9), 3, 2),
    ("everything together, a tall image", (3, 2, 11, 7), 4, 3),
)


def _traits(x, kernel_size, stride, extra=()):
    N, C, H, W = x
    rest = any((M - kernel_size) % stride for M in (H, W))
    special = {BATCH: N > 1, CHANNELS: C > 1, SQUARE: H != W, STRIDE: stride != kernel_size, REST: rest}
    return (*(trait for trait, present in special.items() if present), *extra)


def _sizes(kernel_size):
    return {"the number of pixels in a window": kernel_size**2, "the side of a window": kernel_size}


def _probe(rng, label, shape, kernel_size, stride, *, numbers=decimals, extra=(), upstream=False):
    """A probe for one of the four pooling functions; with `upstream` the gradient by the outputs comes first."""
    x = numbers(rng, *shape)
    args = (x,)
    if upstream:
        y_shape = (*shape[:2], *(output_size(M, kernel_size, stride) for M in shape[2:]))
        args = (np.round(rng.choice([-1, 1], y_shape) * rng.uniform(0.5, 3, y_shape), 1), x)
    return Probe(
        label,
        args,
        {"kernel_size": kernel_size, "stride": stride},
        traits=_traits(shape, kernel_size, stride, extra),
        sizes=_sizes(kernel_size),
    )


def _max(x, kernel_size, stride):
    return reference.max_pool2d(x, kernel_size, stride=stride)[0]


def _average(x, kernel_size, stride):
    return reference.avg_pool2d(x, kernel_size, stride=stride)


def _windows(x, kernel_size, stride):
    """Every window of every image and channel: (N, C, OH, OW, K, K)."""
    all_of_them = np.lib.stride_tricks.sliding_window_view(x, (kernel_size, kernel_size), (2, 3))
    return all_of_them[:, :, ::stride, ::stride]


def _not_strided(pooled):
    """Window (i, j) begins at pixel (i, j) in an output of the right size."""

    def mistake(x, kernel_size, stride):
        OH, OW = pooled(x, kernel_size, stride).shape[2:]
        return pooled(x, kernel_size, 1)[:, :, :OH, :OW]

    return mistake


def _across_channels(pooled, join):
    """Each output is taken over all channels of its window."""

    def mistake(x, kernel_size, stride):
        joined = join(x, axis=1, keepdims=True)
        return np.broadcast_to(pooled(joined, kernel_size, stride), pooled(x, kernel_size, stride).shape)

    return mistake


def _swapped(pooled):
    return lambda x, kernel_size, stride: np.swapaxes(pooled(x, kernel_size, stride), 2, 3)


# max_pool -------------------------------------------------------------------------------------------------------------


def _max_probes(rng):
    def negative(rng, *shape):
        return decimals(rng, *shape) - 2.1

    below = [
        ("only negative numbers", (1, 1, 4, 4), 2, 2),
        ("only negative numbers, several channels", (2, 2, 5, 7), 3, 2),
    ]
    return [_probe(rng, *sizes) for sizes in SIZES] + [
        _probe(rng, *sizes, numbers=negative, extra=(NEGATIVE,)) for sizes in below
    ]


def _from_zero(x, kernel_size, stride):
    return np.maximum(_max(x, kernel_size, stride), 0)


def _window_too_small(x, kernel_size, stride):
    OH, OW = _max(x, kernel_size, stride).shape[2:]
    return _max(x, kernel_size - 1, stride)[:, :, :OH, :OW]


def _last_pixel(x, kernel_size, stride):
    return _windows(x, kernel_size, stride)[..., -1, -1]


LAST_WINDOW = (
    "The last row and the last column of windows are missing: the + 1 in the output size is forgotten. Count them on "
    "paper: windows of 2 fit on 4 pixels twice."
)
RAGGED = (
    "Windows that hang over the border are counted too: the output size is rounded up. Here a window counts only if it "
    "lies wholly on the image: `//` rounds down."
)

MAX_POOL = Exercise(
    name="max_pool",
    lesson="06",
    points=3,
    signature="max_pool(x, kernel_size, stride)",
    summary="y[n, c, i, j] = the largest of x[n, c, i stride + u, j stride + v] for 0 <= u, v < kernel_size: "
    "x (N, C, H, W), y (N, C, OH, OW), OH = (H - kernel_size) // stride + 1",
    probes=_max_probes,
    reference=_max,
    mutants=(
        Mutant(
            "mean for largest",
            _average,
            "That is the mean of each window. Max pooling keeps the largest number.",
        ),
        Mutant(
            "maximum begins at zero",
            _from_zero,
            "No output is below 0: the search for the largest begins at 0, and a window of negative numbers loses. Begin "
            "with the window's first number, or with `-np.inf`.",
        ),
        Mutant(
            "largest over all channels",
            _across_channels(_max, np.max),
            "The largest is taken over all channels at once. Pooling looks at each channel alone: `x[n, c, ...]`, not "
            "`x[n, :, ...]`.",
        ),
        Mutant(
            "stride forgotten",
            lambda x, kernel_size, stride: _max(x, kernel_size, 1),
            "Your output equals that of stride 1: the stride is never used. It moves the windows apart and makes the "
            "output smaller.",
        ),
        Mutant(
            "window start without stride",
            _not_strided(_max),
            "The output has the right size, but window (i, j) begins at pixel (i, j). It begins at (i * stride, "
            "j * stride).",
        ),
        Mutant(
            "stride taken for the window's size",
            lambda x, kernel_size, stride: _max(x, kernel_size, kernel_size),
            "The windows always stand side by side: `kernel_size` is used as the stride. With a stride of its own they may "
            "overlap, or leave gaps.",
        ),
        Mutant(
            "window too small",
            _window_too_small,
            "The last row and the last column of each window are left out: a slice `[a : b]` stops before b.",
        ),
        Mutant(
            "overwritten",
            _last_pixel,
            "Each output is the last pixel of its window: every pixel overwrites the one before. Keep it only if it is "
            "larger.",
        ),
        Mutant("last window missing", lambda *a, **k: _max(*a, **k)[:, :, :-1, :-1], LAST_WINDOW),
        Mutant(
            "ragged windows counted",
            lambda x, kernel_size, stride: reference.max_pool2d(x, kernel_size, stride=stride, ceil_mode=True)[0],
            RAGGED,
        ),
        Mutant(
            "height and width swapped",
            _swapped(_max),
            "Height and width have changed places in your output: rows are along axis 2, columns along axis 3.",
        ),
    ),
    hints=(
        "How many windows fit along the height, how many along the width? Make an empty output of that shape first.",
        "Window (i, j) begins at row i * stride, column j * stride, and has kernel_size rows and columns. One image and one "
        "channel at a time.",
        "Four loops, over n, c, i, j; inside, one line: `x[n, c, i * stride : i * stride + kernel_size, j * stride : "
        "j * stride + kernel_size].max()`.",
    ),
    axes=("image", "channel", "row", "column"),
)


# max_pool_grad --------------------------------------------------------------------------------------------------------


def _max_grad_probes(rng):
    tied = [
        ("zeros after a ReLU", (1, 1, 8, 8), 2, 2),
        ("zeros after a ReLU, windows that overlap", (1, 1, 7, 7), 3, 2),
        ("zeros after a ReLU, several images and channels", (2, 2, 6, 9), 3, 3),
    ]
    return [_probe(rng, *sizes, upstream=True) for sizes in SIZES] + [
        _probe(rng, *sizes, numbers=after_relu, extra=(TIES,), upstream=True) for sizes in tied
    ]


def _max_grad(dy, x, kernel_size, stride):
    _, argmax = reference.max_pool2d(x, kernel_size, stride=stride)
    return reference.max_pool2d_grad(dy, argmax, x.shape)


def _send_back(share, add=True):
    """A way back in which each window gets `share(window of x, dy of the window)`."""

    def back(dy, x, kernel_size, stride):
        dx = np.zeros(x.shape)
        for n, c, i, j in np.ndindex(dy.shape):
            rows, columns = slice(i * stride, i * stride + kernel_size), slice(j * stride, j * stride + kernel_size)
            part = share(x[n, c, rows, columns], dy[n, c, i, j])
            if add:
                dx[n, c, rows, columns] += part
            else:
                won = part != 0
                dx[n, c, rows, columns][won] = part[won]
        return dx

    return back


def _to_the_first(window, g):
    part = np.zeros(window.shape)
    part.flat[window.argmax()] = g
    return part


def _to_the_last(window, g):
    part = np.zeros(window.shape)
    part.flat[window.size - 1 - window[::-1, ::-1].argmax()] = g
    return part


def _place_in_the_window(dy, x, kernel_size, stride):
    """The winner's place is found within its window, and used as its place in the image."""
    dx = np.zeros(x.shape)
    best = _windows(x, kernel_size, stride).reshape(*dy.shape, -1).argmax(axis=-1)
    for n, c, i, j in np.ndindex(dy.shape):
        u, v = divmod(int(best[n, c, i, j]), kernel_size)
        dx[n, c, u, v] += dy[n, c, i, j]
    return dx


def _winners_of_channel_0(dy, x, kernel_size, stride):
    return _max_grad(dy, np.broadcast_to(x[:, :1], x.shape), kernel_size, stride)


def _side_by_side(backward):
    """The windows of the way back stand side by side, whatever the stride; what hangs over the border is lost."""

    def mistake(dy, x, kernel_size, stride):
        H, W = x.shape[2:]
        rows, columns = (count * kernel_size for count in dy.shape[2:])
        wide = np.full((*x.shape[:2], max(H, rows), max(W, columns)), -np.inf)
        wide[:, :, :H, :W] = x
        part = backward(dy, wide[:, :, :rows, :columns], kernel_size, kernel_size)
        dx = np.zeros(wide.shape)
        dx[:, :, :rows, :columns] = part
        return dx[:, :, :H, :W]

    return mistake


MAX_POOL_GRAD = Exercise(
    name="max_pool_grad",
    lesson="06",
    points=4,
    signature="max_pool_grad(dy, x, kernel_size, stride)",
    summary="gradient by x of max pooling: each dy (N, C, OH, OW) goes to the pixel that won its window, of equals the "
    "first, row by row; a pixel that won several windows adds up: dx has the shape of x",
    probes=_max_grad_probes,
    reference=_max_grad,
    mutants=(
        Mutant(
            "every tied maximum gets the gradient",
            _send_back(lambda window, g: g * (window == window.max())),
            "Where several pixels of a window are equally large, each of them gets the whole gradient, so more comes out "
            "than goes in. One winner per window: the first, as `argmax` finds it. After a ReLU ties are everywhere.",
        ),
        Mutant(
            "ties share the gradient",
            _send_back(lambda window, g: g * (window == window.max()) / (window == window.max()).sum()),
            "Pixels that are equally large share the gradient. That would be fair, but here, as in the library and in "
            "PyTorch, the first of them takes it all.",
        ),
        Mutant(
            "last of equals wins",
            _send_back(_to_the_last),
            "Of equally large pixels the last one gets the gradient; the first should, row by row. A comparison with `>=` "
            "does that: use `>`.",
        ),
        Mutant(
            "overwritten",
            _send_back(_to_the_first, add=False),
            "Right where windows stand apart. Where they overlap, one pixel may win twice, and its gradients add up: `+=`, "
            "not `=`.",
        ),
        Mutant(
            "whole window gets the gradient",
            _send_back(lambda window, g: np.full(window.shape, g)),
            "Every pixel of a window gets its gradient. Only the winner had a say in the output: all others get 0.",
        ),
        Mutant(
            "spread like a mean",
            _send_back(lambda window, g: np.full(window.shape, g / window.size)),
            "The gradient is shared out over the whole window: that is the way back through average pooling.",
        ),
        Mutant(
            "dy forgotten",
            _send_back(lambda window, g: _to_the_first(window, 1.0)),
            "The winners are found, and each gets 1. They get the `dy` of their window.",
        ),
        Mutant(
            "winner's value for its gradient",
            _send_back(lambda window, g: _to_the_first(window, window.max())),
            "The winners are found, and each gets its own value. What goes back is the `dy` of the window, not the `x` of "
            "the pixel.",
        ),
        Mutant(
            "value times gradient",
            _send_back(lambda window, g: _to_the_first(window, g * window.max())),
            "The gradient is multiplied by the winner's value. The output *is* the winner, so its slope is 1: `dy` goes back "
            "as it is.",
        ),
        Mutant(
            "place in the window, not in the image",
            _place_in_the_window,
            "All gradients land in the top left corner: `argmax` of a window counts from the window's corner. Add "
            "i * stride to the row and j * stride to the column.",
        ),
        Mutant(
            "winners of channel 0 for all",
            _winners_of_channel_0,
            "Every channel uses the winners of channel 0. Each channel has winners of its own.",
        ),
        Mutant(
            "stride taken for the window's size",
            _side_by_side(_max_grad),
            "Right where the stride equals kernel_size. With another stride, window (i, j) begins at (i * stride, "
            "j * stride), on the way back as on the way there.",
        ),
    ),
    hints=(
        "On the way there each window let one pixel through. On the way back, the gradient of its output goes to that pixel "
        "and to no other.",
        "Cut out the window as in max_pool and ask where its largest number is. `np.argmax` gives the first of equals, as one "
        "number counted row by row; `divmod(place, kernel_size)` makes row and column of it.",
        "`dx = np.zeros(x.shape)`; for each n, c, i, j: `u, v = divmod(window.argmax(), kernel_size)`, then add dy[n, c, i, j] "
        "to dx[n, c, i * stride + u, j * stride + v].",
    ),
    axes=("image", "channel", "row", "column"),
)


# avg_pool -------------------------------------------------------------------------------------------------------------


def _avg_probes(rng):
    return [_probe(rng, *sizes) for sizes in SIZES]


def _times(pooled, factor):
    return lambda x, kernel_size, stride: pooled(x, kernel_size, stride) * factor(kernel_size, stride)


AVG_POOL = Exercise(
    name="avg_pool",
    lesson="06",
    points=2,
    signature="avg_pool(x, kernel_size, stride)",
    summary="y[n, c, i, j] = the mean of x[n, c, i stride + u, j stride + v] for 0 <= u, v < kernel_size: "
    "x (N, C, H, W), y (N, C, OH, OW), OH = (H - kernel_size) // stride + 1",
    probes=_avg_probes,
    reference=_average,
    mutants=(
        Mutant(
            "sum for mean",
            _times(_average, lambda k, s: k * k),
            "That is the sum of each window. For the mean divide by the number of its pixels.",
        ),
        Mutant(
            "divided by the side",
            _times(_average, lambda k, s: k),
            "The sum is divided by kernel_size. A window has kernel_size rows *and* columns: kernel_size ** 2 pixels.",
        ),
        Mutant(
            "always divided by 4",
            _times(_average, lambda k, s: k * k / 4),
            "The sum is divided by 4, whatever the window. It has kernel_size ** 2 pixels.",
        ),
        Mutant(
            "divided by the stride",
            _times(_average, lambda k, s: k * k / s**2),
            "The sum is divided by stride ** 2. How far the window moves does not change how many pixels it has.",
        ),
        Mutant("largest for mean", _max, "That is the largest number of each window. Average pooling takes the mean."),
        Mutant(
            "mean over all channels",
            _across_channels(_average, np.mean),
            "The mean is taken over all channels at once. Pooling looks at each channel alone.",
        ),
        Mutant(
            "window start without stride",
            _not_strided(_average),
            "The output has the right size, but window (i, j) begins at pixel (i, j). It begins at (i * stride, "
            "j * stride).",
        ),
        Mutant(
            "stride taken for the window's size",
            lambda x, kernel_size, stride: _average(x, kernel_size, kernel_size),
            "The windows always stand side by side: `kernel_size` is used as the stride.",
        ),
        Mutant("last window missing", lambda *a, **k: _average(*a, **k)[:, :, :-1, :-1], LAST_WINDOW),
        Mutant(
            "ragged windows counted",
            lambda x, kernel_size, stride: reference.avg_pool2d(x, kernel_size, stride=stride, ceil_mode=True),
            RAGGED,
        ),
    ),
    hints=(
        "Everything is as in max_pool; one word in the innermost line changes.",
        "A mean is a sum divided by the number of what was added. How many pixels has a window?",
        "In max_pool, replace `.max()` of the window by `.mean()`.",
    ),
    axes=("image", "channel", "row", "column"),
)


# avg_pool_grad --------------------------------------------------------------------------------------------------------


def _avg_grad_probes(rng):
    return [_probe(rng, *sizes, upstream=True) for sizes in SIZES]


def _avg_grad(dy, x, kernel_size, stride):
    return reference.avg_pool2d_grad(dy, x.shape, kernel_size, stride=stride)


def _times_back(factor):
    return lambda dy, x, kernel_size, stride: _avg_grad(dy, x, kernel_size, stride) * factor(kernel_size, stride)


def _rest_cut_off(dy, x, kernel_size, stride):
    """The gradient ends where the last window does."""
    rows, columns = ((count - 1) * stride + kernel_size for count in dy.shape[2:])
    return _avg_grad(dy, x, kernel_size, stride)[:, :, :rows, :columns]


def _spread_overwritten(dy, x, kernel_size, stride):
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dy.shape):
        rows, columns = slice(i * stride, i * stride + kernel_size), slice(j * stride, j * stride + kernel_size)
        dx[n, c, rows, columns] = dy[n, c, i, j] / kernel_size**2
    return dx


def _to_the_corner(window, g):
    part = np.zeros(window.shape)
    part[0, 0] = g
    return part


AVG_POOL_GRAD = Exercise(
    name="avg_pool_grad",
    lesson="06",
    points=3,
    signature="avg_pool_grad(dy, x, kernel_size, stride)",
    summary="gradient by x of average pooling: each dy (N, C, OH, OW) is shared out evenly over its window; where windows "
    "overlap, shares add up: dx has the shape of x (only its shape is needed)",
    probes=_avg_grad_probes,
    reference=_avg_grad,
    mutants=(
        Mutant(
            "not divided",
            _times_back(lambda k, s: k * k),
            "Every pixel gets the whole dy of its window, so more comes out than goes in. A pixel has a share of "
            "1 / kernel_size ** 2 in the mean, and gets that share of the gradient.",
        ),
        Mutant(
            "divided by the side",
            _times_back(lambda k, s: k),
            "The gradient is divided by kernel_size. A window has kernel_size ** 2 pixels.",
        ),
        Mutant(
            "divided by the stride",
            _times_back(lambda k, s: k * k / s**2),
            "The gradient is divided by stride ** 2. The share of a pixel depends on the size of the window alone.",
        ),
        Mutant(
            "dy forgotten",
            lambda dy, x, kernel_size, stride: _avg_grad(np.ones_like(dy), x, kernel_size, stride),
            "Every pixel gets 1 / kernel_size ** 2, as if all dy were 1. Multiply by the dy of the window.",
        ),
        Mutant(
            "overwritten",
            _spread_overwritten,
            "Right where windows stand apart. Where they overlap, a pixel gets a share from each, and they add up: `+=`, not "
            "`=`.",
        ),
        Mutant(
            "all to the winner",
            _max_grad,
            "The gradient goes to the largest pixel of each window: that is max pooling. In a mean all pixels have the same "
            "say.",
        ),
        Mutant(
            "all to the corner",
            _send_back(_to_the_corner),
            "Only the top left pixel of each window gets a gradient. All kernel_size x kernel_size pixels share it: use a "
            "slice, or two more loops.",
        ),
        Mutant(
            "stride taken for the window's size",
            _side_by_side(_avg_grad),
            "Right where the stride equals kernel_size. With another stride, window (i, j) begins at (i * stride, "
            "j * stride), on the way back as on the way there.",
        ),
        Mutant(
            "rest cut off",
            _rest_cut_off,
            "The result ends with the last window. Pixels that no window reached are part of x too: their gradient is 0, and "
            "dx has the shape of x.",
        ),
    ),
    hints=(
        "If one pixel grows by 1, by how much does the mean of its window grow? That is its share of the gradient.",
        "Begin with zeros of the shape of x. Each window adds the same number to all its pixels.",
        "For each n, c, i, j, add dy[n, c, i, j] / kernel_size ** 2 to the slice of dx that is the window, with `+=`.",
    ),
    axes=("image", "channel", "row", "column"),
)


# shift_tolerance ------------------------------------------------------------------------------------------------------


def _tolerance_probes(rng):
    sizes = [
        ("one image, one pixel", (1, 1, 8, 8), 1, 2),
        ("two images", (2, 1, 6, 6), 1, 3),
        ("two channels", (1, 2, 6, 8), 2, 2),
        ("everything together", (3, 2, 9, 6), 1, 3),
        ("everything together, a wide image", (2, 3, 6, 12), 2, 3),
        ("everything together, three pixels", (3, 2, 8, 8), 3, 4),
    ]
    return [
        Probe(
            label,
            (after_relu(rng, *shape) + np.round(rng.uniform(0, 1, shape), 1),),
            {"shift": shift, "kernel_size": kernel_size},
            traits=tuple(trait for trait, present in ((BATCH, shape[0] > 1), (CHANNELS, shape[1] > 1)) if present),
        )
        for label, shape, shift, kernel_size in sizes
    ]


def _right(x, shift):
    y = np.zeros_like(x)
    y[..., shift:] = x[..., :-shift]
    return y


def _in_common(a, b):
    axes = (1, 2, 3)
    return 1 - np.abs(a - b).sum(axis=axes) / (a + b).sum(axis=axes)


def _tolerance(x, shift, kernel_size):
    return _in_common(_max(x, kernel_size, kernel_size), _max(_right(x, shift), kernel_size, kernel_size))


def _with_shift(move):
    def mistake(x, shift, kernel_size):
        return _in_common(_max(x, kernel_size, kernel_size), _max(move(x, shift), kernel_size, kernel_size))

    return mistake


def _with_measure(measure):
    def mistake(x, shift, kernel_size):
        return measure(_max(x, kernel_size, kernel_size), _max(_right(x, shift), kernel_size, kernel_size))

    return mistake


def _down(x, shift):
    return np.swapaxes(_right(np.swapaxes(x, 2, 3), shift), 2, 3)


def _left(x, shift):
    return _right(x[..., ::-1], shift)[..., ::-1]


def _pooled_map_shifted(x, shift, kernel_size):
    a = _max(x, kernel_size, kernel_size)
    return _in_common(a, _right(a, shift) if shift < a.shape[3] else np.zeros_like(a))


def _average_pooled(x, shift, kernel_size):
    return _in_common(_average(x, kernel_size, kernel_size), _average(_right(x, shift), kernel_size, kernel_size))


def _sums(a, axes=(1, 2, 3)):
    return a.sum(axis=axes)


SHIFT_TOLERANCE = Exercise(
    name="shift_tolerance",
    lesson="06",
    points=3,
    signature="shift_tolerance(x, shift, kernel_size)",
    summary="for each image 1 - sum |a - b| / sum (a + b), a the max-pooled x (N, C, H, W) >= 0, b the max-pooled x after a "
    "shift of so many pixels to the right (zeros come in), stride = kernel_size: one number for each image, (N,)",
    probes=_tolerance_probes,
    reference=_tolerance,
    mutants=(
        Mutant(
            "wrapped around",
            _with_shift(lambda x, shift: np.roll(x, shift, axis=3)),
            "What leaves on the right comes in again on the left: `np.roll` does that. Zeros should come in.",
        ),
        Mutant(
            "shifted to the left",
            _with_shift(_left),
            "The images are shifted to the left. To the right means: pixel j stands at j + shift afterwards.",
        ),
        Mutant(
            "shifted down",
            _with_shift(_down),
            "The images are shifted down. Columns, and so right and left, are along the last axis.",
        ),
        Mutant(
            "change, not tolerance",
            lambda x, shift, kernel_size: 1 - _tolerance(x, shift, kernel_size),
            "That is how much changes: 0 for no change. The tolerance is 1 minus it.",
        ),
        Mutant(
            "not pooled",
            lambda x, shift, kernel_size: _in_common(x, _right(x, shift)),
            "The images themselves are compared. Pool them first, both of them.",
        ),
        Mutant(
            "pooled map shifted",
            _pooled_map_shifted,
            "First pooled, then shifted, and so by `shift` windows. Shift the images, then pool.",
        ),
        Mutant(
            "average pooling",
            _average_pooled,
            "That is the tolerance of average pooling. Here it is max pooling that is measured.",
        ),
        Mutant(
            "one number for the batch",
            _with_measure(lambda a, b: 1 - np.abs(a - b).sum() / (a + b).sum()),
            "There is one number for the whole batch. Each image has its own: add up over channels, rows and columns only, "
            "`.sum(axis=(1, 2, 3))`.",
        ),
        Mutant(
            "divided by the first alone",
            _with_measure(lambda a, b: 1 - _sums(np.abs(a - b)) / _sums(a)),
            "The difference is divided by the sum of the first map alone. Divide by the sum of both, so that maps with nothing "
            "in common have a tolerance of 0.",
        ),
        Mutant(
            "signs cancel",
            _with_measure(lambda a, b: 1 - np.abs(_sums(a - b)) / _sums(a + b)),
            "Positive and negative differences cancel: take the absolute value of each difference before you add them up.",
        ),
        Mutant(
            "squared differences",
            _with_measure(lambda a, b: 1 - _sums((a - b) ** 2) / _sums(a**2 + b**2)),
            "The differences are squared. Here their absolute values are added up, and the divisor is the plain sum of both "
            "maps.",
        ),
    ),
    hints=(
        "Three steps: a shifted copy of x, both pooled, then the two maps compared. Write them as three blocks.",
        "The shifted copy: zeros of the same shape, then `moved[..., shift:] = x[..., :-shift]`. Your max_pool does the second "
        "step, with stride kernel_size.",
        "With a and b pooled: `1 - np.abs(a - b).sum(axis=(1, 2, 3)) / (a + b).sum(axis=(1, 2, 3))`.",
    ),
    axes=("image",),
)

EXERCISES = (MAX_POOL, MAX_POOL_GRAD, AVG_POOL, AVG_POOL_GRAD, SHIFT_TOLERANCE)
