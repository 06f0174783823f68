"""The predictions of lesson 06: every answer, and every wrong one it replies to, computed from the code."""

import numpy as np
from every import replies

from convlab import data, nn, reference
from convlab.geometry import output_size
from convlab.grading.exercises import find_question

OTHER = np.array([[0.0, 4, 7, 8], [9, 2, 4, 5], [6, 7, 3, 4], [8, 2, 1, 5]])
SOBEL = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])[None, None]


def batch(image):
    return np.asarray(image, dtype=float)[None, None]


def largest(image, K=2, **options):
    return reference.max_pool2d(batch(image), K, **options)[0][0, 0]


def way_back(image, dy, K=2):
    _, places = reference.max_pool2d(batch(image), K)
    return reference.max_pool2d_grad(batch(dy), places, batch(image).shape)[0, 0]


def test_shifted_map():
    digits = data.load("digits", "test")
    assert digits.labels[2] == 3 and digits.images[2].shape == (1, 32, 32)

    def feature_map(x):
        return reference.relu(reference.conv2d(x, SOBEL, padding=1))

    x = np.pad(digits.images[2:3].astype(float), ((0, 0), (0, 0), (4, 4), (4, 4)))
    before, after = feature_map(x), feature_map(np.roll(x, 2, axis=3))
    change = np.abs(before - after).sum() / (before + after).sum()
    assert 0.45 < change < 0.55
    assert find_question("06_shifted_map").answer == "about half"
    rows = [row for row in before[0, 0] > before.max() / 4 if row.any()]  # how wide are the bright lines?
    runs = [len(run) for row in rows for run in "".join("x" if on else " " for on in row).split()]
    assert 3 <= np.median(runs) <= 5


def test_max_pool():
    assert find_question("06_max_pool").answer == tuple(largest(OTHER).ravel()) == (9, 8, 8, 5)
    rows, columns, transposed, _, means = replies("06_max_pool")
    assert rows == tuple(OTHER.max(axis=1)) and columns == tuple(OTHER.max(axis=0))
    assert transposed == tuple(largest(OTHER).T.ravel()) or sorted(transposed) == sorted(largest(OTHER).ravel())
    assert means == tuple(reference.avg_pool2d(batch(OTHER), 2).ravel())


def test_average():
    window = np.array([[1.0, 1], [5, 6]])
    assert find_question("06_average").answer == reference.avg_pool2d(batch(window), 2).item() == 3.25
    assert replies("06_average") == [window.max(), window.sum(), window.sum() / 2, np.median(window)]


def test_volume_parameters_and_what_is_saved():
    pool, shape = nn.MaxPool2d(2), (64, 224, 224)
    assert find_question("06_volume").answer == pool.output_shape(shape) == (64, 112, 112)
    assert (64, *[output_size(224, 2)] * 2) in replies("06_volume")
    assert find_question("06_parameters").answer == pool.count_parameters() == 0
    assert 1 - np.prod(pool.output_shape(shape)) / np.prod(shape) == 0.75
    assert pool.output_shape(shape)[0] == shape[0]
    assert find_question("06_saved").answer == "activations"


def test_detectors():
    before, after = np.array([[1.0, 2, 9, 3, 0, 4]]), np.array([[0.0, 1, 2, 9, 3, 0]])
    assert (before != after).all()
    was, becomes = (largest(row, (1, 3), stride=1)[0] for row in (before, after))
    assert was.tolist() == [9, 9, 9, 4] and becomes.tolist() == [2, 9, 9, 9]
    assert find_question("06_detectors").answer == (was != becomes).sum() == 2


def test_whole_stride():
    image = np.zeros((8, 24))
    image[1:7, 2:10] = np.random.default_rng(0).normal(size=(6, 8)) ** 2
    before, after = largest(image, 4), largest(np.roll(image, 4, axis=1), 4)
    np.testing.assert_array_equal(after, np.roll(before, 1, axis=1))
    assert not np.array_equal(after, before)
    assert find_question("06_whole_stride").answer == "it moves by one place"


def test_order():
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 6))
    pool_first = reference.relu(reference.max_pool2d(x, 2)[0])
    np.testing.assert_array_equal(reference.max_pool2d(reference.relu(x), 2)[0], pool_first)
    pool_first = reference.relu(reference.avg_pool2d(x, 2))
    assert not np.allclose(reference.avg_pool2d(reference.relu(x), 2), pool_first)
    assert find_question("06_order").answer == "always"


def test_gradients():
    window = [[1, 3], [2, 0]]
    assert find_question("06_gradient").answer == tuple(way_back(window, [[8]]).ravel()) == (0, 8, 0, 0)
    shares = tuple(reference.avg_pool2d_grad(batch([[8]]), (1, 1, 2, 2), 2).ravel())
    assert find_question("06_shares").answer == shares == replies("06_gradient")[0] == (2, 2, 2, 2)
    tied = np.array([[5, 5], [0, 5]])
    assert find_question("06_tie").answer == tuple(way_back(tied, [[6]]).ravel()) == (6, 0, 0, 0)
    winners = (tied == 5).ravel()
    assert replies("06_tie")[:2] == [tuple(6 * winners), tuple(6 * winners / winners.sum())]
    assert sum(replies("06_tie")[0]) == 18


def test_shapes():
    maps = np.zeros((1, 16, 120, 180))
    assert find_question("06_global").answer == reference.global_avg_pool2d(maps).shape
    assert (1, 16, *[M // 2 for M in maps.shape[2:]]) in replies("06_global")
    x = np.zeros((2, 3, 7, 9))
    assert find_question("06_pooled_size").answer == reference.max_pool2d(x, 3, stride=2)[0].shape == (2, 3, 3, 4)
    assert reference.max_pool2d(x, 3, stride=1)[0].shape in replies("06_pooled_size")
    assert reference.max_pool2d(x, 3, stride=3)[0].shape in replies("06_pooled_size")
