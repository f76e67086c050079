"""What a rule is: one registered object whose pure function looks at many homes on one day.

A rule sees columns and parameters and returns columns; it knows neither clock nor store nor the finding it made
yesterday, so the same function serves the service, a replay and a back-test. It can raise a finding to `to_verify` at
most: there is no stage that only a person may set, and none that harms anybody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

import msgspec
import numpy as np

from core.errors import InvalidValue
from housing.parameters import Parameter, ParameterRow, value_on
from occupancy import days
from occupancy.arrays import Bools, Doubles, Int8s, Int32s, Int64s
from occupancy.homedays import HomeDays
from occupancy.registry import Registry
from occupancy.tenure import home_and_day

T = TypeVar("T")


class Stage(IntEnum):
    """How far a suspicion goes. More than `to_verify` only people say, and not here (P8)."""

    NONE = 0
    WATCH = 1
    SUSPECTED = 2
    TO_VERIFY = 3  # two independent kinds of evidence

    @property
    def word(self) -> str:
        """As the store and the pages have it."""
        return self.name.lower()


class Reason(msgspec.Struct, frozen=True):
    """Something for or against a finding: a message id of `core.texts` and the values its words need."""

    kind: str
    values: dict[str, str | int] = {}


class Values:
    """One city's parameters; every question names a day."""

    def __init__(self, rows: Iterable[ParameterRow] = ()) -> None:
        self._rows = tuple(rows)

    def on(self, parameter: Parameter[T], day: int) -> T:
        """What a parameter is on the day of that number."""
        return value_on(self._rows, parameter, days.day_of(day))

    def periods(self, parameter: Parameter[T], until: int) -> list[tuple[int, T]]:
        """(last day, value) of every period in which the parameter did not change, until the day `until` inclusive."""
        starts = {days.number(row.effective_from) for row in self._rows if row.name == parameter.name}
        ends = sorted({start - 1 for start in starts if start <= until} | {until})
        return [(end, self.on(parameter, end)) for end in ends]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """What is known about H homes of an estate on the evening of a day.

    Attributes:
        registry: the estate's.
        values: the city's parameters.
        observed_from: the first day on which anything was seen in the estate.
        complete: today is over; else what has not happened today may still happen.
        days: H homes × W days, the last of them today.
        last_entry: (H,) int32 the last day on which a household member came in, however long ago; NEVER for none.
        unseen: (u,) int64 ascending `tenure.keys` of these homes' days on which no reader could see them, of all time.
    """

    registry: Registry
    values: Values
    observed_from: int
    complete: bool
    days: HomeDays
    last_entry: Int32s
    unseen: Int64s

    @property
    def homes(self) -> Int32s:
        """(H,) ascending handles."""
        return self.days.homes

    @property
    def today(self) -> int:
        """The number of the last day seen."""
        return self.days.first_day + self.days.shape[1] - 1

    def rows(self, key: Int64s) -> tuple[Int32s, Int32s]:
        """Rows of `homes` and days of those `key`s that are about these homes."""
        home, day = home_and_day(key)
        place = np.searchsorted(self.homes, home)
        place = np.minimum(place, len(self.homes) - 1) if len(self.homes) else place
        known = self.homes[place] == home if len(self.homes) else np.zeros(len(home), np.bool_)
        return place[known].astype(np.int32), day[known]

    def marked(self, key: Int64s) -> Bools:
        """(H, W) bool, the home-days of the window that are among `key`."""
        found = np.zeros(self.days.shape, np.bool_)
        row, day = self.rows(key)
        within = (day >= self.days.first_day) & (day <= self.today)
        found[row[within], day[within] - self.days.first_day] = True
        return found

    def excused(self, first: int) -> Int64s:
        """`keys` of days from `first` to today on which a household was away with approval."""
        return self.registry.absences.excused(self.registry.living, first, self.today + 1)

    def usable(self) -> Bools:
        """(H, W) bool: a whole day, observed, with a reader at work, and the household not away with approval."""
        column = np.arange(self.days.first_day, self.today + 1)
        whole = (column >= self.observed_from) & (self.complete | (column < self.today))
        usable: Bools = whole[None, :] & ~self.marked(np.union1d(self.unseen, self.excused(self.days.first_day)))
        return usable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdicts:
    """What a rule says about K homes; of the others it says nothing.

    Attributes:
        homes: (K,) int32 handles, ascending, each once.
        stage: (K,) int8 of Stage, WATCH or more.
        probability: (K,) float64, 0 to 1.
        onset, onset_low, onset_high: (K,) int32 day numbers, low <= onset <= high.
        basis: K references to the law.
        evidence, counter_evidence: K tuples of reasons.
    """

    homes: Int32s
    stage: Int8s
    probability: Doubles
    onset: Int32s
    onset_low: Int32s
    onset_high: Int32s
    basis: Sequence[str]
    evidence: Sequence[tuple[Reason, ...]]
    counter_evidence: Sequence[tuple[Reason, ...]]

    def __len__(self) -> int:
        return len(self.homes)


Evaluate = Callable[[View], Verdicts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, whole: what it looks for, by what right, and in which words.

    Attributes:
        kind: its name in findings and alerts.
        evaluate: the pure function.
        window: how many days of home-days it looks at.
        bases: the references it may give.
        alert_from: the first stage that staff are alerted to.
        urgent: goes above all other alerts and is never held back.
        patience: how many days it must stay silent before its finding ends.
        parameters: the numbers it asks for.
        texts: its words by message id, (Chinese, English).
    """

    kind: str
    evaluate: Evaluate
    window: int
    bases: tuple[str, ...]
    alert_from: Stage
    texts: Mapping[str, tuple[str, str]]
    parameters: tuple[Parameter[int] | Parameter[tuple[int, ...]], ...]
    urgent: bool = False
    patience: int = 0

    def __post_init__(self) -> None:
        if not self.bases or self.alert_from is Stage.NONE:
            raise InvalidValue(
                f"规则“{self.kind}”缺少法律依据或提醒级别。", f"Rule {self.kind!r} lacks basis or stage."
            )


@dataclass
class Raised:
    """Verdicts while they are being collected, a home at a time; few homes come this far."""

    homes: list[int] = field(default_factory=list)
    stage: list[int] = field(default_factory=list)
    probability: list[float] = field(default_factory=list)
    onset: list[tuple[int, int, int]] = field(default_factory=list)
    basis: list[str] = field(default_factory=list)
    evidence: list[tuple[Reason, ...]] = field(default_factory=list)
    counter_evidence: list[tuple[Reason, ...]] = field(default_factory=list)

    def add(
        self,
        home: int,
        stage: Stage,
        probability: float,
        onset: tuple[int, int, int],
        basis: str,
        *,
        evidence: Iterable[Reason],
        counter_evidence: Iterable[Reason],
    ) -> None:
        """One home; `onset` is (estimate, low, high)."""
        self.homes.append(int(home))
        self.stage.append(stage)
        self.probability.append(float(probability))
        self.onset.append(onset)
        self.basis.append(basis)
        self.evidence.append(tuple(evidence))
        self.counter_evidence.append(tuple(counter_evidence))

    def verdicts(self) -> Verdicts:
        """As columns. Homes must have been added in ascending order."""
        onset = np.array(self.onset, np.int32).reshape(-1, 3)
        return Verdicts(
            homes=np.array(self.homes, np.int32),
            stage=np.array(self.stage, np.int8),
            probability=np.array(self.probability, np.float64),
            onset=onset[:, 0],
            onset_low=onset[:, 1],
            onset_high=onset[:, 2],
            basis=tuple(self.basis),
            evidence=tuple(self.evidence),
            counter_evidence=tuple(self.counter_evidence),
        )


def when(reasons: Iterable[tuple[object, Reason]]) -> list[Reason]:
    """The reasons whose condition holds."""
    return [reason for condition, reason in reasons if condition]


def iso(day: int) -> str:
    """A day as reasons carry it."""
    return days.day_of(day).isoformat()


def count_by_row(row: Int32s, homes: int) -> Int32s:
    """(H,) int32 how often each row of homes occurs in (n,) rows."""
    return np.bincount(row, minlength=homes).astype(np.int32)
