"""Reading and writing findings and alerts. The caller owns the transaction."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from occupancy.alerts import Alert
from occupancy.discovery import ACCUSING
from occupancy.findings import Finding, Step
from occupancy.rules.base import Reason, Stage
from occupancy.store import chunks, upsert
from occupancy.tables import alerts, findings

_encoder = msgspec.json.Encoder(order="sorted")
_JSON = {"stages": tuple[Step, ...], "evidence": tuple[Reason, ...], "counter_evidence": tuple[Reason, ...]}
RAISED = tuple(stage.word for stage in Stage if stage >= Stage.SUSPECTED)
_with_alert = findings.outerjoin(alerts, alerts.c.finding == findings.c.finding)
_WAITING = (
    findings.c.ended_on.is_(None),
    findings.c.kind.in_(ACCUSING),
    findings.c.stage.in_(RAISED),
    alerts.c.alert.is_(None),
)
_decoders = {name: msgspec.json.Decoder(kind) for name, kind in _JSON.items()}


def finding_of(row: sa.Row[Any]) -> Finding:
    """A finding from its row."""
    values = dict(row._mapping)
    return Finding(**values | {name: decoder.decode(values[name]) for name, decoder in _decoders.items()})


def stages_of(text: str) -> tuple[Step, ...]:
    """Dated stages as the table keeps them."""
    stages: tuple[Step, ...] = _decoders["stages"].decode(text)
    return stages


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


def raised_elsewhere(conn: Connection, estate: str, kind: str, homes: Collection[str]) -> list[float]:
    """The probabilities of an estate's raised findings of one kind about all but some homes."""
    c = findings.c
    query = sa.select(c.home, c.probability).where(
        c.estate == estate, c.ended_on.is_(None), c.kind == kind, c.stage.in_(RAISED)
    )
    return [probability for home, probability in conn.execute(query) if home not in homes]


def waiting(estate: str) -> sa.Select[tuple[Any, ...]]:
    """The raised accusations of an estate that have no alert yet: they wait for the week's budget."""
    return sa.select(findings).select_from(_with_alert).where(findings.c.estate == estate, *_WAITING)


def opened_since(conn: Connection, estate: str, since_us: int) -> int:
    """How many alerts of accusing kinds opened in an estate since a moment, closed ones too."""
    a = alerts.c
    query = sa.select(sa.func.count()).where(a.estate == estate, a.opened_us >= since_us, a.kind.in_(ACCUSING))
    return conn.scalar(query) or 0


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


def expected_false(conn: Connection) -> dict[str, float]:
    """The mean of 1 - p over the raised findings of each accusing kind: the share of false ones to be expected."""
    c = findings.c
    raised = (c.ended_on.is_(None), c.kind.in_(ACCUSING), c.stage.in_(RAISED))
    query = sa.select(c.kind, sa.func.avg(1 - c.probability)).where(*raised).group_by(c.kind)
    return {row[0]: float(row[1]) for row in conn.execute(query)}


def count_waiting(conn: Connection) -> dict[str, int]:
    """How many raised accusations wait for an alert, by kind."""
    query = sa.select(findings.c.kind, sa.func.count()).select_from(_with_alert).where(*_WAITING)
    return {row[0]: row[1] for row in conn.execute(query.group_by(findings.c.kind))}
