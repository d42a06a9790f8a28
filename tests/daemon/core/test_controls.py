"""What a controller's knobs, pads and switches do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.acts import EVERY
from antiphon.core.controls import Controls, Wish, parse
from antiphon.core.parameters import REGISTRY, Parameters
from antiphon.core.trigger import STANDARD, Trigger, trigger
from antiphon.errors import ParameterError

ACTS = ("hold", "resume", "another", "forget-all", "panic")
NUMBERS = [name for name, parameter in REGISTRY.items() if parameter.type in ("int", "float")]


def controls(*lines: str) -> Controls:
    return Controls(parse(line, ACTS) for line in lines)


def cc(number: int, value: int, channel: int = 1) -> bytes:
    return bytes((0xB0 | (channel - 1), number, value))


def test_a_knob_turns_a_parameter_through_its_range_or_the_one_given() -> None:
    range_ = REGISTRY["temperature"]
    whole, part = controls("cc 20 = temperature"), controls("CC 20 = temperature 0.5..1.5")
    assert [whole.hear(cc(20, p)).values["temperature"] for p in (0, 127)] == [range_.low, range_.high]
    assert [part.hear(cc(20, p)).values["temperature"] for p in (0, 127)] == [0.5, 1.5]


def test_a_knob_may_go_backwards_and_in_equal_ratios() -> None:
    backwards, ratios = controls("cc 20 = temperature 1.5..0.5"), controls("cc 20 = temperature 0.5..2 log")
    assert backwards.hear(cc(20, 0)).values == {"temperature": 1.5}
    low, middle, high = (float(ratios.hear(cc(20, p)).values["temperature"]) for p in (0, 64, 127))
    assert [low, high] == pytest.approx([0.5, 2.0])
    assert middle == pytest.approx(1.0, rel=0.02)


def test_words_share_a_knobs_way_and_a_switch_is_on_from_the_middle() -> None:
    modes = REGISTRY["mode"].choices
    knob = controls("cc 20 = mode")
    assert list(dict.fromkeys(knob.hear(cc(20, p)).values["mode"] for p in range(128))) == list(modes)


def test_a_pad_has_something_done_once_and_its_release_means_nothing() -> None:
    pad = controls("note 36 on 10 = another")
    messages = (b"\x99\x24\x40", b"\x89\x24\x40", b"\x99\x24\x00", b"\x90\x24\x40")
    assert [pad.heeds(message) for message in messages] == [True, True, True, False]
    assert [pad.hear(message).acts for message in messages] == [("another",), (), (), ()]


def test_a_pedal_does_an_act_as_it_passes_the_middle_upwards() -> None:
    pedal = controls("cc 80 = hold")
    assert [pedal.hear(cc(80, p)).acts for p in (10, 70, 127, 20, 64)] == [(), ("hold",), (), (), ("hold",)]


@pytest.mark.parametrize(
    ("line", "presses"),
    [
        ("note 36 on 10 = tap", (b"\x99\x24\x40", b"\x89\x24\x00")),
        ("cc 80 = tap", (cc(80, 127), cc(80, 0))),
        ("cc 80 = tap", (cc(80, 127),)),  # a button that says nothing when it is let go of
        ("program 3 = tap", (b"\xc0\x02",)),
    ],
)
def test_each_press_is_one_tap_whatever_the_controller_sends(line: str, presses: tuple[bytes, ...]) -> None:
    foot = Controls([parse(line, EVERY)])
    for _ in range(4):
        assert [foot.hear(message) for message in presses] == [Wish({}, ("tap",)), *[Wish({}, ())] * (len(presses) - 1)]


def test_a_knob_taps_once_on_its_way_however_many_messages_that_is() -> None:
    knob = Controls([parse("cc 20 = tap", EVERY)])
    assert [p for p in [*range(128), *range(126, -1, -1)] if knob.hear(cc(20, p)).acts] == [64]


def test_a_program_change_makes_a_parameter_one_value() -> None:
    assert controls("program 3 = mode duet").hear(b"\xc0\x02") == Wish({"mode": "duet"}, ())


def test_one_knob_may_do_several_things() -> None:
    both = controls("cc 20 = temperature 0.5..1", "cc 20 = density 1..2")
    assert both.hear(cc(20, 127)).values == {"temperature": 1.0, "density": 2.0}


@pytest.mark.parametrize("number", STANDARD)
def test_no_standard_controller_can_be_taken(number: int) -> None:
    with pytest.raises(ParameterError, match="means something to every instrument"):
        parse(f"cc {number} = temperature", ACTS)
    assert trigger(cc(number, 64)) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("knob 20 = temperature", "write for example"),
        ("cc 200 = temperature", "numbers are 0 to 127"),
        ("cc 20 on 17 = temperature", "channels 1 to 16"),
        ("cc 20 = temprature", "did you mean temperature"),
        ("cc 20 = another 3", "without a value"),
        ("cc 20 = temperature 0..99", "out of range"),
        ("cc 20 = temperature 1..1", "two different values"),
        ("cc 20 = velocity_offset -9..9 log", "both above 0 with log"),
        ("cc 20 = mode 1..2", "has no range"),
        ("program 3 = mode", "say which value"),
        ("program 0 = mode duet", "of programs 1 to 128"),
        ("program 129 = mode duet", "of programs 1 to 128"),
        ("cc 80 = scene night-piano", "controller = 80"),
        ("cc 20 = lock", "say which value"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: str, why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        parse(line, ACTS)


@pytest.mark.parametrize(
    "line", ["cc 20 = temperature", "note 36 on 10 = another", "program 3 = mode duet", "cc 9 = density 1..3 log"]
)
def test_a_control_is_written_as_it_is_read(line: str) -> None:
    assert parse(line, ACTS).text == line


@given(st.sampled_from(NUMBERS), st.integers(0, 127))
def test_a_light_shows_where_a_knob_would_have_to_stand(name: str, position: int) -> None:
    knob = controls(f"cc 20 = {name}")
    values = {**Parameters().values, **knob.hear(cc(20, position)).values}
    shown = knob.shown(values)[f"cc 20 = {name}"]
    assert knob.all[0].turned(shown[2]) == pytest.approx(values[name], abs=1e-6)


def test_a_pads_light_shows_whether_its_value_holds() -> None:
    pad = controls("note 36 = mode duet")
    values = dict(Parameters().values)
    assert pad.shown(values | {"mode": "duet"}) == {"note 36 = mode duet": b"\x90\x24\x7f"}
    assert pad.shown(values | {"mode": "solo"}) == {"note 36 = mode duet": b"\x90\x24\x00"}


def test_what_is_moved_to_be_learned_is_known_by_kind_number_and_channel() -> None:
    messages = (cc(20, 3, 2), b"\x99\x24\x40", b"\x99\x24\x00", b"\xc0\x05", b"\xf8", b"\xe0\x00\x40")
    learned = [Trigger("cc", 20, 2), Trigger("note", 36, 10), None, Trigger("program", 5, 1), None, None]
    assert [trigger(message) for message in messages] == learned
