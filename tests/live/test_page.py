"""The page of a daemon that plays through JACK: shown what sounds, turned, and none the worse for a mind that dies."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack
from tests.live.test_performance import phrase
from tests.page.conftest import Opened, opened, until

__all__ = ["opened"]  # a fixture
pytestmark = [pytest.mark.midi, pytest.mark.browser]


def test_the_page_shows_a_performance_turns_it_and_outlives_the_mind(
    jack: Jack, player: Player, tmp_path: Path, opened: Opened
) -> None:
    with Daemon(jack, tmp_path, "--seed", "5", "--page", "18801") as daemon:
        jack.connect(player.output, daemon.report["ports"]["in"][0])
        page = opened(daemon.report["page"]["url"])
        player.play(phrase(2.0))
        until(page, "antiphon.score.notes.some((n) => n.own) && antiphon.score.notes.some((n) => !n.own)")
        page.click("#ways button[value=listen]")
        expect(page.locator("#ways button[value=listen]")).to_have_attribute("aria-pressed", "true")
        until(page, "document.getElementById('turn').textContent === 'listening'")

        before = daemon.pid("mind")
        daemon.kill("mind")
        last = time.monotonic() + 10
        while daemon.pid("mind") == before:
            assert time.monotonic() < last
            page.wait_for_timeout(100)
        player.play(phrase(1.0))
        page.wait_for_timeout(1000)
        until(page, "antiphon.score.notes.filter((n) => !n.own && n.start > antiphon.stream.now() - 6).length > 1")
        expect(page.locator("#ways button[value=listen]")).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("antiphon.score.notes.filter((n) => n.own && n.end === null).length") == 0
