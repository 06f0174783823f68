"""The predictions of lesson 07: every answer, and every wrong one it replies to, computed from the code."""

import math

import numpy as np
import pytest
from every import replies
from scipy import signal, special

from convlab import nn, reference
from convlab.grading.exercises import find_question
from convlab.grading.prediction import react


def test_stack():
    rng = np.random.default_rng(0)
    x, a, b = rng.normal(size=(9, 9)), rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    both = signal.convolve2d(a, b)
    assert both.shape == (find_question("07_stack").answer,) * 2
    one = signal.correlate2d(x, both, "valid")
    np.testing.assert_allclose(signal.correlate2d(signal.correlate2d(x, a, "valid"), b, "valid"), one)


def test_hat():
    x = np.array([1.5])
    parts = [reference.relu(x), -2 * reference.relu(x - 1), reference.relu(x - 2)]
    assert find_question("07_hat").answer == sum(parts)
    top = np.array([1.0])
    assert reference.relu(top) - 2 * reference.relu(top - 1) == replies("07_hat")[2]
    assert replies("07_hat")[0] == parts[0]


def test_leaky():
    x = np.array([-2.0, 0, 3])
    assert find_question("07_leaky").answer == tuple(reference.leaky_relu(x, 0.1))
    assert replies("07_leaky")[0] == tuple(reference.relu(x))
    assert replies("07_leaky")[1] == tuple(np.where(x > 0, x, -0.1 * x))
    assert replies("07_leaky")[2] == pytest.approx(tuple(np.where(x > 0, 0.1 * x, 0.1 * x)))


def test_slope():
    x = np.linspace(-5, 5, 1001)
    slopes = np.gradient(special.expit(x), x)
    assert find_question("07_slope").answer == pytest.approx(slopes.max(), abs=1e-4)
    assert x[slopes.argmax()] == pytest.approx(0)
    assert np.gradient(np.tanh(x), x).max() == pytest.approx(replies("07_slope")[0], abs=1e-4)
    assert special.expit(0) == replies("07_slope")[1]


def test_vanish():
    sizes = {"a tenth": 0.1, "a hundredth": 0.01, "a thousandth": 1e-3, "a millionth": 1e-6}
    answer = min(sizes, key=lambda name: abs(math.log(sizes[name] / 0.25**10)))
    assert find_question("07_vanish").answer == answer
    assert f"{0.25**10:.8f}" in find_question("07_vanish").right
    assert pytest.approx(0.016, abs=1e-3) == 0.25**3 and pytest.approx(1e-3, rel=0.1) == 0.5**10


def steps_until_below_one(s, value, slope):
    count = 0
    while s >= 1:
        s, count = s - 0.1 * value(s) * slope(s), count + 1
    return count


@pytest.mark.parametrize(("start", "low", "high"), [(5.0, 1000, 3000), (3.0, 30, 70)])
def test_stuck(start, low, high):
    slow = steps_until_below_one(start, math.tanh, lambda s: 1 / math.cosh(s) ** 2)
    quick = steps_until_below_one(start, lambda s: s, lambda s: 1.0)
    assert low < slow / quick < high
    assert find_question("07_stuck").answer == "over 1000 times as many steps"
    assert 1 - math.tanh(5) ** 2 == pytest.approx(0.00018, rel=0.02)


def test_zeros():
    net = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 4))
    for parameter in net.parameters():
        parameter.data[:] = 0
    criterion = nn.CrossEntropyLoss()
    criterion(net(np.random.default_rng(0).normal(size=(7, 6)).astype(np.float32)), np.array([0, 0, 1, 2, 0, 1, 0]))
    net.backward(criterion.backward())
    changed = [bool(parameter.grad.any()) for parameter in net.parameters()]
    assert changed == [False] * 5 + [True]
    assert net.parameters()[-1] is net[4].bias
    assert find_question("07_zeros").answer == "the last biases only"


def test_half():
    s = np.random.default_rng(0).normal(size=200_000)
    share = (reference.relu(s[:20_000]) ** 2).mean() / (s[:20_000] ** 2).mean()
    assert find_question("07_half").answer == pytest.approx(share, abs=0.02)
    assert replies("07_half")[2] == pytest.approx(math.sqrt(find_question("07_half").answer), abs=1e-4)


def test_shift():
    scores = np.array([2.0, 1.0, -0.5])
    same, divided, multiplied = (special.softmax(x) for x in (scores + 100, scores / 3, scores * 3))
    np.testing.assert_allclose(same, special.softmax(scores))
    assert np.ptp(divided) < np.ptp(special.softmax(scores)) and multiplied.max() > special.softmax(scores).max()
    assert find_question("07_shift").answer == "they stay the same"


def test_start():
    question = find_question("07_start")
    loss, _ = reference.cross_entropy(np.zeros((3, 10)), np.array([1, 5, 9]))
    assert question.answer == pytest.approx(loss) == pytest.approx(math.log(10))
    assert replies("07_start") == pytest.approx([0.1, math.log10(10), math.log2(10), 0, -math.log(10)], abs=1e-3)


def test_gradient():
    p = np.array([0.7, 0.2, 0.1])
    gradient = reference.cross_entropy(np.log(p)[None], np.array([1]))[1][0]
    assert find_question("07_gradient").answer == pytest.approx(tuple(gradient))
    favourite = reference.cross_entropy(np.log(p)[None], np.array([0]))[1][0]
    expected = [-gradient, p, gradient * [0, 1, 0], favourite, [0, -1 / 0.2, 0]]
    for answer, values in zip(replies("07_gradient"), expected, strict=True):
        assert answer == pytest.approx(tuple(values))


@pytest.mark.parametrize("answer", [math.log(10), 2.3, "2.3026", np.log(10), 2.30])
def test_the_loss_at_the_start_may_be_rounded(answer):
    assert react(find_question("07_start"), answer).right is True
