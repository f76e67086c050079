"""Reading and writing findings and alerts. The caller owns the transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from occupancy.alerts import Alert
from occupancy.findings import Finding, Step
from occupancy.rules.base import Reason
from occupancy.store import chunks, upsert
from occupancy.tables import alerts, findings

_encoder = msgspec.json.Encoder(order="sorted")
_JSON = {"stages": tuple[Step, ...], "evidence": tuple[Reason, ...], "counter_evidence": tuple[Reason, ...]}
_decoders = {name: msgspec.json.Decoder(kind) for name, kind in _JSON.items()}


def finding_of(row: sa.Row[Any]) -> Finding:
    """A finding from its row."""
    values = dict(row._mapping)
    return Finding(**values | {name: decoder.decode(values[name]) for name, decoder in _decoders.items()})


def open_findings(conn: Connection, kind: str, homes: Sequence[str]) -> dict[str, Finding]:
    """The open findings of one kind about some homes, by home."""
    c = findings.c
    query = sa.select(findings).where(c.kind == kind, c.ended_on.is_(None))
    return {
        row.home: finding_of(row) for piece in chunks(homes) for row in conn.execute(query.where(c.home.in_(piece)))
    }


def open_kinds(conn: Connection, estate: str) -> list[tuple[str, str, str]]:
    """(home, kind, stage) of every open finding of an estate."""
    c = findings.c
    query = sa.select(c.home, c.kind, c.stage).where(c.estate == estate, c.ended_on.is_(None))
    return [(row[0], row[1], row[2]) for row in conn.execute(query)]


def put_findings(conn: Connection, changed: Iterable[Finding]) -> None:
    """Write findings that are new or changed."""
    rows = []
    for finding in changed:
        values = {name: getattr(finding, name) for name in Finding.__struct_fields__}
        rows.append(values | {name: _encoder.encode(values[name]).decode() for name in _JSON})
    upsert(conn, findings, rows)


def alerts_of(conn: Connection, found: Iterable[Finding]) -> dict[str, Alert]:
    """The alerts of some findings, by finding."""
    query = sa.select(alerts)
    return {
        row.finding: Alert(**row._mapping)
        for piece in chunks([finding.finding for finding in found])
        for row in conn.execute(query.where(alerts.c.finding.in_(piece)))
    }


def put_alerts(conn: Connection, changed: Iterable[Alert]) -> None:
    """Write alerts that are new or changed."""
    upsert(conn, alerts, [msgspec.structs.asdict(alert) for alert in changed])


def count_open_alerts(conn: Connection) -> dict[str, int]:
    """How many alerts are open, by kind."""
    query = sa.select(alerts.c.kind, sa.func.count()).where(alerts.c.closed_us.is_(None)).group_by(alerts.c.kind)
    return {row[0]: row[1] for row in conn.execute(query)}
