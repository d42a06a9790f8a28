"""A model that obviously does what a model must, and a performance in virtual time to play with it.

The fake's memory is the list of all it has heard, so that a test can ask what a choice was made upon.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antiphon.core.due import Due, Order
from antiphon.core.model import Choice, Heard, Partner, State, Steering
from antiphon.core.parameters import Parameters, Value
from antiphon.core.session import Session
from antiphon.core.survival import MOMENTS_S
from antiphon.music.events import Voice
from antiphon.music.vocabulary import KEYS, NOISE, TIME_BINS, TOKENS, VOICES

_EMPTY = np.zeros(0, np.float32)


@dataclass(frozen=True)
class Taste:
    """What a fake likes to play.

    gap_s    seconds between its events, on the average; 0 is always as soon as it may
    starts   how much likelier a key goes down than comes up
    pedals   how much likelier the pedal moves than a key
    doubt    nats that each event surprises it by, its own or another's
    """

    gap_s: float = 0.15
    starts: float = 1.0
    pedals: float = 1.0
    doubt: float = 0.0


class FakeModel:
    """Draws the next event from what the steering allows, by the noise and by how much it has heard.

    The time to the next event is exponential, so what remains of it after a silence is the same again.
    Nodes of a tree of things heard are its states: hidden (1, 1, 1) float32 is a node's number.
    """

    def __init__(self, taste: Taste | None = None) -> None:
        self.taste = taste or Taste()
        self.calls = 0
        self.bases: list[list[Heard]] = []  # for each choice, all that had been heard
        self.steerings: list[Steering] = []
        self._nodes: list[tuple[int, Heard | None]] = [(-1, None)]

    @property
    def name(self) -> str:
        return "fake"

    @property
    def sha256(self) -> str:
        return "0" * 64

    @property
    def found_at(self) -> str:
        return "fake"

    def start(self) -> State:
        return self._state(0)

    def follow(self, state: State, heard: Sequence[Heard]) -> State:
        self.calls += 1
        return self._grown(state, heard)

    def witness(self, state: State, heard: Sequence[Heard]) -> tuple[State, NDArray[np.float32]]:
        return self.follow(state, heard[:-1]), np.full(len(heard) - 1, -self.taste.doubt, np.float32)

    def choose(self, state: State, last: Heard, steering: Steering, noise: NDArray[np.float32]) -> Choice:
        self.calls += 1
        then = self._grown(state, [last])
        base = self.heard(then)
        self.bases.append(base)
        self.steerings.append(steering)
        voice = self._voice(last, steering, _mixed(noise[TIME_BINS + 1], len(base)))
        token = self._token(last, steering, voice, _mixed(noise[TIME_BINS + 1 + VOICES], len(base)))
        velocity = 1 + int(noise[-1] * 126) if token < KEYS - 1 else 127 if token == KEYS - 1 else 0
        ms = self._ms(steering, float(noise[0]))
        return Choice(ms, voice, token, velocity, np.full(4, -self.taste.doubt / 4, np.float32), 0.0, then)

    def silence(self, state: State, last: Heard) -> NDArray[np.float32]:
        self.calls += 1
        return (-MOMENTS_S / max(self.taste.gap_s, 1e-3)).astype(np.float32)

    def heard(self, state: State) -> list[Heard]:
        """Everything that led to a state, in order."""
        found, node = list[Heard](), int(state.hidden[0, 0, 0])
        while node:
            node, heard = self._nodes[node]
            found.append(heard)  # type: ignore[arg-type]  # only the root has none
        return found[::-1]

    def _grown(self, state: State, heard: Sequence[Heard]) -> State:
        node = int(state.hidden[0, 0, 0])
        for event in heard:
            self._nodes.append((node, event))
            node = len(self._nodes) - 1
        return self._state(node)

    def _state(self, node: int) -> State:
        return State(np.full((1, 1, 1), node, np.float32), _EMPTY)

    def _ms(self, steering: Steering, chance: float) -> int:
        first = math.ceil(steering.earliest * 1000 - 1e-2)
        last = max(first, math.floor(steering.latest * 1000 + 1e-2))
        if not self.taste.gap_s:
            return first
        within = 1 - math.exp(-(last + 1 - first) / 1000 / self.taste.gap_s)
        return min(last, first + int(-math.log(1 - chance * within) * self.taste.gap_s * 1000))

    def _voice(self, last: Heard, steering: Steering, chance: float) -> int:
        """Any that may play and has something to do is as likely."""
        able = [v for v in np.flatnonzero(steering.voices) if steering.tokens.any() or last.keyboard.count[v].any()]
        return int(able[int(chance * len(able))]) if able else int(np.argmax(steering.voices))

    def _token(self, last: Heard, steering: Steering, voice: int, chance: float) -> int:
        held = (last.keyboard.count[voice] > 0).astype(np.float64)
        liking = np.full((2, KEYS), self.taste.starts)
        liking[1] = 1
        liking[:, -1] *= self.taste.pedals
        allowed = np.concatenate([steering.tokens[:KEYS] > 0, held])
        allowed[KEYS - 1] *= not held[-1]
        mass = liking.ravel() * allowed * np.exp(np.clip(steering.bias, -80, 80))
        if not mass.any():
            raise AssertionError("nothing is allowed")
        return int(np.searchsorted(np.cumsum(mass) / mass.sum(), chance, side="right"))


def _mixed(chance: float, number: int) -> float:
    """Another number in 0-1 for every `number`, so that what was heard changes what is chosen."""
    return (float(chance) + 0.6180339887 * number) % 1


class Performance:
    """A session in virtual time: work is done when the session says it is due. A pause ends a phrase, unless told
    otherwise."""

    def __init__(self, model: Partner, start: float = 0.0, **parameters: Value) -> None:
        self.session = Session(model, Parameters().changed(**{"turn": "pause", **parameters}), start)
        self.dues: list[Due] = []
        self.now = start

    def until(self, moment: float) -> list[Due]:
        """Time passes to `moment`; the session is looked after when it asks for it."""
        return self._pass(moment, None) + self._work(moment)

    def play(self, moment: float, *messages: bytes, step_s: float | None = None) -> list[Due]:
        """The player sends messages at `moment`, before the session does anything then; until then it was looked
        after when it asked for it, or only every `step_s`. Returns what follows at once."""
        self._pass(moment, step_s)
        follows = [due for message in messages for due in played(self.session.receive(message, moment))]
        self.dues += follows
        return follows

    def play_all(self, phrase: Iterable[tuple[float, bytes]], step_s: float | None = None) -> None:
        for moment, message in phrase:
            self.play(moment, message, step_s=step_s)

    def change(self, moment: float, **parameters: Value) -> list[Due]:
        """Parameters are turned at `moment`. Returns what follows at once."""
        self._pass(moment, None)
        return self._follow(self.session.change(parameters, moment))

    def act(self, moment: float, name: str) -> list[Due]:
        """An act is called for at `moment`. Returns what follows at once."""
        self._pass(moment, None)
        return self._follow(self.session.act(name, moment))

    def _follow(self, orders: Sequence[Order]) -> list[Due]:
        follows = played(orders)
        self.dues += follows
        return follows

    def close(self) -> list[Due]:
        follows = played(self.session.close(self.now))
        self.dues += follows
        return follows

    def _pass(self, moment: float, step_s: float | None) -> list[Due]:
        done = list[Due]()
        while self.now < moment:
            deadline = self.session.deadline
            asked = moment if deadline is None else max(self.now, deadline)
            self.now = min(moment, self.now + step_s if step_s else asked)
            done += self._work(math.nextafter(moment, -math.inf))
        return done

    def _work(self, latest: float) -> list[Due]:
        """All that is to do now of what was due at `latest`."""
        done = list[Due]()
        for _ in range(20_000):
            deadline = self.session.deadline
            if deadline is None or deadline > min(self.now, latest):
                self.dues += done
                return done
            done += played(self.session.advance(min(self.now, latest)))
        raise AssertionError(f"the session does not come to rest at {self.now} s")


def played(orders: Iterable[Order]) -> list[Due]:
    """What is to be played, of orders among which nothing is taken back: nothing is handed out ahead of time."""
    dues = [order for order in orders if isinstance(order, Due)]
    assert len(dues) == len(list(orders)), orders
    return dues


def on(pitch: int, velocity: int = 64, channel: int = 0) -> bytes:
    return bytes((0x90 | channel, pitch, velocity))


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes((0x80 | channel, pitch, 64))


def tread(down: bool, channel: int = 0) -> bytes:
    return bytes((0xB0 | channel, 64, 127 if down else 0))


def onsets(dues: Iterable[Due]) -> list[float]:
    """When notes begin (s)."""
    return [due.time for due in dues if due.message[0] & 0xF0 == 0x90 and due.message[2]]


def spans(dues: Iterable[Due]) -> list[tuple[int, float, float]]:
    """Each key (its status and number, as one number) with when it goes down and comes up. A start without exactly
    one release, a second start of a key that is down, or a key going back in time fails."""
    begun, found, last = dict[int, float](), list[tuple[int, float, float]](), dict[int, float]()
    for due in dues:
        status, key, value = due.message
        assert status & 0xF0 in (0x80, 0x90) or (status & 0xF0 == 0xB0 and key == 64), due
        assert value <= 127
        assert key <= 127
        name = (status & 0x0F) << 8 | (128 if status & 0xF0 == 0xB0 else key)
        assert due.time >= last.get(name, -math.inf), f"{due} comes after {last[name]} s"
        last[name] = due.time
        if (status & 0xF0 == 0x90 or status & 0xF0 == 0xB0) and value:
            assert name not in begun, f"{due} starts what is down already"
            begun[name] = due.time
        else:
            assert name in begun, f"{due} releases what is up"
            found.append((name, begun.pop(name), due.time))
    assert not begun, f"never released: {begun}"
    return found


def noise(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random(NOISE, dtype=np.float32)


def steering(
    keys: Iterable[int] = range(KEYS), earliest: float = 0.0, latest: float = 39.999, warmth: float = 1.0
) -> Steering:
    """What lets the sole voice start `keys` in a window of time."""
    tokens, voices = np.zeros(TOKENS, np.float32), np.zeros(VOICES, np.float32)
    tokens[list(keys)], voices[Voice.SOLO] = 1, 1
    bias, heads = np.zeros(TOKENS, np.float32), np.full(4, warmth, np.float32)
    return Steering(earliest, latest, voices, tokens, bias, heads, 1.0)
