"""The exercises of lesson 06: the right answer in any style passes; every known mistake fails and is named."""

import itertools

import numpy as np
import pytest
from scipy import signal

from convlab.grading import Outcome, diagnose
from convlab.grading.difference import close
from convlab.grading.exercises import EXERCISES, find
from convlab.grading.exercises.lesson_06 import EXERCISES as LESSON

MUTANTS = [pytest.param(e, m, id=f"{e.name}: {m.name}") for e in LESSON for m in e.mutants]
BY_NAME = pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)


# The references against other libraries, and against central differences ----------------------------------------------


def scipy_average(x, kernel_size, stride):
    mean = np.full((1, 1, kernel_size, kernel_size), 1 / kernel_size**2)
    return signal.correlate(x, mean, mode="valid", method="direct")[:, :, ::stride, ::stride]


@pytest.mark.parametrize("seed", range(2))
def test_average_equals_scipy(seed):
    for probe in find("avg_pool").draw(seed):
        want = scipy_average(*probe.args, **probe.kwargs)
        np.testing.assert_allclose(find("avg_pool").reference(*probe.args, **probe.kwargs), want, atol=1e-12)


@pytest.mark.parametrize("seed", range(2))
def test_largest_equals_sorted_windows(seed):
    for probe in find("max_pool").draw(seed):
        (x,), K, s = probe.args, probe.kwargs["kernel_size"], probe.kwargs["stride"]
        y = find("max_pool").reference(x, K, s)
        assert y.shape[2:] == tuple(len(range(0, M - K + 1, s)) for M in x.shape[2:])
        for n, c, i, j in np.ndindex(y.shape):
            assert y[n, c, i, j] == sorted(x[n, c, i * s : i * s + K, j * s : j * s + K].ravel().tolist())[-1]


@pytest.mark.parametrize("name", ["max_pool", "avg_pool"])
def test_gradients_equal_central_differences_where_there_are_no_ties(name):
    forward, step = find(name).reference, 1e-3  # numbers are 0.1 or more apart, and pooling is linear in between
    for probe in find(f"{name}_grad").draw(0)[:7]:
        dy, x = probe.args
        slopes = np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[place] += step
            down[place] -= step
            rise = forward(up, **probe.kwargs) - forward(down, **probe.kwargs)
            slopes[place] = (dy * rise).sum() / (2 * step)
        np.testing.assert_allclose(find(f"{name}_grad").reference(dy, x, **probe.kwargs), slopes, atol=1e-6)


def test_the_first_of_equals_wins_row_by_row():
    x = np.array([[[[5.0, 5], [0, 5]]]])
    dx = find("max_pool_grad").reference(np.full((1, 1, 1, 1), 6.0), x, 2, 2)
    assert dx.tolist() == [[[[6, 0], [0, 0]]]]


def test_tolerance_by_hand():
    bar = np.zeros((1, 1, 8, 8))
    bar[..., 2:6, 2:4] = 9
    tolerance = find("shift_tolerance").reference
    assert tolerance(bar, 1, 2) == pytest.approx([1 - 18 / 54])
    assert tolerance(bar, 1, 4) == pytest.approx([1 - 18 / 54])
    assert tolerance(bar, 2, 2) == pytest.approx([0])
    centred = np.roll(bar, -1, axis=3)  # columns 1 and 2: both moves stay within a window of 4
    assert tolerance(centred, 1, 4) == pytest.approx([1])


# Right answers --------------------------------------------------------------------------------------------------------


@BY_NAME
@pytest.mark.parametrize("seed", range(4))
def test_solution_gets_full_points(exercise, seed):
    verdict = diagnose(exercise, exercise.reference, seed)
    assert verdict.outcome is Outcome.RIGHT
    assert verdict.points == verdict.max_points == exercise.points > 0
    assert verdict.notes == ()


def windows(x, K, s):
    return np.lib.stride_tricks.sliding_window_view(x, (K, K), (2, 3))[:, :, ::s, ::s]


def max_pool_windows(x, kernel_size, stride):
    return windows(x, kernel_size, stride).max(axis=(-1, -2))


def max_pool_search(x, kernel_size, stride):
    N, C, H, W = x.shape
    y = np.full((N, C, (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1), -np.inf)
    for n, c, i, j in np.ndindex(y.shape):
        for u, v in np.ndindex(kernel_size, kernel_size):
            if x[n, c, i * stride + u, j * stride + v] > y[n, c, i, j]:
                y[n, c, i, j] = x[n, c, i * stride + u, j * stride + v]
    return y


def max_pool_list(x, kernel_size, stride):
    return max_pool_windows(x.astype(np.float32), kernel_size, stride).tolist()


def max_pool_grad_search(dy, x, kernel_size, stride):
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dy.shape):
        best, place = -np.inf, None
        for u, v in np.ndindex(kernel_size, kernel_size):
            value = x[n, c, i * stride + u, j * stride + v]
            if value > best:
                best, place = value, (i * stride + u, j * stride + v)
        dx[n, c, place[0], place[1]] += dy[n, c, i, j]
    return dx


def max_pool_grad_scatter(upstream, images, size, step):
    N, C, OH, OW = upstream.shape
    u, v = np.divmod(windows(images, size, step).reshape(N, C, OH, OW, -1).argmax(-1), size)
    n, c, i, j = np.ogrid[:N, :C, :OH, :OW]
    dx = np.zeros(images.shape, np.float32)
    np.add.at(dx, (n, c, i * step + u, j * step + v), upstream.astype(np.float32))
    return dx


def avg_pool_sum(x, kernel_size, stride):
    return np.einsum("ncijuv->ncij", windows(x, kernel_size, stride)) / kernel_size**2


def avg_pool_grad_taps(dy, x, kernel_size, stride):
    dx, (OH, OW) = np.zeros(x.shape), dy.shape[2:]
    for u, v in np.ndindex(kernel_size, kernel_size):
        dx[:, :, u : u + OH * stride : stride, v : v + OW * stride : stride][:, :, :OH, :OW] += dy / kernel_size**2
    return dx


def tolerance_loops(x, shift, kernel_size):
    answers = []
    for image in x:
        moved = np.concatenate([np.zeros((*image.shape[:2], shift)), image], axis=2)[..., : image.shape[2]]
        a, b = (max_pool_windows(each[None], kernel_size, kernel_size) for each in (image, moved))
        answers.append(1 - sum(abs(p - q) for p, q in zip(a.ravel(), b.ravel())) / (a.sum() + b.sum()))
    return answers


STYLES = [
    ("max_pool", max_pool_windows),
    ("max_pool", max_pool_search),
    ("max_pool", max_pool_list),
    ("max_pool_grad", max_pool_grad_search),
    ("avg_pool", avg_pool_sum),
    ("avg_pool_grad", avg_pool_grad_taps),
    ("shift_tolerance", tolerance_loops),
]


@pytest.mark.parametrize(("name", "function"), STYLES, ids=lambda value: getattr(value, "__name__", value))
@pytest.mark.parametrize("seed", range(2))
def test_another_style_is_right(name, function, seed):
    verdict = diagnose(find(name), function, seed)
    assert (verdict.outcome, verdict.points) == (Outcome.RIGHT, find(name).points), verdict.sentence


def test_other_names_for_the_arguments_are_right_where_they_are_positional():
    def max_pool_grad(upstream, images, kernel_size, stride):
        return max_pool_grad_scatter(upstream, images, kernel_size, stride)

    assert diagnose(find("max_pool_grad"), max_pool_grad, 0).outcome is Outcome.RIGHT


@BY_NAME
def test_an_untouched_stub_is_not_attempted(exercise):
    def stub(*args, **options):
        raise NotImplementedError()

    verdict = diagnose(exercise, stub, 0)
    assert (verdict.outcome, verdict.points) == (Outcome.NOT_ATTEMPTED, 0)


# Wrong answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exercise", "mutant"), MUTANTS)
def test_mutant_fails_and_is_named_by_its_own_sentence(exercise, mutant):
    for seed in range(3):
        verdict = diagnose(exercise, mutant.function, seed)
        assert (verdict.outcome, verdict.points) == (Outcome.WRONG, 0)
        assert (verdict.mutant, verdict.sentence) == (mutant.name, mutant.sentence), f"seed {seed}: {verdict.sentence}"


@BY_NAME
def test_there_are_enough_mutants_and_each_has_its_own_sentence(exercise):
    assert len(exercise.mutants) >= 4
    assert len({mutant.sentence for mutant in exercise.mutants}) == len(exercise.mutants)


@BY_NAME
@pytest.mark.parametrize("seed", range(2))
def test_every_mutant_differs_from_every_other_on_two_probes(exercise, seed):
    functions = {mutant.name: mutant.function for mutant in exercise.mutants} | {"right": exercise.reference}
    probes = exercise.draw(seed)
    results = {
        name: [np.asarray(function(*probe.args, **probe.kwargs), dtype=float) for probe in probes]
        for name, function in functions.items()
    }
    for one, other in itertools.combinations(results, 2):
        differing = sum(not close(a, b, exercise.tolerance) for a, b in zip(results[one], results[other]))
        assert differing >= 2, f"{one} and {other} differ on {differing} probes"


# Mistakes as learners write them, in loops of their own, not in the mutants' code.


def learner(begin="x[n, c, i * s, j * s]", rows="i * s", out="K", better=">"):
    """Source of a max_pool in loops with one line changed."""
    columns = rows.replace("i", "j", 1)
    source = f"""
def max_pool(x, kernel_size, stride):
    K, s = kernel_size, stride
    N, C, H, W = x.shape
    y = np.zeros((N, C, (H - K) // s + 1, (W - K) // s + 1))
    for n in range(N):
        for c in range(C):
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    best = {begin}
                    for u in range({out}):
                        for v in range({out}):
                            value = x[n, c, {rows} + u, {columns} + v]
                            if value {better} best:
                                best = value
                    y[n, c, i, j] = best
    return y
"""
    namespace = {"np": np}
    exec(source, namespace)
    return namespace["max_pool"]


def test_the_unchanged_loops_are_right():
    assert diagnose(find("max_pool"), learner(), 0).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("changes", "mutant"),
    [
        ({"begin": "0"}, "maximum begins at zero"),
        ({"rows": "i", "begin": "-np.inf"}, "window start without stride"),
        ({"out": "K - 1"}, "window too small"),
        ({"better": "<"}, ""),
    ],
    ids=str,
)
def test_mistakes_in_a_learners_loops(changes, mutant):
    for seed in range(3):
        verdict = diagnose(find("max_pool"), learner(**changes), seed)
        assert (verdict.outcome, verdict.mutant) == (Outcome.WRONG, mutant)


@pytest.mark.parametrize(
    ("line", "mutant"),
    [
        ("part += dy[n, c, i, j] * (window == window.max())", "every tied maximum gets the gradient"),
        (
            "part += dy[n, c, i, j] * (window == window.max()) / (window == window.max()).sum()",
            "ties share the gradient",
        ),
        ("part[np.unravel_index(window.argmax(), window.shape)] = dy[n, c, i, j]", "overwritten"),
        ("part[np.unravel_index(window.argmax(), window.shape)] += 1", "dy forgotten"),
        ("part += dy[n, c, i, j]", "whole window gets the gradient"),
        ("dx[n, c].ravel()[window.argmax()] += dy[n, c, i, j]", ""),
    ],
)
def test_mistakes_in_a_learners_way_back(line, mutant):
    source = f"""
def max_pool_grad(dy, x, kernel_size, stride):
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dy.shape):
        place = n, c, slice(i * stride, i * stride + kernel_size), slice(j * stride, j * stride + kernel_size)
        window, part = x[place], dx[place]
        {line}
    return dx
"""
    namespace = {"np": np}
    exec(source, namespace)
    for seed in range(3):
        verdict = diagnose(find("max_pool_grad"), namespace["max_pool_grad"], seed)
        assert (verdict.outcome, verdict.mutant) == (Outcome.WRONG, mutant)


def test_a_mistake_that_shows_with_ties_only_says_so():
    def max_pool_grad(dy, x, kernel_size, stride):  # any one of the equals wins
        jitter = x + np.random.default_rng(0).uniform(0, 1e-6, x.shape)
        return find("max_pool_grad").reference(dy, jitter, kernel_size, stride)

    verdict = diagnose(find("max_pool_grad"), max_pool_grad, 0)
    assert verdict.outcome is Outcome.WRONG
    assert "equal numbers in a window" in verdict.sentence


# Definitions ----------------------------------------------------------------------------------------------------------


@BY_NAME
def test_probes_are_drawn_afresh_by_seed(exercise):
    def numbers(seed):
        return np.concatenate([np.ravel(arg) for probe in exercise.draw(seed) for arg in probe.args])

    assert np.array_equal(numbers(4), numbers(4))
    assert not np.array_equal(numbers(4), numbers(5))


def test_probes_leave_nothing_out():
    for name in ("max_pool", "max_pool_grad", "avg_pool", "avg_pool_grad"):
        probes = find(name).draw(0)
        shapes = [(probe.args[-1].shape, probe.kwargs["kernel_size"], probe.kwargs["stride"]) for probe in probes]
        assert any(s < K for _, K, s in shapes) and any(s > K for _, K, s in shapes)
        assert any(N > 1 and C > 1 and H != W and s != K for (N, C, H, W), K, s in shapes)
        assert any((H - K) % s for (_, _, H, _), K, s in shapes)


def test_ties_are_there_where_they_are_meant_and_nowhere_else():
    for probe in find("max_pool_grad").draw(3):
        x, K, s = probe.args[1], probe.kwargs["kernel_size"], probe.kwargs["stride"]
        flat = windows(x, K, s).reshape(-1, K * K)
        tied = ((flat == flat.max(axis=1, keepdims=True)).sum(axis=1) > 1).any()
        assert tied == any(trait.special == "equal numbers in a window" for trait in probe.traits)


@BY_NAME
def test_an_exercise_is_complete(exercise):
    assert EXERCISES[exercise.name] is exercise
    assert exercise.lesson == "06"
    assert all(len(hint) > 30 for hint in exercise.hints)
    assert len(exercise.parameters) >= max(len(probe.args) for probe in exercise.draw(0))
