"""The configuration file."""

from pathlib import Path

import pytest

from antiphon.assemble import configured
from antiphon.core.parameters import Parameters
from antiphon.errors import ParameterError

DEFAULTS = Parameters()


def config(folder: Path, text: str) -> Path:
    path = folder / "antiphon.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_configuration_sets_what_it_names(tmp_path: Path) -> None:
    text = '[parameters]\nseed = 9\ntemperature = 1\npause = 0.5\npedal = false\nlowest = "30"\n'
    expected = DEFAULTS.changed(seed=9, temperature=1.0, pause=0.5, pedal=False, lowest=30)
    assert configured(config(tmp_path, text)) == expected
    assert configured(config(tmp_path, "")) == DEFAULTS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[parameters]\ntemprature = 1.0", "no parameter named 'temprature'; did you mean temperature?"),
        ("[parameters]\nseed = true", "seed=True: not a whole number from 0 to 2147483647"),
        ("[parameters]\nseed = 1.5", "seed=1.5: not a whole number from 0 to 2147483647"),
        ("[parameters]\nseed = -1", "seed=-1: out of range; give a whole number from 0 to 2147483647"),
        ("[parameters]\nseed = [1]", "seed=[1]: not a whole number from 0 to 2147483647"),
        ("[parameters]\npause = nan", "pause=nan: out of range; give a number from 0.1 to 10"),
        ("[parameters]\npause = inf", "pause=inf: out of range; give a number from 0.1 to 10"),
        ("[parameters]\npedal = 'maybe'", "pedal=maybe: not on or off"),
        ("[parameters]\nlowest = 90\nhighest = 80", "lowest=90 is above highest=80; swap them"),
        ("temperature = 1.0", "'temperature' means nothing here; put NAME = VALUE under [parameters]"),
        ("[parameter]\nseed = 1", "'parameter' means nothing here; put NAME = VALUE under [parameters]"),
        ("parameters = 3", "'parameters' means nothing here; put NAME = VALUE under [parameters]"),
        ("[parameters", "not a readable TOML file ("),
        ("[parameters]\nseed = ", "not a readable TOML file ("),
        ("[parameters]\nseed = " + "9" * 5000, "not a readable TOML file ("),
        ("[parameters]\nseed = " + "[" * 5000, "not a readable TOML file ("),
    ],
)
def test_what_is_wrong_in_a_configuration_is_said_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    path = config(tmp_path, text)
    with pytest.raises(ParameterError) as refused:
        configured(path)
    assert str(refused.value).startswith(f"{path}: {said}")
    assert "\n" not in str(refused.value)


def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing.toml", tmp_path, binary):
        with pytest.raises(ParameterError, match=r"not a readable TOML file \("):
            configured(path)
