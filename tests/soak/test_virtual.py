"""Hours of playing in virtual time, through the Session and the journal: memory flat, nothing held at the end."""

import gc
import os
import tracemalloc
from collections.abc import Iterator
from typing import Final

import pytest

from antiphon.core.due import Due
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.mind import models, onnx_model
from antiphon.mind.journal import Journal
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.music.wire import Timed
from antiphon.stage.voice import Voice

HOURS: Final = float(os.environ.get("ANTIPHON_SOAK_HOURS", "0.25"))
HORIZON_S: Final = 0.015
_PHRASES: Final = 12
_LEAST: Final = 4


@pytest.fixture(scope="module")
def shipped() -> Identified:
    if not any((folder / "default.onnx").is_file() for folder in models.FOLDERS):
        pytest.skip("models/default.onnx is not there")
    return onnx_model.load("default")


def playing(seconds: float) -> Iterator[Timed]:
    """A player who plays phrases of all lengths, now and then into the answer, for so long."""
    now, number = 0.0, 0
    while now < seconds:
        number += 1
        notes = 3 + number * 7 % _PHRASES
        for n in range(notes):
            pitch = 40 + (number * 5 + n * 3) % 48
            yield Timed(Seconds(now), bytes((0x90, pitch, 30 + (n * 11) % 90)))
            if n % 5 == 0:
                yield Timed(Seconds(now + 0.05), bytes((0xB0, 64, 127 if n % 2 else 0)))
            now += 0.1 + 0.05 * (n % 4)
            yield Timed(Seconds(now), bytes((0x80, pitch, 64)))
        yield Timed(Seconds(now), bytes((0xB0, 64, 0)))
        now += 1.0 + number * 13 % 25


@pytest.mark.timeout(24 * 3600)
def test_hours_of_playing_leave_memory_flat_and_nothing_owed(shipped: Identified) -> None:
    session = Session(shipped, Parameters(), 0.0, HORIZON_S)
    journal = Journal(memoryview(bytearray(1 << 20)), shipped)
    ledger, sent = Ledger(), 0

    def send(message: bytes) -> None:
        nonlocal sent
        sent += 1

    voice = Voice(send, ledger, Ledger())
    sizes, heard, now = list[int](), 0, 0.0
    tracemalloc.start()
    span = HOURS * 3600
    for heard, timed in enumerate(playing(span), start=1):
        while (deadline := session.deadline) is not None and deadline < timed.time:
            now = max(now, deadline)
            voice.take(session.advance(now))
            voice.play_due(Seconds(now))
            journal.write(session, heard)
        now = timed.time
        voice.take(session.receive(timed.message, now))
        voice.play_due(Seconds(now))
        if now > span * (len(sizes) + 1) / (2 * _LEAST):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    farewell = session.close(now)
    voice.take(farewell)
    voice.play_due(Seconds(now + 1.0))

    print(f"{HOURS:g} h: {heard} heard, {sent} sent, {session.memory.past.count} events, traced bytes {sizes}")
    assert all(isinstance(order, Due) for order in farewell if not hasattr(order, "after"))
    assert ledger.owed() == []
    assert sent > 100 * HOURS
    assert max(sizes[_LEAST:]) - max(sizes[:_LEAST]) < 200_000
