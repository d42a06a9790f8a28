"""What a stranger wrote does nothing to the terminal that it is shown in."""

import json
from pathlib import Path

import pytest
from tests.daemon.cli.conftest import Antiphon, Done
from tests.fakes import off, on

from antiphon.core import tape
from antiphon.core.shown import fit, given, printable, printable_lines
from antiphon.core.tape import Frame, Kind
from antiphon.mind import models, sharing
from antiphon.music.events import Seconds
from antiphon.takes import takefile

EVIL = "\x1b[2J\x9b31m\r\u202eevil"
SHOWN = "\\x1b[2J\\x9b31m\\r\\u202eevil"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("COLUMNS", "300")
    return tmp_path


def harmless(done: Done) -> Done:
    assert all(line.isprintable() for line in (done.out + done.err).split("\n"))
    return done


def test_what_is_not_printable_is_escaped_and_all_else_is_as_it_was() -> None:
    assert printable(EVIL) == SHOWN
    assert printable("Übung ♪ 'one'\n\udc80") == "Übung ♪ 'one'\\n\\udc80"
    assert printable_lines(f"one\n{EVIL}") == f"one\n{SHOWN}"


def test_whatever_was_given_fits_into_a_line() -> None:
    assert (fit(1.5), fit(EVIL), fit("x" * 50)) == ("1.5", repr(EVIL), f"{'x' * 40}...")
    assert given(1 << 20_000) == hex(1 << 20_000)


def test_what_a_card_says_is_shown_as_text_and_nothing_more(antiphon: Antiphon, home: Path) -> None:
    parts = sharing.files("default")
    card = json.loads(parts["model.json"])
    card |= {"licence": EVIL, "data": [EVIL], "scores": {EVIL: 1.0}}
    sharing.export({**parts, "model.json": json.dumps(card).encode()}, home / "evil.antiphon")
    assert SHOWN in harmless(antiphon("models", "add", "evil.antiphon")).out
    assert SHOWN[:7] in harmless(antiphon("models")).out
    [found] = [each for each in json.loads(harmless(antiphon("models", "--json")).out) if each["name"] == "evil"]
    assert (found["licence"], found["data"], found["scores"]) == (SHOWN, [SHOWN], {SHOWN: 1.0})
    card |= {"vocabulary": EVIL}
    (models.own() / "evil.json").write_text(json.dumps(card))
    assert "made for vocabulary" in harmless(antiphon("models")).error


def test_what_a_take_says_is_shown_as_text_and_nothing_more(antiphon: Antiphon, home: Path) -> None:
    said = {"model": EVIL, "sha256": EVIL, "parameters": {"mode": EVIL}, "horizon": 0.0, "replays": True}
    switched = json.dumps({"model": EVIL, "scene": EVIL, "parameters": None, "when": "at once"}).encode()
    frames = [
        *tape.opening(0.0, said),
        Frame(Kind.HEARD, Seconds(1.0), 0, on(60)),
        Frame(Kind.ACTED, Seconds(1.1), 0, EVIL.encode()),
        Frame(Kind.SWITCHED, Seconds(1.2), 0, switched),
        Frame(Kind.CHANGED, Seconds(1.3), 0, json.dumps({"mode": EVIL}).encode()),
        Frame(Kind.HEARD, Seconds(1.5), 0, off(60)),
    ]
    takefile.write(home / "evil.mid", tape.calls(frames))
    shown = harmless(antiphon("takes", "show", "evil.mid")).out
    assert f"model: {SHOWN}" in shown
    assert f"s  {SHOWN}\n" in shown
    assert harmless(antiphon("replay", "evil.mid")).err.startswith("antiphon: ")


def test_an_error_is_shown_as_text_and_nothing_more(antiphon: Antiphon) -> None:
    assert SHOWN in harmless(antiphon("rehearse", f"{EVIL}.mid", "-o", "out.mid")).err
