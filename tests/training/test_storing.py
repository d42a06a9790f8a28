"""A corpus is written a piece at a time, and whatever the data are, what comes of them is a report."""

import json
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.training.pieces import improvised, midi

from antiphon.errors import CorpusError
from antiphon_training import cli, corpus, shown
from antiphon_training.reading import RECORD, Read
from antiphon_training.sources import File
from antiphon_training.storing import storing

HUGE = 200_000_000


def huge(path: Path) -> Path:
    """A .mid of 200 MB, all of it one track that never ends (and no room on the disk)."""
    with path.open("wb") as file:
        file.write(b"MThd" + struct.pack(">LHHH", 6, 0, 1, 500) + b"MTrk" + struct.pack(">L", HUGE - 22))
        file.truncate(HUGE)
    return path


def test_many_pieces_need_no_more_memory_than_few(tmp_path: Path) -> None:
    rng, peaks = np.random.default_rng(1), list[int]()
    for count in (10, 400):
        tracemalloc.start()
        with storing(tmp_path / "corpus") as store:
            for number in range(count):
                records = np.zeros(20_000, RECORD)
                records["key"], records["velocity"] = rng.integers(21, 109, 20_000), 64
                store.add(File(Path("x"), f"{number}.mid", "made", "train"), Read(records, dynamic=True))
        found = corpus.read(tmp_path / "corpus").only("train")
        assert (len(found.pieces), found.events()) == (count, count * 20_000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (tmp_path / "corpus.npy").stat().st_size > 400 * 20_000 * 7
    assert peaks[1] < peaks[0] + 200_000


def test_a_corpus_is_not_touched_by_one_that_fails(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(midi(improvised(1)))
    before = corpus.prepare([tmp_path / "a.mid"], tmp_path / "corpus")
    (tmp_path / "b.mid").write_bytes(b"no music")
    with pytest.raises(CorpusError, match="nothing to learn from"):
        corpus.prepare([tmp_path / "b.mid"], tmp_path / "corpus")
    assert corpus.read(tmp_path / "corpus").pieces == before.pieces
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mid", "b.mid", "corpus.json", "corpus.npy"]


def test_a_file_of_200_mb_is_left_out_unread_wherever_it_lies(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "my 🎹 music"
    data.mkdir()
    (data / "good one.mid").write_bytes(midi(improvised(1)))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(huge(data / "huge 🎵.mid"), "huge too.mid")
    tracemalloc.start()
    found = corpus.prepare([data, tmp_path / "packed.zip"], tmp_path / "corpus")
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert [piece.name for piece in found.pieces] == ["good one.mid"]
    why = "200 MB, and no piece is larger than 8; cut it in pieces"
    assert dict(found.rejected) == {"huge 🎵.mid": why, "huge too.mid": why}


def test_ten_thousand_broken_files_are_a_few_lines_of_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, chance, whole = tmp_path / "data", random.Random(1), midi(improvised(1, notes=8))
    data.mkdir()
    (data / "good.mid").write_bytes(whole)
    for number in range(10_000):
        cut = whole[: 1 + chance.randrange(len(whole) - 1)]
        broken = [b"", b"no music", cut, chance.randbytes(60), whole[:22] + chance.randbytes(40)][number % 5]
        (data / f"{number} ♯.mid").write_bytes(broken)
    monkeypatch.setattr("sys.argv", ["antiphon-train", "prepare", str(data), "-o", str(tmp_path / "corpus")])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err.splitlines()
    assert ended.value.code == 0
    assert said[0].startswith(f"{tmp_path}/corpus: 1 pieces (")
    assert len(said) < 12
    reason = "not a readable MIDI file (it is empty); export it again"
    assert f"left out: 2,000 files: {reason} (0 ♯.mid, 10 ♯.mid, 100 ♯.mid, ...)" in said
    assert len(corpus.read(tmp_path / "corpus").rejected) == 10_000


def test_what_is_left_out_is_told_by_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    shown.left_out([("a", "x"), ("b", "the same notes as y"), *((f"{n}.mid", "it is empty") for n in range(5))])
    assert capsys.readouterr().err.splitlines() == [
        "left out: 5 files: it is empty (0.mid, 1.mid, 2.mid, ...)",
        "left out: a: x",
        "left out: b: the same notes as y",
    ]
    shown.left_out([("a", "the same notes as b"), ("c", "the same notes as d")])
    assert capsys.readouterr().err == "left out: 2 files: the same notes as another (a, c)\n"


def test_the_index_is_json_that_anyone_can_read(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(midi(improvised(1)))
    (tmp_path / "b.mid").write_bytes(b"")
    made = corpus.prepare([tmp_path], tmp_path / "corpus")
    index = json.loads((tmp_path / "corpus.json").read_text())
    assert [(piece["name"], piece["start"], piece["stop"]) for piece in index["pieces"]] == [
        ("a.mid", 0, made.events())
    ]
    assert index["rejected"] == [["b.mid", "not a readable MIDI file (it is empty); export it again"]]
