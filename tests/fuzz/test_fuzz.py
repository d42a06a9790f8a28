"""Bytes of no meaning, by the thousand: refused or heard, never worse. ANTIPHON_FUZZ_EXAMPLES asks for more of them.

What was once found is kept in `corpus`, one file for each, and tried first. `make fuzz` looks for more, guided by what
the bytes reach.
"""

import os
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.targets import (
    CORPUS,
    TARGETS,
    heard_from_the_wire,
    ordered_of_a_voice,
    played_by_a_session,
    taken_from_the_other_process,
)

from antiphon.core.messages import Heard, packed
from antiphon.music.events import Seconds

EXAMPLES: Final = int(os.environ.get("ANTIPHON_FUZZ_EXAMPLES", "200"))
_STATUS: Final = st.sampled_from([*range(0x80, 0x100)])
_BYTES: Final = st.lists(
    st.one_of(st.binary(max_size=6), st.builds(lambda status, data: bytes((status, *data)), _STATUS, st.binary()))
).map(b"".join)
fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*.hex")), ids=lambda file: file.stem)
def test_what_was_found_once_is_found_no_more(file: Path) -> None:
    for target in TARGETS:
        target(bytes.fromhex(file.read_text()))


@fuzzed
@given(_BYTES)
def test_any_bytes_on_the_wire(data: bytes) -> None:
    heard_from_the_wire(data)


@fuzzed
@given(
    st.one_of(
        _BYTES, st.builds(lambda n, m: next(iter(packed([Heard(Seconds(0.0), n, m)]))), st.integers(0, 9), _BYTES)
    )
)
def test_any_bytes_from_another_process(data: bytes) -> None:
    taken_from_the_other_process(data)


@fuzzed
@given(st.binary(max_size=240))
def test_any_bytes_played_to_a_session(data: bytes) -> None:
    played_by_a_session(data)


@fuzzed
@given(st.binary(max_size=300))
def test_any_bytes_ordered_of_a_voice(data: bytes) -> None:
    ordered_of_a_voice(data)
