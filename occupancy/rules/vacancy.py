"""Idle: has nobody of the household come in for six months, without good reason (Order 11 Art. 27(5))?

The run begins on the day after the last entry of a household member, or a visit that met the household, that was
observed; at the earliest with the household's right to the home (leases of one tenant that follow each other are one),
with the day it moved in (an approved swap), and with the first day of observation. It reaches its term when the months
of the parameter have passed plus as many days as the household was away with approval or no reader could see the home:
a run that begins on 1 February is flagged on the evening of 1 August, on that of 31 July it is not. The early tiers (30
and 90 days) ask for a visit and nothing else. A term once reached by the parameter of its day stays reached (L2).

Staying in is not being away (O2). Where most weeks show signs of life (`signs`) the finding stays at watch and asks for
a care visit: somebody who never goes out lives there, or somebody else does, and that is another rule's matter.
"""

from dataclasses import dataclass

import numpy as np

from housing.parameters import IDLE_EARLY_DAYS, IDLE_MONTHS, MISSED_READS_PERCENT, UNKNOWN_DAYS_PERCENT
from occupancy import days
from occupancy.arrays import NOBODY, Bools, Doubles, Indices, Int32s, Int64s
from occupancy.rules import signs
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, count_by_row, iso, when
from occupancy.tenure import MET, OUTCOMES, lived_in_since

BASIS = "Order 11 Art. 27(5)"
# Other reasons for silence, as shares of let homes at any time. Signs of life in most weeks make staying in so many
# times likelier, meters that stood still so many times less likely. None of it is measured: 1 - the known uncertainty.
IDLE, HOMEBOUND, TRAVELLING, TRAVEL_DAYS = 0.01, 0.001, 0.03, 30.0
LIVED_IN, STOOD_STILL = 100.0, 0.05
METERED_SHARE = 0.5  # of the run's days, before meters that stood still say anything
TEXTS = {
    "vacancy.no_entry": (
        "自{since}起未观察到住户成员进入，至今{days}天。",
        "No member of the household was seen coming in since {since}, {days} days.",
    ),
    "vacancy.term": (
        "连续闲置满{months}个月（已顺延{paused}天）。",
        "Idle for {months} months in a row (moved by {paused} days).",
    ),
    "vacancy.ask_visit": (
        "已满{tier}天，请上门查看；此阶段不构成违规。",
        "{tier} days have passed: please visit. This is no breach yet.",
    ),
    "vacancy.nobody_met": ("{day}上门时无人。", "A visit on {day} met nobody."),
    "vacancy.meters_still": (
        "同期抄表{days}天，水电均无居住用量。",
        "Meters were read on {days} of these days and show no use by anybody.",
    ),
    "vacancy.paused": (
        "其中{days}天为已批准外出或读头失灵，不计入。",
        "{days} of these days do not count: absence approved, or no reader worked.",
    ),
    "vacancy.unseen": (
        "未知天数超过{percent}%，最多列为关注。",
        "More than {percent} % of the days are unknown: watch at most.",
    ),
    "vacancy.lived_in": (
        "近{weeks}周中有{seen}周出现生活迹象：可能有人居住但很少出门，请关爱探访，不按闲置处理。",
        "Signs of life in {seen} of the last {weeks} weeks: somebody may live here and hardly go out. Please make a "
        "care visit; it is not treated as idle.",
    ),
    "vacancy.exit_seen": (
        "期间有{days}天记录到住户成员外出：可能此前一直在家。",
        "A member was seen going out on {days} of these days: they may have stayed in.",
    ),
    "vacancy.others_seen": (
        "期间有{days}天有访客或其他人到访。",
        "Visitors or others came on {days} of these days.",
    ),
    "vacancy.vehicles": (
        "期间有{days}天该户车辆进入小区。",
        "The home's vehicles came in on {days} of these days.",
    ),
    "vacancy.meters_used": (
        "期间有{days}天有用水或用电：可能有人在家。",
        "Water or electricity was used on {days} of these days: somebody may be in.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Runs:
    """The idle run of H homes. All (H,) int32 but `judged`, `reached`: bool.

    Attributes:
        start: first day of the run. length: days from it until before today. paused, unseen: days of these that do not
            count, and those of them on which no reader worked. months: the term in force when it was reached, or now.
        judged: the home is let and its lease runs. reached: the term has passed.
        pauses: (p,) int64 ascending `tenure.keys` of days on which a household was away with approval or unseen.
    """

    start: Int32s
    length: Int32s
    paused: Int32s
    unseen: Int32s
    months: Int32s
    judged: Bools
    reached: Bools
    pauses: Int64s


def idle_runs(view: View) -> Runs:
    """Since when is each home idle, and has that reached its term?"""
    registry, homes, today = view.registry, view.homes, view.today
    lease = registry.leases.on(homes, today)
    known = lease != NOBODY
    begun, end = (np.full(len(homes), days.NEVER, np.int32) for _ in range(2))
    begun[known] = registry.leases.held_since[lease[known]]
    end[known] = np.minimum(registry.leases.end, registry.leases.ended)[lease[known]]
    begun = np.maximum(begun, lived_in_since(registry.living, len(registry.homes), today)[homes])
    met = registry.visits.last(len(registry.homes), today + 1, MET)[homes]
    start = np.maximum(np.maximum(view.last_entry, met) + 1, np.maximum(begun, view.observed_from)).astype(np.int32)
    pauses = np.union1d(view.excused(int(start.min(initial=today))), view.unseen)
    row, day = view.rows(pauses)
    in_run = (day >= start[row]) & (day < today)
    unseen_row, unseen_day = view.rows(view.unseen)
    blind = (unseen_day >= start[unseen_row]) & (unseen_day < today)
    reached, term = np.zeros(len(homes), np.bool_), np.zeros(len(homes), np.int32)
    for last, months in view.values.periods(IDLE_MONTHS, today):
        paused = count_by_row(row[in_run & (day < last)], len(homes))
        term[~reached] = months
        reached |= (days.add_months(start, months) + paused <= last) & (start <= last)
    return Runs(
        start=start,
        length=(today - start).astype(np.int32),
        paused=count_by_row(row[in_run], len(homes)),
        unseen=count_by_row(unseen_row[blind], len(homes)),
        months=term,
        judged=known & registry.let[homes] & (today <= end),
        reached=reached,
        pauses=pauses,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signs:
    """What else the days of k idle runs show; (k,) int32 days (weeks where said), as far as the window goes.

    Attributes:
        exits, others, vehicles, metered, used: days of each sort. seen, weeks: weeks with a sign of life, of how many.
    """

    exits: Int32s
    others: Int32s
    vehicles: Int32s
    metered: Int32s
    used: Int32s
    seen: Int32s
    weeks: Int32s

    @property
    def lived_in(self) -> Bools:
        """(k,) bool: signs of life in at least half of the weeks, and in two."""
        lived: Bools = (2 * self.seen >= self.weeks) & (self.seen >= 2)
        return lived

    def stood_still(self, length: Int32s) -> Bools:
        """(k,) bool: meters were read often enough in a run of `length` days, and nothing was used."""
        still: Bools = (self.metered > METERED_SHARE * length) & (self.used == 0)
        return still


def signs_of(view: View, runs: Runs, rows: Indices) -> Signs:
    """What the days of the runs in `rows`, (k,), show besides entries of the household."""
    column = view.days.first_day + np.arange(view.days.shape[1])
    during = column[None, :] >= runs.start[rows][:, None]
    place = np.full(len(view.homes), NOBODY)
    place[rows] = np.arange(len(rows))
    row, day = view.rows(runs.pauses)
    chosen = (place[row] != NOBODY) & (day >= view.days.first_day) & (day <= view.today)
    counted = during.copy()
    counted[place[row[chosen]], day[chosen] - view.days.first_day] = False
    seen, weeks = signs.weeks(signs.living(view.days, rows), counted)

    def total(flags: Bools) -> Int32s:
        count: Int32s = (flags & during).sum(axis=1).astype(np.int32)
        return count

    return Signs(
        exits=total(signs.exits(view.days, rows)),
        others=total(signs.others(view.days, rows)),
        vehicles=total(signs.vehicles(view.days, rows)),
        metered=total(signs.metered(view.days, rows)),
        used=total(signs.used(view.days, rows)),
        seen=seen,
        weeks=weeks,
    )


def silence_odds(idle_days: Int32s, lived_in: Bools, stood_still: Bools) -> Doubles:
    """(k,) the probability that nobody lives there, against staying in or being away without having said so."""
    away = TRAVELLING * np.exp(-np.maximum(idle_days, 0) / TRAVEL_DAYS)
    inside = HOMEBOUND * np.where(lived_in, LIVED_IN, 1.0) * np.where(stood_still, STOOD_STILL, 1.0)
    odds: Doubles = IDLE / (IDLE + inside + away)
    return odds


def evaluate(view: View) -> Verdicts:
    """Watch at the early tiers; suspected at the term; to verify where a visit met nobody or the meters stood still."""
    runs, today = idle_runs(view), view.today
    tiers, percent = view.values.on(IDLE_EARLY_DAYS, today), view.values.on(UNKNOWN_DAYS_PERCENT, today)
    idle = runs.length - runs.paused
    blind = 100 * runs.unseen > percent * runs.length
    nobody = view.registry.visits.last(len(view.registry.homes), today + 1, OUTCOMES.index("nobody"))[view.homes]
    said = np.flatnonzero(runs.judged & ((idle >= min(tiers, default=days.FOREVER)) | runs.reached))
    found = signs_of(view, runs, said)
    lived_in, still = found.lived_in, found.stood_still(runs.length[said])
    odds, slack = silence_odds(idle[said], lived_in, still), _onset_slack(view)
    raised = Raised()
    for k, h in enumerate(said):
        start, length, paused = int(runs.start[h]), int(runs.length[h]), int(runs.paused[h])
        visited = nobody[h] >= start
        stage = Stage.TO_VERIFY if visited or still[k] else Stage.SUSPECTED
        if blind[h] or lived_in[k] or not runs.reached[h]:
            stage = Stage.WATCH
        tier = max((t for t in tiers if t <= idle[h]), default=0)
        raised.add(
            int(view.homes[h]), stage, odds[k], (start, start, min(start + slack, today)), BASIS,
            evidence=when([
                (True, Reason("vacancy.no_entry", {"since": iso(start), "days": length})),
                (runs.reached[h], Reason("vacancy.term", {"months": int(runs.months[h]), "paused": paused})),
                (not runs.reached[h], Reason("vacancy.ask_visit", {"tier": tier})),
                (visited, Reason("vacancy.nobody_met", {"day": iso(max(int(nobody[h]), 0))})),
                (still[k], Reason("vacancy.meters_still", {"days": int(found.metered[k])})),
            ]),
            counter_evidence=when([
                (paused, Reason("vacancy.paused", {"days": paused})),
                (blind[h], Reason("vacancy.unseen", {"percent": percent})),
                (lived_in[k], Reason("vacancy.lived_in", {"seen": int(found.seen[k]), "weeks": int(found.weeks[k])})),
                (found.exits[k], Reason("vacancy.exit_seen", {"days": int(found.exits[k])})),
                (found.others[k], Reason("vacancy.others_seen", {"days": int(found.others[k])})),
                (found.vehicles[k], Reason("vacancy.vehicles", {"days": int(found.vehicles[k])})),
                (found.used[k], Reason("vacancy.meters_used", {"days": int(found.used[k])})),
            ]),
        )  # fmt: skip
    return raised.verdicts()


def _onset_slack(view: View) -> int:
    """By how many days an unread entry may have begun the run later: so many in a row are missed 1 time in 20."""
    missed = view.values.on(MISSED_READS_PERCENT, view.today) / 100
    return 0 if missed <= 0 else int(np.ceil(np.log(0.05) / np.log(min(missed, 0.9))))


RULE = Rule(
    kind="vacancy",
    evaluate=evaluate,
    window=400,
    bases=(BASIS,),
    alert_from=Stage.WATCH,
    texts=TEXTS,
    parameters=(IDLE_MONTHS, IDLE_EARLY_DAYS, UNKNOWN_DAYS_PERCENT, MISSED_READS_PERCENT),
)
