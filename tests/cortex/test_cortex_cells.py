"""Cells do what Hubel and Wiesel saw; measures find what was put in."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.io import wavfile

from convlab import cortex
from convlab.errors import ArgumentError, DtypeError, ShapeError

SIZE = 41
ANGLES = np.arange(0, 180, 15)
SIMPLE = cortex.SimpleCell.gabor(SIZE, 60)
COMPLEX = cortex.ComplexCell.gabor(SIZE, 60)
STOPPED = cortex.EndStoppedCell.gabor(SIZE, 60)
drawn = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BY_CELL = pytest.mark.parametrize("cell", [SIMPLE, COMPLEX, STOPPED], ids=["simple", "complex", "end-stopped"])


def bars(angles=ANGLES, **options):
    return np.stack([cortex.bar(SIZE, angle, **options) for angle in angles])


# Cells ----------------------------------------------------------------------------------------------------------------


def test_a_ganglion_cell_likes_a_spot_better_than_a_flood():
    cell = cortex.SimpleCell.ganglion(SIZE)
    spot, ring, flood = cortex.spot(SIZE), cortex.spot(SIZE, radius=12, inner=4), np.ones((SIZE, SIZE))
    assert cell.rate(spot) > 30 and cell.rate(ring) == cell.baseline
    assert cell.rate(flood) == pytest.approx(cell.baseline)
    turned = [cell.rate(cortex.bar(SIZE, angle)) for angle in ANGLES]
    assert np.ptp(turned) < 0.05 * max(turned)


@BY_CELL
def test_a_cortical_cell_likes_one_orientation(cell):
    rates = cell.rate(bars(length=12))
    assert ANGLES[rates.argmax()] == 60
    assert rates.max() > 5 * rates[ANGLES == 150]
    assert cell.rate(np.zeros((SIZE, SIZE))) == cell.baseline
    assert cell.rate(np.ones((SIZE, SIZE))) == pytest.approx(cell.baseline, abs=1e-9)


def test_the_peak_is_the_rate_for_the_field_itself():
    own = SIMPLE.field / np.abs(SIMPLE.field).max()
    assert SIMPLE.rate(own) == pytest.approx(SIMPLE.peak + SIMPLE.baseline)
    assert COMPLEX.rate(COMPLEX.even / np.abs(COMPLEX.even).max()) == pytest.approx(51)
    assert cortex.SimpleCell(SIMPLE.field, threshold=0.4).rate(own) == pytest.approx(51)
    assert cortex.SimpleCell(SIMPLE.field, threshold=0.4).rate(own * 0.39) == 1
    noise = cortex.white_noise(50, SIZE, 1)
    rates = SIMPLE.rate(noise)
    assert (rates <= SIMPLE.rate(np.sign(SIMPLE.field))).all() and rates.min() == SIMPLE.baseline


@drawn
@given(st.floats(0, 360))
def test_phase_matters_to_a_simple_cell_and_not_to_a_complex_one(phase):
    grating = cortex.grating(SIZE, 60, phase=phase)
    wave = np.maximum(0, np.cos(np.deg2rad(phase)))  # of a linear cell with an even field
    front = cortex.grating(SIZE, 60)
    assert SIMPLE.rate(grating) - 1 == pytest.approx(float(wave * (SIMPLE.rate(front) - 1)), abs=1)
    assert COMPLEX.rate(grating) == pytest.approx(float(COMPLEX.rate(front)), rel=0.03)


def test_contrast_turned_round():
    bar = cortex.bar(SIZE, 60)
    assert SIMPLE.rate(-bar) == SIMPLE.baseline < SIMPLE.rate(bar)
    assert COMPLEX.rate(-bar) == pytest.approx(float(COMPLEX.rate(bar)))


def test_a_bar_moved_across_the_field():
    shifts = np.arange(-3, 4)
    moved = np.stack([cortex.bar(SIZE, 90, x=shift) for shift in shifts])
    simple = cortex.SimpleCell.gabor(SIZE, 90).rate(moved)
    complex_ = cortex.ComplexCell.gabor(SIZE, 90).rate(moved)
    assert (simple > simple.max() / 2).sum() < (complex_ > complex_.max() / 2).sum() == len(shifts)


def test_an_end_stopped_cell_counts_the_length():
    lengths = np.arange(4, 40, 2)
    shown = np.stack([cortex.bar(SIZE, 60, length=length) for length in lengths])
    stopped, ordinary = STOPPED.rate(shown), COMPLEX.rate(shown)
    best = lengths[stopped.argmax()]
    assert 8 <= best <= 20
    assert stopped[-1] < 0.1 * stopped.max() and ordinary[-1] > 0.9 * ordinary.max()
    one_end = cortex.bar(SIZE, 60, x=-14 * np.cos(np.pi / 3), y=-14 * np.sin(np.pi / 3), length=40)
    assert STOPPED.rate(one_end) > 0.3 * stopped.max()
    free = cortex.EndStoppedCell.gabor(SIZE, 60, strength=0).rate(shown)
    assert free[-1] > 0.9 * free.max()


@BY_CELL
def test_stacks_of_pictures_keep_their_axes(cell):
    noise = cortex.white_noise(6, SIZE, 2).reshape(2, 3, SIZE, SIZE)
    rates = cell.rate(noise)
    assert rates.shape == (2, 3)
    assert rates[1, 2] == pytest.approx(float(cell.rate(noise[1, 2])))


def test_energy_is_the_sum_of_squares():
    image = np.random.default_rng(0).normal(size=(SIZE, SIZE))
    even, odd = np.vdot(COMPLEX.even, image), np.vdot(COMPLEX.odd, image)
    assert COMPLEX.energy(image) == pytest.approx(even**2 + odd**2)


# Spikes ---------------------------------------------------------------------------------------------------------------


def test_counts_are_poisson():
    counts = cortex.record(SIMPLE, bars([60]), trials=4000, seconds=0.5, rng=0)[0]
    mean = float(SIMPLE.rate(bars([60]))[0]) / 2
    assert counts.mean() == pytest.approx(mean, rel=0.03) and counts.var() == pytest.approx(mean, rel=0.1)
    values = np.arange(int(mean) - 8, int(mean) + 9)
    seen = np.array([(counts == value).mean() for value in values])
    assert np.abs(seen - stats.poisson.pmf(values, mean)).max() < 0.02


def test_times_of_spikes_are_poisson():
    times = cortex.spike_times(80, 50, rng=1)
    assert len(times) == pytest.approx(4000, abs=5 * np.sqrt(4000))
    assert stats.kstest(np.diff(times) * 80, "expon").pvalue > 0.01
    assert np.array_equal(times, cortex.spike_times(80, 50, rng=1))


def test_clicks_are_where_the_spikes_are():
    clicks = cortex.Clicks([0.25, 0.5, 0.75])
    rate, sound = wavfile.read(io.BytesIO(clicks.wav()))
    loud = np.flatnonzero(np.abs(sound.astype(int)) > 3000) / rate
    assert len(sound) == rate == 8000
    assert [round(t, 2) for t in (loud[0], loud[-1])] == [0.25, 0.75]
    assert not np.abs(sound[: int(0.249 * rate)].astype(int)).max()
    assert "audio/wav;base64," in clicks._repr_html_() and "autoplay" not in clicks._repr_html_()
    assert not np.abs(cortex.Clicks([]).samples().astype(int)).max()


# Measures -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [0, 30, 85, 170])
def test_the_preferred_orientation_is_found_from_spikes(angle):
    for cell in (cortex.SimpleCell.gabor(SIZE, angle), cortex.ComplexCell.gabor(SIZE, angle)):
        rates, errors = cortex.tuning_curve(cortex.record(cell, bars(), trials=20, rng=3))
        found = cortex.preferred_orientation(ANGLES, rates)
        assert min(abs(found - angle), 180 - abs(found - angle)) < 3
        assert (errors >= 0).all() and cortex.orientation_selectivity(ANGLES, rates) > 0.6
    assert cortex.orientation_selectivity(ANGLES, np.ones(len(ANGLES))) < 1e-9


def test_the_error_is_that_of_scipy():
    counts = np.random.default_rng(0).poisson(9, (4, 12))
    rates, errors = cortex.tuning_curve(counts, seconds=0.5)
    np.testing.assert_allclose(rates, counts.mean(axis=1) * 2)
    np.testing.assert_allclose(errors, stats.sem(counts, axis=1) * 2)
    assert np.isnan(cortex.tuning_curve(counts[:, :1])[1]).all()


def test_reverse_correlation_finds_the_field_of_a_simple_cell_and_none_of_a_complex_one():
    noise = cortex.white_noise(12_000, 17, 0)
    simple = cortex.SimpleCell.gabor(17, 30, phase=90, peak=200)
    found = cortex.reverse_correlation(noise, simple.spikes(noise, 0.1, 1))
    assert np.corrcoef(found.ravel(), simple.field.ravel())[0, 1] > 0.8
    both = cortex.ComplexCell.gabor(17, 30, peak=200)
    blind = cortex.reverse_correlation(noise, both.spikes(noise, 0.1, 1))
    for field in (both.even, both.odd):
        assert abs(np.corrcoef(blind.ravel(), field.ravel())[0, 1]) < 0.3


def test_reverse_correlation_by_hand():
    images = np.array([[[1.0, 0]], [[0, 1]], [[3, 2]]])
    np.testing.assert_allclose(cortex.reverse_correlation(images, [2, 0, 1]), [[5 / 3 - 4 / 3, 2 / 3 - 1]])


# The map --------------------------------------------------------------------------------------------------------------


def test_there_and_back():
    x, y = np.meshgrid(np.linspace(0, 40, 9), np.linspace(-30, 30, 7))
    back = cortex.to_visual_field(*cortex.to_cortex(x, y))
    np.testing.assert_allclose(back, (x, y), atol=1e-9)


@pytest.mark.parametrize("eccentricity", [0.5, 2.0, 10.0])
def test_magnification_is_the_slope_of_the_map_in_every_direction(eccentricity):
    step = 1e-5
    here = np.array(cortex.to_cortex(eccentricity, 0))
    right, up = (np.array(cortex.to_cortex(eccentricity + dx, dy)) for dx, dy in ((step, 0), (0, step)))
    wanted = float(cortex.magnification(eccentricity))
    assert np.linalg.norm(right - here) / step == pytest.approx(wanted, rel=1e-3)
    assert np.linalg.norm(up - here) / step == pytest.approx(wanted, rel=1e-3)
    assert abs((right - here) @ (up - here)) < 1e-3 * step**2 * wanted**2


def test_the_view_shows_each_place_where_the_map_says():
    image = np.arange(64 * 64.0).reshape(64, 64)
    view = cortex.cortical_view(image, 10)
    column, row = (float(c) for c in cortex.to_cortex(3.0, 1.0))
    middle = view.shape[0] / 2
    shown = view[int(middle - row * 4), int(column * 4)]
    shown_row, shown_column = divmod(shown, 64)
    assert shown_column == pytest.approx(32 + 3.0 * 3.2, abs=1) and shown_row == pytest.approx(32 - 3.2, abs=1)
    assert np.isnan(view).any()
    assert np.isfinite(view[int(middle)]).sum() > 0.9 * view.shape[1] * 0.8


# Bad input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: SIMPLE.rate(np.zeros((5, 5))), ShapeError, "SimpleCell: the field is 41 x 41 pixels, the pictures"),
        (lambda: SIMPLE.rate(np.array([["a"]])), DtypeError, "SimpleCell: pictures must hold numbers"),
        (lambda: cortex.SimpleCell(np.ones(3)), ShapeError, "field must have two axes"),
        (lambda: cortex.SimpleCell([[1.0]]), DtypeError, "field must be an array of floats"),
        (lambda: cortex.SimpleCell(SIMPLE.field, peak=-1), ArgumentError, "SimpleCell: peak must be at least 0"),
        (lambda: cortex.ComplexCell(np.ones((2, 2)), np.ones((3, 2))), ShapeError, "even is"),
        (lambda: cortex.EndStoppedCell(COMPLEX, COMPLEX, cortex.ComplexCell.gabor(9, 0)), ShapeError, "look at"),
        (lambda: cortex.spike_times(-1), ArgumentError, "spike_times: rate must be at least 0"),
        (lambda: cortex.Clicks(np.zeros((2, 2))), ShapeError, "times must have one axis"),
        (lambda: cortex.record(SIMPLE, bars(), trials=0), ArgumentError, "record: trials must be at least 1"),
        (lambda: cortex.tuning_curve([1, 2]), ShapeError, r"two axes \(stimuli, trials\)"),
        (lambda: cortex.preferred_orientation([0, 90], [0, 0]), ArgumentError, "no spikes at all"),
        (lambda: cortex.preferred_orientation([0], [1, 2]), ShapeError, "two rows of one length"),
        (lambda: cortex.reverse_correlation(np.zeros((3, 2, 2)), [0, 0, 0]), ArgumentError, "no spike in all"),
        (lambda: cortex.reverse_correlation(np.zeros((3, 2, 2)), [1]), ShapeError, r"images \(T, H, W\)"),
        (lambda: cortex.cortical_view(np.zeros(4), 10), ShapeError, "cortical_view: image must have two axes"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# The experiment -------------------------------------------------------------------------------------------------------


def test_an_experiment_keeps_a_record():
    experiment = cortex.Experiment(SIMPLE, seed=1)
    trials = [experiment.show(angle, x=-2, y=1, contrast=-1) for angle in (60, 240)]
    assert experiment.trials == trials
    angles, counts = experiment.counts()
    assert angles.tolist() == [60, 60] and counts.tolist() == [trial.spikes for trial in trials]
    assert trials[0].sentence().startswith("A dark bar, 24 long and 4 wide, at 60°, 2 left, 1 up: ")
    np.testing.assert_allclose(trials[0].image, trials[1].image, atol=1e-9)
    experiment.forget()
    assert experiment.trials == [] and experiment.show(60, x=-2, y=1, contrast=-1).spikes == counts[0]


@BY_CELL
def test_the_territory_is_where_light_matters(cell):
    territory = np.abs(cell.territory())
    far = territory < 0.01 * territory.max()
    image = np.random.default_rng(0).normal(size=territory.shape)
    there, away = np.where(far, 0, image), np.where(far, image, 0)
    assert abs(float(cell.rate(away)) - cell.baseline) < 0.05 * cell.peak
    assert float(cell.rate(there)) == pytest.approx(float(cell.rate(image)), abs=0.05 * cell.peak)
