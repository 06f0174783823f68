"""Links of a built site: every one leads to a file and a place that are there, and no page needs another server."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

WEB = ("http", "https")
LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("object", "data")}


class Page(HTMLParser):
    """The links of one page, what it loads, and the names of its places."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[bool, str]] = []  # (whether the page loads it by itself, where it leads)
        self.places = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.places.add(value)
            elif name in ("href", "src", "data") and value is not None and tag != "base":
                self.links.append(((tag, name) in LOADED, value))

    handle_startendtag = handle_starttag


def dead_links(site: Path) -> list[str]:
    """What is wrong with the links of the pages in folder `site`: one line each."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    return [
        f"{path.relative_to(site.resolve())}: {link} {fault}"
        for path, page in pages.items()
        for link, fault in faults(path, page, pages)
    ]


def faults(path: Path, page: Page, pages: dict[Path, Page]) -> Iterator[tuple[str, str]]:
    """(link, what is wrong) for each bad link of one page."""
    for is_loaded, link in dict.fromkeys(page.links):
        parts = urlsplit(link)
        if parts.scheme in WEB or parts.netloc:
            if is_loaded:
                yield link, "is loaded from another server"
        elif not parts.scheme:  # neither mailto: nor data:
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            place = unquote(parts.fragment)
            if not target.is_file():
                yield link, "is not there"
            elif target in pages and place not in pages[target].places:
                yield link, f"has no place #{place}"
