"""What came from elsewhere, as it is shown to people: printable, not too long, whatever it is. Pure."""

from typing import Final

_SHOWN: Final = 40
"""Characters of what a user typed that are shown to them again."""


def printable(text: str) -> str:
    """A text in one line that does nothing to a terminal: what is not printable is escaped, as Python writes it."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines, which it keeps."""
    return "\n".join(map(printable, text.split("\n")))


def short(text: str) -> str:
    """Not more of what a user typed than they want to see again."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def given(value: object) -> str:
    """What was given, as text, whatever it is. Python writes no number of more than 4,300 decimal digits: such a one is
    written in hexadecimal ones."""
    try:
        return str(value)
    except (ValueError, RecursionError):
        return hex(value) if isinstance(value, int) else f"a {type(value).__name__}"


def fit(value: object) -> str:
    """What was given, fit for one line of an error."""
    text = given(value)
    return short(text) if text.isprintable() else repr(short(text))
