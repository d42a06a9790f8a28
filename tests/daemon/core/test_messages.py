"""What stage and mind say arrives as it was said, and what nobody said is refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.due import Due, Revoke
from antiphon.core.messages import LARGEST, Entry, Heard, packed, unpacked
from antiphon.core.zones import COMMON, MOST, Role
from antiphon.music.events import Seconds

_MOMENTS = st.floats(allow_nan=False).map(Seconds)
_ENTRIES = st.one_of(
    st.builds(Heard, _MOMENTS, st.integers(0, 2**64 - 1), st.binary(max_size=300), st.sampled_from(Role)),
    st.builds(
        Heard, _MOMENTS, st.integers(0, 99), st.binary(max_size=9), st.just(Role.PLAYS), st.integers(COMMON, MOST)
    ),
    st.builds(Due, _MOMENTS, st.binary(max_size=300)),
    st.builds(Revoke, _MOMENTS),
)


@given(st.lists(_ENTRIES))
def test_entries_arrive_as_they_were_sent(entries: list[Entry]) -> None:
    assert [entry for parcel in packed(entries) for entry in unpacked(parcel)] == entries


def test_many_entries_go_into_few_parcels_none_too_large_for_a_datagram() -> None:
    entries: list[Entry] = [Heard(Seconds(n), n, bytes(1000)) for n in range(200)]
    parcels = list(packed(entries))
    assert max(map(len, parcels)) <= LARGEST
    assert len(parcels) == 4


@given(st.binary(max_size=200))
def test_bytes_of_no_meaning_are_refused_and_nothing_worse(parcel: bytes) -> None:
    with contextlib.suppress(ValueError):
        list(unpacked(parcel))


@given(st.lists(_ENTRIES, min_size=1), st.data())
def test_a_parcel_that_is_cut_short_is_refused(entries: list[Entry], data: st.DataObject) -> None:
    [parcel, *_] = packed(entries)
    whole = list(unpacked(parcel))
    cut = data.draw(st.integers(1, len(parcel) - 1))
    try:
        heard = list(unpacked(parcel[:cut]))
    except ValueError:
        return
    assert heard == whole[: len(heard)]


def test_an_unknown_tag_is_refused() -> None:
    [parcel] = packed([Revoke(Seconds(0.0))])
    with pytest.raises(ValueError, match="no entry has the tag 9"):
        list(unpacked(b"\x09" + parcel[1:]))
