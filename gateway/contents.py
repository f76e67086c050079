"""From what devices present to probes, a batch at a time: drawn embeddings together, pictures one by one."""

from collections.abc import Sequence

from core.errors import AnjuError
from core.vault import EstateKey
from gateway import captures
from gateway.config import Device
from gateway.devices.base import Content, Drawn, Picture, Recognised, Scanned, Shown
from gateway.pictures import Pictures
from gateway.recognisers.images import Picture as Frame
from gateway.recognisers.images import UnreadableImage
from gateway.refusals import InputUnusable
from recognition.fingers.records import BadRecord

Read = list[Recognised] | AnjuError  # at least one probe, or why there is none


class Contents:
    """Reads contents under an estate's key; may be called from several threads."""

    def __init__(self, key: EstateKey, pictures: Pictures) -> None:
        self._key, self._pictures = key, pictures

    def read(self, asked: Sequence[tuple[Content, Device]]) -> list[Read]:
        """The probes of each content, in order; a picture waits for a free set of recognisers."""
        drawn = [content for content, _ in asked if isinstance(content, Drawn)]
        rotated = iter(captures.rotated(drawn, self._key))
        return [
            _listed(next(rotated)) if isinstance(content, Drawn) else self._one(content, device)
            for content, device in asked
        ]

    def frame(self, frame: Frame, device: Device) -> list[Recognised]:
        """What is in a frame of a video, (height, width, 3) uint8, blue first; maybe nothing.

        Raises UnreadableImage for anything else.
        """
        looked = self._pictures.look(frame, device.recognise)
        return [captures.from_picture(one, self._key, device) for one in looked.found[: captures.MAX_PER_PICTURE]]

    def _one(self, content: Content, device: Device) -> Read:
        if isinstance(content, Recognised):
            return [content]
        if isinstance(content, Shown):
            return _listed(captures.from_credential(content))
        if isinstance(content, Scanned):
            return self._scanned(content, device)
        if isinstance(content, Picture):
            return self._look(content, device)
        raise TypeError(f"no source hands over {type(content).__name__}")

    def _scanned(self, content: Scanned, device: Device) -> Read:
        try:
            return [captures.from_record(content, self._key, device)]
        except BadRecord as error:
            return error

    def _look(self, picture: Picture, device: Device) -> Read:
        if not device.recognise:
            return InputUnusable("no_recogniser", device=device.id)
        try:
            looked = self._pictures.look(picture.image, device.recognise)
        except UnreadableImage as error:
            return error
        found = looked.found[: captures.MAX_PER_PICTURE]
        return [captures.from_picture(one, self._key, device) for one in found] or InputUnusable(looked.missed[0])


def _listed(one: Recognised | InputUnusable) -> Read:
    return one if isinstance(one, InputUnusable) else [one]
