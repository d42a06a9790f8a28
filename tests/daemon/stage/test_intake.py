"""Whether it is fetched or wakes us, what comes is taken whole, once and in order."""

from hypothesis import given
from hypothesis import strategies as st
from tests.daemon.stage.fake_device import FakeDevice

from antiphon.stage.intake import Intake

_ACTS = st.lists(st.sampled_from(("arrive", "take", "take one", "arm", "disarm")), max_size=60)


class Listening:
    """An intake of a device, and how often it rang."""

    def __init__(self) -> None:
        self.device, self.rings, self.taken = FakeDevice(), 0, list[int]()
        self.intake = Intake(self.device)

    def ring(self) -> None:
        self.rings += 1

    def take(self, most: int = 100) -> None:
        self.taken += [message[0] for message, _ in self.intake.take(most)]


@given(_ACTS)
def test_whatever_happens_in_whatever_order_all_is_taken_once_and_in_order(acts: list[str]) -> None:
    listening, count = Listening(), 0
    for act in acts:
        match act:
            case "arrive":
                listening.device.arrive(count)
                count += 1
            case "take":
                listening.take()
            case "take one":
                listening.take(1)
            case "arm":
                assert listening.intake.arm(listening.ring)
            case "disarm":
                listening.intake.disarm()
    listening.intake.disarm()
    listening.take()
    assert listening.taken == list(range(count))


def test_the_first_message_after_arming_rings_and_those_after_it_do_not() -> None:
    listening = Listening()
    listening.intake.arm(listening.ring)
    for number in range(5):
        listening.device.arrive(number)
    assert listening.rings == 1
    listening.take()
    assert (listening.rings, listening.taken) == (1, [0, 1, 2, 3, 4])


def test_what_came_before_it_was_armed_rings_at_once() -> None:
    listening = Listening()
    listening.device.arrive(0)
    listening.intake.arm(listening.ring)
    assert (listening.rings, listening.device.callback) == (1, None)


def test_what_slipped_in_as_it_was_armed_comes_first_when_the_next_one_calls() -> None:
    listening = Listening()
    listening.intake.arm(listening.ring)
    listening.device.arriving.append(([0], 0.0))
    listening.device.arrive(1)
    listening.take()
    assert listening.taken == [0, 1]


def test_a_call_that_was_on_its_way_when_it_was_disarmed_is_heard_all_the_same() -> None:
    listening = Listening()
    listening.intake.arm(listening.ring)
    call = listening.device.callback
    listening.intake.disarm()
    listening.take()
    assert call is not None
    call(([7], 0.0), None)
    listening.take()
    assert (listening.taken, listening.rings) == ([7], 0)


def test_a_device_that_can_call_nobody_says_so() -> None:
    class Mute:
        def get_message(self) -> None: ...

    assert not Intake(Mute()).arm(lambda: None)  # type: ignore[arg-type]  # it lacks what is asked about
