"""The device link's relay: the strike hangs on the device itself, which is told what to do over its connection."""

from collections.abc import Callable, Mapping, Sequence

from gateway.devices.base import DoorMove

Tell = Callable[[str, Sequence[DoorMove]], bool]


class LinkRelay:
    """Moves doors by telling their devices.

    Args:
        devices: the devices of the link at each door; the first is the door's own where nobody presented anything.
        tell: sends moves to a device; False where it is not connected.
    """

    def __init__(self, devices: Mapping[str, Sequence[str]], tell: Tell) -> None:
        self._devices, self._tell = devices, tell

    def move(self, moves: Sequence[DoorMove]) -> list[bool]:
        """Tell the device that presented the event, else all devices of the door; done where at least one was told."""
        by_device: dict[str, list[int]] = {}
        for place, move in enumerate(moves):
            here = self._devices.get(move.door, ())
            for device in [move.device] if move.device in here else here:
                by_device.setdefault(device, []).append(place)
        done = [False] * len(moves)
        for device, places in by_device.items():
            if self._tell(device, [moves[place] for place in places]):
                for place in places:
                    done[place] = True
        return done
