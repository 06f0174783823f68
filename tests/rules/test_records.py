"""Numbers in texts cite records, and agree with them."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CITATION = re.compile(r'\[([^\]]+)\]\(((?:\.\./)*benchmarks/results/[^)\s]+\.json)(?:\s+"([^"]+)")?\)')
MEASURED = re.compile(r"\d[\d.,]*\s*(?:%|s\b|ms\b|GFLOP/s)")


def texts():
    """Every text a reader meets: (name, folder, text)."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        yield pytest.param(page.parent, page.read_text(encoding="utf-8"), id=str(page.relative_to(ROOT)))
    for folder in ("notebooks", "solutions"):
        for notebook in sorted((ROOT / folder).glob("*.ipynb")):
            cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
            yield pytest.param(notebook.parent, text, id=f"{folder}/{notebook.name}")


def value_at(record, key):
    for part in key.split("."):
        record = record[int(part)] if isinstance(record, list) else record[part]
    return record


@pytest.mark.parametrize(("folder", "text"), list(texts()))
def test_cited_numbers_are_those_of_the_record(folder, text):
    for shown, target, key in CITATION.findall(text):
        assert key, f"[{shown}]({target}) names no key of the record; write it as the link's title"
        value = value_at(json.loads((folder / target).read_text(encoding="utf-8")), key)
        number = re.search(r"\d[\d,]*(?:\.(\d+))?", shown)
        assert number, f"[{shown}] shows no number"
        value = value * 100 if "%" in shown else value
        expected = f"{value:,.{len(number[1] or '')}f}"
        assert number[0] == expected, f"[{shown}] cites {target} {key}, which is {value}"


def test_the_readme_states_no_measured_number_without_a_record():
    text = CITATION.sub("", (ROOT / "README.md").read_text(encoding="utf-8"))
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert MEASURED.findall(text) == []


def test_a_wrong_number_is_found(tmp_path):
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "benchmarks" / "results" / "r.json").write_text('{"a": {"b": [0.9912]}}')
    good = '[99.1 %](benchmarks/results/r.json "a.b.0")'
    test_cited_numbers_are_those_of_the_record(tmp_path, good)
    with pytest.raises(AssertionError, match="which is"):
        test_cited_numbers_are_those_of_the_record(tmp_path, good.replace("99.1", "99.2"))


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks" / "results").glob("*.json")), ids=lambda p: p.name)
def test_records_say_when_where_and_how(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["date"] == path.name[:10]
    assert record["command"] and record["versions"]["numba"] and record["machine"]["processor"]
    assert not re.search(r'"/[a-z]+/', path.read_text(encoding="utf-8")), "a path of somebody's machine"
