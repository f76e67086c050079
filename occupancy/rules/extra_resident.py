"""Extra resident: the household stays, and somebody who is not registered comes home most evenings for weeks (O4).

A room let to a stranger looks like that; so does a grandmother who came for a newborn, or a brother who is getting
well. A camera cannot tell them apart and does not have to: whoever lives here should be registered, for the fire
brigade as much as for the lease. So this is a friendly request, never more than suspected, and it says so itself. Only
days since the present household moved in are looked at.

Somebody not of the household must come in the evening, without being seen to leave, on most of the days that count and
on three days of every week, for as many days as the parameter says; on half as many it is watched. Couriers, carers and
contractors never count (`homedays.other_nights`), nor do holidays or weeks around Spring Festival. Where the household
itself is seldom seen the sublet rule looks; who is known by face or finger is looked for by these, since whoever rents
a room may have been given a card.

A face that nothing knew may be the household's own behind a mask, and so may be one that did not fit its card. Unknown
faces alone only watch, and only if they are new. Cards shown by others count if it was not so before. Visitors' passes
and vehicles are not mistaken.
"""

import numpy as np

from housing.parameters import EXTRA_RESIDENT_DAYS, SUBLET_KIND_DAYS, SUBLET_THINNED_PERCENT
from occupancy.arrays import NOBODY, Bools, Doubles, Indices, Int32s
from occupancy.homedays import HomeDays
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, when
from occupancy.rules.holidays import festive
from occupancy.rules.rhythm import change_point, every_week, lives_here, others_at_night

BASIS = "Order 11 Art. 27(1), only where a room is let"
MOST_DAYS = 0.5  # of the days that count
KNOWN = 0.75  # of so many days must count within twice the time
BODILY = 0.3  # of the days before, on which a household was seen by face or finger, so that it is looked for by these
SELDOM_BEFORE, ENOUGH_BEFORE = 0.25, 14  # share of earlier days with others at night; days to know it by
USUAL = 0.7  # share of days on which a household is seen, where its own is not known
# What else each sort of sign may mean, as a share; sorts are taken to be independent. Not measured.
DOUBT = {"guests": 0.04, "mismatches": 0.1, "other_vehicles": 0.15, "unknown_entries": 0.15}
SURE = ("guests", "other_vehicles")
TOLD = (*SURE, "mismatches")  # somebody, rather than somebody unknown
TEXTS = {
    "extra_resident.rhythm": (
        "近{days}天中有{nights}个晚上有未登记人员归来，每周皆有。",
        "Somebody who is not registered came home on {nights} of {days} recent evenings, in every week.",
    ),
    "extra_resident.household_here": (
        "住户本人照常居住（近{days}天中出现{seen}天）。",
        "The household lives here as usual (seen on {seen} of {days} recent days).",
    ),
    "extra_resident.guests": (
        "有{days}天使用该户的访客通行证。",
        "Visitors' passes of the home were used on {days} days.",
    ),
    "extra_resident.unknown_entries": (
        "有{days}天在该户门前出现未识别人员。",
        "Somebody unknown was at the home's own door on {days} days.",
    ),
    "extra_resident.mismatches": (
        "有{days}天该户的卡或密码由他人使用。",
        "A credential of the household was used by somebody else on {days} days.",
    ),
    "extra_resident.other_vehicles": (
        "有{days}天他人车辆以该户名义进入。",
        "Others' vehicles came in for the home on {days} days.",
    ),
    "extra_resident.please": (
        "请友好询问：如有亲友长住，请协助办理同住人登记。",
        "Please ask kindly: if family or friends are staying, help the household to register them.",
    ),
    "extra_resident.family": (
        "照看新生儿的老人、来此休养的亲属看起来也是这样；这不是违规认定。",
        "Grandparents of a newborn and relatives who are getting well look the same. This is no finding of a breach.",
    ),
    "extra_resident.unread": (
        "多为未识别人员：也可能是戴口罩或读头认不出的住户本人，仅列为关注。",
        "Mostly faces that nothing knew: they may be members behind masks, or badly read. Watched only.",
    ),
    "extra_resident.unseen": (
        "近期有{days}天读头失灵、已批准外出或为节假日，未计入。",
        "{days} recent days do not count: no reader worked, absence approved, or a holiday.",
    ),
}


def lately(usable: Bools, recent: int) -> Bools:
    """(k, W) bool: the last `recent` days of `usable`, (k, W), as far as they lie within twice as many days."""
    counted = np.cumsum(usable[:, ::-1], axis=1)[:, ::-1]
    within = np.arange(usable.shape[1]) >= usable.shape[1] - 2 * recent
    last: Bools = usable & (counted <= recent) & within[None, :]
    return last


def keeps(nights: Bools, usable: Bools, recent: int) -> Bools:
    """(k,) bool: others came on most of the last `recent` days that count, in every week; (k, W) bool both."""
    now = lately(usable, recent)
    known, came = now.sum(axis=1), (nights & now).sum(axis=1)
    held: Bools = (known >= KNOWN * recent) & (came >= MOST_DAYS * known) & every_week(nights, usable, recent)
    return held


def _worth_a_look(nights: Bools, recent: int) -> Bools:
    """(H,) bool: enough of (H, W) nights for `keeps` to hold for half the days, or for all of them."""
    least = KNOWN * MOST_DAYS * recent
    found: Bools = (nights[:, -recent:].sum(axis=1) >= least / 2) | (nights[:, -2 * recent :].sum(axis=1) >= least)
    return found


def household(days: HomeDays, rows: Indices, before: Bools) -> tuple[Bools, Doubles]:
    """Days on which the household was seen, (k, W), and its usual share of them, (k,), by the days `before`, (k, W).

    By face or finger, if that is how it was seen on BODILY of these days; else by anything.
    """
    earlier = np.maximum(before.sum(axis=1), 1)
    bodies, members = days.bodies_seen[rows] > 0, days.members_seen[rows] > 0
    bodily = (bodies & before).sum(axis=1) >= BODILY * earlier
    seen: Bools = np.where(bodily[:, None], bodies, members)
    usual = np.where(before.sum(axis=1) >= ENOUGH_BEFORE, (seen & before).sum(axis=1) / earlier, USUAL)
    return seen, usual


def probability(kind_days: Int32s, least: int) -> Doubles:
    """(k,) 1 - the product of what each sort of sign, (k, sorts) days, leaves in doubt; sorts on few days are none."""
    doubt = np.array(list(DOUBT.values()))[None, :]
    left: Doubles = 1 - np.where(kind_days >= least, doubt, 1.0).prod(axis=1)
    return left


def evaluate(view: View) -> Verdicts:
    """Watch: a resident's rhythm for half the days; suspected: for all of them. Never more."""
    today, ask, table = view.today, view.values.on, view.days
    recent = max(min(ask(EXTRA_RESIDENT_DAYS, today), table.shape[1]) // 14 * 14, 14)
    leased = view.registry.leases.on(view.homes, today) != NOBODY
    rows = np.flatnonzero(leased & _worth_a_look(table.other_nights > 0, recent))
    nights = others_at_night(table, rows)
    here = lives_here(view)[rows]
    usable = view.usable()[rows] & here & ~festive(table.first_day, table.shape[1])[None, :]
    now = lately(usable, recent)
    kinds = {kind: getattr(table, kind)[rows] > 0 for kind in DOUBT}
    told = nights & np.logical_or.reduce([kinds[kind] for kind in TOLD])
    mostly = 2 * (told & now).sum(axis=1) >= (nights & now).sum(axis=1)
    shown_by = np.where(mostly[:, None], told, nights)  # the change is looked for in what carries the finding
    best, low, high = change_point(np.where(shown_by, 1.0, -1.0) * usable)
    before = usable & (np.arange(table.shape[1])[None, :] < best[:, None])
    known, earlier = now.sum(axis=1), before.sum(axis=1)
    seen, usual = household(table, rows, before)
    stays = 100 * (seen & now).sum(axis=1) > ask(SUBLET_THINNED_PERCENT, today) * usual * known
    kind_days = np.stack([(days & now).sum(axis=1) for days in kinds.values()], axis=1).astype(np.int32)
    least = ask(SUBLET_KIND_DAYS, today)
    changed = (earlier >= ENOUGH_BEFORE) & ((shown_by & before).sum(axis=1) <= SELDOM_BEFORE * earlier)
    sure = nights & np.logical_or.reduce([kinds[kind] for kind in SURE])
    lent = sure | (nights & kinds["mismatches"] & changed[:, None])
    long_enough = table.shape[1] - best >= recent
    held, shown = keeps(lent, usable, recent) & long_enough, keeps(lent, usable, recent // 2)
    half = shown | (keeps(nights, usable, recent // 2) & changed)
    odds = probability(kind_days, least)
    raised = Raised()
    for k in np.flatnonzero((half | held) & stays & (kind_days >= least).any(axis=1)):
        days, first, skipped = int(known[k]), table.first_day, int((here & ~usable)[k, -recent:].sum())
        stage = Stage.SUSPECTED if held[k] else Stage.WATCH
        raised.add(
            int(view.homes[rows[k]]), stage, odds[k],
            (first + int(best[k]), first + int(low[k]), first + int(high[k])), BASIS,
            evidence=when([
                (True, Reason("extra_resident.rhythm", {"days": days, "nights": int((nights & now)[k].sum())})),
                *((kind_days[k, n], Reason(f"extra_resident.{kind}", {"days": int(kind_days[k, n])}))
                  for n, kind in enumerate(DOUBT)),
                (True, Reason("extra_resident.please")),
            ]),
            counter_evidence=when([
                (True, Reason("extra_resident.family")),
                (True, Reason("extra_resident.household_here", {"days": days, "seen": int((seen & now)[k].sum())})),
                (not (held[k] or shown[k]), Reason("extra_resident.unread")),
                (skipped, Reason("extra_resident.unseen", {"days": skipped})),
            ]),
        )  # fmt: skip
    return raised.verdicts()


RULE = Rule(
    kind="extra_resident",
    evaluate=evaluate,
    window=400,
    bases=(BASIS,),
    alert_from=Stage.SUSPECTED,
    texts=TEXTS,
    patience=28,
    parameters=(EXTRA_RESIDENT_DAYS, SUBLET_KIND_DAYS, SUBLET_THINNED_PERCENT),
)
