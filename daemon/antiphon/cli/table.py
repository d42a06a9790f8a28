"""Tables for people: what does not fit into the width of the terminal goes on in the next line, and is never cut."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

_WHOLE: Final = 24
"""A name of so many letters stays in one line, for it is what is typed."""


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Rows below their headers, each beginning with a name; a column in which nothing stands is left out."""
    cells = [[str(cell) for cell in row] for row in rows]
    used = [at for at in range(len(headers)) if at == 0 or any(row[at] for row in cells)]
    made = Table(box=None)
    for at in used:
        made.add_column(headers[at], overflow="fold")
    names = [headers[0], *(row[0] for row in cells)]
    made.columns[0].width = min(_WHOLE, max(map(cell_len, names)))
    for row in cells:
        made.add_row(*(escape(row[at]) for at in used))
    return made
