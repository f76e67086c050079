"""What was sent and has no receipt yet, and when it is worth sending again. Pure: time is an argument.

The time a receipt takes is estimated as TCP does (RFC 6298): SRTT and RTTVAR over items that were sent once (Karn's
rule: a receipt for an item sent twice does not say which copy it answers), timeout SRTT + 4 RTTVAR, at least a second.
A timer shorter than the queue on the way makes more traffic, a longer queue and more of the same, until nothing new
gets through. So a timeout doubles the next one, until an item sent once has measured the way anew, and sends only a
probe, the oldest few; each receipt that comes lets the next few overdue ones go.
"""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice

import msgspec

FIRST_TIMEOUT_S = 2.0
MIN_TIMEOUT_S = 1.0
MAX_TIMEOUT_S = 60.0
PROBE = 64  # items sent again on a timeout: one message


class Sent(msgspec.Struct):
    """An item on its way: its bytes, until when it is worth a decision, when it was sent last, and how often."""

    body: bytes
    live_until: float
    sent_at: float
    times: int = 1


class Window:
    """Items by number, the longest without being sent first.

    Args:
        size: How many items may be on their way.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._items: OrderedDict[int, Sent] = OrderedDict()
        self._srtt: float | None = None
        self._rttvar = 0.0
        self._backoff, self._doubled_at = 1.0, -MAX_TIMEOUT_S
        self._probing, self._probe_until = False, 0.0

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, seq: int) -> bool:
        return seq in self._items

    @property
    def room(self) -> int:
        """How many more items may go."""
        return self.size - len(self._items)

    @property
    def timeout(self) -> float:
        """Seconds without a receipt after which an item counts as lost."""
        base = FIRST_TIMEOUT_S if self._srtt is None else self._srtt + 4 * self._rttvar
        return min(MAX_TIMEOUT_S, max(MIN_TIMEOUT_S, base) * self._backoff)

    def sent(self, seq: int, body: bytes, live_until: float, now: float) -> None:
        """An item goes for the first time."""
        self._items[seq] = Sent(body, live_until, now)

    def forget(self, seqs: Iterable[int], now: float) -> int:
        """Receipts came for these; how many were on their way. Others (receipted before, or unknown) are left out."""
        samples = []
        count = 0
        for seq in seqs:
            item = self._items.pop(seq, None)
            if item is not None:
                count += 1
                if item.times == 1:
                    samples.append(now - item.sent_at)
        if samples:
            self._measure(max(samples))
            self._backoff = 1.0
        if count:
            self._probing = False
        return count

    def _measure(self, sample: float) -> None:
        """RFC 6298, section 2; one sample a receipt, its slowest item, as the queue is what is to be outwaited."""
        if self._srtt is None:
            self._srtt, self._rttvar = sample, sample / 2
        else:
            self._rttvar += (abs(self._srtt - sample) - self._rttvar) / 4
            self._srtt += (sample - self._srtt) / 8

    def due(self, now: float) -> list[tuple[int, Sent]]:
        """What is to be sent again now, the oldest first, PROBE items at most; it counts as sent."""
        if self._probing and now < self._probe_until:
            return []
        timeout = self.timeout
        oldest = islice(self._items.items(), PROBE)
        overdue = [(seq, item) for seq, item in oldest if now >= item.sent_at + timeout]
        if overdue:
            if now - self._doubled_at >= timeout:  # once a timeout, however many probes one loss takes
                self._backoff, self._doubled_at = min(self._backoff * 2, MAX_TIMEOUT_S), now
            self._probing, self._probe_until = True, now + self.timeout
            self._again(overdue, now)
        return overdue

    def next_due(self) -> float | None:
        """When `due` will next have something; None while nothing is on its way."""
        first = next(iter(self._items.values()), None)
        if first is None:
            return None
        return max(first.sent_at + self.timeout, self._probe_until if self._probing else 0.0)

    def all(self, now: float) -> list[tuple[int, Sent]]:
        """Everything on its way, to be sent again on a new connection; it counts as sent now."""
        items = list(self._items.items())
        self._again(items, now)
        self._probing, self._backoff = False, 1.0
        return items

    def _again(self, items: Iterable[tuple[int, Sent]], now: float) -> None:
        for seq, item in items:
            item.sent_at, item.times = now, item.times + 1
            self._items.move_to_end(seq)
