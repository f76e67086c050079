"""The two clocks on which silence costs a right: 718 (sublet known, no objection) and 734 (term over, no objection).

A clock is a value: what started it, what stopped it, and the city's numbers of the day it started (ADR 0014). Asked
about a day, it says where it stands, from what was known by that day: what is served tomorrow does not stop it today.
Reminders and the red alarm are house practice; only the end of the six months, and that silence after expiry makes the
lease indefinite, are law. Nothing here ends a lease or touches a door: a person objects, or does not.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from core.errors import InvalidValue
from housing.law.periods import CONSENT_718, OBJECTION_734, RED_718
from housing.parameters import CLOCK_718_REMINDER_DAYS, ParameterRow, value_on

_DAY = timedelta(days=1)
TEXTS = {
    "law.718.not_started": ("尚未得知转租", "no sublet is known yet"),
    "law.718.running": ("转租异议期计算中", "the six months to object are running"),
    "law.718.red": ("转租异议告急：尚未送达异议", "red: no objection to the sublet was served yet"),
    "law.718.stopped": ("已在期限内送达异议", "an objection was served in time"),
    "law.718.consent": (
        "六个月内未提出异议，依法视为同意转租",
        "six months passed without an objection: the law takes it for consent",
    ),
    "law.734.not_started": ("租赁期或者搬迁期未满", "the term or the relocation period is not over"),
    "law.734.waiting": ("期满，尚无须起草异议", "over; nothing calls for an objection yet"),
    "law.734.object": ("期满仍有使用迹象且未提出异议，应当日起草异议", "still used and no objection: draft one today"),
    "law.734.stopped": ("已送达异议", "an objection was served"),
}


class State718(StrEnum):
    """Where clock 718 stands on a day."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    RED = "red"  # house practice: little time is left, and no objection was served
    STOPPED = "stopped"  # an objection was served in time
    CONSENT = "consent"  # the six months have passed in silence: the law takes it for consent


class Standing718(msgspec.Struct, frozen=True, kw_only=True):
    """Clock 718 on a day.

    Attributes:
        state: where it stands.
        reminders: days on which staff had to be reminded, up to and including this one; none once it has stopped.
        next_reminder: the next such day; None where there is none or no need.
        days_left: days after this one until the law's last day, 0 on it; None where the clock does not run.
    """

    state: State718
    reminders: tuple[date, ...] = ()
    next_reminder: date | None = None
    days_left: int | None = None


class Clock718(msgspec.Struct, frozen=True, kw_only=True):
    """Civil Code 718: silence for six months after a sublet was known, or should have been, is consent to it (L11).

    Attributes:
        known_on: the day it was known or should have been: the first suspicion that was stored. Not counted.
        objection_served: the day an objection to this sublet was served; not before `known_on`.
        reminders: house practice: days to remind on, ascending, none after `last_day`.
        red_from: house practice: the alarm, never after `last_day`, whatever a city sets.
        last_day: LAW: the last day on which an objection is in time.
    """

    known_on: date
    objection_served: date | None
    reminders: tuple[date, ...]
    red_from: date
    last_day: date

    def __post_init__(self) -> None:
        if self.objection_served is not None and self.objection_served < self.known_on:
            raise InvalidValue(
                "异议送达日早于得知转租之日：该异议针对的不是这次转租。",
                "the objection was served before this sublet was known: it was about another one.",
            )

    @classmethod
    def of(
        cls, known_on: date, objection_served: date | None = None, *, rows: Iterable[ParameterRow] = ()
    ) -> "Clock718":
        """The clock that started on `known_on` in the city whose table is `rows`; raises InvalidValue."""
        rows = tuple(rows)
        last_day = CONSENT_718.last_day(known_on, rows)
        reminders = (known_on + days * _DAY for days in value_on(rows, CLOCK_718_REMINDER_DAYS, known_on))
        return cls(
            known_on=known_on,
            objection_served=objection_served,
            reminders=tuple(day for day in reminders if day <= last_day),
            red_from=min(RED_718.last_day(known_on, rows), last_day),
            last_day=last_day,
        )

    @property
    def is_objection_late(self) -> bool:
        """Whether an objection was served after the law's last day, and so stopped nothing."""
        return self.objection_served is not None and self.objection_served > self.last_day

    def on(self, day: date) -> Standing718:
        """Where the clock stands on a day at the estate."""
        if day < self.known_on:
            return Standing718(state=State718.NOT_STARTED)
        if self.objection_served is not None and self.objection_served <= min(day, self.last_day):
            return Standing718(state=State718.STOPPED)
        reminded = tuple(due for due in self.reminders if due <= day)
        if day > self.last_day:
            return Standing718(state=State718.CONSENT, reminders=reminded)
        return Standing718(
            state=State718.RED if day >= self.red_from else State718.RUNNING,
            reminders=reminded,
            next_reminder=next((due for due in self.reminders if due > day), None),
            days_left=(self.last_day - day).days,
        )


class State734(StrEnum):
    """Where clock 734 stands on a day."""

    NOT_STARTED = "not_started"  # the term, or the relocation period, is not over
    WAITING = "waiting"  # over; no signs of use yet, or the city gives it more days
    OBJECT = "object"  # still used and nobody has objected: an objection is to be drafted, today
    STOPPED = "stopped"  # an objection was served


class Clock734(msgspec.Struct, frozen=True, kw_only=True):
    """Civil Code 734: use after the term without an objection goes on as a lease of no fixed term (L12).

    Attributes:
        due_day: the last day of right: of the term, or of the relocation period granted after it.
        signs_since: the first day after `due_day` with signs of occupation.
        notice_served: the day an objection to staying on was served; one served before the term is over counts too.
        draft_from: the day from which signs call for a draft: the day after expiry, unless the city sets another.
    """

    due_day: date
    signs_since: date | None
    notice_served: date | None
    draft_from: date

    def __post_init__(self) -> None:
        if self.signs_since is not None and self.signs_since <= self.due_day:
            raise InvalidValue(
                "期满之前的使用是合法使用，不是逾期迹象。", "use up to the last day of right is no sign of staying on."
            )

    @classmethod
    def of(
        cls,
        due_day: date,
        signs_since: date | None = None,
        notice_served: date | None = None,
        *,
        rows: Iterable[ParameterRow] = (),
    ) -> "Clock734":
        """The clock of a term that ended with `due_day` in the city whose table is `rows`; raises InvalidValue."""
        return cls(
            due_day=due_day,
            signs_since=signs_since,
            notice_served=notice_served,
            draft_from=OBJECTION_734.last_day(due_day, rows),
        )

    @property
    def draft_on(self) -> date | None:
        """The day the objection is to be drafted on; None while nothing shows that the home is used."""
        return None if self.signs_since is None else max(self.draft_from, self.signs_since)

    def on(self, day: date) -> State734:
        """Where the clock stands on a day at the estate."""
        if self.notice_served is not None and self.notice_served <= day:
            return State734.STOPPED
        if day <= self.due_day:
            return State734.NOT_STARTED
        return State734.OBJECT if self.draft_on is not None and self.draft_on <= day else State734.WAITING
