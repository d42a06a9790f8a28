"""What the guard is told once, at the start. Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon.core.parameters import Value


@dataclass(frozen=True, slots=True)
class Settings:
    """What the guard tells the others.

    thru       whether the player's messages are sent on; or {"inputs": [...], "channels": [...]}: which
    page       the port the page is served on; None where only our own commands may speak to us
    programs   the module to run as a process, by the process's name, where it is not the ordinary one
    takes      what is set about takes (antiphon.takes.limits) and "folder", where they are kept; None to keep none
    controls   what controllers do, a line each (antiphon.core.controls)
    written    those of them that the configuration says, and where it does
    lights     parts of the names of outputs to controllers, which are to show how things stand
    osc        "listen" and "send": addresses of Open Sound Control, as antiphon.page.osc reads them
    address    where the page listens; elsewhere than on this machine's own address only with
    token      what others must know to come in
    scenes     the fields of each core.scenes.Scene that can be called for
    zones      what of the inputs plays, steers the harmony or commands, a line each (antiphon.core.zones)
    primes     files and folders whose music a performance begins from, each perhaps with =WEIGHT
    """

    backend: str
    ins: tuple[str, ...]
    outs: tuple[str, ...]
    thru: bool | Mapping[str, Any]
    model: str
    parameters: Mapping[str, Value]
    page: int | None
    programs: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, Value] | None = None
    controls: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    osc: Mapping[str, str] = field(default_factory=lambda: {"listen": "", "send": ""})
    address: str = "127.0.0.1"
    token: str | None = None
    scenes: Sequence[Mapping[str, Any]] = ()
    primes: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)
