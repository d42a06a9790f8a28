"""The whole way home: played on the page, kept, listed, looked at, learned from, and played with again."""

import contextlib
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.live.daemon import Daemon, ask
from tests.live.jack_server import Jack, wait_until
from tests.page.conftest import Opened, opened, play, until

from antiphon import learning
from antiphon.mind import models
from antiphon.takes import store, takefile

__all__ = ["opened"]  # a fixture
pytestmark = [pytest.mark.midi, pytest.mark.browser, pytest.mark.train, pytest.mark.timeout(300)]

ANSWERED = "antiphon.score.notes.filter((note) => note.own).length > 4"
BRIEFLY = ("--minutes", "0.2", "--performances", "24", "--seconds", "8", "--steps", "100")
"""Instead of the eight minutes that `antiphon learn` takes."""
RIFF = "adgdjgda"


def visited(daemon: Daemon, opened: Opened) -> Page:
    """The page, once it is served."""
    url = daemon.report["page"]["url"]

    def served() -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(url + "/ping", timeout=5):
            return True
        return False

    wait_until(served, 20.0, lambda: "the page is not served in time")
    return opened(url)


def test_what_is_played_on_the_page_is_kept_looked_at_learned_and_played_with(
    jack: Jack, tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with Daemon(jack, tmp_path, "--seed", "5", "--page", "18811") as daemon:
        page = visited(daemon, opened)
        play(page, RIFF * 27, held_ms=50)
        until(page, ANSWERED, within_s=30)
        daemon.end()
    wait_until(lambda: bool(store.listed(store.folder())), 10.0, lambda: "no take")
    take = max(store.listed(store.folder()), key=lambda take: take.bytes)  # another mind has begun another take
    assert take.name in ask(jack, "takes", "list")
    shown = ask(jack, "takes", "show", take.name)
    assert "turn: player" in shown
    assert "turn: Antiphon" in shown
    ask(jack, "takes", "show", take.name, "--picture", str(tmp_path / "roll.png"))
    assert (tmp_path / "roll.png").read_bytes().startswith(b"\x89PNG")

    report = learning.learn(learning.found([], store.folder()), "mine", lambda what, done: None, BRIEFLY)
    assert report["yours"]["after"]["nats_per_event"] < report["yours"]["before"]["nats_per_event"]
    assert "mine" in ask(jack, "models")

    with Daemon(jack, tmp_path, "--seed", "5", "--page", "18811", "--model", "mine") as daemon:
        assert daemon.report["model"] == "mine"
        page = visited(daemon, opened)
        play(page, RIFF, held_ms=100)
        until(page, ANSWERED, within_s=30)
        daemon.end()
    opening = takefile.read(store.listed(store.folder())[-1].path)[0].frame
    assert models.card(models.own() / "mine.onnx").sha256.encode() in opening.payload
