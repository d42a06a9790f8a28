"""MusicXML engraved by verovio, as SVG; and SVG made into PDF or PNG by typst, which needs no library of the system."""

import re
from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from antiphon.engraving.extra import library
from antiphon.errors import TakeError

_A4: Final = {"pageWidth": 2100, "pageHeight": 2970}
"""Tenths of a millimetre."""
_LONG: Final = {"pageWidth": 2100, "pageHeight": 60_000, "adjustPageHeight": True}
_HOW: Final[dict[str, Any]] = {
    "scale": 55,
    "scaleToPageSize": True,
    "breaks": "auto",
    "footer": "none",
    "header": "none",
    "pageMarginTop": 150,
    "svgViewBox": True,
}

_SIGN: Final = re.compile(r'<tspan font-family="Leipzig"[^>]*>\ueca5</tspan>')
"""A quarter note among letters: a letter of verovio's own font, which it embeds and typst does not read."""


def svgs(musicxml: bytes, title: str, paged: bool) -> list[str]:
    """The engraved sheet: A4 pages, or one long page (of more than six metres there are several). Raises TakeError."""
    verovio = library("verovio")
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({**_HOW, **(_A4 if paged else _LONG)})
    if not toolkit.loadData(musicxml.decode()):
        raise TakeError("the sheet cannot be engraved; export .musicxml and open that in a notation program")
    pages = [toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1)]
    return [_titled(pages[0], title), *pages[1:]]


def pdf(pages: Sequence[str]) -> bytes:
    """These pictures as the pages of one PDF. Raises TakeError."""
    return bytes(_typeset(pages, "pdf"))


def png(picture: str) -> bytes:
    """One picture in pixels. Raises TakeError."""
    return bytes(_typeset([picture], "png"))


def _typeset(pages: Sequence[str], form: str) -> Any:  # bytes
    typst = library("typst")
    setting = "#set page(width: auto, height: auto, margin: 0pt)\n"
    images = "\n#pagebreak()\n".join(f'#image("{number}.svg")' for number in range(len(pages)))
    files = {f"{number}.svg": _plain(page).encode() for number, page in enumerate(pages)}
    return typst.compile({"main.typ": (setting + images).encode(), **files}, format=form, ppi=144.0)


def _titled(page: str, title: str) -> str:
    """With its title, which verovio would place in a way that only browsers follow."""
    middle = 10 * (100 * _A4["pageWidth"] // 2 // _HOW["scale"])
    text = f'<text x="{middle}" y="1300" text-anchor="middle" font-size="650px">{escape(title)}</text>'
    return page.replace('<g class="page-margin"', f'{text}<g class="page-margin"', 1)


def _plain(page: str) -> str:
    """A picture in letters that typst has."""
    return _SIGN.sub('<tspan font-size="480px">\u2669</tspan>', page)
