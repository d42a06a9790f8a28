"""Debian 12, bare, for all tests of this folder."""

from collections.abc import Iterator

import pytest
from tests.debian.machine import Images
from tests.live.conftest import _lasting_server, jack, player

__all__ = ["_lasting_server", "images", "jack", "player"]


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    store = Images(tmp_path_factory.mktemp("images"))
    yield store
    store.close()
