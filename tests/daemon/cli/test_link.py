"""Where the page is, is said; where others may come, it can be photographed."""

import pytest

from antiphon.assemble import settings
from antiphon.cli.link import Link
from antiphon.config.layers import configured
from antiphon.errors import AntiphonError


def test_a_link_is_said_and_one_with_a_token_is_drawn_as_well() -> None:
    told = list[str]()
    Link(told.append, False)("http://127.0.0.1:8765")
    assert told == ["page          http://127.0.0.1:8765"]
    Link(told.append, False)("http://192.168.1.5:8765/?token=abc")
    assert told[1] == "page          http://192.168.1.5:8765/?token=abc"
    assert "\N{FULL BLOCK}" in told[2]


@pytest.mark.parametrize("address", ["0.0.0.0", "evil.example", "", "::1"])
def test_an_address_that_no_link_could_lead_to_is_refused(address: str) -> None:
    with pytest.raises(AntiphonError, match="give an address of this machine"):
        settings(configured(flags={"page.listen": address}, environment={}))
