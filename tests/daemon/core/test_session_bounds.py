"""What the parameters promise: whatever the model would like, the answer stays inside."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans, tread

from antiphon.core.due import Due
from antiphon.core.parameters import REGISTRY, Parameter, Parameters, Value
from antiphon.core.silence import SHORTEST_S
from antiphon.core.survival import MOMENTS_S
from antiphon.errors import ParameterError

PHRASE = [(0.0, on(60)), (0.4, off(60)), (0.5, on(64)), (1.0, off(64))]
TASTES = st.builds(
    Taste,
    gap_s=st.sampled_from((0.0, 0.001, 0.05, 0.5, 20.0)),
    starts=st.sampled_from((1e-9, 1.0, 1e9)),
    pedals=st.sampled_from((0.0, 1.0, 1e9)),
)
LOCKS = ("off", "auto", "chord", "C major", "F# minor pentatonic", "000000100000")


def answer(taste: Taste, **parameters: Any) -> list[Due]:  # of any parameter's type
    """The whole answer to a short phrase. It ends by itself."""
    performance = Performance(FakeModel(taste), **parameters)
    performance.play_all(PHRASE)
    performance.until(1.0 + 10.0 + 30.0 + 3.1)
    assert performance.session.deadline is None
    return performance.dues


def values(parameter: Parameter) -> st.SearchStrategy[Value]:
    low, high = parameter.low, parameter.high
    if isinstance(parameter.default, str):
        return st.sampled_from(parameter.choices or LOCKS)
    if isinstance(parameter.default, bool):
        return st.booleans()
    if isinstance(parameter.default, int):
        return st.integers(int(low), int(high))
    return st.sampled_from((low, high)) | st.floats(low, high)


def ordered(found: dict[str, Value]) -> Parameters:
    for low, high in (("lowest", "highest"), ("reply_shortest", "reply_longest")):
        found[low], found[high] = sorted((found[low], found[high]))
    try:
        return Parameters().changed(**found)
    except ParameterError:  # a lock with no note in the range
        return Parameters().changed(**found | {"lock": "off"})


ELSEWHERE = ("mode", "enter", "quantise", "transpose_out", "lead_channel", "second_channel")
"""Of these test_session_modes, test_session_time and test_routes say what they promise."""
PARAMETERS = st.fixed_dictionaries({name: values(p) for name, p in REGISTRY.items() if name not in ELSEWHERE}).map(
    ordered
)


@pytest.mark.parametrize("longest", [0.1, 1.0, 20.0])
@pytest.mark.parametrize("starts", [1.0, 1e9])
def test_nothing_is_held_longer_than_the_longest_note(longest: float, starts: float) -> None:
    held = [up - down for _, down, up in spans(answer(Taste(0.1, starts), longest_note=longest))]
    assert max(held) <= longest + 1e-9


def test_a_note_that_is_held_too_long_ends_without_hurrying_the_next() -> None:
    slow = {"liveliness": 0.0, "reply_shortest": 25.0, "reply_longest": 25.0, "pedal": False}
    free = onsets(answer(Taste(1.5, starts=1e9), **slow, longest_note=20.0))
    cut = onsets(answer(Taste(1.5, starts=1e9), **slow, longest_note=0.1))
    assert 10 < len(cut) < 1.5 * len(free)


@pytest.mark.parametrize(("lowest", "highest"), [(60, 60), (0, 0), (127, 127), (48, 52), (0, 127)])
@pytest.mark.parametrize("liveliness", [0.0, 1.5, 8.0])
def test_every_note_lies_between_the_lowest_and_the_highest(lowest: int, highest: int, liveliness: float) -> None:
    dues = answer(Taste(0.1, starts=3.0), lowest=lowest, highest=highest, pedal=False, liveliness=liveliness)
    keys = {key for key, _, _ in spans(dues)}
    assert keys <= set(range(lowest, highest + 1))
    assert keys


@pytest.mark.parametrize("liveliness", [0.0, 0.5, 1.5, 4.0, 8.0])
def test_the_first_6_s_bring_as_many_notes_a_second_as_the_liveliness_says(liveliness: float) -> None:
    begun = onsets(answer(Taste(20.0), liveliness=liveliness))
    wanted = [1.7 + 0.5 + number / liveliness for number in range(int(5.5 * liveliness))]
    assert all(at <= latest + 0.035 for at, latest in zip(begun, wanted, strict=False))
    assert len(begun) >= len(wanted)


def test_a_pedal_that_is_off_is_never_touched() -> None:
    assert all(due.message[0] != 0xB0 for due in answer(Taste(pedals=1e9), pedal=False))
    assert any(due.message[0] == 0xB0 for due in answer(Taste(pedals=1e9), pedal=True))


@pytest.mark.parametrize("channel", [1, 10, 16])
def test_all_is_played_on_the_channel_that_was_asked_for(channel: int) -> None:
    dues = answer(Taste(pedals=100.0), channel=channel)
    assert {due.message[0] & 0x0F for due in dues} == {channel - 1}
    assert {due.message[0] & 0xF0 for due in dues} == {0x80, 0x90, 0xB0}


@pytest.mark.parametrize("taste", [Taste(0.0), Taste(0.0, 1e-9), Taste(0.0, 1e9), Taste(0.0, 1.0, 1e9)])
def test_a_model_that_lets_no_time_pass_is_made_to(taste: Taste) -> None:
    dues = answer(taste, reply_shortest=4.0, reply_longest=4.0)
    moments = [due.time for due in dues]
    crowd = max(sum(1 for other in moments if moment <= other < moment + 0.5) for moment in moments[::20])
    assert crowd <= 64 + 100 + 129
    assert len(dues) <= 2 * (64 + 4.0 * 200 + 129)


TURNS = {
    "model": lambda _: (SHORTEST_S, MOMENTS_S[-1]),
    "pause": lambda parameters: (float(parameters.pause), float(parameters.pause)),
    "pedal": lambda _: (0.0, 0.0),
    "bar": lambda parameters: (SHORTEST_S, SHORTEST_S + int(parameters.beats) * 60 / float(parameters.tempo)),
}
"""Seconds of silence, at the least and at the most, behind which each of them has an answer begin."""


LENGTHS = {
    "phrase": lambda parameters: float(parameters.reply_longest),
    "free": lambda parameters: float(parameters.reply_longest),
    "beats": lambda parameters: int(parameters.reply_beats) * 60 / float(parameters.tempo),
    "seconds": lambda parameters: float(parameters.reply_seconds),
}
"""Seconds that an answer lasts at the most."""


@settings(deadline=None, max_examples=15)
@given(parameters=PARAMETERS, taste=TASTES, trodden=st.booleans())
def test_any_parameters_in_range_keep_every_promise(parameters: Parameters, taste: Taste, trodden: bool) -> None:
    performance = Performance(FakeModel(taste), **dict[str, Any](parameters.values))
    performance.play_all([*PHRASE, (1.05, tread(trodden))])
    performance.until(1.05 + 100.0 + 200.0 + 3.1)
    assert performance.session.deadline is None
    found = spans(performance.dues)
    channel = int(parameters.channel) - 1
    keys = set(range(int(parameters.lowest), int(parameters.highest) + 1)) | ({128} if parameters.pedal else set())
    assert {key for key, _, _ in found} <= {channel << 8 | key for key in keys}
    assert all(up - down <= float(parameters.longest_note) + 1e-6 for _, down, up in found)
    assert parameters.turn != "pedal" or not found
    shortest, longest = TURNS[str(parameters.turn)](parameters)
    assert all(down >= 1.0 + shortest - 2e-5 for _, down, _ in found)
    lasts = LENGTHS[str(parameters.reply)](parameters)
    assert all(up <= 1.05 + longest + lasts + 3.001 for _, _, up in found)
