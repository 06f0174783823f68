"""Checks that say what went wrong: exercises, questions, the engine that judges answers, and the notebook's `check`.

Learners need one name, `check`. The rest is for those who write exercises and grade them:

- `Exercise`, `Probe`, `Mutant`, `Trait`, `Question`, `Reply`: definitions, plain data;
- `diagnose(exercise, function, seed)` and `judge(exercise, probes, answers, seed)`: the engine, which prints nothing.

`python -m convlab.grading.kills` prints what the checks make of every known mistake.
"""

from convlab.grading.definition import Exercise as Exercise
from convlab.grading.definition import Mutant as Mutant
from convlab.grading.definition import Probe as Probe
from convlab.grading.definition import Question as Question
from convlab.grading.definition import Reply as Reply
from convlab.grading.definition import Trait as Trait
from convlab.grading.engine import diagnose as diagnose
from convlab.grading.engine import judge as judge
from convlab.grading.notebook import check as check
from convlab.grading.verdict import Answer as Answer
from convlab.grading.verdict import Outcome as Outcome
from convlab.grading.verdict import Verdict as Verdict
