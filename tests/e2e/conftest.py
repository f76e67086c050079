"""Systems for end-to-end tests: on embedded parts with SQLite, and on outside parts with PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.parts import Part
from tests.e2e.system import System


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def system(
    request: pytest.FixtureRequest, tmp_path: Path, make_broker: Callable[[], Part], make_valkey: Callable[[], Part]
) -> Iterator[System]:
    """A running system in which nobody is enrolled yet."""
    outside = None
    if request.param == "postgresql":
        outside = {
            "mqtt_url": make_broker().url,
            "redis_url": make_valkey().url,
            "database_url": request.getfixturevalue("postgres_url"),
        }
    with System(tmp_path / "var", outside=outside, enrolled=False) as running:
        yield running
