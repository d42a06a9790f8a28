"""PipeWire, which plays JACK's part on most desktops: whether it runs, and how a program reaches it.

python-rtmidi's wheel carries a libjack of its own, which knows jackd alone. PipeWire's, loaded before it, takes its
place.
"""

import os
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_LIBRARY: Final = "pipewire-0.3/jack/libjack.so.0"
_PACKAGES: Final = "install your system's pipewire-jack (Debian: sudo apt install pipewire-jack), then `antiphon check`"
UNREACHED: Final = "PipeWire runs, but the JACK library that came with python-rtmidi does not reach it"
SHORTER: Final = "pw-metadata -n settings 0 clock.force-quantum 256"
"""Makes PipeWire's period shorter, until it is started again."""


def path() -> str:
    """Where it listens, or would; nothing where that cannot be told."""
    folder = os.environ.get("PIPEWIRE_RUNTIME_DIR") or os.environ.get("XDG_RUNTIME_DIR", "")
    found = os.path.join(folder, os.environ.get("PIPEWIRE_REMOTE") or "pipewire-0")
    return found if os.path.isabs(found) else ""


def there() -> bool:
    """Whether it runs, for this user."""
    return os.path.exists(path())


def remedy(roots: Sequence[Path] = (Path("/usr/lib64"), Path("/usr/lib"))) -> str:
    """The command that reaches it, or what is missing for that."""
    places = [place for root in roots for place in (root / _LIBRARY, *sorted(root.glob(f"*/{_LIBRARY}")))]
    found = [place for place in places if place.exists()]
    ours = sysconfig.get_config_var("MULTIARCH") or "?"
    found.sort(key=lambda place: ours not in place.parts)  # another architecture's may stand beside it
    return f"LD_PRELOAD={found[0]} antiphon run --backend jack" if found else _PACKAGES
