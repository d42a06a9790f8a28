"""What the scribe does with what it hears: tapes grow in journals, journals become takes. Asks no clock.

A take begins with the first note on a tape, and is made after so many seconds of silence; what follows on the same tape
makes it longer. A disk that takes no more costs what would have stood on it, is said once, and is tried again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

from antiphon.core import tape
from antiphon.core.tape import Frame, Kind
from antiphon.errors import TakeError
from antiphon.music.events import Seconds
from antiphon.music.ledger import owing
from antiphon.takes import journal, store
from antiphon.takes.journal import Journal
from antiphon.takes.limits import Limits

LEAVES_S: Final = 1.5
"""So long is waited for takes to be made before leaving; what is not made by then is made at the next start."""
_AGAIN_S: Final = 5.0


class Desk:
    """Keeps takes in a folder. `tell` gets a line for people when that does not work."""

    def __init__(self, folder: Path, limits: Limits, tell: Callable[[str], None]) -> None:
        self._folder, self._limits, self._tell = folder, limits, tell
        self._journal: Journal | None = None
        self._waiting = list[Frame]()  # the head of a tape on which no note is yet
        self._sounded_at = self._again_at = float("-inf")
        self._bound = self._lost = 0
        self._troubled = False
        self._worker, self._jobs = ThreadPoolExecutor(1), list[Future[None]]()
        self._submit(self._recover)

    def take(self, parcel: bytes, now: float) -> None:
        """Frames have come, at `now` (s, monotonic)."""
        for frame in tape.unpacked(parcel)[0]:
            if frame.kind is Kind.OPENED:
                self.finish()
            self._put(frame, now)
        if self._journal and self._journal.size > self._limits.longest_bytes:
            self.finish()
            self._put(Frame(Kind.LOST, Seconds(now), 1), now)

    def deadline(self) -> float:
        """When `look` has something to do."""
        unbound = self._journal and self._journal.size > self._bound
        return self._sounded_at + self._limits.silence_s if unbound else float("inf")

    def look(self, now: float) -> None:
        """Make the take of what has been silent long enough."""
        if self._journal and now >= self.deadline():
            self._bind(self._journal, False)
        done, self._jobs = [j for j in self._jobs if j.done()], [j for j in self._jobs if not j.done()]
        for job in done:
            job.result()

    def finish(self) -> None:
        """Nothing more comes on this tape."""
        self._waiting.clear()
        if self._journal:
            self._bind(self._journal, True)
        self._journal, self._bound = None, 0

    def leave(self) -> None:
        """Make what is still to be made, within LEAVES_S."""
        self.finish()
        wait(self._jobs, LEAVES_S)

    def _put(self, frame: Frame, now: float) -> None:
        message = frame.payload if frame.kind is Kind.DUE else frame.played
        sounds = message is not None and owing(message) is not None
        if sounds or (message and message[0] < 0xF8):
            self._sounded_at = now
        if self._journal is None:
            self._waiting.append(frame)
            if not sounds or now < self._again_at:
                return
        self._write(now, [frame] if self._journal else self._waiting)

    def _write(self, now: float, frames: Sequence[Frame]) -> None:
        if now < self._again_at:
            self._lost += len(frames)
            return
        try:
            if self._journal is None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._journal = Journal(self._folder, store.fresh_name(self._folder))
            missing = [Frame(Kind.LOST, Seconds(now), self._lost)] if self._lost else []
            self._journal.add(tape.packed([*missing, *frames]))
        except OSError as error:
            self._trouble(error)
            self._lost, self._again_at = self._lost + len(frames), now + _AGAIN_S
        else:
            self._lost, self._troubled = 0, False
        self._waiting.clear()

    def _bind(self, one: Journal, last: bool) -> None:
        size, self._bound = one.size, one.size
        if size:
            self._submit(self._bound_as, one, one.read(), last)

    def _bound_as(self, one: Journal, data: bytes, last: bool) -> None:
        try:
            journal.bind(data, one.take)
        except OSError as error:
            self._trouble(error)
            if last:
                one.close(keep=True)
            return
        except TakeError as error:  # what comes behind may be whole: only at its end is it set aside
            if last:
                one.close(keep=True)
                self._tell(f"{journal.set_aside(one.path)}: no take can be made of this ({error}); it was set aside")
            return
        if last:
            one.close(keep=False)
        store.sweep(self._folder, self._limits.most_bytes, self._limits.days)

    def _recover(self) -> None:
        try:
            if self._folder.is_dir():
                journal.recover(self._folder, self._tell)
        except OSError as error:
            self._trouble(error)

    def _submit(self, work: Callable[..., None], *arguments: object) -> None:
        self._jobs.append(self._worker.submit(work, *arguments))

    def _trouble(self, error: OSError) -> None:
        if not self._troubled:
            self._troubled = True
            self._tell(f"{self._folder}: takes cannot be kept ({error.strerror}); playing goes on without them")
