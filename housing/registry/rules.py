"""What must hold within one row of the registry, whoever writes it: an import, a page, a programme. Pure.

A rule gets the row's values by column name, already of their types, and raises `RuleBroken` naming the column at fault.
What must hold between rows (a home that exists) is asked elsewhere.
"""

from collections.abc import Callable, Mapping
from datetime import date
from math import isfinite
from typing import Any

from core.clock import from_us, local_day
from core.errors import InvalidValue
from housing.leases import add_months
from housing.registry.kinds import BIOMETRIC_WAYS, DoorKind, Purpose, Relation

Row = Mapping[str, Any]
Rule = Callable[[Row], None]
MAX_AREA_M2 = 10_000.0
CHILD_MONTHS = 14 * 12


class RuleBroken(InvalidValue):
    """A row that contradicts itself."""

    code = "rule_broken"

    def __init__(self, column: str, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.column = column


def _require(held: bool, column: str, zh: str, en: str) -> None:
    if not held:
        raise RuleBroken(column, zh, en)


def _days_in_order(row: Row) -> None:
    until = row.get("until_day")
    _require(
        until is None or until > row["from_day"], "until", "结束日期应晚于开始日期。", "until must be later than from."
    )


def _times_in_order(row: Row) -> None:
    until = row.get("until_us")
    _require(
        until is None or until > row["from_us"], "until", "结束时间应晚于开始时间。", "until must be later than from."
    )


def home(row: Row) -> None:
    """A home has an area that a home can have."""
    area = row["area_m2"]
    held = isfinite(area) and 0 < area <= MAX_AREA_M2
    _require(held, "area_m2", "面积应大于0且不超过10000平方米。", "the area must be above 0 and at most 10,000 m².")


def door(row: Row) -> None:
    """A door is where its kind says, and offers a way in without biometrics (D2)."""
    kind, building, own = row["kind"], row.get("building"), row.get("home")
    if kind in (DoorKind.BUILDING, DoorKind.LIFT):
        _require(
            bool(building), "building", "单元门和电梯须填写楼栋。", "doors and lifts of a building name their building."
        )
    if kind == DoorKind.HOME:
        _require(bool(own), "home", "入户门须填写房屋编号。", "a home's own door names its home.")
    else:
        _require(not own, "home", "只有入户门可以填写房屋编号。", "only a home's own door names a home.")
    ways = set(row.get("ways", "").split())
    _require(
        not ways or bool(ways - BIOMETRIC_WAYS), "ways",
        "该门只能凭人脸或指纹进入。每个门都必须有不使用生物特征的进入方式，请增加 card、pin、pass 或 intercom。",
        "this door can be opened by face or finger only: every door offers a way in without biometrics; add card, pin, "
        "pass or intercom.",
    )  # fmt: skip


def member(row: Row) -> None:
    """Everybody but staff belongs to a home."""
    _days_in_order(row)
    is_staff = row["relation"] == Relation.STAFF
    _require(
        is_staff or bool(row.get("home")), "home", "住户须填写房屋编号。", "everybody but staff belongs to a home."
    )
    _require(not is_staff or not row.get("home"), "home", "工作人员不属于任何房屋。", "staff belong to no home.")


def lease(row: Row) -> None:
    """A lease ends after it began."""
    start = row["start"]
    _require(row["end"] >= start, "end", "租期结束不能早于开始。", "the end cannot be earlier than the start.")
    for column in ("ended", "relocation_until", "objection_718_served", "objection_734_served"):
        day = row.get(column)
        _require(
            day is None or day >= start, column, "日期早于租期开始。", "the day is earlier than the start of the lease."
        )


def pass_(row: Row) -> None:
    """A pass opens something for some time."""
    _times_in_order(row)
    _require(bool(row["doors"]), "doors", "通行证至少要对应一个门。", "a pass opens at least one door.")


def consent(row: Row) -> None:
    """A consent is withdrawn after it was given; all but those to care, which recognises nobody, name a modality."""
    _require(
        row["purpose"] == Purpose.CARE or bool(row["modality"]), "modality",
        "不能为空；只有关怀（care）的同意可以不填识别方式。",
        "The cell must not be empty; only a consent to care may name no modality.",
    )  # fmt: skip
    withdrawn = row.get("withdrawn_us")
    held = withdrawn is None or withdrawn >= row["given_us"]
    _require(held, "withdrawn", "撤回时间不能早于同意时间。", "a consent cannot be withdrawn before it was given.")


def guardian(row: Row, born: date | None, *, is_child: bool) -> None:
    """Under 14 a guardian agrees (PIPL Art. 31); a child of unknown age counts as under 14.

    Fourteen years are over at the end of the fourteenth birthday (Civil Code 201 to 203).
    """
    given = local_day(from_us(row["given_us"]))
    young = is_child if born is None else given <= add_months(born, CHILD_MONTHS)
    _require(
        not young or bool(row.get("guardian")), "guardian",
        "不满十四周岁须由监护人同意，请填写监护人。", "under 14 a guardian must consent; name the guardian.",
    )  # fmt: skip


def swap(row: Row) -> None:
    """Two homes swap."""
    _days_in_order(row)
    _require(row["home_a"] != row["home_b"], "home_b", "互换的两套房屋不能相同。", "a home cannot swap with itself.")


def outage(row: Row) -> None:
    """Either a door or a gateway was blind."""
    _times_in_order(row)
    both = bool(row.get("door")) == bool(row.get("gateway"))
    _require(not both, "door", "请填写门或网关之一。", "name either a door or a gateway.")


RULES: Mapping[str, Rule] = {
    "homes": home,
    "doors": door,
    "members": member,
    "leases": lease,
    "vehicles": _days_in_order,
    "credentials": _days_in_order,
    "passes": pass_,
    "absences": _days_in_order,
    "consents": consent,
    "swaps": swap,
    "outages": outage,
}


def check(table: str, row: Row) -> None:
    """Raise RuleBroken unless `row` may stand in `table`."""
    rule = RULES.get(table)
    if rule is not None:
        rule(row)
