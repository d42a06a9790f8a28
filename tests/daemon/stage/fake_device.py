"""What stands in for rtmidi's devices."""

import rtmidi


class FakeDevice:
    """An rtmidi device without a backend: gives what it is given, and refuses while it is full."""

    def __init__(self, arriving: list[tuple[list[int], float]] | None = None, others: list[str] | None = None) -> None:
        self.arriving = arriving or []
        self.others = others or []
        self.connected: str | None = None
        self.sent: list[bytes] = []
        self.full = False
        self.closed = False

    def get_message(self) -> tuple[list[int], float] | None:
        return self.arriving.pop(0) if self.arriving else None

    def arrive(self, *message: int) -> None:
        """A message comes now."""
        self.arriving.append(([*message], 0.0))

    def send_message(self, message: bytes) -> None:
        if len(message) > 3 and message[0] != 0xF0:  # python-rtmidi 1.5.8
            raise ValueError("'message' longer than 3 bytes but does not start with 0xF0.")
        if self.full:
            raise rtmidi.SystemError("MidiOutAlsa::sendMessage: error sending MIDI message to port.")
        self.sent.append(message)

    def get_ports(self) -> list[str]:
        return list(self.others)

    def open_port(self, port: int, name: str) -> object:
        self.connected = self.others[port]
        return self

    def open_virtual_port(self, name: str) -> object:
        return self

    def set_port_name(self, name: str) -> None: ...

    def close_port(self) -> None:
        self.connected = None

    def delete(self) -> None:
        self.closed = True
