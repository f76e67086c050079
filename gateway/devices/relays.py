"""The board of relays: which relay drives which door; and the simulated one, which only says what it does."""

from collections import Counter as Tally
from collections.abc import Mapping, Sequence

import structlog
from prometheus_client import Counter

from gateway.devices.base import DoorMove, Relay

log = structlog.get_logger(__name__)
LOGGED = 20  # doors named in one line

moves_total = Counter("anju_relay_moves_total", "What relays were told", ["opened", "done"])


class SimulatedRelay:
    """A strike that is not there: what it would do is logged, a line a batch."""

    def move(self, moves: Sequence[DoorMove]) -> list[bool]:
        """Log what opens; always done."""
        opened = [move.door for move in moves if move.opened]
        if opened:
            log.info("doors_opened", count=len(opened), doors=opened[:LOGGED], reason=moves[0].reason)
        return [True] * len(moves)


class RelayBoard:
    """Sends each move to the relay of its door.

    Args:
        by_door: the relay of each door of this gateway.
    """

    def __init__(self, by_door: Mapping[str, Relay]) -> None:
        self._by_door = by_door

    def move(self, moves: Sequence[DoorMove]) -> list[bool]:
        """Carry out each; False for a door without a relay here, or whose relay failed."""
        done = [False] * len(moves)
        by_relay: dict[int, list[int]] = {}
        for place, move in enumerate(moves):
            relay = self._by_door.get(move.door)
            if relay is not None:
                by_relay.setdefault(id(relay), []).append(place)
        for places in by_relay.values():
            relay = self._by_door[moves[places[0]].door]
            for place, well in zip(places, relay.move([moves[place] for place in places]), strict=True):
                done[place] = well
        for (opened, well), count in Tally((move.opened, well) for move, well in zip(moves, done, strict=True)).items():
            moves_total.labels(str(opened).lower(), str(well).lower()).inc(count)
        return done
