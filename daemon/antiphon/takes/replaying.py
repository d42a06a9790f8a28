"""A take played again: the same calls to a fresh session of the same model, or other parameters on the same playing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from antiphon.core import tape
from antiphon.core.due import Order
from antiphon.core.model import Identified
from antiphon.core.parameters import REGISTRY, Parameters, Value
from antiphon.core.prime import World
from antiphon.core.session import Session
from antiphon.core.tape import Call, Frame, Kind
from antiphon.core.zones import Role
from antiphon.errors import ModelError, TakeError
from antiphon.mind import checkpoint, onnx_model
from antiphon.music.events import Seconds

_LONGEST_END_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """A take as it came out again.

    calls       the tape of the replay: that of the take itself from where it departed on
    departs_at  the first moment (on the tape's clock) at which something else was ordered; None where nothing was
    why         where it could not be replayed to its end: the reason
    """

    calls: tuple[Call, ...]
    departs_at: Seconds | None = None
    why: str = ""


def model_of(calls: Sequence[Call], named: str | None = None) -> Identified:
    """The model a take was played with, or the one that is named. Raises ModelError."""
    said = calls[0].frame.said
    return onnx_model.load(named or str(said.get("found_at", said.get("model", "default"))))


def again(calls: Sequence[Call], model: Identified) -> Replayed:
    """Play the calls of a take to fresh sessions, and compare every order.

    Where a run departs, what was recorded is what plays from there on.
    """
    done, session, models = list[Call](), None, _Models(model)
    for number, call in enumerate(calls):
        kind = call.frame.kind
        if kind is Kind.OPENED:
            playing = (done and models.of(call.frame)) or model
            why = _unplayable(call.frame, playing)
            if why:
                return Replayed((*done, *calls[number:]), None if not done else call.frame.time, why)
            session = _opened(calls[number:], playing)
        elif kind is Kind.SWITCHED and models.of(call.frame) is None:
            why = f"the model {call.frame.said.get('model')!r} played in it is not here, or is another"
            return Replayed((*done, *calls[number:]), None, why)
        elif kind is Kind.SWITCHED and len(_memory(calls, number)) != call.frame.said.get("world", 0):
            why = f"the world of the scene {call.frame.said.get('scene')!r} is not whole on the tape"
            return Replayed((*done, *calls[number:]), None, why)
        elif kind is Kind.LOST:
            return Replayed((*done, *calls[number:]), None, f"{call.frame.number} entries are missing on the tape")
        elif kind in tape.CALLS:
            if session is None:
                raise TakeError("the take's tape has no beginning; its notes can still be played")
            orders = tuple(_called(session, call.frame, models, _memory(calls, number)))
            if orders != call.orders:
                return Replayed((*done, *calls[number:]), call.frame.time)
            call = Call(call.frame, orders)
        done.append(call)
    return Replayed(tuple(done))


def otherwise(
    calls: Sequence[Call], model: Identified, changes: Mapping[str, Value], throughout: bool = False
) -> tuple[Call, ...]:
    """What would have been played on the same playing if these parameters had been others all the time: a tape.

    throughout  whether `model` plays in every scene, too, and not the models that played there; what another one
                remembered of a scene's music is nothing to it
    """
    session, done, opened, models = None, list[Call](), 0, _Models(model, throughout)
    kept = True  # whether the memory that stands behind the last call is gone on from
    for number, call in enumerate(calls):
        frame = call.frame
        if frame.kind is Kind.OPENED:
            opened += 1
            kept = opened == 1
            if opened > 1:
                continue
            session = _opened(calls[number:], model, changes)
            said = {**frame.said, **_named(model), "parameters": dict(session.parameters.values)}
            done.append(Call(tape.opening(frame.time, said)[0], ()))
        elif frame.kind is Kind.RESUMED and kept:
            done.append(call)
        elif frame.kind in tape.CALLS and frame.kind is not Kind.ADVANCED and session is not None:
            done += _until(session, frame.time)
            if frame.kind is Kind.SWITCHED:
                kept = not throughout or frame.said.get("sha256") == model.sha256
            frame = _turned(frame, changes, None if kept else model)
            orders = tuple(_called(session, frame, models, _memory(calls, number) if kept else b""))
            done.append(Call(Frame(frame.kind, frame.time, 0, frame.payload), orders))
    if session is None:
        raise TakeError("the take's tape has no beginning")
    done += _until(session, calls[-1].frame.time + _LONGEST_END_S)
    end = Frame(Kind.HUSHED, Seconds(calls[-1].frame.time + _LONGEST_END_S))
    return (*done, Call(end, ()))


def _named(model: Identified) -> dict[str, str]:
    """What a tape says of the model that plays."""
    return {"model": model.name, "found_at": model.found_at, "sha256": model.sha256}


def _turned(frame: Frame, changes: Mapping[str, Value], model: Identified | None) -> Frame:
    """The call as if these parameters had been others, and a scene had this model, where one is given."""
    said = frame.said if frame.kind in (Kind.CHANGED, Kind.SWITCHED) else {}
    if frame.kind is Kind.CHANGED:
        said = {name: value for name, value in said.items() if name not in changes}
    elif frame.kind is Kind.SWITCHED:
        said["parameters"] = None if said["parameters"] is None else {**said["parameters"], **changes}
        if model:
            said |= _named(model)
            said.pop("world", None)
    else:
        return frame
    return Frame(frame.kind, frame.time, 0, json.dumps(said).encode())


def _unplayable(frame: Frame, model: Identified) -> str:
    """Why what begins here cannot be played again; nothing where it can."""
    said = frame.said
    if said.get("format") != tape.FORMAT:
        return f"the tape has format {said.get('format')!r}; this Antiphon reads {tape.FORMAT}"
    if said.get("sha256") != model.sha256:
        return f"it was played with another model named {said.get('model')!r} than {model.name} is"
    if not said.get("replays", False):
        return "what it began from was not kept: the process that writes takes had been lost"
    return ""


def _opened(calls: Sequence[Call], model: Identified, changes: Mapping[str, Value] | None = None) -> Session:
    """The session that begins at the first of these calls, with the memory that stands behind it."""
    frame, memory = calls[0].frame, _memory(calls, 0)
    session = Session(model, _parameters(frame.said, changes or {}), frame.time, float(frame.said["horizon"]))
    if memory and (recalled := checkpoint.read(memory, model)):
        session.resume(recalled.memory, recalled.held, frame.time, recalled.beside)
    return session


def _memory(calls: Sequence[Call], number: int) -> bytes:
    """What stands behind a call of this number: what it begins from."""
    return tape.together(calls[at] for at in range(number + 1, len(calls)))


def _parameters(said: Mapping[str, Any], changes: Mapping[str, Value]) -> Parameters:  # JSON
    """Those of a take. One that this Antiphon does not know any more is left out; a new one stays at its default."""
    try:
        known = {name: value for name, value in said["parameters"].items() if name in REGISTRY}
        return Parameters().changed(**known).changed(**changes)
    except (KeyError, AttributeError, TypeError) as error:
        raise TakeError(f"the take is damaged: its parameters cannot be read ({error})") from error


class _Models:
    """The models of a take, by their hash. Others than the first are looked for by their names, unless that one plays
    throughout."""

    def __init__(self, first: Identified, throughout: bool = False) -> None:
        self._known, self._only = {first.sha256: first}, first if throughout else None

    def of(self, frame: Frame) -> Identified | None:
        """The model that a frame names; None where it is not here."""
        if self._only:
            return self._only
        sha256, name = str(frame.said.get("sha256")), str(frame.said.get("found_at", frame.said.get("model")))
        if sha256 not in self._known:
            try:
                found = onnx_model.load(name)
            except ModelError:
                return None
            self._known[found.sha256] = found
        return self._known.get(sha256)


def _called(session: Session, frame: Frame, models: _Models, memory: bytes) -> list[Order]:
    match frame.kind:
        case Kind.HEARD:
            return session.receive(frame.payload, frame.time)
        case Kind.STEERED:
            return session.receive(frame.payload, frame.time, Role.HARMONY)
        case Kind.APART:
            return session.receive(frame.payload[1:], frame.time, Role.PLAYS, *frame.payload[:1])
        case Kind.ADVANCED:
            return session.advance(frame.time)
        case Kind.CHANGED:
            known = {name: value for name, value in frame.said.items() if name in REGISTRY}
            return session.change(known, frame.time)
        case Kind.SWITCHED:
            said, model = frame.said, models.of(frame)
            if model is None:
                raise TakeError(f"the model {said.get('model')!r} played in it is not here; install it again")
            parameters = None if said["parameters"] is None else _parameters(said, {})
            recalled = checkpoint.read(memory, model) if memory else None
            world = World(recalled.memory.past, memory) if recalled else None
            return session.switch(said["scene"], parameters, model, said["when"], frame.time, world)
        case _:
            return session.act(frame.payload.decode(), frame.time)


def _until(session: Session, moment: float) -> list[Call]:
    """What a session does before `moment` where nobody is late."""
    done, now = list[Call](), -float("inf")
    while (deadline := session.deadline) is not None and deadline < moment:
        now = max(now, deadline)
        frame = Frame(Kind.ADVANCED, Seconds(now))
        done.append(Call(frame, tuple(session.advance(now))))
    return done
