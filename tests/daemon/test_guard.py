"""The guard, with real processes that do next to nothing: starts, replaces and ends them, and leaves nothing open."""

import gc
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from antiphon import loopback
from antiphon.crew import HANGS_S
from antiphon.errors import ModelError
from antiphon.guard import HELD_UP_S, Guard
from antiphon.settings import Settings

CHILD = """
import os, select, sys, time
from antiphon.lines import STANDS_BY, first_word, to_guard

name = {name!r}
control = to_guard(sys.argv[1])
with open({pids!r}, "a") as pids:
    print(os.getpid(), file=pids)
if name == "stage":
    control.say(STANDS_BY)
word, files = first_word(control)
control.say("beat")
more = {{
    "stage": {{"inputs": ["in"], "outputs": ["out"], "own": [], "granted": "locked memory", "backend": "none"}},
    "mind": {{"model": "none", "heard": 0}},
    "page": {{"url": "http://nowhere"}},
}}
{first}
control.say("ready", **more[name])
stopping = False
while control.open and not stopping:
    select.select([control], [], [], 0.2)
    control.say("beat")
    stopping = any(word["what"] == "stop" for word, _ in control.heard())
"""


@pytest.fixture(autouse=True, params=["", "loopback"], ids=["handed over", "over loopback"])
def lines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of lines between guard and children."""
    monkeypatch.setenv(loopback.VARIABLE, request.param)


class House:
    """A guard whose children are programs of this test, run until `enough` reports have come."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **first: str) -> None:
        for name in ("stage", "mind", "page"):
            program = CHILD.format(name=name, pids=str(folder / name), first=first.get(name, ""))
            (folder / f"{folder.name}_{name}.py").write_text(program)
        paths = [str(folder), *sys.path]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
        programs = {name: f"{folder.name}_{name}" for name in ("stage", "mind", "page")}
        self.folder = folder
        self.settings = Settings("none", (), (), False, "none", {}, 0, programs)
        self.told: list[str] = []
        self.reports: list[dict[str, Any]] = []

    def run(self, then: Any) -> None:  # what to do at each report: takes this house
        def report(summary: dict[str, Any]) -> None:
            self.reports.append(summary)
            then(self)

        Guard(self.settings, self.told.append, report).run()

    def kill(self, name: str) -> None:
        os.kill(self.reports[-1]["pids"][name], signal.SIGKILL)

    def started(self, name: str) -> list[int]:
        """The process ids of all that were started as that, in order."""
        return [int(line) for line in (self.folder / name).read_text().split()]


def leave() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def files() -> int:
    gc.collect()  # what other tests have left for it to close
    return len(os.listdir("/dev/fd"))


def there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_all_three_says_so_and_leaves_no_process_and_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, before = House(tmp_path, monkeypatch), files()
    house.run(lambda _: leave())
    pids = house.reports[0]["pids"]
    assert sorted(pids) == ["guard", "mind", "page", "stage"]
    assert [name for name, pid in pids.items() if there(pid)] == ["guard"]
    assert files() == before


def test_whoever_is_killed_is_replaced_and_all_at_once_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path, monkeypatch)

    def then(house: House) -> None:
        if len(house.reports) == 1:
            for name in ("stage", "mind", "page"):
                house.kill(name)
        elif not set(house.reports[0]["pids"].items()) & set(house.reports[-1]["pids"].items()) - {
            ("guard", os.getpid())
        }:
            leave()

    house.run(then)
    assert house.told == []


def test_a_stage_that_dies_before_it_is_ready_is_tried_again_without_haste(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = tmp_path / "starts"
    dies = f"open({str(counter)!r}, 'a').write('.'); sys.exit(3)"
    house = House(tmp_path, monkeypatch, stage=dies)
    threading.Timer(2.5, leave).start()
    house.run(lambda _: None)
    assert house.reports == []
    assert house.told == ["the stage keeps failing; trying again in 2 s"]
    assert len(counter.read_text()) <= 4


@pytest.mark.parametrize(("name", "within_s"), [("page", 9.0), ("mind", 4.0), ("stage", 4.0)])
def test_one_that_says_nothing_any_more_is_replaced_sooner_where_it_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, within_s: float
) -> None:
    house = House(tmp_path, monkeypatch)
    moments = [time.monotonic()]

    def then(house: House) -> None:
        moments.append(time.monotonic())
        if len(house.reports) == 1:
            os.kill(house.reports[-1]["pids"][name], signal.SIGSTOP)
        elif house.reports[-1]["pids"][name] != house.reports[0]["pids"][name]:
            leave()

    house.run(then)
    assert house.told == [f"the {name} does not answer; starting another"]
    assert moments[-1] - moments[1] < within_s


def test_a_stage_that_hung_while_it_stood_by_is_noticed_as_soon_as_one_that_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, monkeypatch)
    moments = list[float]()

    def replaced() -> None:
        while len(house.started("stage")) < 2:
            time.sleep(0.01)
        time.sleep(0.5)  # it stands by, and has said so
        os.kill(house.started("stage")[1], signal.SIGSTOP)
        moments.append(time.monotonic())
        house.kill("stage")

    def then(house: House) -> None:
        if len(house.reports) == 1:
            threading.Thread(target=replaced).start()
        elif house.reports[-1]["pids"]["stage"] == house.started("stage")[2]:
            moments.append(time.monotonic())
            leave()

    house.run(then)
    assert house.told == ["the stage does not answer; starting another"]
    assert moments[1] - moments[0] < 2 * HANGS_S


@pytest.mark.parametrize(
    ("stage", "missing"),
    [('in_time=False, granted=""', "real-time priority"), ('granted="real-time priority"', "locked memory")],
)
def test_what_was_not_granted_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, missing: str
) -> None:
    house = House(tmp_path, monkeypatch, stage=f'more["stage"].update({stage})')

    def then(house: House) -> None:
        if len(house.reports) == 1:
            house.kill("stage")
        elif house.reports[-1]["pids"]["stage"] != house.reports[0]["pids"]["stage"]:
            leave()

    house.run(then)
    assert [line.partition(":")[0] for line in house.told] == [f"no {missing} here"]


def test_a_mind_that_cannot_be_had_any_more_ends_no_performance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    fails = f"if os.path.exists({str(gone)!r}): control.say('failed', why='the model is gone'); sys.exit(1)"
    house = House(tmp_path, monkeypatch, mind=fails)

    def then(house: House) -> None:
        if len(house.reports) == 1:
            gone.write_text("")
            house.kill("mind")
            threading.Timer(3.0, leave).start()

    house.run(then)
    assert house.told[0] == "the model is gone"
    assert house.told[-1].startswith("the mind keeps failing")


def test_a_stage_counts_as_known_only_where_a_mind_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told"
    meets = f"""
def heard():
    words = ours()
    for word, _ in words:
        if word["what"] == "stage":
            open({str(told)!r}, "a").write(f"{{word['new']}} ")
            if os.path.exists({str(tmp_path / "knows")!r}):
                control.say("met", stage=word["number"])
    return words
ours, control.heard = control.heard, heard
"""
    house = House(tmp_path, monkeypatch, mind=meets)

    def kill_them() -> None:
        for number in range(1, 4):
            while not told.exists() or len(told.read_text().split()) < number:
                time.sleep(0.01)
            if number == 1:
                (tmp_path / "knows").write_text("")
            time.sleep(0.5)  # the guard hears of it
            os.kill(house.started("mind")[-1], signal.SIGKILL)
        leave()

    def then(house: House) -> None:
        if len(house.reports) == 1:
            threading.Thread(target=kill_them).start()

    house.run(then)
    assert told.read_text().split()[:3] == ["True", "True", "False"]


def test_a_guard_that_was_held_up_itself_takes_nobody_for_hung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path, monkeypatch)

    def then(house: House) -> None:
        if len(house.reports) > 1:
            return
        others = [pid for name, pid in house.reports[0]["pids"].items() if name != "guard"]
        for pid in others:  # as when the terminal stops all of us
            os.kill(pid, signal.SIGSTOP)
        time.sleep(HANGS_S + 2 * HELD_UP_S)
        threading.Timer(HANGS_S, leave).start()
        for pid in others:
            os.kill(pid, signal.SIGCONT)

    house.run(then)
    assert house.told == []
    assert all(report["pids"] == house.reports[0]["pids"] for report in house.reports)


def test_a_stage_that_died_as_we_leave_is_followed_by_one_that_releases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = tmp_path / "starts"
    house = House(tmp_path, monkeypatch, stage=f"open({str(counter)!r}, 'a').write('.')")

    def then(house: House) -> None:
        house.kill("stage")
        leave()

    house.run(then)
    assert counter.read_text() == ".."


@pytest.mark.parametrize("how", ["sys.exit(1)", 'control.say("ready", **more[name]); time.sleep(60)'])
def test_a_mind_that_fails_or_hangs_twice_at_what_it_remembers_is_followed_by_one_that_remembers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    path = tmp_path / "afresh"
    fails = f"""
with open({str(path)!r}, "a") as file:
    file.write(str(word["afresh"])[0])
if len(open({str(path)!r}).read()) < 3:
    {how}
"""
    house = House(tmp_path, monkeypatch, mind=fails)
    house.run(lambda _: leave() if len(path.read_text()) == 3 else None)
    assert path.read_text() == "FFT"


def test_a_model_that_cannot_be_played_ends_it_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path, monkeypatch, mind='control.say("failed", why="no such model"); sys.exit(1)')
    with pytest.raises(ModelError, match="no such model"):
        house.run(lambda _: None)
