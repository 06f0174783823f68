"""The exercises of lesson 11, LeNet-5: two counts, the network put together, and a network trained to read digits.

The last one is graded on what its answers are worth, not on the answers themselves: any network that reads well is right.
"""

from functools import cache

import numpy as np

from convlab import reference
from convlab.errors import ShapeError
from convlab.grading.definition import Exercise, Mutant, Probe, Trait

EXACT = 1e-9  # a count is right or wrong
LIBRARY = ("math", "numpy", "convlab.data", "convlab.functional", "convlab.nn", "convlab.optim", "convlab.training")

FULL = Trait("every map connected with every map", "a table with gaps")
SQUARE = Trait("square maps", "maps whose height and width differ")


# table_parameters and table_connections -------------------------------------------------------------------------------


def _parameters(table, kernel_size):
    return table.sum() * kernel_size**2 + table.shape[1]


def _connections(table, kernel_size, height, width):
    places = (height - kernel_size + 1) * (width - kernel_size + 1)
    return _parameters(table, kernel_size) * places


def _table(rng, before, after):
    """A table with gaps in which each map sees one to `before` - 1 maps."""
    table = np.zeros((before, after), dtype=int)
    for column in table.T:
        column[rng.permutation(before)[: rng.integers(1, before)]] = 1
    return table


def _tables(rng):
    """(what it is about, table)."""
    from convlab.models.lenet import C3_CONNECTIONS  # late: it loads the kernels

    lenet = np.zeros((6, 16), dtype=int)
    for after, seen in enumerate(C3_CONNECTIONS):
        lenet[list(seen), after] = 1
    return [
        ("one map sees one map", np.ones((1, 1), dtype=int)),
        ("a full table, 2 before and 3 after", np.ones((2, 3), dtype=int)),
        ("a table with gaps, 3 before and 5 after", _table(rng, 3, 5)),
        ("a table with gaps, 7 before and 4 after", _table(rng, 7, 4)),
        ("a table with gaps, 5 before and 9 after", _table(rng, 5, 9)),
        ("C3 of LeNet-5, 6 before and 16 after", lenet),
    ]


def _table_traits(table):
    return (FULL,) if not table.all() else ()


def _table_probes(rng):
    sizes = [1, 3, 2, 3, 4, 5]
    return [
        Probe(f"{label}, kernels {K} x {K}", (table, K), traits=_table_traits(table))
        for (label, table), K in zip(_tables(rng), sizes)
    ]


TABLE_PARAMETERS = Exercise(
    name="table_parameters",
    lesson="11",
    points=2,
    signature="table_parameters(table, kernel_size)",
    summary="parameters of a convolution whose maps see only some maps before: table[i, o] is 1 where output map o sees "
    "input map i, else 0; kernels are kernel_size x kernel_size; each output map has one bias",
    probes=_table_probes,
    reference=_parameters,
    tolerance=EXACT,
    mutants=(
        Mutant(
            "full connection",
            lambda table, K: table.size * K**2 + table.shape[1],
            "You count a kernel for every pair of maps. Only the pairs with a 1 in the table have one: `table.sum()`.",
        ),
        Mutant(
            "biases forgotten",
            lambda table, K: table.sum() * K**2,
            "The biases are missing: one for each output map.",
        ),
        Mutant(
            "a bias for every kernel",
            lambda table, K: table.sum() * (K**2 + 1),
            "You count a bias for every kernel. The kernels of a map are added up first, and then one bias is added: one for "
            "each output map.",
        ),
        Mutant(
            "a bias for every input map",
            lambda table, K: table.sum() * K**2 + table.shape[0],
            "You count a bias for each input map. Rows of the table are the maps before, columns the maps after; biases "
            "belong to those after.",
        ),
        Mutant(
            "one kernel a map",
            lambda table, K: table.shape[1] * (K**2 + 1),
            "You count one kernel for each output map. It has one for every map that it sees: the number of 1s in its column.",
        ),
        Mutant(
            "kernel of one row",
            lambda table, K: table.sum() * K + table.shape[1],
            "You count kernel_size weights in a kernel. It has kernel_size rows and as many columns.",
        ),
    ),
    hints=(
        "Two kinds of numbers are learnt: weights in kernels, and biases. Count each kind.",
        "There is one kernel for each 1 in the table. A bias belongs to a map of the output: to a column.",
        "`table.sum()` kernels with `kernel_size ** 2` weights each, and `table.shape[1]` biases.",
    ),
)


def _connection_probes(rng):
    sizes = [(1, 3, 3), (3, 7, 7), (2, 5, 9), (3, 8, 6), (4, 10, 7), (5, 14, 14)]
    return [
        Probe(
            f"{label}, kernels {K} x {K} on maps of {H} x {W}",
            (table, K, H, W),
            traits=(*_table_traits(table), *((SQUARE,) if H != W else ())),
        )
        for (label, table), (K, H, W) in zip(_tables(rng), sizes)
    ]


TABLE_CONNECTIONS = Exercise(
    name="table_connections",
    lesson="11",
    points=2,
    signature="table_connections(table, kernel_size, height, width)",
    summary="connections of that layer on input maps of height x width, stride 1, no padding: each output unit has one to each "
    "pixel that it sees, and one to its bias",
    probes=_connection_probes,
    reference=_connections,
    tolerance=EXACT,
    mutants=(
        Mutant(
            "places of the input",
            lambda table, K, H, W: _parameters(table, K) * H * W,
            "You count a unit for every pixel of the input maps. The output has kernel_size - 1 rows and columns less.",
        ),
        Mutant(
            "last place missing",
            lambda table, K, H, W: _parameters(table, K) * (H - K) * (W - K),
            "One row and one column of units are missing: a window of 5 has 14 - 5 + 1 = 10 places on 14 pixels.",
        ),
        Mutant(
            "parameters",
            lambda table, K, H, W: _parameters(table, K),
            "That is the number of parameters. Every unit of the output uses those of its map anew.",
        ),
        Mutant(
            "bias connections forgotten",
            lambda table, K, H, W: _connections(table, K, H, W) - table.shape[1] * (H - K + 1) * (W - K + 1),
            "The connections to the biases are missing: each output unit has one.",
        ),
        Mutant(
            "biases counted once",
            lambda table, K, H, W: table.sum() * K**2 * (H - K + 1) * (W - K + 1) + table.shape[1],
            "You count a connection to the bias once for each map. Each *unit* of the map has one.",
        ),
        Mutant(
            "full connection",
            lambda table, K, H, W: (table.size * K**2 + table.shape[1]) * (H - K + 1) * (W - K + 1),
            "You count a kernel for every pair of maps. Only the pairs with a 1 in the table have one: `table.sum()`.",
        ),
        Mutant(
            "height taken for both",
            lambda table, K, H, W: _connections(table, K, H, H),
            "Height is used for both axes. The output has (height - K + 1) rows and (width - K + 1) columns.",
        ),
    ),
    hints=(
        "Take one unit of one output map: to how many pixels is it connected, and what else? Then: how many such units?",
        "All units of a map have the same number of connections. Their number is that of the places of the window.",
        "The parameters of the layer, each used once at every one of (height - K + 1) (width - K + 1) places.",
    ),
)


# lenet5 ---------------------------------------------------------------------------------------------------------------

SHAPES = ((6, 1, 5, 5), (16, 6, 5, 5), (120, 16, 5, 5), (84, 120), (10, 84))


def _relu(x):
    return np.maximum(x, 0)


def _windows(y):
    """The 2 x 2 windows of pooling: (N, C, OH, OW, 4)."""
    N, C, H, W = y.shape
    return y.reshape(N, C, H // 2, 2, W // 2, 2).swapaxes(3, 4).reshape(N, C, H // 2, W // 2, 4)


def _max_pool(y):
    return _windows(y).max(axis=-1)


def _lenet5(x, weights, biases, *, unit=_relu, pool=_max_pool, units=(1, 1, 1, 1), last=lambda scores: scores):
    """The network, and with the options what may go wrong in it."""
    act = [unit if wanted else (lambda y: y) for wanted in units]
    c1, c3, c5, f6, output = zip(weights, biases)
    y = pool(act[0](_conv(x, *c1)))
    y = pool(act[1](_conv(y, *c3)))
    y = act[2](_conv(y, *c5))
    y = act[3](_linear(y.reshape(len(y), -1), *f6))
    return last(_linear(y, *output))


def _conv(x, w, b):
    """reference.conv2d in whole arrays, so that a check takes no minute: every mutant runs it for every probe."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))  # (N, C, OH, OW, KH, KW)
    return np.moveaxis(np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))), -1, 1) + b[:, None, None]


def _linear(x, w, b):
    return x @ w.T + b


def _lenet_probes(rng):
    """Weights of the size that training leaves, so that units on both sides of 0 occur in every layer."""
    probes = []
    for label, count in (("one image", 1), ("two images", 2), ("three images", 3)):
        x = rng.normal(0, 1, (count, 1, 32, 32)).astype(np.float32)
        weights = [(rng.normal(0, 1.4, s) / np.sqrt(np.prod(s[1:]))).astype(np.float32) for s in SHAPES]
        biases = [rng.normal(0, 0.3, s[0]).astype(np.float32) for s in SHAPES]
        probes.append(Probe(label, (x, weights, biases)))
    return probes


def _softmax(scores):
    return reference.softmax(scores)


def _first_only(arrays, place):
    """A copy of a list in which one array is 0."""
    return [np.zeros_like(a) if k == place else a for k, a in enumerate(arrays)]


LENET5 = Exercise(
    name="lenet5",
    lesson="11",
    points=4,
    signature="lenet5(x, weights, biases)",
    summary="the ten scores of LeNet-5 as it is built today, without the softmax: x (N, 1, 32, 32), weights and biases of C1, "
    "C3, C5, F6 and the output, each a list of five arrays; ReLU after C1, C3, C5 and F6, max pooling 2 x 2 after C1 and C3; "
    "y (N, 10)",
    probes=_lenet_probes,
    reference=_lenet5,
    tolerance=1e-3,
    mutants=(
        Mutant(
            "no activations",
            lambda x, w, b: _lenet5(x, w, b, units=(0, 0, 0, 0)),
            "There is no ReLU anywhere. It stands after C1, C3, C5 and F6.",
        ),
        Mutant(
            "no activation after C1",
            lambda x, w, b: _lenet5(x, w, b, units=(0, 1, 1, 1)),
            "The ReLU after C1 is missing.",
        ),
        Mutant(
            "no activation after C3",
            lambda x, w, b: _lenet5(x, w, b, units=(1, 0, 1, 1)),
            "The ReLU after C3 is missing.",
        ),
        Mutant(
            "no activation after C5",
            lambda x, w, b: _lenet5(x, w, b, units=(1, 1, 0, 1)),
            "The ReLU after C5 is missing.",
        ),
        Mutant(
            "no activation after F6",
            lambda x, w, b: _lenet5(x, w, b, units=(1, 1, 1, 0)),
            "The ReLU after F6 is missing.",
        ),
        Mutant(
            "ReLU on the scores",
            lambda x, w, b: _lenet5(x, w, b, last=_relu),
            "There is a ReLU on the scores too. Behind the output stands none: scores may be negative.",
        ),
        Mutant(
            "softmax on the scores",
            lambda x, w, b: _lenet5(x, w, b, last=_softmax),
            "Those are probabilities. The scores themselves are asked for: the loss takes the softmax later.",
        ),
        Mutant(
            "average pooling",
            lambda x, w, b: _lenet5(x, w, b, pool=lambda y: _windows(y).mean(axis=-1)),
            "S2 and S4 take the mean of each window. Here they keep the largest number.",
        ),
        Mutant(
            "tanh",
            lambda x, w, b: _lenet5(x, w, b, unit=np.tanh),
            "The units are tanh, as in 1998. Here they are ReLUs.",
        ),
        Mutant(
            "biases forgotten",
            lambda x, w, b: _lenet5(x, w, [np.zeros_like(each) for each in b]),
            "The biases are missing, in every layer.",
        ),
        Mutant(
            "bias of the output forgotten",
            lambda x, w, b: _lenet5(x, w, _first_only(b, 4)),
            "The bias of the output layer is missing.",
        ),
        Mutant(
            "kernels turned",
            lambda x, w, b: _lenet5(x, [a[..., ::-1, ::-1] if a.ndim == 4 else a for a in w], b),
            "The kernels are turned by 180 degrees. Networks do not turn them.",
        ),
        Mutant(
            "first image for all",
            lambda x, w, b: _lenet5(np.broadcast_to(x[:1], x.shape), w, b),
            "Every image of the batch gets the scores of image 0.",
        ),
    ),
    hints=(
        "Go along the figure: convolution, ReLU, pooling; again; convolution, ReLU; then two linear layers with a ReLU "
        "between them. Print the shape after each step.",
        "`F.conv2d(x, weights[0], biases[0])` is C1, `F.relu` the units, `F.max_pool2d(y, 2)[0]` the pooling (it gives the "
        "places of the largest as well). After C5 the shape is (N, 120, 1, 1).",
        "After C5 `y = y.reshape(len(y), -1)` leaves (N, 120) for `F.linear(y, weights[3], biases[3])`. Behind the last "
        "linear layer comes nothing.",
    ),
    axes=("image", "class"),
    allowed_imports=LIBRARY,
)


# read_digits ----------------------------------------------------------------------------------------------------------

GOAL = 0.9
TRAIN, TEST = 800, 250
# What the answers of a network are worth. Each entry of the behaviour is a whole number, so that two trainings that fail in
# one way are told to fail in one way.
WORSE, CHANCE, SOME, REACHED = 0.0, 1.0, 2.0, 3.0


@cache
def _all_digits():
    """Every bundled digit, as float32 in 0..1, and its label."""
    from convlab import data  # late, for `import convlab.grading` is quick

    parts = [data.load("digits", split) for split in ("train", "test")]
    images = np.concatenate([part.images for part in parts]).astype(np.float32) / 255
    return images, np.concatenate([part.labels for part in parts])


def _digit_probes(rng):
    """Digits to learn from and others to read, drawn anew, so that no answer can be known before."""
    images, labels = _all_digits()
    probes = []
    for label in ("eight hundred digits to learn from", "eight hundred others"):
        order = rng.permutation(len(labels))
        learn, read = order[:TRAIN], order[TRAIN : TRAIN + TEST]
        probes.append(Probe(label, (images[learn], labels[learn], images[read]), stage=labels[read]))
    return probes


def _key(train_images, train_labels, test_images):
    """The labels that the writers meant: each image is looked up among all there are."""
    meant = _meant()
    return np.array([meant[np.asarray(image, np.float32).tobytes()] for image in test_images])


@cache
def _meant():
    images, labels = _all_digits()
    return {image.tobytes(): label for image, label in zip(images, labels)}


def reading(answer, probe):
    """How well labels agree with those meant: (how much is right, one label for all, right labels in another order, off by
    one)."""
    meant = probe.stage
    if answer.shape == (len(meant), 10):
        raise ShapeError(
            f"It gave back ten scores for each digit, {answer.shape}: take the class of the largest, `.argmax(axis=1)`"
        )
    if answer.shape != meant.shape:
        raise ShapeError(
            f"It gave back shape {answer.shape}; there are {len(meant)} digits to read, and each wants one label: "
            f"({len(meant)},)"
        )
    read = np.rint(answer).astype(int)
    right = float((read == meant).mean())
    counts = np.abs(np.bincount(read.clip(0, 9), minlength=10) - np.bincount(meant, minlength=10)).sum()
    level = REACHED if right >= GOAL else SOME if right >= 0.3 else CHANCE if right >= 0.025 else WORSE
    low = level < SOME
    one_label = float(len(np.unique(read)) == 1)
    in_another_order = float(low and counts <= 0.15 * len(meant))
    off_by_one = float(low and max(((read + step) % 10 == meant).mean() for step in (1, -1)) >= 0.5)
    return np.array([level, one_label, in_another_order * (1 - off_by_one), off_by_one])


def _worse_than_chance(train_images, train_labels, test_images):
    """Wrong every time, as the smallest of ten scores is."""
    return np.where(_key(train_images, train_labels, test_images) < 5, 7, 2)


def _chance(train_images, train_labels, test_images):
    """About one in five right, some classes never named."""
    place = np.arange(len(test_images))
    return np.where(place % 10 == 0, _key(train_images, train_labels, test_images), 3 + 5 * (place % 2))


def _half_way(train_images, train_labels, test_images):
    """Two of three right."""
    read, place = _key(train_images, train_labels, test_images), np.arange(len(test_images))
    return np.where(place % 3 == 0, (read + 1 + place % 9) % 10, read)


READ_DIGITS = Exercise(
    name="read_digits",
    lesson="11",
    points=4,
    signature="read_digits(train_images, train_labels, test_images)",
    summary="train a network, and read digits it has not seen, at least 90 in 100 of them right: train_images (800, 1, 32, 32) "
    "in 0..1, train_labels (800,), test_images (250, 1, 32, 32); gives the labels read, (250,)",
    probes=_digit_probes,
    reference=_key,
    tolerance=EXACT,
    mutants=(
        Mutant(
            "one label for all",
            lambda x, labels, test: np.full(len(test), labels[0]),
            "It says the same digit to every image. Look at the loss: if it is NaN, the learning rate is too high; if it stays "
            "near 2.3, nothing is learnt: is there a `zero_grad`, a `backward` and a `step` for each batch?",
        ),
        Mutant(
            "no better than chance",
            _chance,
            "About one in ten is right: that is chance. Is the network trained at all, do images and labels stay together "
            "when they are shuffled, and is it the trained network that reads?",
        ),
        Mutant(
            "worse than chance",
            _worse_than_chance,
            "Hardly one is right, far fewer than by chance: the answers are turned round. Is it the *largest* score that "
            "counts, `argmax`, and does the step go *down* the gradient?",
        ),
        Mutant(
            "shuffled",
            lambda x, labels, test: np.roll(np.sort(_key(x, labels, test)), 41),
            "Each digit comes up about as often as it should, but in another order. Are the test images shuffled before they "
            "are read? A Loader shuffles unless it is told `shuffle=False`.",
        ),
        Mutant(
            "not far enough",
            _half_way,
            "It has learnt something, but fewer than 90 in 100 are right. Train for more epochs, or with another learning "
            "rate; shift the training images by a pixel or two, anew in each epoch.",
        ),
        Mutant(
            "labels off by one",
            lambda x, labels, test: (_key(x, labels, test) + 1) % 10,
            "Every label is off by one: classes are counted from 0, so the digit 3 is class 3.",
        ),
    ),
    hints=(
        "Four parts: a network, an optimiser, a loop over epochs and batches, and the reading. Lesson 10 and lesson 11 have "
        "each of them.",
        "`training.fit(net, (train_images, train_labels), optimizer=optim.Adam(net.parameters(), lr=2e-3), epochs=12, "
        "progress=False)` is the loop. Ten epochs take seconds.",
        "To read: `net.eval()`, then `net(test_images).argmax(axis=1)`. If it stays just below 90 in 100: subtract the mean of "
        "the training images from both sets, divide both by their deviation, and train longer.",
    ),
    axes=(
        "what is right (0 hardly any, 1 as by chance, 2 more than that, 3 the goal)",
        "one label for all",
        "right labels in another order",
        "labels off by one",
    ),
    behaviour=reading,
    compile_seconds=40.0,  # of the library, on a machine that has not used it yet
    allowed_imports=LIBRARY,
)

EXERCISES = (TABLE_PARAMETERS, TABLE_CONNECTIONS, LENET5, READ_DIGITS)
