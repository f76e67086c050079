"""A furnished estate for tests and screenshots of the console: registry, staff, a day at the doors, days, findings.

The rows are written straight into the three stores, as the services would have; the same seed, day and number of homes
give the same rows.
"""

import json
import tempfile
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core import log
from core.clock import day_start_us, from_us, local_day, to_us
from core.db import Store, open_store
from core.db.migrate import migrate
from core.settings import Settings
from core.vault import Vault
from housing import accounts
from housing.registry.importing import run_import
from occupancy import tables as o
from occupancy.homedays import COUNTS
from recognition import tables as r
from simulators.day import What, draw_day
from simulators.readers import lay_readers
from simulators.tables import World
from simulators.world import draw, write

ESTATE, NAME, SHARD = "qingxi", "清溪苑", "s1"
PASSWORD = "three grey herons"
USERS = {
    "admin": (accounts.Role.ADMIN, ["*"], "周敏"),
    "officer": (accounts.Role.HOUSING, [ESTATE], "李建国"),
    "desk": (accounts.Role.PROPERTY, [ESTATE], "王芳"),
    "viewer": (accounts.Role.VIEWER, [ESTATE], "陈静"),
    "stranger": (accounts.Role.HOUSING, ["elsewhere"], "赵强"),
}
SEED = 7
HOUR_US = 3_600_000_000


def furnish(settings: Settings, now: datetime, *, homes: int = 240) -> World:
    """Stores with an estate of `homes` as it stands at `now`; returns the world behind them."""
    migrate(settings)
    world = draw(SEED, local_day(now), homes=homes, estate=ESTATE)
    housing = open_store(settings, Store.HOUSING)
    _register(housing, settings, world, now)
    with housing.begin() as connection:
        add_users(connection, now)
        connection.execute(sa.text("UPDATE estates SET name = :name WHERE estate = :estate"),
                           {"name": NAME, "estate": ESTATE})  # fmt: skip
    housing.dispose()
    rows = _sightings(world, now)
    recognition = open_store(settings, Store.RECOGNITION)
    with recognition.begin() as connection:
        connection.execute(log.sightings.insert(), rows)
        connection.execute(log.gateway_status.insert(), _statuses(world, now))
        connection.execute(r.rejected.insert(), _rejected(world, now))
    recognition.dispose()
    occupancy = open_store(settings, Store.OCCUPANCY)
    with occupancy.begin() as connection:
        connection.execute(o.presence.insert(), _presence(world, rows))
        connection.execute(o.home_days.insert(), _home_days(world))
        for number, (kind, stage, probability, *rest) in enumerate(FINDINGS):
            add_finding(connection, world, number, kind, stage, probability, *rest, now=now)
    occupancy.dispose()
    return world


def _register(housing: sa.Engine, settings: Settings, world: World, now: datetime) -> None:
    vault = Vault.open(settings)

    def give_keys(estates: tuple[str, ...]) -> None:
        for estate in estates:
            vault.create(estate)

    with tempfile.TemporaryDirectory() as folder:
        write(world, Path(folder))
        report = run_import(
            housing, Path(folder), strict=True, actor="seed", now=now,
            prepare=give_keys,
        )  # fmt: skip
    assert report.applied, report.refusals[:3]


def add_users(connection: Connection, now: datetime) -> None:
    """One user of each role, and one of another estate."""
    for user, (role, estates, name) in USERS.items():
        accounts.add_user(
            connection, user=user, name=name, role=role, estates=estates, password=PASSWORD, actor="seed", now=now
        )


def sighting(world: World, pos: int, at_us: int, **changes: Any) -> dict[str, Any]:
    """A row of the log: the first tenant at the north gate, let in, unless changed."""
    row = {
        "shard": SHARD, "pos": pos, "day": from_us(at_us).date(), "estate": ESTATE, "gateway": str(world.gateways[-1]),
        "epoch": "e" * 32, "seq": pos, "payload_hash": pos.to_bytes(16, "big"), "taken_us": at_us,
        "received_us": at_us + 40_000, "clock_offset_ms": 0, "door": f"{ESTATE}-gate-n", "direction": "in",
        "device": f"{ESTATE}-gate-n-in", "device_event": str(pos), "modality": "face", "recogniser": "simulated",
        "model": "sface", "quality": 0.8, "liveness": None, "score": 0.66, "threshold": 0.45,
        "person": str(world.people.id[0]), "pass": None, "home": None, "plate": None, "outcome": "granted",
        "reason": "granted", "seen": None, "opens": True, "lane": "live",
    }  # fmt: skip
    return {**row, **changes}


def home_of_finding(world: World, number: int) -> str:
    """Which home the finding of that number is about."""
    let = world.homes.id[world.homes.state == "let"]
    return str(let[(5 + 7 * number) % len(let)])


def _silent(world: World) -> Mapping[str, tuple[str, int]]:
    """The homes whose household was not seen for so many days, and by which kind of finding."""
    return {
        home_of_finding(world, number): (kind, days)
        for number, (kind, _stage, _probability, days, *_) in enumerate(FINDINGS)
        if kind != "overdue"
    }


def _household(world: World, person: str | None) -> str:
    """The home of a person; empty for nobody and for staff."""
    found = np.flatnonzero(world.people.id == person)
    home = int(world.people.home[found[0]]) if person and len(found) else -1
    return str(world.homes.id[home]) if home >= 0 else ""


def _sightings(world: World, now: datetime) -> list[dict[str, Any]]:
    today, readers = draw_day(SEED, world, world.today), lay_readers(world)
    silent = _silent(world)
    rows: list[dict[str, Any]] = []
    doors = world.doors
    for place in np.flatnonzero(today.at_us <= to_us(now)):
        reader, what = int(today.reader[place]), What(int(today.what[place]))
        door = int(readers.door[reader])
        changes: dict[str, Any] = {
            "door": str(doors.id[door]), "direction": "in" if readers.inward[reader] else "out",
            "device": str(readers.id[reader]), "gateway": str(world.gateways[doors.gateway[door]]),
            "home": str(world.homes.id[doors.home[door]]) if doors.home[door] >= 0 else None,
            **_presented(world, today, int(place), what),
        }  # fmt: skip
        if _household(world, changes["person"]) in silent:
            continue
        rows.append(sighting(world, len(rows) + 1, int(today.at_us[place]), **changes))
    return rows


def _presented(world: World, today: Any, place: int, what: What) -> Mapping[str, Any]:
    person = int(today.person[place])
    stranger = {"person": None, "outcome": "unrecognised", "reason": "under_threshold", "opens": False, "score": 0.21}
    if what is What.FACE:
        return stranger if person < 0 else {"person": str(world.people.id[person])}
    if what is What.CREDENTIAL:
        card = int(today.credential[place])
        return {"modality": str(world.credentials.kind[card]), "model": None, "score": None,
                "person": str(world.people.id[world.credentials.person[card]])}  # fmt: skip
    if what is What.PASS:
        number = int(today.pass_[place])
        return {"modality": "pass", "pass": str(world.passes.id[number]), "person": None, "model": None,
                "home": str(world.homes.id[world.passes.home[number]])}  # fmt: skip
    vehicle = int(today.vehicle[place])
    if vehicle < 0:
        return {**stranger, "modality": "plate", "plate": str(today.plate[place]), "reason": "unidentified"}
    return {"modality": "plate", "plate": str(world.vehicles.plate[vehicle]),
            "person": str(world.people.id[world.vehicles.person[vehicle]])}  # fmt: skip


def _statuses(world: World, now: datetime) -> list[dict[str, Any]]:
    """The gates' gateway is well, the first of the buildings has a sick device, the last is silent."""
    readers = lay_readers(world).by_gateway(len(world.gateways))
    rows = []
    for number, gateway in enumerate(world.gateways.tolist()):
        silent = number == len(world.gateways) - 2 and number > 0
        devices: dict[str, Mapping[str, Any]] = {
            name: {"door": name.rpartition("-")[0], "working": True, "last_seen": now.isoformat(),
                   "clock_offset_ms": 12}
            for name in readers[number]
        }  # fmt: skip
        if number == 0 and devices:
            first, second = list(devices)[:2]
            devices[first] = {**devices[first], "working": False}
            devices[second] = {**devices[second], "clock_offset_ms": 5_400_000}
        rows.append(
            {"gateway": gateway, "estate": ESTATE, "seen_us": to_us(now) - (HOUR_US if silent else 3_000_000),
             "waiting": 214 if silent else 0, "quarantined": 1 if number == 0 else 0, "refused": 3 * (number == 0),
             "set_versions": json.dumps({"gallery": 41, "rights": 88, "access": 88}), "devices": json.dumps(devices)}
        )  # fmt: skip
    return rows


REFUSED = (
    ("image_not_a_picture", "Unreadable image: this is no picture of a known kind."),
    ("image_no_bytes", "Unreadable image: no picture data was received."),
    ("clock_ahead", "The capture was taken 5400 s in the future."),
    ("malformed", "The item cannot be read: Expected `object`, got `int`."),
    ("unknown_version", "Message version 9 is not spoken here (ours is 1)."),
)


def _rejected(world: World, now: datetime) -> list[dict[str, Any]]:
    gates = str(world.gateways[-1])
    return [
        {"at_us": to_us(now) - (len(REFUSED) - number) * 7 * 60_000_000, "estate": ESTATE, "gateway": gates,
         "epoch": None, "seq": None, "reason": reason, "detail": detail, "door": f"{ESTATE}-gate-{'ns'[number % 2]}",
         "device": f"{ESTATE}-gate-{'ns'[number % 2]}-in", "payload": None}
        for number, (reason, detail) in enumerate(REFUSED)
    ]  # fmt: skip


def _presence(world: World, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where the day's last sighting of everybody leaves them; who was not seen today was seen some days ago."""
    rng = np.random.default_rng(SEED)
    found: dict[str, dict[str, Any]] = {}
    start, silent = day_start_us(world.today), _silent(world)
    for number, person in enumerate(world.people.id.tolist()):
        home = int(world.people.home[number])
        at_us = start - int(rng.integers(1, 20 * 24)) * HOUR_US
        if (name := _household(world, person)) in silent:
            at_us = start - (silent[name][1] - 1) * 24 * HOUR_US + 10 * HOUR_US
        found[person] = {
            "kind": "person", "subject": person, "estate": ESTATE, "state": "unknown", "since_us": at_us,
            "home": str(world.homes.id[home]) if home >= 0 else None, "last_us": at_us, "last_door": f"{ESTATE}-gate-n",
        }  # fmt: skip
    for row in rows:
        if row["person"] in found and row["opens"]:
            inside = "at_home" if row["door"].endswith("-door") and row["direction"] == "in" else "on_estate"
            state = "away" if row["direction"] == "out" else inside
            found[row["person"]] |= {
                "state": state,
                "since_us": row["taken_us"],
                "last_us": row["taken_us"],
                "last_door": row["door"],
            }
    return list(found.values())


def _home_days(world: World, days: int = 380) -> list[dict[str, Any]]:
    """A year of the first sixty let homes: a summer away, a broken reader, guests now and then, silence where found."""
    rng, silent = np.random.default_rng(SEED + 1), _silent(world)
    rows = []
    for home in world.homes.id[world.homes.state == "let"][:60].tolist():
        gone = int(rng.integers(210, 300))
        kind, quiet = silent.get(home, ("", 0))
        for back in range(1, days):
            dark, away = 120 <= back < 124, gone <= back < gone + 14
            seldom = 0.07 if kind == "sublet" else 0.0
            absent = away or rng.random() > (seldom if back < quiet else 0.94)
            entries = 0 if dark or absent else int(rng.poisson(2.2))
            guests = int(rng.random() < (0.55 if kind == "sublet" and back < quiet else 0.08))
            if entries or guests or dark:
                rows.append(_home_day(home, world.today - timedelta(days=back), entries, guests, dark=dark))
    return rows


def _home_day(home: str, day: date, entries: int, guests: int, *, dark: bool) -> dict[str, Any]:
    return {
        **dict.fromkeys(COUNTS, 0), "home": home, "day": day, "estate": ESTATE, "entries": entries, "exits": entries,
        "members_seen": min(entries, 2), "bodies_seen": min(entries, 2), "members_in_at_night": min(entries, 2),
        "passes": guests, "guests": guests, "outage_share": float(dark),
        "last_member_us": day_start_us(day) + 19 * HOUR_US if entries else None,
    }  # fmt: skip


# kind, stage, probability, days since it began, evidence, counter-evidence, legal basis
FINDINGS: tuple[tuple[Any, ...], ...] = (
    ("welfare", "to_verify", 0.97, 3, [("welfare.silent", {"silent": 3, "last": "2026-11-20"})], [], "Order 11"),
    ("sublet", "to_verify", 0.91, 96,
     [("sublet.faded", {"days": 56, "seen": 4, "usual": 83}), ("sublet.others", {"days": 56, "evenings": 39}),
      ("sublet.mismatches", {"days": 6})],
     [("sublet.still_here", {"seen": 4})], "Order 11 Art. 27(1)"),
    ("vacancy", "suspected", 0.78, 201,
     [("vacancy.no_entry", {"since": "2026-05-06", "days": 201}), ("vacancy.nobody_met", {"day": "2026-11-02"})],
     [("vacancy.paused", {"days": 18})], "Order 11 Art. 27(5)"),
    ("overdue", "to_verify", 0.99, 24,
     [("overdue.term_over", {"day": "2026-10-30"}), ("overdue.signs", {"days": 21, "first": "2026-10-31"})],
     [], "Order 11 Art. 30"),
    ("sublet", "suspected", 0.64, 31, [("sublet.others", {"days": 28, "evenings": 17})],
     [("sublet.one_kind", {}), ("sublet.household_met", {"day": "2026-11-12"})], "Order 11 Art. 27(1)"),
)  # fmt: skip


def add_finding(
    connection: Connection, world: World, number: int, kind: str, stage: str, probability: float, days: int,
    evidence: list[tuple[str, Mapping[str, Any]]], counter: list[tuple[str, Mapping[str, Any]]], basis: str,
    *, now: datetime,
) -> str:  # fmt: skip
    """A finding and its alert about the let home of that number; returns the alert's id."""
    home, today = home_of_finding(world, number), local_day(now)
    onset = today - timedelta(days=days)
    opened_us = to_us(now) - (number + 1) * 5 * HOUR_US
    stages = [{"stage": "watch", "on": onset + timedelta(days=days // 3)}, {"stage": stage, "on": local_day(now)}]
    connection.execute(
        o.findings.insert().values(
            finding=f"f{number:031d}", estate=ESTATE, home=home, kind=kind, stage=stage,
            stages=json.dumps(stages, default=date.isoformat), flagged_on=today, onset=onset,
            onset_low=onset - timedelta(days=6), onset_high=onset + timedelta(days=7), probability=probability,
            evidence=_reasons(evidence), counter_evidence=_reasons(counter), legal_basis=basis,
            first_known_us=to_us(now) - days * 24 * HOUR_US, updated_us=to_us(now),
        )
    )  # fmt: skip
    alert = f"a{number:031d}"
    connection.execute(
        o.alerts.insert().values(
            alert=alert,
            finding=f"f{number:031d}",
            estate=ESTATE,
            home=home,
            kind=kind,
            urgent=kind == "welfare",
            opened_us=opened_us,
            refreshed_us=opened_us,
        )
    )
    return alert


def _reasons(rows: list[tuple[str, Mapping[str, Any]]]) -> str:
    return json.dumps([{"kind": kind, "values": dict(values)} for kind, values in rows])
