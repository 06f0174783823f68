"""How a product is shared out to tasks: every task has rows, and a few tasks are as many for each thread."""

import numpy as np
import pytest
from agreement import assert_agrees, examples, normal
from hypothesis import given
from hypothesis import strategies as st

from convlab.kernels.cpu import linear, linear_grad_input, linear_grad_weight
from convlab.kernels.cpu.product import _chunks
from convlab.kernels.cpu.register_tile import ROWS


@examples(300)
@given(st.integers(1, 5000), st.integers(1, 40), st.sampled_from(sorted(set(ROWS.values()))), st.integers(1, 64))
def test_no_task_goes_without_rows(rows, tasks, R, threads):
    chunks, tiles = _chunks(rows, tasks, R, threads), -(-rows // R)
    assert 1 <= chunks <= tiles


@pytest.mark.parametrize("rows, tasks, chunks", [(6400, 1, 10), (6400, 2, 9), (768, 64, 1), (8, 1, 1)])
def test_a_few_tasks_are_as_many_for_each_of_two_threads(rows, tasks, chunks):
    assert _chunks(rows, tasks, 8, 2) == chunks


@examples(20)
@given(st.integers(1, 40), st.integers(65, 200), st.integers(65, 200), st.integers(0, 9))
def test_linear_layers_large_enough_for_tiles(N, inputs, outputs, seed):
    rng = np.random.default_rng(seed)
    x, w, b, dy = (normal(rng, s, np.float32) for s in ((N, inputs), (outputs, inputs), (outputs,), (N, outputs)))
    y, dx, dw = (np.empty(s, np.float32) for s in ((N, outputs), (N, inputs), (outputs, inputs)))
    linear(x, w, b, y)
    linear_grad_input(dy, w, dx)
    linear_grad_weight(dy, x, dw)
    assert_agrees(y, x.astype(float) @ w.T.astype(float) + b, np.float32)
    assert_agrees(dx, dy.astype(float) @ w.astype(float), np.float32)
    assert_agrees(dw, dy.T.astype(float) @ x.astype(float), np.float32)
