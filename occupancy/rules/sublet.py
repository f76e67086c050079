"""Sublet: does the household no longer live here, and does somebody else (Order 11 Art. 27(1))?

Both halves are needed, each against the home's own days (`handover`). The household is gone: its members are seen on
a small part of the days they used to be seen on, by more than missed reads could hide, and not merely less. Somebody
else lives here: people who are not of the household come home in the evening and stay, on most days, in every week, and
not merely guests more often than before. The weaker half decides: guests alone are never enough, nor an empty home.

What looks the same for a while is a household on an undeclared journey with somebody who minds the home; that ends
within weeks, so it is part of the probability and shrinks with the days since the change. Days away with approval, days
that no reader saw and public holidays (the weeks around Spring Festival with them) are left out. Where a reader that
fails to know faces could have made both halves, where the household has no rhythm of its own yet, or where another
household of the estate lives here (a swap), it stays at watch. Two kinds of evidence are needed to verify (P8).
"""

import numpy as np

from housing.parameters import (
    MISSED_READS_PERCENT,
    SUBLET_HOUSEHOLD_PERCENT,
    SUBLET_KIND_DAYS,
    SUBLET_KNOWN_DAYS,
    SUBLET_MIN_DAYS,
    SUBLET_OTHERS_PERCENT,
    SUBLET_PROBABILITY_PERCENT,
    UNKNOWN_DAYS_PERCENT,
)
from occupancy import days
from occupancy.arrays import NOBODY, Bools, Indices, Int32s
from occupancy.homedays import HomeDays
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, iso, when
from occupancy.rules.handover import GROUPS, KINDS, Change, candidates, change, days_from, grouped, weekend
from occupancy.rules.holidays import festive
from occupancy.tenure import MET, OUTCOMES, lived_in_since

BASIS = "Order 11 Art. 27(1)"
EVENINGS = 0.4  # residents come home in the evening on that share of the days on which they are seen at all
SWAP_LOOK, SWAP_DAYS = 28, 5  # days of late on which another home saw this household in its own one's place
TOGETHER_DAYS, TOGETHER_WAIT = 21, 60  # who lived with the household for weeks is left alone here for two months
AT_ONCE_DAYS, AT_ONCE_HOMES = 7, 3  # more homes than that in which faces ceased to be known within a week
WITHDRAWN_DAYS = 30  # a consent withdrawn so long before the onset, or since, may be all there is to it
MET_DAYS = 60  # so long a visit that met the household speaks louder than readings
READER_DAYS = 45  # a reader that knows nobody is noticed and mended in that time
NEVER_SEEN_DAYS = 60  # with others in several ways, and not once the household: no late enrolment takes that long
SUREST = 0.999  # no reading makes it certain
UNSURE = 0.03  # what is left of the odds of a home that is only watched: of 300 on tuning estates five were sublet
WATCHED = 0.3  # probability from which a home is watched
UNKNOWN, FACES = KINDS.index("unknown_entries"), GROUPS.index(("unknown_entries", "mismatches"))
TEXTS = {
    "sublet.faded": (
        "此后计入的{days}天中住户成员出现{seen}天；此前{usual}%的日子出现。",
        "Since then members were seen on {seen} of {days} days that count; on {usual} % of days before.",
    ),
    "sublet.never_seen": (
        "计入的{days}天中住户成员出现{seen}天；此前记录太少，没有可比的居住规律。",
        "Members were seen on {seen} of {days} days that count; too little is known of their rhythm before.",
    ),
    "sublet.others": (
        "同期有{evenings}个晚上有非住户人员归来并留宿。",
        "On {evenings} evenings in that time others came home and stayed.",
    ),
    "sublet.guests": ("有{days}天使用该户的访客通行证进入。", "Visitors' passes of the home were used on {days} days."),
    "sublet.rung_in": ("有{days}天经对讲为该户放行。", "Somebody was let in by intercom for the home on {days} days."),
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
    "sublet.still_here": ("其间住户成员仍有{seen}天出现。", "Members were still seen on {seen} of these days."),
    "sublet.one_kind": ("他人居住的迹象只有一类证据。", "Only one kind of evidence speaks of others living there."),
    "sublet.journey": (
        "也可能是住户外出未报备，由亲友代为照看。",
        "The household may be on a journey without having said so, with somebody minding the home.",
    ),
    "sublet.comes_back": ("住户仍不时回来。", "The household still comes back now and then."),
    "sublet.irregular": ("他人的出入尚不像常住。", "The others do not come and go as residents do."),
    "sublet.one_reader": (
        "两方面迹象都只来自该户自己的读头，也可能是读头认不出住户。",
        "Both signs come from the home's own reader alone; it may fail to know the household.",
    ),
    "sublet.changed_face": (
        "来人只见于未识别的人脸：也可能是读头不再认得住户本人，请核对其人脸登记。",
        "Others show as unknown faces alone; the readers may have ceased to know the tenant: check the enrolled face.",
    ),
    "sublet.lived_together": (
        "来人此前已与住户同住{days}天：可能是亲属，住户只是暂时外出。",
        "Others lived with the household on {days} days before it left: perhaps relatives, and it is on a journey.",
    ),
    "sublet.many_at_once": (
        "同一时期多户出现同样情况：请先检查读头和识别模型。",
        "The same began in several homes at once: check the readers and their model first.",
    ),
    "sublet.consent_withdrawn": (
        "有住户成员撤回了人脸或指纹同意，其出入不再被识别，不得据此推断。",
        "A member withdrew consent to face or finger and is not known by them any more; nothing follows from that.",
    ),
    "sublet.member_away": (
        "住户中有人已批准外出，占此后一半以上的日子。",
        "A member is away with approval for half of the days since, or more.",
    ),
    "sublet.swapped": (
        "来人多为本小区另一户的成员，可能是两户互换。",
        "Those who come are of another household of the estate; it may be a swap.",
    ),
    "sublet.unseen": (
        "其间有{days}天读头失灵、已批准外出或为节假日，未计入。",
        "{days} of these days do not count: no reader worked, absence approved, or a holiday.",
    ),
}


def evaluate(view: View) -> Verdicts:
    """Watch: likely enough to keep an eye on. Suspected: sure enough. To verify: two kinds of evidence besides."""
    raised, today, ask = Raised(), view.today, view.values.on
    begun = _begun(view)
    column = np.arange(view.days.first_day, today + 1)
    usable = view.usable() & ~festive(view.days.first_day, len(column))[None, :] & (column[None, :] >= begun[:, None])
    rows = candidates(view.days, usable)
    if not len(rows):
        return raised.verdicts()
    found = change(view.days.of_rows(rows), usable[rows], weekend(column), ask(MISSED_READS_PERCENT, today) / 100)
    least = ask(SUBLET_PROBABILITY_PERCENT, today) / 100
    gone = 100 * found.seen <= ask(SUBLET_HOUSEHOLD_PERCENT, today) * found.usual * np.maximum(found.days, 1)
    lives_in = found.weekly & (found.evenings >= EVENINGS)
    lives_in &= 100 * found.stayed >= ask(SUBLET_OTHERS_PERCENT, today) * found.counted
    sure = (found.probability >= least) & gone & lives_in & (found.counted >= ask(SUBLET_MIN_DAYS, today))
    rhythm = found.known >= ask(SUBLET_KNOWN_DAYS, today)
    known = rhythm | (found.many & (found.counted >= NEVER_SEEN_DAYS))
    kinds = found.kinds >= ask(SUBLET_KIND_DAYS, today)
    one_reader = (kinds.sum(axis=1) == kinds[:, UNKNOWN]) & ~found.elsewhere & (found.counted < READER_DAYS)
    groups = grouped(found.kinds) >= ask(SUBLET_KIND_DAYS, today)
    faces = ~found.company & groups[:, FACES] & (groups.sum(axis=1) == 1)
    changed, at_once = found.one_member & faces, _at_once(found.onset, faces)
    swapped, unseen = _swapped(view.days, rows, usable, found), view.marked(view.unseen)[rows]
    first = view.days.first_day
    onset = first + found.onset
    kin = (found.together >= TOGETHER_DAYS) & (found.counted < TOGETHER_WAIT)
    unread = _withdrawn(view, rows, onset)
    met, other_met = _met(view, rows, MET), _met(view, rows, OUTCOMES.index("other_met"))
    for k in np.flatnonzero((found.probability >= WATCHED) | (other_met >= first + found.low)).tolist():
        seen_there = met[k] >= max(onset[k], today - MET_DAYS)
        others_there = other_met[k] >= first + found.low[k]
        away = _member_away(view, int(view.homes[rows[k]]), int(onset[k]))
        firm = int(groups[k].sum()) + int(others_there)
        skipped = int((~usable[rows[k], found.onset[k] :]).sum())
        readers = one_reader[k] or changed[k] or at_once[k] or unread[k]
        held_back = seen_there or swapped[k] or ((readers or away or kin[k]) and not others_there)
        stage = Stage.WATCH
        if sure[k] and not held_back and (known[k] or (others_there and firm > 1)):
            blind = unseen[k, found.onset[k] :].mean() > ask(UNKNOWN_DAYS_PERCENT, today) / 100
            stage = Stage.TO_VERIFY if firm > 1 and not blind else Stage.SUSPECTED
        raised.add(
            int(view.homes[rows[k]]), stage, _stated(float(found.probability[k]), stage),
            (int(onset[k]), int(first + found.low[k]), int(first + found.high[k])), BASIS,
            evidence=_for(found, k, bool(rhythm[k]), int(other_met[k]) if others_there else None),
            counter_evidence=when([
                (seen_there, Reason("sublet.household_met", {"day": iso(max(int(met[k]), 0))})),
                (found.seen[k], Reason("sublet.still_here", {"seen": int(found.seen[k])})),
                (found.probability[k] < least or firm < 2, Reason("sublet.journey")),
                (not gone[k], Reason("sublet.comes_back")),
                (not lives_in[k], Reason("sublet.irregular")),
                (one_reader[k], Reason("sublet.one_reader")),
                (changed[k], Reason("sublet.changed_face")),
                (at_once[k], Reason("sublet.many_at_once")),
                (unread[k], Reason("sublet.consent_withdrawn")),
                (away, Reason("sublet.member_away")),
                (kin[k], Reason("sublet.lived_together", {"days": int(found.together[k])})),
                (swapped[k], Reason("sublet.swapped")),
                (firm < 2, Reason("sublet.one_kind")),
                (skipped, Reason("sublet.unseen", {"days": skipped})),
            ]),
        )  # fmt: skip
    return raised.verdicts()


def _stated(probability: float, stage: Stage) -> float:
    """What is said: a home that is only watched has failed a test that the probability does not hold."""
    if stage >= Stage.SUSPECTED:
        return min(probability, SUREST)
    return UNSURE * probability / (UNSURE * probability + 1 - probability)


def _for(found: Change, k: int, known: bool, other_met: int | None) -> list[Reason]:
    """What speaks for it, in words."""
    days_told, seen = int(found.days[k]), int(found.seen[k])
    household = Reason("sublet.never_seen", {"days": days_told, "seen": seen})
    if known:
        usual = round(100 * float(found.usual[k]))
        household = Reason("sublet.faded", {"days": days_told, "seen": seen, "usual": usual})
    return when([
        (True, household),
        (True, Reason("sublet.others", {"evenings": int(found.stayed[k])})),
        *((found.kinds[k, n], Reason(f"sublet.{kind}", {"days": int(found.kinds[k, n])}))
          for n, kind in enumerate(KINDS)),
        (other_met is not None, Reason("sublet.other_met", {"day": iso(other_met or 0)})),
    ])  # fmt: skip


def _begun(view: View) -> Int32s:
    """(H,) the first day of the household that lives here by right; FOREVER for homes not let, or not any more."""
    leases, today = view.registry.leases, view.today
    begun, lease = lived_in_since(view.registry.living, len(view.registry.homes), today), leases.on(view.homes, today)
    right = (lease != NOBODY) & view.registry.let[view.homes] & (begun[view.homes] != days.NEVER)
    right[right] = leases.due(lease[right]) >= today
    return np.where(right, begun[view.homes], days.FOREVER).astype(np.int32)


def _at_once(onset: Int32s, faces_alone: Bools) -> Bools:
    """(C,) bool: it rests on unknown faces alone and began in several homes at once: see to the readers first."""
    found = np.zeros(len(onset), np.bool_)
    rows = np.flatnonzero(faces_alone)
    near = np.abs(onset[rows][:, None] - onset[rows][None, :]) <= AT_ONCE_DAYS
    found[rows] = near.sum(axis=1) > AT_ONCE_HOMES
    return found


def _withdrawn(view: View, rows: Indices, onset: Int32s) -> Bools:
    """(C,) bool: somebody of the household withdrew consent to face and finger about then, and is not known by them."""
    living, today = view.registry.living, view.today
    here = living.households_on(today)
    first = np.full(len(view.registry.homes), days.FOREVER, np.int32)
    person = np.broadcast_to(np.arange(living.home.shape[1]), living.home.shape)
    np.minimum.at(first, living.home[here], view.registry.unread_from[person[here]])
    since = first[view.homes[rows]]
    withdrawn: Bools = (since <= today) & (since >= onset - WITHDRAWN_DAYS)
    return withdrawn


def _member_away(view: View, home: int, onset: int) -> bool:
    """Whether somebody of the household is away with approval for half of the days since."""
    absences, until = view.registry.absences, view.today + 1
    theirs = (absences.home == home) & (absences.person != NOBODY)
    span = np.minimum(absences.until_day[theirs], until) - np.maximum(absences.from_day[theirs], onset)
    return bool((2 * span >= until - onset).any())


def _met(view: View, rows: Indices, outcome: int) -> Int32s:
    """(C,) the last day on which a visit to each home ended so; NEVER for none."""
    last = view.registry.visits.last(len(view.registry.homes), view.today + 1, outcome)
    return last[view.homes[rows]]


def _swapped(made: HomeDays, rows: Indices, usable: Bools, found: Change) -> Bools:
    """(C,) bool: those who come are mostly another household of the estate, or this one is seen in another home."""
    recent = made.swap_home[:, -SWAP_LOOK:]
    lives_there = np.bincount(recent[recent != NOBODY], minlength=int(made.homes.max(initial=0)) + 1)
    since = usable[rows] & days_from(found.onset, usable.shape[1])
    others = ((made.other_hours[rows] != 0) & since).sum(axis=1)
    theirs = ((made.swap_entries[rows] > 0) & since).sum(axis=1)
    swapped: Bools = (2 * theirs > np.maximum(others, 1)) | (lives_there[made.homes[rows]] >= SWAP_DAYS)
    return swapped


RULE = Rule(
    kind="sublet",
    evaluate=evaluate,
    window=400,
    bases=(BASIS,),
    alert_from=Stage.SUSPECTED,
    texts=TEXTS,
    patience=7,
    parameters=(
        SUBLET_PROBABILITY_PERCENT, SUBLET_MIN_DAYS, SUBLET_KNOWN_DAYS, SUBLET_HOUSEHOLD_PERCENT, SUBLET_OTHERS_PERCENT,
        SUBLET_KIND_DAYS, UNKNOWN_DAYS_PERCENT, MISSED_READS_PERCENT,
    ),
)  # fmt: skip
