"""From files of every kind to one corpus: what is taken in, what is left out, and why."""

import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import pytest

from antiphon.errors import CorpusError
from antiphon.music.events import Event, Voice, note_off, note_on, pedal
from antiphon_training import corpus, reading, sources
from antiphon_training.corpus import Corpus
from antiphon_training.reading import RECORD

Note = tuple[int, int, int, int]
"""Beginning and end in ms, pitch, velocity."""
PHRASE: list[Note] = [(0, 400, 60, 80), (250, 600, 64, 70), (500, 900, 67, 90)]


def midi(*parts: tuple[str, list[Note]], treads: tuple[tuple[int, int], ...] = ()) -> bytes:
    """A .mid file of named parts, 1 tick = 1 ms, each on a channel; treads are ms and value of CC 64."""
    file, packed = mido.MidiFile(ticks_per_beat=500), io.BytesIO()
    for channel, (name, notes) in enumerate(parts):
        rows = [(ms, 1, bytes((0x90 | channel, pitch, velocity))) for ms, _, pitch, velocity in notes]
        rows += [(ms, 0, bytes((0x80 | channel, pitch, 64))) for _, ms, pitch, _ in notes]
        rows += [(ms, 0, bytes((0xB0 | channel, 64, value))) for ms, value in treads]
        track, now = file.add_track(name), 0
        for ms, _, message in sorted(rows):
            track.append(mido.Message.from_bytes(message, time=ms - now))
            now = ms
    file.save(file=packed)
    return packed.getvalue()


def phrase(transposed: int = 0) -> bytes:
    return midi(("piano", [(start, stop, pitch + transposed, loud) for start, stop, pitch, loud in PHRASE]))


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def prepared(tmp_path: Path, *data: Path) -> Corpus:
    return corpus.prepare(data, tmp_path / "out" / "corpus")


def rejected(tmp_path: Path) -> dict[str, str]:
    return dict(json.loads((tmp_path / "out" / "corpus.json").read_text(encoding="utf-8"))["rejected"])


def splits(found: Corpus) -> dict[str, str]:
    return {piece.name: piece.split for piece in found.pieces}


def complaint(tmp_path: Path, *data: Path) -> str:
    with pytest.raises(CorpusError) as error:
        prepared(tmp_path, *data)
    return str(error.value)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:xz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


FILES = {"songs/train/one two 🎹.mid": phrase(), "songs/test/Фуга.MIDI": phrase(1), "songs/LICENSE.txt": b"MIT"}


def test_a_piece_is_its_events_in_order_from_0_ms(tmp_path: Path) -> None:
    notes: list[Note] = [(1000, 1400, 64, 80), (1000, 1400, 60, 70), (1400, 1500, 60, 90)]
    found = prepared(tmp_path, lay(tmp_path / "data", {"a.mid": midi(("", notes), treads=((1200, 127), (1450, 0)))}))
    assert found.of(found.pieces[0]).tolist() == [
        (0, 60, 70, 0),
        (0, 64, 80, 0),
        (200, 128, 127, 0),
        (400, 60, 0, 0),
        (400, 64, 0, 0),
        (400, 60, 90, 0),
        (450, 128, 0, 0),
        (500, 60, 0, 0),
    ]


def test_a_corpus_is_read_as_it_was_prepared(tmp_path: Path) -> None:
    made = prepared(tmp_path, lay(tmp_path / "my data", FILES))
    again = corpus.read(tmp_path / "out" / "corpus")
    assert again.pieces == made.pieces
    assert np.array_equal(again.records, made.records)
    assert [piece.stop - piece.start for piece in again.pieces] == [6, 6]


def test_folders_and_archives_hold_the_same_music(tmp_path: Path) -> None:
    data = [
        lay(tmp_path / "songs folder", FILES),
        tarred(tmp_path / "songs.tar.xz", FILES),
        zipped(tmp_path / "songs.zip", FILES),
    ]
    found = [prepared(tmp_path, one) for one in data]
    assert [splits(one) for one in found] == [{"Фуга.MIDI": "test", "one two 🎹.mid": "train"}] * 3
    assert [one.records.tobytes() for one in found] == [found[0].records.tobytes()] * 3
    assert [piece.source for one in found for piece in one.only("test").pieces] == ["songs folder", "songs", "songs"]


def test_a_single_file_is_a_corpus(tmp_path: Path) -> None:
    data = lay(tmp_path, {"valid/x.mid": phrase()}) / "valid" / "x.mid"
    assert splits(prepared(tmp_path, data)) == {"x.mid": "valid"}


def test_a_manifest_says_the_split_of_its_own_files(tmp_path: Path) -> None:
    manifest = "\ufefffile,split\none/same.mid,test\ntwo/same.mid,valid\nthree.mid,nowhere\n"
    files = {"one/same.mid": phrase(), "two/same.mid": phrase(1), "train/three.mid": phrase(2)}
    data = lay(tmp_path / "data", {**files, "manifest.csv": manifest.encode()})
    assert [piece.split for piece in prepared(tmp_path, data).pieces] == ["test", "train", "valid"]


def test_a_manifest_that_is_no_table_is_named(tmp_path: Path) -> None:
    rubbish = b"file,split\n" + b'"' + b"x" * 200_000
    data = lay(tmp_path / "data", {"a.mid": phrase(), "manifest.csv": rubbish})
    assert complaint(tmp_path, data).startswith(f"{data}/manifest.csv: not a readable manifest (")


def test_a_manifest_of_any_bytes_never_stops_the_rest(tmp_path: Path) -> None:
    data = lay(tmp_path / "data", {"test/a.mid": phrase(), "manifest.csv": b"\xff\xfe\nsplit\n,,,,\n"})
    assert splits(prepared(tmp_path, data)) == {"a.mid": "test"}


def test_without_manifest_or_folder_most_pieces_are_for_learning_and_the_deal_never_changes(tmp_path: Path) -> None:
    # Folders above the data say nothing: were it otherwise, all pieces below /home/me/test would be left unlearned.
    data = lay(
        tmp_path / "test" / "mine", {f"{n}.mid": midi(("", [(0, 9 + n, 60, 9), (5, 9, 64, 9)])) for n in range(60)}
    )
    dealt = list(splits(prepared(tmp_path, data)).values())
    assert {split: dealt.count(split) for split in sources.SPLITS} == {"train": 51, "valid": 6, "test": 3}


def test_what_cannot_be_learned_from_is_left_out_with_the_reason(tmp_path: Path) -> None:
    files = {
        "a good.mid": phrase(),
        "b again.mid": midi(
            ("left", [(start + 70, stop + 70, pitch, loud) for start, stop, pitch, loud in PHRASE]), treads=((0, 127),)
        ),
        "c empty.mid": b"",
        "d silent.mid": midi(("piano", [])),
        "e one note.mid": midi(("piano", PHRASE[:1])),
        "f cut short.mid": phrase()[:-5],
        "g text.mid": b"no music at all",
        "h endless.mid": midi(("piano", [(ms, ms + 9, 60, 60) for ms in range(0, 2**31 + 2**28, 2**28 - 1)])),
    }
    data = lay(tmp_path / "data", files)
    (data / "i gone.mid").symlink_to(data / "nowhere.mid")
    (data / "j folder.mid").mkdir()

    found = prepared(tmp_path, data)

    assert [piece.name for piece in found.pieces] == ["a good.mid"]
    assert rejected(tmp_path) == {
        "b again.mid": "the same notes as a good.mid",
        "c empty.mid": "not a readable MIDI file (it is empty); export it again",
        "d silent.mid": "fewer than two notes",
        "e one note.mid": "fewer than two notes",
        "f cut short.mid": "not a readable MIDI file (it ends too early); export it again",
        "g text.mid": "not a readable MIDI file (it has no MIDI header); export it again",
        "h endless.mid": "longer than 24 days",
        "i gone.mid": "no such file; check the name",
    }


def test_links_to_files_are_followed_and_loops_of_folders_are_not(tmp_path: Path) -> None:
    lay(tmp_path / "elsewhere", {"x.mid": phrase()})
    data = tmp_path / "data"
    data.mkdir()
    (data / "link.mid").symlink_to(tmp_path / "elsewhere" / "x.mid")
    (data / "loop").symlink_to(data)
    assert [piece.name for piece in prepared(tmp_path, data).pieces] == ["link.mid"]


def test_the_same_data_gives_the_same_corpus_byte_for_byte(tmp_path: Path) -> None:
    data = tarred(tmp_path / "data.tar.xz", {**FILES, "songs/bad.mid": b"bad", "songs/again.mid": phrase()})
    outputs = []
    for name in ("one", "two"):
        corpus.prepare([data], tmp_path / name)
        outputs.append([(tmp_path / f"{name}{ending}").read_bytes() for ending in (".npy", ".json")])
    assert outputs[0] == outputs[1]


def test_a_corpus_keeps_the_name_it_is_given_and_leaves_nothing_else(tmp_path: Path) -> None:
    data = lay(tmp_path / "data", FILES)
    for name in ("v1.1", "v1.2.npy"):
        corpus.prepare([data], tmp_path / "out" / name)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["v1.1.json", "v1.1.npy", "v1.2.json", "v1.2.npy"]
    assert corpus.read(tmp_path / "out" / "v1.2.npy").pieces == corpus.read(tmp_path / "out" / "v1.1").pieces


def test_a_name_that_is_not_unicode_is_kept(tmp_path: Path) -> None:
    data = lay(tmp_path / "data", {os.fsdecode(b"caf\xe9.mid"): phrase()})
    assert [piece.name for piece in prepared(tmp_path, data).pieces] == ["caf\udce9.mid"]
    assert [piece.name for piece in corpus.read(tmp_path / "out" / "corpus").pieces] == ["caf\udce9.mid"]


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("name", ["../../escape.mid", "/escape.mid", "a/../../../escape.mid"])
def test_an_archive_writes_nothing_outside_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[Path, dict[str, bytes]], Path], name: str
) -> None:
    scratch = tmp_path / "x" / "y" / "scratch"
    scratch.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    archive = pack(tmp_path / "trap", {name: phrase()})

    found = prepared(tmp_path, archive)

    assert [piece.name for piece in found.pieces] == ["escape.mid"]
    assert [
        path for path in [*tmp_path.rglob("*"), Path("/escape.mid")] if path.name == "escape.mid" and path.exists()
    ] == []


def test_a_link_in_an_archive_leads_nowhere(tmp_path: Path) -> None:
    secret = lay(tmp_path, {"secret.mid": phrase()}) / "secret.mid"
    path = tarred(tmp_path / "first.tar.xz", {"good.mid": phrase(1)})
    with tarfile.open(tmp_path / "trap.tar", "w") as archive:
        for name, target in (("link.mid", secret), ("folder", tmp_path)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, str(target)
            archive.addfile(member)
    assert [piece.name for piece in prepared(tmp_path, path, tmp_path / "trap.tar").pieces] == ["good.mid"]


def test_data_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("nowhere", "nowhere.mid", "nowhere.zip"):
        assert complaint(tmp_path, tmp_path / name) == f"{tmp_path}/{name}: no such file or folder; check the name"


def test_a_folder_with_nothing_to_learn_from_is_named_with_the_reason(tmp_path: Path) -> None:
    empty, bad = tmp_path / "empty", lay(tmp_path / "bad", {"x.mid": b""})
    empty.mkdir()
    assert complaint(tmp_path, empty) == f"nothing to learn from in {empty} (no .mid file there)"
    assert complaint(tmp_path, bad).startswith(
        f"nothing to learn from in {bad} (x.mid: not a readable MIDI file (it is"
    )


@pytest.mark.parametrize(("count", "end"), [(3, "again)"), (4, "; and 1 more)"), (1_500, "; and 1,497 more)")])
def test_where_no_file_can_be_read_three_are_named_and_all_are_counted(tmp_path: Path, count: int, end: str) -> None:
    bad = lay(tmp_path / "bad", {f"{n} ♯.mid": b"" for n in range(count)})
    with pytest.raises(CorpusError) as caught:
        corpus.gather([bad])
    for words in (complaint(tmp_path, bad), str(caught.value)):
        assert words.count("it is empty") == 3
        assert words.endswith(end)


@pytest.mark.parametrize("name", ["a.zip", "a.tar.xz", "a.tar.gz", "notes.txt"])
def test_what_is_no_archive_is_named(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, b"Dear diary, today I practised.")
    assert complaint(tmp_path, path).startswith(f"{path}: not a folder, a .mid file or a whole archive (")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_that_is_damaged_or_cut_short_anywhere_never_ends_in_a_traceback(
    tmp_path: Path, pack: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    whole = pack(tmp_path / "whole", FILES).read_bytes()
    for place in range(0, len(whole), 7):
        damaged = bytes((*whole[:place], whole[place] ^ 0xFF, *whole[place + 1 :]))
        for number, data in enumerate((whole[:place], damaged)):
            path = written(tmp_path / f"{number}.bin", data)
            assert outcome(path) in ("unpacked", f"{path}: not a folder, a .mid file or a whole archive")


def outcome(path: Path) -> str:
    """What comes of unpacking an archive: what is said of it, without the reason."""
    try:
        with sources.unpacked([path]):
            return "unpacked"
    except CorpusError as error:
        return str(error).partition(" (")[0]


def test_an_archive_with_a_password_is_named(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "locked.zip", {"a.mid": phrase()}).read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    assert "encrypted" in complaint(tmp_path, written(tmp_path / "locked.zip", bytes(data)))


def test_a_corpus_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    data = lay(tmp_path / "data", FILES)
    with pytest.raises(CorpusError, match="cannot write here"):
        corpus.prepare([data], written(tmp_path / "a file", b"") / "corpus")


@pytest.mark.parametrize(
    ("index", "array"),
    [
        (None, None),
        (b"", b""),
        (b"[]", None),
        (b"{}", None),
        (b'{"pieces": [{"name": 1}]}', None),
        (b"\xff", None),
        (None, b""),
        (None, b"\x93NUMPY"),
    ],
)
def test_a_missing_or_damaged_corpus_is_named(tmp_path: Path, index: bytes | None, array: bytes | None) -> None:
    path = tmp_path / "out" / "corpus"
    if index is not None or array is not None:
        prepared(tmp_path, lay(tmp_path / "data", FILES))
        for ending, content in ((".json", index), (".npy", array)):
            if content is not None:
                path.with_suffix(ending).write_bytes(content)
    with pytest.raises(CorpusError, match="not a corpus") as error:
        corpus.read(path)
    assert str(error.value).startswith(f"{path}: not a corpus (")


def test_two_files_that_do_not_belong_together_are_no_corpus(tmp_path: Path) -> None:
    prepared(tmp_path, lay(tmp_path / "data", FILES))
    np.save(tmp_path / "out" / "corpus.npy", np.zeros(3, RECORD))
    with pytest.raises(CorpusError, match="do not belong together"):
        corpus.read(tmp_path / "out" / "corpus")


def events(tmp_path: Path, *parts: tuple[str, list[Note]], treads: tuple[tuple[int, int], ...] = ()) -> list[Event]:
    return reading.piece_events(written(tmp_path / "x.mid", midi(*parts, treads=treads)))


@pytest.mark.parametrize(
    ("lead", "accompaniment"),
    [("right", "left"), ("MELODY", "bridge"), ("voice", "piano_right"), ("solo", "bass"), ("Soprano", "tenor")],
)
def test_parts_become_voices(tmp_path: Path, lead: str, accompaniment: str) -> None:
    played = events(tmp_path, (lead, [(0, 10, 70, 80)]), (accompaniment, [(0, 20, 40, 60)]))
    assert played == [
        note_on(0.0, 40, 60, Voice.ACCOMPANIMENT),
        note_on(0.0, 70, 80, Voice.LEAD),
        note_off(0.01, 70, Voice.LEAD),
        note_off(0.02, 40, Voice.ACCOMPANIMENT),
    ]


@pytest.mark.parametrize(
    ("parts", "voices"),
    [
        (("right", "left"), (1, 2)),
        (("Piano right", "Piano left"), (1, 2)),
        (("piano_right", "piano_left"), (1, 2)),
        (("melody", "bridge", "piano"), (1, 2, 2)),
        (("voice", "piano_right", "piano_left"), (1, 2, 2)),
        (("voice 1", "voice 2", "piano_right", "piano_left"), (1, 1, 2, 2)),
        (("solo", "bass", "chords"), (1, 2, 2)),
        (("soprano", "alto", "tenor", "bass"), (1, 2, 2, 2)),
        (("Melody", "Strings"), (1, 2)),
        (("Flute", "Piano"), (1, 2)),
        (("Flute", "Oboe"), (0, 0)),
        (("left", "bass"), (0, 0)),
        (("melody", "solo"), (0, 0)),
        (("piano",), (0,)),
        ((), ()),
    ],
)
def test_the_names_of_all_parts_together_say_who_leads(parts: tuple[str, ...], voices: tuple[int, ...]) -> None:
    assert tuple(map(int, reading.roles(parts))) == voices


@pytest.mark.parametrize(
    ("velocities", "dynamic"),
    [
        (((80, 80, 80), (60, 60, 60)), False),
        (((80, 80, 80), (60, 61, 62)), True),
        (((75,) * 19 + (99,),), False),
        (((75,) * 8 + (99, 98),), True),
    ],
)
def test_velocities_that_nobody_played_are_not_learned(
    tmp_path: Path, velocities: tuple[tuple[int, ...], ...], dynamic: bool
) -> None:
    parts = [
        (name, [(100 * n, 100 * n + 50, 60 + number, loud) for n, loud in enumerate(each)])
        for number, (name, each) in enumerate(zip(("solo", "bass"), velocities, strict=False))
    ]
    [piece] = prepared(tmp_path, lay(tmp_path / "data", {"a.mid": midi(*parts)})).pieces
    assert piece.dynamic is dynamic


def test_parts_that_all_play_one_role_are_no_parts(tmp_path: Path) -> None:
    played = events(tmp_path, ("left", [(0, 10, 70, 80)]), ("bass", [(0, 20, 40, 60)]))
    assert {event.voice for event in played} == {Voice.SOLO}


def struck(tmp_path: Path, *messages: tuple[int, str]) -> list[Event]:
    """The events of a track of messages, each so many ms after the one before."""
    track = mido.MidiTrack(mido.Message.from_bytes(bytes.fromhex(wire), time=ms) for ms, wire in messages)
    mido.MidiFile(ticks_per_beat=500, tracks=[track]).save(tmp_path / "x.mid")
    return reading.piece_events(tmp_path / "x.mid")


def test_a_note_of_no_length_ends_after_it_begins(tmp_path: Path) -> None:
    played = struck(tmp_path, (0, "90 3E 40"), (0, "80 3E 00"), (0, "90 3A 41"), (9, "80 3A 00"))
    assert played == [note_on(0.0, 58, 65), note_on(0.0, 62, 64), note_off(0.0, 62), note_off(0.009, 58)]


def test_a_key_struck_again_where_it_is_released_is_two_notes_in_whatever_order_the_file_has_them(
    tmp_path: Path,
) -> None:
    for order in ("90 3C 41", "80 3C 00"), ("80 3C 00", "90 3C 41"):
        played = struck(tmp_path, (0, "90 3C 40"), (200, order[0]), (0, order[1]), (300, "80 3C 00"))
        assert played == [note_on(0.0, 60, 64), note_off(0.2, 60), note_on(0.2, 60, 65), note_off(0.5, 60)]


def test_the_pedals_of_two_parts_are_one_pedal_of_the_part_that_pressed_it() -> None:
    lead, follow = Voice.LEAD, Voice.ACCOMPANIMENT
    treads = [pedal(0.0, True, follow), pedal(0.1, True, lead), pedal(0.2, False, follow), pedal(0.3, False, lead)]
    assert reading.records_of(treads).tolist() == [(0, 128, 127, 2), (300, 128, 0, 2)]


def test_no_events_are_no_records() -> None:
    assert reading.records_of([]).tolist() == []


def drawn(split: str) -> list[str]:
    """Names that the draw puts there, in the order in which others are taken from them."""
    names = sorted(map("{}.mid".format, range(200)), key=sources.digest)
    low, high = {"test": (0, 13), "valid": (13, 26), "train": (26, 256)}[split]
    return [name for name in names if low <= sources.digest(name)[0] < high]


UNFIT = {
    "unreadable": b"no music",
    "of one note": midi(("", PHRASE[:1])),
    "the same as another": phrase(),
}


@pytest.mark.parametrize("content", UNFIT.values(), ids=UNFIT)
def test_of_a_few_pieces_those_that_are_kept_can_be_read_and_judging_the_folder_knows_them(
    tmp_path: Path, content: bytes
) -> None:
    [*bad, to_test, to_judge, third] = drawn("train")[:5]
    bad += [drawn("test")[0], drawn("valid")[0]]
    good = {
        "train/0 first.mid": phrase(),
        **{name: phrase(at) for at, name in enumerate((to_test, to_judge, third), 1)},
    }
    data = lay(tmp_path / "mine", {**good, **dict.fromkeys((f"z/{name}" for name in bad), content)})
    dealt = {to_test: "test", to_judge: "valid", third: "train", "0 first.mid": "train"}
    assert splits(prepared(tmp_path, data)) == dealt
    judged = {split: corpus.gather([data], split)[0][1] for split in sources.SPLITS}
    kept = {name: split for split, found in judged.items() for name in splits(found) if name in dealt}
    assert kept == dealt
    assert all(set(splits(found).values()) == {split} for split, found in judged.items())


def test_the_few_pieces_of_each_folder_are_dealt_by_themselves(tmp_path: Path) -> None:
    names = drawn("train")
    folders = [
        lay(tmp_path / name, {file: phrase(at + 3 * number) for at, file in enumerate(names[:3])})
        for number, name in enumerate(("one", "two"))
    ]
    found = prepared(tmp_path, *folders)
    by_source = {(piece.source, piece.name): piece.split for piece in found.pieces}
    expected = dict(zip(names, ("test", "valid", "train"), strict=False))
    assert by_source == {(source, name): split for source in ("one", "two") for name, split in expected.items()}
    assert [found.of(piece)["key"][0] for piece in found.pieces] == [
        60 + at + 3 * number for number in range(2) for at in (names.index(name) for name in sorted(names[:3]))
    ]


@pytest.mark.parametrize(("count", "expected"), [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (12, (10, 1, 1))])
def test_of_a_few_pieces_one_each_is_kept_to_judge_by_and_to_test_by(
    tmp_path: Path, count: int, expected: tuple[int, int, int]
) -> None:
    names = [name for name in map("{}.mid".format, range(200)) if sources.digest(name)[0] >= 26]
    assert len(names) > 150, "by the draw alone all of these are in train"
    files = {name: phrase(at) for at, name in enumerate(names[:count])}
    dealt = splits(prepared(tmp_path, lay(tmp_path / "mine", files)))
    assert tuple(list(dealt.values()).count(split) for split in sources.SPLITS) == expected


def test_what_a_folder_or_a_manifest_says_is_never_dealt_anew(tmp_path: Path) -> None:
    files = {"train/a.mid": phrase(), "train/b.mid": phrase(1), "manifest.csv": b"file,split\nc.mid,train\n"}
    data = lay(tmp_path / "mine", {**files, "c.mid": phrase(2)})
    assert set(splits(prepared(tmp_path, data)).values()) == {"train"}


def test_where_nothing_is_there_to_judge_by_one_piece_in_twenty_is_set_aside(tmp_path: Path) -> None:
    notes = {f"train/{n}.mid": midi(("", [(0, 9 + n, 60, 9), (5, 9, 64, 9)])) for n in range(41)}
    found = prepared(tmp_path, lay(tmp_path / "mine", notes))
    aside = found.set_aside()
    assert (len(found.only("valid").pieces), len(aside.only("valid").pieces), len(aside.only("train").pieces)) == (
        0,
        3,
        38,
    )
    assert {piece.name for piece in aside.pieces} == {piece.name for piece in found.pieces}
    assert splits(aside.set_aside()) == splits(aside)
    alone = corpus.Corpus(found.records, found.pieces[:1])
    assert splits(alone.set_aside()) == splits(alone)
