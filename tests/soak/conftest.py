"""The private JACK server and the musician of the live tests, for the long ones too."""

from tests.live.conftest import _lasting_server, jack, player

__all__ = ["_lasting_server", "jack", "player"]
