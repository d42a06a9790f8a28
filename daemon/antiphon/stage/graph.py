"""Who is connected to our ports on JACK, so that a new stage can take the place of one that died.

Uses JACK-Client where it and libjack are there; without them nothing is remembered, and nothing else changes.
"""

import contextlib
import errno
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from antiphon.stage.quiet import quiet

Connection = tuple[str, str]
"""From and to, full port names."""
_CLIENT: Final = "Antiphon graph"


class Graph(Protocol):
    """The connections of a MIDI system.

    sees   whether they can be seen
    """

    sees: bool

    def of(self, ports: Sequence[str]) -> list[Connection]:
        """Every connection that one of these ports has."""

    def restore(self, connections: Sequence[Connection]) -> list[Connection]:
        """Make the connections that are not there. Returns those whose ports are not there either."""

    def cut(self, connection: Connection) -> None:
        """Take a connection away."""

    def close(self) -> None:
        """Let go."""


class NoGraph:
    """A MIDI system whose connections we cannot see."""

    sees = False

    def of(self, ports: Sequence[str]) -> list[Connection]:
        """None that we know of."""
        return []

    def restore(self, connections: Sequence[Connection]) -> list[Connection]:
        """Nothing to restore."""
        return []

    def cut(self, connection: Connection) -> None:
        """Nothing that we could take away."""

    def close(self) -> None:
        """Nothing to let go of."""


class JackGraph:
    """A JACK client that has no ports and only looks and connects."""

    sees = True

    def __init__(self, jack: Any) -> None:  # the module; it has no type stubs
        self._jack = jack
        self._client = jack.Client(_CLIENT, no_start_server=True)

    def of(self, ports: Sequence[str]) -> list[Connection]:
        """Every connection that one of these ports has."""
        found = list[Connection]()
        for name in ports:
            with self._tolerant():
                port = self._client.get_port_by_name(name)
                others = [other.name for other in self._client.get_all_connections(port)]
                found += [(name, other) if port.is_output else (other, name) for other in others]
        return found

    def restore(self, connections: Sequence[Connection]) -> list[Connection]:
        """Make the connections that are not there. Returns those whose ports are not there either."""
        missing = list[Connection]()
        for source, sink in connections:
            try:
                self._client.connect(source, sink)
            except self._jack.JackErrorCode as error:
                if error.code != errno.EEXIST:
                    missing.append((source, sink))
            except self._jack.JackError:
                missing.append((source, sink))
        return missing

    def cut(self, connection: Connection) -> None:
        """Take a connection away."""
        with self._tolerant():
            self._client.disconnect(*connection)

    def close(self) -> None:
        """Leave the server."""
        with self._tolerant():
            self._client.close()

    @contextlib.contextmanager
    def _tolerant(self) -> Iterator[None]:
        """Ports of others come and go between asking and doing; a connection that is there already is no fault."""
        with contextlib.suppress(self._jack.JackError):
            yield


def graph(backend: str) -> Graph:
    """The graph of a backend, where it can be seen."""
    if backend != "jack":
        return NoGraph()
    try:
        import jack
    except (ImportError, OSError):  # no JACK-Client, or no libjack of the system's
        return NoGraph()
    try:
        with quiet():
            return JackGraph(jack)
    except jack.JackError:
        return NoGraph()
