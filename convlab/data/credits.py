"""Who made the pictures of a folder: index.csv and the licence that lie with them."""

import csv
import io
import textwrap

from convlab.data.tree import Read, Tree

INDEX = "index.csv"
LICENCES = ("LICENSE.txt", "LICENSE", "LICENSE.md", "LICENCE.txt", "LICENCE")
LICENCE_CHARACTERS = 170


def of_each(tree: Tree, read: Read, paths: list[str]) -> tuple[str, ...]:
    """The credit of each picture by an index.csv with columns `file` and `credit` (and `split`, `class`); else ()."""
    if INDEX not in tree.paths:
        return ()
    table = csv.DictReader(io.StringIO(read(INDEX).decode("utf-8", errors="replace")))
    if not {"file", "credit"} <= set(table.fieldnames or ()):
        return ()
    credits = {(row.get("split"), row.get("class"), row["file"]): row["credit"] for row in table}
    return tuple(_credit(credits, *path.split("/", 2)) for path in paths)


def _credit(credits: dict, split: str, name: str, file: str) -> str:
    keys = ((split, name, file), (split, None, file), (None, name, file), (None, None, file))
    return next((credits[key] for key in keys if credits.get(key)), "no credit stated")


def of_all(tree: Tree, read: Read) -> str:
    """The first words of the licence that lies with the pictures, in one line."""
    for name in LICENCES:
        if name in tree.paths:
            words = read(name).decode("utf-8", errors="replace")
            return f"{tree.place.name}, {name}: {textwrap.shorten(words, LICENCE_CHARACTERS, placeholder=' ...')}"
    return f"pictures from {tree.place.name}; no credit stated there"
