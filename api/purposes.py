"""Why personal records may be looked at (D10): the allowed purposes, who may claim them, the trace each query leaves.

A purpose is claimed by the person who asks (header `Anju-Purpose`, query parameter `purpose`, or once for a sign-in on
the pages), checked against what the records were collected for, and written to the audit chain with the query. Rent
dunning is named here so that it is refused by name: no door event ever serves it.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy.engine import Connection

from api.errors import PurposeMissing, PurposeRefused
from core import audit
from core.texts import Text
from housing.accounts import Role


class Records(StrEnum):
    """Kinds of personal records."""

    SIGHTINGS = "sightings"  # who was where, and when
    REGISTRY = "registry"  # households, leases, consents


class Purpose(msgspec.Struct, frozen=True):
    """One reason to look, the records it covers and the least role that may claim it."""

    id: str
    text: Text
    records: frozenset[Records]
    role: Role


_BOTH = frozenset(Records)
_all = (
    Purpose("door", Text("门禁服务", "Door service"), _BOTH, Role.PROPERTY),
    Purpose("care", Text("关爱探访", "Care visit"), _BOTH, Role.PROPERTY),
    Purpose("security", Text("治安事件", "Security incident"), _BOTH, Role.PROPERTY),
    Purpose("registry", Text("登记维护", "Keeping the register"), frozenset({Records.REGISTRY}), Role.PROPERTY),
    Purpose("rights", Text("本人查询、更正或删除", "The person's own request"), _BOTH, Role.PROPERTY),
    Purpose("occupancy", Text("入住核查", "Occupancy check"), _BOTH, Role.HOUSING),
)
PURPOSES: Mapping[str, Purpose] = {purpose.id: purpose for purpose in _all}
REFUSED: Mapping[str, Text] = {"rent": Text("催缴租金", "Rent dunning")}


def offered(role: Role, records: Records | None = None) -> list[Purpose]:
    """The purposes that a role may claim (for one kind of records where it is named)."""
    return [p for p in PURPOSES.values() if role >= p.role and (records is None or records in p.records)]


def check(claimed: str | None, records: Records, role: Role) -> Purpose:
    """The claimed purpose; raises PurposeMissing, or PurposeRefused for one that does not cover these records."""
    allowed = [purpose.id for purpose in offered(role, records)]
    if not claimed:
        raise PurposeMissing(allowed)
    if claimed in allowed:
        return PURPOSES[claimed]
    text = REFUSED.get(claimed)
    purpose = PURPOSES.get(claimed)
    text = text or (purpose.text if purpose else Text(claimed[:32], claimed[:32]))
    raise PurposeRefused(
        f"不能以“{text.zh}”为由查询这些信息，本次尝试已记录。",
        f"These records may not be looked at for “{text.en}”; the attempt was recorded.",
        mend_zh="门禁记录只能用于收集时告知的用途。",
        mend_en="They serve only what people were told when they were collected.",
    )


def record(
    connection: Connection,
    *,
    now: datetime,
    actor: str,
    records: Records,
    subject: str,
    purpose: str,
    refused: bool = False,
    details: Mapping[str, object] | None = None,
) -> None:
    """Write the query, or the refused attempt, into the audit chain of the caller's transaction."""
    action = f"api:{records}:{'refused' if refused else 'read'}"
    words = {"purpose": purpose[:64], **(details or {})}
    audit.append(connection, at=now, actor=actor, action=action, subject=subject[:128], details=words)
