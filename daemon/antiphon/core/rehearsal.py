"""A Session in virtual time: a recorded player, as fast as the machine goes, exact to the moment."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from antiphon.core.due import Due, Order
from antiphon.core.session import Session
from antiphon.core.zones import Role, Sorted, Sorter, Zone
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.music.wire import Timed

LONGEST_END_S: Final = 30.0
"""Seconds that time runs on behind the player's last message, for the last reply to end."""

Heard: TypeAlias = tuple[Seconds, Sorted]
"""A message at its moment, and what it is for."""


def rehearse(session: Session, player: Sequence[Timed]) -> list[Due]:
    """Everything `session` plays with `player`, in order of time, all released. Messages are in order of time."""
    return rehearse_sorted(session, [(timed.time, Sorted(timed.message, Role.PLAYS)) for timed in player])


def rehearse_sorted(session: Session, player: Sequence[Heard]) -> list[Due]:
    """The same with a player whose playing is not all music."""
    played = list[Order]()
    for time, heard in player:
        played += _until(session, time)
        played += session.receive(heard.message, time, heard.role, heard.memory)
    end = (player[-1][0] if player else 0.0) + LONGEST_END_S
    played += _until(session, end)
    played += session.close(end)
    return sorted((order for order in played if isinstance(order, Due)), key=lambda due: due.time)


def settled(player: Sequence[Timed]) -> list[Timed]:
    """The messages, and behind the last one whatever releases they still owe: a recording that ends has let go."""
    ledger = Ledger()
    for timed in player:
        ledger.note(timed.message)
    return [*player, *(Timed(player[-1].time, message) for message in ledger.owed())]


def zoned(player: Iterable[tuple[str, Timed]], zones: Sequence[Zone]) -> list[Heard]:
    """What is played on inputs of these names, as it is heard in zones; behind the last message of all whatever
    releases each of them still owes."""
    inputs, found, end = dict[str, tuple[Sorter, Ledger]](), list[Heard](), Seconds(0.0)
    for name, timed in player:
        sorter, ledger = inputs.setdefault(name, (Sorter(zones), Ledger()))
        ledger.note(timed.message)
        found += [(timed.time, heard) for heard in sorter.sort(timed.message, name)]
        end = timed.time
    for name, (sorter, ledger) in inputs.items():
        found += [(end, heard) for message in ledger.owed() for heard in sorter.sort(message, name)]
    return found


def _until(session: Session, moment: float) -> list[Order]:
    """What the session plays before `moment`; at that very moment the player comes first."""
    played, now = list[Order](), -float("inf")
    while (deadline := session.deadline) is not None and deadline < moment:
        now = max(now, deadline)
        played += session.advance(now)
    return played
