"""A configuration that is read again while Antiphon plays."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from antiphon.config.layers import configured
from antiphon.notify import Systemd
from antiphon.outside import Hooks, Outside

HUGE = "0x" + "f" * 5000
WRONG = {
    "what is out of range": b"[parameters]\npause = 99",
    "what is no TOML": b"[[[[",
    "what is no text": b"\xff\xfe",
    "a number of many digits": f"[parameters]\nseed = {HUGE}".encode(),
    "a version of many digits": f"version = {HUGE}".encode(),
    "a scene's number of many digits": f"[scenes.a]\nprogram = {HUGE}".encode(),
    "arrays without an end": b"version = " + b"[" * 100_000,
    "a key of many parts": b"a" + b".a" * 20_000 + b" = 1",
    "a number below infinity": b"[parameters]\npause = 1e999",
    "a day": b"[parameters]\nseed = 1979-05-27",
    "scenes that are none": b"scenes = 1",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=list(WRONG))
def test_a_wrong_configuration_that_is_read_again_is_said_and_all_stays_as_it_was(
    text: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "a.toml"
    file.write_text("[parameters]\nseed = 9\n")
    before, changed = configured(file, environment={}), list[Mapping[str, Any]]()
    outside = Outside(None, Systemd.found({}), print)
    hooks = Hooks(outside, before, lambda: configured(file, environment={}))
    file.write_bytes(text)
    with caplog.at_level(logging.ERROR):
        hooks.reload(before.parameters.values, changed.append, lambda **wanted: changed.append(wanted))
    assert caplog.text.rstrip().endswith("the configuration stays as it was")
    assert str(file) in caplog.text
    assert (hooks.configuration, changed) == (before, [])
