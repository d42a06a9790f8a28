"""The MIDI library, which may be impossible to load: then that is said in words, and there is no MIDI."""

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from antiphon.errors import PortError
from antiphon.music.ledger import Ledger
from antiphon.stage.thru import Thru

if TYPE_CHECKING:
    from antiphon.stage.backends import Backend
    from antiphon.stage.ports import Ports

_REMEDY: Final = {"linux": "on Debian: sudo apt-get install libasound2"}
_REAPED: Final = 20
_REAPED_S: Final = 0.02


@contextlib.contextmanager
def midi_library() -> Iterator[None]:
    """Inside, what uses rtmidi may be imported. Raises PortError where it cannot be loaded."""
    try:
        yield
    except ImportError as error:
        remedy = _REMEDY.get(sys.platform, "install Antiphon again")
        raise PortError(f"the MIDI library cannot be loaded ({error}); {remedy}") from error


def load() -> None:
    """Have it loaded, where that is possible, so that opening ports takes less time."""
    with contextlib.suppress(PortError), midi_library():
        import antiphon.stage.opening  # noqa: F401


def look(word: Mapping[str, Any]) -> "Backend":  # JSON
    """The MIDI system that the guard's first word names, or the first that works for "auto". Raises PortError where
    none does, or where it cannot have the ports that are wanted."""
    with midi_library():
        from antiphon.stage.backends import choose, playable
    backend = choose(word["backend"])
    playable(backend, word["ins"], word["outs"])
    return backend


def opened(word: Mapping[str, Any], accounts: Sequence[Ledger]) -> "tuple[str, Ports]":  # JSON
    """The name of the MIDI system, and ports as the guard's first word wants them. Raises PortError.

    They are to have the names that an earlier stage's had; JACK may still be clearing up behind that one.
    """
    backend = look(word)
    from antiphon.stage.opening import open_ports

    for attempt in range(1, _REAPED + 1):
        ports = open_ports(
            backend,
            word["ins"],
            word["outs"],
            thru=Thru.of(word["thru"]),
            accounts=accounts,
            lights=word.get("lights", ()),
        )
        if not word["own"] or set(ports.own) == set(word["own"]) or word["ins"] or word["outs"] or attempt == _REAPED:
            break
        ports.close()
        time.sleep(_REAPED_S)
    return backend.name, ports
