"""Overdue: is the home still used after the lease, or the relocation period granted after it, has run out?

The right day is the first evening after the last day of right with an observed sign of occupation: a member of the
household at any door, in or out, or a visit that met them. On that day the objection is due (Civil Code 734: use after
expiry without objection makes the lease indefinite), so one sign is enough to suspect; for "to verify" a second,
independent kind of evidence is needed. Without a sign it stays at watch: somebody should check the return.

Who keeps the keys and comes now and then uses the home: the law asks for signs of occupation, not for nights. It is
suspected on the first such day, and what speaks for fetching things only is said beside it. So is a home that was given
back, if its household is still seen: whoever no longer belongs to it has been taken off the register by then. From four
weeks after a return only the last four are looked at, so that one passage long ago does not speak against it for ever.

Where the tenant's death ended the lease, whoever lived with them may stay under it until the end of its term (Civil
Code 732): until then their use is watched, so that the lease is put in their name, and after it is as anybody's.

An objection that was served stops the clock, not the finding. A renewal applied for before the end, and not decided,
keeps it at watch; a relocation period is such a decision. Nobody's access changes by any of this (L13).
"""

from dataclasses import dataclass

import numpy as np

from housing.parameters import OVERDUE_FIRM_DAYS
from occupancy import days
from occupancy.arrays import Bools, Indices, Int32s
from occupancy.places import DoorClass
from occupancy.rules import signs
from occupancy.rules.base import Raised, Reason, Rule, Stage, Verdicts, View, iso, when
from occupancy.tenure import MET, co_residents

TERM_OVER, RELOCATION_OVER = "Order 11 Art. 30", "Order 11 Art. 31"
# Each day with signs makes "still lives there" so many times likelier than "fetched some things"; not measured.
SIGN_ODDS, MOST = 4.0, 0.99
APPLIED_BEFORE = 366  # days before the end within which an application is about this end
RETURN_DAYS = 28  # without signs, after which a recorded return is believed
SELDOM = 4  # seen on less than one day in so many: perhaps the keys only
TEXTS = {
    "overdue.term_over": ("租赁期已于{day}届满，未见退房记录。", "The lease ran out on {day}; no return is recorded."),
    "overdue.relocation_over": (
        "搬迁期已于{day}届满，未见退房记录。",
        "The relocation period ran out on {day}; no return is recorded.",
    ),
    "overdue.ended": ("租约登记为已于{day}终止。", "The lease is recorded as ended on {day}."),
    "overdue.signs": (
        "此后有{days}天记录到住户成员进出，最早为{first}。",
        "Members were seen on {days} days since, first on {first}.",
    ),
    "overdue.vehicles": ("此后有{days}天记录到该户车辆进入。", "The home's vehicles came in on {days} days since."),
    "overdue.met": ("{day}上门时见到住户。", "A visit on {day} met the household."),
    "overdue.objection_due": (
        "尚无异议书送达记录：期满后继续使用而未提异议的，视为不定期租赁（民法典第七百三十四条），请尽快送达。",
        "No objection is recorded as served. Use without objection makes the lease indefinite (Civil Code 734): please "
        "serve it soon.",
    ),
    "overdue.objected": (
        "异议书已于{day}送达：时限已止，此提醒保留至退房。",
        "An objection was served on {day}: the clock has stopped; this stays until the home is given back.",
    ),
    "overdue.no_signs": (
        "此后尚无居住迹象；请核对退房手续。",
        "No signs of occupation since; please check the return.",
    ),
    "overdue.seldom": (
        "此后{passed}天中仅有{days}天出现：可能只是留有钥匙、回来取物。",
        "Seen on only {days} of {passed} days since: perhaps the keys were kept and things are being fetched.",
    ),
    "overdue.not_own_door": (
        "此后未在该房门口出现，仅经过小区或单元的门。",
        "Not seen at the home's own door since, only at other doors of the estate.",
    ),
    "overdue.returned": (
        "已登记{day}退房；连续{days}天无居住迹象后不再提示。",
        "The home is recorded as given back on {day}; this ends after {days} days without signs.",
    ),
    "overdue.survivors": (
        "承租人已去世，其同住人可按原租赁合同居住至{day}（民法典第七百三十二条）；请协助办理承租人变更。",
        "The tenant has died; those who lived with them may stay under the lease until {day} (Civil Code Art. 732). "
        "Please help them to have it put in their name.",
    ),
    "overdue.renewal": ("已于{day}申请续租，尚待决定。", "Renewal was applied for on {day} and is not decided."),
    "overdue.renewal_late": (
        "期满后于{day}才申请续租；逾期申请不延续居住权，请尽快答复。",
        "Renewal was applied for on {day}, after the end: that does not extend the right to stay. Please answer soon.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overdue:
    """K homes whose right is over; (K,) int32 but where said.

    Attributes:
        rows: places in the view. lease: the newest begun. last: last day of right. term: that without an early end.
        since: the day after which signs are looked for: `last`, or later where a return is believed.
        seen, own_door, driven: days after it with members at any door, at their own, and with their vehicles.
        first: the first day with a sign; FOREVER for none. met: the last visit that met them since; NEVER for none.
        given_back, own_reader: (K,) bool, the lease is recorded as ended; the home's own door has a reader.
        returned: (K,) bool, that end is the home's return, not a refusal before a relocation period, nor a death.
        survivors: (K,) bool, the tenant has died, and others of the household may stay until the term is over.
    """

    rows: Int32s
    lease: Int32s
    last: Int32s
    term: Int32s
    since: Int32s
    seen: Int32s
    own_door: Int32s
    driven: Int32s
    first: Int32s
    met: Int32s
    given_back: Bools
    own_reader: Bools
    returned: Bools
    survivors: Bools


def overdue_homes(view: View) -> Overdue:
    """Homes without a running lease whose last one is over, and what was seen of its household since."""
    leases, today, table = view.registry.leases, view.today, view.days
    lease = leases.on(view.homes, today)
    rows = np.flatnonzero(lease >= 0)
    rows = rows[leases.due(lease[rows]) < today]
    contract = lease[rows]
    ended, relocation = leases.ended[contract], leases.relocation_until[contract]
    left_behind = _left_behind(view, rows, contract)
    term = np.maximum(leases.end[contract], relocation)
    survivors = left_behind & (today <= term)
    last = np.where(left_behind & ~survivors, term, leases.due(contract)).astype(np.int32)
    given_back = (ended <= today) & (survivors | ~left_behind)
    returned = given_back & ~survivors & (relocation < ended)
    believed = returned & (ended <= today - RETURN_DAYS)
    since = np.where(believed, np.maximum(last, today - RETURN_DAYS), last).astype(np.int32)
    column = table.first_day + np.arange(table.shape[1])
    after = column[None, :] > since[:, None]
    members = after & (table.members_seen[rows] > 0)
    passages = table.entries[rows] + table.exits[rows]
    met = view.registry.visits.last(len(view.registry.homes), today + 1, MET)[view.homes][rows]
    met = np.where(met > since, met, days.NEVER).astype(np.int32)
    first = np.where(members.any(axis=1), column[members.argmax(axis=1)], days.FOREVER)
    return Overdue(
        rows=rows.astype(np.int32),
        lease=contract,
        last=last,
        term=term,
        since=since,
        seen=members.sum(axis=1).astype(np.int32),
        own_door=(members & (passages > table.elsewhere[rows])).sum(axis=1).astype(np.int32),
        driven=(after & signs.vehicles(table, rows)).sum(axis=1).astype(np.int32),
        first=np.minimum(first, np.where(met > since, met, days.FOREVER)).astype(np.int32),
        met=met,
        given_back=given_back,
        own_reader=view.registry.places.innermost[view.homes[rows]] == DoorClass.HOME,
        returned=returned,
        survivors=survivors,
    )


def _left_behind(view: View, rows: Indices, contract: Int32s) -> Bools:
    """(K,) bool: the tenant's death ended the lease, and others of the household are still registered in the home."""
    leases, today = view.registry.leases, view.today
    others = co_residents(view.registry.living, leases.person[contract], view.homes[rows], today)
    left: Bools = leases.by_death[contract] & (leases.ended[contract] <= today) & (others > 0)
    return left


def evaluate(view: View) -> Verdicts:
    """Homes whose right to stay is over: watch without signs of occupation, suspected from the first sign on."""
    found, leases, today = overdue_homes(view), view.registry.leases, view.today
    firm = view.values.on(OVERDUE_FIRM_DAYS, today)
    raised = Raised()
    for k in np.flatnonzero((found.first < days.FOREVER) | ~found.given_back):
        contract, last, given_back = int(found.lease[k]), int(found.last[k]), bool(found.given_back[k])
        seen, driven, met, first = (int(found.seen[k]), int(found.driven[k]), int(found.met[k]), int(found.first[k]))
        applied, objected = int(leases.applied[contract]), int(leases.objected[contract])
        relocated = int(leases.relocation_until[contract]) >= last
        decided = given_back or int(leases.relocation_until[contract]) > days.NEVER
        undecided = last - APPLIED_BEFORE < applied <= today and not decided
        waiting = undecided and applied <= last
        kinds = (seen >= firm) + (driven > 0) + (met > last)
        used, survivors = first <= today, bool(found.survivors[k])
        stage = Stage.WATCH if waiting or survivors or not used else Stage.TO_VERIFY if kinds >= 2 else Stage.SUSPECTED
        over = "overdue.relocation_over" if relocated else "overdue.ended" if given_back else "overdue.term_over"
        passed = today - int(found.since[k])
        ended, term = int(min(leases.ended[contract], today)), int(found.term[k])
        raised.add(
            int(view.homes[found.rows[k]]), stage, _probability(max(seen, int(met > last))),
            (last + 1, last + 1, max(first, last + 1) if first <= today else last + 1),
            RELOCATION_OVER if relocated else TERM_OVER,
            evidence=when([
                (True, Reason(over, {"day": iso(last)})),
                (seen, Reason("overdue.signs", {"days": seen, "first": iso(min(first, today))})),
                (driven, Reason("overdue.vehicles", {"days": driven})),
                (met > last, Reason("overdue.met", {"day": iso(max(met, 0))})),
                (used and objected <= last and not survivors, Reason("overdue.objection_due")),
                (objected > last, Reason("overdue.objected", {"day": iso(max(objected, 0))})),
            ]),
            counter_evidence=when([
                (first > today, Reason("overdue.no_signs")),
                (found.returned[k], Reason("overdue.returned", {"day": iso(ended), "days": RETURN_DAYS})),
                (survivors, Reason("overdue.survivors", {"day": iso(term)})),
                (seen and SELDOM * seen < passed, Reason("overdue.seldom", {"days": seen, "passed": passed})),
                (seen and found.own_reader[k] and not found.own_door[k], Reason("overdue.not_own_door")),
                (waiting, Reason("overdue.renewal", {"day": iso(max(applied, 0))})),
                (undecided and not waiting, Reason("overdue.renewal_late", {"day": iso(max(applied, 0))})),
            ]),
        )  # fmt: skip
    return raised.verdicts()


def _probability(signs_seen: int) -> float:
    """1 - what is left of "fetched some things" after so many days with signs; a half without any."""
    return min(SIGN_ODDS**signs_seen / (SIGN_ODDS**signs_seen + 1), MOST)


RULE = Rule(
    kind="overdue",
    evaluate=evaluate,
    window=400,
    bases=(TERM_OVER, RELOCATION_OVER),
    alert_from=Stage.WATCH,
    texts=TEXTS,
    parameters=(OVERDUE_FIRM_DAYS,),
)
