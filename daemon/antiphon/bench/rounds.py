"""One round of each measurement that needs messages to be played. Returns seconds, one value for each message."""

import contextlib
import random
import time
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from antiphon.bench.ear import BARE, DIRECT, ECHOED, Plain, Sender, Way
from antiphon.bench.mind import ANSWER, COMPOSE, SCHEDULE, numbered
from antiphon.bench.running import Running, crowded
from antiphon.bench.stamps import MIND, STAGE, TAKEN, Stamp, Stamps

_GAP_S: Final = (0.006, 0.014)
"""Between two notes: more than any answer takes, and at every phase of a period."""
_NOTES_HZ: Final = 8
_TUNE: Final = (0, 4, 7, 5, 9, 2, 11)
_TUNE_S: Final = 0.12
_SETTLES_S: Final = 0.15
_NOTE_ON: Final = 0x90
_NOTE_OFF: Final = 0x80
_CONTROL: Final = 0xB0
_SCHEDULED: Final = (0x92, 0x82)


class Ends(NamedTuple):
    """Our own ends of the connections."""

    sender: Sender
    ear: Plain


class Reactions(NamedTuple):
    """From arrival at a plain client to the return of our `send_message`; and from the stage to the mind. How many
    messages that came in were never answered."""

    answers: list[float]
    handoffs: list[float]
    lost: int


class Passages(NamedTuple):
    """How much later a message arrives than by a bare connection: through us, and through the plain client.

    lost         how many came in and were never sent
    unreceived   how many the server did not hand to us, or on: one that is late passes over what it has no room for
    """

    ours: list[float]
    bare: list[float]
    lost: int
    unreceived: int


class Accompaniment(NamedTuple):
    """From a note's arrival at a plain client to the return of `send_message` for the first and for the last of what
    goes with it. How many notes that came in did not get all of it."""

    first: list[float]
    last: list[float]
    alone: int


class Rounds:
    """Measures through `ends`."""

    def __init__(self, way: Way, ends: Ends) -> None:
        self._sender, self._ear = ends
        self._stage, self._mind, self._taken = (Stamps(way.folder / name) for name in (STAGE, MIND, TAKEN))
        self._random = random.Random(1)
        self._number = 0  # goes on from round to round: what is played twice within half a second looks like a loop

    def reactions(self, span_s: float) -> Reactions:
        """Each note-on is answered with one step of the model, due at once."""
        first_sent, first_heard, first_taken = len(self._stage), len(self._mind), len(self._taken)
        arrived = {stamp.message: stamp.at for stamp in self._played(span_s)[DIRECT]}
        came_in = {stamp.message for stamp in self._taken.since(first_taken)}
        answers = {stamp.message[1:]: stamp.at for stamp in self._stage.since(first_sent) if stamp.message[0] == ANSWER}
        heard = [stamp for stamp in self._mind.since(first_heard) if stamp.message[0] == _NOTE_ON]
        taken = [answers[m[1:]] - at for m, at in arrived.items() if m[1:] in answers]
        lost = sum(message[1:] not in answers for message in arrived.keys() & came_in)
        return Reactions(taken, [stamp.other - stamp.at for stamp in heard], lost)

    def company(self, span_s: float, size: int) -> Accompaniment:
        """Each note gets `size` notes. It is held for most of the time to the next."""
        first_sent, first_taken = len(self._stage), len(self._taken)
        self._ear.heard()
        for number in range(round(span_s / _TUNE_S)):
            for status in (_NOTE_ON, _NOTE_OFF):
                self._sender.send(bytes((status, 60 + _TUNE[number % len(_TUNE)], 80)))
                time.sleep(_TUNE_S * (0.8 if status == _NOTE_ON else 0.2))
        time.sleep(_SETTLES_S)
        struck = [stamp for stamp in self._ear.heard()[DIRECT] if stamp.message[0] == _NOTE_ON]
        came_in = sum(stamp.message[0] == _NOTE_ON for stamp in self._taken.since(first_taken))
        found = accompanied([stamp.at for stamp in struck], self._stage.since(first_sent), size)
        return found._replace(alone=found.alone - (len(struck) - came_in))

    def lateness(self, span_s: float) -> list[tuple[float, float]]:
        """Of notes scheduled 10 ms apart, each message's due moment and how much later it was handed to the port."""
        first_sent, first_due = len(self._stage), len(self._mind)
        self._control(SCHEDULE, True)
        time.sleep(span_s)
        self._control(SCHEDULE, False)
        sent = [stamp for stamp in self._stage.since(first_sent) if stamp.message[0] in _SCHEDULED]
        due = [stamp for stamp in self._mind.since(first_due) if stamp.message[0] in _SCHEDULED]
        return paired(due, sent)

    def passages(self, span_s: float) -> Passages:
        """Each message passes through us, through the plain client, and straight."""
        first_sent, first_taken = len(self._stage), len(self._taken)
        heard = self._played(span_s)
        sent = {stamp.message for stamp in self._stage.since(first_sent)}
        came_in = {stamp.message for stamp in self._taken.since(first_taken)}
        straight = {stamp.message: stamp.at for stamp in heard[DIRECT]}
        echoed = {stamp.message for stamp in heard[ECHOED]}
        ours, bare = (
            [stamp.at - straight[stamp.message] for stamp in heard[port] if stamp.message in straight]
            for port in (ECHOED, BARE)
        )
        lost = (straight.keys() & came_in) - sent
        return Passages(ours, bare, len(lost), len(straight.keys() - lost - echoed))

    @contextlib.contextmanager
    def loaded(self, running: Running) -> Iterator[None]:
        """With a crowd on the page and the model composing without pause."""
        with crowded(running):
            self._control(COMPOSE, True)
            try:
                yield
            finally:
                self._control(COMPOSE, False)

    def turns(self, span_s: float) -> None:
        """Play 8 notes a second for half of the time, then be silent for the other half, in which it answers."""
        for number in range(round(span_s / 2 * _NOTES_HZ)):
            for velocity in (64, 0):
                self._sender.send(bytes((_NOTE_ON, 60 + number % 12, velocity)))
                time.sleep(0.5 / _NOTES_HZ)
        time.sleep(span_s / 2)

    def _played(self, span_s: float) -> dict[int, list[Stamp]]:
        """Play notes for so long; what has arrived."""
        self._ear.heard()
        end = time.monotonic() + span_s
        while time.monotonic() < end:
            self._sender.send(numbered(_NOTE_ON, self._number))
            self._number += 1
            time.sleep(self._random.uniform(*_GAP_S))
        time.sleep(_SETTLES_S)
        return self._ear.heard()

    def _control(self, number: int, on: bool) -> None:
        self._sender.send(bytes((_CONTROL, number, 127 if on else 0)))
        time.sleep(_SETTLES_S)


def accompanied(struck: Sequence[float], sent: Sequence[Stamp], size: int) -> Accompaniment:
    """What went with the notes struck at these moments, as it was sent before the next."""
    began = [stamp.at for stamp in sent if stamp.message[0] & 0xF0 == _NOTE_ON and stamp.message[2]]
    behind = [
        [at - note for at in began if note <= at < after][:size]
        for note, after in zip(struck, [*struck[1:], float("inf")], strict=False)
    ]
    whole = [each for each in behind if len(each) == size]
    return Accompaniment([each[0] for each in whole], [each[-1] for each in whole], len(behind) - len(whole))


def paired(due: Sequence[Stamp], sent: Sequence[Stamp]) -> list[tuple[float, float]]:
    """Each message that was sent, with when it was due and how much later it was sent. Both are in order; what was
    never sent is passed over."""
    found, at = list[tuple[float, float]](), 0
    for stamp in sent:
        while at < len(due) and due[at].message != stamp.message:
            at += 1
        if at == len(due):
            break
        found.append((due[at].at, stamp.at - due[at].at))
        at += 1
    return found
