"""The feeds behind the events, without a socket: silence, slowness, errors, time."""

import asyncio
import contextlib

import pytest
from service_kit import until

from orchestrator.errors import Unavailable
from orchestrator.executions import event_feed
from orchestrator.routes import events
from orchestrator.store.changes import START

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def feeds(service):
    return service.app.state.feeds


async def told(feeds, number, **options):
    """What a listener is sent, until the stream ends."""
    fresh = await asyncio.to_thread(feeds.read, number, START)
    stream = events.encoded(feeds, number, START, fresh, **options)
    return b"".join([block async for block in stream]).decode()


def test_silence_is_broken_by_a_heartbeat_and_ends_after_a_while(service, feeds):
    number = service.started(1)

    text = asyncio.run(told(feeds, number, heartbeat=0.02, longest=0.2))

    assert text.startswith("retry: 2000\n\nevent: case\nid: 0-1\n")
    assert text.count(": heartbeat\n\n") > 1
    assert text.endswith(": come again\n\n")
    assert len(feeds) == 0


async def with_listener(feeds, number, steps):
    """Run each step (in a thread) between two looks of one listener; what it got each time."""
    fresh = await asyncio.to_thread(feeds.read, number, START)
    got = []
    follow = feeds.follow(number, START, fresh, silence=0.05)
    async with contextlib.aclosing(follow):
        got.append(await anext(follow))
        for step in steps:
            await asyncio.to_thread(step)
            batch = []
            while not batch:
                batch = await anext(follow)
            got.append(batch)
    return got


def rows(batch):
    return [entry.position.row for entry in batch[:-1]]


def test_a_slow_listener_gets_each_row_once_as_it_is_now(service, feeds):
    number = service.started(1, 2)

    def much():
        for case, status in [(1, 1), (2, 1), (1, 2), (2, 3)]:
            service.result(number, case, status)
        until(
            lambda: feeds._feeds[number]._latest.number == feeds.read(number, START).latest.number
        )

    _, batch = asyncio.run(with_listener(feeds, number, [much]))

    assert rows(batch) == [1, 2]
    assert b'"status":2' in batch[0].data
    assert b'"status":3' in batch[1].data


def test_who_is_behind_what_a_feed_keeps_reads_the_database(service, feeds, monkeypatch):
    monkeypatch.setattr(event_feed, "MOST_ENTRIES", 2)
    monkeypatch.setattr(event_feed, "PAGE", 3)
    number = service.started(*range(1, 9))

    def much():
        for case in range(1, 9):
            service.result(number, case, 2)
        until(
            lambda: feeds._feeds[number]._latest.number == feeds.read(number, START).latest.number
        )
        assert len(feeds._feeds[number]._entries) == 2

    async def run():
        fresh = await asyncio.to_thread(feeds.read, number, START)
        seen = []
        async with contextlib.aclosing(feeds.follow(number, START, fresh, silence=0.05)) as follow:
            while not any(b'"passed":8' in entry.data for entry in seen):
                seen += await anext(follow)
                if len(seen) == 3:
                    await asyncio.to_thread(much)
        return seen

    seen = asyncio.run(run())

    positions = [entry.position for entry in seen]
    assert positions == sorted(positions)
    newest = {entry.position.row: entry.data for entry in seen}
    assert sum(b'"status":2,"pytest_nodeid"' in data for data in newest.values()) == 8


def test_a_database_that_is_away_for_a_moment_loses_nothing(service, feeds, monkeypatch):
    number = service.started(1)
    monkeypatch.setattr(feeds, "_poll", 0.01)
    read, away = feeds.read, []

    def failing(execution_id, position):
        if len(away) < 3:
            away.append(1)
            raise Unavailable
        return read(execution_id, position)

    def step():
        feeds.read = failing
        service.result(number, 1, 2)
        until(lambda: len(away) == 3)

    _, batch = asyncio.run(with_listener(feeds, number, [step]))

    assert rows(batch) == [1]


def test_an_execution_that_is_deleted_ends_its_streams(service, feeds):
    number = service.started(1)

    async def run():
        fresh = await asyncio.to_thread(feeds.read, number, START)
        async with contextlib.aclosing(feeds.follow(number, START, fresh, silence=0.05)) as follow:
            await anext(follow)
            await asyncio.to_thread(delete)
            return [batch async for batch in follow if batch]

    def delete():
        service.sql("DELETE FROM execution_case")
        service.sql("DELETE FROM execution")

    assert asyncio.run(run()) == []


def test_a_database_that_did_not_count_yet_is_told_from_the_start(service, feeds):
    number = service.started(1, 2)
    service.sql("UPDATE execution SET change_no = 0")
    service.sql("UPDATE execution_case SET change_no = 0")

    fresh = feeds.read(number, START)

    assert len(fresh.entries) == 3
    assert feeds.read(number, fresh.entries[-1].position).entries == []
    service.result(number, 2, 2)
    assert rows(feeds.read(number, fresh.entries[-1].position).entries) == [2]


@pytest.mark.every_database
def test_changes_are_numbered_alike_on_every_database(service):
    number = service.started(1, 2)
    feeds = service.app.state.feeds
    before = feeds.read(number, START)
    service.result(number, 2, 2)
    fresh = feeds.read(number, before.entries[-1].position)

    assert [entry.position.number for entry in fresh.entries] == [before.latest.number + 1] * 2
    assert fresh.latest.number == before.latest.number + 1
