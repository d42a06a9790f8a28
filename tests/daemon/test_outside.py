"""What becomes of a configuration that is read again while we play: what holds, what waits, and what does not fit."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from antiphon.bus import Bus
from antiphon.config import learned
from antiphon.config.layers import configured
from antiphon.core.parameters import Value
from antiphon.notify import Systemd
from antiphon.outside import Hooks, Outside

AGAIN = "takes effect when Antiphon is started again"


class House:
    """A configuration, and what a guard that plays by it is asked for.

    rewired   what it was told to listen and play to
    """

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture, text: str) -> None:
        self.file, self._caplog = folder / "mine.toml", caplog
        self.write(text)
        configuration = configured(self.file)
        outside = Outside(None, Systemd.found({}), lambda url: None)
        self.hooks = Hooks(outside, configuration, lambda: configured(self.file))
        self.told, self.rewired = list[str](), list[dict[str, Any]]()
        self.bus = Bus(
            configuration.parameters.values,
            configuration["controls.map"],
            lambda name: None,
            lambda: None,
            self.told.append,
            self.hooks.learned,
        )

    def write(self, text: str) -> None:
        self.file.write_text(f"version = 1\n{text}")

    def reload(self, text: str) -> list[str]:
        """What is said when the file is read again with that in it."""
        self.write(text)
        self._caplog.clear()
        self.hooks.reload(self.bus.values, self.bus.change, lambda **wanted: self.rewired.append(wanted))
        return [record.getMessage() for record in self._caplog.records]

    def values(self, *names: str) -> list[Value]:
        return [self.bus.values[name] for name in names]


@pytest.fixture
def caplog(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


SCENES = '[scenes.one]\nmode = "duet"\nchannel = {}\n'


def test_scenes_that_were_changed_added_or_taken_out_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, caplog, SCENES.format(5) + "[scenes.old]\nprogram = 7\n")
    assert house.reload(SCENES.format(6) + '[scenes.new]\nmode = "solo"\n') == [
        "configuration read again: nothing changes at once",
        f"scenes.one, scenes.old, scenes.new: {AGAIN}",
    ]
    assert house.reload(SCENES.format(6) + '[scenes.new]\nmode = "solo"\n') == [
        "configuration read again: nothing to change while playing"
    ]


def test_scenes_that_take_what_was_changed_from_the_parameters_are_named_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shipped = "scenes.answer-me, scenes.comp-for-me, scenes.shadow-harmony, scenes.trade-fours, scenes.night-piano"
    house = House(tmp_path, caplog, SCENES.format(5))
    assert house.reload("[parameters]\nchannel = 3\n" + SCENES.format(5)) == [
        "configuration read again: channel = 3",
        f"{shipped}: what they take from [parameters] (channel) {AGAIN}",
    ]
    assert house.reload("[parameters]\nchannel = 3\ngo_on = 7\n" + SCENES.format(5)) == [
        "configuration read again: go_on = 7.0",
        f"{shipped}, scenes.one: what they take from [parameters] (go_on) {AGAIN}",
    ]


def of(said: Sequence[str]) -> list[str]:
    return [line for line in said if not line.startswith("scenes.")]


def test_what_clashes_with_what_was_turned_keeps_nothing_else_back_and_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, caplog, "")
    house.bus.change({"highest": 50})
    text = "[parameters]\nlowest = 60\nlongest_rest = 7\ngo_on = 11\n"
    clash = "lowest cannot be so now, and is tried again at the next reading: lowest=60 is above highest=50; set both"
    assert of(house.reload(text)) == ["configuration read again: go_on = 11.0, longest_rest = 7.0", clash]
    assert house.values("lowest", "highest", "longest_rest", "go_on") == [21, 50, 7.0, 11.0]
    assert of(house.reload(text)) == ["configuration read again: nothing changes at once", clash]
    house.bus.change({"highest": 100, "go_on": 3.0})
    assert of(house.reload(text)) == ["configuration read again: lowest = 60"]
    assert house.values("lowest", "go_on") == [60, 3.0]
    assert of(house.reload(text)) == ["configuration read again: nothing to change while playing"]
    assert house.told == []


def test_values_that_fit_together_only_are_taken_up_beside_one_that_does_not_fit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, caplog, "")
    house.bus.change({"highest": 50, "reply_shortest": 20.0, "reply_longest": 25.0})
    house.reload("[parameters]\nlowest = 60\nhighest = 80\nreply_longest = 15\n")
    assert house.values("lowest", "highest", "reply_longest") == [60, 80, 25.0]


PORTS = '[ports]\ninputs = ["casio"]\noutputs = ["{}"]\nzones = ["{}"]\n[thru]\non = {}\nchannels = [{}]\n'


@pytest.mark.parametrize(
    ("others", "rewired"),
    [
        (("pianoteq", "in casio = harmony", "true", 1), []),
        (("pianoteq", "in casio = harmony", "true", 2), [{"thru": {"inputs": (), "channels": (2,)}}]),
        (("pianoteq", "in casio = harmony", "false", 1), [{"thru": False}]),
        (("fluid", "in casio = harmony", "true", 1), [{"outs": ("fluid",)}]),
        (("pianoteq", "in casio = commands", "true", 1), [{"zones": ("in casio = commands",)}]),
    ],
)
def test_of_ports_zones_and_thru_only_what_differs_in_the_file_is_changed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, others: Sequence[Any], rewired: list[dict[str, Any]]
) -> None:
    house = House(tmp_path, caplog, PORTS.format("pianoteq", "in casio = harmony", "true", 1))
    house.reload(PORTS.format(*others))
    assert house.rewired == rewired


def test_a_control_that_was_changed_in_the_file_does_not_come_back_as_a_learned_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, caplog, '[controls]\nmap = ["cc 20 = temperature"]\n')
    house.reload('[controls]\nmap = ["cc 20 = density"]\n')
    house.bus.hear({"what": "learn", "target": "patience"})
    house.bus.command({"what": "learned", "message": "b01e40"})
    assert learned.read(tmp_path / "controls.txt") == ("cc 30 on 1 = patience",)
