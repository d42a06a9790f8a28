"""The pages of the guide, and what stands in them: links, commands, samples."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
DOCS: Final = REPOSITORY / "docs"
PAGES: Final = [REPOSITORY / "README.md", *sorted(DOCS.glob("*.md"))]

_FENCED: Final = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Where a page's links and pictures lead."""
    return _LINK.findall(prose(page))


def fenced(page: Path, language: str) -> list[str]:
    """The blocks of a language."""
    return [body for name, body in _FENCED.findall(page.read_text(encoding="utf-8")) if name == language]


def indented(page: Path) -> list[str]:
    """The lines of indented blocks, without their indent."""
    return re.findall(r"^    (?=\S)(.*)$", prose(page), re.MULTILINE)


def commands(page: Path) -> Iterator[str]:
    """What a page shows of our programs: lines of indented blocks, and code in the text that has arguments."""
    shown = [*indented(page), *(code.replace("\n", " ") for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose(page)))]
    for line in shown:
        line = re.sub(r"^(sudo|\.venv/bin/|\S+=\S+ )\s*", "", line.strip())
        if re.match(r"antiphon(-train)? [a-z]", line):
            yield line


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
