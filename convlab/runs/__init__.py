"""Run folders: a training with all that it was made from and all that came of it, in one place.

`carry_out` trains by a configuration of `convlab.recipes.choose` and fills the folder; `read` and `find` give back what is
in one, or in all below `runs/`.

| file | what |
| --- | --- |
| config.json | every choice: network, data, recipe, seed |
| environment.json | machine, versions, threads, when it began |
| history.csv | a line per epoch |
| checkpoint.safetensors | to go on from |
| best.safetensors | weights of the best epoch so far, where they are kept |
| weights.safetensors | the weights that were tested |
| result.json | accuracies and times |
| learning_curve.png, confusion_matrix.png, filters.png | pictures |
"""

from convlab.runs.carry_out import carry_out as carry_out
from convlab.runs.folder import CONFIG as CONFIG
from convlab.runs.folder import ENVIRONMENT as ENVIRONMENT
from convlab.runs.folder import PICTURES as PICTURES
from convlab.runs.folder import RESULT as RESULT
from convlab.runs.folder import RUNS as RUNS
from convlab.runs.folder import WEIGHTS as WEIGHTS
from convlab.runs.folder import Run as Run
from convlab.runs.folder import differences as differences
from convlab.runs.folder import find as find
from convlab.runs.folder import new_folder as new_folder
from convlab.runs.folder import read as read
from convlab.runs.prepare import network as network
