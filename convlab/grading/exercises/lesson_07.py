"""The exercises of lesson 07, Neurons that bend: four activations with their gradients, softmax, cross-entropy.

The gradients take what the library's take: sigmoid and tanh the output y of the forward pass, the two ReLUs its input x.
"""

import numpy as np

from convlab import reference
from convlab.errors import ShapeError
from convlab.grading.definition import Exercise, Mutant, Probe, Trait
from convlab.grading.exercises.lesson_03 import decimals

FAR = Trait("numbers of ordinary size", "numbers far out, near 800")
SLOPE = Trait("a negative_slope of 0.01", "another negative_slope")
SHAPES = [("a few numbers", (6,)), ("a table", (3, 4)), ("a batch of feature maps", (2, 3, 4, 5))]


def _smooth(rng, *shape):
    """Decimals without 0, where some wrong formulas divide by 0 and say nothing more."""
    x = decimals(rng, *shape)
    return np.where(x == 0, 0.3, x)


def _cornered(rng, *shape):
    """Decimals of which every fifth is 0, with numbers on either side beside it: the corner of a ReLU is among them."""
    x = decimals(rng, *shape).ravel()
    for place, (low, high) in enumerate([(0, 0), (1.2, 1.9), (-1.9, -0.5), (0.2, 0.8)]):
        x[place::5] = np.round(rng.uniform(low, high, x[place::5].shape), 1)
    return x.reshape(shape)


def _curve_probes(rng):
    """Inputs for sigmoid and tanh, near 0 and far out."""
    near = [Probe(label, (_smooth(rng, *shape),)) for label, shape in SHAPES]
    far = rng.permutation(np.array([-900.0, -750.0, -1.0, 1.0, 750.0, 900.0]))
    return [*near, Probe("numbers far out", (far,), traits=(FAR,))]


def _bend_probes(rng):
    """Inputs for the two ReLUs."""
    return [Probe(label, (_cornered(rng, *shape),)) for label, shape in SHAPES]


def _slope_probes(rng, forward):
    """A gradient from above, and the output y of a forward pass."""
    return [Probe(label, (decimals(rng, *shape), forward(decimals(rng, *shape)))) for label, shape in SHAPES]


def _corner_probes(rng):
    """A gradient from above, and the input x of a forward pass with zeros among its numbers."""
    return [Probe(label, (decimals(rng, *shape), _cornered(rng, *shape))) for label, shape in SHAPES]


def _leaky(probes, rng):
    """The same probes with the usual slope, then with others."""
    slopes = [round(float(rng.uniform(0.1, 0.4)), 2) for _ in probes]
    usual = [Probe(p.label, p.args) for p in probes]
    steep = [
        Probe(f"{p.label}, negative_slope {s}", p.args, {"negative_slope": s}, traits=(SLOPE,))
        for p, s in zip(probes, slopes)
    ]
    return usual + steep


# sigmoid --------------------------------------------------------------------------------------------------------------

SIGMOID = Exercise(
    name="sigmoid",
    lesson="07",
    points=1,
    signature="sigmoid(x)",
    summary="y = 1 / (1 + exp(-x)), number by number, right far out too: x of any shape, y like x",
    probes=_curve_probes,
    reference=reference.sigmoid,
    mutants=(
        Mutant(
            "minus forgotten",
            lambda x: 1 / (1 + np.exp(x)),
            "Your curve falls from 1 to 0: it is the mirror image. The exponent is -x.",
        ),
        Mutant(
            "brackets forgotten",
            lambda x: 1 / 1 + np.exp(-x),
            "That is 1 + exp(-x): without brackets `1 / 1 + np.exp(-x)` divides by the first 1 only.",
        ),
        Mutant(
            "one forgotten",
            lambda x: 1 / np.exp(-x),
            "That is exp(x), which grows without end. The denominator is 1 + exp(-x).",
        ),
        Mutant(
            "minus in the denominator",
            lambda x: 1 / (1 - np.exp(-x)),
            "There is a minus in the denominator, so the curve breaks at 0. It is 1 + exp(-x).",
        ),
        Mutant(
            "tanh",
            np.tanh,
            "That is tanh: it runs from -1 to 1 and is 0 at 0. The sigmoid runs from 0 to 1 and is 0.5 at 0.",
        ),
        Mutant(
            "slope instead of value",
            lambda x: reference.sigmoid(x) * (1 - reference.sigmoid(x)),
            "That is the slope y (1 - y), a bump of height 0.25. The value itself is asked for; the slope comes next.",
        ),
    ),
    hints=(
        "What should come out at 0, at +5, at -5? Sketch the curve first: it is always between 0 and 1.",
        "NumPy works on whole arrays: `np.exp(-x)` is the exponential of every number. No loop is needed.",
        "`1 / (1 + np.exp(-x))`, with both pairs of brackets. (NumPy may warn that exp overflows far to the left; the "
        "result, 0, is right all the same.)",
    ),
)


def _sigmoid_slope_probes(rng):
    return _slope_probes(rng, reference.sigmoid)


SIGMOID_GRAD = Exercise(
    name="sigmoid_grad",
    lesson="07",
    points=1,
    signature="sigmoid_grad(dy, y)",
    summary="dx = dy y (1 - y): dy the gradient from above, y the output of sigmoid, all of one shape",
    probes=_sigmoid_slope_probes,
    reference=reference.sigmoid_grad,
    mutants=(
        Mutant(
            "dy forgotten",
            lambda dy, y: y * (1 - y),
            "That is the slope alone. The chain rule multiplies it by what comes from above, `dy`.",
        ),
        Mutant(
            "sigmoid taken again",
            lambda dy, y: dy * reference.sigmoid(y) * (1 - reference.sigmoid(y)),
            "The sigmoid is taken a second time: `y` already is its output, so the slope is y (1 - y).",
        ),
        Mutant(
            "slope of tanh",
            lambda dy, y: dy * (1 - y**2),
            "1 - y^2 is the slope of tanh. That of the sigmoid is y (1 - y).",
        ),
        Mutant(
            "second factor forgotten",
            lambda dy, y: dy * y,
            "The factor 1 - y is missing. Without it the slope would be largest where the curve is flat.",
        ),
        Mutant(
            "sign",
            lambda dy, y: dy * y * (y - 1),
            "Right but for the sign: it is y (1 - y), not y (y - 1). The sigmoid rises everywhere.",
        ),
    ),
    hints=(
        "The slope of the sigmoid can be written with its own output y alone. Where is it largest?",
        "Slope y (1 - y): 0.25 in the middle, where y is 0.5. Then the chain rule.",
        "Three factors in one line: `dy * y * (1 - y)`.",
    ),
)


# tanh -----------------------------------------------------------------------------------------------------------------

TANH = Exercise(
    name="tanh",
    lesson="07",
    points=1,
    signature="tanh(x)",
    summary="y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), number by number, right far out too: x of any shape, y like x",
    probes=_curve_probes,
    reference=reference.tanh,
    mutants=(
        Mutant(
            "sigmoid",
            reference.sigmoid,
            "That is the sigmoid, from 0 to 1. tanh runs from -1 to 1 and is 0 at 0.",
        ),
        Mutant(
            "argument not doubled",
            lambda x: 2 * reference.sigmoid(x) - 1,
            "The curve is too flat by a factor of 2 along x: tanh(x) is 2 sigmoid(2x) - 1, with 2x inside.",
        ),
        Mutant(
            "not shifted",
            lambda x: 2 * reference.sigmoid(2 * x),
            "Every number is too large by 1: shift the stretched sigmoid down, 2 sigmoid(2x) - 1.",
        ),
        Mutant(
            "denominator forgotten",
            lambda x: np.exp(x) - np.exp(-x),
            "Only the numerator is there, and it grows without end. Divide by exp(x) + exp(-x).",
        ),
        Mutant(
            "divided by 2",
            np.sinh,
            "That is sinh, the numerator divided by 2. Divide by exp(x) + exp(-x).",
        ),
        Mutant(
            "upside down",
            lambda x: (np.exp(x) + np.exp(-x)) / (np.exp(x) - np.exp(-x)),
            "Numerator and denominator have changed places: the minus belongs above.",
        ),
    ),
    hints=(
        "tanh is the sigmoid, stretched: from -1 to 1 in place of 0 to 1, and twice as steep along x.",
        "The formula with four exponentials fails far out, where exp(800) is infinite. 2 sigmoid(2x) - 1 is the same "
        "function and does not.",
        "`2 * sigmoid(2 * x) - 1` with your own sigmoid. (NumPy's np.tanh is right as well, of course.)",
    ),
)

TANH_GRAD = Exercise(
    name="tanh_grad",
    lesson="07",
    points=1,
    signature="tanh_grad(dy, y)",
    summary="dx = dy (1 - y^2): dy the gradient from above, y the output of tanh, all of one shape",
    probes=lambda rng: _slope_probes(rng, np.tanh),
    reference=reference.tanh_grad,
    mutants=(
        Mutant(
            "dy forgotten",
            lambda dy, y: 1 - y**2,
            "That is the slope alone. The chain rule multiplies it by what comes from above, `dy`.",
        ),
        Mutant(
            "tanh taken again",
            lambda dy, y: dy * (1 - np.tanh(y) ** 2),
            "tanh is taken a second time: `y` already is its output, so the slope is 1 - y^2.",
        ),
        Mutant(
            "slope of the sigmoid",
            lambda dy, y: dy * y * (1 - y),
            "y (1 - y) is the slope of the sigmoid. That of tanh is 1 - y^2.",
        ),
        Mutant(
            "square forgotten",
            lambda dy, y: dy * (1 - y),
            "The square is missing: 1 - y^2. The slope is the same at y and at -y.",
        ),
        Mutant(
            "dy squared in",
            lambda dy, y: dy - y**2,
            "The brackets are missing: `dy * (1 - y**2)`; what you have is dy - y^2.",
        ),
    ),
    hints=(
        "As with the sigmoid, the slope can be written with the output y alone. It is 1 where y is 0.",
        "Slope 1 - y^2: 1 in the middle, nearly 0 where y is near 1 or -1. Then the chain rule.",
        "One line: `dy * (1 - y**2)`, with the brackets.",
    ),
)


# ReLU and leaky ReLU --------------------------------------------------------------------------------------------------

RELU = Exercise(
    name="relu",
    lesson="07",
    points=1,
    signature="relu(x)",
    summary="y = max(x, 0), number by number: x of any shape, y like x",
    probes=_bend_probes,
    reference=reference.relu,
    mutants=(
        Mutant(
            "largest number only",
            lambda x: np.max(x, axis=0),
            "`np.max(x, 0)` takes the largest number along axis 0. The larger of two numbers, place by place, is "
            "`np.maximum`.",
        ),
        Mutant(
            "0 or 1",
            lambda x: (x > 0) * 1.0,
            "You give back 1 where x is positive: that is the slope. ReLU lets the number itself through.",
        ),
        Mutant(
            "absolute value",
            np.abs,
            "Negative numbers become positive: that is the absolute value. ReLU makes them 0.",
        ),
        Mutant(
            "the wrong half",
            lambda x: np.minimum(x, 0),
            "The negative numbers are kept and the positive ones lost: the larger of x and 0 is asked for.",
        ),
        Mutant(
            "cut off at 1",
            lambda x: np.clip(x, 0, 1),
            "Numbers above 1 are cut off. ReLU has no upper end; that it never gets flat on the right is its whole point.",
        ),
    ),
    hints=(
        "Positive numbers go through as they are. What becomes of the others?",
        "Either the larger of two numbers place by place, or a multiplication by a mask of 0 and 1.",
        "Either `np.maximum(x, 0)` or `x * (x > 0)` will do.",
    ),
)

RELU_GRAD = Exercise(
    name="relu_grad",
    lesson="07",
    points=1,
    signature="relu_grad(dy, x)",
    summary="dx = dy where x > 0, else 0, and 0 at x = 0 too: dy the gradient from above, x the input of relu",
    probes=_corner_probes,
    reference=reference.relu_grad,
    mutants=(
        Mutant(
            "masked on dy",
            lambda dy, x: dy * (dy > 0),
            "The mask looks at the sign of `dy`. It is the sign of x that decides: where x was positive, dy goes "
            "through whatever its sign is.",
        ),
        Mutant(
            "masked twice",
            lambda dy, x: np.maximum(dy, 0) * (x > 0),
            "Negative gradients are lost: ReLU was applied to `dy` as well. Backwards only the mask of x counts.",
        ),
        Mutant(
            "dy forgotten",
            lambda dy, x: (x > 0) * 1.0,
            "That is the slope alone, 0 or 1. The chain rule multiplies it by what comes from above, `dy`.",
        ),
        Mutant(
            "value instead of slope",
            lambda dy, x: dy * np.maximum(x, 0),
            "You multiply by the value of ReLU. Its slope is wanted: 1 where x is positive, else 0.",
        ),
        Mutant(
            "the wrong half",
            lambda dy, x: dy * (x <= 0),
            "The mask is the wrong way round: the gradient goes through where x is positive.",
        ),
        Mutant(
            "open at 0",
            lambda dy, x: dy * (x >= 0),
            "Right but at x = 0, where the gradient goes through in yours. There is no slope in the corner; here, as in "
            "PyTorch, it counts as 0: use > in place of >=.",
        ),
    ),
    hints=(
        "The slope of ReLU is 1 on one side and 0 on the other. Which array decides on which side a number is?",
        "Make a mask from x, and multiply dy by it. At x = 0 itself the slope counts as 0.",
        "One line: `dy * (x > 0)`. True counts as 1, False as 0.",
    ),
)


def _leaky_value(x, negative_slope=0.01):
    return reference.leaky_relu(x, negative_slope)


def _leaky_slope(dy, x, negative_slope=0.01):
    return reference.leaky_relu_grad(dy, x, negative_slope)


LEAKY_RELU = Exercise(
    name="leaky_relu",
    lesson="07",
    points=1,
    signature="leaky_relu(x, negative_slope=0.01)",
    summary="y = x where x > 0, else negative_slope x, number by number: x of any shape, y like x",
    probes=lambda rng: _leaky(_bend_probes(rng), rng),
    reference=_leaky_value,
    tolerance=1e-5,
    mutants=(
        Mutant(
            "no leak",
            lambda x, negative_slope=0.01: np.maximum(x, 0),
            "That is the plain ReLU: negative numbers become 0. Here they shrink, to negative_slope times themselves.",
        ),
        Mutant(
            "slope never used",
            lambda x, negative_slope=0.01: _leaky_value(x),
            "The slope is always 0.01, whatever is asked for: use the argument `negative_slope`.",
        ),
        Mutant(
            "slope as a value",
            lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope),
            "Where x is not positive you give back negative_slope itself. Multiply x by it.",
        ),
        Mutant(
            "turned upwards",
            lambda x, negative_slope=0.01: np.where(x > 0, x, -negative_slope * x),
            "The left side goes up: there is a minus too many. A negative x stays negative, only smaller.",
        ),
        Mutant(
            "small on both sides",
            lambda x, negative_slope=0.01: negative_slope * x,
            "Positive numbers are shrunk as well. They go through as they are.",
        ),
    ),
    hints=(
        "Two cases. What happens to a positive number, what to a negative one?",
        "`np.where(condition, a, b)` takes a where the condition holds, else b, place by place.",
        "One line: `np.where(x > 0, x, negative_slope * x)`.",
    ),
)

LEAKY_RELU_GRAD = Exercise(
    name="leaky_relu_grad",
    lesson="07",
    points=1,
    signature="leaky_relu_grad(dy, x, negative_slope=0.01)",
    summary="dx = dy where x > 0, else negative_slope dy, at x = 0 too: dy the gradient from above, x the input",
    probes=lambda rng: _leaky(_corner_probes(rng), rng),
    reference=_leaky_slope,
    tolerance=1e-5,
    mutants=(
        Mutant(
            "no leak",
            lambda dy, x, negative_slope=0.01: dy * (x > 0),
            "That is the gradient of the plain ReLU. On the left the slope is negative_slope, not 0.",
        ),
        Mutant(
            "masked on dy",
            lambda dy, x, negative_slope=0.01: np.where(dy > 0, dy, negative_slope * dy),
            "The sign of `dy` decides in yours. It is the sign of x that does.",
        ),
        Mutant(
            "slope never used",
            lambda dy, x, negative_slope=0.01: _leaky_slope(dy, x),
            "The slope is always 0.01, whatever is asked for: use the argument `negative_slope`.",
        ),
        Mutant(
            "dy forgotten",
            lambda dy, x, negative_slope=0.01: np.where(x > 0, 1.0, negative_slope),
            "That is the slope alone. The chain rule multiplies it by what comes from above, `dy`.",
        ),
        Mutant(
            "dy forgotten on the left",
            lambda dy, x, negative_slope=0.01: np.where(x > 0, dy, negative_slope),
            "On the left you give back negative_slope itself. It is the slope; multiply `dy` by it.",
        ),
        Mutant(
            "x on the left",
            lambda dy, x, negative_slope=0.01: np.where(x > 0, dy, negative_slope * x),
            "On the left you give back the value of leaky ReLU, negative_slope times x. Backwards it is negative_slope "
            "times dy.",
        ),
    ),
    hints=(
        "The slope is 1 on the right and negative_slope on the left. Then the chain rule.",
        "The same two cases as in leaky_relu, decided by x again; what is passed on is dy.",
        "One line: `np.where(x > 0, dy, negative_slope * dy)`.",
    ),
)


# softmax --------------------------------------------------------------------------------------------------------------

LARGE = Trait("small scores", "scores in the hundreds")
BEHIND = Trait("a true class that is not far behind", "a true class far behind the best one")
APART = Trait("images with scores of one size", "images whose scores lie far apart")


def _scores(rng, N, K):
    """Scores of N images with an order that is never the same as their softmax's squares: no ties, no zeros alone."""
    return decimals(rng, N, K) * 2


def _large_scores(rng, N, K):
    """Scores whose exponentials are still numbers, and whose sum of exponentials is not: exp(709) is 8e307."""
    return 709 + np.round(rng.uniform(0.1, 0.7, (N, K)), 2)


def _score_arrays(rng):
    """(label, scores, traits), the plainest first."""
    one, two = _large_scores(rng, 2, 4), _large_scores(rng, 3, 5)
    return [
        ("one image, three classes", _scores(rng, 1, 3), ()),
        ("four images, three classes", _scores(rng, 4, 3), ()),
        ("two images, five classes", _scores(rng, 2, 5), ()),
        ("three images, three classes", _scores(rng, 3, 3), ()),
        ("four images, four classes", _scores(rng, 4, 4), ()),
        ("scores near 709", one, (LARGE,)),
        ("more scores near 709", two, (LARGE,)),
        ("scores near 1000", _scores(rng, 3, 4) + 1000, (LARGE,)),
        ("scores near -1000", _scores(rng, 2, 3) - 1000, (LARGE,)),
    ]


def _softmax_probes(rng):
    plain = [
        Probe(label, (x,), traits=traits, sizes={"the number of images": len(x), "the number of classes": x.shape[1]})
        for label, x, traits in _score_arrays(rng)
    ]
    apart = _scores(rng, 2, 3) + np.array([[0.0], [-900.0]])
    return [*plain, Probe("two images whose scores lie far apart", (apart,), traits=(LARGE, APART))]


def _naive_softmax(x):
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


def _without_keepdims(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1)


SOFTMAX = Exercise(
    name="softmax",
    lesson="07",
    points=3,
    signature="softmax(x)",
    summary="y[n, k] = exp(x[n, k]) / sum over q of exp(x[n, q]), right for scores of any size: x (N, K), y (N, K)",
    probes=_softmax_probes,
    reference=reference.softmax,
    mutants=(
        Mutant(
            "largest score not taken off",
            _naive_softmax,
            "Right for small scores, but the exponentials of large ones overflow. Take the largest score of each image "
            "off first, `x - x.max(axis=1, keepdims=True)`: the probabilities stay the same.",
        ),
        Mutant(
            "along the batch",
            lambda x: reference.softmax(x, axis=0),
            "The columns add up to 1 in yours. Each image has its own probabilities: the rows must add up to 1 (axis=1).",
        ),
        Mutant(
            "over the whole batch",
            lambda x: reference.softmax(x.reshape(1, -1)).reshape(x.shape),
            "All numbers together add up to 1. Each image has its own probabilities: add up along axis=1 only.",
        ),
        Mutant(
            "applied twice",
            lambda x: reference.softmax(reference.softmax(x)),
            "The softmax is applied twice: the second one makes everything nearly equal.",
        ),
        Mutant(
            "logarithm taken",
            reference.log_softmax,
            "Your numbers are the logarithms of the right ones. Probabilities lie between 0 and 1.",
        ),
        Mutant(
            "not divided",
            lambda x: np.exp(x - x.max(axis=1, keepdims=True)),
            "The largest number of each row is 1: the division by the sum is missing.",
        ),
        Mutant(
            "keepdims forgotten",
            _without_keepdims,
            "Each column is divided by the sum of a row: `sum(axis=1)` gives shape (N,), which NumPy lays along the "
            "classes. With keepdims=True it is (N, 1), one sum for each image.",
        ),
    ),
    hints=(
        "Three steps: exponentials, their sum for each image, the quotient. What must each row add up to?",
        "`sum(axis=1, keepdims=True)` gives (N, 1), which fits beside (N, K). And exp(1000) is infinite: what may be taken "
        "off every score of an image without changing the quotient?",
        "`e = np.exp(x - x.max(axis=1, keepdims=True))`, then `e / e.sum(axis=1, keepdims=True)`.",
    ),
    axes=("image", "class"),
)


# cross-entropy --------------------------------------------------------------------------------------------------------


def _labelled_probes(rng):
    """Scores with labels. No label is the largest score of its image, so that a guess is never the truth by chance."""
    behind = [(f"true class far behind, {N} images", _scores(rng, N, 3) + 1700, (LARGE, BEHIND)) for N in (2, 3)]
    probes = []
    for label, x, traits in [*_score_arrays(rng), *behind]:
        N, K = x.shape
        labels = (x.argmax(axis=1) + rng.integers(1, K, N)) % K
        if BEHIND in traits:
            x[np.arange(N), labels] -= 900  # its probability is 0 for a computer, and its own exponential is infinite
        sizes = {"the number of images": N, "the number of classes": K, "images times classes": N * K}
        probes.append(Probe(label, (x, labels), traits=traits, sizes=sizes))
    return probes


def _loss(logits, labels):
    return reference.cross_entropy(logits, labels)[0]


def _grad(logits, labels):
    return reference.cross_entropy(logits, labels)[1]


def _loss_in_numbers(answer, probe):
    """The loss, and whether it is a number at all: an overflow and a logarithm of 0 can be told from a wrong value."""
    if answer.size != 1:
        raise ShapeError(f"One number is expected, the mean over the images, got an array of shape {answer.shape}")
    loss = float(answer.reshape(()))
    return np.array([loss if np.isfinite(loss) else 0.0, float(np.isinf(loss)), float(np.isnan(loss))])


def _at_labels(values, labels):
    return values[np.arange(len(labels)), labels]


CROSS_ENTROPY = Exercise(
    name="cross_entropy",
    lesson="07",
    points=2,
    signature="cross_entropy(logits, labels)",
    summary="loss = -1/N sum over n of log softmax(logits[n])[labels[n]], right for scores of any size: logits (N, K), "
    "labels (N,), one number",
    probes=_labelled_probes,
    reference=_loss,
    mutants=(
        Mutant(
            "sign lost",
            lambda logits, labels: -_loss(logits, labels),
            "Right but for the sign. The logarithm of a probability is negative, so the loss needs a minus.",
        ),
        Mutant(
            "summed",
            lambda logits, labels: _loss(logits, labels) * len(labels),
            "That is the sum over the images; the loss is their mean. Else it would grow with the batch.",
        ),
        Mutant(
            "divided by all numbers",
            lambda logits, labels: _loss(logits, labels) / logits.shape[1],
            "You divide by images times classes. There is one term for each image: divide by N.",
        ),
        Mutant(
            "logarithm forgotten",
            lambda logits, labels: -_at_labels(reference.softmax(logits), labels).mean(),
            "That is minus the mean probability of the true class. The logarithm is missing.",
        ),
        Mutant(
            "largest score in place of the label",
            lambda logits, labels: _loss(logits, logits.argmax(axis=1)),
            "You take the probability of the network's favourite. The label says which class counts.",
        ),
        Mutant(
            "softmax forgotten",
            lambda logits, labels: -_at_labels(logits, labels).mean(),
            "You take minus the mean score of the true class. Scores are no probabilities yet: softmax, then logarithm.",
        ),
        Mutant(
            "softmax applied twice",
            lambda logits, labels: _loss(reference.softmax(logits), labels),
            "The softmax is applied twice. Then the loss cannot come near 0, however good the network is.",
        ),
        Mutant(
            "overflow",
            lambda logits, labels: -np.log(_at_labels(_naive_softmax(logits), labels)).mean(),
            "Right for small scores, but the exponentials of large ones overflow. Take the largest score of each image off "
            "first; the differences are all that counts.",
        ),
        Mutant(
            "logarithm of 0",
            lambda logits, labels: -np.log(_at_labels(reference.softmax(logits), labels)).mean(),
            "Infinite where the true class is far behind: its probability has become 0, and you take the logarithm of it. "
            "Write the logarithm out instead: log softmax = x - log(sum of exp(x)), with the largest score off first.",
        ),
        Mutant(
            "last image only",
            lambda logits, labels: _loss(logits[-1:], labels[-1:]),
            "Only the last image counts. Add up over the batch, then divide by N.",
        ),
    ),
    hints=(
        "For each image, one probability counts: that of its true class. What is the surprise at it?",
        "`logp[np.arange(N), labels]` picks one number of each row. To stay finite, write the logarithm out: after the "
        "largest score is taken off, log softmax = x - log(sum of exp(x)).",
        "`z = logits - logits.max(axis=1, keepdims=True)`; `logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))`; "
        "then minus the mean of the numbers picked.",
    ),
    tolerance=1e-5,
    axes=("The loss", "is it infinite (1 for yes)", "is it NaN (1 for yes)"),
    behaviour=_loss_in_numbers,
)


def _one_hot(labels, K):
    return np.eye(K)[labels]


CROSS_ENTROPY_GRAD = Exercise(
    name="cross_entropy_grad",
    lesson="07",
    points=3,
    signature="cross_entropy_grad(logits, labels)",
    summary="dlogits = (softmax(logits) - one-hot(labels)) / N, right for scores of any size: logits (N, K), "
    "labels (N,), dlogits (N, K)",
    probes=_labelled_probes,
    reference=_grad,
    mutants=(
        Mutant(
            "not divided by N",
            lambda logits, labels: _grad(logits, labels) * len(labels),
            "Every number is too large, by exactly the batch size: the loss is a mean, so its gradient carries 1/N.",
        ),
        Mutant(
            "divided by N twice",
            lambda logits, labels: _grad(logits, labels) / len(labels),
            "Every number is too small, by exactly the batch size: you divide by N twice.",
        ),
        Mutant(
            "one-hot forgotten",
            lambda logits, labels: reference.softmax(logits) / len(labels),
            "That is softmax / N: the 1 at the true class is never subtracted, so every score would be pushed down.",
        ),
        Mutant(
            "sign",
            lambda logits, labels: -_grad(logits, labels),
            "Right but for the sign: softmax minus one-hot. A step against the gradient must raise the true score.",
        ),
        Mutant(
            "true class only",
            lambda logits, labels: _grad(logits, labels) * _one_hot(labels, logits.shape[1]),
            "Only the true class has a gradient. The others have one as well: their scores are in the sum below.",
        ),
        Mutant(
            "label as a number",
            lambda logits, labels: (reference.softmax(logits) - labels[:, None]) / len(labels),
            "You subtract the number of the class from the whole row. Subtract 1, at the place of that class only.",
        ),
        Mutant(
            "largest score in place of the label",
            lambda logits, labels: _grad(logits, logits.argmax(axis=1)),
            "You subtract the 1 at the network's favourite. The label says where it belongs.",
        ),
        Mutant(
            "softmax forgotten",
            lambda logits, labels: (logits - _one_hot(labels, logits.shape[1])) / len(labels),
            "You subtract the one-hot rows from the scores. It is the probabilities they are subtracted from.",
        ),
        Mutant(
            "overflow",
            lambda logits, labels: (_naive_softmax(logits) - _one_hot(labels, logits.shape[1])) / len(labels),
            "Right for small scores, but the exponentials of large ones overflow. Your own stable softmax does not.",
        ),
    ),
    hints=(
        "What does the network say, what should it have said, and how far apart are the two?",
        "Begin with your softmax. In each row, at the place of its label, take 1 off. Which other factor does a mean bring?",
        "`d = softmax(logits)`; `d[np.arange(len(labels)), labels] -= 1`; `d / len(labels)`.",
    ),
    axes=("image", "class"),
)

EXERCISES = (
    SIGMOID,
    SIGMOID_GRAD,
    TANH,
    TANH_GRAD,
    RELU,
    RELU_GRAD,
    LEAKY_RELU,
    LEAKY_RELU_GRAD,
    SOFTMAX,
    CROSS_ENTROPY,
    CROSS_ENTROPY_GRAD,
)
