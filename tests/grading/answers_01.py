"""Right answers to the exercises of lesson 01 in other styles than the reference's."""

import cmath
from collections import defaultdict

import numpy as np
from scipy import ndimage, stats


def tuning_by_dictionary(orientations, counts, seconds):
    heard, shown = defaultdict(float), defaultdict(int)
    for orientation, count in zip(orientations, counts):
        heard[orientation % 180] += count
        shown[orientation % 180] += 1
    return [[angle, heard[angle] / (shown[angle] * seconds)] for angle in sorted(heard)]


def tuning_by_bincount(orientations, counts, seconds):
    angles, which = np.unique(np.mod(orientations, 180), return_inverse=True)
    return np.stack([angles, np.bincount(which, counts / seconds) / np.bincount(which)], axis=1)


def tuning_by_scipy(orientations, counts, seconds):
    angles = orientations % 180
    index = np.unique(angles)
    return np.column_stack([index, ndimage.mean(counts / seconds, angles, index)]).astype(np.float32)


def preferred_by_scipy(orientations, rates):
    repeated = np.repeat(orientations, np.round(10 * rates).astype(int))  # rates have one digit after the point
    return stats.circmean(repeated, high=180)


def preferred_by_complex_numbers(orientations, rates):
    total = sum(rate * cmath.exp(2j * np.pi * angle / 180) for angle, rate in zip(orientations, rates))
    return cmath.phase(total) * 90 / np.pi % 180


def preferred_by_search(orientations, rates):
    def agreement(candidates):
        return np.cos(np.deg2rad(2 * (candidates[:, None] - orientations))) @ rates

    best, step = 90.0, 90.0
    while step > 1e-6:
        candidates = best + step * np.linspace(-1, 1, 41)
        best, step = candidates[agreement(candidates).argmax()], step / 10
    return best % 180


def reverse_by_tensordot(images, counts):
    return np.tensordot(counts / counts.sum(), images - images.mean(axis=0), axes=1)


def reverse_by_centred_counts(images, counts):
    return np.einsum("t,thw->hw", counts - counts.mean(), images) / counts.sum()


def reverse_by_repeat(images, counts):
    return np.repeat(images, counts, axis=0).mean(axis=0) - np.average(images, axis=0)


def energy_by_loops(images, even, odd):
    energies = np.zeros(len(images))
    for n in range(len(images)):
        for field in (even, odd):
            drive = 0.0
            for i in range(field.shape[0]):
                for j in range(field.shape[1]):
                    drive += images[n, i, j] * field[i, j]
            energies[n] += drive * drive
    return energies


def energy_by_complex_field(images, even, odd):
    return np.abs(np.einsum("nhw,hw->n", images, even + 1j * odd)) ** 2


def energy_by_matrix(images, even, odd):
    pixels = images.reshape(len(images), -1).astype(np.float32)
    return ((pixels @ np.stack([even.ravel(), odd.ravel()], axis=1).astype(np.float32)) ** 2).sum(axis=1)


ANSWERS = {
    "tuning_curve": {
        "dictionary": tuning_by_dictionary,
        "np.bincount": tuning_by_bincount,
        "scipy.ndimage.mean": tuning_by_scipy,
    },
    "preferred_orientation": {
        "scipy.stats.circmean": preferred_by_scipy,
        "complex numbers": preferred_by_complex_numbers,
        "search": preferred_by_search,
    },
    "reverse_correlation": {
        "tensordot": reverse_by_tensordot,
        "centred counts": reverse_by_centred_counts,
        "repeat": reverse_by_repeat,
    },
    "complex_energy": {
        "loops": energy_by_loops,
        "complex field": energy_by_complex_field,
        "one matrix": energy_by_matrix,
    },
}
