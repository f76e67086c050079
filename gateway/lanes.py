"""What is still to be sent, and in which lane. Pure but for its own state; the sender holds the lock.

Fresh items are kept with their bytes and go first, in the live lane as long as somebody may wait for the answer.
Everything else is known by its number only, is read from the disk when its turn comes, and goes in the replay lane:
old events never push aside the person at the door. Backlog may fill only half of the window for the same reason.
"""

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from core.facts import Lane
from gateway.window import Window

FRESH_MAX = 4_096  # fresh items held with their bytes; more wait on disk
MAX_ITEMS = 64
MAX_BYTES = 256 * 1024


class Fresh(msgspec.Struct, frozen=True):
    """An item just stored; until `live_until` (monotonic seconds) a decision would still be of use."""

    seq: int
    body: bytes
    live_until: float


class Queue:
    """Fresh items by age, then the backlog by number."""

    def __init__(self, backlog: Iterable[int] = ()) -> None:
        self.fresh: deque[Fresh] = deque()
        self.backlog: deque[int] = deque(backlog)

    def __len__(self) -> int:
        return len(self.fresh) + len(self.backlog)

    def offer(self, items: Iterable[Fresh]) -> None:
        """Take in items that were just stored; where too many wait already, only their numbers are kept."""
        for item in items:
            if len(self.fresh) < FRESH_MAX:
                self.fresh.append(item)
            else:
                self.backlog.append(item.seq)

    def take_fresh(self, window: Window, now: float) -> tuple[Lane, list[Fresh]]:
        """The next message's items: of one lane, within its bounds and the window's room; maybe none."""
        taken: list[Fresh] = []
        size = 0
        lane = Lane.REPLAY if not self.fresh or self.fresh[0].live_until <= now else Lane.LIVE
        while self.fresh and len(taken) < min(MAX_ITEMS, window.room):
            item = self.fresh[0]
            if (item.live_until > now) != (lane is Lane.LIVE) or (taken and size + len(item.body) > MAX_BYTES):
                break
            taken.append(self.fresh.popleft())
            size += len(item.body)
        return lane, taken

    def take_backlog(self, window: Window) -> list[int]:
        """Numbers to be read and sent next; none while backlog fills its half of the window."""
        room = min(MAX_ITEMS, window.room - window.size // 2)
        return [self.backlog.popleft() for _ in range(min(room, len(self.backlog)))]

    def give_back(self, seqs: Sequence[int]) -> None:
        """These could not be sent now: first again, from the disk."""
        self.backlog.extendleft(reversed(seqs))


def messages(items: Iterable[tuple[int, bytes]]) -> Iterable[list[tuple[int, bytes]]]:
    """(seq, body) pairs in messages within the bounds, in order."""
    message: list[tuple[int, bytes]] = []
    size = 0
    for seq, body in items:
        if message and (len(message) == MAX_ITEMS or size + len(body) > MAX_BYTES):
            yield message
            message, size = [], 0
        message.append((seq, body))
        size += len(body)
    if message:
        yield message
