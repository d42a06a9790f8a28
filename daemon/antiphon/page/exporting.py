"""A take in another form, written by `antiphon takes` in a process of its own: engraving may take long, or fail, and
nobody who watches the page notices. One at a time, into a temporary folder.

Knows the command, and nothing of how anything is engraved.
"""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

FORMS: Final = {
    "mid": "audio/midi",
    "musicxml": "application/vnd.recordare.musicxml+xml",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "png": "image/png",
    "wav": "audio/wav",
}
"""What a take is given as, by the ending of the file: sheet music as musicxml, pdf and svg, the piano roll as png."""
LONGEST_S: Final = 120.0
_PATIENT: Final = 10
"""How nice (see nice(1)) the process is to those that play."""
_PROGRAM: Final = (sys.executable, "-m", "antiphon.cli.main")


class Exporter:
    """Writes one take at a time. `program` is what understands `takes export TAKE --output FILE`."""

    def __init__(self, program: Sequence[str] = _PROGRAM, longest_s: float = LONGEST_S) -> None:
        self._program, self._longest_s, self._busy = program, longest_s, asyncio.Lock()

    async def export(self, take: Path, ending: str) -> FileResponse:
        """The take in that form. Raises HTTPException: 404 for another ending, 429 while one is being written, 409
        with what the command says where it cannot be done (something is not installed), 503 where it takes too long."""
        if ending not in FORMS:
            raise HTTPException(404, f"a take is given as {', '.join(FORMS)}")
        if self._busy.locked():
            raise HTTPException(429, "another take is being written; try again in a moment")
        async with self._busy:
            folder = Path(tempfile.mkdtemp(prefix="antiphon-"))
            try:
                written = await self._written(take, folder / f"{take.stem}.{ending}")
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        done = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        return FileResponse(written, media_type=FORMS[ending], filename=written.name, background=done)

    async def _written(self, take: Path, output: Path) -> Path:
        what = ("show", "--picture") if output.suffix == ".png" else ("export", "--output")
        command = [*self._program, "takes", what[0], str(take.resolve()), what[1], str(output)]
        pipe, none = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, stdin=none, stdout=none, stderr=pipe)
        try:
            _make_patient(process.pid)
            _, said = await asyncio.wait_for(process.communicate(), self._longest_s)
        except TimeoutError as error:
            raise HTTPException(503, f"not written within {self._longest_s:.0f} s; use `antiphon takes`") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            lines = said.decode(errors="replace").strip().splitlines() or [f"status {process.returncode}"]
            raise HTTPException(409, lines[-1].removeprefix("antiphon: ").replace(f"{output}: ", ""))
        if len(list(output.parent.iterdir())) > 1:
            raise HTTPException(409, f"this take fills several files as {output.suffix[1:]}; take it as pdf")
        return output


def _make_patient(pid: int) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, _PATIENT)
