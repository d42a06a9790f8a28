"""The link to the page: told, opened in a browser, and drawn for a phone where others may come."""

import io
import webbrowser
from collections.abc import Callable
from urllib.parse import urlsplit


class Link:
    """Shows where the page is. `tell` says a line in the terminal."""

    def __init__(self, tell: Callable[[str], None], opened: bool) -> None:
        self._tell, self._opened = tell, opened

    def __call__(self, url: str) -> None:
        """Say it, and draw it where it holds a token."""
        self._tell(f"page          {url}")
        if urlsplit(url).query:
            import segno  # only who listens wider needs it

            drawn = io.StringIO()
            segno.make(url, micro=False).terminal(drawn, compact=True)
            self._tell(drawn.getvalue())
        if self._opened and not webbrowser.open(url):
            self._tell("no browser could be started here; open the link above")
