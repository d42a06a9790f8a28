"""What memory makes of phrases that are played again: how well they are expected, and how much of them comes back.

    python -m tests.bench.repeats default lieder.tar.xz wjd_jazz.tar.xz [--pieces 12] [--memory 0 0.5 1] [--answers]

A note is played again where it belongs to a run of 8 notes or more, of 4 pitches or more, that stood in the same piece
before, between 16 and 250 notes ago. Of these the nats of time and of kind and pitch are counted, and of the notes that
they repeat, as they were played first. The model is asked event by event, as it is in a performance.

Then a Session in mode=reply is played the beginning of each piece three times, and answers it each time. Of the notes
of the second and the third answer, the share is counted that belong to a run of 4 notes or more, by its intervals, of
what was played (`comes_back`); and that in its answer to the beginning of another piece after `forget-all`
(`forgotten`), which is what chance gives. `longest` is the longest such run in an answer, on the average, in notes: 16
is all of the phrase.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from antiphon.core.due import Due
from antiphon.core.model import MEMORY_SHARES
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.errors import AntiphonError
from antiphon.mind import models, onnx_model
from antiphon.mind.onnx_model import OnnxModel
from antiphon.music.events import Seconds
from antiphon.music.wire import Timed
from antiphon_training import corpus
from antiphon_training.corpus import Corpus, Piece
from antiphon_training.dataset import Board, Performance
from antiphon_training.judge import masses
from antiphon_training.onnx_scorer import OnnxScorer
from antiphon_training.performance import NO_PEDAL, perform

LONGEST: Final = 1000
"""Events of a piece that are heard."""
LEAST, VARIED, NEAR, FAR = 8, 4, 16, 250
TAKEN_UP: Final = 4
OPENING: Final = 16
"""Notes of a phrase that is answered."""
SEEDS: Final = (1, 2, 3)
TURN_S: Final = 60.0
"""Seconds for an answer, more than any takes."""


class Again(NamedTuple):
    """Which events are played again, and which ones they repeat, (N,) each."""

    second: NDArray[np.int64]
    first: NDArray[np.int64]


def runs(later: NDArray[np.int64], earlier: NDArray[np.int64]) -> NDArray[np.int64]:
    """(later, earlier) how many of the values up to this one and up to that one are the same in the same order."""
    found = np.zeros((len(later) + 1, len(earlier) + 1), np.int64)
    for row, value in enumerate(later, 1):
        found[row, 1:] = np.where(earlier == value, found[row - 1, :-1] + 1, 0)
    return found[1:, 1:]


def again(piece: Performance) -> Again:
    """The notes of a piece that repeat a phrase of it, each once."""
    at = np.flatnonzero(piece.velocity > 0)
    pitches, source = piece.key[at], dict[int, int]()
    lengths = runs(pitches, pitches)
    back = np.arange(len(at))[:, None] - np.arange(len(at))[None]
    lengths[(back < NEAR) | (back > FAR)] = 0
    for end in np.flatnonzero(lengths.max(1, initial=0) >= LEAST):
        start = int(lengths[end].argmax())
        for place in range(LEAST):
            if len(set(pitches[end - LEAST + 1 : end + 1])) >= VARIED:
                source.setdefault(int(end) - place, start - place)
    second = sorted(source)
    return Again(at[second], at[[source[each] for each in second]])


def expected(model: str, piece: Performance, memory: float) -> NDArray[np.float64]:
    """(E,) nats of each event's time, kind and pitch."""
    card = models.card(models.find(model))
    shares = (MEMORY_SHARES[0] * memory, MEMORY_SHARES[1] * memory)
    scorer, board = OnnxScorer(models.checked(card), card.layers, card.width, shares), Board(1)
    state, nats = scorer.start(1), list[float]()
    for place in range(len(piece)):
        batch = board.window([(piece, place)], 1)
        log_p, state = scorer.score(batch, state)
        log_p = masses(log_p, batch.target[:, :, 0])
        nats.append(-float(log_p[0, 0, 0] + log_p[0, 0, 2]))
    return np.array(nats)


def answers(model: OnnxModel, said: Sequence[Sequence[Timed] | str], parameters: Parameters) -> Iterator[list[int]]:
    """The pitches of the answer to each phrase that is said in turn; a text is an act before the next phrase."""
    session, begins = Session(model, parameters), 0.0
    for phrase in said:
        if isinstance(phrase, str):
            session.act(phrase, begins)
            continue
        played = list[Due]()
        for timed in phrase:
            _until(session, begins + timed.time, played)
            played += _due(session.receive(timed.message, begins + timed.time))
        begins += TURN_S
        _until(session, begins, played)
        yield [due.message[1] for due in played if due.message[0] & 0xF0 == 0x90 and due.message[2]]


def taken_up(answer: Sequence[int], phrase: Sequence[int]) -> int:
    """How many notes of the answer belong to a run that stands in the phrase, in any transposition."""
    lengths = _runs_of(answer, phrase)
    marked = {
        int(end) + 1 - back for end in np.flatnonzero(lengths >= TAKEN_UP - 1) for back in range(int(lengths[end]) + 1)
    }
    return len(marked)


def longest(answer: Sequence[int], phrase: Sequence[int]) -> int:
    """Notes of the longest run of the answer that stands in the phrase, in any transposition; 0 where no two do."""
    intervals = int(_runs_of(answer, phrase).max(initial=0))
    return intervals + 1 if intervals else 0


def _runs_of(answer: Sequence[int], phrase: Sequence[int]) -> NDArray[np.int64]:
    played, said = (np.array(each, np.int64) for each in (answer, phrase))
    return runs(played[1:] - played[:-1], said[1:] - said[:-1]).max(1, initial=0)


def messages(piece: Performance) -> list[Timed]:
    """The first notes of a piece, as a keyboard sends them; what is held at the last one's end is let go of then."""
    last = int(np.flatnonzero(piece.velocity > 0)[:OPENING][-1])
    sent, down = list[Timed](), set[int]()
    for ms, key, velocity in zip(piece.ms[: last + 1], piece.key, piece.velocity, strict=False):
        down = down | {int(key)} if velocity else down - {int(key)}
        sent.append(Timed(Seconds(float(ms) / 1000), bytes((0x90, int(key), int(velocity)))))
    end = Seconds(float(piece.ms[last]) / 1000 + 0.3)
    return [*sent, *(Timed(end, bytes((0x90, key, 0))) for key in sorted(down))]


def _until(session: Session, moment: float, played: list[Due]) -> None:
    now = -float("inf")
    while (deadline := session.deadline) is not None and deadline < moment:
        now = max(now, deadline)
        played += _due(session.advance(now))


def _due(orders: Sequence[object]) -> list[Due]:
    return [order for order in orders if isinstance(order, Due)]


def heard(found: Corpus, pieces: int) -> list[Performance]:
    """So many pieces with phrases that are played again, drawn."""
    rng, chosen = np.random.default_rng(1), list[Performance]()
    for number in rng.permutation(len(found.pieces)):
        if len(chosen) == pieces:
            break
        piece = _beginning(found.pieces[number], found)
        if len(again(piece).second) >= 2 * LEAST:
            chosen.append(piece)
    return chosen


def _beginning(piece: Piece, found: Corpus) -> Performance:
    return perform(piece, np.asarray(found.of(piece))[:LONGEST], NO_PEDAL, np.random.default_rng(0))


def judged(
    model: str, name: str, pieces: Sequence[Performance], memory: float, expectation: bool = True
) -> dict[str, Any]:  # JSON
    """The figures of one set with so much memory."""
    shares = come_back(onnx_model.load(model), [messages(piece) for piece in pieces], memory)
    common = {"set": name, "memory": memory, "pieces": len(pieces)}
    if not expectation:
        return {**common, **shares}
    first, second, rest = list[float](), list[float](), list[float]()
    for piece in pieces:
        nats, known = expected(model, piece, memory), again(piece)
        first += nats[known.first].tolist()
        second += nats[known.second].tolist()
        rest += np.delete(nats, known.second).tolist()
    means = {"first": float(np.mean(first)), "again": float(np.mean(second)), "elsewhere": float(np.mean(rest))}
    return {**common, "notes_again": len(second), **{which: round(mean, 3) for which, mean in means.items()}, **shares}


def come_back(partner: OnnxModel, phrases: Sequence[list[Timed]], memory: float) -> dict[str, float]:
    """The shares of the notes in answers that were played before, pooled over the phrases; and the longest runs."""
    counted, lengths = dict[str, list[tuple[int, int]]](), list[int]()
    for number, phrase in enumerate(phrases):
        tune = [timed.message[1] for timed in phrase if timed.message[2]]
        other = phrases[(number + 1) % len(phrases)]
        for seed in SEEDS:
            parameters = Parameters().changed(memory=memory, seed=seed)
            _, *same = answers(partner, [phrase, phrase, phrase], parameters)
            *_, forgotten = answers(partner, [phrase, "forget-all", other], parameters)
            lengths += [longest(each, tune) for each in same]
            for way, found in (("comes_back", same), ("forgotten", [forgotten])):
                counted.setdefault(way, []).extend((taken_up(each, tune), len(each)) for each in found)
    sums = {way: np.sum(each, axis=0) for way, each in counted.items()}
    shares = {way: round(float(taken / max(1, notes)), 4) for way, (taken, notes) in sums.items()}
    return {**shares, "longest": round(float(np.mean(lengths)), 1)}


def main() -> int:
    """The script. Exit status 1 where the data is of no use."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("model")
    asked.add_argument("data", nargs="+", type=Path)
    asked.add_argument("--pieces", type=int, default=12, help="of each set, drawn")
    asked.add_argument("--memory", type=float, nargs="+", default=[0.0, 0.25, 0.5, 1.0])
    asked.add_argument("--answers", action="store_true", help="only how much comes back in the answers")
    given = asked.parse_args()
    try:
        for name, found in corpus.gather(given.data, "test"):
            pieces = heard(found, given.pieces)
            for memory in given.memory:
                print(json.dumps(judged(given.model, name, pieces, memory, not given.answers)), flush=True)
    except AntiphonError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
