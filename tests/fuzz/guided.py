"""Bytes of no meaning, guided by which code they reach: `python -m tests.fuzz.guided SECONDS`, with atheris installed.

What makes a target fail is written to the corpus, where the tests find it, and ends the run.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["antiphon"]):
    from tests.fuzz.targets import CORPUS, TARGETS

_LONGEST = 400


def one(data: bytes) -> None:
    """The first byte says for which target the rest is."""
    if not data:
        return
    try:
        TARGETS[data[0] % len(TARGETS)](data[1:])
    except Exception:
        name = f"found-{hashlib.sha256(data).hexdigest()[:12]}.hex"
        (CORPUS / name).write_text(data[1:].hex() + "\n")
        print(f"written to {CORPUS / name}", file=sys.stderr)
        raise


def main(seconds: str) -> None:
    """Begin with what was found before, for each target."""
    with tempfile.TemporaryDirectory(prefix="antiphon-fuzz-") as folder:
        for file in CORPUS.glob("*.hex"):
            for number in range(len(TARGETS)):
                known = bytes([number]) + bytes.fromhex(file.read_text())
                (Path(folder) / f"{number}-{file.stem}").write_bytes(known)
        limits = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", f"-artifact_prefix={folder}/"]
        atheris.Setup([sys.argv[0], folder, *limits], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1])
