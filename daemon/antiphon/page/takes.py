"""The takes in a folder, for the page: listed, shown as messages, given as files, thrown away.

A take is asked for by its name, which has to be one of those listed: no path of anybody's choosing is ever opened.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

from antiphon.music import midifile
from antiphon.page.exporting import Exporter

WHERE: Final = "/api/takes"
_OURS: Final = "Antiphon"
_MOST: Final = 1000

Json = dict[str, Any]


def routes(folder: Path, limited: Callable[[], None], exporter: Exporter | None = None) -> list[Route]:
    """What is served of the takes in `folder`. `limited` raises HTTPException for too many requests."""
    others = exporter or Exporter()

    async def listed(_: Request) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(_listed, folder))

    async def take(request: Request) -> FileResponse | JSONResponse:
        name = request.path_params["name"]
        path = await run_in_threadpool(_found, folder, name)
        if request.method == "DELETE":
            limited()
            path.unlink(missing_ok=True)
            return JSONResponse(await run_in_threadpool(_listed, folder))
        return FileResponse(path, media_type="audio/midi", filename=f"{name}.mid")

    async def messages(request: Request) -> JSONResponse:
        limited()
        path = await run_in_threadpool(_found, folder, request.path_params["name"])
        return JSONResponse(await run_in_threadpool(_messages, path))

    async def otherwise(request: Request) -> FileResponse:
        limited()
        path = await run_in_threadpool(_found, folder, request.path_params["name"])
        return await others.export(path, request.path_params["ending"])

    return [
        Route(WHERE, listed),
        Route(WHERE + "/{name}/as/{ending}", otherwise),
        Route(WHERE + "/{name}/messages", messages),
        Route(WHERE + "/{name}", take, methods=["GET", "DELETE"]),
    ]


def _paths(folder: Path) -> list[Path]:
    """The newest first."""
    found = (path for path in folder.glob("*.mid") if path.is_file() and not path.name.startswith("."))
    return sorted(found, key=lambda path: path.name, reverse=True)[:_MOST]


def _listed(folder: Path) -> list[Json]:
    return [{"name": path.stem, "bytes": path.stat().st_size} for path in _paths(folder)]


def _found(folder: Path, name: str) -> Path:
    for path in _paths(folder):
        if path.stem == name:
            return path
    raise HTTPException(404, "no take of that name")


def _messages(path: Path) -> Json:
    """{"messages": [[seconds, hex, whether it is Antiphon's]...]} in order."""
    said = [
        (round(timed.time, 4), timed.message.hex(), track.name == _OURS)
        for track in midifile.read(path)
        for timed in track.messages
        if 0x80 <= timed.message[0] < 0xF0
    ]
    return {"messages": sorted(said, key=lambda one: one[0])}
