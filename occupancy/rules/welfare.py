"""Welfare: is an elderly person who lives alone silent? A matter of care, not of law: look in on them, at once (O2).

Only people who agreed to be looked after so (a live consent for care) are. Any passage is a sign of life, the way out
too. Days away with approval and days on which no reader worked are no silence; a visit that met them ends it.

Who is seen daily and then is not, is asked after when the days of the parameter have passed. Who goes out once a week
is silent for six days each week, and an alarm that rings every week is soon not heard. So a person's own pauses count:
of the BEFORE days up to the last time they were seen, the pause that only one in twenty is longer than, the longest of
all left out. The alarm rings when the silence is longer than that, never before the days of the parameter, never after
LONGEST days, whoever it is: too early is an inconvenience, too late is not. A silence is measured by what came before
it, so that it cannot excuse itself; with less than ENOUGH days of history here the parameter alone counts.
"""

import numpy as np

from housing.parameters import WELFARE_AGE, WELFARE_SILENT_DAYS
from occupancy import days
from occupancy.arrays import Bools, Indices, Int32s
from occupancy.rules import signs
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, iso, when
from occupancy.tenure import MET, OUTCOMES, lived_in_since

BASIS = "PIPL Art. 13(1)(1), consent for care"
BEFORE, ENOUGH, LONGEST = 120, 28, 14  # days
RARE = 20  # one pause in so many is longer than what is usual, and at least one is
AWAY_UNSAID = 0.05  # away without a word; not measured
SILENT_A_DAY = 0.3  # days on which somebody well is not seen, where nothing is known of their own pauses; not measured
TEXTS = {
    "welfare.silent": (
        "独居老人已{silent}天无进出记录，最后一次为{last}，请立即上门关爱。",
        "Lives alone, elderly, and not seen for {silent} days, last on {last}: please look in at once.",
    ),
    "welfare.never_seen": (
        "独居老人自{since}起无进出记录，请上门关爱。",
        "Lives alone, elderly, and not seen at all since {since}: please look in.",
    ),
    "welfare.usual": (
        "平日间隔一般不超过{usual}天。",
        "Usually there are no more than {usual} days between one outing and the next.",
    ),
    "welfare.nobody_met": (
        "{day}上门无人应答，请联系紧急联系人。",
        "A visit on {day} met nobody: please call the emergency contact.",
    ),
    "welfare.meters_still": ("同期抄表{days}天，没有用水用电。", "No water or power was used on {days} metered days."),
    "welfare.meters_used": (
        "期间有{days}天有用水或用电：可能在家。",
        "Water or power was used on {days} of these days: they may be in.",
    ),
    "welfare.others_seen": ("期间有{days}天有他人到访。", "Others came on {days} of these days."),
    "welfare.not_counted": (
        "另有{days}天已批准外出或读头失灵，未计入。",
        "{days} more days do not count: absence approved, or no reader worked.",
    ),
}


def evaluate(view: View) -> Verdicts:
    """Homes of one elderly person who agreed to care alerts and was silent for longer than is usual for them."""
    today, table = view.today, view.days
    rows = np.flatnonzero(_alone(view))
    homes = view.homes[rows]
    column = table.first_day + np.arange(table.shape[1])
    members = table.members_seen[rows] > 0
    visits, size = view.registry.visits, len(view.registry.homes)
    met, nobody = (visits.last(size, today + 1, word)[homes] for word in (MET, OUTCOMES.index("nobody")))
    seen = np.where(members.any(axis=1), _last(members, column), days.NEVER)
    begun = np.maximum(lived_in_since(view.registry.living, size, today)[homes], view.observed_from) - 1
    begun = np.maximum(begun, table.first_day - 1)
    last = np.maximum(np.maximum(seen, met), begun)
    since, usable = column[None, :] > last[:, None], view.usable()[rows]
    silent = (since & usable).sum(axis=1)
    least = max(view.values.on(WELFARE_SILENT_DAYS, today), 1)
    raised = Raised()
    for k in np.flatnonzero(silent >= least):
        usual = usual_pause(members[k], usable[k] & (column > begun[k]), int(last[k]) - table.first_day)
        quiet = int(silent[k])
        if usual is not None and quiet < min(usual + 1, LONGEST):
            continue
        start, known = int(last[k]) + 1, max(int(seen[k]), int(met[k])) > days.NEVER
        row, gone = np.array([rows[k]]), since[k]
        others = int((signs.others(table, row)[0] & gone).sum())
        used, read = int((signs.used(table, row)[0] & gone).sum()), int((signs.metered(table, row)[0] & gone).sum())
        skipped, visited = int(gone.sum()) - quiet, int(nobody[k]) >= start
        silence = Reason("welfare.never_seen", {"since": iso(start)})
        if known:
            silence = Reason("welfare.silent", {"silent": quiet, "last": iso(start - 1)})
        raised.add(
            int(homes[k]), Stage.TO_VERIFY if visited else Stage.SUSPECTED,
            (1 - AWAY_UNSAID) * (1 - SILENT_A_DAY ** max(quiet - (usual or 0), 1)), (start, start, start), BASIS,
            evidence=when([
                (True, silence),
                (known and usual is not None and usual < LONGEST, Reason("welfare.usual", {"usual": usual or 0})),
                (visited, Reason("welfare.nobody_met", {"day": iso(max(int(nobody[k]), 0))})),
                (read and not used, Reason("welfare.meters_still", {"days": read})),
            ]),
            counter_evidence=when([
                (used, Reason("welfare.meters_used", {"days": used})),
                (others, Reason("welfare.others_seen", {"days": others})),
                (skipped, Reason("welfare.not_counted", {"days": skipped})),
            ]),
        )  # fmt: skip
    return raised.verdicts()


def usual_pause(seen: Bools, usable: Bools, last: int) -> int | None:
    """How many silent days in a row are usual for somebody, by the days before they fell silent.

    Args:
        seen: (W,) bool, days on which they were seen. usable: (W,) bool, days that count at all.
        last: the column on which they were last seen or met; may lie outside.

    Returns:
        The pause that only one in RARE of theirs is longer than, the longest left out; in usable days. None where too
        little is known.
    """
    first, stop = max(last - BEFORE, 0), last + 1
    counted = usable[first:stop] | seen[first:stop]
    if stop <= first or int(counted.sum()) < ENOUGH:
        return None
    there = seen[first:stop][counted]
    there[-1] = True  # last seen or met
    pauses = np.sort(np.diff(np.flatnonzero(np.append(True, there))) - 1)  # the first began before, or with, the window
    return int(pauses[max(len(pauses) - 1 - max(len(pauses) // RARE, 1), 0)])


def _last(flags: Bools, column: Indices) -> Int32s:
    """(H,) the last day that is set in (H, W) flags; any day where none is."""
    place = flags.shape[1] - 1 - flags[:, ::-1].argmax(axis=1)
    last: Int32s = column[place].astype(np.int32)
    return last


def _alone(view: View) -> Bools:
    """(H,) bool: the household is one person, registered as alone, of age, and agreed to care alerts."""
    living, today, registry = view.registry.living, view.today, view.registry
    oldest = days.add_months(np.array([today], np.int32), -12 * view.values.on(WELFARE_AGE, today))[0]
    here = living.households_on(today)
    person = np.broadcast_to(np.arange(living.home.shape[1]), living.home.shape)
    members = np.bincount(living.home[here], minlength=len(registry.homes))
    fits = registry.alone & registry.care & (registry.born != days.NEVER) & (registry.born <= oldest)
    alone = np.bincount(living.home[here & fits[person]], minlength=len(registry.homes))
    fitting: Bools = ((members == 1) & (alone == 1))[view.homes]
    return fitting


RULE = Rule(
    kind="welfare",
    evaluate=evaluate,
    window=200,
    bases=(BASIS,),
    alert_from=Stage.SUSPECTED,
    texts=TEXTS,
    urgent=True,
    parameters=(WELFARE_AGE, WELFARE_SILENT_DAYS),
)
