"""Welfare: is an elderly person who lives alone silent? A matter of care, not of law: look in on them, at once (O2).

Only people who agreed to be looked after so (a live consent for care) are. Days away with approval and days on which no
reader worked are no silence; a visit that met them ends it.
"""

import numpy as np

from housing.parameters import WELFARE_AGE, WELFARE_SILENT_DAYS
from occupancy import days
from occupancy.arrays import NOBODY, Bools, Indices, Int32s
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, iso, when
from occupancy.tenure import MET

BASIS = "PIPL Art. 13(1)(1), consent for care"
AWAY_UNSAID, SILENT_A_DAY = 0.05, 0.3  # away without a word; days on which somebody well is not seen; not calibrated
TEXTS = {
    "welfare.silent": (
        "独居老人已{silent}天无进出记录，最后一次为{last}，请立即上门关爱。",
        "Lives alone, elderly, and not seen for {silent} days, last on {last}: please look in at once.",
    ),
    "welfare.never_seen": (
        "独居老人自{since}起无进出记录，请上门关爱。",
        "Lives alone, elderly, and not seen at all since {since}: please look in.",
    ),
    "welfare.others_seen": ("期间有{days}天有他人到访。", "Others came on {days} of these days."),
    "welfare.not_counted": (
        "另有{days}天已批准外出或读头失灵，未计入。",
        "{days} more days do not count: absence approved, or no reader worked.",
    ),
}


def evaluate(view: View) -> Verdicts:
    """Homes of one elderly person who agreed to care alerts and was not seen for the days of the parameter."""
    today, homes = view.today, view.homes
    column = view.days.first_day + np.arange(view.days.shape[1])
    seen = np.where((view.days.members_seen > 0).any(axis=1), _last(view.days.members_seen > 0, column), days.NEVER)
    met = view.registry.visits.last(len(view.registry.homes), today + 1, MET)[homes]
    begun = np.full(len(homes), max(view.observed_from, view.days.first_day) - 1)
    last = np.maximum(np.maximum(seen, met), begun)
    since = column[None, :] > last[:, None]
    counted = since & view.usable()
    silent, least = counted.sum(axis=1), view.values.on(WELFARE_SILENT_DAYS, today)
    watched = _alone(view)
    raised = Raised()
    for h in np.flatnonzero(watched & (silent >= max(least, 1))):
        start, quiet = int(last[h]) + 1, int(silent[h])
        known = max(int(seen[h]), int(met[h])) > days.NEVER
        others = int(((view.days.other_hours[h] != 0) & since[h]).sum())
        skipped = int(since[h].sum()) - quiet
        silence = Reason("welfare.never_seen", {"since": iso(start)})
        if known:
            silence = Reason("welfare.silent", {"silent": quiet, "last": iso(start - 1)})
        raised.add(
            int(homes[h]), Stage.SUSPECTED, (1 - AWAY_UNSAID) * (1 - SILENT_A_DAY**quiet), (start, start, start), BASIS,
            evidence=[silence],
            counter_evidence=when([
                (others, Reason("welfare.others_seen", {"days": others})),
                (skipped, Reason("welfare.not_counted", {"days": skipped})),
            ]),
        )  # fmt: skip
    return raised.verdicts()


def _last(flags: Bools, column: Indices) -> Int32s:
    """(H,) the last day that is set in (H, W) flags; any day where none is."""
    place = flags.shape[1] - 1 - flags[:, ::-1].argmax(axis=1)
    last: Int32s = column[place].astype(np.int32)
    return last


def _alone(view: View) -> Bools:
    """(H,) bool: the household is one person, registered as alone, of age, and agreed to care alerts."""
    living, today, registry = view.registry.living, view.today, view.registry
    oldest = days.add_months(np.array([today], np.int32), -12 * view.values.on(WELFARE_AGE, today))[0]
    here = living.household & (living.home != NOBODY) & (living.from_day <= today) & (today < living.until_day)
    person = np.broadcast_to(np.arange(living.home.shape[1]), living.home.shape)
    members = np.bincount(living.home[here], minlength=len(registry.homes))
    fits = registry.alone & registry.care & (registry.born != days.NEVER) & (registry.born <= oldest)
    alone = np.bincount(living.home[here & fits[person]], minlength=len(registry.homes))
    fitting: Bools = ((members == 1) & (alone == 1))[view.homes]
    return fitting


RULE = Rule(
    kind="welfare",
    evaluate=evaluate,
    window=120,
    bases=(BASIS,),
    alert_from=Stage.SUSPECTED,
    texts=TEXTS,
    urgent=True,
    parameters=(WELFARE_AGE, WELFARE_SILENT_DAYS),
)
