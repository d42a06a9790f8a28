"""Stretches of real music: what they hold, and what is left out of them."""

import numpy as np
from tests.training.pieces import Row, corpus_of

from antiphon.music.events import Event, Kind, note_off, note_on, pedal
from antiphon_training.excerpts import excerpts, notes_of


def steady(seconds: int, pitch: int = 60) -> list[Row]:
    """A note every quarter of a second, held for a second, so that every moment cuts four; a pedal every second."""
    rows = [(250 * n, pitch + n % 16, 64, 0) for n in range(4 * seconds)]
    rows += [(ms + 1000, key, 0, 0) for ms, key, *_ in rows]
    rows += [row for s in range(seconds) for row in ((1000 * s + 1, 128, 127, 0), (1000 * s + 500, 128, 0, 0))]
    return sorted(rows, key=lambda row: (row[0], row[2] > 0, row[1]))


def test_a_note_ends_with_the_stretch_at_the_latest_and_one_begun_before_is_no_part_of_it() -> None:
    played = [note_on(0.0, 60, 50), note_on(1.0, 62, 51), note_off(1.5, 60), note_on(1.9, 60, 52), note_off(9.0, 62)]
    notes = notes_of(played, 1000, 2000)
    assert [part.tolist() for part in notes] == [[0, 900], [62, 60], [51, 52], [1000, 100]]


def test_notes_of_a_chord_stand_from_the_bottom_up() -> None:
    played: list[Event] = [note_on(0.0, 67, 50), note_on(0.0, 60, 40), note_off(0.2, 67), note_off(0.3, 60)]
    assert [part.tolist() for part in notes_of(played, 0, 1000)] == [[0, 0], [60, 67], [40, 50], [300, 200]]
    assert [part.tolist() for part in notes_of([pedal(0.0, True)], 0, 1000)] == [[], [], [], []]


def test_stretches_do_not_overlap_and_hold_music_in_both_halves() -> None:
    half_silent = [row for row in steady(60) if row[0] < 31_000]
    corpus = corpus_of(steady(200), steady(59), half_silent)
    found = excerpts([corpus], 30, 100, True, np.random.default_rng(1))
    assert [excerpt.name for excerpt in found] == ["0.mid"] * 3
    for excerpt in found:
        assert (len(excerpt.before.onset), len(excerpt.after.onset)) == (120, 120)
        assert all(0 <= event.time < 30 for event in excerpt.prime)
        assert int((excerpt.after.onset + excerpt.after.duration).max()) == 30_000


def test_a_prime_releases_only_what_it_began() -> None:
    [*_, last] = excerpts([corpus_of(steady(200))], 30, 3, True, np.random.default_rng(1))
    down = set[int]()
    for event in (event for event in last.prime if event.kind is not Kind.PEDAL):
        if event.starts:
            down.add(event.pitch)
        else:
            down.remove(event.pitch)
    assert len(down) == 4


def test_the_pedal_is_left_out_where_it_is_not_wanted() -> None:
    corpus = corpus_of(steady(60))
    [heard], [dry] = (excerpts([corpus], 30, 1, pedal, np.random.default_rng(1)) for pedal in (True, False))
    assert [event for event in heard.prime if event.kind is not Kind.PEDAL] == list(dry.prime)
    assert len(heard.prime) == len(dry.prime) + 60


def test_the_same_seed_draws_the_same_stretches_and_no_more_than_asked_for() -> None:
    corpus = corpus_of(*(steady(130, 40 + n) for n in range(5)))
    one, again, other = (
        [e.prime for e in excerpts([corpus], 30, 4, True, np.random.default_rng(s))] for s in (1, 1, 2)
    )
    assert len(one) == 4
    assert one == again
    assert one != other
