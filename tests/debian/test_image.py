"""The Dockerfile: built on a bare Debian 12, and run with its page alone and on a JACK server outside."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.debian.machine import REPOSITORY, Images, Machine, call
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

pytestmark = [pytest.mark.debian, pytest.mark.midi, pytest.mark.timeout(900)]

NAME = "localhost/antiphon:test"
ADDRESS = "10.77.0.2"

# Asks for a solo on the page's stream, and waits to be shown what Antiphon is about to play.
GUEST = """
import asyncio, json, sys, websockets
async def visit(url, token):
    async with websockets.connect(url, additional_headers={"Cookie": f"antiphon={token}"}) as page:
        await page.send(json.dumps({"change": {"mode": "solo"}}))
        async with asyncio.timeout(20):
            async for text in page:
                if json.loads(text).get("snapshot", {}).get("ahead"):
                    return print("playing")
asyncio.run(visit(*sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def image(images: Images) -> str:
    images.build(REPOSITORY, NAME)
    return NAME


@pytest.fixture
def files(images: Images, image: str) -> Iterator[Path]:
    with images.files(image) as files:
        yield files


def test_the_image_runs_as_nobody_special_and_holds_no_builder(images: Images, image: str, files: Path) -> None:
    config = images.config(image)
    asked = (config["User"], config["StopSignal"], config["Entrypoint"])
    assert asked == ("antiphon", "SIGTERM", ["antiphon-start"])
    held = {path.name for path in files.glob("opt/antiphon/lib/*/site-packages/*")}
    assert "antiphon" in held
    assert {"pip", "setuptools", "hatchling", "torch", "onnx"} & held == set()


def test_in_the_image_every_command_works(files: Path, tmp_path: Path) -> None:
    command = ["antiphon-start", "antiphon", "generate", "--notes", "8", "--output", "/tmp/x.mid"]
    said = Machine(files, command, "antiphon", _path(), log=tmp_path / "log").wait(60)
    assert "8 notes" in said


def test_without_midi_it_plays_for_whoever_has_the_link_to_its_page(files: Path, tmp_path: Path) -> None:
    machine = Machine(files, ["antiphon-start"], "antiphon", _path(), address=ADDRESS, log=tmp_path / "log")
    try:
        wait_until(lambda: "/?token=" in machine.said or not machine.running(), 60, lambda: machine.said)
        link = next(word for word in machine.said.split() if "/?token=" in word)
        assert link.startswith(f"http://{ADDRESS}:8765/?token=")
        stream = f"ws://{ADDRESS}:8765/ws"
        inside = ["nsenter", "--target", str(machine.pid), "--net", sys.executable, "-c", GUEST]
        assert call(*inside, stream, link.partition("token=")[2]) == "playing\n"
    finally:
        machine.end()


def test_with_the_sockets_of_a_jack_server_outside_it_plays_there(
    files: Path, jack: Jack, player: Player, tmp_path: Path
) -> None:
    env = {**_path(), **jack.env}
    machine = Machine(
        files, ["antiphon-start", "--no-page"], env=env, bind=["/dev/shm"], address=ADDRESS, log=tmp_path / "log"
    )
    try:
        wait_until(lambda: "Antiphon in:in" in jack.lsp() or not machine.running(), 60, lambda: machine.said)
        jack.connect(player.output, "Antiphon in:in")
        jack.connect("Antiphon out:out", player.input)
        player.play(
            [(0.25 * n + end, bytes((0x80 if end else 0x90, 60 + n, 80))) for n in range(8) for end in (0, 0.2)]
        )
        wait_until(lambda: len(player.messages) > 4, 30, lambda: f"{player.messages}\n{machine.said}")
    finally:
        machine.end()
    wait_until(lambda: player.sounding == [], 5, lambda: f"{player.sounding}")


def _note(start: float, key: int) -> list[tuple[float, bytes]]:
    return [(start, bytes((0x90, key, 80))), (start + 0.2, bytes((0x80, key, 64)))]


def _path() -> dict[str, str]:
    return {"PATH": "/opt/antiphon/bin:/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp"}
