"""What is said of an address at which nothing can be listened."""

import errno
import socket
from contextlib import suppress
from typing import Final

_NOWHERE: Final = ("192.0.2.1", 9)
"""Of those that are kept for examples (RFC 5737): nobody is there, and nothing is sent."""


def lacking(error: OSError) -> bool:
    """Whether it is the address that this machine does not have."""
    return isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL


def not_ours(address: str) -> str:
    """What to say of it then."""
    return f"this machine has no address {address}{'; it has ' * bool(found := _ours())}{found}"


def _ours() -> str:
    """The address under which this machine would speak to others; none where there is no network."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(_NOWHERE)
        return str(asking.getsockname()[0])
    return ""
