"""The page as a process: `python -m antiphon.page FILE`, started by the guard, which speaks through that file."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

from antiphon import runtime
from antiphon.lines import Control, first_word
from antiphon.page import console, description, rights
from antiphon.page.doors import Rules
from antiphon.page.osc import opened as opened_osc
from antiphon.page.server import HOST, Stream, serve

_NICE: Final = 5


async def _main(control: Control, word: dict[str, Any]) -> None:  # JSON
    rules = Rules(word.get("address", HOST), word.get("token"))
    stream = Stream(control, Path(word["takes"]) if word.get("takes") else None, word.get("scenes", ()))
    where = runtime.path(os.getppid())
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    word, _ = first_word(control)
    rights.shed()
    asyncio.run(_main(control, word))
    return 0


if __name__ == "__main__":
    sys.exit(main(Control.of(int(sys.argv[1]))))
