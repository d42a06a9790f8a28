"""Endless batches: every piece is heard, as often as it should be, and a walk goes on where it was left."""

from dataclasses import fields, replace
from itertools import islice

import numpy as np
import pytest
from tests.training.pieces import corpus_of, improvised

from antiphon.errors import TrainingError
from antiphon.music.vocabulary import KEYS, PEDAL_KEY
from antiphon_training.dataset import Batch
from antiphon_training.performance import NO_PEDAL, PLAIN, Augmentation
from antiphon_training.streams import Streams, ahead

CORPUS = corpus_of(*(improvised(seed, notes=30 + 20 * seed) for seed in range(4)), sources=["a", "a", "b", "b"])


def streams(seed: int = 1, shares: dict[str, float] | None = None, how: Augmentation = PLAIN, rows: int = 6) -> Streams:
    return Streams(CORPUS, range(rows), 16, how, shares or {}, seed)


def same(one: Batch, other: Batch) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Batch))


def test_the_same_seed_gives_the_same_batches_and_another_seed_others() -> None:
    one, again, other = (list(islice(streams(seed, how=Augmentation()), 10)) for seed in (1, 1, 2))
    assert all(map(same, one, again))
    assert not any(map(same, one, other))


def test_a_walk_goes_on_from_where_it_stood_with_the_very_same_batches() -> None:
    walk = streams(how=Augmentation()).walk()
    for _ in range(7):
        _, place = next(walk)
    after = [batch for batch, _ in islice(walk, 20)]
    other = streams(how=Augmentation())
    other.go_to(place)
    assert all(map(same, after, islice(other, 20)))


def test_streams_that_are_divided_play_together_what_they_play_undivided() -> None:
    whole = islice(streams(how=Augmentation(), rows=5), 30)
    halves = [Streams(CORPUS, range(rank, 5, 2), 16, Augmentation(), {}, 1) for rank in (0, 1)]
    for batch, *parts in zip(whole, *halves, strict=False):
        for name in ("dt", "event", "keys", "target", "counted", "fresh", "voices", "pedalled", "dynamic"):
            for rank, part in enumerate(parts):
                assert np.array_equal(getattr(batch, name)[rank::2], getattr(part, name)), name


def test_what_is_misheard_is_never_what_is_asked() -> None:
    plain, unsure = streams(), streams(how=replace(PLAIN, misheard=0.2))
    for batch, heard in islice(zip(plain, unsure, strict=True), 20):
        assert np.array_equal(batch.target, heard.target)
        assert np.array_equal(batch.keys, heard.keys)
        assert np.array_equal(batch.event[..., :2], heard.event[..., :2])
        struck, told = batch.event[..., 2], heard.event[..., 2]
        assert np.array_equal(struck > 0, told > 0)
        assert told.max() < 128
        off = np.log(heard.dt[batch.dt > 0.01] / batch.dt[batch.dt > 0.01])
        assert 0.1 < off.std() < 0.3  # Some 90 draws of 0.2: the bounds are six standard deviations away.
    assert (told != struck).any()


def test_batches_made_ahead_are_the_batches() -> None:
    made = ahead(streams().walk())
    assert all(same(batch, other) for (batch, _), other in zip(islice(made, 8), streams(), strict=False))
    made.close()


def test_whatever_is_asked_of_training_can_happen() -> None:
    for batch in islice(streams(how=Augmentation()), 60):
        token = batch.target[..., 2]
        held = np.take_along_axis(batch.keys.max(2), (token % KEYS)[..., None], -1)[..., 0] > 0
        assert held[batch.counted & (token >= KEYS)].all()
        assert not held[batch.counted & (token == PEDAL_KEY)].any()
        assert not (token[~batch.pedalled] % KEYS == PEDAL_KEY).any()


@pytest.mark.parametrize(("shares", "expected"), [({"low": 0.8, "high": 0.2}, 0.8), ({"low": 0.3}, 0.3), ({}, 0.25)])
def test_each_source_is_heard_for_its_share_of_the_events(shares: dict[str, float], expected: float) -> None:
    # Some 3000 passes through pieces of one length: 0.05 is 5 standard deviations.
    pieces = [improvised(seed, low=30 if seed == 0 else 80) for seed in range(4)]
    corpus = corpus_of(*(rows[:100] for rows in pieces), sources=["low", "high", "high", "high"])
    heard = Streams(corpus, range(40), 20, NO_PEDAL, shares, 5)
    keys = np.concatenate([batch.target[batch.counted, 2] % KEYS for batch in islice(heard, 400)])
    assert np.mean(keys < 60) == pytest.approx(expected, abs=0.05)


def test_shares_that_leave_nothing_are_said() -> None:
    with pytest.raises(TrainingError, match="the data are a, b"):
        streams(shares={"a": 0.0, "b": 0.0})
