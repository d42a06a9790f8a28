"""The ways of playing together, as a table: when each begins to play, what it plays then, and what a note of the
player's does to it.

mode      begins                          plays                              when you play
reply     after your phrase               about as long as you               yields
solo      at once, and after your phrase  on and on                          yields
listen    never                                                              hears
duet      with your first note            until you have been silent long    goes on, with you
harmony   with each note                  its company (core.company)         more company
trade     after so many bars of yours     as many bars                       hears; its bars are its own
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from antiphon.core.answer import RING_S, Answer
from antiphon.core.parameters import Parameters
from antiphon.core.turns import Situation, over
from antiphon.music.events import Seconds, Voice

_EBB_S: Final = 1.5
"""A free answer ends where the model would rest for so long."""
_SOLO_LASTS: Final = Seconds(float("inf"))


@dataclass(frozen=True, slots=True)
class Mode:
    """One way of playing together.

    begins   when to begin to play, if nothing more is heard; None for not
    plays    what to play from a moment on
    yields   whether a note of the player's ends what is being played
    duet     whether we and the player have each a voice of our own
    endless  whether what it plays may have no end of its own
    silent   whether it never plays but with a note of the player's
    company  whether each note of the player's gets company
    waits    whether it waits for the end of a phrase
    barred   whether what it plays is so many bars
    apart    whether who has a memory of their own is answered from that
    """

    begins: Callable[[Situation], Seconds | None]
    plays: Callable[[Seconds, Situation], Answer]
    yields: bool = False
    duet: bool = False
    endless: bool = False
    silent: bool = False
    company: bool = False
    waits: bool = False
    barred: bool = False
    apart: bool = False

    def voices(self, parameters: Parameters) -> tuple[Voice, Voice]:
        """Our voice and the player's."""
        if not self.duet:
            sole = Voice.LEAD if parameters.second_channel else Voice.SOLO
            return sole, sole
        leads = parameters.role == "lead"
        return (Voice.LEAD, Voice.ACCOMPANIMENT) if leads else (Voice.ACCOMPANIMENT, Voice.LEAD)


def bars(parameters: Parameters) -> int:
    """Beats that as many bars as are traded have."""
    return int(parameters.bars) * int(parameters.beats)


def _never(_: Situation) -> None:
    return None


def _alone(situation: Situation) -> Seconds | None:
    if situation.phrase is None and not situation.holding:
        return Seconds(float("-inf"))
    return over(situation)


def _with_the_player(situation: Situation) -> Seconds | None:
    return situation.phrase.first if situation.phrase else None


def _after_the_bars(situation: Situation) -> Seconds | None:
    if situation.phrase is None or situation.anchor is None:
        return None
    return situation.metre.moment_of(situation.anchor + bars(situation.parameters))


def _reply(at: Seconds, situation: Situation) -> Answer:
    length, ebbs = _reply_s(situation), _EBB_S if situation.parameters.reply == "free" else float("inf")
    return Answer(at, Seconds(at + length), Seconds(at + length + RING_S), ebbs=ebbs)


def _reply_s(situation: Situation) -> float:
    """Seconds that an answer lasts at the most."""
    parameters, phrase = situation.parameters, situation.phrase
    low, high = float(parameters.reply_shortest), float(parameters.reply_longest)
    match parameters.reply:
        case "free":
            return high
        case "beats":
            return int(parameters.reply_beats) * situation.metre.beat_s
        case "seconds":
            return float(parameters.reply_seconds)
    return min(high, max(low, phrase.last - phrase.first if phrase else 0.0))


def _solo(at: Seconds, situation: Situation) -> Answer:
    return Answer(at, _SOLO_LASTS, _SOLO_LASTS, rest=float(situation.parameters.longest_rest))


def _duet(at: Seconds, situation: Situation) -> Answer:
    ours, theirs = MODES["duet"].voices(situation.parameters)
    rest = float(situation.parameters.longest_rest)
    answer = Answer(at, at, at, lively=False, voice=ours, theirs=theirs, rest=rest)
    return accompanying(answer, situation, at)


def accompanying(answer: Answer, situation: Situation, now: float) -> Answer:
    """A duet that goes on: as long as the player plays, and a while after."""
    if situation.holding:
        return answer.until(_SOLO_LASTS, _SOLO_LASTS)
    last = situation.phrase.last if situation.phrase else now
    end = last + float(situation.parameters.go_on)
    return answer.until(end, end + RING_S)


def _trade(at: Seconds, situation: Situation) -> Answer:
    end = Seconds(at + bars(situation.parameters) * situation.metre.beat_s)
    return Answer(at, end, end, rest=float(situation.parameters.longest_rest))


MODES: Final = {
    "reply": Mode(over, _reply, yields=True, waits=True, apart=True),
    "duet": Mode(_with_the_player, _duet, duet=True, endless=True),
    "harmony": Mode(_never, _reply, silent=True, company=True),
    "solo": Mode(_alone, _solo, yields=True, endless=True, waits=True, apart=True),
    "trade": Mode(_after_the_bars, _trade, barred=True),
    "listen": Mode(_never, _reply, silent=True, apart=True),
}
