"""What the doors of the page need of whoever knows how things stand and passes on what is asked for."""

from pathlib import Path
from typing import Any, Protocol

from antiphon.page.watchers import Watchers

Json = dict[str, Any]


class Desk(Protocol):
    """Who knows how things stand, and passes on what is asked for."""

    @property
    def acts(self) -> tuple[str, ...]:
        """The names that `act` knows."""

    @property
    def watchers(self) -> Watchers:
        """Those who are shown what happens."""

    @property
    def state(self) -> Json:
        """{"values", "ports", "model", "waiting", "controls", "written", "learning"}."""

    @property
    def models(self) -> list[Json]:
        """The models that are installed: {"name", "data", "licence"}."""

    @property
    def takes(self) -> Path | None:
        """The folder in which takes are kept; None where none are."""

    async def change(self, values: Json) -> None:
        """Turn some parameters. Raises AntiphonError, and then has turned none."""

    async def act(self, name: str) -> None:
        """Have it do something. Raises AntiphonError."""

    async def play_with(self, name: str) -> None:
        """Have one of `models` play. Raises AntiphonError."""

    async def learn(self, target: str) -> None:
        """Have the next knob, pad or program change that is moved do this; nothing: wait no longer. Raises
        AntiphonError."""

    async def connect(self, ins: list[str], outs: list[str]) -> None:
        """Listen and play to ports whose names hold these; none: to a port of our own. Raises AntiphonError."""

    async def reload(self) -> None:
        """Have the configuration read again."""

    async def unlearn(self, control: str) -> None:
        """Have a control, as it is written, do nothing any more. Raises AntiphonError."""

    def play(self, message: bytes) -> None:
        """A MIDI message of the player's."""
