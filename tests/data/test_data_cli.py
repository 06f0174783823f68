"""`convlab data list / fetch / show`, and the contact sheet."""

import json
import subprocess
import sys

import numpy as np
import pytest
from made_data import mnist_like, picture_bytes, picture_folder
from PIL import Image
from typer.testing import CliRunner

from convlab import data
from convlab.cli.data import app
from convlab.errors import ArgumentError, ShapeError


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_list_says_where_sets_are_or_how_to_get_them(own_data):
    mnist_like(own_data / "mnist")
    picture_folder(own_data / "pets")
    result = run("list")
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.output.splitlines()}
    assert "bundled with scikit-learn" in lines["digits"] and str(own_data / "mnist") in lines["mnist"]
    assert "convlab data fetch cifar10" in lines["cifar10"] and "train val" in lines["pets"]


def test_list_as_json_and_a_set_that_cannot_be_read(own_data):
    (own_data / "pets" / "train" / "cat").mkdir(parents=True)
    rows = {row["name"]: row for row in json.loads(run("list", "--json").output)}
    assert rows["mnist"] == {"name": "mnist", "splits": ["train", "test"], "where": None}
    assert "no picture in train/cat" in rows["pets"]["where"] and rows["pets"]["splits"] == []


def test_fetch_of_what_is_there(own_data):
    mnist_like(own_data / "mnist")
    assert run("fetch", "mnist").output.strip() == f"mnist: {own_data / 'mnist'}"
    assert run("fetch", "mnist", "--quiet").output == ""
    assert "nothing to fetch" in run("fetch", "digits").output


def test_show_writes_a_picture(own_data, tmp_path):
    mnist_like(own_data / "mnist")
    out = tmp_path / "sheet.png"
    result = run("show", "mnist", "--split", "test", "--out", out)
    assert result.exit_code == 0 and result.output.strip() == f"{out}: mnist test, 10 images, 10 classes"
    with Image.open(out) as picture:
        assert picture.format == "PNG" and min(picture.size) > 300


def test_show_picks_a_size_for_photographs_that_differ(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture_folder(tmp_path / "pets")
    (tmp_path / "pets/train/cat/000.png").write_bytes(picture_bytes(np.zeros((300, 200, 3), np.uint8)))
    assert run("show", "./pets").exit_code == 0 and (tmp_path / "pets-train.png").is_file()
    assert "6 images" in run("show", "./pets", "--size", 12, "--seed", 3, "--per-class", 2).output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "nope"], "no data set 'nope'"),
        (["show", "digits", "--split", "val"], "digits has no split 'val', it has train, test"),
        (["show", "digits", "--out", "no/such/folder/x.png"], "cannot write no/such/folder/x.png: No such file"),
        (["show", "digits", "--out", "x.nonsense"], "cannot write x.nonsense: Format 'nonsense' is not supported"),
        (["show", "digits", "--seed", "-1"], "seed must be at least 0"),
        (["fetch", "nope"], "no data set 'nope' to fetch; known: digits"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("convlab: ") and message in result.stderr
    assert result.stderr.count("\n") == 1 and result.stdout == ""


def test_help_of_each_command():
    for command in ("list", "fetch", "show"):
        assert run(command, "--help").exit_code == 0


# ------------------------------------------------------------------------------------------------- the contact sheet


def pixels_of(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def test_the_sheet_shows_the_images_pixel_for_pixel():
    ds = data.load("digits", "test")
    sheet = pixels_of(data.contact_sheet(ds, per_class=1))
    shown = np.unique(ds.images)
    assert {0, 255} <= set(shown.tolist())
    row = ds.images[ds.labels == 7]  # one of the sevens, each pixel of it twice in both directions
    windows = np.lib.stride_tricks.sliding_window_view(sheet[:, :, 0], (64, 64))
    top, left = 36 + 7 * 68, None
    for column in range(windows.shape[1]):
        tile = windows[top, column][::2, ::2]
        if (row[:, 0] == tile).all(axis=(1, 2)).any():
            left = column
    assert left is not None


def test_a_seed_gives_one_sheet_and_another_seed_another():
    ds = data.load("digits", "test")
    one, again, other = (pixels_of(data.contact_sheet(ds, per_class=2, seed=seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert one.shape == other.shape and (one != other).any()


def texts(figure):
    return [text.get_text() for text in figure.texts]


def test_names_and_credits_are_written_and_no_mathematics_is_read_into_them(tmp_path):
    images = np.zeros((4, 3, 9, 9), np.uint8)
    credits = ("by A", "by $B$", "by C", "by D")
    ds = data.Dataset(images, [0, 0, 1, 1], ("a$x_$", "long" * 20), "pets", "val", "CC BY 2.0", credits)
    figure = data.contact_sheet(ds)
    words = " ".join(texts(figure))
    assert "pets, val: 4 images, 9x9, colour" in words and "Source: CC BY 2.0" in words
    assert all(credit.replace("$", r"\$") in words for credit in credits) and r"a\$x_\$" in words
    figure.savefig(tmp_path / "x.png")


def test_many_classes_and_classes_without_images():
    ds = data.Dataset(np.zeros((3, 1, 4, 4), np.uint8), [0, 2, 29], [f"class {i}" for i in range(30)])
    figure = data.contact_sheet(ds)
    assert "20 of 30 classes" in " ".join(texts(figure)) and "class 20" not in texts(figure)


def test_a_sheet_of_nothing_is_refused():
    ds = data.load("digits", "test")
    with pytest.raises(ShapeError, match="holds no images"):
        data.contact_sheet(ds[:0])
    with pytest.raises(ArgumentError, match="per_class must be at least 1"):
        data.contact_sheet(ds, per_class=0)


def test_importing_data_brings_nothing_heavy():
    """Beyond what the package itself imports."""
    code = (
        "import sys, convlab\n"
        "before = set(sys.modules)\n"
        "import convlab.data\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new & {'matplotlib', 'sklearn', 'PIL', 'pooch', 'requests', 'tqdm', 'scipy', 'pandas', 'IPython'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
