"""What was lost and what was doubled: the devices' ledger held against what the users of the pages can see."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
import numpy as np

from simulators.ledger import Entry, Key, Tally

_SHOWN = 20


class Reckoning(msgspec.Struct, frozen=True, kw_only=True):
    """How a run came out. `lost` and `duplicated` are what must be 0.

    Attributes:
        presented: Events that somebody presented at a device.
        stored: Those a gateway acknowledged.
        refused: Those a gateway refused for good, with the reason; they are no sightings.
        lost: Presented, not refused, and in no sighting.
        unsettled: Of the lost ones, those that were never acknowledged: their device still holds them.
        duplicated: Sightings beyond the first of an event.
        unknown: Sightings of devices in the ledger with an event that was never presented.
        refused_but_seen: Refused at the device, yet sighted.
        opened_twice: Events whose door opened more than once.
        untold: Stored events whose device never learned what the door did; late ones are not told.
        door_ms_p50, door_ms_p99: From presenting to the door's word, at the device, in milliseconds; NaN without any.
        examples: Some of the events that are wrong, for whoever has to look.
    """

    presented: int
    stored: int
    refused: dict[str, int]
    lost: int
    unsettled: int
    duplicated: int
    unknown: int
    refused_but_seen: int
    opened_twice: int
    untold: int
    door_ms_p50: float
    door_ms_p99: float
    examples: dict[str, list[str]]


def reckon(tally: Tally, sightings: Iterable[Key]) -> Reckoning:
    """Compare a ledger with the (device, device_event) of every sighting that the users see.

    Sightings of other runs and of devices that are not in the ledger are left out. Further things seen in one picture
    (a second plate) carry the event's serial with `#2`, `#3`: they belong to it and are no doubles.
    """
    devices = {device for device, _ in tally.entries}
    prefix = f"{tally.run}-"
    seen = Counter((d, event) for d, event in sightings if d in devices and event.startswith(prefix))
    entries = tally.entries
    wanted = {key: entry for key, entry in entries.items() if not entry.refused}
    wrong = {
        "lost": [key for key in wanted if key not in seen],
        "duplicated": [key for key, times in seen.items() if times > 1],
        "unknown": [key for key in seen if (key[0], key[1].partition("#")[0]) not in entries],
        "refused_but_seen": [key for key, entry in entries.items() if entry.refused and key in seen],
        "opened_twice": [key for key, entry in entries.items() if entry.opened > 1],
        "untold": [key for key, entry in entries.items() if entry.stored and not entry.told],
    }
    p50, p99 = _latencies(entries)
    return Reckoning(
        presented=len(entries),
        stored=sum(entry.stored for entry in entries.values()),
        refused=dict(Counter(entry.refused for entry in entries.values() if entry.refused)),
        lost=len(wrong["lost"]),
        unsettled=sum(not entries[key].stored for key in wrong["lost"]),
        duplicated=sum(seen[key] - 1 for key in wrong["duplicated"]),
        unknown=len(wrong["unknown"]),
        refused_but_seen=len(wrong["refused_but_seen"]),
        opened_twice=len(wrong["opened_twice"]),
        untold=len(wrong["untold"]),
        door_ms_p50=p50,
        door_ms_p99=p99,
        examples={name: [" ".join(key) for key in keys[:_SHOWN]] for name, keys in wrong.items() if keys},
    )


def _latencies(entries: Mapping[Key, Entry]) -> tuple[float, float]:
    took = np.array([entry.door_us - entry.presented_us for entry in entries.values() if entry.told], dtype=np.float64)
    if not len(took):
        return float("nan"), float("nan")
    p50, p99 = np.percentile(took / 1000, [50, 99])
    return float(p50), float(p99)
