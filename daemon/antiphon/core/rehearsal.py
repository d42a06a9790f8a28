"""A Session in virtual time: a recorded player, as fast as the machine goes, exact to the moment."""

from collections.abc import Sequence
from typing import Final

from antiphon.core.due import Due, Order
from antiphon.core.session import Session
from antiphon.music.ledger import Ledger
from antiphon.music.wire import Timed

LONGEST_END_S: Final = 30.0
"""Seconds that time runs on behind the player's last message, for the last reply to end."""


def rehearse(session: Session, player: Sequence[Timed]) -> list[Due]:
    """Everything `session` plays with `player`, in order of time, all released. Messages are in order of time."""
    played = list[Order]()
    for timed in player:
        played += _until(session, timed.time)
        played += session.receive(timed.message, timed.time)
    end = (player[-1].time if player else 0.0) + LONGEST_END_S
    played += _until(session, end)
    played += session.close(end)
    return sorted((order for order in played if isinstance(order, Due)), key=lambda due: due.time)


def settled(player: Sequence[Timed]) -> list[Timed]:
    """The messages, and behind the last one whatever releases they still owe: a recording that ends has let go."""
    ledger = Ledger()
    for timed in player:
        ledger.note(timed.message)
    return [*player, *(Timed(player[-1].time, message) for message in ledger.owed())]


def _until(session: Session, moment: float) -> list[Order]:
    """What the session plays before `moment`; at that very moment the player comes first."""
    played, now = list[Order](), -float("inf")
    while (deadline := session.deadline) is not None and deadline < moment:
        now = max(now, deadline)
        played += session.advance(now)
    return played
