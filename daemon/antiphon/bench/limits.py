"""What is asked of each figure: required, and aimed at. In the units of the table."""

from typing import Final, NamedTuple


class Limit(NamedTuple):
    """The figure's p99 must not be above `required`, and should not be above `aim`."""

    required: float | None = None
    aim: float | None = None


ANSWER: Final = {True: Limit(1.5, 0.7), False: Limit(4.0, 2.0)}
"""Event in to bytes, ms; by whether real-time priority was granted."""
DUE: Final = {True: Limit(0.3, 0.1), False: Limit(2.0, 0.5)}
"""Due-time error, ms; by the same."""
COMPANY: Final = Limit(10.0)
"""A note to all that goes with it, ms."""
LOADED: Final = Limit(1.25, 1.0)
"""Times the same figure without load."""
LOST: Final = Limit(0.0, 0.0)
DRIFT: Final = Limit(0.1, 0.02)
IDLE: Final = Limit(1.0, 0.3)
PLAYING: Final = Limit(25.0, 15.0)
MEMORY: Final = Limit(300.0, 180.0)
READY: Final = Limit(2.0, 1.0)


def thru(period_ms: float) -> Limit:
    """What thru may add to a bare connection, ms."""
    return Limit(period_ms + 0.5, period_ms)


def loaded(quiet: float | None) -> Limit:
    """What a figure may be under load that is `quiet` without."""
    return Limit() if quiet is None else Limit(quiet * (LOADED.required or 1), quiet * (LOADED.aim or 1))
