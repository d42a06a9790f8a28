"""What `antiphon watch` shows in a terminal: whose turn it is, the last notes of both, how early they are handed over.

Folds what the page is shown; asks no clock but the one it is given.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from antiphon.music.scales import TONICS

_NOTE_ON: Final = 0x90
_SHOWN: Final = 12
_MANY: Final = 100
_CURVE: Final = 40
_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_TOP_NATS: Final = 12.0
_YOU: Final = "yellow"
_IT: Final = "blue"
_TURNS: Final = {"playing": _IT, "thinking": "default"}
_INKS: Final = (("you", _YOU), ("it", _IT))

Json = dict[str, Any]


class Watched:
    """Everything that has been shown so far, as far as people are shown it."""

    def __init__(self) -> None:
        self._state: Json = {}
        self._picture: Json = {}
        self._notes = {"you": deque[str](maxlen=_SHOWN), "antiphon": deque[str](maxlen=_SHOWN)}
        self._early = deque[float](maxlen=_MANY)
        self._nats = {"you": deque[float](maxlen=_CURVE), "it": deque[float](maxlen=_CURVE)}
        self._weighed = float("-inf")

    def take(self, said: Json, now: float) -> None:
        """Something has been shown at `now` (s, monotonic: the daemon's clock and ours are the same machine's)."""
        self._state = said.get("state", self._state)
        if picture := said.get("snapshot"):
            self._picture = picture
            self._weigh(picture.get("played", ()))
        for who, entries in (("you", said.get("heard", ())), ("antiphon", said.get("orders", ()))):
            for moment, text in entries:
                if shown := note(bytes.fromhex(text)):
                    self._notes[who].append(shown)
                    if who == "antiphon":
                        self._early.append(moment - now)

    def _weigh(self, played: Iterable[Sequence[Any]]) -> None:  # JSON
        """How surprising to the model is what was played since the last picture."""
        before = self._weighed
        for moment, _, _, _, own, nats in played:
            if moment > before and nats is not None:
                self._nats["it" if own else "you"].append(nats)
            self._weighed = max(self._weighed, moment)

    def _surprise(self, who: str) -> str:
        """A curve of blocks, and what it comes to in the middle; nothing before there is any."""
        if not (nats := self._nats[who]):
            return ""
        steps = (int(min(each / _TOP_NATS, 0.999) * len(_BLOCKS)) for each in nats)
        return f"{''.join(_BLOCKS[step] for step in steps)}  {sorted(nats)[len(nats) // 2]:.1f}"

    def shown(self) -> Group:
        """For people."""
        values, ports = self._state.get("values", {}), self._state.get("ports", {})
        turn = self._picture.get("turn", "starting")
        table = Table.grid(padding=(0, 2))
        for name, text in (
            ("turn", Text(turn, style=f"bold {_TURNS.get(turn, _YOU)}")),
            ("mode", str(values.get("mode", "?"))),
            ("tempo", f"{tempo:.0f} bpm" if (tempo := self._picture.get("tempo")) else "free"),
            ("model", str(self._state.get("model") or "none yet")),
            ("in", ", ".join(ports.get("in", ())) or "nothing yet"),
            ("out", ", ".join(ports.get("out", ())) or "nothing yet"),
            ("early", self._earliness()),
            ("you", Text("  ".join(self._notes["you"]), style=_YOU)),
            ("antiphon", Text("  ".join(self._notes["antiphon"]), style=_IT)),
        ):
            table.add_row(Text(name, style="dim"), text)
        for who, ink in _INKS:
            if curve := self._surprise(who):
                table.add_row(Text("surprise", style="dim"), Text(curve, style=ink))
        waiting = self._state.get("waiting")
        return Group(table, Text(waiting.splitlines()[-1], style="red")) if waiting else Group(table)

    def _earliness(self) -> str:
        """How long before they are due its notes are handed over: least, and in the middle of the last hundred."""
        if not self._early:
            return ""
        ordered = sorted(self._early)
        return f"{ordered[0] * 1000:.0f} ms at the least, {ordered[len(ordered) // 2] * 1000:.0f} in the middle"


def note(message: bytes) -> str:
    """The name of a note that begins; nothing for any other message."""
    if message[0] & 0xF0 != _NOTE_ON or not message[2]:
        return ""
    return f"{TONICS[message[1] % 12]}{message[1] // 12 - 1}"
