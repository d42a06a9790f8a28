"""Of pictures the newest is enough, of events none is missing; who cannot keep up is told so, and nobody waits."""

import asyncio

from antiphon.page.watchers import Watcher, Watchers

_MORE_THAN_ANYBODY_IS_KEPT_WAITING_FOR = 5000


def taken(watcher: Watcher, count: int) -> list[str | None]:
    """The next so many things that are shown."""

    async def all_of_them() -> list[str | None]:
        return [await asyncio.wait_for(watcher.next(), 1.0) for _ in range(count)]

    return asyncio.run(all_of_them())


def test_a_slow_one_gets_every_event_and_the_newest_picture() -> None:
    everyone = Watchers()
    with everyone.joined() as slow, everyone.joined() as other:
        for number in range(30):
            everyone.show(f"picture {number}")
            everyone.tell(f"event {number}")
        assert taken(slow, 31) == [*(f"event {number}" for number in range(30)), "picture 29"]
        assert taken(other, 1) == ["event 0"]


def test_who_joins_is_shown_the_newest_picture_and_no_event_of_before() -> None:
    everyone = Watchers()
    everyone.tell("long ago")
    everyone.show("old")
    everyone.show("new")
    with everyone.joined() as late:
        everyone.tell("now")
        assert taken(late, 2) == ["now", "new"]
    assert len(everyone) == 0


def test_who_has_fallen_behind_for_good_is_told_to_come_anew_and_the_others_are_not() -> None:
    everyone = Watchers()
    with everyone.joined() as stuck, everyone.joined() as quick:
        for batch in range(0, _MORE_THAN_ANYBODY_IS_KEPT_WAITING_FOR, 500):
            events = [f"event {number}" for number in range(batch, batch + 500)]
            for event in events:
                everyone.tell(event)
            assert taken(quick, 500) == events
        assert taken(stuck, 1) == [None]
        everyone.tell("and on")
        assert taken(quick, 1) == ["and on"]
