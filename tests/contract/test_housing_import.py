"""Importing and exporting the registry on SQLite and on PostgreSQL."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core import audit
from core.clock import day_start_us, to_us
from core.db import writing
from core.facts import Modality
from housing import tables as t
from housing.registry import reading
from housing.registry import writing as w
from housing.registry.exporting import export_csv
from housing.registry.importing import FilesMissing, Report, SourceRefused, run_import
from housing.registry.kinds import Purpose
from tests.contract.housing_files import FILES, contents, write

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def load(engine: Engine, source: Path, *, strict: bool = False) -> Report:
    return run_import(engine, source, strict=strict, actor="li", now=NOW)


def refused(report: Report) -> list[tuple[str, int, str]]:
    return [(row.file, row.line, row.column) for row in report.refusals]


def newest(conn: Connection) -> int:
    return reading.newest_change(conn, "e1")


def test_every_file_is_taken(housing_engine: Engine, tmp_path: Path) -> None:
    report = load(housing_engine, write(tmp_path / "in"))
    assert not report.refusals
    assert report.applied
    assert report.estates == ("e1",)
    assert {name: count.inserted for name, count in report.counts.items()} == {
        "homes": 3, "doors": 4, "gateways": 2, "people": 4, "leases": 2, "vehicles": 1, "credentials": 2, "passes": 1,
        "absences": 2, "consents": 3, "visits": 1, "swaps": 1, "outages": 2, "arrears": 2, "meters": 2,
    }  # fmt: skip
    with housing_engine.connect() as conn:
        assert reading.estates(conn) == ["e1"]
        assert [(g.gateway, g.doors) for g in reading.gateways(conn, "e1")] == [
            ("gw1", ("b1-door", "gate")), ("gw2", ("h1-door", "h2-door")),
        ]  # fmt: skip
        assert [m.person for m in reading.members_of(conn, "e1") if m.home is None] == ["s1"]
        assert [(o.door, o.gateway) for o in reading.outages_of(conn, "e1")] == [("gate", None), (None, "gw2")]
        assert [lease.rent_month_fen for lease in reading.leases_of(conn, "e1")] == [60_050, 48_000]
        assert [v.plate for v in reading.vehicles(conn, "e1")] == ["桂C12345"]
        assert [visit.note for visit in reading.visits_of(conn, "e1", "h2")] == ["no answer\ntwice"]
        assert reading.passes_of(conn, "e1")[0].holder == "=cmd|' /C calc'!A0"
        assert reading.passes_of(conn, "e1")[0].from_us == day_start_us(date(2026, 11, 1)) + 8 * 3600 * 10**6
        assert [c.purpose for c in reading.consents_of(conn, "e1", "p3")] == ["occupancy"]
        assert [m.electricity_kwh for m in reading.meters_of(conn, "e1")] == [3.25, 0.0]
        assert {(c.kind, c.subject) for c in reading.changes_after(conn, "e1", 0) if c.kind == "home"} == {
            ("home", "h1"), ("home", "h2"), ("home", "h3"), ("home", "*"),
        }  # fmt: skip
        assert audit.verify(conn) is None
        assert [entry.action for entry in audit.entries(conn)] == ["registry:import:run"]
    assert any("longer than 5 years" in notice.en for notice in report.notices)


def test_the_same_files_twice_change_nothing(housing_engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    load(housing_engine, folder)
    with housing_engine.connect() as conn:
        before, version = contents(conn), newest(conn)
    report = load(housing_engine, folder)
    assert all((count.inserted, count.updated) == (0, 0) for count in report.counts.values())
    with housing_engine.connect() as conn:
        assert contents(conn) == before
        assert newest(conn) == version
        assert conn.scalar(sa.select(sa.func.count()).select_from(t.imports)) == 2


def test_a_corrected_row_changes_that_row_and_numbers_that_home(housing_engine: Engine, tmp_path: Path) -> None:
    load(housing_engine, write(tmp_path / "in"))
    with housing_engine.connect() as conn:
        version = newest(conn)
    report = load(housing_engine, write(tmp_path / "in", leases=FILES["leases"].replace("2026-05-31", "2026-06-30")))
    assert report.counts["leases"].updated == 1
    assert sum(count.updated + count.inserted for count in report.counts.values()) == 1
    with housing_engine.connect() as conn:
        changes = reading.changes_after(conn, "e1", version)
        assert [(c.kind, c.subject, c.from_day) for c in changes] == [("home", "h1", date(2024, 6, 1))]


def test_a_file_without_a_column_leaves_it_as_it_is(housing_engine: Engine, tmp_path: Path) -> None:
    load(housing_engine, write(tmp_path / "in"))
    load(housing_engine, write(tmp_path / "in", leases="lease,home,tenant,start,end,rent_month\n"
                               "l2,h2,p3,2025-01-01,2031-01-01,490\n"))  # fmt: skip
    with housing_engine.connect() as conn:
        lease = reading.leases_of(conn, "e1", "h2")[0]
    assert (lease.rent_month_fen, lease.ended, lease.end_reason) == (49_000, date(2026, 10, 1), "搬离")


BAD = {
    "homes": FILES["homes"] + "h4,e1,b1,x,401,50,let\n",
    "doors": FILES["doors"] + "h4-door,e1,home,b1,h4,0\nside,e1,gate,,,0,\n",
    "people": FILES["people"]
    + "p4,赵强,,h4,tenant,2025-01-01,,0\np5,钱伟,,h1,spouse,2025-02-30,,0\np1,李平,,h2,tenant,2026-01-01,,0\n",
    "leases": FILES["leases"] + "l3,h1,p4,2025-01-01,2026-01-01,600,,,,,,\n",
    "passes": FILES["passes"]
    + "v2,h1,visitor,n,2026-11-01,2026-12-01,h2-door\nv3,h1,visitor,n,2026-11-01T08:00:00,2026-12-01,gate\n",
    "consents": FILES["consents"] + "p2,door,finger,2025-01-01,,1,\n",
    "outages": FILES["outages"] + "nowhere,2026-07-01,\n",
}
BAD_ROWS = [
    ("homes.csv", 5, "floor"), ("doors.csv", 6, "home"), ("doors.csv", 7, ""), ("people.csv", 6, "home"),
    ("people.csv", 7, "from"), ("people.csv", 8, "person"), ("leases.csv", 4, "tenant"), ("passes.csv", 3, "doors"),
    ("passes.csv", 4, "from"), ("consents.csv", 5, "guardian"), ("outages.csv", 4, "door"),
]  # fmt: skip


def test_bad_rows_are_left_out_listed_and_kept(housing_engine: Engine, tmp_path: Path) -> None:
    report = load(housing_engine, write(tmp_path / "in", **BAD))
    assert refused(report) == BAD_ROWS
    assert {(row.file, row.reason) for row in report.refusals} >= {("homes.csv", "row"), ("leases.csv", "reference")}
    assert report.applied
    with housing_engine.connect() as conn:
        stored = conn.execute(sa.select(t.import_refusals).order_by(t.import_refusals.c.id)).all()
        run = conn.execute(sa.select(t.imports)).one()
        assert len(reading.homes_of(conn, "e1")) == 3
    assert [(row.file, row.line, row.column) for row in stored] == BAD_ROWS
    assert all(row.reason_zh and row.reason_en and row.run == report.run for row in stored)
    assert (run.accepted, run.refused, run.applied) == (report.accepted, len(BAD_ROWS), True)


def test_strict_takes_all_or_nothing(housing_engine: Engine, tmp_path: Path) -> None:
    report = load(housing_engine, write(tmp_path / "in", **BAD), strict=True)
    assert not report.applied
    assert refused(report) == BAD_ROWS
    with housing_engine.connect() as conn:
        assert reading.estates(conn) == []
        assert not any(contents(conn).values())
        assert conn.scalar(sa.select(sa.func.count()).select_from(t.changes)) == 0
        assert conn.scalar(sa.select(sa.func.count()).select_from(t.import_refusals)) == len(BAD_ROWS)
        assert conn.execute(sa.select(t.imports.c.applied)).scalar_one() is False
    assert load(housing_engine, write(tmp_path / "good"), strict=True).applied


def test_a_first_import_needs_its_four_files(housing_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(FilesMissing) as caught:
        load(housing_engine, write(tmp_path / "in", leases=None, people=None))
    assert "people.csv" in caught.value.en
    assert "leases.csv" in caught.value.zh
    with pytest.raises(SourceRefused):
        load(housing_engine, tmp_path / "nowhere")
    load(housing_engine, write(tmp_path / "in"))
    shutil.rmtree(tmp_path / "in")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "absences.csv").write_text(FILES["absences"].replace("travel", "work"), encoding="utf-8")
    assert load(housing_engine, tmp_path / "in").counts["absences"].inserted == 1


def test_an_import_that_fails_half_way_leaves_nothing(housing_engine: Engine, tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(what: str, done: int, _total: int) -> None:
        if what == "write" and done == 5:
            raise Interrupted

    with pytest.raises(Interrupted):
        run_import(
            housing_engine, write(tmp_path / "in"), strict=False, actor="li", now=NOW, progress=interrupt
        )  # fmt: skip
    with housing_engine.connect() as conn:
        assert not any(contents(conn).values())
        assert reading.estates(conn) == []


def test_keys_are_there_before_the_estate_is_seen(housing_engine: Engine, tmp_path: Path) -> None:
    prepared: list[tuple[tuple[str, ...], list[str]]] = []

    def prepare(estates: tuple[str, ...]) -> None:
        prepared.append((estates, []))

    run_import(
        housing_engine, write(tmp_path / "in"), strict=False, actor="li", now=NOW, prepare=prepare
    )  # fmt: skip
    assert prepared == [(("e1",), [])]


def test_a_withdrawal_by_file_removes_templates_and_stands(housing_engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    load(housing_engine, folder)
    with writing(housing_engine) as conn:
        w.store_template(
            conn, template="t1", estate="e1", person="p1", modality=Modality.FACE, model="sface/1", key_version=1,
            quality=0.9, sealed=b"sealed", actor="li", now=NOW,
        )  # fmt: skip
        version = newest(conn)
    withdrawn = FILES["consents"].replace(
        "10:00:00+08:00,,2024-1,\n", "10:00:00+08:00,2026-11-20T09:00:00+08:00,2024-1,\n"
    )
    report = load(housing_engine, write(folder, consents=withdrawn))
    assert report.templates_removed == 1
    with housing_engine.connect() as conn:
        assert reading.templates(conn, "e1", "face") == []
        assert [(c.kind, c.subject) for c in reading.changes_after(conn, "e1", version)] == [("gallery", "p1")]
    again = load(housing_engine, write(folder))  # the old file would bring the consent back
    assert refused(again) == [("consents.csv", 2, "withdrawn")]
    with housing_engine.connect() as conn:
        (consent,) = reading.consents_of(conn, "e1", "p1")
    assert consent.withdrawn_us == to_us(datetime(2026, 11, 20, 1, 0, tzinfo=UTC))


def test_a_withdrawal_on_the_page_survives_the_old_file(housing_engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    load(housing_engine, folder)
    with writing(housing_engine) as conn:
        w.withdraw_consent(conn, person="p1", purpose=Purpose.DOOR, modality=Modality.FACE, actor="li", now=NOW)
    assert refused(load(housing_engine, folder)) == [("consents.csv", 2, "withdrawn")]


def test_a_consent_to_care_without_a_modality_is_kept_written_out_and_withdrawn(
    housing_engine: Engine, tmp_path: Path
) -> None:
    given = FILES["consents"] + "p1,care,,2025-01-02T10:00:00+08:00,,2024-1,\n"
    assert not load(housing_engine, write(tmp_path / "in", consents=given)).refusals
    with writing(housing_engine) as conn:
        assert [(c.purpose, c.modality) for c in reading.consents_of(conn, "e1", "p1")][:1] == [("care", "")]
        export_csv(conn, tmp_path / "out")
        assert "p1,care,,2025-01-02T10:00:00" in (tmp_path / "out" / "consents.csv").read_text("utf-8-sig")
        ended = w.withdraw_consent(conn, person="p1", purpose=Purpose.CARE, modality=Modality.FACE, actor="li", now=NOW)
        assert ended.consents == 1
        assert reading.consents_of(conn, "e1", "p1")[0].withdrawn_us == to_us(NOW)


def test_another_estates_ids_are_not_taken_over(housing_engine: Engine, tmp_path: Path) -> None:
    load(housing_engine, write(tmp_path / "in"))
    moved = {
        "homes": FILES["homes"].replace("h3,e1", "h3,e2"),
        "doors": FILES["doors"].replace("gate,e1", "gate,e2"),
    }
    report = load(housing_engine, write(tmp_path / "in", **moved))
    assert refused(report)[:2] == [("homes.csv", 4, "home"), ("doors.csv", 2, "door")]
    with housing_engine.connect() as conn:
        assert reading.estates(conn) == ["e1"]


def test_staff_of_one_of_several_estates_are_named(housing_engine: Engine, tmp_path: Path) -> None:
    two = {"homes": FILES["homes"] + "k1,e2,b1,1,101,40,let\n"}
    report = load(housing_engine, write(tmp_path / "in", **two))
    assert ("people.csv", 5, "estate") in refused(report)
    named = (
        FILES["people"].replace("lives_alone", "lives_alone,estate").replace(",0\n", ",0,\n").replace(",1\n", ",1,\n")
    )
    named = named.replace("staff,2024-01-01,,0,", "staff,2024-01-01,,0,e2")
    assert not load(housing_engine, write(tmp_path / "in", **two, people=named)).refusals
    with housing_engine.connect() as conn:
        assert [m.person for m in reading.members_of(conn, "e2")] == ["s1"]


def test_a_person_on_several_lines_is_one_person(housing_engine: Engine, tmp_path: Path) -> None:
    moved = FILES["people"].replace("h1,tenant,2024-06-01,,0", "h1,tenant,2024-06-01,2026-01-01,0")
    moved += "p1,李明,,h2,co-resident,2026-01-01,,0\n"
    assert not load(housing_engine, write(tmp_path / "in", people=moved)).refusals
    with housing_engine.connect() as conn:
        spans = [(m.home, m.until_day) for m in reading.members_of(conn, "e1") if m.person == "p1"]
        (person,) = [p for p in reading.people_of(conn, "e1") if p.person == "p1"]
    assert spans == [("h1", date(2026, 1, 1)), ("h2", None)]
    assert person.born == date(1980, 5, 1)
