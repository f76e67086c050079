"""What a run came to: counted from the log, the doors and the alerts; lost and duplicated from the devices' ledger."""

import time
from pathlib import Path

import msgspec
import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core import log
from core.clock import Clock
from core.db import Store, open_store
from core.facts import Lane
from core.settings import Settings
from occupancy import tables as occupancy
from recognition import tables as recognition
from simulators import ledger
from simulators.ledger import Key
from simulators.reckoning import Reckoning, reckon

KEPT_WITHIN_S = 20.0
_LOOK_S = 0.2


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The demo's last line.

    Attributes:
        captures: What was presented and became sightings or is lost (nothing refused).
        decisions: What doors did about them (DoorActed).
        sightings: Rows of the log.
        alerts: Alerts that are open.
        lost, duplicated: By the devices' own ledger.
        decision_ms_p50, decision_ms_p99: From the capture built at the gateway to the decision at its door, live ones.
        captures_by_recogniser: `simulated` are drawn embeddings, `reader` cards and passes, the others real pictures.
        decided_alone: Of the decisions, those a gateway took by itself; all others crossed the broker.
        refused: What a gateway refused at the device, by reason.
        opened_twice: Events whose door opened more than once.
        door_ms_p50, door_ms_p99: From presenting to the door's word, at the devices themselves.
    """

    captures: int
    decisions: int
    sightings: int
    alerts: int
    lost: int
    duplicated: int
    decision_ms_p50: float | None
    decision_ms_p99: float | None
    captures_by_recogniser: dict[str, int]
    outcomes: dict[str, int]
    decided_alone: int
    refused: dict[str, int]
    opened_twice: int
    door_ms_p50: float | None
    door_ms_p99: float | None


def summarise(settings: Settings, ledger_path: Path, *, clock: Clock) -> Summary:
    """The summary of the run of a ledger; waits a while until all that was stored is in the log.

    Raises LedgerDamaged where the ledger proves nothing.
    """
    tally = ledger.read(ledger_path)
    engine = open_store(settings, Store.RECOGNITION, read_only=True)
    try:
        result = _settled(engine, tally, clock)
        with engine.connect() as conn:
            ours = _of_run(tally.run)
            alone, acts = _acts(conn, ours)
            by = _counts(conn, log.sightings.c.recogniser, ours)
            outcomes = _counts(conn, log.sightings.c.outcome, ours)
    finally:
        engine.dispose()
    p50, p99 = (float(value) for value in np.percentile(acts, [50, 99])) if len(acts) else (None, None)
    return Summary(
        captures=result.presented - sum(result.refused.values()),
        decisions=len(acts) + alone,
        sightings=sum(by.values()),
        alerts=_open_alerts(settings),
        lost=result.lost,
        duplicated=result.duplicated,
        decision_ms_p50=_rounded(p50),
        decision_ms_p99=_rounded(p99),
        captures_by_recogniser=by,
        outcomes=outcomes,
        decided_alone=alone,
        refused=result.refused,
        opened_twice=result.opened_twice,
        door_ms_p50=_rounded(result.door_ms_p50),
        door_ms_p99=_rounded(result.door_ms_p99),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None or value != value else round(value, 2)


def _settled(engine: Engine, tally: ledger.Tally, clock: Clock) -> Reckoning:
    """The reckoning once nothing is missing any more, or after KEPT_WITHIN_S as it then is."""
    until = clock.monotonic() + KEPT_WITHIN_S
    while True:
        with engine.connect() as conn:
            result = reckon(tally, _sighted(conn, tally.run))
        if not result.lost or clock.monotonic() > until:
            return result
        time.sleep(_LOOK_S)


def _of_run(run: str) -> sa.ColumnElement[bool]:
    return log.sightings.c.device_event.startswith(f"{run}-", autoescape=True)


def _sighted(conn: Connection, run: str) -> list[Key]:
    query = sa.select(log.sightings.c.device, log.sightings.c.device_event).where(_of_run(run))
    return [(row.device, row.device_event) for row in conn.execute(query)]


def _counts(conn: Connection, column: "sa.Column[str]", ours: sa.ColumnElement[bool]) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).where(ours).group_by(column)
    return {row[0]: row[1] for row in conn.execute(query)}


def _acts(conn: Connection, ours: sa.ColumnElement[bool]) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """How many a gateway decided alone, and the milliseconds of those that the server decided."""
    s, a = log.sightings.c, recognition.door_acts.c
    joined = recognition.door_acts.join(
        log.sightings, sa.and_(a.gateway == s.gateway, a.epoch == s.epoch, a.capture_seq == s.seq)
    )
    rows = conn.execute(sa.select(a.decision_ms, s.lane, a.reason).select_from(joined).where(ours)).all()
    crossed = [row.decision_ms for row in rows if row.lane == Lane.LIVE and not row.reason.startswith("alone_")]
    return len(rows) - len(crossed), np.array(crossed, dtype=np.float64)


def _open_alerts(settings: Settings) -> int:
    engine = open_store(settings, Store.OCCUPANCY, read_only=True)
    try:
        with engine.connect() as conn:
            open_ = occupancy.alerts.c.closed_us.is_(None)
            return conn.scalar(sa.select(sa.func.count()).select_from(occupancy.alerts).where(open_)) or 0
    finally:
        engine.dispose()
