"""Pictures to probes: the recognisers of this gateway, one or two sets of them, lent to one thread at a time.

A picture takes 20 to 150 ms of a core, an event without one some microseconds. So the threads that bring pictures wait
here for a free set and do the work themselves; the device link's own thread never comes here.
"""

import queue
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec
from prometheus_client import Counter, Histogram

from core.facts import Modality
from gateway.recognisers.base import Probe
from gateway.recognisers.faces import FaceRecogniser
from gateway.recognisers.fingers import FingerRecogniser
from gateway.recognisers.images import Picture, decode, require_picture
from gateway.recognisers.manifest import Manifest
from gateway.recognisers.plates import PlateRecogniser

look_seconds = Histogram(
    "anju_picture_seconds", "Recognising one picture", buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
)
pictures_total = Counter("anju_pictures_total", "Pictures recognised, by what was looked for", ["modality"])


class Looked(msgspec.Struct, frozen=True):
    """What is in a picture: probes, the most important first, and for whatever was not found the refusal's code."""

    found: tuple[Probe, ...] = ()
    missed: tuple[str, ...] = ()


class Look(Protocol):
    """One way of looking at a picture. For one thread at a time."""

    def __call__(self, picture: Picture) -> Looked:
        """Raises UnreadableImage for what is no (height, width, 3) uint8 picture."""
        ...


Looks = Mapping[Modality, Look]


def face_look(manifest: Manifest) -> Look:
    """Looks for the face at the door; raises what loading a model raises."""
    recogniser = FaceRecogniser(manifest)

    def look(picture: Picture) -> Looked:
        found = tuple(recogniser.recognise(picture))
        return Looked(found, () if found else ("no_face",))

    return look


def plate_look(manifest: Manifest) -> Look:
    """Looks for all number plates; raises what loading a model raises."""
    recogniser = PlateRecogniser(manifest)

    def look(picture: Picture) -> Looked:
        readings = recogniser.read(picture)
        if readings.plates or readings.unreadable:
            return Looked(readings.plates, ("plate_not_allowed",) if readings.unreadable else ())
        return Looked((), ("no_plate",))

    return look


def finger_look(manifest: Manifest) -> Look:
    """Looks for the finger on a reader; raises what loading a model raises, WrongManifest where the site names none."""
    recogniser = FingerRecogniser(manifest)

    def look(picture: Picture) -> Looked:
        found = tuple(recogniser.recognise(picture))
        return Looked(found, () if found else ("no_finger",))

    return look


_MAKERS: Mapping[Modality, Callable[[Manifest], Look]] = {
    Modality.FACE: face_look,
    Modality.FINGER: finger_look,
    Modality.PLATE: plate_look,
}


def looks_for(manifest: Manifest, modalities: Sequence[Modality]) -> Looks:
    """One set of recognisers, only those that are needed."""
    return {modality: _MAKERS[modality](manifest) for modality in modalities}


class Pictures:
    """Lends sets of recognisers.

    Args:
        sets: as many as pictures may be recognised at the same time.
    """

    def __init__(self, sets: Sequence[Looks]) -> None:
        self._free: queue.SimpleQueue[Looks] = queue.SimpleQueue()
        for looks in sets:
            self._free.put(looks)

    def look(self, image: bytes | Picture, modalities: Sequence[Modality]) -> Looked:
        """Recognise one picture, waiting for a free set; the picture is not kept.

        Args:
            image: an encoded picture, or a (height, width, 3) uint8 array, blue first.
            modalities: what to look for, in this order; not empty.

        Raises:
            UnreadableImage: with its fault.
        """
        picture = decode(image) if isinstance(image, bytes) else require_picture(image)
        looks = self._free.get()
        try:
            with look_seconds.time():
                results = [looks[modality](picture) for modality in modalities]
        finally:
            self._free.put(looks)
        for modality in modalities:
            pictures_total.labels(modality.value).inc()
        return Looked(
            tuple(probe for result in results for probe in result.found),
            tuple(code for result in results for code in result.missed),
        )
