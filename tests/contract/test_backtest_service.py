"""The back-test says what the service says: the same estate and stream through both, finding by finding."""

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
import sqlalchemy as sa

from core.clock import from_us
from core.db import writing
from core.settings import Settings
from housing import tables as t
from housing.registry import exporting, reading
from occupancy import registries, sweeping
from occupancy.alerts import Alert
from occupancy.backtest.estates import Care, Estate
from occupancy.backtest.running import compare
from occupancy.finding_store import finding_of
from occupancy.findings import Finding
from occupancy.tables import alerts, findings
from tests.contract.occupancy_bench import Bench, days_from, local
from tests.contract.occupancy_estates import ESTATE, at, daily, note_change, sighting

FIRST, COUNT = date(2026, 3, 2), 48
UNTIL = FIRST + timedelta(COUNT)
PERIOD = days_from(FIRST, COUNT)


@pytest.fixture
def bench(tmp_path: Path, redis_url: str) -> Iterator[Bench]:
    made = Bench(Settings(var_dir=tmp_path, database_url="", redis_url=redis_url, sweep_s=10))
    yield made
    made.close()


def furnish(bench: Bench) -> None:
    """h0 usual, h1 idle, h2 sublet to guests, h3 an old person alone, h4 overdue; h5 and h1 unseen for some days."""
    stores = bench.stores
    stores.found(homes=6, members=1)
    with writing(stores.housing) as conn:
        conn.execute(t.passes.insert().values(
            **{"pass": "v2"}, home="h2", kind="visitor", holder="访客", from_us=0, until_us=at(UNTIL, 0)
        ))  # fmt: skip
        conn.execute(t.pass_doors.insert().values(**{"pass": "v2"}, door="gate"))
        conn.execute(t.consents.insert().values(
            person="p3", purpose="care", modality="card", given_us=at(PERIOD[20], 9), withdrawn_us=at(PERIOD[40], 9),
            text_version="1",
        ))  # fmt: skip
        conn.execute(t.visits.insert().values(
            home="h3", at_us=at(PERIOD[30], 10), officer="o", outcome="household_met", note=""
        ))  # fmt: skip
        conn.execute(t.leases.update().where(t.leases.c.home == "h4").values(end=PERIOD[25]))
        conn.execute(t.absences.insert().values(
            home="h1", person=None, from_day=PERIOD[5], until_day=PERIOD[9], kind="travel", approved=True
        ))  # fmt: skip
        down = {"gate": PERIOD[24], "b1-door": PERIOD[24], "h5-door": PERIOD[24], "h1-door": PERIOD[13]}
        conn.execute(t.outages.insert(), [
            {"door": door, "gateway": None, "from_us": at(PERIOD[10], 6), "until_us": at(until, 6)}
            for door, until in down.items()
        ])  # fmt: skip
        note_change(conn, "home")


def stream() -> list[dict[str, Any]]:
    """Sightings ordered by time, as rows of the log."""
    rng = random.Random(4)
    rows = daily("p0", PERIOD) + daily("p1", PERIOD[:3]) + daily("p3", PERIOD[:22]) + daily("p4", PERIOD)
    rows += daily("p2", PERIOD[:18]) + daily("p5", PERIOD[:10]) + daily("p5", PERIOD[24:])
    guest = {"person": None, "modality": "pass", "pass": "v2", "home": "h2"}
    rows += [{"taken_us": at(day, 19 + rng.random()), **guest} for day in PERIOD[14:]]
    stranger = {"outcome": "unrecognised", "opens": False, "door": "h2-door", "home": "h2"}
    rows += [{"person": None, "taken_us": at(day, 21), **stranger} for day in PERIOD[16::2]]
    rows += [{"person": "p2", "seen": "p0", "outcome": "mismatch", "opens": False, "modality": "card", "home": "h2",
              "taken_us": at(day, 22)} for day in PERIOD[15::3]]  # fmt: skip
    for row in rows:
        row["taken_us"] += rng.randrange(1_000_000)
        row["direction"] = rng.choice(["in", "in", "in", "unknown"])
    return sorted(rows, key=lambda row: int(row["taken_us"]))


def through_the_service(bench: Bench, rows: list[dict[str, Any]]) -> tuple[list[Finding], list[Alert]]:
    """Every day's sightings into the log, and a sweep at its last moment."""
    for day in PERIOD:
        start, end = at(day, 0), at(day, 24)
        bench.stores.seen([row for row in rows if start <= row["taken_us"] < end])
        bench.go_to(from_us(end - 1) - timedelta(seconds=bench.settings.sweep_s))
    with bench.stores.occupancy.connect() as conn:
        found = [finding_of(row) for row in conn.execute(sa.select(findings))]
        opened = [Alert(**row._mapping) for row in conn.execute(sa.select(alerts))]
    return found, opened


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """The same rows as the contract's columns."""
    whole = [sighting(n, **row) for n, row in enumerate(rows, 1)]
    columns: Mapping[str, list[Any]] = {
        name: [row[name] or None for row in whole]
        for name in ("door", "direction", "modality", "person", "pass", "home", "plate", "outcome", "seen")
    }
    return pa.table({
        "event": [row["pos"] for row in whole],
        "at": pa.array([row["taken_us"] for row in whole], pa.timestamp("us", "UTC")),
        **columns,
    })  # fmt: skip


def estate_of(bench: Bench) -> Estate:
    with bench.stores.housing.connect() as conn:
        return Estate(
            rows=registries.read(conn, ESTATE, 0, local(FIRST)),
            outages=reading.outages_of(conn, ESTATE),
            care=[Care("p3", at(PERIOD[20], 9), at(PERIOD[40], 9))],
        )


def by_place(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: (finding.home, finding.kind, finding.finding))


def test_the_back_test_says_what_the_service_says(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "HOMES_AT_ONCE", 2)  # three slices, with findings at their edges
    furnish(bench)
    rows = stream()
    served, opened = through_the_service(bench, rows)
    result = compare([estate_of(bench)], table_of(rows), FIRST, UNTIL, complete=False)
    assert {finding.kind for finding in served} >= {"vacancy", "welfare", "overdue", "sublet"}
    assert any(not finding.is_open for finding in served)
    assert by_place(list(result.findings[0])) == by_place(served)
    key = msgspec.json.encode
    assert sorted(result.alerts[0], key=key) == sorted(opened, key=key)
    folder = tmp_path / "exported"
    folder.mkdir()
    with bench.stores.housing.connect() as conn:
        exporting.export_csv(conn, folder)
    again = compare(folder, table_of(rows), FIRST, UNTIL, complete=False)
    assert again.report is not None
    assert again.report.refusals == ()
    assert again.findings == result.findings


def test_a_day_that_is_over_counts_itself(bench: Bench) -> None:
    furnish(bench)
    rows, estate = stream(), estate_of(bench)
    (running,) = compare([estate], table_of(rows), FIRST, UNTIL, complete=False).findings
    (over,) = compare([estate], table_of(rows), FIRST, UNTIL).findings
    before, after = (
        [finding.stages[0].on for finding in found if finding.kind == "welfare"] for found in (running, over)
    )
    assert before
    assert [day - timedelta(1) for day in before] == after  # the silent day need not wait for the next evening
