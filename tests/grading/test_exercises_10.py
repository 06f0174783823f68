"""What is special about the exercises of lesson 10: references against the library, behaviour, bugs one by one."""

import numpy as np
import pytest
from answers_10 import ANSWERS, sgd_library, train_library

from convlab.grading import Outcome, diagnose
from convlab.grading.exercises import EXERCISES, find
from convlab.grading.exercises.lesson_10 import BUGS, LEARNT
from convlab.grading.exercises.lesson_10 import EXERCISES as LESSON

BY_NAME = pytest.mark.parametrize("exercise", LESSON, ids=lambda exercise: exercise.name)
STYLES = [
    pytest.param(find(name), f, id=f"{name}: {style}")
    for name, styles in ANSWERS.items()
    for style, f in styles.items()
]


@BY_NAME
def test_an_exercise_is_complete(exercise):
    assert EXERCISES[exercise.name] is exercise and exercise.lesson == "10"
    assert len(exercise.mutants) >= 4 and len({m.sentence for m in exercise.mutants}) == len(exercise.mutants)
    assert set(ANSWERS) == {e.name for e in LESSON}


@pytest.mark.parametrize(("exercise", "function"), STYLES)
def test_another_style_is_right(exercise, function):
    for seed in range(2):
        verdict = diagnose(exercise, function, seed)
        assert verdict.outcome is Outcome.RIGHT, verdict.sentence


@BY_NAME
def test_mutants_are_named(exercise):
    for mutant in exercise.mutants:
        verdict = diagnose(exercise, mutant.function, 4)
        assert (verdict.outcome, verdict.mutant, verdict.points) == (Outcome.WRONG, mutant.name, 0), verdict.sentence


def test_references_equal_the_library():
    for probe in find("sgd").draw(0):
        np.testing.assert_allclose(
            find("sgd").reference(*probe.args, **probe.kwargs), sgd_library(*probe.args, **probe.kwargs)
        )
    for probe in find("train").draw(0):
        want = train_library(*probe.args, **probe.kwargs)
        np.testing.assert_allclose(find("train").reference(*probe.args, **probe.kwargs), want, rtol=1e-9)


def test_the_losses_of_a_right_training_fall():
    for probe in find("train").draw(1):
        losses = find("train").reference(*probe.args, **probe.kwargs)
        if len(losses) >= 6:
            assert losses[-2:].mean() < losses[:2].mean()


# Eight images by heart: what the weights do is judged, not what is said -------------------------------------------------


def test_labels_cannot_be_guessed_and_have_nothing_to_do_with_the_images():
    drawn = [tuple(probe.args[1]) for seed in range(4) for probe in find("overfit").draw(seed)]
    assert len(set(drawn)) == len(drawn)


def test_boasting_or_giving_back_the_answer_itself_does_not_pass():
    def boast(x, labels):
        print("all eight right, loss 0.001")

    def the_labels_themselves(x, labels):
        return np.eye(labels.max() + 1)[labels]

    def constant(x, labels):
        return np.ones((labels.max() + 1, x.shape[1] + 1))

    assert diagnose(find("overfit"), boast, 0).outcome is Outcome.WRONG
    assert "expected, got (8," in diagnose(find("overfit"), the_labels_themselves, 0).sentence
    assert diagnose(find("overfit"), constant, 0).outcome is Outcome.WRONG


def test_a_training_that_explodes_is_told_so():
    def exploded(x, labels):
        return np.full((labels.max() + 1, x.shape[1] + 1), np.nan)

    assert "smaller steps" in diagnose(find("overfit"), exploded, 0).sentence


@pytest.mark.parametrize(
    ("steps", "lr", "mutant"), [(500, 0.5, None), (60, 0.2, "not to the end"), (0, 0.1, "nothing learnt")]
)
def test_a_learners_descent(steps, lr, mutant):
    def overfit(x, labels):
        C = labels.max() + 1
        weights, data = np.zeros((C, x.shape[1] + 1)), np.c_[x, np.ones(8)]
        for _ in range(steps):
            p = np.exp(data @ weights.T)
            p /= p.sum(1, keepdims=True)
            weights = weights - lr * (p - np.eye(C)[labels]).T @ data / 8
        return weights

    verdict = diagnose(find("overfit"), overfit, 0)
    assert verdict.outcome is (Outcome.WRONG if mutant else Outcome.RIGHT)
    assert verdict.mutant == (mutant or ""), verdict.sentence
    assert 0 < LEARNT < 0.1


# The program to mend ------------------------------------------------------------------------------------------------------


def program_of_the_notebook():
    from pathlib import Path

    import nbformat

    notebook = nbformat.read(Path(__file__).parents[2] / "exercises" / "10_training.ipynb", as_version=4)
    source = next(cell.source for cell in notebook.cells if cell.id == "given-broken")
    namespace = {"np": np}
    exec(source, namespace)
    return source, namespace["broken"]


# The line with the bug, and the mended one.
MENDS = {
    "softmax": ("p = e / e.sum(axis=0, keepdims=True)", "p = e / e.sum(axis=1, keepdims=True)"),
    "mean": ("dscores[rows, labels] -= 1", "dscores[rows, labels] -= 1\n        dscores /= len(x)"),
    "order": ("        w2 = w2 - lr * dscores.T @ a", "        old = w2\n        w2 = w2 - lr * dscores.T @ a"),
    "mask": ("dh = da * (da > 0)", "dh = da * (h > 0)"),
}


def mended_but_for(left):
    source, _ = program_of_the_notebook()
    for bug, (wrong, right) in MENDS.items():
        assert source.count(wrong) == 1
        if bug not in left:
            source = source.replace(wrong, right)
    if "order" not in left:
        source = source.replace("da = dscores @ w2", "da = dscores @ old")
    namespace = {"np": np}
    exec(source, namespace)
    return namespace["broken"]


def test_the_program_given_has_all_four_bugs():
    _, broken = program_of_the_notebook()
    verdict = diagnose(find("mended"), broken, 0)
    assert verdict.outcome is Outcome.WRONG and verdict.mutant == f"still there: {', '.join(BUGS)}"
    assert set(MENDS) == set(BUGS)


@pytest.mark.parametrize(
    "left", [(), *((bug,) for bug in BUGS), ("softmax", "mask"), ("mean", "order", "mask")], ids=str
)
def test_the_check_says_which_bugs_are_left(left):
    verdict = diagnose(find("mended"), mended_but_for(left), 0)
    if not left:
        assert verdict.outcome is Outcome.RIGHT, verdict.sentence
    else:
        assert verdict.mutant == f"still there: {', '.join(left)}"
        assert all(BUGS[bug] in verdict.sentence for bug in left)
        assert not any(BUGS[bug] in verdict.sentence for bug in set(BUGS) - set(left))
