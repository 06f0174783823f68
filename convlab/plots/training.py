"""Pictures of a training: learning curves and the confusion matrix."""

from typing import Any

import numpy as np

from convlab.errors import LabelError, ShapeError
from convlab.plots.style import describe, new_figure, styled

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito's


@styled
def learning_curves(history: Any, figure: Any = None) -> Any:
    """Loss and accuracy over the epochs, training beside validation.

    Parameters
    ----------
    history : convlab.training.History
    figure : matplotlib Figure, optional
        To draw into.

    Returns
    -------
    matplotlib Figure
    """
    if figure is None:
        figure = new_figure(3.0)
        figure.set_layout_engine("constrained")
    left, right = figure.subplots(1, 2)
    epochs = history.epoch
    for axes, name, label in ((left, "loss", "loss (nats)"), (right, "accuracy", "accuracy")):
        axes.plot(epochs, getattr(history, name), color="#0072B2", marker="o", markersize=3, label="training")
        validation = getattr(history, f"val_{name}")
        if np.isfinite(validation).any():
            axes.plot(epochs, validation, color="#D55E00", marker="s", markersize=3, linestyle="--", label="validation")
            axes.legend(frameon=False)
        axes.set(xlabel="epoch", ylabel=label)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        axes.xaxis.get_major_locator().set_params(integer=True)
    left.set_ylim(bottom=0)
    right.set_ylim(top=1.005)
    return describe(
        figure, f"Loss and accuracy over {len(epochs)} epochs: training, and validation where there is one."
    )


def compare_curves(histories: dict[str, Any], figure: Any = None) -> Any:
    """Validation loss and accuracy of several trainings, one curve each (training curves where nothing was held out).

    Parameters
    ----------
    histories : dict of str to convlab.training.History
        By the name that stands beside each curve.
    figure : matplotlib Figure, optional

    Returns
    -------
    matplotlib Figure
    """
    if not histories:
        raise ShapeError("compare_curves: histories is empty; give one history at least")
    figure, (left, right) = _figure(figure, 2, (9.6, 3.6 + 0.2 * len(histories)))
    for axes, name, label in ((left, "loss", "loss (nats)"), (right, "accuracy", "accuracy")):
        for number, (run, history) in enumerate(histories.items()):
            values = getattr(history, f"val_{name}")
            values = values if np.isfinite(values).any() else getattr(history, name)
            axes.plot(history.epoch, values, color=_COLOURS[number % len(_COLOURS)], label=run,
                      linestyle=("-", "--", ":")[number // len(_COLOURS) % 3])  # fmt: skip
        axes.set(xlabel="epoch", ylabel=label)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        axes.xaxis.get_major_locator().set_params(integer=True)
    left.set_ylim(bottom=0)
    right.set_ylim(top=1.005)
    handles, names = left.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", frameon=False, ncols=2)
    return figure


def confusion_counts(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """How often class i was taken for class j: an int array (classes, classes).

    >>> confusion_counts(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape or labels.ndim != 1:
        raise ShapeError(
            f"confusion_counts: labels and predictions must be two rows of one length, got {labels.shape} "
            f"and {predictions.shape}"
        )
    both = np.concatenate([labels, predictions])
    if both.size and not 0 <= both.min() <= both.max() < classes:
        raise LabelError(f"confusion_counts: classes must lie in [0, {classes}), got {both.min()} to {both.max()}")
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, predictions), 1)
    return counts


def confusion_matrix(counts: np.ndarray, class_names: tuple[str, ...], figure: Any = None) -> Any:
    """The counts as a picture: a row per true class, its shares as shades, the counts written in.

    Parameters
    ----------
    counts : int array (classes, classes)
        As `confusion_counts` gives them.
    class_names : tuple of str
    figure : matplotlib Figure, optional

    Returns
    -------
    matplotlib Figure
    """
    classes = len(counts)
    side = min(12.0, 2.2 + 0.48 * classes)
    figure, (axes,) = _figure(figure, 1, (side + 0.6, side))
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true class")
    names = [str(name) for name in class_names]
    axes.set_xticks(range(classes), names, rotation=0 if max(map(len, names)) < 3 else 90)
    axes.set_yticks(range(classes), names)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.set_title(f"{np.trace(counts):,} of {counts.sum():,} right", fontsize=11)
    if classes <= 20:
        for i, j in zip(*np.nonzero(counts)):
            axes.text(j, i, f"{counts[i, j]}", ha="center", va="center", fontsize=10,
                      color="white" if shares[i, j] > 0.55 else "black")  # fmt: skip
    return figure


def _figure(figure, columns, size):
    # Figure rather than pyplot: nothing to close, and no window system is asked for
    if figure is None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=size, layout="constrained", dpi=120)
    return figure, figure.subplots(1, columns, squeeze=False)[0]
