"""A home changing hands: since when is its household gone, and has somebody else settled in? Columns in, columns out.

Both halves are read off the home's own days and weighed for every day on which they may have begun (`changepoint`). The
weaker half decides: guests alone are never enough, nor an empty home.
"""

from dataclasses import dataclass

import numpy as np

from occupancy import days as calendar
from occupancy.arrays import Bools, Doubles, Indices, Int32s
from occupancy.homedays import HomeDays
from occupancy.rules import changepoint
from occupancy.rules.changepoint import Fading, Settling, Split, split
from occupancy.rules.rhythm import EVENING

KINDS = ("guests", "rung_in", "unknown_entries", "mismatches", "other_vehicles")
SEEN, SEEN_DAYS = 0.6, 3.0  # a household is seen on most days; weighs as much as three of its own
STAYS, STAYS_DAYS = 0.05, 7.0  # evenings with guests who stay
CLASS_DAYS = 4.0  # the household's rate over all days weighs so much beside its own on working or free days
# What else a home may be, so many times as often as it is sublet (one home in 286 where one city looked): as it always
# was; with others who have joined a household that lives as before, or is seen less; left alone for a while. All but
# the first are ours, from no count: chosen wide, and held against simulated estates that were not made for them.
ODDS = {"as_usual": 286.0, "joined": 6.0, "joined_in_part": 2.0, "away": 10.0}
HELD = 0.8
# Households away while somebody minds the home: so many times as often as a sublet, for so many days. Who minds a home
# mostly comes alone and shows in one kind of evidence; less often in company, or in several kinds where the household
# is one person (a relative with a pass and a card who looks after an ill parent); else in several kinds seldom.
SITTERS = {"one_person": (1.3, 9.0), "between": (1.0, 6.5), "several_kinds": (1.0, 4.5)}
SECOND_MEMBER = 0.05  # of a household of one, others' registrations aside
COMPANY = 0.5  # on that share of the days with others they were several
NEAR = 3.0  # onsets within so much of the best log-likelihood may be true as well; neighbouring days are alike
FIRM = [KINDS.index(kind) for kind in ("guests", "unknown_entries", "mismatches", "other_vehicles")]
# Kinds that one failure could make together are one: a face no longer known is unknown at the own door and a mismatch
# beside a card.
GROUPS = (("guests",), ("unknown_entries", "mismatches"), ("other_vehicles",))
KIND_DAYS, KIND_SHARE = 3, 0.3  # a second kind, as often as that, says that this is no mere minding
KIND_GROWTH = 2.0  # a kind of evidence occurs so much more often than before the change
LOOK, FEW_SEEN, SOME_STAYS = 28, 6, 4  # a glance at the last four weeks, before anything is weighed
# Strangers' faces on so many days within a fortnight, and so often beside the cards, cast doubt on a household's cards.
DOUBT_DAYS, DOUBT, DOUBT_SHARE = 14, 3, 0.33
BLOCK = 56  # days in which one sees how a household is known
LACKING = 5  # one week in so many may pass without others staying
ELSEWHERE = 0.3  # members were seen at other doors than their own on this share of days


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signs:
    """What the days of C homes show; (C, W) bool.

    Attributes:
        usable: days that count. told: of them those that say whether the household was here.
        here: a member was seen; where they are usually known by face or finger, so known.
        stays: others came in and were not seen to leave again. evening: others came in the evening; hours: at all.
        company: they were several, at least: more parties than one person leaves traces by several kinds.
        kinds: (C, W, 5), others came in, by each of KINDS.
    """

    usable: Bools
    told: Bools
    here: Bools
    stays: Bools
    evening: Bools
    hours: Bools
    company: Bools
    kinds: Bools


def signs(made: HomeDays, usable: Bools) -> Signs:
    """Read the signs off the columns.

    A lent card says nothing of who carried it. Where strangers' faces were seen with the household's credentials around
    a day, and often (DOUBT), somebody else comes home with them. Was the household here on a day with its credentials
    alone? One that is known by its bodies was not where that is in doubt, and may have been where it is not; one known
    by its credentials was where it is not in doubt, and may have been where it is.
    """
    body, any_ = made.bodies_seen > 0, made.members_seen > 0
    bodily = _known_by_body(body & usable, any_ & usable)[:, None]
    carried = any_ & ~body
    shown, strange = _nearby(carried, DOUBT_DAYS), _nearby(made.mismatches > 0, DOUBT_DAYS)
    doubted = carried & (strange >= DOUBT) & (strange >= DOUBT_SHARE * shown)
    driven = made.vehicle_entries > made.other_vehicles  # their car came home: somebody of theirs may have
    kinds = np.stack([getattr(made, kind) > 0 for kind in KINDS], axis=2)
    return Signs(
        usable=usable,
        told=usable & (~carried | (doubted == bodily)) & ~(driven & ~any_),
        here=body | (carried & ~doubted & ~bodily),
        stays=(made.other_nights > 0) | doubted,
        evening=(made.other_hours & EVENING) != 0,
        hours=made.other_hours != 0,
        company=made.other_nights > kinds[:, :, FIRM].sum(axis=2),
        kinds=kinds,
    )


def _known_by_body(body: Bools, any_: Bools) -> Bools:
    """(C,) bool: in some eight weeks the household was known by face or finger on half of its days or more."""
    found = np.zeros(len(body), np.bool_)
    for start in range(0, body.shape[1], BLOCK):
        days = any_[:, start : start + BLOCK].sum(axis=1)
        found |= (days >= BLOCK // 8) & (2 * body[:, start : start + BLOCK].sum(axis=1) >= days)
    return found


def _nearby(shown: Bools, within: int) -> Indices:
    """(C, W) how many days of `shown`, (C, W), lie within so many days before and after each."""
    total = np.cumsum(np.pad(shown, ((0, 0), (within + 1, within))), axis=1)
    return total[:, 2 * within + 1 :] - total[:, : -2 * within - 1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """What the days of C homes say of a change of hands; (C,) each.

    Attributes:
        onset, low, high: int32 columns: the likeliest onset, and the first and last day it may have been.
        probability: float64, since when it is plainest; `days` to `stayed` and the weeks count from there on.
        usual: float64, share of earlier days with the household.
        known: int32, earlier days that told. days, seen: int32, days since that told, and those with the household.
        counted, stayed: int32, usable days since, and those on which others stayed.
        kinds: (C, 5) int32 days since with each of KINDS, 0 where it is no more frequent than before.
        many: bool, others show in several kinds of evidence, or are several. company: bool, they are several.
        together: int32, days on which the household was here while others already stayed, before it left.
        one_member: bool, of the household hardly ever more than one member was seen on a day.
        weekly: bool, others stayed in nearly every week since. evenings: float64, of the days with others at all, the
            share with others in the evening. elsewhere: bool, it fades at doors other than its own, too.
    """

    onset: Int32s
    low: Int32s
    high: Int32s
    probability: Doubles
    usual: Doubles
    known: Int32s
    days: Int32s
    seen: Int32s
    counted: Int32s
    stayed: Int32s
    kinds: Int32s
    many: Bools
    company: Bools
    one_member: Bools
    together: Int32s
    weekly: Bools
    evenings: Doubles
    elsewhere: Bools


def change(made: HomeDays, usable: Bools, free: Bools, missed: float) -> Change:
    """Weigh every day on which the home may have changed hands.

    A household may leave before somebody else moves in, or the other way about: the onset is the later of the two.

    Args:
        made: C homes × W days, C >= 1. usable: (C, W). free: (W,) weekend days. missed: share of reads missed, 0 to 1.
    """
    shown = signs(made, usable)
    whole, classes = split(shown.here, shown.told), [split(shown.here, shown.told & each) for each in (~free, free)]
    base = changepoint.rate(whole.hits_before, whole.days_before, SEEN, SEEN_DAYS)
    usual = [changepoint.rate(one.hits_before, one.days_before, base, CLASS_DAYS) for one in classes]
    others = split(shown.stays, shown.usable)
    guests = changepoint.rate(others.hits_before, others.days_before, STAYS, STAYS_DAYS)
    fades = changepoint.fading(classes, usual, _reads_held(made, shown, missed))
    settles = changepoint.settling(others, guests)
    left = changepoint.peak(changepoint.before(zip(classes, usual, strict=True)) + fades.gone, NEAR)
    came = changepoint.peak(changepoint.before([(others, guests)]) + settles.resident, NEAR)
    onset, low, high = (np.maximum(one, two) for one, two in zip(left, came, strict=True))
    never = whole.hits_before[np.arange(len(onset)), onset] == 0  # nobody of the household, ever: it was always so
    onset, low = (np.where(never, usable.argmax(axis=1), column).astype(np.int32) for column in (onset, low))
    began = days_from(onset, usable.shape[1])
    kinds = _kinds(shown, began)
    firm = np.sort(grouped(kinds), axis=1)
    several = firm[:, -2] >= np.maximum(KIND_DAYS, KIND_SHARE * firm[:, -1])
    company = _share(shown.company & usable & began, shown.stays & usable & began) >= COMPANY
    one_member = _share((made.members_seen > 1) & usable & ~began, shown.here & usable & ~began) < SECOND_MEMBER
    each = probability(fades, settles, minded(others.days_since, several & (company | ~one_member), several | company))
    each = np.where(days_from(low, usable.shape[1]), each, 0.0)  # what lies before is another story
    best = np.where(never, onset, each.argmax(axis=1)).astype(np.int32)
    at, since = (np.arange(len(best)), best), days_from(best, usable.shape[1])
    return Change(
        onset=onset,
        low=low,
        high=high,
        probability=each[at],
        usual=(whole.hits_before / np.maximum(whole.days_before, 1))[at],
        known=whole.days_before[at].astype(np.int32),
        days=whole.days_since[at].astype(np.int32),
        seen=whole.hits_since[at].astype(np.int32),
        counted=others.days_since[at].astype(np.int32),
        stayed=others.hits_since[at].astype(np.int32),
        kinds=kinds,
        many=several | company,
        company=company,
        one_member=one_member,
        together=_together(whole, left[0], came[0]),
        weekly=_nearly_every_week(shown, since),
        evenings=_share(shown.evening & usable & since, shown.hours & usable & since),
        elsewhere=_fades_elsewhere(made, shown, since),
    )


def _together(whole: Split, left: Int32s, came: Int32s) -> Int32s:
    """(C,) days with the household from the day others came, (C,), until it left, (C,)."""
    rows = np.arange(len(left))
    days = whole.hits_before[rows, left] - whole.hits_before[rows, np.minimum(came, left)]
    return days.astype(np.int32)


def days_from(column: Int32s, width: int) -> Bools:
    """(C, W) bool: the days from each home's column on."""
    days: Bools = np.arange(width)[None, :] >= column[:, None]
    return days


def _reads_held(made: HomeDays, shown: Signs, missed: float) -> Doubles:
    """(C, W) how likely a day with the household shows at all, if `missed` reads were missed that were not before.

    A household that passes k readers a day is missed altogether with probability missed ** k.
    """
    passages = np.cumsum(np.where(shown.told, made.entries + made.exits, 0), axis=1, dtype=np.float64)
    seen_days = np.cumsum(shown.here & shown.told, axis=1)
    a_day: Doubles = np.maximum(passages / np.maximum(seen_days, 1), 1.0)
    held: Doubles = 1 - missed**a_day
    return np.concatenate([np.full((len(held), 1), 1 - missed), held[:, :-1]], axis=1)


def grouped(kinds: Int32s) -> Int32s:
    """(C, 3) days with each of GROUPS, at least: of (C, 5) days with each of KINDS the most of a group."""
    columns = [kinds[:, [KINDS.index(kind) for kind in group]].max(axis=1) for group in GROUPS]
    return np.stack(columns, axis=1)


def _kinds(shown: Signs, since: Bools) -> Int32s:
    """(C, 5) days since the change with each kind of evidence, where it became more frequent."""
    after, earlier = shown.usable & since, shown.usable & ~since
    now = (shown.kinds & after[:, :, None]).sum(axis=1)
    then = (shown.kinds & earlier[:, :, None]).sum(axis=1)
    grown = now * np.maximum(earlier.sum(axis=1), 1)[:, None] >= KIND_GROWTH * then * after.sum(axis=1)[:, None]
    return np.where(grown, now, 0).astype(np.int32)


def _share(part: Bools, whole: Bools) -> Doubles:
    """(C,) of the days of `whole` those of `part`; 0 where there are none."""
    found: Doubles = part.sum(axis=1) / np.maximum(whole.sum(axis=1), 1)
    return found


def _nearly_every_week(shown: Signs, since: Bools) -> Bools:
    """(C,) bool: others stayed in the weeks since, but for one in LACKING; weeks with three usable days count."""
    after, stays = shown.usable & since, shown.stays & shown.usable
    weeks, lacking = (np.zeros(len(since), np.int32) for _ in range(2))
    for stop in range(since.shape[1], 6, -7):
        week = slice(stop - 7, stop)
        counts = after[:, week].sum(axis=1) >= 3
        weeks += counts
        lacking += counts & ~stays[:, week].any(axis=1)
    held: Bools = lacking * LACKING <= weeks
    return held


def _fades_elsewhere(made: HomeDays, shown: Signs, since: Bools) -> Bools:
    """(C,) bool: doors other than the home's own used to see the household, and do no more."""
    seen = (made.elsewhere > 0) & shown.told
    then, earlier = (seen & ~since).sum(axis=1), (shown.told & ~since).sum(axis=1)
    now, after = (seen & since).sum(axis=1), (shown.told & since).sum(axis=1)
    used: Bools = (then >= ELSEWHERE * earlier) & (now * earlier <= max(changepoint.GONE) * then * after)
    return used


def minded(counted: Doubles, hardly: Bools, less: Bools) -> Doubles:
    """(C, W) how much likelier than a sublet it is that the household is away and somebody minds the home.

    Args:
        counted: (C, W) usable days since the change.
        hardly, less: (C,) bool, whom that seldom fits, and less often than one person in one kind of evidence.
    """
    lone, between, kinds = (odds * np.exp(-counted / length) for odds, length in SITTERS.values())
    found: Doubles = np.where(hardly[:, None], kinds, np.where(less[:, None], between, lone))
    return found


def probability(fades: Fading, settles: Settling, minding: Doubles) -> Doubles:
    """(C, W) of a sublet since each day, against every innocent explanation with its own odds (ODDS) beforehand.

    Neighbouring days say much the same, so what they say counts for HELD of its sum.

    Args:
        fades, settles: what the days since say of the household and of others. minding: (C, W) from `minded`.
    """
    innocent = [
        ODDS["as_usual"] * np.exp(-HELD * (fades.not_usual + settles.not_usual)),
        ODDS["joined"] * np.exp(-HELD * fades.not_usual),
        ODDS["joined_in_part"] * np.exp(-HELD * fades.not_part),
        ODDS["away"] * np.exp(-HELD * settles.not_guests),
        minding,
    ]
    found: Doubles = 1 / (1 + np.add.reduce(innocent))
    return found


def candidates(made: HomeDays, usable: Bools) -> Indices:
    """Rows of the homes worth weighing: others stayed now and then of late, and the household was hardly seen.

    Args:
        made: H homes × W days. usable: (H, W).
    """
    here = (made.bodies_seen[:, -LOOK // 2 :] > 0) & usable[:, -LOOK // 2 :]
    rows = np.flatnonzero(here.sum(axis=1) < FEW_SEEN)
    stays = (made.other_nights[rows, -LOOK:] > 0) & usable[rows, -LOOK:]
    found: Indices = rows[stays.sum(axis=1) >= SOME_STAYS]
    return found


def weekend(column: Indices) -> Bools:
    """(W,) bool: which day numbers are Saturdays and Sundays."""
    free: Bools = calendar.weekdays(column) >= calendar.SATURDAY
    return free
