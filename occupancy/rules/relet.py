"""Relet overdue: a home was given back, and after a year it is still not let again (plan of the city, item 17).

Nobody is accused: the office owes the home to those who wait for one. The year runs from the day after the return; the
first day beyond it is flagged. Where the asset ledger says that a home is vacant or under repair, but no return is
recorded, the last day of right counts as the return. A new lease ends it on its first day. Where the household is still
seen the home was not given back, whatever is recorded: that is the overdue rule's matter. Ledger and lease are certain,
so the probability is 1.
"""

import numpy as np

from housing.parameters import RELET_ALARM_DAYS
from occupancy.arrays import NOBODY
from occupancy.registry import STATES
from occupancy.rules import signs
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, iso, when

BASIS = "Guilin 2020 housing plan, item 17"
RECENT_DAYS = 28
VACANT, REPAIR, RESERVED = (STATES.index(state) for state in ("vacant", "repair", "reserved"))
TEXTS = {
    "relet_overdue.since": (
        "该房{day}腾退，至今{days}天未再出租，已超过{most}天。",
        "The home was given back on {day} and has not been let again for {days} days, more than {most}.",
    ),
    "relet_overdue.no_return": (
        "台账为空置或维修，但无退房记录；按租约最后有效日计算，请补录。",
        "The ledger says vacant or under repair but no return is recorded; counted from the lease's last day of right. "
        "Please complete the record.",
    ),
    "relet_overdue.used": (
        "近4周有{days}天出现有人使用的迹象，请到现场核查。",
        "Signs of use on {days} of the last 28 days: please look at the home itself.",
    ),
    "relet_overdue.repair": ("台账状态为维修中。", "The ledger says that it is under repair."),
    "relet_overdue.reserved": ("台账状态为已预留。", "The ledger says that it is reserved."),
}


def evaluate(view: View) -> Verdicts:
    """Homes given back longer ago than the parameter's days, without a lease begun since."""
    registry, leases, today = view.registry, view.registry.leases, view.today
    lease = leases.on(view.homes, today)
    rows = np.flatnonzero(lease != NOBODY)
    contract, state = lease[rows], registry.state[view.homes[rows]]
    ended, most = leases.ended[contract], view.values.on(RELET_ALARM_DAYS, today)
    recorded = ended <= today
    since = np.where(recorded, np.maximum(ended, leases.relocation_until[contract]), leases.due(contract))
    vacated = recorded | np.isin(state, (VACANT, REPAIR))
    stays = (view.days.members_seen[rows, -RECENT_DAYS:] > 0).any(axis=1)
    said = np.flatnonzero(vacated & ~stays & (since.astype(np.int64) + most < today))
    used = signs.living(view.days, rows[said])[:, -RECENT_DAYS:]
    raised = Raised()
    for n, k in enumerate(said):
        day, first = int(since[k]), int(since[k]) + most + 1
        in_use = int(used[n].sum())
        raised.add(
            int(view.homes[rows[k]]), Stage.SUSPECTED, 1.0, (first, first, first), BASIS,
            evidence=when([
                (True, Reason("relet_overdue.since", {"day": iso(day), "days": today - day, "most": most})),
                (not recorded[k], Reason("relet_overdue.no_return")),
                (in_use, Reason("relet_overdue.used", {"days": in_use})),
            ]),
            counter_evidence=when([
                (state[k] == REPAIR, Reason("relet_overdue.repair")),
                (state[k] == RESERVED, Reason("relet_overdue.reserved")),
            ]),
        )  # fmt: skip
    return raised.verdicts()


RULE = Rule(
    kind="relet_overdue",
    evaluate=evaluate,
    window=RECENT_DAYS,
    bases=(BASIS,),
    alert_from=Stage.SUSPECTED,
    texts=TEXTS,
    parameters=(RELET_ALARM_DAYS,),
)
