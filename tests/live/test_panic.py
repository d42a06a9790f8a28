"""`antiphon panic` against a listener on a real server."""

from collections import Counter

import pytest
from tests.fakes import on, tread
from tests.live.daemon import ask
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

from antiphon.music.wire import everything_off

pytestmark = pytest.mark.midi


@pytest.fixture
def hung(jack: Jack, player: Player) -> Player:
    """A listener that hears ten notes and the pedal on every channel, and no release of them."""
    with Player(jack, "keys") as keys:
        jack.connect(keys.output, player.input)
        down = [
            m for channel in range(16) for m in [*(on(50 + n, 64, channel) for n in range(10)), tread(True, channel)]
        ]
        keys.play([(0.0, message) for message in down])
        player.wait_for(len(down))
    return player


def test_panic_releases_every_key_and_pedal_on_all_channels_and_nothing_is_lost(jack: Jack, hung: Player) -> None:
    before = len(hung.messages)
    assert len(hung.sounding) == 16 * 11

    said = ask(jack, "panic", "--backend", "jack", "--out", "PLAYER IN")

    wait_until(lambda: len(hung.messages) >= before + 2112, 5.0, lambda: f"heard {len(hung.messages) - before} of 2112")
    assert hung.sounding == []
    assert Counter(hung.messages[before:]) == Counter(everything_off())
    assert said == f"silenced  {hung.input}  (2112 messages)\n"


def test_panic_without_a_name_reaches_every_output(jack: Jack, hung: Player) -> None:
    with Player(jack, "second") as second:
        ask(jack, "panic", "--backend", "jack")
        wait_until(lambda: hung.sounding == [], 5.0, lambda: f"still sounding: {hung.sounding}")
        second.wait_for(2112)
