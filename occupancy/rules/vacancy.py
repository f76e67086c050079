"""Idle: has nobody of the household come in for six months, without good reason (Order 11 Art. 27(5))?

The run begins on the day after the last entry of a household member, or a visit that met the household, that was
observed. It reaches its term when the months of the parameter have passed plus as many days as the household was away
with approval or no reader could see the home. Five months and 29 days are no ground. The early tiers (30 and 90 days)
ask for a visit and nothing else. A term once reached by the parameter of its day stays reached (L2).
"""

from dataclasses import dataclass

import numpy as np

from housing.parameters import IDLE_EARLY_DAYS, IDLE_MONTHS, MISSED_READS_PERCENT, UNKNOWN_DAYS_PERCENT
from occupancy import days
from occupancy.arrays import NOBODY, Bools, Doubles, Int32s
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, count_by_row, iso, when
from occupancy.tenure import MET, OUTCOMES

BASIS = "Order 11 Art. 27(5)"
# Other reasons for silence, as shares of let homes at any time; not measured, so the probability is not calibrated.
IDLE, HOMEBOUND, TRAVELLING, TRAVEL_DAYS = 0.01, 0.001, 0.03, 30.0
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
    "vacancy.paused": (
        "其中{days}天为已批准外出或读头失灵，不计入。",
        "{days} of these days do not count: absence approved, or no reader worked.",
    ),
    "vacancy.unseen": (
        "未知天数超过{percent}%，最多列为关注。",
        "More than {percent} % of the days are unknown: watch at most.",
    ),
    "vacancy.exit_seen": (
        "期间有{days}天记录到住户成员外出：可能此前一直在家。",
        "A member was seen going out on {days} of these days: they may have stayed in.",
    ),
    "vacancy.others_seen": (
        "近期{days}天有访客或其他人到访。",
        "Visitors or others came on {days} recent days.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Runs:
    """The idle run of H homes. All (H,) int32 but `judged`, `reached`: bool.

    Attributes:
        start: first day of the run. length: days from it until today. paused, unseen: days of it that do not count, and
            those of them on which no reader worked. months: the term in force.
        judged: the home is let and its lease runs. reached: the term has passed.
    """

    start: Int32s
    length: Int32s
    paused: Int32s
    unseen: Int32s
    judged: Bools
    reached: Bools


def idle_runs(view: View) -> Runs:
    """Since when is each home idle, and has that reached its term?"""
    registry, homes, today = view.registry, view.homes, view.today
    lease = registry.leases.on(homes, today)
    known = lease != NOBODY
    begun, due = (np.full(len(homes), days.NEVER, np.int32) for _ in range(2))
    begun[known], due[known] = registry.leases.start[lease[known]], registry.leases.due(lease[known])
    met = registry.visits.last(len(registry.homes), today + 1, MET)[homes]
    start = np.maximum(np.maximum(view.last_entry, met) + 1, np.maximum(begun, view.observed_from)).astype(np.int32)
    first = int(start.min(initial=today))
    row, day = view.rows(np.union1d(view.excused(first), view.unseen))
    in_run = (day >= start[row]) & (day < today)
    unseen_row, unseen_day = view.rows(view.unseen)
    blind = (unseen_day >= start[unseen_row]) & (unseen_day < today)
    reached = np.zeros(len(homes), np.bool_)
    for last, months in view.values.periods(IDLE_MONTHS, today):
        paused = count_by_row(row[in_run & (day < last)], len(homes))
        reached |= (days.add_months(start, months) + paused <= last) & (start <= last)
    return Runs(
        start=start,
        length=(today - start).astype(np.int32),
        paused=count_by_row(row[in_run], len(homes)),
        unseen=count_by_row(unseen_row[blind], len(homes)),
        judged=known & registry.let[homes] & (today <= due),
        reached=reached,
    )


def silence_odds(idle_days: Int32s) -> Doubles:
    """(H,) the probability that nobody lives there, against being homebound or away without having said so."""
    away = TRAVELLING * np.exp(-np.maximum(idle_days, 0) / TRAVEL_DAYS)
    odds: Doubles = IDLE / (IDLE + HOMEBOUND + away)
    return odds


def evaluate(view: View) -> Verdicts:
    """Idle homes: watch at the early tiers, suspected at the term, to verify where a visit then met nobody."""
    runs, today = idle_runs(view), view.today
    tiers = view.values.on(IDLE_EARLY_DAYS, today)
    percent, months = view.values.on(UNKNOWN_DAYS_PERCENT, today), view.values.on(IDLE_MONTHS, today)
    idle = runs.length - runs.paused
    blind = 100 * runs.unseen > percent * runs.length
    nobody = view.registry.visits.last(len(view.registry.homes), today + 1, OUTCOMES.index("nobody"))[view.homes]
    odds, slack = silence_odds(idle), _onset_slack(view)
    raised = Raised()
    for h in np.flatnonzero(runs.judged & ((idle >= min(tiers, default=days.FOREVER)) | runs.reached)):
        start, length, paused = int(runs.start[h]), int(runs.length[h]), int(runs.paused[h])
        visited = nobody[h] >= start
        stage = Stage.WATCH if blind[h] or not runs.reached[h] else Stage.TO_VERIFY if visited else Stage.SUSPECTED
        tier = max((t for t in tiers if t <= idle[h]), default=0)
        during = view.days.first_day + np.arange(view.days.shape[1]) >= start
        exits = int((view.days.exits[h][during] > 0).sum())
        others = int((view.days.other_hours[h][during] != 0).sum())
        raised.add(
            int(view.homes[h]), stage, odds[h], (start, start, min(start + slack, today)), BASIS,
            evidence=when([
                (True, Reason("vacancy.no_entry", {"since": iso(start), "days": length})),
                (runs.reached[h], Reason("vacancy.term", {"months": months, "paused": paused})),
                (not runs.reached[h], Reason("vacancy.ask_visit", {"tier": tier})),
                (visited, Reason("vacancy.nobody_met", {"day": iso(max(int(nobody[h]), 0))})),
            ]),
            counter_evidence=when([
                (paused, Reason("vacancy.paused", {"days": paused})),
                (blind[h], Reason("vacancy.unseen", {"percent": percent})),
                (exits, Reason("vacancy.exit_seen", {"days": exits})),
                (others, Reason("vacancy.others_seen", {"days": others})),
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
    window=120,
    bases=(BASIS,),
    alert_from=Stage.WATCH,
    texts=TEXTS,
    parameters=(IDLE_MONTHS, IDLE_EARLY_DAYS, UNKNOWN_DAYS_PERCENT, MISSED_READS_PERCENT),
)
