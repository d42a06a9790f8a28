"""A take in another form, by the ending of the file it goes to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from antiphon.errors import TakeError
from antiphon.music import files, midifile
from antiphon.music.notes import notes
from antiphon.takes import picture, takefile
from antiphon.takes.performed import Performed

Written = list[Path]


def export(found: Performed, title: str, output: Path) -> Written:
    """Write a performance as .mid, .musicxml, .svg, .pdf (sheet music) or .wav; returns the files. Raises TakeError."""
    form = output.suffix.lower()
    if form not in _FORMS:
        raise TakeError(f"{output}: a take is exported as {', '.join(_FORMS)}; end the name of --output in one of them")
    _room(output)
    return _put(output, _FORMS[form](found, title))


def draw(found: Performed, title: str, output: Path) -> Written:
    """Write the piano roll of a performance as .png or .svg; returns the files. Raises TakeError."""
    form = output.suffix.lower()
    if form not in (".png", ".svg"):
        raise TakeError(f"{output}: a picture is .png or .svg; end the name of --picture in one of them")
    _room(output)
    drawn = picture.svg(found, title)
    if form == ".svg":
        return _put(output, [drawn.encode()])
    from antiphon.engraving import pages

    return _put(output, [pages.png(drawn)])


def _midi(found: Performed, title: str) -> list[bytes]:
    return [takefile.plain(found)]


def _sheet(found: Performed, title: str) -> bytes:
    from antiphon.engraving import sheet

    sides = {takefile.PLAYER: found.player, takefile.OURS: found.ours}
    return sheet.musicxml({name: notes(midifile.events(side)) for name, side in sides.items()}, title)


def _musicxml(found: Performed, title: str) -> list[bytes]:
    return [_sheet(found, title)]


def _svg(found: Performed, title: str) -> list[bytes]:
    from antiphon.engraving import pages

    return [page.encode() for page in pages.svgs(_sheet(found, title), title, paged=False)]


def _pdf(found: Performed, title: str) -> list[bytes]:
    from antiphon.engraving import pages

    return [pages.pdf(pages.svgs(_sheet(found, title), title, paged=True))]


def _wav(found: Performed, title: str) -> list[bytes]:
    from antiphon.engraving import sound

    return [sound.wav(takefile.plain(found))]


_FORMS: Final[Mapping[str, Callable[[Performed, str], list[bytes]]]] = {
    ".mid": _midi,
    ".musicxml": _musicxml,
    ".svg": _svg,
    ".pdf": _pdf,
    ".wav": _wav,
}


def _room(output: Path) -> None:
    """Raises TakeError where the file cannot go there, before minutes are spent on it."""
    if not output.parent.is_dir():
        raise TakeError(f"{output}: no such folder; make it, or choose another")


def _put(output: Path, contents: list[bytes]) -> Written:
    """Write each, those behind the first with a number in their names."""
    paths = [output, *(output.with_stem(f"{output.stem}-{n}") for n in range(2, len(contents) + 1))]
    for path, content in zip(paths, contents, strict=True):
        try:
            files.put(path, content)
        except OSError as error:
            raise TakeError(f"{path}: cannot write here ({error.strerror}); choose another") from error
    return paths
