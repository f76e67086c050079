"""After an exit by Art. 31: rent by contract within the relocation period, then market rent or suit (L6)."""

from datetime import date
from enum import StrEnum

import msgspec


class Relocation(StrEnum):
    """Where such an exit stands on a day."""

    TO_GRANT = "to_grant"  # no reasonable period was granted yet: the owner or operator must grant one first
    RUNNING = "running"
    TO_ESTABLISH = "to_establish"  # over; whether the tenant has another home is not known
    MARKET_RENT = "market_rent"  # over; no other home
    SUIT = "suit"  # over; another home


TEXTS = {
    "law.relocation.to_grant": (
        "尚未安排搬迁期，应先安排合理的搬迁期",
        "no relocation period yet: a reasonable one is due first",
    ),
    "law.relocation.running": ("搬迁期内，租金按合同约定", "within the relocation period, rent by contract"),
    "law.relocation.to_establish": (
        "搬迁期满，须查明承租人是否有其他住房",
        "relocation period over: whether there is another home must be established",
    ),
    "law.relocation.market_rent": (
        "搬迁期满，确无其他住房，按市场价格缴纳租金",
        "relocation period over, no other home: market rent",
    ),
    "law.relocation.suit": (
        "搬迁期满，有其他住房，可提起诉讼要求腾退",
        "relocation period over, another home: suit for the home to be vacated",
    ),
}


class RentBasis(StrEnum):
    """By what the rent of a day is reckoned."""

    CONTRACT = "contract"
    MARKET = "market"


class RelocationStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Where an exit stands, and by what rent."""

    state: Relocation

    @property
    def rent(self) -> RentBasis:
        """Market rent only for a tenant who stays on and is known to have no other home; else the contract's."""
        return RentBasis.MARKET if self.state is Relocation.MARKET_RENT else RentBasis.CONTRACT

    @property
    def may_sue(self) -> bool:
        """Whether a suit for the home may be filed."""
        return self.state is Relocation.SUIT


def relocation_on(day: date, until: date | None, *, has_other_home: bool | None) -> RelocationStanding:
    """Where an exit by Art. 31 stands on `day`.

    Args:
        until: last day of the relocation period; None: none was granted.
        has_other_home: None where it is not established.
    """
    if until is None:
        return RelocationStanding(state=Relocation.TO_GRANT)
    if day <= until:
        return RelocationStanding(state=Relocation.RUNNING)
    if has_other_home is None:
        return RelocationStanding(state=Relocation.TO_ESTABLISH)
    return RelocationStanding(state=Relocation.SUIT if has_other_home else Relocation.MARKET_RENT)
