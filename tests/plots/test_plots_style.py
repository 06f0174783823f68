"""One look: readable type, colours that keep their meaning for every kind of colour vision, pictures that are the same
in every run and carry a text."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from convlab import plots
from convlab.plots import style

SOBEL = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
NUMBERS = np.random.default_rng(3).integers(0, 256, (9, 12))
LETTERS = np.array(list("abcdefghijkl")).reshape(3, 4)
STEP = np.outer(np.ones(6), [1, 1, 1, 0, 0, 0])
SIGNED = np.random.default_rng(4).normal(0, 300, (3, 10, 14))

GALLERY = {
    "a patch": lambda: plots.kernel_over_image(NUMBERS[:3, :3], SOBEL),
    "a window of a large image": lambda: plots.kernel_over_image(NUMBERS, SOBEL, 6, 9, flip=True, title="turned"),
    "decimals": lambda: plots.kernel_over_image(NUMBERS / 7, np.full((3, 3), -1 / 9), 3, 4),
    "a large kernel": lambda: plots.kernel_over_image(NUMBERS, np.ones((5, 5)), 0, 0),
    "letters": lambda: plots.kernel_over_image(LETTERS, [["w", "x"], ["y", "z"]], 1, 2),
    "a signal": lambda: plots.kernel_over_signal([2, 2, 2, 5, 5], [1, -1], 2),
    "a long signal": lambda: plots.kernel_over_signal(np.arange(40) * 25.0, [0.2, 0.3, 0.5], 37),
    "step images": lambda: plots.step_images([STEP, STEP.T], [SOBEL, SOBEL]),
    "arrays": lambda: plots.array_row([SOBEL, np.rot90(SOBEL, 2)], ["a kernel", "the same, turned by 180°"]),
    "pictures": lambda: plots.picture_grid([NUMBERS, *SIGNED], list("abcd"), columns=2, credit="somebody, CC BY 2.0"),
    "feature maps": lambda: plots.feature_maps(SIGNED, image=NUMBERS),
    "one map": lambda: plots.signed_map(SIGNED[0], "a map"),
    "a window in a picture": lambda: plots.window_in_picture(NUMBERS, SOBEL, 2, 3, credit="somebody"),
    "tracks": lambda: plots.tracks(NUMBERS[0], NUMBERS[1, 4:], NUMBERS[2], start=4),
}


@pytest.fixture(params=GALLERY.values(), ids=GALLERY.keys())
def figure(request):
    return request.param()


def texts(figure):
    """Every visible text of a figure with its box in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    found = figure.findobj(lambda a: isinstance(a, matplotlib.text.Text) and a.get_visible() and a.get_text().strip())
    hidden = {tick.label1 for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for tick in beyond(axis)}
    return [(text, text.get_window_extent(canvas.get_renderer())) for text in found if text not in hidden]


def beyond(axis):
    """Ticks outside the limits of an axis, which matplotlib keeps and does not draw."""
    low, high = axis.get_view_interval()
    return [tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]


def test_every_figure_is_as_wide_as_every_other(figure):
    assert figure.get_figwidth() == style.WIDTH


def test_nothing_is_written_smaller_than_ten_points(figure):
    assert [t.get_text() for t, _ in texts(figure) if t.get_fontsize() < 10] == []


def test_no_text_leaves_the_figure(figure):
    page = figure.bbox
    outside = [t.get_text() for t, box in texts(figure) if not (page.x0 <= box.x0 and box.x1 <= page.x1)]
    outside += [t.get_text() for t, box in texts(figure) if not (page.y0 <= box.y0 and box.y1 <= page.y1)]
    assert outside == []


def test_no_text_lies_on_another(figure):
    pairs = itertools.combinations(texts(figure), 2)
    clashes = [(a.get_text(), b.get_text()) for (a, box), (b, other) in pairs if box.shrunk(0.98, 0.9).overlaps(other)]
    assert clashes == []


def test_every_figure_describes_itself(figure):
    assert len(figure.get_label()) > 15


def test_the_same_figure_gives_the_same_bytes():
    first, second = (style.png(GALLERY["a patch"]()) for _ in range(2))
    assert first == second
    assert b"tEXt" not in first and b"tIME" not in first


def test_the_learners_own_settings_neither_change_the_look_nor_are_changed():
    plain = style.png(GALLERY["tracks"]())
    with matplotlib.rc_context({"font.size": 4, "axes.facecolor": "black", "lines.linewidth": 9}):
        before = dict(matplotlib.rcParams)
        assert style.png(GALLERY["tracks"]()) == plain
        assert dict(matplotlib.rcParams) == before


# ------------------------------------------------------------------------------------------------ colours


def linear(colour):
    """sRGB "#rrggbb" as linear red, green, blue (IEC 61966-2-1)."""
    values = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Contrast ratio of WCAG 2.1, 1.4.3."""
    low, high = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] for c in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("role", style.ROLES.values(), ids=style.ROLES.keys())
def test_text_stands_out_from_its_ground(role):
    assert contrast(role.ink, "#FFFFFF") >= 4.5
    assert contrast(role.ink, role.fill) >= 4.5


def test_faint_text_is_still_readable():
    assert contrast(style.FAINT, "#FFFFFF") >= 4.5


# Machado, Oliveira, Fernandes, A Physiologically-based Model for Simulation of Color Vision Deficiency (2009), severity 1
VISION = {
    "normal": np.eye(3),
    "no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(rgb):
    """Linear RGB in CIE L*a*b*, where distances are about as large as they look; 2.3 is just noticeable."""
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION.values(), ids=VISION.keys())
def test_roles_can_be_told_apart(vision):
    seen = {name: lab(np.array(vision) @ linear(role.line)) for name, role in style.ROLES.items()}
    distances = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in itertools.combinations(seen, 2)}
    assert min(distances.values()) > 15, distances


@pytest.mark.parametrize("vision", VISION.values(), ids=VISION.keys())
def test_the_two_signs_can_be_told_apart(vision):
    ends = matplotlib.colormaps[style.SIGNED]([0.1, 0.9])[:, :3]
    low, high = (lab(np.array(vision) @ linear(matplotlib.colors.to_hex(end))) for end in ends)
    assert np.linalg.norm(low - high) > 40


# ------------------------------------------------------------------------------------------------ in a notebook


def test_what_a_notebook_stores_of_a_figure():
    data, metadata = style.mimebundle(GALLERY["a patch"](), "nine numbers")
    assert sorted(data) == ["image/png", "text/plain"]
    assert data["text/plain"] == "nine numbers"
    assert metadata == {"image/png": {"alt": "nine numbers", "width": 720}}


def test_show_says_the_text_outside_of_a_notebook(capsys):
    plots.show(GALLERY["a patch"](), alt="nine numbers")
    assert capsys.readouterr().out.strip() == "nine numbers"
