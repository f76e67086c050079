"""The device link's relay: the strike hangs on the device itself, which is told what to do over its connection."""

from collections.abc import Callable, Mapping, Sequence

from gateway.devices.base import DoorMove

Tell = Callable[[Sequence[tuple[str, DoorMove]]], list[bool]]


class LinkRelay:
    """Moves doors by telling their devices.

    Args:
        devices: the devices of the link at each door.
        tell: sends each move to its device; False where that is not connected.
    """

    def __init__(self, devices: Mapping[str, Sequence[str]], tell: Tell) -> None:
        self._devices, self._tell = devices, tell

    def move(self, moves: Sequence[DoorMove]) -> list[bool]:
        """Tell the device that presented the event, else all devices of the door; done where at least one was told."""
        places: list[int] = []
        told: list[tuple[str, DoorMove]] = []
        for place, move in enumerate(moves):
            here = self._devices.get(move.door, ())
            for device in (move.device,) if move.device in here else here:
                places.append(place)
                told.append((device, move))
        done = [False] * len(moves)
        for place, well in zip(places, self._tell(told), strict=True):
            done[place] = done[place] or well
        return done
