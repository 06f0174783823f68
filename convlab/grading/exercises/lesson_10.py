"""The exercises of lesson 10, Training: SGD with momentum, the loop around it, the overfit test, and a program to mend.

Every mistake below is one that learners make. The references are written in plain NumPy, as a textbook has them.
"""

import itertools

import numpy as np

from convlab.errors import ShapeError
from convlab.grading.definition import Exercise, Mutant, Probe, Trait

MOMENTUM = Trait("momentum 0", "any other momentum")
DECAY = Trait("weight decay 0", "any other weight decay")
EPOCHS = Trait("one epoch", "several epochs")
REST = Trait("batches that come out even", "a shorter last batch")


def decimals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between -2 and 2 with one digit after the point."""
    return np.round(rng.uniform(-2, 2, shape), 1)


# sgd ------------------------------------------------------------------------------------------------------------------


def _sgd_probes(rng):
    sizes = [
        ("plain, one weight", (1,), 3, 0.1, 0.0, 0.0),
        ("plain, four weights", (4,), 5, 0.5, 0.0, 0.0),
        ("momentum 0.9", (3,), 5, 0.1, 0.9, 0.0),
        ("momentum 0.5, a matrix", (2, 3), 4, 0.2, 0.5, 0.0),
        ("weight decay", (3,), 4, 0.5, 0.0, 0.2),
        ("weight decay, a matrix", (2, 2), 5, 0.3, 0.0, 0.4),
        ("everything together", (4,), 6, 0.4, 0.9, 0.3),
        ("everything together, a kernel", (2, 1, 2, 2), 5, 0.3, 0.6, 0.5),
        ("everything together, small steps", (3, 2), 7, 0.1, 0.8, 0.6),
    ]
    return [
        Probe(
            label,
            (decimals(rng, *shape) + 3, decimals(rng, steps, *shape) + 0.5),
            {"lr": lr, "momentum": momentum, "weight_decay": decay},
            traits=tuple(trait for trait, value in ((MOMENTUM, momentum), (DECAY, decay)) if value),
        )
        for label, shape, steps, lr, momentum, decay in sizes
    ]


def _walk(change):
    """Weights after each step, `change(w, v, g, first, lr, momentum, decay)` giving the next weights and velocity."""

    def sgd(w, gradients, lr, momentum=0.0, weight_decay=0.0):
        first, v, path = w, np.zeros(w.shape), []
        for g in gradients:
            w, v = change(w, v, g, first, lr, momentum, weight_decay)
            path.append(w)
        return np.array(path)

    return sgd


def _velocity_mistake(velocity):
    """The right step along a wrong velocity, `velocity(w, v, g, first, momentum, decay)`."""

    def change(w, v, g, first, lr, momentum, decay):
        v = velocity(w, v, g, first, momentum, decay)
        return w - lr * v, v

    return _walk(change)


_sgd = _velocity_mistake(lambda w, v, g, first, m, d: m * v + g + d * w)


def _scaled(factor):
    """The right velocity, and a step of another size: `factor(lr)`."""

    def change(w, v, g, first, lr, momentum, decay):
        v = momentum * v + g + decay * w
        return w - factor(lr) * v, v

    return _walk(change)


def _nesterov(w, v, g, first, lr, momentum, decay):
    g = g + decay * w
    v = momentum * v + g
    return w - lr * (g + momentum * v), v


def _decoupled(w, v, g, first, lr, momentum, decay):
    v = momentum * v + g
    return w - lr * v - lr * decay * w, v


def _old_velocity(w, v, g, first, lr, momentum, decay):
    return w - lr * v, momentum * v + g + decay * w


def _from_the_start(w, v, g, first, lr, momentum, decay):
    v = momentum * v + g + decay * w
    return first - lr * v, v


def _before_the_step(w, gradients, lr, momentum=0.0, weight_decay=0.0):
    return np.concatenate([w[np.newaxis], _sgd(w, gradients, lr, momentum, weight_decay)[:-1]])


SGD = Exercise(
    name="sgd",
    lesson="10",
    points=3,
    signature="sgd(w, gradients, lr, momentum=0.0, weight_decay=0.0)",
    summary="the weights after each step: v = momentum v + g + weight_decay w, then w = w - lr v, v beginning at 0: w (...), "
    "gradients (T, ...), one for each step, path (T, ...)",
    probes=_sgd_probes,
    reference=_sgd,
    mutants=(
        Mutant(
            "uphill",
            _scaled(lambda lr: -lr),
            "The weights go uphill: `+` for `-`. The gradient points to where the loss grows, so the step goes against it.",
        ),
        Mutant(
            "learning rate forgotten",
            _scaled(lambda lr: 1.0),
            "Every step is taken in full, as if lr were 1: multiply the velocity by lr.",
        ),
        Mutant(
            "learning rate squared",
            _scaled(lambda lr: lr * lr),
            "The learning rate counts twice: it is in the velocity and in the step. It belongs to one of them.",
        ),
        Mutant(
            "momentum forgotten",
            _velocity_mistake(lambda w, v, g, first, m, d: g + d * w),
            "Right without momentum. With it, each step must go on along the one before: keep v from step to step, and do not "
            "set it to 0 inside the loop.",
        ),
        Mutant(
            "running mean",
            _velocity_mistake(lambda w, v, g, first, m, d: m * v + (1 - m) * (g + d * w)),
            "Right without momentum. You mix old and new, m v + (1 - m) g, as Adam does; SGD *adds* the new gradient in full: "
            "m v + g.",
        ),
        Mutant(
            "Nesterov",
            _walk(_nesterov),
            "Right without momentum. That is Nesterov's variant, which looks one step ahead; here w moves by lr * v alone.",
        ),
        Mutant(
            "velocity never fades",
            _velocity_mistake(lambda w, v, g, first, m, d: v + g + d * w),
            "All gradients so far are added up and none fades: multiply the old velocity by momentum.",
        ),
        Mutant(
            "weight decay forgotten",
            _velocity_mistake(lambda w, v, g, first, m, d: m * v + g),
            "Right without weight decay. With it, weight_decay * w joins the gradient and pulls every weight towards 0.",
        ),
        Mutant(
            "weight decay with the wrong sign",
            _velocity_mistake(lambda w, v, g, first, m, d: m * v + g - d * w),
            "The weights are pushed away from 0: weight_decay * w is *added* to the gradient, and then subtracted with it.",
        ),
        Mutant(
            "weight decay beside the velocity",
            _walk(_decoupled),
            "Right without momentum or without weight decay. You shrink the weights beside the velocity (as AdamW does); here "
            "the decay is part of the gradient, so it goes through the velocity.",
        ),
        Mutant(
            "decay of the first weights",
            _velocity_mistake(lambda w, v, g, first, m, d: m * v + g + d * first),
            "The decay is computed from the weights of the beginning. It follows the weights as they are now.",
        ),
        Mutant(
            "velocity of the step before",
            _walk(_old_velocity),
            "The first step does not move: w is changed before v has taken up the gradient. First v, then w.",
        ),
        Mutant(
            "always from the start",
            _walk(_from_the_start),
            "Every step begins at the first weights again: go on from where the last step ended, `w = w - lr * v`.",
        ),
        Mutant(
            "weights before the step",
            _before_the_step,
            "The path begins with the weights before the first step and lacks those after the last: keep w *after* each step.",
        ),
    ),
    hints=(
        "Two things live from step to step: the weights w and a velocity v, which begins as zeros.",
        "In each step first v = momentum * v + (gradient + weight_decay * w), then w = w - lr * v.",
        "`v = np.zeros(w.shape)`; `for g in gradients:` the two lines; then append w to a list, and give back np.array of the "
        "list.",
    ),
    axes=("step", "weight"),
)


# train ----------------------------------------------------------------------------------------------------------------


def _train_probe(rng, label, N, D, C, epochs, batch_size, lr, momentum):
    labels = rng.permutation(np.arange(N) % C)
    x = np.round(rng.normal(size=(N, D)) + 1.5 * np.eye(C, D)[labels], 1)
    orders = np.array([rng.permutation(N) for _ in range(epochs)])
    special = {EPOCHS: epochs > 1, REST: N % batch_size > 0, MOMENTUM: momentum > 0}
    return Probe(
        label,
        (x, labels, np.round(rng.normal(size=(C, D)) / 2, 1), np.round(rng.normal(size=C) / 2, 1), orders),
        {"batch_size": batch_size, "lr": lr, "momentum": momentum},
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={"the size of a batch": batch_size},
    )


def _train_probes(rng):
    return [
        _train_probe(rng, "one epoch, three batches", 12, 4, 3, 1, 4, 0.5, 0.0),
        _train_probe(rng, "one epoch, a shorter last batch", 11, 3, 4, 1, 4, 0.4, 0.0),
        _train_probe(rng, "two epochs", 8, 4, 3, 2, 4, 0.5, 0.0),
        _train_probe(rng, "momentum", 12, 5, 3, 1, 3, 0.2, 0.9),
        _train_probe(rng, "everything together", 10, 4, 3, 3, 4, 0.3, 0.8),
        _train_probe(rng, "everything together, four classes", 13, 5, 4, 2, 5, 0.2, 0.9),
        _train_probe(rng, "everything together, small batches", 7, 3, 3, 4, 2, 0.2, 0.6),
    ]


def _softmax_loss(x, labels, w, b):
    """Mean cross-entropy and its gradient by the scores."""
    scores = x @ w.T + b
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    loss = -np.log(p[rows, labels]).mean()
    p[rows, labels] -= 1
    return loss, p / len(x)


def _training(
    *, order=lambda orders, epoch: orders[epoch], label_order=None, drop_last=False, sign=-1, gradient=lambda g, n: g,
    carry=lambda v, g, m: m * v + g, reset=False, restart=False, bias=True, after=False, per_epoch=False, whole=False,
):  # fmt: skip
    """A training loop with one thing changed; without arguments, the right one."""

    def train(x, labels, w, b, orders, batch_size, lr, momentum=0.0):
        first, losses, vw, vb = (w, b), [], np.zeros(w.shape), np.zeros(b.shape)
        for epoch in range(len(orders)):
            chosen, named = order(orders, epoch), (label_order or order)(orders, epoch)
            if reset:
                vw, vb = np.zeros(w.shape), np.zeros(b.shape)
            if restart:
                w, b = first
            of_epoch = []
            for start in range(0, len(x), len(x) if whole else batch_size):
                stop = len(x) if whole else start + batch_size
                if drop_last and stop > len(x):
                    break
                xb, lb = x[chosen[start:stop]], labels[named[start:stop]]
                loss, ds = _softmax_loss(xb, lb, w, b)
                dw, db = gradient(ds.T @ xb, len(xb)), gradient(ds.sum(axis=0), len(xb))
                vw, vb = carry(vw, dw, momentum), carry(vb, db, momentum)
                w, b = w + sign * lr * vw, (b + sign * lr * vb if bias else b)
                of_epoch.append(_softmax_loss(xb, lb, w, b)[0] if after else loss)
            losses += [np.mean(of_epoch)] if per_epoch else of_epoch
        return np.array(losses)

    return train


def _in_order(orders, epoch):
    return np.arange(orders.shape[1])


TRAIN = Exercise(
    name="train",
    lesson="10",
    points=5,
    signature="train(x, labels, w, b, orders, batch_size, lr, momentum=0.0)",
    summary="train scores = x w^T + b with cross-entropy and SGD with momentum, epoch e taking the samples in the order "
    "orders[e], in batches (the last may be shorter): x (N, D), labels (N,), w (C, D), b (C,), orders (E, N). Returns the mean "
    "loss of each batch before its step, in order: (E ceil(N / batch_size),)",
    probes=_train_probes,
    reference=_training(),
    mutants=(
        Mutant(
            "order ignored",
            _training(order=_in_order),
            "The samples come as they lie in x: `orders` is never used. Batch k of epoch e is made of the samples "
            "orders[e][k * batch_size : (k + 1) * batch_size].",
        ),
        Mutant(
            "first order in every epoch",
            _training(order=lambda orders, epoch: orders[0]),
            "Right in the first epoch. Then the same order comes again: epoch e has its own, orders[e].",
        ),
        Mutant(
            "labels in another order",
            _training(label_order=_in_order),
            "The images are shuffled and their labels are not, so that each image gets a stranger's label. Index both with the "
            "same numbers. (How it looks in a real training: the loss stays near log C.)",
        ),
        Mutant(
            "last batch dropped",
            _training(drop_last=True),
            "The last batch of each epoch is left out where it is shorter. Those samples count too: there are ceil(N / "
            "batch_size) batches.",
        ),
        Mutant(
            "gradients pile up",
            _training(carry=lambda v, g, m: v + g),
            "Each step uses the sum of all gradients so far: the old ones are never cleared (in a network, a forgotten "
            "`zero_grad`), or the velocity never fades.",
        ),
        Mutant(
            "momentum forgotten",
            _training(carry=lambda v, g, m: g),
            "Right without momentum. With it, each step goes on along the one before: v = momentum * v + gradient, for w and "
            "for b, kept from batch to batch.",
        ),
        Mutant(
            "momentum lost between epochs",
            _training(reset=True),
            "Right in the first epoch. Then the velocity begins at 0 again: set it to zeros once, before the loop over epochs.",
        ),
        Mutant(
            "first weights again",
            _training(restart=True),
            "Every epoch begins with the first weights again, and what was learnt is lost. Go on from where the last epoch "
            "ended.",
        ),
        Mutant(
            "loss after the step",
            _training(after=True),
            "These are the losses after each step. Keep the loss that the gradient came from, before the step.",
        ),
        Mutant(
            "bias not trained",
            _training(bias=False),
            "The biases stay as they are. They have a gradient, the sum of dscores over the batch, and a velocity of their "
            "own.",
        ),
        Mutant(
            "sum for mean",
            _training(gradient=lambda g, n: g * n),
            "Every step is too large by the size of the batch: the gradient of the *mean* loss has a 1/n in it.",
        ),
        Mutant(
            "mean taken twice",
            _training(gradient=lambda g, n: g / n),
            "Every step is too small by the size of the batch: the 1/n of the mean is in dscores already, and you divide "
            "again.",
        ),
        Mutant(
            "uphill",
            _training(sign=1),
            "The losses grow: the weights move along the gradient. Subtract.",
        ),
        Mutant(
            "one loss for each epoch",
            _training(per_epoch=True),
            "There is one loss for each epoch. Keep the loss of every batch, in order.",
        ),
        Mutant(
            "all samples in one step",
            _training(whole=True),
            "Every epoch is one single step with all samples. Cut the order into batches of batch_size, and take a step for "
            "each.",
        ),
    ),
    hints=(
        "Two loops: over the orders, one for each epoch; and over the starts of the batches, range(0, N, batch_size). Inside: "
        "choose, forward, loss, backward, step.",
        "scores = x[chosen] @ w.T + b; F.cross_entropy(scores, labels[chosen]) gives the loss and dscores; dw = dscores.T @ "
        "x[chosen], db = dscores.sum(axis=0). Then the two lines of SGD, for w and for b.",
        "Before the loops: `vw, vb = np.zeros(w.shape), np.zeros(b.shape)` and an empty list. For each batch `chosen = "
        "order[start : start + batch_size]`, the four lines above, `vw = momentum * vw + dw`, `w = w - lr * vw`, the same for "
        "b, and append the loss.",
    ),
    axes=("step",),
    allowed_imports=("math", "numpy", "convlab.functional"),
)


# overfit --------------------------------------------------------------------------------------------------------------

FEW = 8  # images to learn by heart
LEARNT = 0.01  # nats: a loss below it counts as learnt by heart


def _overfit_probes(rng):
    sizes = [("3 classes, 16 pixels", 3, 16), ("2 classes, 12 pixels", 2, 12), ("4 classes, 25 pixels", 4, 25)]
    sizes += [("4 classes, 20 pixels", 4, 20), ("3 classes, 30 pixels", 3, 30)]
    return [_overfit_probe(rng, label, C, D) for label, C, D in sizes]


def _overfit_probe(rng, label, C, D):
    """Eight noise images with labels that have nothing to do with them: only learning by heart will do."""
    while True:
        labels = rng.permutation(np.arange(FEW) % C)
        if (labels != labels[::-1]).sum() >= 4 and labels[0] != labels[-1]:
            break
    x = rng.normal(size=(FEW, D))
    return Probe(label, (x, labels), stage=(x, labels, C))


def _by_heart(sure=20.0, choose=lambda x, labels: (x, labels)):
    """Right by algebra: the smallest weights that give every image `sure` for its class and 0 for the others."""

    def overfit(x, labels):
        wanted = sure * np.eye(labels.max() + 1)[labels]
        xs, wanted = choose(np.column_stack([x, np.ones(len(x))]), wanted)
        return np.linalg.lstsq(xs, wanted, rcond=None)[0].T

    return overfit


def _half_learnt(x, labels):
    """The first four images are right, the others still lean a little to another class than their own."""
    own = np.eye(labels.max() + 1)[labels]
    wanted = own * np.array([2.0] * 4 + [-0.3] * 4)[:, np.newaxis]
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), wanted, rcond=None)[0].T


def _overfit_behaviour(weights, probe):
    """What the weights do with the eight images: are all right, is the first, how good is the loss, whose labels are they?"""
    x, labels, C = probe.stage
    expected = C, x.shape[1] + 1
    if weights.shape != expected:
        raise ShapeError(f"Weights of shape (classes, pixels + 1), here {expected}, are expected, got {weights.shape}")
    if not np.isfinite(weights).all():
        raise ShapeError("The weights hold NaN or infinite numbers: the training has exploded, so take smaller steps")
    scores = x @ weights[:, :-1].T + weights[:, -1]
    right = scores.argmax(axis=1) == labels
    loss, start = _softmax_loss(x, labels, weights[:, :-1], weights[:, -1])[0], np.log(C)
    stage = 0 if loss < LEARNT else 1 if loss < 0.98 * start else 2 if loss <= 1.02 * start else 3
    turned = (scores.argmax(axis=1) == labels[::-1]).all()
    return np.array([right.all(), right[0], stage, turned], dtype=float)


OVERFIT = Exercise(
    name="overfit",
    lesson="10",
    points=3,
    signature="overfit(x, labels)",
    summary="weights (C, D + 1), the bias in the last column, that know eight images by heart: scores = x w[:, :D]^T + w[:, "
    "D], all eight right and a cross-entropy below 0.01: x (8, D), labels (8,), C = labels.max() + 1. Any way to get there is "
    "right",
    probes=_overfit_probes,
    reference=_by_heart(),
    mutants=(
        Mutant(
            "not to the end",
            _by_heart(sure=3.0),
            "All eight are right, but the loss is not below 0.01 yet: the network is right without being sure. More steps, or "
            "larger ones.",
        ),
        Mutant(
            "stopped early",
            _half_learnt,
            "The loss has fallen, but not all eight images are right yet: too few steps, or too small ones.",
        ),
        Mutant(
            "nothing learnt",
            _by_heart(sure=0.0),
            "The loss is still log C, that of a network that knows nothing: the weights you give back have not moved. Is the "
            "step taken, and are the new weights the ones you return?",
        ),
        Mutant(
            "uphill",
            _by_heart(sure=-5.0),
            "The loss is higher than at the start, and hardly an image is right: the steps go uphill. Subtract the gradient.",
        ),
        Mutant(
            "first image only",
            _by_heart(choose=lambda x, wanted: (x[:1], wanted[:1])),
            "The first image is right and the others are worse than guessed: only one image is trained on. Use all eight in "
            "each step.",
        ),
        Mutant(
            "labels in reverse order",
            _by_heart(choose=lambda x, wanted: (x, wanted[::-1])),
            "The network has learnt all eight by heart, with the labels in reverse order: images and labels are not in the "
            "same order.",
        ),
    ),
    hints=(
        "Begin with weights of zeros, and take steps downhill with all eight images at once: no batches, no shuffling.",
        "The loop of `train` with one batch of eight. How many steps, and how large? Print the loss now and then.",
        "400 steps with lr = 0.5 are enough. At the end put w (C, D) and b (C,) side by side: np.column_stack([w, b]).",
    ),
    axes=(
        "all eight right (1 for yes)",
        "the first one right (1 for yes)",
        "loss (0: below 0.01, 1: below the start, 2: as at the start, 3: above)",
        "learnt with the labels in reverse order (1 for yes)",
    ),
    behaviour=_overfit_behaviour,
    view=lambda weights, probe: probe.stage[0] @ weights[:, :-1].T + weights[:, -1],
    allowed_imports=("math", "numpy", "convlab.functional"),
)


# mended ---------------------------------------------------------------------------------------------------------------

# What is wrong in the program that the learner mends, and how it shows.
BUGS = {
    "softmax": "the softmax divides by a sum over the batch, not over the classes: its rows do not add up to 1",
    "mean": "the loss is a mean over the batch, but its gradient is not: every step is N times too large",
    "order": "the second layer is changed before the gradient has gone back through it: the way back must use the weights of "
    "the way there",
    "mask": "the ReLU is masked by the sign of the gradient; it must be masked by the sign of what came in",
}


def _two_layers(bugs=()):
    """A network of two layers and its training, with the bugs named."""

    def mended(x, labels, w1, b1, w2, b2, lr, steps):
        losses, rows = [], np.arange(len(x))
        for _ in range(steps):
            h = x @ w1.T + b1
            a = np.maximum(h, 0)
            scores = a @ w2.T + b2
            e = np.exp(scores - scores.max(axis=1, keepdims=True))
            p = e / e.sum(axis=0 if "softmax" in bugs else 1, keepdims=True)
            losses.append(-np.log(p[rows, labels]).mean())
            ds = p.copy()
            ds[rows, labels] -= 1
            if "mean" not in bugs:
                ds /= len(x)
            was = w2
            w2, b2 = w2 - lr * ds.T @ a, b2 - lr * ds.sum(axis=0)
            da = ds @ (w2 if "order" in bugs else was)
            dh = da * ((da if "mask" in bugs else h) > 0)
            w1, b1 = w1 - lr * dh.T @ x, b1 - lr * dh.sum(axis=0)
        return np.array(losses)

    return mended


def _mended_probes(rng):
    sizes = [("two classes", 4, 3, 4, 2, 0.1), ("three classes", 5, 4, 3, 3, 0.1), ("four classes", 6, 3, 5, 4, 0.1)]
    sizes += [("more samples", 9, 4, 4, 3, 0.05), ("larger steps", 5, 3, 4, 3, 0.2)]
    return [
        Probe(
            label,
            (
                decimals(rng, N, D), rng.permutation(np.arange(N) % C), decimals(rng, M, D), decimals(rng, M) / 4,
                decimals(rng, C, M), decimals(rng, C) / 4,
            ),
            {"lr": lr, "steps": 4},
            sizes={"the number of samples": N},
        )
        for label, N, D, M, C, lr in sizes
    ]  # fmt: skip


def _bugs_left(names):
    count = {1: "One bug is left", 2: "Two bugs are left", 3: "Three bugs are left", 4: "All four bugs are still there"}
    return f"{count[len(names)]}: {'; '.join(BUGS[name] for name in names)}."


MENDED = Exercise(
    name="mended",
    lesson="10",
    points=4,
    signature="mended(x, labels, w1, b1, w2, b2, lr, steps)",
    summary="the losses of a training of two layers with a ReLU between, softmax and mean cross-entropy, plain gradient "
    "descent on the whole batch, each loss taken before its step: x (N, D), labels (N,), w1 (M, D), b1 (M,), w2 (C, M), b2 "
    "(C,), losses (steps,)",
    probes=_mended_probes,
    reference=_two_layers(),
    mutants=tuple(
        Mutant(f"still there: {', '.join(names)}", _two_layers(names), _bugs_left(names))
        for count in (1, 2, 3, 4)
        for names in itertools.combinations(BUGS, count)
    ),
    hints=(
        "Go through the program line by line and ask of each array: what is its shape, along which axis is it added up, and "
        "does the line use the value of the way there?",
        "There are four bugs: one in the softmax, one in the gradient of the loss, one in the order of two lines, one in the "
        "ReLU on the way back.",
        "The sum of the softmax runs over axis 1. The gradient of a mean over N samples is divided by N. `da` is computed with "
        "w2 before w2 is changed. The ReLU lets through where h > 0.",
    ),
    axes=("step",),
)

EXERCISES = (SGD, TRAIN, OVERFIT, MENDED)
