"""The numbered changes that galleries, gateways and home-days catch up from.

A transaction collects what it changed and writes it once at its end: however often a home was touched, it is seen anew
once, over all days concerned. Writers are serial (`core.audit.serialise`), so numbers are committed in their order and
a follower with a cursor misses none.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.engine import Connection

from core.clock import local_day, to_us
from housing import tables as t

EVERYTHING = "*"
MANY = 2_000  # more people or doors than this: one change says "all of the estate"
Days = tuple[date | None, date | None]


class Kind(StrEnum):
    """What has to be seen anew."""

    GALLERY = "gallery"  # templates of a person
    RIGHTS = "rights"  # who may use which door: people, doors, passes, credentials, plates
    HOME = "home"  # facts that findings rest on, with the days concerned


class Changes:
    """What one transaction changed."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = local_day(now)
        self._noted: dict[tuple[str, Kind, str], Days] = {}

    def __len__(self) -> int:
        return len(self._noted)

    def gallery(self, estate: str, person: str) -> None:
        """A person's templates were added or removed."""
        self._noted[estate, Kind.GALLERY, person] = (None, None)

    def rights(self, estate: str, subject: str) -> None:
        """What `subject` (a person, door, gateway or home) may open, or be opened by, changed."""
        self._noted[estate, Kind.RIGHTS, subject] = (None, None)

    def home(self, estate: str, home: str, from_day: date | None, until_day: date | None) -> None:
        """Days of a home must be seen anew; EVERYTHING for all homes, None for an open side."""
        key = (estate, Kind.HOME, home)
        if key in self._noted:
            first, until = self._noted[key]
            from_day = None if first is None or from_day is None else min(first, from_day)
            until_day = None if until is None or until_day is None else max(until, until_day)
        self._noted[key] = (from_day, until_day)

    def home_day(self, estate: str, home: str, day: date) -> None:
        """One day of a home must be seen anew."""
        self.home(estate, home, day, day + timedelta(days=1))

    def _collapsed(self) -> dict[tuple[str, Kind, str], Days]:
        counts: dict[tuple[str, Kind], int] = {}
        for estate, kind, _ in self._noted:
            counts[estate, kind] = counts.get((estate, kind), 0) + 1
        many = {pair for pair, count in counts.items() if count > MANY and pair[1] is not Kind.HOME}
        rows: dict[tuple[str, Kind, str], Days] = {}
        for (estate, kind, subject), days in self._noted.items():
            rows[estate, kind, EVERYTHING if (estate, kind) in many else subject] = days
        return rows

    def write(self, conn: Connection) -> int:
        """Number the changes in the caller's transaction and forget them; returns how many rows were written."""
        at = to_us(self.now)
        rows = [
            {
                "estate": e,
                "kind": kind.value,
                "subject": subject,
                "from_day": days[0],
                "until_day": days[1],
                "at_us": at,
            }
            for (e, kind, subject), days in self._collapsed().items()
        ]
        if rows:
            conn.execute(t.changes.insert(), rows)
        self._noted.clear()
        return len(rows)
