"""Swap: does another household of the estate live here, and this one there, without consent (Order 11 Art. 27(1))?

Both homes must say the same. Here the other household comes and goes, at this home's own door or with this household's
credentials, on most days; there this household does, on most of the same days; and each has faded at its own door
against its own days before. All that for as many days that count as the parameter says: suspected. For "to verify" a
second kind of evidence is needed: credentials that were exchanged besides faces at doors, or a visit that met others.

Relatives who look after each other's homes do not fade at their own; if only one side shows, it is watched. A pair that
has looked exchanged ever since anything was seen is watched too: first see whether two readers carry each other's name.
A swap with consent is no breach (L10): it is applied before home-days are made, so it never shows here.

Only days since both present households moved in are looked at, and both homes must be in the view for a swap to be
suspected.
"""

from dataclasses import dataclass

import numpy as np

from housing.parameters import SUBLET_HOUSEHOLD_PERCENT, SUBLET_KIND_DAYS, SWAP_MIN_DAYS
from occupancy.arrays import NOBODY, Bools, Doubles, Indices, Int32s
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, iso, when
from occupancy.rules.holidays import festive
from occupancy.rules.rhythm import at_home, change_point, lives_here
from occupancy.tenure import MET, OUTCOMES

BASIS = "Order 11 Art. 27(1)"
RECENT_DAYS = 28  # in which a pair must have shown
MOST_DAYS = 0.5  # of the days that count, on which the other household shows
USUAL_SHARE, ENOUGH_BEFORE = 0.2, 14  # a household seen at its own door on less was not known there; days to know by
# Two related families who use both homes as one: as likely as a swap at first, and so much less with each day that fits
# a swap at both homes. Of a one-sided pattern little is known. Not measured: 1 - the known uncertainty.
AS_ONE, A_DAY, ONE_SIDED = 0.5, 0.8, 0.3
TEXTS = {
    "swap.here": (
        "自{since}起的{days}天中，另一户（{home}）的成员有{seen}天在此进出。",
        "Since {since}, on {seen} of {days} days members of another household ({home}) came and went here.",
    ),
    "swap.there": (
        "同期本户成员有{seen}天在{home}进出。",
        "In the same time this household came and went at {home} on {seen} days.",
    ),
    "swap.faded": (
        "同期本户成员在本房门仅出现{seen}天，此前为{usual}%的日子。",
        "This household was at its own door on only {seen} of these days; before, on {usual} % of days.",
    ),
    "swap.mismatches": (
        "有{days}天一户的卡或密码由另一户成员使用。",
        "On {days} days one household's credential was used by a member of the other.",
    ),
    "swap.other_met": ("{day}上门时见到他人居住。", "A visit on {day} met others living there."),
    "swap.household_met": ("{day}上门时见到住户本人。", "A visit on {day} met the household."),
    "swap.one_sided": (
        "未见本户在对方房屋居住：可能是亲友借住或代为照看。",
        "This household is not seen living in the other home: perhaps relatives stay here or look after it.",
    ),
    "swap.from_the_start": (
        "自有记录起即如此：请先核对两户门口读头的编号是否装反。",
        "It has been so since anything was seen: please check first whether the two doors' readers are exchanged.",
    ),
    "swap.still_here": (
        "本户成员仍有{days}天在本房门出现。",
        "This household was still at its own door on {days} days.",
    ),
    "swap.one_kind": ("目前只有一类证据。", "Only one kind of evidence speaks of it."),
    "swap.no_consent_known": (
        "未登记经批准的互换；如已同意，请补录。",
        "No approved swap is registered; if there was consent, please enter it.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """K homes and the home most seen in each. (K, W) bool but where said.

    Attributes:
        rows: (K,) places in the view. home: (K,) handles of the other home; if it is not in the view, nothing is there.
        here, there: its household was here; this one was there. own, theirs: each at its own door. On a day on which
            the others were caught with a household's credentials, no passage of it is believed to be its own.
        counted: days that count for both.
        lent: one household's credential was used by the other, at either home.
    """

    rows: Indices
    home: Int32s
    here: Bools
    there: Bools
    own: Bools
    theirs: Bools
    counted: Bools
    lent: Bools


def pairs(view: View) -> Pairs:
    """Homes in which members of one other home showed lately."""
    table, places = view.days, view.registry.places
    settled = lives_here(view)
    recent = np.where(settled, table.swap_home, NOBODY)[:, -RECENT_DAYS:]
    rows = np.flatnonzero((recent != NOBODY).any(axis=1) & (view.registry.leases.on(view.homes, view.today) != NOBODY))
    home = np.array([_commonest(recent[row]) for row in rows], np.int32)
    place = np.minimum(np.searchsorted(view.homes, home), max(len(view.homes) - 1, 0))
    known = view.homes[place] == home
    counted = view.usable() & settled & ~festive(table.first_day, table.shape[1])[None, :]
    here = table.swap_home[rows] == home[:, None]
    there = (table.swap_home[place] == view.homes[rows][:, None]) & known[:, None]
    lent_here, lent_there = here & (table.mismatches[rows] > 0), there & (table.mismatches[place] > 0)
    return Pairs(
        rows=rows,
        home=home,
        here=here,
        there=there,
        own=at_home(table, rows, places) & ~lent_here,
        theirs=at_home(table, place, places) & known[:, None] & ~lent_there,
        counted=counted[rows] & (counted[place] | ~known[:, None]),
        lent=lent_here | lent_there,
    )


def _commonest(homes: Int32s) -> int:
    values, count = np.unique(homes[homes != NOBODY], return_counts=True)
    return int(values[count.argmax()])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """How long and how well each pair looks exchanged; (K,) int32 but where said.

    Attributes:
        best, low, high: columns since when.
        days: that count since `best`. here, there, own, theirs, lent: of these.
        usual, usual_there: (K,) float64, share of days before on which each household was at its own door; NaN where
            too few are known.
        fits: days that fit a swap at both homes.
    """

    best: Int32s
    low: Int32s
    high: Int32s
    days: Int32s
    here: Int32s
    there: Int32s
    own: Int32s
    theirs: Int32s
    lent: Int32s
    usual: Doubles
    usual_there: Doubles
    fits: Int32s


def held(found: Pairs, *, both: bool) -> Held:
    """Find since when the days of both homes, or those of this one, speak for a swap, and count them."""
    score = np.subtract(found.here, found.own, dtype=np.float64)
    if both:
        score += np.subtract(found.there, found.theirs, dtype=np.float64)
    best, low, high = change_point(score * found.counted)
    column = np.arange(found.here.shape[1])[None, :]
    since, before = found.counted & (column >= best[:, None]), found.counted & (column < best[:, None])

    def total(flags: Bools) -> Int32s:
        count: Int32s = (flags & since).sum(axis=1).astype(np.int32)
        return count

    def usual(flags: Bools) -> Doubles:
        enough = before.sum(axis=1)
        return np.where(enough >= ENOUGH_BEFORE, (flags & before).sum(axis=1) / np.maximum(enough, 1), np.nan)

    here, there = found.here & ~found.own, found.there & ~found.theirs
    return Held(
        best=best, low=low, high=high, days=since.sum(axis=1).astype(np.int32), here=total(found.here),
        there=total(found.there), own=total(found.own), theirs=total(found.theirs), lent=total(found.lent),
        usual=usual(found.own), usual_there=usual(found.theirs), fits=np.minimum(total(here), total(there)),
    )  # fmt: skip


def evaluate(view: View) -> Verdicts:
    """Watch: one side, or too little known of before. Suspected: both sides. To verify: two kinds of evidence."""
    today, ask, size = view.today, view.values.on, len(view.registry.homes)
    found = pairs(view)
    exchanged, one = held(found, both=True), held(found, both=False)
    least, percent = ask(SWAP_MIN_DAYS, today), ask(SUBLET_HOUSEHOLD_PERCENT, today)
    kind_days = ask(SUBLET_KIND_DAYS, today)
    both = _moved_in(exchanged, least, percent) & _moved_out(exchanged, percent)
    met, other_met = (view.registry.visits.last(size, today + 1, word) for word in (MET, OUTCOMES.index("other_met")))
    raised = Raised()
    for k in np.flatnonzero(both | _moved_in(one, least, percent)):
        h, home, other = exchanged if both[k] else one, int(view.homes[found.rows[k]]), int(found.home[k])
        onset, low, high = (view.days.first_day + int(column[k]) for column in (h.best, h.low, h.high))
        household_met, others_met = (max(int(days[home]), int(days[other])) for days in (met, other_met))
        kinds = int(h.here[k] > h.lent[k]) + int(h.lent[k] >= kind_days) + int(others_met >= onset)
        known = not (np.isnan(h.usual[k]) or np.isnan(h.usual_there[k]))
        stage = Stage.WATCH
        if both[k] and known and household_met < onset:
            stage = Stage.TO_VERIFY if kinds >= 2 else Stage.SUSPECTED
        there, usual, own = view.registry.homes.ids[other], h.usual[k], int(h.own[k])
        here: dict[str, str | int] = {"since": iso(onset), "days": int(h.days[k]), "seen": int(h.here[k])}
        raised.add(
            home, stage, 1 - AS_ONE * A_DAY ** int(h.fits[k]) if both[k] else ONE_SIDED, (onset, low, high), BASIS,
            evidence=when([
                (True, Reason("swap.here", here | {"home": there})),
                (h.there[k], Reason("swap.there", {"home": there, "seen": int(h.there[k])})),
                (usual > 0, Reason("swap.faded", {"seen": own, "usual": round(100 * np.nan_to_num(usual))})),
                (h.lent[k], Reason("swap.mismatches", {"days": int(h.lent[k])})),
                (others_met >= onset, Reason("swap.other_met", {"day": iso(max(others_met, 0))})),
                (both[k], Reason("swap.no_consent_known")),
            ]),
            counter_evidence=when([
                (household_met >= onset, Reason("swap.household_met", {"day": iso(max(household_met, 0))})),
                (not both[k], Reason("swap.one_sided")),
                (not known, Reason("swap.from_the_start")),
                (own, Reason("swap.still_here", {"days": own})),
                (kinds < 2, Reason("swap.one_kind")),
            ]),
        )  # fmt: skip
    return raised.verdicts()


def _moved_in(h: Held, least: int, percent: int) -> Bools:
    """(K,) bool: the other household is here on most of enough days, and this one is gone from its own door."""
    moved: Bools = (h.days >= least) & (h.here >= MOST_DAYS * h.days) & ~_stays(h.own, h.days, h.usual, percent)
    return moved


def _moved_out(h: Held, percent: int) -> Bools:
    """(K,) bool: this household is there on most of these days, and the other one is gone from its own door."""
    moved: Bools = (h.there >= MOST_DAYS * h.days) & ~_stays(h.theirs, h.days, h.usual_there, percent)
    return moved


def _stays(at_door: Int32s, days: Int32s, usual: Doubles, percent: int) -> Bools:
    """(K,) bool: a household is still at its own door on more than `percent` % of its usual days.

    Where its usual days are not known, it stays unless it was hardly seen at all; where it was hardly seen at its own
    door before either, it cannot be said to have faded.
    """
    reference = np.where(np.isnan(usual), 1.0, usual)
    stays: Bools = (100 * at_door > percent * reference * days) | (reference < USUAL_SHARE)
    return stays


RULE = Rule(
    kind="swap",
    evaluate=evaluate,
    window=200,
    bases=(BASIS,),
    alert_from=Stage.SUSPECTED,
    texts=TEXTS,
    patience=7,
    parameters=(SWAP_MIN_DAYS, SUBLET_HOUSEHOLD_PERCENT, SUBLET_KIND_DAYS),
)
