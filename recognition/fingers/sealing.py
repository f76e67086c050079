"""Minutiae records between a gateway and whoever judges: sealed under the estate's key, bound to where they were taken.

A record on the wire is AES-GCM under the estate's key (`core.vault`). It opens only for the estate, door, device and
model it was sealed for, so one that is copied into a capture of another door is refused there. Whoever holds the key
opens the records of a batch and hands them to `judge`, which knows no keys.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType

from core.facts import Capture, FingerProbe
from core.vault import EstateKey, SealBroken

NOTHING_OPENED: Mapping[int, bytes] = MappingProxyType({})


def probe_place(estate: str, *, door: str, device: str, model: str) -> str:
    """What the seal of a probe is bound to."""
    return "\x1f".join(("finger", estate, door, device, model))


def sealed_probe(key: EstateKey, record: bytes, *, door: str, device: str, model: str) -> FingerProbe:
    """A record as it may travel."""
    place = probe_place(key.estate, door=door, device=device, model=model)
    return FingerProbe(model=model, sealed=key.seal(record, place))


def opened(key: EstateKey, captures: Iterable[Capture]) -> Mapping[int, bytes]:
    """The records of a batch's finger captures by their place in it; one whose seal is broken is missing."""
    records: dict[int, bytes] = {}
    for place, capture in enumerate(captures):
        if isinstance(capture.probe, FingerProbe):
            bound = probe_place(key.estate, door=capture.door, device=capture.device, model=capture.probe.model)
            with suppress(SealBroken):  # the judge says so of every capture without its record
                records[place] = key.open(capture.probe.sealed, bound)
    return records
