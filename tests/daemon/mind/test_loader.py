"""A model is loaded beside the music: who wants one is not kept waiting, and of several the last is had."""

import select
import threading

import pytest
from tests.fakes import FakeModel

from antiphon.core.model import Identified
from antiphon.errors import AntiphonError, ModelError
from antiphon.mind.loader import Loader

LONGEST_S = 10.0


class Slow:
    """Models by their names, each of which is there when it is let."""

    def __init__(self) -> None:
        self.models: dict[str, Identified] = {"one": FakeModel(), "other": FakeModel()}
        self.asked = list[str]()
        self.let, self.began = threading.Semaphore(0), threading.Semaphore(0)

    def load(self, name: str) -> Identified:
        self.asked.append(name)
        self.began.release()
        self.let.acquire(timeout=LONGEST_S)
        if name not in self.models:
            raise ModelError(f"no {name}")
        return self.models[name]


@pytest.fixture
def slow() -> Slow:
    return Slow()


def woken(loader: Loader, within_s: float = LONGEST_S) -> bool:
    return bool(select.select([loader], (), (), within_s)[0])


def test_who_wants_a_model_goes_on_and_is_woken_once_it_is_there(slow: Slow) -> None:
    loader = Loader(slow.load)
    loader.want("one")
    assert loader.had() is None
    slow.let.release()
    assert woken(loader)
    assert loader.had() is slow.models["one"]
    assert loader.had() is None
    assert not woken(loader, 0.0)


def test_of_several_that_are_wanted_at_once_the_last_is_had(slow: Slow) -> None:
    loader = Loader(slow.load)
    loader.want("one")
    assert slow.began.acquire(timeout=LONGEST_S)
    for name in ("nothing", "one", "other"):
        loader.want(name)
    slow.let.release()
    slow.let.release()
    assert woken(loader)
    assert loader.had() is slow.models["other"]
    assert slow.asked == ["one", "other"]


def test_what_cannot_be_had_is_said_and_then_another_can_be(slow: Slow) -> None:
    loader = Loader(slow.load)
    for _ in range(2):
        slow.let.release()
    loader.want("nothing")
    assert woken(loader)
    with pytest.raises(ModelError, match="no nothing"):
        loader.had()
    loader.want("one")
    assert woken(loader)
    assert loader.had() is slow.models["one"]


def test_a_fault_of_ours_is_told_with_its_traceback_in_the_log_and_the_next_is_had(
    slow: Slow, capfd: pytest.CaptureFixture[str]
) -> None:
    def load(name: str) -> Identified:
        return slow.models[name]

    loader = Loader(load)
    loader.want("nothing")
    assert woken(loader)
    with pytest.raises(AntiphonError, match="nothing: KeyError"):
        loader.had()
    assert "Traceback" in capfd.readouterr().err
    loader.want("one")
    assert woken(loader)
    assert loader.had() is slow.models["one"]
