"""The site of the lessons: built, whole, without dead links, searchable, and readable without a network.

    uv run --group site pytest tests/site

Skips where the group `site` is not installed.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

for needed in ("sphinx", "myst_nb", "furo"):
    pytest.importorskip(needed, reason=f"{needed} is not installed: uv run --group site pytest tests/site")

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
sys.path.insert(0, str(ROOT / "docs" / "site"))
from check import dead_links  # noqa: E402


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as the one command builds it."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(ROOT / "docs" / "site" / "build.py"), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def page(site, path):
    return (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")


def test_every_lesson_has_a_page_with_its_pictures_and_their_texts(site):
    for path in LESSONS:
        shown = page(site, path)
        cells = nbformat.read(path, as_version=4).cells
        outputs = [output for cell in cells for output in cell.get("outputs", ())]
        drawn = [output for output in outputs if "image/png" in output.get("data", {})]
        texts = re.findall(r'<img\b[^>]*\balt="([^"]*)"[^>]*\bsrc="[^"]*_images/', shown)
        assert len(texts) == len(drawn), path.stem
        assert min(map(len, texts)) > 20, path.stem
        assert shown.count("<details>") >= 3, path.stem


def test_formulas_are_left_to_the_copy_of_mathjax_that_is_there(site):
    shown = page(site, next(path for path in LESSONS if path.stem == "04_output_size"))
    assert r"\lfloor" in shown and 'class="math notranslate nohighlight"' in shown
    (script,) = re.findall(r'src="(\.\./_static/mathjax/[^"?]+)', shown)
    assert (site / "notebooks" / script).resolve().is_file()


def search_index(site):
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    return json.loads(re.fullmatch(r"Search\.setIndex\((.*)\);?", text, re.DOTALL)[1])


def test_the_search_index_knows_every_lesson_and_its_words(site):
    index = search_index(site)
    pages = index["docnames"]
    assert {f"notebooks/{path.stem}" for path in LESSONS} <= set(pages)

    def found(word):
        hits = [index[kind].get(word, []) for kind in ("terms", "titleterms")]  # one number, or a list of them
        return {pages[number] for hit in hits for number in (hit if isinstance(hit, list) else [hit])}

    assert "notebooks/03_convolution" in found("spaceship")
    assert {"notebooks/04_output_size", "notebooks/06_pooling"} <= found("stride")
    assert found("xyzzy") == set()


def test_the_front_page_leads_to_every_lesson(site):
    front = (site / "index.html").read_text(encoding="utf-8")
    assert [path.stem for path in LESSONS if f'href="notebooks/{path.stem}.html"' not in front] == []


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ('<a href="other.html">', "is not there"),
        ('<a href="two.html#nowhere">', "has no place #nowhere"),
        ('<img src="gone.png">', "is not there"),
        ('<script src="https://example.org/a.js"></script>', "another server"),
        ('<a href="https://example.org/">', None),
        ('<a href="two.html#here">', None),
        ('<a href="#mine"><b id="mine">', None),
        ('<img src="data:image/png;base64,AAAA">', None),
    ],
)
def test_dead_links_are_found(tmp_path, link, fault):
    (tmp_path / "one.html").write_text(f"<html><body>{link}</body></html>")
    (tmp_path / "two.html").write_text('<html><body><p id="here"></p></body></html>')
    found = dead_links(tmp_path)
    assert len(found) == bool(fault) and all(fault in line for line in found)
