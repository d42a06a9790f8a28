"""Each shipped scene on the guide's phrase: what is made now is what the scene says, and so is what the guide shows."""

# Without matplotlib the file is left out, before it imports what needs it.
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

pytest.importorskip("matplotlib")

from tests.bench import examples

from antiphon.core.scenes import SHIPPED
from antiphon.music import midifile
from antiphon.music.notes import Note, notes
from antiphon.offline import OURS, PLAYER

pytestmark = pytest.mark.train
DOCS: Final = Path(__file__).parents[2] / "docs"
PNG: Final = b"\x89PNG\r\n\x1a\n"
FOUR_BARS_S: Final = 8.0


def mean(side: list[Note]) -> float:
    return sum(note.pitch for note in side) / len(side)


IS_ITSELF: Final[dict[str, Callable[[list[Note], list[Note]], bool]]] = {
    "answer-me": lambda player, ours: ours[0].begins > max(note.begins for note in player),
    "comp-for-me": lambda player, ours: ours[0].begins < player[-1].begins and mean(ours) < mean(player),
    "shadow-harmony": lambda player, ours: {note.begins for note in ours} <= {note.begins for note in player},
    "trade-fours": lambda player, ours: ours[0].begins > player[0].begins + FOUR_BARS_S - 0.1,
    "night-piano": lambda player, ours: {36 <= note.pitch <= 84 for note in ours} == {True},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    assert len(examples.of_scenes(folder)) == len(SHIPPED)
    return folder


def sides(path: Path) -> tuple[list[Note], list[Note]]:
    tracks = {track.name: notes(midifile.events(track.messages)) for track in midifile.read(path)}
    player, ours = (sorted(tracks[name], key=lambda note: note.begins) for name in (PLAYER, OURS))
    return player, ours


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scene_is_itself_and_the_guide_shows_it(made: Path, name: str) -> None:
    guide, shown = (DOCS / "playing.md").read_text(), DOCS / "examples" / name
    for path in (made / name, shown):
        assert IS_ITSELF[name](*sides(path.with_suffix(".mid"))), "python -m tests.bench.examples docs/examples"
        assert path.with_suffix(".png").read_bytes().startswith(PNG)
    assert sides(made / f"{name}.mid")[0] == sides(shown.with_suffix(".mid"))[0]
    assert f"[{name}](examples/{name}.mid) | ![](examples/{name}.png)" in guide
