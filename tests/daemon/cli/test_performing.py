"""`rehearse` and `generate` with real files and the shipped model."""

import re
from pathlib import Path

import mido
import pytest
from tests.daemon.cli.conftest import Antiphon

from antiphon.music import midifile
from antiphon.offline import PHRASE
from antiphon.takes import takefile

OUT = Path("out.mid")
WAYS = (("0.4", "songbook"), ("1.5", "songbook"), ("1.5", "default"))


def model_of(take: Path) -> str:
    return str(takefile.read(take)[0].frame.said["model"])


def tracks(path: Path) -> list[str]:
    return [track.name for track in midifile.read(path)[1:]]


def test_a_rehearsal_writes_both_sides_and_says_what_it_wrote(antiphon: Antiphon, phrase: Path) -> None:
    done = antiphon("rehearse", phrase, "--output", OUT)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("out.mid: player 3 notes, Antiphon ")
    assert tracks(OUT) == ["player", "Antiphon"]


def test_the_same_input_and_seed_give_the_same_bytes_and_another_seed_others(antiphon: Antiphon, phrase: Path) -> None:
    written = []
    for seed in (7, 7, 8):
        antiphon("rehearse", phrase, "-o", OUT, "--seed", seed)
        written.append(OUT.read_bytes())
    assert written[0] == written[1]
    assert written[0] != written[2]


@pytest.mark.parametrize(
    ("flag", "setting"),
    [
        (["--seed", "9"], "seed=9"),
        (["--temperature", "0.4"], "temperature=0.4"),
        (["--top-p", "0.3"], "top_p=0.3"),
    ],
)
def test_a_flag_and_its_setting_are_the_same(antiphon: Antiphon, phrase: Path, flag: list[str], setting: str) -> None:
    written = []
    for arguments in (flag, ["--set", setting], []):
        antiphon("rehearse", phrase, "-o", OUT, *arguments)
        written.append(OUT.read_bytes())
    assert written[0] == written[1] != written[2]


def test_a_flag_wins_over_its_setting(antiphon: Antiphon, phrase: Path) -> None:
    antiphon("rehearse", phrase, "-o", OUT, "--seed", 5)
    antiphon("rehearse", phrase, "-o", "other.mid", "--set", "seed=9", "--seed", 5)
    assert OUT.read_bytes() == Path("other.mid").read_bytes()


def test_settings_reach_the_answer(antiphon: Antiphon, phrase: Path) -> None:
    settings = ("lowest=60", "highest=60", "channel=3", "pedal=off")
    antiphon("rehearse", phrase, "-o", OUT, *(word for setting in settings for word in ("--set", setting)))
    [ours] = [track for track in midifile.read(OUT) if track.name == "Antiphon"]
    assert {timed.message[:2] for timed in ours.messages} == {b"\x92\x3c", b"\x82\x3c"}


def test_the_roll_is_drawn_where_it_is_asked_for(antiphon: Antiphon, phrase: Path) -> None:
    done = antiphon("rehearse", phrase, "-o", OUT, "--roll")
    assert re.search(r"\n     ░░ player   ██ Antiphon(   a row is [2346] semitones)?\n", done.out)
    assert "░" in done.out.split("\n")[0] or "█" in done.out.split("\n")[0]


def test_an_output_can_take_the_place_of_the_input(antiphon: Antiphon, phrase: Path) -> None:
    assert antiphon("rehearse", phrase, "-o", phrase).status == 0
    assert tracks(phrase) == ["player", "Antiphon"]


def test_each_track_of_a_rehearsal_is_an_input_to_its_zones(antiphon: Antiphon, tmp_path: Path) -> None:
    left = mido.MidiTrack([mido.MetaMessage("track_name", name="Left hand")])
    left += [mido.Message("note_on", note=key, velocity=70) for key in (48, 52, 55)]
    right = mido.MidiTrack([mido.MetaMessage("track_name", name="Right hand")])
    right += [mido.Message("note_on", note=73, velocity=70), mido.Message("note_off", note=73, time=960)]
    mido.MidiFile(tracks=[left, right]).save(tmp_path / "hands.mid")
    chord = ("--zone", "in left = harmony", "--set", "lock=chord", "--set", "chord_below=0", "--set", "turn=pause")
    done = antiphon("rehearse", "hands.mid", "-o", OUT, "--take", "take.mid", *chord, "--set", "chord_latch=on")
    assert done.out.startswith("out.mid: player 4 notes, Antiphon ")
    ours = midifile.events(next(track for track in midifile.read(OUT) if track.name == "Antiphon").messages)
    assert {event.pitch % 12 for event in ours if event.starts and event.pitch} - {64} <= {0, 4, 7}
    assert tracks(Path("take.mid")) == ["player", "Antiphon", "harmony"]
    assert antiphon("replay", "take.mid", "-o", "again.mid").status == 0
    refused = antiphon("rehearse", "hands.mid", "-o", OUT, "--zone", "in left = harmonic")
    assert (refused.status, "there are: plays, harmony, commands" in refused.error) == (2, True)


def test_a_zone_of_no_track_is_refused_with_the_names_of_those_there_are(
    antiphon: Antiphon, phrase: Path, tmp_path: Path
) -> None:
    tune = (mido.Message("note_on", note=60, velocity=70), mido.Message("note_off", note=60, time=480))
    named = [mido.MidiTrack([mido.MetaMessage("track_name", name=name), *tune]) for name in ("Left hand", "Right hand")]
    mido.MidiFile(tracks=named).save(tmp_path / "hands.mid")
    for source, there in (("hands.mid", "there are: Left hand, Right hand"), ("phrase.mid", "none has a name")):
        refused = antiphon(
            "rehearse", source, "-o", OUT, "--zone", "keys 0..47 = harmony", "--zone", "in nowhere=harmony"
        )
        said = f"zone 'in nowhere = harmony': no track of {source} is named so; {there}"
        assert (refused.status, refused.error) == (2, said)
        assert not OUT.exists()
    assert antiphon("rehearse", "hands.mid", "-o", OUT, "--zone", "in nowhere | RIGHT = harmony").status == 0


def test_rehearse_plays_in_the_mode_that_is_asked_for(antiphon: Antiphon, phrase: Path) -> None:
    done = antiphon("rehearse", phrase, "-o", OUT, "--mode", "harmony", "--set", "company=1", "--set", "lock=C major")
    assert "player 3 notes, Antiphon 3 notes, " in done.out


def test_the_model_that_is_asked_for_plays_in_a_scene_also_where_it_is_the_default(
    antiphon: Antiphon, phrase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some.toml").write_text('[scenes.late]\nmodel = "songbook"\n')
    monkeypatch.setenv("ANTIPHON_CONFIG", "some.toml")
    for asked, plays in (((), "songbook"), (("--model", "default"), "default"), (("--model", "songbook"), "songbook")):
        assert antiphon("rehearse", phrase, "-o", OUT, "--take", "take.mid", "--scene", "late", *asked).status == 0
        assert model_of(Path("take.mid")) == plays


@pytest.mark.parametrize("command", [("rehearse", "phrase.mid"), ("generate", "--notes", "9")])
def test_files_are_performed_by_file_then_environment_then_command_line(
    antiphon: Antiphon, phrase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def performed(*arguments: str) -> bytes:
        done = antiphon(*command, "-o", OUT, *arguments)
        assert (done.status, done.err) == (0, "")
        return OUT.read_bytes()

    asked = {(cool, name): performed("--temperature", cool, "--model", name) for cool, name in WAYS}
    assert len(set(asked.values())) == len(WAYS)
    (tmp_path / "some.toml").write_text('[parameters]\ntemperature = 0.4\n[model]\nname = "songbook"\n')
    assert performed("--config", "some.toml") == asked["0.4", "songbook"]
    monkeypatch.setenv("ANTIPHON_CONFIG", "some.toml")
    assert performed() == asked["0.4", "songbook"]
    monkeypatch.setenv("ANTIPHON_PARAMETERS_TEMPERATURE", "1.5")
    assert performed() == asked["1.5", "songbook"]
    monkeypatch.setenv("ANTIPHON_MODEL_NAME", "default")
    assert performed() == asked["1.5", "default"]
    assert performed("--set", "temperature=0.4", "--model", "songbook") == asked["0.4", "songbook"]
    monkeypatch.setenv("ANTIPHON_PARAMETERS_PUASE", "1")
    refused = antiphon(*command, "-o", OUT)
    assert (refused.status, "ANTIPHON_PARAMETERS_PAUSE?" in refused.error) == (2, True)


def test_a_rehearsal_begins_from_the_music_of_the_configuration(
    antiphon: Antiphon, phrase: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def performed(*arguments: str) -> bytes:
        antiphon("rehearse", phrase, "-o", OUT, *arguments)
        return OUT.read_bytes()

    without, primed = performed(), performed("--prime", str(PHRASE))
    monkeypatch.setenv("ANTIPHON_MODEL_PRIME", str(PHRASE))
    assert performed() == primed != without
    assert performed("--scene", "trade-fours") == performed("--scene", "trade-fours", "--prime", str(PHRASE))


@pytest.mark.parametrize("notes", [1, 25])
def test_generate_gives_so_many_notes(antiphon: Antiphon, notes: int) -> None:
    done = antiphon("generate", "--notes", notes, "-o", OUT)
    assert f"out.mid: prime 0 notes, Antiphon {notes} notes, " in done.out
    assert tracks(OUT) == ["prime", "Antiphon"]


def test_generate_holds_the_prime_on_a_track_of_its_own(antiphon: Antiphon, phrase: Path) -> None:
    done = antiphon("generate", "--prime", phrase, "--seconds", 4, "-o", OUT)
    assert done.out.startswith("out.mid: prime 3 notes, Antiphon ")
    assert tracks(OUT) == ["prime", "Antiphon"]


def test_generate_refuses_a_parameter_that_means_nothing_to_it_but_in_a_configuration(
    antiphon: Antiphon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = antiphon("generate", "-o", OUT, "--set", "seed=3", "--set", "mode=duet")
    assert refused.status == 2
    assert refused.error.startswith("mode means nothing to generate, which plays with nobody; it goes by seed, tempo, ")
    assert not OUT.exists()
    assert antiphon("generate", "-o", OUT, "--notes", "9", "--set", "transpose_out=12").status == 0
    monkeypatch.setenv("ANTIPHON_PARAMETERS_MODE", "duet")
    monkeypatch.setenv("ANTIPHON_PARAMETERS_TRANSPOSE_OUT", "12")
    assert antiphon("generate", "-o", "other.mid", "--notes", "9").status == 0
    assert OUT.read_bytes() == Path("other.mid").read_bytes()


def test_generate_gives_30_s_unless_told(antiphon: Antiphon) -> None:
    antiphon("generate", "-o", "a.mid")
    antiphon("generate", "-o", "b.mid", "--seconds", 30)
    assert Path("a.mid").read_bytes() == Path("b.mid").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nosuch.mid",), "nosuch.mid: no such file; check the name"),
        ((".",), ".: is a folder; name a .mid file in it"),
        (("text.mid",), "text.mid: not a readable MIDI file (it has no MIDI header); export it again"),
        (("cut.mid",), "cut.mid: not a readable MIDI file (it ends too early); export it again"),
        (("empty.mid",), "empty.mid: not a readable MIDI file (it is empty); export it again"),
        (("silent.mid",), "silent.mid: no notes in this file; give one that holds music"),
        (("phrase.mid", "--model", "nosuch"), "no model 'nosuch': there are "),
        (("phrase.mid", "--model", "phrase.mid"), "no model 'phrase.mid': there are "),
    ],
)
@pytest.mark.parametrize("command", ["rehearse", "generate"])
def test_what_cannot_be_read_fails_with_one_line_that_names_it(
    antiphon: Antiphon, phrase: Path, command: str, arguments: tuple[str, ...], said: str
) -> None:
    Path("text.mid").write_text("a song", encoding="utf-8")
    Path("cut.mid").write_bytes(phrase.read_bytes()[:-9])
    Path("empty.mid").touch()
    pedalled = mido.MidiTrack([mido.Message("control_change", control=64, value=127)])
    mido.MidiFile(tracks=[pedalled]).save("silent.mid")
    source = arguments if command == "rehearse" else ("--prime", *arguments)
    done = antiphon(command, *source, "-o", OUT)
    assert done.status == 1
    assert done.error.startswith(said)
    assert not OUT.exists()


@pytest.mark.parametrize("output", ["missing/out.mid", "folder", "phrase.mid/out.mid"])
def test_what_cannot_be_written_fails_with_one_line_that_names_it(
    antiphon: Antiphon, phrase: Path, output: str
) -> None:
    Path("folder").mkdir()
    done = antiphon("rehearse", phrase, "-o", output)
    assert done.status == 1
    assert done.error.startswith(f"{output}: cannot write here (")
    assert done.error.endswith("; choose another --output")


def test_a_name_that_is_not_text_is_a_name(antiphon: Antiphon, phrase: Path) -> None:
    done = antiphon("rehearse", phrase, "-o", "\udcff ünïcødé [red].mid")
    assert done.status == 0
    assert "ünïcødé [red].mid: player 3 notes" in done.out
