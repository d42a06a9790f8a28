"""The page as a process: `python -m antiphon.page FILE`, started by the guard, which speaks through that file."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Any, Final

from antiphon import priority, runtime
from antiphon.lines import Control, first_word, to_guard
from antiphon.page import console, description, rights
from antiphon.page.doors import Rules
from antiphon.page.osc import opened as opened_osc
from antiphon.page.server import HOST, Stream, serve
from antiphon.terminal import started

_NICE: Final = 5


async def _main(control: Control, word: dict[str, Any]) -> None:  # JSON
    rules = Rules(word.get("address", HOST), word.get("token"))
    stream = Stream(control, Path(word["takes"]) if word.get("takes") else None, word.get("scenes", ()))
    where = runtime.path(word["guard"])
    async with contextlib.AsyncExitStack() as doors:
        deaf = await doors.enter_async_context(console.opened(stream, where))
        mute = await doors.enter_async_context(opened_osc(stream, **word["osc"]))
        for why in filter(None, (deaf, mute)):
            control.say("notice", why=why)
        served = word["port"] is not None
        url = await doors.enter_async_context(serve(stream, int(word["port"]), rules)) if served else None
        control.say("ready", url=url)
        loading = asyncio.create_task(asyncio.to_thread(description.prepare))
        await stream.follow()
        loading.cancel()
        where.unlink(missing_ok=True)
        os._exit(0)  # uvicorn takes 0.1 s to say good-bye, and there is nothing left to lose


def main(control: Control) -> int:
    """Serve until the guard has gone or says so."""
    started()
    priority.stand_back(_NICE)
    word, _ = first_word(control)
    rights.shed()
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # elsewhere another cannot watch lines
        runner.run(_main(control, word))
    return 0


if __name__ == "__main__":
    sys.exit(main(to_guard(sys.argv[1])))
