"""Files that are written whole or not at all. Knows nothing of what is in them."""

import os
from contextlib import suppress
from pathlib import Path


def put(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all. Raises OSError."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)  # A device or a pipe: to replace /dev/null by a file would be a feat.
        return
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.unlink(missing_ok=True)
        with beside.open("xb") as file:  # a link that somebody laid there is not followed
            file.write(data)
        beside.replace(target)
    finally:
        with suppress(OSError):
            beside.unlink()
