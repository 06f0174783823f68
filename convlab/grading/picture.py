"""Where two arrays differ, as a picture: yours, expected, difference. PNG bytes, the same in every run."""

import io

import numpy as np

from convlab.grading.definition import Exercise
from convlab.grading.difference import close, number, wrong_places
from convlab.grading.verdict import Outcome, ProbeResult, Verdict

MOST_CELLS = 16  # an image wider or higher than this is drawn without its numbers
MOST_DRAWN = 64  # and no more of it than this is drawn
BLUE, VERMILION = "#0072B2", "#D55E00"


@np.errstate(all="ignore")
def draw(exercise: Exercise, verdict: Verdict) -> tuple[bytes, str] | None:
    """The first failed probe that can be drawn: PNG bytes and a text in place of the picture; None if there is none."""
    shown = compared(exercise, verdict)
    if shown is None:
        return None
    title, got, want = shown
    figure = _lines(got, want) if want.ndim == 1 else _images(got, want, exercise.tolerance)
    figure.suptitle(title, fontsize=11)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80, metadata={"Software": None}, facecolor="white")
    return buffer.getvalue(), f"Picture of yours, expected and the difference: {title}"


def compared(exercise: Exercise, verdict: Verdict) -> tuple[str, np.ndarray, np.ndarray] | None:
    """A title and the two arrays, yours and expected, of the first failed probe that can be drawn; None if there is none."""
    result = next((r for r in verdict.failed if r.outcome is Outcome.WRONG and _drawable(exercise, r)), None)
    if result is None:
        return None
    got, want = _views(exercise, result)
    place, got, want = _slice(got, want, exercise.tolerance)
    return f"{result.probe.label}{_place_name(exercise, place)}", got, want


def _drawable(exercise: Exercise, result: ProbeResult) -> bool:
    if result.got is None or result.answer.values is None:
        return False
    got, want = _views(exercise, result)
    return got.ndim == want.ndim and got.ndim >= 1 and got.size > 0 and want.size > 0


def _views(exercise: Exercise, result: ProbeResult) -> tuple[np.ndarray, np.ndarray]:
    """The arrays to draw: the answers themselves, or what the exercise shows of them."""
    if exercise.view is None:
        return result.got, result.want
    probe = result.probe
    want = np.asarray(exercise.reference(*probe.args, **probe.kwargs), dtype=np.float64)
    return exercise.view(result.answer.values, probe), exercise.view(want, probe)


def _slice(got: np.ndarray, want: np.ndarray, tolerance: float) -> tuple[tuple[int, ...], np.ndarray, np.ndarray]:
    """One image of each: the first that differs. Its place along the leading axes, and the two images."""
    if want.ndim <= 2:
        return (), got, want
    places = [place for place in np.ndindex(want.shape[:-2]) if all(k < n for k, n in zip(place, got.shape))]
    differs = (place for place in places if not close(got[place], want[place], tolerance))
    place = next(differs, places[0])
    return place, got[place], want[place]


def _place_name(exercise: Exercise, place: tuple[int, ...]) -> str:
    return "".join(f", {name} {k}" for name, k in zip(exercise.axes, place))


def _lines(got: np.ndarray, want: np.ndarray):
    """Two curves and their difference below."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.4), layout="constrained")
    comparable = got.shape == want.shape
    above, *below = figure.subplots(2 if comparable else 1, 1, sharex=True, squeeze=False).ravel()
    above.plot(want[:MOST_DRAWN], "o-", color=BLUE, label="expected", markersize=8, fillstyle="none")
    above.plot(got[:MOST_DRAWN], "x--", color=VERMILION, label="yours", markersize=7)
    above.legend(loc="upper left", bbox_to_anchor=(1, 1))
    above.xaxis.get_major_locator().set_params(integer=True)
    if comparable:
        gap = (got - want)[:MOST_DRAWN]
        below[0].stem(np.arange(len(gap)), gap, basefmt="k-", linefmt="k-", markerfmt="kD")
        below[0].margins(y=0.25)
        below[0].set_ylabel("difference")
    else:
        above.set_xlabel(f"{len(got)} numbers where {len(want)} are expected")
    return figure


def _images(got: np.ndarray, want: np.ndarray, tolerance: float):
    """Three panels: yours and expected on one scale, and the difference with the wrong cells framed."""
    from matplotlib.figure import Figure

    wide = want.shape[1] > 2 * want.shape[0]
    figure = Figure(figsize=(7.2, 6.4) if wide else (9.6, 3.4), layout="constrained")
    yours, expected, difference = figure.subplots(3, 1) if wide else figure.subplots(1, 3)
    reach = _reach(got, want)
    _panel(yours, got, "yours", reach)
    _panel(expected, want, "expected", reach)
    if got.shape == want.shape:
        gap = got - want
        _panel(difference, gap, "difference", _reach(gap))
        if _numbered(gap):
            _frame(difference, wrong_places(got, want, tolerance))
    else:
        sizes = [" x ".join(map(str, array.shape)) for array in (got, want)]
        difference.set_title("difference")
        _only_words(difference, f"yours is {sizes[0]},\nexpected {sizes[1]}")
    return figure


def _reach(*arrays: np.ndarray) -> float:
    """The largest finite number of the arrays, which gets the darkest colour."""
    return max(float(np.abs(a[np.isfinite(a)]).max(initial=1e-9)) for a in arrays)


def _numbered(image: np.ndarray) -> bool:
    return max(image.shape) <= MOST_CELLS


def _panel(axes, image: np.ndarray, title: str, reach: float) -> None:
    """An image in two colours, one for each sign, with its numbers or else a scale."""
    image = image[:MOST_DRAWN, :MOST_DRAWN]
    drawn = axes.imshow(image, cmap="PuOr", vmin=-reach, vmax=reach)
    axes.set(title=title, xticks=[], yticks=[])
    if not _numbered(image):
        axes.figure.colorbar(drawn, ax=axes)
        return
    size = 10 if max(image.shape) <= 6 else 7
    for (row, column), value in np.ndenumerate(image):
        dark = np.isfinite(value) and abs(value) > 0.6 * reach
        text = number(value, digits=3) if not abs(value) >= 1000 else f"{value:.0e}"
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color="white" if dark else "black")


def _frame(axes, wrong: np.ndarray) -> None:
    """A frame round every wrong cell, so that colour is not the only sign."""
    from matplotlib.patches import Rectangle

    for row, column in np.argwhere(wrong):
        axes.add_patch(Rectangle((column - 0.44, row - 0.44), 0.88, 0.88, fill=False, edgecolor="black", linewidth=1.2))


def _only_words(axes, text: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)
