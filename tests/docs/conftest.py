"""The private JACK server of the live tests."""

from tests.live.conftest import _lasting_server

__all__ = ["_lasting_server"]
