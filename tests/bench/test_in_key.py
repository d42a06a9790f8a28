"""What the script that judges keys asks and counts: tunes in their own keys, answers that can be heard."""

import math

import pytest
from tests.bench.in_key import TUNES, answer, asked, inside

from antiphon.core.parameters import Parameters
from antiphon.mind import onnx_model
from antiphon.music import midifile
from antiphon.music.events import Kind
from antiphon.music.ledger import Ledger


@pytest.mark.parametrize("tune", TUNES, ids=lambda tune: tune.name)
def test_a_tune_is_in_its_own_key_in_each_of_twelve_and_lets_go_of_every_note(tune) -> None:
    for step in range(12):
        ledger, played = Ledger(), asked(tune, 60 + step)
        for timed in played:
            ledger.note(timed.message)
        pitches = [event.pitch for event in midifile.events(played) if event.kind is Kind.NOTE_ON]
        assert len(pitches) == len(tune.notes)
        assert inside(pitches, frozenset((pitch + step) % 12 for pitch in tune.key)) == 1.0
        assert not ledger.owed()


def test_shares_are_of_the_notes_there_are() -> None:
    assert inside([60, 61, 72, 75], frozenset({0, 3})) == 0.75
    assert math.isnan(inside([], frozenset({0})))


def test_a_lock_is_heard_in_the_answers_and_without_a_liking_they_leave_the_key() -> None:
    model, tune = onnx_model.load("default"), TUNES[0]
    shares = dict[str, list[float]]()
    for name, turned in (("lock", "lock=C major"), ("liking", "tonality=1"), ("none", "tonality=0")):
        for seed in range(1, 5):
            pitches = answer(model, Parameters().set([turned]).changed(mode="reply", seed=seed), asked(tune, 60))
            shares.setdefault(name, []).append(inside(pitches, tune.key))
    assert shares["lock"] == [1.0] * 4
    assert sum(shares["none"]) + 0.4 < sum(shares["liking"])
