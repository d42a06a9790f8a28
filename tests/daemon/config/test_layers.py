"""Who has the last word, and what is said where somebody is wrong."""

import re
from pathlib import Path

import pytest

import antiphon
from antiphon.bench.stamps import FOLDER, MEMORY
from antiphon.config.layers import configured, place
from antiphon.config.options import EVERY
from antiphon.engraving.sound import SOUNDFONT
from antiphon.errors import ConfigError
from antiphon.loopback import VARIABLE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.toml"
    path.write_text("version = 1\n[parameters]\npause = 1.0\nseed = 2\ntemperature = 0.5\n")
    return path


def test_the_environment_overrides_the_file_and_the_command_line_both(file: Path) -> None:
    environment = {
        "ANTIPHON_PARAMETERS_SEED": "3",
        "ANTIPHON_PARAMETERS_TEMPERATURE": "0.6",
        "ANTIPHON_PORTS_INPUTS": "a, b|c",
    }
    found = configured(file, {"parameters.temperature": 0.7}, environment)
    names = ("parameters.pause", "parameters.seed", "parameters.temperature", "ports.inputs", "page.port")
    assert [(found[name], found.source(name)) for name in names] == [
        (1.0, f"{file}:3"),
        (3, "ANTIPHON_PARAMETERS_SEED"),
        (0.7, "command line"),
        (("a", "b|c"), "ANTIPHON_PORTS_INPUTS"),
        (8765, "default"),
    ]
    assert found.parameters.seed == 3


def test_what_is_wrong_in_the_file_and_in_the_environment_is_said_together(file: Path) -> None:
    file.write_text("[page]\nport = -1\n")
    environment = {"ANTIPHON_PARAMETERS_PUASE": "1", "ANTIPHON_PAGE_ON": "so so", "ANTIPHON_REQUIRE_ALL": "1"}
    with pytest.raises(ConfigError) as error:
        configured(file, {}, environment)
    assert str(error.value).splitlines() == [
        f"{file}:2: [page] port=-1: out of range; give a whole number from 0 to 65535",
        "ANTIPHON_PAGE_ON: on=so so: not on or off",
        "ANTIPHON_PARAMETERS_PUASE: no such setting; did you mean ANTIPHON_PARAMETERS_PAUSE?",
    ]


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("PARAMETER_PAUSE", "PARAMETERS_PAUSE"),
        ("PARAM_TEMPRATURE", "PARAMETERS_TEMPERATURE"),
        ("TAKE_FOLDER", "TAKES_FOLDER"),
        ("MIDI_BACKEND", "PORTS_BACKEND"),
        ("LOGS_LEVEL", "LOGGING_LEVEL"),
        ("MODEL", "MODEL_NAME"),
        ("PARAMETERS_PUASE", "PARAMETERS_PAUSE"),
    ],
)
def test_a_variable_of_a_wrong_table_is_refused_with_the_nearest(variable: str, meant: str) -> None:
    with pytest.raises(ConfigError) as error:
        configured(None, {}, {f"ANTIPHON_{variable}": "1", "XDG_CONFIG_HOME": "/nowhere"})
    assert str(error.value) == f"ANTIPHON_{variable}: no such setting; did you mean ANTIPHON_{meant}?"


def test_variables_that_set_nothing_are_let_be() -> None:
    ours = {VARIABLE, SOUNDFONT, FOLDER, MEMORY}
    sources = (path.read_text(encoding="utf-8") for path in Path(antiphon.__file__).parent.rglob("*.py"))
    named = {name for source in sources for name in re.findall(r'"(ANTIPHON_[A-Z_]+[A-Z])"', source)}
    assert named == {*ours, "ANTIPHON_CONFIG"}
    others = {f"ANTIPHON_{name}" for name in ("REQUIRE_ALL", "SOAK_HOURS", "FUZZ_EXAMPLES", "DIST", "PICTURES", "HOME")}
    let_be = dict.fromkeys((*ours, *others), "1")
    assert configured(None, {}, {**let_be, "XDG_CONFIG_HOME": "/nowhere"}).sources == {}


def test_what_contradicts_itself_is_said_with_the_line(file: Path) -> None:
    file.write_text("[parameters]\nlowest = 90\nhighest = 80\n")
    with pytest.raises(ConfigError, match=r"a\.toml:2: lowest=90 is above highest=80; set both"):
        configured(file, {}, {})


def test_without_a_file_all_is_as_it_comes_unless_one_was_asked_for(tmp_path: Path) -> None:
    nowhere = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert configured(None, {}, nowhere).values == {option.name: option.default for option in EVERY}
    for path, environment in ((tmp_path / "no.toml", {}), (None, {"ANTIPHON_CONFIG": str(tmp_path / "no.toml")})):
        with pytest.raises(ConfigError, match="cannot be read"):
            configured(path, {}, environment)


def test_it_lies_where_xdg_says_or_where_we_are_told(tmp_path: Path) -> None:
    assert place({"XDG_CONFIG_HOME": "/x"}) == Path("/x/antiphon/antiphon.toml")
    assert place({"XDG_CONFIG_HOME": "relative"}) == place({}) == Path.home() / ".config/antiphon/antiphon.toml"
    assert place({"XDG_CONFIG_HOME": "/x", "ANTIPHON_CONFIG": "/y.toml"}) == Path("/y.toml")
