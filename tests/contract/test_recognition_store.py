"""The sightings log on SQLite and on PostgreSQL: whole batches, one writer, keys that are found again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from core import log
from core.db import Store, open_store
from core.db.migrate import migrate
from core.facts import Lane, Outcome
from core.settings import Settings
from core.topics import Address, Channel
from recognition import recording, store, views
from recognition.intake import Arrived
from recognition.judge import Judgement
from recognition.seen import Seen
from recognition.store import Answer, Batch, FenceLost, ShardWriter
from tests import factories

ADDRESS = Address("e1", "gw1", Channel.LIVE)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    settings = Settings(var_dir=tmp_path, database_url=url)
    migrate(settings)
    engine = open_store(settings, Store.RECOGNITION)
    yield engine
    engine.dispose()


def arrived(seq: int, payload: bytes = b"x" * 16) -> Arrived:
    return Arrived(
        address=ADDRESS, epoch=factories.EPOCH, seq=seq, payload_hash=payload, lane=Lane.LIVE, fact=factories.capture()
    )


def row(seq: int, **changes: Any) -> dict[str, Any]:
    judgement = Judgement(outcome=Outcome.UNRECOGNISED, opens=False, reason="under_threshold")
    capture = factories.capture(**changes)
    return recording.sighting_row(arrived(seq), capture, judgement, received_us=1)


def test_positions_count_up_without_gaps_over_restarts(engine: Engine) -> None:
    first = ShardWriter.take(engine, "s1", owner="a", now=factories.NOW)
    assert first.append(Batch(sightings=[row(1), row(2)])) == 2
    second = ShardWriter.take(engine, "s1", owner="b", now=factories.NOW)
    assert second.append(Batch(sightings=[row(3)])) == 3
    with engine.connect() as connection:
        assert [r.pos for r in log.read_after(connection, "s1", 0, 10)] == [1, 2, 3]
        assert [r.seq for r in log.read_after(connection, "s1", 1, 10, "seq")] == [2, 3]


def test_a_writer_that_was_fenced_out_writes_nothing(engine: Engine) -> None:
    old = ShardWriter.take(engine, "s1", owner="a", now=factories.NOW)
    ShardWriter.take(engine, "s1", owner="b", now=factories.NOW)
    with pytest.raises(FenceLost):
        old.append(Batch(sightings=[row(1)], rejected=[]))
    with engine.connect() as connection:
        assert log.read_after(connection, "s1", 0, 10) == []


def test_a_batch_is_written_whole_or_not_at_all(engine: Engine) -> None:
    writer = ShardWriter.take(engine, "s1", owner="a", now=factories.NOW)
    with pytest.raises(sa.exc.IntegrityError):
        writer.append(Batch(sightings=[row(1), row(1)]))
    assert writer.append(Batch(sightings=[row(1)])) == 1


def test_a_report_that_comes_twice_is_kept_once(engine: Engine) -> None:
    writer = ShardWriter.take(engine, "s1", owner="a", now=factories.NOW)
    act = recording.door_act_row(arrived(5), factories.door_acted())
    refused = recording.input_refused_row(arrived(6), factories.input_refused())
    for _ in range(2):
        writer.append(Batch(door_acts=[dict(act)], rejected=[dict(refused)]))
    with engine.connect() as connection:
        assert len(views.door_acts_page(connection, "gw1")) == 1
        assert len(views.rejected_page(connection, "e1")) == 1


def test_old_answers_are_found_in_the_log_and_new_captures_ask_it_nothing(engine: Engine) -> None:
    ShardWriter.take(engine, "s1", owner="a", now=factories.NOW).append(Batch(sightings=[row(1), row(7)]))
    seen = Seen(engine, recent=2)
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    known = seen.answers([arrived(1), arrived(5), arrived(7)])
    assert set(known) == {("gw1", factories.EPOCH, 1), ("gw1", factories.EPOCH, 7)}
    assert known["gw1", factories.EPOCH, 1] == Answer(b"x" * 16, Outcome.UNRECOGNISED, False, "under_threshold")
    asked.clear()
    assert seen.answers([arrived(8), arrived(9)]) == {}
    assert asked == []
    for seq in (8, 9, 10):
        seen.remember(arrived(seq), Answer(b"y" * 16, Outcome.GRANTED, True, "granted"))
    assert set(seen.answers([arrived(8), arrived(9), arrived(10)])) == {("gw1", factories.EPOCH, n) for n in (9, 10)}


def test_pages_go_on_where_the_page_before_ended(engine: Engine) -> None:
    writer = ShardWriter.take(engine, "s1", owner="a", now=factories.NOW)
    times = [factories.NOW + timedelta(seconds=n // 2) for n in range(9)]  # pairs taken at the same moment
    writer.append(Batch(sightings=[row(n + 1, taken_at=at) for n, at in enumerate(times)]))
    seen: list[int] = []
    before = None
    with engine.connect() as connection:
        while page := views.sightings_page(connection, "e1", before=before, limit=2):
            seen += [r.pos for r in page]
            before = (page[-1].taken_us, page[-1].pos)
        assert seen == [9, 8, 7, 6, 5, 4, 3, 2, 1]
        assert views.sightings_page(connection, "elsewhere") == []
        assert store.highest(connection, "gw1", factories.EPOCH) == 9
