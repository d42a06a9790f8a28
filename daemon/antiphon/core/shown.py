"""What came from elsewhere, as it is shown to people: printable, not too long, whatever it is. Pure."""

from typing import Final

_SHOWN: Final = 40
"""Characters of what a user typed that are shown to them again."""


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
