"""What officers' verdicts say of the rules, by estate and period: two stores, joined here."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
from sqlalchemy.engine import Connection

from core.clock import day_start_us, from_us, local_day
from housing.triage import judgements
from occupancy import views
from occupancy.feedback import Judged, Precision, Reliability, precision, reliability, stated

FIRST_DAY = date(2000, 1, 1)  # before any verdict
YEAR = timedelta(days=364)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts given from the day `first` to the day `last`, on alerts of some estates."""

    first: date
    last: date
    lines: Sequence[Precision]
    reliability: Sequence[Reliability]

    @property
    def verdicts(self) -> int:
        """How many, unclear ones too."""
        return sum(line.right + line.wrong + line.unclear for line in self.lines)


def judged(housing: Connection, occupancy: Connection, estates: Sequence[str], first: date, last: date) -> list[Judged]:
    """The verdict that counts of each alert, with its rule and the probability stated when it was looked into."""
    until = day_start_us(last + timedelta(days=1))
    rows = judgements(housing, estates, day_start_us(first), until)
    said = {row.alert: row for row in views.stated_of(occupancy, [row.alert for row in rows])}
    return [
        Judged(
            kind=said[row.alert].kind, estate=row.estate, verdict=row.verdict,
            probability=stated(said[row.alert].stages, local_day(from_us(row.at_us))),
        )
        for row in rows
        if row.alert in said
    ]  # fmt: skip


def so_far(housing: Connection, occupancy: Connection, estate: str, kind: str, today: date) -> Precision:
    """What the verdicts of a year say of one rule in one estate."""
    found = judged(housing, occupancy, [estate], today - YEAR, today)
    return precision((row for row in found if row.kind == kind), [kind])[0]


def reports(
    housing: Connection, occupancy: Connection, estates: Sequence[str], first: date, last: date
) -> dict[str, Report]:
    """A report for each estate, in their order; rules that nobody judged have a line too."""
    rows, kinds = judged(housing, occupancy, estates, first, last), views.kinds()
    found = {}
    for estate in estates:
        own = [row for row in rows if row.estate == estate]
        found[estate] = Report(first=first, last=last, lines=precision(own, kinds), reliability=reliability(own))
    return found
