"""Whoever started the guard, as the guard sees them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from antiphon.core.parameters import Value


class Outside(Protocol):
    """Whoever started us, and may want more of us than to play."""

    def alive(self) -> None:
        """Stage and mind have given their beats."""

    def reload(
        self,
        values: Mapping[str, Value],
        change: Callable[[dict[str, Value]], None],
        rewire: Callable[..., None],
    ) -> None:
        """Asked for by SIGHUP, or on the page. `change` gives parameters other values than the `values` they have while
        we play, `rewire` other ports (Guard.rewire)."""

    def stopping(self) -> None:
        """We are on our way out."""

    def learned(self, lines: Sequence[str]) -> None:
        """Controllers do all these things now."""
