"""What a test needs and what happens without it: it is left out with a reason, or, where all is required, it fails.

ANTIPHON_REQUIRE_ALL=1 (set by .ci/run) turns every skipped test and file into a failure.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings

from antiphon.config.options import EVERY

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["pytester"]

settings.register_profile("antiphon", deadline=None)  # a busy machine is no fault of ours
settings.load_profile("antiphon")

REQUIRE_ALL: Final = "ANTIPHON_REQUIRE_ALL"

# marker -> (is it here?, what is missing)
NEEDS: Final = {
    "browser": (lambda: shutil.which("chromium"), "chromium is not installed"),
    "debian": (
        lambda: all(map(shutil.which, ("debootstrap", "buildah", "systemd-nspawn", "ip"))) and os.getuid() == 0,
        "no root here, or no debootstrap, buildah, systemd-nspawn or ip (Debian: apt-get install debootstrap buildah)",
    ),
    "midi": (lambda: shutil.which("jackd"), "jackd is not installed (Debian: apt-get install jackd2)"),
    "pipewire": (
        lambda: all(map(shutil.which, ("pipewire", "wireplumber", "pw-jack", "jack_lsp", "dbus-run-session"))),
        "no PipeWire here (Debian: apt-get install pipewire-bin pipewire-jack wireplumber dbus jackd2)",
    ),
    "systemd": (
        lambda: shutil.which("systemd-nspawn") and shutil.which("jackd") and os.getuid() == 0,
        "no root here, or no systemd-nspawn or jackd (Debian: apt-get install systemd-container jackd2)",
    ),
    "wine": (
        lambda: all(map(os.path.exists, ("/usr/lib/wine/wine64", "/usr/bin/x86_64-w64-mingw32-gcc"))),
        "no Wine here, or no compiler for Windows (Debian: apt-get install wine64 gcc-mingw-w64-x86-64)",
    ),
    "train": (lambda: find_spec("torch"), "torch is not installed (pip install antiphon[train])"),
}


@pytest.fixture(scope="session", autouse=True)
def _home_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests may have a configuration of Antiphon's, a log, takes and models: none of it is met."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        for name in ("ANTIPHON_CONFIG", *(option.variable for option in EVERY)):
            patch.delenv(name, raising=False)
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (present, missing) in NEEDS.items():
        if item.get_closest_marker(marker) and not present():
            pytest.skip(missing)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail"):
        _forbid_skipping(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid_skipping(report)
    return report


def _forbid_skipping(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get(REQUIRE_ALL) == "1":
        report.outcome = "failed"
        report.longrepr = f"Left out, though {REQUIRE_ALL}=1 forbids it. {_reason(report.longrepr)}"


def _reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """One for all: Playwright cannot be started twice in a process."""
    from playwright.sync_api import sync_playwright  # most tests need none

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=arguments)
        yield browser
        browser.close()
