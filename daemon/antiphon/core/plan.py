"""What has happened, and what is imagined to follow it: composed ahead, thrown away at no cost.

Knows events, and nothing of turns: whose turn it is, and what is to be played, the session decides. Events of the
player's are put down at once and fed to the model a few at a time, so that a burst delays nothing. Every imagined
event keeps the past it stands on.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from antiphon.core.answer import Answer, is_note
from antiphon.core.ear import Ear
from antiphon.core.grid import Grid
from antiphon.core.model import Partner
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, witnessed
from antiphon.music import vocabulary
from antiphon.music.events import Event, Seconds, Voice, note_off, pedal
from antiphon.music.vocabulary import PEDAL_KEY

AHEAD_S: Final = 1.0
"""Seconds of music kept composed ahead of what is due."""
CHUNK: Final = 16
"""Events fed to the model in one piece of work."""
_SHORTEST_S: Final = 0.001
REMEMBERED: Final = 1024
"""Events that `happened` holds for whoever keeps a journal."""


@dataclass(frozen=True, slots=True, eq=False)
class Imagined:
    """An event not yet played, the past once it has been, and what is left of the answer then."""

    event: Event
    past: Past
    answer: Answer


class Plan:
    """The music from `past` on.

    past      all that was played and fed
    unfed     what was played and is still to be fed
    answer    the answer that is being played, as far as it has been; None while none is
    happened  the last events of both players, the newest of them number `past.count`
    """

    def __init__(self, model: Partner, past: Past) -> None:
        self._model = model
        self.past = past
        self.unfed = deque[Played]()
        self._own_unfed = deque[Event]()  # of these, what is ours
        self.answer: Answer | None = None
        self.happened = deque[Played](maxlen=REMEMBERED)
        self._ahead: list[Imagined] = []
        self._handed = 0
        self._composed = False

    @property
    def ahead(self) -> list[Event]:
        """What is imagined to follow."""
        return [imagined.event for imagined in self._ahead]

    def deadline(self, horizon_s: float) -> Seconds | None:
        """When there is next something to feed, compose or hand out."""
        if self.unfed:
            return self.unfed[0].event.time
        if self.answer is None:
            return None
        if self._handed < len(self._ahead):
            next_one = self._ahead[self._handed].event.time - horizon_s
        else:
            next_one = self._frontier().time
        return Seconds(next_one if self._composed else min(self._frontier().time - AHEAD_S, next_one))

    def play_with(self, model: Partner, past: Past) -> None:
        """Another model plays from now on; `past` is the music as it stands to it. Nothing is imagined."""
        self._model, self.past = model, past

    def begin(self, answer: Answer) -> None:
        """Play this from now on, whatever was imagined."""
        self.answer, self._ahead, self._handed, self._composed = answer, [], 0, False

    def work(self, now: float, parameters: Parameters, ear: Ear, grid: Grid | None = None) -> bool:
        """Do one piece of work: feed some events, or compose one. False where there was nothing to do."""
        if self.unfed:
            self._feed()
        elif self.answer is None:
            return False
        elif not self._composed and self._frontier().time - AHEAD_S <= now:
            drawn = self._compose(self._ahead[-1].answer if self._ahead else self.answer, parameters, ear)
            if drawn and grid and is_note(drawn.event):
                self._ahead[self._handed :] = self._placed(drawn, now, grid, parameters, ear)
            elif drawn:
                self._ahead.append(drawn)
        return True

    def hand_out(self, until: float) -> list[Event]:
        """The imagined events due at `until` or before that were not yet handed out."""
        count = max(self._handed, sum(1 for imagined in self._ahead if imagined.event.time <= until))
        handed, self._handed = self._ahead[self._handed : count], count
        return [imagined.event for imagined in handed]

    def begins(self, by: float) -> bool:
        """Whether a note that has not been played is imagined to begin at `by` or before."""
        return any(is_note(imagined.event) and imagined.event.time <= by for imagined in self._ahead)

    def happen(self, now: float) -> None:
        """What was handed out and due at `now` or before has been played."""
        count = sum(1 for imagined in self._ahead[: self._handed] if imagined.event.time <= now)
        done, self._ahead, self._handed = self._ahead[:count], self._ahead[count:], self._handed - count
        if done:
            self.past, self.answer = done[-1].past, done[-1].answer
            self.happened.extend(Played(imagined.event, True, imagined.past.log_p) for imagined in done)
            self._finish()

    def cut(self, now: float) -> Seconds | None:
        """Throw away what was only imagined. Returns the moment after which what was handed out is to be revoked."""
        self.happen(now)
        revoked = Seconds(max(now, self.past.time)) if self._handed else None
        self._ahead, self._handed, self._composed = [], 0, False
        return revoked

    def own(self) -> list[tuple[Voice, int]]:
        """The keys that are ours, each with its voice, when all has been fed."""
        keyboard = self.past.own
        for event in self._own_unfed:
            keyboard = keyboard.after(event)
        return [(voice, key) for voice in Voice for key in keyboard.down(voice)]

    def release(self, keys: Iterable[tuple[Voice, int]], now: float) -> list[Event]:
        """Let go of keys of ours, as events that really happen."""
        moment = max(now, self.past.time)
        releases = [_released(key, moment, voice) for voice, key in keys]
        self.put_down([Played(event, True) for event in releases])
        return releases

    def put_down(self, played: Sequence[Played]) -> None:
        """These have happened, and are to be fed."""
        self.unfed.extend(played)
        self._own_unfed.extend(one.event for one in played if one.own)

    @property
    def count(self) -> int:
        """How many events have happened, fed or not."""
        return self.past.count + len(self.unfed)

    def stand_on(self, past: Past) -> None:
        """Play on from another past of `count` events. What was still to be fed has happened, and never is."""
        self.happened.extend(self.unfed)
        self.past = past
        self.unfed.clear()
        self._own_unfed.clear()

    def add(self, event: Event, past: Past) -> None:
        """An event of ours is played now; `past` is the music with it."""
        self.past = past
        self.happened.append(Played(event, True, past.log_p))

    def _feed(self) -> None:
        played = [self.unfed.popleft() for _ in range(min(CHUNK, len(self.unfed)))]
        for _ in range(sum(one.own for one in played)):
            self._own_unfed.popleft()
        self.past, seen = witnessed(self._model, self.past, played)
        self.happened.extend(seen)

    def _compose(self, answer: Answer, parameters: Parameters, ear: Ear) -> Imagined | None:
        following = answer.next(self._model, self._frontier(), parameters, ear)
        if following is not None:
            return Imagined(*following)
        self._composed = True
        self._finish()
        return None

    def _placed(self, drawn: Imagined, now: float, grid: Grid, parameters: Parameters, ear: Ear) -> list[Imagined]:
        """What is composed but not handed out, with one note more, on the grid. What was imagined before it and now
        comes after, pedals and the releases of other notes, is imagined anew."""
        event, fixed, loose = drawn.event, self._ahead[: self._handed], self._ahead[self._handed :]
        stands = fixed[-1].past if fixed else self.past
        begun = [each.event.time for each in loose if is_note(each.event)]
        earliest = max([now, stands.time, drawn.answer.begins, drawn.answer.floor, *begun])
        mine = [n for n, each in enumerate(loose) if vocabulary.key(each.event) == event.pitch]
        if mine:  # its key was let go of before: it is not struck again at the moment at which it was struck
            before = loose[mine[-1] - 1].past if mine[-1] else stands
            earliest = max(earliest, float(before.own.touched[event.voice, event.pitch]) + _SHORTEST_S)
        moved = replace(event, time=grid.moved(event.time, earliest, drawn.answer.quiet_from))
        behind = [(each.event, each.past.log_p) for each in loose if each.event.time > moved.time]
        kept = loose[: len(loose) - len(behind)]
        first = [(replace(each, time=moved.time), p) for each, p in behind if vocabulary.key(each) == event.pitch]
        others = [(each, p) for each, p in behind if vocabulary.key(each) != event.pitch]
        for each, log_p in (*first, (moved, drawn.past.log_p), *others):
            last, answer = (kept[-1].past, kept[-1].answer) if kept else (stands, fixed[-1].answer if fixed else None)
            so_far = answer or self.answer or drawn.answer
            past = replace(after(self._model, last, [Played(each, True)]), log_p=log_p)
            kept.append(Imagined(each, past, so_far.counted(each, parameters, ear)))
        return kept

    def _frontier(self) -> Past:
        """The past at the far end of what is composed."""
        return self._ahead[-1].past if self._ahead else self.past

    def _finish(self) -> None:
        """Nothing is being played any more once the whole answer has been."""
        if self._composed and not self._ahead:
            self.answer, self._composed = None, False


def _released(key: int, now: float, voice: Voice) -> Event:
    return pedal(now, False, voice) if key == PEDAL_KEY else note_off(now, key, voice)
