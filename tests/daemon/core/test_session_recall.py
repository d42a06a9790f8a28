"""A phrase that the player repeats comes back in the answers where memory is turned up, and is forgotten on command."""

from collections import Counter
from itertools import pairwise

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, spans

from antiphon.core.due import Due
from antiphon.core.parameters import Value

FIGURE = [61, 85, 46, 70, 55, 94, 49, 77]
OTHER = [60, 62, 64, 65, 67, 69, 71, 72]
GAP_S = 0.25
EVERY_S = 30.0


def phrase(pitches: list[int], begins: float) -> list[tuple[float, bytes]]:
    at = [begins + GAP_S * number for number in range(len(pitches))]
    return [
        each
        for moment, pitch in zip(at, pitches, strict=True)
        for each in ((moment, on(pitch)), (moment + 0.2, off(pitch)))
    ]


def answers(said: list[list[int] | str], seed: int = 1, **parameters: Value) -> list[list[Due]]:
    """The answer to each phrase; a text is an act before the next one. Nothing may hang."""
    turned: dict[str, Value] = {"seed": seed, **parameters}
    performance, found = Performance(FakeModel(Taste(0.12, starts=1.5)), 0.0, **turned), list[list[Due]]()
    begins = 0.0
    for each in said:
        if isinstance(each, str):
            performance.act(begins, each)
            continue
        before = len(performance.dues)
        performance.play_all(phrase(each, begins))
        begins += EVERY_S
        performance.until(begins - 1.0)
        found.append(performance.dues[before:])
    performance.close()
    spans(performance.dues)
    return found


def onsets(dues: list[Due]) -> list[tuple[float, int]]:
    return [(due.time, due.message[1]) for due in dues if due.message[0] & 0xF0 == 0x90 and due.message[2]]


def notes(dues: list[Due]) -> list[int]:
    return [pitch for _, pitch in onsets(dues)]


def longest(dues: list[Due], figure: list[int]) -> int:
    """Notes of the longest run out of the figure."""
    played = bytes(notes(dues))
    runs = [size for size in range(9) for at in range(9 - size) if bytes(figure[at : at + size]) in played]
    return max(runs)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_phrase_that_is_played_again_comes_back_with_its_rhythm(seed: int) -> None:
    first, second, third = answers([FIGURE, FIGURE, FIGURE], seed, memory=1.0)
    assert longest(first, FIGURE) < 3
    for answer in (second, third):
        begun = onsets(answer)[:8]
        assert [pitch for _, pitch in begun] == FIGURE
        gaps = [later[0] - sooner[0] for sooner, later in pairwise(begun)]
        assert gaps == pytest.approx([GAP_S] * 7, abs=0.06)
        assert len(notes(answer)) > 12


def test_without_memory_nothing_comes_back() -> None:
    assert max(longest(answer, FIGURE) for answer in answers([FIGURE, FIGURE, FIGURE], memory=0.0)) < 3


def test_with_some_memory_some_of_it_comes_back() -> None:
    found = [longest(a, FIGURE) for seed in range(1, 6) for a in answers([FIGURE] * 3, seed, memory=0.6)[1:]]
    assert sum(size >= 4 for size in found) >= 5
    assert len(set(found)) > 1


def test_after_forget_all_nothing_comes_back() -> None:
    *_, last = answers([FIGURE, FIGURE, "forget-all", FIGURE], memory=1.0)
    assert longest(last, FIGURE) < 3
    *_, other = answers([FIGURE, FIGURE, "forget-all", OTHER], memory=1.0)
    assert longest(other, FIGURE) < 3


def test_a_phrase_that_is_forgotten_was_not_played() -> None:
    *_, again = answers([FIGURE, "forget", FIGURE], memory=1.0)
    assert longest(again, FIGURE) < 3
    *_, still = answers([FIGURE, OTHER, "forget", FIGURE], memory=1.0)
    assert longest(still, FIGURE) == 8


def test_another_answer_does_not_begin_as_the_first_did_and_the_same_again_does() -> None:
    performance = Performance(FakeModel(Taste(0.12, starts=1.5)), memory=1.0)
    for begins in (0.0, EVERY_S):
        performance.play_all(phrase(FIGURE, begins))
        performance.until(begins + EVERY_S - 1.0)
    for moment, act, comes in ((60.0, "again", True), (90.0, "another", False)):
        before = len(performance.dues)
        performance.act(moment, act)
        performance.until(moment + 25.0)
        assert (notes(performance.dues[before:])[:8] == FIGURE) is comes


def test_a_phrase_is_answered_with_what_followed_it() -> None:
    *_, last = answers([FIGURE, OTHER, FIGURE], memory=1.0)
    assert notes(last)[:8] == OTHER


def test_locks_range_and_polyphony_hold() -> None:
    said: list[list[int] | str] = [FIGURE, OTHER, FIGURE, OTHER, FIGURE]
    for dues in answers(said, memory=1.0, lock="C major", lowest=50, highest=80):
        assert all(pitch % 12 in (0, 2, 4, 5, 7, 9, 11) and 50 <= pitch <= 80 for pitch in notes(dues))
    for dues in answers(said, memory=1.0, polyphony=1, pedal=False):
        sounding = sorted((begin, end) for _, begin, end in spans(dues))
        assert all(end <= later + 1e-6 for (_, end), (later, _) in pairwise(sounding))
        assert len(sounding) > 6


def test_density_holds() -> None:
    *_, last = answers([FIGURE, FIGURE, FIGURE], memory=1.0, density=2.0)
    times = [time for time, _ in onsets(last)]
    assert longest(last, FIGURE) >= 6
    for number, time in enumerate(times):
        assert number + 1 <= 2.0 * (time - times[0]) + 6 + 1e-6  # as far ahead as without memory


@pytest.mark.parametrize("mode", ["solo", "trade"])
def test_in_other_modes_too_it_comes_back_and_does_not_stay(mode: str) -> None:
    found = [
        pitch for dues in answers([FIGURE, FIGURE, FIGURE], memory=1.0, mode=mode, tempo=60.0) for pitch in notes(dues)
    ]
    counts: Counter[tuple[int, ...]] = Counter(zip(found, found[1:], found[2:], found[3:], strict=False))
    assert 1 <= max(counts[tuple(FIGURE[at : at + 4])] for at in range(5)) <= 6


def test_the_same_playing_and_seed_give_the_same_answers() -> None:
    assert answers([FIGURE, OTHER, FIGURE], memory=0.7) == answers([FIGURE, OTHER, FIGURE], memory=0.7)
