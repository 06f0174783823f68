"""The exercises of lesson 01, The cat's brain surgery: from spike counts to what a cell looks for, and a complex cell."""

import numpy as np

from convlab.grading.definition import Exercise, Mutant, Probe, Trait
from convlab.grading.exercises.lesson_03 import decimals

# tuning_curve ---------------------------------------------------------------------------------------------------------

SECONDS = Trait("trials of one second", "trials of another length")
REPEATS = Trait("one trial for each orientation", "several trials for each orientation")
FOLDED = Trait("orientations below 180", "orientations of 180 and more")
UNSORTED = Trait("orientations in their order", "orientations in any order")


def _tuning_curve(orientations, counts, seconds):
    rows = {}
    for orientation, count in zip(np.asarray(orientations) % 180, counts):
        rows.setdefault(float(orientation), []).append(count / seconds)
    return np.array([[orientation, np.mean(rates)] for orientation, rates in sorted(rows.items())])


def _tuning_probe(rng, label, orientations, *, seconds=1.0):
    orientations = np.array(orientations, dtype=float)
    counts = rng.integers(2, 60, len(orientations))
    special = {
        SECONDS: seconds != 1,
        REPEATS: len(set(orientations % 180)) < len(orientations),
        FOLDED: (orientations >= 180).any(),
        UNSORTED: (np.diff(orientations) < 0).any(),
    }
    return Probe(
        label,
        (orientations, counts, seconds),
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={"the seconds of a trial": seconds, "the number of trials": len(orientations)},
    )


def _tuning_probes(rng):
    three, many = [0, 60, 120], [0, 30, 60, 90, 120, 150]
    shuffled = rng.permutation(np.repeat(many, 4))
    folded = rng.permutation(np.concatenate([np.repeat([0, 45, 90, 135], 3), [180, 180, 225, 315]]))
    return [
        _tuning_probe(rng, "three orientations", three),
        _tuning_probe(rng, "half a second each", three, seconds=0.5),
        _tuning_probe(rng, "two seconds each", many, seconds=2.0),
        _tuning_probe(rng, "three trials each", np.repeat(three, 3)),
        _tuning_probe(rng, "in any order", [90, 0, 135, 45]),
        _tuning_probe(rng, "some of them twice, in any order", [90, 0, 90, 135, 45, 0]),
        _tuning_probe(rng, "0 and 180", [0, 60, 120, 180]),
        _tuning_probe(rng, "180 and more", [10, 100, 190, 280, 370]),
        _tuning_probe(rng, "everything together", shuffled, seconds=0.25),
        _tuning_probe(rng, "everything together, 180 and more", folded, seconds=0.5),
    ]


def _first_seen_order(orientations, counts, seconds):
    table = _tuning_curve(orientations, counts, seconds)
    order = list(dict.fromkeys(np.asarray(orientations) % 180))
    return np.array([table[np.flatnonzero(table[:, 0] == each)[0]] for each in order])


def _per_group(summary, fold=True):
    """A tuning curve with another summary of each orientation's counts: (counts, seconds, all trials) -> rate."""

    def curve(orientations, counts, seconds):
        angles = np.asarray(orientations) % (180 if fold else 3600)
        return np.array([[a, summary(counts[angles == a], seconds, len(counts))] for a in np.unique(angles)])

    return curve


TUNING_CURVE = Exercise(
    name="tuning_curve",
    lesson="01",
    points=3,
    signature="tuning_curve(orientations, counts, seconds)",
    summary="for each different orientation (0 to 180 degrees, ascending) the mean rate in spikes per second: "
    "orientations (T,), counts (T,), seconds per trial; result (K, 2), columns orientation and rate",
    probes=_tuning_probes,
    reference=_tuning_curve,
    mutants=(
        Mutant(
            "seconds forgotten",
            _per_group(lambda counts, seconds, trials: counts.mean()),
            "These are spikes per trial, not spikes per second: divide by the seconds that a trial takes.",
        ),
        Mutant(
            "multiplied by the seconds",
            _per_group(lambda counts, seconds, trials: counts.mean() * seconds),
            "You multiply by the seconds. 20 spikes in half a second are 40 per second, not 10: divide.",
        ),
        Mutant(
            "sum for the mean",
            _per_group(lambda counts, seconds, trials: counts.sum() / seconds),
            "The spikes of all trials of an orientation are added up; whoever shows a bar more often then gets a higher "
            "rate. Take the mean over its trials.",
        ),
        Mutant(
            "divided by all trials",
            _per_group(lambda counts, seconds, trials: counts.sum() / trials / seconds),
            "You divide by the number of all trials. Divide the spikes of an orientation by the number of trials of that "
            "orientation.",
        ),
        Mutant(
            "last trial only",
            _per_group(lambda counts, seconds, trials: counts[-1] / seconds),
            "Only the last trial of each orientation is left: each one overwrites the one before. Collect them, then take "
            "the mean.",
        ),
        Mutant(
            "largest for the mean",
            _per_group(lambda counts, seconds, trials: counts.max() / seconds),
            "That is the best trial of each orientation. Spikes come by chance: take the mean.",
        ),
        Mutant(
            "180 not folded",
            _per_group(lambda counts, seconds, trials: counts.mean() / seconds, fold=False),
            "180 degrees is the same bar as 0, and 225 the same as 45: take the orientation modulo 180 (`% 180`) first.",
        ),
        Mutant(
            "in the order shown",
            _first_seen_order,
            "The rows stand in the order in which the orientations were shown first. They should ascend.",
        ),
    ),
    hints=(
        "Which trials belong to one orientation? Once you have their counts, the rate is one mean and one division.",
        "`angles = orientations % 180`, then `np.unique(angles)` gives the different ones, ascending. A loop over them.",
        "In the loop `counts[angles == a]` are the counts of one orientation; its row is `[a, counts[angles == a].mean() "
        "/ seconds]`. Hand back `np.array(rows)`.",
    ),
    axes=("row", "column"),
)


# preferred_orientation ------------------------------------------------------------------------------------------------

ACROSS = Trait("a peak far from 0 and 180", "a peak near 0 or 180")


def _resultant(orientations, rates, fold=2.0):
    return (np.asarray(rates) * np.exp(1j * fold * np.deg2rad(orientations))).sum()


def _preferred(orientations, rates):
    return np.rad2deg(np.angle(_resultant(orientations, rates))) / 2 % 180


def _preferred_probe(rng, label, peak, *, count=9):
    """Rates around a peak at irregular orientations, so that no mistake is hidden by a symmetry."""
    orientations = np.sort(rng.choice(np.arange(0, 180, 5), count, replace=False)).astype(float)
    gap = np.deg2rad(orientations - peak)
    rates = np.round(2 + 40 * np.exp(3 * (np.cos(2 * gap) - 1)) + rng.uniform(0, 2, count), 1)
    traits = (ACROSS,) if min(peak, 180 - peak) < 25 else ()
    return Probe(label, (orientations, rates), traits=traits)


def _preferred_probes(rng):
    peaks = [float(peak) for peak in rng.uniform((30, 60, 110, 130), (60, 100, 130, 150))]
    probes = [_preferred_probe(rng, f"a peak near {round(peak, -1):.0f} degrees", peak) for peak in peaks]
    probes += [_preferred_probe(rng, "few orientations", float(rng.uniform(60, 85)), count=5)]
    probes += [_preferred_probe(rng, label, float(peak)) for label, peak in
               (("a peak just above 0", rng.uniform(14, 20)), ("a peak just below 180", rng.uniform(160, 166)))]  # fmt: skip
    return probes


PREFERRED_ORIENTATION = Exercise(
    name="preferred_orientation",
    lesson="01",
    points=3,
    signature="preferred_orientation(orientations, rates)",
    summary="half the direction, in degrees from 0 to 180, of the sum of arrows with length rate and direction twice the "
    "orientation: orientations (K,) in degrees, rates (K,)",
    probes=_preferred_probes,
    reference=_preferred,
    mutants=(
        Mutant(
            "largest rate",
            lambda orientations, rates: orientations[np.argmax(rates)],
            "That is the orientation with the largest rate: one lucky trial decides, and nothing between the orientations "
            "can be found. Let all rates pull, each in its direction.",
        ),
        Mutant(
            "plain mean",
            lambda orientations, rates: (orientations * rates).sum() / rates.sum(),
            "That is a weighted mean of the numbers. For orientations it fails: 10 and 170 degrees nearly agree, and their "
            "mean is 90. Add arrows instead.",
        ),
        Mutant(
            "angles not doubled",
            lambda orientations, rates: np.rad2deg(np.angle(_resultant(orientations, rates, 1.0))) % 180,
            "The angles are not doubled. 0 and 180 degrees are the same bar, so their arrows must point the same way: "
            "double every angle first, halve the result.",
        ),
        Mutant(
            "not halved",
            lambda orientations, rates: np.rad2deg(np.angle(_resultant(orientations, rates))) % 360,
            "The direction of the sum is that of the doubled angles: halve it.",
        ),
        Mutant(
            "radians given back",
            lambda orientations, rates: np.angle(_resultant(orientations, rates)) / 2 % np.pi,
            "That is the right angle in radians. The answer is wanted in degrees: `np.rad2deg`.",
        ),
        Mutant(
            "degrees into the sine",
            lambda orientations, rates: (
                np.rad2deg(
                    np.arctan2((rates * np.sin(2 * orientations)).sum(), (rates * np.cos(2 * orientations)).sum())
                )
                / 2
                % 180
            ),
            "np.sin and np.cos take radians: `np.deg2rad(orientations)` first.",
        ),
        Mutant(
            "rates forgotten",
            lambda orientations, rates: _preferred(orientations, np.ones(len(rates))),
            "All arrows have the same length: multiply the cosine and the sine of each by its rate.",
        ),
        Mutant(
            "sine and cosine swapped",
            lambda orientations, rates: (90 - 2 * _preferred(orientations, rates)) / 2 % 180,
            "Sine and cosine have changed places: it is `np.arctan2(sines, cosines)`, the sines first.",
        ),
    ),
    hints=(
        "Each orientation pulls with its rate. Draw two arrows for 10 and 170 degrees: why must the angles be doubled?",
        "With a = 2 * orientation in radians: add up rate * cos(a) and rate * sin(a). The direction of the sum is "
        "`np.arctan2(sines, cosines)`.",
        "Halve that direction, turn it into degrees with `np.rad2deg`, and bring it between 0 and 180 with `% 180`.",
    ),
)


# reverse_correlation --------------------------------------------------------------------------------------------------

UNEVEN = Trait("at most one spike a picture", "several spikes at a picture")
BRIGHT = Trait("pictures with a mean of about 0", "pictures that are bright on the whole")


def _reverse(images, counts):
    field = np.zeros(images.shape[1:])
    for image, count in zip(images, counts):
        field += count * image
    return field / counts.sum() - images.mean(axis=0)


def _reverse_probe(rng, label, shape, *, most=1, bright=0.0):
    T = shape[0]
    counts = rng.integers(0, most + 1, T)
    counts[:2] = most, 0  # at least one picture that is answered, and one that is not
    images = decimals(rng, *shape) + bright
    special = {UNEVEN: most > 1, BRIGHT: bright > 0}
    return Probe(
        label,
        (images, counts),
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={"the number of pictures": T, "the number of spikes": int(counts.sum())},
    )


def _reverse_probes(rng):
    return [
        _reverse_probe(rng, "four pictures of one row", (4, 1, 3)),
        _reverse_probe(rng, "six pictures", (6, 3, 3)),
        _reverse_probe(rng, "wide pictures", (8, 2, 4)),
        _reverse_probe(rng, "up to three spikes", (8, 3, 3), most=3),
        _reverse_probe(rng, "up to five spikes, tall pictures", (9, 4, 2), most=5),
        _reverse_probe(rng, "bright pictures", (8, 3, 3), bright=3.0),
        _reverse_probe(rng, "everything together", (20, 3, 5), most=4, bright=2.0),
        _reverse_probe(rng, "everything together, tall pictures", (24, 5, 2), most=6, bright=1.0),
    ]


def _sum_of_spikes(images, counts):
    return np.tensordot(counts, images, axes=1)


def _spiked(images, counts):
    return images[counts > 0].mean(axis=0)


REVERSE_CORRELATION = Exercise(
    name="reverse_correlation",
    lesson="01",
    points=3,
    signature="reverse_correlation(images, counts)",
    summary="mean picture before a spike minus mean of all pictures: images (T, H, W), counts (T,), result (H, W)",
    probes=_reverse_probes,
    reference=_reverse,
    mutants=(
        Mutant(
            "mean of all not subtracted",
            lambda images, counts: _sum_of_spikes(images, counts) / counts.sum(),
            "The mean of all pictures is not subtracted. What the pictures have in common anyway says nothing about the "
            "cell.",
        ),
        Mutant(
            "divided by the number of pictures",
            lambda images, counts: _sum_of_spikes(images, counts) / len(images) - images.mean(axis=0),
            "You divide by the number of pictures. A mean over spikes is divided by the number of spikes, `counts.sum()`.",
        ),
        Mutant(
            "not divided",
            lambda images, counts: _sum_of_spikes(images, counts) - images.mean(axis=0),
            "The pictures before spikes are added up, but not divided by the number of spikes.",
        ),
        Mutant(
            "each picture once",
            lambda images, counts: _spiked(images, counts) - images.mean(axis=0),
            "Each picture with spikes counts once. A picture with three spikes should count three times: weigh it with its "
            "count.",
        ),
        Mutant(
            "minus the silent pictures",
            lambda images, counts: _sum_of_spikes(images, counts) / counts.sum() - images[counts == 0].mean(axis=0),
            "You subtract the mean of the pictures without a spike. Subtract the mean of all pictures.",
        ),
        Mutant(
            "one number subtracted",
            lambda images, counts: _sum_of_spikes(images, counts) / counts.sum() - images.mean(),
            "You subtract one number, the mean over all pictures and pixels. Each pixel has a mean of its own: "
            "`images.mean(axis=0)`.",
        ),
        Mutant(
            "off by one picture",
            lambda images, counts: _reverse(images, np.roll(counts, 1)),
            "The counts have slipped by one picture: `counts[t]` belongs to `images[t]`.",
        ),
        Mutant(
            "sign turned",
            lambda images, counts: -_reverse(images, counts),
            "Every number has the wrong sign: it is the mean before a spike minus the mean of all.",
        ),
    ),
    hints=(
        "Imagine that you lay all pictures that made the cell fire on a pile and look through it against the light.",
        "A picture with 3 spikes lies on the pile three times: add up `counts[t] * images[t]`, then divide by how many lie "
        "there in all.",
        "`pile / counts.sum() - images.mean(axis=0)`, where `pile` has the shape of one picture.",
    ),
    axes=("row", "column"),
)


# complex_energy -------------------------------------------------------------------------------------------------------

DARK = Trait("fields that both say something above 0", "drives below 0")
MANY = Trait("one picture", "several pictures")


def _drives(images, even, odd):
    return np.tensordot(images, even, axes=2), np.tensordot(images, odd, axes=2)


def _energy(images, even, odd):
    energies = []
    for image in images:
        energies.append((image * even).sum() ** 2 + (image * odd).sum() ** 2)
    return np.array(energies)


def _energy_probe(rng, label, shape, *, dark=True):
    N, H, W = shape
    while True:  # drives well away from 0, of the wanted signs and sizes, so that no mistake is hidden
        images, even, odd = decimals(rng, *shape), decimals(rng, H, W), decimals(rng, H, W)
        e, o = _drives(images, even, odd)
        signs = (e < 0).any() and (o < 0).any() if dark else (e > 0).all() and (o > 0).all()
        apart = np.abs(np.abs(e) - np.abs(o)).min() > 0.2 and np.abs([e, o]).min() > 0.2
        if signs and apart:
            break
    special = {MANY: N > 1, DARK: dark}
    return Probe(
        label,
        (images, even, odd),
        traits=tuple(trait for trait, present in special.items() if present),
        sizes={"the number of pixels": H * W, "the number of pixels, squared": (H * W) ** 2},
    )


def _energy_probes(rng):
    return [
        _energy_probe(rng, "one picture", (1, 2, 2), dark=False),
        _energy_probe(rng, "one picture, drives below 0", (1, 2, 3)),
        _energy_probe(rng, "two pictures", (2, 2, 2), dark=False),
        _energy_probe(rng, "two pictures, drives below 0", (2, 3, 2)),
        _energy_probe(rng, "five pictures", (5, 3, 3)),
        _energy_probe(rng, "wide pictures", (4, 2, 5)),
        _energy_probe(rng, "tall pictures", (6, 4, 3)),
    ]


def _of_drives(combine):
    return lambda images, even, odd: combine(*_drives(images, even, odd))


COMPLEX_ENERGY = Exercise(
    name="complex_energy",
    lesson="01",
    points=3,
    signature="complex_energy(images, even, odd)",
    summary="(sum of image * even)^2 + (sum of image * odd)^2 for each image: images (N, H, W), even and odd (H, W), "
    "result (N,)",
    probes=_energy_probes,
    reference=_energy,
    mutants=(
        Mutant(
            "square of the sum",
            _of_drives(lambda e, o: (e + o) ** 2),
            "You add the two drives first and square afterwards. Then a picture may cancel itself: square each, then add.",
        ),
        Mutant(
            "root taken",
            _of_drives(lambda e, o: np.sqrt(e**2 + o**2)),
            "That is the root of the energy, its amplitude. The energy itself is the sum of the squares.",
        ),
        Mutant(
            "even only",
            _of_drives(lambda e, o: e**2),
            "Only the even field is used. Without the odd one the cell is blind to a bar that has moved by a quarter of a "
            "wave.",
        ),
        Mutant(
            "rectified before squaring",
            _of_drives(lambda e, o: np.maximum(0, e) ** 2 + np.maximum(0, o) ** 2),
            "You cut negative drives off before you square them. A complex cell answers to dark bars as to light ones: the "
            "square takes care of the sign.",
        ),
        Mutant(
            "absolute values",
            _of_drives(lambda e, o: np.abs(e) + np.abs(o)),
            "You add absolute values. That also forgets the sign, but it changes with the phase; squares do not, because "
            "sine squared plus cosine squared is 1.",
        ),
        Mutant(
            "difference of the squares",
            _of_drives(lambda e, o: e**2 - o**2),
            "There is a minus between the squares: add them.",
        ),
        Mutant(
            "squared before the sum",
            lambda images, even, odd: ((images * even) ** 2 + (images * odd) ** 2).sum(axis=(1, 2)),
            "You square each pixel's product and add the squares. First the sum over the pixels, which is the drive, then "
            "its square.",
        ),
        Mutant(
            "mean for the sum",
            lambda images, even, odd: _energy(images, even, odd) / even.size**2,
            "You take the mean over the pixels where the sum is meant.",
        ),
        Mutant(
            "all pictures together",
            lambda images, even, odd: np.full(len(images), _energy(images, even, odd).sum()),
            "All pictures share one number. Each picture has its own energy: sum over the axes 1 and 2 only.",
        ),
    ),
    hints=(
        "What does one field say to one picture? A product for each pixel, and one sum. Then the same for the other field.",
        "`(images * even).sum(axis=(1, 2))` are the drives of the even field, one for each picture.",
        "Square the drives of the even field, square those of the odd field, add the two.",
    ),
    axes=("picture",),
)

EXERCISES = (TUNING_CURVE, PREFERRED_ORIENTATION, REVERSE_CORRELATION, COMPLEX_ENERGY)
