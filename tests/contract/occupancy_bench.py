"""The occupancy service with its stores and a clock that the test moves, on both databases."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from core.clock import ManualClock, from_us
from core.settings import Settings
from occupancy.service import POLL_S, Service
from tests.contract.occupancy_estates import Stores, at

DAY = date(2026, 3, 2)


def local(day: date, hour: float = 12) -> datetime:
    return from_us(at(day, hour))


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(n) for n in range(count)]


class Bench:
    """Stores, a clock and the service under test."""

    def __init__(self, settings: Settings) -> None:
        self.stores = Stores(settings)
        self.settings = settings
        self.clock = ManualClock(local(DAY))
        self.service = Service(settings, self.clock)

    def close(self) -> None:
        self.service.close()
        self.stores.close()

    def settle(self) -> None:
        """Rounds until there is nothing left to do, with one sweep in them."""
        self.clock.advance(timedelta(seconds=self.settings.sweep_s))
        while self.service.round() < POLL_S:
            pass

    def go_to(self, now: datetime) -> None:
        """Move the clock on; the gateway is heard, then everything settles."""
        self.clock.advance(now - self.clock.now())
        self.stores.heard(int(now.timestamp() * 1_000_000) + 600_000_000)
        self.settle()

    def restart(self) -> None:
        """A new process with nothing in its memory."""
        self.service.close()
        self.service = Service(self.settings, self.clock)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def bench(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Iterator[Bench]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    made = Bench(Settings(var_dir=tmp_path, database_url=url, redis_url=redis_url, sweep_s=10))
    yield made
    made.close()
