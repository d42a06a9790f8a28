"""What the mind is told while it plays: kept while there is none, and never undone by what an earlier word led to."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from antiphon.children import Child
from antiphon.core.acts import SCENE
from antiphon.core.parameters import Value

_MOST: Final = 256
"""Words that are kept while there is no mind; of more, the last."""

Word = dict[str, Any]  # JSON


class Inbox:
    """Words for the mind that `find` finds, one after the other."""

    def __init__(self, find: Callable[[], Child | None]) -> None:
        self._find = find
        self._unsaid = deque[tuple[str, Word]](maxlen=_MOST)
        self._number = 0
        self._newest = dict[str, tuple[int, Value]]()  # by parameter, with the number of its change
        self._called, self._called_at = "", 0

    def say(self, what: str, **more: Any) -> None:  # JSON
        """Tell the mind, or the next one."""
        child = self._find()
        if child and child.ready:
            child.control.say(what, **more)
        else:
            self._unsaid.append((what, more))

    def change(self, parameters: Mapping[str, Value]) -> None:
        """Some parameters have other values now."""
        self._number += 1
        self._newest |= {name: (self._number, value) for name, value in parameters.items()}
        self.say("change", number=self._number, parameters=dict(parameters))

    def called(self, word: Word) -> None:
        """The mind has been called to a scene, which may have to wait for its beat."""
        self._called, self._called_at = word["scene"], word["number"]

    def turned(self, word: Word) -> dict[str, Value]:
        """What holds now that the mind says that it has turned some itself: that, but for what it was told since."""
        if word.get("scene") == self._called:
            self._called = ""
        since = self._since(word["number"])
        if not self._called:
            self._newest = {name: self._newest[name] for name in since}
        return {**word["parameters"], **since}

    def lost(self, afresh: bool) -> None:
        """The mind has died, and the next begins with all that was changed. It is called to the scene that this one was
        called to, but where it begins `afresh`: that may be what this one failed at."""
        if self._called and not afresh:
            if since := self._since(self._called_at):
                self._number += 1
                self._unsaid.appendleft(("change", {"number": self._number, "parameters": since}))
            self._unsaid.appendleft(("act", {"name": SCENE + self._called}))
        self._called = ""
        self._newest.clear()

    def _since(self, number: int) -> dict[str, Value]:
        """What was changed after the change of that number."""
        return {name: value for name, (at, value) in self._newest.items() if at > number}

    def met(self) -> None:
        """There is a mind: it is told what the last was not."""
        words, self._unsaid = self._unsaid, deque(maxlen=_MOST)
        for what, more in words:
            self.say(what, **more)
