"""What is turned and asked for while we play: checked, remembered over restarts, passed on to those it concerns."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from antiphon.children import Child
from antiphon.core.parameters import Parameters, Value
from antiphon.errors import ParameterError

PANIC: Final = "panic"
_HUSHED: Final = "forget"
"""What the mind does at a panic: what sounds of ours ends, and the phrase that would be answered is none."""

Word = dict[str, Any]  # JSON


class Bus:
    """Carries words from the page, and from whoever else asks, to stage and mind.

    find      the process of that name, where there is one
    changed   called when values have become others
    tell      gets a line for people
    """

    def __init__(
        self,
        values: Mapping[str, Value],
        find: Callable[[str], Child | None],
        changed: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self.values: dict[str, Value] = dict(values)
        self._find, self._changed, self._tell = find, changed, tell

    def hear(self, word: Word) -> None:
        """Do what a word of the page asks for."""
        match word["what"]:
            case "change":
                self.change(word["parameters"])
            case "act":
                self.act(word["name"])
            case "play":
                self._say("stage", "play", message=word["message"])

    def change(self, parameters: Mapping[str, Value]) -> None:
        """Give some parameters other values, for this mind and for those that follow it; none where one is wrong."""
        try:
            values = Parameters(self.values).changed(**parameters).values
        except ParameterError as error:
            self._tell(str(error))
            return
        self.values = dict(values)
        self._say("mind", "change", parameters={name: self.values[name] for name in parameters})
        self._changed()

    def act(self, name: str) -> None:
        """Have something done."""
        if name == PANIC:
            self._say("stage", PANIC)
            name = _HUSHED
        self._say("mind", "act", name=name)

    def _say(self, whom: str, what: str, **more: Any) -> None:  # JSON
        if (child := self._find(whom)) and child.ready:
            child.control.say(what, **more)
