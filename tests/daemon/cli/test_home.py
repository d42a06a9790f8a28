"""Takes, learning and models from the command line: what is said, and what is refused."""

from pathlib import Path

import pytest
from tests.daemon.cli.conftest import Antiphon

from antiphon import offline
from antiphon.cli import learn
from antiphon.core.parameters import Parameters


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "data" / "antiphon"


@pytest.fixture
def take(data: Path, tmp_path: Path) -> Path:
    path = data / "takes" / "2026-11-24_20-00-00.mid"
    path.parent.mkdir(parents=True)
    offline.rehearse_file(offline.PHRASE, tmp_path / "both.mid", "default", Parameters(), path)
    return path


def test_a_take_is_exported_by_the_ending_of_the_file(antiphon: Antiphon, take: Path, tmp_path: Path) -> None:
    for name in ("a.mid", "a.musicxml", "a.svg", "a.pdf"):
        done = antiphon("takes", "export", "last", "--output", name)
        assert (done.status, done.err) == (0, "")
        assert done.out.startswith(f"{name}: ")
        assert (tmp_path / name).stat().st_size > 100


def test_a_take_is_drawn_into_a_file_or_in_the_terminal(antiphon: Antiphon, take: Path, tmp_path: Path) -> None:
    assert antiphon("takes", "show", "last", "--picture", "roll.svg").status == 0
    assert (tmp_path / "roll.svg").read_text().startswith("<svg")
    assert "turn: Antiphon" in antiphon("takes", "show", "2026").out


def test_another_ending_is_refused_in_one_line(antiphon: Antiphon, take: Path) -> None:
    done = antiphon("takes", "export", "last", "--output", "a.docx")
    assert done.status == 1
    assert done.error.startswith("a.docx: a take is exported as .mid, .musicxml, .svg, .pdf, .wav")


def test_a_take_that_is_not_there_is_refused_in_one_line(antiphon: Antiphon) -> None:
    for command in (["export", "last", "-o", "x.mid"], ["show", "last"], ["play", "last"]):
        assert antiphon("takes", *command).error.startswith("no take 'last': there is none in ")


def test_where_no_midi_system_runs_playing_says_so(antiphon: Antiphon, take: Path) -> None:
    done = antiphon("takes", "play", "last", "--backend", "jack", "--out", "x")
    assert done.status == 1
    assert "no JACK server named none-such is running" in done.err


@pytest.mark.parametrize("said", ["file", "environment", "flag"])
def test_every_command_finds_takes_where_run_keeps_them(
    antiphon: Antiphon, take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    take.rename(tmp_path / "elsewhere" / "mine.mid")
    (tmp_path / "some.toml").write_text('[takes]\nfolder = "~/elsewhere"\n')
    if said != "flag":
        name, value = ("ANTIPHON_CONFIG", "some.toml") if said == "file" else ("ANTIPHON_TAKES_FOLDER", "~/elsewhere")
        monkeypatch.setenv(name, value)
    here = ("--takes=~/elsewhere",) if said == "flag" else ()
    assert antiphon("takes", "list", *here).out.startswith("mine ")
    assert "turn: Antiphon" in antiphon("takes", "show", "last", *here).out
    assert antiphon("takes", "export", "mine", "-o", "x.mid", *here).out.startswith("x.mid: ")
    assert "no JACK server" in antiphon("takes", "play", "mine", "--backend", "jack", "--out", "x", *here).err
    assert "the same again" in antiphon("replay", "mine", *here).out
    assert antiphon("learn", "--name", "default", *here).err.startswith("one file to learn from")
    assert antiphon("takes", "delete", "mine", *here).status == 0
    assert f"no takes in {tmp_path / 'elsewhere'} yet" in antiphon("takes", "list", *here).out


def test_the_folder_that_is_said_wins_and_a_configuration_that_is_wrong_is_said(
    antiphon: Antiphon, take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some.toml").write_text("[takes]\nfodler = 1\n")
    monkeypatch.setenv("ANTIPHON_CONFIG", "some.toml")
    for command in (["takes", "list"], ["takes", "show", "last"], ["takes", "delete", "x"], ["replay", "last"]):
        refused = antiphon(*command)
        assert refused.status == 2
        assert refused.error.startswith("some.toml:2: ")
    assert antiphon("learn").error.startswith("some.toml:2: ")
    assert antiphon("takes", "list", "--takes", take.parent).out.startswith(take.stem)
    assert "turn: Antiphon" in antiphon("takes", "show", take).out


def test_learning_with_nothing_to_learn_from_says_what_to_do(antiphon: Antiphon) -> None:
    done = antiphon("learn")
    assert done.status == 1
    assert "nothing to learn from in " in done.error
    assert "play with `antiphon run`" in done.error


def test_learning_under_a_shipped_name_is_refused(antiphon: Antiphon, take: Path) -> None:
    done = antiphon("learn", "--name", "default")
    assert done.status == 1
    assert done.err.splitlines()[-1] == "antiphon: a model named default came with Antiphon; choose another name"


def test_a_report_is_told_in_plain_words_and_in_nats() -> None:
    score = {"terms": {"time": 1.0}}
    report = {
        "model": "mine",
        "pieces": 3,
        "seconds": 600,
        "minutes": 7.5,
        "picture": "/x/mine.png",
        "yours": {"before": {"nats_per_event": 7.0, **score}, "after": {"nats_per_event": 6.307, **score}},
        "kept": {"before": {"nats_per_event": 6.5, **score}, "after": {"nats_per_event": 6.52, **score}},
    }
    assert list(learn.words(report)) == [
        "Learned from 10 minutes of yours in 3 files, in 7.5 minutes.",
        "It expects what you play better: in music of yours that it had not heard, what came next was 2.00 times as "
        "likely to it as before, event by event (7.000 nats per event, now 6.307).",
        "What it could before it still can (6.500 nats per event on its own old playing, now 6.520).",
        "The picture: /x/mine.png",
        "Play with it: antiphon run --model mine",
    ]


def test_a_model_is_given_away_taken_and_thrown_away(antiphon: Antiphon, tmp_path: Path) -> None:
    assert antiphon("models", "export", "default", "-o", "friend.antiphon").out.startswith("friend.antiphon: ")
    assert antiphon("models", "add", "friend.antiphon").out.startswith("friend: installed  (learned from ")
    assert "friend" in antiphon("models").out
    assert "is there already" in antiphon("models", "add", "friend.antiphon").error
    assert antiphon("models", "remove", "friend").out.count("removed") == 3
    assert "shipped ones stay" in antiphon("models", "remove", "default").error


def test_a_prime_that_is_none_is_refused_in_one_line(antiphon: Antiphon, phrase: Path) -> None:
    done = antiphon("rehearse", phrase, "-o", "x.mid", "--prime", "gone.mid")
    assert done.error == "gone.mid: no such file; check the name"
    assert antiphon("rehearse", phrase, "-o", "x.mid", "--prime", f"{phrase}=0").status == 2
    assert antiphon("rehearse", phrase, "-o", "x.mid", "--prime", f"{phrase}=0.5").status == 0


def test_a_scene_is_given_away_taken_and_thrown_away(antiphon: Antiphon, tmp_path: Path) -> None:
    config = tmp_path / "config" / "antiphon" / "antiphon.toml"
    config.parent.mkdir(parents=True)
    antiphon("models", "export", "default", "-o", "own.antiphon")
    antiphon("models", "add", "own.antiphon")
    config.write_text('# keep me\n[scenes.late]\nmodel = "own"\nmode = "solo"\n')
    said = antiphon("models", "export", "late", "-o", "friend.antiphon").out
    assert said.endswith(" MB, a scene, with the model own\n")
    added = antiphon("models", "add", "friend.antiphon").out.splitlines()
    assert added[0].startswith("friend: installed  (learned from ")
    assert added[1:] == [
        f"friend: a scene, added to {config}",
        "an Antiphon that runs has it when it is started again",
    ]
    assert "friend" in antiphon("scenes").out
    both = "there is a model and a scene named friend; say --model or --scene"
    assert antiphon("models", "remove", "friend").error == both
    assert antiphon("models", "export", "friend", "-o", "x.antiphon").error == both
    assert "a model" in antiphon("models", "export", "friend", "--model", "-o", "x.antiphon").out
    refused = antiphon("models", "remove", "friend", "--model").error
    assert refused == "friend is the model of the scene friend; remove that first"
    assert antiphon("models", "remove", "friend", "--scene").out == f"removed  the scene friend from {config}\n"
    assert antiphon("models", "remove", "friend").out.count("removed") == 3
    assert config.read_text() == '# keep me\n[scenes.late]\nmodel = "own"\nmode = "solo"\n'
