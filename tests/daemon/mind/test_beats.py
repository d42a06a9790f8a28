"""Who gives the beat outlives the mind."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.pulse import Pulse, steady
from antiphon.mind.beats import PULSE, of_pulse, pulse_of

SAID = st.lists(
    st.tuples(
        st.floats(0.0, 2.0), st.sampled_from((b"\xf8", b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xf2\x01\x02", b"tap"))
    ),
    max_size=60,
)


def after(said: list[tuple[float, bytes]]) -> Pulse:
    pulse, now = steady(97.3, 0.0), 0.0
    for gap, message in said:
        now += gap
        pulse = pulse.tap(now) if message == b"tap" else pulse.heard(message, now, "follow")
    return pulse


@given(SAID)
def test_a_pulse_is_the_same_to_the_bit_once_it_is_read(said: list[tuple[float, bytes]]) -> None:
    pulse = after(said)
    assert len(of_pulse(pulse)) == PULSE
    assert pulse_of(of_pulse(pulse)) == pulse


def test_where_none_was_kept_none_is_read() -> None:
    assert pulse_of(bytes(PULSE)) is None
