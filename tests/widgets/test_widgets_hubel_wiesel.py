"""The experiment without a browser: set a control's value, look at the record and at what is said."""

import io
import re

import numpy as np
import pytest
from scipy.io import wavfile

from convlab import cortex, widgets
from convlab.errors import ArgumentError
from convlab.widgets.hubel_wiesel import mystery_cells


@pytest.fixture(scope="module")
def explorer_made_once():
    return widgets.HubelWieselExplorer("cell A", seed=4)


@pytest.fixture
def explorer(explorer_made_once, monkeypatch):
    """One explorer for all tests, as if new; it draws only where a test asks it to."""
    explorer = explorer_made_once
    monkeypatch.setattr(explorer, "_draw", lambda: None)
    explorer.reveal.value = explorer.sound.value = False
    explorer.cell.value, explorer.orientation.value, explorer.shade.value = "cell A", 0, 1.0
    explorer.x.value, explorer.y.value, explorer.length.value, explorer.width.value = 0, 0, 24, 4
    explorer.forget.click()
    return explorer


def test_it_begins_with_one_trial(explorer):
    (trial,) = explorer.experiment.trials
    np.testing.assert_array_equal(trial.image, cortex.bar(49, 0, width=4, length=24))


@pytest.mark.parametrize(
    ("control", "value", "drawn"),
    [
        ("orientation", 75, {"orientation": 75}),
        ("x", -6, {"x": -6}),
        ("y", 5, {"y": 5}),
        ("length", 9, {"length": 9}),
        ("width", 2, {"width": 2}),
        ("shade", -1.0, {"contrast": -1.0}),
    ],
)
def test_every_control_makes_one_trial_with_the_new_bar(explorer, control, value, drawn):
    getattr(explorer, control).value = value
    assert len(explorer.experiment.trials) == 2
    bar = {"orientation": 0, "width": 4, "length": 24, **drawn}
    np.testing.assert_array_equal(explorer.experiment.trials[-1].image, cortex.bar(49, **bar))


def test_the_spikes_are_those_of_the_cell(explorer):
    explorer.x.value, explorer.y.value, explorer.orientation.value = 4, 3, 120
    for _ in range(40):
        explorer.again.click()
    same = [trial.spikes for trial in explorer.experiment.trials if trial.orientation == 120]
    rate = float(mystery_cells()["cell A"].rate(cortex.bar(49, 120, x=4, y=3, width=4, length=24)))
    assert len(same) == 41 and np.mean(same) == pytest.approx(rate, abs=4 * np.sqrt(rate / 41))
    assert len(set(same)) > 3


def test_a_new_record_or_another_cell_begins_anew_with_the_same_chances(explorer):
    explorer.orientation.value = 120
    first = explorer.experiment.trials[-1].spikes
    explorer.cell.value = "cell B"
    assert len(explorer.experiment.trials) == 1
    explorer.cell.value = "cell A"
    explorer.orientation.value = 0
    explorer.forget.click()
    explorer.orientation.value = 120
    assert explorer.experiment.trials[-1].spikes == first


def test_the_four_cells_are_of_four_kinds():
    simple, tolerant, stopped, round_ = mystery_cells().values()
    angles = np.arange(0, 180, 5)

    def rates(cell, x, y, **options):
        return cell.rate(np.stack([cortex.bar(49, angle, x=x, y=y, width=4, **options) for angle in angles]))

    assert [angles[rates(cell, *place, length=10).argmax()] for cell, place in
            ((simple, (4, 3)), (tolerant, (-5, 2)), (stopped, (2, -3)))] == [120, 30, 75]  # fmt: skip
    assert np.ptp(rates(round_, -3, -4, length=24)) < 3
    short, long = (cortex.bar(49, 75, x=2, y=-3, width=4, length=length) for length in (12, 50))
    assert stopped.rate(short) > 3 * stopped.rate(long)
    dark = cortex.bar(49, 30, x=-5, y=2, contrast=-1)
    assert tolerant.rate(dark) == pytest.approx(float(tolerant.rate(-dark)))


def test_a_scan_comes_first_if_it_is_wanted():
    explorer = widgets.HubelWieselExplorer("cell D", orientation=10, scan=True)
    assert [trial.orientation for trial in explorer.experiment.trials] == [*range(0, 180, 15), 10]


def test_sound_is_off_until_it_is_wanted(explorer):
    assert explorer.loudspeaker.layout.display == "none" and not explorer.loudspeaker.value
    explorer.sound.value = True
    explorer.x.value, explorer.y.value, explorer.orientation.value = 4, 3, 120
    _, sound = wavfile.read(io.BytesIO(bytes(explorer.loudspeaker.value)))
    assert explorer.loudspeaker.layout.display is None
    assert np.abs(sound.astype(int)).max() > 3000 and len(sound) == 8000


def test_what_it_says_follows_the_bar():
    explorer = widgets.HubelWieselExplorer(cortex.ComplexCell.gabor(33, 0), orientation=5)
    assert explorer.cell.value == "your own"
    before = explorer.view.value
    explorer.orientation.value = 10
    said = re.sub("<[^>]+>", "", explorer.sentence.value)
    assert explorer.view.value != before and "at 10°" in said and "2 trials so far" in said
    assert explorer.static().get_label() == said
    explorer.reveal.value = True
    assert len(explorer.experiment.trials) == 2  # looking is no trial


def test_a_page_without_a_kernel_gets_the_picture(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} == set(data)
    assert data["text/plain"] == metadata["image/png"]["alt"]


def test_every_control_has_a_name_for_the_keyboard_and_the_screen_reader(explorer):
    controls = [explorer.cell, explorer.orientation, explorer.x, explorer.y, explorer.length, explorer.width]
    controls += [explorer.again, explorer.forget, explorer.reveal, explorer.sound]
    assert len({control.description for control in controls if control.description}) == len(controls)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "cell Z"}, "cell must be one of cell A, cell B, cell C, cell D, or a convlab.cortex.Cell"),
        ({"cell": 3}, "got 3"),
        ({"orientation": 200}, "orientation must be a whole number from 0 to 175, got 200"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ArgumentError, match=message):
        widgets.HubelWieselExplorer(**options)
