"""Sublet: does the household no longer live here, and does somebody else (Order 11 Art. 27(1))?

Both halves are needed, each from the home's own days. The household fades: its members are seen on a small part of the
days they used to be seen on. Somebody else keeps a resident's rhythm: people who are not of the household come home in
the evening, on most evenings, in every week. Guests alone are never enough, nor is an empty home alone. A home whose
household was never seen before has no rhythm of its own to compare with: then the others must show in two kinds of
evidence. Two kinds are needed for "to verify" in any case (P8).

The probability weighs both halves day by day against the home's own usual days, tempered because days are not
independent. It is a first version: the odds are stated, not calibrated.
"""

from dataclasses import dataclass

import numpy as np

from housing.parameters import (
    SUBLET_HOUSEHOLD_PERCENT,
    SUBLET_KIND_DAYS,
    SUBLET_KNOWN_DAYS,
    SUBLET_OTHERS_PERCENT,
    SUBLET_RECENT_DAYS,
    SUBLET_THINNED_PERCENT,
    UNKNOWN_DAYS_PERCENT,
)
from occupancy.arrays import Bools, Doubles, Int32s
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, iso, when
from occupancy.rules.holidays import festive
from occupancy.tenure import MET, OUTCOMES

BASIS = "Order 11 Art. 27(1)"
EVENING = sum(1 << hour for hour in (*range(17, 24), 0, 1))  # hours in which people come home
PRIOR = 0.0035  # share of sublet homes found in one city
USUAL, USUAL_DAYS = 0.7, 7.0  # a household is seen on most days; weighs as much as a week of its own
GONE, LIVES_IN, GUESTS = 0.05, 0.6, 0.1  # days with the household gone; evenings of a resident; evenings with guests
TEMPER = 0.3  # neighbouring days say much the same
KINDS = ("passes", "unknown_entries", "mismatches", "other_vehicles")
MIN_USUAL_DAYS = 14
TEXTS = {
    "sublet.faded": (
        "近{days}天中住户成员出现{seen}天；此前平均{usual}%的日子出现。",
        "Members were seen on {seen} of {days} recent days; on {usual} % of days before.",
    ),
    "sublet.never_seen": (
        "近{days}天中住户成员出现{seen}天，此前也没有稳定的居住规律。",
        "Members were seen on {seen} of {days} recent days, and had no rhythm here before.",
    ),
    "sublet.others": (
        "近{days}天中有{evenings}个晚上有非住户人员归来，每周皆有。",
        "Others came home on {evenings} of {days} recent evenings, in every week.",
    ),
    "sublet.passes": ("有{days}天使用该户的访客通行证进入。", "Visitors' passes of the home were used on {days} days."),
    "sublet.unknown_entries": (
        "有{days}天在该户门前出现未识别人员。",
        "Somebody unknown was at the home's own door on {days} days.",
    ),
    "sublet.mismatches": (
        "有{days}天该户的卡或密码与人脸不符。",
        "A credential of the household was shown with another face on {days} days.",
    ),
    "sublet.other_vehicles": (
        "有{days}天他人车辆以该户名义进入。",
        "Others' vehicles came in for the home on {days} days.",
    ),
    "sublet.other_met": ("{day}上门时见到他人居住。", "A visit on {day} met others living there."),
    "sublet.household_met": ("{day}上门时见到住户本人。", "A visit on {day} met the household."),
    "sublet.still_here": ("住户成员仍有{seen}天出现。", "Members were still seen on {seen} days."),
    "sublet.one_kind": ("他人居住的迹象只有一类证据。", "Only one kind of evidence speaks of others living there."),
    "sublet.unseen": (
        "近期有{days}天读头失灵、已批准外出或为节假日，未计入。",
        "{days} recent days do not count: no reader worked, absence approved, or a holiday.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rhythm:
    """What the days of H homes say; (H,) int32 but where said.

    Attributes:
        known: usable recent days. seen: of them with the household. evenings: of them with others in the evening.
        weekly: (H,) bool, others came in every recent week that could be seen.
        usual: (H,) float64, share of earlier days with the household; NaN where too few could be used.
        kind_days: (H, 4) int32, recent days with each of KINDS.
        log_odds: (H, W) float64, what each day adds.
    """

    known: Int32s
    seen: Int32s
    evenings: Int32s
    weekly: Bools
    usual: Doubles
    kind_days: Int32s
    log_odds: Doubles


def rhythm(view: View, recent: int) -> Rhythm:
    """Read the household's and the others' rhythm off the window; `recent` days at its end, the usual days before."""
    usable = view.usable() & ~festive(view.days.first_day, view.days.shape[1])[None, :]
    household, others = view.days.members_seen > 0, (view.days.other_hours & EVENING) != 0
    before, now = usable.copy(), usable.copy()
    before[:, -recent:], now[:, :-recent] = False, False
    earlier = before.sum(axis=1)
    usual_days = (household & before).sum(axis=1)
    kinds = np.stack([((getattr(view.days, kind) > 0) & now).sum(axis=1) for kind in KINDS], axis=1)
    kinds[:, 0] = ((view.days.passes > 0) & (view.days.other_hours != 0) & now).sum(axis=1)  # couriers left out
    base = (usual_days + USUAL * USUAL_DAYS) / (earlier + USUAL_DAYS)
    guests = np.maximum(((others & before).sum(axis=1) + GUESTS * USUAL_DAYS) / (earlier + USUAL_DAYS), GUESTS)
    return Rhythm(
        known=now.sum(axis=1).astype(np.int32),
        seen=(household & now).sum(axis=1).astype(np.int32),
        evenings=(others & now).sum(axis=1).astype(np.int32),
        weekly=_every_week(others & now, now, recent),
        usual=np.where(earlier >= MIN_USUAL_DAYS, usual_days / np.maximum(earlier, 1), np.nan),
        kind_days=kinds.astype(np.int32),
        log_odds=(
            _log_odds(household, GONE, np.clip(base, GONE, 0.98)[:, None])
            + _log_odds(others, LIVES_IN, np.minimum(guests, LIVES_IN)[:, None])
        ) * usable * TEMPER,
    )  # fmt: skip


def _log_odds(happened: Bools, sublet: float, usual: Doubles) -> Doubles:
    """(H, W) log ratio of a day's sign under both hypotheses."""
    ratio: Doubles = np.where(happened, np.log(sublet / usual), np.log((1 - sublet) / (1 - usual)))
    return ratio


def _every_week(others: Bools, usable: Bools, recent: int) -> Bools:
    """(H,) bool: others came in each of the recent weeks that had at least three usable days."""
    held = np.ones(len(others), np.bool_)
    for back in range(7, recent + 1, 7):
        week = slice(others.shape[1] - back, others.shape[1] - back + 7)
        held &= others[:, week].any(axis=1) | (usable[:, week].sum(axis=1) < 3)
    return held


def onset(log_odds: Doubles) -> tuple[Int32s, Int32s, Int32s, Doubles]:
    """The change point of each home.

    Args:
        log_odds: (H, W), W >= 1.

    Returns:
        best, low, high: (H,) columns since which the days speak for a sublet: the largest sum of the days from there
            on, and the range in which that sum is within 2 of it. total: (H,) that sum.
    """
    since = np.cumsum(log_odds[:, ::-1], axis=1)[:, ::-1]
    best = since.argmax(axis=1)
    total = since.max(axis=1)
    near = since >= total[:, None] - 2.0
    low = near.argmax(axis=1)
    high = log_odds.shape[1] - 1 - near[:, ::-1].argmax(axis=1)
    return best.astype(np.int32), low.astype(np.int32), high.astype(np.int32), total


def evaluate(view: View) -> Verdicts:
    """Watch: others live in and the household thins. Suspected: it fades. To verify: two kinds of evidence besides."""
    today, ask = view.today, view.values.on
    recent = min(ask(SUBLET_RECENT_DAYS, today), view.days.shape[1])
    r = rhythm(view, recent)
    enough = (r.known >= ask(SUBLET_KNOWN_DAYS, today)) & (view.registry.leases.on(view.homes, today) >= 0)
    usual = np.where(np.isnan(r.usual), USUAL, r.usual)
    has_rhythm = ~np.isnan(r.usual) & (r.usual >= 2 * GONE)
    share = r.seen / np.maximum(r.known, 1)
    reference = np.where(has_rhythm, usual, USUAL)
    lives_in = r.weekly & (100 * r.evenings >= ask(SUBLET_OTHERS_PERCENT, today) * np.maximum(r.known, 1))
    thinned = 100 * share <= ask(SUBLET_THINNED_PERCENT, today) * reference
    faded = 100 * share <= ask(SUBLET_HOUSEHOLD_PERCENT, today) * reference
    kinds = (r.kind_days >= ask(SUBLET_KIND_DAYS, today)).sum(axis=1)
    blind = 100 * (recent - r.known) > ask(UNKNOWN_DAYS_PERCENT, today) * recent
    best, low, high, total = onset(r.log_odds)
    raised = Raised()
    visits, size = view.registry.visits, len(view.registry.homes)
    met = visits.last(size, today + 1, MET)[view.homes]
    other_met = visits.last(size, today + 1, OUTCOMES.index("other_met"))[view.homes]
    for h in np.flatnonzero(enough & lives_in & thinned):
        seen_there, others_there = int(met[h]) > today - recent, int(other_met[h]) > today - recent
        firm = int(kinds[h]) + others_there
        stage = Stage.WATCH
        if faded[h] and not seen_there and (has_rhythm[h] or firm >= 2):
            stage = Stage.TO_VERIFY if firm >= 2 and not blind[h] else Stage.SUSPECTED
        days, seen = int(r.known[h]), int(r.seen[h])
        household = Reason("sublet.never_seen", {"days": days, "seen": seen})
        if has_rhythm[h]:
            household = Reason("sublet.faded", {"days": days, "seen": seen, "usual": round(100 * float(r.usual[h]))})
        first = view.days.first_day
        raised.add(
            int(view.homes[h]), stage, _probability(total[h]),
            (first + int(best[h]), first + int(low[h]), first + int(high[h])), BASIS,
            evidence=when([
                (True, household),
                (True, Reason("sublet.others", {"days": days, "evenings": int(r.evenings[h])})),
                *((r.kind_days[h, k], Reason(f"sublet.{kind}", {"days": int(r.kind_days[h, k])}))
                  for k, kind in enumerate(KINDS)),
                (others_there, Reason("sublet.other_met", {"day": iso(max(int(other_met[h]), 0))})),
            ]),
            counter_evidence=when([
                (seen_there, Reason("sublet.household_met", {"day": iso(max(int(met[h]), 0))})),
                (seen, Reason("sublet.still_here", {"seen": seen})),
                (firm < 2, Reason("sublet.one_kind")),
                (days < recent, Reason("sublet.unseen", {"days": recent - days})),
            ]),
        )  # fmt: skip
    return raised.verdicts()


def _probability(total: float) -> float:
    """The prior and what the days since the onset add."""
    return float(1 / (1 + np.exp(-(np.log(PRIOR / (1 - PRIOR)) + total))))


RULE = Rule(
    kind="sublet",
    evaluate=evaluate,
    window=120,
    bases=(BASIS,),
    alert_from=Stage.SUSPECTED,
    texts=TEXTS,
    patience=7,
    parameters=(
        SUBLET_RECENT_DAYS, SUBLET_KNOWN_DAYS, SUBLET_HOUSEHOLD_PERCENT, SUBLET_THINNED_PERCENT, SUBLET_OTHERS_PERCENT,
        SUBLET_KIND_DAYS, UNKNOWN_DAYS_PERCENT,
    ),
)  # fmt: skip
