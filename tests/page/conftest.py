"""One browser, and one performance behind the page, for all tests that do not end it."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Self

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from antiphon.offline import PHRASE

PORT: Final = 18765
READY_S: Final = 60.0


class House:
    """`tests.page.house` as a process of its own."""

    def __init__(self, port: int, takes: Path | None = None) -> None:
        self.takes = takes or Path()
        self._more = [str(takes)] if takes else []
        self.port, self.url = port, f"http://127.0.0.1:{port}"

    def start(self) -> Self:
        command = [sys.executable, "-m", "tests.page.house", str(self.port), *self._more]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL)
        last = time.monotonic() + READY_S
        while True:
            with contextlib.suppress(OSError):
                self.get("/ping")
                return self
            assert self._process.poll() is None, "the house has ended"
            assert time.monotonic() < last, "the page is not served in time"
            time.sleep(0.1)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return bytes(answer.read())

    @property
    def state(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/api/state")))

    @property
    def values(self) -> dict[str, Any]:
        return dict(self.state["values"])


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    takes = tmp_path_factory.mktemp("takes")
    for name in ("2026-01-01_morning", "2026-02-02_evening"):
        shutil.copy(PHRASE, takes / f"{name}.mid")
    running = House(PORT, takes).start()
    yield running
    running.kill()


def until(page: Page, expression: str, within_s: float = 15.0) -> None:
    """Wait until an expression is true. Playwright's own way needs eval, which the page's policy forbids."""
    last = time.monotonic() + within_s
    while not page.evaluate(expression):
        assert time.monotonic() < last, f"not in time: {expression}"
        page.wait_for_timeout(50)


Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens the page as a visitor of its own. A fault in a script or a word from the security policy fails the test."""
    contexts, faults = list[BrowserContext](), list[str]()

    def visit(url: str, visited: bool = True, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark", **options})
        contexts.append(context)
        if visited:
            context.add_init_script("localStorage.setItem('antiphon-visited', 'yes')")
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        page.goto(url)
        until(page, "globalThis.antiphon?.stream.offset != null && document.querySelectorAll('.row').length > 0")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert faults == []


def play(page: Page, keys: str, held_ms: int = 150) -> None:
    """Play notes one after the other with the computer's keys."""
    for key in keys:
        page.keyboard.down(key)
        page.wait_for_timeout(held_ms)
        page.keyboard.up(key)
        page.wait_for_timeout(40)
