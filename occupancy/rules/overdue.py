"""Overdue: is the home still used after the lease, or the relocation period granted after it, has run out?

The first day with signs of occupation after the last day of right is the day the objection is due (clock 734), so one
day is enough to suspect; for "to verify" a second, independent kind of evidence is needed. A renewal that was applied
for and is not decided keeps it at watch. Nobody's access changes by any of this (L13).
"""

import numpy as np

from housing.parameters import OVERDUE_FIRM_DAYS
from occupancy.arrays import NOBODY, Bools, Int32s
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, iso, when
from occupancy.tenure import MET

TERM_OVER, RELOCATION_OVER = "Order 11 Art. 30", "Order 11 Art. 31"
# Each day with signs makes "still lives there" so many times likelier than "fetched some things"; not calibrated.
SIGN_ODDS, MOST = 4.0, 0.99
TEXTS = {
    "overdue.term_over": ("租赁期已于{day}届满，未见退房记录。", "The lease ran out on {day}; no return is recorded."),
    "overdue.relocation_over": (
        "搬迁期已于{day}届满，未见退房记录。",
        "The relocation period ran out on {day}; no return is recorded.",
    ),
    "overdue.returned": ("该房已于{day}退回。", "The home was given back on {day}."),
    "overdue.signs": (
        "此后有{days}天记录到住户成员进出，最早为{first}。",
        "Members were seen on {days} days since, first on {first}.",
    ),
    "overdue.vehicles": ("此后有{days}天记录到该户车辆进入。", "The home's vehicles came in on {days} days since."),
    "overdue.met": ("{day}上门时见到住户。", "A visit on {day} met the household."),
    "overdue.no_signs": (
        "此后尚无居住迹象；请核对退房手续。",
        "No signs of occupation since; please check the return.",
    ),
    "overdue.renewal": ("已于{day}申请续租，尚待决定。", "Renewal was applied for on {day} and is not decided."),
}


def evaluate(view: View) -> Verdicts:
    """Homes whose right to stay is over: watch without signs of occupation, suspected from the first sign on."""
    registry, homes, today = view.registry, view.homes, view.today
    lease = registry.leases.on(homes, today)
    known = lease != NOBODY
    due = np.full(len(homes), today, np.int32)
    due[known] = registry.leases.due(lease[known])
    after = _after(view, due)
    signs = after & (view.days.members_seen > 0)
    vehicles = after & (view.days.vehicle_entries > 0) & (view.days.other_vehicles < view.days.vehicle_entries)
    met = registry.visits.last(len(registry.homes), today + 1, MET)[homes]
    firm = view.values.on(OVERDUE_FIRM_DAYS, today)
    raised = Raised()
    for h in np.flatnonzero(known & (due < today)):
        contract, last = int(lease[h]), int(due[h])
        given_back = registry.leases.ended[contract] <= today
        days_seen, days_driven = int(signs[h].sum()), int(vehicles[h].sum())
        if given_back and not days_seen:
            continue
        applied = int(registry.leases.applied[contract])
        waiting = last - 366 < applied <= today and not given_back
        kinds = (days_seen >= firm) + (days_driven > 0) + (met[h] > last)
        stage = Stage.TO_VERIFY if kinds >= 2 and days_seen else Stage.SUSPECTED if days_seen else Stage.WATCH
        relocated = int(registry.leases.relocation_until[contract]) == last
        first = view.days.first_day + int(signs[h].argmax())
        over = "overdue.returned" if given_back else "overdue.relocation_over" if relocated else "overdue.term_over"
        raised.add(
            int(homes[h]),
            Stage.WATCH if waiting else stage,
            min(SIGN_ODDS**days_seen / (SIGN_ODDS**days_seen + 1), MOST),
            (last + 1, last + 1, max(first, last + 1) if days_seen else last + 1),
            RELOCATION_OVER if relocated else TERM_OVER,
            evidence=when([
                (True, Reason(over, {"day": iso(last)})),
                (days_seen, Reason("overdue.signs", {"days": days_seen, "first": iso(first)})),
                (days_driven, Reason("overdue.vehicles", {"days": days_driven})),
                (met[h] > last, Reason("overdue.met", {"day": iso(max(int(met[h]), 0))})),
            ]),
            counter_evidence=when([
                (not days_seen, Reason("overdue.no_signs")),
                (waiting, Reason("overdue.renewal", {"day": iso(max(applied, 0))})),
            ]),
        )  # fmt: skip
    return raised.verdicts()


def _after(view: View, due: Int32s) -> Bools:
    """(H, W) bool: days after each home's last day of right."""
    after: Bools = (view.days.first_day + np.arange(view.days.shape[1]))[None, :] > due[:, None]
    return after


RULE = Rule(
    kind="overdue",
    evaluate=evaluate,
    window=120,
    bases=(TERM_OVER, RELOCATION_OVER),
    alert_from=Stage.WATCH,
    texts=TEXTS,
    parameters=(OVERDUE_FIRM_DAYS,),
)
