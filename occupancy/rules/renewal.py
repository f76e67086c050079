"""Renewal due: a lease comes near its end, and nobody has asked for it to go on (Order 11 Art. 30).

Whoever wants to stay applies three months ahead of the end; the reminder comes before that day, while there is still
time. It says nothing against anybody, so it never rises above watch: staff remind the tenant. It ends when renewal was
applied for, a following lease is signed, a relocation period was granted, the home was given back, or the lease is
over; what comes then is the overdue rule's. A lease on the ledger is certain, so the probability is 1.
"""

import numpy as np

from housing.parameters import LEASE_MAX_YEARS, RENEWAL_NOTICE_MONTHS, RENEWAL_REMINDER_DAYS
from occupancy import days
from occupancy.arrays import Int32s
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, iso, when

BASIS = "Order 11 Art. 30"
TEXTS = {
    "renewal_due.ends": (
        "租赁期将于{day}届满，尚未申请续租。",
        "The lease runs out on {day}; no renewal is applied for.",
    ),
    "renewal_due.apply_by": (
        "如需续租，请提醒承租人在{day}前提出申请。",
        "Please remind the tenant: whoever wants to stay applies by {day}.",
    ),
    "renewal_due.too_late": (
        "提出续租申请的最后日期（{day}）已过，请询问承租人去留。",
        "The last day to apply was {day}; please ask the tenant whether they mean to stay.",
    ),
    "renewal_due.too_long": (
        "现租期超过{years}年；续租时请按不超过{years}年签订。",
        "The present term is longer than {years} years; a renewal should not be.",
    ),
}


def last_days_to_apply(end: Int32s, notice_months: int) -> Int32s:
    """(n,) day numbers: as `housing.leases.apply_by`, for (n,) last days of leases."""
    return days.add_months(end, -notice_months)


def evaluate(view: View) -> Verdicts:
    """Running leases of let homes from their reminder day until their end; always watch."""
    leases, today, ask = view.registry.leases, view.today, view.values.on
    lease = leases.on(view.homes, today)
    rows = np.flatnonzero((lease >= 0) & view.registry.let[view.homes])
    contract = lease[rows]
    end = leases.end[contract]
    apply_by = last_days_to_apply(end, ask(RENEWAL_NOTICE_MONTHS, today))
    reminder = np.maximum(apply_by - ask(RENEWAL_REMINDER_DAYS, today), leases.start[contract])
    settled = (
        (leases.ended[contract] <= today)
        | (leases.relocation_until[contract] > days.NEVER)
        | ((leases.applied[contract] > days.NEVER) & (leases.applied[contract] <= today))
        | leases.has_next(contract)
    )
    most = ask(LEASE_MAX_YEARS, today)
    too_long = end >= days.add_months(leases.start[contract], 12 * most)
    raised = Raised()
    for k in np.flatnonzero((reminder <= today) & (today <= end) & ~settled):
        first, last = int(reminder[k]), int(apply_by[k])
        said = "renewal_due.apply_by" if today <= last else "renewal_due.too_late"
        raised.add(
            int(view.homes[rows[k]]), Stage.WATCH, 1.0, (first, first, first), BASIS,
            evidence=when([
                (True, Reason("renewal_due.ends", {"day": iso(int(end[k]))})),
                (True, Reason(said, {"day": iso(last)})),
                (too_long[k], Reason("renewal_due.too_long", {"years": most})),
            ]),
            counter_evidence=(),
        )  # fmt: skip
    return raised.verdicts()


RULE = Rule(
    kind="renewal_due",
    evaluate=evaluate,
    window=1,
    bases=(BASIS,),
    alert_from=Stage.WATCH,
    texts=TEXTS,
    parameters=(RENEWAL_NOTICE_MONTHS, RENEWAL_REMINDER_DAYS, LEASE_MAX_YEARS),
)
