"""Training: `fit` runs epochs, remembers how it went, writes a checkpoint after each, and goes on where it stopped."""

from convlab.training.divergence import TrainingWarning as TrainingWarning
from convlab.training.evaluation import accuracy as accuracy
from convlab.training.evaluation import evaluate as evaluate
from convlab.training.evaluation import predict as predict
from convlab.training.evaluation import predict_probabilities as predict_probabilities
from convlab.training.history import Epoch as Epoch
from convlab.training.history import History as History
from convlab.training.loop import fit as fit
from convlab.training.state import BEST as BEST
from convlab.training.state import CHECKPOINT as CHECKPOINT
from convlab.training.state import HISTORY as HISTORY
