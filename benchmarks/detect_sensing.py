"""How estates are seen: the faults of each setting, drawn alike, so that settings differ by nothing else.

What is missed at 10 % is missed at 20 % too. Under every setting some events come twice or late, and some clocks are
wrong for some days, as in any estate.
"""

import msgspec

from simulators.sensing import Outage, sense
from simulators.streams import Stream

NONE, FIVE_DAYS = "none", "five_days"
OUTAGE_DAYS = 5
OUTAGE_AT = 0.55  # of the period has passed when the outage begins
DUPLICATES, REORDERED, CLOCKS, CLOCK_ERROR_S = 0.01, 0.01, 0.05, 600.0


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How an estate is seen: the share of reads missed, beside those its own readers miss, and the outage."""

    missed_percent: int
    outage: str = NONE


def seen(stream: Stream, setting: Setting, seed: int) -> Stream:
    """What readers make of the same lives; an outage is in the registry, as an office would note it."""
    blind = Outage(first_day=int(stream.days * OUTAGE_AT), days=OUTAGE_DAYS)
    return sense(
        stream,
        seed,
        missed=setting.missed_percent / 100,
        duplicates=DUPLICATES,
        reordered=REORDERED,
        clocks=CLOCKS,
        clock_error_s=CLOCK_ERROR_S,
        outages=[blind] if setting.outage == FIVE_DAYS else [],
    )
