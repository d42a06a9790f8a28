"""What the page's process gives up before anybody can speak to it. Linux; elsewhere it keeps what it was given.

It needs sockets, its own files, those of takes, the cards of models, and its user's rights. No program that it might be
made to start gains any more (prctl(2), PR_SET_NO_NEW_PRIVS), root's capabilities go (capset(2)), and no core is left
behind that would hold the token.
"""

import ctypes
import struct
import sys
from typing import Final

if sys.platform == "linux":
    import resource

_NO_NEW_PRIVS: Final = 38
_BOUNDING_DROP: Final = 24
_VERSION_3: Final = 0x20080522
_CAPABILITIES: Final = 64


def shed() -> None:
    """Give it all up, for good."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
        for capability in range(_CAPABILITIES):
            libc.prctl(_BOUNDING_DROP, capability, 0, 0, 0)  # refused where we have none to drop
        libc.capset(struct.pack("<Ii", _VERSION_3, 0), struct.pack("<6I", 0, 0, 0, 0, 0, 0))
