"""The exercises of lesson 13, The same on a GPU: a grid of threads, a convolution, its gradients, a sum in shared memory.

A learner writes kernels for numba.cuda and starts them with `convlab.simt.launch`. What is wrong in the way of a GPU (a thread
beyond the array, two threads at one number) is said by `launch`; the mistakes below are those that give wrong numbers.
"""

import numpy as np

from convlab import reference
from convlab.grading.definition import Exercise, Mutant, Probe, Trait

ALLOWED = ("math", "numpy", "numba", "convlab.simt")
THREADS = 32  # of a block, as the notebook sets it


def decimals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between -2 and 2 with one digit after the point."""
    return np.round(rng.uniform(-2, 2, shape), 1)


# blocks_for -----------------------------------------------------------------------------------------------------------


def _blocks_for(count, threads):
    return -(-count // threads)


def _blocks_probes(rng):
    pairs = [
        (100, 32),
        (64, 32),
        (1, 128),
        (65, 32),
        (1000, 256),
        (31, 32),
        (7, 2),
        (96, 16),
        (int(rng.integers(200, 900)), 48),
    ]
    return [Probe(f"{count} outputs, blocks of {threads}", (count, threads)) for count, threads in pairs]


BLOCKS_FOR = Exercise(
    name="blocks_for",
    lesson="13",
    points=1,
    signature="blocks_for(count, threads)",
    summary="how many blocks of `threads` threads are needed so that each of `count` outputs has a thread",
    probes=_blocks_probes,
    reference=_blocks_for,
    mutants=(
        Mutant(
            "rounded down",
            lambda count, threads: count // threads,
            "Rounded down, the last outputs have no thread: 100 outputs in blocks of 32 take 4 blocks, the last "
            "of them not full.",
        ),
        Mutant(
            "one more always",
            lambda count, threads: count // threads + 1,
            "When the outputs fill the blocks exactly, as 64 do with blocks of 32, your last block has nothing to do.",
        ),
        Mutant(
            "what is left over",
            lambda count, threads: count % threads,
            "That is how many outputs are left over when all blocks are full (`%`). Asked for is how many blocks there are.",
        ),
        Mutant(
            "upside down",
            lambda count, threads: -(-threads // count),
            "The two numbers have changed places: ask how often `threads` fits into `count`, not the reverse.",
        ),
        Mutant(
            "threads for blocks",
            lambda count, threads: count,
            "That is the number of threads. A block holds many of them.",
        ),
    ),
    hints=(
        "How many blocks of 32 do 64 outputs need? And 65?",
        "Divide and round up. `//` rounds down.",
        "Rounding up is `-(-count // threads)`, or `(count + threads - 1) // threads`.",
    ),
    axes=("blocks",),
    allowed_imports=ALLOWED,
)


# conv2d_gpu -----------------------------------------------------------------------------------------------------------

CHANNELS = Trait("one channel", "several channels")
FILTERS = Trait("one filter", "several filters")
STRIDE = Trait("stride 1", "a larger stride")
SQUARE = Trait("square images", "images whose height and width differ")
FULL = Trait("outputs that fill the blocks", "outputs that leave the last block half empty")


def _conv2d_gpu(x, w, b, stride=1):
    return reference.conv2d(x[None], w, b, stride=stride)[0]


def _conv_probe(rng, label, x, w, stride=1):
    (C, H, W), (O, _, KH, KW) = x, w
    y = _conv2d_gpu(np.zeros(x), np.zeros(w), np.zeros(O), stride)
    special = {CHANNELS: C > 1, FILTERS: O > 1, STRIDE: stride > 1, SQUARE: H != W, FULL: y.size % THREADS > 0}
    b = rng.choice([-1, 1], O) * np.round(rng.uniform(0.5, 2, O), 1)
    return Probe(
        label, (decimals(rng, *x), decimals(rng, *w), b), {"stride": stride},
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={"the number of channels": C, "the number of taps": KH * KW},
    )  # fmt: skip


def _conv2d_probes(rng):
    return [
        _conv_probe(rng, "one channel, one filter", (1, 5, 5), (1, 1, 2, 2)),
        _conv_probe(rng, "more outputs than a block has threads", (1, 9, 9), (1, 1, 3, 3)),
        _conv_probe(rng, "a wide image", (1, 4, 8), (1, 1, 3, 2)),
        _conv_probe(rng, "three channels", (3, 5, 5), (1, 3, 2, 3)),
        _conv_probe(rng, "three filters", (1, 5, 6), (3, 1, 3, 2)),
        _conv_probe(rng, "stride 2", (1, 7, 7), (1, 1, 3, 2), 2),
        _conv_probe(rng, "everything together", (2, 8, 7), (3, 2, 3, 2), 2),
        _conv_probe(rng, "everything together, a tall kernel", (3, 9, 6), (2, 3, 4, 1), 3),
    ]


def _blocks_rounded_down(x, w, b, stride=1):
    y = _conv2d_gpu(x, w, b, stride)
    y.reshape(-1)[y.size // THREADS * THREADS :] = 0
    return y


def _first_filter_only(x, w, b, stride=1):
    y = _conv2d_gpu(x, w, b, stride)
    y[1:] = 0
    return y


def _last_product_only(x, w, b, stride=1):
    only = np.zeros_like(w)
    only[:, -1, -1, -1] = w[:, -1, -1, -1]
    return _conv2d_gpu(x, only, b, stride)


def _window_not_strided(x, w, b, stride=1):
    OH, OW = _conv2d_gpu(x, w, b, stride).shape[1:]
    return _conv2d_gpu(x, w, b, 1)[:, :OH, :OW]


CONV2D_GPU = Exercise(
    name="conv2d_gpu",
    lesson="13",
    points=5,
    signature="conv2d_gpu(x, w, b, stride=1)",
    summary="y[o, i, j] = b[o] + sum over c, u, v of x[c, i stride + u, j stride + v] w[o, c, u, v], one thread an output: "
    "x (C, H, W), w (O, C, KH, KW), b (O,), y (O, OH, OW)",
    probes=_conv2d_probes,
    reference=_conv2d_gpu,
    mutants=(
        Mutant(
            "blocks rounded down",
            _blocks_rounded_down,
            "The last outputs stay 0: the number of blocks is rounded down, and no thread is there for them. "
            "Round it up, and let "
            "the threads that are too many do nothing.",
        ),
        Mutant(
            "first filter only",
            _first_filter_only,
            "Only the first filter is computed: the threads are as many as one feature map has outputs. There is "
            "one thread for "
            "each of the O * OH * OW outputs.",
        ),
        Mutant(
            "kernel flipped",
            lambda x, w, b, stride=1: _conv2d_gpu(x, w[:, :, ::-1, ::-1], b, stride),
            "The kernel is flipped. Tap (0, 0) of a filter meets the top left pixel of the window.",
        ),
        Mutant(
            "window start without stride",
            _window_not_strided,
            "The output has the right size, but the window of output (i, j) starts at pixel (i, j): it starts at "
            "(i * stride, j * stride).",
        ),
        Mutant(
            "first channel only",
            lambda x, w, b, stride=1: _conv2d_gpu(x[:1], w[:, :1], b, stride),
            "Only the first channel is used. A thread adds up the products of all channels.",
        ),
        Mutant(
            "overwritten",
            _last_product_only,
            "Only the last product of each window is left: the thread's total is overwritten. Add to it with `+=`.",
        ),
        Mutant(
            "bias forgotten",
            lambda x, w, b, stride=1: _conv2d_gpu(x, w, np.zeros_like(b), stride),
            "The bias is missing: a thread's total begins with `b[o]`.",
        ),
        Mutant(
            "bias added per tap",
            lambda x, w, b, stride=1: _conv2d_gpu(x, w, b * w[0].size, stride),
            "The bias is added once per product, inside the innermost loop. It belongs once to each output.",
        ),
    ),
    hints=(
        "Number the outputs from 0 to O * OH * OW - 1, row by row. Which o, i, j belong to number n?",
        "The last axis runs fastest: j = n % OW, i = n // OW % OH, o = n // (OW * OH). A thread whose n is too large returns.",
        "Three loops inside the kernel, over c, u, v: total += x[c, i * stride + u, j * stride + v] * w[o, c, u, v]. Outside: "
        "y = np.zeros((O, OH, OW)), then launch(kernel, blocks_for(y.size, THREADS), THREADS, x, w, b, stride, y).",
    ),
    axes=("filter", "row", "column"),
    allowed_imports=ALLOWED,
    run_seconds=20.0,
)


# grad_input_gpu -------------------------------------------------------------------------------------------------------


def _grad_input_gpu(dy, w, H, W, stride=1):
    return reference.conv2d_grad_input(dy[None, None], w[None, None], (1, 1, H, W), stride=stride)[0, 0]


def _grad_input_probe(rng, label, H, W, KH, KW, stride):
    OH, OW = (H - KH) // stride + 1, (W - KW) // stride + 1
    special = {STRIDE: stride > 1, SQUARE: H != W}
    return Probe(
        label, (decimals(rng, OH, OW), decimals(rng, KH, KW), H, W), {"stride": stride},
        traits=tuple(trait for trait, present in special.items() if present),
    )  # fmt: skip


def _grad_input_probes(rng):
    return [
        _grad_input_probe(rng, "3 x 3 pixels, a 2 x 2 kernel", 3, 3, 2, 2, 1),
        _grad_input_probe(rng, "a wide image", 4, 7, 3, 2, 1),
        _grad_input_probe(rng, "stride 2", 7, 7, 3, 3, 2),
        _grad_input_probe(rng, "stride 2, a wide image", 6, 9, 2, 3, 2),
        _grad_input_probe(rng, "stride 3, larger than the kernel", 8, 11, 2, 2, 3),
        _grad_input_probe(rng, "a column no window reaches", 5, 8, 3, 3, 2),
    ]


def _stride_gaps_filled(dy, w, H, W, stride=1):
    """A pixel between two windows' starts is given to the window before it: the remainder is not looked at."""
    dx = np.zeros((H, W))
    for h in range(H):
        for v in range(W):
            for k in range(w.shape[0]):
                for l in range(w.shape[1]):
                    i, j = h - k, v - l
                    if i >= 0 and j >= 0 and i // stride < dy.shape[0] and j // stride < dy.shape[1]:
                        dx[h, v] += dy[i // stride, j // stride] * w[k, l]
    return dx


def _borders_lost(dy, w, H, W, stride=1):
    """Only pixels that all windows around could see: the rim stays 0."""
    dx = _grad_input_gpu(dy, w, H, W, stride)
    dx[: w.shape[0] - 1] = 0
    dx[:, : w.shape[1] - 1] = 0
    return dx


def _last_only(dy, w, H, W, stride=1):
    only = np.zeros_like(w)
    only[0, 0] = w[0, 0]
    return _grad_input_gpu(dy, only, H, W, stride)


GRAD_INPUT_GPU = Exercise(
    name="grad_input_gpu",
    lesson="13",
    points=4,
    signature="grad_input_gpu(dy, w, H, W, stride=1)",
    summary="dx[h, v] = sum of dy[i, j] w[k, l] over all i, j, k, l with i stride + k = h and j stride + l = v, one thread a "
    "pixel: dy (OH, OW), w (KH, KW), dx (H, W)",
    probes=_grad_input_probes,
    reference=_grad_input_gpu,
    mutants=(
        Mutant(
            "kernel flipped",
            lambda dy, w, H, W, stride=1: _grad_input_gpu(dy, w[::-1, ::-1], H, W, stride),
            "Each pixel met the weights in the opposite order: the pixel at distance (k, l) from the start of a window met "
            "`w[k, l]` on the way in, and meets it on the way back.",
        ),
        Mutant(
            "gaps filled",
            _stride_gaps_filled,
            "With a stride not every distance is the start of a window: only if (h - k) divides by the stride "
            "does a window begin "
            "there. Look at the remainder before you divide.",
        ),
        Mutant(
            "stride forgotten",
            lambda dy, w, H, W, stride=1: _stride_ignored(dy, w, H, W),
            "Your gradient is that of stride 1: output (i, j) saw the window that begins at pixel (i * stride, j * stride).",
        ),
        Mutant(
            "rim lost",
            _borders_lost,
            "The first rows and columns stay 0. Fewer windows see them, but some do: leave out the windows that "
            "do not exist, not "
            "the pixels.",
        ),
        Mutant(
            "one window only",
            _last_only,
            "Only one window is counted for each pixel: a pixel was seen by up to KH * KW of them. Add them up with `+=`.",
        ),
    ),
    hints=(
        "Stand on pixel (h, v) and ask: which windows saw me, and through which tap?",
        "Through tap (k, l) it is the window that begins at row h - k and column v - l, if that is a start: not negative, "
        "divisible by the stride, and not beyond the last window.",
        "In the kernel: for k, for l: top, left = h - k, v - l; if both are >= 0 and both % stride == 0 and top // stride < OH "
        "and left // stride < OW: total += dy[top // stride, left // stride] * w[k, l].",
    ),
    axes=("row", "column"),
    allowed_imports=ALLOWED,
    run_seconds=20.0,
)


def _stride_ignored(dy, w, H, W):
    dx = np.zeros((H, W))
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            dx[i : i + w.shape[0], j : j + w.shape[1]] += dy[i, j] * w
    return dx


# grad_weight_gpu ------------------------------------------------------------------------------------------------------


def _grad_weight_gpu(dy, x, stride=1):
    KH, KW = _kernel_of(dy, x, stride)
    return reference.conv2d_grad_weight(dy[None, None], x[None, None], (1, 1, KH, KW), stride=stride)[0, 0]


def _kernel_of(dy, x, stride):
    "the kernel that leaves no row or column over"
    return tuple(n - (m - 1) * stride for n, m in zip(x.shape, dy.shape))


def _grad_weight_probe(rng, label, OH, OW, KH, KW, stride):
    H, W = (OH - 1) * stride + KH, (OW - 1) * stride + KW
    special = {STRIDE: stride > 1, SQUARE: H != W}
    return Probe(
        label, (decimals(rng, OH, OW), decimals(rng, H, W)), {"stride": stride},
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={"the number of outputs": OH * OW},
    )  # fmt: skip


def _grad_weight_probes(rng):
    return [
        _grad_weight_probe(rng, "2 x 2 outputs, a 2 x 2 kernel", 2, 2, 2, 2, 1),
        _grad_weight_probe(rng, "a wide image", 3, 5, 2, 3, 1),
        _grad_weight_probe(rng, "stride 2", 3, 3, 3, 3, 2),
        _grad_weight_probe(rng, "stride 2, a wide image", 2, 4, 3, 2, 2),
        _grad_weight_probe(rng, "stride 3", 3, 4, 2, 2, 3),
    ]


GRAD_WEIGHT_GPU = Exercise(
    name="grad_weight_gpu",
    lesson="13",
    points=3,
    signature="grad_weight_gpu(dy, x, stride=1)",
    summary="dw[k, l] = sum over i, j of dy[i, j] x[i stride + k, j stride + l], one thread a weight: dy (OH, "
    "OW), x (H, W), dw "
    "(KH, KW) with KH = H - (OH - 1) stride, and KW likewise",
    probes=_grad_weight_probes,
    reference=_grad_weight_gpu,
    mutants=(
        Mutant(
            "rotated",
            lambda dy, x, stride=1: _grad_weight_gpu(dy, x, stride)[::-1, ::-1],
            "Your gradient is turned by 180 degrees: weight (k, l) met the pixel k rows below and l columns right of the "
            "beginning of each window.",
        ),
        Mutant(
            "stride forgotten",
            lambda dy, x, stride=1: _weights_without_stride(dy, x, stride),
            "The windows of your sum lie side by side: output (i, j) met the window that begins at (i * stride, j * stride).",
        ),
        Mutant(
            "mean for sum",
            lambda dy, x, stride=1: _grad_weight_gpu(dy, x, stride) / dy.size,
            "Every number is too small, by exactly the number of outputs: a mean where a sum is meant.",
        ),
        Mutant(
            "last output only",
            lambda dy, x, stride=1: dy[-1, -1] * x[(dy.shape[0] - 1) * stride :, (dy.shape[1] - 1) * stride :],
            "Only the last output is left: the thread's total is overwritten. Add to it with `+=`.",
        ),
        Mutant(
            "dy forgotten",
            lambda dy, x, stride=1: _grad_weight_gpu(np.ones_like(dy), x, stride),
            "You add up the pixels without the gradients `dy[i, j]` of the outputs that they went into.",
        ),
    ),
    hints=(
        "A weight took part in every output. Which pixel did it meet there?",
        "One thread for each of the KH * KW weights; inside, two loops over the outputs (i, j).",
        "k, l = n // KW, n % KW; total += dy[i, j] * x[i * stride + k, j * stride + l] for all i, j.",
    ),
    axes=("row", "column"),
    allowed_imports=ALLOWED,
    run_seconds=20.0,
)


def _weights_without_stride(dy, x, stride):
    KH, KW = _kernel_of(dy, x, stride)
    dw = np.zeros((KH, KW))
    for k in range(KH):
        for l in range(KW):
            dw[k, l] = (dy * x[k : k + dy.shape[0], l : l + dy.shape[1]]).sum()
    return dw


# block_sums -----------------------------------------------------------------------------------------------------------


def _block_sums(x, threads):
    filled = np.concatenate([x, np.zeros(-len(x) % threads)])
    return filled.reshape(-1, threads).sum(axis=1)


def _block_sums_probes(rng):
    sizes = [(8, 8), (16, 4), (5, 8), (13, 4), (30, 16), (9, 2)]
    return [
        Probe(
            f"{count} numbers, blocks of {threads}",
            (decimals(rng, count), threads),
            sizes={"the number of threads": threads},
        )
        for count, threads in sizes
    ]


def _one_round_missing(x, threads):
    filled = np.concatenate([x, np.zeros(-len(x) % threads)]).reshape(-1, threads)
    return filled[:, ::2].sum(axis=1) if threads > 1 else filled[:, 0]


def _first_of_each(x, threads):
    return x[::threads]


def _full_blocks_only(x, threads):
    sums = _block_sums(x, threads)
    return np.where((np.arange(len(sums)) + 1) * threads <= len(x), sums, 0)


BLOCK_SUMS = Exercise(
    name="block_sums",
    lesson="13",
    points=4,
    signature="block_sums(x, threads)",
    summary="y[b] = the sum of the numbers b threads, ..., b threads + threads - 1 of x, as many as there are, added up by a "
    "block in shared memory: x (L,), threads a power of 2 up to 32, y (blocks,)",
    probes=_block_sums_probes,
    reference=_block_sums,
    mutants=(
        Mutant(
            "first numbers only",
            _first_of_each,
            "Each sum is only the first number of its block: the halving never ran, or its results were not added up.",
        ),
        Mutant(
            "last round missing",
            _one_round_missing,
            "Every second number of a block is left out: the last round, when `half` is 1, is missing. Go on while `half > 0`.",
        ),
        Mutant(
            "last block lost",
            _full_blocks_only,
            "The last block is not full, and its sum is 0: threads beyond the end of x put a 0 into the shared "
            "array and take part "
            "in everything else.",
        ),
        Mutant(
            "mean for sum",
            lambda x, threads: _block_sums(x, threads) / threads,
            "Every number is too small, by exactly the number of threads: a mean where a sum is meant.",
        ),
        Mutant(
            "running total",
            lambda x, threads: np.cumsum(_block_sums(x, threads)),
            "Each sum has the blocks before it in it as well. Blocks know nothing of each other: every one has "
            "its own shared array.",
        ),
    ),
    hints=(
        "Two halves of a block: each thread of the first adds the number of its partner in the second. How many rounds does it "
        "take until one number is left?",
        "part = cuda.shared.array(32, float64); part[t] = x[i] if i < x.size else 0; then half = blockDim.x // 2, and in each "
        "round a barrier, `if t < half: part[t] += part[t + half]`, half //= 2.",
        "The barrier stands before the if, inside the while: every thread must reach it. At the end thread 0 writes "
        "y[cuda.blockIdx.x] = part[0].",
    ),
    axes=("block",),
    allowed_imports=ALLOWED,
    run_seconds=20.0,
)

EXERCISES = (BLOCKS_FOR, CONV2D_GPU, GRAD_INPUT_GPU, GRAD_WEIGHT_GPU, BLOCK_SUMS)
