"""Bars, gratings, spots, noise and receptive fields: measured, not compared with the formulas that draw them."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal

from convlab import cortex
from convlab.errors import ArgumentError

ANGLES = st.floats(0, 179)
drawn = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def direction(image):
    """Orientation of a picture's ink in degrees, from its second moments: y upwards."""
    rows, columns = np.indices(image.shape)
    weights = np.abs(image) / np.abs(image).sum()
    y, x = -rows.astype(float), columns.astype(float)
    y, x = y - (weights * y).sum(), x - (weights * x).sum()
    xx, yy, xy = (weights * x * x).sum(), (weights * y * y).sum(), (weights * x * y).sum()
    return np.rad2deg(0.5 * np.arctan2(2 * xy, xx - yy)) % 180


def apart(one, other):
    """Difference of two orientations, 0 to 90 degrees."""
    gap = abs(one - other) % 180
    return min(gap, 180 - gap)


@drawn
@given(ANGLES)
def test_a_bar_lies_as_it_is_told(angle):
    assert apart(direction(cortex.bar(61, angle, length=40)), angle) < 1


@drawn
@given(ANGLES, st.floats(-8, 8), st.floats(-8, 8))
def test_a_bar_is_where_it_is_told_and_as_large(angle, x, y):
    image = cortex.bar(81, angle, x=x, y=y, width=4, length=20)
    row, column = ndimage.center_of_mass(image)
    assert (column - 40, 40 - row) == pytest.approx((x, y), abs=0.1)
    assert image.sum() == pytest.approx(80, rel=0.03)
    assert image.min() >= 0 and image.max() <= 1


def test_dark_bars_and_bars_across_the_screen():
    assert cortex.bar(9, 90, width=3, contrast=-0.5)[4].tolist() == [0, 0, 0, -0.5, -0.5, -0.5, 0, 0, 0]
    assert np.array_equal(cortex.bar((5, 9), 0, width=1), np.eye(5)[2][:, None] * np.ones(9))


@drawn
@given(ANGLES, st.floats(5, 16))
def test_a_grating_has_its_wavelength_and_orientation(angle, wavelength):
    image = cortex.grating(64, angle, wavelength=wavelength) * np.outer(np.hanning(64), np.hanning(64))
    spectrum = np.abs(np.fft.fft2(image, (256, 256)))
    spectrum[0, 0] = 0
    row, column = np.unravel_index(spectrum.argmax(), spectrum.shape)
    fy, fx = -np.fft.fftfreq(256)[row], np.fft.fftfreq(256)[column]
    assert np.hypot(fx, fy) == pytest.approx(1 / wavelength, abs=0.006)
    assert apart(np.rad2deg(np.arctan2(fy, fx)) + 90, angle) < 3


def test_spots_and_rings():
    disc, ring = cortex.spot(41, x=5, y=-3, radius=8), cortex.spot(41, x=5, y=-3, radius=8, inner=4)
    assert disc.sum() == pytest.approx(np.pi * 64, rel=0.02)
    assert ring.sum() == pytest.approx(np.pi * (64 - 16), rel=0.02)
    assert ndimage.center_of_mass(disc) == pytest.approx((23, 25))
    assert ring[23, 25] == 0 and disc[23, 25] == 1


def test_noise_is_a_fair_coin_in_every_pixel():
    noise = cortex.white_noise(4000, (5, 6), 0)
    assert set(np.unique(noise)) == {-1, 1} and noise.shape == (4000, 5, 6)
    assert np.abs(noise.mean(axis=0)).max() < 5 / np.sqrt(4000)
    pixels = noise.reshape(4000, -1)
    assert np.abs(np.corrcoef(pixels.T) - np.eye(30)).max() < 5 / np.sqrt(4000)
    assert np.array_equal(noise, cortex.white_noise(4000, (5, 6), 0))


@drawn
@given(ANGLES, st.floats(-180, 180), st.floats(5, 12))
def test_a_gabor_is_blind_to_even_light_and_has_norm_one(angle, phase, wavelength):
    field = cortex.gabor(33, angle, phase=phase, wavelength=wavelength)
    assert field.sum() == pytest.approx(0, abs=1e-9) and (field**2).sum() == pytest.approx(1)


@pytest.mark.parametrize("angle", [0, 35, 90, 140])
def test_a_gabor_is_a_grating_under_a_gaussian(angle):
    """SciPy's Gaussian along the two axes of an upright field, then turned."""
    upright = np.outer(signal.windows.gaussian(65, 8), signal.windows.gaussian(65, 4))
    upright = upright * np.sin(2 * np.pi * (np.arange(65) - 32) / 8)
    turned = ndimage.rotate(upright, angle - 90, reshape=False, order=3)  # SciPy turns against the clock too
    field = cortex.gabor(65, angle, phase=90)
    assert abs((field * turned).sum() / np.sqrt((turned**2).sum())) > 0.998


def test_even_and_odd_phases_mirror():
    even, odd = cortex.gabor(31, 90), cortex.gabor(31, 90, phase=90)
    np.testing.assert_allclose(even, even[:, ::-1], atol=1e-12)
    np.testing.assert_allclose(odd, -odd[:, ::-1], atol=1e-12)
    np.testing.assert_allclose(cortex.gabor(31, 90, phase=180), -even, atol=1e-12)


def test_difference_of_gaussians_is_scipys():
    impulse = np.zeros((61, 61))
    impulse[30, 30] = 1
    wanted = ndimage.gaussian_filter(impulse, 2, truncate=10) - ndimage.gaussian_filter(impulse, 4, truncate=10)
    np.testing.assert_allclose(cortex.difference_of_gaussians(61), wanted / np.sqrt((wanted**2).sum()), atol=1e-6)
    assert np.array_equal(cortex.difference_of_gaussians(21, on=False), -cortex.difference_of_gaussians(21))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cortex.bar(9, 0, contrast=2), "bar: contrast must be from -1 to 1, got 2"),
        (lambda: cortex.bar(9, 0, width=-1), "bar: width must be at least 0"),
        (lambda: cortex.bar(0, 0), "coordinates: size must be at least 1"),
        (lambda: cortex.grating(9, 0, wavelength=0), "grating: wavelength must be at least 0.001"),
        (lambda: cortex.spot(9, radius=2, inner=3), "spot: inner must be from 0 to 2"),
        (lambda: cortex.gabor(9, 0, sigma=0), "gabor: sigma must be at least 0.001"),
        (lambda: cortex.difference_of_gaussians(9, surround=1), "surround must be at least 2.002"),
        (lambda: cortex.white_noise(0, 3), "white_noise: frames must be at least 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
