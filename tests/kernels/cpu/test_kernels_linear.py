"""The linear layer at sizes that reach every branch of the product."""

import numpy as np
import pytest
from agreement import DTYPES, SEEDS, assert_agrees, examples, normal
from hypothesis import given
from hypothesis import strategies as st
from textbook import DEEP, LANES, PANEL

import convlab.functional as F
from convlab.kernels.cpu.linear import SMALL
from convlab.kernels.cpu.product import BLOCK, RUN

pytestmark = pytest.mark.paths

VISIT = BLOCK // RUN  # values of k that are copied from a matrix at a time


def check(N, I, O, dtype, seed=0):
    rng = np.random.default_rng(seed)
    x, w, b, dy = (normal(rng, shape, dtype) for shape in ((N, I), (O, I), O, (N, O)))
    X, W, B, DY = (array.astype(np.float64) for array in (x, w, b, dy))
    assert_agrees(F.linear(x, w, b), X @ W.T + B, dtype)
    assert_agrees(F.linear_grad_input(dy, w), DY @ W, dtype)
    assert_agrees(F.linear_grad_weight(dy, x), DY.T @ X, dtype)


SIZES = {
    "the smallest on the tile": (3, 64, SMALL // 64),
    "one image": (1, 300, 70),
    "one output": (5, SMALL + 3, 1),
    "one input": (4, 1, SMALL + 3),
    "features deeper than a visit": (LANES, 2 * DEEP + 3, 17),
    "a batch deeper than a copy": (2 * VISIT + 5, 50, 90),
    "outputs deeper than a copy": (6, 70, 3 * VISIT + 1),
    "rows longer than a copied run": (7, 2 * RUN + LANES + 3, 33),
    "a batch wider than a panel": (PANEL + 1, 67, 66),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SIZES)
def test_every_branch_equals_numpy(name, dtype):
    check(*SIZES[name], dtype)


@examples(25)
@given(st.integers(1, 100), st.integers(1, 700), st.integers(1, 300), SEEDS, DTYPES)
def test_random_sizes_equal_numpy(N, I, O, seed, dtype):
    check(N, I, O, dtype, seed)
