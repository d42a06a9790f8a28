"""The page as a process: `python -m antiphon.page FILE`, started by the guard, which speaks through that file."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

from antiphon.lines import Control, first_word
from antiphon.page.doors import Rules
from antiphon.page.server import HOST, Stream, serve

_NICE: Final = 5


async def _main(control: Control, port: int, rules: Rules, scenes: Sequence[str]) -> None:
    stream = Stream(control, scenes)
    async with serve(stream, port, rules) as url:
        control.say("ready", url=url)
        await stream.follow()
        os._exit(0)  # uvicorn takes 0.1 s to say good-bye, and there is nothing left to lose


def main(control: Control) -> int:
    """Serve until the guard has gone or says so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    word, _ = first_word(control)
    asyncio.run(
        _main(control, int(word["port"]), Rules(word.get("address", HOST), word.get("token")), word.get("scenes", ()))
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(Control.of(int(sys.argv[1]))))
