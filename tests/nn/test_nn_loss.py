"""Losses, and LeNet-5's output layer as the paper uses it."""

import numpy as np
import pytest
from layer_cases import central_differences

import convlab.functional as F
from convlab import nn
from convlab.errors import ConvlabError, DtypeError, LabelError, ShapeError, StateError


def test_cross_entropy_loss_is_the_function():
    logits, labels = np.random.default_rng(0).standard_normal((5, 3)), np.array([0, 2, 1, 1, 0])
    criterion = nn.CrossEntropyLoss()
    loss, dlogits = F.cross_entropy(logits, labels)
    assert criterion(logits, labels) == loss and isinstance(loss, float)
    np.testing.assert_array_equal(criterion.backward(), dlogits)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert loss == pytest.approx(-np.log(p[np.arange(5), labels]).mean())
    np.testing.assert_allclose(dlogits, central_differences(lambda: criterion(logits, labels), logits), atol=1e-8)


def test_mse_loss():
    criterion, rng = nn.MSELoss(), np.random.default_rng(0)
    output, target = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    assert criterion(output, target) == pytest.approx(((output - target) ** 2).mean())
    expected = central_differences(lambda: criterion(output, target), output)
    criterion(output, target)
    np.testing.assert_allclose(criterion.backward(), expected, atol=1e-8)
    single = criterion(output.astype(np.float32), target.astype(np.float32))
    assert isinstance(single, float) and criterion.backward().dtype == np.float32


@pytest.mark.parametrize("criterion", [nn.CrossEntropyLoss(), nn.MSELoss()], ids=repr)
def test_backward_before_the_loss(criterion):
    with pytest.raises(StateError, match=rf"^{type(criterion).__name__}.backward: there was no loss yet; call loss"):
        criterion.backward()


@pytest.mark.parametrize(
    "output, target, error, message",
    [
        (np.ones((2, 3)), np.ones((3, 2)), ShapeError,
         r"^MSELoss: target must have shape \(2, 3\), that of the output, got \(3, 2\)$"),
        (np.ones((2, 3)), np.ones(3), ShapeError, r"^MSELoss: target must have shape"),
        (np.ones((2, 3)), np.ones((2, 3), np.float32), DtypeError, r"^MSELoss: output is float64 but target is float32"),
        (np.ones((2, 3), int), np.ones((2, 3)), DtypeError, r"^MSELoss: output must be float32 or float64, got int64"),
        (None, np.ones(3), DtypeError, r"^MSELoss: output must be a NumPy array, got None"),
        (np.ones((0, 3)), np.ones((0, 3)), ShapeError, r"^MSELoss: the mean over an empty batch is undefined"),
    ],
)  # fmt: skip
def test_bad_input_of_mse(output, target, error, message):
    with pytest.raises(error, match=message):
        nn.MSELoss()(output, target)


@pytest.mark.parametrize(
    "labels", [np.array([0, 3]), np.array([-1, 0]), np.array([0.0, 1.0]), [0, 1], None, np.array([0])]
)
def test_bad_labels(labels):
    criterion = nn.CrossEntropyLoss()
    with pytest.raises(ConvlabError) as caught:
        criterion(np.zeros((2, 3)), labels)
    assert str(caught.value).startswith("cross_entropy: l") and "\n" not in str(caught.value)
    with pytest.raises(StateError):  # a loss that failed leaves no gradient
        criterion.backward()


def test_a_failed_loss_after_a_good_one():
    criterion = nn.CrossEntropyLoss()
    criterion(np.zeros((2, 3)), np.array([0, 1]))
    with pytest.raises(LabelError):
        criterion(np.zeros((2, 3)), np.array([0, 7]))


# ------------------------------------------------------------------------------------------------ RBF
def test_rbf_is_the_negative_squared_distance():
    # paper, equation 7, with the sign turned: the nearest code has the largest output
    codes = np.array([[1.0, -1], [-1, 1], [1, 1]])
    y = nn.EuclideanRBF(codes).to(np.float64)(np.array([[1.0, 1], [0, 0], [-1, 3]]))
    np.testing.assert_allclose(y, [[-4, -4, 0], [-2, -2, -2], [-20, -4, -8]], atol=1e-12)


def test_rbf_learns_nothing_but_is_saved():
    layer = nn.EuclideanRBF(np.ones((10, 84)))
    assert layer.parameters() == [] and layer.state_dict()["codes"].shape == (10, 84)
    assert repr(layer) == "EuclideanRBF(84, 10)"


def test_rbf_with_cross_entropy_is_the_papers_discriminative_loss():
    # equation 9 with j infinite: penalty of the right class + log sum of exp(-penalties)
    rng = np.random.default_rng(0)
    codes, x, labels = np.sign(rng.standard_normal((4, 6))), rng.standard_normal((3, 6)), np.array([0, 3, 1])
    penalties = ((x[:, None] - codes) ** 2).sum(2)
    expected = (penalties[np.arange(3), labels] + np.log(np.exp(-penalties).sum(1))).mean()
    assert nn.CrossEntropyLoss()(nn.EuclideanRBF(codes).to(np.float64)(x), labels) == pytest.approx(expected)
