"""Hubel and Wiesel's experiment in the computer: pictures on a screen, cells that look at them, and their spikes.

A picture is an array (H, W) of contrasts: 0 is the grey of the empty screen, 1 the brightest, -1 the darkest. Many pictures
are (..., H, W). Places are in pixels from the middle of the screen, `x` to the right and `y` upwards. Orientations are in
degrees: 0 lies, 90 stands, and in between a bar turns against the clock.

>>> from convlab import cortex
>>> cell = cortex.SimpleCell.gabor(33, 90)
>>> upright, lying = cortex.bar(33, 90), cortex.bar(33, 0)
>>> cell.rate(upright) > 10 * cell.rate(lying)
np.True_
"""

from convlab.cortex.cells import Cell as Cell
from convlab.cortex.cells import ComplexCell as ComplexCell
from convlab.cortex.cells import EndStoppedCell as EndStoppedCell
from convlab.cortex.cells import SimpleCell as SimpleCell
from convlab.cortex.experiment import Experiment as Experiment
from convlab.cortex.experiment import Trial as Trial
from convlab.cortex.fields import difference_of_gaussians as difference_of_gaussians
from convlab.cortex.fields import gabor as gabor
from convlab.cortex.measuring import orientation_selectivity as orientation_selectivity
from convlab.cortex.measuring import preferred_orientation as preferred_orientation
from convlab.cortex.measuring import record as record
from convlab.cortex.measuring import reverse_correlation as reverse_correlation
from convlab.cortex.measuring import tuning_curve as tuning_curve
from convlab.cortex.retinotopy import cortical_view as cortical_view
from convlab.cortex.retinotopy import magnification as magnification
from convlab.cortex.retinotopy import to_cortex as to_cortex
from convlab.cortex.retinotopy import to_visual_field as to_visual_field
from convlab.cortex.spikes import Clicks as Clicks
from convlab.cortex.spikes import spike_times as spike_times
from convlab.cortex.stimuli import bar as bar
from convlab.cortex.stimuli import coordinates as coordinates
from convlab.cortex.stimuli import grating as grating
from convlab.cortex.stimuli import spot as spot
from convlab.cortex.stimuli import white_noise as white_noise
