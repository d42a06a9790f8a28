"""The doctor where there is a JACK server."""

import json
from pathlib import Path

import pytest
from tests.live.daemon import ask
from tests.live.jack_player import Player
from tests.live.jack_server import Jack

pytestmark = pytest.mark.midi


def test_it_finds_the_server_and_wanted_ports_and_tries_a_loop(jack: Jack, player: Player, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[ports]\nbackend = "jack"\ninputs = ["none such | player", "other"]\n[page]\nport = 0\n')
    said = ask(jack, "check", "--json", "--config", str(file))
    findings = [(finding["name"], finding["grade"], finding["said"]) for finding in json.loads(said)]
    assert ("ports.inputs", "ok", "'none such | player' is 'player out:out'") in findings
    assert ("ports.inputs", "warning", "no port is called 'other'") in findings
    [(_, _, loop)] = [finding for finding in findings if finding[0] == "loop"]
    assert loop.startswith("100 notes through JACK and back, none lost: ")
    assert not any("check" in port for port in jack.lsp())
