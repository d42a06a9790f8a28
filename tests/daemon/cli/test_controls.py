"""The controls of a configuration and those that were learned lie together, and are listed and forgotten together."""

from pathlib import Path

import pytest
from tests.daemon.cli.conftest import Antiphon

from antiphon import assemble
from antiphon.config import learned
from antiphon.config.layers import configured

MAP = 'version = 1\n[controls]\nmap = ["cc 20 = temperature"]\n'


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration beside which a control was learned; nothing runs. One was learned for the usual one, too."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "usual"))
    monkeypatch.delenv("ANTIPHON_CONFIG", raising=False)
    learned.write(["cc 22 on 1 = pause"], learned.where(configured()))
    config = tmp_path / "mine" / "a.toml"
    config.parent.mkdir()
    config.write_text(MAP)
    learned.write(["cc 21 on 1 = density"], config.with_name("controls.txt"))
    return config


def test_what_was_learned_is_read_beside_the_configuration_that_is_used(mine: Path) -> None:
    assert assemble.settings(configured(mine)).controls == ("cc 20 = temperature", "cc 21 on 1 = density")
    assert assemble.settings(configured()).controls == ("cc 22 on 1 = pause",)
    elsewhere = configured(environment={"ANTIPHON_CONFIG": str(mine)})
    assert assemble.settings(elsewhere).controls == ("cc 20 = temperature", "cc 21 on 1 = density")


def test_the_controls_of_a_configuration_are_listed(mine: Path, antiphon: Antiphon) -> None:
    listed = "cc 20 = temperature   (configuration)\ncc 21 on 1 = density   (learned)\n"
    assert antiphon("controls", "list", "--config", mine).out == listed
    assert antiphon("controls", "list").out == "cc 22 on 1 = pause   (learned)\n"


def test_where_none_is_running_a_learned_one_is_forgotten_in_its_file(mine: Path, antiphon: Antiphon) -> None:
    assert antiphon("controls", "forget", "cc 21 on 1=density", "--config", "mine/a.toml").status == 0
    assert antiphon("controls", "list", "--config", mine).out == "cc 20 = temperature   (configuration)\n"
    assert antiphon("controls", "forget", "cc 22 on 1 = pause").status == 0
    assert antiphon("controls", "list").out == ""


def test_where_none_is_running_one_of_the_configuration_is_its_owners_to_take_out(
    mine: Path, antiphon: Antiphon
) -> None:
    refused = antiphon("controls", "forget", "cc 20 = temperature", "--config", mine)
    assert (
        refused.error == f"cc 20 = temperature: stands in the configuration (controls.map, {mine}:3); take it out there"
    )
    assert "see `antiphon controls list`" in antiphon("controls", "forget", "nonsense").error
