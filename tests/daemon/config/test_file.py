"""The configuration file: what it sets, and that all that is wrong with it is said at once, each with its line."""

import time
import tomllib
from pathlib import Path

import pytest

from antiphon.config.file import LARGEST, read, understood
from antiphon.config.migrations import migrated
from antiphon.config.options import EVERY, VERSION
from antiphon.config.text import written
from antiphon.errors import ConfigError

HUGE = "0x" + "f" * 5000
"""A number of more digits than Python would write."""


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        understood(text, "a.toml")
    return str(error.value).splitlines()


def test_a_file_sets_what_it_names_and_knows_the_lines() -> None:
    text = (
        'version = 1\n[parameters]\nseed = 9\npause = 1\nlowest = "30"\n\n[ports]\ninputs = ["piano", "keys | pad"]\n'
    )
    found = understood(text, "a.toml")
    assert found.settings == {
        "parameters.seed": 9,
        "parameters.pause": 1.0,
        "parameters.lowest": 30,
        "ports.inputs": ("piano", "keys | pad"),
    }
    assert found.lines == {"parameters.seed": 3, "parameters.pause": 4, "parameters.lowest": 5, "ports.inputs": 8}


def test_zones_are_lines_of_text_in_their_proper_form_and_what_is_none_is_said_with_its_line() -> None:
    text = 'version = 1\n[ports]\nzones = ["in Launchkey  = Harmony", "keys 0..47 = commands"]\n'
    assert understood(text, "a.toml").settings == {"ports.zones": ("in launchkey = harmony", "keys 0..47 = commands")}
    [why] = refused('[ports]\nzones = ["keys 0..47 = harmonic"]')
    assert why.startswith("a.toml:2: [ports] zones=keys 0..47 = harmonic")
    assert why.endswith("'harmonic' is no role; there are: plays, harmony, commands")


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_lines() -> None:
    text = "version = 1\n\n[parameters]\ntemprature = 1.0\npause = 99\n[pots]\n"
    text += '[page]\nport = "x"\n[thru]\nchannels = [0]\n'
    assert refused(text) == [
        "a.toml:4: [parameters] nothing is called 'temprature' here; did you mean temperature?",
        "a.toml:5: [parameters] pause=99.0: out of range; give a number from 0.1 to 10",
        "a.toml:6: no table [pots]; did you mean ports?",
        "a.toml:8: [page] port=x: not a whole number from 0 to 65535",
        "a.toml:10: [thru] channels=0: out of range; give a whole number from 1 to 16",
    ]


def test_what_contradicts_itself_is_said_beside_what_else_is_wrong() -> None:
    assert refused("version = 1\n[parameters]\nhighest = 20\nlowest = 90\n[page]\nprot = 1\n") == [
        "a.toml:4: [parameters] lowest=90 is above highest=20; set both",
        "a.toml:6: [page] nothing is called 'prot' here; did you mean port?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[parameters]\nseed = true", "a.toml:2: [parameters] seed=True: not a whole number from 0 to 2147483647"),
        ("[parameters]\nseed = 1.5", "a.toml:2: [parameters] seed=1.5: not a whole number from 0 to 2147483647"),
        ("[parameters]\nseed = [1]", "a.toml:2: [parameters] seed: one value is wanted here, not several"),
        ("[parameters]\npause = nan", "a.toml:2: [parameters] pause=nan: out of range; give a number from 0.1 to 10"),
        ("[parameters]\npedal = 'maybe'", "a.toml:2: [parameters] pedal=maybe: not on or off"),
        ("temperature = 1.0", "a.toml:1: 'temperature' means nothing here; it stands under [parameters]"),
        ("[page]\npause = 1.0", "a.toml:2: [page] nothing is called 'pause' here; it stands under [parameters]"),
        (
            "parameters = 3",
            "a.toml:1: parameters is a table; write [parameters] on a line, and KEY = VALUE on those below",
        ),
        ("parameters.pause = 0", "a.toml:1: [parameters] pause=0.0: out of range; give a number from 0.1 to 10"),
        ("parameters = {pause = 0}", "a.toml:1: [parameters] pause=0.0: out of range; give a number from 0.1 to 10"),
        ("[ports]\ninputs = ['']", "a.toml:2: [ports] inputs=: a part of a name is wanted"),
        ("version = 99", f"a.toml:1: version = 99 is not known here; this Antiphon knows up to {VERSION}"),
        ("version = 'x'", f"a.toml:1: version = x is not known here; this Antiphon knows up to {VERSION}"),
        ("[parameters", "a.toml"),
        ('["\\u001b[2J"]\nx = 1', "a.toml: no table ['\\x1b[2J']; there are: ports,"),
        ('[page]\n"\\u001b[2J" = 1', "a.toml:1: [page] nothing is called '\\x1b[2J' here; there are: on, port, listen"),
        ('[scenes."\\u001b[2J"]\nmode = "solo"', "a.toml: call a scene by 64 printable characters at the most"),
        ('[scenes.a]\n"\\u001b[2J" = 1', "a.toml: [scenes.a] nothing is called '\\x1b[2J' in a scene; there are:"),
        ("a = 1\n[parameters]\nseed = ", "a.toml:3: this is no TOML (Invalid value); see https://toml.io"),
        (
            '[takes]\nfolder = "C:\\Users\\me"',
            "a.toml:2: this is no TOML (Invalid hex value); a backslash stands for itself",
        ),
        (
            '[takes]\nfolder = "C:\\My music"',
            "a.toml:2: this is no TOML (Unescaped '\\' in a string); a backslash stands",
        ),
        ("[parameters]\nseed = 1\nseed = 2", "a.toml:3: this is no TOML (Cannot overwrite a value)"),
        ("[parameters]\nseed = " + "9" * 5000, "a.toml: this is no TOML ("),
        ("[parameters]\nseed = " + "[" * 5000, "a.toml"),
        (f"[parameters]\nseed = {HUGE}", f"a.toml:2: [parameters] seed={HUGE[:40]}...: out of range; give a whole"),
        (f"[parameters]\npause = {HUGE}", f"a.toml:2: [parameters] pause={HUGE[:40]}...: not a number from 0.1 to 10"),
        (f"[parameters]\nmode = {HUGE}", f"a.toml:2: [parameters] mode={HUGE[:40]}...: there are: reply, duet,"),
        (f"[page]\nport = {HUGE}", f"a.toml:2: [page] port={HUGE[:40]}...: out of range; give a whole number"),
        (f"[thru]\nchannels = [{HUGE}]", f"a.toml:2: [thru] channels={HUGE[:40]}...: out of range; give a whole"),
        (f"[scenes.a]\nnote = {HUGE}", f"a.toml:2: [scenes.a] note={HUGE[:40]}...: out of range; give a whole number"),
        (f"[scenes.a]\npause = {HUGE}", f"a.toml:2: [scenes.a] pause={HUGE[:40]}...: not a number from 0.1 to 10"),
        (f"version = {HUGE}", f"a.toml:1: version = {HUGE[:40]}... is not known here"),
        (f"version = [{HUGE}]", "a.toml:1: version = a list is not known here"),
        ('version = "\\u001b[2J"', "a.toml:1: version = '\\x1b[2J' is not known here"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    [line] = refused(text)
    assert line.startswith(said)


MANY = "a." * 20_000
HIDDEN = {
    "bare": f"{MANY}a = 1",
    "in quotes": '"a".' * 100 + "a = 1",
    "a table": f"[{MANY}a]",
    "within a table": f"b = {{{MANY}a = 1}}",
    "behind a text": f'b = {{x = """a"""", {MANY}a = 1}}',
    "behind a plain text": f"b = {{x = '''a''''', {MANY}a = 1}}",
    "behind an escape": f'b = {{x = "\\"", y = "\\\\", {MANY}a = 1}}',
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=list(HIDDEN))
def test_a_key_of_more_parts_than_any_is_refused_before_it_is_read(text: str) -> None:
    assert refused(f'x = """\n"""\n{text}') == ["a.toml:3: a key of more than 64 parts; write TABLE.KEY = VALUE"]
    assert refused(f'x = """a"""" # \\\n{text}') == ["a.toml:2: a key of more than 64 parts; write TABLE.KEY = VALUE"]


@pytest.mark.parametrize(
    "text", [f"'{MANY}'", f'"{MANY}\\" {MANY}"', f'"""\n{MANY} \\""" {MANY}"""', f"'''{MANY}\n'''"]
)
def test_dots_in_a_text_or_a_comment_are_none_of_a_keys(text: str) -> None:
    assert tomllib.loads(f"x = {text}")
    assert refused(f"x = {text} # {MANY}")[0].startswith("a.toml:1: no table [x]")


def test_a_long_line_is_looked_at_in_no_time() -> None:
    begun = time.monotonic()
    assert refused(f"x = '''\n[{' ' * 900_000}\n'''")[0].startswith("a.toml:1: no table [x]")
    assert time.monotonic() - begun < 2


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    binary, large = tmp_path / "binary.toml", tmp_path / "large.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    large.write_bytes(b"#" * (LARGEST + 1))
    for path in (tmp_path / "missing.toml", tmp_path, binary, large):
        with pytest.raises(ConfigError) as error:
            read(path)
        assert str(error.value).startswith(f"{path}: ")


def test_what_is_written_shows_every_setting_and_reads_back_as_it_was() -> None:
    settings = {option.name: option.default for option in EVERY}
    settings |= {"ports.inputs": ('a "quoted" name', "schlüssel\\x"), "parameters.lock": "C major", "page.on": False}
    assert understood(written(settings), "a.toml").settings == settings
    bare = understood(written({}), "a.toml")
    assert (bare.settings, bare.version) == ({}, VERSION)
    assert all(f"{option.each.name} = " in written({}) for option in EVERY)


def test_a_file_without_a_version_is_of_the_first_layout_and_still_understood() -> None:
    found = understood("[parameters]\nseed = 9", "a.toml")
    assert (dict(found.settings), found.version) == ({"parameters.seed": 9}, 0)


def test_each_version_is_brought_to_the_next_until_the_last() -> None:
    steps = {n: lambda tree, n=n: {"way": [*tree["way"], n]} for n in range(3)}
    assert migrated({"way": []}, 1, 3, steps) == {"way": [1, 2]}
    assert migrated({"way": []}, 3, 3, steps) == {"way": []}
