"""Files that are written whole or not at all. Knows nothing of what is in them."""

import itertools
import os
from contextlib import suppress
from pathlib import Path


def put(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all. Raises OSError."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)  # A device or a pipe: to replace /dev/null by a file would be a feat.
        return
    put_anew(target, data)


def put_anew(path: Path, data: bytes) -> None:
    """The same, and a link of that name is not followed: the file takes its place. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.unlink(missing_ok=True)
        with beside.open("xb") as file:  # a link that somebody laid there is not followed
            file.write(data)
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink()


def put_beside(path: Path, data: bytes) -> tuple[Path, bool]:
    """Write a new file, under this name or, where another has it, under NAME-2, NAME-3 and so on: nothing is written
    over. Returns its name, and whether it is new: a file that holds just this stays as it is. Raises OSError."""
    for number in itertools.count(1):
        free = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        try:
            file = free.open("xb")
        except FileExistsError:
            if _holds(free, data):
                return free, False
            continue
        try:
            with file:
                file.write(data)
        except OSError:
            free.unlink(missing_ok=True)
            raise
        return free, True
    raise AssertionError("there is always one more number")


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file is just this. What may not be read, or is no file, is something else."""
    with suppress(OSError):
        return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
    return False
