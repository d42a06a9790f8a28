"""What is turned and asked for while we play: checked, remembered over restarts, passed on to those it concerns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from antiphon.children import Child
from antiphon.core.acts import EVERY, PANIC
from antiphon.core.controls import Controls, parse
from antiphon.core.parameters import Parameters, Value
from antiphon.core.trigger import trigger
from antiphon.errors import ParameterError
from antiphon.inbox import Inbox

_HUSHED: Final = "forget"
"""What the mind does at a panic: what sounds of ours ends, and the phrase that would be answered is none."""

Word = dict[str, Any]  # JSON


class Bus:
    """Carries words from the page, and from whoever else asks, to stage and mind.

    controls  what controllers do
    keep      told all controls when some have been learned or forgotten
    find      the process of that name, where there is one
    inbox     what the mind is told
    changed   called when values have become others
    tell      gets a line for people
    """

    def __init__(
        self,
        values: Mapping[str, Value],
        controls: Sequence[str],
        find: Callable[[str], Child | None],
        changed: Callable[[], None],
        tell: Callable[[str], None],
        keep: Callable[[Sequence[str]], None],
    ) -> None:
        self.values: dict[str, Value] = dict(values)
        self.learning = ""
        self._find, self._changed, self._tell, self._keep = find, changed, tell, keep
        self.inbox = Inbox(lambda: find("mind"))
        self._controls = Controls(parse(line, EVERY) for line in controls)
        self._turned = dict[str, Value]()
        self._lit = dict[str, bytes]()

    @property
    def controls(self) -> list[str]:
        """What controllers do."""
        return [control.text for control in self._controls.all]

    def hear(self, word: Word) -> None:
        """Do what a word of the page asks for."""
        match word["what"]:
            case "change":
                self.change(word["parameters"])
            case "act":
                self.act(word["name"])
            case "play":
                self._say("stage", "play", message=word["message"])
            case "model":
                self.inbox.say("model", name=word["name"])
            case "learn":
                self._learn(word["target"])
            case "unlearn":
                self._take_up([line for line in self.controls if line != word["control"]])

    def command(self, word: Word) -> None:
        """Do what a controller asks for. Values are gathered until `settle`, for a knob sends many."""
        message = bytes.fromhex(word["message"])
        if word["what"] == "learned":
            return self._learned(message)
        wish = self._controls.hear(message)
        self._turned |= wish.values
        self._lit |= {control.text: message for control in self._controls.all if control.trigger.heeds(message)}
        for act in wish.acts:
            self.act(act)

    def settle(self) -> None:
        """Turn what controllers have turned."""
        if self._turned:
            turned, self._turned = self._turned, {}
            self.change(turned)

    def meet_stage(self) -> None:
        """There is a stage, or another one: it is told which messages are commands, and shows how things stand."""
        places = [place.hex() for place in sorted(self._controls.places)]
        self._say("stage", "controls", places=places, learning=bool(self.learning))
        self._lit.clear()
        self._shine()

    def change(self, parameters: Mapping[str, Value]) -> None:
        """Give some parameters other values, for this mind and for those that follow it; none where one is wrong."""
        try:
            values = Parameters(self.values).changed(**parameters).values
        except ParameterError as error:
            self._tell(str(error))
            return
        self.values = dict(values)
        self.inbox.change({name: self.values[name] for name in parameters})
        self._shine()
        self._changed()

    def turned(self, word: Word) -> None:
        """The mind has turned some itself, as a scene or a tap asks for."""
        self.values |= self.inbox.turned(word)
        self._shine()
        self._changed()

    def act(self, name: str) -> None:
        """Have something done."""
        if name == PANIC:
            self._say("stage", PANIC)
            name = _HUSHED
        self.inbox.say("act", name=name)

    def _learn(self, target: str) -> None:
        """The next knob, pad or program does this; nothing: stop waiting for one."""
        try:
            if target:
                parse(f"cc 20 = {target}", EVERY)
            self.learning = target
        except ParameterError as error:
            self._tell(str(error))
        self.meet_stage()
        self._changed()

    def _learned(self, message: bytes) -> None:
        heard, target, self.learning = trigger(message), self.learning, ""
        if heard and target:
            try:
                line = parse(f"{heard.text} = {target}", EVERY).text
            except ParameterError as error:  # a program change has no range
                self._tell(str(error))
            else:
                self._tell(f"learned: {line}")
                return self._take_up([*(one for one in self.controls if one != line), line])
        self.meet_stage()
        self._changed()

    def _take_up(self, lines: Sequence[str]) -> None:
        self._controls = Controls(parse(line, EVERY) for line in lines)
        self._keep(self.controls)
        self.meet_stage()
        self._changed()

    def _shine(self) -> None:
        """Have controllers show what they do not show yet."""
        shown = self._controls.shown(self.values)
        if news := [message.hex() for line, message in shown.items() if self._lit.get(line) != message]:
            self._say("stage", "show", messages=news)
        self._lit = shown

    def _say(self, whom: str, what: str, **more: Any) -> None:  # JSON
        if (child := self._find(whom)) and child.ready:
            child.control.say(what, **more)
