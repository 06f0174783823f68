"""What is special in the exercises of lesson 01: references against convlab.cortex and SciPy, learners' own mistakes."""

import numpy as np
import pytest
from scipy import stats

from convlab import cortex
from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import find
from convlab.grading.exercises.lesson_01 import EXERCISES as LESSON


@pytest.mark.parametrize("seed", range(3))
def test_references_equal_the_library(seed):
    for probe in find("reverse_correlation").draw(seed):
        want = cortex.reverse_correlation(*probe.args)
        np.testing.assert_allclose(find("reverse_correlation").reference(*probe.args), want, atol=1e-12)
    for probe in find("complex_energy").draw(seed):
        images, even, odd = probe.args
        want = cortex.ComplexCell(even, odd).energy(images)
        np.testing.assert_allclose(find("complex_energy").reference(*probe.args), want, atol=1e-12)
    for probe in find("preferred_orientation").draw(seed):
        want = cortex.preferred_orientation(*probe.args)
        assert find("preferred_orientation").reference(*probe.args) == pytest.approx(want)


@pytest.mark.parametrize("seed", range(3))
def test_a_tuning_curve_is_scipys_binned_mean(seed):
    for probe in find("tuning_curve").draw(seed):
        orientations, counts, seconds = probe.args
        edges = np.append(np.unique(orientations % 180), 180)
        want = stats.binned_statistic(orientations % 180, counts / seconds, "mean", edges).statistic
        table = find("tuning_curve").reference(*probe.args)
        np.testing.assert_allclose(table[:, 1], want)
        np.testing.assert_array_equal(table[:, 0], edges[:-1])


def test_preferred_orientations_are_well_away_from_the_jump_and_found_from_either_side():
    found = [find("preferred_orientation").reference(*probe.args) for probe in find("preferred_orientation").draw(2)]
    assert all(1 < each < 179 for each in found)
    assert min(found) < 25 and max(found) > 155  # averages of plain angles would be far off there


def test_every_picture_counts_in_reverse_correlation_and_every_sign_in_the_energy():
    for probe in find("reverse_correlation").draw(0):
        assert 0 in probe.args[1] and probe.args[1].sum() > 0
    signs = [np.sign(np.tensordot(p.args[0], p.args[2], 2)) for p in find("complex_energy").draw(0)]
    assert {-1, 1} == set(np.concatenate(signs))


LEARNERS = [
    ("tuning_curve", "angles = orientations", "180 not folded"),
    ("tuning_curve", "rows.append([angle, counts[angles == angle].mean()])", "seconds forgotten"),
    ("tuning_curve", "rows.append([angle, counts[angles == angle].sum() / seconds])", "sum for the mean"),
]


@pytest.mark.parametrize(("name", "line", "mutant"), LEARNERS)
def test_mistakes_in_a_learners_loop(name, line, mutant):
    first = line if line.startswith("angles") else "angles = orientations % 180"
    last = line if line.startswith("rows") else "rows.append([angle, counts[angles == angle].mean() / seconds])"
    source = f"""
def tuning_curve(orientations, counts, seconds):
    {first}
    rows = []
    for angle in np.unique(angles):
        {last}
    return np.array(rows)
"""
    namespace = {"np": np}
    exec(source, namespace)
    for seed in range(3):
        verdict = diagnose(find(name), namespace["tuning_curve"], seed)
        assert (verdict.outcome, verdict.mutant) == (Outcome.WRONG, mutant)


def test_probes_are_drawn_afresh_by_seed():
    for exercise in LESSON:
        numbers = [np.concatenate([np.ravel(a) for p in exercise.draw(seed) for a in p.args]) for seed in (4, 4, 5)]
        assert np.array_equal(numbers[0], numbers[1]) and not np.array_equal(numbers[0], numbers[2])
