"""Where a performance goes on from, as bytes that a later replay takes up to the bit: a journal, and the moments looked
back on where those matter. Fixed layout, little-endian; nothing in it is ever executed."""

import struct
from dataclasses import replace
from typing import Final

import numpy as np

from antiphon.core.model import Identified, State
from antiphon.core.session import Session
from antiphon.core.trace import Trace
from antiphon.errors import ModelError
from antiphon.mind import journal
from antiphon.mind.journal import Journal, Recalled

_SIZES: Final = struct.Struct("<QQQB")  # bytes of the journal, moments, numbers in each, whether there is a newest one


def written(session: Session, model: Identified) -> bytes:
    """Everything that `session`, in which nothing is being played, could be taken up again from. What it looks back on
    is 2 MB, and kept only where it does look back."""
    memory = bytearray(journal.size(model.start(), bool(session.memory.apart)))
    Journal(memoryview(memory), model).write(session, 0)
    trace = session.memory.past.state.trace if float(session.parameters.memory) > 0 else None
    return of_journal(memory) if trace is None else _SIZES.pack(len(memory), *_shape(trace)) + memory + _bytes(trace)


def of_journal(memory: bytes | bytearray | memoryview) -> bytes:
    """The same of the journal that an earlier mind left."""
    return _SIZES.pack(len(memory), 0, 0, 0) + memory


def read(data: bytes, model: Identified) -> Recalled | None:
    """What was written; None for a journal that holds nothing. Raises ModelError where another kind of model wrote."""
    try:
        size, *shape = _SIZES.unpack_from(data, 0)
        memory = bytearray(data[_SIZES.size : _SIZES.size + size])
        if size < journal.size(model.start()) or len(memory) != size:
            raise ValueError("its size is another")
        found = Journal(memoryview(memory), model).recall()
        trace = _trace(data[_SIZES.size + size :], *shape)
    except (struct.error, ValueError) as error:
        raise ModelError(f"the memory was kept by another kind of model than {model.name} ({error})") from error
    if found is None or trace is None:
        return found
    past = found.memory.past
    state = State(past.state.hidden, past.state.cell, trace)
    return replace(found, memory=replace(found.memory, past=replace(past, state=state)))


def _shape(trace: Trace) -> tuple[int, int, int]:
    count, size = trace.moments.shape
    return count, size, int(trace.newest is not None)


def _bytes(trace: Trace) -> bytes:
    newest = b"" if trace.newest is None else trace.newest.tobytes()
    return trace.moments.tobytes() + trace.followed.tobytes() + newest


def _trace(data: bytes, count: int, size: int, newest: int) -> Trace | None:
    if not size:
        return None
    moments = np.frombuffer(data, np.float32, count * size).reshape(count, size)
    followed = np.frombuffer(data, np.int64, count * 2, moments.nbytes).reshape(count, 2)
    last = np.frombuffer(data, np.float32, size, moments.nbytes + followed.nbytes) if newest else None
    return Trace.of(moments, followed, last)
