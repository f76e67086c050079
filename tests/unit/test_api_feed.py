"""The live feed without Redis: what is told, in which order, what a page that was away is told, and who is too slow."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError

from api.context import Context
from api.errors import Unavailable
from api.feed import QUEUE_MAX, READERS_MAX, Hub, News, Subscription
from api.feed_source import MISSED_MAX, FeedSource, cursor_of
from api.reading.board import BoardChange
from api.reading.sightings import Sighting
from core import log
from core.clock import ManualClock, to_us
from core.db import Store, open_store
from core.live import Live
from occupancy import tables as o
from simulators.tables import World
from simulators.world import draw
from tests.api_client import furnished_in
from tests.console import ESTATE, SEED, SHARD, add_finding, sighting
from tests.factories import NOW

HERE = frozenset({ESTATE})
WITHIN_S = 10.0


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    opened = Context(furnished_in(tmp_path), None, ManualClock(NOW))
    yield opened
    opened.close()


@pytest.fixture
def source(context: Context) -> FeedSource:
    return FeedSource(context)


@pytest.fixture(scope="module")
def world() -> World:
    return draw(SEED, NOW.date(), homes=6, estate=ESTATE)


def head(context: Context) -> int:
    with context.reading(Store.RECOGNITION) as connection:
        return int(cursor_of(connection, ESTATE).rpartition(":")[2])


def append(context: Context, world: World, *rows: dict[str, Any]) -> None:
    """Commit sightings after the last, a second apart."""
    start = head(context)
    engine = open_store(context.settings, Store.RECOGNITION)
    with engine.begin() as connection:
        for number, changes in enumerate(rows, 1):
            row = sighting(world, start + number, to_us(NOW) + number * 1_000_000, **changes)
            connection.execute(log.sightings.insert(), row)
    engine.dispose()


def write_occupancy(context: Context, statement: Any) -> None:
    engine = open_store(context.settings, Store.OCCUPANCY)
    with engine.begin() as connection:
        connection.execute(statement)
    engine.dispose()


def test_what_was_there_before_is_not_news(source: FeedSource) -> None:
    assert source.read(HERE, board=True) == []
    assert source.read(HERE, board=True) == []


def test_new_sightings_are_told_once_in_order_with_masked_names(
    source: FeedSource, context: Context, world: World
) -> None:
    source.read(HERE, board=False)
    append(context, world, {}, {"person": None, "outcome": "unrecognised", "opens": False})
    news = source.read(HERE, board=False)
    assert [item.kind for item in news] == ["sighting", "sighting"]
    first, second = (cast(Sighting, item.row) for item in news)
    assert first.pos + 1 == second.pos
    assert first.name is not None
    assert first.name.endswith("*")
    assert (first.person, second.person, second.name) == (None, None, None)
    assert news[-1].cursor == f"{SHARD}:{second.pos}"
    assert source.read(HERE, board=False) == []


def test_another_estates_sightings_are_not_told(source: FeedSource, context: Context, world: World) -> None:
    source.read(HERE, board=False)
    append(context, world, {"estate": "elsewhere"}, {})
    assert [item.estate for item in source.read(HERE, board=False)] == [ESTATE]


def test_a_page_that_was_away_hears_what_it_missed(source: FeedSource, context: Context, world: World) -> None:
    cursor = f"{SHARD}:{head(context)}"
    append(context, world, {}, {}, {})
    missed = source.after(ESTATE, cursor)
    assert missed is not None
    assert len(missed) == 3
    assert source.after(ESTATE, missed[-1].cursor) == []


@pytest.mark.parametrize("cursor", ["", "x", "s1:", "s1:x", "other:5", ":5"])
def test_a_place_that_is_none_makes_the_page_look_anew(source: FeedSource, cursor: str) -> None:
    assert source.after(ESTATE, cursor) is None


def test_who_missed_too_much_looks_anew(source: FeedSource, context: Context, world: World) -> None:
    cursor = f"{SHARD}:{head(context)}"
    append(context, world, *[{} for _ in range(MISSED_MAX + 1)])
    assert source.after(ESTATE, cursor) is None


def test_a_shard_far_ahead_begins_again_at_its_end(
    source: FeedSource, context: Context, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.feed_source.READ_MAX", 5)
    source.read(HERE, board=False)
    append(context, world, *[{} for _ in range(12)])
    assert len(source.read(HERE, board=False)) == 5
    append(context, world, {})
    (news,) = source.read(HERE, board=False)
    assert cast(Sighting, news.row).pos == head(context)


def test_an_estate_whose_first_sighting_comes_looks_anew(source: FeedSource, context: Context, world: World) -> None:
    new = frozenset({"heyuan"})
    assert source.read(new, board=False) == []
    append(context, world, {"estate": "heyuan"})
    assert [(item.estate, item.kind) for item in source.read(new, board=False)] == [("heyuan", "stale")]
    append(context, world, {"estate": "heyuan"})
    assert [item.kind for item in source.read(new, board=False)] == ["sighting"]


def test_homes_that_changed_are_told_and_no_others(source: FeedSource, context: Context) -> None:
    source.read(HERE, board=True)
    write_occupancy(context, o.findings.update().where(o.findings.c.kind == "overdue").values(ended_on=NOW.date()))
    boards = [item for item in source.read(HERE, board=True) if item.kind == "board"]
    (news,) = boards
    change = cast(BoardChange, news.row)
    assert [cell.state for cell in change.cells] == ["occupied"]
    assert change.counts["overdue"] == 0
    assert source.read(HERE, board=True) == []


def test_a_new_home_makes_the_board_look_anew(source: FeedSource, context: Context) -> None:
    source.read(HERE, board=True)
    with context.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO homes (home, estate, building, floor, unit, area_m2, state) "
            "VALUES ('new', 'qingxi', 'qingxi-09', 1, '0101', 40, 'let')"
        )
    assert [(item.kind, item.row) for item in source.read(HERE, board=True)] == [("stale", "board")]


def test_a_new_alert_is_told(source: FeedSource, context: Context, world: World) -> None:
    source.read(HERE, board=True)
    engine = open_store(context.settings, Store.OCCUPANCY)
    with engine.begin() as connection:
        add_finding(connection, world, 40, "welfare", "to_verify", 0.9, 3, [], [], "Order 11", now=NOW)
    engine.dispose()
    assert "needs" in {item.kind for item in source.read(HERE, board=True)}


def test_rows_for_who_may_see_no_people_carry_nobody() -> None:
    row = Sighting(
        shard=SHARD, pos=1, estate=ESTATE, taken_us=1, received_us=1, door="d", place=None, direction="in",
        modality="plate", outcome="granted", reason="granted", opens=True, late=False, known=True, person="p",
        name="王**", home="h", home_label="1", plate="桂C***45", pass_=None, quality=1.0, recogniser="r",
    )  # fmt: skip
    bare = row.of_nobody()
    assert (bare.person, bare.name, bare.home, bare.home_label, bare.plate, bare.known) == (None,) * 5 + (True,)


class Told:
    """A source that says what it is told to."""

    def __init__(self) -> None:
        self.news: list[News] = []
        self.failures = 0
        self.boards = 0

    def estates(self) -> list[str]:
        return [ESTATE]

    def read(self, watched: frozenset[str], *, board: bool) -> list[News]:
        self.boards += board
        if self.failures:
            self.failures -= 1
            raise OperationalError("SELECT", {}, RuntimeError("locked"))
        news, self.news = self.news, []
        return [item for item in news if item.estate in watched]

    def after(self, estate: str, cursor: str) -> list[News] | None:
        return [News(estate, "needs", cursor)]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[Hub, Told]]:
    told = Told()
    made = Hub(told, Live(f"unix://{tmp_path}/nobody.sock"))
    made.start()
    yield made, told
    made.stop()


async def heard(subscription: Subscription, count: int) -> list[News]:
    """At least `count` pieces of news."""
    news: list[News] = []
    while len(news) < count:
        got = await subscription.next(WITHIN_S)
        assert got, "nothing came"
        news += got
    return news


def test_every_page_of_an_estate_hears_and_no_other(hub: tuple[Hub, Told]) -> None:
    made, told = hub

    async def listen() -> None:
        one, two, other = made.subscribe(ESTATE), made.subscribe(ESTATE), made.subscribe("elsewhere")
        told.news = [News(ESTATE, "needs", 1)]
        assert [item.row for item in await heard(one, 1)] == [1]
        assert [item.row for item in await heard(two, 1)] == [1]
        assert await other.next(0.01) == []
        made.unsubscribe(one)
        told.news = [News(ESTATE, "needs", 2)]
        assert [item.row for item in await heard(two, 1)] == [2]
        assert await one.next(0.01) == []

    asyncio.run(listen())


def test_a_store_that_fails_once_is_read_again(hub: tuple[Hub, Told]) -> None:
    made, told = hub
    told.failures, told.news = 1, [News(ESTATE, "needs", 1)]

    async def listen() -> None:
        assert len(await heard(made.subscribe(ESTATE), 1)) == 1

    asyncio.run(listen())
    assert told.failures == 0
    assert told.boards >= 1, "a page that has just come is told the board too"
    assert [item.row for item in made.after(ESTATE, "s1:7") or ()] == ["s1:7"]


def test_the_end_wakes_every_page(hub: tuple[Hub, Told]) -> None:
    made, _told = hub

    async def listen() -> None:
        subscription = made.subscribe(ESTATE)
        await asyncio.to_thread(made.stop)
        await subscription.next(WITHIN_S)
        assert subscription.closed
        with pytest.raises(Unavailable):
            made.require_room()
        assert made.subscribe(ESTATE).closed

    asyncio.run(listen())


def test_there_is_room_for_so_many_pages(hub: tuple[Hub, Told], monkeypatch: pytest.MonkeyPatch) -> None:
    made, _told = hub
    assert READERS_MAX > 100
    monkeypatch.setattr("api.feed.READERS_MAX", 1)

    async def listen() -> None:
        made.require_room()
        subscription = made.subscribe(ESTATE)
        with pytest.raises(Unavailable):
            made.require_room()
        made.unsubscribe(subscription)
        made.require_room()

    asyncio.run(listen())


def test_who_is_too_slow_loses_the_oldest() -> None:
    async def listen() -> None:
        subscription = Subscription(ESTATE, asyncio.get_running_loop())
        subscription.put([News(ESTATE, "needs", number) for number in range(QUEUE_MAX)])
        subscription.put([News(ESTATE, "needs", QUEUE_MAX + number) for number in range(3)])
        await asyncio.sleep(0)
        news = await subscription.next(WITHIN_S)
        assert [item.row for item in news] == list(range(3, QUEUE_MAX + 3))
        assert subscription.lost == 3

    asyncio.run(listen())
