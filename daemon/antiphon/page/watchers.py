"""Those who are shown what happens: of pictures the newest is enough, of events none may be missing."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

_MOST: Final = 4000
"""Events that may wait for somebody; who is slower than that is better off coming anew."""


class Watcher:
    """What is still to be shown to one of them. A slow one misses pictures, and is never waited for."""

    def __init__(self) -> None:
        self._events = deque[str]()
        self._picture: str | None = None
        self._news = asyncio.Event()
        self._late = False

    def tell(self, event: dict[str, Any]) -> None:  # JSON
        """Show something that must not be missed."""
        self.pass_on(json.dumps(event))

    def pass_on(self, event: str) -> None:
        """The same, already as JSON."""
        self._late |= len(self._events) >= _MOST
        self._events.append(event)
        self._news.set()

    def show(self, picture: str) -> None:
        """Show a picture in the place of any that waits."""
        self._picture = picture
        self._news.set()

    async def next(self) -> str | None:
        """Wait for what is to be shown next: events in their order, then the newest picture. None where the watcher
        has fallen behind."""
        while not self._late:
            if self._events:
                return self._events.popleft()
            if (picture := self._picture) is not None:
                self._picture = None
                return picture
            self._news.clear()
            await self._news.wait()
        return None


class Watchers:
    """All of them, and the newest picture, which one who joins is shown at once."""

    def __init__(self) -> None:
        self._all = dict[Watcher, None]()
        self._newest: str | None = None

    def __len__(self) -> int:
        return len(self._all)

    @contextlib.contextmanager
    def joined(self) -> Iterator[Watcher]:
        """Somebody who watches while inside."""
        watcher = Watcher()
        if self._newest is not None:
            watcher.show(self._newest)
        self._all[watcher] = None
        try:
            yield watcher
        finally:
            del self._all[watcher]

    def tell(self, event: str) -> None:
        """Show all of them what must not be missed (JSON)."""
        for watcher in self._all:
            watcher.pass_on(event)

    def show(self, picture: str) -> None:
        """Show all of them a picture (JSON)."""
        self._newest = picture
        for watcher in self._all:
            watcher.show(picture)
