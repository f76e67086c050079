"""What needs somebody: numbers that stand beside the ways to the pages and are told live when they change."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import msgspec
from sqlalchemy.engine import Connection

from api.reading.alerts import untouched
from api.reading.devices import gateways
from core.db import Store
from occupancy.views import count_waiting


class Stores(Protocol):
    """What reads of several stores need of their owner."""

    def reading(self, store: Store) -> AbstractContextManager[Connection]:
        """A read-only connection."""
        ...

    def now(self) -> datetime:
        """The time."""
        ...


class Needs(msgspec.Struct, frozen=True):
    """Alerts nobody has touched, the urgent ones among them, gateways that are not well, alerts that wait to open."""

    alerts: int
    urgent: int
    devices: int
    waiting: int


def needs_of(stores: Stores, estate: str) -> Needs:
    """What an estate needs now."""
    with (
        stores.reading(Store.HOUSING) as housing,
        stores.reading(Store.RECOGNITION) as recognition,
        stores.reading(Store.OCCUPANCY) as occupancy,
    ):
        new = untouched(housing, occupancy, estate)
        sick = [g for g in gateways(housing, recognition, estate, stores.now()) if g.state != "well"]
        waiting = count_waiting(occupancy, estate)
    return Needs(len(new), sum(new.values()), len(sick), waiting)
